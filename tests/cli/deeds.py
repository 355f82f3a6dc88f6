#!/usr/bin/env python3
"""Deeds, made, shown and signed without a registry: deeds.py COUNTERSIGN

Every kind is made both ways, from options and from a file of members, and shown: all that it says must be in what is shown.
"""
import base64
import hashlib
import json
import os
import re
import sys

from harness import HERE, NOW, bad, failures, finish, get, gone, good, put, run, typed

P = ['--passphrase-file', 'pass']
DIGEST = 'A' * 43
TIME = NOW + 3600
WHY = {'text': 'complaint 17', 'basis': 'art. 42', 'decided': 1700000000, 'reported': 1700000001}
WHY_OPTIONS = ['--why', 'complaint 17', '--basis', 'art. 42', '--decided', '1700000000', '--reported', '1700000001']
CONDITION = {'code': 'supervised', 'acts_denied': ['prescription_new'], 'needs_cosign': True, 'until': '2027-03-31'}
PERSON = {'practitioner': {'name': 'Dr A', 'birth_date': '1980-02-29', 'identifiers': [{'system': 'npi', 'value': '1234567893'}]},
          'licence': {'profession': 'physician', 'level': 'independent', 'jurisdiction': ['US-KS'], 'number': 'KS-1', 'specialty': [],
                      'privileges': {'prescribe': True, 'schedules': ['2'], 'antimicrobial_grade': 2, 'narcotic': False},
                      'conditions': [CONDITION], 'independent_since': '2015-01-01', 'licensed_until': '2030-01-01'},
          'affiliation': {'site': 'mercy', 'basis': 'primary', 'consent': True, 'from': 1700000000, 'to': 1900000000}}
COUNTS = {'added': 11, 'updated': 12, 'unchanged': 13, 'flagged': 14, 'rejected': 15}


def new(kind, *more, out='deed'):
    return ['deed', 'new', kind, '--origin', 'registry.test', '--at', 'ks.health', '--out', out, *more]


def made(name, argv, *says):
    """A deed made anew, where there may be one of before."""
    gone(argv[argv.index('--out') + 1])
    return good(name, argv, *says)


def text_of(name):
    """The lines of a deed, and what it says."""
    lines = get(name).decode().split('\n')
    return lines, json.loads(lines[3])


def thumbprint(public):
    jwk = '{"crv":"Ed25519","kty":"OKP","x":"%s"}' % public
    return base64.urlsafe_b64encode(hashlib.sha256(jwk.encode()).digest()).decode().rstrip('=')


def keys():
    put('pass', 'a passphrase\n')
    for purpose, name, path in (('officer', 'ks.health/lee', 'lee.key'), ('officer', 'ks.health/ann', 'ann.key'),
                                ('officer', 'mercy/joy', 'joy.key'), ('app', 'app-1', 'app.key'), ('holder', 'dr-a', 'dr-a.key'),
                                ('officer', 'nobody', 'nobody.key')):
        if run('key', 'new', '--purpose', purpose, '--name', name, '--out', path, *P).returncode:
            sys.exit('no key ' + path)
    return {path: json.loads(run('key', 'show', path, '--json').stdout) for path in ('lee.key', 'joy.key', 'app.key', 'dr-a.key')}


def order(kind, **more):
    members = {'licence': 'l-1', 'effective': TIME, 'reason': 'licence_action', **more, 'why': WHY}
    options = ['--licence', 'l-1', '--effective', str(TIME), '--reason', 'licence_action', *WHY_OPTIONS]
    for name, value in more.items():
        options += ['--' + name.replace('_', '-'), str(value)]
    return kind, members, options, ['licence l-1', 'complaint 17', 'art. 42', 'licence_action']


