#!/usr/bin/env python3
"""load.py PROGRAM [SECONDS [RATE [SAMPLES]]]: the registry under mixed load, RATE requests a second in all, and its memory meanwhile.

Holders ask for credentials; officers enrol, activate, suspend and reinstate; gates hold streams and come back to them; others read,
ask for fresh notes, prove the wrong key, and hang up. What it must show: nothing unexpected is answered, the log is clean at the
end, and the memory at the end is what it was after the first minute. With SAMPLES a line for each sample goes to that file:
seconds, requests, resident KiB, of them anonymous, KiB of the database with its log, open files.
"""
import collections
import itertools
import os
import random
import selectors
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "flow"))
from registry_client import DEADLINE, Failure, Key, Officer, Registry, b64u, proof  # noqa: E402
from scene import Scene  # noqa: E402

AUTHORITY = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]
PEOPLE, STREAMS = 20, 50
RENEW = 600  # seconds that an access token is used
GROWTH_PART = 0.10  # that memory may be larger by at the end than after a minute


class Load:
    """Threads that call until the deadline, and what they were answered."""

    def __init__(self, registry, scene, seconds):
        self.registry, self.scene = registry, scene
        self.begin = time.monotonic()
        self.end = self.begin + seconds
        self.people = []  # bound clinicians; it only grows
        self.answers = collections.Counter()
        self.wrong, self.threads, self.lock = [], [], threading.Lock()
        self.events = 0

    def runs(self):
        return time.monotonic() < self.end and not self.wrong

    def count(self, what, answer, expected=()):
        """Notes an answer; one that neither went well nor is among `expected` is wrong."""
        code = answer.code or answer.status
        with self.lock:
            self.answers[what, code] += 1
            if not (200 <= answer.status < 300 or answer.code in expected):
                self.wrong.append(str(answer))
        return answer

    def requests(self):
        with self.lock:
            return sum(self.answers.values())

    def every(self, rate, step):
        """A thread that takes `step` this often a second; what it cannot keep up with it drops."""
        def run():
            due = time.monotonic()
            for number in itertools.count():
                if not self.runs():
                    return
                step(number)
                due = max(due + 1 / rate, time.monotonic() - 1)
                time.sleep(max(0.0, due - time.monotonic()))
        self.start(lambda: self.guard(run))

    def guard(self, run):
        try:
            run()
        except (Failure, OSError) as failure:
            with self.lock:
                self.wrong.append(f"{type(failure).__name__}: {failure}")

    def start(self, run):
        thread = threading.Thread(target=run, daemon=True)
        self.threads.append(thread)
        thread.start()

    def join(self):
        for thread in self.threads:
            thread.join(DEADLINE)
            if thread.is_alive():
                self.wrong.append("a client hangs")


def issue(load):
    """A holder at a time over one connection, the nonce from the reply before."""
    client = load.registry.client()

    def step(_):
        person = random.choice(load.people)
        load.count("issue", client.credential(person.key), ("suspended",))
    return step


