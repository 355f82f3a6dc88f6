#!/usr/bin/env python3
"""kill_registry.py PROGRAM [TIMES [SEED]]: SIGKILL of a registry in the midst of orders, bindings, credentials and receipts.

After each death: fsck is clean; the registry starts; every deed that was answered has its number in one contiguous chain; every
binding and every ending that was answered is in the log; every credential was counted; every acknowledgement holds; and every
checkpoint and event that anybody ever saw belongs to the one history that is served."""
import base64
import http.client
import json
import os
import random
import sqlite3
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "flow"))
from registry_client import Client, Failure, Key, Officer, Registry, b64u, binding_commit, compact, note, now, sha256, unb64u, uuid7
from scene import Scene
from witness import Witness, expect

AUTHORITY = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]
GONE = (OSError, http.client.HTTPException)  # the registry died under the request: nothing was answered
LIVE, SUSPENDED, UNSURE = "live", "suspended", "unsure"


class Book:
    """What was answered, and must be there for ever."""

    def __init__(self, registry):
        self.lock = threading.Lock()
        self.chain, self.number = sha256(b"countersign/deeds/v1\n" + registry.origin.encode()), 0
        self.deeds = {}          # hash: (number, chain) as answered, not found yet
        self.new_bindings, self.new_endings, self.issued = [], [], {}
        self.places_b, self.endings, self.read = {}, {}, 0
        self.counts = {"deeds": 0, "bindings": 0, "endings": 0, "credentials": 0, "acknowledgements": 0}

    def deed(self, view):
        with self.lock:
            self.deeds[view["hash"]] = (view["number"], view["chain"])
            self.new_endings += [(idx, unb64u(view["hash"])[:16]) for idx in view.get("result", {}).get("indexes", [])]
            self.counts["deeds"] += 1

    def binding(self, idx, commit):
        with self.lock:
            self.new_bindings.append((idx, commit))
            self.counts["bindings"] += 1

    def credential(self, idx):
        with self.lock:
            self.issued[idx] = self.issued.get(idx, 0) + 1
            self.counts["credentials"] += 1

    # --- comparing with what is there ---

    def check_deeds(self, client):
        """All new deeds from the list, which must be contiguous and chained; and among them each that was answered."""
        while True:
            page = client.get(f"/v1/deeds?state=accepted&limit=100&after={self.number}").ok(200)["deeds"]
            for view in page:
                self.number += 1
                expect(f"deed {self.number} follows, not {view['number']}", view["number"] == self.number)
                self.chain = sha256(b"\3" + self.chain + struct.pack(">Q", self.number) + unb64u(view["hash"]))
                expect(f"deed {self.number} is chained", view["chain"] == b64u(self.chain))
                answered = self.deeds.pop(view["hash"], None)
                expect(f"deed {self.number} is what was answered", answered in (None, (view["number"], view["chain"])))
            if not page:
                break
        expect(f"deeds that were answered are lost: {list(self.deeds)}", not self.deeds)

    def check_leaves(self, witness):
        for place in range(self.read, len(witness.tree.leaves)):
            leaf = witness.leaf(place)
            if leaf["type"] == "B":
                expect(f"index {leaf['idx']} is given once", leaf["idx"] == len(self.places_b))
                self.places_b[leaf["idx"]] = leaf["commit"]
            elif leaf["type"] == "E":
                self.endings.setdefault(leaf["idx"], []).append(leaf["deed"])
        self.read = len(witness.tree.leaves)
        for idx, commit in self.new_bindings:
            expect(f"the binding of index {idx} is in the log", self.places_b.get(idx) == commit)
        for idx, deed in self.new_endings:
            expect(f"the ending of index {idx} is in the log", deed in self.endings.get(idx, []))
            self.counts["endings"] += 1
        self.new_bindings, self.new_endings = [], []

    def check_issued(self, path):
        data = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)
        counted = dict(data.execute("select idx, issued from status_index"))
        data.close()
        for idx, count in self.issued.items():
            expect(f"the {count} credentials of index {idx} were counted", counted.get(idx, 0) >= count)


