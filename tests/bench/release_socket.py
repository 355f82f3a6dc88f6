#!/usr/bin/env python3
"""release_socket.py REGISTRY COUNTERSIGN CLIENT [COUNT]: releases through the Unix socket of `countersign gate`, which follows a registry
that runs: each decided, its sign-off consumed and its receipt on disk before the answer. Against one durable transaction on that disk."""
import json
import os
import sqlite3
import subprocess
import sys
import time

for folder in ("flow", "fault"):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", folder))
from local_gate import Gate, hospital, make_release  # noqa: E402
from registry_client import Officer  # noqa: E402

AUTHORITY = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]
DEPLOYMENT = "deployment-1"


def commits_a_second(path, count=500):
    with sqlite3.connect(path, isolation_level=None) as db:
        for statement in ("pragma journal_mode = wal", "pragma synchronous = full", "create table t (a blob)"):
            db.execute(statement)
        begin = time.monotonic()
        for _ in range(count):
            db.execute("insert into t values (zeroblob(1000))")
    return count / (time.monotonic() - begin)


def main(program, countersign, client, count="2000"):
    with hospital(program, AUTHORITY) as scene:
        registry, person = scene.registry, scene.clinician()
        credential = registry.client().credential(person.key).ok(200)["credential"]
        gate = Gate(countersign, registry, DEPLOYMENT)
        try:
            gate.start(ready=True)
            committed = commits_a_second(os.path.join(registry.parent, "raw"))
            print(f"durable commits of the disk        {committed:6.0f} a second")
            for connections in (1, 8, 64):
                releases = "".join(json.dumps(make_release(person, credential, DEPLOYMENT)) + "\n" for _ in range(int(count)))
                done = subprocess.run([client, gate.address, str(gate.process.pid), str(connections)], input=releases, capture_output=True,
                                      text=True, timeout=600, check=True)
                rate, p50, p99, own, used = map(float, done.stdout.split())
                print(f"releases over {connections:2} connection{'s' if connections > 1 else ' '}        {rate:6.0f} a second, "
                      f"{rate / committed:.2f} x;  p50 {p50:.2f} ms, p99 {p99:.2f} ms;  processor time of one: gate {used:.0f} us, "
                      f"client {own:.0f} us;  load average {os.getloadavg()[0]:.1f}", flush=True)
        finally:
            gate.kill()


main(*sys.argv[1:])
