#!/usr/bin/env python3
"""kill_gate.py REGISTRY COMMAND [TIMES [SEED]]: SIGKILL of a gate in the midst of releases.

After each death: no permit was answered whose receipt is not on disk, or with the registry; no sign-off was consumed by two releases;
the same release asked again is answered, another for the same sign-off is `replay`; and the registry has each receipt exactly once, in
sequence, in one chain."""
import http.client
import json
import os
import random
import shutil
import sqlite3
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "flow"))
from gate_client import KeyFile
from local_gate import Gate, hospital, make_release
from registry_client import Failure, Officer, sha256, uuid7
from witness import expect

AUTHORITY = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]
DEPLOYMENT = "deploy-1"
GONE = (OSError, http.client.HTTPException)


class Book:
    """What was answered."""

    def __init__(self):
        self.lock = threading.Lock()
        self.permits = {}  # release id: the release
        self.consumed = {}  # sign-off: the release id that it was answered for
        self.outcomes, self.replays, self.repeats = {}, 0, 0
        self.contested = []  # releases that share their sign-off with one that was asked before

    def answered(self, release, decision):
        sign_off = release["sign_offs"][0]["sign_off"]
        with self.lock:
            if decision["verdict"] == "allow":
                owner = self.consumed.setdefault(sign_off, release["release_id"])
                expect(f"a sign-off is consumed once: {owner} and {release['release_id']}", owner == release["release_id"])
                self.repeats += release["release_id"] in self.permits
                self.permits[release["release_id"]] = release
            else:
                expect(f"only a replay is refused here: {decision}", decision["code"] == "replay")
                self.replays += 1


