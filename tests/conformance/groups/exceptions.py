"""Exceptions, break-glass and the app's overlay (PROTOCOL 8): what is excused, only where a rule lists it, and is named."""
from groups.common import *
from world import base

GLASS = {'max_status_age_s': 3600, 'bridges': ['site'], 'review_h': 24}
NARROW = {'max_status_age_s': 900, 'bridges': [], 'review_h': 24}
LISTED = {'consultation': {'bridges': ['site', 'first-visit']}, 'alliance': {'bridges': ['jurisdiction']},
          'emergency': {'bridges': ['site']}}


def rules():
    return policy('us-exceptions', 'US', [
        rule('diagnosis', 'online', visit='revisit', exceptions=LISTED),
        rule('diagnosis', 'inpatient', signer(site='primary'), exceptions=LISTED),
        rule('diagnosis', 'outpatient', visit='revisit'),
        rule('prescription_new', 'emergency', signer(), PHARMACIST, ai='human_only', emergency=GLASS, keep=7200),
        rule('order_lab', 'emergency', emergency=NARROW, keep=7200),
        rule('order_imaging', 'emergency', hard_deny=[deny('hard-deny', ('exception', 'eq', 'break_glass'))], emergency=GLASS, keep=7200),
        rule('referral', 'emergency', exceptions={'emergency': {'bridges': ['site']}}),
        rule('discharge_summary', 'inpatient', emergency=GLASS, keep=7200),
        rule('discharge_summary', 'outpatient'),
    ])


def world(name, fresh=True, **gate):
    w = base(name, us=rules(), edges=False)
    w.gate.update(gate)
    if not fresh:
        w.steps.pop()
    return w


def overlay(*signers, setting='*', **more):
    out = rule('*', setting, *signers, **more)
    del out['acts']
    return jtext(out)