def kinds(shown):
    """Each kind: its members, the options that say the same, and what the plain words must have."""
    joy, app, dr_a = shown['joy.key']['vkey'], shown['app.key']['vkey'], thumbprint(shown['dr-a.key']['public_key'])
    put('condition', json.dumps(CONDITION, indent=1))
    put('with', '{ "effective" : 99 }')
    return [
        ('institution.add', {'id': 'mercy', 'name': 'Mercy General', 'jurisdiction': 'US-KS', 'identifiers': [{'system': 'npi', 'value': '9'}]},
         ['--id', 'mercy', '--name', 'Mercy General', '--jurisdiction', 'US-KS', '--identifier', 'npi=9'],
         ['Adds the institution mercy', 'Mercy General', 'US-KS', 'npi', 'two officers of ks.health']),
        ('officer.add', {'body': 'mercy', 'officer': {'id': 'joy', 'name': 'Joy B', 'role': 'registrar', 'vkey': joy}},
         ['--body', 'mercy', '--id', 'joy', '--name', 'Joy B', '--role', 'registrar', '--vkey', 'joy.key'],
         ['Joy B an officer of mercy', 'registrar', joy, 'two officers of mercy']),
        ('officer.end', {'body': 'mercy', 'officer': 'joy', 'reason': 'administrative'},
         ['--body', 'mercy', '--officer', 'joy', '--reason', 'administrative'], ['joy at mercy', 'one officer of']),
        ('enrol', PERSON, None, ['Dr A', 'independent physician', 'US-KS', 'KS-1', 'mercy', '1980-02-29', '1234567893', 'schedules 2',
                                 'supervised', 'prescription_new', '2027-03-31', '2015-01-01', '2030-01-01', '2023-11-14', 'primary']),
        ('enrol.import', {'file': DIGEST, 'template': 'csv-1', 'counts': COUNTS}, None, [DIGEST, 'csv-1', '11 added', '15 rejected']),
        ('roll.import', {'file': DIGEST, 'template': 'csv-1', 'counts': COUNTS}, None, [DIGEST, 'csv-1', '12 updated', '14 flagged']),
        ('activate', {'practitioner': 'p-1', 'licence': 'l-1', 'affiliation': 'a-1', 'code': DIGEST}, None,
         ['practitioner p-1', 'licence l-1', 'affiliation a-1', DIGEST]),
        ('affiliation.end', {'practitioner': 'p-1', 'site': 'mercy', 'effective': TIME, 'reason': 'affiliation_ended'},
         ['--practitioner', 'p-1', '--site', 'mercy', '--effective', str(TIME), '--reason', 'affiliation_ended'],
         ['practitioner p-1 with mercy', 'affiliation_ended', 'one officer']),
        ('key.end', {'holder': dr_a, 'reason': 'key_lost_or_compromised'},
         ['--holder', 'dr-a.key', '--reason', 'key_lost_or_compromised'], [dr_a, 'key_lost_or_compromised']),
        ('app.add', {'id': 'app-1', 'tool': 'tool-1', 'acts': ['imaging_report', 'note'], 'settings': ['inpatient', 'online'],
                     'jurisdictions': ['US', 'CN-11'], 'vkey': app},
         ['--id', 'app-1', '--tool', 'tool-1', '--act', 'imaging_report', '--act', 'note', '--setting', 'inpatient', '--setting', 'online',
          '--jurisdiction', 'US', '--jurisdiction', 'CN-11', '--vkey', app],
         ['deployment app-1 of the tool tool-1', 'imaging_report, note', 'inpatient, online', 'US, CN-11', app]),
        ('app.end', {'id': 'app-1', 'reason': 'administrative'}, ['--id', 'app-1', '--reason', 'administrative'], ['app-1', 'one officer']),
        order('suspend.interim', confirm_by=TIME + 9),
        order('suspend', until=TIME + 9),
        order('revoke'), order('rescind'), order('deregister'),
        ('condition', {'licence': 'l-1', 'effective': TIME, 'conditions': [CONDITION], 'why': WHY},
         ['--licence', 'l-1', '--effective', str(TIME), '--condition', 'condition', *WHY_OPTIONS], ['supervised', 'needs_cosign yes']),
        order('reinstate'),
        ('deceased', {'practitioner': 'p-1', 'effective': TIME}, ['--practitioner', 'p-1', '--effective', str(TIME)], ['p-1 has died']),
        ('correct', {'deed': DIGEST, 'with': {'effective': 99}, 'why': WHY}, ['--deed', DIGEST, '--with', 'with', *WHY_OPTIONS],
         [DIGEST, '1970-01-01T00:01:39Z', 'complaint 17', 'as many as the deed']),
        ('void', {'deed': DIGEST, 'why': WHY}, ['--deed', DIGEST, *WHY_OPTIONS], [DIGEST, 'complaint 17']),
        ('cut', {'kind': 'model', 'id': 'tool-1\nm 2', 'cut_ms': TIME * 1000, 'reason': 'emergency', 'why': WHY},
         ['--kind', 'model', '--id', 'tool-1', '--model', 'm 2', '--before', str(TIME), '--reason', 'emergency', *WHY_OPTIONS],
         ['model tool-1 / m 2', 'emergency']),
        ('policy.publish', {'id': 'us', 'version': 3, 'note': DIGEST, 'effective_ms': TIME * 1000}, None, ['policy us, version 3', DIGEST]),
    ]


