#!/usr/bin/env python3
"""rejected.py REGISTRY COUNTERSIGN: a recorded rejection is final (PROTOCOL 4), at a gate: whoever accepts afterwards, also under break-glass,
and across a restart."""
import copy
import os
import sys

from deed_kinds import RULE, World
from gate_client import Site, make_request, publish_policy, release_of, sign_off
from registry_client import Failure, Registry

EMERGENCY = {"max_status_age_s": 3600, "bridges": ["site"], "review_h": 24}


class Desk:
    """Two clinicians, and the gate that hears both."""

    def __init__(self, world, site):
        self.registry, self.site, self.gate = world.registry, site, site.gate
        self.first, self.second = world.near.clinician(), world.near.clinician()
        self.gate.wait_size(world.registry.log_size())

    def answer(self, person, request, document, disposition="accepted"):
        credential = self.registry.client().credential(person.key).ok(200)["credential"]
        return release_of(request, [sign_off(person.key, credential, request, document, disposition=disposition)], document)

    def reject(self, request, document):
        self.gate.release(self.answer(self.first, request, document, "rejected")).refused("rejected")

    def accept_in_vain(self, person, request, document):
        self.gate.release(self.answer(person, request, document)).refused("rejected")


def whoever_accepts(d):
    request = make_request(d.site.deployment)
    d.reject(request, b"a report")
    d.accept_in_vain(d.second, request, b"a report")
    d.accept_in_vain(d.first, request, b"a report")
    d.accept_in_vain(d.second, {**request, "nonce": make_request("")["nonce"]}, b"another report")
    d.gate.release(d.answer(d.second, make_request(d.site.deployment), b"a report")).allowed()


def break_glass(d):
    request = make_request(d.site.deployment, facts={"exception": "break_glass"})
    glass = d.gate.release(d.answer(d.second, request, b"an emergency")).ok()
    if glass["verdict"] != "break-glass":
        raise Failure(f"no break-glass: {glass}")
    request = make_request(d.site.deployment, facts={"exception": "break_glass"})
    d.reject(request, b"an emergency")
    d.accept_in_vain(d.second, request, b"an emergency")


def a_permit_from_before(d):
    """PROTOCOL 6: the same release asked again has the same answer."""
    request = make_request(d.site.deployment)
    release = d.answer(d.second, request, b"a report")
    permit = d.gate.release(release).allowed()
    d.reject(request, b"a report")
    again = d.gate.release(copy.deepcopy(release)).allowed()
    if again["not_after"] != permit["not_after"]:
        raise Failure(f"another permit: {again}")
    d.accept_in_vain(d.first, request, b"a report")


def a_restart_between(d):
    request = make_request(d.site.deployment)
    d.reject(request, b"a report")
    d.gate.stop()
    d.gate.start()
    d.accept_in_vain(d.second, request, b"a report")


def main(registry_program, countersign):
    parts = (whoever_accepts, break_glass, a_permit_from_before, a_restart_between)
    with Registry(registry_program, **World.init) as registry:
        world = World(registry)
        publish_policy(world, rules=[{**RULE, "emergency": EMERGENCY}])
        with Site(countersign, world.near) as site:
            desk = Desk(world, site)
            for part in parts:
                part(desk)
    print(f"{len(parts)} ways")


main(*(os.path.realpath(path) for path in sys.argv[1:3]))
