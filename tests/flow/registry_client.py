"""A client of the registry for tests: keys, notes, deeds and proofs made here and not by our own code, HTTP, the stream, and a real
daemon in a temporary folder. Nothing here sleeps: what is waited for is waited for, with a deadline.

    with Registry(program, officers=[a, b]) as registry:      # a, b: Officer("ksbha", "chen"), …
        session = registry.login(a)
        view = session.deed(institution_add(…), a, b).ok()

Each answer is compared with docs/openapi.json. It is no exception else: Answer.ok() and Answer.refused("code") say what the test expects.
"""
import base64
import hashlib
import http.client
import json
import os
import secrets
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from answers import what_is_wrong

DEADLINE = 20  # seconds, for anything that is waited for
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


class Failure(Exception):
    """What was expected did not happen; the text says what did."""


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sha256(data):
    return hashlib.sha256(data).digest()


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def uuid7():
    milliseconds = int(time.time() * 1000)
    value = milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def now():
    return int(time.time())


# --- keys ---


class Key:
    """An Ed25519 key; of a label always the same, else a new one."""

    def __init__(self, label=None):
        self.seed = sha256(b"test key " + label.encode()) if label else secrets.token_bytes(32)
        self.private = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = self.private.public_key().public_bytes(*RAW)

    def sign(self, message):
        return self.private.sign(message)

    @property
    def jwk(self):
        return {"kty": "OKP", "crv": "Ed25519", "x": b64u(self.public)}

    @property
    def thumbprint(self):
        """RFC 7638, as bytes."""
        return sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{b64u(self.public)}"}}'.encode())

    def key_id(self, name):
        return sha256(name.encode() + b"\n\x01" + self.public)[:4]

    def vkey(self, name):
        return f"{name}+{self.key_id(name).hex()}+{base64.b64encode(bytes([1]) + self.public).decode()}"

    def signature_line(self, name, text):
        return "— " + name + " " + base64.b64encode(self.key_id(name) + self.sign(text.encode())).decode() + "\n"


class Officer:
    """A person at an authority or an institution, with a key."""

    def __init__(self, body, name, key=None):
        self.body, self.id, self.key = body, name, key or Key()

    @property
    def name(self):
        return f"{self.body}/{self.id}"

    @property
    def vkey(self):
        return self.key.vkey(self.name)

    def sign(self, text):
        return self.key.signature_line(self.name, text)

    @property
    def entry(self):
        """As officer.add has it."""
        return {"id": self.id, "name": self.id.title(), "role": "registrar", "vkey": self.vkey}


class App:
    """A deployment with its key."""

    def __init__(self, deployment, tool="tool-1", key=None):
        self.id, self.tool, self.key = deployment, tool, key or Key()

    @property
    def vkey(self):
        return self.key.vkey(self.id)


def note(text, *signers):
    """A text and the lines of its signers, officers or whatever has sign()."""
    return text + "\n" + "".join(signer.sign(text) for signer in signers)


# --- deeds (PROTOCOL 5) ---


class Deed:
    """The text of a deed. `signed()` makes the note; more signatures are added by signing the same text."""

    def __init__(self, origin, do, at, *, deed_id=None, valid_until=None, **members):
        self.id = deed_id or uuid7()
        self.members = {"do": do, "at": at, "valid_until": valid_until or now() + 3600, **members}
        self.text = f"countersign/deed/v1\n{origin}\n{self.id}\n{compact(self.members)}\n"

    def signed(self, *officers):
        return note(self.text, *officers)

    @property
    def hash(self):
        return b64u(sha256(self.text.encode()))


def one_time_code(deed_id):
    """What is handed to a person: the end of the deed's id, and a secret of 80 bits."""
    return deed_id[-12:] + "-" + base64.b32encode(secrets.token_bytes(10)).decode().lower()


# --- proofs (PROTOCOL 9) ---


def proof(key, aud, nonce, use, code=None, idx=None, **changes):
    """A compact JWS over the registry's nonce; `changes` alter the payload, for what must be refused."""
    header = {"alg": "Ed25519", "typ": "countersign-proof+jwt", "jwk": key.jwk}
    payload = {"aud": aud, "nonce": nonce, "iat": now(), "use": use}
    if code is not None:
        payload["code"] = code
    if idx is not None:
        payload["idx"] = idx
    payload.update(changes)
    signing_input = b64u(compact(header).encode()) + "." + b64u(compact(payload).encode())
    return signing_input + "." + b64u(key.sign(signing_input.encode()))


