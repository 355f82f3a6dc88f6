#!/usr/bin/env python3
"""Types every verb of the command, right and wrong: verbs.py COUNTERSIGN

A case is a command line, its exit code, and what it must say. What fails must name what is wrong and leave every file as
it was. The world is one test registry, made once with the command itself.
"""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

from harness import COUNTERSIGN, HERE, NOW, bad, case, failures, finish, get, gone, good, put, run, typed

P = ['--passphrase-file', 'pass']
PERSON = {'profession': 'physician', 'level': 'independent', 'jurisdiction': ['US-KS'], 'specialty': [],
          'privileges': {'prescribe': True, 'schedules': [], 'antimicrobial_grade': 0, 'narcotic': False},
          'site': {'id': 'mercy', 'basis': 'primary', 'consent': True}, 'conditions': [],
          'assurance': {'level': 'validated'},
          'authenticator': {'storage': 'file', 'user_auth': 'passphrase', 'attested': False, 'proofing': 'in_person'},
          'name': 'Dr \x41\u202e', 'licence_number': 'KS-1', 'identifiers': [{'system': 'npi', 'value': '1'}]}
RULE = {'acts': ['imaging_report'], 'settings': ['outpatient'], 'ai_authorship': 'draft_with_approval',
        'signers': [{'professions': ['physician'], 'meanings': ['approval']}], 'max_status_age_s': 3600,
        'signoff_to_release_s': 3600}
POLICY = {'id': 'us', 'version': 1, 'authority': 'us.health', 'applies_to': ['US'], 'effective_from': NOW - 60,
          'utc_offset': '-06:00', 'sources': ['test'], 'rules': [RULE]}


def without(what, *names):
    return {k: v for k, v in what.items() if k not in names}


def policy(**changes):
    return json.dumps({**POLICY, **changes})


def common():
    """What holds for every verb."""
    verbs = ['key new', 'key show', 'root new', 'root next', 'root add-signature', 'root show', 'root verify', 'policy lint', 'policy sign',
             'policy show', 'policy diff', 'policy test', 'policy explain', 'policy upload',
             'state init', 'state bind', 'state credential', 'state end', 'state cut', 'state publish', 'state refresh',
             'request', 'sign', 'check', 'explain', 'version', 'deed new', 'deed show', 'deed sign', 'deed submit', 'deed list',
             'deed fetch', 'deed approve', 'enrol', 'order', 'activate', 'credential', 'inbox list', 'inbox post', 'follow', 'doctor']
    for verb in verbs:
        words = verb.split()
        good('%s explains itself' % verb, words + ['--help'], 'usage: countersign ' + verb, '--json')
        bad('%s with an unknown option' % verb, words + ['--nonsense'], 2, 'unknown option', '--nonsense', 'countersign ' + verb)
        got = bad('%s with an unknown option, as JSON' % verb, words + ['--nonsense', '--json'], 2)
        error = json.loads(got.stderr)['error']
        if error['verb'] != verb or not error['fix']:
            failures.append('%s: its JSON error is %r' % (verb, error))
    for group in ('key', 'root', 'policy', 'state', 'deed', 'inbox'):
        good('%s lists its verbs' % group, [group, '--help'], 'usage: countersign %s VERB' % group)
        bad('%s with an unknown verb' % group, [group, 'nonsense'], 2, 'unknown verb', 'nonsense')
    if run().returncode != 2:
        failures.append('no verb: exit code')
    bad('an unknown verb', ['nonsense'], 2, 'unknown verb', 'nonsense')
    bad('an option given twice', ['key', 'show', 'a', 'b'], 2, 'unexpected argument, b')
    bad('a value that is missing', ['key', 'new', '--name', '--out', 'x'], 2, 'needs a value, --name')
    for start in ('-', '--'): # an identifier may begin with a hyphen: it is an operand, and a value
        got = bad('an identifier that begins with %s' % start, ['deed', 'approve', start.ljust(43, 'A'), '--iss', start.ljust(43, 'A')], 2)
        if 'option' in got.stderr or 'needs a value' in got.stderr:
            failures.append('an identifier that begins with %s: %r' % (start, got.stderr))
    bad('not quite an identifier', ['deed', 'approve', '-'.ljust(42, 'A')], 2, 'unknown option')
    good('the version', ['version'], 'countersign 0.')
    good('a code', ['explain', 'ai-authored'], 'ai-authored', '1101', 'authorship', 'fix')
    bad('an unknown code', ['explain', 'nonsense'], 2, 'unknown code, nonsense')
    one = json.loads(good('a code as JSON', ['explain', 'status-stale', '--json']).stdout)
    every = json.loads(good('all codes as JSON', ['explain', '--json']).stdout)
    if one['number'] != 304 or len(every) < 100 or one not in every:
        failures.append('explain --json: %r' % one)