class Load:
    def __init__(self, gate, people, book):
        self.gate, self.people, self.book, self.threads, self.failures = gate, people, book, [], []
        self.is_over = False

    def start(self):
        for work in (self.release, self.release, self.release, self.contest, self.contest, self.report):
            thread = threading.Thread(target=self.drive, args=(work,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def drive(self, work):
        try:
            while not self.is_over:
                work()
        except GONE:
            pass
        except Exception as failure:  # pylint: disable=broad-except
            self.failures.append(failure if isinstance(failure, Failure) else Failure(repr(failure)))

    def wait(self):
        self.is_over = True
        for thread in self.threads:
            thread.join(30)
            expect("a client ends when the gate is gone", not thread.is_alive())
        if self.failures:
            raise self.failures[0]

    def release(self):
        person, credential = random.choice(self.people)
        release = make_release(person, credential, DEPLOYMENT)
        if random.random() < 0.3:
            self.gate.ask("POST", "/receive", {"sign_off": release["sign_offs"][0]["sign_off"]}).ok()
        if random.random() < 0.5:
            with self.book.lock:
                self.book.contested.append({**release, "release_id": uuid7()})
        self.book.answered(release, self.gate.decision(release))
        if random.random() < 0.2:
            self.book.answered(release, self.gate.decision(release))

    def contest(self):
        """The sign-off of a release that is being asked for, under another id: one of the two gets it."""
        with self.book.lock:
            release = self.book.contested.pop() if self.book.contested else None
        if release:
            self.book.answered(release, self.gate.decision(release))
        else:
            time.sleep(0.001)

    def report(self):
        with self.book.lock:
            waiting = [release_id for release_id in self.book.permits if release_id not in self.book.outcomes]
        if not waiting:
            time.sleep(0.001)
            return
        release_id, outcome = random.choice(waiting), random.choice(["released", "failed"])
        answer = self.gate.outcome(release_id, outcome)
        if answer.code not in ("permit-expired", "conflict"):  # conflict: it became unknown when the gate died
            answer.ok()
        self.book.outcomes[release_id] = None if answer.code == "conflict" else outcome


# --- what is on disk ---


def rows(path, statement, *values):
    """Of a copy: what a reader's locks and a clean close would do is not done to the file itself."""
    with tempfile.TemporaryDirectory() as folder:
        for end in ("", "-wal"):
            if os.path.exists(path + end):
                shutil.copy(path + end, os.path.join(folder, "copy" + end))
        data = sqlite3.connect(os.path.join(folder, "copy"))
        try:
            return data.execute(statement, values).fetchall()
        finally:
            data.close()


def registry_lines(registry):
    data = sqlite3.connect(f"file:{registry.database}?mode=ro", uri=True, timeout=20)
    try:
        return data.execute("select seq, line, head from receipt where deployment = ? order by seq", (DEPLOYMENT,)).fetchall()
    finally:
        data.close()


def check_chain(lines):
    """Contiguous from 1, each with its number in it, chained."""
    head = sha256(b"countersign/receipts/v1\n" + DEPLOYMENT.encode())
    for expected, (seq, line, kept) in enumerate(lines, 1):
        head = sha256(b"\2" + head + struct.pack(">Q", seq) + sha256(line.encode()))
        expect(f"receipt {expected} follows, not {seq}", seq == expected and json.loads(line)["seq"] == seq)
        expect(f"receipt {seq} is chained", kept == head)
    return lines


def check_disk(gate, registry, book):
    """Of a gate that is dead: what it answered is in its file, or was acknowledged."""
    kept = rows(gate.file, "select seq, line, head from receipt order by seq")
    known = {seq: (seq, line, head) for seq, line, head in registry_lines(registry)}
    for seq, line, head in kept:
        expect(f"receipt {seq} is the same at both ends", known.setdefault(seq, (seq, line, head)) == (seq, line, head))
    lines = check_chain([known[seq] for seq in sorted(known)])
    permits = {json.loads(line)["release_id"] for _, line, _ in lines if json.loads(line)["event"] == "permit"}
    lost = set(book.permits) - permits
    expect(f"permits were answered that have no receipt: {lost}", not lost)
    owners = dict(rows(gate.file, "select release_id, count(*) from consumed group by release_id"))
    for release_id in book.permits:
        expect(f"the sign-off of {release_id} is consumed", owners.get(release_id) == 1)


def check_answers(gate, book):
    """After a restart: the same again is answered, for another release it is replay."""
    for release in random.sample(list(book.permits.values()), min(3, len(book.permits))):
        again = gate.decision(release)
        expect(f"the same release is answered again: {again}", again["verdict"] == "allow")
        other = gate.decision({**release, "release_id": uuid7()})
        expect(f"its sign-off is consumed: {other}", other.get("code") == "replay")


def main(registry_program, command, times, seed):
    random.seed(seed)
    print(f"{times} deaths, seed {seed}", flush=True)
    book = Book()
    with hospital(registry_program, AUTHORITY, signoff_to_release_s=3600) as scene:
        registry = scene.registry
        key = KeyFile(command, registry.parent, DEPLOYMENT)
        scene.app(DEPLOYMENT, vkey=key.vkey)
        people = [scene.clinician() for _ in range(3)]
        people = [(person, registry.client().credential(person.key).ok(200)["credential"]) for person in people]
        gate = Gate(command, registry, DEPLOYMENT, *key.options)
        try:
            gate.start().ready()
            for death in range(1, times + 1):
                load = Load(gate, people, book)
                load.start()
                time.sleep(random.uniform(0.02, 0.8))  # the moment of death is the point
                gate.kill()
                load.wait()
                check_disk(gate, registry, book)
                while random.random() < 0.1:
                    gate.spawn()
                    time.sleep(random.uniform(0, 0.8))
                    gate.kill()
                gate.start().ready()
                check_answers(gate, book)
                if death % 20 == 0 or death == times:
                    print(f"{death} deaths: {len(book.permits)} permits, {book.repeats} of them again, {book.replays} replays, "
                          f"{len(registry_lines(registry))} receipts with the registry", flush=True)
            gate.wait("has sent all receipts", lambda status: status["receipts_waiting"] == 0, 60)
            lines = check_chain(registry_lines(registry))
            permits = [json.loads(line)["release_id"] for _, line, _ in lines if json.loads(line)["event"] == "permit"]
            expect("the registry has every permit", set(book.permits) <= set(permits))
            alerts = registry.login(AUTHORITY[0].key).get("/v1/alerts").ok(200)["alerts"]
            expect(f"nobody has to look: {alerts}", not alerts)
            expect("something was asked twice", book.repeats > times // 4 and book.replays > times // 4 and len(permits) > times)
        finally:
            gate.kill()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 40,
         int(sys.argv[4]) if len(sys.argv) > 4 else random.SystemRandom().randrange(1 << 32))
