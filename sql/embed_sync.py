#!/usr/bin/env python3
"""embed_sync.py STATEMENTS MIGRATION… HEADER: the SQL of sql/sync as one C header; statements are read as embed.py reads them, and
migration n makes version n of the file from the one before."""
import pathlib
import sys

from embed import literal, read_statements

statements, *migrations, header = sys.argv[1:]
found = read_statements(statements, {})
pathlib.Path(header).write_text(
    "/* Made of sql/sync by sql/embed_sync.py. */\n#ifndef SYNC_STATEMENTS_H\n#define SYNC_STATEMENTS_H\n\nenum sql_statement {\n"
    + "".join(f"    SQL_{name.upper()},\n" for name, _, _ in found)
    + "    SQL_COUNT\n};\n#ifdef SQL_TEXTS\nstatic const char *const sql_migrations[] = {\n"
    + "".join(f"{literal(pathlib.Path(path).read_text())},\n" for path in migrations) + "};\nstatic const char *const sql_texts[SQL_COUNT] = {\n"
    + "".join(f"[SQL_{name.upper()}] =\n{literal(text)},\n" for name, text, _ in found)
    + "};\n#endif\n\n#endif\n")
