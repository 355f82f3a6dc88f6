#!/usr/bin/env python3
"""deeds.py PROGRAM: every kind of deed over HTTP, as it should be and in every way that it should not: each refused with its code, and
without a trace; then the same deed is accepted, numbered and chained, and brings what PROTOCOL 5 says."""
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = [os.path.join(HERE, "..", "conformance"), os.path.join(HERE, "..", "vectors")]

import hashlib  # noqa: E402

from deed_kinds import KINDS, World, enrol, policy_note, suspend, suspend_interim  # noqa: E402
from ed25519 import BASE_POINT, L, encode, times  # noqa: E402
from registry_client import (DEADLINE, Deed, Failure, Key, Officer, Registry, b64u, compact, note, now, read_event,  # noqa: E402
                             sha256, unb64u, uuid7)

refused = 0


def expect(what, truth):
    if not truth:
        raise Failure(what)


def refuse(what, answer, code, status):
    """Counts a refusal, and says which it was when it is none."""
    global refused
    try:
        answer.refused(code, status)
    except Failure as failure:
        raise Failure(f"{what}: {failure}") from failure
    refused += 1


def variant(deed, **changes):
    """The same members but these, under another id; None leaves a member out."""
    members = {**deed.members, **changes}
    do, at = members.pop("do"), members.pop("at")
    return Deed(deed.text.split("\n")[1], do, at, **members)


def text_of(deed, members):
    """A deed that no writer of ours would write: `members` is JSON text."""
    return "\n".join((*deed.text.split("\n")[:2], uuid7(), members, ""))


class Twice:
    """Another signature of an officer over the same text: Ed25519 with another nonce than RFC 8032's."""

    def __init__(self, officer, seed):
        self.officer, self.name, self.seed = officer, officer.name, seed

    def sign(self, text):
        digest = bytearray(hashlib.sha512(self.seed).digest())
        digest[0] &= 248
        digest[31] = digest[31] & 127 | 64
        scalar = int.from_bytes(digest[:32], "little")
        nonce = int.from_bytes(hashlib.sha512(b"another nonce").digest(), "little") % L
        point = encode(times(nonce, BASE_POINT))
        challenge = int.from_bytes(hashlib.sha512(point + self.officer.key.public + text.encode()).digest(), "little") % L
        made = point + ((nonce + challenge * scalar) % L).to_bytes(32, "little")
        signer = Officer(self.officer.body, self.officer.id, key=self.officer.key)
        signer.key.sign, usual = lambda message: made, signer.key.sign
        line = signer.sign(text)
        signer.key.sign = usual
        return line


# --- refusals that every kind has ---


def refuse_signatures(w, kind, deed, first, second):
    """Who is nobody, who was somebody, who signs for another, and what was signed before it was changed."""
    name, body = kind.name, first.body
    refuse(f"{name} unsigned", w.regulator.post("/v1/deeds", deed.text), "note-unsigned", 422)
    refuse(f"{name} by an unknown officer", w.submit(deed, Officer(body, "nobody")), "officer-unknown", 403)
    refuse(f"{name} by an officer of an unknown body", w.submit(deed, Officer("nowhere", "nobody")), "officer-unknown", 403)
    refuse(f"{name} by a stranger's key", w.submit(deed, first, Officer(body, second.id)), "officer-unknown", 403)
    refuse(f"{name} by an officer who has ended", w.submit(deed, w.ended[body]), "officer-ended", 403)
    refuse(f"{name} by one in office and one who has ended", w.submit(deed, first, w.ended[body]), "officer-ended", 403)
    refuse(f"{name} by one key under two names", w.submit(deed, first, Officer(body, second.id, key=first.key)), "same-key", 403)
    same = Officer(body, first.id, key=first.key)
    refuse(f"{name} with one line twice", w.submit(deed, first, same), "note-malformed", 422)
    foreigner = w.next.officers[0] if body != "hospital-2" else w.near.officers[0]
    refuse(f"{name} with an officer of another institution", w.submit(deed, first, foreigner), "foreign-institution", 403)
    refuse(f"{name} with an officer of another authority", w.submit(deed, first, w.ca[0]), "foreign-jurisdiction", 403)

    altered = text_of(deed, compact({**deed.members, "valid_until": deed.members["valid_until"] + 1}))
    line = first.sign(altered) + second.sign(altered)
    refuse(f"{name} altered", w.regulator.post("/v1/deeds", deed.text + "\n" + line), "note-signature-bad", 422)
    refuse(f"{name} with one good line and one over another text",
           w.regulator.post("/v1/deeds", deed.text + "\n" + first.sign(deed.text) + second.sign(altered)), "note-signature-bad", 422)