def leaves_of(value):
    """Every text and number that a deed says."""
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in leaves_of(member)]
    if isinstance(value, list):
        return [leaf for member in value for leaf in leaves_of(member)]
    return [value]


def every_kind(shown):
    for kind, members, options, says in kinds(shown):
        put('members.json', json.dumps(members, indent=2))
        made('%s from members' % kind, new(kind, '--members', 'members.json', '--valid-until', str(NOW + 7200)))
        lines, said = text_of('deed')
        if lines[:2] != ['countersign/deed/v1', 'registry.test'] or said != {'do': kind, 'at': 'ks.health', 'valid_until': NOW + 7200, **members}:
            failures.append('%s from members: %r' % (kind, said))
        if list(said)[3:] != list(members) or ' ' in re.sub(r'"[^"]*"', '', lines[3]):
            failures.append('%s from members: another order, or white space' % kind)
        plain = good('%s shown' % kind, ['deed', 'show', 'deed'], *says, 'nobody yet', 'void unless', 'registry.test').stdout
        for leaf in leaves_of(members):
            if isinstance(leaf, str) and leaf.replace('\n', ' / ') not in plain:
                failures.append('%s: what is shown lacks %r' % (kind, leaf))
        if json.loads(good('%s shown as JSON' % kind, ['deed', 'show', 'deed', '--json']).stdout)['deed'] != said:
            failures.append('%s: its JSON differs' % kind)
        if options:
            made('%s from options' % kind, new(kind, *options))
            if {k: v for k, v in text_of('deed')[1].items() if k not in ('do', 'at', 'valid_until')} != members:
                failures.append('%s from options: %r' % (kind, text_of('deed')[1]))
        for name in members:  # what is missing is named, and nothing is written
            optional = kind == 'suspend' and name == 'until'
            put('members.json', json.dumps({k: v for k, v in members.items() if k != name}))
            (made if optional else bad)('%s without %s' % (kind, name), new(kind, '--members', 'members.json', out='x'),
                                        *([] if optional else [1, 'deed-malformed', name, 'members.json']))
        put('members.json', json.dumps({**members, 'banana': 1}))
        bad('%s with a member too many' % kind, new(kind, '--members', 'members.json', out='y'), 1, 'deed-malformed', 'banana')
        put('members.json', json.dumps({**members, 'do': 'void'}))
        bad('%s that says twice what it does' % kind, new(kind, '--members', 'members.json', out='y'), 1, 'deed-malformed', 'do')


