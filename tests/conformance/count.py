#!/usr/bin/env python3
"""Counts the cases of each code, and fails if a code of rows 1 to 14 has none."""
import collections
import glob
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def codes():
    """(number, code) of the table in the public header."""
    with open(os.path.join(HERE, '..', '..', 'include', 'countersign', 'code.h'), encoding='utf-8') as f:
        return [(int(n), code) for n, code in re.findall(r'X\((\d+), \w+, "([a-z0-9-]+)"', f.read())]


def main():
    count, total, refusals = collections.Counter(), 0, 0
    for path in sorted(glob.glob(os.path.join(HERE, 'cases', '*.jsonl'))):
        with open(path, encoding='utf-8') as f:
            for line in f:
                case = json.loads(line)
                code = case['expect'].get('code') if 'expect' in case else case['steps'][-1].get('expect')
                count[code] += 1
                total += 1
                refusals += case['name'].endswith('_fail')
                assert case['name'].endswith('_fail') == (code is not None), case['name']
    missing = []
    for number, code in codes():
        if number < 1500 or code in count:
            print('%5d  %-26s %4d' % (number, code, count[code]))
        if number < 1500 and not count[code]:
            missing.append(code)
    print('%d cases, %d refusals (%d %%)' % (total, refusals, 100 * refusals // total))
    if missing:
        print('without a case: ' + ', '.join(missing))
    return bool(missing)


if __name__ == '__main__':
    sys.exit(main())
