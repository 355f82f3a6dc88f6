"""Whoever remembers: every leaf and checkpoint that a registry ever showed, and whether what it shows now is the same history. The
Merkle tree, the notes and the chains are computed here and not by our own code."""
import base64
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from registry_client import Failure, read_leaf, sha256

TILE = 256


def expect(what, truth):
    if not truth:
        raise Failure(what)


class Vkey:
    """A key as a root's line names it."""

    def __init__(self, text):
        self.name, key_id, data = text.split("+", 2)
        data = base64.b64decode(data, validate=True)
        self.id, self.kind = bytes.fromhex(key_id), data[0]
        self.public = Ed25519PublicKey.from_public_bytes(data[1:])

    def verify(self, text, line):
        """The bytes behind the key id, or None if the line is another's; a Failure for a signature that is not right."""
        name, data = line[2:].split(" ")
        data = base64.b64decode(data, validate=True)
        if name != self.name or data[:4] != self.id:
            return None
        message, signature = text.encode(), data[4:]
        if self.kind == 4:  # a cosignature has its time in front
            message, signature = b"cosignature/v1\ntime %d\n" % struct.unpack(">Q", data[4:12]) + message, data[12:]
        try:
            self.public.verify(signature, message)
        except InvalidSignature as bad:
            raise Failure(f"a bad signature by {name} over {text!r}") from bad
        return data[4:]


def root_vkey(root, directive):
    """The vkey of a root's line, the last field but the dates."""
    for line in root.split("\n"):
        fields = line.split(" ")
        if fields[0] == directive:
            return Vkey(next(field for field in fields[1:] if field.count("+") >= 2))
    raise Failure(f"the root has no {directive}")


def split_note(note):
    at = note.rindex("\n\n") + 1
    return note[:at], note[at + 1:].split("\n")[:-1]


class Tree:
    """The Merkle tree of LOG 2.1, with the root of every size."""

    def __init__(self):
        self.leaves, self.roots, self.edge = [], [sha256(b"")], []

    def append(self, leaf):
        self.leaves.append(leaf)
        node, size = sha256(b"\0" + leaf), len(self.leaves)
        while size % 2 == 0:
            node, size = sha256(b"\1" + self.edge.pop() + node), size // 2
        self.edge.append(node)
        root = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            root = sha256(b"\1" + left + root)
        self.roots.append(root)


class Witness:
    """Takes all that is seen of one log; `check` catches up and compares. One thread at a time calls check; seeing is any thread's."""

    def __init__(self, root_note):
        self.log, self.fresh = root_vkey(root_note, "statuslog"), root_vkey(root_note, "fresh")
        self.tree, self.seen_checkpoints, self.seen_events, self.checked = Tree(), [], [], 0
        self.newest_time = 0

    # --- seeing ---

    def checkpoint(self, note):
        self.seen_checkpoints.append(note)

    def event(self, text):
        head, rest = text.split("\n", 1)
        lines, checkpoint = rest.split("\n\n", 1)
        leaves = [base64.b64decode(line, validate=True) for line in lines.split("\n")]
        self.seen_events.append((int(head.split(" ")[0]), leaves))
        self.checkpoint(checkpoint)

    # --- comparing ---

    def read_checkpoint(self, note):
        """Size, root and the time of the cosignature, verified."""
        text, lines = split_note(note)
        origin, size, root = text.split("\n")[:3]
        expect("the checkpoint is this log's", origin == self.log.name)
        expect("the log signed it", any(self.log.verify(text, line) for line in lines))
        times = [data for data in (self.fresh.verify(text, line) for line in lines) if data]
        return int(size), base64.b64decode(root, validate=True), struct.unpack(">Q", times[0][:8])[0] if times else 0

    def fetch(self, client, size):
        while len(self.tree.leaves) < size:
            at = len(self.tree.leaves)
            number, width = at // TILE, min(TILE, size - at // TILE * TILE)
            expect("the log is not that long", number < 1000)
            path = f"/status/tile/entries/{number:03d}" + (f".p/{width}" if width < TILE else "")
            body = client.get(path)
            expect(f"{path} is served", body.status == 200)
            entries = []
            data = body.body
            while data:
                length = struct.unpack(">H", data[:2])[0]
                entries.append(data[2:2 + length])
                data = data[2 + length:]
            expect("the tile has its width", len(entries) == width)
            for place, leaf in enumerate(entries, number * TILE):
                if place < at:
                    expect(f"leaf {place} is what it was", leaf == self.tree.leaves[place])
                else:
                    self.tree.append(leaf)

    def check(self, client):
        """Everything that was ever seen is in the log that is served now; its size."""
        note = client.get("/status/checkpoint").ok(200)
        size, root, time = self.read_checkpoint(note)
        expect(f"the log does not shrink from {len(self.tree.leaves)} to {size}", size >= len(self.tree.leaves))
        expect("time does not go back", time >= self.newest_time)
        self.newest_time = time
        self.fetch(client, size)
        expect("the entries lead to the root", root == self.tree.roots[size])
        seen, self.seen_checkpoints = self.seen_checkpoints, []
        for old in seen:
            old_size, old_root, _ = self.read_checkpoint(old)
            expect(f"the log does not fork: {old_size} was seen, {size} is served", old_size <= size)
            expect(f"the log does not fork at {old_size}", old_root == self.tree.roots[old_size])
        self.checked += len(seen) + 1
        events, self.seen_events = self.seen_events, []
        for first, leaves in events:
            expect(f"the event at {first} is in the log", self.tree.leaves[first:first + len(leaves)] == leaves)
        return size

    def leaf(self, place):
        return read_leaf(self.tree.leaves[place])
