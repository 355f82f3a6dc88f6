#!/usr/bin/env python3
"""import.py REGISTRY COUNTERSIGN SOURCE: the bulk export of ../shared/data/fhir-bulk-10 enrolled from its files, its 200 prescriptions
through a real gate, endings felt, and every file damaged in turn. Skipped where the data are not there.

The data hold no licences: a synthetic roll of Kansas physicians who may prescribe, made here, stands for the regulator's."""
import collections
import csv
import gzip
import io
import json
import os
import subprocess
import sys
import tempfile

from deed_kinds import POLICY_KEY, POLICY_SIGNER, policy_note
from gate_client import Site, make_request, release_of, sign_off
from import_client import Imported
from registry_client import Failure, Key, Officer, Registry, b64u, now, sha256
from scene import Clinician, Scene

KANSAS = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]
BEIJING = [Officer("bjhc", "wang"), Officer("bjhc", "zhao")]
RULE = {"acts": ["prescription_new"], "settings": ["outpatient"], "ai_authorship": "human_only",
        "signers": [{"professions": ["physician"], "privileges": ["prescribe"], "assurance": "validated", "meanings": ["approval"]}],
        "max_status_age_s": 60, "signoff_to_release_s": 3600}
SYNTHETIC_ROLL = "synthetic roll of Kansas physicians"


def expect(what, truth):
    if not truth:
        raise Failure(what)


def npi_of(request):
    return request["requester"]["reference"].split("|")[1]


class Data:
    def __init__(self, folder):
        self.raw = {}
        for name in ("Organization", "Practitioner", "PractitionerRole", "MedicationRequest"):
            with open(os.path.join(folder, f"{name}.000.ndjson"), "rb") as file:
                self.raw[name] = file.read()
        self.people = [json.loads(line) for line in self.raw["Practitioner"].splitlines()]
        self.documents = [(json.loads(line), line) for line in self.raw["MedicationRequest"].splitlines()]
        self.names = {p["identifier"][0]["value"]: " ".join(p["name"][0]["prefix"] + p["name"][0]["given"] + [p["name"][0]["family"]])
                      for p in self.people}

    @property
    def export(self):
        return self.raw["PractitionerRole"] + self.raw["Practitioner"] + self.raw["Organization"]


def table(header, rows):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def roll_of(data, jurisdiction, prefix, statuses=None):
    """SYNTHETIC_ROLL: everybody a physician who may prescribe."""
    header = ["name", "npi", "profession", "level", "jurisdiction", "licence_number", "specialty", "prescribe", "independent_since", "licensed_until",
              "status"]
    return table(header, [[name, npi, "physician", "independent", jurisdiction, f"{prefix}-{npi}", "208D00000X", "yes", "2010-01-01", "2099-12-31",
                           (statuses or {}).get(npi, "active")] for npi, name in sorted(data.names.items())])


