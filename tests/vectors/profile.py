#!/usr/bin/env python3
"""Makes the formats of the protocol a second time, from the text alone, and prints vectors of them.

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
            'assurance': {'level': 'validated'},
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


# --- the vectors ------------------------------------------------------------------------------------------------

class Example:
    """A small registry: one root, one policy, three practitioners and the leaves of all six kinds."""
    iss, origin, deployment, test = 'https://registry.test', 'registry.test', 'deployment-1', True

    def __init__(self):
        self.root_keys = [Signer('root-%d.registry.test' % i, Key('root %d' % i)) for i in (1, 2, 3)]
        self.issuer = Key('issuer 1')
        self.log_signer = Signer('status.registry.test', Key('statuslog 1'))
        self.fresh = [Signer('fresh-%d.registry.test' % i, Key('fresh %d' % i), COSIGNATURE) for i in (1, 2)]
        self.policy_signer = Signer('policy-us.registry.test', Key('policy US'))
        self.app = Signer(self.deployment, Key('app 1'))
        self.receipts = Signer('receipts.registry.test', Key('receipts 1'))
        self.officers = [Signer('authority.us/officer-%d' % i, Key('officer us %d' % i)) for i in (1, 2)]
        start, end = NOW - 86400 * 30, NOW + 86400 * 300
        root = Root(self.origin, 'test', 1, start, end, 2, self.root_keys)
        root.add('issuer', self.iss, 'US', self.issuer.x, start, end)
        root.add('statuslog', self.log_signer.name, self.log_signer.vkey, start, end)
        release_signer = Signer('release.registry.test', Key('releaselog 1'))
        root.add('releaselog', release_signer.name, release_signer.vkey, start, end)
        for key in self.fresh:
            root.add('fresh', key.vkey, NOW - 864000, NOW + 864000)
        root.add('freshness', 1)
        root.add('receipts', self.receipts.vkey, start, end)
        root.add('statuslist', Key('statuslist 1').x, start, end)
        root.add('policy', 'US', self.policy_signer.vkey, start, end)
        for officer in self.officers:
            root.add('admin', 'authority.us', 'US', officer.vkey)
        self.root, self.root_note = root, root.note(*self.root_keys[:2])
        self.policy = {
            'id': 'us-imaging', 'version': 1, 'authority': 'authority.us', 'title': 'Imaging reports',
            'applies_to': ['US'], 'effective_from': start, 'utc_offset': '-06:00', 'sources': ['test'],
            'rules': [{'acts': ['imaging_report'], 'settings': ['outpatient'], 'ai_authorship': 'draft_with_approval',
                       'signers': [{'professions': ['physician'], 'privileges': ['imaging_report'],
                                    'meanings': ['approval']}],
                       'max_status_age_s': 60, 'signoff_to_release_s': 3600}]}
        self.policy_note = policy_note(self.origin, self.policy, self.policy_signer)
        self.people = [Person(name, i, self.issuer, jurisdiction=['US']) for i, name in enumerate(('before', 'a', 'c'))]
        self.log = Log(self.log_signer, self.fresh)


def leaf_vectors(w):
    t = (NOW - 86400) * 1000
    deed = draw('deed 1')
    out = []

    def add(kind, leaf, **fields):
        out.append(dict({'kind': kind}, **fields, leaf=leaf.hex()))
        return leaf
    hash_of_root, hash_of_policy = note_hash(w.root_note), note_hash(w.policy_note)
    add('K', leaf_k(1, hash_of_root), version=1, hash=hash_of_root.hex())
    add('P', leaf_p(1, w.policy['effective_from'] * 1000, policy_id('us-imaging'), hash_of_policy), version=1,
        effective_ms=w.policy['effective_from'] * 1000, id='us-imaging', note=hash_of_policy.hex())
    for p in w.people:
        commit = binding_commit(w.iss, p.sub, p.key.thumbprint)
        add('B', leaf_b(p.idx, commit), index=p.idx, iss=w.iss, sub=p.sub, x=p.key.x, thumbprint=p.key.kid,
            commit=commit.hex())
    add('F', leaf_f(1, t), floor=1, recorded_ms=t)
    add('E', leaf_e(2, 2, 2, t - 1000, t, deed), index=2, code=2, reason=2, effective_ms=t - 1000, recorded_ms=t,
        deed=deed.hex())
    for kind, identifier, model in ((1, 'clinic-9', ''), (2, 'tool-9', ''), (3, 'reporter', 'model-9'),
                                    (4, Key('issuer 9').kid, ''), (5, '', '')):
        ident = cut_id(kind, identifier, model)
        cut_ms = t if kind < 5 else t - 86400000
        add('X', leaf_x(kind, 9, cut_ms, ident, deed), cut_kind=kind, reason=9, cut_ms=cut_ms, identifier=identifier,
            model=model, id=ident.hex(), deed=deed.hex())
    return out


def deed_vectors(w):
    until, at = NOW + 86400 * 7, 'authority.us'
    licence, person = 'licence-1', w.people[1].sub
    why = {'text': 'Interim order', 'basis': 'Sec. 12', 'decided': NOW - 3600, 'reported': NOW - 1800}
    digest = b64u(draw('file', 32))
    officer = {'id': 'officer-3', 'name': 'C. Officer', 'role': 'registrar',
               'vkey': Signer('clinic-1/officer-3', Key('officer 3')).vkey}
    full = w.people[1].claims
    grant = {'profession': full['profession'], 'level': full['level'], 'jurisdiction': full['jurisdiction'],
             'number': 'REG-0012345', 'specialty': full['specialty'], 'privileges': full['privileges'],
             'conditions': [], 'independent_since': full['independent_since'], 'licensed_until': full['licensed_until']}
    affiliation = {'site': 'clinic-1', 'basis': 'primary', 'consent': True, 'from': NOW - 86400}
    order = {'licence': licence, 'effective': NOW - 10, 'reason': 'licence_action'}
    counts = {'added': 10, 'updated': 2, 'unchanged': 3, 'flagged': 1, 'rejected': 0}
    deeds = [
        ('institution.add', at, {'id': 'clinic-1', 'name': 'Clinic One', 'jurisdiction': 'US-KS', 'identifiers': [
            {'system': 'http://hl7.org/fhir/sid/us-npi', 'value': '1245319599'}]}),
        ('officer.add', at, {'body': 'clinic-1', 'officer': officer}),
        ('officer.end', at, {'body': 'clinic-1', 'officer': 'officer-3', 'reason': 'affiliation_ended'}),
        ('enrol', 'clinic-1', {'practitioner': {'name': 'Dr A. Example', 'birth_date': '1980-02-29', 'identifiers': [
            {'system': 'http://hl7.org/fhir/sid/us-npi', 'value': '1234567893'}]}, 'licence': grant,
            'affiliation': affiliation}),
        ('enrol.import', 'clinic-1', {'file': digest, 'template': 'nppes', 'counts': counts}),
        ('roll.import', at, {'file': digest, 'template': 'roll', 'counts': counts}),
        ('activate', 'clinic-1', {'practitioner': person, 'licence': licence, 'affiliation': 'affiliation-1',
                                  'code': b64u(sha(b'135792468'))}),
        ('affiliation.end', 'clinic-1', {'practitioner': person, 'site': 'clinic-1', 'effective': NOW,
                                         'reason': 'affiliation_ended'}),
        ('key.end', 'clinic-1', {'holder': w.people[1].key.kid, 'reason': 'key_lost_or_compromised'}),
        ('app.add', 'clinic-1', {'id': w.deployment, 'tool': 'reporter', 'acts': ['imaging_report'],
                                 'settings': ['outpatient'], 'jurisdictions': ['US-KS'], 'vkey': w.app.vkey}),
        ('app.end', 'clinic-1', {'id': w.deployment, 'reason': 'administrative'}),
        ('suspend.interim', at, dict(order, confirm_by=NOW + 86400, why=why)),
        ('suspend', at, dict(order, until=NOW + 86400 * 90, why=why)),
        ('revoke', at, dict(order, why=why)),
        ('rescind', at, dict(order, reason='rescinded', why=why)),
        ('deregister', at, dict(order, why=why)),
        ('condition', at, {'licence': licence, 'effective': NOW, 'conditions': [
            {'code': 'supervision', 'acts_denied': ['certificate'], 'needs_cosign': True, 'until': '2027-06-30'}],
            'why': why}),
        ('reinstate', at, dict(order, reason='reinstated', why=why)),
        ('deceased', at, {'practitioner': person, 'effective': NOW}),
        ('correct', at, {'deed': digest, 'with': {'name': 'Clinic 1'}, 'why': why}),
        ('void', at, {'deed': digest, 'why': why}),
        ('cut', at, {'kind': 'tool', 'id': 'tool-9', 'cut_ms': NOW * 1000, 'reason': 'administrative', 'why': why}),
        ('policy.publish', at, {'id': 'us-imaging', 'version': 1, 'note': b64u(note_hash(w.policy_note)),
                                'effective_ms': w.policy['effective_from'] * 1000})]
    out, chain = [], deed_chain_0(w.origin)
    chains = [chain.hex()]
    for number, (do, body, members) in enumerate(deeds, 1):
        deed_id = '01936f00-0000-7000-8000-%012d' % number
        text = deed_text(w.origin, deed_id, dict({'do': do, 'at': body, 'valid_until': until}, **members))
        chain = deed_chain(chain, number, sha(text.encode()))
        chains.append(chain.hex())
        out.append({'do': do, 'text': text, 'hash': sha(text.encode()).hex()})
    text = out[0]['text']
    return {'deeds': out, 'note_of_first': note(text, *[o.line(text) for o in w.officers]), 'chain_0': chains[0],
            'chain_1': chains[1], 'chain_2': chains[2], 'chain_3': chains[3], 'chain_of_all': chains[-1]}


def receipt_vectors(w, release, slot, commit):
    where = {'act': release.act, 'setting': release.setting, 'jurisdiction': release.jurisdiction, 'site': release.site,
             'deployment': w.deployment, 'tool': TOOL['id'], 'model': TOOL['model'], 'model_version': TOOL['version']}
    known = {'status_size': len(w.log.leaves), 'status_time': NOW - 7, 'policies': [{'id': 'us-imaging', 'version': 1}],
             'root': 1}
    signers = [{'idx': slot.person.idx, 'slot': 1, 'meaning': slot.meaning, 'disposition': slot.disposition,
                'authorship': slot.authorship, 'iat': slot.iat, 'dwell_s': slot.iat - slot.opened_at}]

    def line(seq, event, **members):
        return jtext(dict({'v': 1, 'seq': seq, 'time_ms': (NOW + seq) * 1000, 'event': event,
                           'release_id': RELEASE_ID}, **members))
    lines = [
        line(1, 'permit', **where, signers=signers, unedited=False, media_type=release.media_type,
             size_band=len(release.document).bit_length(), entries=1, **known, commit=b64u(commit)),
        line(2, 'outcome', outcome='released'),
        line(3, 'refuse', code='status-stale', count=2, **where, **known)]
    head = receipt_head_0(w.deployment)
    heads = [head.hex()]
    for seq, text in enumerate(lines, 1):
        head = receipt_head(head, seq, text)
        heads.append(head.hex())
    batch = receipts_text(w.deployment, 1, receipt_head_0(w.deployment), lines)
    empty = receipts_text(w.deployment, 4, head, [])
    ack = receipts_ack_text(w.deployment, 4, head)
    return {'deployment': w.deployment, 'lines': lines, 'heads': heads, 'vkey': w.app.vkey,
            'batch_note': note(batch, w.app.line(batch)), 'empty_batch_note': note(empty, w.app.line(empty)),
            'ack_vkey': w.receipts.vkey, 'ack_note': note(ack, w.receipts.line(ack))}


def decision_vector(w, release, slot, checks):
    return jtext({
        'verdict': 'allow',
        'sentence': 'A currently licensed, in-scope clinician signed exactly these bytes; the licence status is '
                    '7 seconds old.',
        'release_id': RELEASE_ID, 'not_after': NOW + 10,
        'signers': [{'slot': 1, 'name': 'Dr A. Example', 'licence_number': 'REG-0012345', 'profession': 'physician',
                     'jurisdiction': 'US', 'assurance': 'validated', 'meaning': slot.meaning,
                     'disposition': slot.disposition, 'authorship': slot.authorship, 'iat': slot.iat}],
        'document': {'digest': b64u(sha(release.document)), 'media_type': release.media_type,
                     'size': len(release.document)},
        'status': {'origin': w.log.origin, 'size': len(w.log.leaves), 'time': NOW - 7, 'age_s': 7, 'limit_s': 60},
        'policies': [{'id': 'us-imaging', 'version': 1}], 'root': 1, 'checks': checks})


CHECKS = ['root', 'policy', 'evidence', 'request', 'sign-off', 'credential', 'holder', 'binding', 'document',
          'disposition', 'authorship', 'qualification', 'signers', 'circumstances']


def vectors():
    w = Example()
    leaves = leaf_vectors(w)
    event = w.log.event([bytes.fromhex(leaf['leaf']) for leaf in leaves], NOW - 7, NOW - 9)
    nonce = b64u(draw('gate nonce'))
    fresh = w.log.fresh_note(nonce, NOW - 7)
    slot = Slot(w.people[1], disclose=('name', 'licence_number'), authorship='ai_draft', disposition='modified')
    release = Release(w, slot, draft=DRAFT, facts={'visit': 'first', 'patient_age': 52})
    record = jtext({'v': 1, 'release_id': RELEASE_ID, 'time_ms': NOW * 1000, 'deployment': w.deployment,
                    'act': release.act, 'setting': release.setting, 'jurisdiction': release.jurisdiction,
                    'site': release.site, 'document': {'digest': b64u(sha(release.document)),
                                                       'media_type': release.media_type, 'size': len(release.document)},
                    'sign_offs': [b64u(slot.id)], 'status_size': len(w.log.leaves), 'status_time': NOW - 7,
                    'policies': [{'id': 'us-imaging', 'version': 1}], 'root': 1})
    salt = draw('release salt', 32)
    holder = w.people[1].key
    proof = jws({'alg': 'Ed25519', 'typ': 'countersign-proof+jwt', 'jwk': holder.jwk},
                {'aud': w.iss, 'nonce': b64u(draw('challenge')), 'iat': NOW, 'use': 'credential', 'idx': 1}, holder)
    keys = {k.label: {'seed': k.seed.hex(), 'public': k.public.hex(), 'x': k.x, 'thumbprint': k.kid} for k in
            [s.key for s in w.root_keys + [w.log_signer] + w.fresh + [w.policy_signer, w.app, w.receipts] + w.officers]
            + [w.issuer] + [p.key for p in w.people]}
    return {
        'about': 'Made by profile.py from the protocol. Text is a string, bytes are hex; a key is the Ed25519 seed '
                 'SHA-256(label). now = %d.' % NOW,
        'now': NOW,
        'keys': keys,
        'root': {'text': w.root.text(), 'note': w.root_note, 'hash': note_hash(w.root_note).hex()},
        'policy': {'json': jtext(w.policy), 'text': note_text(w.policy_note), 'note': w.policy_note,
                   'hash': note_hash(w.policy_note).hex(), 'id': policy_id('us-imaging').hex()},
        'leaves': leaves,
        'log': {'origin': w.log.origin, 'size': len(w.log.leaves),
                'leaf_hashes': [leaf_hash(leaf).hex() for leaf in w.log.leaves],
                'roots': [tree_root(w.log.leaves[:n]).hex() for n in range(len(w.log.leaves) + 1)],
                'vkey': w.log_signer.vkey, 'fresh_vkeys': [k.vkey for k in w.fresh],
                'checkpoint_times': [NOW - 7, NOW - 9], 'checkpoint': w.log.checkpoint(NOW - 7, NOW - 9),
                'event': event, 'nonce': nonce, 'fresh_time': NOW - 7, 'fresh': fresh},
        'credential': {'header': jtext(slot.head), 'payload': slot.claims_json, 'jwt': slot.jwt,
                       'disclosures': [{'name': n, 'json': unb64u(d).decode(), 'text': d, 'digest': digest_of(d)}
                                       for n, d in slot.disclosures.items()],
                       'presentation': slot.presentation, 'sd_hash': digest_of(slot.presentation)},
        'request': {'json': jtext(slot.request)},
        'patient_ref': {'key': PATIENT_KEY.hex(), 'scope': REQUEST_ID, 'patient': release.patient,
                        'ref': release.patient_ref},
        'sign_off': {'transaction_data_json': slot.td_json, 'transaction_data': slot.strings[0],
                     'hash': digest_of(slot.strings[0]), 'header': jtext(slot.kb_header), 'payload': slot.kb_json,
                     'kb_jwt': slot.kb_jwt, 'sign_off': slot.sign_off, 'id': slot.id.hex()},
        'release': {'document': release.document.hex(), 'draft': DRAFT.hex(), 'received_at': NOW, 'json': release.json(),
                    'gate': {'deployment': w.deployment, 'accept': 'test', 'offline': False, 'nonce': nonce},
                    'decision': decision_vector(w, release, slot, CHECKS)},
        'deeds': deed_vectors(w),
        'receipts': receipt_vectors(w, release, slot, release_commit(salt, record)),
        'release_record': {'json': record, 'salt': salt.hex(), 'commit': release_commit(salt, record).hex()},
        'release_commit_of_log_2_6': {'json': '{"doc":"example"}', 'salt': bytes(range(32)).hex(),
                                      'commit': release_commit(bytes(range(32)), '{"doc":"example"}').hex()},
        'proof': {'jwt': proof},
    }


if __name__ == '__main__':
    json.dump(vectors(), sys.stdout, indent=1, ensure_ascii=True)
    sys.stdout.write('\n')
