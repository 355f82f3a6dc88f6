#include "trusted.h"
#include "base64.h"
#include "cursor.h"
#include "date.h"
#include "files.h"
#include "output.h"

#include <dirent.h>
#include <stdlib.h>

/* --- roots --- */

/* How many files of the folder have a number as name. */
static int count_notes(struct call *call, const char *folder, size_t *ret)
{
    DIR *dir = opendir(folder);
    uint64_t number;
    if (!dir)
        return fail_system(call, "cannot open the folder of roots", folder, "correct [trust] root, or let this user read it");
    *ret = 0;
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (span_decimal(span_text(entry->d_name), TRUSTED_ROOTS_MAX, &number) && number > 0)
            ++*ret;
    closedir(dir);
    if (*ret == 0)
        return fail(call, REFUSED, "have the root request signed, and put the note there as the file 1", "no trust root, %s/1", folder);
    return DONE;
}

static int read_root(struct call *call, const char *path, span note, struct root *ret)
{
    csign_fault fault;
    struct buffer scratch = call_buffer(call, ROOT_SCRATCH(note.size));
    csign_code code = root_read(note, &scratch, ret, &fault);
    return code == CSIGN_OK ? DONE : fail_in_text(call, REFUSED, code, &fault, path, note);
}

int trusted_read_roots(struct call *call, const struct config *config, struct trusted *ret)
{
    size_t count;
    csign_fault fault;
    STEP(count_notes(call, config->root, &count));
    span *notes = call_memory(call, count * sizeof *notes);
    for (size_t i = 0; i < count; i++) {
        const char *path = call_format(call, "%s/%zu", config->root, i + 1);
        struct root next;
        STEP(file_read(call, path, CSIGN_ROOT_MAX, &notes[i]));
        STEP(read_root(call, path, notes[i], &next));
        if (next.version != i + 1)
            return fail(call, REFUSED, "call each file by the version of its root", "version %llu, %s",
                        (unsigned long long)next.version, path);
        csign_code code = i == 0 ? CSIGN_OK : root_check_next(&ret->root, &next, notes[i], &fault);
        if (code != CSIGN_OK)
            return fail_code(call, REFUSED, code, &fault, path);
        ret->root = next;
    }
    ret->notes = notes;
    ret->note_count = count;
    return DONE;
}

/* --- keys --- */

struct finding {
    struct call *call;
    const struct config *config;
    struct trusted *trusted;
    int64_t now;
};

static bool same_key(const struct public_key *line, const struct key_file *file)
{
    return public_key_equal(line, &file->key);
}

static void take_issuer(struct finding *f, const struct key_file *file, const char *path)
{
    const struct root *root = &f->trusted->root;
    for (size_t i = 0; i < root->issuer_count; i++) {
        const struct root_issuer *line = &root->issuers[i];
        if (!same_key(&line->key, file) || !validity_holds(line->validity, f->now) ||
            !span_equal(line->iss, span_text(f->config->iss)))
            continue;
        /* Of several keys the newest issues: the others are still named so that what they signed stays good. */
        if (f->trusted->issuer && f->trusted->issuer->validity.not_before >= line->validity.not_before)
            continue;
        f->trusted->issuer = line;
        f->trusted->issuer_key = (struct trusted_key){.path = path, .purpose = KEY_ISSUER, .validity = line->validity};
    }
}

static struct trusted_key key_of(const char *path, const struct key_file *file, const struct vkey *vkey, struct validity validity)
{
    return (struct trusted_key){.path = path, .purpose = file->purpose, .vkey = *vkey, .validity = validity};
}

static void take_statuslog(struct finding *f, const struct key_file *file, const char *path)
{
    const struct root *root = &f->trusted->root;
    for (size_t i = 0; i < root->statuslog_count; i++) {
        const struct root_log *line = &root->statuslogs[i];
        const struct trusted_key *held = &f->trusted->statuslog;
        if (same_key(&line->vkey.key, file) && validity_holds(line->validity, f->now) &&
            (!held->path || held->validity.not_before < line->validity.not_before))
            f->trusted->statuslog = key_of(path, file, &line->vkey, line->validity);
    }
}

static void take_fresh(struct finding *f, const struct key_file *file, const char *path)
{
    const struct root *root = &f->trusted->root;
    for (size_t i = 0; i < root->fresh_count; i++)
        if (same_key(&root->fresh[i].vkey.key, file) && validity_holds(root->fresh[i].validity, f->now) &&
            f->trusted->fresh_count < LOG_FRESH_KEYS_MAX) {
            f->trusted->fresh[f->trusted->fresh_count++] = key_of(path, file, &root->fresh[i].vkey, root->fresh[i].validity);
            return;
        }
}

