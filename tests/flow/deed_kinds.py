"""Two authorities and three hospitals, and a row for every kind of deed (PROTOCOL 5): who signs it, one that would be accepted now, what
it then brings, and whose signature is foreign to it."""
from dataclasses import dataclass, field
from typing import Callable

from registry_client import App, Key, Officer, b64u, compact, note, now, one_time_code, sha256, uuid7
from scene import PERSON, Scene

POLICY_KEY = Key("policy")
POLICY_SIGNER = "policy.registry.test"
RULE = {"acts": ["imaging_report"], "settings": ["outpatient"], "ai_authorship": "draft_with_approval",
        "signers": [{"professions": ["physician"], "meanings": ["approval"]}], "max_status_age_s": 60, "signoff_to_release_s": 3600}


class PolicySigner:
    """Signs policies; `name` as the root has it."""

    name, key = POLICY_SIGNER, POLICY_KEY

    @classmethod
    def sign(cls, text):
        return cls.key.signature_line(cls.name, text)


def policy_note(origin, **members):
    """A policy of one rule that anybody may change, signed."""
    policy = {"id": "ks-general", "version": 1, "authority": "ksbha", "applies_to": ["US-KS"], "effective_from": now() - 60,
              "utc_offset": "-06:00", "sources": ["test"], "rules": [RULE], **members}
    return policy, note(f"countersign/policy/v1\n{origin}\n{compact(policy)}\n", PolicySigner)


class World:
    """Kansas has two hospitals, California one; each body has two officers, and three of them one whose appointment has ended."""

    authorities = {"ksbha": [Officer("ksbha", "chen"), Officer("ksbha", "diaz")], "camb": [Officer("camb", "eve"), Officer("camb", "fay")]}
    first_officers = [(o, "US-KS") for o in authorities["ksbha"]] + [(o, "US-CA") for o in authorities["camb"]]
    init = {"officers": first_officers, "policy_keys": [("US-KS", POLICY_KEY.vkey(POLICY_SIGNER))]}  # for Registry()

    def __init__(self, registry):
        self.registry, self.count = registry, 0
        self.ks, self.ca = self.authorities["ksbha"], self.authorities["camb"]
        self.near, self.next, self.far = (Scene(registry, authority, name) for authority, name in (
            (self.ks, "hospital-1"), (self.ks, "hospital-2"), (self.ca, "hospital-3")))
        for n, scene in enumerate((self.near, self.next, self.far)):
            scene.people = 1000 * n
            scene.open_hospital("US-CA" if scene is self.far else "US-KS")
        self.regulator, self.hospital = self.near.regulator, self.near.client
        self.ended = {body: self.end(self.add_officer(body)) for body in ("ksbha", "hospital-1", "hospital-2")}

    def fresh(self, what):
        self.count += 1
        return f"{what}-{self.count}"

    def officers(self, body):
        return self.authorities.get(body) or next(s.officers for s in (self.near, self.next, self.far) if s.hospital == body)

    def deed(self, do, at, **members):
        return self.registry.deed(do, at, **members)

    def submit(self, deed, *officers):
        return self.regulator.post("/v1/deeds", deed.signed(*officers))

    def accept(self, deed):
        """By two of the body that the deed is of; the answer's JSON."""
        return self.submit(deed, *self.officers(deed.members["at"])).ok(200)

    def add_officer(self, body):
        officer = Officer(body, self.fresh("officer"))
        self.accept(self.deed("officer.add", body, body=body, officer=officer.entry))
        return officer

    def end(self, officer):
        self.submit(self.deed("officer.end", officer.body, body=officer.body, officer=officer.id, reason="administrative"),
                    self.officers(officer.body)[0]).ok(200)
        return officer


# --- one of each kind ---


def institution_add(w, at):
    return w.deed("institution.add", at, id=w.fresh("clinic"), name="A Clinic", jurisdiction="US-KS",
                  identifiers=[{"system": "urn:test:npi", "value": "1"}])


def officer_add(w, at):
    return w.deed("officer.add", at, body="hospital-1", officer=Officer("hospital-1", w.fresh("officer")).entry)


def officer_end(w, at):
    return w.deed("officer.end", at, body="hospital-1", officer=w.add_officer("hospital-1").id, reason="administrative")