def keys():
    put('pass', 'a passphrase\nnot read\n')
    put('other', 'another passphrase\n')
    put('empty', '\n')
    new = ['key', 'new', '--purpose', 'holder', '--name', 'dr-a', '--out']
    good('a key', new + ['a.key'] + P)
    good('another', new + ['b.key'] + P)
    if oct(os.stat(os.path.join(HERE, 'a.key')).st_mode & 0o777) != '0o600':
        failures.append('others may read a key file')
    good('a root key', ['key', 'new', '--purpose', 'root', '--name', 'root.registry.test', '--out', 'root.key'] + P)
    shown = json.loads(good('a key shown', ['key', 'show', 'a.key', '--json']).stdout)
    if set(shown) != {'name', 'purpose', 'public_key', 'thumbprint', 'sealed'}:
        failures.append('key show --json: %r' % shown)
    vkey = json.loads(good('a root key shown', ['key', 'show', 'root.key', '--json']).stdout)['vkey']
    bad('a key is never overwritten', new + ['a.key'] + P, 3, 'is there already, a.key')
    bad('a purpose that is none', ['key', 'new', '--purpose', 'x', '--name', 'n', '--out', 'x'], 2, '--purpose', 'give one of')
    bad('a name with a space', ['key', 'new', '--purpose', 'app', '--name', 'a b', '--out', 'x'] + P, 2, 'not a name')
    bad('no name', ['key', 'new', '--purpose', 'app', '--out', 'x'] + P, 2, 'missing, --name')
    bad('no passphrase file there', new + ['x', '--passphrase-file', 'nope'], 3, 'passphrase file, nope')
    bad('an empty passphrase', new + ['x', '--passphrase-file', 'empty'], 3, 'no passphrase', 'empty')
    bad('no terminal to ask', new + ['x'], 3, 'no terminal', '--passphrase-file')
    bad('a folder that is not there', new + ['nope/x'] + P, 3, 'nope/x')
    bad('a key file that is not there', ['key', 'show', 'nope'], 3, 'nope')
    bad('a folder for a key file', ['key', 'show', '.'], 3, 'cannot read, .')
    lines = get('a.key').decode().split('\n')
    for name, text, field in (
            ('another first line', ['countersign/key/v2'] + lines[1:], 'key-file-malformed'),
            ('a purpose that is none', lines[:1] + [lines[1].replace(' holder ', ' x ')] + lines[2:], 'purpose'),
            ('a key cut short', lines[:1] + [lines[1][:-1]] + lines[2:], 'key'),
            ('a cost of terabytes', lines[:2] + ['argon2id 3 999999999999 ' + lines[2].split()[3]] + lines[3:], 'seal'),
            ('a secret cut short', lines[:3] + [lines[3][:-4], ''], 'secret'),
            ('a line too many', lines[:4] + ['', ''], 'key-file-malformed'),
            ('nothing', [''], 'key-file-malformed')):
        bad('a key file with ' + name, ['key', 'show', put('x.key', '\n'.join(text))], 1, 'key-file-malformed', field, 'x.key')
    bad('a key file that is too long', ['key', 'show', put('x.key', 'x' * 5000)], 3, 'longer', 'x.key')
    os.unlink(os.path.join(HERE, 'x.key'))
    return vkey


def terminal():
    """A passphrase typed at a terminal is asked for twice, and not echoed."""
    for name, answers, code in (('typed twice', ['typed secret', 'typed secret'], 0), ('typed wrong', ['one secret', 'two secret'], 3)):
        status, seen = typed(['key', 'new', '--purpose', 'app', '--name', 'n', '--out', 'typed.key'], answers)
        there = os.path.exists(os.path.join(HERE, 'typed.key'))
        if status != code or b'secret' in seen or there != (code == 0):
            failures.append('a passphrase %s: exit code %d, %r' % (name, status, seen))
        if there:
            os.unlink(os.path.join(HERE, 'typed.key'))


def roots(vkey):
    good('a test root', ['root', 'new', '--test', '--origin', 'other.test', '--keys', 'other-keys', '--out', 'other.root'] + P)
    made = get('other.root')
    bad('a test root over a root', ['root', 'new', '--test', '--origin', 'other.test', '--keys', 'third-keys', '--out', 'other.root'] + P, 3,
        'is there already', 'other.root', 'another path')
    if get('other.root') != made or os.path.exists(os.path.join(HERE, 'third-keys')):
        failures.append('a root was overwritten, or keys were left without one')
    bad('a test root that does not end in .test', ['root', 'new', '--test', '--origin', 'example.org', '--keys', 'k', '--out', 'x']
        + P, 2, 'not the origin of a test root', 'example.org')
    bad('a test root without an origin', ['root', 'new', '--test', '--keys', 'k', '--out', 'x'] + P, 2, 'missing, --origin')
    bad('a root of no keys', ['root', 'new', '--origin', 'o.example', '--out', 'x'], 2, 'missing, --public')
    bad('a root of a key for something else', ['root', 'new', '--origin', 'o.example', '--public', 'a.key', '--out', 'x'], 1, 'purpose', 'a.key')
    bad('a root of too little', ['root', 'new', '--origin', 'o.example', '--public', 'root.key', '--out', 'x'], 1, 'root-malformed')
    good('the registry', ['state', 'init', 'reg'] + P, 'registry.test')
    shown = json.loads(good('its root', ['root', 'show', 'reg/trust/1', '--json']).stdout)
    good('its root, in words', ['root', 'show', 'reg/trust/1'], 'test root, version 1', 'issuer', shown['hash'])
    good('its root, verified', ['root', 'verify', 'reg/trust/1', '--hash=' + shown['hash']], 'good')
    other = json.loads(run('root', 'show', 'other.root', '--json').stdout)['hash']
    bad('another hash', ['root', 'verify', 'reg/trust/1', '--hash=' + other], 1, 'root-hash', 'reg/trust/1')
    bad('a hash that is none', ['root', 'verify', 'reg/trust/1', '--hash', 'abc'], 2, '--hash')
    bad('a root that does not follow', ['root', 'verify', 'other.root', '--after', 'reg/trust/1'], 1, 'origin in other.root')
    text = get('reg/trust/1').decode()
    body = text[:text.rindex('\n\n') + 1]
    for name, draft, field in (('an unknown line', body + 'banana 1\n', 'banana in draft:%d, `banana 1`' % (body.count('\n') + 1)),
                               ('a line out of its place', body.replace('kind test\n', 'banana 1\nkind test\n'), 'kind in draft:3, `banana 1`'),
                               ('a policy line that is wrong', re.sub(r'\npolicy CN ', '\npolicy C ', body),
                                'policy in draft:%d, `policy C ' % (body[:body.index('\npolicy CN ')].count('\n') + 2)),
                               ('an end too early', body[:body.index('threshold')], 'threshold in draft:7'),
                               ('no threshold', body.replace('threshold 1\n', ''), 'threshold'),
                               ('an issuer that is none', body.replace('issuer https', 'issuer ftp'), 'issuer'),
                               ('no test origin', body.replace('origin registry.test', 'origin registry.org'), 'origin')):
        bad('a root draft with ' + name, ['root', 'add-signature', put('draft', draft.replace('root root', 'root root', 1)),
            '--key', 'reg/keys/root', '--yes', '--out', 'x'] + P, 1, field, 'draft')
    bad('a root draft that ends without its line', ['root', 'add-signature', put('draft', body[:-1]), '--key', 'reg/keys/root', '--yes',
        '--out', 'x'] + P, 1, 'newline', 'draft')
    put('draft', body)
    bad('a root signed by a key for something else', ['root', 'add-signature', 'draft', '--key', 'a.key', '--yes', '--out', 'x'] + P, 1,
        'purpose in a.key')
    bad('a root signed by a key that it does not name', ['root', 'add-signature', 'draft', '--key', 'root.key', '--yes', '--out', 'x']
        + P, 1, 'no root line', 'root.key')
    bad('a root that nobody confirms', ['root', 'add-signature', 'draft', '--key', 'reg/keys/root', '--out', 'x'] + P, 3)
    bad('a root with the wrong passphrase', ['root', 'add-signature', 'draft', '--key', 'reg/keys/root', '--yes', '--out', 'x',
        '--passphrase-file', 'other'], 1, 'passphrase-wrong')
    bad('a truncated root', ['root', 'show', put('x.root', text[:-20])], 1, 'note-malformed', 'x.root')
    good('an unsigned root', ['root', 'show', put('x.root', body)], 'a draft: not signed by as many as it needs')
    good('an unsigned root as JSON', ['root', 'show', '--json', 'x.root'], '"complete":false')
    bad('an unsigned root verified', ['root', 'verify', 'x.root'], 1, 'note-malformed', 'x.root', 'nobody has signed it yet')
    bad('a changed root', ['root', 'show', put('x.root', text.replace('version 1\n', 'version 2\n'))], 1, 'note-signature-bad')
    os.unlink(os.path.join(HERE, 'x.root'))

    # Two holders: one signs after the other.
    first = body.split('\nroot ')[1].split('\n')[0]
    two = body.replace('version 1\n', 'version 2\n').replace('threshold 1\n', 'threshold 2\n').replace(first, first + '\nroot ' + vkey)
    put('draft', two)
    good('the first of two signatures', ['root', 'add-signature', 'draft', '--key', 'reg/keys/root', '--yes', '--out', 'half'] + P,
         '1 of the 2 signatures')
    bad('half a root', ['root', 'verify', 'half'], 1, 'root-threshold', 'half')
    good('the second', ['root', 'add-signature', 'half', '--key', 'root.key', '--yes', '--out', 'second.root'] + P)
    good('a root that follows', ['root', 'verify', 'second.root', '--after', 'reg/trust/1'], 'version 2')
    return shown['hash'], other


