/* countersign-registry doctor: what is around the registry, one line each: fine, or what is wrong and what to do. */
#include "clock.h"
#include "date.h"
#include "files.h"
#include "json_write.h"
#include "keys.h"
#include "mark.h"
#include "options.h"
#include "output.h"
#include "trusted.h"
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define DAY        INT64_C(86400)
#define SOON       (14 * DAY)
#define CLOCK_SKEW 5            /* seconds, PROTOCOL 3 */
#define DISK_LEAST (UINT64_C(256) << 20)

struct patient {
    struct call *call;
    struct config config;
    struct trusted trusted;
    int64_t now;
    unsigned wrong;
};

/* A finding; `fix` NULL: it is fine. What a check refused by itself was told already. */
static void tell(struct patient *p, const char *what, const char *found, const char *fix)
{
    struct buffer out = call_buffer(p->call, 4096);
    struct json_out o = json_out(&out);
    p->wrong += fix != NULL;
    if (!p->call->json) {
        say("%-6s %-12s %s%s%s", fix ? "WRONG" : "fine", what, found, fix ? ": " : "", fix ? fix : "");
        return;
    }
    json_put_object(&o);
    json_put_text_member(&o, "check", span_text(what));
    json_put_bool_member(&o, "fine", !fix);
    json_put_text_member(&o, "found", span_text(found));
    if (fix)
        json_put_text_member(&o, "fix", span_text(fix));
    json_end_object(&o);
    say("%s", (const char *)out.data);
}

/* --- files --- */

static void check_private(struct patient *p, const char *what, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        tell(p, what, call_format(p->call, "cannot look at %s", path), "make it, or correct the configuration");
    else if (status.st_mode & (S_IRWXG | S_IRWXO))
        tell(p, what, call_format(p->call, "others may use %s", path), call_format(p->call, "chmod go= %s", path));
    else
        tell(p, what, call_format(p->call, "%s is its owner's alone", path), NULL);
}

static void check_volumes(struct patient *p)
{
    struct stat database, mark;
    if (stat(folder_of(p->call, p->config.database), &database) != 0 || stat(folder_of(p->call, p->config.mark), &mark) != 0)
        tell(p, "mark", "cannot look at its folder", "make the folders that [data] names");
    else if (database.st_dev == mark.st_dev && p->trusted.root.kind == ROOT_PRODUCTION)
        tell(p, "mark", "on the volume of the database: a restored volume brings back both",
             "let [data] mark name a file on another volume, and move it there");
    else
        tell(p, "mark", database.st_dev == mark.st_dev ? "on the volume of the database, as a test registry may" : "on another volume", NULL);
}

static void check_disk(struct patient *p)
{
    struct statvfs volume;
    const char *folder = folder_of(p->call, p->config.database);
    if (statvfs(folder, &volume) != 0) {
        tell(p, "disk", call_format(p->call, "cannot look at %s", folder), "make the folder that [data] database names");
        return;
    }
    uint64_t left = (uint64_t)volume.f_bavail * volume.f_frsize;
    tell(p, "disk", call_format(p->call, "%llu MiB left for %s", (unsigned long long)(left >> 20), folder),
         left < DISK_LEAST ? "free some: without room nothing is committed, and no evidence stays fresh" : NULL);
}

/* --- trust --- */

static const char *day(struct patient *p, int64_t t)
{
    struct buffer text = call_buffer(p->call, 32);
    date_write(&text, date_of(t, 0));
    return (const char *)text.data;
}

static void check_expiry(struct patient *p, const char *what, int64_t expires)
{
    tell(p, what, call_format(p->call, "until %s", day(p, expires)),
         expires - p->now < SOON ? "have the next root signed, with new lines, and restart" : NULL);
}

static void check_trust(struct patient *p)
{
    check_expiry(p, "root", p->trusted.root.expires);
    check_expiry(p, "issuer", p->trusted.issuer->validity.expires);
    check_expiry(p, "statuslog", p->trusted.statuslog.validity.expires);
    for (size_t i = 0; i < p->trusted.fresh_count; i++)
        check_expiry(p, "fresh", p->trusted.fresh[i].validity.expires);
    if (p->trusted.receipts.path)
        check_expiry(p, "receipts", p->trusted.receipts.validity.expires);
    else
        tell(p, "receipts", "no key: apps cannot deliver receipts", "have the next root name a receipts key");
}

static int open_keys(struct patient *p)
{
    struct keyring ring = {.call = p->call, .passphrase_file = p->config.passphrase_file};
    const struct trusted_key *const keys[] = {&p->trusted.issuer_key, &p->trusted.statuslog, &p->trusted.fresh[0], &p->trusted.receipts};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct key key;
        if (keys[i]->path)
            STEP(key_open(&ring, keys[i]->path, keys[i]->purpose, &key));
    }
    tell(p, "keys", call_format(p->call, "%s opens", p->config.keys), NULL);
    return DONE;
}

