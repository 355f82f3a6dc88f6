"""The scenarios of DOMAIN 8 that need no exceptions and no registry."""
from groups.common import *


def cases(book):
    def play(number, name, code, *args, **options):
        steps = options.pop('steps', None)
        now = options.pop('now', None)
        book.case('scenario-%s-%s' % (number, name), 'DOMAIN 8.' + number.rstrip('abc'), BASE, release(*args, **options), code,
                  steps=steps, now=now)
    facts = {'visit': 'revisit', 'prior_diagnosis': True, 'patient_age': 40, 'consent': ['online-care']}
    rx = dict(act='prescription_new', setting='online', jurisdiction='CN-11', facts=facts)

    def check(person=B, **more):
        return S(person, meaning='verification', **more)
    play('1', 'prescription-in-beijing', None, S(), check(), **rx)
    play('2', 'prescription-drafted-by-ai', 'ai-authored', S(authorship='ai_draft'), check(authorship='ai_draft'), draft=DOCUMENT, **rx)
    play('2a', 'prescription-ai-assisted', 'ai-assisted', S(authorship='human_with_ai_assist', disposition='modified'),
         check(authorship='human_with_ai_assist'), draft=DRAFT, **rx)
    twin = PEOPLE['twin']
    play('3', 'one-person-with-both-licences', 'signer-not-distinct', S(), check(twin), **rx)
    play('3a', 'one-person-as-physician-twice', 'profession', S(), check(A), **rx)
    play('4', 'pharmacist-signs-first-over-an-invented-prior', 'signer-order', S(iat=NOW - 20), check(
        iat=NOW - 25, request=lambda q: q.update(prior=b64u(draw('invented', 32)))), **rx)
    play('4a', 'pharmacist-in-slot-1', 'profession', check(), S(D), **rx)
    play('5', 'assistant-physician', 'level', S(claims=put('level', 'supervised')), check(), **rx)
    play('6', 'two-years-eleven-months', 'experience', S(claims=put('independent_since', '2023-12-22')), check(), **rx)
    child = dict(rx, facts=dict(facts, patient_age=5, guardian_present=False))
    play('7', 'child-of-five-without-guardian', 'age-rule', S(), check(), **child)
    play('7a', 'child-of-five-guardian-unknown', 'age-rule', S(), check(), **dict(rx, facts=dict(facts, patient_age=5)))
    play('7b', 'child-of-five-with-guardian', None, S(), check(), **dict(rx, facts=dict(facts, patient_age=5, guardian_present=True)))
    narcotic = dict(act='prescription_controlled', setting='online', jurisdiction='CN-11', facts=dict(facts, schedule='narcotic'))
    play('8', 'narcotic-without-the-right', 'privilege', S(), check(), **narcotic)
    play('8a', 'narcotic-with-the-right', 'hard-deny', S(claims=put('privileges', 'narcotic', True)), check(), **narcotic)
    play('9', 'site-without-exception', 'site', S(), check(), **dict(rx, site='hospital-2'))
    play('10', 'suspended', 'suspended', S(PEOPLE['suspended']), check(), **rx)
    t = (NOW - 3) * 1000
    play('11', 'revoked-three-days-back', 'revoked', S(), check(), steps=later(BASE, [leaf_e(A.idx, 1, 2, t - 3 * DAY * 1000, t)])[0], **rx)
    play('12', 'rescinded-from-the-start', 'revoked', S(), check(), steps=later(BASE, [leaf_e(A.idx, 1, 6, 0, t)])[0], **rx)
    play('13', 'credential-expired-since-signing', None, S(cred_exp=NOW + 1, iat=NOW - 20), act='diagnosis', now=NOW + 40)
    play('14', 'evidence-older-than-30-seconds', 'status-stale', S(), check(), now=NOW + 24, **rx)
    play('14a', 'evidence-of-30-seconds', None, S(), check(), now=NOW + 23, **rx)
    dea = dict(act='prescription_controlled', setting='outpatient', facts={'schedule': 'II'})
    play('15', 'schedule-ii-without-it', 'schedule', S(claims=put('privileges', 'schedules', ['III', 'IV'])), **dea)
    play('16', 'two-patients-in-one-authentication', 'batch-patients', S(entries=2, entry_td=put('patient_ref', b64u(draw('other', 32)))), **dea)
    message = dict(act='patient_message_clinical', setting='inpatient', jurisdiction='US-CA')
    play('17', 'message-unreviewed', 'no-signoff', change=put('sign_offs', []), **message)
    play('17a', 'message-reviewed', None, **message)
    play('18', 'denial-by-a-texan', 'jurisdiction', S(claims=put('jurisdiction', ['US-TX'])), act='referral', setting='inpatient', jurisdiction='US-AZ')
    play('18a', 'denial-on-probation', 'unrestricted-required', S(claims=put('conditions', [
        {'code': 'probation', 'acts_denied': [], 'needs_cosign': False}])), act='referral', setting='inpatient', jurisdiction='US-AZ')
    play('19', 'one-byte', 'document-changed', S(), check(), sent=DOCUMENT[:-1] + b' ', **rx)
    play('22', 'unknown-act', 'act-unknown', S(), check(), **dict(rx, act='acupuncture'))
    play('22a', 'no-policy', 'policy-missing', S(), check(), **dict(rx, jurisdiction='CN-44'))
    # lessons: approval of a position, a header as the gate, standing that has gone
    play('1a', 'payer-denial-by-star-rule', None, act='payer_adverse_determination', setting='payer')