def tile(number):
    """The path of a tile, in groups of three digits."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups)


def renew(client, key):
    """A new access token: one lives 15 minutes, and the nonce of the one before a minute."""
    client.token = client.nonce = None
    client.login(key)


def log_size(client):
    return int(client.get("/status/checkpoint").ok(200).split("\n")[1])


def read(load):
    client = load.registry.login(AUTHORITY[0].key)
    since = [time.monotonic()]

    def paths():
        size = log_size(client)
        person = random.choice(load.people)
        yield "/status/checkpoint"
        if size % 256:
            yield f"/status/tile/entries/{tile(size // 256)}.p/{size % 256}"
        yield "/status/tile/0/" + tile(random.randrange(size // 256)) if size > 256 else "/trust/1"
        yield f"/v1/practitioners/{person.practitioner}"
        yield f"/v1/licences/{person.licence}"
        yield "/v1/practitioners?name=Dr"
        yield f"/v1/deeds?state=accepted&after={random.randrange(100)}&limit=10"
        yield "/v1/institutions"
        yield "/.well-known/jwt-vc-issuer"
        yield "/metrics"
        yield "/status/fresh?nonce=" + b64u(random.randbytes(16))

    pending = []

    def step(_):
        if time.monotonic() - since[0] > RENEW:
            renew(client, AUTHORITY[0].key)
            since[0] = time.monotonic()
        if not pending:
            pending.extend(paths())
        path = pending.pop()
        load.count("read", client.get(path))
    return step


def act(load):
    """Orders and what lifts them; every tenth time a new clinician, from enrolment to her first credential."""
    scene, suspended, since = load.scene, collections.deque(), [time.monotonic()]

    def step(number):
        if time.monotonic() - since[0] > RENEW:
            renew(scene.regulator, AUTHORITY[0].key)
            renew(scene.client, scene.officers[0].key)
            since[0] = time.monotonic()
        if number % 10 == 9:
            person = scene.clinician()
            load.people.append(person)
        elif len(suspended) > 5 or (suspended and number % 2):
            load.count("reinstate", scene.order("reinstate", suspended.popleft()))
        else:
            person = random.choice(load.people)
            if person not in suspended:
                load.count("suspend", scene.order("suspend", person))
                suspended.append(person)
    return step


def intrude(load):
    """Each over a connection of its own: the wrong key, no token, a broken request, half a request."""
    def half():
        with socket.create_connection((load.registry.host, load.registry.port), DEADLINE) as s:
            s.sendall(b"POST /v1/credentials HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{")

    def step(number):
        if number % 5 == 4:
            half()
            return
        client = load.registry.client()
        if number % 5 == 0:
            load.count("intrude", client.credential(Key()), ("not-found",))
        elif number % 5 == 1:
            load.count("intrude", client.get("/v1/deeds"), ("unauthenticated",))
        elif number % 5 == 2:
            load.count("intrude", client.post("/v1/credentials", b'{"proof": 1', "application/json"), ("body-malformed",))
        else:
            load.count("intrude", client.post("/v1/tokens", {"proof": proof(Key(), client.iss, client.challenge(), "token")}),
                       ("unauthenticated",))
        client.close()
        load.registry.clients.remove(client)
    return step


def follow(load):
    """STREAMS streams, each read and now and then opened anew where the log stands."""
    at, reader = (load.registry.host, load.registry.port), load.registry.client()

    def connect():
        stream = socket.create_connection(at, DEADLINE)
        stream.sendall(b"GET /status/stream?from=%d HTTP/1.1\r\nHost: a\r\n\r\n" % log_size(reader))
        head = stream.recv(1 << 16)
        if not head.startswith(b"HTTP/1.1 200 "):
            raise Failure(head.decode())
        return stream

    def read_all():
        with selectors.DefaultSelector() as selector:
            for _ in range(STREAMS):
                selector.register(connect(), selectors.EVENT_READ)
            renewed = time.monotonic()
            while load.runs():
                for key, _ in selector.select(0.2):
                    data = key.fileobj.recv(1 << 16)
                    load.events += data.count(b"\nevent: ")
                    if not data:
                        raise Failure("a stream was ended")
                if time.monotonic() - renewed > 1:
                    key = random.choice(list(selector.get_map().values()))
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
                    selector.register(connect(), selectors.EVENT_READ)
                    renewed = time.monotonic()
            for key in list(selector.get_map().values()):
                key.fileobj.close()
    return lambda: load.guard(read_all)


# --- memory ---


def memory(pid):
    """Resident KiB, and of them anonymous ones."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["VmRSS"].split()[0]), int(fields["RssAnon"].split()[0])


def sample(load, samples):
    """One every second at first, then every ten, until the end: (seconds, requests, resident, anonymous, database, files)."""
    registry, pid, taken = load.registry, load.registry.process.pid, []
    while load.runs():
        passed = time.monotonic() - load.begin
        size = sum(os.path.getsize(registry.database + end) for end in ("", "-wal") if os.path.exists(registry.database + end))
        taken.append((passed, load.requests(), *memory(pid), size >> 10, len(os.listdir(f"/proc/{pid}/fd"))))
        if samples:
            samples.write("%.0f %d %d %d %d %d\n" % taken[-1])
            samples.flush()
        time.sleep(min(1 if passed < 120 else 10, max(0.0, load.end - time.monotonic())))
    return taken


def at_time(taken, seconds):
    return min(taken, key=lambda s: abs(s[0] - seconds))


def report(load, taken, seconds):
    first, last = at_time(taken, min(60, seconds / 2)), taken[-1]
    print(f"{last[1]} requests in {last[0]:.0f} s, {last[1] / last[0]:.0f} a second; {load.events} events over {STREAMS} streams")
    for (what, code), count in sorted(load.answers.items(), key=str):
        print(f"  {what:10} {code!s:16} {count}")
    for s in [first] + [at_time(taken, seconds * part) for part in (0.25, 0.5, 0.75, 1)]:
        print(f"  after {s[0]:5.0f} s: {s[2] / 1024:6.1f} MiB resident, {s[3] / 1024:6.1f} anonymous; database {s[4] / 1024:.1f} MiB; "
              f"{s[5]} files")
    return last[2] - first[2], first[2] * GROWTH_PART


def main(program, seconds=60.0, rate=200.0, samples=None):
    with Registry(program, AUTHORITY) as registry:
        scene = Scene(registry, AUTHORITY)
        scene.open_hospital()
        load = Load(registry, scene, seconds)
        load.people.extend(scene.clinician() for _ in range(PEOPLE))
        for _ in range(4):
            load.every(rate * 0.15, issue(load))
        load.every(rate * 0.15, read(load))
        load.every(rate * 0.10, read(load))
        load.every(rate * 0.05, act(load))
        load.every(rate * 0.10, intrude(load))
        load.start(follow(load))
        taken = sample(load, samples)
        load.join()
        grown, may = report(load, taken, seconds)
        if load.wrong:
            raise Failure("\n".join(load.wrong))
        registry.stop(60)
        print(registry.fsck().stdout.strip())
        print(f"grown by {grown} KiB since the first minute, of {may:.0f} that it may")
        if grown > may:
            raise Failure("more memory at the end than after the first minute")


if __name__ == "__main__":
    words = sys.argv[1:]
    output = open(words[3], "w", encoding="ascii") if len(words) > 3 else None
    main(words[0], *map(float, words[1:3]), **({"samples": output} if output else {}))
