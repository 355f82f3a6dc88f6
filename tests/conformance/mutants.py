#!/usr/bin/env python3
"""Deletes every condition of the decision in turn, and looks for conformance cases that miss it.

    mutants.py SOURCE-ROOT WORK-FOLDER [--policies]

A condition is one REFUSE_IF of the gate, or one of the hand-named conditions below for the codes that a parser gives. Each
is replaced by one that never holds, that one file is compiled again, and the cases are run, those that expect its code first:
at least one must go red. With --policies the cases are those of the policies shipped, and the conditions those that a policy
can ask for. Prints a line for each condition, then a table of codes; exits 1 if a condition was missed by no case.
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys

# Codes that come from a parser: file, text, replacement. Each takes away one condition of that code.
PARSERS = {
    "malformed-token": [
        ("core/jws.c", "|| header.size == 0 ||", "|| false ||"),
        ("core/presentation.c", "if (part.size == 0)", "if (false)"),
    ],
    "malformed-base64": [("core/base64.c", "if (bits & (tail == 3 ? 0xFFu : 0xFFFFu))", "if (false)")],
    "malformed-header": [
        ("core/jws.c", "const struct schema schema = {fields, with_kid ? 3 : 2, sizeof *ret, false};",
         "const struct schema schema = {fields, with_kid ? 3 : 2, sizeof *ret, true};"),
        ("core/jws.c", '{.name = "typ", .kind = FIELD_CONST, .more = typ},',
         '{.name = "typ", .kind = FIELD_TEXT, .max = 100, .offset = offsetof(struct jws_header, kid)},'),
    ],
    "malformed-json": [
        ("core/json.c", "if (span_equal(j->keys[i], name))", "if (false)"),
        ("core/schema.c", "if (present & UINT64_C(1) << place) {", "if (false) {"),
        ("core/json.c", 'return j->at == j->end || fail(j, JSON_SYNTAX, "bytes after the value");', "return true;"),
    ],
    "malformed-disclosure": [
        ("core/disclosure.c", "if (!is_committed(&met, p->disclosures[i]))", "if (false)"),
        ("core/disclosure.c", "if (met.named[claim] || ret->values[claim].data)", "if (false)"),
        ("core/disclosure.c", "if (span_equal(met->digests[i], digest))", "if (false)"),
        ("core/disclosure.c", "if (claim == DISCLOSED_COUNT)", "if (claim == DISCLOSED_COUNT && (claim = 0, false))"),
    ],
    "malformed-claims": [
        ("core/credential.c", "SCHEMA(struct jwk, jwk_fields)", "SCHEMA_OPEN(struct jwk, jwk_fields)"),
        ("core/credential.c", "if (ret->exp <= ret->nbf)", "if (false)"),
    ],
    "malformed-key-binding": [
        ("core/key_binding.c", "SCHEMA(struct key_binding, key_binding_fields)",
         "SCHEMA_OPEN(struct key_binding, key_binding_fields)"),
    ],
    "malformed-transaction": [
        ("core/transaction.c", "SCHEMA(struct transaction, transaction_fields)",
         "SCHEMA_OPEN(struct transaction, transaction_fields)"),
        ("core/transaction.c", "if (ret->prior.present != (ret->slot > 1))", "if (false)"),
    ],
    "request-mismatch": [("core/request.c", "SCHEMA(struct request, request_fields)",
                          "SCHEMA_OPEN(struct request, request_fields)")],
}
FLAGS = ["-std=c17", "-O1", "-w", "-D_GNU_SOURCE", '-DCOUNTERSIGN_VERSION="mutant"']
LIBS = ["-lsodium", "-lcrypto", "-lseccomp"] + ["-Wl,--wrap=" + f for f in ("malloc", "calloc", "realloc", "free", "main")]


def arguments(text, at):
    """The spans of the arguments of the macro call whose '(' is at `at`."""
    depth, start, spans, quote = 0, at + 1, [], None
    for i in range(at, len(text)):
        c = text[i]
        if quote:
            quote = None if c == quote and text[i - 1] != "\\" else quote
        elif c in "\"'":
            quote = c
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                return spans + [(start, i)]
        elif c == "," and depth == 1:
            spans.append((start, i))
            start = i + 1
    raise SystemExit("a REFUSE_IF without an end")


def conditions(verifier):
    """(code, file, line, mutated text) of every condition."""
    for path in sorted((verifier / "gate").glob("check_*.c")):
        text = path.read_text()
        for match in re.finditer(r"\bREFUSE_IF\(", text):
            spans = arguments(text, match.end() - 1)
            (a, b), (c, e) = spans[1], spans[2]
            code = text[c:e].strip().removeprefix("CSIGN_E_").lower().replace("_", "-")
            line = text.count("\n", 0, match.start()) + 1
            yield code, path, line, text[:a] + " false && (" + text[a:b].strip() + ")" + text[b:], text[a:spans[-1][1]]
    for code, list_ in PARSERS.items():
        for name, old, new in list_:
            path = verifier / name
            text = path.read_text()
            if text.count(old) != 1:
                raise SystemExit(f"{name}: not once: {old}")
            yield code, path, text.count("\n", 0, text.index(old)) + 1, text.replace(old, new), old


# What a policy can ask for: the codes of these rows, and of others those that a table of cases can bring about.
POLICY_ROWS = range(1100, 1500)
POLICY_CODES = {"policy-missing", "act-unknown", "status-stale", "no-signoff", "signoff-too-old", "revoked", "suspended",
                "document-changed", "document-act", "rejected"}


# Conditions of those codes that no policy has a word in.
NOT_OF_POLICIES = ("before the request was made", "JSON that cannot be read strictly", "no fresh note for the nonce of this start")


def is_of_policies(number, code, call=""):
    return (number in POLICY_ROWS or code in POLICY_CODES) and not any(reason in call for reason in NOT_OF_POLICIES)


def main():
    policies = "--policies" in sys.argv
    root, work = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]) / "mutants"
    work.mkdir(parents=True, exist_ok=True)
    verifier, support = root / "verifier", root / "tests/support"
    includes = [f"-I{p}" for p in (root / "include", verifier / "core", verifier / "gate", verifier / "program", verifier / "cli", support)]

    def compile_(source, target):
        subprocess.run(["cc", *FLAGS, *includes, "-c", str(source), "-o", str(target)], check=True)
        return target

    sources = [*(verifier / "core").glob("*.c"), *(verifier / "gate").glob("*.c")]
    if policies:
        sources += (verifier / "program").glob("*.c")
        sources += [verifier / "cli" / name for name in ("policy_test.c", "rehearsal.c", "case_words.c")] + [root / "tests/policies/run.c"]
    else:
        sources += [*support.glob("*.c"), root / "tests/conformance/run.c"]
    libs = [lib for lib in LIBS if not policies or not lib.startswith("-Wl,--wrap")]
    tables = sorted((root / "docs/policies").glob("*.md"))
    table_text = (root / "include/countersign/code.h").read_text()
    numbers = {c: int(n) for n, c in re.findall(r'X\((\d+), \w+, "([^"]+)"', table_text)}

    def count_cases(program, *only):
        run = subprocess.run([str(program), str(root / "tests/conformance"), *only], capture_output=True, text=True, errors="replace")
        found = re.search(r"(\d+) passed, (\d+) failed", run.stdout)
        return int(found[2]) if found else -1 if run.returncode else 0

    def count_table(program, table):
        run = subprocess.run([str(program), "policy", "test", "--json", str(table)], capture_output=True, text=True, errors="replace")
        found = re.search(r'"failed":(\d+)', run.stdout)
        return int(found[1]) if found else 1

    def count_red(program, code):
        """How many cases the program answers otherwise, of those that most likely do; -1 if it ended before it could say."""
        if policies:
            return next((red for red in (count_table(program, t) for t in tables if t.stem != "README") if red), 0)
        return count_cases(program, "--expecting", code) or count_cases(program)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        objects = dict(zip(sources, pool.map(lambda s: compile_(s, work / f"{s.parent.name}-{s.stem}.o"), sources)))

        def red(numbered):
            number, (code, path, line, text, _) = numbered
            source, target, program = work / f"m{number}.c", work / f"m{number}.o", work / f"m{number}"
            source.write_text(f'#line 1 "{path.name}"\n' + text)
            compile_(source, target)
            parts = [str(target if s == path else o) for s, o in objects.items()]
            subprocess.run(["cc", *parts, *libs, "-o", str(program)], check=True)
            count = count_red(program, code)
            program.unlink()
            return code, f"{path.name}:{line}", count

        wanted = [c for c in conditions(verifier) if not policies or is_of_policies(numbers[c[0]], c[0], c[4])]
        results = list(pool.map(red, enumerate(wanted)))

    table = {}
    for code, where, count in results:
        print(f"{code:24} {where:28} {'ended the program' if count < 0 else f'{count} red'}{'' if count else '   MISSED BY NO CASE'}")
        table.setdefault(code, []).append(count)
    wanted = [c for n, c in re.findall(r'X\((\d+), \w+, "([^"]+)"', table_text) if int(n) < 1500
              and (not policies or is_of_policies(int(n), c))]
    unheard = [c for c in wanted if c not in table]
    missed = sum(count == 0 for _, _, count in results)
    print(f"\n{len(results)} conditions of {len(table)} codes deleted; codes of rows 1 to 14 without a condition: "
          f"{', '.join(unheard) or 'none'}")
    print(f"{len(results) - missed} passed, {missed + len(unheard)} failed")
    return 1 if missed or unheard else 0


sys.exit(main())
