#!/usr/bin/env python3
"""codes.py REGISTRY COUNTERSIGN LIMITS SHIM: every code of rows 15, 17 and 18 of PROTOCOL 1, each produced once at the registry, at a gate
or by a call; and none of the header is left out."""
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

from deed_kinds import World, activate, enrol
from gate_client import Site, publish_policy
from receipts import Outbox
from registry_client import DEADLINE, Failure, Key, Officer, Registry, compact, now, proof, unb64u, wait_line

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "include", "countersign", "code.h")


class Stage:
    """A registry with its world, a site with a gate, and a clinician."""

    def __init__(self, w, site, limits):
        self.w, self.registry, self.site, self.gate, self.limits = w, w.registry, site, site.gate, limits
        self.anyone, self.person = w.registry.client(), w.near.clinician()
        self.gate.wait_size(w.registry.log_size())

    def permit(self):
        release = self.site.release(self.person, b"a report")
        self.gate.release(release).allowed()
        return release


# --- row 15: releases ---


def replay(s):
    """At the gate: one sign-off for two releases."""
    release = s.permit()
    s.gate.release({**release, "release_id": s.site.release(s.person, b"")["release_id"]}).refused("replay", 403)


def permit_expired(s):
    """At the gate: reported as released behind the permit's time, as its clock goes."""
    release = s.permit()
    s.gate.step_clock(60)
    s.gate.outcome(release["release_id"]).refused("permit-expired", 409)
    s.gate.step_clock(0)


