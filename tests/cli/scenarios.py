#!/usr/bin/env python3
"""scenarios.py COUNTERSIGN: the scenarios, the exceptions and the allowed cases through `countersign check`, each on a folder of what its
registry would serve: the same answers as through the library, and the codes that the cases name."""
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
from cases import GROUPS, beyond_a_folder, check, read_cases  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
EXITS = {"allow": 0, "refuse": 1, "cannot-decide": 3, "break-glass": 4}


def main():
    tried, faults, skipped = 0, [], 0
    with tempfile.TemporaryDirectory(prefix="countersign-scenarios.") as work:
        for case in read_cases(GROUPS):
            if beyond_a_folder(case):
                skipped += 1
                continue
            tried += 1
            code, answer = check(PROGRAM, case, pathlib.Path(work) / case.name)
            if not case.answers(answer) or code != EXITS[case.expect["verdict"]]:
                faults.append(f"{case.name}: {code} {answer}\nexpected {case.expect}")
    print(*faults, f"{tried} cases through the command, {skipped} that need more than a folder, {len(faults)} answered otherwise", sep="\n")
    return 1 if faults or tried < 100 else 0


sys.exit(main())
