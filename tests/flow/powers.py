#!/usr/bin/env python3
"""powers.py PROGRAM: who may call which route, on what is their own and what is not: every role on every route of the OpenAPI file, at
the real server. What the table below does not allow must be refused."""
import http.client
import json
import os
import sys

from deed_kinds import World, enrol, policy_note
from receipts import Outbox
from registry_client import DEADLINE, Answer, Failure, Key, Officer, Registry, now, proof

HERE = os.path.dirname(os.path.abspath(__file__))

# Who calls: nobody; somebody with a token that is none, that was somebody's who has ended, or of an earlier run; officers of both
# authorities and of all three hospitals; an app and a clinician of the first hospital, and of the third.
CALLERS = ("nobody", "forged", "ended", "earlier", "ks", "ca", "h1", "h2", "h3", "app", "app-far", "doctor", "doctor-far")
OFFICERS, APPS, DOCTORS = ("ks", "ca", "h1", "h2", "h3"), ("app", "app-far"), ("doctor", "doctor-far")
OBJECTS = ("near", "next", "far")  # whose: of the two hospitals in Kansas, of the one in California

UNAUTHENTICATED = {"nobody": "unauthenticated", "forged": "unauthenticated", "ended": "officer-ended", "earlier": "unauthenticated"}


def anyone(status=200):
    return {caller: status for caller in CALLERS}


def only(*callers, status=200):
    return {caller: status for caller in callers}


def own(near, next_, far, other, among=OFFICERS, status=200, **others):
    """Of three objects: who may; the others among these get `other`, but those who are named."""
    return {of: {**{c: other for c in among}, **others, **{c: status for c in callers}} for of, callers in zip(OBJECTS, (near, next_, far))}


REGULATED = (("ks", "h1"), ("ks", "h2"), ("ca", "h3"))  # an authority what lies in its jurisdictions, an institution its own

# Route -> caller -> status, or a code where it is not the one of a role that the route does not know: `unauthenticated` without a
# token, `forbidden` with one. By object where the answer depends on whose it is.
TABLE = {
    "GET /trust/{version}": anyone(),
    "GET /policies/{name}": anyone(),
    "GET /.well-known/jwt-vc-issuer": anyone(),
    "GET /vct/practitioner/1": anyone(),
    "GET /status/checkpoint": anyone(),
    "GET /status/tile/{path}": anyone(),
    "GET /status/e/{size}": anyone(),
    "GET /status/stream": anyone(),
    "GET /status/fresh": anyone(),
    "GET /status/list/{number}": anyone(),
    # No token is asked: the key of the caller is what counts.
    "POST /v1/challenges": anyone(),
    "POST /v1/tokens": {**{c: "unauthenticated" for c in ("nobody", "forged", "earlier")}, "ended": "officer-ended",
                        **only(*OFFICERS, *APPS, *DOCTORS)},
    "POST /v1/bindings": {**{c: "key-already-bound" for c in CALLERS}, **only("nobody", "forged", "earlier", status=201)},
    "POST /v1/bindings/end": {**{c: "not-found" for c in CALLERS}, **only(*DOCTORS)},
    "POST /v1/credentials": {**{c: "not-found" for c in CALLERS}, **only(*DOCTORS)},
    # By its own signature; who brings a note that others have signed does not matter.
    "POST /v1/deeds": own(("h1",), ("h2",), ("h3",), "foreign-institution", ks="foreign-jurisdiction", ca="foreign-jurisdiction",
                           status=202),
    "GET /v1/deeds": only(*OFFICERS),
    "GET /v1/deeds/{hash}": own(*REGULATED, "not-found"),
    "POST /v1/policies": own(("ks",), ("ks",), ("ca",), "forbidden", status=201),
    "GET /v1/institutions": only(*OFFICERS),
    "GET /v1/institutions/{id}": own(*REGULATED, "not-found"),
    "GET /v1/practitioners": only(*OFFICERS),
    "GET /v1/practitioners/{id}": only(*OFFICERS),  # who names a person finds her; how much of her, see check_contents()
    "GET /v1/licences/{id}": only(*OFFICERS),
    # Of files that are not there; whose they are, tests/flow/import.py asks.
    "POST /v1/files": {c: "field-invalid" for c in OFFICERS},
    "GET /v1/files": only(*OFFICERS),
    **{route: {c: "not-found" for c in OFFICERS} for route in (
        "POST /v1/files/{id}", "GET /v1/files/{id}", "GET /v1/files/{id}/rows", "GET /v1/files/{id}/report.csv",
        "GET /v1/files/{id}/report.html")},
    "GET /v1/lookback": own(("ks",), ("ks",), ("ca",), "not-found", among=("ks", "ca")),
    "GET /v1/alerts": only("ks", "ca"),
    "POST /v1/inbox": only(*APPS, status=201),      # any app may ask any clinician: she is shown who asks
    "GET /v1/inbox": only(*DOCTORS),
    "POST /v1/receipts": own(("app",), (), ("app-far",), "receipt-malformed", among=APPS),
    "GET /health/live": anyone(),
    "GET /health/ready": anyone(),
    "GET /metrics": anyone(),
}
STATUS = {"unauthenticated": 401, "not-found": 404, "key-already-bound": 409, "receipt-malformed": 422, "field-invalid": 422}  # else 403


