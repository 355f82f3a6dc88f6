"""A folder in which the command is typed, right and wrong, and what came of it is compared: for the tests beside this file.

A case is a command line, its exit code, and what it must say. What fails must name what is wrong and leave every file as
it was.
"""
import hashlib
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import time

COUNTERSIGN = os.path.realpath(sys.argv[1])
HERE = tempfile.mkdtemp(prefix='countersign-cli.')
NOW = int(time.time())
failures, passed = [], 0


def run(*argv, user=None):
    return subprocess.run([COUNTERSIGN, *argv], cwd=HERE, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          start_new_session=True, user=user, timeout=60)  # a session of its own: no terminal


def gone(name):
    """What is made anew must not be there."""
    path = os.path.join(HERE, name)
    if os.path.isfile(path):
        os.unlink(path)
    return name


def snapshot():
    out = {}
    for folder, _, names in os.walk(HERE):
        for name in names + ['.']:
            path = os.path.join(folder, name)
            out[path] = hashlib.sha256(open(path, 'rb').read()).digest() if os.path.isfile(path) else None
    return out


def case(name, argv, code, *says, unchanged=None, user=None):
    """`says`: texts that must be in what is printed."""
    global passed
    before = snapshot()
    got = run(*argv, user=user)
    said = got.stdout + got.stderr
    wrong = []
    if got.returncode != code:
        wrong.append('exit code %d, not %d' % (got.returncode, code))
    wrong += ['does not say %r' % text for text in says if text not in said]
    if unchanged and snapshot() != before:
        wrong.append('files changed')
    if code in (1, 2, 3) and got.stderr and (got.stderr.count('\n') != 1 or not got.stderr.endswith('\n')):
        wrong.append('an error that is not one line')
    if code and got.stderr.startswith('countersign') and got.stderr.count(': ') < 2:
        wrong.append('an error without a fix')
    if wrong:
        failures.append('%s\n  countersign %s\n  %s\n%s' % (name, ' '.join(argv), '; '.join(wrong), said))
    else:
        passed += 1
    return got


def bad(name, argv, code, *says, **more):
    return case(name, argv, code, *says, unchanged=True, **more)


def good(name, argv, *says):
    return case(name, argv, 0, *says)


def put(name, content):
    with open(os.path.join(HERE, name), 'wb') as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    return name


def get(name):
    with open(os.path.join(HERE, name), 'rb') as f:
        return f.read()


def typed(argv, answers):
    """Runs at a terminal, and types an answer to each question: the exit code, and what the terminal showed."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(HERE)
        os.execv(COUNTERSIGN, [COUNTERSIGN, *argv])
    seen = b''
    for answer in answers:
        while not seen.endswith((b'new key: ', b'same again: ', b'these bytes: ', b'this deed: ')):
            seen += os.read(fd, 1)
        os.write(fd, answer.encode() + b'\n')
        seen += os.read(fd, 1)
    try:
        while True:
            chunk = os.read(fd, 4096)
            if not chunk:
                break
            seen += chunk
    except OSError:
        pass
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(fd)
    return status, seen


def finish(least):
    """Tells what failed; the test's exit code. Fewer cases than `least` are no pass: a part was not run."""
    shutil.rmtree(HERE, ignore_errors=True)
    for failure in failures:
        print('FAILED:', failure)
    print('%d cases passed, %d failed' % (passed, len(failures)))
    return bool(failures) or passed < least
