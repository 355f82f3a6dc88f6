#!/usr/bin/env python3
"""release_socket.py REGISTRY COUNTERSIGN CLIENT [COUNT]: releases through the Unix socket of `countersign gate`, which follows a registry
that runs: each decided, its sign-off consumed and its receipt on disk before the answer. Against one durable transaction on that disk."""
import http.client
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time

for folder in ("flow", "fault"):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", folder))
from gate_client import PolicySigner, make_release, publish_policy  # noqa: E402
from registry_client import DEADLINE, Client, Officer, Registry, wait_line  # noqa: E402
from scene import Scene  # noqa: E402

AUTHORITY = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]
DEPLOYMENT = "deployment-1"


class SocketClient(Client):
    """A client of the gate's socket."""

    def __init__(self, path):
        super().__init__("localhost", 0, None)
        self.path = path

    def _exchange(self, method, path, body, headers):
        if not self.connection:
            self.connection = http.client.HTTPConnection(self.host, timeout=DEADLINE)
            self.connection.sock = socket.socket(socket.AF_UNIX)
            self.connection.sock.connect(self.path)
        return super()._exchange(method, path, body, headers)


def commits_a_second(path, count=500):
    with sqlite3.connect(path, isolation_level=None) as db:
        for statement in ("pragma journal_mode = wal", "pragma synchronous = full", "create table t (a blob)"):
            db.execute(statement)
        begin = time.monotonic()
        for _ in range(count):
            db.execute("insert into t values (zeroblob(1000))")
    return count / (time.monotonic() - begin)


def wait_until_allowed(client, person, credential):
    end = time.monotonic() + DEADLINE
    while (answer := client.post("/release", make_release(person, credential, DEPLOYMENT))).status != 200:
        if time.monotonic() > end:
            sys.exit(f"release_socket: {answer}")
        time.sleep(0.05)


def main(program, countersign, client, count="2000"):
    signer = PolicySigner()
    with Registry(program, AUTHORITY, policy_keys=[("US-KS", signer.vkey)]) as registry:
        scene = Scene(registry, AUTHORITY)
        scene.open_hospital()
        publish_policy(scene, signer, 60)
        person = scene.clinician()
        credential = registry.client().credential(person.key).ok(200)["credential"]
        path = os.path.join(registry.parent, "gate.socket")
        gate = subprocess.Popen([countersign, "gate", "--listen", "unix:" + path, "--registry", f"http://127.0.0.1:{registry.port}",
                                 "--deployment", DEPLOYMENT, "--file", os.path.join(registry.parent, "gate.sqlite"), "--root",
                                 os.path.join(registry.folder, "root", "1"), "--test"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            wait_line(gate.stdout, "unix:", DEADLINE, gate)
            wait_until_allowed(SocketClient(path), person, credential)
            committed = commits_a_second(os.path.join(registry.parent, "raw"))
            print(f"durable commits of the disk        {committed:6.0f} a second")
            for connections in (1, 8, 64):
                releases = "".join(json.dumps(make_release(person, credential, DEPLOYMENT)) + "\n" for _ in range(int(count)))
                done = subprocess.run([client, "unix:" + path, str(gate.pid), str(connections)], input=releases, capture_output=True,
                                      text=True, timeout=600, check=True)
                rate, p50, p99, own, used = map(float, done.stdout.split())
                print(f"releases over {connections:2} connection{'s' if connections > 1 else ' '}        {rate:6.0f} a second, "
                      f"{rate / committed:.2f} x;  p50 {p50:.2f} ms, p99 {p99:.2f} ms;  processor time of one: gate {used:.0f} us, "
                      f"client {own:.0f} us;  load average {os.getloadavg()[0]:.1f}", flush=True)
        finally:
            gate.kill()
            gate.wait()
            gate.stdout.close()


main(*sys.argv[1:])
