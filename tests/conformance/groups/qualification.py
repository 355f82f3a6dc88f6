"""Row 12: who the signer is (N21)."""
from groups.common import *


def cases(book):
    def no(name, code, *args, **options):
        about = options.pop('about', 'row 12')
        world = options.pop('world', BASE)
        book.case(name, about, world, release(*args, world=world, **options), code)

    def ok(name, *args, **options):
        about = options.pop('about', 'row 12')
        world = options.pop('world', BASE)
        book.case(name, about, world, release(*args, world=world, **options))

    def has(*path_value, **more):
        return S(claims=put(*path_value), **more)

    for profession in ('nurse', 'pharmacist', 'assistant_physician', 'physician_assistant'):
        no('profession-' + profession.replace('_', '-'), 'profession', has('profession', profession), about='N21')
    no('profession-in-slot-2', 'profession', S(), S(D, meaning='verification'), act='prescription_new', about='N21')
    no('profession-where-one-of-two-policies-forbids', 'profession', S(), S(D), act='prescription_new', jurisdiction='GB-ENG')
    no('level-supervised', 'level', has('level', 'supervised'))
    no('level-provisional', 'level', has('level', 'provisional'))
    ok('level-supervised-where-allowed', has('level', 'supervised'), act='diagnosis')
    no('level-provisional-where-supervised', 'level', has('level', 'provisional'), act='diagnosis')

    lab = dict(act='order_lab')
    ok('specialty-one-of-two', **lab)
    ok('specialty-among-others', has('specialty', [{'system': 's', 'code': 'c'}, RADIOLOGY]), **lab)
    no('specialty-none', 'specialty', has('specialty', []), about='N21', **lab)
    no('specialty-other-code', 'specialty', has('specialty', [dict(RADIOLOGY, code='207R00000X')]), about='N21', **lab)
    no('specialty-code-of-other-system', 'specialty', has('specialty', [dict(RADIOLOGY, system='http://snomed.info/sct')]), **lab)

    no('jurisdiction-of-another-state', 'jurisdiction', has('jurisdiction', ['US-CA']), about='N21')
    no('jurisdiction-of-another-country', 'jurisdiction', has('jurisdiction', ['CN', 'GB']))
    no('jurisdiction-state-for-country', 'jurisdiction', has('jurisdiction', ['US-KS']), jurisdiction='US-MO')
    ok('jurisdiction-of-the-state', has('jurisdiction', ['US-CA', 'US-KS']))
    ok('jurisdiction-not-demanded', has('jurisdiction', ['US-CA']), act='order_imaging', setting='inpatient')

    no('site-of-another', 'site', site='clinic-2')
    ok('site-filed', has('site', {'id': 'clinic-1', 'basis': 'filed', 'consent': True}))
    primary = dict(act='order_imaging', setting='online')
    ok('site-primary', **primary)
    no('site-filed-where-primary-is-demanded', 'site', has('site', 'basis', 'filed'), **primary)
    ok('site-any', act='order_imaging', setting='emergency', site='clinic-2')

    ok('consent-given', act='referral')
    no('consent-absent', 'consent-employer', has('site', 'consent', False), act='referral')

    # 2026-11-22 is the day of the decision
    years = dict(act='order_imaging')
    ok('experience-of-3-years-today', has('independent_since', '2023-11-22'), **years)
    no('experience-one-day-short', 'experience', has('independent_since', '2023-11-23'), **years)
    no('experience-2-years-11-months', 'experience', has('independent_since', '2023-12-22'), **years)
    no('experience-unknown', 'experience', S(claims=drop('independent_since')), **years)

    rights = dict(act='order_lab', setting='inpatient')
    ok('privileges-all', **rights)
    no('privilege-false', 'privilege', has('privileges', 'prescribe', False), about='N21', **rights)
    no('privilege-absent', 'privilege', S(claims=drop('privileges', 'imaging_report')), about='N21', **rights)
    no('privilege-grade-0', 'privilege', has('privileges', 'antimicrobial_grade', 0), about='N21', **rights)

    controlled = dict(act='prescription_controlled')
    ok('schedule-held', facts={'schedule': 'II'}, **controlled)
    no('schedule-not-held', 'schedule', facts={'schedule': 'IV'}, **controlled)
    no('schedule-none-held', 'schedule', has('privileges', 'schedules', []), facts={'schedule': 'III'}, **controlled)
    no('schedule-prefix', 'schedule', has('privileges', 'schedules', ['III']), facts={'schedule': 'II'}, **controlled)
    no('schedule-not-stated', 'schedule', facts={'patient_age': 40}, **controlled)

    grade = dict(act='prescription_antimicrobial')
    ok('grade-held', facts={'antimicrobial_grade': 2}, **grade)
    ok('grade-below', facts={'antimicrobial_grade': 1}, **grade)
    no('grade-above', 'antimicrobial-grade', facts={'antimicrobial_grade': 3}, **grade)
    no('grade-not-stated', 'antimicrobial-grade', **grade)

    def condition(**more):
        return [dict({'code': 'restricted', 'acts_denied': ['imaging_report'], 'needs_cosign': False}, **more)]
    no('condition-denies-the-act', 'condition', has('conditions', condition()))
    no('condition-until-today', 'condition', has('conditions', condition(until='2026-11-22')))
    ok('condition-until-yesterday', has('conditions', condition(until='2026-11-21')))
    no('condition-among-others', 'condition', has('conditions', condition(acts_denied=['diagnosis']) + condition(code='x')))
    ok('condition-on-another-act', has('conditions', condition(acts_denied=['diagnosis'])))
    plain = condition(acts_denied=[])
    unrestricted = dict(act='referral', setting='inpatient')
    ok('unrestricted', **unrestricted)
    no('restricted-where-unrestricted-is-demanded', 'unrestricted-required', has('conditions', plain), **unrestricted)
    ok('condition-over-where-unrestricted-is-demanded', has('conditions', condition(until='2026-11-21')), **unrestricted)

    no('attested-where-validated-is-demanded', 'assurance', has('assurance', {'level': 'attested'}), act='referral', setting='emergency')
    ok('attested-where-nothing-is-demanded', has('assurance', {'level': 'attested'}))
    ok('validated', act='referral', setting='emergency')

    ok('licence-until-today', has('licensed_until', '2026-11-22'))
    no('licence-until-yesterday', 'licence-expired', has('licensed_until', '2026-11-21'))
    ok('licence-without-date', S(claims=drop('licensed_until')))
    no('licence-without-date-where-demanded', 'licence-expired', S(claims=drop('licensed_until')), act='referral', setting='online')
    ok('licence-with-date-where-demanded', act='referral', setting='online')

    cert = dict(act='certificate')
    ids = disclosure('ids', 'identifiers', [{'system': 'http://hl7.org/fhir/sid/us-npi', 'value': '1234567893'}])
    for hidden in ('name', 'licence_number', 'identifiers'):
        shown = [n for n in ('name', 'licence_number', 'identifiers') if n != hidden]
        no('undisclosed-' + hidden.replace('_', '-'), 'identity-undisclosed', S(disclosures=lambda d: dict(
            d, identifiers=ids), disclose=shown), **cert)

    # dates end at 24:00 in the policy's utc_offset: 2026-11-22T09:14:30Z is 00:00:30 of that day at -09:14
    west, far, east = (date_world(offset) for offset in ('-09:14', '-09:15', '+14:00'))

    for name, world, day, now, code in (
            ('licence-ends-30-seconds-after', far, '2026-11-21', NOW, None),
            ('licence-ended-30-seconds-before', west, '2026-11-21', NOW, 'licence-expired'),
            ('licence-ends-in-one-second', west, '2026-11-21', NOW - 31, None),
            ('licence-ends-now', west, '2026-11-21', NOW - 30, 'licence-expired'),
            ('licence-ends-tonight-in-the-east', east, '2026-11-22', NOW, None),
            ('licence-ended-yesterday-in-the-east', east, '2026-11-21', NOW, 'licence-expired')):
        slot = S(world.people['a'], claims=put('licensed_until', day))
        book.case(name, 'PROTOCOL 8', world, release(slot, world=world), code, now=now)


def date_world(offset):
    us = policy('us-dates', 'US', [rule('imaging_report', 'outpatient')], utc_offset=offset)
    return base('offset-' + ('east-' if offset[0] == '+' else 'west-') + offset[1:].replace(':', ''), us=us, edges=False,
                people=lambda w: w.bind(w.person('a')), evidence=NOW - 40)
