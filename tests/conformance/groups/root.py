"""Row 1 and the loading of trust roots (PROTOCOL 2, LOG 3.2 and 6.6)."""
import re

from groups.common import *
from groups.evidence import small
from profile import COSIGNATURE, Signer, note, note_hash


def cases(book):
    # row 1 at the decision
    bare = World('root-by-hash')
    bare.issuers('US')
    bare.policy_key('US')
    bare.open(hashed=True)

    def case(name, w, code=None, steps=None, now=None, about='row 1', **options):
        book.case(name, about, w, release(S(w.people['a']), world=w, **options), code, steps=steps, now=now)
    book.case('root-not-brought-yet', 'row 1', bare, release(), 'root-missing')
    inside = small('test-root-in-production', accept='production')
    case('test-root-in-a-production-gate', inside, 'root-test')
    last = small('root-expires', expires=NOW + 1)
    case('root-in-its-last-second', last)
    case('root-expired-this-second', last, 'root-expired', now=NOW + 1)
    case('root-expired-an-hour-ago', last, 'root-expired', now=NOW + 3600, expires_at=NOW + 7200,
         steps=[{'checkpoint': last.log.checkpoint(NOW + 3595)}])

    # the next root
    w = small('roots')
    v1, keys = w.root, w.root_keys
    v2 = v1.copy(version=2)
    named = later(w, [leaf_k(2, note_hash(v2.note()))])
    case('log-names-a-newer-root', w, 'root-stale', steps=named[0])
    case('newer-root-held', w, steps=named[0] + [{'root': v2.note()}])
    case('newer-root-held-before-the-log-names-it', w, steps=[{'root': v2.note()}])
    case('log-names-a-still-newer-root', w, 'root-stale', steps=later(w, [leaf_k(2, note_hash(v2.note())), leaf_k(3, draw('v3', 32))])[0] + [
        {'root': v2.note()}])
    expired = v1.copy(version=2, expires=NOW - 10)
    v3 = v1.copy(version=3)
    case('newest-root-expired', w, 'root-expired', about='LOG 6.6', steps=[{'root': expired.note()}])
    case('expired-root-between', w, about='LOG 6.6', steps=[{'root': expired.note()}, {'root': v3.note()}])

    def load(name, code, whole, world=w, about='LOG 6.6', before=()):
        book.case(name, about, world, steps=list(before) + [{'root': whole, 'expect': code}])

    def fine(name, whole, world=w, about='LOG 6.6', before=()):
        case(name, world, about=about, steps=list(before) + [{'root': whole}])

    # thresholds: 2 of 3, by distinct public key
    new = [Signer('root-%d.registry.test' % i, Key('root %d' % i)) for i in (4, 5, 6)]
    others = v1.copy(version=2, keys=new)
    load('root-signed-by-the-old-set-only', 'root-threshold', others.note(*keys))
    load('root-signed-by-the-new-set-only', 'root-threshold', others.note(*new))
    load('root-signed-by-one-old-and-all-new', 'root-threshold', others.note(keys[0], *new))
    load('root-signed-by-all-old-and-one-new', 'root-threshold', others.note(new[0], *keys))
    fine('root-signed-by-both-sets', others.note(keys[0], keys[2], new[1], new[2]))
    load('root-signed-once', 'root-threshold', v2.note(keys[0]))
    load('root-signed-by-one-line-twice', 'note-malformed', v2.note(keys[0], keys[0]))
    fine('root-signed-by-another-pair', v2.note(keys[1], keys[2]))
    again = Signer('root-again.registry.test', keys[0].key)
    load('one-key-under-two-names', 'root-threshold', v1.copy(version=2, keys=keys + [again]).note(keys[0], again))
    load('root-with-one-bad-signature', 'note-signature-bad', note(v2.text(), keys[0].line(v2.text()), keys[1].line(v2.text()),
                                                                  keys[2].line(v1.text())))
    raised = v1.copy(version=2, threshold=3)
    load('root-below-its-own-raised-threshold', 'root-threshold', raised.note(keys[0], keys[1]))
    fine('root-of-raised-threshold', raised.note())
    load('root-unsigned-by-anybody-known', 'root-threshold', v2.note(*new))
    # versions
    load('root-two-versions-on', 'root-version', v3.note())
    load('root-of-the-same-version', 'root-version', v1.copy(expires=v1.expires + 1).note())
    load('root-of-a-lower-version', 'root-version', v1.note(), before=[{'root': v2.note()}])
    load('root-applied-twice', 'root-version', v2.note(), before=[{'root': v2.note()}])
    # kind and names
    prod = v1.copy(version=2, kind='production')
    load('test-root-turned-production', 'root-kind', prod.note(), about='PROTOCOL 2')
    text = v2.text()
    away = Signer('release.registry.example', Key('releaselog 2'))

    def with_text(f):
        changed = f(text)
        assert changed != text
        return v2.note(*keys, text=changed)
    load('test-root-with-a-log-outside-test', 'root-kind', with_text(lambda t: re.sub(
        r'releaselog \S+ \S+', 'releaselog %s %s' % (away.name, away.vkey), t)), about='PROTOCOL 2')
    real = World('production-root-in-a-test-gate', test=False, domain='registry.example.org', accept='test')
    real.issuers('US')
    real.open(hashed=True)
    load('production-root-in-a-test-gate', 'root-kind', real.root_note, world=real, about='PROTOCOL 2')
    load('root-of-another-hash', 'root-hash', w.root_note, world=bare, about='PROTOCOL 2')
    book.case('root-of-the-given-hash', 'PROTOCOL 2', bare, release(), 'status-unknown', steps=[{'root': bare.root_note}])
    marked = World('root-below-the-mark')
    marked.issuers('US')
    marked.open(hashed=True, marks={'log_size': 0, 'log_root': b64u(sha(b'')), 'evidence_time': 0, 'root_version': 2})
    load('root-below-the-mark', 'root-version', marked.root_note, world=marked, about='PROTOCOL 3')

    # grammar
    def bad(name, f, code='root-malformed'):
        load(name, code, with_text(f), about='PROTOCOL 2')
    bad('root-unknown-line', lambda t: t.replace('\nfreshness', '\nmirror https://mirror.test\nfreshness'))
    bad('root-unknown-last-line', lambda t: t + 'comment x\n')
    bad('root-other-first-line', lambda t: t.replace('/v1', '/v2', 1))
    bad('root-without-origin', lambda t: re.sub(r'origin .*\n', '', t, 1))
    bad('root-without-kind', lambda t: t.replace('kind test\n', ''))
    bad('root-kind-unknown', lambda t: t.replace('kind test', 'kind staging'))
    bad('root-without-expires', lambda t: re.sub(r'expires .*\n', '', t, 1))
    bad('root-without-threshold', lambda t: re.sub(r'threshold .*\n', '', t, 1))
    bad('root-without-freshness', lambda t: re.sub(r'freshness .*\n', '', t, 1))
    bad('root-without-statuslog', lambda t: re.sub(r'statuslog .*\n', '', t, 1))
    bad('root-lines-out-of-order', lambda t: t.replace('issued', 'X', 1).replace('expires', 'issued', 1).replace('X', 'expires', 1))
    bad('root-policy-before-issuer', lambda t: t.replace('\nissuer', '\n' + re.search(r'policy .*', t).group() + '\nissuer', 1))
    bad('root-two-spaces', lambda t: t.replace('version 2', 'version  2'))
    bad('root-space-at-line-end', lambda t: t.replace('version 2\n', 'version 2 \n'))
    bad('root-field-more', lambda t: t.replace('version 2\n', 'version 2 3\n'))
    bad('root-line-twice', lambda t: t.replace('version 2\n', 'version 2\nversion 2\n'))
    bad('root-version-leading-zero', lambda t: t.replace('version 2', 'version 02'))
    bad('root-version-sign', lambda t: t.replace('version 2', 'version +2'))
    bad('root-version-0', lambda t: t.replace('version 2', 'version 0'))
    bad('root-time-float', lambda t: re.sub(r'expires (\d+)', r'expires \1.0', t, 1))
    bad('root-threshold-0', lambda t: t.replace('threshold 2', 'threshold 0'))
    bad('root-threshold-above-keys', lambda t: t.replace('threshold 2', 'threshold 4'))
    bad('root-freshness-0', lambda t: t.replace('freshness 1', 'freshness 0'))
    bad('root-vkey-of-another-id', lambda t: re.sub(r'(root root-1\.registry\.test\+)[0-9a-f]{8}', r'\g<1>00000000', t))
    bad('root-vkey-base64-cut', lambda t: re.sub(r'(root root-1\.registry\.test\+[0-9a-f]{8}\+[^\n]*)[^\n]\n', r'\1\n', t))
    bad('root-issuer-key-31-bytes', lambda t: t.replace(BASE.issuer.x, b64u(BASE.issuer.public[:31]), 1))
    bad('root-issuer-key-padded', lambda t: t.replace(BASE.issuer.x, BASE.issuer.x + '=', 1))
    bad('root-issuer-jurisdiction-lower', lambda t: t.replace('registry.test US ', 'registry.test us ', 1))
    bad('root-fresh-key-of-note-type', lambda t: re.sub(r'fresh fresh-1\S*', 'fresh ' + Signer('fresh-1.registry.test', Key('fresh 1')).vkey, t, 1))
    bad('root-log-key-of-cosignature-type', lambda t: re.sub(r'(statuslog \S+) \S+', r'\1 ' + Signer(
        'status.registry.test', Key('statuslog 1'), COSIGNATURE).vkey, t, 1))
    bad('root-statuslog-name-is-not-the-vkeys', lambda t: t.replace('statuslog status.', 'statuslog state.', 1))
    bad('root-key-on-lines-of-two-kinds', lambda t: t.replace(w.receipts_signer.vkey, Signer(
        'receipts.registry.test', Key('statuslog 1')).vkey))
    bad('root-carriage-return', lambda t: t.replace('version 2\n', 'version 2\r\n'), 'note-malformed')

    # production asks for more
    p = small('production-roots', test=False, domain='registry.example.org')
    p2 = p.root.copy(version=2)

    def strict(name, root):
        load(name, 'root-malformed', root.note(), world=p, about='PROTOCOL 2')
    fine('production-root', p2.note(), world=p, about='PROTOCOL 2')
    strict('production-threshold-1', p2.copy(threshold=1))
    long = p2.copy()
    long.lines['fresh'] = [re.sub(r' \d+$', ' %d' % (NOW + 20 * DAY + 1), f) for f in long.lines['fresh']]
    strict('production-freshness-key-for-30-days-and-a-second', long)
    exact = p2.copy()
    exact.lines['fresh'] = [re.sub(r' \d+$', ' %d' % (NOW + 20 * DAY), f) for f in exact.lines['fresh']]
    book.case('production-freshness-key-for-30-days', 'PROTOCOL 2', p, release(S(p.people['a']), world=p), steps=[
        {'root': exact.note()}] + [step for step in p.steps if 'fresh' in step])
    alone = p2.copy()
    alone.lines['admin'] = alone.lines['admin'][:-1]
    strict('production-authority-with-one-officer', alone)
