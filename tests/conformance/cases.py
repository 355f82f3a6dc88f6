"""The cases as a program outside of the library is asked them: read, and with what their registry would serve. README.md has the format."""
import base64
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors"))
from profile import COSIGNATURE, Key, Signer, b64u, fresh_text, note_hash, note_text, tree_root  # noqa: E402

HERE = pathlib.Path(__file__).parent
ALL_GROUPS = sorted(path.stem for path in (HERE / "cases").iterdir())
GROUPS = ("scenario", "exceptions", "allow")  # in which a rule is what it turns on
NOW = 1795338870


class Case:
    def __init__(self, group, line, worlds):
        members = json.loads(line)
        self.group, self.name, self.about, self.world = group, members["name"], members["about"], members["world"]
        self.gate, self.world_steps = worlds[members["world"]]["gate"], worlds[members["world"]]["steps"]
        self.steps, self.release, self.expect = members.get("steps", []), members.get("release"), members.get("expect")
        self.now = members.get("now", NOW)
        self.received_at = members.get("received_at", [])  # of each sign-off; of none: now

    @property
    def scenario(self):
        """Its number in DOMAIN 8, or None."""
        found = re.fullmatch(r"DOMAIN 8\.(\d+)", self.about)
        return int(found[1]) if found else None

    def answers(self, answer):
        """Whether a decision, JSON, is what must come of it."""
        same = (answer.get("verdict"), answer.get("code")) == (self.expect["verdict"], self.expect.get("code"))
        return same and ("code" in answer or answer.get("exception") == self.expect.get("exception"))


def read_cases(groups):
    worlds = {path.stem: json.loads(path.read_text()) for path in (HERE / "worlds").iterdir()}
    return [Case(group, line, worlds) for group in groups for line in (HERE / "cases" / (group + ".jsonl")).read_text().splitlines()]


def leaves_of(event):
    """Its leaves, and the checkpoint behind them."""
    head, body = event.split("\n", 1)
    *lines, rest = body.split("\n", int(head.split()[1]))
    return [base64.b64decode(line) for line in lines], rest[1:]


class Registry:
    """What the registry of a case serves, as far as steps have brought it."""

    def __init__(self, gate, steps):
        self.roots, self.policies, self.leaves, self.checkpoint, self.vouches, self.is_verbatim = {}, {}, [], None, None, False
        if "root" in gate:
            self.take({"root": gate["root"]})
        for step in steps:
            self.take(step)

    def take(self, step):
        if "root" in step:
            self.roots[int(re.search(r"^version (\d+)$", step["root"], re.M)[1])] = step["root"]
        elif "policy" in step:
            self.policies[b64u(note_hash(step["policy"])[:24])] = step["policy"]
        elif "event" in step:
            leaves, self.checkpoint = leaves_of(step["event"])
            self.leaves[int(step["event"].split()[0]):] = leaves  # a new log begins at 0
        elif "checkpoint" in step:
            self.checkpoint = step["checkpoint"]
        elif "fresh" in step:
            self.vouches, self.is_verbatim = step["fresh"], "expect" in step

    def tile(self, index, width):
        """An entries tile: each leaf behind its length. None if the log is not that long."""
        part = self.leaves[index * 256:index * 256 + width]
        return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in part) if len(part) == width else None

    def fresh(self, nonce):
        """The fresh note of the steps, for a nonce that a gate drew itself: of the same keys at the same times; one that must fail as it
        stands. None if there is none."""
        if not self.vouches or self.is_verbatim:
            return self.vouches
        text = fresh_text(note_text(self.vouches).split("\n")[1], len(self.leaves), tree_root(self.leaves), nonce)
        return text + "\n" + "".join(signer.line(text, at) for signer, at in vouchers(self.vouches))


def vouchers(note):
    """The freshness keys that signed it, each with its time."""
    found = []
    for line in note[note.rindex("\n\n") + 2:].splitlines(keepends=True):
        _, name, signature = line.rstrip("\n").split(" ")
        number, at = re.match(r"fresh-(\d+)\.", name), int.from_bytes(base64.b64decode(signature)[4:12], "big")
        signer = Signer(name, Key(f"fresh {number[1]}"), COSIGNATURE) if number else None
        if signer and signer.line(note_text(note), at) == line:
            found.append((signer, at))
    return found


# --- the command, on a folder of what the registry serves ---


def beyond_a_folder(case):
    """Why `countersign check` cannot be asked this, or None: a folder is declared offline, has one root, and one time is given for all sign-offs."""
    steps = case.world_steps + case.steps
    if case.release is None:
        return "nothing is released"
    if "root" not in case.gate or any("root" in step for step in steps):
        return "more than one root"
    if "marks" in case.gate:
        return "marks of an earlier time"
    if any("expect" in step for step in steps):
        return "something that the gate does not take"
    if len(set(case.received_at)) > 1:
        return "sign-offs that came at several times"
    if not case.gate["offline"] and not any("fresh" in step for step in steps):
        return "no fresh note"
    if case.gate["accept"] != "test" and "kind test" in case.gate["root"]:
        return "a root of the other kind"
    checkpoint = Registry(case.gate, steps).checkpoint
    return "no time in its checkpoint" if not checkpoint or not vouchers(checkpoint) else None


def write_folder(case, folder):
    registry = Registry(case.gate, case.world_steps + case.steps)
    for name in ("trust", "policies", "status/tile/entries"):
        (folder / name).mkdir(parents=True)
    for version, note in registry.roots.items():
        (folder / "trust" / str(version)).write_text(note)
    for name, note in registry.policies.items():
        (folder / "policies" / name).write_text(note)
    (folder / "status/checkpoint").write_text(registry.checkpoint)
    for first in range(0, len(registry.leaves), 256):
        width = min(256, len(registry.leaves) - first)
        path = folder / f"status/tile/entries/{first // 256:03d}{f'.p/{width}' if width < 256 else ''}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(registry.tile(first // 256, width))


def root_hash(case):
    return case.gate.get("root_hash") or b64u(note_hash(case.gate["root"]))


def check(program, case, folder):
    """What `countersign check --json` says: its exit code and the decision."""
    write_folder(case, folder)
    (folder / "release.json").write_text(case.release)
    words = [program, "check", "--json", "--state", folder, "--root-hash", root_hash(case), "--deployment", case.gate["deployment"], "--now",
             str(case.now), "--received-at", str(case.received_at[0] if case.received_at else case.now)]
    words += ["--test"] if case.gate["accept"] == "test" else []
    if "overlay" in case.gate:
        (folder / "overlay.json").write_text(case.gate["overlay"])
        words += ["--overlay", folder / "overlay.json"]
    done = subprocess.run(words + [folder / "release.json"], capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}