class Cast:
    """Everybody who calls, and what they call about."""

    def __init__(self, registry):
        earlier = registry.login(World.authorities["ksbha"][0]).token
        registry.stop()
        self.registry = registry.start()
        self.w = w = World(registry)
        self.scenes = dict(zip(OBJECTS, (w.near, w.next, w.far)))
        self.ended, self.stranger = w.add_officer("hospital-1"), Key()
        self.person = {of: s.clinician(licence={"jurisdiction": ["US-CA" if of == "far" else "US-KS"]}) for of, s in self.scenes.items()}
        self.apps = {of: s.app("app-" + of) for of, s in self.scenes.items()}
        self.outbox = {of: Outbox(app) for of, app in self.apps.items()}
        self.deeds = {of: s.client.get("/v1/deeds?limit=1").ok(200)["deeds"][0]["hash"] for of, s in self.scenes.items()}
        self.doctors = {"doctor": self.person["near"].key, "doctor-far": self.person["far"].key}
        policy, text = policy_note(registry.origin)
        self.policy = w.regulator.post("/v1/policies", text).ok(201)
        w.accept(w.deed("policy.publish", "ksbha", id=policy["id"], version=1, note=self.policy["note"],
                        effective_ms=policy["effective_from"] * 1000))
        self.signers = {"ks": w.ks[0], "ca": w.ca[0], **{c: s.officers[0] for c, s in zip(("h1", "h2", "h3"), self.scenes.values())}}
        self.keys = {**{c: o.key for c, o in self.signers.items()}, "app": self.apps["near"].key, "app-far": self.apps["far"].key,
                     **self.doctors, "ended": self.ended.key}
        self.clients = {caller: registry.login(key) for caller, key in self.keys.items()}
        w.end(self.ended)
        good = self.clients["ks"].token
        forged = good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")
        for caller, token in (("nobody", None), ("forged", forged), ("earlier", earlier)):
            self.clients[caller] = registry.client(token)

    def key(self, caller):
        """The caller's own; a new one for who has none."""
        return self.keys.get(caller) or Key()

    def code(self, of):
        """A one-time code for somebody."""
        return self.scenes[of].activate(self.person[of])


# --- one call of each route, by a caller, about an object ---


def prove(path, use, **more):
    def ask(cast, client, caller, of):
        client.nonce = None
        nonce = client.challenge()
        given = {name: value(cast, of) for name, value in more.items()}
        return client.post(path, {"proof": proof(cast.key(caller), cast.registry.iss, nonce, use, **given)})
    return ask


NO_FILE = "01a204de-89bd-7b5e-b085-4f3f23d4f89e"


def post_file(path):
    return lambda cast, client, caller, of: client.post(path, b"a,b", "application/octet-stream")


def end_key(cast, client, caller, of):
    """Of a disposable key, where the caller is a clinician."""
    key = cast.w.near.clinician().key if caller in DOCTORS else cast.key(caller)
    return client.post("/v1/bindings/end", {"proof": proof(key, cast.registry.iss, client.challenge(), "end")})


def post_deed(cast, client, caller, of):
    """An enrolment at the object's hospital with the caller's signature alone."""
    deed = enrol(cast.w, "hospital-1")
    site = cast.scenes[of].hospital
    affiliation = {**deed.members["affiliation"], "site": site}
    deed = cast.scenes[of].registry.deed("enrol", site, practitioner=deed.members["practitioner"],
                                         licence={**deed.members["licence"], "jurisdiction": ["US-CA" if of == "far" else "US-KS"]},
                                         affiliation=affiliation)
    return client.post("/v1/deeds", deed.signed(cast.signers.get(caller, Officer("nowhere", "nobody"))))


def post_policy(cast, client, caller, of):
    cast.w.count += 1
    return client.post("/v1/policies", policy_note(cast.registry.origin, id=f"general-{of}", version=cast.w.count,
                                                   authority="camb" if of == "far" else "ksbha")[1])


