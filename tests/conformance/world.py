"""The worlds that the cases play in: registries with their roots, policies, practitioners and logs."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'vectors'))
from ed25519 import MixedKey  # noqa: E402
from profile import (COSIGNATURE, NOW, Key, Log, Person, Root, Signer, b64u, binding_commit, cut_id, draw,  # noqa: E402
                     leaf_b, leaf_e, leaf_f, leaf_k, leaf_p, leaf_x, note_hash, policy_id, policy_note, thumbprint)

DAY = 86400
EPOCH = NOW - 30 * DAY  # when the registry began
EVIDENCE = NOW - 7      # the time of the newest evidence
NONCE = b64u(draw('gate nonce'))


class World:
    """One registry and what its gate has loaded. `steps` is what the world's file says."""

    def __init__(self, name, test=True, domain='registry.test', offline=False, accept=None, keys=3, threshold=2,
                 expires=NOW + 300 * DAY, freshness=1, fresh_keys=2):
        self.name, self.test, self.offline = name, test, offline
        self.accept = accept or ('test' if test else 'production')
        self.iss, self.origin, self.deployment = 'https://' + domain, domain, 'deployment-1'
        self.root_keys = [Signer('root-%d.%s' % (i, domain), Key('root %d' % i)) for i in range(1, keys + 1)]
        self.issuer = Key('issuer 1')
        self.fresh = [Signer('fresh-%d.%s' % (i, domain), Key('fresh %d' % i), COSIGNATURE)
                      for i in range(1, fresh_keys + 1)]
        self.log_signer = Signer('status.' + domain, Key('statuslog 1'))
        self.release_signer = Signer('release.' + domain, Key('releaselog 1'))
        self.receipts_signer = Signer('receipts.' + domain, Key('receipts 1'))
        self.log = Log(self.log_signer, self.fresh)
        self.people, self.policies, self.policy_signers, self.steps = {}, {}, {}, []
        self.gate = None
        self.root = Root(domain, 'test' if test else 'production', 1, EPOCH, expires, threshold, self.root_keys)
        self.always = (EPOCH - DAY, NOW + 300 * DAY)
        self.root.add('statuslog', self.log.origin, self.log_signer.vkey, *self.always)
        self.root.add('releaselog', self.release_signer.name, self.release_signer.vkey, *self.always)
        for key in self.fresh:
            self.root.add('fresh', key.vkey, NOW - 10 * DAY, NOW + 19 * DAY)
        self.root.add('freshness', freshness)
        self.root.add('receipts', self.receipts_signer.vkey, *self.always)
        self.root.add('statuslist', Key('statuslist 1').x, *self.always)
        for country in ('US', 'CN'):
            for i in (1, 2):
                body = 'authority.' + country.lower()
                self.root.add('admin', body, country, Signer('%s/officer-%d' % (body, i),
                                                             Key('officer %s %d' % (country, i))).vkey)

    def issuers(self, *countries, iss=None, key=None, nbf=None, exp=None):
        for country in countries:
            self.root.add('issuer', iss or self.iss, country, (key or self.issuer).x,
                          self.always[0] if nbf is None else nbf, self.always[1] if exp is None else exp)

    def policy_key(self, country, label=None, nbf=None, exp=None):
        signer = Signer('policy-%s.%s' % (country.lower(), self.origin), Key(label or 'policy ' + country))
        self.policy_signers[country] = signer
        self.root.add('policy', country, signer.vkey, self.always[0] if nbf is None else nbf,
                      self.always[1] if exp is None else exp)

    def person(self, name, **options):
        issuer = options.pop('issuer', self.issuer)
        person = Person(name, None, issuer, options.pop('key', None), **options)
        self.people[name] = person
        return person

    def bind(self, person):
        """The B leaf of a person's next index."""
        person.idx = sum(1 for leaf in self.log.leaves + self.pending if leaf[:1] == b'B')
        self.pending.append(leaf_b(person.idx, binding_commit(self.iss, person.sub, person.key.thumbprint)))

    def note_policy(self, body, signer):
        return policy_note(self.origin, body, signer)

    def name_policy(self, body, whole, effective_ms=None):
        return leaf_p(body['version'], body['effective_from'] * 1000 if effective_ms is None else effective_ms,
                      policy_id(body['id']), note_hash(whole))

    def open(self, root_note=None, hashed=False, **gate):
        self.root_note = root_note or self.root.note(*self.root_keys[:self.root.threshold])
        self.gate = {'accept': self.accept, 'deployment': self.deployment}
        if hashed:
            self.gate['root_hash'] = b64u(note_hash(self.root_note))
        else:
            self.gate['root'] = self.root_note
        self.gate['offline'] = self.offline
        if not self.offline:
            self.gate['nonce'] = NONCE
        self.gate.update(gate)

    def object(self):
        return {'gate': self.gate, 'steps': self.steps}


