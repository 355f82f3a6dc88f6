#!/usr/bin/env python3
"""gate_scenarios.py COUNTERSIGN SHIM [all]: the scenarios of DOMAIN 8, the exceptions, what is allowed, and what happens to a gate that runs,
at `countersign gate`; or all conformance cases. The gate follows a registry that serves what the case says, its clock stands at the case's
time, sign-offs are received and released over HTTP, and what it answers is what the case names and what `countersign check` says.

The registry here is a web server of files and a stream; it signs nothing but the fresh note for the gate's own nonce.
"""
import collections
import concurrent.futures
import copy
import http.client
import http.server
import json
import os
import pathlib
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
from cases import ALL_GROUPS, GROUPS, Registry, beyond_a_folder, check, leaves_of, read_cases, root_hash  # noqa: E402
from gate_client import Gate  # noqa: E402
from registry_client import Failure  # noqa: E402

PROGRAM, SHIM = map(os.path.abspath, sys.argv[1:3])
STATUS = {"allow": 200, "break-glass": 200, "refuse": 403, "cannot-decide": 503}
PATIENCE = 60  # seconds: a gate that saw two histories asks again after 30
SCENARIOS = {*range(1, 10), *range(14, 20), 22}  # of DOMAIN 8: those that are of releases
STEPPED = ("evasion", "evidence", "policy")  # groups in which something happens while a gate runs; one case waits half a minute


# --- the registry ---


class Stage:
    """What one gate is served; it hears nothing before open(). A step comes over its stream, which then ends, or lies there when it asks
    again. It has taken the step when it is back at the stream, or was refused something and asked once more."""

    def __init__(self, registry, instead):
        """`instead`: the policy that is served under a name that has none, or None."""
        self.registry, self.instead, self.turn, self.is_open, self.is_over, self.streams, self.rounds, self.events = (
            registry, instead, threading.Condition(), False, False, 0, 0, [])

    def change(self, **members):
        with self.turn:
            self.__dict__.update(members)
            self.turn.notify_all()

    def count(self, name):
        with self.turn:
            self.change(**{name: self.__dict__[name] + 1})

    def wait(self, what, condition):
        with self.turn:
            if not self.turn.wait_for(condition, PATIENCE):
                raise Failure(f"not within {PATIENCE} s: the gate {what}")

    def settle(self, streams, rounds):
        self.wait("comes back", lambda: self.streams > streams or self.rounds > rounds + 1)

    def open(self):
        self.change(is_open=True)
        self.settle(0, 0)

    def take(self, step, gate):
        """One that must fail is served until the gate says its code, and then the registry is as it was."""
        streams, rounds, was, said = self.streams, self.rounds, self.registry, len(gate.said())
        now = copy.deepcopy(was)
        events = event_of(step, len(was.leaves)) if streams else []
        now.take(step)
        if "expect" not in step:
            self.change(registry=now, events=events)
        else:
            self.change(registry=was if streams else now, events=events)
            until(f"says {step['expect']}", lambda: step["expect"] in gate.said()[said:], gate)
            self.change(registry=was)
        if step.get("expect") != "equivocation":  # behind which it asks for nothing but roots, and seldom
            self.settle(streams, rounds)


def event_of(step, size):
    """How a stream tells this, if it does, before it ends."""
    if "event" in step:
        text, name, size = step["event"], "log", size + len(leaves_of(step["event"])[0])
    elif "checkpoint" in step:
        text, name = step["checkpoint"], "fresh"
    else:
        return [None]
    return [f"id: {size}\nevent: {name}\n" + "".join(f"data: {line}\n" for line in text[:-1].split("\n")) + "\n", None]


def until(what, condition, gate):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"not within {PATIENCE} s: the gate {what}\n{gate.said()}")
        time.sleep(0.01)


