"""Receipts of PROTOCOL 6 as an app's gate sends them, made here and not by our own code."""
import base64

from registry_client import compact, note, now, sha256, uuid7


class Outbox:
    """The chain of one app; batch() is the note of what came in since the last, signed."""

    def __init__(self, app):
        self.app, self.next = app, 1
        self.head = sha256(b"countersign/receipts/v1\n" + app.id.encode())

    def line(self, event="outcome", seq=None, **members):
        """An outcome unless other members are given."""
        members = members or {"outcome": "released"}
        release = {"release_id": members.pop("release_id", uuid7())}
        return compact({"v": 1, "seq": seq or self.next, "time_ms": now() * 1000, "event": event, **release, **members})

    def batch(self, *lines, first=None, before=None, deployment=None, signer=None):
        """The note, and the outbox goes on behind it. `first`, `before`, …: lies."""
        deployment, start = deployment or self.app.id, first or self.next
        head = before or self.head
        parts = ["countersign/receipts/v1", deployment, f"{start} {len(lines)}", base64.b64encode(head).decode(), *lines]
        for n, line in enumerate(lines):
            head = sha256(b"\x02" + head + (start + n).to_bytes(8, "big") + sha256(line.encode()))
        self.head, self.next = head, start + len(lines)
        return note("\n".join((*parts, base64.b64encode(head).decode(), "")), signer or AppSigner(self.app))


class AppSigner:
    """The app's key, whose vkey is named as the deployment."""

    def __init__(self, app):
        self.name, self.key = app.id, app.key

    def sign(self, text):
        return self.key.signature_line(self.name, text)
