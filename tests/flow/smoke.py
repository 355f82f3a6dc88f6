#!/usr/bin/env python3
"""smoke.py PROGRAM: the way of a clinician through a real registry, from init to an order that bites, and a clean end."""
import json
import sys

from registry_client import Failure, Key, Officer, Registry, binding_commit, now, proof, unb64u
from scene import Scene

AUTHORITY = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]


def expect(what, truth):
    if not truth:
        raise Failure(what)


def claims_of(credential):
    return json.loads(unb64u(credential.split(".")[1]))


def check_static(registry):
    client = registry.client()
    root = client.get("/trust/1").ok(200)
    expect("the root served is the one made", root.startswith("countersign/root/v1\norigin registry.test\n"))
    client.get("/trust/2").refused("not-found", 404)
    keys = client.get("/.well-known/jwt-vc-issuer").ok(200)
    expect("the issuer's keys are there", keys["issuer"] == registry.iss and len(keys["jwks"]["keys"]) == 1)
    expect("the type is there", client.get("/vct/practitioner/1").ok(200)["vct"] == registry.iss + "/vct/practitioner/1")
    expect("it is ready", client.get("/health/ready").ok(200)["ready"])
    expect("it counts", "countersign_log_size 1\n" in client.get("/metrics").ok(200))
    fresh = client.get("/status/fresh?nonce=AAECAwQFBgcICQoLDA0ODw").ok(200)
    expect("the fresh note has the nonce", "\nAAECAwQFBgcICQoLDA0ODw\n" in fresh)
    client.get("/status/fresh").refused("argument", 400)


def check_callers(registry):
    client = registry.client()
    client.get("/v1/deeds").refused("unauthenticated", 401)
    client.ask_token(Key()).refused("unauthenticated", 401)
    expect("a refused proof gets the next nonce", client.nonce)
    nonce = client.challenge()
    good = proof(AUTHORITY[0].key, registry.iss, nonce, "token")
    token = client.post("/v1/tokens", {"proof": good}).ok(200)
    expect("the token names the officer", (token["role"], token["id"]) == ("officer", "ksbha/chen"))
    client.post("/v1/tokens", {"proof": good}).refused("nonce-unknown", 401)
    client.post("/v1/tokens", {"proof": proof(AUTHORITY[0].key, "https://other.test", client.challenge(), "token")}).refused(
        "possession-bad", 403)
    client.post("/v1/tokens", {"prove": good}).refused("body-malformed", 400)


def check_deeds(registry, scene):
    """One signature waits, the second accepts; a deed is good once."""
    deed = scene.enrol_deed()
    waiting = scene.client.deed(deed, scene.officers[0]).ok(202)
    expect("one signature waits", waiting["state"] == "waiting" and waiting["needs"] == 1)
    expect("it is listed", deed.hash in [d["hash"] for d in scene.client.get("/v1/deeds?state=waiting").ok(200)["deeds"]])
    done = scene.client.deed(deed, scene.officers[1]).ok(200)
    expect("the second makes it effective", done["state"] == "effective" and done["result"]["licence"])
    scene.client.deed(deed, *scene.officers).refused("deed-replayed", 409)
    read = scene.client.get("/v1/deeds/" + deed.hash).ok(200)
    expect("the note has both signatures", read["note"].startswith(deed.text) and read["note"].count("\n— ") == 2)
    expect("accepted deeds are numbered", read["number"] == done["number"])


