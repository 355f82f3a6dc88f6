#!/usr/bin/env python3
"""Makes the formats of PROTOCOL.md a second time, from the text alone, and prints vectors of them.

    python3 tests/vectors/profile.py > tests/vectors/profile.json

Nothing here is shared with the C library: where both agree, the text says enough. Everything is deterministic:
a key is the Ed25519 seed SHA-256(label), a salt or nonce the head of SHA-256(label). Needs Python 3.11 and
`cryptography` 38 or newer. The sealed key file is left out: `cryptography` 38 has neither Argon2id nor XChaCha20.
"""
import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NOW = 1795338870  # 2026-11-22T09:14:30Z
ED25519, COSIGNATURE = 0x01, 0x04  # types of a note's key, LOG 2.2


# --- bytes and JSON ---------------------------------------------------------------------------------------------

def sha(data):
    return hashlib.sha256(data).digest()


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def b64(data):
    return base64.b64encode(data).decode()


def jtext(value):
    """JSON without white space, members in the order in which they were put."""
    return json.dumps(value, separators=(',', ':'), ensure_ascii=False)


def utf8(text):
    return text if isinstance(text, bytes) else text.encode()


def u16(n):
    return n.to_bytes(2, 'big')


def u32(n):
    return n.to_bytes(4, 'big')


def u64(n):
    return n.to_bytes(8, 'big')


def draw(label, size=16):
    """A reproducible salt or nonce."""
    return sha(('countersign test ' + label).encode())[:size]


# --- keys -------------------------------------------------------------------------------------------------------

class Key:
    def __init__(self, label):
        self.label = label
        self.seed = sha(label.encode())
        self._private = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = self._private.public_key().public_bytes(serialization.Encoding.Raw,
                                                              serialization.PublicFormat.Raw)

    @property
    def x(self):
        return b64u(self.public)

    @property
    def thumbprint(self):
        return thumbprint(self.public)

    @property
    def kid(self):
        return b64u(self.thumbprint)

    @property
    def jwk(self):
        return {'kty': 'OKP', 'crv': 'Ed25519', 'x': self.x}

    def sign(self, data):
        return self._private.sign(data)


def thumbprint(public):
    """RFC 7638."""
    return sha(('{"crv":"Ed25519","kty":"OKP","x":"%s"}' % b64u(public)).encode())


# --- signed notes, LOG 2.2 --------------------------------------------------------------------------------------

def key_id(name, kind, public):
    return sha(name.encode() + b'\n' + bytes([kind]) + public)[:4]


class Signer:
    """A key with a name, as notes know it."""

    def __init__(self, name, key, kind=ED25519):
        self.name, self.key, self.kind = name, key, kind

    @property
    def id(self):
        return key_id(self.name, self.kind, self.key.public)

    @property
    def vkey(self):
        return '%s+%s+%s' % (self.name, self.id.hex(), b64(bytes([self.kind]) + self.key.public))

    def line(self, text, time=None):
        if self.kind == COSIGNATURE:
            signed = b'cosignature/v1\ntime %d\n' % time + text.encode()
            return signature_line(self.name, self.id + u64(time) + self.key.sign(signed))
        return signature_line(self.name, self.id + self.key.sign(text.encode()))


def signature_line(name, data):
    return '\u2014 %s %s\n' % (name, b64(data))


def note(text, *lines):
    return text + '\n' + ''.join(lines)


def note_text(whole):
    return whole[:whole.rindex('\n\n') + 1]


def note_hash(whole):
    return sha(note_text(whole).encode())


# --- the tree and its leaves ------------------------------------------------------------------------------------

def leaf_hash(leaf):
    return sha(b'\0' + leaf)


def tree_root(leaves):
    if not leaves:
        return sha(b'')
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b'\1' + tree_root(leaves[:k]) + tree_root(leaves[k:]))


def binding_commit(iss, sub, holder_thumbprint):
    iss, sub = iss.encode(), sub.encode()
    return sha(b'countersign/binding/v1\n' + u16(len(iss)) + iss + u16(len(sub)) + sub + holder_thumbprint)


def cut_id(kind, identifier='', model=''):
    if kind == 5:
        return bytes(16)
    return sha((identifier + '\n' + model if kind == 3 else identifier).encode())[:16]


def policy_id(name):
    return sha(name.encode())[:8]


def leaf_b(idx, commit):
    return b'B\1\0\0' + u32(0) + u64(idx) + commit


def leaf_e(idx, code, reason, effective_ms, recorded_ms, deed=bytes(16)):
    return b'E\1' + bytes([code, reason]) + u32(0) + u64(idx) + u64(effective_ms) + u64(recorded_ms) + deed


