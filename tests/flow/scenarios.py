#!/usr/bin/env python3
"""scenarios.py REGISTRY COUNTERSIGN: scenarios 10, 11 and 12 of DOMAIN 8 from the order to the refusal of a connected gate, and to what
look-back finds of the releases before it."""
import sys

from deed_kinds import World
from gate_client import Site, publish_policy
from registry_client import Failure, Registry, now, unb64u

DAY = 86400


def expect(what, truth):
    if not truth:
        raise Failure(what)


class Play:
    """One clinician for each scenario, and what she has released."""

    def __init__(self, w, site):
        self.w, self.site, self.gate = w, site, site.gate

    def clinician(self, count):
        """With so many releases behind her, the first of them reported as failed, the second as released, the others not at all."""
        person, done = self.w.near.clinician(), []
        self.gate.wait_size(self.w.registry.log_size())
        for n in range(count):
            release = self.site.release(person, b"report %d" % n)
            self.gate.release(release).allowed()
            done.append(release["release_id"])
        for release_id, outcome in zip(done, ("failed", "released")):
            self.gate.outcome(release_id, outcome).ok()
        self.gate.wait_sent()
        return person, done

    def order(self, deed):
        """By two of the authority; when it is answered it is in the log, and the gate has it when it has that log."""
        view = self.w.accept(deed)
        self.gate.wait_size(self.w.registry.log_size())
        return view

    def lookback(self, since, **of):
        """All pages, a release each."""
        found, after = [], ""
        while after is not None:
            query = "&".join(f"{name}={value}" for name, value in of.items())
            page = self.w.regulator.get(f"/v1/lookback?{query}&since={since}&limit=1" + (f"&after={after}" if after else "")).ok(200)
            found += page["releases"]
            after = page.get("next")
        return found

    def check_lookback(self, person, done, since):
        """Exactly hers, each with what became of it."""
        for of in ({"licence": person.licence}, {"practitioner": person.practitioner}):
            found = self.lookback(since, **of)
            expect(f"look-back by {of} lists {found}", sorted(r["release_id"] for r in found) == sorted(done))
            for release in found:
                n = done.index(release["release_id"])
                expect(f"whose and where: {release}", (release["deployment"], release["site"], release["act"], release["idx"]) == (
                    self.site.deployment, "hospital-1", "imaging_report", person.idx))
                expect(f"what became of it: {release}", release.get("outcome") == {0: "failed", 1: "released"}.get(n))
                expect(f"when: {release}", now() - 60 <= release["signed_at"] <= now())
        expect("nothing was signed since later", self.lookback(now() + 60, licence=person.licence) == [])


def leaf_of(w, person, size):
    with w.registry.stream(size) as stream:
        return stream.wait_for(type="E", idx=person.idx)


def scenario_10(play):
    """A suspension whose term ended yesterday, nobody having reassessed her: she is suspended."""
    w = play.w
    person, done = play.clinician(1)
    signed = play.site.release(person, b"signed before the order")
    size = w.registry.log_size()
    play.order(w.near.order_deed("suspend", person, until=now() - DAY, effective=now() - 10 * DAY))
    leaf = leaf_of(w, person, size)
    expect("the leaf is a suspension", (leaf["code"], leaf["reason"]) == (2, 2))
    play.gate.release(signed).refused("suspended")
    w.registry.client().credential(person.key).refused("suspended", 403)
    status = w.regulator.get("/v1/licences/" + person.licence).ok(200)["status"]
    expect(f"the licence reads {status}", status["state"] == "suspended")
    play.check_lookback(person, done, now() - 10 * DAY)


def scenario_11(play):
    """Revoked as of three days ago, received now: what she signed is listed, what is new is refused."""
    w = play.w
    person, done = play.clinician(3)
    signed = play.site.release(person, b"signed before the order was received")
    size, effective = w.registry.log_size(), now() - 3 * DAY
    view = play.order(w.near.order_deed("revoke", person, effective=effective))
    leaf = leaf_of(w, person, size)
    expect("the leaf tells both times", leaf["code"] == 1 and leaf["effective_ms"] == effective * 1000 and
           leaf["recorded_ms"] - leaf["effective_ms"] >= 3 * DAY * 1000)
    expect("it names the deed", leaf["deed"] == unb64u(view["hash"])[:16])
    play.gate.release(signed).refused("revoked")
    w.registry.client().credential(person.key).refused("revoked", 403)
    play.check_lookback(person, done, effective)


def scenario_12(play):
    """Rescinded: void from the start, so that all is listed; the log says the reason."""
    w = play.w
    person, done = play.clinician(4)
    signed = play.site.release(person, b"signed before it was rescinded")
    size = w.registry.log_size()
    play.order(w.near.order_deed("rescind", person, reason="administrative"))
    leaf = leaf_of(w, person, size)
    expect("revoked, the reason rescinded whatever the deed's", (leaf["code"], leaf["reason"]) == (1, 6))
    play.gate.release(signed).refused("revoked")
    w.registry.client().credential(person.key).refused("revoked", 403)
    play.check_lookback(person, done, 0)
    history = w.regulator.get("/v1/licences/" + person.licence).ok(200)["history"]
    expect("the history says so", [event["what"] for event in history] == ["enrolled", "rescinded"])
    brought = w.hospital.get("/v1/deeds/" + history[0]["deed"]).ok(200)
    expect("and by which deed the licence came, when that took effect", brought["do"] == "enrol" and
           0 <= history[0]["at_ms"] - brought["accepted_ms"] < 5000)


def main(registry_program, countersign):
    with Registry(registry_program, **World.init) as registry:
        w = World(registry)
        publish_policy(w)
        with Site(countersign, w.near) as site:
            play = Play(w, site)
            bystander, others = play.clinician(2)
            for scenario in (scenario_10, scenario_11, scenario_12):
                scenario(play)
            play.gate.release(site.release(bystander, b"still good")).allowed()
            play.gate.wait_sent()
            expect("a bystander's releases are her own", len(play.lookback(0, licence=bystander.licence)) == len(others) + 1)
            expect("no alerts", w.regulator.get("/v1/alerts").ok(200)["alerts"] == [])
    print("scenarios 10, 11 and 12")


main(*sys.argv[1:3])
