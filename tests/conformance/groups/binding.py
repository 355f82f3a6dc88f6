"""Row 8: the status log."""
from groups.common import *


def cases(book):
    def no(name, about, code, *args, steps=None, **options):
        book.case(name, about, BASE, release(*args, **options), code, steps=steps)

    def ok(name, about, *args, steps=None, **options):
        book.case(name, about, BASE, release(*args, **options), steps=steps)

    no('status-log-of-another', 'row 8', 'status-log-unknown', S(claims=put('status', 'countersign', 'origin', 'status.other.test')))
    no('status-log-is-the-release-log', 'row 8', 'status-log-unknown', S(claims=put('status', 'countersign', 'origin',
                                                                                   'release.registry.test')))
    no('status-log-prefix', 'row 8', 'status-log-unknown', S(claims=put('status', 'countersign', 'origin', 'status.registry.tes')))
    no('index-below-the-floor', 'row 8', 'retired', S(PEOPLE['retired']))
    size = len(PEOPLE)
    no('index-of-the-next-binding', 'row 8', 'binding-unknown', S(idx=size))
    no('index-far-above', 'row 8', 'binding-unknown', S(idx=2 ** 24 + 1))
    no('index-of-another-person', 'row 8', 'binding-mismatch', S(idx=D.idx))
    no('subject-of-another-person', 'row 8', 'binding-mismatch', S(claims=put('sub', D.sub)))
    thief = Key('holder thief')
    no('key-of-a-thief', 'row 8', 'binding-mismatch', S(claims=put('cnf', 'jwk', 'x', thief.x), kb_key=thief))
    no('other-case-of-subject', 'row 8', 'binding-mismatch', S(claims=lambda c: c.update(sub=c['sub'].upper())))
    for name, code in (('revoked', 'revoked'), ('suspended', 'suspended'), ('superseded', 'superseded')):
        no('binding-' + name, 'row 8', code, S(PEOPLE[name]))
    no('signed-before-it-was-revoked', 'N34', 'revoked', steps=later(BASE, [leaf_e(A.idx, 1, 2, (NOW - 5) * 1000,
       (NOW - 5) * 1000)])[0])
    no('second-signer-revoked', 'row 8', 'revoked', S(), S(PEOPLE['revoked'], meaning='verification',
       claims=put('profession', 'pharmacist')), act='prescription_new')

    # endings at run time: one commit, one valid log signature, no cosignature needed
    t = (NOW - 3) * 1000

    def ends(*leaves):
        return later(BASE, leaves)[0]
    for code, name in ((1, 'revoked'), (2, 'suspended'), (3, 'superseded')):
        no(name + '-a-moment-ago', 'row 8', name, steps=ends(leaf_e(A.idx, code, 2, t, t)))
    no('suspended-then-revoked', 'PROTOCOL 3', 'revoked', S(PEOPLE['suspended']), steps=ends(
        leaf_e(PEOPLE['suspended'].idx, 1, 2, t, t)))
    no('revoked-then-suspended', 'PROTOCOL 3', 'suspended', S(PEOPLE['revoked']), steps=ends(
        leaf_e(PEOPLE['revoked'].idx, 2, 2, t, t)))
    no('rescinded', 'DOMAIN 8.12', 'revoked', steps=ends(leaf_e(A.idx, 1, 6, t - 10 ** 9, t)))
    no('revoked-three-days-ago', 'DOMAIN 8.11', 'revoked', steps=ends(leaf_e(A.idx, 1, 2, t - 3 * DAY * 1000, t)))
    no('reinstated-under-the-old-index', 'PROTOCOL 3', 'suspended', S(PEOPLE['suspended']), steps=ends(leaf_b(
        size, binding_commit(BASE.iss, PEOPLE['suspended'].sub, PEOPLE['suspended'].key.thumbprint))))
    ok('reinstated-under-a-new-index', 'PROTOCOL 3', S(PEOPLE['suspended'], idx=size), steps=ends(leaf_b(
        size, binding_commit(BASE.iss, PEOPLE['suspended'].sub, PEOPLE['suspended'].key.thumbprint))))
    no('last-index-ended', 'row 8', 'revoked', S(PEOPLE['suspended'], idx=size), steps=ends(leaf_b(
        size, binding_commit(BASE.iss, PEOPLE['suspended'].sub, PEOPLE['suspended'].key.thumbprint)), leaf_e(size, 1, 1, t, t)))
    ok('another-persons-ending', 'row 8', steps=ends(leaf_e(D.idx, 1, 2, t, t)))
    ok('ended-next-to-it', 'row 8', steps=ends(leaf_e(A.idx + 1, 1, 2, t, t), leaf_e(A.idx - 1, 1, 2, t, t)))
    no('floor-raised-above', 'row 8', 'retired', steps=ends(leaf_f(A.idx + 1, t)))
    ok('floor-raised-to', 'row 8', steps=ends(leaf_f(A.idx, t)))
    no('floor-hides-the-ending', 'row 8', 'retired', S(PEOPLE['revoked']), steps=ends(leaf_f(PEOPLE['revoked'].idx + 1, t)))
    no('retired-before-binding-mismatch', 'row 8', 'retired', S(idx=0))

    # cuts
    no('cut-of-the-institution', 'row 8', 'cut-institution', S(claims=put('site', 'id', 'clinic-cut')), site='clinic-cut')
    ok('cut-of-the-institution-at-iat', 'PROTOCOL 3', S(claims=put('site', 'id', 'clinic-edge')), site='clinic-edge')
    ok('cut-of-the-institution-before-iat', 'PROTOCOL 3', S(cred_iat=NOW - 3599, claims=put('site', 'id', 'clinic-cut')),
       site='clinic-cut')
    ok('cut-compares-the-credentials-site', 'PROTOCOL 3', act='order_imaging', setting='emergency', site='clinic-cut')
    no('cut-of-the-credentials-site', 'PROTOCOL 3', 'cut-institution', S(claims=put('site', 'id', 'clinic-cut')),
       act='order_imaging', setting='emergency')
    tool = dict(TOOL)
    no('cut-of-the-tool', 'row 8', 'cut-tool', tool=dict(tool, id='tool-cut'))
    ok('cut-of-the-tool-at-iat', 'PROTOCOL 3', tool=dict(tool, id='tool-edge'))
    ok('cut-of-the-tool-before-iat', 'PROTOCOL 3', S(iat=NOW - 26), tool=dict(tool, id='tool-cut'))
    no('cut-of-the-tool-for-good', 'PROTOCOL 3', 'cut-tool', S(iat=NOW), tool=dict(tool, id='tool-ended'))
    no('cut-of-the-model', 'row 8', 'cut-model', tool=dict(tool, model='model-cut'))
    ok('cut-of-the-model-at-iat', 'PROTOCOL 3', tool=dict(tool, model='model-edge'))
    ok('cut-of-the-model-of-another-tool', 'PROTOCOL 3', tool=dict(tool, id='other-tool', model='model-cut'))
    ok('tool-called-as-the-institution', 'PROTOCOL 3', tool=dict(tool, id='clinic-cut'))
    ok('institution-called-as-the-tool', 'PROTOCOL 3', S(claims=put('site', 'id', 'tool-cut')), site='tool-cut')
    issuer = dict(issuer=BASE.cut_issuer)
    no('cut-of-the-issuer', 'row 8', 'cut-issuer', S(**issuer))
    ok('cut-of-the-issuer-at-iat', 'PROTOCOL 3', S(cred_iat=NOW - 1800, **issuer))
    no('cut-of-the-issuer-one-second-before', 'PROTOCOL 3', 'cut-issuer', S(cred_iat=NOW - 1801, **issuer))
    ok('cut-of-all-at-iat', 'PROTOCOL 3', S(cred_iat=NOW - 72000, cred_exp=NOW + 3600))
    no('cut-of-all-one-second-before', 'row 8', 'cut-all', S(cred_iat=NOW - 72001, cred_exp=NOW + 3600))
    no('cut-raised', 'PROTOCOL 3', 'cut-tool', S(iat=NOW - 26), tool=dict(tool, id='tool-cut'), steps=ends(
        leaf_x(2, 9, t, cut_id(2, 'tool-cut'))))
    no('cut-of-all-now', 'row 8', 'cut-all', steps=ends(leaf_x(5, 10, t, bytes(16))))
    no('cut-in-slot-2', 'row 8', 'cut-institution', S(), S(B, meaning='verification', claims=put('site', 'id', 'clinic-cut')),
       act='prescription_new')
