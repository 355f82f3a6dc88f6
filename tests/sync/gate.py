#!/usr/bin/env python3
"""gate.py COUNTERSIGN SERVED SHIM: the local gate as a process, over its Unix socket and over loopback; killed in the middle of
releases and started again; its clock stepped."""
import http.client
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "flow"))
from checks import check, failures, finish  # noqa: E402

COUNTERSIGN, SERVED, SHIM = sys.argv[1:4]
KILLS = int(sys.argv[4]) if len(sys.argv) > 4 else 20
REGISTRY_NOW = 1795338870
folder = pathlib.Path(tempfile.mkdtemp(prefix="countersign-gate-"))


def until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.01)
    check(False, what)


def set_clock(now):
    with open(folder / "clock", "r+b" if (folder / "clock").exists() else "w+b") as file:
        file.write(struct.pack("=q", now - int(time.time())))


set_clock(REGISTRY_NOW)
environment = dict(os.environ, CLOCK_SHIM=str(folder / "clock"))


class Served:
    def __init__(self):
        self.process = subprocess.Popen([SERVED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.url, self.root_hash = self.process.stdout.readline().split()

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, line):
        self.tell(line)
        return json.loads(self.process.stdout.readline())

    def sign(self, number, text):
        return self.ask(f"sign 01aa5d7c-9b50-7c3a-8f00-{number:012x} {text}")


class Connection(http.client.HTTPConnection):
    def __init__(self, address):
        super().__init__("localhost", timeout=30)
        self.address = address

    def connect(self):
        if self.address.startswith("unix:"):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(30)
            self.sock.connect(self.address[5:])
        else:
            host, port = self.address.rsplit(":", 1)
            self.sock = socket.create_connection((host, int(port)), 30)


class Gate:
    def __init__(self, listen, *more, wait=True):
        self.log = open(folder / "log", "ab")
        self.process = subprocess.Popen(
            [COUNTERSIGN, "gate", "--listen", listen, "--registry", served.url, "--root-hash", served.root_hash, "--test",
             "--deployment", "deployment-1", "--file", folder / "gate", *more],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env=dict(environment, LD_PRELOAD=SHIM))
        self.address = self.process.stdout.readline().strip()
        if wait:
            until(lambda: self.get("/status")[1]["ready"], "the gate gets ready")

    def ask(self, method, path, body=None, accept=None):
        connection = Connection(self.address)
        headers = {"Accept": accept} if accept else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if "json" in answer.headers["Content-Type"] else text

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body, accept=None):
        return self.ask("POST", path, body, accept)

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(30)
        self.process.stdout.close()
        self.log.close()
        return code


def make_key():
    (folder / "passphrase").write_text("a long enough passphrase\n")
    subprocess.run([COUNTERSIGN, "key", "new", "--purpose", "app", "--name", "deployment-1", "--out", folder / "app",
                    "--passphrase-file", folder / "passphrase"], check=True, capture_output=True)
    return (folder / "app").read_text().splitlines()[1].split()[2]


KEY = ["--key", folder / "app", "--passphrase-file", folder / "passphrase"]


