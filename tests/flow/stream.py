#!/usr/bin/env python3
"""stream.py REGISTRY: /status/stream from a boundary, from none, and from too far back, to catch up by tiles and go on; its format to
the byte; its heartbeats; and fifty followers who each get every commit once, in order, while orders are given."""
import base64
import http.client
import re
import struct
import sys
import threading
import time

from deed_kinds import World
from registry_client import DEADLINE, Failure, Registry, read_event, read_leaf, sha256

BACK_MAX = 1024  # commits that the stream goes back
FOLLOWERS, ORDERS = 50, 60
HEARTBEAT_S = 5.0


def expect(what, truth):
    if not truth:
        raise Failure(what)


# --- the tree of RFC 6962, as its text has it ---


def tree_root(hashes):
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256(b"")
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + tree_root(hashes[:split]) + tree_root(hashes[split:]))


def leaf_bytes(text):
    head, _ = text.split("\n\n", 1)
    return [base64.b64decode(line, validate=True) for line in head.split("\n")[1:]]


def read_checkpoint(note):
    """Origin, size and root of its text."""
    origin, size, root, empty = note[:note.index("\n\n") + 1].split("\n")
    expect("a checkpoint has three lines", empty == "")
    return origin, int(size), base64.b64decode(root, validate=True)


def read_tiles(registry):
    """All leaves by the entries tiles, as a checkpoint has signed them: the size and the leaves."""
    client = registry.client()
    _, size, root = read_checkpoint(client.get("/status/checkpoint").ok(200))
    leaves = []
    for n in range(0, size, 256):
        width = min(256, size - n)
        path = f"/status/tile/entries/{n // 256:03d}" + (f".p/{width}" if width < 256 else "")
        answer = client.get(path)
        data = answer.body
        expect(f"{path} has {width} entries", answer.status == 200 and len(data) == width * 50)
        for i in range(width):
            length, = struct.unpack(">H", data[50 * i:50 * i + 2])
            expect("an entry is a leaf", length == 48)
            leaves.append(data[50 * i + 2:50 * i + 50])
    expect("the tiles lead to the signed root", tree_root([sha256(b"\0" + leaf) for leaf in leaves]) == root)
    return size, leaves


# --- orders, to have commits ---


class Orders:
    """One clinician, suspended and reinstated: a commit of one leaf, and one of two."""

    def __init__(self, w):
        self.w, self.person, self.suspended = w, w.near.clinician(), False

    def give(self, count=1):
        for _ in range(count):
            self.w.near.order("reinstate" if self.suspended else "suspend", self.person).ok(200)
            self.suspended = not self.suspended


# --- from where ---


def check_boundaries(registry, orders):
    """Every size that ended a commit goes on from there; no other does."""
    client, size = registry.client(), registry.log_size()
    ends = [n for n in range(1, size + 1) if client.get(f"/status/e/{n}").status == 200]
    expect("the log has commits of more than a leaf", len(ends) < size and ends[-1] == size)
    for n in range(size):
        if n == 0 or n in ends:
            with registry.stream(n) as stream:
                first, leaves, _ = read_event(stream.next()["data"])
                expect(f"from {n} the next commit follows", first == n and n + len(leaves) == min(e for e in ends if e > n))
        else:
            client.get(f"/status/stream?from={n}").refused("argument", 400)
    with registry.stream(size) as stream:
        orders.give()
        expect("from the end it waits for the next", stream.wait_for()["position"] == size)
    for bad in ("", "?from=", "?from=-1", "?from=+1", "?from=00", "?from=1x", "?from=1e3", f"?from={size + 1000}", "?from=" + "9" * 40,
                "?to=1"):
        client.get("/status/stream" + bad).refused("argument", 400)


def check_too_far_back(registry, orders):
    """1,024 commits are served; one more is 410, and then the tiles bring him who asks to where the stream goes on."""
    client, first = registry.client(), registry.log_size()
    orders.give(BACK_MAX)
    with registry.stream(first) as stream:
        expect("1,024 commits back", read_event(stream.next()["data"])[0] == first)
    orders.give()
    problem = client.get(f"/status/stream?from={first}")
    expect(f"what to do: {problem}", "tiles" in problem.refused("not-found", 410)["detail"])
    client.get("/status/stream?from=0").refused("not-found", 410)

    size, leaves = read_tiles(registry)
    expect("the leaves can be read", [read_leaf(leaf)["type"] for leaf in leaves[:1]] == ["K"])
    with registry.stream(size) as stream:
        orders.give(3)
        while size < registry.log_size():
            event = stream.next()
            if event["event"] == "fresh":
                continue
            begin, _, checkpoint = read_event(event["data"])
            expect("it goes on where the tiles ended", begin == size)
            leaves += leaf_bytes(event["data"])
            size = int(event["id"])
            root = read_checkpoint(checkpoint)[2]
    expect("tiles and stream are one tree", tree_root([sha256(b"\0" + leaf) for leaf in leaves]) == root)