def policies():
    good('a policy', ['policy', 'lint', put('us.json', policy())], 'good: us')
    for name, text, field in (
            ('no JSON', '{"id": "us",', 'policy-malformed'),
            ('a name twice', policy().replace('"version": 1', '"version": 1, "version": 1'), 'version'),
            ('an unknown member', policy(banana=1), 'policy-malformed'),
            ('a missing member', json.dumps(without(POLICY, 'effective_from')), 'effective_from'),
            ('a wrong type', policy(version='1'), 'version'),
            ('no rule', policy(rules=[]), 'rules'),
            ('an unknown profession', policy(rules=[{**RULE, 'signers': [{'professions': ['wizard'], 'meanings': ['approval']}]}]),
             'professions'),
            ('a rule twice', policy(rules=[RULE, RULE]).replace(', {"acts"', ',\n{"acts"'), 'rules in x.json:2'),
            ('no signer', policy(rules=[{**RULE, 'signers': []}]), 'signers'),
            ('an offset that is none', policy(utc_offset='8'), 'utc_offset')):
        bad('a policy with ' + name, ['policy', 'lint', put('x.json', text)], 1, 'policy-malformed', field, 'x.json')
        bad('signing a policy with ' + name, ['policy', 'sign', 'x.json', '--origin', 'registry.test', '--key', 'reg/keys/policy-US',
            '--out', 'x'] + P, 1, field)
    def denied(condition, **more):
        return policy(rules=[{**RULE, 'hard_deny': [{'code': 'stop', 'if': condition, **more}]}])
    stop, signer = {'fact': 'stop', 'op': 'eq', 'value': True}, RULE['signers'][0]
    for name, text, field in (
            ('an age under 0', denied([{'fact': 'patient_age', 'op': 'lt', 'value': 0}]), 'hard_deny patient_age'),
            ('a grade of 9', denied([{'fact': 'antimicrobial_grade', 'op': 'ge', 'value': 9}]), 'hard_deny antimicrobial_grade'),
            ('a fact that is so and is not', denied([stop, {**stop, 'value': False}]), 'never denies'),
            ('a schedule that is two', denied([{'fact': 'schedule', 'op': 'eq', 'value': w} for w in ('I', 'II')]), 'hard_deny schedule'),
            ('an empty schedule', denied([{'fact': 'schedule', 'op': 'eq', 'value': ''}]), 'empty'),
            ('an excuse that always holds', denied([stop], unless={'stop': True}), 'hard_deny unless'),
            ('a denial of an exception', denied([{'fact': 'exception', 'op': 'eq', 'value': 'alliance'}]), 'hard_deny exception'),
            ('no specialty in the list', policy(rules=[{**RULE, 'signers': [{**signer, 'specialties': []}]}]), 'specialties'),
            ('a supervisor of nobody', policy(rules=[{**RULE, 'signers': [{**signer, 'unrestricted': True}, {**signer, 'only_if': 'supervised'}]}]),
             'only_if'),
            ('a rule that nothing comes to', policy(rules=[{**RULE, 'settings': ['o*']}, {**RULE, 'settings': ['online', 'outpatient']}]),
             'settings'),
            ('a resource in small letters', policy(documents={'medicationrequest': ['prescription_*']}), 'medicationrequest'),
            ('a star in the middle', policy(documents={'MedicationRequest': ['pres*cription']}), 'pres*cription')):
        good('a policy with ' + name, ['policy', 'lint', put('x.json', text)], 'warning: ', field, ' rules, ', ' warnings')
        good('as JSON', ['policy', 'lint', '--json', 'x.json'], '"reason":')
    good('no warning', ['policy', 'lint', '--json', put('x.json', denied([stop, {'fact': 'schedule', 'op': 'ne', 'value': 'none'}]))], '"warnings":[]')
    bad('a policy of more than 256 KiB', ['policy', 'lint', put('x.json', policy() + ' ' * (256 * 1024))], 1, 'too-large', 'x.json')
    sign = ['policy', 'sign', 'us.json', '--origin', 'registry.test', '--out', 'us.note', '--key']
    bad('a policy signed with the wrong passphrase', sign + ['reg/keys/policy-US', '--passphrase-file', 'other'], 1, 'passphrase-wrong')
    bad('a policy signed by a key for something else', sign + ['a.key'] + P, 1, 'purpose in a.key')
    good('a policy signed', sign + ['reg/keys/policy-US'] + P)
    signed = get('us.note')
    good('a note, by the root', ['policy', 'lint', 'us.note', '--root', 'reg/trust/1'], 'good: us', 'signed as the root demands')
    good('a note, by the root, as JSON', ['policy', 'lint', 'us.note', '--root', 'reg/trust/1', '--json'], '"signature":"good"')
    altered = put('x.note', signed.replace(b'"max_status_age_s": 3600', b'"max_status_age_s": 3601'))
    good('an altered note, without a root', ['policy', 'lint', altered], 'good: us', 'its signature was not checked', '--root')
    good('an altered note, as JSON', ['policy', 'lint', altered, '--json'], '"signature":"not-checked"')
    good('an altered note, shown', ['policy', 'show', altered], 'its signature was not checked')
    bad('an altered note, by the root', ['policy', 'lint', altered, '--root', 'reg/trust/1'], 1, 'note-signature-bad', altered)
    bad('a note by another root', ['policy', 'lint', 'us.note', '--root', 'other.root'], 1, 'policy-malformed', 'origin in us.note')
    bad('what nobody signed, by the root', ['policy', 'lint', 'us.json', '--root', 'reg/trust/1'], 2, 'nobody has signed it', 'us.json')
    good('what nobody signed, as JSON', ['policy', 'lint', 'us.json', '--json'], '"signature":"none"')
    bad('a policy signed over a signed one', sign + ['reg/keys/policy-US'] + P, 3, 'is there already', 'us.note', 'another path')
    bad('a policy signed over its text', sign[:-3] + ['--out', 'us.json', '--key', 'reg/keys/policy-US'] + P, 3, 'is there already', 'us.json')
    if get('us.note') != signed:
        failures.append('a signed policy was overwritten')
    good('a policy shown', ['policy', 'show', 'us.note'], 'imaging_report', 'draft_with_approval', 'physician',
         'licensed for the place of care, filed at the site', 'one document a signature')
    good('a policy shown as JSON', ['policy', 'show', 'us.note', '--json'], '"signed":true')
    good('a policy against itself', ['policy', 'diff', 'us.json', 'us.note'], 'they say the same')
    strict = put('strict.json', policy(version=2, rules=[{**RULE, 'ai_authorship': 'human_only', 'max_status_age_s': 5}]))
    bad('a stricter policy', ['policy', 'diff', 'us.json', strict], 1, '- AI', '+ AI', 'human_only', 'at most 5s old', '+ version')
    signer = RULE['signers'][0]
    def differ(name, before, after, *texts):
        bad('a policy with ' + name, ['policy', 'diff', put('before.json', before), put('after.json', after)], 1, *texts)
    def of_system(system):
        return policy(rules=[{**RULE, 'signers': [{**signer, 'specialties': [{'system': system, 'code': '207R'}]}]}])
    def of_codes(last):
        many = [{'system': 's', 'code': 'c%02d' % i + 'x' * 190} for i in range(60)]
        return policy(rules=[{**RULE, 'signers': [{**signer, 'specialties': many + [{'system': 's', 'code': last}]}]}])
    differ('a specialty of another system', of_system('urn:nucc'), of_system('urn:other'), 'urn:nucc 207R', 'urn:other 207R')
    differ('a long list that ends otherwise', of_codes('one'), of_codes('two'), 's one, licensed', 's two, licensed')
    good('a long list, whole', ['policy', 'show', put('x.json', of_codes('the-last'))], 's the-last, licensed for')
    differ('a title', policy(title='A'), policy(title='B'), '- title        A', '+ title        B')
    differ('other records', policy(rules=[{**RULE, 'retention': {'record_y': 5}}]), policy(rules=[{**RULE, 'retention': {'record_y': 5, 'log_m': 0}}]),
           'the record 5 years, the log 0 months')
    differ('what reads the same and is written otherwise', policy(rules=[{**RULE, 'signers': [{**signer, 'specialties': []}]}]), policy(),
           '"specialties":[]')
    differ('a rule more', policy(), policy(rules=[RULE, {**RULE, 'acts': ['other_act'], 'ai_authorship': 'human_only'}]),
           'other_act in', '+ AI           human_only', '+ signer 1')
    differ('a document more', policy(), policy(documents={'Condition': ['diagnosis']}), 'a FHIR Condition: diagnosis')
    good('a policy in another order', ['policy', 'diff', put('before.json', policy(rules=[dict(reversed(RULE.items()))])), put('after.json', policy())],
         'they say the same')
    more = put('more.json', policy(rules=[RULE, {**RULE, 'acts': ['referral'], 'max_status_age_s': 7}], title='Another'))
    bad('a policy with one rule more', ['policy', 'diff', 'us.json', more], 1, 'referral in', '+ evidence', 'at most 7s old', '+ title')
    bad('a policy with one rule less', ['policy', 'diff', more, 'us.json'], 1, 'referral in', '- evidence', 'at most 7s old', '- title')
    table = '# T\n\nPolicies: [us](us.json).\n\nDate: 2040-01-01.\n\nGiven: act imaging_report, outpatient, in US-KS.\n\nSigned: physician, may imaging report.\n\n'
    head = '| Case | What | Who | Answer |\n|---|---|---|---|\n'
    good('cases', ['policy', 'test', put('cases.md', table + head + '| a | as given | as given | allow |\n')], '1 cases, 0 of them refusals')
    bad('a case answered otherwise', ['policy', 'test', put('cases.md', table + head + '| a | inpatient | as given | allow |\n')], 1,
            'cases.md:13', 'act-unknown')
    for name, row, what in (('phrase', '| a | by moonlight | as given | allow |', 'by moonlight'), ('signer', '| a | as given | wizard | allow |', 'wizard'),
                            ('answer', '| a | as given | as given | maybe |', 'maybe'), ('code', '| a | as given | as given | refuse no-such |', 'no-such')):
        bad('a case with an unknown ' + name, ['policy', 'test', put('cases.md', table + head + row + '\n')], 1, what, 'cases.md:13')
    bad('no case', ['policy', 'test', put('cases.md', table)], 1, 'no case', 'cases.md')
    bad('a policy of cases that is not there', ['policy', 'test', put('cases.md', table.replace('us.json', 'nope.json') + head)], 3, 'nope.json')
    bad('a truncated policy note', ['policy', 'show', put('x.note', get('us.note')[:-30])], 1, 'note-malformed', 'x.note')
    bad('a policy that is not there', ['policy', 'lint', 'nope'], 3, 'nope')
    return sign