def leaf_x(kind, reason, cut_ms, ident, deed=bytes(16)):
    return b'X\1' + bytes([kind, reason]) + u32(0) + u64(cut_ms) + ident + deed


def leaf_f(floor, recorded_ms):
    return b'F\1\0\0' + u32(0) + u64(floor) + u64(recorded_ms) + bytes(24)


def leaf_p(version, effective_ms, ident, hash_of_note):
    return b'P\1\0\0' + u32(version) + u64(effective_ms) + ident + hash_of_note[:24]


def leaf_k(version, hash_of_root):
    return b'K\1\0\0' + u32(0) + u64(version) + hash_of_root


def checkpoint_text(origin, size, root):
    return '%s\n%d\n%s\n' % (origin, size, b64(root))


def event_text(first, leaves, checkpoint):
    return '%d %d\n' % (first, len(leaves)) + ''.join(b64(leaf) + '\n' for leaf in leaves) + '\n' + checkpoint


def fresh_text(origin, size, root, nonce):
    return 'countersign/fresh/v1\n%s\n%d\n%s\n%s\n' % (origin, size, b64(root), nonce)


class Log:
    """A status log: leaves, and the notes over them."""

    def __init__(self, signer, fresh):
        self.signer, self.fresh, self.leaves = signer, fresh, []

    def copy(self):
        other = Log(self.signer, self.fresh)
        other.leaves = list(self.leaves)
        return other

    @property
    def origin(self):
        return self.signer.name

    def root(self):
        return tree_root(self.leaves)

    def checkpoint(self, *times, signer=None, text=None):
        """The note of the present size; times[i] is the cosignature's of fresh key i, None for none."""
        text = text or checkpoint_text(self.origin, len(self.leaves), self.root())
        lines = [(signer or self.signer).line(text)]
        lines += [key.line(text, t) for key, t in zip(self.fresh, times) if t is not None]
        return note(text, *lines)

    def event(self, leaves, *times):
        """Appends leaves: the event object of that commit."""
        first = len(self.leaves)
        self.leaves += leaves
        return event_text(first, leaves, self.checkpoint(*times))

    def fresh_note(self, nonce, *times):
        text = fresh_text(self.origin, len(self.leaves), self.root(), nonce)
        return note(text, *[key.line(text, t) for key, t in zip(self.fresh, times) if t is not None])


# --- trust root and policy --------------------------------------------------------------------------------------

class Root:
    """The lines of a trust root, by directive, and their order."""

    ORDER = ['root', 'issuer', 'statuslog', 'releaselog', 'fresh', 'freshness', 'receipts', 'statuslist', 'policy',
             'admin']

    def __init__(self, origin, kind, version, issued, expires, threshold, keys):
        self.origin, self.kind, self.version = origin, kind, version
        self.issued, self.expires, self.threshold = issued, expires, threshold
        self.keys = list(keys)  # Signers
        self.lines = {}

    def copy(self, **changes):
        other = Root(self.origin, self.kind, self.version, self.issued, self.expires, self.threshold, self.keys)
        other.lines = {k: list(v) for k, v in self.lines.items()}
        for name, value in changes.items():
            setattr(other, name, value)
        return other

    def add(self, directive, *fields):
        self.lines.setdefault(directive, []).append(' '.join([directive] + [str(f) for f in fields]))

    def text(self):
        head = ['countersign/root/v1', 'origin ' + self.origin]
        head += ['kind test'] if self.kind == 'test' else ['kind production']
        head += ['version %d' % self.version, 'issued %d' % self.issued, 'expires %d' % self.expires,
                 'threshold %d' % self.threshold]
        head += ['root ' + k.vkey for k in self.keys]
        for directive in self.ORDER[1:]:
            head += self.lines.get(directive, [])
        return '\n'.join(head) + '\n'

    def note(self, *signers, text=None):
        text = text or self.text()
        return note(text, *[s.line(text) for s in (signers or self.keys)])


def policy_text(origin, body):
    return 'countersign/policy/v1\n%s\n%s\n' % (origin, body if isinstance(body, str) else jtext(body))


def policy_note(origin, body, signer):
    text = policy_text(origin, body)
    return note(text, signer.line(text))


# --- tokens -----------------------------------------------------------------------------------------------------

def jws(header, payload, key):
    """header and payload: objects, or JSON text or bytes to be taken as they are."""
    parts = [p if isinstance(p, (str, bytes)) else jtext(p) for p in (header, payload)]
    signed = '.'.join(b64u(utf8(p)) for p in parts)
    return signed + '.' + b64u(key.sign(signed.encode()))


