#!/usr/bin/env python3
"""Writes the seeds under tests/fuzz/corpus again. Keys are made from small numbers, so the files never change by chance."""
import base64
import hashlib
import json
import pathlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CORPUS = pathlib.Path(__file__).parent / "corpus"
DASH = "\u2014 "
NOTE, COSIGNATURE = 1, 4


def seed(target, name, content):
    path = CORPUS / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def b64(content):
    return base64.b64encode(content).decode()


def b64u(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class Key:
    def __init__(self, number, name, kind=NOTE):
        self.private = Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))
        self.public = self.private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.name, self.kind = name, kind
        typed = bytes([kind]) + self.public
        self.id = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(typed)}"
        self.x = b64u(self.public)

    def line(self, text, time=None):
        if self.kind == NOTE:
            signature = self.private.sign(text.encode())
        else:
            signed = f"cosignature/v1\ntime {time}\n{text}"
            signature = time.to_bytes(8, "big") + self.private.sign(signed.encode())
        return f"{DASH}{self.name} {b64(self.id + signature)}\n"


def note(text, *lines):
    return text + "\n" + "".join(lines)


LOG = Key(1, "log.registry.test")
FRESH = Key(2, "fresh.registry.test", COSIGNATURE)
FRESH_2 = Key(3, "fresh-2.registry.test", COSIGNATURE)
ROOTS = [Key(number, f"root-{number}.registry.test") for number in (10, 11, 12)]
POLICY = Key(20, "authority.registry.test/policy")
ISSUER, LIST, RECEIPTS, RELEASES = Key(30, "issuer"), Key(31, "list"), Key(32, "receipts.registry.test"), Key(33, "releases.registry.test")
OFFICERS = [Key(40, "authority/officer-a"), Key(41, "authority/officer-b")]
NOW = 1764000000


def json_seeds():
    good = {
        "empty-object": "{}", "empty-array": " [ ] ", "numbers": "[1,-1,0,-0,1.5,1e3,1E+3,1e400,0.1e-1]",
        "words": "[true,false,null]", "string": '"a"', "nested": '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
        "escapes": r'"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"', "utf-8": '"é 中 😀 \uffff"',
        "escaped-names": r'{"e\u0078p":1,"\ud83d\ude00":{"\n":[]}}', "deep": "[" * 16 + "]" * 16,
        "claims": '{"iss":"https://registry.test","iat":1764000000,"cnf":{"jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"}}}',
    }
    bad = {
        "twice": '{"exp":1,"exp":2}', "twice-escaped": r'{"exp":1,"e\u0078p":2}', "half-pair": r'"\ud800"', "nul": r'"\u0000"',
        "too-deep": "[" * 17 + "]" * 17, "trailing-comma": "[1,]", "after": "{} {}", "leading-zero": "[01]", "nan": "[NaN]",
        "unended": '"a', "names": "{" + ",".join(f'"{i}":0' for i in range(300)) + "}",
    }
    for name, text in {**good, **{f"{name}_fail": text for name, text in bad.items()}}.items():
        seed("json", name, text)
    seed("json", "overlong_fail", b'"\xc0\x80"')
    seed("json", "surrogate-in-utf-8_fail", b'"\xed\xa0\x80"')
    seed("json", "raw-nul_fail", b'{}\0')


def base64_seeds():
    for size in range(8):
        seed("base64", f"url-{size}", b64u(bytes(range(250, 250 + min(size, 6))) + b"\0" * max(0, size - 6)))
        seed("base64", f"standard-{size}", b64(bytes(range(250, 250 + min(size, 6))) + b"\0" * max(0, size - 6)))
    seed("base64", "key", ISSUER.x)
    seed("base64", "key-standard", b64(ISSUER.public))
    for name, text in {"unused-bits_fail": "AB", "unused-bits-3_fail": "AAB", "length_fail": "AAAAA", "space_fail": "AA A",
                       "newline_fail": "AAAA\n", "padding-inside_fail": "AA==AAAA", "padding-alone_fail": "==",
                       "mixed_fail": "+_AA"}.items():
        seed("base64", name, text)