def cases(book):
    plain = world('exceptions')
    people = plain.people

    def sign(name='a', **more):
        return S(people[name], **more)

    def check(**more):
        return sign('b', meaning='verification', **more)

    def play(name, code, *slots, w=plain, about='PROTOCOL 8', now=None, verdict='allow', exception=None, **options):
        options.setdefault('facts', {'visit': 'revisit'})
        received = [NOW - 20] * max(1, len(slots)) if now else None
        book.case(name, about, w, Release(w, *(slots or (sign(),)), **options), code, now=now, received_at=received, verdict=verdict,
                  exception=exception)

    here = dict(act='diagnosis', setting='online')
    away = dict(here, site='hospital-2')
    play('site-bridged-by-emergency', None, exception='emergency', **dict(away, facts={'visit': 'revisit', 'exception': 'emergency'}))
    play('scenario-9a-site-in-consultation', None, about='DOMAIN 8.9', exception='consultation',
         **dict(away, facts={'visit': 'revisit', 'exception': 'consultation'}))
    play('site-not-bridged-without-the-fact', 'site', **away)
    play('site-not-bridged-by-alliance', 'site', **dict(away, facts={'visit': 'revisit', 'exception': 'alliance'}))
    play('site-not-bridged-by-break-glass', 'site', **dict(away, facts={'visit': 'revisit', 'exception': 'break_glass'}))
    play('primary-site-bridged', None, sign(claims=put('site', 'basis', 'filed')), exception='consultation', act='diagnosis',
         setting='inpatient', facts={'exception': 'consultation'})
    play('first-visit-bridged', None, exception='consultation', **dict(here, facts={'visit': 'first', 'exception': 'consultation'}))
    play('first-visit-not-bridged-by-emergency', 'first-visit', **dict(here, facts={'visit': 'first', 'exception': 'emergency'}))
    play('first-visit-not-stated-is-not-bridged', 'fact-missing', **dict(here, facts={'exception': 'consultation'}))
    play('first-visit-where-no-exception-is-listed', 'first-visit', act='diagnosis', facts={'visit': 'first', 'exception': 'consultation'})
    texan = put('jurisdiction', ['US-TX'])
    play('jurisdiction-bridged-by-alliance', None, sign(claims=texan), exception='alliance',
         **dict(here, facts={'visit': 'revisit', 'exception': 'alliance'}))
    play('jurisdiction-not-bridged-by-consultation', 'jurisdiction', sign(claims=texan),
         **dict(here, facts={'visit': 'revisit', 'exception': 'consultation'}))
    play('exception-that-excuses-nothing-is-not-named', None, **dict(here, facts={'visit': 'revisit', 'exception': 'consultation'}))
    play('exception-signed-but-not-requested', 'signoff-mismatch', sign(td=put('facts', 'exception', 'consultation')),
         **dict(away, facts={'visit': 'revisit'}))
    play('exception-that-only-slot-2-states', 'signer-chain', sign(), check(request=put('facts', 'exception', 'break_glass')),
         act='prescription_new', setting='emergency')
    play('level-is-never-bridged', 'level', sign(claims=put('level', 'supervised')),
         **dict(away, facts={'visit': 'revisit', 'exception': 'consultation'}))

    # break-glass
    glass = dict(act='discharge_summary', setting='inpatient', facts={'exception': 'break_glass'})
    flagged = dict(verdict='break-glass', exception='break_glass')
    late = EVIDENCE + 3600
    play('break-glass-with-young-evidence', None, **flagged, **glass)
    play('break-glass-at-its-age-limit', None, now=late, **flagged, **glass)
    play('break-glass-one-second-older', 'status-stale', now=late + 1, **glass)
    play('break-glass-not-stated', 'status-stale', now=EVIDENCE + 61, **dict(glass, facts={}))
    play('break-glass-only-in-the-request', 'signoff-mismatch', sign(td=drop('facts', 'exception')), now=late, **glass)
    play('break-glass-where-no-rule-has-it', 'status-stale', now=EVIDENCE + 61, **dict(glass, setting='outpatient'))
    play('break-glass-stated-for-nothing', None, **dict(glass, setting='outpatient'))
    play('break-glass-with-a-limit-of-its-own', 'status-stale', now=EVIDENCE + 901, **dict(glass, act='order_lab', setting='emergency'))
    play('break-glass-at-that-limit', None, now=EVIDENCE + 900, **flagged, **dict(glass, act='order_lab', setting='emergency'))
    play('break-glass-bridges-the-site', None, now=late, site='hospital-2', **flagged, **glass)
    play('break-glass-with-young-evidence-bridges-the-site', None, site='hospital-2', **flagged, **glass)
    play('break-glass-bridges-no-site-unless-listed', 'site', site='hospital-2', **dict(glass, act='order_lab', setting='emergency'))
    play('break-glass-bridges-no-jurisdiction', 'jurisdiction', sign(claims=texan), **glass)
    play('break-glass-bridges-no-digest', 'document-changed', sent=DOCUMENT + b' ', now=late, **glass)
    play('break-glass-bridges-no-act', 'act-unknown', now=late, **dict(glass, act='acupuncture'))
    play('break-glass-bridges-no-authorship', 'ai-authored', sign(authorship='ai_draft'), check(authorship='ai_draft'), draft=DOCUMENT,
         now=late, **dict(glass, act='prescription_new', setting='emergency'))
    play('break-glass-bridges-no-signer', 'signer-missing', now=late, **dict(glass, act='prescription_new', setting='emergency'))
    play('break-glass-of-two', None, sign(), check(), now=late, **flagged, **dict(glass, act='prescription_new', setting='emergency'))
    play('break-glass-bridges-no-rejection', 'rejected', sign(disposition='rejected'), now=late, **glass)
    play('break-glass-with-no-sign-off', 'status-stale', change=put('sign_offs', []), now=late, **glass)
    play('break-glass-bridges-no-denial', 'hard-deny', now=late, **dict(glass, act='order_imaging', setting='emergency'))
    t = (NOW - 3) * 1000
    steps, _ = later(plain, [leaf_e(people['a'].idx, 1, 2, t, t)])
    book.case('break-glass-bridges-no-ending', 'PROTOCOL 8', plain, Release(plain, sign(), **glass), 'revoked', steps=steps, now=late,
              received_at=NOW - 20)
    silent = world('exceptions-no-fresh-note', fresh=False)
    play('break-glass-needs-no-fresh-note', None, w=silent, **flagged, **glass)
    play('no-fresh-note-and-no-break-glass', 'status-stale', w=silent, **dict(glass, facts={}))

    # several policies: break-glass only where each has it
    def beside(name, *signers, **more):
        return base(name, us=[rules(), policy('drug', 'US', [rule('discharge_summary', 'inpatient', *signers, **more)])], edges=False)
    silent_one = beside('break-glass-of-one-policy', signer(site='any'), age=7200)
    play('break-glass-that-one-of-two-policies-has', 'status-stale', w=silent_one, now=late, **glass)
    play('break-glass-that-one-of-two-policies-has-bridges-nothing', 'site', w=silent_one, site='hospital-2', **glass)
    play('break-glass-that-one-of-two-policies-has-stated-for-nothing', None, w=silent_one, **glass)
    agreed = beside('break-glass-of-two-policies', emergency=NARROW)
    play('break-glass-that-two-policies-have', None, w=agreed, now=EVIDENCE + 900, **flagged, **glass)
    play('break-glass-of-the-narrower-policy', 'status-stale', w=agreed, now=EVIDENCE + 901, **glass)

    # the app's overlay
    strict = world('overlay', overlay=overlay(signer(privileges=['imaging_report']), ai='assist_only', age=7, keep=120,
                                              consent=['app-terms']))
    ok = dict(act='discharge_summary', setting='outpatient', facts={'consent': ['app-terms']})
    play('overlay-met', None, w=strict, **ok)
    play('overlay-demands-a-fact', 'consent-missing', w=strict, **dict(ok, facts={}))
    play('overlay-limits-authorship', 'ai-authored', sign(authorship='ai_draft'), draft=DOCUMENT, w=strict, **ok)
    play('overlay-limits-evidence', 'status-stale', w=strict, now=NOW + 1, **ok)
    play('overlay-blocks-break-glass', 'status-stale', w=strict, now=NOW + 1, **dict(glass, facts={
        'exception': 'break_glass', 'consent': ['app-terms']}))
    play('overlay-brings-no-act', 'act-unknown', w=strict, **dict(ok, act='acupuncture'))
    other = world('overlay-of-another-setting', overlay=overlay(setting='payer', ai='human_only', age=0))
    play('overlay-of-another-setting', None, w=other, **ok)
    second = world('overlay-of-two', overlay=overlay(signer(), signer(levels=['independent'], meanings=['review'])))
    play('overlay-asks-for-a-second-signer', 'signer-missing', w=second, **dict(ok, facts={}))
    play('overlay-of-two-signers', None, sign(), sign('d', meaning='review'), w=second, **dict(ok, facts={}))
    excused = world('overlay-with-exception', overlay=overlay(exceptions=LISTED))
    play('overlay-cannot-excuse-what-a-policy-demands', 'site', w=excused, site='hospital-2', **dict(ok, facts={'exception': 'consultation'}))
    breaking = world('overlay-with-break-glass', overlay=overlay(emergency=GLASS, age=7200, keep=7200))
    unlisted = dict(glass, setting='outpatient')
    play('overlay-brings-no-break-glass', 'status-stale', w=breaking, now=EVIDENCE + 61, **unlisted)
    play('overlay-with-break-glass-bridges-no-site', 'site', w=breaking, site='hospital-2', **unlisted)
    play('overlay-with-break-glass-flags-nothing', None, w=breaking, **unlisted)
    play('overlay-with-break-glass-bridges-its-own', None, w=breaking, now=late, **flagged, **glass)
    unheard = world('overlay-with-break-glass-no-fresh-note', fresh=False, overlay=overlay(emergency=GLASS))
    play('overlay-with-break-glass-needs-a-fresh-note', 'status-stale', w=unheard, **unlisted)
    patient = world('overlay-without-break-glass', overlay=overlay(age=7200, keep=7200))
    play('overlay-leaves-break-glass', None, w=patient, now=late, **flagged, **glass)