def made_wrong():
    suspend = ['--licence', 'l-1', '--reason', 'licence_action', '--why', 'x']
    for name, argv, code, *says in (
            ('a kind that is none', new('banana'), 2, 'KIND', 'give one of', 'policy.publish'),
            ('an origin that is none', [o if o != 'registry.test' else 'a b' for o in new('suspend', *suspend)], 2, '--origin'),
            ('a body that is none', [o if o != 'ks.health' else 'a b' for o in new('suspend', *suspend)], 1, 'at in the deed'),
            ('a member of another kind', new('suspend', *suspend, '--tool', 't'), 2, 'no such member, --tool'),
            ('a person beside an object', new('enrol', '--practitioner', 'p'), 2, 'no such member, --practitioner'),
            ('a model that is not cut', new('suspend', *suspend, '--model', 'm'), 2, '--model'),
            ('a code for what needs none', new('suspend', *suspend, '--new-code'), 2, '--new-code'),
            ('a policy for what is of none', new('suspend', *suspend, '--note', 'x'), 2, '--note'),
            ('a reason that is none', new('suspend', '--licence', 'l-1', '--reason', 'x', '--why', 'x'), 1, 'reason in the deed'),
            ('no reason', new('suspend', '--licence', 'l-1', '--why', 'x'), 1, 'reason in the deed'),
            ('no why', new('suspend', *suspend[:-2]), 1, 'why in the deed'),
            ('an end before its beginning', new('suspend', *suspend, '--until', '5'), 1, 'until in the deed'),
            ('an identifier without a system', new('institution.add', '--id', 'm', '--name', 'M', '--jurisdiction', 'US', '--identifier', '9'),
             2, '--identifier'),
            ('two places for an institution', new('institution.add', '--id', 'm', '--name', 'M', '--jurisdiction', 'US', '--jurisdiction',
             'CN', '--identifier', 'a=b'), 2, '--jurisdiction'),
            ('a setting that is none', new('app.add', '--id', 'app-1', '--tool', 't', '--act', 'a', '--setting', 'x', '--jurisdiction', 'US',
             '--vkey', 'app.key'), 1, 'settings in the deed'),
            ('an officer by the key of another', new('officer.add', '--body', 'mercy', '--id', 'ann', '--name', 'A', '--role', 'r', '--vkey',
             'joy.key'), 1, 'vkey in the deed'),
            ("an officer by a clinician's key", new('officer.add', '--body', 'mercy', '--id', 'joy', '--name', 'A', '--role', 'r', '--vkey',
             'dr-a.key'), 1, 'purpose in dr-a.key'),
            ("a clinician by an officer's key", new('key.end', '--holder', 'joy.key', '--reason', 'lapsed'), 1, 'purpose in joy.key'),
            ('a key file that is not there', new('key.end', '--holder', 'nope', '--reason', 'lapsed'), 3, 'nope'),
            ('a condition that is none', new('condition', '--licence', 'l', '--condition', 'with', '--why', 'x'), 1, 'deed-malformed'),
            ('a condition that is no JSON', new('condition', '--licence', 'l', '--condition', 'pass', '--why', 'x'), 1, 'malformed-json', 'pass'),
            ('members that are a list', new('suspend', '--members', put('list', '[1]')), 1, 'not a JSON object, list'),
            ('members that are no JSON', new('suspend', '--members', 'pass'), 1, 'malformed-json', 'pass'),
            ('members twice', new('suspend', *suspend, '--members', put('twice', '{"licence":"x"}')), 1, 'licence'),
            ('members that are not there', new('suspend', '--members', 'nope'), 3, 'nope'),
            ('a folder that is not there', new('suspend', *suspend, out='nope/x'), 3, 'nope/x'),
            ('a deed that has too much to say', new('suspend', *suspend[:-1], 'x' * 5000), 1, 'text in the deed')):
        bad('a deed with ' + name, argv, code, *says)
    for name, text, says in (('nothing', '', 'not a deed'), ('another first line', 'countersign/deed/v2\n', 'not a deed'),
                             ('an id that is none', re.sub(r'-7(?=[0-9a-f]{3}-[89ab])', '-4', get('deed').decode()), 'id in x.deed'),
                             ('a line too many', get('deed').decode() + 'x\n', 'x.deed'),
                             ('no newline', get('deed').decode()[:-1], 'x.deed')):
        bad('to show a deed with ' + name, ['deed', 'show', put('x.deed', text)], 1, 'deed-malformed', says)


def defaults():
    """Effective is now, and officers have seven days."""
    made('a deed of now', new('suspend', '--licence', 'l-1', '--reason', 'licence_action', '--why', 'x'))
    said = text_of('deed')[1]
    if not NOW <= said['effective'] < NOW + 600 or said['valid_until'] - said['effective'] != 7 * 86400:
        failures.append('defaults: %r' % said)
    made('a cut of now', new('cut', '--kind', 'all', '--reason', 'emergency', '--why', 'x'))
    if not NOW * 1000 <= text_of('deed')[1]['cut_ms'] < (NOW + 600) * 1000:
        failures.append('a cut of now: %r' % text_of('deed')[1])
    made('a cut for good', new('cut', '--kind', 'tool', '--id', 't', '--for-good', '--reason', 'emergency', '--why', 'x'))
    good('a cut for good, shown', ['deed', 'show', 'deed'], 'any time to come')
    if text_of('deed')[1]['cut_ms'] != 2 ** 63 - 1:
        failures.append('a cut for good: %r' % text_of('deed')[1])
    made('no conditions', new('condition', '--licence', 'l', '--condition', 'none', '--why', 'x'))
    good('no conditions, shown', ['deed', 'show', 'deed'], 'conditions', 'none')
    put('evil.json', json.dumps({'id': 'm', 'name': 'M\x1b[2J\u202e', 'jurisdiction': 'US', 'identifiers': []}))
    made('what a terminal would obey', new('institution.add', '--members', 'evil.json'))
    shown = good('what a terminal would obey, shown', ['deed', 'show', 'deed'], 'M?[2J?').stdout
    if '\x1b' in shown or '\u202e' in shown:
        failures.append('a deed writes on the terminal: %r' % shown)


