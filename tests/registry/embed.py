#!/usr/bin/env python3
"""embed.py SQL_EMBED: what sql/embed.py takes and what it refuses, each case by a part of what it says."""
import pathlib
import subprocess
import sys
import tempfile

FINE = "-- name: a\n-- why\nselect $2, $1, '$9;', \"?\" -- $7\n from t;\n"
CASES = [  # name, files, expected in the refusal; None: taken
    ("fine", {"statements/a.sql": FINE, "sqlite/0001.sql": "create table t (x);"}, None),
    ("two_files", {"statements/a.sql": FINE, "statements/b.sql": "-- About b.\n\n-- name: b\nselect 1;\n"}, None),
    ("same_name_fail", {"statements/a.sql": FINE + FINE}, "is named in"),
    ("same_name_in_two_files_fail", {"statements/a.sql": FINE, "statements/b.sql": FINE}, "is named in"),
    ("gap_fail", {"statements/a.sql": "-- name: a\nselect $1, $3;\n"}, "$2 is missing"),
    ("parameter_0_fail", {"statements/a.sql": "-- name: a\nselect $0;\n"}, "$0 is no parameter"),
    ("named_parameter_fail", {"statements/a.sql": "-- name: a\nselect :x;\n"}, "parameters are"),
    ("question_mark_fail", {"statements/a.sql": "-- name: a\nselect ?;\n"}, "parameters are"),
    ("33_parameters_fail", {"statements/a.sql": "-- name: a\nselect " + ", ".join(f"${n}" for n in range(1, 34)) + ";\n"}, "more than 32"),
    ("two_statements_fail", {"statements/a.sql": "-- name: a\nselect 1; select 2;\n"}, "not one statement"),
    ("no_semicolon_fail", {"statements/a.sql": "-- name: a\nselect 1\n"}, "not one statement"),
    ("empty_fail", {"statements/a.sql": "-- name: a\n;\n"}, "no statement"),
    ("without_name_fail", {"statements/a.sql": "select 1;\n"}, "without a name"),
    ("capital_name_fail", {"statements/a.sql": "-- name: A\nselect 1;\n"}, "is no name"),
    ("migration_gap_fail", {"sqlite/0001.sql": "", "sqlite/0003.sql": ""}, "0002.sql is expected"),
    ("migration_zero_fail", {"sqlite/0000.sql": ""}, "0001.sql is expected"),
    ("migration_name_fail", {"sqlite/1.sql": ""}, "0001.sql is expected"),
]

faults = []
for name, files, expected in CASES:
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for path, text in files.items():
            path = pathlib.Path(folder) / path
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            paths.append(str(path))
        out = pathlib.Path(folder) / "out"
        out.mkdir()
        done = subprocess.run([sys.executable, sys.argv[1], out, *paths], capture_output=True, text=True, check=False)
        if expected is None and (done.returncode != 0 or not (out / "statements.h").exists()):
            faults.append(f"{name}: refused: {done.stderr}")
        if expected is not None and (done.returncode == 0 or expected not in done.stderr or list(out.iterdir())):
            faults.append(f"{name}: not refused for the reason: {done.stderr}")
        if name == "fine" and expected is None and "[SQL_A] = {\"a\", 2," not in (out / "statements.c").read_text():
            faults.append("fine: not two parameters")
if faults:
    sys.exit("\n".join(faults))
print(f"{len(CASES)} cases")
