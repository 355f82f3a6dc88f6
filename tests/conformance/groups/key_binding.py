"""N29 to N33 and rows 5 and 7: the key binding, the transaction data, and what they must agree with."""
from groups.common import *


def cases(book):
    def no(name, about, code, *args, **options):
        received = options.pop('received_at', None)
        book.case(name, about, BASE, release(*args, **options), code, received_at=received)

    def ok(name, about, *args, **options):
        received = options.pop('received_at', None)
        book.case(name, about, BASE, release(*args, **options), received_at=received)

    no('nobody-signed', 'row 5', 'no-signoff', change=put('sign_offs', []))
    no('nobody-signed-with-a-way-outside', 'row 5', 'no-signoff', act='consult_opinion', change=put('sign_offs', []))

    # N29
    no('key-binding-of-another-presentation', 'N29', 'holder-signature-bad', S(
        kb=lambda k, s: k.update(sd_hash=digest_of(s.jwt + '~'))))
    no('disclosure-added-after-signing', 'N29', 'holder-signature-bad', S(disclose=('name',), sign_off=lambda t, s:
       s.presentation + s.disclosures['licence_number'] + '~' + s.kb_jwt))
    no('disclosure-removed-after-signing', 'N29', 'holder-signature-bad', S(disclose=BOTH, sign_off=lambda t, s: '~'.join(
        [s.jwt, s.disclosures['name'], s.kb_jwt])))
    no('disclosures-reordered-after-signing', 'N29', 'holder-signature-bad', S(disclose=BOTH, sign_off=lambda t, s: '~'.join(
        [s.jwt, s.disclosures['licence_number'], s.disclosures['name'], s.kb_jwt])))
    no('sd-hash-without-last-tilde', 'N29', 'holder-signature-bad', S(
        kb=lambda k, s: k.update(sd_hash=digest_of(s.presentation[:-1]))))
    no('sd-hash-missing', 'N29', 'malformed-key-binding', S(kb=drop('sd_hash')))
    no('sd-hash-old-name', 'N29', 'malformed-key-binding', S(kb=lambda k: k.update(_sd_hash=k.pop('sd_hash'))))

    # N30
    no('aud-a-list', 'N30', 'malformed-key-binding', S(kb=put('aud', ['deployment-1'])))
    no('aud-missing', 'N30', 'malformed-key-binding', S(kb=drop('aud')))
    for name, aud in (('other', 'deployment-2'), ('prefix', 'deployment'), ('other-case', 'Deployment-1')):
        no('aud-' + name, 'N30', 'audience-wrong', S(kb=put('aud', aud)))
    no('nonce-missing', 'N30', 'malformed-key-binding', S(kb=drop('nonce')))
    no('nonce-number', 'N30', 'malformed-key-binding', S(kb=put('nonce', 1)))
    no('nonce-other', 'N30', 'nonce-wrong', S(kb=put('nonce', b64u(draw('another nonce')))))
    no('nonce-of-the-other-slot', 'N30', 'nonce-wrong', S(), S(B, meaning='verification', kb=lambda k: k.update(
        nonce=b64u(draw('nonce %s 1' % REQUEST_ID)))), act='prescription_new')
    for member in ('iat', 'jti', 'auth_time', 'transaction_data_hashes'):
        no('kb-%s-missing' % member.replace('_', '-'), 'N30', 'malformed-key-binding', S(kb=drop(member)))
    no('kb-unknown-member', 'N30', 'malformed-key-binding', S(kb=put('amr', ['pin'])))
    no('kb-jti-15-bytes', 'N30', 'malformed-key-binding', S(kb=put('jti', b64u(draw('x', 15)))))

    # row 7: KB iat against issued_at, received_at and now
    ok('iat-at-issued-less-60', 'PROTOCOL 4', issued_at=NOW - 27 + 60)
    ok('iat-at-issued-less-59', 'PROTOCOL 4', issued_at=NOW - 27 + 59)
    no('iat-at-issued-less-61', 'PROTOCOL 4', 'signoff-too-old', issued_at=NOW - 27 + 61)
    no('iat-before-the-request', 'N30', 'signoff-too-old', S(iat=NOW - 700, auth_time=NOW - 700, opened_at=NOW - 700))
    ok('iat-at-received-plus-60', 'PROTOCOL 4', S(iat=NOW + 60))
    ok('iat-at-received-plus-59', 'PROTOCOL 4', S(iat=NOW + 59))
    no('iat-at-received-plus-61', 'PROTOCOL 4', 'signoff-in-future', S(iat=NOW + 61))
    no('iat-after-it-was-received', 'PROTOCOL 4', 'signoff-in-future', received_at=NOW - 27 - 61)
    no('received-at-now-plus-61', 'PROTOCOL 4', 'signoff-in-future', received_at=NOW + 61)
    ok('received-at-now-plus-60', 'PROTOCOL 4', received_at=NOW + 60)
    longago = dict(act='patient_message_clinical', setting='emergency')
    ok('received-at-limit', 'PROTOCOL 4', S(iat=NOW - 130, auth_time=NOW - 150), received_at=NOW - 120, **longago)
    ok('received-one-second-inside-limit', 'PROTOCOL 4', S(iat=NOW - 130, auth_time=NOW - 150), received_at=NOW - 119, **longago)
    no('received-one-second-outside-limit', 'PROTOCOL 4', 'signoff-too-old', S(iat=NOW - 130, auth_time=NOW - 150), received_at=NOW - 121, **longago)
    ok('iat-older-than-the-release-limit', 'PROTOCOL 4', S(iat=NOW - 590, auth_time=NOW - 595, opened_at=NOW - 598), received_at=NOW - 100, **longago)
    no('second-signoff-received-too-long-ago', 'PROTOCOL 4', 'signoff-too-old',
       S(iat=NOW - 3615, auth_time=NOW - 3620, cred_iat=NOW - 7200), S(B, meaning='verification', iat=NOW - 3610,
       auth_time=NOW - 3620, cred_iat=NOW - 7200), act='prescription_new', issued_at=NOW - 4000, expires_at=NOW + 60,
       received_at=[NOW, NOW - 3601])

    # N31
    no('signed-by-another-clinician', 'N31', 'holder-signature-bad', S(kb_key=D.key))
    no('signed-by-the-registry', 'N31', 'holder-signature-bad', S(kb_key=BASE.issuer))
    no('signed-by-an-old-key', 'N31', 'holder-signature-bad', S(kb_key=Key('holder a before')))
    no('key-binding-payload-changed', 'N31', 'holder-signature-bad', S(kb_jwt=lambda t, s: '.'.join(
        [t.split('.')[0], b64u(utf8(jtext(dict(s.kb, auth_time=NOW - 30)))), t.split('.')[2]])))

    # N32
    def hashes(f):
        return dict(kb=lambda k, s: k.update(transaction_data_hashes=f(s)))
    no('hash-of-decoded-json', 'N32', 'hash-mismatch', S(**hashes(lambda s: [b64u(sha(utf8(s.td_json)))])))
    no('hash-of-reserialised-json', 'N32', 'hash-mismatch', S(**hashes(lambda s: [digest_of(b64u(
        json.dumps(json.loads(s.td_json)).encode()))])))
    no('hash-in-hex', 'N32', 'malformed-key-binding', S(**hashes(lambda s: [sha(s.signed_strings[0].encode()).hex()])))
    no('hash-padded', 'N32', 'malformed-key-binding', S(**hashes(lambda s: [digest_of(s.signed_strings[0]) + '='])))
    no('hash-a-string', 'N32', 'malformed-key-binding', S(**hashes(lambda s: digest_of(s.signed_strings[0]))))
    no('hashes-empty', 'N32', 'hash-mismatch', S(**hashes(lambda s: [])))
    no('hash-extra', 'N32', 'hash-mismatch', S(**hashes(lambda s: [digest_of(s.signed_strings[0]), digest_of('AAAA')])))
    batch = dict(act='patient_message_clinical', setting='inpatient')
    no('no-entries', 'N32', 'malformed-token', S(strings=lambda s: []))
    no('seventeen-entries', 'N32', 'malformed-token', S(strings=lambda s: s * 17))
    no('entry-out-of-range', 'N32', 'malformed-token', S(entries=2), change=put('sign_offs', 0, 'entry', 2), **batch)
    long = b64u(draw('long', 32) * 48)
    no('sign-off-above-96-kib', 'N27', 'malformed-token', S(
        claims=put('padding', 'x' * 1500), presented=lambda d: d + [long[:-1] + c for c in 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcde'], strings=lambda s: s + [long] * 15))
    no('entry-dropped', 'N32', 'hash-mismatch', S(entries=2, strings=lambda s: s[:1]), **batch)
    no('entry-added', 'N32', 'hash-mismatch', S(entries=2, kb=lambda k: k['transaction_data_hashes'].pop() and None), **batch)
    no('entries-swapped', 'N32', 'hash-mismatch', S(entries=2, entry=1, strings=lambda s: s[::-1]), **batch)
    no('entry-twice', 'N32', 'hash-mismatch', S(entries=2, strings=lambda s: s[:1] * 2), **batch)
    no('entry-replaced', 'N32', 'hash-mismatch', S(strings=lambda s: [b64u(unb64u(s[0]) + b' ')]))
    no('entry-of-another-document', 'N32', 'hash-mismatch', S(strings=lambda s: [b64u(unb64u(s[0]).replace(
        b64u(sha(DOCUMENT)).encode(), b64u(sha(b'other')).encode()))]), sent=b'other')
    for name, alg in (('sha-512', 'sha-512'), ('list', ['sha-256'])):
        no('hashes-alg-' + name, 'N32', 'malformed-key-binding', S(kb=put('transaction_data_hashes_alg', alg)))
    no('hashes-alg-missing', 'N32', 'malformed-key-binding', S(kb=drop('transaction_data_hashes_alg')))

    # N33
    for name, hook in (
            ('unknown-member', put('urgent', True)), ('type-missing', drop('type')), ('type-other-version', put('type', 'urn:countersign:sign-off:2')),
            ('credential-ids-empty', put('credential_ids', [])),
            ('credential-ids-foreign', put('credential_ids', ['id_card'])),
            ('hashes-alg-missing', drop('transaction_data_hashes_alg')),
            ('digest-31-bytes', put('document', 'digest', b64u(draw('d', 31)))),
            ('digest-alg-sha-512', put('document', 'digest_alg', 'sha-512')),
            ('label-missing', drop('document', 'label')),
            ('document-url', put('document', 'url', 'https://app.test/d')),
            ('meaning-unknown', put('meaning', 'consent')),
            ('authorship-missing', drop('authorship')),
            ('slot-0', put('slot', 0)),
            ('tool-without-version', drop('tool', 'version')),
            ('opened-at-missing', drop('opened_at')),
            ('act-with-space', put('act', 'imaging report')),
            ('setting-unknown', put('setting', 'home')), ('patient-ref-33-bytes', put('patient_ref', b64u(draw('p', 32) + b'x'))),
            ('jurisdiction-lower-case', put('jurisdiction', 'us-ks')), ('prior-in-slot-1', put('prior', b64u(draw('p', 32)))),
            ('facts-unknown-member', put('facts', {'weather': 'fine'})), ('facts-grade-4', put('facts', {'antimicrobial_grade': 4})),
            ('draft-without-alg', put('draft', {'digest': b64u(sha(DRAFT))}))):
        no('transaction-' + name, 'N33', 'malformed-transaction', S(td=hook))
    no('transaction-prior-missing-in-slot-2', 'N33', 'malformed-transaction', S(), S(
        B, meaning='verification', td=drop('prior')), act='prescription_new')
    no('label-of-201-bytes', 'N33', 'malformed-transaction', S(td=put('document', 'label', 'x' * 201)))

    # what the request fixes
    facts = dict(facts={'visit': 'revisit', 'patient_age': 40})
    draft = dict(draft=DRAFT)
    for name, hook, more in (
            ('request-id', put('request_id', b64u(draw('another request'))), {}), ('act', put('act', 'diagnosis'), {}),
            ('setting', put('setting', 'inpatient'), {}), ('jurisdiction', put('jurisdiction', 'US-CA'), {}),
            ('site', put('site', 'clinic-2'), {}), ('tool-id', put('tool', 'id', 'other'), {}),
            ('tool-version', put('tool', 'version', '5'), {}),
            ('patient-ref', put('patient_ref', b64u(draw('another patient', 32))), {}),
            ('encounter-ref', put('encounter_ref', b64u(draw('another', 32))), {'encounter_ref': b64u(draw('one', 32))}),
            ('encounter-ref-dropped', drop('encounter_ref'), {'encounter_ref': b64u(draw('one', 32))}),
            ('fact', put('facts', 'patient_age', 41), facts), ('fact-added', put('facts', 'off_label', False), facts),
            ('fact-dropped', drop('facts', 'patient_age'), facts),
            ('media-type', put('document', 'media_type', 'text/html'), {}),
            ('label', put('document', 'label', 'Sick note'), {})):
        act = {'act': 'order_imaging', 'setting': 'inpatient'} if name in ('site', 'jurisdiction') else {}
        no('signoff-of-other-' + name, 'row 5', 'signoff-mismatch', S(td=hook), **dict(more, **act))
    no('signoff-of-other-slot', 'row 5', 'signoff-mismatch', S(td=lambda t: t.update(slot=2, prior=b64u(draw('x', 32)))))
    no('signoff-of-other-draft', 'row 5', 'signoff-mismatch', S(
        authorship='ai_draft', disposition='modified', td=put('draft', 'digest', b64u(sha(b'another draft')))), **draft)
    no('signoff-of-other-meaning', 'row 5', 'signoff-mismatch', S(fixed='approval', meaning='authorship'))
    no('signoff-of-other-prior', 'row 5', 'signoff-mismatch', S(), S(B, meaning='verification', td=put(
        'prior', b64u(draw('other', 32)))), act='prescription_new')
    no('replayed-for-another-patient', 'N34', 'signoff-mismatch', change=lambda r: r['requests'][0].update(
        patient_ref=b64u(draw('another patient', 32))))
    no('replayed-for-another-request', 'N34', 'signoff-mismatch', change=lambda r: (r['requests'][0].update(
        request_id=b64u(draw('r2'))), r.update(request_id=b64u(draw('r2')))) and None)
