"""N17 to N20: the credential's claims and their types."""
from groups.common import *


def cases(book):
    def no(name, about, code, *args, **options):
        book.case(name, about, BASE, release(*args, **options), code)

    # N17
    for member in ('exp', 'nbf', 'iat'):
        no(member + '-missing', 'N17', 'malformed-claims', S(claims=drop(member)))
        for name, value in (('float', NOW + 0.5), ('2-to-53', 2 ** 53)):
            no('%s-%s' % (member, name), 'N17', 'malformed-claims', S(claims=put(member, value)))
    no('exp-before-nbf', 'N17', 'malformed-claims', S(claims=put('exp', NOW - 3601)))
    no('exp-at-nbf', 'N17', 'malformed-claims', S(claims=put('exp', NOW - 3600)))
    no('exp-zero', 'N17', 'malformed-claims', S(claims=put('exp', 0)))

    # N18: an issuer is compared, never interpreted
    iss = BASE.iss
    for name, other in (('other-case', 'https://Registry.test'), ('trailing-slash', iss + '/'), ('http', 'http://registry.test'),
                        ('userinfo', 'https://a@registry.test'), ('fragment', iss + '#a'),
                        ('not-in-root', 'https://evil.test')):
        no('iss-' + name, 'N18', 'issuer-unknown', S(claims=lambda c, other=other: c.update(
            iss=other, vct=other + '/vct/practitioner/1')))
    no('iss-missing', 'N18', 'malformed-claims', S(claims=drop('iss')))
    no('iss-a-list', 'N18', 'malformed-claims', S(claims=put('iss', [iss])))
    no('iss-empty', 'N18', 'malformed-claims', S(claims=put('iss', '')))
    no('iss-of-another-with-our-kid', 'N18', 'issuer-unknown', S(claims=lambda c: c.update(
        iss=BASE.other_iss, vct=BASE.other_iss + '/vct/practitioner/1')))
    no('kid-of-ours-signed-by-another-issuer', 'N18', 'signature-bad', S(issuer=BASE.other_issuer,
                                                                        head=put('kid', BASE.issuer.kid)))

    # N19
    vct = iss + '/vct/practitioner/1'
    no('vct-missing', 'N19', 'malformed-claims', S(claims=drop('vct')))
    no('vct-a-list', 'N19', 'malformed-claims', S(claims=put('vct', [vct])))
    for name, other in (('other-version', iss + '/vct/practitioner/2'), ('longer', vct + '0'),
                        ('of-another-issuer', BASE.other_iss + '/vct/practitioner/1')):
        no('vct-' + name, 'N19', 'type-wrong', S(claims=put('vct', other)))
    no('vct-only-in-aka-vcts', 'N19', 'type-wrong', S(claims=lambda c: c.update(vct=iss + '/vct/other/1', aka_vcts=[vct])))

    # N20
    jwk = A.key.jwk
    for name, value in (
            ('kid-only', {'kid': A.key.kid}),
            ('jwk-and-kid-and-jku', {'jwk': jwk, 'kid': A.key.kid, 'jku': 'https://evil.example/jwks'}),
            ('symmetric', {'jwk': {'kty': 'oct', 'k': b64u(draw('k', 32))}}),
            ('private', {'jwk': dict(jwk, d=b64u(A.key.seed))}), ('two-keys', {'jwk': jwk, 'jwk2': D.key.jwk}),
            ('jwk-with-alg', {'jwk': dict(jwk, alg='Ed25519')}),
            ('webauthn', {'jwk': jwk, 'webauthn': {'rp_id': 'sign.test', 'origins': ['https://sign.test'], 'uv': True, 'be': False}})):
        no('cnf-' + name, 'N20', 'malformed-claims', S(claims=put('cnf', value)))
    no('cnf-missing', 'N20', 'malformed-claims', S(claims=drop('cnf')))

    # the other claims: required, closed, of their type
    for member in ('sub', 'status', 'profession', 'level', 'jurisdiction', 'specialty', 'privileges', 'site', 'conditions',
                   'assurance', 'authenticator'):
        no(member + '-missing', 'TOKENS 4.1', 'malformed-claims', S(claims=drop(member)))
    for name, hook in (
            ('level-unknown', put('level', 'expert')),
            ('jurisdiction-empty', put('jurisdiction', [])), ('jurisdiction-of-17', put('jurisdiction', ['US-%s%s' % (a, b) for a in 'ABCD' for b in 'ABCDE'][:17])),
            ('specialty-unknown-member', lambda c: c['specialty'][0].update(display='x')),
            ('privileges-unknown-member', put('privileges', 'surgery', True)), ('privileges-grade-4', put('privileges', 'antimicrobial_grade', 4)),
            ('privileges-prescribe-missing', drop('privileges', 'prescribe')),
            ('site-unknown-member', put('site', 'name', 'Clinic')), ('site-consent-missing', drop('site', 'consent')), ('licensed-until-no-date', put('licensed_until', '2027-02-30')),
            ('condition-without-cosign', put('conditions', [{'code': 'c', 'acts_denied': []}])),
            ('assurance-level-unknown', put('assurance', 'level', 'sure')),
            ('authenticator-storage-unknown', put('authenticator', 'storage', 'cloud')),
            ('authenticator-proofing-missing', drop('authenticator', 'proofing')),
            ('status-list-missing', drop('status', 'status_list')), ('status-countersign-missing', drop('status', 'countersign')),
            ('status-unknown-mechanism', put('status', 'crl', 'https://crl.test')), ('status-idx-text', put('status', 'countersign', 'idx', '1')),
            ('status-idx-float', put('status', 'countersign', 'idx', 1.0)),
            ('status-origin-missing', drop('status', 'countersign', 'origin')),
            ('test-text', put('test', 'true'))):
        no('claim-' + name, 'N43' if name.startswith('status') else 'TOKENS 4.1', 'malformed-claims', S(claims=hook))
