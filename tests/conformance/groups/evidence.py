"""Row 3: what is known of the log, and how old it is."""
from groups.common import *


def small(name, evidence=EVIDENCE, fresh=True, **options):
    us = policy('us-small', 'US', [rule('imaging_report', 'outpatient')])
    w = base(name, us=us, edges=False, people=lambda w: w.bind(w.person('a')), evidence=evidence, **options)
    if not fresh:
        w.steps = [step for step in w.steps if 'fresh' not in step]
    return w


def cases(book):
    def case(name, w, code=None, steps=None, now=None, about='row 3', **options):
        book.case(name, about, w, release(S(w.people['a']), world=w, **options), code, steps=steps, now=now)

    # age: limit 60, evidence of NOW - 7
    for name, now, good in (('at', NOW + 53, True), ('one-second-inside', NOW + 52, True), ('one-second-outside', NOW + 54, False)):
        case('age-limit-' + name, BASE, None if good else 'status-stale', now=now, about='PROTOCOL 4' if good else 'DOMAIN 8.14')
    case('age-of-an-hour', BASE, 'status-stale', now=NOW + 3600, expires_at=NOW + 4000)
    for name, now, good in (('at', NOW + 13, True), ('outside', NOW + 14, False)):
        case('age-limit-of-the-stricter-policy-' + name, BASE, None if good else 'status-stale', now=now, jurisdiction='GB-ENG')
    heartbeat = [{'checkpoint': BASE.log.checkpoint(NOW + 90, NOW + 90)}]
    case('heartbeat-makes-it-younger', BASE, now=NOW + 100, steps=heartbeat)
    case('event-without-cosignature-makes-nothing-younger', BASE, 'status-stale', now=NOW + 54,
         steps=uncosigned(BASE, [leaf_e(D.idx, 1, 2, NOW * 1000, NOW * 1000)]))
    case('event-with-cosignature-makes-it-younger', BASE, now=NOW + 54, steps=later(
        BASE, [leaf_e(D.idx, 1, 2, NOW * 1000, NOW * 1000)], NOW + 50)[0])
    case('one-of-two-freshness-keys', BASE, now=NOW + 100, steps=[{'checkpoint': BASE.log.checkpoint(None, NOW + 90)}])

    # clock: 5 s
    for name, now, good in (('5-ahead', NOW - 12, True), ('4-ahead', NOW - 11, True), ('6-ahead', NOW - 13, False)):
        case('evidence-' + name, BASE, None if good else 'clock', now=now, about='PROTOCOL 3')
    case('evidence-of-tomorrow', BASE, 'clock', steps=[{'checkpoint': BASE.log.checkpoint(NOW + DAY, NOW + DAY)}])

    # nothing known yet
    blind = small('uncosigned', fresh=False, offline=True)
    blind.steps[0] = {'event': event_text(0, blind.log.leaves, blind.log.checkpoint())}
    case('no-evidence-time', blind, 'status-unknown')
    case('evidence-time-at-last', blind, steps=[{'checkpoint': blind.log.checkpoint(EVIDENCE)}])
    blind2 = small('uncosigned-online', fresh=False)
    blind2.steps[0] = {'event': event_text(0, blind2.log.leaves, blind2.log.checkpoint())}
    case('no-evidence-time-but-a-fresh-note', blind2, steps=[{'fresh': blind2.log.fresh_note(NONCE, EVIDENCE)}])

    # a fresh note for this start
    cold = small('no-fresh-note', fresh=False)
    case('no-fresh-note', cold, 'status-stale')
    case('fresh-note', cold, steps=[{'fresh': cold.log.fresh_note(NONCE, EVIDENCE)}])
    other = b64u(draw('nonce of another start'))
    case('fresh-note-of-another-start', cold, 'status-stale', steps=[{'fresh': cold.log.fresh_note(other, EVIDENCE), 'expect': 'argument'}])
    case('heartbeat-is-no-fresh-note', cold, 'status-stale', steps=[{'checkpoint': cold.log.checkpoint(NOW - 1, NOW - 1)}])
    case('offline-needs-no-fresh-note', small('offline', fresh=False, offline=True))

    # k of the freshness keys
    for name, times, code in (('both', (NOW - 7, NOW - 9), None), ('one-old', (NOW - 7, NOW - 61), 'status-stale'),
                              ('at-limit', (NOW - 7, NOW - 60), None), ('one-absent', (NOW - 7, None), 'status-unknown')):
        w = small('two-of-two-' + name, fresh=False, offline=True, freshness=2)
        w.steps[0] = {'event': event_text(0, w.log.leaves, w.log.checkpoint(*times))}
        case('two-freshness-keys-' + name, w, code, about='PROTOCOL 2')
    w = small('two-of-two-twice', fresh=False, offline=True, freshness=2)
    text = checkpoint_text(w.log.origin, len(w.log.leaves), w.log.root())
    twice = note(text, w.log_signer.line(text), w.fresh[0].line(text, NOW - 7), w.fresh[0].line(text, NOW - 8))
    w.steps[0] = {'event': event_text(0, w.log.leaves, twice)}
    case('one-freshness-key-counted-twice', w, 'status-unknown', about='PROTOCOL 2')

    # equivocation is never forgotten
    fork = BASE.log.copy()
    fork.leaves[-1] = leaf_x(5, 10, (NOW - 73000) * 1000, bytes(16))
    forked = [{'checkpoint': fork.checkpoint(NOW - 1), 'expect': 'equivocation'}]
    case('two-histories-of-one-size', BASE, 'log-inconsistent', steps=forked)
    case('two-histories-without-cosignature', BASE, 'log-inconsistent', steps=[{'checkpoint': fork.checkpoint(), 'expect': 'equivocation'}])