def states():
    bad('a registry in a folder that is not empty', ['state', 'init', 'other-keys'] + P, 3, 'other-keys')
    bad('a registry with another passphrase file', ['state', 'init', 'x', '--passphrase-file', 'nope'], 3, 'nope')
    bad('a registry for a place that is none', ['state', 'init', 'x', '--jurisdiction', 'Kansas'] + P, 2, 'Kansas')
    put('a.json', json.dumps(PERSON))
    bind = ['state', 'bind', 'reg', '--practitioner']
    for name, person, field in (('no profession', without(PERSON, 'profession'), 'profession'),
                                ('an unknown level', {**PERSON, 'level': 'wizard'}, 'level'),
                                ('an unknown member', {**PERSON, 'banana': 1}, 'malformed-claims'),
                                ('a date that is none', {**PERSON, 'licensed_until': '2030-02-30'}, 'licensed_until')):
        bad('a practitioner with ' + name, bind + [put('x.json', json.dumps(person)), '--holder', 'a.key'] + P, 1, field, 'x.json')
    bad('a practitioner whom no issuer covers', bind + [put('x.json', json.dumps({**PERSON, 'jurisdiction': ['FR']})), '--holder', 'a.key']
        + P, 1, 'jurisdiction FR')
    bad('a practitioner that is no JSON', bind + [put('x.json', '{'), '--holder', 'a.key'] + P, 1, 'malformed-json', 'x.json')
    bad('a holder that is no key', bind + ['a.json', '--holder', 'nope'] + P, 3, 'nope')
    bad('a holder with a key for something else', bind + ['a.json', '--holder', 'root.key'] + P, 1, 'purpose in root.key')
    bad('one key for two people', bind + ['a.json', '--holder', 'a.key', '--practitioner', 'a.json', '--holder', 'a.key'] + P, 1, '--holder')
    bad('fewer holders than people', bind + ['a.json', '--practitioner', 'a.json', '--holder', 'a.key'] + P, 2, '--holder')
    bad('a binding with the wrong passphrase', bind + ['a.json', '--holder', 'a.key', '--passphrase-file', 'other'], 1, 'passphrase-wrong')
    bad('a binding in a folder that is not there', ['state', 'bind', 'nope', '--practitioner', 'a.json', '--holder', 'a.key'] + P, 3, 'nope')
    good('a binding', bind + ['a.json', '--holder', 'a.key', '--credential', 'a.credential'] + P, 'index 0')
    bad('a second live index for a key', bind + ['a.json', '--holder', 'a.key'] + P, 1, 'live index', 'state end')
    public = json.loads(run('key', 'show', 'b.key', '--json').stdout)['public_key']
    good('a binding by public key', bind + ['a.json', '--holder=' + public] + P, 'index 1')
    publish = ['state', 'publish', 'reg']
    bad('a policy that nobody signed', publish + ['us.json'] + P, 1, 'note-malformed', 'us.json')
    bad('a truncated policy', publish + ['x.note'] + P, 1, 'note-malformed', 'x.note')
    run('policy', 'sign', 'us.json', '--origin', 'other.test', '--key', 'other-keys/policy-US', '--out', 'other.note', *P)
    bad('a policy of another registry', publish + ['other.note'] + P, 1, 'policy-malformed', 'origin in other.note')
    run('policy', 'sign', 'us.json', '--origin', 'registry.test', '--key', 'reg/keys/policy-CN', '--out', 'cn.note', *P)
    bad('a policy by the key of another place', publish + ['cn.note'] + P, 1, 'policy-signer', 'applies_to in cn.note')
    run('policy', 'sign', put('x.json', policy(effective_from=0)), '--origin', 'registry.test', '--key', 'reg/keys/policy-US', '--out', gone('x.note'), *P)
    bad('a policy of a time before its key', publish + ['x.note'] + P, 1, 'policy-signer', 'effective_from in x.note')
    good('a policy published', publish + ['us.note'] + P)
    bad('the same version again', publish + ['us.note'] + P, 1, 'policy-rolled-back')
    end = ['state', 'end', 'reg', '--index']
    bad('the end of an index that never was', end + ['7', '--code', 'revoked'] + P, 1, '--index 7')
    bad('an end that is none', end + ['1', '--code', 'paused'] + P, 2, '--code', 'suspended')
    bad('a reason that is none', end + ['1', '--code', 'revoked', '--reason', 'x'] + P, 2, '--reason')
    good('an end', end + ['1', '--code', 'revoked', '--reason', 'licence_action'] + P)
    credential = ['state', 'credential', 'reg', '--index']
    bad('a credential for what ended', credential + ['1', '--out', 'x'] + P, 1, 'revoked', '--index 1')
    bad('a credential for nobody', credential + ['9', '--out', 'x'] + P, 1, 'binding-unknown', '--index 9')
    bad('a credential for two days', credential + ['0', '--life', '172800'] + P, 2, '--life')
    good('a credential', credential + ['0', '--out', 'a.credential'] + P)
    good('a credential of the past', credential + ['0', '--out', 'old.credential', '--at', str(NOW - 7200)] + P)
    cut = ['state', 'cut', 'reg', '--kind']
    bad('a cut of nothing', cut + ['tool'] + P, 2, '--id')
    bad('a cut with a model that has none', cut + ['tool', '--id', 'x', '--model', 'y'] + P, 2, '--model')
    good('a cut', cut + ['model', '--id', 'old-tool', '--model', 'm', '--for-good'] + P)
    bad('a cut that goes back', cut + ['model', '--id', 'old-tool', '--model', 'm'] + P, 1, 'not later than the cut before', 'cut')
    bad('evidence of yesterday', ['state', 'refresh', 'reg', '--at', str(NOW - 86400)] + P, 1, '--at')
    bad('evidence by a key that is not valid then', ['state', 'refresh', 'reg', '--at', str(NOW + 90 * 86400)] + P, 1, 'freshness key')
    bad('a time that is none', ['state', 'refresh', 'reg', '--at', '2026-02-30T00:00:00Z'] + P, 2, '--at')
    good('evidence', ['state', 'refresh', 'reg', '--json'] + P, '"size":')


