#!/usr/bin/env python3
"""readme.py ROOT COMMANDS…: types every command of the README's screens, in their order, in one shell. COMMANDS are the folders of the
programs. What a person would type at a prompt, a passphrase and a yes, is given by options; the ports are free ones."""
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
readme = (root / "README.md").read_text()
screens = re.findall(r"^## ([^\n]*)\n|^```sh\n(.*?)^```", readme, re.S | re.M)

PREAMBLE = """
set -eu
countersign() {
    case "$1 $2" in
    "key new") command countersign "$@" --quick $(unless_given "$@") ;;
    "deed sign") command countersign "$@" --passphrase-file passphrase --yes ;;
    sign\\ *) command countersign "$@" --passphrase-file passphrase --yes ;;
    "deed submit"|activate\\ *|credential\\ *|"policy sign"|"policy upload") command countersign "$@" --passphrase-file passphrase ;;
    gate\\ *) command countersign "$@" >gate.out 2>&1 & echo $! >>pids; wait_for gate 8441 /status '"ready":true' ;;
    *) command countersign "$@" ;;
    esac
}
countersign-registry() {
    case "$1" in
    init) command countersign-registry "$@" --listen 127.0.0.1:8440 ;;
    serve) command countersign-registry "$@" >registry.out 2>&1 & echo $! >>pids; wait_for registry 8440 /health/ready '' ;;
    esac
}
unless_given() { case "$*" in *--passphrase-file*) ;; *) echo --passphrase-file passphrase ;; esac; }
wait_for() { python3 wait.py "$@"; }
"""
WAIT = """
import sys, time, urllib.request
what, port, path, wanted = sys.argv[1:]
end = time.time() + 60
while time.time() < end:
    try:
        if wanted in urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read().decode():
            sys.exit(0)
    except OSError:
        pass
    time.sleep(0.05)
sys.exit(f"no {what}")
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return str(s.getsockname()[1])


script, count = [PREAMBLE], 0
for title, screen in screens:
    if screen:
        # What runs beside the shell is waited for: then the next line finds it listening.
        screen = re.sub(r" &$", "", screen, flags=re.M)
        count += len(re.findall(r"^(?:countersign|python3)", screen, re.M))
        script.append(screen)
    else:
        script.append(f"echo '== {title}'\n")
text = "\n".join(script)
for port in ("8440", "8441"):
    text = text.replace(port, free_port())

with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    (folder / "passphrase").write_text("for a test\n")
    (folder / "wait.py").write_text(WAIT)
    (folder / "docs").symlink_to(root / "docs")
    path = ":".join(sys.argv[2:]) + ":/usr/bin:/bin"
    try:
        done = subprocess.run(["bash", "-c", text], cwd=folder, env={"PATH": path, "HOME": str(folder)}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=240)
    finally:
        pids = folder / "pids"
        if pids.exists():
            for pid in map(int, pids.read_text().split()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
    print(done.stdout)
    answers = re.findall(r'"verdict": "([a-z]+)"(?:, "code": "([a-z-]+)")?', done.stdout)
    expected = [("allow", ""), ("refuse", "document-changed"), ("refuse", "suspended")]
    if done.returncode or answers != expected:
        sys.exit(f"exit code {done.returncode}, the gate's answers were {answers}")
    print(f"{count} commands typed")