def note_seeds():
    empty = hashlib.sha256(b"").digest()
    checkpoint = f"{LOG.name}\n0\n{b64(empty)}\n"
    fresh = f"countersign/fresh/v1\n{LOG.name}\n1882\n{b64(bytes(range(32)))}\n{b64(bytes(range(16)))}\n"
    fresh_b64u = f"countersign/fresh/v1\n{LOG.name}\n1882\n{b64(bytes(range(32)))}\n{b64u(bytes(range(16)))}\n"
    keys = f"countersign/keys\n{LOG.vkey}\n{FRESH.vkey}\n\nblank lines may stand in a text\n"
    seed("note", "checkpoint", note(checkpoint, LOG.line(checkpoint), FRESH.line(checkpoint, NOW), FRESH_2.line(checkpoint, NOW)))
    seed("note", "fresh", note(fresh, FRESH.line(fresh, NOW)))
    seed("note", "fresh-b64u", note(fresh_b64u, FRESH.line(fresh_b64u, NOW)))
    seed("note", "verifier-keys", note(keys, LOG.line(keys), FRESH.line(keys, NOW)))
    seed("note", "signature-bad", note(keys, LOG.line(keys + "x\n"), FRESH.line(keys, NOW)))
    for name, text in {
            "unsigned_fail": checkpoint + "\n", "no-blank-line_fail": checkpoint + LOG.line(checkpoint),
            "line-twice_fail": note(checkpoint, LOG.line(checkpoint), LOG.line(checkpoint)),
            "carriage-return_fail": note(checkpoint.replace("\n", "\r\n"), LOG.line(checkpoint)),
            "not-ended_fail": note(checkpoint, LOG.line(checkpoint))[:-1],
            "hyphen_fail": note(checkpoint, LOG.line(checkpoint).replace("\u2014", "-"))}.items():
        seed("note", name, text)


def root_text(**changes):
    lines = {
        "head": "countersign/root/v1", "origin": "registry.test", "kind": "test", "version": 1, "issued": NOW, "expires": NOW + 31536000,
        "threshold": 2, "root": [key.vkey for key in ROOTS],
        "issuer": [f"https://registry.test CN-11 {ISSUER.x} {NOW} {NOW + 31536000}"],
        "statuslog": [f"{LOG.name} {LOG.vkey} {NOW} {NOW + 31536000}"],
        "releaselog": [f"{RELEASES.name} {RELEASES.vkey} {NOW} {NOW + 31536000}"],
        "fresh": [f"{key.vkey} {NOW} {NOW + 2592000}" for key in (FRESH, FRESH_2)], "freshness": 1,
        "receipts": [f"{RECEIPTS.vkey} {NOW} {NOW + 31536000}"], "statuslist": [f"{LIST.x} {NOW} {NOW + 31536000}"],
        "policy": [f"CN-11 {POLICY.vkey} {NOW} {NOW + 31536000}"],
        "admin": [f"authority CN-11 {key.vkey}" for key in OFFICERS], **changes}
    text = lines.pop("head") + "\n"
    for directive, values in lines.items():
        for value in values if isinstance(values, list) else [values]:
            text += f"{directive} {value}\n"
    return text


def root_seeds():
    def signed(text, signers=2):
        return note(text, *[key.line(text) for key in ROOTS[:signers]])
    seed("root", "complete", signed(root_text()))
    seed("root", "smallest", signed(root_text(releaselog=[], receipts=[], statuslist=[], admin=[], fresh=[f"{FRESH.vkey} {NOW} {NOW + 60}"])))
    seed("root", "three-signers", signed(root_text(version=2), 3))
    for name, text in {
            "threshold_fail": signed(root_text(), 1), "production_fail": signed(root_text(kind="production")),
            "threshold-zero_fail": signed(root_text(threshold=0)), "unknown-line_fail": signed(root_text(witness=["x"])),
            "one-key-twice_fail": signed(root_text(root=[ROOTS[0].vkey, ROOTS[0].vkey])),
            "freshness_fail": signed(root_text(freshness=3)),
            "two-kinds_fail": signed(root_text(receipts=[f"{LOG.vkey} {NOW} {NOW + 1}"]))}.items():
        seed("root", name, text)


