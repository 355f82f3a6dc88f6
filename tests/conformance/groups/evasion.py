"""What would pass if a gate trusted one word too many: documents that hide what they are, and words nobody vouched for."""
from groups.common import *
from groups.evidence import small
from profile import (COSIGNATURE, Log, Person, Signer, binding_commit, checkpoint_text, event_text, leaf_b, leaf_e, leaf_k, leaf_p,
                     note, note_hash, policy_id)


def documents(book):
    """A prescription is released as nothing else, however it is wrapped or declared."""
    rx = jtext({'resourceType': 'MedicationRequest', 'status': 'active'}).encode()
    double = b'{"id":"1","id":"1","resourceType":"MedicationRequest","status":"active"}'
    for name, media_type, document in (
            ('member-twice', 'application/json', double), ('declared-in-capitals', 'Application/fhir+json', double),
            ('behind-a-byte-order-mark', 'application/json', b'\xef\xbb\xbf' + rx),
            ('in-capitals-behind-a-mark', 'application/FHIR+json; charset=utf-8', b'\xef\xbb\xbf' + rx),
            ('in-an-array', 'application/json', b'[' + rx + b']'), ('in-an-array-of-text', 'text/plain', b'[' + rx + b']'),
            ('in-a-broken-array', 'text/plain', b'[' + rx), ('declared-with-a-tab', 'application/fhir+json\t;a', double),
            ('in-parameters', FHIR, jtext({'resourceType': 'Parameters', 'parameter': [
                {'name': 'x', 'resource': {'resourceType': 'MedicationRequest'}}]}).encode()),
            ('contained-in-a-plan', FHIR, jtext({'resourceType': 'CarePlan', 'contained': [
                {'resourceType': 'MedicationRequest'}]}).encode()),
            ('behind-300-names', 'application/json',
             b'{' + b','.join(b'"a%d":1' % i for i in range(300)) + b',"resourceType":"MedicationRequest"}'),
            ('behind-70-brackets', 'application/json', b'{"a":' + b'[' * 70 + b']' * 70 + b',"resourceType":"MedicationRequest"}'),
            ('in-xml', 'application/fhir+xml', b'<MedicationRequest xmlns="http://hl7.org/fhir"/>')):
        book.case('prescription-' + name, 'row 9', BASE, release(document=document, media_type=media_type), 'document-act')
    book.case('text-in-brackets', 'row 9', BASE, release(document=b'[sic] The chest is normal.', media_type='text/plain'))

    # a policy that covers the place says what a document may be, also if it has no rule for the act
    w = World('documents-of-another-policy')
    w.issuers('US')
    w.policy_key('US')
    w.open()
    pending, notes = [leaf_k(1, note_hash(w.root_note))], []
    for body in (policy('us', 'US', [rule('patient_message_clinical', 'online')]),
                 policy('us-ks', 'US-KS', [rule('prescription_new', 'online', ai='human_only')],
                        documents={'MedicationRequest': ['prescription_*']})):
        notes.append(w.note_policy(body, w.policy_signers['US']))
        w.policies[body['id']] = body
        pending.append(w.name_policy(body, notes[-1]))
    w.pending = pending
    a = w.person('a')
    a.claims['jurisdiction'] = ['US']
    w.bind(a)
    w.steps.append({'event': w.log.event(w.pending, EVIDENCE, EVIDENCE)})
    w.steps += [{'policy': text} for text in notes] + [{'fresh': w.log.fresh_note(NONCE, EVIDENCE, EVIDENCE)}]
    book.case('documents-of-a-policy-without-rule', 'PROTOCOL 8', w, release(
        S(a, authorship='ai_draft'), world=w, act='patient_message_clinical', setting='online', draft=rx, document=rx,
        media_type=FHIR), 'document-act')


def freshness(book):
    """An ending acts on the log's signature alone; what grants needs a freshness key's word."""
    w = small('uncosigned-events')
    bindings = sum(leaf[:1] == b'B' for leaf in w.log.leaves)
    ghost = Person('ghost', bindings, w.issuer)
    ghost.claims['jurisdiction'] = ['US']
    minted = [leaf_b(bindings, binding_commit(w.iss, ghost.sub, ghost.key.thumbprint))]
    book.case('binding-without-freshness', 'DESIGN 5', w, release(S(ghost), world=w), 'binding-unknown', steps=uncosigned(w, minted))
    book.case('binding-with-freshness', 'DESIGN 5', w, release(S(ghost), world=w), steps=later(w, minted)[0])
    ended = [leaf_e(w.people['a'].idx, 1, 2, NOW * 1000, NOW * 1000)]
    book.case('ending-without-freshness', 'DESIGN 5', w, release(S(w.people['a']), world=w), 'revoked', steps=uncosigned(w, ended))
    loose = policy('us-small', 'US', [rule('imaging_report', 'outpatient', age=10 ** 6)], version=2, effective_from=NOW - 10)
    whole = w.note_policy(loose, w.policy_signers['US'])
    named = [leaf_p(2, (NOW - 10) * 1000, policy_id('us-small'), note_hash(whole))]
    book.case('looser-policy-without-freshness', 'DESIGN 5', w, release(S(w.people['a']), world=w), 'policy-stale',
              steps=uncosigned(w, named) + [{'policy': whole}])

    marked = small('fresh-note-and-marks', fresh=False)
    marked.gate['marks'] = {'log_size': len(marked.log.leaves), 'log_root': b64u(marked.log.root()), 'evidence_time': NOW - 7,
                            'root_version': 1}
    marked.steps[0] = {'event': event_text(0, marked.log.leaves, marked.log.checkpoint())}
    book.case('fresh-older-than-the-mark', 'PROTOCOL 3', marked, steps=[
        {'fresh': marked.log.fresh_note(NONCE, NOW - 50, NOW - 50), 'expect': 'checkpoint-rolled-back'}])
    held = small('fresh-note-and-evidence', fresh=False)
    book.case('fresh-older-than-held', 'PROTOCOL 3', held, steps=[
        {'fresh': held.log.fresh_note(NONCE, NOW - 5000, NOW - 5000), 'expect': 'checkpoint-rolled-back'}])