def codes():
    """A one-time code: once on standard output, its hash in the deed, its handle the deed's."""
    activate = ['--practitioner', 'p', '--licence', 'l', '--affiliation', 'a', '--new-code']
    first = made('a one-time code', new('activate', *activate)).stdout
    lines, said = text_of('deed')
    secret = first[:-1]
    if not re.fullmatch(r'[0-9a-f]{12}(-[0-9A-HJKMNP-TV-Z]{4}){4}\n', first) or secret[:12] != lines[2][-12:]:
        failures.append('a one-time code: %r' % first)
    if said['code'] != base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode().rstrip('='):
        failures.append('a one-time code: another hash in the deed')
    second = json.loads(made('a one-time code as JSON', new('activate', *activate, '--json')).stdout)
    if second['code'][12:] == secret[12:] or second['hash'] != json.loads(run('deed', 'show', 'deed', '--json').stdout)['hash']:
        failures.append('a one-time code as JSON: %r' % second)
    ask = ['--registry', 'http://127.0.0.1:1', '--test', '--key', 'dr-a.key', *P]
    bad('half a code', ['activate', secret[:-4], *ask], 2, 'not a one-time code')
    bad('a code with a letter that is none', ['activate', secret[:-1] + 'U', *ask], 2, 'not a one-time code')
    bad('a code too long', ['activate', secret + '0', *ask], 2, 'not a one-time code')
    bad('a code as people type it', ['activate', secret.lower().replace('-', ' '), *ask], 3, 'unavailable', '127.0.0.1')


def signing():
    made('a deed to sign', new('suspend', '--licence', 'l-1', '--reason', 'licence_action', '--why', 'complaint 17'))
    text = get('deed')
    sign = ['deed', 'sign', 'deed', '--yes', *P, '--key']
    for name, argv, code, *says in (
            ('a key for something else', [*sign, 'app.key'], 1, 'purpose in app.key'),
            ("a clinician's key", [*sign, 'dr-a.key'], 1, 'purpose in dr-a.key'),
            ("a key that names no officer", [*sign, 'nobody.key'], 1, 'not the key of an officer', 'nobody'),
            ('nobody to confirm', [o for o in [*sign, 'lee.key'] if o != '--yes'], 3, '--yes'),
            ('a deed that is none', ['deed', 'sign', 'pass', '--yes', *P, '--key', 'lee.key'], 1, 'deed-malformed', 'pass'),
            ('a deed that is not there', ['deed', 'sign', 'nope', '--yes', *P, '--key', 'lee.key'], 3, 'nope')):
        bad('signing with ' + name, argv, code, *says)
    answered, seen = typed(['deed', 'sign', 'deed', '--key', 'lee.key', *P], ['no'])
    if answered != 1 or get('deed') != text or b'Suspends licence l-1' not in seen or b'complaint 17' not in seen:
        failures.append('a deed denied at the terminal: %r' % ((answered, seen),))
    answered, seen = typed(['deed', 'sign', 'deed', '--key', 'lee.key', *P], ['yes'])
    if answered != 0 or not get('deed').startswith(text + '\n— ks.health/lee '.encode()):
        failures.append('a deed agreed to at the terminal: %r' % ((answered, seen),))
    bad('signing twice', [*sign, 'lee.key'], 1, 'same-key', 'deed')
    good('a second officer', [*sign, 'ann.key', '--out', 'both'], 'Suspends licence l-1')
    if get('both').count('—'.encode()) != 2 or get('deed').count('—'.encode()) != 1:
        failures.append('a second officer: %r' % get('both'))
    bad('a deed over a signed one', ['deed', 'new', 'cut', '--kind', 'all', '--reason', 'emergency', '--why', 'x', '--origin', 'registry.test', '--at',
        'ks.health', '--out', 'both'], 3, 'is there already', 'both', 'another path')
    bad('a signed deed over another', [*sign, 'ann.key', '--out', 'both'], 3, 'is there already', 'both')
    good('a deed with two signatures', ['deed', 'show', 'both'], 'signed by', 'ks.health/lee, ks.health/ann')
    shown = json.loads(good('the same as JSON', ['deed', 'show', 'both', '--json']).stdout)
    digest = base64.urlsafe_b64encode(hashlib.sha256(text).digest()).decode().rstrip('=')
    if shown['hash'] != digest or shown['signers'] != ['ks.health/lee', 'ks.health/ann']:
        failures.append('a deed with two signatures: %r' % shown)
    bad('a deed with a broken signature line', ['deed', 'show', put('x.deed', get('both')[:-6] + b'\n')], 1, 'note-malformed')
    made('a deed that is over', new('suspend', '--licence', 'l', '--reason', 'lapsed', '--why', 'x', '--valid-until', str(NOW - 5), out='old'))
    bad('signing one that is over', ['deed', 'sign', 'old', '--yes', *P, '--key', 'lee.key'], 1, 'deed-expired', 'old')


