"""A local gate for tests, `countersign gate` in a folder of its own, and what an app and a clinician bring it: requests, sign-offs and
releases, made here and not by our own code."""
import json
import os
import secrets
import shutil
import subprocess
import time

from registry_client import App, Client, DEADLINE, Failure, Key, b64u, compact, now, note, sha256, unb64u, uuid7, wait_line

TOOL = {"id": "tool-1", "model": "large", "version": "4.2"}
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
    text = f"countersign/policy/v1\n{registry.origin}\n{compact(policy)}\n"
    held = scene.regulator.post("/v1/policies", note(text, signer)).ok(201)
    scene.regulator.deed(registry.deed("policy.publish", body, id="ks", version=1, note=held["note"],
                                       effective_ms=policy["effective_from"] * 1000), *scene.authority).ok(200)


def sign(person, credential, release, at):
    """The sign-off of a person for the only document of a release: a string, and its transaction data."""
    request = release["requests"][0]
    entry = {"type": "urn:countersign:sign-off:1", "credential_ids": ["practitioner"], "transaction_data_hashes_alg": ["sha-256"],
             "request_id": request["request_id"], "slot": 1, "act": request["act"], "meaning": "approval", "disposition": "accepted",
             "authorship": "human",
             "document": {"digest": b64u(sha256(unb64u(release["document"]))), "digest_alg": "sha-256", "media_type": "text/plain",
                          "size": len(unb64u(release["document"])), "label": request["document"]["label"]},
             "tool": request["tool"], "jurisdiction": request["jurisdiction"], "site": request["site"], "setting": request["setting"],
             "patient_ref": request["patient_ref"], "opened_at": at}
    entry = b64u(compact(entry).encode())
    payload = {"iat": at, "aud": request["audience"], "nonce": request["nonce"], "sd_hash": b64u(sha256(credential.encode())),
               "transaction_data_hashes": [b64u(sha256(entry.encode()))], "transaction_data_hashes_alg": "sha-256",
               "jti": b64u(secrets.token_bytes(16)), "auth_time": at}
    signing_input = b64u(b'{"alg":"Ed25519","typ":"kb+jwt"}') + "." + b64u(compact(payload).encode())
    return credential + signing_input + "." + b64u(person.key.sign(signing_input.encode())), entry


def make_release(person, credential, deployment, site="hospital-1", at=None, document=None):
    """All that POST /release takes, under a new id, for a document that was signed just now."""
    at, request_id = at or now(), b64u(secrets.token_bytes(16))
    document = document or b"No consolidation. " + secrets.token_hex(8).encode() + b"\n"
    request = {"v": 1, "request_id": request_id, "slot": 1, "act": "imaging_report", "setting": "inpatient", "jurisdiction": "US-KS",
               "site": site, "tool": TOOL, "patient_ref": b64u(secrets.token_bytes(32)), "audience": deployment,
               "nonce": b64u(secrets.token_bytes(16)), "authorship": "human",
               "document": {"url": "https://app.test/d", "media_type": "text/plain", "label": "Imaging report"},
               "issued_at": at, "expires_at": at + 3600, "answer_to": "https://app.test/a"}
    release = {"release_id": uuid7(), "act": "imaging_report", "setting": "inpatient", "jurisdiction": "US-KS", "site": site, "tool": TOOL,
               "audience": deployment, "request_id": request_id, "requests": [request], "sign_offs": [], "document": b64u(document)}
    sign_off, entry = sign(person, credential, release, at)
    release["sign_offs"] = [{"sign_off": sign_off, "transaction_data": [entry], "entry": 0}]
    return release


class KeyFile:
    """An app whose key is a sealed file of the command's making."""

    def __init__(self, command, folder, deployment):
        self.passphrase, self.path = os.path.join(folder, "app-passphrase"), os.path.join(folder, "app.key")
        with open(os.open(self.passphrase, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(PASSPHRASE)
        subprocess.run([command, "key", "new", "--purpose", "app", "--name", deployment, "--out", self.path, "--passphrase-file",
                        self.passphrase], check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        shown = subprocess.run([command, "key", "show", self.path, "--json"], check=True, capture_output=True, timeout=60)
        self.vkey = json.loads(shown.stdout)["vkey"]


class Gate:
    """`countersign gate` on a random port; `environment` is added to its own."""

    def __init__(self, command, registry_url, folder, deployment, root_hash, key=None, environment=None):
        self.command, self.url, self.deployment, self.root_hash, self.key = command, registry_url, deployment, root_hash, key
        self.file, self.logged = os.path.join(folder, deployment + ".gate"), os.path.join(folder, deployment + ".log")
        self.environment, self.process, self.port = {**os.environ, **(environment or {})}, None, None

    def spawn(self):
        words = [self.command, "gate", "--listen", "127.0.0.1:0", "--registry", self.url, "--deployment", self.deployment, "--file", self.file,
                 "--root-hash", self.root_hash, "--test"]
        if self.key:
            words += ["--key", self.key.path, "--passphrase-file", self.key.passphrase]
        with open(self.logged, "ab") as log:
            self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, env=self.environment)

    def start(self):
        self.spawn()
        try:
            line = wait_line(self.process.stdout, "127.0.0.1:", DEADLINE, self.process)
        except Failure as failure:
            self.kill()
            raise Failure(f"{failure}\n{self.log()}") from failure
        self.port = int(line.rsplit(":", 1)[1])
        return self

    def log(self):
        with open(self.logged, encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def restart(self):
        self.kill()
        return self.start()

    # --- asking ---

    def client(self):
        return Client("127.0.0.1", self.port, None)

    def status(self):
        client = self.client()
        try:
            return client.get("/status").ok(200)
        finally:
            client.close()

    def wait(self, what, is_so, deadline=DEADLINE):
        """The first status of which this is so."""
        end, status = time.monotonic() + deadline, None
        while time.monotonic() < end:
            status = self.status()
            if is_so(status):
                return status
            time.sleep(0.02)
        raise Failure(f"not within {deadline} s: {what}; {status}\n{self.log()}")

    def ready(self):
        self.wait("the gate is ready", lambda status: status["ready"] and status["connected"])
        return self

    def release(self, release, client=None):
        """The decision."""
        own = client or self.client()
        try:
            answer = own.post("/release", release)
        finally:
            if not client:
                own.close()
        if answer.status not in (200, 403, 503):
            raise Failure(str(answer))
        return answer.json
