"""Row 14: facts, factors, batches, consent, notices, denials."""
from groups.common import *


def cases(book):
    def no(name, code, *args, **options):
        book.case(name, options.pop('about', 'row 14'), BASE, release(*args, **options), code)

    def ok(name, *args, **options):
        book.case(name, options.pop('about', 'row 14'), BASE, release(*args, **options))

    visit = dict(act='discharge_summary')
    ok('visit-revisit', facts={'visit': 'revisit'}, **visit)
    no('visit-first', 'first-visit', facts={'visit': 'first'}, **visit)
    no('visit-not-stated', 'fact-missing', facts={'patient_age': 40}, **visit)
    named = dict(act='discharge_summary', setting='inpatient')
    ok('facts-present', facts={'patient_age': 40, 'guardian_present': False}, **named)
    no('fact-absent', 'fact-missing', facts={'patient_age': 40}, **named)
    consent = dict(act='discharge_summary', setting='online')
    ok('consent', facts={'consent': ['recording', 'online-care', 'more']}, **consent)
    no('consent-one-of-two', 'consent-missing', facts={'consent': ['online-care']}, **consent)
    no('consent-empty', 'consent-missing', facts={'consent': []}, **consent)
    no('consent-not-stated', 'consent-missing', facts={'disclosure': ['online-care', 'recording']}, **consent)
    notice = dict(act='discharge_summary', setting='emergency')
    ok('ai-notice', facts={'disclosure': ['ai-used']}, **notice)
    no('ai-notice-other', 'ai-notice-missing', facts={'disclosure': ['ai-used-2']}, **notice)
    no('ai-notice-given-as-consent', 'ai-notice-missing', facts={'consent': ['ai-used']}, **notice)

    # denials
    def plan(**facts):
        return dict(act='treatment_plan', facts=facts)
    good = dict(patient_age=40, off_label=False, stop=False, schedule='V', guardian_present=False)
    ok('nothing-denied', **plan(**good))
    no('age-below', 'age-rule', **plan(**dict(good, patient_age=5)))
    ok('age-at-the-bound', **plan(**dict(good, patient_age=6)))
    ok('age-below-with-guardian', **plan(**dict(good, patient_age=5, guardian_present=True)))
    no('age-below-guardian-not-stated', 'age-rule', **plan(**{k: v for k, v in dict(good, patient_age=5).items() if k != 'guardian_present'}))
    no('age-not-stated', 'fact-missing', **plan(**{k: v for k, v in good.items() if k != 'patient_age'}))
    no('off-label', 'off-label', **plan(**dict(good, off_label=True)))
    no('off-label-not-stated', 'fact-missing', **plan(**{k: v for k, v in good.items() if k != 'off_label'}))
    no('stop', 'stop', **plan(**dict(good, stop=True)))
    no('stop-not-stated', 'fact-missing', **plan(**{k: v for k, v in good.items() if k != 'stop'}))
    no('denied-by-two-conditions', 'hard-deny', **plan(**dict(good, schedule='II', patient_age=65)))
    ok('one-of-two-conditions', **plan(**dict(good, schedule='II', patient_age=64)))
    ok('the-other-of-two-conditions', **plan(**dict(good, schedule='IV', patient_age=65)))
    without = {k: v for k, v in good.items() if k != 'schedule'}
    ok('undecided-condition-beside-a-false-one', **plan(**without))
    no('undecided-condition-beside-a-true-one', 'fact-missing', **plan(**dict(without, patient_age=70)))
    ne = dict(act='treatment_plan', setting='inpatient')
    ok('not-denied-by-ne', facts={'schedule': 'V'}, **ne)
    no('denied-by-ne', 'hard-deny', facts={'schedule': 'IV'}, **ne)
    no('ne-not-stated', 'fact-missing', facts={'patient_age': 4}, **ne)

    # factors: the credential's authenticator, never the signer's word
    factors = dict(act='patient_message_clinical', setting='online')
    ok('factors', **factors)
    ok('factors-of-the-other-words', S(claims=lambda c: c['authenticator'].update(storage='os', user_auth='biometric')), **factors)
    no('factor-storage', 'factors', S(claims=put('authenticator', 'storage', 'browser')), **factors)
    no('factor-user-auth', 'factors', S(claims=put('authenticator', 'user_auth', 'passphrase')), **factors)
    no('factor-none', 'factors', S(claims=put('authenticator', 'user_auth', 'none')), **factors)
    no('factor-not-attested', 'factors', S(claims=put('authenticator', 'attested', False)), **factors)

    age = dict(act='patient_message_clinical', setting='outpatient')
    ok('authenticated-at-the-limit', S(auth_time=NOW - 327), about='PROTOCOL 4', **age)
    ok('authenticated-inside-the-limit', S(auth_time=NOW - 326), about='PROTOCOL 4', **age)
    no('authenticated-outside-the-limit', 'authentication-too-old', S(auth_time=NOW - 328), about='PROTOCOL 4', **age)
    ok('authenticated-60-after-signing', S(auth_time=NOW - 27 + 60), about='PROTOCOL 4', **age)
    no('authenticated-61-after-signing', 'authentication-too-old', S(auth_time=NOW - 27 + 61), about='PROTOCOL 4', **age)

    # batches
    batch = dict(act='patient_message_clinical', setting='inpatient')
    other = b64u(draw('another patient', 32))
    no('batch-of-two-patients', 'batch-patients', S(entries=2, entry_td=put('patient_ref', other)), **batch)
    no('batch-of-two-patients-the-other-third', 'batch-patients', S(entries=3, more_entries=lambda s: s[:2] + [b64u(utf8(jtext(dict(
       json.loads(unb64u(s[2])), patient_ref=other))))]), **batch)
    no('batch-of-4-where-3-are-allowed', 'batch-size', S(entries=4), **batch)
    no('batch-of-2-where-none-is-allowed', 'batch-size', S(entries=2))
    no('batch-patients-before-batch-size', 'batch-patients', S(entries=4, entry_td=put('patient_ref', other)), **batch)
    for name, hook in (('act', put('act', 'diagnosis')), ('setting', put('setting', 'online')), ('jurisdiction', put('jurisdiction', 'US-CA')),
                       ('site', put('site', 'clinic-2')), ('tool', put('tool', 'version', '9')),
                       ('slot', lambda t: t.update(slot=2, prior=other)), ('facts', put('facts', {'off_label': True})),
                       ('encounter', put('encounter_ref', other))):
        no('batch-of-different-' + name, 'malformed-transaction', S(entries=2, entry_td=hook), about='PROTOCOL 4', **batch)
    no('batch-entry-malformed', 'malformed-transaction', S(entries=2, entry_td=put('urgent', True)), about='PROTOCOL 4', **batch)
    no('batch-entry-not-json', 'malformed-json', S(entries=2, entry_td=lambda t: jtext(t)[:-1]), about='PROTOCOL 4', **batch)
    no('entry-of-another-document-named', 'signoff-mismatch', S(entries=2, entry=1), about='PROTOCOL 9', **batch)