def check_clinician(registry, scene):
    """From enrolment to a credential, and what a gate reads of it."""
    person = scene.enrol()
    client = registry.client()
    code = scene.activate(person)
    client.bind(person.key, code[:12] + "-aaaaaaaaaaaaaaaa").refused("code-wrong", 403)
    bound = client.bind(person.key, code).ok(201)
    expect("the binding is hers", bound["practitioner"] == person.practitioner)
    person.idx = bound["idx"]
    client.bind(Key(), code).refused("code-wrong", 403)

    credential = client.credential(person.key).ok(200)["credential"]
    claims = claims_of(credential)
    expect("the credential is hers", claims["sub"] == person.practitioner and claims["cnf"]["jwk"] == person.key.jwk)
    expect("it has her index", claims["status"]["countersign"]["idx"] == person.idx and claims["test"] is True)
    client.credential(Key()).refused("not-found", 404)
    with registry.stream(0) as stream:
        leaf = stream.wait_for(type="B", idx=person.idx)
    expect("the leaf commits to her key", leaf["commit"] == binding_commit(registry.iss, person.practitioner, person.key.thumbprint))
    return person


def check_order(registry, scene, person):
    """An order ends her index before it is answered, and the stream says so."""
    size = registry.log_size()
    with registry.stream(size) as stream:
        view = scene.order("suspend", person).ok(200)
        leaf = stream.wait_for(type="E", idx=person.idx)
    expect("the leaf is a suspension", leaf["code"] == 2 and leaf["reason"] == 2)
    expect("it names the deed", leaf["deed"] == unb64u(view["hash"])[:16])
    expect("the view tells the index", view["result"]["indexes"] == [person.idx])
    registry.client().credential(person.key).refused("suspended", 403)
    licence = scene.regulator.get("/v1/licences/" + person.licence).ok(200)
    expect("the licence reads suspended", licence["status"]["state"] == "suspended")
    expect("the event object is served", registry.client().get(f"/status/e/{leaf['size']}").ok(200).startswith(str(size) + " "))
    scene.order("reinstate", person).ok(200)
    claims = claims_of(registry.client().credential(person.key).ok(200)["credential"])
    expect("reinstated under a new index", claims["status"]["countersign"]["idx"] > person.idx)


def check_stream(registry):
    client = registry.client()
    client.get("/status/stream").refused("argument", 400)
    client.get("/status/stream?from=999999").refused("argument", 400)
    client.get("/status/stream?from=01").refused("argument", 400)


def check_app(registry, scene, person):
    app = registry.login(scene.app("deploy-1"))
    pointer = {"practitioner": person.practitioner, "url": "https://app.test/r/1", "expires_at": 2_000_000_000}
    app.post("/v1/inbox", pointer).refused("field-invalid", 422)
    pointer["expires_at"] = now() + 600
    left = app.post("/v1/inbox", pointer).ok(201)
    found = registry.login(person.key).get("/v1/inbox").ok(200)["requests"]
    expect("the pointer is found", [r["id"] for r in found] == [left["id"]] and found[0]["url"] == pointer["url"])
    app.get("/v1/deeds").refused("forbidden", 403)


def check_too_old(registry, scene, person):
    """1,024 commits back is served; one more is 410."""
    sizes = [registry.log_size()]
    for _ in range(513):  # each of the two is one commit
        for do in ("suspend", "reinstate"):
            scene.order(do, person).ok(200)
            sizes.append(registry.log_size())
    with registry.stream(sizes[-1025]) as stream:
        stream.wait_for(position=sizes[-1] - 1)
    registry.client().get(f"/status/stream?from={sizes[-1026]}").refused("not-found", 410)


def main(program):
    with Registry(program, AUTHORITY) as registry:
        check_static(registry)
        check_callers(registry)
        scene = Scene(registry, AUTHORITY)
        scene.open_hospital()
        check_deeds(registry, scene)
        person = check_clinician(registry, scene)
        check_order(registry, scene, person)
        check_stream(registry)
        check_app(registry, scene, person)
        check_too_old(registry, scene, person)
        size = registry.log_size()
        registry.stop()
        clean = registry.fsck().stdout
        expect("fsck counts the log", clean.startswith(f"clean: {size} leaves"))
        registry.start()
        expect("a restart forgets nothing", registry.log_size() == size)
        registry.client().credential(person.key).ok(200)
        registry.kill()
        registry.fsck()
        registry.doctor()
    print("from init to a clean end")


main(sys.argv[1])
