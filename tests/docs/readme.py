#!/usr/bin/env python3
"""readme.py SOURCE_ROOT BUILD: the example in the README compiles, links and runs against an installed library, shared and
static, with the flags that the README gives; and every file that a page of ours refers to is there."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

root, build = pathlib.Path(sys.argv[1]), sys.argv[2]
readme = (root / "README.md").read_text()
# A gate that is not there is no ALLOW: the example must say no.
MAIN = """
#include <stdio.h>
int main(void)
{
    static char text[CSIGN_DECISION_TEXT_MAX];
    int leaves = may_leave(NULL, NULL, text, sizeof text);
    printf("countersign %s: %s\\n", csign_version(), leaves ? "leaves" : "stays");
    return leaves;
}
"""


def output(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def check_links():
    for page in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
        text = page.read_text()
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            if not (page.parent / target).exists():
                sys.exit(f"{page.relative_to(root)} refers to {target}, which is not there")
    for folder in re.findall(r"^    ((?:[a-z]+/)+) ", readme, re.M):
        if not (root / folder).is_dir():
            sys.exit(f"the layout in README.md has {folder}, which is not there")


def build_example(temporary):
    source = temporary / "app.c"
    example = re.search(r"^```c\n(.*?)^```", readme, re.S | re.M)
    flags = re.search(r"^    cc app\.c \$\(pkg-config ([^)]*)\)$", readme, re.M)
    if not example or not flags:
        sys.exit("README.md has no example, or no command to compile it")
    source.write_text(example[1] + MAIN)

    output("meson", "install", "-C", build, "--no-rebuild", "--destdir", temporary / "root")
    pc = next((temporary / "root").rglob("countersign.pc"))
    library = pc.parent.parent
    env = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent))
    prefix = re.search(r"^prefix=(.*)$", pc.read_text(), re.M)[1]
    define = f"--define-variable=prefix={temporary / 'root'}{prefix}"
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    given = output("pkg-config", define, *flags[1].split(), env=env).split()
    output("cc", *strict, source, *given, "-o", temporary / "shared")
    print(output(temporary / "shared", env=dict(env, LD_LIBRARY_PATH=str(library))), end="")

    # Our libraries static; theirs shared, for Debian has no static form of all that libcurl needs.
    ours = [re.sub(r"^-l(countersign\S*)$", r"-l:lib\1.a", flag) for flag in given if "-lcountersign" in flag or flag[:2] in ("-I", "-L")]
    static = [*ours, "-l:libcountersign.a", "-pthread", *output("pkg-config", "--libs", "libcurl", "sqlite3", "libsodium", "libcrypto").split()]
    output("cc", *strict, source, *static, "-o", temporary / "static")
    print(output(temporary / "static"), end="")


check_links()
with tempfile.TemporaryDirectory() as folder:
    build_example(pathlib.Path(folder))
