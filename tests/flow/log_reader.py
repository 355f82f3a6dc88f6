#!/usr/bin/env python3
"""log_reader.py REGISTRY: the status log of a running registry, read by code that is not ours (log_reader.go, on Debian's
golang.org/x/mod); and read through a proxy that flips one bit, which it must find wherever it is."""
import base64
import http.client
import http.server
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

from deed_kinds import World
from registry_client import Failure, Registry

HERE = os.path.dirname(os.path.abspath(__file__))
GOPATH = "/usr/share/gocode"
LEAVES, COMMITS = 300, 20


def build(folder):
    """The reader as a program; None where Debian's packages are missing."""
    go = shutil.which("go")
    if not go or not os.path.isdir(os.path.join(GOPATH, "src/golang.org/x/mod/sumdb")):
        print("skipped: golang-go or golang-golang-x-mod-dev is not here")
        return None
    reader = os.path.join(folder, "log_reader")
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": GOPATH, "GOCACHE": os.path.join(folder, "cache"), "GOFLAGS": "",
                   "HOME": folder}
    subprocess.run([go, "build", "-o", reader, os.path.join(HERE, "log_reader.go")], env=environment, check=True, timeout=300)
    return reader


class Proxy(http.server.ThreadingHTTPServer):
    """Passes on what the registry answers; what `damage` names by a pattern of its path comes back changed."""

    daemon_threads = True

    def __init__(self, registry):
        super().__init__(("127.0.0.1", 0), ProxyHandler)
        self.registry, self.pattern, self.change, self.hits = registry, None, None, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def damage(self, pattern, change):
        self.pattern, self.change, self.hits = pattern, change, 0


class ProxyHandler(http.server.BaseHTTPRequestHandler):
    protocol_version, wbufsize, disable_nagle_algorithm = "HTTP/1.1", -1, True  # an answer is one write

    def do_GET(self):
        connection = http.client.HTTPConnection(self.server.registry.host, self.server.registry.port, timeout=20)
        connection.request("GET", self.path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if self.server.pattern and answer.status == 200 and re.fullmatch(self.server.pattern, self.path):
            self.server.hits += 1
            body = self.server.change(body)
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def flip(place):
    """Changes the lowest bit of one byte."""
    def change(body):
        at = place(body) if callable(place) else place
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
    return change


def other_root(body):
    """A checkpoint with the tree of another log, its signatures as they were."""
    lines = body.split(b"\n")
    lines[2] = base64.b64encode(bytes(32))
    return b"\n".join(lines)


def event_checkpoint(body):
    """In the root hash of the checkpoint within an event object."""
    return body.index(b"\n\n") + 2 + body[body.index(b"\n\n") + 2:].index(b"\n", body[body.index(b"\n\n") + 2:].index(b"\n") + 1) + 5


DAMAGES = [
    ("a leaf in an entries tile", r"/status/tile/entries/000", flip(50 * 17 + 30)),
    ("the last leaf of the partial tile", r"/status/tile/entries/001\.p/\d+", flip(-1)),
    ("a length in an entries tile", r"/status/tile/entries/000", flip(1)),
    ("a hash in a full tile", r"/status/tile/0/000", flip(32 * 100)),
    ("a hash in a partial tile", r"/status/tile/0/001\.p/\d+", flip(3)),
    ("a hash in a tile above", r"/status/tile/1/000\.p/\d+", flip(31)),
    ("a tile cut short", r"/status/tile/0/000", lambda body: body[:-32]),
    ("a tile that is another", r"/status/tile/0/000", lambda body: body[32:] + body[:32]),
    ("the size in the checkpoint", r"/status/checkpoint", flip(lambda body: body.index(b"\n") + 1)),
    ("the root in the checkpoint", r"/status/checkpoint", other_root),
    ("the signature of the checkpoint", r"/status/checkpoint", flip(lambda body: body.index("— ".encode()) + 60)),
    ("the checkpoint of an earlier commit", r"/status/e/\d\d", flip(event_checkpoint)),
]


def read(reader, url, vkey):
    return subprocess.run([reader, url, vkey], capture_output=True, text=True, timeout=120, check=False)


def main(program):
    folder = tempfile.mkdtemp(prefix="countersign-log-reader.")
    try:
        reader = build(folder)
        if not reader:
            return 77
        with Registry(program, **World.init) as registry:
            w = World(registry)
            person, size = w.near.clinician(), registry.log_size()
            while size <= LEAVES:
                w.near.order("suspend", person).ok(200)
                w.near.order("reinstate", person).ok(200)
                size = registry.log_size()
            vkey = re.search(r"(?m)^statuslog \S+ (\S+) ", registry.client().get("/trust/1").ok(200))[1]

            done = read(reader, registry.url, vkey)
            told = re.fullmatch(r"size (\d+): (\d+) tiles read, (\d+) leaves included, (\d+) commits consistent\n", done.stdout)
            if done.returncode or not told:
                raise Failure(f"the reader: {done.returncode}\n{done.stdout}{done.stderr}")
            leaves, commits = int(told[3]), int(told[4])
            if leaves != size or int(told[1]) != size or leaves <= LEAVES or commits <= COMMITS:
                raise Failure(f"it read too little: {done.stdout}")

            proxy = Proxy(registry)
            if read(reader, proxy.url, vkey).stdout != done.stdout:
                raise Failure("through the proxy it reads another log")
            for what, pattern, change in DAMAGES:
                proxy.damage(pattern, change)
                damaged = read(reader, proxy.url, vkey)
                if damaged.returncode == 0 or proxy.hits == 0 or not damaged.stderr.startswith("log_reader: "):
                    raise Failure(f"not found, asked for {proxy.hits} times: {what}\n{damaged.stdout}{damaged.stderr}")
            proxy.damage(None, None)
            other = vkey.split("+")
            if read(reader, proxy.url, "+".join((other[0] + "x", *other[1:]))).returncode == 0:
                raise Failure("another log's key opens it")
            proxy.shutdown()
            print(done.stdout.strip() + f"; {len(DAMAGES)} damages found")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


sys.exit(main(sys.argv[1]))
