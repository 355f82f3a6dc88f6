#!/usr/bin/env python3
"""Loosens every demand of every shipped policy in turn: some case of its table must then be answered otherwise.

    mutants.py COUNTERSIGN POLICIES-FOLDER

Also counts the cases: at least 200, at least 70 % of them refusals, and none answered otherwise as they are. A demand is a
member of a rule or signer that a check evaluates; `sources`, `retention` and the like have no check, and are left alone.
"""
import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ALL = {'professions': 'physician assistant_physician dentist pharmacist nurse nurse_practitioner physician_assistant psychologist '
                      'therapist radiographer podiatrist optometrist midwife social_worker counselor'.split(),
       'levels': ['independent', 'supervised', 'provisional'],
       'meanings': ['authorship', 'review', 'approval', 'responsibility', 'verification']}
LONG = 315360000


def loosened_signers(rule):
    """(what, change of a rule) for each demand on a signer."""
    for i, signer in enumerate(rule['signers']):
        who = 'signer %d, ' % (i + 1)
        for name, words in ALL.items():
            if sorted(signer.get(name, ['independent'])) != sorted(words):
                yield who + name, lambda r, i=i, name=name, words=words: r['signers'][i].update({name: words})
        for name in ('specialties', 'privileges', 'schedule', 'antimicrobial', 'independent_years', 'consent_employer', 'unrestricted',
                     'licence_date', 'assurance'):
            if signer.get(name):
                yield who + name, lambda r, i=i, name=name: r['signers'][i].pop(name)
        if signer.get('jurisdiction', True):
            yield who + 'jurisdiction', lambda r, i=i: r['signers'][i].update(jurisdiction=False)
        if signer.get('site') != 'any':
            yield who + 'site', lambda r, i=i: r['signers'][i].update(site='any')
    if len(rule['signers']) > 1:
        yield 'the last signer', lambda r: r['signers'].pop()


def loosened(rule):
    yield from loosened_signers(rule)
    if rule['ai_authorship'] != 'draft_with_approval':
        yield 'ai_authorship', lambda r: r.update(ai_authorship='draft_with_approval')
    yield 'max_status_age_s', lambda r: r.update(max_status_age_s=LONG)
    yield 'signoff_to_release_s', lambda r: r.update(signoff_to_release_s=LONG)
    if rule.get('batch', 1) < 16:
        yield 'batch', lambda r: r.update(batch=16)
    for name in ('provenance', 'auth_max_age_s', 'visit', 'consent', 'ai_notice', 'no_signoff_text', 'exceptions', 'emergency'):
        if name in rule and name != 'no_signoff_text':
            yield name, lambda r, name=name: r.pop(name)
    for name in rule.get('factors', {}):
        yield 'factors, ' + name, lambda r, name=name: r['factors'].pop(name) if len(r['factors']) > 1 else r.pop('factors')
    for name in ('facts', 'identity'):
        for word in rule.get(name, []):
            yield '%s, %s' % (name, word), lambda r, name=name, word=word: r[name].remove(word) if len(r[name]) > 1 else r.pop(name)
    for i in range(len(rule.get('hard_deny', []))):
        yield 'hard_deny %d' % (i + 1), lambda r, i=i: r['hard_deny'].pop(i) if len(r['hard_deny']) > 1 else r.pop('hard_deny')
    for name in rule.get('exceptions', {}):
        yield 'exception ' + name, lambda r, name=name: r['exceptions'].pop(name) if len(r['exceptions']) > 1 else r.pop('exceptions')


def mutants(policy):
    """(what, the policy without it)"""
    for i, rule in enumerate(policy['rules']):
        for what, change in loosened(rule):
            other = copy.deepcopy(policy)
            change(other['rules'][i])
            yield '%s: %s' % (' '.join(rule['acts']), what), other
    for name in policy.get('documents', {}):
        other = copy.deepcopy(policy)
        del other['documents'][name]
        yield 'documents, ' + name, other


def implied(policy, what):
    """Facts that another demand of the same rule asks for as well: without the one, the other still refuses."""
    fact = what.rpartition('facts, ')[2] if 'facts, ' in what else None
    if fact is None:
        return False
    rule = next(r for r in policy['rules'] if ' '.join(r['acts']) == what.partition(': ')[0] and fact in r.get('facts', []))
    denied = any(c['fact'] == fact for d in rule.get('hard_deny', []) for c in d['if'])
    signer = any(s.get({'schedule': 'schedule', 'antimicrobial_grade': 'antimicrobial'}.get(fact, '-')) for s in rule['signers'])
    return denied or signer or (fact == 'visit' and 'visit' in rule)


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    cases = refusals = tried = 0
    faults = []
    with tempfile.TemporaryDirectory() as work:
        for path in sorted(p for p in folder.glob('*.json') if p.with_suffix('.md').exists()):
            table = path.with_suffix('.md')
            run = subprocess.run([program, 'policy', 'test', '--json', str(table)], capture_output=True, text=True)
            if run.returncode:
                faults.append('%s: %s' % (table.name, run.stdout + run.stderr))
                continue
            counts = json.loads(run.stdout)
            cases, refusals = cases + counts['cases'], refusals + counts['refusals']
            policy, text = json.loads(path.read_text()), table.read_text()
            for what, mutant in mutants(policy):
                if implied(policy, what):
                    continue
                tried += 1
                (pathlib.Path(work) / path.name).write_text(json.dumps(mutant))
                for name in set(re.findall(r'\]\(([\w-]+\.json)\)', text)) - {path.name}:
                    (pathlib.Path(work) / name).write_text((folder / name).read_text())
                (pathlib.Path(work) / table.name).write_text(text)
                run = subprocess.run([program, 'policy', 'test', '--json', str(pathlib.Path(work) / table.name)], capture_output=True, text=True)
                if run.returncode != 1 or not run.stdout:
                    faults.append('%s: missed by no case: %s %s' % (path.name, what, run.stderr.strip()))
    if cases < 200 or refusals * 10 < cases * 7:
        faults.append('%d cases, %d refusals: at least 200, and 70 %%' % (cases, refusals))
    print(*faults, sep='\n')
    print('%d cases, %d %% refusals; %d demands loosened, %d faults' % (cases, refusals * 100 // max(cases, 1), tried, len(faults)))
    return 1 if faults else 0


sys.exit(main())
