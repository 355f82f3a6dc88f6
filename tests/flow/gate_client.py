"""An app with a real gate, and clinicians who sign for it: requests, sign-offs (TOKENS 5) and releases are made here, not by our own code.

    with Site(countersign, scene, deployment="reader-1") as site:      # app.add, a policy in force, `countersign gate`
        release = site.release(clinician, b"a report")
        site.gate.release(release).allowed()
"""
import http.client
import json
import os
import secrets
import shutil
import socket
import struct
import subprocess
import tempfile
import time

from deed_kinds import policy_note
from registry_client import DEADLINE, Failure, b64u, compact, now, sha256, uuid7, wait_line

REQUEST = {"act": "imaging_report", "setting": "outpatient", "jurisdiction": "US-KS", "site": "hospital-1",
           "tool": {"id": "tool-1", "model": "m", "version": "1"}}
PASSPHRASE = "a passphrase for tests\n"


# --- what the app asks, and what the clinician signs ---


def make_request(deployment, **changes):
    """Of one signer, valid for an hour."""
    return {"v": 1, "request_id": b64u(secrets.token_bytes(16)), "slot": 1, **REQUEST, "patient_ref": b64u(secrets.token_bytes(32)),
            "audience": deployment, "nonce": b64u(secrets.token_bytes(16)), "authorship": "human",
            "document": {"url": "https://app.test/d/1", "media_type": "text/plain", "label": "Report"},
            "issued_at": now() - 1, "expires_at": now() + 3600, "answer_to": "https://app.test/a/1", **changes}


def sign_off(key, credential, request, document, **changes):
    """A key binding over the transaction data, as a clinician's client makes it: {"sign_off", "transaction_data"}."""
    copied = {m: request[m] for m in ("request_id", "slot", "act")}
    transaction = {"type": "urn:countersign:sign-off:1", "credential_ids": ["practitioner"],
                   "transaction_data_hashes_alg": ["sha-256"], **copied, "meaning": "approval", "disposition": "accepted", "authorship": request["authorship"],
                   "document": {"digest": b64u(sha256(document)), "digest_alg": "sha-256", "media_type": request["document"]["media_type"],
                                "size": len(document), "label": request["document"]["label"]},
                   **{m: request[m] for m in ("facts", "draft") if m in request},
                   **{m: request[m] for m in ("tool", "jurisdiction", "site", "setting", "patient_ref")}, "opened_at": now() - 1, **changes}
    data = b64u(compact(transaction).encode())
    payload = {"iat": now(), "aud": request["audience"], "nonce": request["nonce"], "sd_hash": b64u(sha256(credential.encode())),
               "transaction_data_hashes": [b64u(sha256(data.encode()))], "transaction_data_hashes_alg": "sha-256",
               "jti": b64u(secrets.token_bytes(16)), "auth_time": now() - 1}
    signing_input = ".".join(b64u(compact(part).encode()) for part in ({"alg": "Ed25519", "typ": "kb+jwt"}, payload))
    return {"sign_off": credential + signing_input + "." + b64u(key.sign(signing_input.encode())), "transaction_data": [data]}


def release_of(request, answers, document, **changes):
    """What the gate is asked (PROTOCOL 9)."""
    fixed = {m: request[m] for m in ("act", "setting", "jurisdiction", "site", "tool", "audience", "request_id")}
    return {"release_id": uuid7(), **fixed, "requests": [request], "sign_offs": [{**answer, "entry": 0} for answer in answers],
            "document": b64u(document), **changes}


# --- the gate ---


def root_hash(registry):
    """Of the trust root that it began with."""
    root = registry.client().get("/trust/1").ok(200)
    return b64u(sha256(root[:root.index("\n\n") + 1].encode()))


class Told:
    """What a gate answered."""

    def __init__(self, status, headers, body):
        self.status, self.text = status, body.decode()
        self.json = json.loads(body) if "json" in headers["Content-Type"] else None

    def __str__(self):
        return f"{self.status} {self.text}"

    @property
    def code(self):
        return self.json.get("code")

    def ok(self):
        if self.status != 200:
            raise Failure(f"the gate answered {self}")
        return self.json

    def allowed(self):
        if self.ok().get("verdict") != "allow":
            raise Failure(f"the gate answered {self}")
        return self.json

    def refused(self, code, status=403):
        if (self.code, self.status) != (code, status):
            raise Failure(f"the gate answered {self}\n(expected {status} {code})")
        return self.json


