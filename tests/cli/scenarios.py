#!/usr/bin/env python3
"""scenarios.py COUNTERSIGN CONFORMANCE: the scenarios, the exceptions and the allowed cases through `countersign check`, each on
a folder of what its registry would serve: the same answers as through the library, and the codes that the cases name."""
import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

program, conformance = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
GROUPS = ("scenario", "exceptions", "allow")
NOW = 1795338870
EXITS = {"allow": 0, "refuse": 1, "cannot-decide": 3, "break-glass": 4}


def text_of(note):
    return note[:note.rindex("\n\n") + 1]


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def tiles(folder, leaves):
    """The entry tiles of a log: each leaf behind its length."""
    for index in range(0, (len(leaves) + 255) // 256):
        part = leaves[index * 256:(index + 1) * 256]
        name = f"entries/{index:03d}" + (f".p/{len(part)}" if len(part) < 256 else "")
        path = folder / "status/tile" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in part))


def serve(folder, world, steps):
    """Writes what the registry of a case would serve; None if it needs more than a folder can hold."""
    gate = world["gate"]
    if "root" not in gate or "marks" in gate or any("root" in step or "expect" in step for step in steps):
        return False
    leaves, checkpoint = [], None
    (folder / "trust").mkdir(parents=True)
    (folder / "policies").mkdir()
    (folder / "trust/1").write_text(gate["root"])
    for step in steps:
        if "event" in step:
            head, body = step["event"].split("\n", 1)
            count = int(head.split()[1])
            lines = body.split("\n", count)
            leaves += [base64.b64decode(line) for line in lines[:count]]
            checkpoint = lines[count][1:]
        elif "policy" in step:
            digest = hashlib.sha256(text_of(step["policy"]).encode()).digest()
            (folder / "policies" / b64u(digest[:24])).write_text(step["policy"])
        elif "checkpoint" in step:
            checkpoint = step["checkpoint"]
    if checkpoint is None or "cosignature" in checkpoint:
        return False
    tiles(folder, leaves)
    (folder / "status/checkpoint").write_text(checkpoint)
    return True


def main():
    tried, faults, skipped = 0, [], 0
    worlds = {}
    with tempfile.TemporaryDirectory() as work:
        for group in GROUPS:
            for line in (conformance / "cases" / (group + ".jsonl")).read_text().splitlines():
                case = json.loads(line)
                world = worlds.setdefault(case["world"], json.loads((conformance / "worlds" / (case["world"] + ".json")).read_text()))
                received = case.get("received_at", [])
                folder = pathlib.Path(work) / case["name"]
                # A folder is declared offline; and one time is given for all sign-offs.
                if "release" not in case or "nonce" in case["name"] or "fresh" in case["world"] or "no-fresh" in case["name"] or \
                   len(set(received)) > 1 or not serve(folder, world, world["steps"] + case.get("steps", [])):
                    skipped += 1
                    continue
                (folder / "release.json").write_text(case["release"])
                now = case.get("now", NOW)
                command = [program, "check", "--json", "--state", str(folder), "--root-hash=" + b64u(hashlib.sha256(
                    text_of(world["gate"]["root"]).encode()).digest()), "--deployment", world["gate"]["deployment"], "--now", str(now),
                    "--received-at", str(received[0] if received else now), str(folder / "release.json")]
                command += ["--test"] if world["gate"]["accept"] == "test" else []
                if "overlay" in world["gate"]:
                    (folder / "overlay.json").write_text(world["gate"]["overlay"])
                    command += ["--overlay", str(folder / "overlay.json")]
                run = subprocess.run(command, capture_output=True, text=True)
                tried += 1
                answer = json.loads(run.stdout) if run.stdout else {}
                wanted = case["expect"]
                same = (answer.get("verdict"), answer.get("code"), run.returncode) == (wanted["verdict"], wanted.get("code"),
                                                                                      EXITS[wanted["verdict"]])
                if wanted["verdict"] in ("allow", "break-glass"):
                    same = same and answer.get("exception") == wanted.get("exception")
                if not same:
                    faults.append(f"{case['name']}: {run.returncode} {run.stdout or run.stderr}expected {wanted}")
    print(*faults, f"{tried} cases through the command, {skipped} that need more than a folder, {len(faults)} answered otherwise", sep="\n")
    return 1 if faults or tried < 100 else 0


sys.exit(main())
