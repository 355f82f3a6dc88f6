#!/usr/bin/env python3
"""The verbs that act at a registry, against a real one: remote.py COUNTERSIGN REGISTRY

A regulator with two officers, a hospital with two, a clinician and an app: all that they do is typed, and read back.
"""
import json
import os
import re
import select
import signal
import shutil
import subprocess
import sys
import tempfile
import time

from harness import COUNTERSIGN, HERE, NOW, bad, case, failures, finish, gone, good, put, run, typed

REGISTRY = os.path.realpath(sys.argv[2])
FOLDER = tempfile.mkdtemp(prefix='countersign-registry.')  # beside the others: it changes while what is refused must not
P = ['--passphrase-file', 'pass']
DEADLINE = 30
ISS = 'https://registry.test'
OFFICERS = {'lee': 'ks.health/lee', 'ann': 'ks.health/ann', 'joy': 'mercy/joy', 'kim': 'mercy/kim', 'eve': 'ks.health/eve'}
PERSON = {'practitioner': {'name': 'Dr A. Example', 'identifiers': [{'system': 'npi', 'value': '1234567893'}]},
          'licence': {'profession': 'physician', 'level': 'independent', 'jurisdiction': ['US-KS'], 'number': 'KS-1', 'specialty': [],
                      'privileges': {'prescribe': True, 'schedules': [], 'antimicrobial_grade': 0, 'narcotic': False},
                      'conditions': []},
          'affiliation': {'site': 'mercy', 'basis': 'primary', 'consent': True, 'from': NOW - 86400}}
POLICY = {'id': 'us', 'version': 1, 'authority': 'ks.health', 'applies_to': ['US'], 'effective_from': NOW - 60, 'utc_offset': '-06:00',
          'sources': ['test'], 'rules': [{'acts': ['imaging_report'], 'settings': ['outpatient'], 'ai_authorship': 'draft_with_approval',
                                          'signers': [{'professions': ['physician'], 'meanings': ['approval']}],
                                          'max_status_age_s': 60, 'signoff_to_release_s': 3600}]}


def by(name):
    return ['--test', '--iss', ISS, '--key', name + '.key', *P]


def vkey(name):
    return json.loads(run('key', 'show', name + '.key', '--json').stdout)['vkey']


def line(stream, wanted):
    """Reads lines until one has a text; fails after the deadline."""
    end, seen = time.monotonic() + DEADLINE, b''
    while time.monotonic() < end:
        if not select.select([stream], [], [], 1)[0]:
            continue
        chunk = os.read(stream.fileno(), 65536)
        if not chunk:
            break
        seen += chunk
        for text in seen.decode(errors='replace').split('\n')[:-1]:
            if wanted in text:
                return text
    raise AssertionError('%r did not come: %r' % (wanted, seen))