def the_routes():
    gate = Gate(f"unix:{folder}/socket", *KEY)
    release = served.sign(1, "a report")
    status, answer = gate.post("/receive", {"sign_off": release["sign_offs"][0]["sign_off"]})
    check(status == 200 and REGISTRY_NOW <= answer["received_at"] < REGISTRY_NOW + 60, f"receive: {status} {answer}")
    status, answer = gate.post("/release", release)
    check(status == 200 and answer["verdict"] == "allow", f"release: {status} {answer}")
    check(answer["not_after"] > REGISTRY_NOW, "a permit says how long it is good")
    status, answer = gate.get(f"/record?release_id={release['release_id']}")
    check(status == 200 and json.loads(answer["record"])["release_id"] == release["release_id"] and len(answer["salt"]) == 43,
          f"record: {status} {answer}")
    status, answer = gate.post("/outcome", {"release_id": release["release_id"], "outcome": "released"})
    check(status == 200 and answer == {}, f"outcome: {status} {answer}")
    status, answer = gate.post("/outcome", {"release_id": release["release_id"], "outcome": "failed"})
    check(status == 409 and answer["code"] == "conflict", f"another outcome: {status} {answer}")
    status, answer = gate.post("/outcome", {"release_id": release["release_id"], "outcome": "unknown"})
    check(status == 422 and answer["field"] == "outcome", f"no outcome: {status} {answer}")
    status, answer = gate.get(f"/record?release_id={release['release_id']}")
    check(status == 404, f"the record is the app's now: {status}")
    status, answer = gate.post("/release", dict(release, release_id="01aa5d7c-9b50-7c3a-8f00-000000000002"))
    check(status == 403 and answer["code"] == "replay" and answer["verdict"] == "refuse", f"replay: {status} {answer}")
    changed = served.sign(3, "another report")
    changed["document"] = "YW5vdGhlcg"
    status, answer = gate.post("/release", changed, accept="text/plain")
    check(status == 403 and answer.startswith("REFUSE") and "document-changed" in answer, f"one byte: {status} {answer}")
    status, answer = gate.post("/release", {"no": "release"})
    check(status == 400 and answer["code"] == "argument", f"no release: {status} {answer}")
    status, answer = gate.get("/nothing")
    check(status == 404, f"no route: {status}")

    document = folder / "document"
    document.write_text("a report in a file")
    release = served.sign(4, "a report in a file")
    del release["document"]
    status, answer = gate.post("/release", dict(release, document_file=str(document)))
    check(status == 200, f"document_file: {status} {answer}")
    status, answer = gate.post("/release", dict(release, document_file=str(folder)))
    check(status == 400 and answer["field"] == "document_file", f"a folder: {status} {answer}")

    until(lambda: served.ask("count")["permits"] == 2, "the receipts arrive")
    until(lambda: gate.get("/status")[1]["receipts_waiting"] == 0, "and are dropped")
    status, answer = gate.get("/status")
    check(status == 200 and answer["connected"] and answer["origin"] == "registry.test" and "problem" not in answer, f"{answer}")
    mode = os.stat(folder / "socket").st_mode & 0o777
    check(mode == 0o600, f"the socket is its owner's: {mode:o}")
    check(gate.end() == 0, "it ends when it is told to")


def over_loopback():
    gate = Gate("127.0.0.1:0", *KEY)
    release = served.sign(10, "over loopback")
    check(gate.post("/release", release)[0] == 200, "release over loopback")
    release = served.sign(11, "a file over loopback")
    del release["document"]
    status, answer = gate.post("/release", dict(release, document_file="/etc/hostname"))
    check(status == 400 and answer["code"] == "argument", f"document_file is for a Unix socket: {status} {answer}")
    status, answer = gate.post("/release", dict(release, sign_offs=[], document="YQ"))
    check(status == 403 and answer["code"] == "no-signoff", f"nobody signed: {status} {answer}")
    gate.end()


def clocks():
    gate = Gate("127.0.0.1:0", *KEY)
    set_clock(REGISTRY_NOW - 3600)
    status, answer = gate.post("/release", served.sign(20, "an hour back"))
    check(status == 403 and answer["code"] == "clock", f"an hour back: {status} {answer}")
    set_clock(REGISTRY_NOW + 3600)
    status, answer = gate.post("/release", served.sign(21, "an hour ahead"))
    check(status == 403 and answer["code"] == "status-stale", f"an hour ahead: {status} {answer}")
    set_clock(REGISTRY_NOW + 5)
    gate.end()


def killed():
    """No permit that was answered is without a receipt, and no sign-off is used twice, wherever the process ends."""
    answered, number = [], 1000
    for kill in range(KILLS):
        gate = Gate(f"unix:{folder}/socket")
        releases = [served.sign(number + i, f"report {number + i}") for i in range(20)]
        number += 20
        stop = threading.Timer(0.005 + 0.002 * kill, gate.process.kill)
        stop.start()
        for release in releases:
            try:
                status, answer = gate.post("/release", release)
            except (OSError, http.client.HTTPException, ValueError):
                break
            if status == 200:
                answered.append(release)
            else:
                check(False, f"refused: {answer}")
        gate.process.wait(30)
        stop.join()
    gate = Gate(f"unix:{folder}/socket", *KEY)
    for i, release in enumerate(answered):
        status, answer = gate.post("/release", dict(release, release_id=f"01aa5d7c-9b50-7c3a-8f00-{900000 + i:012x}"))
        check(status == 403 and answer["code"] == "replay", f"used twice: {status} {answer}")
    before = gate.get("/status")[1]
    until(lambda: gate.get("/status")[1]["permits_waiting"] == 0, f"all permits arrive, {before}")
    counted = served.ask("count")
    check(counted["permits"] >= len(answered) + 3, f"{len(answered)} answered, {counted}")
    gate.end()
    print(f"{KILLS} times killed, {len(answered)} permits answered, {counted['permits']} receipts of permits")


served = Served()
served.tell("app " + make_key())
for part in (the_routes, over_loopback, clocks, killed):
    part()
served.process.stdin.close()
served.process.wait(30)
if not failures:
    subprocess.run(["rm", "-rf", folder], check=False)
finish(f", see {folder}" if failures else "")
