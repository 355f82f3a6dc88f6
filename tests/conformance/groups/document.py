"""Rows 9, 10 and 11: the bytes, what the signer did with them, and who wrote them."""
from groups.common import *

AIAST = {'system': 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', 'code': 'AIAST'}
AI_ROLE = {'coding': [{'system': 'http://hl7.org/fhir/uv/aitransparency/CodeSystem/AIdeviceTypeCS',
                       'code': 'Artificial-Intelligence'}]}
AI_PROVENANCE = {'resourceType': 'Provenance', 'target': [{'reference': '#'}], 'agent': [
    {'role': [AI_ROLE], 'who': {'reference': 'Device/TheAI'}}]}
HUMAN_PROVENANCE = {'resourceType': 'Provenance', 'target': [{'reference': '#'}], 'agent': [
    {'type': {'coding': [{'code': 'author'}]}, 'who': {'reference': 'Practitioner/1'}}]}


def fhir(kind='DiagnosticReport', **more):
    return jtext(dict({'resourceType': kind, 'status': 'final'}, **more)).encode()


def bundle(*resources):
    return jtext({'resourceType': 'Bundle', 'type': 'collection', 'entry': [
        {'resource': json.loads(r) if isinstance(r, bytes) else r} for r in resources]}).encode()


def cases(book):
    def no(name, about, code, *args, **options):
        book.case(name, about, BASE, release(*args, **options), code)

    def ok(name, about, *args, **options):
        book.case(name, about, BASE, release(*args, **options))

    # row 9
    for name, sent in (('one-byte', DOCUMENT.replace(b'N', b'n', 1)), ('one-bit-at-the-end', DOCUMENT[:-1] + b'\x0b'),
                       ('byte-more', DOCUMENT + b'\n'), ('byte-less', DOCUMENT[:-1]), ('line-ends', DOCUMENT.replace(b'\n', b'\r\n')),
                       ('another', b'x')):
        no('document-changed-' + name, 'DOMAIN 8.19' if name == 'one-byte' else 'row 9', 'document-changed', sent=sent)
    no('digest-of-another-document', 'N33', 'document-changed', S(td=put('document', 'digest', b64u(sha(b'another')))))
    no('draft-released-for-the-document', 'row 9', 'document-changed', S(authorship='ai_draft', disposition='modified'),
       draft=DRAFT, sent=DRAFT)
    no('document-reserialised', 'row 9', 'document-changed', document=fhir(), media_type=FHIR,
       sent=json.dumps(json.loads(fhir())).encode())
    no('size-one-more', 'row 9', 'document-size', S(td=put('document', 'size', len(DOCUMENT) + 1)))
    no('second-signers-size', 'row 9', 'document-size', S(), S(B, meaning='verification', td=put('document', 'size', 7)),
       act='prescription_new')
    rx = fhir('MedicationRequest')
    ok('prescription-as-prescription', 'row 9', S(), S(B, meaning='verification'), act='prescription_new', document=rx,
       media_type=FHIR)
    no('prescription-as-report', 'row 9', 'document-act', document=rx, media_type=FHIR)
    no('prescription-contained', 'row 9', 'document-act', document=fhir(contained=[json.loads(rx)]), media_type=FHIR)
    no('prescription-in-a-bundle', 'row 9', 'document-act', document=bundle(fhir(), rx), media_type=FHIR)
    no('prescription-sniffed-in-json', 'row 9', 'document-act', document=rx, media_type='application/json')
    no('prescription-behind-other-members', 'row 9', 'document-act', media_type=FHIR, document=(
        b'{"id":"1","meta":{"resourceType":"DiagnosticReport"},"resourceType":"MedicationRequest"}'))
    for name, wrapper in (('under-a-member', '{"kind":"x","data":%s}'), ('in-a-card', '{"cards":[{"suggestions":[{"actions":[{"resource":%s}]}]}]}'),
                          ('in-two-arrays', '[[%s]]')):
        for kind in ('application/json', 'text/plain'):
            no('prescription-%s-of-%s' % (name, kind.split('/')[1]), 'row 9', 'document-act', media_type=kind,
               document=(wrapper % rx.decode()).encode())
    ok('report-under-a-member', 'row 9', media_type='application/json', document=b'{"data":%s}' % fhir())
    for name, before in (('two-byte-order-marks', '\ufeff\ufeff'), ('a-no-break-space', '\u00a0'), ('a-form-feed', '\f'),
                         ('a-zero-width-space', '\u200b'), ('a-soft-hyphen', '\u00ad')):
        no('prescription-in-text-behind-' + name, 'row 9', 'document-act', document=before.encode() + rx, media_type='text/plain')
        ok('prose-behind-' + name, 'row 9', document=before.encode() + DOCUMENT)
    no('prescription-in-an-array-behind-a-form-feed', 'row 9', 'document-act', media_type='text/plain',
       document=b'\f[' + rx.replace(b'resourceType', b'resource\\u0054ype') + b']')
    for name in ('utf-16-le', 'utf-16-be'):
        mark = '\ufeff'.encode(name)
        no('prescription-in-text-in-' + name, 'row 9', 'document-act', document=mark + rx.decode().encode(name), media_type='text/plain')
        no('prescription-in-no-text-in-' + name, 'row 9', 'document-act', document=mark + rx.decode().encode(name),
           media_type='application/octet-stream')
        no('prose-in-' + name, 'row 9', 'document-act', document=mark + DOCUMENT.decode().encode(name), media_type='text/plain; charset=utf-16')
    ok('prose-in-a-bracket', 'row 9', document=b'[1] No consolidation.\n')
    for name, kind in (('in-an-array', ['MedicationRequest']), ('with-a-space-behind', 'MedicationRequest '), ('in-lower-case', 'medicationrequest'),
                       ('that-is-null', None), ('that-is-empty', ''), ('with-a-zero-width-space', 'MedicationRequest\u200b')):
        no('contained-type-' + name, 'row 9', 'document-act', document=fhir(contained=[{'resourceType': kind}]), media_type=FHIR)
    for name, kind in (('in-capitals', 'MEDICATIONREQUEST'), ('with-one-capital', 'Medicationrequest'), ('oddly', 'MedicationrequesT')):
        no('prescription-as-report-spelled-' + name, 'row 9', 'document-act', document=fhir(kind), media_type=FHIR)
        no('contained-type-spelled-' + name, 'row 9', 'document-act', document=fhir(contained=[{'resourceType': kind}]), media_type=FHIR)
        ok('prescription-as-prescription-spelled-' + name, 'row 9', S(), S(B, meaning='verification'), act='prescription_new',
           document=fhir(kind), media_type=FHIR)
    no('both-spellings', 'row 9', 'document-act', media_type=FHIR, document=fhir('Observation', contained=[
        {'resourceType': 'OBSERVATION'}, {'resourceType': 'MEDICATIONREQUEST'}]))
    plan = lambda kind: fhir('Observation', activity=[{'detail': {'kind': kind, 'status': 'scheduled'}}])
    for name, kind in (('prescription', 'MedicationRequest'), ('in-capitals', 'MEDICATIONREQUEST'), ('in-small-letters', 'medicationrequest')):
        no('activity-of-kind-' + name, 'row 9', 'document-act', document=plan(kind), media_type=FHIR)
        no('activity-of-kind-%s-in-json' % name, 'row 9', 'document-act', document=plan(kind), media_type='application/json')
        ok('activity-of-kind-%s-as-prescription' % name, 'row 9', S(), S(B, meaning='verification'), act='prescription_new',
           document=plan(kind), media_type=FHIR)
    no('definition-of-a-prescription', 'row 9', 'document-act', media_type=FHIR, document=(
        b'{"resourceType":"ActivityDefinition","kind":"MedicationRequest"}'))
    no('definition-of-a-prescription-contained', 'row 9', 'document-act', media_type=FHIR, document=fhir(contained=[
        {'resourceType': 'ActivityDefinition', 'kind': 'MedicationRequest'}]))
    for name, kind in (('of-a-type-that-no-policy-names', 'Appointment'), ('that-is-a-phrase', 'MedicationRequest or other'),
                       ('that-is-empty', ''), ('that-is-a-number', 7), ('that-is-an-object', {'coding': [{'display': 'MedicationRequest'}]})):
        ok('activity-of-a-kind-' + name, 'row 9', document=plan(kind), media_type=FHIR)
    ok('prescription-merely-referred-to', 'row 9', media_type=FHIR, document=fhir(basedOn=[
        {'reference': 'MedicationRequest/1', 'type': 'MedicationRequest'}]))
    ok('type-that-no-policy-names', 'row 9', document=fhir('Observation'), media_type=FHIR)
    no('fhir-unreadable', 'row 9', 'document-act', document=b'{"resourceType":"DiagnosticReport"', media_type=FHIR)
    no('fhir-with-a-member-twice', 'row 9', 'document-act', media_type=FHIR, document=(
        b'{"resourceType":"DiagnosticReport","resourceType":"MedicationRequest"}'))
    no('fhir-that-is-text', 'row 9', 'document-act', document=DOCUMENT, media_type=FHIR)
    no('fhir-without-type', 'row 9', 'document-act', document=b'{"status":"final"}', media_type=FHIR)

    # row 10
    no('rejected', 'row 10', 'rejected', S(disposition='rejected'))
    no('rejected-by-the-second', 'row 10', 'rejected', S(), S(B, meaning='verification', disposition='rejected'),
       act='prescription_new')
    ai = dict(authorship='ai_draft')
    for disposition in ('modified', 'overridden'):
        no(disposition + '-without-draft', 'row 10', 'disposition-contradiction', S(disposition=disposition))
        no(disposition + '-but-equal', 'row 10', 'disposition-contradiction', S(disposition=disposition, **ai), draft=DOCUMENT)
        no(disposition + '-by-the-second', 'row 10', 'disposition-contradiction', S(disposition='modified', **ai), S(
            B, meaning='verification', disposition=disposition, **ai), draft=DRAFT, act='prescription_new')
    no('accepted-but-differs', 'row 10', 'disposition-contradiction', S(**ai), draft=DRAFT)
    ok('second-accepts-what-was-modified', 'row 10', S(disposition='modified', **ai), S(B, meaning='verification', **ai),
       draft=DRAFT, act='prescription_new')

    # row 11: the matrix
    assist = dict(authorship='human_with_ai_assist', disposition='modified')
    online, inpatient = dict(setting='online'), dict(setting='inpatient')
    no('draft-under-human-only', 'row 11', 'ai-authored', S(disposition='modified', **ai), draft=DRAFT, **online)
    no('assist-under-human-only', 'row 11', 'ai-assisted', S(**assist), draft=DRAFT, **online)
    no('draft-under-assist-only', 'row 11', 'ai-authored', S(disposition='modified', **ai), draft=DRAFT, **inpatient)
    no('unedited-draft-under-assist-only', 'row 11', 'ai-authored', S(**ai), draft=DOCUMENT, **inpatient)
    no('unedited-draft-declared-assist-under-assist-only', 'row 11', 'ai-authored', S(authorship='human_with_ai_assist'),
       draft=DOCUMENT, **inpatient)
    no('draft-by-prefix-rule', 'row 11', 'ai-authored', S(disposition='modified', **ai), draft=DRAFT,
       act='prescription_antimicrobial', **online)
    no('assist-where-literal-setting-is-stricter', 'row 11', 'ai-assisted', S(**assist), draft=DRAFT,
       act='triage_disposition', **online)
    no('draft-where-one-of-two-policies-forbids', 'row 11', 'ai-authored', S(disposition='modified', **ai), draft=DRAFT,
       jurisdiction='GB-ENG')
    ok('draft-where-the-one-policy-allows', 'row 11', S(disposition='modified', **ai), draft=DRAFT, jurisdiction='GB-SCT')
    # and contradictions
    no('human-with-draft', 'row 11', 'authorship-contradiction', S(disposition='modified'), draft=DRAFT)
    no('ai-draft-without-draft', 'row 11', 'authorship-contradiction', S(**ai))
    no('assist-without-draft', 'row 11', 'authorship-contradiction', S(authorship='human_with_ai_assist'))
    no('unedited-draft-declared-assist', 'row 11', 'authorship-contradiction', S(authorship='human_with_ai_assist'), draft=DOCUMENT)
    no('less-ai-than-the-request-says', 'row 11', 'authorship-contradiction', S(declared='ai_draft', **assist), draft=DRAFT)
    no('human-where-the-request-says-assist', 'row 11', 'authorship-contradiction', S(declared='human_with_ai_assist'))
    no('second-signer-says-human', 'row 11', 'authorship-contradiction', S(disposition='modified', **ai), S(
        B, meaning='verification', authorship='human'), draft=DRAFT, act='prescription_new')
    labelled = dict(media_type=FHIR, document=fhir(meta={'security': [AIAST]}))
    no('human-with-ai-label', 'row 11', 'authorship-contradiction', **labelled)
    no('human-with-ai-label-in-a-bundle', 'row 11', 'authorship-contradiction', media_type=FHIR, document=bundle(
        fhir(meta={'security': [AIAST]})))
    no('human-with-ai-provenance-contained', 'row 11', 'authorship-contradiction', media_type=FHIR, document=fhir(
        contained=[AI_PROVENANCE]))
    no('human-with-ai-provenance-bundled', 'row 11', 'authorship-contradiction', media_type=FHIR, document=bundle(
        fhir(), AI_PROVENANCE))
    ok('human-with-human-provenance', 'row 11', media_type=FHIR, document=bundle(fhir(), HUMAN_PROVENANCE))
    ok('ai-draft-with-ai-label', 'row 11', S(**ai), draft=labelled['document'], **labelled)
    # provenance
    care = dict(setting='emergency', media_type=FHIR)
    both = bundle(fhir(), AI_PROVENANCE)
    no('provenance-absent', 'row 11', 'provenance-missing', S(**ai), document=fhir(), draft=fhir(), **care)
    no('provenance-impossible-in-text', 'row 11', 'provenance-missing', S(**ai), draft=DOCUMENT, setting='emergency')
    def lacks(name, document, **options):
        no('provenance-' + name, 'row 11', 'provenance-missing', S(**ai), document=document, draft=document, **dict(care, **options))
    lacks('without-agent', fhir(contained=[{'resourceType': 'Provenance'}]))
    lacks('of-people-only', fhir(contained=[HUMAN_PROVENANCE]))
    lacks('of-people-beside-an-ai-device', fhir(contained=[HUMAN_PROVENANCE, {'resourceType': 'Device', 'type': AI_ROLE}]))
    lacks('ai-outside-its-agents', fhir(contained=[dict(HUMAN_PROVENANCE, activity=AI_ROLE)]))
    lacks('agent-of-something-else', fhir(contained=[dict(AI_PROVENANCE, resourceType='AuditEvent')]))
    lacks('under-a-member-that-fhir-has-not', fhir(x=AI_PROVENANCE))
    lacks('in-json-that-is-no-fhir', jtext({'contained': [AI_PROVENANCE]}).encode(), media_type='application/json')
    ok('provenance-with-its-type-last', 'row 11', S(**ai), **dict(care, **(lambda d: dict(document=d, draft=d))(
        b'{"contained":[{"agent":[%s],"resourceType":"Provenance"}],"resourceType":"DiagnosticReport"}' % jtext(
            AI_PROVENANCE['agent'][0]).encode())))
    ok('provenance-bundled', 'row 11', S(**ai), document=both, draft=both, **care)
    ok('provenance-contained', 'row 11', S(**ai), document=fhir(contained=[AI_PROVENANCE]), draft=fhir(
        contained=[AI_PROVENANCE]), **care)
    ok('provenance-not-needed-for-human', 'row 11', document=fhir(), **care)
