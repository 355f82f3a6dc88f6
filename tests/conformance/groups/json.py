"""N13 to N16: strict JSON in every part."""
from groups.common import *


def cases(book):
    def no(name, about, code, *args, **options):
        book.case(name, about, BASE, release(*args, **options), code)

    def ok(name, about, *args, **options):
        book.case(name, about, BASE, release(*args, **options))

    def twice(member, value):
        """Repeats a member with another value in front: a reader that keeps the last is not troubled."""
        return lambda t: swap('"%s":' % member, '"%s":%s,"%s":' % (member, jtext(value), member))(t)

    # N13
    no('header-alg-twice', 'N13', 'malformed-json', S(head=lambda h: twice('alg', 'Ed25519')(jtext(h))))
    no('header-typ-twice', 'N13', 'malformed-json', S(head=lambda h: twice('typ', 'dc+sd-jwt')(jtext(h))))
    for member, value in (('iss', 'https://registry.test'), ('exp', NOW + 25200), ('cnf', {'jwk': A.key.jwk}),
                          ('idx', 1), ('_sd', [])):
        no('claim-%s-twice' % member.strip('_'), 'N13', 'malformed-json', S(claims_text=twice(member, value)))
    no('claim-status-twice', 'N13', 'malformed-json', S(claims_text=twice('status', status_claim(
        BASE.iss, BASE.log.origin, 1))))
    no('claim-twice-escaped', 'N13', 'malformed-json', S(claims_text=lambda t: swap(
        '"exp":', '"e\\u0078p":%d,"exp":' % (NOW + 25200))(t)))
    no('unknown-claim-twice', 'N13', 'malformed-json', S(claims_text=lambda t: t[:-1] + ',"x":1,"x":1}'))
    no('member-twice-in-unknown-claim', 'N13', 'malformed-json', S(claims_text=lambda t: t[:-1] + ',"x":{"y":1,"y":2}}'))
    no('kb-header-typ-twice', 'N13', 'malformed-json', S(kb_head=lambda h: twice('typ', 'kb+jwt')(jtext(h))))
    no('kb-claim-nonce-twice', 'N13', 'malformed-json', S(kb_text=twice('nonce', 'AAAAAAAAAAAAAAAAAAAAAA')))
    no('kb-claim-twice-escaped', 'N13', 'malformed-json', S(kb_text=lambda t: swap(
        '"aud":', '"a\\u0075d":"deployment-1","aud":')(t)))
    no('transaction-digest-twice', 'N13', 'malformed-json', S(td_text=twice('digest', b64u(sha(b'other')))))
    no('transaction-act-twice', 'N13', 'malformed-json', S(td_text=twice('act', 'diagnosis')))
    no('disclosure-member-twice', 'N13', 'malformed-json', S(disclosures=lambda d: dict(d, identifiers=b64u(
        ('["%s","identifiers",[{"system":"s","value":"1","value":"2"}]]' % b64u(draw('twice'))).encode())),
        disclose=('identifiers',)))

    # N14
    def raw(old, new):
        return lambda t: utf8(t).replace(old, new, 1)
    name = b'"nickname":"x"'
    for what, bad in (('invalid-utf-8', b'\xff'), ('overlong', b'\xc0\xaf'), ('surrogate-bytes', b'\xed\xa0\x80'),
                      ('lone-high-escape', b'\\ud800'),
                      ('lone-low-escape', b'\\udc00'), ('nul-escape', b'\\u0000'), ('nul-byte', b'\0'),
                      ('control-byte', b'\x1f'), ('bad-escape', b'\\x')):
        no('claims-' + what, 'N14', 'malformed-json', S(claims_text=lambda t, bad=bad: utf8(t)[:-1] + b',"x":"' + bad + b'"}'))
    no('claims-byte-order-mark', 'N14', 'malformed-json', S(claims_text=lambda t: b'\xef\xbb\xbf' + utf8(t)))
    no('claims-utf-16', 'N14', 'malformed-json', S(claims_text=lambda t: t.encode('utf-16-le')))
    no('transaction-invalid-utf-8', 'N14', 'malformed-json', S(td_text=raw(b'Imaging report', b'Imaging\xff')))
    no('transaction-nul-in-label', 'N14', 'malformed-json', S(td_text=swap('Imaging report', 'Imaging\\u0000')))
    no('disclosure-invalid-utf-8', 'N14', 'malformed-json', S(disclosures=lambda d: dict(d, name=b64u(
        b'["%s","name","\xff"]' % b64u(draw('bad')).encode()))))
    no('label-nfd-for-nfc', 'N14', 'signoff-mismatch', S(td=put('document', 'label', 'Re\u0301sume\u0301')),
       label='R\u00e9sum\u00e9')
    ok('label-of-any-script', 'N14', label='R\u00e9sum\u00e9 \u653e\u5c04\u5b66 \U0001fa7b')
    ok('surrogate-pair-escape', 'N14', S(td_text=lambda t: t.replace('\U0001fa7b', '\\ud83e\\ude7b')), label='\U0001fa7b')

    # N15
    def claim(text):
        return lambda t: t[:-1] + ',"x":' + text + '}'
    ok('depth-8', 'N15', S(claims_text=claim('[' * 7 + ']' * 7)))
    no('depth-9', 'N15', 'malformed-json', S(claims_text=claim('[' * 8 + ']' * 8)))
    for what, number in (('1e400', '1e400'), ('float', '%d.0' % (NOW - 27)), ('exponent', '1795338843e0'),
                         ('negative-zero', '-0'), ('of-2000-digits', '1' * 2000),
                         ('2-to-53', str(2 ** 53))):
        no('kb-iat-' + what, 'N15', 'malformed-key-binding', S(kb_text=swap('"iat":%d' % (NOW - 27), '"iat":' + number)))
    for what, number in (('nan', 'NaN'), ('leading-zero', '01795338843')):
        no('kb-iat-' + what, 'N15', 'malformed-json', S(kb_text=swap('"iat":%d' % (NOW - 27), '"iat":' + number)))
    for what, hook in (('trailing-comma', lambda t: t[:-1] + ',}'), ('trailing-garbage', lambda t: t + 'x'),
                       ('trailing-object', lambda t: t + '{}'), ('comment', lambda t: t[:-1] + '/**/}'),
                       ('cut-short', lambda t: t[:-1])):
        no('claims-' + what, 'N15', 'malformed-json', S(claims_text=hook))
    no('transaction-trailing-bytes', 'N15', 'malformed-json', S(td_text=lambda t: t + '\0'))
    no('claims-a-list', 'N15', 'malformed-claims', S(claims_text=lambda t: '[' + t + ']'))
    no('claims-empty-object', 'N15', 'malformed-disclosure', S(claims_text=lambda t: '{}'))
    no('kb-a-list', 'N15', 'malformed-key-binding', S(kb_text=lambda t: '[' + t + ']'))
    no('transaction-a-list', 'N15', 'malformed-transaction', S(td_text=lambda t: '[' + t + ']'))
    no('transaction-empty-object', 'N15', 'malformed-transaction', S(td_text=lambda t: '{}'))

    # N16
    no('proto-in-transaction', 'N16', 'malformed-transaction', S(td=put('__proto__', {})))
    no('proto-in-cnf', 'N16', 'malformed-claims', S(claims=put('cnf', '__proto__', {})))