def asking():
    """What is refused before a registry is asked."""
    here = ['--registry', 'http://127.0.0.1:1', '--test', '--key', 'lee.key', *P]
    act = ['--origin', 'registry.test', '--yes', *here]
    put('person.json', json.dumps(PERSON))
    put('people.json', json.dumps([PERSON, {**PERSON, 'affiliation': {}}]))
    order_it = ['order', 'suspend', 'l-1', '--reason', 'licence_action', '--why', 'x', *act]
    hash_of_deed = json.loads(run('deed', 'show', 'deed', '--json').stdout)['hash']
    for name, argv, code, *says in (
            ('no registry', ['deed', 'list', '--key', 'lee.key', *P], 2, '--registry', 'COUNTERSIGN_REGISTRY'),
            ('http without a test', [o for o in order_it if o != '--test'], 2, '--registry', '--test'),
            ('http to elsewhere', [o if o != 'http://127.0.0.1:1' else 'http://192.0.2.1' for o in order_it], 2, '--registry'),
            ('no URL', [o if o != 'http://127.0.0.1:1' else 'registry' for o in order_it], 2, '--registry'),
            ('a registry that is not there', order_it, 3, 'unavailable', '127.0.0.1:1'),
            ("an order by a clinician's key", [o if o != 'lee.key' else 'dr-a.key' for o in order_it], 1, 'dr-a'),
            ('an order of a kind that is none', [o if o != 'suspend' else 'enrol' for o in order_it], 2, 'KIND'),
            ('an order without a subject', [o for o in order_it if o != 'l-1'], 1, 'licence in the deed'),
            ('an order without a reason', [o for o in order_it if o not in ('--reason', 'licence_action')], 1, 'reason in the deed'),
            ('a member of another order', [*order_it, '--kind', 'tool'], 2, '--kind'),
            ('an unsigned deed submitted', ['deed', 'submit', put('bare', get('deed').split(b'\n\n')[0] + b'\n'), *here], 1, 'note-unsigned', 'bare'),
            ('a deed submitted with another key', ['deed', 'submit', 'deed', *[o if o != 'lee.key' else 'app.key' for o in here]], 1,
             'purpose in app.key'),
            ('a hash that is none', ['deed', 'approve', 'abc', *here], 2, 'HASH'),
            ('a hash that is none, fetched', ['deed', 'fetch', 'abc', *here], 2, 'HASH'),
            ('a deed fetched from nowhere', ['deed', 'fetch', hash_of_deed, *here], 3, 'unavailable'),
            ('a person that is none', ['enrol', put('empty.json', '{"practitioner":{}}'), *act], 1, 'deed-malformed', 'empty.json'),
            ('people of whom one is wrong', ['enrol', 'people.json', *act], 1, 'deed-malformed', 'person 2 of people.json'),
            ('nobody', ['enrol', put('none.json', '[]'), *act], 1, 'nobody in it, none.json'),
            ('a list of numbers', ['enrol', put('one.json', '[1]'), *act], 1, 'element 1 of one.json'),
            ('too many', ['enrol', put('many.json', json.dumps([PERSON] * 101)), *act], 1, 'more than 100', 'many.json'),
            ('a person and no registry', ['enrol', 'person.json', *act], 3, 'unavailable'),
            ("a credential by an officer's key", ['credential', *here], 1, 'purpose in lee.key'),
            ("an inbox by an officer's key", ['inbox', 'list', *here], 1, 'purpose in lee.key'),
            ("a request by an officer's key", ['inbox', 'post', '--practitioner', 'p', '--url', 'u', '--expires', '1', *here], 1,
             'purpose in lee.key'),
            ('a folder that is there', ['follow', '--once', '--registry', 'http://127.0.0.1:1', '--test', '--root-hash', DIGEST, '--state', '.'],
             3, 'is there already, .'),
            ('a log that is not there', ['follow', '--once', '--registry', 'http://127.0.0.1:1', '--test', '--root-hash', DIGEST], 3, 'unavailable')):
        bad('asking with ' + name, argv, code, *says)
    os.environ['COUNTERSIGN_REGISTRY'] = 'http://127.0.0.1:2'
    bad('the registry of the environment', ['deed', 'list', '--test', '--key', 'lee.key', *P], 3, '127.0.0.1:2')
    bad('another than that of the environment', ['deed', 'list', *here], 3, '127.0.0.1:1')
    got = run('doctor', '--test', '--root-hash', DIGEST)
    if got.returncode != 1 or 'FAIL' not in got.stdout or 'fix:' not in got.stdout or '127.0.0.1:2' not in got.stdout:
        failures.append('a doctor without a patient: %r' % got)


