#!/usr/bin/env python3
"""citations.py SOURCE_ROOT: every citation in code, tests and pages leads to a heading or an item that exists.

A citation is a prefix and a number, "PROTOCOL 4" or "LOG 6, item 2"; several numbers may follow one prefix. Its page has a
heading that begins with the number, or an item like "- **6.2**". Of docs/background.md each item must be cited, too."""
import json
import pathlib
import re
import sys

PAGES = {"PROTOCOL": "protocol", "TOKENS": "tokens", "LOG": "log", "DESIGN": "background", "LESSONS": "background",
         "DOMAIN": "background"}
KINDS = {".c", ".h", ".py", ".md", ".sh", ".build", ".1", ".3"}
NUMBER = r"\d+(?:\.\d+)*"
CITATION = re.compile(rf"\b({'|'.join(PAGES)})(?:\.md|,? (head\b|{NUMBER}(?:, item \d+|, row \d+|, N\d\d|(?:(?:, | and ){NUMBER})*)))")

root = pathlib.Path(sys.argv[1])
faults, cited = [], set()


def read_anchors(prefix):
    text = (root / "docs" / f"{PAGES[prefix]}.md").read_text()
    if f"`{prefix} n`" not in text:
        faults.append(f"docs/{PAGES[prefix]}.md does not say that it is {prefix}")
    if PAGES[prefix] == "background":
        return set(re.findall(rf"^- \*\*{prefix} ({NUMBER})\*\* ", text, re.M))
    found = set(re.findall(rf"^#+ ({NUMBER})\.? ", text, re.M)) | set(re.findall(rf"^- \*\*({NUMBER}|N\d\d)\*\* ", text, re.M))
    found |= {"head"} if "\n## Head\n" in text else set()
    return found | {"row " + number for number in re.findall(r"^\| (\d+) [a-z-]+ \|", text, re.M)}


anchors = {prefix: read_anchors(prefix) for prefix in PAGES}


def check(where, prefix, number):
    if number not in anchors[prefix]:
        faults.append(f"{where} cites {prefix} {number}, which docs/{PAGES[prefix]}.md does not have")
    if not where.startswith("docs/background.md"):
        cited.add((prefix, number))


def check_text(where, text):
    for match in CITATION.finditer(text):
        prefix, numbers = match[1], match[2]
        place = f"{where}:{text.count(chr(10), 0, match.start()) + 1}"
        if not numbers:
            faults.append(f"{place} names {match[0]}, which is no page of ours")
            continue
        numbers = re.sub(r", item (\d+)$", r".\1", numbers)
        for number in re.findall(rf"head|row \d+|N\d\d|{NUMBER}", numbers):
            check(place, prefix, number)


def check_about(where, about):
    if re.fullmatch(r"N\d\d", about):
        check(where, "TOKENS", about)
    elif re.fullmatch(r"row \d+", about):
        check(where, "PROTOCOL", about)
    elif CITATION.fullmatch(about):
        check_text(where, about)
    else:
        faults.append(f"{where} is about {about!r}, which is no citation")


files = [path for folder in ("include", "verifier", "registry", "tests", "docs") for path in sorted((root / folder).rglob("*"))]
for path in [root / "README.md", root / "CONTRIBUTING.md", *files]:
    name = path.relative_to(root).as_posix()
    if path.suffix in KINDS and name != "tests/docs/citations.py":
        check_text(name, path.read_text())
    elif path.suffix == ".jsonl":
        for count, line in enumerate(path.read_text().splitlines(), 1):
            check_about(f"{name}:{count}", json.loads(line)["about"])

for prefix in PAGES:
    if PAGES[prefix] == "background":
        faults += [f"docs/background.md has {prefix} {number}, which nothing cites"
                   for number in sorted(anchors[prefix]) if (prefix, number) not in cited]
print(*faults, f"{len(cited)} sections and items are cited, {len(faults)} faults", sep="\n")
sys.exit(1 if faults or len(cited) < 50 else 0)