def refuse_texts(w, kind, deed, signers):
    """What is late, of another registry, or not the closed object of its kind."""
    name = kind.name
    refuse(f"{name} expired", w.submit(variant(deed, valid_until=now() - 1), *signers), "deed-expired", 409)
    elsewhere = Deed("other.test", deed.members["do"], deed.members["at"],
                     **{m: v for m, v in deed.members.items() if m not in ("do", "at")})
    refuse(f"{name} of another registry", w.submit(elsewhere, *signers), "deed-malformed", 422)

    def malformed(what, members):
        text = text_of(deed, members if isinstance(members, str) else compact(members))
        refuse(f"{name} with {what}", w.regulator.post("/v1/deeds", note(text, *signers)), "deed-malformed", 422)

    malformed("a member that it has not", {**deed.members, "more": 1})
    malformed("something behind its object", compact(deed.members) + "{}")
    malformed("no object", "[]")
    malformed("another kind", {**deed.members, "do": "release"})
    for member, value in deed.members.items():
        if member != "until":  # which may be absent
            malformed(f"no {member}", {m: v for m, v in deed.members.items() if m != member})
        malformed(f"{member} null", {**deed.members, member: None})
        malformed(f"{member} of another type", {**deed.members, member: True})
        malformed(f"{member} twice", compact(deed.members)[:-1] + "," + compact({member: value})[1:])


def refuse_bodies(w, kind, deed):
    """The same by another institution, another authority, or one that does not exist, with all its signatures."""
    for at, code in zip(("hospital-2", "camb"), kind.foreign):
        if code:
            refuse(f"{kind.name} at {at}", w.submit(variant(deed, at=at), *w.officers(at)), code, 403)
    refuse(f"{kind.name} at nowhere", w.submit(variant(deed, at="nowhere"), *w.near.officers), "foreign-institution", 403)


# --- what is accepted ---

accepted = {}  # number -> the view


def accept(view):
    expect(f"a number twice: {view}", view["number"] not in accepted)
    accepted[view["number"]] = view
    return view


def check_leaves(w, kind, deed, size):
    """The leaves of the deed's commit: their types, codes and reasons, and that they name the deed."""
    if w.registry.log_size() == size:
        expect(f"{kind.name}: it has no leaves", not kind.leaves)
        return
    leaves = []
    with w.registry.stream(size) as stream:
        _, leaves, _ = read_event(stream.next()["data"])
    said = [(leaf["type"], leaf.get("code", leaf.get("kind")), leaf.get("reason")) for leaf in leaves]
    expect(f"{kind.name}: leaves {said}", said == kind.leaves)
    for leaf in leaves:
        if leaf["type"] in "EX":
            expect(f"{kind.name}: the leaf names the deed", leaf["deed"] == unb64u(deed.hash)[:16])
        if leaf["type"] == "E":
            expect(f"{kind.name}: the leaf is of her index", leaf["idx"] == w.person.idx)
            expect(f"{kind.name}: its times", leaf["effective_ms"] <= leaf["recorded_ms"])


