#!/usr/bin/env python3
"""freshness.py REGISTRY COMMAND CLOCK_SHIM DISK_SHIM: no evidence is younger than it says.

A real registry and a real gate, and between them a line that can be cut or made to repeat itself. The registry's disk hangs, is read-only
or full; clocks are stepped by an hour; an old stream is replayed; the gate starts while the registry is gone. Each ends in a refusal with
its code, the age that is told is at least the true one, and what can be mended is."""
import http.client
import http.server
import os
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "flow"))
from local_gate import Gate, PolicySigner, make_release, publish_policy
from registry_client import Failure, Officer, Registry
from scene import Scene
from witness import Witness, expect, split_note

AUTHORITY = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]
LIMIT = 5  # seconds: max_status_age_s; heartbeats come every 2
HOUR = 3600
SHORT = 25  # seconds that a clock goes back behind the newest evidence, and not behind the root
PATIENCE = 40


class Clock:
    """The wall clock of a program: the system's and an offset."""

    def __init__(self, shim, path):
        self.path, self.environment = path, {"LD_PRELOAD": shim, "CLOCK_SHIM": path}
        with open(path, "wb") as file:
            file.write(struct.pack("<q", 0))

    def set(self, offset):
        with open(self.path, "r+b") as file:
            file.write(struct.pack("<q", offset))


class Disk:
    def __init__(self, shim, path, files):
        self.path, self.environment = path, {"LD_PRELOAD": shim, "DISK_SHIM": path, "DISK_SHIM_FILES": files}
        self.sound()

    def write(self, state):
        with open(self.path, "wb" if not os.path.exists(self.path) else "r+b") as file:
            file.write(state)

    def sound(self):
        self.write(b".")

    def hangs(self):
        self.write(b"h")

    def is_read_only(self):
        self.write(b"r")

    def is_full(self):
        self.write(b"f")


# --- a man in the middle ---


