"""The other half of peers.py: what others' libraries issue, verified by ours. They are given the keys of the conformance tests' registry and
one of its clinicians, and make the credential, the key binding and the entry themselves; `countersign check` decides each."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = [os.path.join(HERE, "..", "conformance"), os.path.join(HERE, "..", "vectors")]
from profile import NOW, Key, Release, Slot, b64u, note_hash, status_claim  # noqa: E402
from world import base  # noqa: E402

from registry_client import Failure  # noqa: E402


def private_jwk(key):
    return {**key.jwk, "d": b64u(key.seed)}


def run_node(packages, given):
    done = subprocess.run(["node", os.path.join(HERE, "peers_issue.mjs"), packages], input=json.dumps(given), capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 0:
        raise Failure("a peer did not issue:\n" + done.stdout + done.stderr)
    return json.loads(done.stdout)


def proof_of_peer(packages, key, seed, payload):
    """A proof of possession (PROTOCOL 9) made by jose."""
    return run_node(packages, {"proof": {"key": {**key.jwk, "d": b64u(seed)}, "payload": payload}})


def serve(folder, world):
    """What the registry of the world serves, as files: root, policies, log."""
    for name in ("trust", "policies", "status/tile/entries"):
        (folder / name).mkdir(parents=True)
    (folder / "trust/1").write_text(world.root_note)
    for note in world.notes:
        (folder / "policies" / b64u(note_hash(note)[:24])).write_text(note)
    leaves = world.log.leaves
    path = folder / f"status/tile/entries/000.p/{len(leaves)}"
    path.parent.mkdir()
    path.write_bytes(b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves))
    (folder / "status/checkpoint").write_text(world.log.checkpoint(NOW - 7, NOW - 7))


def check_cases(program, folder, world, release, cases):
    faults, allowed = [], 0
    for number, case in enumerate(cases):
        body = {**release, "sign_offs": [{"sign_off": case["sign_off"], "transaction_data": case["transaction_data"], "entry": 0}]}
        path = folder / f"release-{number}.json"
        path.write_text(json.dumps(body))
        done = subprocess.run([program, "check", "--json", "--test", "--state", str(folder), "--root-hash=" + b64u(note_hash(world.root_note)),
                               "--deployment", world.deployment, "--now", str(NOW), "--received-at", str(NOW), str(path)],
                              capture_output=True, text=True, timeout=60, check=False)
        answer = json.loads(done.stdout) if done.stdout else {}
        if (answer.get("verdict"), answer.get("code")) != (("refuse", case["expect"]) if case["expect"] else ("allow", None)):
            faults.append(f"{case['name']}: {done.stdout or done.stderr}(expected {case['expect'] or 'allow'})")
        allowed += answer.get("verdict") == "allow"
    if faults:
        raise Failure("what a peer issued is judged otherwise:\n" + "\n".join(faults))
    return allowed


def check_lists(reader, lists, x, uri):
    entries = 0
    for given in lists:
        indexes = list(given["entries"])
        done = subprocess.run([reader, x, uri, str(NOW), *indexes], input=given["token"], capture_output=True, text=True, timeout=60, check=False)
        wanted = "refused: " + given["expect"] if given["expect"] else " ".join(str(value) for value in given["entries"].values())
        if done.stdout.strip() != wanted:
            raise Failure(f"the list {given['name']} of a peer reads {done.stdout.strip()!r}, not {wanted!r} {done.stderr}")
        entries += 0 if given["expect"] else len(indexes)
    return entries


def check_issued(packages, program, reader):
    world = base()
    world.offline = True
    slot = Slot(world.people["a"])
    release = Release(world, slot).object()
    person = world.people["a"]
    ended = world.people["suspended"]
    claims = {name: value for name, value in slot.claims.items() if name not in ("_sd", "_sd_alg")}
    binding = {name: slot.kb[name] for name in ("iat", "aud", "nonce", "jti", "auth_time")}
    foreign, list_key, uri = Key("a peer's own key"), Key("statuslist 1"), world.iss + "/status/list/0"
    made = run_node(packages, {
        "issuer": private_jwk(world.issuer), "kid": world.issuer.kid, "holder": private_jwk(person.key), "foreign": private_jwk(foreign),
        "claims": claims, "disclosable": person.disclosable, "binding": binding, "transaction": slot.td,
        "endedStatus": status_claim(world.iss, world.log.origin, ended.idx), "listKey": private_jwk(list_key), "listUri": uri, "now": NOW})
    with tempfile.TemporaryDirectory(prefix="countersign-peers.") as work:
        folder = pathlib.Path(work)
        serve(folder, world)
        allowed = check_cases(program, folder, world, release, made["cases"])
    entries = check_lists(reader, made["lists"], list_key.x, uri)
    if allowed < 10 or len(made["cases"]) - allowed < 40 or entries < 15:
        raise Failure(f"fewer cases than there were: {allowed}, {len(made['cases'])}, {entries}")
    print(f"what they issue: {allowed} sign-offs allowed, {len(made['cases']) - allowed} refused by their codes; "
          f"{len(made['lists'])} status lists read or refused, {entries} entries")
