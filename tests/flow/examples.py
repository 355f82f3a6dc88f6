#!/usr/bin/env python3
"""examples.py REGISTRY COUNTERSIGN FOLDER: the apps of docs/examples ask a real gate, on a Unix socket and on loopback; what they print and
how they end."""
import json
import os
import re
import shutil
import subprocess
import sys

from deed_kinds import World
from gate_client import Site, make_request, publish_policy, sign_off
from registry_client import DEADLINE, Failure, Registry, compact

NODE_MIN = 18
DOCUMENT = b"Findings: none.\n"


def expect(what, truth):
    if not truth:
        raise Failure(what)


def programs(folder):
    """(name, words) of each example that can run here; says which cannot, and why."""
    found = [("Python", ["/usr/bin/python3", os.path.join(folder, "app.py")])]
    node = shutil.which("node")
    version = node and re.match(r"v(\d+)", subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout)
    if version and int(version[1]) >= NODE_MIN:
        found.append(("Node", [node, os.path.join(folder, "app.mjs")]))
    else:
        print(f"skipped: app.mjs needs Node {NODE_MIN}, and here is {version[0] if version else 'none'}")
    return found


def check_imports(folder):
    """Nothing has to be installed for them."""
    for name, pattern in (("app.py", r"(?m)^(?:import|from) (\w+)"), ("app.mjs", r'from "([^"]+)"')):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            imports = re.findall(pattern, file.read())
        expect(f"{name} imports {imports}", imports and all(i in sys.stdlib_module_names or i.startswith("node:") for i in imports))


class App:
    """One of the examples, and the files that it is given."""

    def __init__(self, name, words, site, person):
        self.name, self.words, self.site, self.person = name, words, site, person

    def put(self, name, content):
        path = os.path.join(self.site.folder, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else compact(content).encode())
        return path

    def sign(self):
        """A request and its answer, as files."""
        request = make_request(self.site.deployment)
        credential = self.site.registry.client().credential(self.person.key).ok(200)["credential"]
        return self.put("request", request), self.put("signed", sign_off(self.person.key, credential, request, DOCUMENT))

    def ask(self, code, *files):
        """Runs it; what the gate said, which it has printed."""
        done = subprocess.run([*self.words, self.site.gate.address, *files], capture_output=True, text=True, timeout=DEADLINE, check=False)
        expect(f"{self.name} ended with {done.returncode}:\n{done.stdout}{done.stderr}", done.returncode == code)
        return json.loads(done.stdout)

    def check(self):
        good, changed = self.put("report", DOCUMENT), self.put("changed", DOCUMENT.replace(b"none", b"nine"))
        request, signed = self.sign()
        expect(f"{self.name}: one byte changed", self.ask(1, changed, request, signed)["code"] == "document-changed")
        expect(f"{self.name}: nobody signed", self.ask(1, good, request)["code"] == "no-signoff")
        allowed = self.ask(0, good, request, signed)
        expect(f"{self.name}: a permit", allowed["verdict"] == "allow" and allowed["release_id"])
        self.site.gate.outcome(allowed["release_id"], "failed").refused("conflict", 409)  # for it has said `released`
        expect(f"{self.name}: the same again", self.ask(1, good, request, signed)["code"] == "replay")
        none = self.put("none", {**make_request("x"), "tool": "x"})
        expect(f"{self.name}: a request that is none", self.ask(1, good, none)["status"] == 400)

    def check_without_gate(self):
        files = self.put("report", DOCUMENT), *self.sign()
        done = subprocess.run([*self.words, self.site.gate.address, *files], capture_output=True, text=True, timeout=DEADLINE, check=False)
        expect(f"{self.name} without a gate:\n{done.stdout}", done.returncode != 0 and not done.stdout)


def main(registry_program, countersign, folder):
    check_imports(folder)
    with Registry(registry_program, **World.init) as registry:
        w = World(registry)
        publish_policy(w)
        person, found = w.near.clinician(), programs(folder)
        for deployment, listen in (("reader-unix", None), ("reader-loopback", "127.0.0.1:0")):
            with Site(countersign, w.near, deployment, listen=listen) as site:
                site.gate.wait_size(registry.log_size())
                apps = [App(*program, site, person) for program in found]
                for app in apps:
                    app.check()
                site.gate.stop()
                for app in apps:
                    app.check_without_gate()
    print("the examples in " + " and ".join(name for name, _ in found))


main(*sys.argv[1:4])