class Line(http.server.ThreadingHTTPServer):
    """Stands between gate and registry: passes on what is said, keeps it, and repeats it when it is told to."""
    daemon_threads = True

    def __init__(self, registry):
        super().__init__(("127.0.0.1", 0), Handler)
        self.registry, self.mode, self.kept, self.stream = registry, "pass", {}, b""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """Who hangs up, hangs up."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass

    def answer(self, status, headers, body):
        self.send_response(status)
        for name in ("Content-Type", "Countersign-Nonce"):
            if headers.get(name):
                self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        line, path = self.server, self.path.split("?")[0]
        if path == "/status/stream":
            self.do_stream()
        elif line.mode == "replay" and path in line.kept:
            self.answer(*line.kept[path])
        else:
            connection = http.client.HTTPConnection("127.0.0.1", line.registry.port, timeout=20)
            connection.request("GET", self.path)
            response = connection.getresponse()
            answer = (response.status, response.headers, response.read())
            connection.close()
            if line.mode == "pass":
                line.kept[path] = answer
            self.answer(*answer)

    def do_stream(self):
        line = self.server
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        if line.mode == "replay":
            while line.mode == "replay":
                self.wfile.write(line.stream)
                self.wfile.flush()
                time.sleep(0.5)  # an old stream again and again, as a live one would come
            return
        connection = http.client.HTTPConnection("127.0.0.1", line.registry.port, timeout=20)
        connection.request("GET", self.path)
        response = connection.getresponse()
        while True:
            data = response.readline()
            if not data or line.mode == "replay":
                return
            if line.mode == "pass":
                line.stream += data
            self.wfile.write(data)
            self.wfile.flush()


# --- the scene ---


class World:
    def __init__(self, registry_program, command, clock_shim, disk_shim):
        self.command, self.policy = command, PolicySigner()
        self.registry = Registry(registry_program, AUTHORITY, policy_keys=[("US-KS", self.policy.vkey)])
        parent = self.registry.parent
        self.clock_shim, self.registry_clock = clock_shim, Clock(clock_shim, os.path.join(parent, "clock"))
        self.disk = Disk(disk_shim, os.path.join(parent, "disk"), self.registry.database)
        words = {**self.registry_clock.environment, **self.disk.environment, "LD_PRELOAD": f"{clock_shim}:{disk_shim}"}
        self.registry.wrapper = ["env", *(f"{name}={value}" for name, value in words.items())]
        self.registry.start()
        self.scene = Scene(self.registry, AUTHORITY)
        self.scene.open_hospital()
        publish_policy(self.scene, self.policy, LIMIT)
        self.person, self.other = self.scene.clinician(), self.scene.clinician()
        self.root = self.registry.client().get("/trust/1").ok(200)
        self.line = Line(self.registry)
        self.gate = self.new_gate("deploy-1").start().ready()

    def new_gate(self, deployment):
        return Gate(self.command, self.registry, deployment, url=self.line.url, shim=self.clock_shim)

    def credential(self, person):
        return self.registry.client().credential(person.key).ok(200)["credential"]

    def ask(self, person=None, gate=None):
        """A new release, signed now: the decision."""
        gate, person = gate or self.gate, person or self.person
        return gate.decision(make_release(person, self.kept[person], gate.deployment))

    def renew(self):
        """Credentials, while the registry gives them."""
        self.kept = {person: self.credential(person) for person in (self.person, self.other)}

    def until(self, what, code, deadline=PATIENCE, **how):
        """Asks until the answer has this code (allow: none) and says it again once; the decision. ALLOW may come before, never old evidence."""
        end, decision = time.monotonic() + deadline, None
        while time.monotonic() < end:
            decision = self.ask(**how)
            if decision.get("code") == code:
                return decision
            if decision["verdict"] == "allow":
                expect(f"no ALLOW from old evidence: {decision}", decision["status"]["age_s"] <= LIMIT)
            time.sleep(0.05)
        raise Failure(f"{what}: no {code} within {deadline} s, but {decision}\n{(how.get('gate') or self.gate).status()}")

    def evidence_time(self):
        """The time of the newest evidence, as the registry's checkpoint has it; asked of the registry itself."""
        return Witness(self.root).read_checkpoint(self.registry.client().get("/status/checkpoint").ok(200))[2]

    def stays(self, code, seconds, least_age, **how):
        """For some seconds every answer is this refusal, and the age told is never below the true one."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            decision = self.ask(**how)
            expect(f"it stays {code}: {decision}", decision.get("code") == code and decision["verdict"] == "refuse")
            expect(f"the age is told: {decision}", decision["status"]["age_s"] >= least_age())
            time.sleep(0.2)
        return decision


def refused_fresh(world, client):
    """No fresh note: at once, but for the rest of the second whose date is durable already."""
    durable, end = world.evidence_time(), time.monotonic() + 3
    answer = client.get("/status/fresh?nonce=AAECAwQFBgcICQoLDA0ODw")
    while answer.status == 200 and time.monotonic() < end:
        text, lines = split_note(answer.text)
        dated = [struct.unpack(">Q", line[:8])[0] for line in map(lambda line: Witness(world.root).fresh.verify(text, line), lines) if line]
        expect(f"it has no younger date, {dated}, than {durable}", dated and max(dated) <= durable)
        answer = client.get("/status/fresh?nonce=AAECAwQFBgcICQoLDA0ODw")
    answer.refused("unavailable", 503)


def stale_told(world, decision, evidence, clock=lambda: time.time()):
    """A refusal for age tells the true age of the true evidence."""
    expect(f"it is refused: {decision}", decision["verdict"] == "refuse" and decision["code"] == "status-stale")
    expect(f"the evidence is not younger than it was: {decision} {evidence}", decision["status"]["time"] <= evidence)
    expect(f"its age is beyond the limit: {decision}", decision["status"]["age_s"] > LIMIT)
    expect(f"its age is the true one: {decision}", abs(decision["status"]["age_s"] - (clock() - decision["status"]["time"])) <= 2)


# --- (a) the writer hangs ---


def a_writer_that_hangs(world):
    world.renew()
    world.until("before", None)
    client = world.registry.client()
    world.disk.hangs()
    stream = world.registry.stream(world.registry.log_size())
    frozen = None
    decision = world.until("the writer hangs", "status-stale")
    frozen = world.evidence_time()
    stale_told(world, decision, frozen)
    with stream:  # nothing but what was on its way comes: no heartbeat for three times its interval
        stream.connection.sock.settimeout(6)
        try:
            while True:
                event = stream.next()
                _, _, heard = Witness(world.root).read_checkpoint(event["data"] if event["event"] == "fresh" else event["data"].split("\n\n", 1)[1])
                expect("no event is dated after the disk hung", heard <= frozen)
        except TimeoutError:
            pass
    client.get("/status/checkpoint").ok(200)
    client.get("/health/live").ok(200)
    refused_fresh(world, client)
    world.scene.regulator.deed(world.scene.order_deed("suspend", world.other), *AUTHORITY).refused("unavailable", 503)
    end = time.monotonic() + PATIENCE
    while client.get("/health/ready").status != 503:
        expect("it says that it is not ready", time.monotonic() < end)
        time.sleep(0.1)
    age = world.gate.status()["evidence_age_s"]
    expect(f"the gate tells the age, {age}", age >= time.time() - frozen - 2)
    stale_told(world, world.ask(), frozen)
    expect("nothing is dated meanwhile", world.evidence_time() == frozen)
    restarted = world.new_gate("deploy-hang").start()  # its fresh note does not come
    try:
        stale_told(world, world.until("a gate that starts meanwhile", "status-stale", gate=restarted), frozen)
    finally:
        restarted.kill()
    world.disk.sound()
    world.until("the disk is back", None)
    refreshed = world.scene.order("suspend", world.other).ok(200)
    expect("the order that was refused was not done", refreshed["state"] == "effective")
    world.until("and orders act", "suspended", person=world.other, deadline=3)
    world.scene.order("reinstate", world.other, reason="reinstated").ok(200)


# --- (b) a disk that is read-only, or full ---


def a_disk_that_refuses(world, name, break_it):
    world.renew()
    world.until("before", None)
    break_it()
    world.scene.regulator.deed(world.scene.order_deed("suspend", world.other), *AUTHORITY).refused("unavailable", 503)
    refused_fresh(world, world.registry.client())
    world.registry.client().credential(world.person.key).refused("unavailable", 503)
    frozen = world.evidence_time()
    stale_told(world, world.until(f"the disk is {name}", "status-stale"), frozen)
    world.stays("status-stale", 3, lambda: time.time() - frozen - 2)
    expect("nothing is dated meanwhile", world.evidence_time() == frozen)
    world.disk.sound()
    world.until("the disk is back", None)
    world.scene.order("suspend", world.other).ok(200)
    world.until("and orders act", "suspended", person=world.other, deadline=3)
    world.scene.order("reinstate", world.other, reason="reinstated").ok(200)


# --- (d) an old stream again, (e) no registry ---


def an_old_stream(world):
    world.renew()
    world.until("before", None)
    world.line.kept = {path: answer for path, answer in world.line.kept.items() if path.startswith("/status/fresh")}
    probe = world.new_gate("deploy-probe").start().ready()  # a whole start goes over the line and is kept: checkpoint, tiles, fresh note
    probe.kill()
    old_time = Witness(world.root).read_checkpoint(world.line.kept["/status/checkpoint"][2].decode())[2]
    world.line.mode = "on"  # passes on, and keeps nothing more
    world.scene.order("suspend", world.other).ok(200)
    world.until("the order acts", "suspended", person=world.other)
    size = world.gate.status()["log_size"]

    world.gate.kill()
    world.line.mode = "replay"
    world.gate.start()
    decision = world.until("a gate with a mark, under an old stream", "status-stale")
    refused_told(decision, old_time, world)
    status = world.gate.wait("says why", lambda s: "checkpoint-rolled-back" in s.get("problem", "") or "rolled" in s.get("problem", ""))
    expect(f"it is not ready: {status}", not status["ready"] and status["log_size"] >= size)
    end = time.monotonic() + 8
    while time.monotonic() < end:
        for person in (world.person, world.other):
            decision = world.ask(person=person)
            expect(f"never ALLOW, never young: {decision}", decision["verdict"] == "refuse" and
                   decision["code"] in ("status-stale", "suspended"))
            refused_told(decision, None, world)
        time.sleep(0.2)

    new = world.new_gate("deploy-new").start()  # knows nothing but the root's hash: the old tree is all that it is shown
    try:
        decision = world.until("a new gate under an old stream", "status-stale", gate=new)
        refused_told(decision, None, world)
        world.stays("status-stale", 6, lambda: int(time.time()) - decision["status"]["time"] - 2, gate=new)
        expect("it is never ready", not new.status()["ready"])
    finally:
        new.kill()
    world.line.mode = "on"
    world.until("the line is honest again", None)
    world.until("and the order was not forgotten", "suspended", person=world.other)
    world.scene.order("reinstate", world.other, reason="reinstated").ok(200)


def refused_told(decision, old_time, world):
    """Whatever the code, the age that is told is the age of what was signed: at least as old as it is."""
    status = decision.get("status")
    expect(f"it is refused: {decision}", decision["verdict"] == "refuse")
    if status and status.get("time"):
        expect(f"no young age for an old tree: {decision}", status["age_s"] >= int(time.time()) - status["time"] - 2)
        if old_time:
            expect(f"the evidence is what was signed: {decision}", status["time"] <= time.time())


def no_registry(world):
    world.renew()
    world.until("before", None)
    evidence = world.evidence_time()
    world.gate.kill()
    world.registry.stop()
    world.gate.start()
    decision = world.ask()
    refused_told(decision, evidence, world)
    expect(f"at once it is status-stale, young as the evidence may be: {decision}", decision["code"] == "status-stale")
    decision = world.stays("status-stale", LIMIT + 3, lambda: 0)
    stale_told(world, decision, evidence + 2)
    expect("it is not connected and not ready", not world.gate.status()["ready"] and not world.gate.status()["connected"])
    world.registry.start()
    world.scene.regulator = world.registry.login(AUTHORITY[0])
    world.until("the registry is back", None)


# --- (c) clocks ---


def clocks(world):
    world.renew()
    world.until("before", None)
    # the gate's, back: it knows that it stands behind what was signed
    world.gate.step_clock(-HOUR)
    decision = world.until("the gate's clock goes back", "clock", deadline=5)
    expect(f"no age is told that would be young: {decision}", decision["verdict"] == "refuse")
    world.gate.restart()
    end = time.monotonic() + 5
    while time.monotonic() < end:
        decision = world.ask()
        expect(f"after a restart it is not fooled: {decision}", decision["verdict"] == "refuse" and decision["code"] in ("clock", "status-stale"))
    world.gate.step_clock(0)
    world.until("the gate's clock is right again", None)
    # the gate's, forward: what was signed is an hour old to it
    world.gate.step_clock(HOUR)
    decision = world.until("the gate's clock goes forward", "status-stale", deadline=5)
    expect(f"an hour is told: {decision}", HOUR - 5 <= decision["status"]["age_s"] <= HOUR + 15)
    world.gate.restart()
    end = time.monotonic() + 5
    while time.monotonic() < end:
        decision = world.ask()
        expect(f"after a restart too: {decision}", decision["verdict"] == "refuse" and decision["code"] == "status-stale")
        expect(f"no young age: {decision}", decision["status"]["age_s"] >= HOUR - 5 or decision["status"]["time"] == 0)
    world.gate.step_clock(0)
    world.gate.restart().ready()
    world.until("the gate's clock is right again", None)

    # the registry's, back: time does not fall, and so no evidence grows younger
    evidence = world.evidence_time()
    world.registry_clock.set(-HOUR)
    refused_fresh(world, world.registry.client())
    decision = world.until("the registry's clock goes back", "status-stale")
    stale_told(world, decision, evidence + 3)
    world.stays("status-stale", 3, lambda: int(time.time()) - evidence - 5)
    world.registry.stop()
    refused = world.registry.run("serve", "--config", world.registry.config, wrapped=True, expect=1)  # older than its own root
    expect(f"it says why: {refused.stderr}", "set the clock of this machine" in refused.stderr)
    world.registry_clock.set(-SHORT)
    world.registry.start()  # and a restart does not help it
    refused_fresh(world, world.registry.client())
    world.stays("status-stale", 3, lambda: int(time.time()) - evidence - 5)
    world.registry_clock.set(0)
    world.scene.regulator = world.registry.login(AUTHORITY[0])
    world.until("the registry's clock is right again", None)

    # the registry's, forward, last: what it signs now stands in its log for ever
    world.registry_clock.set(HOUR)
    decision = world.until("the registry's clock goes forward", "clock")
    expect(f"it is refused: {decision}", decision["verdict"] == "refuse")
    world.gate.restart()
    end = time.monotonic() + 5
    while time.monotonic() < end:
        decision = world.ask()
        expect(f"after a restart too: {decision}", decision["verdict"] == "refuse" and decision["code"] in ("clock", "status-stale"))
    world.registry_clock.set(0)
    refused_fresh(world, world.registry.client())
    world.until("right again, it is behind its own evidence", "clock")


def main(*programs):
    world = World(*programs)
    with world.registry:
        try:
            for name, body in (("a writer that hangs", lambda: a_writer_that_hangs(world)),
                               ("a disk that is read-only", lambda: a_disk_that_refuses(world, "read-only", world.disk.is_read_only)),
                               ("a disk that is full", lambda: a_disk_that_refuses(world, "full", world.disk.is_full)),
                               ("an old stream", lambda: an_old_stream(world)), ("no registry", lambda: no_registry(world)),
                               ("clocks", lambda: clocks(world))):
                start = time.monotonic()
                body()
                print(f"{name}: refused, {time.monotonic() - start:.1f} s", flush=True)
            world.registry.stop()
            world.registry.fsck()
        except BaseException:
            print(world.gate.said())
            raise
        finally:
            world.disk.sound()
            world.gate.kill()


if __name__ == "__main__":
    main(*sys.argv[1:5])