def signer(*professions, meanings=('approval', 'authorship'), **more):
    out = {'professions': list(professions or ('physician',))}
    out.update(more)
    out['meanings'] = list(meanings)
    return {k: out[k] for k in ('professions', 'levels', 'specialties', 'privileges', 'schedule', 'antimicrobial',
                                'independent_years', 'jurisdiction', 'site', 'consent_employer', 'unrestricted',
                                'licence_date', 'assurance', 'meanings', 'only_if') if k in out}


def rule(act, setting, *signers, ai='draft_with_approval', age=60, keep=3600, **more):
    out = {'acts': act.split(), 'settings': setting.split(), 'ai_authorship': ai}
    if 'provenance' in more:
        out['provenance'] = more.pop('provenance')
    out['signers'] = list(signers) or [signer()]
    out['max_status_age_s'], out['signoff_to_release_s'] = age, keep
    for name in ('auth_max_age_s', 'factors', 'batch', 'visit', 'facts', 'consent', 'ai_notice', 'hard_deny',
                 'exceptions', 'emergency', 'identity', 'no_signoff_text', 'retention'):
        if name in more:
            out[name] = more.pop(name)
    if more:
        raise TypeError(str(more))
    return out


def policy(name, countries, rules, version=1, effective_from=EPOCH, utc_offset='+00:00', **more):
    out = {'id': name, 'version': version, 'authority': 'authority.' + countries.split()[0][:2].lower()}
    if 'title' in more:
        out['title'] = more['title']
    out['applies_to'], out['effective_from'] = countries.split(), effective_from
    if 'effective_to' in more:
        out['effective_to'] = more['effective_to']
    out['utc_offset'], out['sources'], out['rules'] = utc_offset, ['test'], rules
    if 'documents' in more:
        out['documents'] = more['documents']
    return out


RADIOLOGY = {'system': 'urn:nucc', 'code': '2085R0202X'}
PHARMACIST = signer('pharmacist', meanings=['verification'])


def deny(code, *conditions, unless=None):
    out = {'code': code, 'if': [{'fact': fact, 'op': op, 'value': value} for fact, op, value in conditions]}
    if unless:
        out['unless'] = unless
    return out