def post_pointer(cast, client, caller, of):
    return client.post("/v1/inbox", {"practitioner": cast.person[of].practitioner, "url": "https://app.test/r/1", "expires_at": now() + 60})


def post_receipts(cast, client, caller, of):
    """A sign of life: a batch without lines."""
    return client.post("/v1/receipts", cast.outbox[of].batch())


def stream(cast, client, caller, of):
    """It does not end: only its status is read."""
    connection = http.client.HTTPConnection(client.host, client.port, timeout=DEADLINE)
    connection.request("GET", "/status/stream?from=0", headers={"Authorization": "Bearer " + client.token} if client.token else {})
    response = connection.getresponse()
    connection.close()
    return Answer("GET /status/stream", response.status, response.headers, b"")


def get(path):
    return lambda cast, client, caller, of: client.get(path.format(
        hash=cast.deeds[of], hospital=cast.scenes[of].hospital, person=cast.person[of].practitioner, licence=cast.person[of].licence,
        policy=cast.policy["name"]))


CALLS = {
    "GET /trust/{version}": get("/trust/1"),
    "GET /policies/{name}": get("/policies/{policy}"),
    "GET /.well-known/jwt-vc-issuer": get("/.well-known/jwt-vc-issuer"),
    "GET /vct/practitioner/1": get("/vct/practitioner/1"),
    "GET /status/checkpoint": get("/status/checkpoint"),
    "GET /status/tile/{path}": get("/status/tile/0/000.p/1"),
    "GET /status/e/{size}": get("/status/e/1"),
    "GET /status/stream": stream,
    "GET /status/list/{number}": get("/status/list/0"),
    "GET /status/fresh": get("/status/fresh?nonce=AAECAwQFBgcICQoLDA0ODw"),
    "POST /v1/challenges": lambda cast, client, caller, of: client.post("/v1/challenges"),
    "POST /v1/tokens": prove("/v1/tokens", "token"),
    "POST /v1/bindings": prove("/v1/bindings", "binding", code=Cast.code),
    "POST /v1/bindings/end": end_key,
    "POST /v1/credentials": prove("/v1/credentials", "credential", idx=lambda cast, of: 0),
    "POST /v1/deeds": post_deed,
    "GET /v1/deeds": get("/v1/deeds"),
    "GET /v1/deeds/{hash}": get("/v1/deeds/{hash}"),
    "POST /v1/policies": post_policy,
    "GET /v1/institutions": get("/v1/institutions"),
    "GET /v1/institutions/{id}": get("/v1/institutions/{hospital}"),
    "GET /v1/practitioners": get("/v1/practitioners?name=Dr"),
    "GET /v1/practitioners/{id}": get("/v1/practitioners/{person}"),
    "GET /v1/licences/{id}": get("/v1/licences/{licence}"),
    "POST /v1/files": post_file("/v1/files"),
    "GET /v1/files": get("/v1/files"),
    "POST /v1/files/{id}": post_file(f"/v1/files/{NO_FILE}?at=1"),
    "GET /v1/files/{id}": get(f"/v1/files/{NO_FILE}"),
    "GET /v1/files/{id}/rows": get(f"/v1/files/{NO_FILE}/rows"),
    "GET /v1/files/{id}/report.csv": get(f"/v1/files/{NO_FILE}/report.csv"),
    "GET /v1/files/{id}/report.html": get(f"/v1/files/{NO_FILE}/report.html"),
    "GET /v1/lookback": get("/v1/lookback?licence={licence}&since=0"),
    "GET /v1/alerts": get("/v1/alerts"),
    "POST /v1/inbox": post_pointer,
    "GET /v1/inbox": get("/v1/inbox"),
    "POST /v1/receipts": post_receipts,
    "GET /health/live": get("/health/live"),
    "GET /health/ready": get("/health/ready"),
    "GET /metrics": get("/metrics"),
}


# --- the checks ---


def expected(route, roles, caller, of):
    """The status or the code."""
    row = TABLE[route]
    row = row[of] if of in row else row
    if caller in row:
        return row[caller]
    return UNAUTHENTICATED.get(caller, "forbidden") if roles != ["local"] else "forbidden"