def check_accepted(w, kind, deed, signers):
    """Signature by signature: it waits for the last, and then is good once."""
    name, size = kind.name, w.registry.log_size()
    for n, signer in enumerate(signers[:-1]):
        waiting = w.submit(deed, signer).ok(202)
        expect(f"{name} waits: {waiting}", waiting["state"] == "waiting" and waiting["needs"] == len(signers) - 1 - n)
        expect(f"{name} has no number yet", "number" not in waiting)
        refuse(f"{name} by the same person twice", w.submit(deed, signer), "same-person", 403)
        expect(f"{name} changes nothing while it waits", w.registry.log_size() == size)
    view = accept(w.submit(deed, signers[-1]).ok(200))
    expect(f"{name} is effective: {view}", view["state"] == "effective" and view["needs"] == 0)
    expect(f"{name}: who signed", [s["officer"] for s in view["signers"]] == [s.name for s in signers])
    check_leaves(w, kind, deed, size)
    kind.effect(w, deed, view)

    refuse(f"{name} replayed", w.submit(deed, *signers), "deed-replayed", 409)
    refuse(f"{name} replayed by one", w.submit(deed, signers[0]), "deed-replayed", 409)
    other = Deed(w.registry.origin, deed_id=deed.id, **{**deed.members, "valid_until": deed.members["valid_until"] + 60})
    refuse(f"{name} with its id used again", w.submit(other, *signers), "deed-replayed", 409)
    read = w.regulator.get("/v1/deeds/" + deed.hash).ok(200)
    expect(f"{name} reads back", read["note"] == deed.signed(*signers) and read["number"] == view["number"])


def check_amended(w, kind, deed, body, signers):
    """Correct, then void, by those who gave it."""
    for do, code in zip(("correct", "void"), kind.amend):
        more = {"with": kind.with_} if do == "correct" else {}
        amending = w.deed(do, body, deed=deed.hash, **more, why={"text": "a mistake"})
        answer = w.submit(amending, *signers)
        if answer.status == 202 and do == "void" and code is None and len(signers) == 1:  # one alone gives nothing back
            expect(f"{kind.name}: its void waits", answer.json["state"] == "waiting")
            answer = w.submit(amending, *w.officers(body))
        if code:
            refuse(f"{do} of {kind.name}", answer, code, 409)
        else:
            accept(answer.ok(200))
    if kind.amend[1] is None:
        state = w.regulator.get("/v1/deeds/" + deed.hash).ok(200)["state"]
        expect(f"{kind.name}, voided, is {state}", state == "voided")


def check_kind(w, kind):
    bodies = list(kind.signers.items())
    (body, needs), (first, second) = bodies[0], w.officers(bodies[0][0])
    deed = kind.make(w, body)
    before = w.regulator.get("/v1/deeds?state=waiting").ok(200)["deeds"]
    refuse_signatures(w, kind, deed, first, second)
    refuse_texts(w, kind, deed, (first, second))
    refuse_bodies(w, kind, deed)
    expect(f"{kind.name}: what is refused leaves nothing", w.regulator.get("/v1/deeds?state=waiting").ok(200)["deeds"] == before)
    refuse(f"{kind.name} read before it was taken", w.regulator.get("/v1/deeds/" + deed.hash), "not-found", 404)
    check_accepted(w, kind, deed, (first, second)[:needs])
    check_amended(w, kind, deed, body, (first, second)[:needs])
    for body, needs in bodies[1:]:
        check_accepted(w, kind, kind.make(w, body), w.officers(body)[:needs])


# --- what only some have ---


def check_imports(w):
    members = {"file": b64u(sha256(b"a file")), "template": "csv",
               "counts": {"added": 1, "updated": 0, "unchanged": 0, "flagged": 0, "rejected": 0}}
    for do, body, other in (("enrol.import", "hospital-1", "ksbha"), ("roll.import", "ksbha", "hospital-1")):
        problem = w.submit(w.deed(do, body, **members), *w.officers(body))
        refuse(do, problem, "field-invalid", 422)
        expect(f"{do}: the template is named: {problem.json}", problem.json["field"] == "template")
        refuse(f"{do} at {other}", w.submit(w.deed(do, other, **members), *w.officers(other)), "forbidden", 403)


def check_people(w):
    """Another person and another key; and nobody signs what concerns their own licence."""
    body = "hospital-1"
    first, second = w.near.officers
    taken = Officer(body, w.fresh("officer"), key=first.key)
    again = w.deed("officer.add", body, body=body, officer=taken.entry)
    refuse("a key for a second officer", w.submit(again, first, second), "conflict", 409)
    third = Officer(body, w.fresh("officer"))
    imposed = w.deed("officer.add", "ksbha", body=body, officer=third.entry)
    refuse("an officer by the authority where there are two", w.submit(imposed, *w.ks), "forbidden", 403)

    seed = sha256(b"test key twice")
    twice = Officer(body, w.fresh("officer"), key=Key("twice"))
    w.accept(w.deed("officer.add", body, body=body, officer=twice.entry))
    deed = enrol(w, body)
    text = note(deed.text, twice, Twice(twice, seed))
    expect("the two lines differ", len(set(text.split("\n")[-3:-1])) == 2)
    refuse("two lines of one officer", w.regulator.post("/v1/deeds", text), "same-person", 403)

    own = w.near.enrol_deed(practitioner={"identifiers": [{"system": "urn:test:staff", "value": first.id}]})
    refuse("an officer's own licence", w.submit(own, first, second), "forbidden", 403)
    w.submit(own, second).ok(202)
    refuse("an officer's own licence, later", w.submit(own, first), "forbidden", 403)