class Sender:
    """An app's gate: batches of receipts, one chain."""

    def __init__(self, app):
        self.app, self.next, self.head = app, 1, sha256(b"countersign/receipts/v1\n" + app.id.encode())
        self.batch = self.ack = None  # the last, acknowledged or not

    def make(self):
        lines, head = [], self.head
        for seq in range(self.next, self.next + random.randint(1, 4)):
            lines.append(compact({"v": 1, "seq": seq, "time_ms": now() * 1000, "event": "outcome", "release_id": uuid7(), "outcome": "released"}))
            head = sha256(b"\2" + head + struct.pack(">Q", seq) + sha256(lines[-1].encode()))
        b64 = lambda data: base64.b64encode(data).decode()
        text = (f"countersign/receipts/v1\n{self.app.id}\n{self.next} {len(lines)}\n{b64(self.head)}\n" +
                "".join(line + "\n" for line in lines) + b64(head) + "\n")
        self.batch, self.ack = (self.next + len(lines), head, note(text, self)), None

    def sign(self, text):
        return self.app.key.signature_line(self.app.id, text)

    def send(self, client):
        """The batch that is not acknowledged yet, or a new one."""
        if not self.batch or self.ack:
            self.make()
        following, head, whole = self.batch
        ack = client.post("/v1/receipts", whole).ok(200)
        expect("the acknowledgement is of what was sent", ack.split("\n")[1:4] ==
               [self.app.id, str(following), base64.b64encode(head).decode()])
        self.next, self.head, self.ack = following, head, ack

    def check(self, client):
        """What was acknowledged is known: the same batch again is answered as before."""
        if self.ack:
            again = client.post("/v1/receipts", self.batch[2]).ok(200)
            expect("the batch is acknowledged as before", again.split("\n")[:4] == self.ack.split("\n")[:4])


