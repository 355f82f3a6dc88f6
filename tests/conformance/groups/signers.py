"""Row 13: all slots filled, by distinct people, in order, one over the other."""
from groups.common import *


def cases(book):
    def no(name, code, *args, **options):
        book.case(name, options.pop('about', 'row 13'), BASE, release(*args, **options), code)

    def ok(name, *args, **options):
        book.case(name, options.pop('about', 'row 13'), BASE, release(*args, **options))

    rx = dict(act='prescription_new')
    pair = dict(act='prescription_new', setting='inpatient')      # two physicians
    four = dict(act='pathology_report')

    def check(**more):
        return S(B, meaning='verification', **more)

    no('pharmacist-missing', 'signer-missing', **rx)
    no('fourth-of-four-missing', 'signer-missing', S(), S(B), S(C), **four)
    no('second-signer-of-the-stricter-policy-missing', 'signer-missing', jurisdiction='GB-ENG', **rx)
    ok('one-signer-where-one-policy-asks', jurisdiction='GB-SCT', **rx)

    supervised = dict(act='diagnosis', setting='inpatient')
    for level in ('supervised', 'provisional'):
        no('supervisor-missing-for-' + level, 'supervisor-missing', S(claims=put('level', level)), **supervised)
    cosign = [{'code': 'c', 'acts_denied': [], 'needs_cosign': True}]
    no('cosigner-missing', 'supervisor-missing', S(claims=put('conditions', cosign)), **supervised)
    ok('cosigner', S(claims=put('conditions', cosign)), S(D, meaning='responsibility'), **supervised)
    no('cosigner-that-the-rule-has-no-slot-for', 'supervisor-missing', S(claims=put('conditions', cosign)))
    ok('cosigner-no-longer-needed', S(claims=put('conditions', [dict(cosign[0], until='2026-11-21')])))

    # distinct: another subject and another key
    no('one-person-twice', 'signer-not-distinct', S(), S(), **pair)
    no('one-person-with-two-keys', 'signer-not-distinct', S(), S(PEOPLE['twin'], meaning='verification'), **rx)
    no('one-key-for-two-people', 'signer-not-distinct', S(), S(PEOPLE['same-key'], meaning='verification'), **rx)
    no('first-and-third-are-one', 'signer-not-distinct', S(), S(B), S(), S(D), **four)
    ok('two-people', S(), S(D), **pair)

    # order
    no('one-signer-too-many', 'signer-order', S(), S(D))
    no('third-signer-where-two-are-asked-for', 'signer-order', S(), check(), S(D), **rx)
    no('second-signed-before-the-first', 'signer-order', S(), check(iat=NOW - 28), **rx)

    # chain
    def request_prior(value):
        return dict(request=lambda q: q.update(prior=value))
    no('prior-invented', 'signer-chain', S(), check(**request_prior(b64u(draw('invented', 32)))), **rx)
    first = S()
    second = S(B)
    third = S(C, request=lambda q: q.update(prior=b64u(first.id)))
    no('prior-of-the-first-in-slot-3', 'signer-chain', first, second, third, S(D), **four)
    no('prior-of-the-entry-alone', 'signer-chain', S(), check(**request_prior(digest_of('x'))), **rx)
    jwt_hash = S()
    no('prior-with-the-signature', 'signer-chain', jwt_hash, check(request=lambda q: q.update(prior=b64u(sha(
        jwt_hash.kb_jwt.encode() + sha(jwt_hash.signed_strings[0].encode()))))), **rx)
    ai = dict(authorship='ai_draft')
    no('second-signed-with-another-draft', 'signer-chain', S(disposition='modified', **ai), check(
        request=lambda q: q.update(draft={'digest': b64u(sha(b'another draft')), 'digest_alg': 'sha-256'}), **ai), draft=DRAFT, **rx)
    no('second-signed-other-facts', 'signer-chain', S(), check(request=put('facts', 'patient_age', 41)), facts={'patient_age': 40}, **rx)
    no('second-signed-for-another-patient', 'signer-chain', S(), check(request=put('patient_ref', b64u(draw('other patient', 32)))), **rx)
    no('second-signed-another-media-type', 'signer-chain', S(), check(request=put('document', 'media_type', 'text/html')), **rx)
    no('second-signed-another-label', 'signer-chain', S(), check(request=put('document', 'label', 'Sick note')), **rx)

    # meaning
    no('meaning-not-allowed', 'meaning', S(meaning='review'))
    no('meaning-of-the-pharmacist', 'meaning', S(meaning='verification'))
    no('meaning-in-slot-2', 'meaning', S(), S(B, meaning='approval'), **rx)
    no('meaning-fixed-but-not-allowed', 'meaning', S(meaning='responsibility', fixed='responsibility'))
