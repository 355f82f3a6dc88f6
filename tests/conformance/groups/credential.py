"""Row 6: who issued it, for where, of which kind, and when."""
from groups.common import *


def cases(book):
    def no(name, about, code, *args, world=BASE, **options):
        received = options.pop('received_at', None)
        book.case(name, about, world, release(*args, world=world, **options), code, received_at=received)

    def ok(name, about, *args, **options):
        received = options.pop('received_at', None)
        book.case(name, about, BASE, release(*args, **options), received_at=received)

    # issuer lines: key, jurisdictions, validity at the credential's iat
    narrow = dict(issuer=BASE.narrow)
    ok('issuer-of-the-state', 'PROTOCOL 2', S(claims=put('jurisdiction', ['US-KS']), **narrow))
    no('issuer-not-for-the-country', 'row 6', 'issuer-unknown', S(claims=put('jurisdiction', ['US']), **narrow))
    no('issuer-not-for-one-of-two-codes', 'row 6', 'issuer-unknown', S(claims=put('jurisdiction', ['US-KS', 'US-CA']), **narrow))
    no('issuer-for-no-such-country', 'row 6', 'issuer-unknown', S(claims=put('jurisdiction', ['US', 'IE'])))
    no('issuer-of-another-registry', 'row 6', 'issuer-unknown', S(issuer=BASE.other_issuer))
    short = dict(issuer=BASE.short)   # valid from NOW - 7200 until before NOW - 3600 + 1

    def us(iat):
        return S(cred_iat=iat, claims=put('jurisdiction', ['US']), **short)
    ok('iat-in-the-last-second-of-the-issuer', 'PROTOCOL 2', us(NOW - 3600))
    ok('iat-in-the-first-second-of-the-issuer', 'PROTOCOL 2', us(NOW - 7200))
    no('iat-at-the-end-of-the-issuer', 'PROTOCOL 2', 'issuer-unknown', us(NOW - 3600 + 1))
    no('iat-before-the-issuer', 'PROTOCOL 2', 'issuer-unknown', us(NOW - 7201))
    no('credential-iat-zero', 'N17', 'issuer-unknown', S(claims=put('iat', 0)))

    # test credentials and test roots
    no('credential-not-marked-test', 'row 6', 'credential-test', S(claims=drop('test')))
    no('credential-test-false', 'row 5', 'malformed-claims', S(claims=put('test', False)))

    # times; KB iat is NOW - 27, received NOW
    ok('exp-59-before-received', 'PROTOCOL 4', S(cred_exp=NOW - 59))
    no('exp-60-before-received', 'PROTOCOL 4', 'credential-expired', S(cred_exp=NOW - 60))
    no('exp-61-before-received', 'PROTOCOL 4', 'credential-expired', S(cred_exp=NOW - 61))
    no('exp-60-before-iat', 'PROTOCOL 4', 'credential-expired', S(cred_exp=NOW - 87), received_at=NOW - 28)
    ok('exp-59-before-iat', 'PROTOCOL 4', S(cred_exp=NOW - 86), received_at=NOW - 28)
    ok('credential-expired-since-it-was-received', 'PROTOCOL 4', S(cred_exp=NOW - 500, iat=NOW - 520, auth_time=NOW - 530,
       opened_at=NOW - 540), received_at=NOW - 510)
    no('credential-expired-long-before', 'N34', 'credential-expired', S(cred_iat=NOW - 40000, cred_exp=NOW - 3600))
    no('credential-expired-in-slot-2', 'row 6', 'credential-expired', S(), S(B, meaning='verification', cred_exp=NOW - 60),
       act='prescription_new')
    kb = NOW - 27
    for member in ('iat', 'nbf'):
        for name, at, good in (('60-after-signing', kb + 60, True), ('59-after-signing', kb + 59, True),
                               ('61-after-signing', kb + 61, False)):
            rel = release(S(claims=put(member, at)))
            book.case('credential-%s-%s' % (member, name), 'PROTOCOL 4', BASE, rel, None if good else 'credential-not-yet')
    no('credential-of-tomorrow', 'N17', 'credential-not-yet', S(cred_iat=NOW + DAY, cred_exp=NOW + DAY + 3600))
    ok('life-of-24-hours', 'PROTOCOL 4', S(cred_exp=NOW - 3600 + DAY))
    ok('life-of-24-hours-less-one-second', 'PROTOCOL 4', S(cred_exp=NOW - 3600 + DAY - 1))
    no('life-of-24-hours-and-one-second', 'PROTOCOL 4', 'credential-too-long', S(cred_exp=NOW - 3600 + DAY + 1))
    no('life-of-a-year', 'N17', 'credential-too-long', S(cred_exp=NOW + 365 * DAY))
    no('nbf-zero', 'N17', 'credential-too-long', S(claims=put('nbf', 0)))

    # the order of the row's codes within one sign-off
    no('signature-before-type', 'row 6', 'signature-bad', S(claims=put('vct', 'other'), jwt=sig(lambda s, m, k: bytes(64))))
    no('issuer-before-signature', 'row 6', 'issuer-unknown', S(head=put('kid', 'unknown'), jwt=sig(lambda s, m, k: bytes(64))))

    # a production registry
    prod = base('production', test=False, domain='registry.example.org', edges=False)
    book.case('production', 'PROTOCOL 2', prod, release(S(prod.people['a']), world=prod))
    no('test-credential-under-a-production-root', 'row 6', 'credential-test', S(prod.people['a'], claims=put('test', True)),
       world=prod)
