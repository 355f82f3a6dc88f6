#!/usr/bin/env python3
"""command.py PROGRAM MAN: the verbs and options that `--help` tells of are those of the man pages."""
import pathlib
import re
import subprocess
import sys

program, man = sys.argv[1], pathlib.Path(sys.argv[2])
COMMON = {"--json", "--help"}
problems = []


def tell(*words):
    return subprocess.run([program, *words, "--help"], check=True, capture_output=True, text=True).stdout


def verbs_of(text):
    """The verbs of a --help that lists verbs, or none."""
    return re.findall(r"^  ([a-z][a-z-]*) ", text, re.M) if re.search(r"^usage: countersign.* VERB$", text, re.M) else []


def options_of(text):
    return set(re.findall(r"^  (--[a-z-]+)", text, re.M)) - COMMON


verbs = verbs_of(tell())
main = (man / "countersign.1").read_text()
if sorted(re.findall(r"^\.It Cm (\w+)$", main, re.M)) != sorted(verbs):
    problems.append(f"countersign.1 does not list the verbs {' '.join(verbs)}")
for verb in verbs:
    page = man / f"countersign-{verb}.1"
    below = verbs_of(tell(verb))
    options = set().union(*(options_of(tell(verb, word)) for word in below)) if below else options_of(tell(verb))
    if not page.is_file():
        if options or below:
            problems.append(f"countersign {verb} has no man page")
        continue
    text = page.read_text()
    told = set(re.findall(r"^\.It Fl (-[a-z-]+)", text, re.M))
    told = {"-" + name for name in told} - COMMON
    problems += [f"{page.name} lacks {verb} {word}" for word in below if not re.search(rf"^\.It Cm {word}$", text, re.M)]
    problems += [f"{page.name} lacks {name}" for name in sorted(options - told)]
    problems += [f"{page.name} has {name}, which the command has not" for name in sorted(told - options)]

print("\n".join(problems) or f"{len(verbs)} verbs, documented as they are")
sys.exit(bool(problems))
