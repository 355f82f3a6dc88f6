"""A local gate that is killed, started again and lied to, and a registry whose policy lets it release."""
import contextlib
import os
import secrets

import gate_client
from registry_client import Failure, Key, Registry, compact, note, now
from scene import Scene



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


@contextlib.contextmanager
def hospital(program, authority, max_status_age_s=60, signoff_to_release_s=600):
    """The scene of a registry that runs, with a hospital and that policy."""
    policy = PolicySigner()
    with Registry(program, authority, policy_keys=[("US-KS", policy.vkey)]) as registry:
        scene = Scene(registry, authority)
        scene.open_hospital()
        publish_policy(scene, policy, max_status_age_s, signoff_to_release_s)
        yield scene


def make_release(person, credential, deployment):
    """All that POST /release takes, under a new id, for a document that was signed just now."""
    document = b"No consolidation. " + secrets.token_hex(8).encode() + b"\n"
    request = gate_client.make_request(deployment, setting="inpatient")
    return gate_client.release_of(request, [gate_client.sign_off(person.key, credential, request, document)], document)


class Gate(gate_client.Gate):
    """In a folder of its own within the registry's; `url` instead of the registry's own, for who stands between."""

    def __init__(self, command, registry, deployment, *more, url=None, shim=None):
        folder = os.path.join(registry.parent, deployment)
        os.mkdir(folder)
        super().__init__(command, url or registry.url, gate_client.root_hash(registry), deployment, folder, *more, shim=shim)
        self.deployment = deployment

    def start(self, ready=False):
        return super().start(ready)

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
