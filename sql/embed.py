"""embed.py FOLDER FILE…: turns sql/ into C, so that a program brings its statements and its schema with it.

FILE is a file of named statements (statements/*.sql) or a migration (sqlite/NNNN.sql). Written into FOLDER: statements.h, the
names as constants; statements.c, the texts and how many parameters each has; migrations.c.

A named statement is `-- name: officer_by_key`, lines of comment, and one statement with the parameters $1 to $n, ended by a
semicolon. What is wrong is said with file and line, and nothing is written.
"""
import os
import re
import sys

NAME = re.compile(r"-- name: (\S+)")
# What may hold a `$` or a `;` that is neither parameter nor end: strings, quoted names and comments.
OPAQUE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
PARAMETERS_MAX = 32  # as query.c has names for


def refuse(path, line, why):
    sys.exit(f"{path}:{line}: {why}")


def check_parameters(path, line, name, text):
    bare = OPAQUE.sub(" ", text)
    if "?" in bare or re.search(r"[:@][A-Za-z_]", bare):
        refuse(path, line, f"{name}: parameters are $1 to $n")
    numbers = [match.group(1) for match in re.finditer(r"\$(\w*)", bare)]
    for number in numbers:
        if not re.fullmatch(r"[1-9][0-9]*", number):
            refuse(path, line, f"{name}: ${number} is no parameter")
    count = max(map(int, numbers), default=0)
    if count > PARAMETERS_MAX:
        refuse(path, line, f"{name}: more than {PARAMETERS_MAX} parameters")
    for number in range(1, count + 1):
        if str(number) not in numbers:
            refuse(path, line, f"{name}: ${number} is missing, ${count} is there")
    return count


def finish(path, line, name, lines):
    """The one statement behind a name, without comments around it and without its semicolon."""
    text = "\n".join(lines).strip()
    bare = OPAQUE.sub(lambda match: " " * len(match.group()), text)
    end = bare.find(";")
    if end < 0 or bare[end + 1:].strip():
        refuse(path, line, f"{name}: not one statement that ends in a semicolon")
    text = "\n".join(row for row in text[:end].split("\n") if not row.lstrip().startswith("--")).strip()
    if not text:
        refuse(path, line, f"{name}: no statement")
    return name, text, check_parameters(path, line, name, text)


def read_statements(path, known):
    found, name, start, lines = [], None, 0, []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().split("\n"), 1):
            match = NAME.match(line)
            if not match:
                if name is None and line.strip() and not line.startswith("--"):
                    refuse(path, number, "a statement without a name")
                lines.append(line)
                continue
            if name is not None:
                found.append(finish(path, start, name, lines))
            name, start, lines = match.group(1), number, []
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                refuse(path, number, f"{name} is no name: small letters, digits and _")
            if name in known:
                refuse(path, number, f"{name} is named in {known[name]} already")
            known[name] = f"{path}:{number}"
    if name is not None:
        found.append(finish(path, start, name, lines))
    return found


def read_migrations(paths):
    migrations = []
    for path in sorted(paths, key=os.path.basename):
        match = re.fullmatch(r"(\d{4})\.sql", os.path.basename(path))
        expected = len(migrations) + 1
        if not match or int(match.group(1)) != expected:
            refuse(path, 1, f"migration {expected:04}.sql is expected here")
        with open(path, encoding="utf-8") as file:
            migrations.append(file.read())
    return migrations


def literal(text):
    """A C string, a line of source a line of text; ISO C promises 4,095 bytes a literal, compilers take far more."""
    rows = []
    for line in text.split("\n"):
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("?", "\\?")
        rows.append(f'    "{escaped}\\n"')
    return "\n".join(rows)


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def main():
    folder, paths = sys.argv[1], sys.argv[2:]
    known, statements = {}, []
    is_migration = {path: os.path.basename(os.path.dirname(path)) == "sqlite" for path in paths}
    for path in sorted(path for path in paths if not is_migration[path]):
        statements += read_statements(path, known)
    migrations = read_migrations([path for path in paths if is_migration[path]])

    write(folder, "statements.h", "/* Made by sql/embed.py: the statements of sql/statements. */\n"
          "#ifndef STORE_STATEMENTS_H\n#define STORE_STATEMENTS_H\n\nenum sql_statement {\n"
          + "".join(f"    SQL_{name.upper()},\n" for name, _, _ in statements)
          + "    SQL_STATEMENT_COUNT\n};\n\n#endif\n")
    write(folder, "statements.c", '/* Made by sql/embed.py. */\n#include "embedded.h"\n\n'
          "const struct sql_text sql_texts[SQL_STATEMENT_COUNT] = {\n"
          + "".join(f'    [SQL_{name.upper()}] = {{"{name}", {count},\n{literal(text)}}},\n' for name, text, count in statements)
          + "};\n")
    write(folder, "migrations.c", '/* Made by sql/embed.py. */\n#include "embedded.h"\n\n'
          f"const unsigned sql_migration_count = {len(migrations)};\n"
          "const char *const sql_migrations[] = {\n"
          + ",\n".join(literal(text) for text in migrations) + "\n};\n")


if __name__ == "__main__":
    main()