def leaves():
    u32, u64 = (lambda n: n.to_bytes(4, "big")), (lambda n: n.to_bytes(8, "big"))
    deed = bytes(range(16))
    return {
        "root": b"K\x01\0\0" + u32(0) + u64(1) + bytes(range(32)),
        "policy": b"P\x01\0\0" + u32(1) + u64(NOW * 1000) + bytes(8) + bytes(range(24)),
        "binding": b"B\x01\0\0" + u32(0) + u64(0) + bytes(range(32)),
        "end": b"E\x01\x02\x02" + u32(0) + u64(0) + u64(NOW * 1000) + u64(NOW * 1000) + deed,
        "cut": b"X\x01\x01\x0a" + u32(0) + u64(NOW * 1000) + bytes(range(16)) + deed,
        "cut-all": b"X\x01\x05\x0a" + u32(0) + u64(2**63 - 1) + bytes(16) + deed,
        "floor": b"F\x01\0\0" + u32(0) + u64(1) + u64(NOW * 1000) + bytes(24),
    }


def event_seeds():
    def event(first, count, lines, checkpoint):
        return f"{first} {count}\n" + "".join(b64(line) + "\n" for line in lines) + "\n" + checkpoint
    all_leaves = leaves()
    for name, leaf in all_leaves.items():
        seed("event", f"leaf-{name}", leaf)
    seed("event", "leaf-version_fail", b"B\x02" + all_leaves["binding"][2:])
    seed("event", "leaf-unused_fail", all_leaves["floor"][:-1] + b"\x01")
    checkpoint = f"{LOG.name}\n7\n{b64(bytes(range(32)))}\n"
    checkpoint = note(checkpoint, LOG.line(checkpoint), FRESH.line(checkpoint, NOW))
    lines = list(all_leaves.values())
    seed("event", "all-kinds", event(0, 7, lines, checkpoint))
    seed("event", "one", event(6, 1, lines[:1], checkpoint))
    seed("event", "largest", event(2**63 - 2, 1, lines[:1], checkpoint))
    for name, text in {
            "too-large_fail": event(2**63 - 1, 1, lines[:1], checkpoint), "count_fail": event(0, 2, lines[:1], checkpoint),
            "none_fail": event(0, 0, [], checkpoint), "short-leaf_fail": event(0, 1, [lines[0][:47]], checkpoint),
            "leading-zero_fail": event("00", 1, lines[:1], checkpoint), "no-checkpoint_fail": event(0, 1, lines[:1], "")}.items():
        seed("event", name, text)