static void take_receipts(struct finding *f, const struct key_file *file, const char *path)
{
    const struct root *root = &f->trusted->root;
    for (size_t i = 0; i < root->receipts_count; i++)
        if (same_key(&root->receipts[i].vkey.key, file) && validity_holds(root->receipts[i].validity, f->now))
            f->trusted->receipts = key_of(path, file, &root->receipts[i].vkey, root->receipts[i].validity);
}

static void take_statuslist(struct finding *f, const struct key_file *file, const char *path)
{
    const struct root *root = &f->trusted->root;
    for (size_t i = 0; i < root->statuslist_count; i++)
        if (same_key(&root->statuslists[i].key, file) && validity_holds(root->statuslists[i].validity, f->now))
            f->trusted->statuslist = (struct trusted_key){.path = path, .purpose = file->purpose, .validity = root->statuslists[i].validity};
}

static int take_file(struct finding *f, const char *path)
{
    struct key_file file;
    STEP(key_read(f->call, path, &file));
    switch (file.purpose) {
    case KEY_ISSUER:
        take_issuer(f, &file, path);
        break;
    case KEY_STATUSLOG:
        take_statuslog(f, &file, path);
        break;
    case KEY_FRESH:
        take_fresh(f, &file, path);
        break;
    case KEY_RECEIPTS:
        take_receipts(f, &file, path);
        break;
    case KEY_STATUSLIST:
        take_statuslist(f, &file, path);
        break;
    default: /* others lie there, and are not the daemon's to open */
        break;
    }
    return DONE;
}

static int take_files(struct finding *f)
{
    const char *folder = f->config->keys;
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort), outcome = DONE;
    if (count < 0)
        return fail_system(f->call, "cannot open the folder of keys", folder, "correct [trust] keys, or let this user read it");
    for (int i = 0; i < count; i++) {
        if (outcome == DONE && entries[i]->d_name[0] != '.')
            outcome = take_file(f, call_format(f->call, "%s/%s", folder, entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    return outcome;
}

static const char *moment(struct call *call, int64_t t)
{
    struct buffer text = call_buffer(call, 32);
    time_write(&text, t);
    return (const char *)text.data;
}

static int check_root(struct finding *f)
{
    const struct trusted *t = f->trusted;
    if (t->root.expires <= f->now)
        return fail(f->call, REFUSED, call_format(f->call, "have the next version signed, and put it there as the file %zu",
                    t->note_count + 1), "the trust root expired at %s, %s/%zu", moment(f->call, t->root.expires), f->config->root,
                    t->note_count);
    if (f->now < t->root.issued - 60)
        return fail(f->call, REFUSED, "set the clock of this machine", "the trust root was issued later than now, at %s, %s/%zu",
                    moment(f->call, t->root.issued), f->config->root, t->note_count);
    return DONE;
}

static int missing(struct finding *f, const char *directive)
{
    return fail(f->call, REFUSED, "put the sealed key there whose line the root has, or have the next root name the one that is there",
                "no key file stands on a %s line of the root that holds now, %s", directive, f->config->keys);
}

int trusted_find_keys(struct call *call, const struct config *config, int64_t now, struct trusted *trusted)
{
    struct finding f = {.call = call, .config = config, .trusted = trusted, .now = now};
    bool names_iss = false;
    STEP(check_root(&f));
    for (size_t i = 0; i < trusted->root.issuer_count; i++)
        names_iss |= span_equal(trusted->root.issuers[i].iss, span_text(config->iss));
    if (!names_iss)
        return fail(call, REFUSED, "correct [trust] iss, or use the root of this registry", "the root has no issuer line for %s, %s/%zu",
                    config->iss, config->root, trusted->note_count);
    STEP(take_files(&f));
    if (!trusted->issuer)
        return missing(&f, "issuer");
    if (!trusted->statuslog.path)
        return missing(&f, "statuslog");
    if (trusted->fresh_count < trusted->root.freshness)
        return fail(call, REFUSED, "put the sealed freshness keys there that the root names, or have the next root name new ones",
                    "%zu freshness keys of the %u that the root asks for, %s", trusted->fresh_count, trusted->root.freshness,
                    config->keys);
    return DONE;
}

static bool is_loopback_url(span url)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        span host = span_text(hosts[i]);
        if (span_starts(url, host) && (url.size == host.size || url.data[host.size] == ':' || url.data[host.size] == '/'))
            return true;
    }
    return false;
}

int trusted_check_base_url(struct call *call, const struct config *config, const struct trusted *trusted)
{
    span url = span_text(config->base_url);
    if (span_starts(url, SPAN("https://")) || (trusted->root.kind == ROOT_TEST && is_loopback_url(url)))
        return DONE;
    return fail(call, REFUSED, "give an https URL, of the proxy in front of it; http is for loopback and a test root alone",
                "not a base_url for this root, %s in %s", config->base_url, config->path);
}