def check_ended_before_the_second(w):
    """An approval counts while its officer is in office."""
    officer, deed = w.add_officer("hospital-1"), enrol(w, "hospital-1")
    first, second = w.near.officers
    w.submit(deed, officer).ok(202)
    w.end(officer)
    waiting = w.submit(deed, first).ok(202)
    expect("the approval of who has ended does not count", waiting["needs"] == 1)
    accept(w.submit(deed, second).ok(200))


def check_places(w):
    """An authority within its jurisdictions; a policy likewise."""
    first, second = w.ks
    person = w.far.clinician(licence={"jurisdiction": ["US-CA"]})
    for do in ("suspend", "revoke", "rescind", "deregister", "reinstate"):
        foreign = w.deed(do, "ksbha", licence=person.licence, effective=now(), reason="administrative", why={"text": "no"})
        refuse(f"{do} in California by Kansas", w.submit(foreign, first, second), "foreign-jurisdiction", 403)
    officer = Officer("camb", w.fresh("officer"))
    refuse("an officer for another authority", w.submit(w.deed("officer.add", "ksbha", body="camb", officer=officer.entry), first, second),
           "foreign-jurisdiction", 403)
    refuse("everything ended by one authority of two",
           w.submit(w.deed("cut", "ksbha", kind="all", cut_ms=1, reason="emergency", why={"text": "no"}), first, second),
           "foreign-jurisdiction", 403)
    w.far.app("app-far", tool="tool-far")
    refuse("a tool ended that is used elsewhere",
           w.submit(w.deed("cut", "ksbha", kind="tool", id="tool-far", cut_ms=1, reason="emergency", why={"text": "no"}), first, second),
           "foreign-jurisdiction", 403)
    policy, text = policy_note(w.registry.origin, id="ca-general", authority="camb")
    held = w.registry.login(w.ca[0]).post("/v1/policies", text).ok(201)
    publish = w.deed("policy.publish", "camb", id=policy["id"], version=1, note=held["note"], effective_ms=policy["effective_from"] * 1000)
    refuse("a policy for Kansas by California", w.submit(publish, *w.ca), "foreign-jurisdiction", 403)


def wait_until(what, ask):
    end = time.monotonic() + DEADLINE
    while not ask():
        if time.monotonic() > end:
            raise Failure(f"not within {DEADLINE} s: {what}")
        time.sleep(0.02)


def check_times(w):
    """What waits expires; what is ordered ahead takes effect at its time, or is struck out before."""
    short = variant(enrol(w, "hospital-1"), valid_until=now() + 2)
    w.submit(short, w.near.officers[0]).ok(202)
    tomorrow = suspend(w, "ksbha")
    struck, person = variant(tomorrow, effective=now() + 86400), w.person
    expect("an order ahead waits for its time", accept(w.accept(struck))["state"] == "accepted")
    w.registry.client().credential(person.key).ok(200)
    accept(w.accept(w.deed("void", "ksbha", deed=struck.hash, why={"text": "a mistake"})))
    ahead, size = variant(suspend(w, "ksbha"), effective=now() + 2), w.registry.log_size()
    with w.registry.stream(size) as stream:
        expect("an order ahead is accepted", accept(w.accept(ahead))["state"] == "accepted")
        w.registry.client().credential(w.person.key).ok(200)
        leaf = stream.wait_for(type="E", idx=w.person.idx)
    expect("it took effect at its time", leaf["effective_ms"] == ahead.members["effective"] * 1000 <= leaf["recorded_ms"])
    wait_until("the order reads effective", lambda: w.regulator.get("/v1/deeds/" + ahead.hash).ok(200)["state"] == "effective")
    w.registry.client().credential(w.person.key).refused("suspended", 403)
    wait_until("a deed expires", lambda: w.regulator.get("/v1/deeds/" + short.hash).ok(200)["state"] == "expired")
    refuse("a signature too late", w.submit(short, w.near.officers[1]), "deed-expired", 409)
    voiding = w.deed("void", "hospital-1", deed=short.hash, why={"text": "a mistake"})
    refuse("an expired deed voided", w.submit(voiding, *w.near.officers), "conflict", 409)