# --- HTTP ---


class Answer:
    def __init__(self, request, status, headers, body):
        self.request, self.status, self.headers, self.body = request, status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """Of a problem document; None else."""
        return self.json.get("code") if self.headers.get("Content-Type") == "application/problem+json" else None

    @property
    def nonce(self):
        return self.headers.get("Countersign-Nonce")

    def __str__(self):
        return f"{self.request}: {self.status} {self.text[:2000]}"

    def ok(self, status=None):
        """What was answered, as JSON if it is; a Failure unless it went well, with this status if one is given."""
        if not (self.status == status if status else 200 <= self.status < 300):
            raise Failure(f"{self}\n(expected {status or '2xx'})")
        return self.json if self.headers.get("Content-Type") == "application/json" else self.text

    def refused(self, code, status=None):
        """A Failure unless it is a problem with this code (and status)."""
        if self.code != code or (status and self.status != status):
            raise Failure(f"{self}\n(expected a problem {code} {status or ''})")
        return self.json


class Client:
    """One connection, kept alive and opened again when the server has closed it."""

    def __init__(self, host, port, iss, token=None):
        self.host, self.port, self.iss, self.token = host, port, iss, token
        self.connection, self.nonce = None, None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def _exchange(self, method, path, body, headers):
        if not self.connection:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=DEADLINE)
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        endless = response.headers.get("Content-Type") == "text/event-stream"
        answer = Answer(f"{method} {path}", response.status, response.headers, b"(a stream)" if endless else response.read())
        if endless:
            self.close()
        elif method != "HEAD":
            wrong = what_is_wrong(method, path, answer.status, response.headers.get("Content-Type"), answer.body)
            if wrong:
                raise Failure(f"{answer}\n(not as docs/openapi.json says: {'; '.join(wrong)})")
        return answer

    def request(self, method, path, body=None, media_type=None, headers=None):
        headers = dict(headers or {})
        if self.token:
            headers.setdefault("Authorization", "Bearer " + self.token)
        if isinstance(body, (dict, list)):
            body, media_type = compact(body), media_type or "application/json"
        if isinstance(body, str):
            body = body.encode()
        if body is not None:
            headers.setdefault("Content-Type", media_type or "text/plain; charset=utf-8")
        reused = self.connection is not None
        try:
            answer = self._exchange(method, path, body, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            if not reused or method != "GET":  # what may have been done is not done again behind the test's back
                raise
            answer = self._exchange(method, path, body, headers)
        if answer.headers.get("Connection", "").lower() == "close":
            self.close()
        if answer.nonce:
            self.nonce = answer.nonce
        return answer

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def post(self, path, body=None, media_type=None):
        return self.request("POST", path, body, media_type)

    # --- proofs ---

    def challenge(self):
        return self.post("/v1/challenges").ok(200)["nonce"]

    def take_nonce(self):
        """The nonce of the last answer, else a new one; each is good once."""
        nonce, self.nonce = self.nonce, None
        if not nonce:
            nonce = self.challenge()
            self.nonce = None
        return nonce

    def prove(self, path, key, use, **more):
        return self.post(path, {"proof": proof(key, self.iss, self.take_nonce(), use, **more)})

    def bind(self, key, code):
        return self.prove("/v1/bindings", key, "binding", code=code)

    def end_key(self, key):
        return self.prove("/v1/bindings/end", key, "end")

    def credential(self, key, idx=0):
        return self.prove("/v1/credentials", key, "credential", idx=idx)

    def ask_token(self, key):
        return self.prove("/v1/tokens", key, "token")

    def login(self, key):
        """This client with a token for the key from here on."""
        self.token = self.ask_token(key).ok(200)["access_token"]
        return self

    # --- deeds ---

    def deed(self, deed, *officers):
        """Submits a deed with the signatures of these officers."""
        return self.post("/v1/deeds", deed.signed(*officers))


# --- the status log ---

LEAF = 48


def read_leaf(data):
    """A leaf of PROTOCOL 3 as a dictionary."""
    if len(data) != LEAF or data[1] != 1:
        raise Failure(f"not a leaf: {data.hex()}")
    kind, u64 = chr(data[0]), lambda at: struct.unpack(">Q", data[at:at + 8])[0]
    leaf = {"type": kind}
    if kind == "B":
        leaf.update(idx=u64(8), commit=data[16:48])
    elif kind == "E":
        leaf.update(code=data[2], reason=data[3], idx=u64(8), effective_ms=u64(16), recorded_ms=u64(24), deed=data[32:48])
    elif kind == "X":
        leaf.update(kind=data[2], reason=data[3], cut_ms=u64(8), id=data[16:32], deed=data[32:48])
    elif kind == "F":
        leaf.update(floor=u64(8), recorded_ms=u64(16))
    elif kind == "P":
        leaf.update(version=struct.unpack(">I", data[4:8])[0], effective_ms=u64(8), id=data[16:24], note=data[24:48])
    elif kind == "K":
        leaf.update(version=u64(8), hash=data[16:48])
    else:
        raise Failure(f"unknown leaf {data.hex()}")
    return leaf


def read_event(text):
    """An event object: first, its leaves, the checkpoint note."""
    head, rest = text.split("\n", 1)
    first, count = map(int, head.split(" "))
    lines, checkpoint = rest.split("\n\n", 1)
    leaves = [read_leaf(base64.b64decode(line, validate=True)) for line in lines.split("\n")]
    if len(leaves) != count:
        raise Failure(f"{len(leaves)} leaves, not {count}")
    return first, leaves, checkpoint


def binding_commit(iss, sub, thumbprint):
    """What a B leaf commits to (PROTOCOL 3)."""
    sized = lambda text: struct.pack(">H", len(text.encode())) + text.encode()
    return sha256(b"countersign/binding/v1\n" + sized(iss) + sized(sub) + thumbprint)


class Stream:
    """GET /status/stream, read event by event. It must be closed, or used in a `with`."""

    def __init__(self, host, port, start):
        self.connection = http.client.HTTPConnection(host, port, timeout=DEADLINE)
        self.connection.request("GET", f"/status/stream?from={start}")
        self.response = self.connection.getresponse()
        if self.response.status != 200:
            answer = Answer("GET /status/stream", self.response.status, self.response.headers, self.response.read())
            self.close()
            raise Failure(str(answer))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.connection.close()

    def next(self):
        """The next event: {id, event, data}."""
        event, data = {}, []
        while True:
            line = self.response.readline()
            if not line:
                raise Failure("the stream ended")
            line = line.decode().rstrip("\n")
            if not line:
                return {**event, "data": "\n".join(data) + "\n"}
            name, value = line.split(": ", 1) if ": " in line else (line.rstrip(":"), "")
            if name == "data":
                data.append(value)
            else:
                event[name] = value

    def commit(self, deadline=DEADLINE):
        """The leaves of the next commit, each with its place as `position` and the commit's `size`; heartbeats are passed over."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            event = self.next()
            if event["event"] == "log":
                first, leaves, _ = read_event(event["data"])
                return [{**leaf, "position": first + n, "size": int(event["id"])} for n, leaf in enumerate(leaves)]
        raise Failure(f"no commit within {deadline} s")

    def wait_for(self, deadline=DEADLINE, **wanted):
        """The first leaf from here on that has these members."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            for leaf in self.commit(end - time.monotonic()):
                if all(leaf.get(name) == value for name, value in wanted.items()):
                    return leaf
        raise Failure(f"no leaf with {wanted} within {deadline} s")


# --- a real daemon ---


def wait_line(stream, prefix, deadline, process):
    """Reads lines until one begins so; a Failure at the deadline, or when the process ends."""
    end, seen = time.monotonic() + deadline, b""
    while time.monotonic() < end:
        ready, _, _ = select.select([stream], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            break
        part = os.read(stream.fileno(), 4096)
        if not part:
            raise Failure(f"the process ended with {process.wait()} before it said {prefix!r}")
        seen += part
        for line in seen.decode().split("\n")[:-1]:
            if line.startswith(prefix):
                return line
    raise Failure(f"no {prefix!r} within {deadline} s: {seen!r}")


class Registry:
    """A test registry in a folder of its own, made by `init`; start() serves it on a random port."""

    def __init__(self, program, officers, *, origin="registry.test", iss="https://issuer.registry.test", policy_keys=(),
                 jurisdiction="US-KS", settings=None, folder=None, wrapper=()):
        """`officers`: the first ones, of the authorities, all with this jurisdiction, or pairs (officer, jurisdiction).
        `policy_keys`: pairs (jurisdiction, vkey). `settings`: {key: value} of the configuration. `wrapper`: words before serve."""
        self.program, self.origin, self.iss, self.wrapper = program, origin, iss, list(wrapper)
        self.parent = folder or tempfile.mkdtemp(prefix="countersign-registry.")
        self.folder = os.path.join(self.parent, "registry")
        self.config = os.path.join(self.folder, "registry.conf")
        self.process, self.host, self.port, self.clients = None, "127.0.0.1", None, []
        passphrase = os.path.join(self.parent, "passphrase")
        with open(os.open(passphrase, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write("correct horse\n")
        words = []
        for entry in officers:
            officer, where = entry if isinstance(entry, tuple) else (entry, jurisdiction)
            words += ["--admin", f"{officer.body}:{where}:{officer.vkey}"]
        for where, vkey in policy_keys:
            words += ["--policy-key", f"{where}:{vkey}"]
        self.run("init", "--folder", self.folder, "--origin", origin, "--iss", iss, "--test", "--listen", "127.0.0.1:0",
                 "--passphrase-file", passphrase, *words)
        # Tests prove keys faster than people.
        self.set(proofs_per_minute=0, **(settings or {}))

    def __enter__(self):
        return self.start() if not self.process else self

    def __exit__(self, failed, *_):
        self.kill()
        if failed:
            print(f"the registry is left in {self.parent}; its log:\n{self.log()[-4000:]}")
        else:
            shutil.rmtree(self.parent, ignore_errors=True)

    def run(self, verb, *words, expect=0, wrapped=False):
        """Runs a verb of the program to its end; `wrapped` as it is served."""
        done = subprocess.run([*(self.wrapper if wrapped else ()), self.program, verb, *words], capture_output=True, text=True, timeout=120, check=False,
                              stdin=subprocess.DEVNULL)
        if expect is not None and done.returncode != expect:
            raise Failure(f"{verb} ended with {done.returncode}, not {expect}:\n{done.stdout}{done.stderr}")
        return done

    def set(self, **settings):
        """Changes settings of the configuration, by their keys."""
        with open(self.config, encoding="utf-8") as file:
            lines = file.read().split("\n")
        for name, value in settings.items():
            places = [n for n, line in enumerate(lines) if line.startswith((name + " =", "# " + name + " ="))]
            if len(places) != 1:
                raise Failure(f"the configuration has no setting {name}")
            lines[places[0]] = f"{name} = {value}"
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    @property
    def database(self):
        return os.path.join(self.folder, "registry.db")

    def log(self):
        try:
            with open(os.path.join(self.parent, "log"), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def spawn(self):
        """Starts it, and waits for nothing."""
        with open(os.path.join(self.parent, "log"), "ab") as log:
            self.process = subprocess.Popen([*self.wrapper, self.program, "serve", "--config", self.config],
                                            stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL)

    def start(self, deadline=DEADLINE):
        """Serves, on a port of the system's choice; returns when it listens."""
        self.spawn()
        try:
            line = wait_line(self.process.stdout, "listening on ", deadline, self.process)
        except Failure as failure:
            self.kill()
            raise Failure(f"{failure}\n{self.log()[-4000:]}") from failure
        self.port = int(line.rsplit(":", 1)[1])
        return self

    def _ended(self):
        for client in self.clients:
            client.close()
        self.clients = []
        self.process.stdout.close()
        code, self.process = self.process.returncode, None
        return code

    def stop(self, deadline=DEADLINE):
        """SIGTERM; a Failure unless it ends well and in time."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(deadline)
        except subprocess.TimeoutExpired as late:
            self.kill()
            raise Failure(f"it did not stop within {deadline} s of SIGTERM") from late
        code = self._ended()
        if code != 0:
            raise Failure(f"it ended with {code} after SIGTERM:\n{self.log()[-4000:]}")

    def kill(self):
        """SIGKILL, if it runs."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self._ended()

    def fsck(self, expect=0):
        return self.run("fsck", "--config", self.config, expect=expect)

    def doctor(self, expect=0):
        return self.run("doctor", "--config", self.config, expect=expect)

    # --- calling it ---

    def client(self, token=None):
        client = Client(self.host, self.port, self.iss, token)
        self.clients.append(client)
        return client

    def login(self, who):
        """A client with a token: of an Officer, an App, or a holder's Key."""
        return self.client().login(getattr(who, "key", who))

    def stream(self, start):
        return Stream(self.host, self.port, start)

    def log_size(self):
        return int(self.client().get("/status/checkpoint").ok(200).split("\n")[1])

    def deed(self, do, at, **members):
        return Deed(self.origin, do, at, **members)
