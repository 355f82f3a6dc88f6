"""N01 to N11: signatures, headers and encodings below the claims."""
import base64
import hmac

from ed25519 import P, malleated, small_order
from groups.common import *


def cases(book):
    def no(name, about, code, *args, **options):
        book.case(name, about, BASE, release(*args, **options), code)

    # N01
    for alg in ('none', 'None', 'noNE'):
        no('issuer-alg-' + alg.lower() + {'none': '', 'None': '-capital', 'noNE': '-mixed'}[alg], 'N01',
           'malformed-header', S(head=put('alg', alg)))
    no('holder-alg-none', 'N01', 'malformed-header', S(kb_head=put('alg', 'none')))
    no('issuer-signature-empty', 'N01', 'malformed-token', S(jwt=lambda t: t.rpartition('.')[0] + '.'))
    no('holder-signature-empty', 'N01', 'malformed-token', S(kb_jwt=lambda t: t.rpartition('.')[0] + '.'))
    no('holder-signature-missing', 'N01', 'malformed-token', S(kb_jwt=lambda t: t.rpartition('.')[0]))

    # N02
    for alg in ('HS256', 'RS256', 'ES256', 'eddsa', 'ED25519'):
        safe = {'eddsa': 'eddsa-lower', 'ED25519': 'ed25519-upper'}.get(alg, alg.lower())
        no('issuer-alg-' + safe, 'N02', 'malformed-header', S(head=put('alg', alg)))
        if safe in ('es256', 'eddsa-lower'):
            no('holder-alg-' + safe, 'N02', 'malformed-header', S(kb_head=put('alg', alg)))
    no('issuer-hmac-with-public-key', 'N02', 'malformed-header', S(head=put('alg', 'HS256'), jwt=sig(
        lambda s, signed, key: hmac.new(key.public, signed, 'sha256').digest())))

    # N03
    for name, hook in (('missing', drop('alg')), ('number', put('alg', 8)), ('unknown', put('alg', 'X25519'))):
        no('issuer-alg-' + name, 'N03', 'malformed-header', S(head=hook))
        no('holder-alg-' + name, 'N03', 'malformed-header', S(kb_head=hook))

    # N04
    own = Key('self supplied')
    for member, value in (('jwk', own.jwk), ('x5c', [base64.b64encode(b'certificate').decode()]),
                          ('jku', 'http://127.0.0.1/jwks.json'), ('x5u', 'https://evil.example/x5u'),
                          ('zip', 'DEF')):
        no('issuer-header-' + member, 'N04', 'malformed-header', S(head=put(member, value)))
    no('holder-header-jwk', 'N04', 'malformed-header', S(kb_head=put('jwk', own.jwk)))
    no('holder-header-kid', 'N04', 'malformed-header', S(kb_head=put('kid', A.key.kid)))

    # N05
    for name, kid in (('unknown', own.kid), ('path', '../../x'), ('sql', "' OR 1=1"), ('of-128', 'k' * 128)):
        no('kid-' + name, 'N05', 'issuer-unknown', S(head=put('kid', kid)))
    no('kid-of-other-issuer', 'N05', 'issuer-unknown', S(issuer=BASE.other_issuer))
    no('kid-of-statuslist-key', 'N05', 'issuer-unknown', S(issuer=Key('statuslist 1')))
    for name, hook in (('missing', drop('kid')), ('number', put('kid', 1)), ('empty', put('kid', '')),
                       ('of-129', put('kid', 'k' * 129))):
        no('kid-' + name, 'N05', 'malformed-header', S(head=hook))

    # N06
    for name, more in (('unknown', {'crit': ['exp'], 'exp': 1}), ('empty', {'crit': []}), ('not-list', {'crit': 'exp'}),
                       ('b64', {'crit': ['b64'], 'b64': False})):
        no('crit-' + name, 'N06', 'malformed-header', S(head=lambda h, more=more: dict(h, **more)))
    no('b64-false', 'N06', 'malformed-header', S(head=put('b64', False)))

    # N07
    types = ['JWT', 'statuslist+jwt', 'countersign-proof+jwt']
    for typ in types + ['kb+jwt', 'vc+sd-jwt', 'DC+SD-JWT', 'application/dc+sd-jwt']:
        name = {'DC+SD-JWT': 'upper-case', '': 'empty'}.get(typ, typ.lower().replace('+', '-').replace('/', '-'))
        no('issuer-typ-' + name, 'N07', 'malformed-header', S(head=put('typ', typ)))
    for typ in types[1:] + ['dc+sd-jwt', 'KB+JWT']:
        name = {'KB+JWT': 'upper-case'}.get(typ, typ.lower().replace('+', '-').replace('/', '-'))
        no('holder-typ-' + name, 'N07', 'malformed-header', S(kb_head=put('typ', typ)))
    no('issuer-typ-missing', 'N07', 'malformed-header', S(head=drop('typ')))

    # N08
    places = {'header': dict(head=spaced), 'payload': dict(claims_text=spaced)}
    for place, (part, more) in enumerate(places.items()):
        no('issuer-%s-tail-bits' % part, 'N08', 'malformed-base64', S(jwt=seg(place, tail), **more))
        no('issuer-%s-padded' % part, 'N08', 'malformed-base64', S(jwt=seg(place, lambda t: t + '=='), **more))
    no('issuer-signature-tail-bits', 'N08', 'malformed-base64', S(jwt=seg(2, tail)))
    for name, bad in (('plus', '+'), ('newline', '\n'), ('homoglyph', '\u0430')):
        no('issuer-payload-' + name, 'N08', 'malformed-base64',
           S(jwt=lambda t, bad=bad: t.replace('.', '.' + bad, 1)))
    no('issuer-payload-length-one-more', 'N08', 'malformed-base64', S(
        claims_text=lambda t: t + ' ' * (-len(t.encode()) % 3), jwt=seg(1, lambda t: t + 'A')))
    no('holder-payload-tail-bits', 'N08', 'malformed-base64', S(kb_text=spaced, kb_jwt=seg(1, tail, 'holder')))
    no('holder-signature-tail-bits', 'N08', 'malformed-base64', S(kb_jwt=seg(2, tail)))
    no('entry-tail-bits', 'N08', 'malformed-base64', S(td_text=spaced, more_entries=lambda s: [tail(s[0])]))
    no('jwk-x-tail-bits', 'N08', 'malformed-claims', S(claims=lambda c: put('cnf', 'jwk', 'x', tail(A.key.x))(c)))

    # N09
    no('issuer-four-segments', 'N09', 'malformed-token', S(jwt=lambda t: t + '.AAAA'))
    no('holder-four-segments', 'N09', 'malformed-token', S(kb_jwt=lambda t: t + '.AAAA'))
    no('issuer-header-empty', 'N09', 'malformed-token', S(jwt=lambda t: '.' + t.split('.', 1)[1]))
    no('holder-payload-empty', 'N09', 'malformed-token', S(kb_jwt=lambda t: t.split('.')[0] + '..' + t.split('.')[2]))
    no('issuer-leading-dot', 'N09', 'malformed-token', S(jwt=lambda t: '.' + t))
    no('issuer-leading-space', 'N09', 'malformed-base64', S(jwt=lambda t: ' ' + t))
    no('json-serialisation', 'N09', 'malformed-token', S(sign_off=lambda t, s: jtext(
        {'payload': s.jwt.split('.')[1], 'protected': s.jwt.split('.')[0], 'signature': s.jwt.split('.')[2],
         'header': {'disclosures': [], 'kb_jwt': s.kb_jwt}})))
    no('sign-off-of-one-word', 'N09', 'malformed-token', S(sign_off=lambda t: 'approved'))

    # N10
    other = Key('holder somebody')
    makes = [('63-bytes', lambda s, m, k: s[:63]), ('65-bytes', lambda s, m, k: s + b'\0'),
             ('zero', lambda s, m, k: bytes(64)), ('s-plus-l', lambda s, m, k: malleated(s)),
             ('r-and-key-swapped', lambda s, m, k: k.public + s[32:]),
             ('of-another-key', lambda s, m, k: other.sign(m)),
             ('over-decoded-bytes', lambda s, m, k: k.sign(b'.'.join(unb64u(p.decode()).replace(b'.', b'') for p in
                                                                    m.split(b'.')))),
             ('one-bit', lambda s, m, k: s[:40] + bytes([s[40] ^ 1]) + s[41:])]
    for name, f in makes:
        no('issuer-signature-' + name, 'N10', 'signature-bad', S(jwt=sig(f)))
        no('holder-signature-' + name, 'N10', 'holder-signature-bad', S(kb_jwt=sig(f, 'holder')))
    no('issuer-signature-of-another-message', 'N10', 'signature-bad', S(jwt=lambda t, s: '.'.join(
        [t.split('.')[0], b64u(utf8(jtext(dict(s.claims, profession='pharmacist')))), t.split('.')[2]])))

    # N11
    for i, point in list(enumerate(small_order()))[:5]:
        no('holder-key-of-small-order-%d' % i, 'N11', 'holder-key-bad',
           S(claims=put('cnf', 'jwk', 'x', b64u(point))))
    for name, y in (('zero-plus-p', P), ('one-plus-p', P + 1), ('all-ones', 2 ** 255 - 1)):
        no('holder-key-y-' + name, 'N11', 'holder-key-bad',
           S(claims=put('cnf', 'jwk', 'x', b64u(y.to_bytes(32, 'little')))))
    no('holder-key-not-on-curve', 'N11', 'holder-key-bad', S(claims=put('cnf', 'jwk', 'x', b64u(
        (2).to_bytes(32, 'little')))))
    no('holder-key-of-mixed-order', 'N11', 'holder-key-bad', S(PEOPLE['mixed-order']))
    for name, x in (('31', bytes(A.key.public[:31])), ('33', A.key.public + b'\0'), ('0', b'')):
        no('holder-key-%s-bytes' % name, 'N11', 'malformed-claims', S(claims=put('cnf', 'jwk', 'x', b64u(x))))
    no('holder-key-private', 'N11', 'malformed-claims', S(claims=put('cnf', 'jwk', 'd', b64u(A.key.seed))))
    no('holder-key-kty-ec', 'N11', 'malformed-claims', S(claims=put('cnf', 'jwk', 'kty', 'EC')))