def us_policy():
    """Most cases lie under this one: a rule for each demand, told apart by act and setting."""
    anyone = ['physician', 'nurse', 'pharmacist', 'dentist']
    return policy('us-general', 'US', [
        rule('imaging_report', 'outpatient'),
        rule('imaging_report', 'inpatient', ai='assist_only'),
        rule('imaging_report', 'online', ai='human_only'),
        rule('imaging_report', 'emergency', provenance=True),
        rule('diagnosis', 'outpatient', signer(levels=['independent', 'supervised'])),
        rule('diagnosis', 'inpatient', signer(levels=['independent', 'supervised', 'provisional']),
             signer(meanings=['approval', 'responsibility'], only_if='supervised')),
        rule('order_lab', 'outpatient', signer(specialties=[{'system': 'http://snomed.info/sct', 'code': '394914008'},
                                                           RADIOLOGY])),
        rule('order_lab', 'inpatient', signer(privileges=['prescribe', 'imaging_report', 'antimicrobial_grade'])),
        rule('prescription_controlled', 'outpatient', signer(schedule=True)),
        rule('prescription_antimicrobial', 'outpatient', signer(antimicrobial=True)),
        rule('order_imaging', 'outpatient', signer(independent_years=3)),
        rule('order_imaging', 'inpatient', signer(jurisdiction=False)),
        rule('order_imaging', 'online', signer(site='primary')),
        rule('order_imaging', 'emergency', signer(site='any')),
        rule('referral', 'outpatient', signer(consent_employer=True)),
        rule('referral', 'inpatient', signer(unrestricted=True)),
        rule('referral', 'online', signer(licence_date=True)),
        rule('referral', 'emergency', signer(assurance='validated')),
        rule('certificate', 'outpatient', identity=['name', 'licence_number', 'identifiers']),
        rule('prescription_new', 'outpatient', signer(), PHARMACIST),
        rule('prescription_new', 'inpatient', signer(meanings=['approval']), signer(meanings=['approval'])),
        rule('pathology_report', 'outpatient', *[signer(*anyone)] * 4),
        rule('discharge_summary', 'outpatient', visit='revisit'),
        rule('discharge_summary', 'inpatient', facts=['patient_age', 'guardian_present']),
        rule('discharge_summary', 'online', consent=['online-care', 'recording']),
        rule('discharge_summary', 'emergency', ai_notice=['ai-used']),
        rule('patient_message_clinical', 'online', factors={'storage': ['os', 'hardware'],
                                                             'user_auth': ['pin', 'biometric'], 'attested': True}),
        rule('patient_message_clinical', 'outpatient', auth_max_age_s=300),
        rule('patient_message_clinical', 'inpatient', batch=3),
        rule('patient_message_clinical', 'payer', batch=16),
        rule('patient_message_clinical', 'emergency', age=7, keep=120),
        rule('treatment_plan', 'outpatient', hard_deny=[
            deny('age-rule', ('patient_age', 'lt', 6), unless={'guardian_present': True}),
            deny('off-label', ('off_label', 'eq', True)),
            deny('stop', ('stop', 'eq', True)),
            deny('hard-deny', ('schedule', 'in', ['II', 'IIN']), ('patient_age', 'ge', 65))]),
        rule('treatment_plan', 'inpatient', hard_deny=[deny('hard-deny', ('schedule', 'ne', 'V'))]),
        rule('triage_disposition', '*'),
        rule('triage_disposition', 'online', ai='human_only'),
        rule('prescription_*', 'online', ai='human_only'),
        rule('prescription_renewal', 'online', ai='assist_only'),
        rule('prescription_t*', 'online'),
        rule('*', 'payer', ai='assist_only'),
        rule('consult_opinion', 'outpatient', no_signoff_text='An unreviewed opinion may go out with a disclaimer.'),
    ], documents={'MedicationRequest': ['prescription_new', 'prescription_renewal'],
                  'DiagnosticReport': ['imaging_report', 'pathology_report']})


def cn_policy():
    facts = ['visit', 'prior_diagnosis', 'patient_age']
    return policy('cn-11-online', 'CN-11', [
        rule('prescription_new prescription_renewal', 'online',
             signer(independent_years=3, privileges=['prescribe'], consent_employer=True, antimicrobial=False),
             PHARMACIST, ai='human_only', age=30, visit='revisit', facts=facts, consent=['online-care'],
             hard_deny=[deny('age-rule', ('patient_age', 'lt', 6), unless={'guardian_present': True})]),
        rule('prescription_controlled', 'online', signer(privileges=['prescribe', 'narcotic']), PHARMACIST,
             ai='human_only', hard_deny=[deny('hard-deny', ('schedule', 'in', ['narcotic', 'psychotropic-1']))]),
        rule('diagnosis', 'online', signer(independent_years=3, consent_employer=True), ai='assist_only',
             visit='revisit', consent=['online-care'], ai_notice=['ai-label']),
    ], utc_offset='+08:00', title='\u5317\u4eac')


def bind_people(w):
    """The practitioners of the base world, in the order of their indexes."""
    for name in ('retired', 'a', 'b', 'c', 'revoked', 'suspended', 'superseded', 'd', 'e'):
        w.person(name)
    b = w.people['b']
    b.claims['profession'], b.disclosable = 'pharmacist', {'name': 'B. Example'}
    twin = w.person('twin')               # the person a, bound again with another key, as a pharmacist
    twin.sub = w.people['a'].sub
    twin.claims['profession'] = 'pharmacist'
    same = w.person('same-key', key=w.people['a'].key)  # another person with the key of a
    same.claims['profession'] = 'pharmacist'
    w.person('mixed-order', key=MixedKey('holder mixed-order'))
    for person in w.people.values():
        w.bind(person)