class Limited:
    """The program of limits.c: an app whose receipts go nowhere."""

    def __init__(self, s, backlog, outbox):
        self.folder = tempfile.TemporaryDirectory(prefix="countersign-limits.")
        words = [s.limits, s.registry.url, unb64u(s.gate.root_hash).hex(), s.site.deployment,
                 os.path.join(self.folder.name, "gate.db"), str(backlog), str(outbox)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        wait_line(self.process.stdout, "ready", DEADLINE, self.process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate(timeout=DEADLINE)
        self.folder.cleanup()

    def ask(self, release):
        self.process.stdin.write(compact(release).encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().strip()

    def ask_until(self, s, code, most):
        """Releases, one credential for all, until one gets the code; each before it is allowed."""
        credential = s.registry.client().credential(s.person.key).ok(200)["credential"]
        for n in range(most):
            told = self.ask(s.site.release(s.person, b"report %d" % n, credential))
            if told == code:
                return n
            if not told.startswith("allow "):
                raise Failure(f"release {n}: {told}")
        raise Failure(f"{most} releases, and no {code}")


def audit_backlog(s):
    """By csign_release(): more permits unsent than may."""
    with Limited(s, backlog=3, outbox=0) as app:
        if app.ask_until(s, "audit-backlog", 10) != 3:
            raise Failure("not at the fourth")


def outbox_full(s):
    """By csign_release(): the file is as large as it may be."""
    with Limited(s, backlog=0, outbox=1 << 20) as app:
        app.ask_until(s, "outbox-full", 5000)


# --- row 17: calls ---


def argument(s):
    s.anyone.get("/status/stream").refused("argument", 400)


def no_space(s):
    """By csign_release_record(), which is given one byte."""
    with Limited(s, backlog=0, outbox=0) as app:
        told = app.ask(s.site.release(s.person, b"a report"))
        if told != "allow no-space":
            raise Failure(told)


def too_large(s):
    s.anyone.post("/v1/challenges", {"nothing": "x" * 64}).refused("too-large", 413)


def internal(s):
    """A row that this registry did not write."""
    person = s.w.near.enrol()
    with sqlite3.connect(s.registry.database) as database:
        database.execute("update licence set jurisdiction = 'Kansas' where id = ?", (person.licence,))
    s.w.regulator.get("/v1/practitioners/" + person.practitioner).refused("internal", 500)
    with sqlite3.connect(s.registry.database) as database:
        database.execute("update licence set jurisdiction = '[\"US-KS\"]' where id = ?", (person.licence,))


# --- row 18: HTTP ---


def unauthenticated(s):
    problem = s.anyone.get("/v1/deeds")
    problem.refused("unauthenticated", 401)
    if problem.headers["WWW-Authenticate"] != "Bearer":
        raise Failure(f"no challenge: {problem}")


def forbidden(s):
    s.w.hospital.get("/v1/alerts").refused("forbidden", 403)


def not_found(s):
    s.w.regulator.get("/v1/licences/nothing").refused("not-found", 404)


def conflict(s):
    officer = s.w.near.officers[0].entry
    s.w.submit(s.w.deed("officer.add", "hospital-1", body="hospital-1", officer=officer), *s.w.near.officers).refused("conflict", 409)


def too_many(s):
    """More challenges than one address may have in a minute; of a registry of its own, so that the others go on."""
    with Registry(s.registry.program, **World.init) as other:
        other.stop()
        other.set(proofs_per_minute=3)
        client = other.start().client()
        for _ in range(3):
            client.challenge()
        problem = client.post("/v1/challenges")
        problem.refused("too-many", 429)
        if not 1 <= int(problem.headers["Retry-After"]) <= 60:
            raise Failure(f"when to come again: {problem.headers['Retry-After']}")


def unavailable(s):
    """Somebody else holds the database: what was not written is not answered as if it were."""
    database = sqlite3.connect(s.registry.database, isolation_level=None)
    database.execute("begin immediate")
    problem = s.anyone.get("/status/fresh?nonce=AAECAwQFBgcICQoLDA0ODw")
    database.execute("rollback")
    database.close()
    problem.refused("unavailable", 503)


def body_malformed(s):
    s.anyone.request("POST", "/v1/tokens", "{", "application/json").refused("body-malformed", 400)


def field_invalid(s):
    s.w.regulator.get("/v1/deeds?state=done").refused("field-invalid", 422)


# --- row 18: keys and codes ---


def possession_bad(s):
    s.anyone.post("/v1/tokens", {"proof": proof(s.person.key, "https://other.test", s.anyone.challenge(), "token")}).refused(
        "possession-bad", 403)


def nonce_unknown(s):
    text = proof(s.person.key, s.registry.iss, s.anyone.challenge(), "token")
    s.anyone.post("/v1/tokens", {"proof": text}).ok(200)
    s.anyone.post("/v1/tokens", {"proof": text}).refused("nonce-unknown", 401)


def code_wrong(s):
    code = s.w.near.activate(s.person)
    s.anyone.bind(Key(), code[:-1] + ("a" if code[-1] != "a" else "b")).refused("code-wrong", 403)
    s.anyone.bind(Key(), "nobodyknows1-" + code[13:]).refused("code-wrong", 403)


def code_expired(s):
    deed = activate(s.w, "hospital-1")
    members = {m: v for m, v in deed.members.items() if m not in ("do", "at", "valid_until")}
    until = now() + 1
    s.w.accept(s.w.deed("activate", "hospital-1", deed_id=deed.id, valid_until=until, **members))
    while time.time() <= until:  # the deed's own time is what is waited for
        time.sleep(0.05)
    s.anyone.bind(Key(), s.w.code).refused("code-expired", 410)


def code_locked(s):
    code = s.w.near.activate(s.person)
    for _ in range(4):
        s.anyone.bind(Key(), code[:13] + "wrong").refused("code-wrong", 403)
    s.anyone.bind(Key(), code[:13] + "wrong").refused("code-locked", 403)
    s.anyone.bind(Key(), code).refused("code-locked", 403)  # the right one comes too late


def key_already_bound(s):
    s.anyone.bind(s.person.key, s.w.near.activate(s.person)).refused("key-already-bound", 409)


def standing_order(s):
    person = s.w.near.clinician()
    s.w.near.order("suspend", person).ok(200)
    members = {"practitioner": person.practitioner, "licence": person.licence, "affiliation": person.affiliation, "code": "A" * 43}
    s.w.submit(s.w.deed("activate", "hospital-1", **members), *s.w.near.officers).refused("standing-order", 409)


# --- row 18: deeds ---


def duplicate_person(s):
    deed = s.w.near.enrol_deed()
    s.w.accept(deed)
    s.w.near.people -= 1  # the same identifier again
    s.w.submit(s.w.near.enrol_deed(), *s.w.near.officers).refused("duplicate-person", 409)


def deed_expired(s):
    deed = enrol(s.w, "hospital-1")
    members = {m: v for m, v in deed.members.items() if m not in ("do", "at", "valid_until")}
    s.w.submit(s.w.deed("enrol", "hospital-1", valid_until=now() - 1, **members), *s.w.near.officers).refused("deed-expired", 409)


def deed_replayed(s):
    deed = enrol(s.w, "hospital-1")
    s.w.accept(deed)
    s.w.submit(deed, *s.w.near.officers).refused("deed-replayed", 409)


def officer_unknown(s):
    s.w.submit(enrol(s.w, "hospital-1"), Officer("hospital-1", "nobody")).refused("officer-unknown", 403)


def officer_ended(s):
    s.w.submit(enrol(s.w, "hospital-1"), s.w.ended["hospital-1"]).refused("officer-ended", 403)


def foreign_institution(s):
    s.w.submit(enrol(s.w, "hospital-1"), s.w.next.officers[0]).refused("foreign-institution", 403)


def foreign_jurisdiction(s):
    s.w.submit(s.w.near.order_deed("suspend", s.w.far.enrol(licence={"jurisdiction": ["US-CA"]})), *s.w.ks).refused(
        "foreign-jurisdiction", 403)


def same_person(s):
    deed = enrol(s.w, "hospital-1")
    s.w.submit(deed, s.w.near.officers[0]).ok(202)
    s.w.submit(deed, s.w.near.officers[0]).refused("same-person", 403)


def same_key(s):
    first, second = s.w.near.officers
    s.w.submit(enrol(s.w, "hospital-1"), first, Officer("hospital-1", second.id, key=first.key)).refused("same-key", 403)


def sequence_gap(s):
    app = s.w.near.app("app-gap")
    outbox, client = Outbox(app), s.registry.login(app)
    client.post("/v1/receipts", outbox.batch(outbox.line())).ok(200)
    problem = client.post("/v1/receipts", outbox.batch(outbox.line(seq=4), first=4)).refused("sequence-gap", 409)
    if problem["expected"] != 2:
        raise Failure(f"which is expected: {problem}")


# --- the list ---

PRODUCERS = {f.__name__.replace("_", "-"): f for f in (
    replay, permit_expired, audit_backlog, outbox_full,
    argument, no_space, too_large, internal,
    unauthenticated, forbidden, not_found, conflict, too_many, unavailable, body_malformed, field_invalid, possession_bad, nonce_unknown,
    code_wrong, code_expired, code_locked, key_already_bound, standing_order, duplicate_person, deed_expired, deed_replayed,
    officer_unknown, officer_ended, foreign_institution, foreign_jurisdiction, same_person, same_key, sequence_gap)}


def main(registry_program, countersign, limits, shim):
    with open(HEADER, encoding="utf-8") as file:
        rows = re.findall(r'X\((\d+)\d\d, [A-Z_]+, "([a-z-]+)"', file.read())
    wanted = {code for row, code in rows if row in ("15", "17", "18")}
    if wanted != set(PRODUCERS):
        raise Failure(f"codes that no test produces, or that are none: {sorted(wanted ^ set(PRODUCERS))}")
    with Registry(registry_program, **World.init) as registry:
        w = World(registry)
        publish_policy(w)
        with Site(countersign, w.near, shim=shim) as site:
            stage = Stage(w, site, limits)
            for code, produce in PRODUCERS.items():
                try:
                    produce(stage)
                except Failure as failure:
                    raise Failure(f"{code}: {failure}") from failure
        registry.stop()
        registry.fsck()
    print(f"{len(PRODUCERS)} codes produced: {', '.join(PRODUCERS)}")


main(*(os.path.realpath(path) for path in sys.argv[1:5]))
