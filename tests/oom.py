#!/usr/bin/env python3
"""oom.py PROGRAM [ARGUMENT…]: runs a test program with its first allocation failing, its second, and so on to the last,
once with that one failing alone and once with all after it too. Tests may then fail; the program must neither crash nor
hang, and a sanitizer must find nothing. Past the first 300 a program's allocations are sampled, evenly."""
import os
import re
import subprocess
import sys

TOLD = re.compile(r"^counting: (\d+) allocations, (failed|none failed)$", re.M)
CRASH = re.compile(r"Test failed with exception|Sanitizer|runtime error:")
EACH, MORE = 300, 300


def run(n, after):
    env = dict(os.environ, FAIL_AT=str(n), FAIL_AFTER=after)
    done = subprocess.run(sys.argv[1:], env=env, capture_output=True, timeout=60, check=False)
    text = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    told = TOLD.search(text)
    if done.returncode < 0 or CRASH.search(text) or not told:
        sys.exit(f"{text}\nthe program crashed (status {done.returncode}) when allocation {n} failed (FAIL_AFTER={after})")
    return int(told[1]), told[2] == "failed", done.returncode


count, failed, status = run(0, "0")
if status == 77:
    sys.exit(77)
if failed or status != 0:
    sys.exit("the program fails without a failing allocation")
step = max(1, -(-(count - EACH) // MORE))
places = list(range(1, min(count, EACH) + 1)) + list(range(EACH + 1, count + 1, step))
for after in "0", "1":
    for n in places:
        if not run(n, after)[1]:
            sys.exit(f"allocation {n} of {count} was never reached: the program is not the same in every run")
print(f"{count} allocations, {len(places)} of them failed in turn, alone and with all after them")