TOOL = ['--tool', 'reader/xl/2.1', '--audience', 'deployment-1', '--site', 'mercy', '--media-type', 'text/plain']
REF = 'A' * 43


def requests():
    put('report.txt', 'No consolidation.\n')
    put('draft.txt', 'Consolidation.\n')
    put('patients', 'QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE\n')
    base = ['--act', 'imaging_report', '--setting', 'outpatient', '--jurisdiction', 'US-KS', '--label', 'Report', '--document', 'report.txt']
    whole = ['request', *TOOL, *base, '--patient-ref', REF]
    good('a request', whole + ['--draft', 'draft.txt', '--out', 'request'])
    good('a request with facts', whole + ['--facts', '{"visit":"revisit","patient_age":40}'], '"visit":"revisit"')
    one = good('a patient', ['request', *TOOL, *base, '--patient', '4711', '--patient-key', 'patients'])
    if '4711' in one.stdout or json.loads(one.stdout)['patient_ref'] == REF:
        failures.append('a request shows the patient')
    for name, change, says in (
            ('no setting', [o for o in whole if o not in ('--setting', 'outpatient')], 'missing, --setting'),
            ('a setting that is none', [o if o != 'outpatient' else 'garden' for o in whole], '--setting'),
            ('a tool without a version', [o if o != 'reader/xl/2.1' else 'reader/xl' for o in whole], '--tool'),
            ('a jurisdiction that is none', [o if o != 'US-KS' else 'Kansas' for o in whole], 'jurisdiction'),
            ('a site that is no id', [o if o != 'mercy' else 'mercy hospital' for o in whole], 'site'),
            ('a patient_ref that is a number', [o if o != REF else '4711' for o in whole], '--patient-ref'),
            ('two patients', whole + ['--patient', '1'], '--patient-ref'),
            ('facts that are no JSON', whole + ['--facts', '{'], '--facts'),
            ('an unknown fact', whole + ['--facts', '{"mood":"good"}'], '--facts'),
            ('a label that is too long', [o if o != 'Report' else 'x' * 201 for o in whole], 'label')):
        bad('a request with ' + name, change + ['--out', 'x'], 2, says)
    bad('a request for a document that is not there', [o if o != 'report.txt' else 'nope' for o in whole] + ['--out', 'x'], 3, 'nope')
    bad('a request with a draft that is not there', whole + ['--draft', 'nope', '--out', 'x'], 3, 'nope')
    bad('a request with a patient key that is none', ['request', *TOOL, *base, '--patient', '1', '--patient-key', 'report.txt'], 1, 'report.txt')


