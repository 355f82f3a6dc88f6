"""Row 16: event objects, checkpoints, fresh notes and policies (PROTOCOL 3 and 8, LOG 6)."""
from groups.common import *
from groups.evidence import small
from profile import (COSIGNATURE, Log, Signer, checkpoint_text, cut_id, event_text, fresh_text, leaf_b, leaf_e, leaf_f, leaf_k,
                     leaf_p, leaf_x, note, note_hash, policy_id, policy_note, policy_text, signature_line)


def cases(book):
    w = small('loading')
    origin, key = w.log.origin, w.log_signer
    size = len(w.log.leaves)
    count = sum(1 for leaf in w.log.leaves if leaf[:1] == b'B')
    t = (NOW - 3) * 1000
    commit = draw('somebody', 32)

    def load(name, code, step, about, before=()):
        book.case(name, about, w, steps=list(before) + [dict(step, expect=code)])

    def leaves(name, *bad, before=()):
        log = w.log.copy()
        steps = [{'event': log.event(list(before))}] if before else []
        load(name, 'leaf-malformed', {'event': log.event(list(bad))}, 'PROTOCOL 3', steps)

    good = leaf_b(count, commit)
    leaves('leaf-of-unknown-type', b'Z' + good[1:])
    leaves('leaf-of-type-0', b'\0' + good[1:])
    leaves('leaf-of-version-2', b'B\2' + good[2:])
    leaves('leaf-binding-with-code', b'B\1\1\0' + good[4:])
    leaves('leaf-binding-with-reason', b'B\1\0\1' + good[4:])
    leaves('leaf-binding-with-word', b'B\1\0\0\0\0\0\1' + good[8:])
    leaves('leaf-binding-skips-an-index', leaf_b(count + 1, commit))
    leaves('leaf-binding-repeats-an-index', leaf_b(count - 1, commit))
    end = leaf_e(0, 1, 2, t, t)
    leaves('leaf-end-of-no-binding', leaf_e(count, 1, 2, t, t))
    leaves('leaf-end-before-its-binding', leaf_e(count, 1, 2, t, t), good)
    leaves('leaf-end-effective-after-recorded', leaf_e(0, 1, 2, t + 1, t))
    leaves('leaf-end-code-0', leaf_e(0, 0, 2, t, t))
    leaves('leaf-end-code-4', leaf_e(0, 4, 2, t, t))
    leaves('leaf-end-reason-12', leaf_e(0, 1, 12, t, t))
    leaves('leaf-end-with-word', end[:7] + b'\1' + end[8:])
    tool = cut_id(2, 'tool-1')
    leaves('leaf-cut-kind-0', leaf_x(0, 9, t, tool))
    leaves('leaf-cut-kind-6', leaf_x(6, 9, t, tool))
    leaves('leaf-cut-reason-12', leaf_x(2, 12, t, tool))
    leaves('leaf-cut-lower-than-before', leaf_x(2, 9, t - 1, tool), before=[leaf_x(2, 9, t, tool)])
    leaves('leaf-cut-of-all-with-id', leaf_x(5, 9, t, tool))
    leaves('leaf-floor-above-count', leaf_f(count + 1, t))
    leaves('leaf-floor-falls', leaf_f(0, t), before=[leaf_f(1, t)])
    leaves('leaf-floor-with-tail', leaf_f(1, t)[:-1] + b'\1')
    leaves('leaf-floor-with-code', b'F\1\1\0' + leaf_f(1, t)[4:])
    body = w.policies['us-small']
    ident, text_hash = policy_id('us-small'), draw('another note', 32)
    leaves('leaf-policy-version-repeated', leaf_p(1, t, ident, text_hash))
    leaves('leaf-policy-version-falls', leaf_p(2, t, ident, text_hash), before=[leaf_p(3, t, ident, text_hash)])
    leaves('leaf-among-good-ones', good, leaf_b(count + 1, commit), b'?' + good[1:])
    book.case('leaf-at-each-bound', 'PROTOCOL 3', w, release(S(w.people['a']), world=w), steps=later(w, [
        good, leaf_e(count, 3, 11, t, t), leaf_x(2, 0, 2 ** 63 - 1, tool),
        leaf_x(5, 1, 0, bytes(16)), leaf_f(0, t), leaf_f(0, t)])[0])
    first = World('log-without-root-leaf')
    first.issuers('US')
    first.open()
    book.case('leaf-0-is-not-the-root', 'PROTOCOL 3', first, steps=[{'event': first.log.copy().event([leaf_b(0, commit)]),
                                                                   'expect': 'leaf-malformed'}])

    # events and their trees
    log = w.log.copy()
    event = log.event([good])
    other = event.replace(b64(good), b64(leaf_b(count, draw('somebody else', 32))))
    load('event-leaf-exchanged', 'proof-bad', {'event': other}, 'PROTOCOL 3')
    a, b = leaf_e(0, 2, 2, t, t), leaf_f(0, t)
    swapped = w.log.copy()
    text = swapped.event([a, b])
    load('event-leaves-swapped', 'proof-bad', {'event': text.replace(b64(a), '*').replace(b64(b), b64(a)).replace('*', b64(b))}, 'PROTOCOL 3')
    fork = w.log.copy()
    fork.leaves[1] = leaf_p(1, EPOCH * 1000, ident, draw('another past', 32))
    load('event-of-another-past', 'proof-bad', {'event': fork.event([good])}, 'PROTOCOL 3')
    load('event-unsigned', 'note-unsigned', {'event': event_text(size, [good], note(note_text(
        log.checkpoint()), Signer('other.registry.test', Key('x')).line(note_text(log.checkpoint()))))}, 'PROTOCOL 3')
    load('event-signed-with-the-wrong-key', 'note-unsigned', {'event': event_text(size, [good], log.checkpoint(
        signer=Signer(origin, Key('statuslog thief'))))}, 'PROTOCOL 3')
    load('event-signature-bad', 'note-signature-bad', {'event': event_text(size, [good], note(note_text(
        log.checkpoint()), key.line('another text\n')))}, 'PROTOCOL 3')
    load('event-signed-by-freshness-key-only', 'note-unsigned', {'event': event_text(size, [good], note(note_text(
        log.checkpoint()), w.fresh[0].line(note_text(log.checkpoint()), NOW - 1)))}, 'PROTOCOL 3')

    # checkpoints
    root = w.log.root()

    def point(name, code, text, about='LOG 6.2', lines=None):
        load(name, code, {'checkpoint': note(text, *(lines or [key.line(text), w.fresh[0].line(text, NOW - 1)]))}, about)
    fine = checkpoint_text(origin, size, root)
    book.case('checkpoint', 'LOG 6.3', w, release(S(w.people['a']), world=w), now=NOW + 58, steps=[
        {'checkpoint': w.log.checkpoint(NOW - 1)}])
    point('checkpoint-of-another-origin', 'checkpoint-malformed', checkpoint_text('status.other.test', size, root), 'LOG 6.3')
    point('checkpoint-with-extension', 'checkpoint-malformed', fine + 'extension\n', 'LOG 6.3')
    point('checkpoint-size-leading-zero', 'checkpoint-malformed', fine.replace('\n%d\n' % size, '\n0%d\n' % size))
    point('checkpoint-size-sign', 'checkpoint-malformed', fine.replace('\n%d\n' % size, '\n+%d\n' % size))
    point('checkpoint-size-above-63-bits', 'checkpoint-malformed', fine.replace('\n%d\n' % size, '\n%d\n' % 2 ** 63))
    point('checkpoint-root-31-bytes', 'checkpoint-malformed', '%s\n%d\n%s\n' % (origin, size, b64(root[:31])))
    point('checkpoint-root-base64url', 'checkpoint-malformed', '%s\n%d\n%s\n' % (origin, size, b64u(root)))
    point('checkpoint-without-root', 'checkpoint-malformed', '%s\n%d\n' % (origin, size))
    point('checkpoint-space-at-line-end', 'checkpoint-malformed', fine.replace('\n%d\n' % size, '\n%d \n' % size))
    older = Log(key, w.fresh)
    older.leaves = w.log.leaves[:-1]
    load('checkpoint-smaller', 'checkpoint-rolled-back', {'checkpoint': older.checkpoint(NOW - 1)}, 'PROTOCOL 3')
    load('checkpoint-older', 'checkpoint-rolled-back', {'checkpoint': w.log.checkpoint(EVIDENCE - 1, EVIDENCE - 1)}, 'PROTOCOL 3')
    load('checkpoint-older-than-a-heartbeat', 'checkpoint-rolled-back', {'checkpoint': w.log.checkpoint(NOW - 3)}, 'LOG 6.5',
         before=[{'checkpoint': w.log.checkpoint(NOW - 1)}])
    load('checkpoint-of-another-tree', 'equivocation', {'checkpoint': fork_point(w, draw('another root', 32))}, 'PROTOCOL 3')

    # cosignatures
    cosigner = w.fresh[0]

    def cosigned(name, code, line, about='LOG 6.3'):
        point(name, code, fine, about, [key.line(fine), line])
    made = unb64(cosigner.line(fine, NOW - 1))
    cosigned('cosignature-time-one-later', 'note-signature-bad', signature_line(cosigner.name, made[:4] + u64(NOW) + made[12:]))
    cosigned('cosignature-time-zeroed', 'note-signature-bad', signature_line(cosigner.name, made[:4] + u64(0) + made[12:]))
    cosigned('cosignature-of-another-text', 'note-signature-bad', signature_line(cosigner.name, unb64(cosigner.line(
        checkpoint_text(origin, size + 1, root), NOW - 1))))
    cosigned('cosignature-without-its-prefix', 'note-signature-bad', signature_line(cosigner.name, made[:12] + cosigner.key.sign(
        fine.encode())))
    cosigned('cosignature-cut-to-a-note-signature', 'note-signature-bad', signature_line(cosigner.name, made[:4] + cosigner.key.sign(
        fine.encode())))
    plain = Signer(cosigner.name, cosigner.key)
    book.case('note-signature-of-a-freshness-key-is-no-cosignature', 'LOG 6.3', w, release(S(w.people['a']), world=w), 'status-stale',
              now=NOW + 54, steps=[{'checkpoint': note(fine, key.line(fine), plain.line(fine))}])
    stranger = Signer('witness.test', Key('witness'), COSIGNATURE)
    book.case('cosignature-of-a-stranger-counts-nothing', 'LOG 6.3', w, release(S(w.people['a']), world=w), 'status-stale',
              now=NOW + 54, steps=[{'checkpoint': note(fine, key.line(fine), stranger.line(fine, NOW + 50))}])

    # fresh notes
    def fresh(name, code, text, lines=None, about='PROTOCOL 3'):
        load(name, code, {'fresh': note(text, *(lines or [cosigner.line(text, NOW - 1)]))}, about)
    sound = fresh_text(origin, size, root, NONCE)
    fresh('fresh-of-another-nonce', 'argument', fresh_text(origin, size, root, b64u(draw('another nonce'))))
    fresh('fresh-unsigned', 'note-unsigned', sound, [stranger.line(sound, NOW - 1)])
    fresh('fresh-signed-by-the-log-key', 'note-unsigned', sound, [key.line(sound)])
    fresh('fresh-signature-bad', 'note-signature-bad', sound, [cosigner.line(fine, NOW - 1)])
    fresh('fresh-other-first-line', 'checkpoint-malformed', sound.replace('/v1', '/v2', 1))
    fresh('fresh-nonce-15-bytes', 'checkpoint-malformed', fresh_text(origin, size, root, b64u(draw('n', 15))))
    fresh('fresh-nonce-padded', 'checkpoint-malformed', fresh_text(origin, size, root, NONCE + '=='))
    fresh('fresh-line-more', 'checkpoint-malformed', sound + 'more\n')
    fresh('fresh-of-another-origin', 'checkpoint-malformed', fresh_text('status.other.test', size, root, NONCE))
    fresh('fresh-that-is-a-checkpoint', 'checkpoint-malformed', fine)
    load('checkpoint-that-is-a-fresh-note', 'checkpoint-malformed', {'checkpoint': note(sound, key.line(sound))}, 'PROTOCOL 3')

    # marks of the last run
    n, r = size, b64u(root)
    shorter = log.copy()
    del shorter.leaves[n - 1:]
    for name, marks, code in (('size', dict(log_size=n + 1, log_root=b64u(draw('r', 32)), evidence_time=0), 'checkpoint-rolled-back'),
                              ('root', dict(log_size=n, log_root=b64u(draw('r', 32)), evidence_time=0), 'equivocation'),
                              ('time', dict(log_size=n, log_root=r, evidence_time=EVIDENCE + 1), 'checkpoint-rolled-back'),
                              ('history', dict(log_size=n - 1, log_root=b64u(draw('r', 32)), evidence_time=0), 'equivocation'),
                              ('passed', dict(log_size=n - 1, log_root=b64u(shorter.root()), evidence_time=0), None),
                              ('met', dict(log_size=n, log_root=r, evidence_time=EVIDENCE), None)):
        m = small('marks-' + name)
        m.gate['marks'] = dict(marks, root_version=1)
        steps, m.steps = m.steps, []
        if code:
            book.case('below-the-marks-in-' + name, 'PROTOCOL 3', m, steps=[dict(steps[0], expect=code)])
        else:
            book.case('marks-' + name, 'PROTOCOL 3', m, release(S(m.people['a']), world=m), steps=steps)

    # policies: each is named by the log, and loaded
    us = w.policy_signers['US']

    def publish(body, signer=us, whole=None, version=2, ident='us-small', effective=NOW - 10):
        whole = whole or w.note_policy(body, signer)
        return later(w, [leaf_p(version, effective * 1000, policy_id(ident), note_hash(whole))])[0], whole

    def refuse(name, code, body, about='PROTOCOL 8', **options):
        steps, whole = publish(body, **options)
        load(name, code, {'policy': whole}, about, steps)
    rules = [rule('imaging_report', 'outpatient')]

    def next_(rules=rules, **more):
        return policy('us-small', 'US', rules, version=2, effective_from=NOW - 10, **more)
    steps, whole = publish(next_())
    book.case('policy', 'PROTOCOL 8', w, release(S(w.people['a']), world=w), steps=steps + [{'policy': whole}])
    pretty = policy_text(w.origin, json.dumps(next_(), indent=2).replace('\n  "rules"', '\n\n  "rules"'))
    steps, whole = publish(None, whole=note(pretty, us.line(pretty)))
    book.case('policy-with-blank-lines', 'LOG 6.2', w, release(S(w.people['a']), world=w), steps=steps + [{'policy': whole}])
    unnamed = w.note_policy(next_(title='another text'), us)
    load('policy-that-no-leaf-names', 'policy-unnamed', {'policy': unnamed}, 'PROTOCOL 8')
    load('policy-changed-after-it-was-named', 'policy-unnamed', {'policy': unnamed}, 'PROTOCOL 8', publish(next_())[0])
    load('policy-of-an-older-version', 'policy-rolled-back', {'policy': w.notes[0]}, 'PROTOCOL 8',
         publish(dict(next_(), effective_from=EPOCH), effective=EPOCH)[0])
    refuse('policy-signed-for-another-country', 'policy-signer', next_(), signer=w.policy_signers['CN'])
    refuse('policy-for-two-countries-signed-for-one', 'policy-signer', dict(next_(), applies_to=['US', 'CA']))
    refuse('policy-signature-bad', 'note-signature-bad', None, whole=note(policy_text(w.origin, next_()), us.line('x\n')))
    refuse('policy-of-another-registry', 'policy-malformed', None, whole=policy_note('registry.other.test', next_(), us))
    refuse('policy-other-first-line', 'policy-malformed', None, whole=(lambda x: note(x, us.line(x)))(policy_text(
        w.origin, next_()).replace('/v1', '/v2', 1)))
    for name, hook in (
            ('unknown-member', put('notes', 'x')), ('without-rules', put('rules', [])), ('rules-missing', drop('rules')),
            ('without-country', put('applies_to', [])), ('version-text', put('version', '2')), ('offset-z', put('utc_offset', 'Z')),
            ('offset-of-61-minutes', put('utc_offset', '+08:61')), ('offset-missing', drop('utc_offset')),
            ('sources-missing', drop('sources')), ('effective-from-float', put('effective_from', NOW - 10.5)),
            ('rule-unknown-member', put('rules', 0, 'note', 'x')), ('rule-without-acts', put('rules', 0, 'acts', [])),
            ('rule-without-signers', put('rules', 0, 'signers', [])), ('rule-with-5-signers', put('rules', 0, 'signers', [signer()] * 5)),
            ('rule-without-age', drop('rules', 0, 'max_status_age_s')), ('rule-authorship-unknown', put('rules', 0, 'ai_authorship', 'any')),
            ('rule-batch-0', put('rules', 0, 'batch', 0)), ('rule-batch-17', put('rules', 0, 'batch', 17)),
            ('rule-visit-first', put('rules', 0, 'visit', 'first')), ('rule-fact-unknown', put('rules', 0, 'facts', ['weather'])),
            ('rule-deny-code-unknown', put('rules', 0, 'hard_deny', [deny('no', ('stop', 'eq', True))])),
            ('rule-deny-op-unknown', put('rules', 0, 'hard_deny', [deny('stop', ('stop', 'is', True))])),
            ('rule-deny-without-if', put('rules', 0, 'hard_deny', [deny('stop')])),
            ('rule-deny-fact-unknown', put('rules', 0, 'hard_deny', [deny('stop', ('weather', 'eq', True))])),
            ('rule-factor-unknown', put('rules', 0, 'factors', {'storage': ['cloud']})),
            ('rule-identity-unknown', put('rules', 0, 'identity', ['email'])),
            ('rule-exceptions-empty', put('rules', 0, 'exceptions', {})),
            ('rule-exception-unknown', put('rules', 0, 'exceptions', {'vacation': {'bridges': ['site']}})),
            ('rule-exception-break-glass', put('rules', 0, 'exceptions', {'break_glass': {'bridges': ['site']}})),
            ('rule-exception-bridges-nothing', put('rules', 0, 'exceptions', {'consultation': {'bridges': []}})),
            ('rule-exception-bridges-level', put('rules', 0, 'exceptions', {'consultation': {'bridges': ['level']}})),
            ('rule-exception-open', put('rules', 0, 'exceptions', {'consultation': {'bridges': ['site'], 'note': 'x'}})),
            ('rule-emergency-without-age', put('rules', 0, 'emergency', {'bridges': ['site'], 'review_h': 24})),
            ('rule-emergency-without-review', put('rules', 0, 'emergency', {'max_status_age_s': 3600, 'bridges': ['site']})),
            ('rule-emergency-bridges-jurisdiction', put('rules', 0, 'emergency', {
                'max_status_age_s': 3600, 'bridges': ['site', 'jurisdiction'], 'review_h': 24})),
            ('signer-unknown-member', put('rules', 0, 'signers', 0, 'age', 30)),
            ('signer-without-professions', drop('rules', 0, 'signers', 0, 'professions')),
            ('signer-without-meanings', drop('rules', 0, 'signers', 0, 'meanings')),
            ('signer-level-unknown', put('rules', 0, 'signers', 0, 'levels', ['expert'])),
            ('signer-privilege-unknown', put('rules', 0, 'signers', 0, 'privileges', ['surgery'])),
            ('signer-meaning-unknown', put('rules', 0, 'signers', 0, 'meanings', ['consent'])),
            ('signer-only-if-unknown', put('rules', 0, 'signers', 0, 'only_if', 'busy')),
            ('signer-assurance-attested', put('rules', 0, 'signers', 0, 'assurance', 'attested')),
            ('two-rules-alike', lambda p: p['rules'].append(dict(p['rules'][0], max_status_age_s=5))),
            ('two-prefixes-alike', put('rules', [rule('imaging_*', 'online'), rule('imaging_* order_*', 'online inpatient')]))):
        refuse('policy-' + name, 'policy-malformed', change_copy(next_(), hook))
    text = jtext(next_())
    for name, other in (('member-twice', text.replace('"version":2', '"version":2,"version":2')), ('trailing-comma', text[:-1] + ',}'),
                        ('a-list', '[' + text + ']'), ('comment', text + ' // x')):
        refuse('policy-' + name, 'policy-malformed', other)


def unb64(line):
    import base64
    return base64.b64decode(line.rsplit(' ', 1)[1])


def change_copy(body, hook):
    body = json.loads(jtext(body))
    return hook(body) or body


def fork_point(w, root):
    text = checkpoint_text(w.log.origin, len(w.log.leaves), root)
    return note(text, w.log_signer.line(text), w.fresh[0].line(text, NOW - 1))