def rotation(book):
    """What a new root does not back is asked for again."""
    w = small('rotation', offline=True, fresh=False)
    w.steps[0] = {'event': event_text(0, w.log.leaves, w.log.checkpoint(EVIDENCE))}

    def case(name, root, code='status-unknown', steps=()):
        book.case(name, 'LOG 3.3', w, release(S(w.people['a']), world=w), code, steps=[{'root': root.note()}, *steps])
    case('rotation-of-nothing', w.root.copy(version=2), None)
    more = w.root.copy(version=2)
    more.lines['freshness'] = ['freshness 2']
    case('rotation-to-two-freshness-keys', more)
    case('rotation-to-two-that-vouch', more, None, [{'checkpoint': w.log.checkpoint(EVIDENCE, EVIDENCE)}])
    ended = w.root.copy(version=2)
    ended.lines['fresh'] = ['fresh %s %d %d' % (key.vkey, NOW - 10 * DAY, NOW - 3600) for key in w.fresh]
    case('rotation-ends-the-freshness-keys', ended)
    replaced, log = w.root.copy(version=2), Signer(w.log_signer.name, Key('statuslog 2'))
    replaced.lines['statuslog'] = ['statuslog %s %s %d %d' % (log.name, log.vkey, *w.always)]
    case('rotation-replaces-the-log-key', replaced)

    forward = small('fast-forwarded', offline=True, fresh=False)
    forward.gate['marks'] = {'log_size': len(forward.log.leaves), 'log_root': b64u(forward.log.root()),
                             'evidence_time': NOW + 400 * DAY, 'root_version': 1}
    keys = [Signer('fresh-%d.registry.test' % i, Key('fresh anew %d' % i), COSIGNATURE) for i in (1, 2)]
    anew = forward.root.copy(version=2)
    anew.lines['fresh'] = ['fresh %s %d %d' % (key.vkey, NOW - 10 * DAY, NOW + 19 * DAY) for key in keys]
    text = checkpoint_text(forward.log.origin, len(forward.log.leaves), forward.log.root())
    event = event_text(0, forward.log.leaves, note(text, forward.log_signer.line(text), keys[0].line(text, EVIDENCE)))
    policies, forward.steps = [step for step in forward.steps if 'policy' in step], []
    book.case('mark-of-a-dropped-freshness-key', 'LOG 3.3', forward, release(S(forward.people['a']), world=forward),
              steps=[{'root': anew.note()}, {'event': event}] + policies)


def new_log(book):
    """A new status log begins with nothing known: neither the marks of the old one nor its two histories bind it."""
    def world(name):
        w = small(name, offline=True, fresh=False)
        signer_ = Signer('status2.registry.test', Key('statuslog 9'))
        root = w.root.copy(version=2)
        root.lines['statuslog'] = ['statuslog %s %s %d %d' % (signer_.name, signer_.vkey, *w.always)]
        event = Log(signer_, w.fresh).event(list(w.log.leaves), EVIDENCE, EVIDENCE)
        steps = [{'root': root.note()}, {'event': event}] + [step for step in w.steps if 'policy' in step]
        return w, steps, release(S(w.people['a'], claims=put('status', 'countersign', 'origin', signer_.name)), world=w)
    w, steps, asked = world('new-log')
    book.case('new-log', 'LOG 3.3', w, asked, steps=steps)
    fork = w.log.copy()
    fork.leaves[-1] = leaf_b(0, draw('another', 32))
    book.case('new-log-after-two-histories', 'LOG 3.3', w, asked, steps=[
        {'checkpoint': fork.checkpoint(NOW - 1), 'expect': 'equivocation'}] + steps)
    w, steps, asked = world('new-log-and-old-marks')
    w.gate['marks'] = {'log_size': 5000, 'log_root': b64u(sha(b'old')), 'evidence_time': NOW - 100, 'root_version': 1}
    w.steps = []
    book.case('new-log-and-marks-of-the-old', 'LOG 3.3', w, asked, steps=steps)


def signatures(book):
    """A known key's bad signature refuses the note, in whatever order the root names the keys."""
    for order in ('first', 'last'):
        w = small('policy-signers-bad-' + order, offline=True, fresh=False)
        bad = Signer('policy-x.registry.test', Key('policy X'))
        root, line = w.root.copy(version=2), 'policy US %s %d %d' % (bad.vkey, *w.always)
        root.lines['policy'] = [line] + w.root.lines['policy'] if order == 'first' else w.root.lines['policy'] + [line]
        whole = [step for step in w.steps if 'policy' in step][0]['policy']
        w.steps = [step for step in w.steps if 'policy' not in step]
        book.case('policy-bad-signature-of-the-key-named-' + order, 'LOG 2.2', w, steps=[
            {'root': root.note()}, {'policy': whole + bad.line('another text\n'), 'expect': 'note-signature-bad'}])


def cases(book):
    for group in (documents, freshness, rotation, new_log, signatures):
        group(book)
    book.case('place-of-care-a-country', 'TOKENS 5.3', BASE, release(jurisdiction='US'), 'request-mismatch')
    book.case('release-id-no-uuid', 'PROTOCOL 6', BASE, release(change=put('release_id', 'x')), 'argument')
