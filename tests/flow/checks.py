"""Checks that are counted: what fails is told at once, and the others go on."""
import sys

failures = []
made = 0


def check(holds, what):
    global made
    made += 1
    if not holds:
        failures.append(what)
        print("FAILED:", what, flush=True)


def finish(more=""):
    print(f"{made} checks, {len(failures)} failed{more}")
    sys.exit(bool(failures))
