#!/usr/bin/env python3
"""program.py PROGRAM: countersign-registry typed wrong, configured wrong and damaged: each is refused with what, where and a fix, and
nothing is left behind that was not there."""
import os
import shutil
import sqlite3
import sys

from registry_client import Failure, Key, Officer, Registry
from scene import Scene

AUTHORITY = [Officer("ksbha", "chen"), Officer("ksbha", "diaz")]
count = 0


def refused(registry, code, says, *words):
    """The program ends with this code and one line that says this, and how to mend it."""
    global count
    done = registry.run(*words, expect=code)
    lines = [line for line in done.stderr.split("\n") if line and not line.startswith("20")]  # what it logged has a date
    if len(lines) != 1 or says not in lines[0] or lines[0].count(": ") < 2:
        raise Failure(f"{' '.join(words)} does not say {says!r} in one line with a fix:\n{done.stdout}{done.stderr}")
    count += 1


def configured(registry, code, says, change):
    """With the configuration changed so, serve is refused; the file is put back."""
    with open(registry.config, encoding="utf-8") as file:
        before = file.read()
    with open(registry.config, "w", encoding="utf-8") as file:
        file.write(change(before))
    refused(registry, code, says, "serve", "--config", registry.config)
    with open(registry.config, "w", encoding="utf-8") as file:
        file.write(before)


def check_configuration(r):
    configured(r, 2, "unknown key lisen, " + r.config + ":3", lambda t: "\n[server]\nlisen = 1\n" + t)
    configured(r, 2, "unknown section sever, " + r.config + ":1", lambda t: "[sever]\n" + t)
    configured(r, 2, "given twice, threads", lambda t: t.replace("threads = 2", "threads = 2\nthreads = 2"))
    configured(r, 2, "not a number in its range for threads", lambda t: t.replace("threads = 2", "threads = 65"))
    configured(r, 2, "not a number in its range for life", lambda t: t.replace("life = 3600", "life = 86401"))
    configured(r, 2, "unknown word for level", lambda t: t.replace("level = info", "level = verbose"))
    configured(r, 2, "no value for listen", lambda t: t.replace("listen = 127.0.0.1:0", "listen ="))
    configured(r, 2, "missing key database", lambda t: t.replace("database = registry.db", ""))
    configured(r, 2, "no section above threads", lambda t: "threads = 2\n" + t)
    configured(r, 2, "a line that is too long", lambda t: t + "# " + "x" * 300 + "\n")
    configured(r, 2, "not a line of a configuration, " + r.config + ":1", lambda t: "nonsense\n" + t)
    configured(r, 1, "no issuer line for https://other.test", lambda t: t.replace("iss = " + r.iss, "iss = https://other.test"))
    configured(r, 1, "not a base_url for this root", lambda t: t.replace("base_url = http://127.0.0.1", "base_url = http://192.0.2.1"))
    configured(r, 1, "not a base_url for this root",
               lambda t: t.replace("base_url = http://127.0.0.1:0", "base_url = http://127.0.0.1.evil.test"))
    configured(r, 1, "nowhere", lambda t: t.replace("127.0.0.1:0\n", "nowhere\n", 1))
    refused(r, 3, "cannot open", "serve", "--config", r.config + ".not")


def check_trust(r):
    root, keys = os.path.join(r.folder, "root"), os.path.join(r.folder, "keys")
    os.rename(os.path.join(root, "1"), os.path.join(root, "2"))
    refused(r, 3, "cannot open, " + root + "/1", "serve", "--config", r.config)
    os.rename(os.path.join(root, "2"), os.path.join(r.parent, "1"))
    refused(r, 1, "no trust root", "serve", "--config", r.config)
    with open(os.path.join(r.parent, "1"), encoding="utf-8") as file:
        note = file.read()
    with open(os.path.join(root, "1"), "w", encoding="utf-8") as file:
        file.write(note.replace("registry.test", "registre.test"))
    refused(r, 1, "root-", "serve", "--config", r.config)
    shutil.move(os.path.join(r.parent, "1"), os.path.join(root, "1"))
    for name, directive in (("issuer", "issuer"), ("statuslog", "statuslog"), ("fresh", "freshness keys")):
        os.rename(os.path.join(keys, name), os.path.join(r.parent, name))
        refused(r, 1, directive, "serve", "--config", r.config)
        os.rename(os.path.join(r.parent, name), os.path.join(keys, name))
    with open(os.path.join(r.parent, "passphrase"), "w", encoding="utf-8") as file:
        file.write("wrong horse\n")
    refused(r, 1, "passphrase-wrong", "serve", "--config", r.config)
    with open(os.path.join(r.parent, "passphrase"), "w", encoding="utf-8") as file:
        file.write("correct horse\n")


