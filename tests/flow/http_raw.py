#!/usr/bin/env python3
"""http_raw.py HTTP_DAEMON: the HTTP server against raw sockets: malformed requests, slow clients, streams, waiting, the end."""
import concurrent.futures
import json
import os
import re
import resource
import select
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

from checks import check, finish

PROGRAM = sys.argv[1]
ONLY = sys.argv[2:]  # parts to run
with open(PROGRAM, "rb") as program:
    SANITIZED = re.search(rb"__[at]san_init", program.read()) is not None
PATIENCE = 60  # seconds until something that must come is given up

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard != resource.RLIM_INFINITY else 65536, hard))


class Daemon:
    def __init__(self, receive=10, idle=30, listen="127.0.0.1:0", ring=()):
        self.process = subprocess.Popen([PROGRAM, listen, str(receive), str(idle), *map(str, ring)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            raise RuntimeError(self.process.stderr.read().strip())

    def connect(self, buffer=0):
        if self.address.startswith("unix:"):
            connection = socket.socket(socket.AF_UNIX)
            place = self.address[5:]
        else:
            host, port = self.address.rsplit(":", 1)
            connection = socket.socket(socket.AF_INET6 if host.startswith("[") else socket.AF_INET)
            place = (host.strip("[]"), int(port))
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.settimeout(PATIENCE)
        connection.connect(place)
        return connection

    def get(self, path, *headers, host="localhost"):
        return self.ask(request("GET", path, *headers, host=host))

    def post(self, path, body, *headers, kind="application/json"):
        return self.ask(request("POST", path, "Content-Type: " + kind, *headers, body=body))

    def ask(self, sent):
        with self.connect() as connection:
            connection.sendall(sent)
            return read_answer(Reader(connection))

    def count(self):
        return json.loads(self.get("/count").body)

    def wait_count(self, name, wanted):
        deadline = time.monotonic() + PATIENCE
        while self.count()[name] != wanted:
            if time.monotonic() > deadline:
                return False
        return True

    def stop(self):
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        errors = self.process.stderr.read()
        check(code == 0, f"the daemon ends with {code}: {errors}")
        if errors:
            print(errors)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Reader:
    """Bytes of a connection, one piece after the other."""

    def __init__(self, connection):
        self.connection, self.bytes = connection, b""

    def until(self, end):
        while end not in self.bytes:
            more = self.connection.recv(65536)
            if not more:
                raise EOFError(self.bytes)
            self.bytes += more
        taken, self.bytes = self.bytes.split(end, 1)
        return taken

    def exactly(self, size):
        while len(self.bytes) < size:
            more = self.connection.recv(65536)
            if not more:
                raise EOFError(self.bytes)
            self.bytes += more
        taken, self.bytes = self.bytes[:size], self.bytes[size:]
        return taken


def read_head(reader):
    lines = reader.until(b"\r\n\r\n").decode().split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, value = line.split(": ", 1)
        headers[name.lower()] = value
    return int(lines[0].split()[1]), headers


def read_answer(reader):
    status, headers = read_head(reader)
    return Answer(status, headers, reader.exactly(int(headers.get("content-length", 0))))


def request(method, path, *headers, body=None, host="localhost"):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def read_all(connection):
    received = b""
    try:
        while more := connection.recv(65536):
            received += more
    except ConnectionResetError:
        pass
    return received


# --- malformed requests ---

HELLO = b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
GET = b"GET /hello HTTP/1.1\r\nHost: a\r\n"

MALFORMED = {
    # two readers would see two requests
    "two lengths": POST + b"Content-Length: 4\r\nContent-Length: %d\r\n\r\n[12]" % (4 + len(HELLO)) + HELLO,
    "two lengths, the long one first": POST + b"Content-Length: %d\r\nContent-Length: 4\r\n\r\n[12]" % (4 + len(HELLO)) + HELLO,
    "two equal lengths": POST + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\n[12]" + HELLO,
    "a list of lengths": POST + b"Content-Length: 4, 4\r\n\r\n[12]" + HELLO,
    "a length and an encoding": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HELLO,
    "an encoding and a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + HELLO,
    "gzip, chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + HELLO,
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HELLO,
    "chunked, identity": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HELLO,
    "an unknown encoding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HELLO,
    "identity": POST + b"Transfer-Encoding: identity\r\n\r\n" + HELLO,
    "an encoding hidden by a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\nContent-Length: 4\r\n\r\n[12]" + HELLO,
    "an encoding with a space before its colon": POST + b"Transfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n[12]" + HELLO,
    "a length with a space before its colon": POST + b"Content-Length : 4\r\n\r\n[12]" + HELLO,
    "a length with a tab before its colon": POST + b"Content-Length\t: 4\r\n\r\n[12]" + HELLO,
    "a folded length": POST + b"Content-Length:\r\n 4\r\n\r\n[12]" + HELLO,
    "a folded encoding": POST + b"Content-Length: 4\r\nTransfer-Encoding:\r\n chunked\r\n\r\n[12]" + HELLO,
    "a get with a body": GET + b"Content-Length: %d\r\n\r\n" % len(HELLO) + HELLO,
    "a get with chunks": GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HELLO,
    "a delete with a body": b"DELETE /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n[12]" + HELLO,
    # chunks: none are taken, whatever they are
    "a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n4\r\n[12]\r\n0\r\n\r\n",
    "a chunk's size with a sign": POST + b"Transfer-Encoding: chunked\r\n\r\n+4\r\n[12]\r\n0\r\n\r\n",
    "a chunk's size in hexadecimal notation": POST + b"Transfer-Encoding: chunked\r\n\r\n0x4\r\n[12]\r\n0\r\n\r\n",
    "a negative chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n-4\r\n[12]\r\n0\r\n\r\n",
    "a chunk of 2^64": POST + b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n[12]\r\n0\r\n\r\n",
    "a chunk with bare line feeds": POST + b"Transfer-Encoding: chunked\r\n\r\n4\n[12]\n0\n\n",
    "a chunk with a long extension": POST + b"Transfer-Encoding: chunked\r\n\r\n4;" + b"x" * 20000 + b"\r\n[12]\r\n0\r\n\r\n",
    "a chunk that hides a request in its extension": POST + b"Transfer-Encoding: chunked\r\n\r\n4;\n[12]\r\n0\r\n\r\n" + HELLO,
    "a trailer": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 4\r\n\r\n" + HELLO,
    # lengths
    "a negative length": POST + b"Content-Length: -4\r\n\r\n[12]",
    "a length with a plus sign": POST + b"Content-Length: +4\r\n\r\n[12]",
    "a length in hexadecimal": POST + b"Content-Length: 0x4\r\n\r\n[12]",
    "a length with a leading zero": POST + b"Content-Length: 04\r\n\r\n[12]",
    "a length with a fraction": POST + b"Content-Length: 4.0\r\n\r\n[12]",
    "an empty length": POST + b"Content-Length:\r\n\r\n[12]",
    "a length of 2^64": POST + b"Content-Length: 18446744073709551616\r\n\r\n[12]",
    "a length of 2^64 + 4": POST + b"Content-Length: 18446744073709551620\r\n\r\n[12]",
    "a length of 2^63": POST + b"Content-Length: 9223372036854775808\r\n\r\n[12]",
    "a length with a space inside": POST + b"Content-Length: 4 4\r\n\r\n[12]",
    "more than the route takes": POST + b"Content-Length: 1048577\r\n\r\n" + b"1" * 100,
    # line ends
    "bare line feeds": HELLO.replace(b"\r\n", b"\n"),
    "a bare line feed behind the request line": b"GET /hello HTTP/1.1\nHost: a\r\n\r\n",
    "a bare line feed behind a field": b"GET /hello HTTP/1.1\r\nHost: a\nAccept: b\r\n\r\n",
    "a bare line feed behind the last field": b"GET /hello HTTP/1.1\r\nHost: a\n\r\n",
    "a bare line feed as the empty line": b"GET /hello HTTP/1.1\r\nHost: a\r\n\n",
    "a bare line feed as the empty line before a body": POST + b"Content-Length: 4\r\n\n[12]",
    "a bare line feed and a space that makes up for it": b"GET /hello HTTP/1.1\r\nHost: a\nAccept:  b\r\n\r\n",
    "a bare carriage return behind a field": b"GET /hello HTTP/1.1\r\nHost: a\rAccept: b\r\n\r\n",
    "a bare carriage return in a value": GET + b"Accept: a\rb\r\n\r\n",
    "two carriage returns": GET + b"Accept: b\r\r\n\r\n",
    "a folded field": GET + b"Accept: a\r\n b\r\n\r\n",
    "a field folded with a tab": GET + b"Accept: a\r\n\tb\r\n\r\n",
    "a folded last field": GET + b"Accept: a\r\nX: a\r\n  b\r\n\r\n",
    "a fold before the first field": b"GET /hello HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n",
    # bytes that nobody may send
    "a NUL in a value": GET + b"Accept: a\0b\r\n\r\n",
    "a NUL at the end of a value": GET + b"Accept: a\0\r\n\r\n",
    "a NUL in a name": GET + b"Acc\0ept: a\r\n\r\n",
    "a NUL in the target": b"GET /hel\0lo HTTP/1.1\r\nHost: a\r\n\r\n",
    "a NUL behind the version": b"GET /hello HTTP/1.1\0\r\nHost: a\r\n\r\n",
    "a NUL before the method": b"\0GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
    "a control byte in a value": GET + b"Accept: a\x01b\r\n\r\n",
    "a delete byte in a value": GET + b"Accept: a\x7fb\r\n\r\n",
    "a control byte in the target": b"GET /hello\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a byte above ASCII in the target": b"GET /hello\xe4 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a byte above ASCII in a name": GET + b"Acc\xe4pt: a\r\n\r\n",
    # the request line
    "no method": b" /hello HTTP/1.1\r\nHost: a\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: a\r\n\r\n",
    "no version": b"GET /hello\r\nHost: a\r\n\r\n",
    "two spaces before the target": b"GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n",
    "two spaces before the version": b"GET /hello  HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the target": b"GET /hel lo HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space behind the version": b"GET /hello HTTP/1.1 \r\nHost: a\r\n\r\n",
    "a tab before the target": b"GET\t/hello HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method that is no token": b"GE(T /hello HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/1.0": b"GET /hello HTTP/1.0\r\nHost: a\r\n\r\n",
    "HTTP/1.2": b"GET /hello HTTP/1.2\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /hello HTTP/0.9\r\nHost: a\r\n\r\n",
    "HTTP/2.0": b"GET /hello HTTP/2.0\r\nHost: a\r\n\r\n",
    "HTTP/11": b"GET /hello HTTP/11\r\nHost: a\r\n\r\n",
    "HTTP/1.10": b"GET /hello HTTP/1.10\r\nHost: a\r\n\r\n",
    "http/1.1": b"GET /hello http/1.1\r\nHost: a\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    # targets
    "an absolute target": b"GET http://a/hello HTTP/1.1\r\nHost: a\r\n\r\n",
    "an authority as the target": b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "an asterisk as the target": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": b"GET /hello#a HTTP/1.1\r\nHost: a\r\n\r\n",
    "a long target": b"GET /" + b"a" * 2048 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a very long target": b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    # fields
    "no host": b"GET /hello HTTP/1.1\r\nAccept: a\r\n\r\n",
    "no field": b"GET /hello HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: b\r\n\r\n",
    "two equal hosts": GET + b"Host: a\r\n\r\n",
    "an empty host": b"GET /hello HTTP/1.1\r\nHost:\r\n\r\n",
    "a host with a path": b"GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a host with a user": b"GET /hello HTTP/1.1\r\nHost: a@b\r\n\r\n",
    "a list of hosts": b"GET /hello HTTP/1.1\r\nHost: a, b\r\n\r\n",
    "a space before a colon": GET + b"Accept : a\r\n\r\n",
    "no colon": GET + b"Accept\r\n\r\n",
    "no name": GET + b": a\r\n\r\n",
    "a name in brackets": GET + b"(a): a\r\n\r\n",
    "two types": POST + b"Content-Type: text/plain\r\nContent-Length: 4\r\n\r\n[12]",
    "two tokens": GET + b"Authorization: Bearer officer\r\nAuthorization: Bearer app\r\n\r\n",
    "a field of 64 KiB": GET + b"Accept: " + b"a" * 65536 + b"\r\n\r\n",
    "a name of 64 KiB": GET + b"a" * 65536 + b": b\r\n\r\n",
    "1,000 fields": GET + b"".join(b"A%d: b\r\n" % i for i in range(1000)) + b"\r\n",
    "100 fields": GET + b"".join(b"A%d: b\r\n" % i for i in range(100)) + b"\r\n",
}

# libmicrohttpd sees no request line in these, and hangs up without a word.
SILENT = {"no method", "two spaces before the version", "a space in the target", "a TLS hello"}

# Well-formed requests that the routes refuse: one answer with this status, and the connection goes on.
REFUSED = {
    "percent NUL": ("GET", "/items/a%00b", 400),
    "percent slash": ("GET", "/items/a%2Fb", 400),
    "percent line feed": ("GET", "/items/a%0ab", 400),
    "percent and nothing": ("GET", "/items/a%", 400),
    "percent and one digit": ("GET", "/items/a%4", 400),
    "percent and letters": ("GET", "/items/a%zz", 400),
    "percent and a sign": ("GET", "/items/a%+4", 400),
    "bytes that are no UTF-8": ("GET", "/items/%ff", 400),
    "an overlong slash": ("GET", "/items/%c0%af", 400),
    "a surrogate": ("GET", "/items/%ed%a0%80", 400),
    "dots": ("GET", "/items/../hello", 400),
    "one dot": ("GET", "/items/./a", 400),
    "encoded dots": ("GET", "/items/%2e%2E/hello", 400),
    "dots at the end": ("GET", "/items/a/parts/..", 400),
    "a parameter twice": ("GET", "/search?q=1&q=2", 400),
    "a parameter twice, once encoded": ("GET", "/search?q=1&%71=2", 400),
    "NUL in a parameter": ("GET", "/search?q=%00", 400),
    "17 parameters": ("GET", "/search?" + "&".join(f"a{i}=1" for i in range(17)), 400),
    "an empty segment": ("GET", "//hello", 404),
    "an empty name": ("GET", "/items/", 404),
    "a slash behind the path": ("GET", "/hello/", 404),
    "a longer path": ("GET", "/hello/you", 404),
    "another case": ("GET", "/Hello", 404),
    "no such path": ("GET", "/x", 404),
    "the wrong method": ("POST", "/hello", 405),
    "head": ("HEAD", "/hello", 405),
    "options": ("OPTIONS", "/hello", 405),
    "trace": ("TRACE", "/hello", 405),
    "a method in small letters": ("get", "/hello", 405),
    "a role that nobody has": ("GET", "/nobody", 403),
    "no token": ("GET", "/officer", 401),
}


def send_and_read(daemon, sent):
    with daemon.connect() as connection:
        try:
            connection.sendall(sent)
        except (ConnectionResetError, BrokenPipeError):
            pass
        return read_all(connection)


def malformed():
    daemon = Daemon(receive=5, idle=1)
    before = daemon.count()["ok"]
    for name, sent in MALFORMED.items():
        received = send_and_read(daemon, sent)
        answers = re.findall(rb"HTTP/1\.1 (\d\d\d)", received)
        check(len(answers) == (name not in SILENT) and all(a[:1] in b"45" for a in answers),
              f"{name}: answered {answers} {received[:200]!r}")
        check(b"hello\n" not in received, f"{name}: was served")
        check(name in SILENT or b"\r\nConnection: close\r\n" in received, f"{name}: the connection goes on")
    counted = daemon.count()
    check(counted["ok"] == before + 1, f"something malformed was served: {counted}")
    check(counted["refused"] > 60, f"the guard refused {counted['refused']}")
    for name, (method, path, status) in REFUSED.items():
        with daemon.connect() as connection:
            reader = Reader(connection)
            connection.sendall(request(method, path))
            got, headers = read_head(reader)
            check(got == status, f"{name}: {got}")
            if method != "HEAD":
                problem = json.loads(reader.exactly(int(headers["content-length"])))
                check(problem["status"] == status and problem["title"] and problem["fix"] and problem["code"],
                      f"{name}: {problem}")
            connection.sendall(HELLO)
            check(read_answer(reader).body == b"hello\n", f"{name}: the connection does not go on")
    print(f"{len(MALFORMED)} malformed requests refused once each; {len(REFUSED)} that no route takes")
    daemon.stop()


# --- requests that must work ---

def well_formed():
    daemon = Daemon()
    for name, field in {"no space": b"Accept:a", "two spaces": b"Accept:  a", "a tab": b"Accept:\ta", "a space behind": b"Accept: a ",
                        "an empty value": b"Accept:", "a byte above ASCII": b"Accept: \xc3\xa4",
                        "an odd name": b"!#$%&'*+-.^_`|~9: a", "an offer of another protocol": b"Upgrade: h2c"}.items():
        received = daemon.ask(GET + field + b"\r\nX: y\r\n\r\n")
        check(received.status == 200, f"{name}: {received.status}")
    check(daemon.ask(b"\r\n" + HELLO).status == 200, "an empty line before a request")
    check(daemon.get("/hello", *[f"A{i}: b" for i in range(60)]).status == 200, "61 fields")
    check(daemon.get("/hello", "Cookie: c=" + "d" * 4000).status == 200, "a cookie of 4,000 bytes")

    answer = daemon.get("/items/a%20%C3%A4+b/parts/c/d")
    check(answer.body.decode() == "id=a ä+b\nrest=c/d\n", f"names of a path: {answer.body}")
    answer = daemon.get("/search?q=a+%2B%26b&p")
    check(answer.body == b"q=a +&b\np=\n", f"parameters: {answer.body}")
    answer = daemon.post("/echo", b'{"a":1}')
    check(answer.body == b'{"a":1}' and answer.headers["countersign-nonce"] == "next", "a body comes back")
    check(answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store", "headers")
    check("immutable" in daemon.get("/big").headers["cache-control"] and len(daemon.get("/big").body) == 4 << 20, "4 MiB")
    body = os.urandom(1 << 19).hex().encode()
    check(daemon.post("/echo", body).body == body, "a body of 1 MiB")
    for kind, status in {"application/json": 200, "Application/JSON; charset=utf-8": 200, 'application/json;charset="UTF-8"': 200,
                         "application/json; charset=latin1": 415, "application/jsonp": 415, "text/plain": 415,
                         "application/json; charset=utf-8; a=b": 415, "application/json;": 415, "application/json utf-8": 415}.items():
        check(daemon.post("/echo", b"{}", kind=kind).status == status, f"{kind} is not {status}")
    check(daemon.ask(request("POST", "/echo", body=b"{}")).status == 415, "a body without a type")
    check(daemon.ask(request("POST", "/bare", body=b"")).status == 200, "an empty body where none is taken")
    check(daemon.post("/bare", b"{}").status == 415, "a body where none is taken")
    check(daemon.post("/note", b"1" * 16, kind="text/plain").status == 200, "as much as is taken")
    check(daemon.post("/note", b"1" * 17, kind="text/plain").status == 413, "more than is taken")
    check(daemon.get("/nothing").status == 500, "a handler that does nothing")
    check(daemon.ask(request("DELETE", "/both")).headers["allow"] == "GET, POST", "Allow")

    for token, path, status in [("officer", "/officer", 200), ("app", "/officer", 403), ("app", "/either", 200),
                                ("other", "/officer", 401), ("officer x", "/officer", 401), ("", "/officer", 401),
                                ("officer" * 600, "/officer", 401)]:
        answer = daemon.get(path, "Authorization: Bearer " + token)
        check(answer.status == status, f"{token} at {path}: {answer.status}")
        check((answer.status == 401) == ("www-authenticate" in answer.headers), f"{token} at {path}: WWW-Authenticate")
        check(status != 200 or answer.body.decode().split()[1] == "body/" + token, f"{token} at {path}: {answer.body}")
    check(daemon.get("/officer", "Authorization: Basic officer").status == 401, "another scheme")
    check(daemon.get("/officer", "authorization: bearer officer").status == 200, "a scheme in small letters")

    for headers, host, status in [((), "localhost", 200), ((), "127.0.0.1:80", 200), ((), "[::1]:80", 200), ((), "evil.example", 403),
                                  ((), "localhost.evil.example", 403), ((), "127.evil.example", 403), ((), "127.0.0.1.evil.example:80", 403),
                                  (("X-Forwarded-For: 1.2.3.4",), "localhost", 403),
                                  (("Forwarded: for=1.2.3.4",), "localhost", 403), (("Via: 1.1 a",), "localhost", 403)]:
        check(daemon.get("/local", *headers, host=host).status == status, f"local: {headers} {host} is not {status}")

    codes = {"nonce-unknown": 401, "code-locked": 403, "foreign-institution": 403, "conflict": 409, "equivocation": 409,
             "code-expired": 410, "too-large": 413, "field-invalid": 422, "deed-malformed": 422, "body-malformed": 400, "argument": 400,
             "too-many": 429, "unavailable": 503, "internal": 500, "no-space": 500, "replay": 409, "revoked": 403, "no-such": 404}
    for code, status in codes.items():
        answer = daemon.get("/problem/" + code)
        problem = json.loads(answer.body)
        check(answer.status == problem["status"] == status, f"{code}: {answer.status}")
        check((status in (429, 503)) == ("retry-after" in answer.headers), f"{code}: Retry-After")
        check(answer.headers["content-type"] == "application/problem+json", f"{code}: {answer.headers}")
        if status != 404:
            check(problem["code"] == code and problem["field"] == 'a "field"' and problem["detail"] == "a reason", f"{problem}")
    check(json.loads(daemon.get("/problem/sequence-gap").body)["expected"] == 17, "a problem's number")

    with daemon.connect() as connection:  # kept alive, then pipelined, then a byte at a time
        reader = Reader(connection)
        for _ in range(3):
            connection.sendall(HELLO)
            check(read_answer(reader).body == b"hello\n", "kept alive")
        post = POST + b"Content-Length: 4\r\n\r\n[12]"
        connection.sendall(HELLO + post + HELLO + post)
        check([read_answer(reader).body for _ in range(4)] == [b"hello\n", b"[12]"] * 2, "pipelined")
        for byte in post:
            connection.sendall(bytes([byte]))
        check(read_answer(reader).body == b"[12]", "a byte at a time")
        connection.sendall(POST + b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        check(reader.until(b"\r\n\r\n").startswith(b"HTTP/1.1 100"), "100 Continue")
        connection.sendall(b"[12]")
        check(read_answer(reader).body == b"[12]", "a body behind 100 Continue")
        connection.sendall(HELLO + b"GARBAGE\r\n\r\n" + HELLO)
        check(read_answer(reader).status == 200, "a request before garbage")
        rest = reader.bytes + read_all(connection)
        check(b"hello" not in rest and rest.count(b"HTTP/1.1 ") <= 1 and b"HTTP/1.1 2" not in rest, f"garbage: {rest!r}")
    with daemon.connect() as connection:
        connection.sendall(GET + b"Connection: close\r\n\r\n" + HELLO)
        check(read_all(connection).count(b"HTTP/1.1 ") == 1, "Connection: close")
    daemon.stop()


def listening():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/socket"
        left = socket.socket(socket.AF_UNIX)
        left.bind(path)
        left.close()
        daemon = Daemon(listen="unix:" + path)
        check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "the socket's mode")
        check(daemon.get("/local", host="anything").status == 200, "a Unix socket is local")
        check(daemon.get("/local", "X-Forwarded-For: 1.2.3.4").status == 403, "a proxy on a Unix socket is not")
        for listen in ["unix:" + path, "unix:", "unix:" + "a" * 108, "unix:/", "127.0.0.1", "localhost:80", "127.0.0.1:x", ":80", "::1:80"]:
            refused = subprocess.run([PROGRAM, listen, "1", "1"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
            check(refused.returncode == 1 and refused.stderr.startswith("listen: "), f"{listen}: {refused}")
        daemon.stop()
        check(not os.path.exists(path), "the socket is removed")
        with open(path, "w") as file:
            file.write("precious")
        refused = subprocess.run([PROGRAM, "unix:" + path, "1", "1"], stdin=subprocess.DEVNULL, capture_output=True)
        check(refused.returncode == 1 and os.path.exists(path), "a file is not taken for a stale socket")
    if os.path.exists("/proc/net/if_inet6"):
        try:
            daemon = Daemon(listen="[::1]:0")
        except RuntimeError:
            return
        check(daemon.address.startswith("[::1]:") and daemon.get("/local").status == 200, "IPv6")
        daemon.stop()


# --- slow clients ---

def drip(connection, data, pause=0.2):
    """Sends a byte at a time until the server hangs up. Seconds until then, and what it said."""
    began = time.monotonic()
    received = b""
    for byte in data:
        try:
            connection.sendall(bytes([byte]))
        except OSError:
            return time.monotonic() - began, received
        readable, _, _ = select.select([connection], [], [], pause)
        if readable:
            try:
                more = connection.recv(65536)
            except OSError:
                more = b""
            if not more:
                return time.monotonic() - began, received
            received += more
    return float("inf"), received


def slow():
    daemon = Daemon(receive=2, idle=2)
    begun = daemon.count()["dropped"]
    drips = {"silence": b"",
             "a head": GET + b"Accept: " + b"a" * 200,
             "a request line": b"GET /" + b"a" * 200,
             "empty lines": b"\r\n" * 100,
             "a body": POST + b"Content-Length: 1000\r\n\r\n" + b"1" * 500}

    def one(name):
        with daemon.connect() as connection:
            if name == "silence":
                began = time.monotonic()
                return name, time.monotonic() - began if read_all(connection) else time.monotonic() - began, b""
            if name == "a second head":
                connection.sendall(HELLO)
                reader = Reader(connection)
                read_answer(reader)
                took, received = drip(connection, drips["a head"])
            elif name == "a body at once":
                head, body = drips["a body"].split(b"\r\n\r\n")
                connection.sendall(head + b"\r\n\r\n")
                took, received = drip(connection, body)
            elif name == "a second body":
                connection.sendall(HELLO)
                read_answer(Reader(connection))
                head, body = drips["a body"].split(b"\r\n\r\n")
                connection.sendall(head + b"\r\n\r\n")
                took, received = drip(connection, body)
            else:
                took, received = drip(connection, drips[name])
            return name, took, received

    names = list(drips) + ["a second head", "a body at once", "a second body"]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        waiting = [pool.submit(one, name) for name in names]
        slowest, served = 0, 0
        while not all(w.done() for w in waiting):
            began = time.monotonic()
            served += daemon.get("/hello").status == 200
            slowest = max(slowest, time.monotonic() - began)
        for w in waiting:
            name, took, received = w.result()
            check(1.5 < took < PATIENCE / 2, f"dripping {name}: dropped after {took:.1f} s")  # at its whole rate it takes longer than that
            check(b"HTTP/1.1 2" not in received, f"dripping {name}: answered {received!r}")
    check(served > 10, f"others: {served} served")
    dropped = daemon.count()["dropped"] - begun
    check(dropped >= len(names) - 1, f"the watchdog dropped {dropped}")
    print(f"{len(names)} slow clients dropped, {served} others served meanwhile, the slowest in {slowest * 1000:.0f} ms")
    daemon.stop()


# --- streams ---

class Follower:
    def __init__(self, daemon, start, buffer=0):
        self.connection = daemon.connect(buffer)
        self.connection.sendall(request("GET", f"/stream?from={start}"))
        self.bytes, self.events, self.ended, self.status = b"", [], False, 0

    def feed(self):
        """Takes what is there; false at the end."""
        try:
            more = self.connection.recv(262144)
        except ConnectionResetError:
            more = b""
        self.bytes += more
        self.take()
        return bool(more)

    def take(self):
        if not self.status:
            if b"\r\n\r\n" not in self.bytes:
                return
            head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
            self.status, self.text = int(head.split()[1]), b""
            self.chunked = b"chunked" in head.lower()
        while self.chunked and b"\r\n" in self.bytes:
            size, rest = self.bytes.split(b"\r\n", 1)
            size = int(size, 16)
            if len(rest) < size + 2:
                return
            self.text += rest[:size]
            self.bytes = rest[size + 2:]
            self.ended |= size == 0
            *whole, self.text = self.text.split(b"\n\n")
            self.events += [self.event(text) for text in whole]

    @staticmethod
    def event(text):
        lines = [line.split(": ", 1) for line in text.decode().split("\n")]
        assert lines[0][0] == "id" and lines[1][0] == "event" and all(name == "data" for name, _ in lines[2:]), text[:200]
        return int(lines[0][1]), lines[1][1], "\n".join(value for _, value in lines[2:])


def read_followers(followers, done):
    """Reads all until done(follower) is true for each, or it ended; false when that does not come."""
    poll = select.epoll()
    by_number = {}
    for f in followers:
        if not done(f):
            by_number[f.connection.fileno()] = f
            poll.register(f.connection.fileno(), select.EPOLLIN)
    deadline = time.monotonic() + PATIENCE
    while by_number and time.monotonic() < deadline:
        for number, _ in poll.poll(1):
            f = by_number[number]
            if not f.feed() or done(f):
                poll.unregister(number)
                del by_number[number]
    poll.close()
    return not by_number


def publish(daemon, number, kept=True, data=None):
    data = data if data is not None else f"event {number}\n\nlast line of it\n".encode()
    return daemon.post(f"/publish?id={number}" + ("" if kept else "&live=1"), data, kind="text/plain")


def memory(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) * 1024


def streams():
    daemon = Daemon()
    before = memory(daemon)
    followers = [Follower(daemon, 100) for _ in range(2000)]
    check(daemon.wait_count("streams", 2000), "2,000 streams")
    check(read_followers(followers, lambda f: f.status == 200), "a stream's head comes before its first event")
    bytes_each = (memory(daemon) - before) // 2000
    began = time.monotonic()
    for i in range(1, 21):
        publish(daemon, 100 + i, kept=i % 4 != 0)
    published = time.monotonic() - began
    check(read_followers(followers, lambda f: len(f.events) >= 20), "2,000 followers get 20 events")
    took = time.monotonic() - began
    wanted = [(100 + i, "log" if i % 4 else "fresh", f"event {100 + i}\n\nlast line of it") for i in range(1, 21)]
    check(all(f.events == wanted for f in followers), "in order, each once, whole")
    print(f"2,000 streams: {bytes_each} bytes each; 20 events published in {published * 1000:.0f} ms, read by all in {took * 1000:.0f} ms")
    check(bytes_each < 16384 or SANITIZED, f"a stream costs {bytes_each} bytes")

    late, middle, newest = Follower(daemon, 100), Follower(daemon, 110), Follower(daemon, 119)
    publish(daemon, 200)
    publish(daemon, 200, kept=False)
    joined = [late, middle, newest]
    check(read_followers(joined, lambda f: f.events and f.events[-1][:2] == (200, "fresh")), "who joins later")
    kept = [event for event in wanted if event[1] == "log"]
    check([e[0] for e in late.events] == [e[0] for e in kept] + [200, 200], f"all that is kept: {late.events}")
    check([e[0] for e in middle.events] == [e[0] for e in kept if e[0] > 110] + [200, 200], f"from the middle: {middle.events}")
    check([e[0] for e in newest.events] == [200, 200], f"from the end: {newest.events}")
    check(daemon.get("/stream?from=120").status == 400, "a live event is no place")
    check(daemon.get("/stream?from=99").status == 410, "before the feed")
    check(daemon.get("/stream?from=201").status == 400, "behind the feed")
    check(daemon.get("/stream").status == 400, "no place")

    for i, f in enumerate(followers + joined):  # they vanish, some with what was not read
        if i % 2:
            f.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        f.connection.close()
    deadline = time.monotonic() + PATIENCE
    while daemon.count()["streams"] and time.monotonic() < deadline:  # the first write after a hang-up still succeeds
        publish(daemon, 201, kept=False)
    check(daemon.count()["streams"] == 0, f"streams that vanished are gone: {daemon.count()}")
    daemon.stop()


def falling_out():
    daemon = Daemon(ring=(4, 1 << 30), idle=5)
    stuck, quick = Follower(daemon, 100, buffer=4096), Follower(daemon, 100)
    check(daemon.wait_count("streams", 2), "two streams")
    data = (b"x" * 999 + b"\n") * 512
    for number in range(101, 141):
        publish(daemon, number, data=data)
        check(read_followers([quick], lambda f: f.events and f.events[-1][0] == number), f"who reads gets event {number}")
    check(daemon.get("/stream?from=101").status == 410, "what fell out of the ring")
    check(daemon.get("/stream?from=500").status == 400, "what never was in the ring")
    check(len(quick.events) == 40, f"{len(quick.events)} events")
    while stuck.feed():
        pass
    ids = [e[0] for e in stuck.events]
    check(ids == list(range(101, 101 + len(ids))) and len(ids) < 40 and not stuck.ended, f"who does not read is dropped: {ids}")
    check(daemon.wait_count("streams", 1), "the slow one is gone")
    again = Follower(daemon, 136)
    check(read_followers([again], lambda f: len(f.events) == 4), "the predecessor of the oldest is a place")
    daemon.stop()

    daemon = Daemon()
    stuck, data = Follower(daemon, 100, buffer=4096), b"x" * 100000
    check(daemon.wait_count("streams", 1), "a stream")
    for number in range(101, 301):
        publish(daemon, number, kept=False, data=data)
    publish(daemon, 301, data=b"")
    check(read_followers([stuck], lambda f: f.events and f.events[-1][0] == 301), "who is behind goes on")
    ids = [e[0] for e in stuck.events]
    check(ids == sorted(set(ids)) and 64 < len(ids) < 201 and ids[-64:] == list(range(238, 302)), f"with the newest: {ids}")
    daemon.stop()

    daemon = Daemon(ring=(1000, 100000))
    for number in range(101, 121):
        publish(daemon, number, data=b"x" * 20000)
    check(daemon.get("/stream?from=115").status == 410 and daemon.get("/stream?from=200").status == 400, "the ring is bounded in bytes")
    daemon.stop()


def race():
    """Publishing while followers come, read and go."""
    daemon = Daemon(ring=(100000, 1 << 30))
    stop = threading.Event()

    def follow(seed):
        seen = 0
        start = 100
        while not stop.is_set():
            f = Follower(daemon, start)
            wanted = 1 + seed % 7
            if not read_followers([f], lambda f: len(f.events) >= wanted):
                return False
            ids = [e[0] for e in f.events]
            if ids != list(range(start + 1, start + 1 + len(ids))):
                return False
            start = ids[-1] if ids else start
            seen += len(ids)
            f.connection.close()
        return seen > 0

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        following = [pool.submit(follow, seed) for seed in range(8)]
        for number in range(101, 1101):
            publish(daemon, number, data=b"x")
        stop.set()
        for number in range(1101, 1200):
            publish(daemon, number, data=b"x")
        check(all(f.result() for f in following), "followers that come and go while events are published")
    daemon.stop()


# --- waiting ---

def waiting():
    daemon = Daemon()

    def work(seed):
        with daemon.connect() as connection:
            reader = Reader(connection)
            for i in range(400):
                path, text = [("/slow", b"slow\n"), ("/hasty", b"hasty\n"), ("/hello", b"hello\n")][(i + seed) % 3]
                connection.sendall(request("GET", path))
                if read_answer(reader).body.rstrip(b"\0") != text:
                    return False
                if i % 50 == 0:  # somebody hangs up while it waits
                    with daemon.connect() as other:
                        other.sendall(request("GET", "/slow") * 3)
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        check(all(pool.map(work, range(8))), "3,200 requests that wait, end elsewhere, or are woken before they wait")
    connections = [daemon.connect() for _ in range(60)]
    for connection in connections:
        connection.sendall(request("GET", "/held"))
    for connection in connections[:30]:
        connection.close()
    released, deadline = 0, time.monotonic() + PATIENCE
    while released < 60 and time.monotonic() < deadline:
        released += int(daemon.get("/release").body)
    check(released == 60, f"{released} of 60 were held")
    check(all(read_answer(Reader(c)).body == b"held\n" for c in connections[30:]), "held requests are answered")
    for connection in connections[30:]:
        connection.close()
    check(daemon.wait_count("connections", 1), f"all hung up: {daemon.count()}")
    daemon.stop()


# --- the end ---

def end():
    daemon = Daemon()
    followers = [Follower(daemon, 100) for _ in range(50)]
    idle = daemon.connect()
    idle.sendall(HELLO)
    read_answer(Reader(idle))
    check(daemon.wait_count("streams", 50), "50 streams")
    publish(daemon, 101)
    began = time.monotonic()
    daemon.stop()
    check(time.monotonic() - began < PATIENCE / 2, "streams and idle connections do not keep the server")
    check(read_followers(followers, lambda f: f.ended), "streams end")
    check(all(f.ended and len(f.events) == 1 for f in followers), "with what was published, and properly")
    check(read_all(idle) == b"", "idle connections are closed")

    for _ in range(20):  # while followers go back to sleep
        daemon = Daemon()
        followers = [Follower(daemon, 100) for _ in range(200)]
        check(daemon.wait_count("streams", 200), "200 streams")
        publish(daemon, 101)
        daemon.stop()
        check(read_followers(followers, lambda f: f.ended) and all(len(f.events) == 1 for f in followers), "200 streams end")

    daemon = Daemon()
    held = daemon.connect()
    held.sendall(request("GET", "/held"))
    deadline, asked = time.monotonic() + PATIENCE, 1
    while daemon.count()["requests"] <= asked and time.monotonic() < deadline:  # each of these is one itself
        asked += 1
    stopping = threading.Thread(target=daemon.stop)
    stopping.start()
    answer = read_answer(Reader(held))
    check(answer.status == 503 and json.loads(answer.body)["code"] == "unavailable", "who waits in vain is told so")
    stopping.join()
    try:
        daemon.connect()
        check(False, "nobody listens any more")
    except ConnectionRefusedError:
        pass


for part in [malformed, well_formed, listening, slow, streams, falling_out, race, waiting, end]:
    if not ONLY or part.__name__ in ONLY:
        began = time.monotonic()
        part()
        print(f"{part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
finish()
