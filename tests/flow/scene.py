"""People and papers for tests at a real registry: an authority and a hospital with two officers each, clinicians from enrolment to
credential, and the orders of the authority."""
from registry_client import App, Key, Officer, b64u, now, one_time_code, sha256

PERSON = {"name": "Dr A. Example", "birth_date": "1980-02-29"}
LICENCE = {"profession": "physician", "level": "independent", "jurisdiction": ["US-KS"], "specialty": [], "conditions": [],
           "privileges": {"prescribe": True, "schedules": [], "antimicrobial_grade": 0, "narcotic": False},
           "licensed_until": "2099-12-31"}


class Clinician:
    """What the registry answered on the way, and the key."""

    def __init__(self, enrolled, key=None):
        self.practitioner, self.licence, self.affiliation = enrolled["practitioner"], enrolled["licence"], enrolled["affiliation"]
        self.key, self.idx, self.number = key or Key(), None, 0


class Scene:
    """`registry` runs, and was made with `authority` as its first officers."""

    def __init__(self, registry, authority, hospital="hospital-1"):
        self.registry, self.authority, self.hospital = registry, authority, hospital
        self.officers = [Officer(hospital, "ana"), Officer(hospital, "ben")]
        self.people = 0
        self.regulator = registry.login(authority[0])

    def open_hospital(self, jurisdiction="US-KS"):
        """institution.add, and its two officers by the authority's; returns a client of one of them."""
        deed, body = self.registry.deed, self.authority[0].body
        self.regulator.deed(deed("institution.add", body, id=self.hospital, name="First Hospital", jurisdiction=jurisdiction,
                                 identifiers=[]), *self.authority).ok(200)
        for officer in self.officers:
            self.regulator.deed(deed("officer.add", body, body=self.hospital, officer=officer.entry), *self.authority).ok(200)
        self.client = self.registry.login(self.officers[0])
        return self.client

    def enrol_deed(self, **changes):
        """An enrol of a new person; `changes` replace the members of that name."""
        self.people += 1
        members = {
            "practitioner": {**PERSON, "identifiers": [{"system": "urn:test:npi", "value": f"{self.people:010d}"}]},
            "licence": {**LICENCE, "number": f"REG-{self.people:04d}"},
            "affiliation": {"site": self.hospital, "basis": "primary", "consent": True, "from": now() - 86400},
        }
        for name, change in changes.items():
            members[name] = {**members[name], **change}
        return self.registry.deed("enrol", self.hospital, **members)

    def enrol(self, **changes):
        return Clinician(self.client.deed(self.enrol_deed(**changes), *self.officers).ok(200)["result"])

    def activate_deed(self, clinician):
        """A one-time code for a new key, and the deed that makes it good."""
        deed = self.registry.deed("activate", self.hospital, practitioner=clinician.practitioner, licence=clinician.licence,
                                  affiliation=clinician.affiliation, code="")
        code = one_time_code(deed.id)
        members = {**deed.members, "code": b64u(sha256(code.encode()))}
        del members["do"], members["at"]
        return code, self.registry.deed("activate", self.hospital, deed_id=deed.id, **members)

    def activate(self, clinician):
        code, deed = self.activate_deed(clinician)
        self.client.deed(deed, *self.officers).ok(200)
        return code

    def bind(self, clinician):
        clinician.idx = self.registry.client().bind(clinician.key, self.activate(clinician)).ok(201)["idx"]
        return clinician

    def clinician(self, **changes):
        """Enrolled, activated and bound."""
        return self.bind(self.enrol(**changes))

    def order_deed(self, do, clinician, reason="licence_action", effective=None, **members):
        return self.registry.deed(do, self.authority[0].body, licence=clinician.licence, effective=effective or now(), reason=reason,
                                  **members, why={"text": "as decided"})

    def order(self, do, clinician, **members):
        """suspend, revoke, reinstate …, by two of the authority: the answer."""
        return self.regulator.deed(self.order_deed(do, clinician, **members), *self.authority)

    def app(self, deployment, **members):
        """app.add by the hospital: the app."""
        app = App(deployment)
        deed = self.registry.deed("app.add", self.hospital, **{
            "id": app.id, "tool": app.tool, "acts": ["imaging_report"], "settings": ["inpatient"], "jurisdictions": ["US-KS"],
            "vkey": app.vkey, **members})
        self.client.deed(deed, *self.officers).ok(200)
        return app
