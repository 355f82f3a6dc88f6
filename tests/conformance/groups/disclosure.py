"""N22 to N28: the parts of an SD-JWT, disclosures and digests."""
from groups.common import *


def cases(book):
    def no(name, about, code, *args, **options):
        book.case(name, about, BASE, release(*args, **options), code)

    def with_(name, *element):
        """A disclosure of this content that the credential commits to, shown too."""
        return dict(disclosures=lambda d: dict(d, **{name: b64u(jtext(list(element)).encode())}),
                    disclose=('name', name))
    salt = b64u(draw('salt'))

    # N22
    no('tilde-missing-before-key-binding', 'N22', 'malformed-token', S(disclose=(), sign_off=lambda t: t.replace('~', '')))
    no('empty-part', 'N22', 'malformed-token', S(presentation=lambda t: t.replace('~', '~~', 1)))
    no('empty-part-at-end', 'N22', 'malformed-token', S(presentation=lambda t: t + '~'))
    no('tilde-behind-key-binding', 'N22', 'malformed-token', S(sign_off=lambda t: t + '~'))
    no('tilde-inside-a-disclosure', 'N22', 'malformed-json', S(
        disclose=('name',), presentation=lambda t, s: t.replace(s.disclosures['name'], s.disclosures['name'][:20] + '~' +
                                                                s.disclosures['name'][20:])))
    no('key-binding-in-the-middle', 'N22', 'malformed-token', S(disclose=('name',), sign_off=lambda t, s: '~'.join(
        [s.jwt, s.kb_jwt, s.disclosures['name']])))
    no('two-key-bindings', 'N22', 'malformed-base64', S(sign_off=lambda t, s: t + '~' + s.kb_jwt))
    no('key-binding-stripped', 'N29', 'malformed-token', S(sign_off=lambda t, s: s.presentation))
    no('key-binding-and-tilde-stripped', 'N29', 'malformed-token', S(sign_off=lambda t, s: s.jwt))

    # N23
    stray = disclosure('stray', 'identifiers', [{'system': 's', 'value': 'v'}])
    no('disclosure-unreferenced', 'N23', 'malformed-disclosure', S(presented=lambda d: d + [stray]))
    no('disclosure-of-another-credential', 'N23', 'malformed-disclosure', S(presented=lambda d: [
        disclosure('b name', 'name', 'B. Example')] + d[1:]))
    no('disclosure-twice', 'N23', 'malformed-disclosure', S(presented=lambda d: d + d[:1]))
    no('digest-twice', 'N23', 'malformed-disclosure', S(sd=lambda d: d + d[:1]))
    no('decoy-twice', 'N23', 'malformed-disclosure', S(sd=lambda d: d + [b64u(draw('decoy', 32))] * 2))
    no('digest-twice-of-hidden-claim', 'N23', 'malformed-disclosure', S(disclose=('name',), sd=lambda d, s: d + [
        digest_of(s.disclosures['licence_number'])]))
    no('one-claim-in-two-disclosures', 'N23', 'malformed-disclosure', S(disclosures=lambda d: dict(
        d, second=disclosure('second', 'name', 'Dr Z. Other')), disclose=('name', 'second')))

    # N24
    no('disclosure-an-object', 'N24', 'malformed-disclosure', S(disclosures=lambda d: dict(d, x=b64u(
        jtext({'salt': salt, 'name': 'name'}).encode())), disclose=('x',)))
    no('disclosure-a-string', 'N24', 'malformed-disclosure', S(disclosures=lambda d: dict(d, x=b64u(b'"name"')),
                                                             disclose=('x',)))
    no('disclosure-of-1', 'N24', 'malformed-disclosure', S(**with_('x', salt)))
    no('disclosure-of-2', 'N24', 'malformed-disclosure', S(**with_('x', salt, 'Dr A. Example')))
    no('disclosure-of-4', 'N24', 'malformed-disclosure', S(**with_('x', salt, 'identifiers', [], 1)))
    no('disclosure-salt-number', 'N24', 'malformed-disclosure', S(**with_('x', 5, 'identifiers', [
        {'system': 's', 'value': 'v'}])))
    no('disclosure-name-number', 'N24', 'malformed-disclosure', S(**with_('x', salt, 7, 'v')))
    for name, value in (('_sd', []), ('...', 'x'), ('profession', 'physician'), ('email', 'a@example.org'), ('exp', NOW),
                        ('_sd_alg', 'sha-256'), ('', 'x')):
        safe = {'_sd': 'sd', '...': 'dots', '_sd_alg': 'sd-alg', '': 'empty'}.get(name, name)
        no('disclosure-named-' + safe, 'N24', 'malformed-disclosure', S(**with_('x', salt, name, value)))
    no('disclosure-of-a-claim-that-is-not-disclosable-alone', 'N24', 'malformed-disclosure', S(**dict(
        with_('x', salt, 'email', 'a@example.org'), disclose=('x',))))
    no('disclosure-stands-in-for-licensed-until', 'N24', 'malformed-disclosure', S(
        claims=drop('licensed_until'), **with_('x', salt, 'licensed_until', '2030-01-01')))
    no('disclosed-name-a-number', 'N24', 'malformed-disclosure', S(disclosures=lambda d: dict(
        d, name=disclosure('n', 'name', 5))))
    no('disclosed-name-empty', 'N24', 'malformed-disclosure', S(disclosures=lambda d: dict(
        d, name=disclosure('n', 'name', ''))))
    no('disclosed-identifiers-open', 'N24', 'malformed-disclosure', S(**with_('x', salt, 'identifiers', [
        {'system': 's', 'value': 'v', 'use': 'official'}])))

    # N25
    no('sd-a-string', 'N25', 'malformed-disclosure', S(disclose=(), claims=put('_sd', b64u(draw('d', 32)))))
    no('sd-with-a-number', 'N25', 'malformed-disclosure', S(sd=lambda d: d + [5]))
    no('sd-empty-with-disclosures', 'N25', 'malformed-disclosure', S(claims=put('_sd', [])))
    no('sd-absent-with-disclosures', 'N25', 'malformed-disclosure', S(claims=drop('_sd')))
    placeholder = {'...': b64u(draw('element', 32))}
    no('placeholder-in-jurisdiction', 'N25', 'malformed-disclosure', S(claims=lambda c: c['jurisdiction'].append(placeholder)))
    no('placeholder-in-unknown-claim', 'N25', 'malformed-disclosure', S(claims=put('x', [placeholder])))
    no('placeholder-with-another-member', 'N25', 'malformed-disclosure', S(claims=put('x', [dict(placeholder, y=1)])))
    no('placeholder-a-number', 'N25', 'malformed-disclosure', S(claims=put('x', [{'...': 5}])))
    no('placeholder-outside-a-list', 'N25', 'malformed-disclosure', S(claims=put('x', placeholder)))
    no('placeholder-at-top', 'N25', 'malformed-disclosure', S(claims=put('...', b64u(draw('element', 32)))))
    for where in ('site', 'cnf', 'status'):
        no('sd-in-' + where, 'N25', 'malformed-disclosure', S(claims=put(where, '_sd', [b64u(draw('inner', 32))])))
    no('sd-in-unknown-claim', 'N25', 'malformed-disclosure', S(claims=put('x', {'_sd': [b64u(draw('inner', 32))]})))
    no('sd-in-disclosed-value', 'N25', 'malformed-disclosure', S(**with_('x', salt, 'identifiers', [
        {'system': 's', 'value': 'v', '_sd': [b64u(draw('inner', 32))]}])))
    no('placeholder-in-disclosed-value', 'N25', 'malformed-disclosure', S(**with_('x', salt, 'identifiers', [placeholder])))
    book.case('digests-64', 'N25', BASE, release(S(sd=lambda d: d + [b64u(draw('d%d' % i, 32)) for i in range(62)])))
    no('digests-65', 'N25', 'malformed-disclosure', S(sd=lambda d: d + [b64u(draw('d%d' % i, 32)) for i in range(63)]))

    # N26
    for name, value in (('md5', 'md5'), ('upper-case', 'SHA-256'),
                        ('number', 256), ('null', None)):
        no('sd-alg-' + name, 'N26', 'malformed-disclosure', S(claims=put('_sd_alg', value)))
    no('sd-alg-nested', 'N26', 'malformed-disclosure', S(claims=put('x', {'_sd_alg': 'sha-256'})))
    no('digest-over-decoded-bytes', 'N26', 'malformed-disclosure', S(disclose=('name',), sd=lambda d, s: [
        b64u(sha(unb64u(s.disclosures['name'])))]))
    no('digest-in-hex', 'N26', 'malformed-disclosure', S(disclose=('name',), sd=lambda d, s: [
        sha(s.disclosures['name'].encode()).hex()]))

    # N27
    child = disclosure('child', 'value', 'v')
    parent = disclosure('parent', 'identifiers', [{'system': 's', '_sd': [digest_of(child)]}])
    no('child-without-parent', 'N27', 'malformed-disclosure', S(disclosures=lambda d: dict(d, parent=parent),
                                                             presented=lambda d: d + [child]))
    no('child-with-parent', 'N27', 'malformed-disclosure', S(disclosures=lambda d: dict(d, parent=parent),
                                                          presented=lambda d: d + [parent, child]))
    many = [disclosure('many %d' % i, 'identifiers', []) for i in range(33)]
    no('disclosures-33', 'N27', 'malformed-token', S(presented=lambda d: many))
    wide = [{'system': 'urn:oid:2.16.840.1.113883.4.%d' % i, 'value': 'x' * 150} for i in range(9)]
    no('disclosure-above-2-kib', 'TOKENS 3', 'malformed-token', S(disclosures=lambda d: dict(
        d, identifiers=disclosure('wide', 'identifiers', wide)), disclose=('identifiers',)))
    no('issuer-jwt-above-8-kib', 'TOKENS 3', 'malformed-token', S(claims=put('x', 'x' * 6000)))
    no('key-binding-above-4-kib', 'TOKENS 3', 'malformed-token', S(kb_text=lambda t: t + ' ' * 3000))
    no('entry-above-2-kib', 'TOKENS 3', 'malformed-token', S(td_text=lambda t: t + ' ' * 1000))

    # N28
    no('disclosure-white-space-changed', 'N28', 'malformed-disclosure', S(disclose=('name',), presented=lambda d: [
        b64u(json.dumps(json.loads(unb64u(d[0]))).encode())]))
    no('disclosure-value-changed', 'N28', 'malformed-disclosure', S(disclose=('name',), presented=lambda d: [
        b64u(unb64u(d[0]).replace(b'Dr A', b'Dr B'))]))
    no('disclosure-standard-base64', 'N28', 'malformed-base64', S(disclosures=lambda d: dict(d, name=b64(unb64u(
        disclosure('s', 'name', 'a?\u00ff>\u00bf?\u00ff>~~~'))).rstrip('='))))
    no('disclosure-tail-bits', 'N08', 'malformed-base64', S(disclosures=lambda d: dict(d, name=tail(b64u(
        spaced(unb64u(d['name']).decode()).encode())))))