class Play:
    def __init__(self, registry, data):
        self.registry, self.data = registry, data
        self.kansas, self.beijing = Scene(registry, KANSAS, "hospital-ks"), Scene(registry, BEIJING, "hospital-bj")
        self.kansas.open_hospital()
        self.beijing.open_hospital("CN-11")

    # --- enrolling ---

    def enrol(self):
        """All 43 with roles and organizations, and nothing from a second time."""
        file = Imported(self.kansas.client, "fhir-r4", self.data.export, part=50000)
        counts = file.counts
        expect(f"a line each: {counts}", sum(counts.values()) == 129 and counts["rejected"] == 0)
        expect("43 organizations; people flagged for NPIs that begin with 9; roles for want of a licence",
               (counts["added"], counts["flagged"]) == (43, 86))
        reasons = collections.Counter((r["outcome"], r.get("reason")) for r in file.rows().values())
        expect(f"why: {reasons}", reasons == {("added", None): 43, ("flagged", "NPIs begin with 1 or 2"): 43,
                                             ("flagged", "none is known: the regulator's roll brings it"): 43})
        expect("nothing is enrolled by a dry run", self.find(next(iter(self.data.names))) == [])
        report = self.kansas.client.get(f"/v1/files/{file.id}/report.csv").ok(200)
        expect("the report has every line", len(list(csv.reader(io.StringIO(report)))) == 130)
        page = self.kansas.client.get(f"/v1/files/{file.id}/report.html").ok(200)
        expect("the page can be opened", page.startswith("<!doctype html>") and page.count("NPIs begin") == 43)
        self.kansas.regulator.get("/v1/files/" + file.id).refused("not-found", 404)
        view = file.apply(self.registry, "hospital-ks", self.kansas.officers)
        expect(f"all as in the dry run: {view}", view["done"] == 129 and view["differing"] == 0)
        again = Imported(self.kansas.client, "fhir-r4", self.data.export).counts
        expect(f"a second time there is nothing to do: {again}", (again["added"], again["updated"], again["unchanged"]) == (0, 0, 43))
        roll = Imported(self.kansas.regulator, "roll-csv", roll_of(self.data, "US-KS", "KS"))
        expect(f"the {SYNTHETIC_ROLL}: {roll.counts}", roll.counts["flagged"] == 43)
        expect("licences are brought", {r.get("reason") for r in roll.rows().values()} == {"NPIs begin with 1 or 2"})
        roll.apply(self.registry, "ksbha", KANSAS)
        for npi, name in self.data.names.items():
            (person,) = self.find(npi)
            expect(f"{name} is enrolled: {person}", person["name"] == name and [x["assurance"]["level"] for x in person["licences"]] == ["validated"])
            history = self.kansas.regulator.get("/v1/licences/" + person["licences"][0]["id"]).ok(200)["history"]
            expect("its history begins with the roll", [event["what"] for event in history] == ["brought by a roll"])
            expect("affiliated here", [a["site"] for a in person["affiliations"]] == ["hospital-ks"])
        print(f"enrolled {len(self.data.names)} practitioners, 43 roles, 43 organizations; 43 licences by the {SYNTHETIC_ROLL}")

    def by_command(self, countersign, folder):
        """The same files by `countersign enrol`, by an officer whose key it made: a deed that waits for a second."""
        with tempfile.TemporaryDirectory() as work:
            key, passphrase = os.path.join(work, "carl.key"), os.path.join(work, "passphrase")
            with open(passphrase, "w", encoding="utf-8") as file:
                file.write("a passphrase\n")
            run = lambda *words: subprocess.run([countersign, *words], capture_output=True, text=True, timeout=120, check=False)
            run("key", "new", "--purpose", "officer", "--name", "hospital-ks/carl", "--out", key, "--passphrase-file", passphrase)
            vkey = json.loads(run("key", "show", key, "--json").stdout)["vkey"]
            entry = {"id": "carl", "name": "Carl", "role": "registrar", "vkey": vkey}
            self.kansas.client.deed(self.registry.deed("officer.add", "hospital-ks", body="hospital-ks", officer=entry),
                                    *self.kansas.officers).ok(200)
            asked = ("--template", "fhir-r4", "--registry", self.registry.url, "--test", "--iss",
                     self.registry.iss, "--origin", self.registry.origin, "--key", key, "--passphrase-file", passphrase, "--yes")
            files = [os.path.join(folder, f"{name}.000.ndjson") for name in ("Practitioner", "PractitionerRole", "Organization")]
            done = run("enrol", *files, *asked)
            expect(f"the command brings the files: {done}", done.returncode == 0 and "129 rows: 0 added, 0 updated" in done.stdout)
            waiting = self.kansas.client.get("/v1/deeds?state=waiting").ok(200)["deeds"]
            expect(f"a deed waits: {waiting}", [d["do"] for d in waiting] == ["enrol.import"])
            broken = os.path.join(work, "broken.ndjson")
            with open(broken, "wb") as file:
                file.write(gzip.compress(self.data.export))
            done = run("enrol", broken, *asked)
            expect(f"a damaged file is told: {done}", done.returncode == 1 and "compressed" in done.stderr)
            done = run("enrol", *files, *("people-csv" if word == "fhir-r4" else word for word in asked))
            expect(f"tables come alone: {done}", done.returncode == 2)
        print("countersign enrol: brought, counted, and waiting for a second officer")

    def nppes(self, path):
        """The sample of the dissemination file of NPPES, with the header of today and the one before (DOMAIN 8, scenario 21)."""
        with open(path, "rb") as file:
            data = file.read()
        reasons = []
        for name in (b"Provider Gender Code", b"Provider Sex Code"):
            file = Imported(self.kansas.client, "people-nppes", data.replace(b"Provider Gender Code", name))
            reasons.append(collections.Counter((r["outcome"], r.get("field"), r.get("reason")) for r in file.rows().values()))
        expect(f"one header reads as the other: {reasons}", reasons[0] == reasons[1])
        with open(path, encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        gone = sum(r["NPI Deactivation Date"] != "" and r["NPI Reactivation Date"] == "" for r in rows)
        organizations = sum(r["Entity Type Code"] == "2" and (not r["NPI Deactivation Date"] or r["NPI Reactivation Date"] != "") for r in rows)
        told = collections.Counter()
        for (outcome, field, _), count in reasons[0].items():
            told[outcome if outcome != "rejected" else field] += count
        expect(f"a row each: {told} {reasons[0]}", sum(told.values()) == len(rows) and told["NPI Deactivation Date"] == gone and
               told["Entity Type Code"] == organizations)
        print(f"NPPES: {dict(told)}")

    def enrol_beijing(self, npis):
        """The same people under licences of CN-11, by a table, and validated by a roll."""
        header = ["name", "npi", "profession", "level", "jurisdiction", "licence_number", "specialty", "prescribe", "independent_since",
                  "licensed_until", "basis", "consent", "from"]
        people = table(header, [[self.data.names[n], n, "physician", "independent", "CN-11", f"BJ-{n}", "208D00000X", "yes", "2010-01-01",
                                 "2099-12-31", "filed", "yes", "2026-01-01"] for n in npis])
        file = Imported(self.beijing.client, "people-csv", people)
        expect(f"all of them: {file.counts}", file.counts["flagged"] == len(npis))
        file.apply(self.registry, "hospital-bj", self.beijing.officers)
        roll = Imported(self.beijing.regulator, "roll-csv", roll_of(self.data, "CN-11", "BJ"))
        roll.apply(self.registry, "bjhc", BEIJING)

    def find(self, npi):
        return self.kansas.client.get(f"/v1/practitioners?system=npi&value={npi}").ok(200)["practitioners"]

    def clinician(self, scene, npi, jurisdiction):
        person = scene.client.get(f"/v1/practitioners?system=npi&value={npi}").ok(200)["practitioners"][0]
        licence = next(x for x in person["licences"] if x["jurisdiction"] == [jurisdiction])
        affiliation = next(a for a in person["affiliations"] if a["site"] == scene.hospital)
        return scene.bind(Clinician({"practitioner": person["id"], "licence": licence["id"], "affiliation": affiliation["id"]}, Key()))

    def publish(self, regulator, authority, policy, text):
        held = regulator.post("/v1/policies", text).ok(201)
        regulator.deed(self.registry.deed("policy.publish", authority[0].body, id=policy["id"], version=policy["version"], note=held["note"],
                                          effective_ms=policy["effective_from"] * 1000), *authority).ok(200)

    def publish_both(self, source):
        policy, text = policy_note(self.registry.origin, id="ks-prescriptions", rules=[RULE])
        self.publish(self.kansas.regulator, KANSAS, policy, text)
        with open(os.path.join(source, "docs", "policies", "cn-11.json"), encoding="utf-8") as file:
            members = {**json.load(file), "authority": "bjhc", "effective_from": now() - 60}
        policy, text = policy_note(self.registry.origin, **members)
        self.publish(self.beijing.regulator, BEIJING, policy, text)

    # --- prescriptions ---

    def credential(self, clinician):
        return self.registry.client().credential(clinician.key).ok(200)["credential"]

    def request(self, document, **changes):
        return make_request("rx-1", **{"act": "prescription_new", "site": "hospital-ks", "document": {
            "url": "https://app.test/d/1", "media_type": "application/fhir+json", "label": document["id"]}, **changes})

    def release(self, document, line, clinician, credential, key=None, changed=None):
        request = self.request(document)
        answer = sign_off(key or clinician.key, credential, request, line)
        return self.site.gate.release(release_of(request, [answer], changed or line))

    def prescriptions(self):
        """Each signed by who requested it; then by another's key under that name; then with one byte changed."""
        npis = sorted({npi_of(d) for d, _ in self.data.documents})
        self.signers = {npi: self.clinician(self.kansas, npi, "US-KS") for npi in npis}
        self.site.gate.wait_size(self.registry.log_size())
        credentials = {npi: self.credential(c) for npi, c in self.signers.items()}
        counts = collections.Counter()
        for n, (document, line) in enumerate(self.data.documents):
            npi = npi_of(document)
            person, other = self.signers[npi], self.signers[npis[(npis.index(npi) + 1) % len(npis)]]
            self.release(document, line, person, credentials[npi]).allowed()
            counts["allow"] += 1
            self.release(document, line, person, credentials[npi], key=other.key).refused("holder-signature-bad")
            counts["holder-signature-bad"] += 1
            at = n * 37 % len(line)
            changed = line[:at] + bytes([line[at] ^ 1]) + line[at + 1:]
            self.release(document, line, person, credentials[npi], changed=changed).refused("document-changed")
            counts["document-changed"] += 1
        print(f"200 prescriptions by {len(npis)} requesters: {dict(counts)}")
        expect("200 of each", counts == {"allow": 200, "holder-signature-bad": 200, "document-changed": 200})
        return npis

    def drafts(self, npis):
        """The same as drafts of an AI under the policy of Beijing."""
        self.enrol_beijing(npis)
        signers = {npi: self.clinician(self.beijing, npi, "CN-11") for npi in npis}
        self.site.gate.wait_size(self.registry.log_size())
        credentials = {npi: self.credential(c) for npi, c in signers.items()}
        refused = 0
        for document, line in self.data.documents:
            npi = npi_of(document)
            draft = {"digest": b64u(sha256(line)), "digest_alg": "sha-256"}
            request = self.request(document, setting="online", jurisdiction="CN-11", site="hospital-bj", authorship="ai_draft", draft=draft)
            answer = sign_off(signers[npi].key, credentials[npi], request, line)
            self.site.gate.release(release_of(request, [answer], line)).refused("ai-authored")
            refused += 1
        print(f"as AI drafts in CN-11: {refused} refused ai-authored")
        expect("all", refused == 200)

    def endings(self):
        """One revoked: exactly hers are refused. One suspended and reinstated: refused, then allowed with a fresh credential."""
        own = collections.Counter(npi_of(d) for d, _ in self.data.documents)
        (gone, _), (back, _) = own.most_common(2)
        credentials = {npi: self.credential(c) for npi, c in self.signers.items()}
        self.kansas.order("revoke", self.signers[gone]).ok(200)
        self.kansas.order("suspend", self.signers[back]).ok(200)
        self.site.gate.wait_size(self.registry.log_size())
        counts = collections.Counter()
        for document, line in self.data.documents:
            npi = npi_of(document)
            told = self.release(document, line, self.signers[npi], credentials[npi])
            counts[(npi if npi in (gone, back) else "others", told.code or told.json["verdict"])] += 1
        print(f"one revoked, one suspended: {dict(counts)}")
        expect("exactly theirs", counts == {(gone, "revoked"): own[gone], (back, "suspended"): own[back],
                                            ("others", "allow"): 200 - own[gone] - own[back]})
        self.kansas.order("reinstate", self.signers[back]).ok(200)
        self.site.gate.wait_size(self.registry.log_size())
        fresh, counts = self.credential(self.signers[back]), collections.Counter()
        for document, line in self.data.documents:
            if npi_of(document) != back:
                continue
            self.release(document, line, self.signers[back], credentials[back]).refused("superseded")
            self.release(document, line, self.signers[back], fresh).allowed()
            counts["allow"] += 1
        self.registry.client().credential(self.signers[gone].key).refused("revoked", 403)
        print(f"reinstated: {counts['allow']} refused with the old credential, allowed with a fresh one")
        expect("all of hers", counts["allow"] == own[back])

    # --- damage ---

    def damaged(self):
        """Each file, and the tables, damaged in every way: a clear report, and nothing of it enrolled."""
        roll = roll_of(self.data, "US-KS", "KS")
        files = {"Organization": ("fhir-r4", self.data.raw["Organization"]), "Practitioner": ("fhir-r4", self.data.raw["Practitioner"]),
                 "PractitionerRole": ("fhir-r4", self.data.raw["PractitionerRole"]), "roll": ("roll-csv", roll)}
        before = self.state()
        told = collections.Counter()
        for name, (template, data) in files.items():
            client = self.kansas.regulator if template == "roll-csv" else self.kansas.client
            officers, body = (KANSAS, "ksbha") if template == "roll-csv" else (self.kansas.officers, "hospital-ks")
            lines = data.splitlines(keepends=True)
            other = self.data.raw["MedicationRequest"]
            for damage, bytes_, expected in (
                    ("truncated", data[:len(data) // 2 - 3], "cut off"),
                    ("CRLF", data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), None),
                    ("BOM", b"\xef\xbb\xbf" + data, None),
                    ("invalid UTF-8", lines[0] + lines[1].replace(b"a", b"\xff", 1) + b"".join(lines[2:]), "not UTF-8"),
                    ("duplicated rows", data + b"".join(lines[1:]), "same as"),
                    ("swapped", roll if template == "fhir-r4" else self.data.raw["Practitioner"], "template"),
                    ("a long line", lines[0] + b"x" * (100 << 20) + b"\n" + b"".join(lines[1:]), "longer than 128 KiB"),
                    ("wrong resource", other, "not a Practitioner" if template == "fhir-r4" else "template"),
                    ("gzip", gzip.compress(data), "compressed")):
                if damage == "a long line" and name not in ("Practitioner", "roll"):
                    continue
                file = Imported(client, template, bytes_)
                view = file.view
                said = [view.get("reason") or ""] if view["state"] == "failed" else [r.get("reason") or "" for r in file.rows().values()]
                if expected:
                    expect(f"{name}, {damage}: {view} {collections.Counter(said)}", any(expected in s for s in said))
                else:
                    expect(f"{name}, {damage}: {view}", view["state"] == "checked" and view["counts"]["rejected"] == 0)
                if view["state"] == "failed":
                    deed = self.registry.deed("roll.import" if template == "roll-csv" else "enrol.import", body, file=file.digest,
                                              template=template, counts=view["counts"])
                    client.deed(deed, *officers).refused("not-found", 404)
                told[damage] += 1
        expect("nothing has changed", self.state() == before)
        client = self.kansas.client
        client.request("POST", f"/v1/files?template=fhir-r4&sha256={b64u(bytes(32))}", b"x", "application/octet-stream").ok(201)
        client.request("POST", "/v1/files?template=fhir-r4&sha256=x", b"x", "application/octet-stream").refused("field-invalid", 422)
        client.request("POST", f"/v1/files?template=csv&sha256={b64u(bytes(32))}", b"x", "application/octet-stream").refused("field-invalid", 422)
        self.registry.client().get("/v1/files").refused("unauthenticated", 401)
        print(f"damaged files, each reported and none half done: {dict(told)}")

    def state(self):
        """What the registry knows of everybody; bindings may come and go."""
        return {npi: [{m: p[m] for m in ("name", "identifiers", "licences", "affiliations")} for p in self.find(npi)] for npi in self.data.names}


def main(registry_program, countersign, source):
    folder = os.path.join(source, "..", "shared", "data", "fhir-bulk-10")
    if not os.path.isdir(folder):
        print("skipped: ../shared/data/fhir-bulk-10 is not there")
        sys.exit(77)
    first = [(o, "US-KS") for o in KANSAS] + [(o, "CN-11") for o in BEIJING]
    keys = [(where, POLICY_KEY.vkey(POLICY_SIGNER)) for where in ("US-KS", "CN-11")]
    with Registry(registry_program, first, policy_keys=keys) as registry:
        play = Play(registry, Data(folder))
        play.enrol()
        play.by_command(countersign, folder)
        play.nppes(os.path.join(source, "..", "shared", "data", "nppes", "npidata_sample.csv"))
        play.publish_both(source)
        play.kansas.app = lambda deployment, **members: Scene.app(play.kansas, deployment, **{
            **members, "acts": ["prescription_new"], "settings": ["outpatient", "online"], "jurisdictions": ["US-KS", "CN-11"]})
        with Site(countersign, play.kansas, "rx-1") as play.site:
            npis = play.prescriptions()
            play.drafts(npis)
            play.endings()
        play.damaged()
        registry.stop()
        registry.fsck()


main(*sys.argv[1:4])