class Service(http.server.ThreadingHTTPServer):
    """All stages, each under a path of its own."""
    daemon_threads, request_queue_size = True, 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.stages = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"

    def handle_error(self, request, client_address):
        """Who hangs up, hangs up."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", -1

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass

    def answer(self, body, media_type="text/plain; charset=utf-8", status=200):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def refuse(self, status, code):
        self.answer(json.dumps({"type": "about:blank", "status": status, "code": code}), "application/problem+json", status)

    def answer_or(self, body, media_type="text/plain; charset=utf-8", status=404, code="not-found"):
        if body is None:
            self.refuse(status, code)
        else:
            self.answer(body, media_type)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        _, name, *path = url.path.split("/")
        stage, query = self.server.stages[name], dict(urllib.parse.parse_qsl(url.query))
        stage.wait("is let in", lambda: stage.is_open or stage.is_over)
        registry = stage.registry
        match path:
            case ["trust", version]:
                if int(version) not in registry.roots:
                    stage.count("rounds")
                self.answer_or(registry.roots.get(int(version)))
            case ["policies", note]:
                self.answer_or(registry.policies.get(note, stage.instead))
            case ["status", "checkpoint"]:
                self.answer_or(registry.checkpoint)
            case ["status", "tile", "entries", *place]:
                first, width = int(place[0].removesuffix(".p")), int(place[1]) if place[1:] else 256
                self.answer_or(registry.tile(first, width), "application/octet-stream")
            case ["status", "fresh"]:
                self.answer_or(registry.fresh(query["nonce"]), status=503, code="unavailable")
            case ["status", "stream"]:
                self.stream(stage, int(query["from"]))
            case _:
                self.refuse(404, "not-found")

    def stream(self, stage, size):
        if size != len(stage.registry.leaves):
            self.refuse(400, "argument")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        stage.count("streams")
        while True:
            with stage.turn:
                stage.turn.wait_for(lambda: stage.events or stage.is_over)
                event = stage.events.pop(0) if stage.events else None
            if event is None:
                return
            self.wfile.write(event.encode())
            self.wfile.flush()


# --- a case ---


def beyond_a_gate(case):
    """Why a gate cannot be asked this, or None."""
    if case.release is None:
        return "nothing is released"
    if "marks" in case.gate:
        return "marks that the gate's file would hold from an earlier time"
    if case.gate["accept"] != "test":
        return "a gate for production follows over https alone"
    return None


def receive(gate, case):
    """Each sign-off when it came in; the gate answers when it says that was."""
    try:
        sign_offs = json.loads(case.release)["sign_offs"]
        tokens = [sign_off["sign_off"] for sign_off in sign_offs]
    except (ValueError, KeyError, TypeError):
        return  # not a release that an app could take apart
    times = dict(zip(tokens, case.received_at or [case.now] * len(tokens)))
    for token, at in sorted(times.items(), key=lambda item: item[1]):
        gate.hold_clock(at)
        told = gate.ask("POST", "/receive", {"sign_off": token})
        if told.status == 200 and told.json["received_at"] != at:
            raise Failure(f"received at {at}, it says {told}")


def play(service, case, folder):
    """What the gate answers: HTTP status and decision."""
    registry = Registry(case.gate, case.world_steps)
    stage = service.stages[case.name] = Stage(registry, next(iter(registry.policies.values())) if case.group == "policy" else None)
    overlay = []
    if "overlay" in case.gate:
        (folder / "overlay").write_text(case.gate["overlay"])
        overlay = ["--overlay", str(folder / "overlay")]
    gate = Gate(PROGRAM, service.url(case.name), root_hash(case), case.gate["deployment"], str(folder), *overlay, shim=SHIM,
                listen="127.0.0.1:0")
    gate.hold_clock(case.now)
    try:
        gate.start(ready=False)
        receive(gate, case)
        stage.open()
        for step in case.steps:
            stage.take(step, gate)
        if case.gate["offline"]:
            gate.stop()
            at = gate.words.index("--registry")
            gate.words[at:at + 2] = ["--offline"]
            gate.start(ready=False)
        gate.hold_clock(case.now)
        told = gate.ask("POST", "/release", case.release.encode())
        return told.status, told.json or {"error": str(told)}
    finally:
        gate.stop()
        stage.change(is_over=True)
        del service.stages[case.name]


def compare(case, status, answer, checked):
    """What is wrong with an answer: None, or a text."""
    if (status, answer.get("code"), case.expect.get("code")) == (400, "argument", "argument") and "verdict" not in answer:
        return None  # what cannot be read as a release is a bad request, and no decision
    if not case.answers(answer) or status != STATUS[case.expect["verdict"]]:
        return f"{status} {answer}\nexpected {case.expect}"
    if checked is None:
        return None
    differ = {name for name in {*answer, *checked} if answer.get(name) != checked.get(name)}
    if "status" in answer and answer["status"]["time"] > case.now:
        differ -= {"not_after"}  # evidence that is ahead is the gate's time
    return "; ".join(f"{name}: {answer.get(name)}, by the command {checked.get(name)}" for name in sorted(differ)) or None


def run(service, case, folder):
    """What is wrong with what came of a case, and whether the command could be asked it too."""
    (folder / "gate").mkdir(parents=True)
    is_for_command = not beyond_a_folder(case)
    try:
        checked = check(PROGRAM, case, folder / "state")[1] if is_for_command else None
        return compare(case, *play(service, case, folder / "gate"), checked), is_for_command
    except (Failure, OSError, http.client.HTTPException) as failure:
        return repr(failure), is_for_command


def main(groups):
    service, cases = Service(), read_cases(groups)
    reasons = collections.Counter(beyond_a_gate(case) for case in cases)
    cases = sorted((case for case in cases if not beyond_a_gate(case)), key=lambda case: -len(case.steps))  # the long ones first
    with tempfile.TemporaryDirectory(prefix="countersign-gate-scenarios.") as work, concurrent.futures.ThreadPoolExecutor(4) as pool:
        came = list(pool.map(lambda case: run(service, case, pathlib.Path(work) / case.name), cases))
    faults = [f"{case.name}: {fault}" for case, (fault, _) in zip(cases, came) if fault]
    played = collections.Counter(case.scenario for case in cases)
    print(*faults, *(f"{count} not at a gate: {reason}" for reason, count in reasons.items() if reason), sep="\n")
    print("cases of each scenario:", ", ".join(f"{number}: {played[number]}" for number in sorted(filter(None, played))))
    print(f"{len(cases)} cases at a gate, {sum(too for _, too in came)} of them also by the command, {len(faults)} answered otherwise")
    return 1 if faults or len(cases) < 180 or SCENARIOS - played.keys() else 0


sys.exit(main(ALL_GROUPS if sys.argv[3:] == ["all"] else STEPPED + GROUPS))
