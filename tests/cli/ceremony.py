#!/usr/bin/env python3
"""ceremony.py COUNTERSIGN DOCS: follows docs/ceremony.md line by line at a terminal, as a newcomer would, and then checks that
what came out is a root, and that a wrong turn is refused by its code."""
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

program, docs = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
commands = re.findall(r"^    (countersign .+)$", (docs / "ceremony.md").read_text(), re.M)
faults = []


def at_terminal(command, answer="yes"):
    """Runs a command with a terminal of its own, types what it asks for, and returns (exit code, what it showed)."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(program, [program, *command.split()[1:]])
    shown, seen, deadline = "", 0, time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            more = os.read(terminal, 65536)
        except OSError:
            break
        if not more:
            break
        shown += more.decode(errors="replace")
        asked = re.search(r"(passphrase of [^\n]*: |the same again: |to sign this root: )", shown[seen:])
        if asked:
            seen += asked.end()
            os.write(terminal, (answer if "sign" in asked[1] else "a long passphrase").encode() + b"\n")
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.replace("\r\n", "\n")


def expect(what, command, code, *texts, answer="yes"):
    got, shown = at_terminal(command, answer)
    if got != code or any(text not in shown for text in texts):
        faults.append(f"{what}: exit code {got}, expected {code} and {texts!r}:\n{shown}")
    return shown


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    if len(commands) < 15:
        faults.append("docs/ceremony.md has no ceremony")
    for command in commands:
        expect(command, command, 0, "")
    if not faults:
        shown = expect("the result", "countersign root show root-2.note", 0, "production root, version 2")
        words = expect("a custodian who says no", "countersign root add-signature root-2.note --after root-1.note --key root-1.key", 1, "not signed", answer="no")
        for line in ("root key    root-3.registry.example may sign roots", "fresh       fresh-1.registry.example", "against version 1",
                     "officer     authority.us/officer-2 for US"):
            if line not in words:
                faults.append(f"a custodian is not shown {line!r}:\n{words}")
        expect("a key that is no root key", "countersign root add-signature root-2.note --key issuer.key --yes", 1, "purpose")
        expect("a new custodian", "countersign key new --purpose root --name root-4.registry.example --out root-4.key", 0, "")
        expect("a key that no line names", "countersign root add-signature root-2.note --key root-4.key --yes", 1, "no root line names it")
        expect("the hint says all", "countersign root next root-2.note --out root-3.note", 0, "add-signature root-3.note --after root-2.note --key FILE")
        expect("a draft is shown", "countersign root show root-3.note", 0, "a draft: not signed")
        expect("a draft is no root", "countersign root verify root-3.note", 1, "nobody has signed it yet")
        expect("another registry", "countersign root new --out other.note --origin other.example --jurisdiction US --public root-1.key --public root-2.key "
               "--public issuer.key --public statuslog.key --public fresh-1.key --public policy-us.key --public officer-1.key --public officer-2.key", 0, "version 1")
        for key in ("root-1.key", "root-2.key"):
            expect("the other registry's", f"countersign root add-signature other.note --key {key} --yes", 0, "of the 2 signatures")
        expect("of another registry", "countersign root add-signature root-3.note --after other.note --key root-1.key --yes", 1, "the same registry")
        expect("after another registry", "countersign root verify root-2.note --after other.note", 1, "the same registry")
        signed = pathlib.Path("root-2.note").read_bytes()
        expect("a draft over the signed root", "countersign root next root-2.note --out root-2.note", 3, "is there already", "root-2.note",
               "give another path, or move that file away")
        expect("a draft over another root", "countersign root new --out root-2.note --origin registry.example --jurisdiction US --public root-1.key --public root-2.key "
               "--public issuer.key --public statuslog.key --public fresh-1.key --public policy-us.key --public officer-1.key --public officer-2.key", 3,
               "is there already", "root-2.note")
        expect("a signature into another file", "countersign root add-signature root-3.note --key root-1.key --yes --out root-2.note", 3, "is there already", "root-2.note")
        if pathlib.Path("root-2.note").read_bytes() != signed:
            faults.append("a signed root was overwritten")
        pathlib.Path("root-3.note").unlink()
        expect("one signature is too few", "countersign root next root-2.note --out root-3.note", 0, "version 3")
        expect("the first of two", "countersign root add-signature root-3.note --after root-2.note --key root-1.key --yes", 0, "1 of the 2 signatures")
        expect("the same custodian again", "countersign root add-signature root-3.note --after root-2.note --key root-1.key --yes", 1, "signed already by root-1")
        expect("half signed", "countersign root verify root-3.note", 1, "root-threshold")
        expect("out of turn", "countersign root add-signature root-3.note --after root-1.note --key root-2.key --yes", 1, "root-version: 3, and root-1.note is version 1",
               "version in root-3.note", "give the version before, --after")
        expect("without the version before", "countersign root add-signature root-3.note --key root-2.key --yes --out alone.note", 0, "give that --after")
        expect("the second of two", "countersign root add-signature root-3.note --after root-2.note --key root-2.key --yes", 0, "complete")
        expect("not in a row", "countersign root verify root-3.note", 0, "its place in a row was not checked")
        expect("in turn", "countersign root verify root-3.note --after root-2.note", 0, "good: production root")
        expect("a version left out", "countersign root verify root-3.note --after root-1.note", 1, "root-version")
        text = pathlib.Path("root-3.note").read_text()
        for name, changed, code in (("threshold lowered", text.replace("threshold 2", "threshold 1"), "root-malformed"),
                                    ("an unknown line", text.replace("freshness 1\n", "freshness 1\nbanana 1\n"), "root-malformed"),
                                    ("a changed line", text.replace("for", "for").replace("issuer https://registry.example US", "issuer https://registry.example CN"),
                                     "note-signature-bad"),
                                    ("a test root in disguise", text.replace("kind production", "kind test"), "root-kind")):
            pathlib.Path("bad.note").write_text(changed)
            expect(name, "countersign root verify bad.note", 1, code)
        # A custodian changes: the old key signs the new version for the old threshold, the new key for the new one.
        vkey = subprocess.run([program, "key", "show", "root-4.key"], capture_output=True, text=True, check=True).stdout
        new = re.search(r"^vkey +(\S+)$", vkey, re.M)[1]
        expect("the fourth version", "countersign root next root-3.note --out root-4.note", 0, "version 4")
        draft = pathlib.Path("root-4.note").read_text()
        pathlib.Path("root-4.note").write_text(re.sub(r"^root root-1\.\S+$", "root " + new, draft, flags=re.M))
        expect("the key that goes", "countersign root add-signature root-4.note --after root-3.note --key root-1.key --yes", 0, "0 of the 2 signatures")
        expect("the key that stays", "countersign root add-signature root-4.note --after root-3.note --key root-2.key --yes", 0, "1 of the 2 signatures")
        expect("the key that comes", "countersign root add-signature root-4.note --after root-3.note --key root-4.key --yes", 0, "complete")
        expect("changed hands", "countersign root verify root-4.note --after root-3.note", 0, "good")

print(*faults, f"{len(commands)} commands of the ceremony followed, {len(faults)} faults", sep="\n")
sys.exit(1 if faults else 0)