def more_issuers(w, countries):
    w.issuers(*countries)
    w.narrow = Key('issuer narrow')           # for one state
    w.issuers('US-KS', key=w.narrow)
    w.short = Key('issuer short')             # for an hour and a second
    w.issuers('US', key=w.short, nbf=NOW - 7200, exp=NOW - 3600 + 1)
    w.cut_issuer = Key('issuer cut')          # ended by an X leaf of kind 4
    w.issuers(*countries, key=w.cut_issuer)
    w.other_iss, w.other_issuer = 'https://other.' + w.origin, Key('issuer other')
    w.issuers(*countries, iss=w.other_iss, key=w.other_issuer)


def base(name='base', us=None, people=bind_people, edges=True, evidence=EVIDENCE, **options):
    """A test registry with everything in order; `edges` adds what the cases of endings and cuts need."""
    w = World(name, **options)
    if not edges:
        w.issuers('US')
        countries = ('US', 'CN')
    else:
        countries = ('US', 'CN', 'GB', 'FR', 'DE')
        more_issuers(w, countries)
    for country in countries:
        w.policy_key(country)
    w.open()
    w.pending = [leaf_k(1, note_hash(w.root_note))]
    bodies = us if isinstance(us, list) else [us or us_policy()]
    if edges:
        bodies += [
            cn_policy(),
            policy('gb', 'GB', [rule('imaging_report', 'outpatient', age=20),
                                rule('referral', 'outpatient'),
                                rule('prescription_new', 'outpatient')]),
            policy('gb-eng', 'GB-ENG', [rule('imaging_report', 'outpatient', ai='assist_only', keep=600),
                                        rule('prescription_new', 'outpatient', signer(), PHARMACIST)]),
            policy('fr', 'FR', [rule('imaging_report', 'outpatient')], effective_to=NOW),
            policy('de', 'DE', [rule('imaging_report', 'outpatient')], effective_to=NOW + 1)]
    notes = []
    for body in bodies:
        country = body['applies_to'][0][:2]
        whole = w.note_policy(body, w.policy_signers[country])
        w.policies[body['id']] = body
        w.pending.append(w.name_policy(body, whole))
        notes.append(whole)
    people(w)
    if not edges:
        for person in w.people.values():
            person.claims['jurisdiction'] = ['US']
    if edges:
        t = (NOW - DAY) * 1000
        w.pending.append(leaf_f(1, t))
        w.pending.append(leaf_e(w.people['revoked'].idx, 1, 2, t, t, draw('deed 1')))
        w.pending.append(leaf_e(w.people['suspended'].idx, 2, 10, t, t, draw('deed 2')))
        w.pending.append(leaf_e(w.people['superseded'].idx, 3, 7, t, t))
        cut = (NOW - 27) * 1000
        w.pending.append(leaf_x(1, 9, (NOW - 3600) * 1000 + 1, cut_id(1, 'clinic-cut')))
        w.pending.append(leaf_x(1, 9, (NOW - 3600) * 1000, cut_id(1, 'clinic-edge')))
        w.pending.append(leaf_x(2, 9, cut + 1, cut_id(2, 'tool-cut')))
        w.pending.append(leaf_x(2, 9, cut, cut_id(2, 'tool-edge')))
        w.pending.append(leaf_x(2, 9, 2 ** 63 - 1, cut_id(2, 'tool-ended')))
        w.pending.append(leaf_x(3, 9, cut + 1, cut_id(3, 'reporter', 'model-cut')))
        w.pending.append(leaf_x(3, 9, cut, cut_id(3, 'reporter', 'model-edge')))
        w.pending.append(leaf_x(4, 1, (NOW - 1800) * 1000, cut_id(4, w.cut_issuer.kid)))
        w.pending.append(leaf_x(5, 10, (NOW - 72000) * 1000, cut_id(5)))
    w.steps.append({'event': w.log.event(w.pending, evidence, evidence)})
    w.steps += [{'policy': whole} for whole in notes]
    w.notes = notes
    if not w.offline:
        w.steps.append({'fresh': w.log.fresh_note(NONCE, evidence, evidence)})
    return w