def enrol(w, at):
    members = w.near.enrol_deed().members
    return w.deed("enrol", at, **{m: members[m] for m in ("practitioner", "licence", "affiliation")})


def activate(w, at):
    person, deed_id = w.near.enrol(), uuid7()
    w.code = one_time_code(deed_id)
    return w.deed("activate", at, deed_id=deed_id, practitioner=person.practitioner, licence=person.licence,
                  affiliation=person.affiliation, code=b64u(sha256(w.code.encode())))


def affiliation_end(w, at):
    w.person = w.near.clinician()
    return w.deed("affiliation.end", at, practitioner=w.person.practitioner, site="hospital-1", effective=now(), reason="affiliation_ended")


def key_end(w, at):
    w.person = w.near.clinician()
    return w.deed("key.end", at, holder=b64u(w.person.key.thumbprint), reason="key_lost_or_compromised")


def app_add(w, at):
    w.app = App(w.fresh("app"))
    return w.deed("app.add", at, id=w.app.id, tool="tool-1", acts=["imaging_report"], settings=["outpatient"], jurisdictions=["US-KS"],
                  vkey=w.app.vkey)


def app_end(w, at):
    w.app = w.near.app(w.fresh("app"))
    return w.deed("app.end", at, id=w.app.id, reason="administrative")


def order(w, at, do, **more):
    w.person = w.near.clinician()
    return w.deed(do, at, licence=w.person.licence, effective=now(), **more, why={"text": "as decided"})


def suspend_interim(w, at):
    return order(w, at, "suspend.interim", reason="emergency", confirm_by=now() + 86400)


def suspend(w, at):
    return order(w, at, "suspend", reason="licence_action")


def revoke(w, at):
    return order(w, at, "revoke", reason="licence_action", until=now() + 86400)


def rescind(w, at):
    return order(w, at, "rescind", reason="administrative")


def deregister(w, at):
    return order(w, at, "deregister", reason="administrative")


def condition(w, at):
    return order(w, at, "condition", conditions=[])


def reinstate(w, at):
    deed = order(w, at, "reinstate", reason="reinstated")
    w.near.order("suspend", w.person).ok(200)
    return deed


def deceased(w, at):
    w.person = w.near.clinician()
    return w.deed("deceased", at, practitioner=w.person.practitioner, effective=now())


def amendment(w, at, do, **more):
    w.person = w.near.clinician()
    w.named = w.near.order_deed("suspend", w.person)
    w.accept(w.named)
    return w.deed(do, at, deed=w.named.hash, **more, why={"text": "a mistake"})


def correct(w, at):
    return amendment(w, at, "correct", **{"with": {"reason": "emergency"}})


def void(w, at):
    return amendment(w, at, "void")


def cut(w, at):
    w.count += 1  # a cut may only be later than the one before; these all lie before everything that is issued
    w.person = w.near.clinician()
    return w.deed("cut", at, kind="institution", id="hospital-1", cut_ms=w.count, reason="administrative", why={"text": "a breach"})


def policy_publish(w, at):
    w.count += 1
    policy, text = policy_note(w.registry.origin, version=w.count)
    held = w.regulator.post("/v1/policies", text).ok(201)
    return w.deed("policy.publish", at, id=policy["id"], version=policy["version"], note=held["note"],
                  effective_ms=policy["effective_from"] * 1000)


# --- what an accepted deed brings, beside its leaves ---


def app_may_log_in(w, deed, view):
    w.registry.client().ask_token(w.app.key).ok(200)


def app_may_not_log_in(w, deed, view):
    w.registry.client().ask_token(w.app.key).refused("unauthenticated", 401)


def institution_is_listed(w, deed, view):
    w.regulator.get("/v1/institutions/" + deed.members["id"]).ok(200)


def person_is_found(w, deed, view):
    w.hospital.get("/v1/practitioners/" + view["result"]["practitioner"]).ok(200)


def code_is_good(w, deed, view):
    w.registry.client().bind(Key(), w.code).ok(201)


def credential_is_refused(code):
    def effect(w, deed, view):
        w.registry.client().credential(w.person.key).refused(code)
    return effect


def credential_is_given(w, deed, view):
    w.registry.client().credential(w.person.key).ok(200)