def disclosure(salt_label, name, value):
    return b64u(jtext([b64u(draw('salt ' + salt_label)), name, value]).encode())


def digest_of(text):
    """B64U of SHA-256 of an ASCII text: disclosures, sd_hash, transaction data."""
    return b64u(sha(text.encode()))


def issuer_header(key):
    return {'alg': 'Ed25519', 'kid': key.kid, 'typ': 'dc+sd-jwt'}


def status_claim(iss, origin, idx):
    return {'status_list': {'idx': idx % 2 ** 24, 'uri': '%s/status/list/%d' % (iss, idx >> 24)},
            'countersign': {'origin': origin, 'idx': idx}}


KB_HEADER = {'alg': 'Ed25519', 'typ': 'kb+jwt'}


def signoff_id(kb_jwt, entry):
    return sha(kb_jwt.rsplit('.', 1)[0].encode() + sha(entry.encode()))


def patient_ref(key, scope, patient):
    import hmac
    return b64u(hmac.new(key, b'countersign/patient/v1\n' + scope.encode() + b'\n' + patient.encode(),
                         hashlib.sha256).digest())


# --- deeds, receipts, release record ----------------------------------------------------------------------------

def deed_text(origin, deed_id, body):
    return 'countersign/deed/v1\n%s\n%s\n%s\n' % (origin, deed_id, jtext(body))


def deed_chain_0(origin):
    return sha(b'countersign/deeds/v1\n' + origin.encode())


def deed_chain(before, number, deed_hash):
    return sha(b'\3' + before + u64(number) + deed_hash)


def receipt_head_0(deployment):
    return sha(b'countersign/receipts/v1\n' + deployment.encode())


def receipt_head(before, seq, line):
    return sha(b'\2' + before + u64(seq) + sha(line.encode()))


def receipts_text(deployment, first, before, lines):
    head = before
    for i, line in enumerate(lines):
        head = receipt_head(head, first + i, line)
    return 'countersign/receipts/v1\n%s\n%d %d\n%s\n%s%s\n' % (
        deployment, first, len(lines), b64(before), ''.join(line + '\n' for line in lines), b64(head))


def receipts_ack_text(deployment, following, head):
    return 'countersign/receipts-ack/v1\n%s\n%d\n%s\n' % (deployment, following, b64(head))


def release_commit(salt, record):
    record = record.encode()
    return sha(b'countersign/release/v1\n' + salt + u64(len(record)) + record)


# --- one sign-off after the other: requests, credentials, sign-offs, a release ----------------------------------

TOOL = {'id': 'reporter', 'model': 'large', 'version': '4.2'}
DOCUMENT = b'No consolidation. Heart size normal.\n'
DRAFT = b'No consolidation.\n'
REQUEST_ID = b64u(draw('request 1'))
RELEASE_ID = '01aa5d7c-9b50-7c3a-8f00-5d1c9a7be001'
PATIENT_KEY = draw('patient key', 32)


class Person:
    """A practitioner with a bound key: what the registry would put into the credential."""

    def __init__(self, name, idx, issuer, key=None, **claims):
        self.name, self.idx, self.issuer = name, idx, issuer
        self.key = key or Key('holder ' + name)
        tail = draw('subject ' + name).hex()
        self.sub = '01936f00-%s-7%s-8%s-%s' % (tail[:4], tail[4:7], tail[7:10], tail[10:22])
        self.disclosable = {'name': 'Dr A. Example', 'licence_number': 'REG-0012345'}
        self.claims = {
            'profession': 'physician', 'level': 'independent', 'jurisdiction': ['US', 'CN', 'GB', 'FR', 'DE'],
            'specialty': [{'system': 'urn:nucc', 'code': '2085R0202X'}],
            'privileges': {'prescribe': True, 'schedules': ['II', 'III'], 'antimicrobial_grade': 2, 'narcotic': False,
                           'imaging_report': True},
            'site': {'id': 'clinic-1', 'basis': 'primary', 'consent': True},
            'independent_since': '2015-07-01', 'licensed_until': '2027-03-31', 'conditions': [],
            'assurance': {'level': 'validated', 'validated_at': NOW - 86400 * 30},
            'authenticator': {'storage': 'hardware', 'user_auth': 'pin', 'attested': True, 'proofing': 'in_person'},
        }
        for name, value in claims.items():
            if value is None:
                del self.claims[name]
            else:
                self.claims[name] = value


