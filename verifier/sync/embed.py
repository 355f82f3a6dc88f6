#!/usr/bin/env python3
"""embed.py SCHEMA STATEMENTS HEADER: the SQL of sql/sync as a C header, each statement under the name above it."""
import pathlib
import re
import sys

schema, statements, header = map(pathlib.Path, sys.argv[1:])


def literal(text):
    lines = [line.split("--")[0].rstrip() for line in text.splitlines()]
    return "\n".join('    "%s\\n"' % line.strip().replace("\\", "\\\\").replace('"', '\\"') for line in lines if line)


blocks = re.findall(r"^-- name: (\w+)\n(.*?);\n", statements.read_text(), re.S | re.M)
names = [name.upper() for name, _ in blocks]
if len(set(names)) != len(names) or not names:
    sys.exit("%s: no statements, or a name twice" % statements)
header.write_text("/* Made of sql/sync by embed.py. */\n#ifndef SYNC_STATEMENTS_H\n#define SYNC_STATEMENTS_H\n\nenum sql_statement {\n"
                  + "".join("    SQL_%s,\n" % name for name in names)
                  + "    SQL_COUNT\n};\n#ifdef SQL_TEXTS\nstatic const char sql_schema[] =\n" + literal(schema.read_text())
                  + ";\nstatic const char *const sql_texts[SQL_COUNT] = {\n"
                  + "".join("[SQL_%s] =\n%s,\n" % (name, literal(text)) for name, (_, text) in zip(names, blocks))
                  + "};\n#endif\n\n#endif\n")
