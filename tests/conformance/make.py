#!/usr/bin/env python3
"""Writes worlds/*.json and cases/*.jsonl. The same bytes every time; README.md has the format."""
import importlib
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'vectors')]

GROUPS = ['allow', 'root', 'policy', 'evidence', 'request', 'jws', 'json', 'claims', 'disclosure', 'key_binding',
          'credential', 'holder', 'binding', 'document', 'qualification', 'signers', 'circumstances', 'loading', 'note',
          'scenario', 'evasion', 'exceptions']
CANNOT = {'root-missing', 'no-space', 'argument', 'internal'}


class Book:
    """Collects the cases of one group after the other."""

    def __init__(self):
        self.cases, self.worlds, self.names = {}, {}, set()
        self.group = None

    def world(self, w):
        """Registers a world; its file is written at the end."""
        if self.worlds.setdefault(w.name, w) is not w:
            raise ValueError('two worlds are called ' + w.name)
        return w

    def case(self, name, about, world, release=None, expect=None, steps=None, now=None, received_at=None,
             verdict='allow', exception=None):
        """expect: None for an ALLOW, else the code. A case without a release expects what its last step does."""
        refuses = expect is not None or (release is None and steps and 'expect' in steps[-1])
        if refuses:
            name += '_fail'
        if name in self.names:
            raise ValueError('two cases are called ' + name)
        if not re.fullmatch(r'[a-z0-9]+(-[a-z0-9]+)*(_fail)?', name):
            raise ValueError('not a case name: ' + name)
        self.names.add(name)
        self.world(world)
        out = {'name': name, 'about': about, 'world': world.name}
        if steps:
            out['steps'] = steps
        if release is not None:
            out['release'] = release if isinstance(release, str) else release.json()
            if received_at is not None:
                out['received_at'] = received_at if isinstance(received_at, list) else [received_at]
        if now is not None:
            out['now'] = now
        if release is not None:
            out['expect'] = {'verdict': verdict} if expect is None else {
                'verdict': 'cannot-decide' if expect in CANNOT else 'refuse', 'code': expect}
            if exception:
                out['expect']['exception'] = exception
        self.cases.setdefault(self.group, []).append(out)

    def write(self):
        for folder, files in (
                ('worlds', {n + '.json': json.dumps(w.object(), indent=1) + '\n' for n, w in self.worlds.items()}),
                ('cases', {g.replace('_', '-') + '.jsonl': ''.join(json.dumps(c, separators=(',', ':')) + '\n' for c in cases)
                           for g, cases in self.cases.items()})):
            path = os.path.join(HERE, folder)
            os.makedirs(path, exist_ok=True)
            for old in os.listdir(path):
                if old not in files:
                    os.remove(os.path.join(path, old))
            for name, text in files.items():
                with open(os.path.join(path, name), 'w', encoding='utf-8', newline='\n') as f:
                    f.write(text)


def main():
    book = Book()
    for name in GROUPS:
        if not os.path.exists(os.path.join(HERE, 'groups', name + '.py')):
            continue
        book.group = name
        importlib.import_module('groups.' + name).cases(book)
    book.write()


if __name__ == '__main__':
    main()
