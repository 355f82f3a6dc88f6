#!/usr/bin/env python3
"""peers.py REGISTRY COUNTERSIGN LIST_READER: others' libraries read what a real registry issues, and ours what they issue: jose,
@sd-jwt/sd-jwt-vc and @sd-jwt/jwt-status-list, installed by npm into a temporary folder. Skipped, with the reason, where npm cannot install
them. The status list is compared entry by entry."""
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zlib

from gate_client import make_request, sign_off
from peers_issued import check_issued, proof_of_peer
from registry_client import Failure, Officer, Registry, now, unb64u
from scene import Scene

AUTHORITY = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]
PACKAGES = ["jose@6.0.11", "@sd-jwt/sd-jwt-vc@0.9.2", "@sd-jwt/jwt-status-list@0.9.2"]


def expect(what, truth):
    if not truth:
        raise Failure(what)


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def install(folder):
    if not shutil.which("npm"):
        skip("npm is not there")
    with open(os.path.join(folder, "package.json"), "w", encoding="utf-8") as file:
        json.dump({"private": True}, file)
    try:
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES], cwd=folder, capture_output=True,
                              text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        skip("npm did not install the packages within 120 s")
    if done.returncode != 0:
        skip("npm cannot install the packages: " + done.stderr.strip().split("\n")[-1])


def check_list(registry):
    """The list, read by hand: one index of each kind, and what a cache is told."""
    client = registry.client()
    answer = client.get("/status/list/0")
    token = answer.ok(200)
    header, payload, _ = token.split(".")
    header, payload = json.loads(unb64u(header)), json.loads(unb64u(payload))
    expect(f"the header {header}", header["typ"] == "statuslist+jwt" and answer.headers["Content-Type"] == "application/statuslist+jwt")
    expect("the claims", payload["sub"] == registry.iss + "/status/list/0" and payload["iat"] < payload["exp"] and 1 <= payload["ttl"] <= 86400)
    expect("caching", answer.headers["ETag"] and "max-age=60" in answer.headers["Cache-Control"])
    again = client.get("/status/list/0", **{"If-None-Match": answer.headers["ETag"]})
    expect(f"not modified: {again}", again.status == 304 and not again.body)
    packed = client.get("/status/list/0", **{"Accept-Encoding": "br, gzip;q=0.8"})
    expect("by gzip", packed.headers["Content-Encoding"] == "gzip" and packed.headers["Vary"] == "Accept-Encoding" and
           gzip.decompress(packed.body).decode() == token and packed.headers["ETag"] != answer.headers["ETag"])
    expect("not modified by gzip", client.get("/status/list/0", **{"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}).status == 304)
    for unwanted in ("gzip;q=0", "gzip;q=0.000", "identity", "x-gzip", "gzipped", ""):
        plain = client.get("/status/list/0", **{"Accept-Encoding": unwanted})
        expect(f"no gzip for {unwanted!r}", not plain.headers["Content-Encoding"] and plain.ok(200) == token)
    client.get("/status/list/1").refused("not-found", 404)
    bits = zlib.decompress(unb64u(payload["status_list"]["lst"]))
    expect("its whole length", len(bits) == 4 << 20)
    return token, lambda idx: bits[idx // 4] >> idx % 4 * 2 & 3


def check_proof(registry, folder, clinician):
    """The registry takes a proof of possession that jose made, once."""
    client = registry.client()
    payload = {"aud": registry.iss, "nonce": client.challenge(), "iat": now(), "use": "credential", "idx": clinician.idx}
    proof = proof_of_peer(folder, clinician.key, clinician.key.seed, payload)
    client.post("/v1/credentials", {"proof": proof}).ok(200)
    client.post("/v1/credentials", {"proof": proof}).refused("nonce-unknown", 401)
    print("registry: proof of possession by jose, once")


def main(program, countersign, list_reader):
    folder = tempfile.mkdtemp(prefix="countersign-peers.")
    try:
        with Registry(program, AUTHORITY) as registry:
            scene = Scene(registry, AUTHORITY)
            scene.open_hospital()
            live, suspended, revoked, back = (scene.clinician() for _ in range(4))
            client = registry.client()
            credentials = [client.credential(p.key).ok(200)["credential"] for p in (live, suspended)]
            old = back.idx
            for do, person in (("suspend", suspended), ("revoke", revoked), ("suspend", back), ("reinstate", back)):
                scene.order(do, person).ok(200)
            token, status = check_list(registry)
            statuses = {live.idx: 0, suspended.idx: 2, revoked.idx: 1, old: 3, 4: 0, 5: 0}
            expect("each entry", {idx: status(idx) for idx in statuses} == statuses)
            # everything is cut: what was issued before reads suspended, what has ended stays what it was
            scene.regulator.deed(registry.deed("cut", "ksbha", kind="institution", id=scene.hospital, cut_ms=time.time_ns() // 10**6,
                                               reason="emergency", why={"text": "as decided"}), *AUTHORITY).ok(200)
            _, cut = check_list(registry)
            expect("after a cut", (cut(live.idx), cut(suspended.idx), cut(revoked.idx)) == (2, 2, 1))
            print("status list: live, suspended, revoked, reinstated and cut read as they must")
            prover = scene.clinician()  # before npm takes its time: the registry closes connections that are idle
            install(folder)
            signed = [sign_off(p.key, c, make_request("app-1"), b"a report")["sign_off"] for p, c in zip((live, suspended), credentials)]
            root = client.get("/trust/1").ok(200)
            x = next(line.split(" ")[1] for line in root.split("\n") if line.startswith("statuslist "))
            given = {"iss": registry.iss, "jwks": client.get("/.well-known/jwt-vc-issuer").ok(200)["jwks"], "credential": credentials[0],
                     "signOff": signed[0], "endedSignOff": signed[1], "name": "Dr A. Example", "list": token, "statuses": statuses,
                     "listKey": {"kty": "OKP", "crv": "Ed25519", "x": x}}
            done = subprocess.run(["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers.mjs"), folder],
                                  input=json.dumps(given), capture_output=True, text=True, timeout=60, check=False)
            if done.returncode != 0:
                raise Failure("a peer refuses what we issue:\n" + done.stdout + done.stderr)
            print(done.stdout.strip())
            check_proof(registry, folder, prover)
        check_issued(folder, countersign, list_reader)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main(*sys.argv[1:4])