def change(hook, value, slot):
    """A hook changes the value in place or returns another; it may take the slot as its second argument."""
    if hook is None:
        return value
    wanted = hook.__code__.co_argcount - len(hook.__defaults__ or ())
    result = hook(value, slot) if wanted > 1 else hook(value)
    return value if result is None else result


def as_text(value):
    return value if isinstance(value, (str, bytes)) else jtext(value)


class Slot:
    """One signer of a release. Every option has the sound value as its default; hooks put the fault in.

    In the order of making: request; td (object), td_text, strings (as sent); disclosures (all that the credential
    commits to), sd (the digests), claims, claims_text, head, jwt; presented (disclosures sent), presentation;
    kb (object), kb_text, kb_head, kb_jwt; sign_off.
    """

    DEFAULTS = dict(person=None, meaning='approval', disposition='accepted', authorship='human', declared=None,
                    iat=NOW - 27, auth_time=NOW - 90, opened_at=NOW - 120, cred_iat=NOW - 3600, cred_exp=NOW + 25200,
                    disclose=('name',), issuer=None, kb_key=None, entry=0, entries=1, fixed=None,
                    more_entries=None, idx=None, label=None)
    HOOKS = ['request', 'td', 'td_text', 'strings', 'disclosures', 'sd', 'claims', 'claims_text', 'head', 'jwt',
             'presented', 'presentation', 'kb', 'kb_text', 'kb_head', 'kb_jwt', 'sign_off', 'entry_td']

    def __init__(self, person=None, **options):
        options['person'] = person
        for name in self.HOOKS:
            setattr(self, 'on_' + name, options.pop(name, None))
        for name, value in self.DEFAULTS.items():
            setattr(self, name, options.pop(name, value))
        if options:
            raise TypeError('no such option: %s' % ', '.join(options))

    def hook(self, name, value):
        return change(getattr(self, 'on_' + name), value, self)

    # the app

    def make_request(self, r, number, prior):
        document, draft = r.document, r.draft
        out = {'v': 1, 'request_id': r.request_id, 'slot': number, 'act': r.act, 'setting': r.setting,
               'jurisdiction': r.jurisdiction, 'site': r.site, 'tool': r.tool, 'patient_ref': r.patient_ref}
        if r.encounter_ref:
            out['encounter_ref'] = r.encounter_ref
        if r.facts is not None:
            out['facts'] = r.facts
        if draft is not None:
            out['draft'] = {'digest': b64u(sha(draft)), 'digest_alg': 'sha-256'}
        if prior:
            out['prior'] = b64u(prior)
        out.update({'audience': r.audience, 'nonce': b64u(draw('nonce %s %d' % (r.request_id, number))),
                    'authorship': self.declared or self.authorship})
        if self.fixed:
            out['meaning'] = self.fixed
        out.update({'document': {'url': 'https://app.test/d', 'media_type': r.media_type,
                                 'label': r.label},
                    'issued_at': r.issued_at, 'expires_at': r.expires_at,
                    'answer_to': 'https://app.test/a'})
        self.nonce = out['nonce']
        self.request = self.hook('request', json.loads(jtext(out)))

    # the signer's client

    def make_td(self, r):
        q = self.request
        out = {'type': 'urn:countersign:sign-off:1', 'credential_ids': ['practitioner'],
               'transaction_data_hashes_alg': ['sha-256'], 'request_id': q['request_id'], 'slot': q['slot'],
               'act': q['act'], 'meaning': self.meaning, 'disposition': self.disposition,
               'authorship': self.authorship,
               'document': {'digest': b64u(sha(r.document)), 'digest_alg': 'sha-256',
                            'media_type': q['document']['media_type'], 'size': len(r.document),
                            'label': q['document']['label']}}
        if 'draft' in q:
            out['draft'] = q['draft']
        out.update({'tool': q['tool'], 'jurisdiction': q['jurisdiction'], 'site': q['site'], 'setting': q['setting'],
                    'patient_ref': q['patient_ref']})
        for name in ('encounter_ref', 'facts'):
            if name in q:
                out[name] = q[name]
        out['opened_at'] = self.opened_at
        if 'prior' in q:
            out['prior'] = q['prior']
        out = json.loads(jtext(out))  # a copy that hooks may change
        self.td = self.hook('td', out)
        self.td_json = change(self.on_td_text, as_text(self.td), self)
        self.signed_strings = [b64u(utf8(self.td_json))]
        for i in range(1, self.entries):
            other = json.loads(jtext(out))
            other['request_id'] = b64u(draw('request of batch %d' % i))
            body = b'Another document of the batch, number %d.\n' % i
            other['document'].update(digest=b64u(sha(body)), size=len(body))
            other = change(self.on_entry_td, other, self)
            self.signed_strings.append(b64u(utf8(as_text(other))))
        if self.more_entries:
            self.signed_strings = self.more_entries(self.signed_strings)

    def make_credential(self, world):
        p = self.person
        issuer = self.issuer or p.issuer
        claims = {'vct': world.iss + '/vct/practitioner/1', 'iss': world.iss, 'nbf': self.cred_iat,
                  'exp': self.cred_exp, 'cnf': {'jwk': p.key.jwk},
                  'status': status_claim(world.iss, world.log.origin, p.idx if self.idx is None else self.idx),
                  'iat': self.cred_iat, 'sub': p.sub}
        claims.update(json.loads(jtext(p.claims)))
        if world.test:
            claims['test'] = True
        self.disclosures = {name: disclosure('%s %s' % (p.name, name), name, value)
                            for name, value in p.disclosable.items()}
        self.disclosures = self.hook('disclosures', self.disclosures)
        digests = sorted(digest_of(d) for d in self.disclosures.values())
        digests = self.hook('sd', digests)
        if digests:
            claims['_sd'] = digests
            claims['_sd_alg'] = 'sha-256'
        self.claims = self.hook('claims', claims)
        self.claims_json = change(self.on_claims_text, as_text(self.claims), self)
        self.head = self.hook('head', issuer_header(issuer))
        self.jwt = self.hook('jwt', jws(self.head, self.claims_json, issuer))
        shown = [self.disclosures[name] for name in self.disclose if name in self.disclosures]
        shown = self.hook('presented', shown)
        self.presentation = self.hook('presentation', ''.join(part + '~' for part in [self.jwt] + shown))

    def make_kb(self):
        out = {'iat': self.iat, 'aud': self.request['audience'], 'nonce': self.request['nonce'],
               'sd_hash': digest_of(self.presentation),
               'transaction_data_hashes': [digest_of(s) for s in self.signed_strings],
               'transaction_data_hashes_alg': 'sha-256',
               'jti': b64u(draw('jti %s %s' % (self.person.name, self.nonce))), 'auth_time': self.auth_time}
        self.kb = self.hook('kb', out)
        self.kb_json = change(self.on_kb_text, as_text(self.kb), self)
        self.kb_header = self.hook('kb_head', dict(KB_HEADER))
        self.kb_jwt = self.hook('kb_jwt', jws(self.kb_header, self.kb_json, self.kb_key or self.person.key))
        self.sign_off = self.hook('sign_off', self.presentation + self.kb_jwt)
        self.strings = self.hook('strings', list(self.signed_strings))

    def make(self, world, r, number, prior):
        self.make_request(r, number, prior)
        self.make_td(r)
        self.make_credential(world)
        self.make_kb()
        self.id = signoff_id(self.kb_jwt, self.signed_strings[0])