def policy_seeds():
    rule = {
        "acts": ["imaging_report", "lab_*"], "settings": ["outpatient", "online"], "ai_authorship": "draft_with_approval", "provenance": True,
        "signers": [
            {"professions": ["physician"], "levels": ["independent"], "privileges": ["imaging_report"], "independent_years": 3,
             "site": "filed", "consent_employer": True, "licence_date": True, "assurance": "validated", "meanings": ["approval"]}],
        "max_status_age_s": 60, "signoff_to_release_s": 3600, "auth_max_age_s": 900,
        "factors": {"storage": ["hardware"], "attested": True}, "batch": 4, "visit": "revisit", "facts": ["patient_age", "consent"],
        "consent": ["online_care"], "ai_notice": ["ai_used"],
        "hard_deny": [{"code": "age-rule", "if": [{"fact": "patient_age", "op": "lt", "value": 6}], "unless": {"guardian_present": True}}],
        "identity": ["name", "licence_number"], "no_signoff_text": "see the authority", "retention": {"record_y": 15}}
    small = {"acts": ["*"], "settings": ["*"], "ai_authorship": "human_only", "signers": [{"professions": ["physician"], "meanings": ["approval"]}],
             "max_status_age_s": 60, "signoff_to_release_s": 600}

    def policy(rules, **changes):
        body = {"id": "authority-1", "version": 1, "authority": "authority", "title": "A policy", "applies_to": ["CN-11"], "effective_from": NOW,
                "utc_offset": "+08:00", "sources": ["PROTOCOL 8"], "rules": rules, "documents": {"DiagnosticReport": ["imaging_report"]}, **changes}
        text = f"countersign/policy/v1\nregistry.test\n{json.dumps(body, separators=(',', ':'))}\n"
        return note(text, POLICY.line(text))
    seed("policy", "smallest", policy([small]))
    seed("policy", "two-rules", policy([small, rule]))
    for member in rule:
        if member not in small:
            seed("policy", f"rule-{member}", policy([{**small, member: rule[member]}]))
    for member, value in rule["signers"][0].items():
        seed("policy", f"signer-{member}", policy([{**small, "signers": [{**small["signers"][0], member: value}]}]))
    seed("policy", "alike_fail", policy([small, small]))
    seed("policy", "no-rule_fail", policy([]))
    seed("policy", "unknown_fail", policy([{**small, "ai": 1}]))
    seed("policy", "prescription", policy([{**small, "acts": ["prescription"], "signers": [
        {"professions": ["physician"], "meanings": ["approval"]}, {"professions": ["pharmacist"], "meanings": ["review"]}]}]))


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def token_seeds():
    """Credentials and sign-offs of the conformance cases: as text, and as the JSON inside, on which mutation does more."""
    seen = 0
    cases = pathlib.Path(__file__).parents[1] / "conformance/cases"
    for path in sorted(cases.glob("*.jsonl")):
        taken = 0
        for line in path.read_text().splitlines():
            case = json.loads(line)
            try:
                release = json.loads(case["release"])
                one = release["sign_offs"][0]
                jwt, *disclosures, binding = one["sign_off"].split("~")
                header, payload = (bytes_of(part) for part in jwt.split(".")[:2])
                kb_header, kb_payload = (bytes_of(part) for part in binding.split(".")[:2])
                raw = [bytes_of(part) for part in disclosures]
                entries = [bytes_of(entry) for entry in one["transaction_data"]]
                request = json.dumps(release["requests"][0], separators=(",", ":"), ensure_ascii=False).encode()
            except (KeyError, IndexError, TypeError, ValueError):
                continue
            if case["expect"]["verdict"] != "allow" or taken == 3 or any(b"\n" in part for part in (header, payload, *raw, *entries)):
                continue
            taken += 1
            seen += 1
            name = case["name"]
            seed("credential", name, "~".join([jwt, *disclosures, ""]))
            seed("credential", name + "-json", b"\n".join([header, payload, *raw, b""]))
            lines = [one["sign_off"].encode(), *(e.encode() for e in one["transaction_data"]), request, b""]
            seed("sign_off", name, b"\n".join(lines))
            seed("sign_off", name + "-json", b"\n".join([kb_header, kb_payload, *entries, request, b""]))
            if seen == 1:
                seed("credential", "bound_fail", one["sign_off"])
                seed("credential", "cut_fail", jwt[:-20])
                seed("credential", "claim-missing-json_fail", b"\n".join([header, payload.replace(b'"iss"', b'"isx"'), b""]))
                seed("sign_off", "no-entry_fail", b"\n".join([one["sign_off"].encode(), request, b""]))
                seed("sign_off", "member-json_fail", b"\n".join([kb_header, kb_payload[:-1] + b',"x":1}', *entries, request, b""]))


def other_seeds():
    """The smaller formats, as tests/vectors/profile.py made them."""
    profile = json.loads((pathlib.Path(__file__).parents[1] / "vectors/profile.json").read_text())

    def other(parser, name, content):
        content = content if isinstance(content, bytes) else content.encode()
        seed("others", f"{parser}-{name}", parser.encode() + b"\n" + content)
        seed("others", f"{parser}-{name}-cut_fail", parser.encode() + b"\n" + content[:-1])

    def text_of(whole):
        return whole[:whole.rindex("\n\n") + 1]

    for number, deed in enumerate(profile["deeds"]["deeds"]):
        other("deed", f"{number:02}", deed["text"])
    for number, line in enumerate(profile["receipts"]["lines"]):
        other("receipt", str(number), line)
    other("batch", "lines", text_of(profile["receipts"]["batch_note"]))
    other("batch", "empty", text_of(profile["receipts"]["empty_batch_note"]))
    other("ack", "one", text_of(profile["receipts"]["ack_note"]))
    other("record", "one", profile["release_record"]["json"])
    other("checkpoint", "one", text_of(profile["log"]["checkpoint"]))
    other("fresh", "one", text_of(profile["log"]["fresh"]))
    other("vkey", "log", profile["log"]["vkey"])
    other("request", "one", profile["request"]["json"])
    other("release", "one", profile["release"]["json"])
    leaves_ = [bytes.fromhex(leaf["leaf"]) for leaf in profile["leaves"]]
    for number, leaf in enumerate(leaves_):
        other("leaf", str(number), leaf)
    other("entries", "two", b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves_[:2]))
    other("tile-path", "deep", "tile/0/x001/x234/067")
    other("offset", "east", "+08:00")


for make in other_seeds, token_seeds, json_seeds, base64_seeds, note_seeds, root_seeds, event_seeds, policy_seeds:
    make()
