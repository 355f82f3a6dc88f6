#!/usr/bin/env python3
"""command.py PROGRAM MAN: the verbs and options that `--help` tells of are those of the man pages: of a page a verb, or of the
program's page, where its verbs have none."""
import pathlib
import re
import subprocess
import sys

program, man = sys.argv[1], pathlib.Path(sys.argv[2])
name = pathlib.Path(program).name
COMMON = {"--json", "--help"}
problems = []


def tell(*words):
    return subprocess.run([program, *words, "--help"], check=True, capture_output=True, text=True).stdout


def verbs_of(text):
    """The verbs of a --help that lists verbs, or none."""
    return re.findall(r"^  ([a-z][a-z-]*) ", text, re.M) if re.search(r"^usage: countersign.* VERB$", text, re.M) else []


def options_of(text):
    return set(re.findall(r"^  (--[a-z-]+)", text, re.M)) - COMMON


def page_of(verb):
    """Where a verb is documented, and how: its own page, else its part of the program's."""
    page = man / f"{name}-{verb}.1"
    if page.is_file():
        return page.name, page.read_text()
    part = re.search(rf"^\.It Cm {verb}$(.*?)(?=^\.It Cm \w+$|^\.Sh )", main, re.M | re.S)
    return f"{name}.1", part[1] if part else ""


verbs = verbs_of(tell())
main = (man / f"{name}.1").read_text()
if sorted(re.findall(r"^\.It Cm (\w+)$", main, re.M)) != sorted(verbs):
    problems.append(f"{name}.1 does not list the verbs {' '.join(verbs)}")
for verb in verbs:
    below = verbs_of(tell(verb))
    options = set().union(*(options_of(tell(verb, word)) for word in below)) if below else options_of(tell(verb))
    page, text = page_of(verb)
    told = set(re.findall(r"^\.It Fl (-[a-z-]+)", text, re.M))
    told = {"-" + option for option in told} - COMMON
    problems += [f"{page} lacks {verb} {word}" for word in below if not re.search(rf"^\.It Cm {word}$", text, re.M)]
    problems += [f"{page} lacks {option}" for option in sorted(options - told)]
    problems += [f"{page} has {option}, which {verb} has not" for option in sorted(told - options)]

print("\n".join(problems) or f"{len(verbs)} verbs, documented as they are")
sys.exit(bool(problems))
