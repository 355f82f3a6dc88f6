#!/usr/bin/env python3
"""openapi.py ROUTES docs/openapi.json: the file tells of the routes that the registry has, and of nothing else: method, path, who may
call, which body it takes and how long it may be; its problems list the codes of rows 15 to 18 and of ended indexes; every $ref leads
somewhere."""
import json
import re
import subprocess
import sys

ENDED = ["revoked", "suspended", "superseded"]  # what /v1/credentials answers for an index that ended
problems = []


def no_duplicates(pairs):
    names = [name for name, _ in pairs]
    problems.extend(f"{name} stands twice in one object" for name in names if names.count(name) > 1)
    return dict(pairs)


with open(sys.argv[2], encoding="utf-8") as file:
    document = json.load(file, object_pairs_hook=no_duplicates)
lines = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout.splitlines()
routes = [line.split("\t")[1:] for line in lines if line.startswith("route\t")]
codes = [line.split("\t")[1] for line in lines if line.startswith("code\t")]


def check_route(method, path, roles, takes, most, summary):
    name = f"{method.upper()} {path}"
    told = document["paths"].get(path.replace("*}", "}"), {}).get(method)
    if not told:
        problems.append(f"{name} is not in the file")
        return
    roles = roles.split(",")
    body = told.get("requestBody", {}).get("content", {})
    parameters = [p["name"] for p in told.get("parameters", []) if p["in"] == "path"]
    problems.extend(text for wrong, text in [
        (told["summary"] != summary, f"{name} has the summary {told['summary']!r}, not {summary!r}"),
        (told["x-roles"] != roles, f"{name} may be called by {told['x-roles']}, not {roles}"),
        (bool(told.get("security")) != bool({"officer", "app", "clinician"} & set(roles)), f"{name} has the wrong security"),
        (list(body) != ([takes] if takes else []), f"{name} takes {list(body)}, not {takes or 'nothing'}"),
        (takes and told["requestBody"].get("x-bytes-max") != int(most), f"{name} takes at most {most} bytes"),
        (parameters != re.findall(r"\{(\w+)\*?\}", path), f"{name} has the path parameters {parameters}"),
        ("default" not in told["responses"] or not any(status[0] == "2" for status in told["responses"]),
         f"{name} lacks an answer or a problem"),
    ] if wrong)


def check_references(value, where):
    if isinstance(value, dict):
        if "$ref" in value:
            target = document
            for part in value["$ref"].removeprefix("#/").split("/"):
                target = target.get(part) if isinstance(target, dict) else None
            if target is None:
                problems.append(f"{where} refers to {value['$ref']}, which is not there")
        for name, inner in value.items():
            check_references(inner, f"{where}/{name}")
    elif isinstance(value, list):
        for inner in value:
            check_references(inner, where)


for route in routes:
    check_route(*route)
known = {(method, path.replace("*}", "}")) for method, path, *_ in routes}
problems += [f"{method.upper()} {path} is in the file, and no route" for path, methods in document["paths"].items()
             for method in methods if (method, path) not in known]
check_references(document, "#")
used = set(re.findall(r'"\$ref": ?"#/components/(\w+/\w+)"', json.dumps(document)))
problems += [f"components/{kind}/{name} is used nowhere" for kind in ("schemas", "responses") for name in document["components"][kind]
             if f"{kind}/{name}" not in used]
if document["openapi"] != "3.1.0":
    problems.append("not OpenAPI 3.1.0")
if document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] != codes + ENDED:
    problems.append("the codes of a problem are not those of rows 15 to 18 in their order, and then those of ended indexes")
print("\n".join(problems) or f"{len(routes)} routes and {len(codes)} codes, as they are")
sys.exit(bool(problems) or len(routes) < 25)