class Load:
    """Threads that drive a registry until it is gone."""

    def __init__(self, registry, scene, book, witness, sender, people):
        self.registry, self.scene, self.book, self.witness, self.sender, self.people = registry, scene, book, witness, sender, people
        self.failures, self.threads, self.is_over = [], [], False
        self.tokens = {who: registry.login(who).token for who in (AUTHORITY[0], scene.officers[0], sender.app)}

    def client(self, who=None):
        return Client(self.registry.host, self.registry.port, self.registry.iss, self.tokens[who] if who else None)

    def start(self):
        for work in (self.enrol, self.enrol, self.order, self.order, self.issue, self.issue, self.receipts, self.watch, self.poll):
            thread = threading.Thread(target=self.drive, args=(work,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def drive(self, work):
        try:
            while True:
                work()
        except GONE:
            pass
        except Failure as failure:
            if "the stream ended" not in str(failure):
                self.failures.append(failure)
        except Exception as failure:  # pylint: disable=broad-except
            self.failures.append(Failure(repr(failure)))

    def wait(self):
        self.is_over = True
        for thread in self.threads:
            thread.join(30)
            expect("a client ends when the registry is gone", not thread.is_alive())
        if self.failures:
            raise self.failures[0]

    # --- what they do; each call is one connection ---

    def enrol(self):
        client, officers = self.client(self.scene.officers[0]), self.scene.officers
        while True:
            with self.book.lock:
                deed = self.scene.enrol_deed()
            view = client.deed(deed, *officers).ok(200)
            self.book.deed(view)
            person = PersonOf(view["result"])
            code, deed = self.scene.activate_deed(person)
            self.book.deed(client.deed(deed, *officers).ok(200))
            bound = client.bind(person.key, code).ok(201)
            self.book.binding(bound["idx"], binding_commit(self.registry.iss, person.practitioner, person.key.thumbprint))
            person.idx = bound["idx"]
            with self.book.lock:
                self.people.append(person)

    def borrow(self):
        """Somebody whom nobody else is busy with."""
        while not self.is_over:
            with self.book.lock:
                free = [person for person in self.people if not person.is_busy and person.state != UNSURE]
                if free:
                    person = random.choice(free)
                    person.is_busy = True
                    return person
            time.sleep(0.001)  # the enrolling threads will bring one
        raise ConnectionError("over")

    def order(self):
        client = self.client(AUTHORITY[0])
        while True:
            person = self.borrow()
            do, state, after = ("suspend", person.state, SUSPENDED) if person.state == LIVE else ("reinstate", person.state, LIVE)
            person.state = UNSURE  # until it is answered
            deed = self.scene.order_deed(do, person, reason="licence_action" if do == "suspend" else "reinstated")
            self.book.deed(client.deed(deed, *AUTHORITY).ok(200))
            person.state, person.is_busy = after, False

    def issue(self):
        client = self.client()
        while True:
            person = self.borrow()
            answer = client.credential(person.key)
            if person.state == LIVE:
                claims = answer.ok(200)["credential"].split(".")[1]
                self.book.credential(idx_of(claims))
            else:
                answer.refused("suspended")
            person.is_busy = False

    def receipts(self):
        client = self.client(self.sender.app)
        while True:
            self.sender.send(client)
            self.book.counts["acknowledgements"] += 1

    def watch(self):
        with self.registry.stream(len(self.witness.tree.leaves)) as stream:
            while True:
                event = stream.next()
                if event["event"] == "log":
                    self.witness.event(event["data"])
                else:
                    self.witness.checkpoint(event["data"])

    def poll(self):
        client = self.client()
        while True:
            self.witness.checkpoint(client.get("/status/checkpoint").ok(200))
            time.sleep(0.01)


class PersonOf:
    def __init__(self, enrolled):
        self.practitioner, self.licence, self.affiliation = enrolled["practitioner"], enrolled["licence"], enrolled["affiliation"]
        self.key, self.idx, self.state, self.is_busy = Key(), None, LIVE, False


def idx_of(claims):
    return json.loads(unb64u(claims))["status"]["countersign"]["idx"]


def check_people(registry, client, people):
    """Whoever was suspended gets nothing, and whoever was not, does: a few of them, by chance."""
    known = [person for person in people if person.state != UNSURE and not person.is_busy]
    for person in random.sample(known, min(4, len(known))):
        licence = client.get("/v1/licences/" + person.licence).ok(200)
        expect(f"the licence is {person.state}", licence["status"]["state"] == person.state)
        answer = registry.client().credential(person.key)
        if person.state == LIVE:
            answer.ok(200)
        else:
            answer.refused("suspended")


def start(registry):
    """Starts it; now and then it is killed while it starts."""
    while random.random() < 0.1:
        registry.spawn()
        time.sleep(random.uniform(0, 0.8))  # the moment of death is the point
        registry.kill()
    registry.start()


def main(program, times, seed):
    random.seed(seed)
    print(f"{times} deaths, seed {seed}", flush=True)
    with Registry(program, AUTHORITY) as registry:
        scene = Scene(registry, AUTHORITY)
        scene.open_hospital()
        sender = Sender(scene.app("deploy-1"))
        witness, book, people = Witness(registry.client().get("/trust/1").ok(200)), Book(registry), []
        witness.check(registry.client())
        for death in range(1, times + 1):
            load = Load(registry, scene, book, witness, sender, people)
            load.start()
            time.sleep(random.uniform(0.02, 0.6))  # the moment of death is the point
            registry.kill()
            load.wait()
            registry.fsck()
            start(registry)
            regulator = registry.login(AUTHORITY[0])
            witness.check(regulator)
            book.check_deeds(regulator)
            book.check_leaves(witness)
            book.check_issued(registry.database)
            sender.check(registry.login(sender.app))
            for person in people:
                if person.is_busy:  # its request had no answer
                    person.state = UNSURE
            check_people(registry, regulator, people)
            if death % 20 == 0 or death == times:
                print(f"{death} deaths: {len(witness.tree.leaves)} leaves, {witness.checked} checkpoints, "
                      f"{book.number} deeds, of these answered: {book.counts}", flush=True)
        registry.stop()
        registry.fsck()
    expect("something was answered", all(count > 2 * times for count in book.counts.values()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 40,
         int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32))