def check_init(r):
    admin = ["--admin", f"ksbha:US-KS:{AUTHORITY[0].vkey}"]
    where = os.path.join(r.parent, "other")
    given = ["--folder", where, "--origin", "other.test", "--iss", "https://other.test", "--passphrase-file",
             os.path.join(r.parent, "passphrase")]
    refused(r, 2, "neither --test nor --production, or both", "init", *given, *admin)
    refused(r, 2, "missing, --admin", "init", *given, "--test")
    refused(r, 2, "not the origin of such a root", "init", *given, *admin, "--production")
    refused(r, 2, "not a first officer", "init", *given, "--test", "--admin", f"other:US-KS:{AUTHORITY[0].vkey}")
    refused(r, 2, "not a first officer", "init", *given, "--test", "--admin", f"ksbha:Kansas:{AUTHORITY[0].vkey}")
    refused(r, 2, "the key of another officer", "init", *given, "--test", *admin, "--admin",
            f"ksbha:US-KS:{Officer('ksbha', 'double', AUTHORITY[0].key).vkey}")
    refused(r, 2, "not a policy key", "init", *given, "--test", *admin, "--policy-key", "US:x")
    refused(r, 2, "not for --test", "init", *given, "--test", *admin, "--root-key", Key().vkey("root"))
    refused(r, 2, "root-malformed", "init", *given[:5], "http://192.0.2.1", *given[6:], "--test", *admin)
    refused(r, 3, "cannot make the folder", "init", "--folder", r.folder, *given[2:], "--test", *admin)
    if os.path.exists(where):
        raise Failure("a refused init left its folder")


def damaged(r, says, *statements):
    """fsck finds this in a copy of the database that was changed so."""
    global count
    copy = r.database + ".good"
    shutil.copyfile(r.database, copy)
    connection = sqlite3.connect(r.database)
    for statement in statements:
        if connection.execute(statement).rowcount == 0:
            raise Failure(f"{statement} changes nothing")
    connection.commit()
    connection.close()
    done = r.fsck(expect=1)
    if says not in done.stderr:
        raise Failure(f"fsck does not say {says!r} after {statements}:\n{done.stdout}{done.stderr}")
    shutil.move(copy, r.database)
    count += 1


def check_damage(r):
    r.fsck()
    damaged(r, "the text is not what its hash names", "update deed set text = text || ' ' where number = 2")
    damaged(r, "a number is missing", "update deed set number = 1000 where number = 2")
    damaged(r, "the chain does not lead to it", "update deed set chain = zeroblob(32) where number = 3")
    damaged(r, "the head is not the end of the chain", "update deed_head set chain = zeroblob(32)")
    damaged(r, "it ended otherwise than its leaf says", "update status_index set code = 0, reason = 0, deed = null where idx = 0")
    damaged(r, "it ended otherwise than its leaf says", "update status_index set code = 1 where idx = 0")
    damaged(r, "its leaf is of another person or key", "update binding set thumbprint = zeroblob(32)")
    damaged(r, "no row for its leaf", "delete from status_index where idx = 0")
    damaged(r, "leaf", "update log_entry set leaf = zeroblob(48) where position = 1")
    damaged(r, "tile", "update log_tile set hashes = zeroblob(length(hashes)) where level = 0")


def check_history(r, person):
    """A database of another registry, and one that was restored from before what was published."""
    other = Registry(r.program, AUTHORITY, origin="other.test")
    other.set(database=r.database, mark=os.path.join(other.folder, "mark"))
    refused(other, 1, "conflict", "serve", "--config", other.config)
    other.kill()
    shutil.rmtree(other.parent)

    shutil.copyfile(r.database, r.database + ".old")
    r.start()
    Scene(r, AUTHORITY).order("reinstate", person).ok(200)
    r.stop()
    shutil.copyfile(r.database, r.database + ".new")
    shutil.copyfile(r.database + ".old", r.database)
    refused(r, 1, "conflict", "serve", "--config", r.config)
    if "behind its mark" not in r.doctor(expect=1).stdout:
        raise Failure("doctor does not see that the log is behind its mark")
    r.fsck(expect=1)
    shutil.move(r.database + ".new", r.database)
    r.fsck()


def check_doctor(r):
    r.doctor()
    os.chmod(os.path.join(r.folder, "keys"), 0o750)
    if "WRONG  folder" not in r.doctor(expect=1).stdout:
        raise Failure("doctor does not see that others may read the keys")
    os.chmod(os.path.join(r.folder, "keys"), 0o700)


def main(program):
    with Registry(program, AUTHORITY) as registry:
        scene = Scene(registry, AUTHORITY)
        scene.open_hospital()
        person = scene.clinician()
        scene.order("suspend", person).ok(200)
        refused(registry, 1, "conflict", "serve", "--config", registry.config)  # two cannot have one database
        registry.stop()
        check_configuration(registry)
        check_trust(registry)
        check_init(registry)
        check_damage(registry)
        check_history(registry, person)
        check_doctor(registry)
        registry.start()
        registry.set(proofs_per_minute=3)
        registry.stop()
        registry.start()
        client = registry.client()
        for _ in range(3):
            client.challenge()
        late = client.post("/v1/challenges")
        late.refused("too-many", 429)
        if not 1 <= int(late.headers["Retry-After"]) <= 60:
            raise Failure(f"Retry-After {late.headers['Retry-After']}")
    print(f"{count} faults, each told with its fix")


main(sys.argv[1])
