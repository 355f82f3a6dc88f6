"""Bringing files to a registry as an officer's program does: in parts, checked, signed by two, applied."""
import time

from registry_client import DEADLINE, Failure, b64u, sha256

PART = 4 << 20
OFTEN = 0.01  # seconds between two looks


class Imported:
    """A file that was brought: `view` is what the registry says of it now."""

    def __init__(self, client, template, data, part=PART, deadline=DEADLINE, pause=OFTEN):
        self.client, self.data, self.template, self.deadline, self.pause = client, data, template, deadline, pause
        self.digest = b64u(sha256(data))
        answer = self._post(f"/v1/files?template={template}&sha256={self.digest}&size={len(data)}", data[:part])
        self.id = answer["id"]
        for at in range(part, len(data), part):
            self._post(f"/v1/files/{self.id}?at={at}", data[at:at + part])
        self.wait("checked", "failed")

    def _post(self, path, data):
        return self.client.request("POST", path, data, "application/octet-stream").ok(201)

    @property
    def view(self):
        return self.client.get("/v1/files/" + self.id).ok(200)

    @property
    def counts(self):
        return self.view["counts"]

    def wait(self, *states):
        end = time.monotonic() + self.deadline
        while True:
            view = self.view
            if view["state"] in states:
                return view
            if view["state"] == "failed":
                raise Failure(f"the file failed: {view}")
            if time.monotonic() > end:
                raise Failure(f"not within {self.deadline} s one of {states}: {view}")
            time.sleep(self.pause)

    def rows(self):
        """{line: row}, all pages."""
        found, after = {}, ""
        while after is not None:
            page = self.client.get(f"/v1/files/{self.id}/rows" + (f"?after={after}" if after else "")).ok(200)
            found.update({row["line"]: row for row in page["rows"]})
            after = page.get("next")
        return found

    def apply(self, registry, at, officers):
        """The deed over digest and counts, by two; then it is waited for."""
        do = "roll.import" if self.template == "roll-csv" else "enrol.import"
        deed = registry.deed(do, at, file=self.digest, template=self.template, counts=self.counts)
        self.client.deed(deed, *officers).ok(200)
        return self.wait("applied")
