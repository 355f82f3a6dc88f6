#!/usr/bin/env python3
"""import_http.py REGISTRY [COUNT]: a file of practitioners into a registry that runs, over HTTP: in parts, checked, signed by two officers,
applied (DESIGN 9). Then what a registry of that size needs: memory at rest, the start, a lookup by identifier (the bar of that is bench-import's). COUNT is a million."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "flow"))
from import_client import Imported  # noqa: E402
from registry_client import Failure, Officer, Registry  # noqa: E402
from scene import Scene  # noqa: E402

AUTHORITY = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]
HEADER = "name,birth_date,npi,profession,level,jurisdiction,licence_number,specialty,prescribe,licensed_until,basis,consent,from\r\n"
DEADLINE = 900  # seconds, for a dry run, and for applying
PAUSE = 0.25    # between two looks: whoever looks takes of the registry's processors
LOOKUPS = 2000
BAR, BAR_MB, BAR_START = 60, 64, 2


def npi(number):
    digits = f"1{number:08d}"
    total = 24 + sum(sum(divmod(int(d) * 2, 10)) if place % 2 == 0 else int(d) for place, d in enumerate(digits))
    return digits + str(-total % 10)


def number_of(place):
    """Numbers of people come in no order."""
    return place * 48271 % 99999989


def table(count):
    rows = (f"Dr Example {n},1980-02-29,{npi(n)},physician,independent,US-KS,KS-{n},207R00000X,yes,2030-01-01,primary,yes,2026-01-01\r\n"
            for n in map(number_of, range(1, count + 1)))
    return (HEADER + "".join(rows)).encode()


def memory_mb(registry, name):
    with open(f"/proc/{registry.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name + ":")) / 1024


def lookups(client, count):
    took = []
    for n in range(LOOKUPS):
        path = "/v1/practitioners?system=npi&value=" + npi(number_of(1 + n * 7919 % count))
        began = time.perf_counter()
        client.connection.request("GET", path, headers={"Authorization": "Bearer " + client.token})
        answer = client.connection.getresponse()
        body = answer.read()
        took.append((time.perf_counter() - began) * 1e3)
        if answer.status != 200 or b'"KS-' not in body and b"Dr Example" not in body:
            raise Failure(f"lookup: {answer.status} {body[:200]}")
    took.sort()
    return took[LOOKUPS // 2], took[LOOKUPS * 99 // 100]


def main(program, count="1000000"):
    count = int(count)
    data = table(count)
    with Registry(program, AUTHORITY) as registry:
        scene = Scene(registry, AUTHORITY)
        client = scene.open_hospital()
        began = time.monotonic()
        file = Imported(client, "people-csv", data, deadline=DEADLINE, pause=PAUSE)
        checked = time.monotonic()
        if file.counts["added"] != count:
            raise Failure(f"the dry run says {file.counts}")
        file.apply(registry, scene.hospital, scene.officers)
        ended = time.monotonic()
        most, end = memory_mb(registry, "VmHWM"), ended + 20
        while memory_mb(registry, "VmRSS") > BAR_MB and time.monotonic() < end:  # it is given back in a moment
            time.sleep(PAUSE)
        print(f"import of {count} practitioners over HTTP, {len(data) / 1e6:.0f} MB: upload and dry run {checked - began:.1f} s, deed and applying "
              f"{ended - checked:.1f} s; together {ended - began:.1f} s, {(ended - began) / BAR:.2f} x the bar of {BAR} s;  memory {most:.0f} MB "
              f"at most, {memory_mb(registry, 'VmRSS'):.0f} MB afterwards")
        registry.stop(DEADLINE)
        began = time.monotonic()
        registry.start()
        client = registry.login(scene.officers[0])
        started = time.monotonic() - began
        rest = memory_mb(registry, "VmRSS")
        p50, p99 = lookups(client, count)
        print(f"start with {count} practitioners, to the first officer's token: {started:.2f} s, {started / BAR_START:.2f} x the bar of {BAR_START} s;  at "
              f"rest {rest:.0f} MB, {rest / BAR_MB:.2f} x the bar of {BAR_MB} MB;  lookup by identifier, as this client sees it, "
              f"p50 {p50:.2f} ms, p99 {p99:.2f} ms;  {memory_mb(registry, 'VmRSS'):.0f} MB after {LOOKUPS} of them")


main(*sys.argv[1:])
