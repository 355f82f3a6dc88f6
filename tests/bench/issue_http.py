#!/usr/bin/env python3
"""issue_http.py REGISTRY CLIENT [COUNT [CONNECTIONS]]: credentials over HTTP from a registry that runs, each counted durably before it
is answered, the nonce of each from the reply before. Client and registry share the machine's processors."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "flow"))
from registry_client import Key, Officer, Registry, sha256  # noqa: E402
from scene import Scene  # noqa: E402

AUTHORITY = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]
HOLDERS = 64


def main(program, client, count="30000", connections="64"):
    with Registry(program, AUTHORITY) as registry:
        scene = Scene(registry, AUTHORITY)
        scene.open_hospital()
        seeds = []
        for number in range(HOLDERS):
            label = f"bench holder {number}"
            person = scene.enrol()
            person.key = Key(label)
            scene.bind(person)
            seeds.append(sha256(b"test key " + label.encode()).hex() + "\n")
        before = os.getloadavg()[0]
        done = subprocess.run([client, str(registry.port), registry.iss, str(registry.process.pid), count, connections], check=True,
                              input="".join(seeds), capture_output=True, text=True, timeout=600)
        rate, p50, p99, last, own, served = map(float, done.stdout.split())
        print(f"issue over HTTP, durable, {connections} connections: {rate:6.0f}/s, {rate / 3000:.2f} x the bar of 3,000;  "
              f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, {p99 / 20:.2f} x the bar of 20 ms;  last {last:.1f} ms")
        print(f"  processor time of one: registry {served:.0f} us, client {own:.0f} us, {own / (own + served):.0%} of both;  "
              f"load average before {before:.1f}, on {os.cpu_count()} processors")


main(*sys.argv[1:])
