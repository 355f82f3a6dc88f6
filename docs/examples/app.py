#!/usr/bin/env python3
"""app.py GATE DOCUMENT REQUEST [SIGN_OFF]…: an AI app asks its local gate whether a document may leave, and obeys.
GATE is what `countersign gate` printed: 127.0.0.1:PORT, or unix:PATH. Prints the gate's answer; exit code 0 only for a permit."""
import base64
import http.client
import json
import pathlib
import secrets
import socket
import sys
import time


def uuid7():
    n = int(time.time() * 1000) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    text = f"{n:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def call(gate, path, body):
    connection = http.client.HTTPConnection("localhost" if gate.startswith("unix:") else gate)
    if gate.startswith("unix:"):
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(gate[5:])
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    return json.load(connection.getresponse())


def may_leave(gate, document, requests, sign_offs):
    """What the gate says: a permit for these bytes, now, or why not. One request a signer, and the sign-offs in the same order."""
    fixed = ("act", "setting", "jurisdiction", "site", "tool", "audience", "request_id")
    return call(gate, "/release", {
        "release_id": uuid7(), **{member: requests[0][member] for member in fixed}, "requests": requests,
        "sign_offs": [{"entry": 0, **sign_off} for sign_off in sign_offs],
        "document": base64.urlsafe_b64encode(document).decode().rstrip("=")})


if __name__ == "__main__":
    gate, document, *files = sys.argv[1:]
    objects = [json.loads(pathlib.Path(file).read_text()) for file in files]
    decision = may_leave(gate, pathlib.Path(document).read_bytes(),
                         [o for o in objects if "sign_off" not in o], [o for o in objects if "sign_off" in o])
    print(json.dumps(decision, ensure_ascii=False))
    if decision.get("verdict") != "allow":  # also when the answer is a problem: only a permit lets go
        sys.exit(1)
    # Here the document leaves; then the gate hears what became of it.
    call(gate, "/outcome", {"release_id": decision["release_id"], "outcome": "released"})