def start():
    """Makes a registry and runs it; its root's hash and the process."""
    put('pass', 'a passphrase\n')
    made = [('officer', name, key) for key, name in OFFICERS.items()] + [('policy', 'policy.us', 'policy'), ('app', 'app-1', 'app'),
                                                                       ('holder', 'dr-a', 'dr-a'), ('holder', 'dr-b', 'dr-b')]
    for purpose, name, path in made:
        if run('key', 'new', '--purpose', purpose, '--name', name, '--out', path + '.key', *P).returncode:
            sys.exit('no key ' + path)
    init = [REGISTRY, 'init', '--folder', FOLDER + '/registry', '--origin', 'registry.test', '--iss', ISS, '--test', '--listen', '127.0.0.1:0',
            '--admin', 'ks.health:US:' + vkey('lee'), '--admin', 'ks.health:US:' + vkey('ann'), '--policy-key', 'US:' + vkey('policy'), *P]
    done = subprocess.run(init, cwd=HERE, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        sys.exit('no registry: ' + done.stderr)
    process = subprocess.Popen([REGISTRY, 'serve', '--config', FOLDER + '/registry/registry.conf'], cwd=HERE, stdout=subprocess.PIPE,
                               stderr=open(FOLDER + '/serve.log', 'wb'))
    os.environ['COUNTERSIGN_REGISTRY'] = 'http://' + re.search(r'127\.0\.0\.1:\d+', line(process.stdout, 'listening'))[0]
    return json.loads(run('root', 'show', FOLDER + '/registry/root/1', '--json').stdout)['hash'], process


def waiting(name, argv):
    """A deed that waits for a second officer: its hash."""
    return json.loads(good(name, [*argv, '--json'], '"waiting"').stdout.split('\n')[0])['hash']


def approved(name, second, deed):
    """What came of the deed when a second officer had signed it."""
    view = json.loads(good(name + ', approved', ['deed', 'approve', deed, '--yes', '--json', *by(second)]).stdout)
    if view['state'] not in ('accepted', 'effective') or view['needs']:
        failures.append('%s, approved: %r' % (name, view))
    return view.get('result', {})


def deed(kind, at, first, second, *members):
    """Made, signed and submitted by one officer, approved by another."""
    good(kind, ['deed', 'new', kind, '--origin', 'registry.test', '--at', at, '--out', gone(kind), *members])
    good(kind + ', signed', ['deed', 'sign', kind, '--key', first + '.key', '--yes', *P])
    return approved(kind, second, waiting(kind + ', submitted', ['deed', 'submit', kind, *by(first)]))


def regulator():
    """A policy in force, a hospital, and its officers."""
    put('us.json', json.dumps(POLICY))
    good('a policy', ['policy', 'sign', 'us.json', '--origin', 'registry.test', '--key', 'policy.key', '--out', 'us', *P])
    good('a policy, uploaded', ['policy', 'upload', 'us', *by('lee')], 'us, version 1', 'policy.publish')
    deed('policy.publish', 'ks.health', 'lee', 'ann', '--note', 'us')
    deed('institution.add', 'ks.health', 'lee', 'ann', '--id', 'mercy', '--name', 'Mercy General', '--jurisdiction', 'US-KS',
         '--identifier', 'npi=9')
    for officer in ('joy', 'kim'):
        deed('officer.add', 'ks.health', 'ann', 'lee', '--body', 'mercy', '--id', officer, '--name', officer, '--role', 'registrar', '--vkey',
             officer + '.key')
    bad('a policy that is none, uploaded', ['policy', 'upload', 'us.json', *by('lee')], 1, 'note-malformed')


def hospital():
    """A clinician is enrolled, and given a code."""
    put('person.json', json.dumps(PERSON, indent=2))
    act = ['--origin', 'registry.test', '--yes', *by('joy')]
    enrolled = waiting('a person', ['enrol', 'person.json', *act])
    good('what waits', ['deed', 'list', '--waiting', *by('kim')], enrolled, 'waiting', 'enrol at mercy', 'mercy/joy', 'needs 1 more')
    good('what waits, fetched', ['deed', 'fetch', enrolled, '--out', 'fetched', *by('kim')])
    good('what waits, shown', ['deed', 'show', 'fetched'], 'Enrols Dr A. Example', enrolled, 'mercy/joy')
    bad('the same officer again', ['deed', 'approve', enrolled, '--yes', *by('joy')], 1, 'same-key')
    ids = approved('a person', 'kim', enrolled)
    good('what was accepted', ['deed', 'list', *by('kim')], enrolled, 'number')
    good('a code', ['deed', 'new', 'activate', '--origin', 'registry.test', '--at', 'mercy', '--practitioner', ids['practitioner'],
         '--licence', ids['licence'], '--affiliation', ids['affiliation'], '--new-code', '--out', gone('activate')])
    return ids


def code_for(ids, name):
    made = good('a code for ' + name, ['deed', 'new', 'activate', '--origin', 'registry.test', '--at', 'mercy', '--practitioner',
                ids['practitioner'], '--licence', ids['licence'], '--affiliation', ids['affiliation'], '--new-code', '--out', gone('activate')])
    good('a code for %s, signed' % name, ['deed', 'sign', 'activate', '--key', 'joy.key', '--yes', *P])
    approved('a code for ' + name, 'kim', waiting('a code for %s, submitted' % name, ['deed', 'submit', 'activate', *by('joy')]))
    return made.stdout.strip()


def clinician(ids):
    """Her key is bound, and she has a credential."""
    code = code_for(ids, 'her')
    wrong = code[:-1] + ('0' if code[-1] != '0' else '1')
    bad('a wrong code', ['activate', wrong, *by('dr-a')], 1, 'code-wrong')
    bad('a credential without a binding', ['credential', '--out', 'x', *by('dr-a')], 1, 'not-found')
    bad('a proof for another registry', ['activate', code, *[o if o != ISS else 'https://other.test' for o in by('dr-a')]], 1,
        'possession-bad', 'aud')
    good('a binding', ['activate', code.lower(), *by('dr-a')], 'index 0 is live', ids['practitioner'])
    bad('a code used twice', ['activate', code, *by('dr-b')], 1, 'code-wrong')
    good('a credential', ['credential', '--out', 'credential', *by('dr-a')], 'index 0')
    if oct(os.stat(os.path.join(HERE, 'credential')).st_mode & 0o777) != '0o600':
        failures.append('others may read a credential')
    good('another credential in its place', ['credential', '--out', 'credential', '--idx', '0', '--json', *by('dr-a')], '"idx":0')
    bad('a credential of an index that is not hers', ['credential', '--idx', '5', *by('dr-a')], 1, 'not-found', 'idx')
    bad("an order by a hospital's officer", ['order', 'suspend', ids['licence'], '--reason', 'licence_action', '--why', 'x', '--origin',
        'registry.test', '--yes', *by('joy')], 1, 'forbidden')


def app(ids):
    """An app asks her."""
    deed('app.add', 'mercy', 'joy', 'kim', '--id', 'app-1', '--tool', 'tool-1', '--act', 'imaging_report', '--setting', 'outpatient',
         '--jurisdiction', 'US-KS', '--vkey', 'app.key')
    post = ['inbox', 'post', '--practitioner', ids['practitioner'], '--expires', str(NOW + 3600), '--url']
    good('nothing asked', ['inbox', 'list', *by('dr-a')], 'nothing waits')
    good('a request', [*post, 'https://app.test/r/1', *by('app')])
    good('what she is asked', ['inbox', 'list', *by('dr-a')], 'https://app.test/r/1', 'app-1')
    bad('a request for nobody', [o if o != ids['practitioner'] else 'nobody' for o in post] + ['https://app.test/r/1', *by('app')], 1)


def watching(root_hash):
    return subprocess.Popen([COUNTERSIGN, 'follow', '--test', '--root-hash', root_hash, '--from', '1', '--state', 'followed'], cwd=HERE,
                            stdout=subprocess.PIPE)


def check(root_hash, code, *says):
    """Her sign-off, decided by the folder that follow keeps, without the registry."""
    return case('decided by what was followed', ['check', '--test', '--root-hash', root_hash, '--state', 'followed', '--request', 'request',
                '--sign-off', 'signed', '--document', 'report.txt'], code, *says)


def sign():
    put('report.txt', 'Findings: none.\n')
    good('a request to sign', ['request', '--act', 'imaging_report', '--setting', 'outpatient', '--jurisdiction', 'US-KS', '--site', 'mercy',
         '--tool', 'tool-1/m/1', '--audience', 'app-1', '--document', 'report.txt', '--label', 'Report', '--authorship', 'human',
         '--media-type', 'text/plain', '--patient-ref', 'A' * 43, '--out', 'request'])
    good('a sign-off', ['sign', '--credential', 'credential', '--key', 'dr-a.key', '--request', 'request', '--document', 'report.txt',
         '--disposition', 'accepted', '--meaning', 'approval', '--yes', '--out', 'signed', *P])


def orders(ids, root_hash):
    """Suspended and given back, while somebody follows the log."""
    order = ['order', None, ids['licence'], '--why', 'complaint 17', '--origin', 'registry.test', '--yes', *by('lee')]
    with watching(root_hash) as follower:
        line(follower.stdout, 'as of')
        sign()
        check(root_hash, 0, 'ALLOW')
        suspend = waiting('a suspension', [o or 'suspend' for o in order] + ['--reason', 'licence_action'])
        approved('a suspension', 'ann', suspend)
        line(follower.stdout, 'index 0 suspended')
        check(root_hash, 1, 'suspended')
        follower.terminate()
    said = good('the log', ['follow', '--once', '--test', '--root-hash', root_hash], 'version 1 of the trust root', 'version 1 of a policy',
                'index 0 is live', 'licence_action').stdout
    if ', by deed ' + suspend[:21] not in said:
        failures.append('the log does not name the deed %s: %s' % (suspend, said))
    bad('a credential of the suspended', ['credential', *by('dr-a')], 1, 'suspended')
    reinstate = waiting('a reinstatement', [o or 'reinstate' for o in order] + ['--reason', 'reinstated'])
    approved('a reinstatement', 'ann', reinstate)
    good('a credential after it', ['credential', '--out', 'credential', *by('dr-a')], 'index 1')
    good('the log after it', ['follow', '--once', '--from', '2', '--json', '--test', '--root-hash', root_hash], 'index 1 is live')
    waits = waiting('an order that nobody else signs', [o or 'revoke' for o in order] + ['--reason', 'licence_action'])
    bad('an approval by a stranger', ['deed', 'approve', waits, '--yes', *by('eve')], 1, 'unauthenticated', 'key in')
    bad('a deed that is nowhere', ['deed', 'fetch', 'A' * 43, *by('lee')], 1, 'not-found')


def npi(number):
    """Nine digits and their check digit."""
    digits = '1%08d' % number
    total = 24 + sum(d if i % 2 else d // 5 + 2 * d % 10 for i, d in enumerate(int(c) for c in digits))
    return digits + str(-total % 10)


def files():
    """A bulk export by its manifest; a table at a terminal, which shows how far the registry is."""
    asked = ['--origin', 'registry.test', '--yes']
    person = {'resourceType': 'Practitioner', 'id': 'p1', 'identifier': [{'system': 'http://hl7.org/fhir/sid/us-npi', 'value': npi(1)}],
              'name': [{'text': 'Dr Bulk'}]}
    gone = {'resourceType': 'Bundle', 'type': 'transaction', 'entry': [{'request': {'method': 'DELETE', 'url': 'Practitioner/p9'}}]}
    put('p.ndjson', b'\xef\xbb\xbf' + json.dumps(person).encode())
    put('o.ndjson', '\n'.join(json.dumps({'resourceType': 'Organization', 'id': 'o%d' % n, 'name': 'Ward %d' % n}) for n in range(2)))
    put('gone.ndjson', json.dumps(gone) + '\n')
    put('manifest.json', json.dumps({'transactionTime': '2026-11-22T09:14:03Z', 'request': 'https://fhir.test/$export', 'requiresAccessToken': False,
        'output': [{'type': 'Organization', 'url': 'https://fhir.test/o.ndjson', 'count': 2}, {'type': 'Practitioner', 'url': 'p.ndjson'},
                   {'type': 'Patient', 'url': 'https://fhir.test/patients.ndjson'}],
        'deleted': [{'type': 'Bundle', 'url': 'https://fhir.test/gone.ndjson'}], 'error': []}))
    good('an export by its manifest', ['enrol', 'manifest.json', '--template', 'fhir-r4', *asked, *by('joy')],
         '1 of its files are of other resources', '4 rows: 3 added, 0 updated, 0 unchanged, 0 flagged, 1 rejected',
         'line 4, 1 of gone.ndjson rejected entry: deleted at the source')

    header = 'name,npi,profession,level,jurisdiction,licence_number,basis,consent,from\n'
    put('many.csv', header + ''.join('Dr %d,%s,physician,independent,US-KS,KS-%d,filed,no,2026-01-01\n' % (n, npi(n), n) for n in range(10, 20010)))
    status, shown = typed(['enrol', 'many.csv', '--template', 'people-csv', *asked, *by('joy')], [])
    deed = re.search(rb'([A-Za-z0-9_-]{43})  waiting  enrol.import', shown)
    if status or not deed or not re.search(rb'dry run: \d+ rows', shown) or b'20000 rows: 20000 added' not in shown:
        failures.append('a file at a terminal: %d %r' % (status, shown))
        return
    status, shown = typed(['deed', 'approve', deed[1].decode(), '--yes', *by('kim')], [])
    # The rate and the time left are there once the first commit is, which may be the only one.
    if status or not re.search(rb'going in: \d+ of 20000 rows', shown) or \
       b'20000 rows went through, each as in the dry run' not in shown:
        failures.append('a file that is applied, at a terminal: %d %r' % (status, shown))
    again = waiting('the same file', ['enrol', 'many.csv', '--template', 'people-csv', *asked, *by('joy')])
    approved('the same file', 'kim', again)


def doctor(root_hash, process):
    """All is well; then the registry stops."""
    good('all is well', ['doctor', '--test', '--root-hash', root_hash], 'ok    reach', 'ok    root', 'ok    log', 'ok    heartbeat',
         'ok    fresh', 'ok    clock', 'ok    policies   1 held')
    case('another root pinned', ['doctor', '--test', '--root-hash', 'A' * 43], 1, 'ok    reach', 'FAIL  root', 'root-hash', 'fix:')
    bad('another root followed', ['follow', '--once', '--test', '--root-hash', 'A' * 43], 1, 'root-hash')
    process.send_signal(signal.SIGTERM)
    if process.wait(DEADLINE):
        failures.append('the registry ended with %d' % process.returncode)
    case('a registry that is gone', ['doctor', '--test', '--root-hash', root_hash], 1, 'FAIL  reach', 'does not answer')


def main():
    process = None
    try:
        root_hash, process = start()
        regulator()
        ids = hospital()
        clinician(ids)
        app(ids)
        orders(ids, root_hash)
        files()
        doctor(root_hash, process)
    finally:
        if process and process.poll() is None:
            process.kill()
        if failures:
            print(open(FOLDER + '/serve.log', encoding='utf-8').read()[-4000:])
        shutil.rmtree(FOLDER, ignore_errors=True)
        code = finish(60)
    return code


sys.exit(main())