/* --- the data --- */

static void check_clock(struct patient *p, struct session *session)
{
    uint64_t evidence = 0;
    csign_code code = log_read_time(session, &evidence);
    if (code != CSIGN_OK)
        tell(p, "clock", "the log has no time to compare with", code == CSIGN_E_NOT_FOUND ? NULL : "run fsck");
    else if ((int64_t)evidence > p->now + CLOCK_SKEW)
        tell(p, "clock", call_format(p->call, "%lld seconds behind the newest evidence", (long long)((int64_t)evidence - p->now)),
             "set the clock of this machine; until then no evidence is renewed");
    else
        tell(p, "clock", call_format(p->call, "the newest evidence is %lld seconds old", (long long)(p->now - (int64_t)evidence)), NULL);
}

static void check_mark(struct patient *p, struct session *session)
{
    struct mark mark;
    csign_fault fault = {0};
    uint64_t size = 0;
    struct buffer note = call_buffer(p->call, CHECKPOINT_MAX);
    if (mark_open(p->config.mark, p->trusted.statuslog.vkey.name, true, &mark, &fault) != CSIGN_OK) {
        tell(p, "log", fault.reason ? fault.reason : "the mark cannot be read", "restore the mark, or have [data] mark name the right file");
        return;
    }
    csign_code code = log_read_checkpoint(session, &note, &size);
    if (code != CSIGN_OK)
        tell(p, "log", "it cannot be read", "run fsck");
    else if (mark.is_set && mark.value.size > size)
        tell(p, "log", call_format(p->call, "%llu leaves, behind its mark of %llu", (unsigned long long)size,
                                   (unsigned long long)mark.value.size),
             "restore a newer backup: what was published cannot be signed again");
    else
        tell(p, "log", call_format(p->call, "%llu leaves, not behind its mark", (unsigned long long)size), NULL);
    mark_close(&mark);
}

static void check_interim(struct patient *p, struct session *session)
{
    struct query q = query_open(session, SQL_DOCTOR_INTERIM, NULL, 0);
    bool row = query_row(&q);
    long long count = row ? query_integer(&q, 0) : 0, first = row ? query_integer(&q, 1) : 0;
    if (query_close(&q) != CSIGN_OK)
        tell(p, "interim", "the orders cannot be read", "run fsck");
    else if (count > 0 && first < p->now)
        tell(p, "interim", call_format(p->call, "%lld interim suspensions, of which one is past its confirm_by of %s", count, day(p, first)),
             "have the authority confirm or reinstate; the registry lifts none");
    else
        tell(p, "interim", call_format(p->call, "%lld interim suspensions wait to be confirmed", count), NULL);
}

static void check_data(struct patient *p)
{
    struct store *store = NULL;
    struct stat status;
    csign_fault fault = {0};
    const struct store_options asked = {.path = p->config.database, .read_only = true, .clock_ms = clock_now_ms};
    if (stat(p->config.database, &status) != 0 && errno == ENOENT) {
        tell(p, "database", "not there yet: the first serve makes it", NULL);
        return;
    }
    csign_code code = store_open(&asked, &store, &fault);
    if (code != CSIGN_OK) {
        tell(p, "database", fault.reason ? fault.reason : csign_code_name(code), "run fsck, or correct [data] database");
        return;
    }
    struct session *session = store_reader(store);
    check_clock(p, session);
    check_mark(p, session);
    check_interim(p, session);
    store_reader_end(store, session);
    store_close(&store);
}

static int examine(struct patient *p)
{
    check_private(p, "folder", p->config.keys);
    if (p->config.passphrase_file)
        check_private(p, "passphrase", p->config.passphrase_file);
    check_disk(p);
    STEP(trusted_read_roots(p->call, &p->config, &p->trusted));
    STEP(trusted_find_keys(p->call, &p->config, p->now, &p->trusted));
    STEP(trusted_check_base_url(p->call, &p->config, &p->trusted));
    check_trust(p);
    check_volumes(p);
    STEP(open_keys(p));
    check_data(p);
    return p->wrong ? REFUSED : DONE;
}

int verb_doctor(struct call *call)
{
    struct patient *p = call_memory(call, sizeof *p);
    const char *path = NULL;
    const struct option options[] = {{"--config", OPTION_TEXT, true, &path, "FILE", "the configuration of the registry", NULL, 0}};
    STEP(OPTIONS(call, "Examines what the registry depends on. It changes nothing.", options));
    p->call = call;
    p->now = clock_now();
    STEP(config_read(call, path, &p->config));
    tell(p, "config", path, NULL);
    return examine(p);
}
