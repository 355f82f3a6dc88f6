"""Row 2: which policies are in force, held, and have a rule."""
from groups.common import *


def cases(book):
    for count in (8, 9):
        crowd = base('policies-%d' % count, us=[policy('us-%d' % i, 'US', [rule('imaging_report' if i < 2 else 'referral', 'outpatient')])
                                                for i in range(count)], edges=False)
        book.case('policies-%d-cover-the-place' % count, 'PROTOCOL 8', crowd, Release(crowd, S(crowd.people['a'])),
                  'too-large' if count > 8 else None)

    def no(name, code, *args, steps=None, now=None, **options):
        book.case(name, 'row 2', BASE, release(*args, **options), code, steps=steps, now=now)

    def ok(name, *args, steps=None, now=None, **options):
        book.case(name, 'row 2', BASE, release(*args, **options), steps=steps, now=now)

    no('jurisdiction-without-policy', 'policy-missing', jurisdiction='IE-D')
    no('jurisdiction-of-a-sister-province', 'policy-missing', jurisdiction='CN-31')
    no('jurisdiction-country-of-the-province', 'policy-missing', jurisdiction='CN')
    no('policy-ended-now', 'policy-expired', jurisdiction='FR-IDF')
    no('policy-ended-a-second-ago', 'policy-expired', jurisdiction='DE-BE', now=NOW + 2)
    no('policy-ends-as-it-is-asked', 'policy-expired', jurisdiction='DE-BE', now=NOW + 1)
    ok('policy-of-a-second-from-its-end', jurisdiction='FR-IDF', now=NOW - 1)

    no('act-unknown', 'act-unknown', act='palm_reading')
    no('act-not-in-this-setting', 'act-unknown', act='consult_opinion', setting='online')
    no('act-shorter-than-the-prefix', 'act-unknown', act='prescription', setting='online')
    no('act-prefix-in-another-setting', 'act-unknown', act='prescription_tcm', setting='inpatient')
    no('act-of-other-case', 'act-unknown', act='Imaging_report')
    no('act-of-another-policy', 'act-unknown', act='imaging_report', setting='online', jurisdiction='GB-SCT')

    # the log names more than the gate holds
    def named(body, effective_ms=None, hold=False, country='US'):
        whole = BASE.note_policy(body, BASE.policy_signers[country])
        leaf = BASE.name_policy(body, whole, effective_ms)
        return later(BASE, [leaf], policies=[whole] if hold else ())[0]

    def us2(effective, ai='draft_with_approval', version=2):
        return policy('us-general', 'US', [rule('imaging_report', 'outpatient', ai=ai)], version=version,
                      effective_from=effective)
    no('next-version-in-force-not-held', 'policy-stale', steps=named(us2(NOW - 10)))
    no('next-version-in-force-this-second', 'policy-stale', steps=named(us2(NOW)))
    ok('next-version-in-force-in-one-second', steps=named(us2(NOW + 1)))
    ok('next-version-held', steps=named(us2(NOW - 10), hold=True))
    draft = dict(draft=DOCUMENT)
    no('next-version-held-and-stricter', 'ai-authored', S(authorship='ai_draft'), steps=named(us2(NOW - 10, 'human_only'), hold=True), **draft)
    ok('next-version-held-but-not-in-force', S(authorship='ai_draft'), steps=named(us2(NOW + 1, 'human_only'), hold=True), **draft)
    no('next-version-held-comes-into-force', 'ai-authored', S(authorship='ai_draft'), now=NOW + 1,
       steps=named(us2(NOW + 1, 'human_only'), hold=True), **draft)
    no('another-version-comes-into-force-not-held', 'policy-stale', now=NOW + 1, steps=named(us2(NOW + 1)))
    jp = policy('jp', 'JP', [rule('imaging_report', 'outpatient')], effective_from=NOW - 10)
    no('policy-never-held-may-apply', 'policy-stale', steps=named(jp))
    ok('policy-never-held-not-yet-in-force', steps=named(dict(jp, effective_from=NOW + 1)))
    ok('second-policy-with-the-same-rule', steps=named(policy('us-ks', 'US-KS', [rule('imaging_report', 'outpatient')],
                                                             effective_from=NOW - 10), hold=True))
    no('second-policy-that-is-stricter', 'assurance', S(claims=put('assurance', {'level': 'attested'})), steps=named(policy(
        'us-ks', 'US-KS', [rule('imaging_report', 'outpatient', signer(assurance='validated'))], effective_from=NOW - 10), hold=True))
    ok('second-policy-of-another-state', S(claims=put('assurance', {'level': 'attested'})), steps=named(policy(
        'us-ca', 'US-CA', [rule('imaging_report', 'outpatient', signer(assurance='validated'))], effective_from=NOW - 10), hold=True))
