#!/usr/bin/env python3
"""order.py REGISTRY GATES [COUNTS [ORDERS]]: from the order to the refusal, with 1, 100 and 1,000 gates connected.

Real registry, deeds by two officers over HTTP; the gates are instances of csign_sync that follow its stream, in processes of 250,
their files in memory (/dev/shm): a thousand gates have a thousand disks, this machine has one. All of them share its processors with
the registry: verifying an event a thousand times is in these figures. Time runs from accepted_ms, which the registry took as the
transaction of the order began, before its commit.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

for folder in ("flow", "fault"):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", folder))
from local_gate import hospital, make_release  # noqa: E402
from registry_client import Failure, Officer, wait_line  # noqa: E402

AUTHORITY = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]
DEPLOYMENT = "deployment-1"
IN_A_PROCESS = 250
HEARTBEAT = 2  # seconds: orders fall anywhere between two
DEADLINE = 180


class Gates:
    """`count` of them, in as many processes as they need."""

    def __init__(self, program, registry, count):
        self.folder = tempfile.mkdtemp(prefix="countersign-bench.", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.processes = []
        root = os.path.join(registry.folder, "root", "1")
        for first in range(0, count, IN_A_PROCESS):
            folder = os.path.join(self.folder, str(first))
            os.mkdir(folder)
            words = [program, registry.url, root, folder, DEPLOYMENT, str(min(IN_A_PROCESS, count - first))]
            self.processes.append(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        self.wait("ready")

    def wait(self, what):
        for process in self.processes:
            wait_line(process.stdout, what, DEADLINE, process)

    def watch(self, release):
        """Returns when every gate allows the release."""
        path = os.path.join(self.folder, "release.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(release, file)
        for process in self.processes:
            process.stdin.write(path.encode() + b"\n")
            process.stdin.flush()
        self.wait("armed")

    def refused(self):
        """When each refused, in milliseconds since 1970."""
        return [int(text) / 1000 for process in self.processes for text in wait_line(process.stdout, "1", DEADLINE, process).split()]

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def measure(scene, gates, person, orders):
    """The delays of all gates and orders, and the last of each order."""
    client, delays, lasts = scene.registry.client(), [], []
    for _ in range(orders):
        gates.watch(make_release(person, client.credential(person.key).ok(200)["credential"], DEPLOYMENT))
        note = scene.order_deed("suspend", person).signed(*scene.authority)
        time.sleep(random.uniform(0, HEARTBEAT))
        accepted = scene.regulator.post("/v1/deeds", note).ok(200)["accepted_ms"]
        passed = [at - accepted for at in gates.refused()]
        delays += passed
        lasts.append(max(passed))
        scene.order("reinstate", person).ok(200)
    return sorted(delays), sorted(lasts)


def main(program, gates_program, counts="1,100,1000", orders="25"):
    with hospital(program, AUTHORITY) as scene:
        person = scene.clinician()
        for count in map(int, counts.split(",")):
            gates = Gates(gates_program, scene.registry, count)
            try:
                delays, lasts = measure(scene, gates, person, int(orders))
            finally:
                gates.close()
            p50, p99 = delays[len(delays) // 2], delays[len(delays) * 99 // 100]
            print(f"order to refusal, {count:4} gates: p50 {p50:6.1f} ms, {p50 / 100:.2f} x the bar;  p99 {p99:6.1f} ms, {p99 / 500:.2f} x; "
                  f" the last gate of an order {lasts[len(lasts) // 2]:6.1f} ms at the median, {lasts[-1]:6.1f} ms at most;  "
                  f"load average {os.getloadavg()[0]:.1f}", flush=True)


try:
    main(*sys.argv[1:])
except Failure as failure:
    sys.exit(f"order: {failure}")