def signing():
    sign = ['sign', '--credential', 'a.credential', '--key', 'a.key', '--request', 'request', '--document', 'report.txt']
    full = sign + ['--disposition', 'modified', '--meaning', 'approval', '--yes', '--out', 'signed'] + P
    for name, argv, code, says in (
            ('no disposition', sign + ['--yes'] + P, 2, 'missing, --disposition'),
            ('a disposition that is none', sign + ['--disposition', 'liked'] + P, 2, '--disposition'),
            ('no meaning', sign + ['--disposition', 'modified', '--yes'] + P, 2, 'missing, --meaning'),
            ('less AI than there was', full + ['--authorship', 'human'], 1, '--authorship'),
            ('a claim that is not disclosed', full + ['--disclose', 'name,birth_date'], 2, 'birth_date in --disclose'),
            ('the wrong passphrase', full[:-1] + ['other'], 1, 'passphrase-wrong'),
            ("another's key", [o if o != 'a.key' else 'b.key' for o in full], 1, 'not the credential'),
            ('a key for something else', [o if o != 'a.key' else 'root.key' for o in full], 1, 'purpose in root.key'),
            ('an expired credential', [o if o != 'a.credential' else 'old.credential' for o in full], 1, 'exp in old.credential'),
            ('a credential that is none', [o if o != 'a.credential' else 'report.txt' for o in full], 1, 'malformed-token'),
            ('a request that is none', [o if o != 'request' else 'us.json' for o in full], 1, 'us.json'),
            ('a request that is not there', [o if o != 'request' else 'nope' for o in full], 3, 'nope'),
            ('a document that is not there', [o if o != 'report.txt' else 'nope' for o in full], 3, 'nope'),
            ('nobody to confirm', [o for o in full if o != '--yes'], 3, '--yes')):
        bad('signing with ' + name, argv, code, says)
    shown = typed([o for o in full if o != '--yes'], ['yes'])
    if shown[0] != 0 or b'sha256:' + hashlib.sha256(get('report.txt')).hexdigest().encode() not in shown[1] or b'Report' not in shown[1]:
        failures.append('a sign-off confirmed at the terminal: %r' % (shown,))
    os.unlink(os.path.join(HERE, 'signed'))
    shown = typed([o for o in full if o != '--yes'], ['no'])
    if shown[0] != 1 or os.path.exists(os.path.join(HERE, 'signed')):
        failures.append('a sign-off denied at the terminal: %r' % (shown,))
    good('a sign-off', full)
    good('a sign-off that tells no name', [o if o != 'signed' else 'nameless' for o in full] + ['--disclose', 'none'])
    good('a request for the next signer', ['request', '--prior', 'signed', '--document', 'report.txt', '--out', 'request-2'])
    if json.loads(get('request-2'))['slot'] != 2:
        failures.append('the next request is not for slot 2')
    bad('the next signer for another act', ['request', '--prior', 'signed', '--document', 'report.txt', '--act', 'x'], 2, '--act beside')
    bad('a prior that is none', ['request', '--prior', 'us.json', '--document', 'report.txt'], 3, 'us.json')


def policy_of_before(folder):
    """A next version is published, and the version before it stands in its place: known, good, and not what is wanted."""
    put('x.json', policy(version=2, effective_from=NOW - 30))
    run('policy', 'sign', 'x.json', '--origin', 'registry.test', '--key', 'reg/keys/policy-US', '--out', gone('x.note'), *P)
    run('state', 'publish', folder, 'x.note', *P)
    for name in os.listdir(folder + '/policies'):
        shutil.copy(HERE + '/us.note', os.path.join(folder, 'policies', name))


def copy_of_registry(change):
    target = os.path.join(HERE, 'broken')
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(os.path.join(HERE, 'reg'), target)
    change(target)


def edit(path, old, new):
    def change(folder):
        with open(os.path.join(folder, path), 'rb') as f:
            content = f.read()
        if old not in content:
            raise SystemExit('%r is not in %s' % (old, path))
        with open(os.path.join(folder, path), 'wb') as f:
            f.write(content.replace(old, new, 1))
    return change