class Release:
    """What an app hands to the gate. `change` is a hook on the finished object, `text` on its JSON."""

    def __init__(self, world, *slots, **options):
        self.world, self.slots = world, slots
        self.act, self.setting, self.jurisdiction = 'imaging_report', 'outpatient', 'US-KS'
        self.site, self.tool, self.document, self.draft = 'clinic-1', TOOL, DOCUMENT, None
        self.media_type, self.label = 'text/plain', 'Imaging report'
        self.facts, self.encounter_ref, self.patient = None, None, 'patient-1'
        self.audience, self.request_id = world.deployment, REQUEST_ID
        self.issued_at, self.expires_at = NOW - 600, NOW + 600
        self.change, self.text, self.prior, self.sent = None, None, None, None
        for name, value in options.items():
            if not hasattr(self, name):
                raise TypeError('no such option: ' + name)
            setattr(self, name, value)
        self.patient_ref = patient_ref(PATIENT_KEY, self.request_id, self.patient)
        before = None
        for number, slot in enumerate(slots, 1):
            slot.make(world, self, number, before if number > 1 else self.prior)
            before = slot.id

    def object(self):
        out = {'release_id': RELEASE_ID, 'act': self.act, 'setting': self.setting, 'jurisdiction': self.jurisdiction,
               'site': self.site, 'tool': self.tool, 'audience': self.audience, 'request_id': self.request_id,
               'requests': [s.request for s in self.slots],
               'sign_offs': [{'sign_off': s.sign_off, 'transaction_data': s.strings, 'entry': s.entry}
                             for s in self.slots],
               'document': b64u(self.document if self.sent is None else self.sent)}
        return change(self.change, json.loads(jtext(out)), None)

    def json(self):
        return change(self.text, as_text(self.object()), None)
