"""What docs/openapi.json says of an answer, compared with the answer: its status, its media type, and its members, each of them told of,
each of its type, none that is required missing. Only the words of JSON Schema that the file uses are known here."""
import json
import os
import re

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "openapi.json"), encoding="utf-8") as file:
    DOCUMENT = json.load(file)
# A part in braces is one that has no slash; those that the routes end in are the rest of the path, and come last.
PATHS = sorted(((re.compile(re.sub(r"\\\{[^}]*\\\}$", ".+", re.sub(r"\\\{[^}]*\\\}(?=/)", "[^/]+", re.escape(path)))), path)
                for path in DOCUMENT["paths"]), key=lambda pair: ("{" in pair[1], pair[1].endswith("}")))
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


def resolve(value):
    while "$ref" in value:
        where, value = value["$ref"], DOCUMENT
        for name in where.removeprefix("#/").split("/"):
            value = value[name]
    return value


def compare(value, schema, where, wrong):
    schema = resolve(schema)
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (kind == "integer" and isinstance(value, bool))):
        wrong.append(f"{where} is no {kind}")
        return
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        wrong.append(f"{where} is {value!r}, none of its words")
    if "minimum" in schema and value < schema["minimum"]:
        wrong.append(f"{where} is {value}, less than {schema['minimum']}")
    if isinstance(value, str) and not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        wrong.append(f"{where} has {len(value)} characters")
    if isinstance(value, list):
        for n, item in enumerate(value):
            compare(item, schema.get("items", {}), f"{where}[{n}]", wrong)
    if isinstance(value, dict) and "properties" in schema:
        wrong.extend(f"{where} lacks {name}" for name in schema.get("required", []) if name not in value)
        for name, member in value.items():
            if name in schema["properties"]:
                compare(member, schema["properties"][name], f"{where}.{name}", wrong)
            else:
                wrong.append(f"{where}.{name} is not told of")


def what_is_wrong(method, path, status, media_type, body):
    """Sentences; none for a path that the file does not have: that it has the routes is tests/docs/openapi.py's to say."""
    path = path.split("?")[0]
    found = next((told for pattern, told in PATHS if pattern.fullmatch(path)), None)
    operation = DOCUMENT["paths"].get(found, {}).get(method.lower())
    if not operation:
        return []
    told = resolve(operation["responses"].get(str(status), operation["responses"]["default"]))
    if status == 304:  # its headers are those of the answer that it stands for
        return []
    content, media_type = told.get("content", {}), (media_type or "").split(";")[0]
    if media_type not in content and (content or media_type):
        return [f"{status} as {media_type or 'nothing'}, told of: {', '.join(content) or 'nothing'}"]
    wrong = []
    if media_type.endswith("json"):
        compare(json.loads(body), content[media_type].get("schema", {}), "answer", wrong)
    return wrong
