"""Row 4: the stored request and the release."""
from groups.common import *


def cases(book):
    def no(name, code, *args, about='row 4', **options):
        received = options.pop('received_at', None)
        book.case(name, about, BASE, release(*args, **options), code, received_at=received)

    no('request-absent', 'no-request', change=put('requests', []))
    no('request-of-second-slot-absent', 'no-request', S(), S(B, meaning='verification'), act='prescription_new',
       change=lambda r: r['requests'].pop() and None)

    # the release differs from what the request fixed and the signer signed
    for name, member, value in (
            ('act', 'act', 'diagnosis'), ('setting', 'setting', 'emergency'), ('jurisdiction', 'jurisdiction', 'US-CA'),
            ('site', 'site', 'clinic-2'), ('request-id', 'request_id', b64u(draw('other request')))):
        more = {'act': 'imaging_report', 'setting': 'outpatient'}
        if name == 'setting':
            more = {'act': 'order_imaging', 'setting': 'inpatient'}
        if name == 'site':
            more = {'act': 'order_imaging', 'setting': 'emergency'}
        no('release-of-other-' + name, 'request-mismatch', change=put(member, value), **more)
    for member, value in (('id', 'reporter-2'), ('model', 'reporter-small'), ('version', '4.3')):
        no('release-of-other-tool-' + member, 'request-mismatch', change=put('tool', member, value))
    no('release-for-other-audience', 'request-mismatch', change=put('audience', 'deployment-2'))
    no('release-and-request-for-other-deployment', 'request-mismatch', S(kb=put('aud', 'deployment-1')),
       audience='deployment-2')
    no('request-for-other-deployment', 'request-mismatch', S(request=put('audience', 'deployment-2'),
                                                             kb=put('aud', 'deployment-1')))
    no('request-of-slot-2-in-slot-1', 'request-mismatch', S(request=lambda q: q.update(slot=2, prior=b64u(draw('x', 32)))))
    no('requests-in-wrong-order', 'request-mismatch', S(), S(B, meaning='verification'), act='prescription_new',
       change=lambda r: r['requests'].reverse())

    # requests outside their closed schema
    for name, hook in (
            ('unknown-member', put('priority', 1)), ('version-2', put('v', 2)), ('nonce-missing', drop('nonce')), ('nonce-empty', put('nonce', '')), ('document-digest', put('document', 'digest', b64u(sha(DOCUMENT)))),
            ('authorship-unknown', put('authorship', 'robot')), ('answer-to-missing', drop('answer_to')), ('patient-ref-31-bytes', put('patient_ref', b64u(draw('p', 31)))),
            ('facts-unknown-member', put('facts', {'weather': 'fine'}))):
        # the signer signs what was meant: only the stored request is faulty
        no('request-' + name, 'request-mismatch', change=lambda r, hook=hook: hook(r['requests'][0]))

    # received_at against expires_at, 60 s of skew
    for name, at, code in (('at', NOW, None), ('one-second-inside', NOW - 1, None), ('one-second-outside', NOW + 1, 'x')):
        rel = release(expires_at=NOW - 60 - (1 if code else 0) + (1 if name == 'one-second-inside' else 0))
        book.case('request-expiry-' + name, 'PROTOCOL 4', BASE, rel, 'request-expired' if code else None)
    no('request-expired-long-ago', 'request-expired', expires_at=NOW - 500)
    book.case('received-before-request-expired', 'PROTOCOL 4', BASE, release(expires_at=NOW - 100), received_at=NOW - 40)

    # the release itself, which csign_release_read() refuses
    def bad(name, **options):
        book.case(name, 'PROTOCOL 9', BASE, release(**options), 'argument')
    bad('release-not-json', text=lambda t: t[:-1])
    bad('release-trailing-bytes', text=lambda t: t + '{}')
    bad('release-member-twice', text=swap('"act":"imaging_report"', '"act":"imaging_report","act":"imaging_report"'))
    bad('release-member-twice-escaped', text=swap('"act":"imaging_report"', '"act":"imaging_report","\\u0061ct":"imaging_report"'))
    bad('release-unknown-member', change=put('approved', True))
    for member in ('release_id', 'act', 'tool', 'audience', 'request_id', 'sign_offs'):
        bad('release-without-' + member.replace('_', '-'), change=drop(member))
    bad('release-null-member', change=put('document_file', None))
    bad('release-document-padded', text=swap('"document":"' + b64u(DOCUMENT), '"document":"' + b64u(DOCUMENT) + '='))