def only_file(folder):
    return os.path.join(folder, os.listdir(folder)[0])


def misplace_policy(folder):
    held = only_file(folder + '/policies')
    run('policy', 'sign', put('second.json', policy(id='second')), '--origin', 'registry.test', '--key', 'reg/keys/policy-US', '--out',
        'second.note', *P)
    run('state', 'publish', 'broken', 'second.note', *P)
    for name in os.listdir(folder + '/policies'):
        if os.path.join(folder, 'policies', name) != held:
            shutil.copy(held, os.path.join(folder, 'policies', name))


def checking(pin, other):
    parts = ['--request', 'request', '--sign-off', 'signed', '--document', 'report.txt']
    check = ['check', '--test', '--root-hash=' + pin, '--state']
    good('allowed', check + ['reg'] + parts, 'ALLOW', '14/14', 'Dr A?')
    good('explained', check + ['reg', '--explain'] + parts, 'ALLOW', '12 qualification  passed', 'asks  slot 1, us version 1: physician', 'saw   slot 1: physician',
         '14 circumstances  passed')
    good('explained as JSON', ['policy', 'explain', '--json'] + check[1:] + ['reg'] + parts, '"explanation":[{"check":"root"')
    overlay = {**without(RULE, 'acts'), 'max_status_age_s': 0, 'ai_authorship': 'human_only'}
    bad('refused by the overlay', check + ['reg', '--explain', '--overlay', put('overlay.json', json.dumps(overlay))] + parts, 1,
        "the app's overlay", 'not reached', "would pass: the app's overlay, the rule for")
    saw = ['independent since', '"narcotic":', 'conditions [', 'no specialty', 'disclosed']
    good('what the check saw of the signer', check + ['reg', '--explain'] + parts, *saw)
    by = {**without(RULE, 'acts'), 'max_status_age_s': 86400, 'signers': [{**RULE['signers'][0], 'professions': ['nurse']}]}
    bad('refused by a rule of the overlay', check + ['reg', '--explain', '--overlay', put('overlay.json', json.dumps(by))] + parts, 1,
        "would pass: the app's overlay, the rule for * in", 'profession')
    traced = {**without(RULE, 'acts'), 'max_status_age_s': 86400, 'provenance': True}
    bad('refused for want of Provenance', check + ['reg', '--explain', '--overlay', put('overlay.json', json.dumps(traced))] + parts, 1,
        'a Provenance resource in the document', 'no Provenance resource', "would pass: the app's overlay")
    for name, demands, *says in (
            ('a licence number that is not disclosed', {'identity': ['name', 'licence_number']}, "the app's overlay: to disclose name, licence_number",
             'slot 1: disclosed', 'name: not disclosed'),
            ('a fact that is not stated', {'facts': ['patient_age']}, 'patient_age: named by the rule, and not stated', 'batch: one document a signature'),
            ('a denial that nothing rules out', {'hard_deny': [{'code': 'age-rule', 'if': [{'fact': 'patient_age', 'op': 'lt', 'value': 3}]}]},
             'patient_age: not stated, and a denial cannot be ruled out without it')):
        rule = {**without(RULE, 'acts'), 'max_status_age_s': 86400, **demands}
        bad('refused for ' + name, check + ['reg', '--explain', '--overlay', put('overlay.json', json.dumps(rule))]
            + [o if o != 'signed' else 'nameless' for o in parts], 1, *says)
    bad('an overlay with acts', check + ['reg', '--overlay', put('overlay.json', json.dumps(RULE))] + parts, 3, 'policy-malformed', 'the overlay')
    decision = json.loads(good('allowed, as JSON', check + ['reg', '--json'] + parts).stdout)
    if decision['verdict'] != 'allow' or len(decision['checks']) != 14:
        failures.append('check --json: %r' % decision)
    good('without a name', check + ['reg'] + [o if o != 'signed' else 'nameless' for o in parts], 'name not disclosed')
    bad('another document', check + ['reg'] + [o if o != 'report.txt' else 'draft.txt' for o in parts], 1, 'document-changed')
    bad('another deployment', check + ['reg', '--deployment', 'deployment-2'] + parts, 1, 'REFUSE')
    bad('stale', check + ['reg', '--now', str(NOW + 7200)] + parts, 1, 'status-stale')
    bad('the past', check + ['reg', '--now', str(NOW - 7200)] + parts, 1, 'REFUSE')
    bad('received too late', check + ['reg', '--received-at', str(NOW + 90000)] + parts, 1, 'REFUSE')
    refused = json.loads(bad('stale, as JSON', check + ['reg', '--json', '--now', str(NOW + 7200)] + parts, 1).stdout)
    if refused['verdict'] != 'refuse' or refused['code'] != 'status-stale':
        failures.append('check --json: %r' % refused)
    bad('a test root in earnest', ['check', '--root-hash=' + pin, '--state', 'reg'] + parts, 1, 'root-test')
    bad('no pinned root', ['check', '--test', '--state', 'reg'] + parts, 2, 'missing, --root-hash', 'root show')
    bad('a pin that is none', ['check', '--test', '--state', 'reg', '--root-hash', 'abc'] + parts, 2, '--root-hash')
    bad("another registry's root", ['check', '--test', '--state', 'reg', '--root-hash=' + other] + parts, 3, 'root-hash', 'reg/trust')
    bad('a folder that is not there', check + ['nope'] + parts, 3, 'nope/trust/1')
    bad('nothing to decide', check + ['reg'], 2, 'RELEASE')
    bad('no document', check + ['reg', '--request', 'request', '--sign-off', 'signed'], 2, '--document')
    bad('a sign-off that is none', check + ['reg'] + [o if o != 'signed' else 'us.json' for o in parts], 3, 'us.json')
    bad('five signers', check + ['reg', '--document', 'report.txt'] + ['--request', 'request'] * 5, 2, 'more than 4')

    request, signed = json.loads(get('request')), json.loads(get('signed'))
    release = {k: request[k] for k in ('act', 'setting', 'jurisdiction', 'site', 'tool', 'audience', 'request_id')}
    release.update(release_id='01aa5d7c-9b50-7c3a-8f00-5d1c9a7be001', requests=[request], sign_offs=[{**signed, 'entry': 0}], document_file='report.txt')
    text = json.dumps(release)
    text = text.replace(json.dumps(request), get('request').decode().strip())
    good('a release', check + ['reg', put('release.json', text)], 'ALLOW')
    bad('a release and its parts', check + ['reg', 'release.json'] + parts, 2, 'release.json')
    for name, broken, field in (
            ('no JSON', text[:-1], 'argument'),
            ('an unknown member', json.dumps({**release, 'banana': 1}), 'argument'),
            ('no act', json.dumps(without(release, 'act')), 'act'),
            ('no document', json.dumps(without(release, 'document_file')), 'document'),
            ('two documents', json.dumps({**release, 'document': 'QQ'}), 'document_file'),
            ('a document that is no base64url', json.dumps({**without(release, 'document_file'), 'document': '%'}), 'document')):
        bad('a release with ' + name, check + ['reg', put('x.json', broken)], 3, field, 'x.json')
    bad('a release of a file that is not there', check + ['reg', put('x.json', json.dumps({**release, 'document_file': 'nope'}))], 3, 'nope')
    bad('a release that is not there', check + ['reg', 'nope'], 3, 'nope')
    good('a release in full', check + ['reg', put('x.json', json.dumps({**without(release, 'document_file'), 'document':
         'Tm8gY29uc29saWRhdGlvbi4K', 'requests': [request]}))], 'ALLOW')

    size = get('reg/status/checkpoint').split(b'\n')[1]
    entries = 'status/tile/entries/000.p/' + size.decode()
    for name, change, code, says in (
            ('no root', lambda f: os.unlink(f + '/trust/1'), 3, 'broken/trust/1'),
            ('a changed root', edit('trust/1', b'version 1', b'version 3'), 3, 'root-hash'),
            ('no checkpoint', lambda f: os.unlink(f + '/status/checkpoint'), 3, 'broken/status/checkpoint'),
            ('half a checkpoint', lambda f: os.truncate(f + '/status/checkpoint', 100), 3, 'note-malformed'),
            ('a checkpoint of another size', edit('status/checkpoint', b'\n%s\n' % size, b'\n1\n'), 3, 'note-signature-bad'),
            ('a checkpoint of absurd size', edit('status/checkpoint', b'\n%s\n' % size, b'\n9999999999\n'), 3, 'too-large'),
            ('no leaves', lambda f: shutil.rmtree(f + '/status/tile/entries'), 3, entries),
            ('a changed leaf', edit(entries, b'E\x01\x01', b'E\x01\x02'), 3, 'proof-bad'),
            ('a leaf cut short', lambda f: os.truncate(os.path.join(f, entries), 200), 3, 'tile-malformed'),
            ('no policy', lambda f: shutil.rmtree(f + '/policies'), 1, 'policy-stale'),
            ('one policy under the name of another', misplace_policy, 3, 'policy-unnamed'),
            ('a changed policy', lambda f: edit(only_file(f + '/policies'), b'physician', b'dentist')(''), 3, 'note-signature-bad'),
            ("another policy's note under a policy's name", policy_of_before, 3, 'policy-unnamed'),
            ('a next root', lambda f: shutil.copy(HERE + '/second.root', f + '/trust/2'), 0, 'ALLOW'),
            ("another registry's next root", lambda f: shutil.copy(HERE + '/other.root', f + '/trust/2'), 3, 'trust/2')):
        copy_of_registry(change)
        case('a folder with ' + name, check + ['broken'] + parts, code, says, unchanged=True)
    copy_of_registry(lambda f: None)
    shutil.rmtree(os.path.join(HERE, 'broken'))


