"""A local gate that is killed, started again and lied to, the app's key that it signs with, and a policy that lets it release."""
import json
import os
import secrets
import subprocess
import time

import gate_client
from registry_client import DEADLINE, Failure, Key, compact, note, now, wait_line

PASSPHRASE = "correct horse\n"


class PolicySigner:
    """A policy key of the root."""

    def __init__(self, name="policy.registry.test"):
        self.name, self.key = name, Key()

    @property
    def vkey(self):
        return self.key.vkey(self.name)

    def sign(self, text):
        return self.key.signature_line(self.name, text)


def publish_policy(scene, signer, max_status_age_s, signoff_to_release_s=600):
    """Puts a policy in force that lets a physician of the jurisdiction approve an imaging report."""
    body, registry = scene.authority[0].body, scene.registry
    rule = {"acts": ["imaging_report"], "settings": ["*"], "ai_authorship": "human_only",
            "signers": [{"professions": ["physician"], "meanings": ["approval"]}], "max_status_age_s": max_status_age_s,
            "signoff_to_release_s": signoff_to_release_s}
    policy = {"id": "ks", "version": 1, "authority": body, "applies_to": ["US-KS"], "effective_from": now() - 86400,
              "utc_offset": "-06:00", "sources": [], "rules": [rule]}
    held = scene.regulator.post("/v1/policies", note(f"countersign/policy/v1\n{registry.origin}\n{compact(policy)}\n", signer)).ok(201)
    scene.regulator.deed(registry.deed("policy.publish", body, id="ks", version=1, note=held["note"],
                                       effective_ms=policy["effective_from"] * 1000), *scene.authority).ok(200)


def make_release(person, credential, deployment):
    """All that POST /release takes, under a new id, for a document that was signed just now."""
    document = b"No consolidation. " + secrets.token_hex(8).encode() + b"\n"
    request = gate_client.make_request(deployment, setting="inpatient")
    return gate_client.release_of(request, [gate_client.sign_off(person.key, credential, request, document)], document)


class KeyFile:
    """An app's key, in a sealed file of the command's making."""

    def __init__(self, command, folder, deployment):
        self.passphrase, self.path = os.path.join(folder, "app-passphrase"), os.path.join(folder, "app.key")
        with open(os.open(self.passphrase, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(PASSPHRASE)
        subprocess.run([command, "key", "new", "--purpose", "app", "--name", deployment, "--out", self.path, "--passphrase-file",
                        self.passphrase], check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        shown = subprocess.run([command, "key", "show", self.path, "--json"], check=True, capture_output=True, timeout=60)
        self.vkey = json.loads(shown.stdout)["vkey"]

    @property
    def options(self):
        return ["--key", self.path, "--passphrase-file", self.passphrase]


class Gate(gate_client.Gate):
    """In a folder of its own within the registry's; `url` instead of the registry's own, for who stands between."""

    def __init__(self, command, registry, deployment, *more, url=None, shim=None):
        folder = os.path.join(registry.parent, deployment)
        os.mkdir(folder)
        super().__init__(command, registry, deployment, folder, *more, shim=shim)
        self.deployment = deployment
        if url:
            self.words[self.words.index("--registry") + 1] = url

    def spawn(self):
        """Starts it, and waits for nothing."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.words, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, env=self.environment)

    def start(self, ready=False):
        self.spawn()
        wait_line(self.process.stdout, "", DEADLINE, self.process)
        return self.ready() if ready else self

    def ready(self):
        self.wait("is ready", lambda status: status["ready"] and status["connected"])
        return self

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def restart(self):
        self.kill()
        return self.start()

    def decision(self, release):
        """What it decides on, whatever that is."""
        told = self.release(release)
        if not told.json or "verdict" not in told.json:
            raise Failure(f"no decision: {told}")
        return told.json

    def wait(self, what, condition, deadline=DEADLINE):
        """The first status of which this is so."""
        end, status = time.monotonic() + deadline, None
        while time.monotonic() < end:
            status = self.status()
            if condition(status):
                return status
            time.sleep(0.02)
        raise Failure(f"not within {deadline} s: the gate {what}; {status}\n{self.said()}")

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]