# --- what it looks like ---


def check_format(registry, orders):
    """The bytes of one event of either kind, as they go over the wire."""
    size = registry.log_size()
    connection = http.client.HTTPConnection(registry.host, registry.port, timeout=DEADLINE)
    connection.request("GET", f"/status/stream?from={size}")
    answer = connection.getresponse()
    expect("its type", answer.headers["Content-Type"].split(";")[0] == "text/event-stream")
    expect("it is not kept by anybody", answer.headers["Cache-Control"] == "no-store")
    orders.give()
    seen = {}
    while len(seen) < 2:
        lines = []
        while not lines or lines[-1] != "\n":
            lines.append(answer.readline().decode())
        event = "".join(lines)
        match = re.fullmatch(r"id: (\d+)\nevent: (log|fresh)\n((?:data: ?[^\n]*\n)+)\n", event)
        expect(f"an event: {event!r}", match)
        seen.setdefault(match[2], (int(match[1]), re.sub(r"(?m)^data: ", "", match[3])))
    connection.close()
    after, text = seen["log"]
    expect("the event is the object that is served", registry.client().get(f"/status/e/{after}").ok(200) == text)
    first, leaves, checkpoint = read_event(text)
    expect("its first line", (first, first + len(leaves)) == (size, after))
    expect("its checkpoint is of its size", read_checkpoint(checkpoint)[1] == after)
    fresh_id, fresh = seen["fresh"]
    expect("a heartbeat is a checkpoint of its id", read_checkpoint(fresh)[1] == fresh_id)


def cosigned_at(note):
    """The time of the newest cosignature/v1 line: 4 bytes of key id, 8 of time, 64 of signature."""
    lines = [base64.b64decode(line.split(" ")[2]) for line in note.split("\n\n", 1)[1].rstrip("\n").split("\n")]
    return max(struct.unpack(">Q", line[4:12])[0] for line in lines if len(line) == 76)


def check_heartbeats(registry):
    """Nothing happens, and somebody says so: at least every five seconds, with a time that rises."""
    with registry.stream(registry.log_size()) as stream:
        last, dated = None, 0
        for _ in range(4):
            event = stream.next()
            expect("nothing but heartbeats", event["event"] == "fresh")
            heard, at = time.monotonic(), cosigned_at(event["data"])
            expect("in time", last is None or heard - last <= HEARTBEAT_S)
            expect("its time rises and is now", dated < at and abs(at - time.time()) <= HEARTBEAT_S)
            last, dated = heard, at


# --- many ---


class Follower(threading.Thread):
    """Follows until it has the size that it is told, or the deadline."""

    def __init__(self, registry, start):
        super().__init__()
        self.stream, self.size, self.last, self.events, self.failure = registry.stream(start), start, None, [], None

    def run(self):
        try:
            while self.last is None or self.size < self.last:
                event = self.stream.next()
                if event["event"] == "fresh":
                    expect(f"a heartbeat of {event['id']} at {self.size}", int(event["id"]) == self.size)
                    continue
                first, leaves, _ = read_event(event["data"])
                expect(f"the commit after {self.size} begins at {first}", first == self.size)
                self.size = first + len(leaves)
                expect("its id is its size", int(event["id"]) == self.size)
                self.events.append(event["data"])
        except Exception as failure:  # whatever it is, the test must hear of it
            self.failure = failure
        finally:
            self.stream.close()


def check_followers(registry, orders):
    start = registry.log_size()
    followers = [Follower(registry, start) for _ in range(FOLLOWERS)]
    for follower in followers:
        follower.start()
    orders.give(ORDERS)
    last = registry.log_size()
    for follower in followers:
        follower.last = last
    for follower in followers:
        follower.join(DEADLINE)
        expect(f"a follower: {follower.failure or 'it has not ended'}", not follower.is_alive() and not follower.failure)
    client, served, size = registry.client(), [], start
    while size < last:
        served.append(next(a for a in (client.get(f"/status/e/{n}") for n in range(size + 1, size + 1025)) if a.status == 200).text)
        size = read_event(served[-1])[0] + len(leaf_bytes(served[-1]))
    expect("one commit an order", len(served) == ORDERS)
    for follower in followers:
        expect("every commit once, in order", follower.events == served)


def main(program):
    with Registry(program, **World.init) as registry:
        orders = Orders(World(registry))
        orders.give(4)
        check_boundaries(registry, orders)
        check_format(registry, orders)
        check_heartbeats(registry)
        check_too_far_back(registry, orders)
        check_followers(registry, orders)
        registry.stop()
        registry.fsck()
    print(f"{FOLLOWERS} followers, {ORDERS} orders")


main(sys.argv[1])