def check_table(cast, roles):
    """Each cell; how many, and how many of them are allowed."""
    cells, allowed, wrong = 0, 0, []
    for route, call in CALLS.items():
        for caller in CALLERS:
            for of in OBJECTS:
                answer, wanted = call(cast, cast.clients[caller], caller, of), expected(route, roles[route], caller, of)
                got = answer.status if answer.status < 400 else answer.code
                good = got == wanted and (answer.status < 400 or answer.status == STATUS.get(answer.code, 403))
                if not good:
                    wrong.append(f"{caller} on {route} of {of}: {answer.status} {got}, not {wanted}\n    {answer}")
                cells += 1
                allowed += answer.status < 400
    if wrong:
        raise Failure("\n".join(wrong))
    return cells, allowed


def check_elsewhere(cast, routes):
    """Nobody has another method, another path, or from behind a proxy what is local."""
    count = 0
    for caller, client in cast.clients.items():
        for route in routes:
            method, path = route.split(" ")
            other = "POST" if method == "GET" else "GET"
            if f"{other} {path}" in routes:
                continue
            path = path.replace("{", "").replace("}", "")
            client.request(other, path, b"" if other == "POST" else None).refused("not-found", 405)
            count += 1
        for path in ("/", "/v1", "/v1/officers", "/v1/deeds/x/y", "/v1/bindings/", "/health", "/status", "/V1/deeds", "/v1/tokens/1"):
            client.get(path).refused("not-found", 404)
            count += 1
        for path in ("/health/live", "/health/ready", "/metrics"):
            for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
                client.request("GET", path, headers={header: "for=127.0.0.1"}).refused("forbidden", 403)
                count += 1
            client.request("GET", path, headers={"Host": "registry.example"}).refused("forbidden", 403)
            count += 1
    return count


def check_contents(cast):
    """Of what a route gives to several, each gets its own."""
    w, clients = cast.w, cast.clients
    own_ = {"ks": {"hospital-1", "hospital-2"}, "ca": {"hospital-3"}, "h1": {"hospital-1"}, "h2": {"hospital-2"}, "h3": {"hospital-3"}}
    bodies = {**own_, "ks": own_["ks"] | {"ksbha"}, "ca": own_["ca"] | {"camb"}}
    for caller in OFFICERS:
        client = clients[caller]
        listed = {i["id"] for i in client.get("/v1/institutions").ok(200)["institutions"]}
        assert_equal(f"institutions of {caller}", listed, own_[caller])
        for state in ("accepted", "waiting"):
            seen = {d["at"] for d in client.get(f"/v1/deeds?state={state}").ok(200)["deeds"]}
            assert_equal(f"{state} deeds that {caller} may not see", seen - bodies[caller], set())
        found = {p["id"] for p in client.get("/v1/practitioners?name=Dr").ok(200)["practitioners"]}
        for of, person in cast.person.items():
            responsible = cast.scenes[of].hospital in own_[caller]
            assert_equal(f"{caller} finds by name the person of {of}", person.practitioner in found, responsible)
            told = client.get("/v1/practitioners/" + person.practitioner).ok(200)
            for member in ("birth_date", "affiliations", "bindings"):
                assert_equal(f"{caller} is told {member} of the person of {of}", member in told, responsible)
    for doctor in DOCTORS:
        of = "far" if doctor == "doctor-far" else "near"
        requests = clients[doctor].get("/v1/inbox").ok(200)["requests"]
        assert_equal(f"who asks {doctor}", {r["app"] for r in requests}, {"app-near", "app-far"})
        assert_equal(f"how often {doctor} was asked", len(requests), 2)  # once for each app that may, about each object
    w.near.order("suspend", cast.person["near"]).ok(200)
    assert_equal("a token outlives a suspension, to read", clients["doctor"].get("/v1/inbox").status, 200)


def assert_equal(what, got, wanted):
    if got != wanted:
        raise Failure(f"{what}: {got}, not {wanted}")


def main(program):
    with open(os.path.join(HERE, "..", "..", "docs", "openapi.json"), encoding="utf-8") as file:
        paths = json.load(file)["paths"]
    roles = {f"{method.upper()} {path}": operation["x-roles"] for path, item in paths.items() for method, operation in item.items()}
    assert_equal("the routes of the OpenAPI file that the table has not, or has besides", set(TABLE) ^ set(roles), set())
    assert_equal("the routes that are called", set(CALLS), set(roles))
    with Registry(program, **World.init).start() as registry:
        cast = Cast(registry)
        cells, allowed = check_table(cast, roles)
        besides = check_elsewhere(cast, set(roles))
        check_contents(cast)
        registry.stop()
        registry.fsck()
    print(f"{len(CALLERS)} callers, {len(roles)} routes, {len(OBJECTS)} objects: "
          f"{cells} calls, {allowed} allowed, {cells - allowed} refused; {besides} more by no route, all refused")


main(sys.argv[1])