def policy_is_served(w, deed, view):
    w.registry.client().get("/policies/" + deed.members["note"][:32]).ok(200)


def nothing_more(w, deed, view):
    pass


# --- the table ---

FORBIDDEN, INSTITUTION, JURISDICTION = "forbidden", "foreign-institution", "foreign-jurisdiction"


@dataclass
class Kind:
    make: Callable            # (world, body) -> a deed that would be accepted now
    signers: dict             # body -> how many of it must sign; the first is who signs in the tests of refusals
    foreign: tuple            # what the same gets when another institution, and when another authority gives it, all signed; None: nothing
    effect: Callable = nothing_more
    leaves: list = field(default_factory=list)  # (type, code of E or kind of X, reason)
    amend: tuple = ("conflict", "conflict")     # what `correct` and `void` of it get; None: they are accepted
    with_: dict = field(default_factory=lambda: {"why": {"text": "another"}})

    @property
    def name(self):
        return self.make.__name__.replace("_", ".")


BOTH = {"hospital-1": 1, "ksbha": 1}
TWO = {"ksbha": 2}
HOSPITAL = {"hospital-1": 2}
ORDER = (FORBIDDEN, JURISDICTION)
SUSPENDED, REVOKED, SUPERSEDED = 2, 1, 3
ORDERED = {"amend": (None, None), "with_": {"reason": "administrative"}}

KINDS = [
    Kind(institution_add, TWO, (FORBIDDEN, JURISDICTION), institution_is_listed, amend=("conflict", None)),
    Kind(officer_add, HOSPITAL, (INSTITUTION, JURISDICTION), amend=("conflict", None)),
    Kind(officer_end, BOTH, (INSTITUTION, JURISDICTION)),
    Kind(enrol, HOSPITAL, (INSTITUTION, FORBIDDEN), person_is_found, amend=(None, None),
         with_={"practitioner": {**PERSON, "name": "Dr A. Sample", "identifiers": []}}),
    Kind(activate, HOSPITAL, (INSTITUTION, FORBIDDEN), code_is_good, amend=("conflict", None)),
    Kind(affiliation_end, {"hospital-1": 1}, (INSTITUTION, FORBIDDEN), credential_is_refused("revoked"), [("E", REVOKED, 3)]),
    Kind(key_end, BOTH, (INSTITUTION, JURISDICTION), credential_is_refused("revoked"), [("E", REVOKED, 1)]),
    Kind(app_add, HOSPITAL, (None, FORBIDDEN), app_may_log_in, amend=("conflict", None)),
    Kind(app_end, BOTH, (INSTITUTION, JURISDICTION), app_may_not_log_in),
    Kind(suspend_interim, {"ksbha": 1}, ORDER, credential_is_refused("suspended"), [("E", SUSPENDED, 10)], **ORDERED),
    Kind(suspend, TWO, ORDER, credential_is_refused("suspended"), [("E", SUSPENDED, 2)], **ORDERED),
    Kind(revoke, TWO, ORDER, credential_is_refused("revoked"), [("E", REVOKED, 2)], **ORDERED),
    Kind(rescind, TWO, ORDER, credential_is_refused("revoked"), [("E", REVOKED, 6)], **ORDERED),
    Kind(deregister, TWO, ORDER, credential_is_refused("revoked"), [("E", REVOKED, 9)], **ORDERED),
    Kind(condition, TWO, ORDER, credential_is_given, [("E", SUPERSEDED, 7), ("B", None, None)]),
    Kind(reinstate, TWO, ORDER, credential_is_given, [("E", SUPERSEDED, 8), ("B", None, None)]),
    Kind(deceased, BOTH, (INSTITUTION, JURISDICTION), credential_is_refused("revoked"), [("E", REVOKED, 5)], amend=("conflict", None)),
    Kind(correct, TWO, (INSTITUTION, JURISDICTION), credential_is_refused("suspended"), [("E", SUSPENDED, 10)]),
    Kind(void, TWO, (INSTITUTION, JURISDICTION), credential_is_given, [("E", SUPERSEDED, 8), ("B", None, None)]),
    Kind(cut, TWO, ORDER, credential_is_given, [("X", 1, 9)]),
    Kind(policy_publish, TWO, (FORBIDDEN, FORBIDDEN), policy_is_served, [("P", None, None)]),
]
