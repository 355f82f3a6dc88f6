#!/usr/bin/python3
"""schema.py COUNTERSIGN DOCS: docs/policy.schema.json and the reader in the library accept the same policies.

Every policy that is shipped is changed in every place in every way below, and the same text is given to `countersign policy lint`
and to a JSON Schema validator. They must agree, but for what a schema cannot say: listed here, with the field that lint names.
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema

OTHERS = (None, True, False, 0, 1, -1, 17, 1.5, 2 ** 53, '', 'x', 'a b', '*', 'US', '+08:00', 'human_only', [], ['x'], ['x', 'x'], ['online', 'x*'],
          [{}], {}, {'x': 1}, 'x' * 201, ['x' * 65])
# What holds between members: the field that the reader names.
BETWEEN = {'rules', 'effective_to', 'only_if'}


def places(value, path=()):
    """Every place of a document, outermost first."""
    yield path
    for key in (value if isinstance(value, dict) else range(min(len(value), 2)) if isinstance(value, list) else ()):
        yield from places(value[key], path + (key,))


def changed(document):
    """(what, document) for every change of every place."""
    for path in list(places(document)):
        def edit(change):
            other = copy.deepcopy(document)
            at = other
            for key in path[:-1]:
                at = at[key]
            change(at, path[-1])
            return other
        if path:
            for value in OTHERS:
                yield '%s = %.20r' % ('.'.join(map(str, path)), value), edit(lambda at, key, v=value: at.__setitem__(key, v))
            yield 'without ' + '.'.join(map(str, path)), edit(lambda at, key: at.pop(key))
        inner = document
        for key in path:
            inner = inner[key]
        if isinstance(inner, dict):
            other = copy.deepcopy(document)
            at = other
            for key in path:
                at = at[key]
            at['banana'] = 1
            yield 'with banana in ' + '.'.join(map(str, path)), other


def main():
    program, docs = sys.argv[1], pathlib.Path(sys.argv[2])
    schema = json.loads((docs / 'policy.schema.json').read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    tried = taken = 0
    faults, seen = [], set()
    with tempfile.TemporaryDirectory() as work:
        path = pathlib.Path(work) / 'policy.json'
        for name in ('template', 'us-tx'):
            policy = json.loads((docs / 'policies' / (name + '.json')).read_text())
            for what, other in [('as it is', policy), *changed(policy)]:
                text = json.dumps(other)
                if text in seen:
                    continue
                seen.add(text)
                tried += 1
                path.write_text(text)
                lint = subprocess.run([program, 'policy', 'lint', '--json', str(path)], capture_output=True, text=True)
                good = validator.is_valid(other)
                taken += lint.returncode == 0
                field = json.loads(lint.stderr)['error'].get('field') if lint.returncode else None
                if (lint.returncode == 0) != good and not (good and field in BETWEEN):
                    faults.append('%s, %s: the schema says %s, the reader %s' % (name, what, good, lint.stderr.strip() or 'yes'))
    print(*faults[:40], sep='\n')
    print('%d policies, %d of them accepted, %d faults' % (tried, taken, len(faults)))
    return 1 if faults or taken < 20 else 0


sys.exit(main())