def exports():
    """Files for import that are refused before a registry is asked: folders, tables that do not come alone, manifests (FHIR Bulk Data)."""
    here = ['--registry', 'http://127.0.0.1:1', '--test', '--key', 'lee.key', *P, '--origin', 'registry.test', '--yes', '--template', 'fhir-r4']
    os.mkdir(os.path.join(HERE, 'bulk'))
    put('bulk/Practitioner.000.ndjson', b'{"resourceType":"Practitioner"}\n{"resourceType":"Practitioner"}\r\n\r\n')
    put('bulk/Organization.ndjson', b'{"resourceType":"Organization"}')
    put('bulk/packed.ndjson', b'\x1f\x8b\x08')

    def manifest(*output, **more):
        head = {'transactionTime': '2026-11-22T09:14:03Z', 'request': 'https://fhir.test/$export', 'requiresAccessToken': False, 'error': []}
        return put('bulk/manifest.json', json.dumps({**head, 'output': [dict(zip(('type', 'url', 'count'), o)) for o in output], **more}, indent=2))

    people = ('Practitioner', 'https://fhir.test/x/Practitioner.000.ndjson?token=1')
    for name, output, more, code, *says in (
            ('that names what is not there', [('Practitioner', 'https://fhir.test/x/Practitioner.001.ndjson')], {}, 3,
             'it is not there, bulk/Practitioner.001.ndjson', 'save https://fhir.test/x/Practitioner.001.ndjson there'),
            ('whose deleted are not there', [people], {'deleted': [{'type': 'Bundle', 'url': 'del.ndjson'}]}, 3, 'bulk/del.ndjson'),
            ('that counts more', [(*people, 3)], {}, 1, '2 resources, where its manifest says 3, bulk/Practitioner.000.ndjson'),
            ('of a compressed file', [people, ('Organization', 'packed.ndjson')], {}, 1, 'compressed, bulk/packed.ndjson', 'unpack it'),
            ('without a name', [('Practitioner', 'https://fhir.test/x/')], {}, 1, 'no name of a file in the URL'),
            ('with a name from elsewhere', [('Practitioner', 'https://fhir.test/../..')], {}, 1, 'no name of a file in the URL'),
            ('of patients alone', [('Patient', 'Patient.ndjson')], {}, 1, 'names no file of these'),
            ('without URLs', [('Practitioner',)], {}, 1, 'field-invalid', 'url', 'give the files instead'),
            ('that is sound', [(*people, 2), ('Organization', 'Organization.ndjson', 1), ('Patient', 'none')], {}, 3, 'unavailable'),
            ('of 65 files', [people] * 65, {}, 1, 'more than 64 files')):
        bad('a manifest ' + name, ['enrol', manifest(*output, **more), *here], code, *says)
    bad('a folder', ['enrol', 'bulk', *here], 2, 'a folder, bulk', 'give its manifest')
    bad('two tables', ['enrol', 'person.json', 'people.json', *[o if o != 'fhir-r4' else 'people-csv' for o in here]], 2, 'a table comes alone')
    bad('one of several compressed', ['enrol', 'bulk/Organization.ndjson', 'bulk/packed.ndjson', *here], 1, 'compressed, bulk/packed.ndjson')


def main():
    try:
        shown = keys()
        every_kind(shown)
        made_wrong()
        defaults()
        codes()
        signing()
        asking()
        exports()
    finally:
        code = finish(200)
    return code


sys.exit(main())