def writing():
    """A folder that may not be written to: nothing is left behind."""
    if os.geteuid() == 0:
        subprocess.run(['chmod', '-R', 'a+rX', HERE], check=True)
        user = 65534
    else:
        user = None
        os.chmod(HERE, 0o500)
    bad('a key in a read-only folder', ['key', 'new', '--purpose', 'app', '--name', 'n', '--out', 'x'] + P, 3, 'cannot write, x', user=user)
    bad('a registry in a read-only folder', ['state', 'init', 'x'] + P, 3, 'cannot make the folder, x', user=user)
    bad('a root in a read-only folder', ['root', 'new', '--test', '--origin', 'x.test', '--keys', 'x', '--out', 'y'] + P, 3, 'x', user=user)
    bad('a request in a read-only folder', ['request', '--prior', 'signed', '--document', 'report.txt', '--out', 'x'], 3, 'cannot write, x',
        user=user)
    if user is None:
        os.chmod(HERE, 0o700)
    full = subprocess.run([COUNTERSIGN, 'explain'], stdout=open('/dev/full', 'w'), stderr=subprocess.PIPE, text=True)
    if full.returncode != 3 or 'cannot write' not in full.stderr:
        failures.append('a full disk behind standard output: %r' % full)


def many(pin):
    """A log of several tiles: 600 bindings, with keys that this test makes itself."""
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'conformance'))
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from base64 import urlsafe_b64encode
    size = 0
    for _ in range(10):
        argv = ['state', 'bind', 'reg'] + P
        for _ in range(60):
            public = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            argv += ['--practitioner', 'a.json', '--holder=' + urlsafe_b64encode(public).decode().rstrip('=')]
        if run(*argv).returncode:
            failures.append('binding many')
            return
    size = json.loads(run('state', 'refresh', 'reg', '--json', *P).stdout)['size']
    there = {os.path.relpath(os.path.join(folder, name), HERE + '/reg/status/tile')
             for folder, _, names in os.walk(HERE + '/reg/status/tile') for name in names}
    wanted = {'0/000', '0/001', '0/002.p/%d' % (size - 512), '1/000.p/2', 'entries/000', 'entries/001', 'entries/002.p/%d' % (size - 512)}
    if not wanted <= there:
        failures.append('tiles of a log of %d leaves: missing %r' % (size, wanted - there))
    good('a log of several tiles', ['check', '--test', '--root-hash=' + pin, '--state', 'reg', '--request', 'request', '--sign-off',
         'signed', '--document', 'report.txt'], 'ALLOW', 'log %d' % size)


def main():
    try:
        common()
        vkey = keys()
        terminal()
        pin, other = roots(vkey)
        policies()
        states()
        requests()
        signing()
        checking(pin, other)
        writing()
        many(pin)
    finally:
        code = finish(100)
    return code


sys.exit(main())
