#!/usr/bin/env python3
"""imports.py CORE.a GATE.a LIBRARY.so SOURCE_ROOT: core and gate touch nothing but memory.

Shown four ways: what their objects import, what the shared library needs, which headers their sources include, and
that no object holds writable data: no state is kept outside what the caller owns."""
import pathlib
import re
import subprocess
import sys

HEADERS = {"limits.h", "stdalign.h", "stdbool.h", "stddef.h", "stdint.h", "string.h", "sodium.h"}
HEADERS_GATE = {"stdlib.h"}
HEADERS_HASH = {"openssl/sha.h"}
LIBRARIES = {"libsodium.so", "libcrypto.so", "libc.so"}
LINKER = {"_GLOBAL_OFFSET_TABLE_", "__cxa_finalize", "__gmon_start__", "_ITM_deregisterTMCloneTable",
          "_ITM_registerTMCloneTable"}

core, gate, library, root = sys.argv[1:]
root = pathlib.Path(root)
problems = []


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def symbols(path, *options):
    rows = [line.split() for line in output("nm", "-P", *options, path).splitlines()]
    return {row[0].split("@")[0] for row in rows if len(row) > 1}


def allowed(layers):
    names = [line.split() for line in (root / "tests/purity/imports.txt").read_text().splitlines()
             if line and not line.startswith("#")]
    patterns = [re.escape(name).replace(r"\*", ".*") for layer, name in names if layer in layers]
    return re.compile("|".join(patterns))


def check(what, imports, layers):
    pattern = allowed(layers)
    problems.extend(f"{what} imports {name}" for name in sorted(imports - LINKER) if not pattern.fullmatch(name))


own = symbols(core, "--defined-only")
check("core", symbols(core, "--undefined-only") - own, {"core"})
check("gate", symbols(gate, "--undefined-only") - own - symbols(gate, "--defined-only"), {"core", "gate"})
check(library, symbols(library, "-D", "--undefined-only"), {"core", "gate"})

for needed in re.findall(r"NEEDED.*\[(.*)\]", output("readelf", "-d", library)):
    if re.sub(r"\.so.*", ".so", needed) not in LIBRARIES:
        problems.append(f"{library} needs {needed}")

for archive in core, gate:
    for section, size in re.findall(r"^(\.(?:data|bss|tdata|tbss)(?!\.rel\.ro)\S*)\s+(\d+)", output("size", "-A", archive), re.M):
        if int(size):
            problems.append(f"{archive} holds {size} bytes of writable data in {section}")

for layer in "core", "gate":
    for source in sorted((root / "verifier" / layer).glob("*.[ch]")):
        permitted = HEADERS | (HEADERS_GATE if layer == "gate" else set()) | \
            (HEADERS_HASH if (layer, source.name) == ("core", "hash.c") else set())
        for header in re.findall(r"^\s*#\s*include\s*<([^>]+)>", source.read_text(), re.M):
            if header not in permitted and not header.startswith("countersign/"):
                problems.append(f"{source.relative_to(root)} includes <{header}>")

print("\n".join(problems) or f"pure: {len(own)} names of core, and what they import, are on the list")
sys.exit(bool(problems))