def check_interim(w):
    """Not confirmed in time: escalated, never lifted. Confirmed: nothing of the kind."""
    confirmed, hers = variant(suspend_interim(w, "ksbha"), confirm_by=now() + 1), w.person
    accept(w.submit(confirmed, w.ks[0]).ok(200))
    accept(w.near.order("suspend", hers).ok(200))
    left = variant(suspend_interim(w, "ksbha"), confirm_by=now() + 1)
    accept(w.submit(left, w.ks[0]).ok(200))

    def alerts():
        return [a for a in w.regulator.get("/v1/alerts").ok(200)["alerts"] if a["kind"] == "interim-unconfirmed"]
    wait_until("an alert of the interim suspension", alerts)
    expect(f"one alert, of the one not confirmed: {alerts()}", [a["about"] for a in alerts()] == [left.hash])
    expect("it says which licence", alerts()[0]["detail"]["licence"] == w.person.licence)
    w.registry.client().credential(w.person.key).refused("suspended", 403)
    expect("another authority does not hear of it", not w.registry.login(w.ca[0]).get("/v1/alerts").ok(200)["alerts"])


# --- the audit trail ---


def read_trail(client, limit):
    deeds, after = [], ""
    while after is not None:
        page = client.get(f"/v1/deeds?state=accepted&limit={limit}" + (f"&after={after}" if after else "")).ok(200)
        deeds += page["deeds"]
        after = page.get("next")
    return deeds


def check_trail(w):
    """Both authorities together see every accepted deed; numbers, hashes and chain are what PROTOCOL 5 computes."""
    trail = {d["number"]: d for client in (w.regulator, w.registry.login(w.ca[0])) for d in read_trail(client, 7)}
    expect("the numbers have no gap", sorted(trail) == list(range(1, len(trail) + 1)))
    chain = sha256(b"countersign/deeds/v1\n" + w.registry.origin.encode())
    for number in sorted(trail):
        view = trail[number]
        body = view["at"] if view["at"] in w.authorities else "camb" if view["at"] == "hospital-3" else "ksbha"
        reader = w.regulator if body == "ksbha" else w.registry.login(w.ca[0])
        text = reader.get("/v1/deeds/" + view["hash"]).ok(200)["note"].split("\n\n")[0] + "\n"
        expect(f"deed {number}: its hash is of its text", view["hash"] == b64u(sha256(text.encode())))
        chain = sha256(b"\x03" + chain + number.to_bytes(8, "big") + unb64u(view["hash"]))
        expect(f"deed {number}: the chain", view["chain"] == b64u(chain))
    for number, view in accepted.items():
        expect(f"deed {number} is what was answered", (trail[number]["hash"], trail[number]["chain"]) == (view["hash"], view["chain"]))
    mine = read_trail(w.hospital, 100)
    expect("a hospital sees its own deeds", {d["at"] for d in mine} == {"hospital-1"})
    return len(trail)


def main(program):
    with Registry(program, **World.init) as registry:
        w = World(registry)
        schema = os.path.join(HERE, "..", "..", "verifier", "core", "deed_schema.c")
        with open(schema, encoding="utf-8") as file:
            known = re.findall(r'"([a-z.]+)"', file.read().split("WORDS(deed_kinds,")[1].split(")")[0])
        expect("every kind of deed is here", {k.name for k in KINDS} | {"enrol.import", "roll.import"} == set(known))
        for kind in KINDS:
            check_kind(w, kind)
        for check in (check_imports, check_people, check_ended_before_the_second, check_places, check_times, check_interim):
            check(w)
        count = check_trail(w)
        registry.stop()
        registry.fsck()
    print(f"{len(KINDS)} kinds, {refused} refusals, {count} deeds accepted and chained")


main(sys.argv[1])
