"""What may be released. Each refusal elsewhere is one of these with one fault."""
from groups.common import *


def cases(book):
    def ok(name, about, *args, world=BASE, **options):
        book.case(name, about, world, release(*args, world=world, **options))

    ok('human-report', 'row 14')
    ok('report-without-disclosures', 'TOKENS 4.3', S(disclose=()))
    ok('credential-without-sd', 'TOKENS 4.1', S(disclosures=lambda d: {}, disclose=()))
    ok('two-of-two-disclosed', 'TOKENS 4.3', S(disclose=BOTH))
    ok('disclosures-in-other-order', 'TOKENS 4.3', S(disclose=('licence_number', 'name')))
    ok('decoy-digests', 'TOKENS 4.2', S(sd=lambda d: sorted(d + [b64u(draw('decoy %d' % i, 32)) for i in range(5)])))
    ok('no-sd-alg', 'N26', S(claims=drop('_sd_alg')))
    ok('disclosure-with-white-space', 'TOKENS 4.2', S(disclosures=lambda d: dict(d, name=b64u(
        b'[ "%s" ,\n "name", "Dr A. Example" ]' % b64u(draw('spaced')).encode()))))
    ok('disclosure-with-escapes', 'TOKENS 4.2', S(disclosures=lambda d: dict(d, name=b64u(
        b'["%s","n\\u0061me","Dr \\u00c4. Example"]' % b64u(draw('escaped')).encode()))))
    ok('identifiers-disclosed', 'row 12', S(disclosures=lambda d: dict(d, identifiers=disclosure(
        'ids', 'identifiers', [{'system': 'http://hl7.org/fhir/sid/us-npi', 'value': '1234567893'}])),
        disclose=('name', 'licence_number', 'identifiers')), act='certificate')
    ok('headers-in-other-order', 'TOKENS 4.1', S(head=lambda h: jtext({'typ': h['typ'], 'alg': h['alg'], 'kid': h['kid']}),
                                                 
                                                 kb_head=lambda h: '{"typ":"kb+jwt","alg":"Ed25519"}'))
    ok('alg-eddsa', 'N02', S(head=put('alg', 'EdDSA'), kb_head=put('alg', 'EdDSA')))
    ok('claims-in-other-order', 'TOKENS 4.1', S(claims=lambda c: dict(reversed(list(c.items())))))
    ok('unknown-claim-is-ignored', 'TOKENS 4.1', S(claims=put('jti', 'x')))
    ok('proto-claim-is-ordinary', 'N16', S(claims=put('__proto__', {'constructor': 1})))
    ok('aka-vcts-is-ignored', 'N19', S(claims=put('aka_vcts', ['https://other.test/vct/1'])))
    ok('json-with-white-space', 'TOKENS 3', S(claims_text=lambda t: json.dumps(json.loads(t), indent=1),
                                              kb_text=lambda t: ' ' + t + '\n', td_text=lambda t: t + ' '))
    ok('validated-at', 'TOKENS 4.1', S(claims=put('assurance', 'validated_at', NOW - 30 * DAY)))
    ok('encounter-ref', 'row 5', encounter_ref=b64u(draw('encounter', 32)))
    ok('document-of-one-byte', 'row 9', document=b'x')
    ok('document-of-binary', 'row 9', document=bytes(range(256)), media_type='application/pdf')
    ok('meaning-fixed', 'row 5', S(fixed='approval'))
    ok('fhir-report', 'row 9', document=b'{"resourceType":"DiagnosticReport","status":"final"}', media_type=FHIR)
    ok('fhir-bundle', 'row 9', media_type=FHIR, document=(
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"DiagnosticReport"}},'
        b'{"resource":{"resourceType":"Patient"}}]}'))

    # dispositions and authorship, PROTOCOL 4
    ai = dict(authorship='ai_draft')
    ok('ai-draft-accepted-unedited', 'row 10', S(**ai), draft=DOCUMENT)
    ok('ai-draft-modified', 'row 10', S(disposition='modified', **ai), draft=DRAFT)
    ok('ai-draft-overridden', 'row 10', S(disposition='overridden', **ai), draft=DRAFT)
    for act_setting, name in (('outpatient', 'draft-with-approval'), ('inpatient', 'assist-only')):
        for disposition in ('modified', 'overridden'):
            ok('ai-assist-%s-under-%s' % (disposition, name), 'row 11',
               S(authorship='human_with_ai_assist', disposition=disposition), draft=DRAFT, setting=act_setting)
        ok('human-under-' + name, 'row 11', setting=act_setting)
    ok('human-under-human-only', 'row 11', setting='online')
    ok('more-ai-declared-than-requested', 'row 11', S(authorship='ai_draft', declared='human', disposition='modified'),
       draft=DRAFT)

    # batches
    for count, setting in ((2, 'inpatient'), (3, 'inpatient'), (16, 'payer')):
        ok('batch-of-%d' % count, 'row 14', S(entries=count), act='patient_message_clinical', setting=setting)
    ok('batch-last-entry-released', 'row 14', S(entries=3, entry=2, strings=lambda s: s,
       more_entries=lambda s: s[1:] + s[:1]), act='patient_message_clinical', setting='inpatient')
    ok('batch-of-own-dispositions', 'row 14', S(entries=2, entry_td=put('disposition', 'rejected')),
       act='patient_message_clinical', setting='inpatient')

    # signers
    two = dict(act='prescription_new')
    ok('two-signers', 'row 13', S(), S(B, meaning='verification', iat=NOW - 20), **two)
    ok('two-signers-in-one-second', 'row 13', S(), S(B, meaning='verification'), **two)
    ok('four-signers', 'row 13', S(), S(B, meaning='approval', iat=NOW - 20), S(C, iat=NOW - 15), S(D, iat=NOW - 10),
       act='pathology_report')
    ok('supervisor-not-needed', 'row 13', act='diagnosis', setting='inpatient')
    for level in ('supervised', 'provisional'):
        ok(level + '-with-supervisor', 'row 13', S(C, claims=put('level', level)), S(meaning='responsibility'),
           act='diagnosis', setting='inpatient')
    ok('two-policies-intersect', 'row 2', S(), S(B, meaning='verification'), act='prescription_new',
       jurisdiction='GB-ENG')
    ok('policy-without-the-rule-is-ignored', 'row 2', act='referral', jurisdiction='GB-ENG')
    ok('policy-of-the-country', 'row 2', jurisdiction='GB-SCT')
    ok('policy-ends-in-one-second', 'row 2', jurisdiction='DE-BE')

    # which rule holds, PROTOCOL 8
    ok('literal-act-before-prefix', 'row 2', S(authorship='human_with_ai_assist', disposition='modified'), draft=DRAFT,
       act='prescription_renewal', setting='online')
    ok('longest-prefix', 'row 2', S(authorship='ai_draft'), draft=DOCUMENT, act='prescription_tcm', setting='online')
    ok('literal-setting-before-star', 'row 2', act='triage_disposition', setting='online')
    ok('star-setting', 'row 2', S(authorship='ai_draft'), draft=DOCUMENT, act='triage_disposition', setting='payer')
    ok('star-act', 'row 2', act='payer_adverse_determination', setting='payer')
