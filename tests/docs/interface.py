#!/usr/bin/env python3
"""interface.py HEADERS MAN LIBRARY.so…: what the libraries show, what the headers declare and what the man pages document
are one thing, down to the types; and mandoc finds nothing to say about a page."""
import pathlib
import re
import shlex
import subprocess
import sys

headers, man, libraries = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
problems = []


def normal(text):
    """One space between words, none around a star, const and the rest as written."""
    return re.sub(r"\s*\*\s*", " *", " ".join(text.split())).replace("* *", "**").strip()


def parameters(text):
    """The parameters with their names; arrays and pointers as written."""
    return [normal(part) for part in text.split(",")] if text.strip() != "void" else ["void"]


def declared():
    found = {}
    for path in sorted(headers.glob("*.h")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        for result, name, rest in re.findall(
                r"CSIGN_EXPORT\s+(?:CSIGN_CHECKED\s+)?([\w\s*]+?)(csign_\w+)\s*\(([^)]*)\)\s*;", text):
            found[name] = (normal(result), parameters(rest))
    return found


def exported():
    """What the libraries show, each function in one of them alone."""
    found = set()
    for library in libraries:
        lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
        names = {fields[2].split("@")[0] for fields in map(str.split, lines.splitlines()) if fields[1] != "A"}
        problems.extend(f"{name} is exported by two libraries" for name in sorted(found & names))
        found |= names
    return found


def documented():
    """Function -> (result, parameters) of every Fn and Fo in the SYNOPSIS of a page that is reachable by the function's name."""
    found = {}
    for page in sorted(man.glob("*.3")):
        text = page.read_text()
        if link := re.fullmatch(r"\.so man3/(\S+)\n", text):
            if not (man / link[1]).is_file():
                problems.append(f"{page.name} leads to {link[1]}, which is not there")
                continue
            text = (man / link[1]).read_text()
        synopsis = re.search(r"^\.Sh SYNOPSIS$(.*?)^\.Sh ", text, re.S | re.M)
        name_section = re.search(r"^\.Sh NAME$(.*?)^\.Nd ", text, re.S | re.M)
        if not synopsis or not name_section:
            problems.append(f"{page.name} has no NAME or no SYNOPSIS")
            continue
        if not re.search(rf"^\.Nm {page.stem}( ,)?$", name_section[1], re.M):
            problems.append(f"{page.name} does not name {page.stem}")
        result, name, arguments = None, None, []
        for line in synopsis[1].splitlines():
            macro, _, rest = line.partition(" ")
            if macro == ".Ft":
                result = normal(rest)
            elif macro == ".Fo":
                name, arguments = rest.strip(), []
            elif macro == ".Fa":
                arguments.append(normal(rest.strip().strip('"')))
            elif macro == ".Fn":
                name, *arguments = shlex.split(rest)
                arguments = [normal(argument) for argument in arguments]
            if macro in (".Fn", ".Fc") and name == page.stem:
                found[name] = (result, arguments)
    return found


def check_pages():
    pages = sorted(page for page in man.glob("*.[1-8]") if not page.read_text().startswith(".so "))
    names = {page.name for page in man.glob("*.[1-8]")}
    for page in pages:
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True, check=False)
        problems.extend((done.stdout + done.stderr).splitlines())
        for name, section in re.findall(r"^\.Xr (\S+) (\d)", page.read_text(), re.M):
            if name.startswith(("csign", "countersign")) and f"{name}.{section}" not in names:
                problems.append(f"{page.name} refers to {name}({section}), which is not there")


prototypes, symbols, pages = declared(), exported(), documented()
problems += [f"{name} is exported and in no header" for name in sorted(symbols - prototypes.keys())]
problems += [f"{name} is in a header and not exported" for name in sorted(prototypes.keys() - symbols)]
problems += [f"{name} has no man page" for name in sorted(prototypes.keys() - pages.keys())]
problems += [f"{name} has a man page and no prototype" for name in sorted(pages.keys() - prototypes.keys())]
for name in sorted(prototypes.keys() & pages.keys()):
    if prototypes[name] != pages[name]:
        problems.append(f"{name}: the header says {prototypes[name]}, the man page {pages[name]}")
check_pages()
print("\n".join(problems) or f"{len(symbols)} functions, declared, exported and documented alike")
sys.exit(bool(problems))