class Gate:
    """`countersign gate` under a test root, on a Unix socket unless told otherwise; start() returns when it may allow."""

    def __init__(self, program, url, root_hash, deployment, folder, *more, shim=None, listen=None):
        self.address, self.process = listen or "unix:" + os.path.join(folder, "socket"), None
        self.file, self.log, self.clock = (os.path.join(folder, name) for name in ("gate.db", "log", "clock"))
        self.root_hash, self.url = root_hash, url
        self.words = [program, "gate", "--listen", self.address, "--registry", url, "--root-hash", root_hash, "--test", "--deployment",
                      deployment, "--file", self.file, *more]
        self.environment = dict(os.environ, LD_PRELOAD=shim, CLOCK_SHIM=self.clock) if shim else None
        if shim:
            self.step_clock(0)

    def step_clock(self, seconds):
        """Of this process alone, if it was given the shim."""
        self._set_clock(seconds, 0)

    def hold_clock(self, at):
        """It stands still at this time."""
        self._set_clock(0, at)

    def _set_clock(self, *words):
        with open(self.clock, "r+b" if os.path.exists(self.clock) else "wb") as file:
            file.write(struct.pack("=qq", *words))

    def spawn(self):
        """Starts it, and waits for nothing."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.words, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, env=self.environment)

    def start(self, ready=True):
        self.spawn()
        self.address = wait_line(self.process.stdout, "", DEADLINE, self.process).split(" ")[-1]
        if ready:
            self.wait("is ready", lambda status: status["ready"])
        return self

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(DEADLINE)
            self.process.stdout.close()
            self.process = None

    def ask(self, method, path, body=None):
        is_unix = self.address.startswith("unix:")
        connection = http.client.HTTPConnection("localhost" if is_unix else self.address, timeout=DEADLINE)
        if is_unix:
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.settimeout(DEADLINE)
            connection.sock.connect(self.address[5:])
        body = compact(body).encode() if isinstance(body, (dict, list)) else body
        connection.request(method, path, body, {"Content-Type": "application/json"} if body is not None else {})
        answer = connection.getresponse()
        told = Told(answer.status, answer.headers, answer.read())
        connection.close()
        return told

    def release(self, release):
        return self.ask("POST", "/release", release)

    def outcome(self, release_id, outcome="released"):
        return self.ask("POST", "/outcome", {"release_id": release_id, "outcome": outcome})

    def status(self):
        return self.ask("GET", "/status").ok()

    def wait(self, what, condition, deadline=DEADLINE):
        """The first status of which this is so."""
        end = time.monotonic() + deadline
        while not condition(status := self.status()):
            if time.monotonic() > end:
                raise Failure(f"not within {deadline} s: the gate {what}; {status}\n{self.said()}")
            time.sleep(0.01)
        return status

    def said(self):
        """On standard error, of late."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def wait_size(self, size):
        self.wait(f"has the log at {size}", lambda status: status["log_size"] >= size)

    def wait_sent(self):
        self.wait("has sent its receipts", lambda status: status["receipts_waiting"] == 0)


class KeyFile:
    """An app's key, in a sealed file of the command's making."""

    def __init__(self, program, folder, deployment):
        passphrase, path = os.path.join(folder, "app-passphrase"), os.path.join(folder, "app.key")
        self.options = ["--key", path, "--passphrase-file", passphrase]
        with open(os.open(passphrase, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(PASSPHRASE)
        subprocess.run([program, "key", "new", "--quick", "--purpose", "app", "--name", deployment, "--out", path, "--passphrase-file", passphrase],
                       check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        shown = subprocess.run([program, "key", "show", path, "--json"], check=True, capture_output=True, timeout=60)
        self.vkey = json.loads(shown.stdout)["vkey"]


class Site:
    """A hospital with an app and its gate."""

    def __init__(self, program, scene, deployment="reader-1", shim=None, listen=None):
        self.scene, self.registry, self.deployment = scene, scene.registry, deployment
        self.folder = tempfile.mkdtemp(prefix="countersign-site.")
        self.key = KeyFile(program, self.folder, deployment)
        scene.app(deployment, settings=["outpatient"], vkey=self.key.vkey)
        self.gate = Gate(program, self.registry.url, root_hash(self.registry), deployment, self.folder, *self.key.options, shim=shim,
                         listen=listen)

    def __enter__(self):
        self.gate.start()
        return self

    def __exit__(self, failed, *_):
        self.gate.stop()
        if failed:
            print(f"the gate is left in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def release(self, clinician, document, credential=None):
        """Requested by the app, signed by the clinician with a credential of now, as the gate is asked."""
        credential = credential or self.registry.client().credential(clinician.key).ok(200)["credential"]
        request = make_request(self.deployment)
        return release_of(request, [sign_off(clinician.key, credential, request, document)], document)


def publish_policy(world, **members):
    """A policy in force for Kansas."""
    policy, text = policy_note(world.registry.origin, **members)
    held = world.regulator.post("/v1/policies", text).ok(201)
    world.accept(world.deed("policy.publish", "ksbha", id=policy["id"], version=policy["version"], note=held["note"],
                            effective_ms=policy["effective_from"] * 1000))
