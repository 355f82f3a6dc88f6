/*
 * countersign-registry fsck: the status log made again from its entries, the chain of deeds from their texts, and every status index
 * compared with the leaves that speak of it. It reads alone; the daemon is stopped, or what it writes meanwhile is not seen.
 */
#include "clock.h"
#include "deed.h"
#include "json_write.h"
#include "options.h"
#include "output.h"
#include "trusted.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct checking {
    struct call *call;
    struct config config;
    struct trusted trusted;
    struct session *session;
    uint64_t leaves, deeds, indexes;
};

static int damage(struct checking *c, const char *where, uint64_t number, const char *what)
{
    return fail(c->call, REFUSED, "keep this database as it is, and restore the newest backup that is not behind the mark",
                "damage: %s, %s %llu in %s", what, where, (unsigned long long)number, c->config.database);
}

static int unreadable(struct checking *c, csign_code code)
{
    return code == CSIGN_OK ? DONE : fail_code(c->call, REFUSED, code, NULL, c->config.database);
}

/* --- the log --- */

static void show_progress(void *context, uint64_t checked, uint64_t size)
{
    const struct checking *c = context;
    if (!c->call->json && isatty(STDERR_FILENO))
        fprintf(stderr, "\rlog %llu of %llu%s", (unsigned long long)checked, (unsigned long long)size, checked == size ? "\n" : "");
}

static int check_log(struct checking *c)
{
    const struct vkey *vkey = &c->trusted.statuslog.vkey;
    const struct log_check asked = {.origin = vkey->name, .statuslog = *vkey, .mark_path = c->config.mark, .progress = show_progress,
                                    .context = c};
    csign_fault fault = {0};
    csign_code code = log_fsck(c->session, &asked, &c->leaves, &fault);
    if (code == CSIGN_OK)
        return DONE;
    return fail(c->call, REFUSED, "keep this database as it is, and restore the newest backup that is not behind the mark",
                "damage: %s: %s, %s at leaf %zu in %s", csign_code_name(code), fault.reason ? fault.reason : "",
                fault.field ? fault.field : "", fault.offset, c->config.database);
}

/* --- the deeds --- */

static int check_deed(struct checking *c, const struct query *q, uint8_t chain[CSIGN_HASH_SIZE])
{
    uint8_t hash[CSIGN_HASH_SIZE];
    uint64_t number = (uint64_t)query_integer(q, 0);
    deed_hash(query_text(q, 3), hash);
    if (!span_equal(query_blob(q, 2), span_of(hash, sizeof hash)))
        return damage(c, "deed", number, "the text is not what its hash names");
    if (number != ++c->deeds)
        return damage(c, "deed", c->deeds, "a number is missing");
    deed_chain_next(chain, number, hash);
    if (!span_equal(query_blob(q, 1), span_of(chain, CSIGN_HASH_SIZE)))
        return damage(c, "deed", number, "the chain does not lead to it");
    return DONE;
}

static int check_deeds(struct checking *c)
{
    uint8_t chain[CSIGN_HASH_SIZE];
    deed_chain_start(c->trusted.root.origin, chain);
    struct query q = query_open(c->session, SQL_FSCK_DEED_ALL, NULL, 0);
    int outcome = DONE;
    while (outcome == DONE && query_row(&q))
        outcome = check_deed(c, &q, chain);
    csign_code code = query_close(&q);
    STEP(outcome);
    STEP(unreadable(c, code));
    q = query_open(c->session, SQL_FSCK_DEED_HEAD, NULL, 0);
    bool good = query_row(&q) ? (uint64_t)query_integer(&q, 0) == c->deeds && span_equal(query_blob(&q, 1), span_of(chain, sizeof chain))
                              : c->deeds == 0;
    code = query_close(&q);
    return code != CSIGN_OK ? unreadable(c, code) : good ? DONE : damage(c, "deed", c->deeds, "the head is not the end of the chain");
}

/* --- the status indexes --- */

/* How an index ended: as its row says, and as the last E leaf does. */
struct ending {
    uint8_t code, reason, deed[16];
};
struct indexes {
    struct ending *rows, *leaves;
    uint64_t count, capacity;
};

static bool make_room(struct indexes *all)
{
    uint64_t capacity = all->capacity ? 2 * all->capacity : 1024;
    if (all->count < all->capacity)
        return true;
    struct ending *rows = realloc(all->rows, capacity * sizeof *rows);
    if (rows)
        all->rows = rows;
    struct ending *leaves = realloc(all->leaves, capacity * sizeof *leaves);
    if (leaves)
        all->leaves = leaves;
    if (!rows || !leaves)
        return false;
    all->capacity = capacity;
    return true;
}

static int check_binding(struct checking *c, struct indexes *all, const struct leaf *leaf, struct query *rows)
{
    uint8_t commit[32], thumbprint[32];
    uint64_t index = leaf->binding.index;
    if (!query_row(rows) || (uint64_t)query_integer(rows, 0) != index)
        return damage(c, "status index", index, "no row for its leaf");
    query_bytes(rows, 5, thumbprint, sizeof thumbprint);
    leaf_binding_commit(span_text(c->config.iss), query_text(rows, 4), thumbprint, commit);
    if (memcmp(commit, leaf->binding.commit, sizeof commit) != 0)
        return damage(c, "status index", index, "its leaf is of another person or key");
    if (!make_room(all))
        return fail(c->call, CANNOT, "give it more memory", "out of memory");
    struct ending row = {.code = (uint8_t)query_integer(rows, 1), .reason = (uint8_t)query_integer(rows, 2)};
    span deed = query_blob(rows, 3);
    if (deed.size >= sizeof row.deed)
        memcpy(row.deed, deed.data, sizeof row.deed);
    all->rows[all->count] = row;
    all->leaves[all->count++] = (struct ending){0};
    return DONE;
}

static int check_leaf(struct checking *c, struct indexes *all, span bytes, struct query *rows)
{
    struct leaf leaf;
    if (leaf_read(bytes, &leaf, NULL) != CSIGN_OK)
        return damage(c, "status index", all->count, "a leaf that is none");
    if (leaf.type == LEAF_BINDING)
        return check_binding(c, all, &leaf, rows);
    if (leaf.type == LEAF_END && leaf.end.index < all->count) {
        struct ending *ending = &all->leaves[leaf.end.index];
        if (ending->code != leaf.end.code) /* the same again is a correction: the row keeps the deed that it corrects */
            memcpy(ending->deed, leaf.end.deed, sizeof ending->deed);
        ending->code = (uint8_t)leaf.end.code;
        ending->reason = (uint8_t)leaf.end.reason;
    }
    return DONE;
}

static int compare_endings(struct checking *c, const struct indexes *all)
{
    for (uint64_t i = 0; i < all->count; i++)
        if (memcmp(&all->rows[i], &all->leaves[i], sizeof all->rows[i]) != 0)
            return damage(c, "status index", i, "it ended otherwise than its leaf says, or lives where it ended");
    c->indexes = all->count;
    return DONE;
}

static int check_indexes(struct checking *c)
{
    struct indexes all = {0};
    struct query leaves = query_open(c->session, SQL_LOG_ENTRY_ALL, NULL, 0), rows = query_open(c->session, SQL_FSCK_INDEX_ALL, NULL, 0);
    int outcome = DONE;
    while (outcome == DONE && query_row(&leaves))
        outcome = check_leaf(c, &all, query_blob(&leaves, 1), &rows);
    if (outcome == DONE && query_row(&rows))
        outcome = damage(c, "status index", (uint64_t)query_integer(&rows, 0), "no leaf of the log made it");
    csign_code code = query_close(&leaves), code_rows = query_close(&rows);
    if (outcome == DONE)
        outcome = unreadable(c, code != CSIGN_OK ? code : code_rows);
    if (outcome == DONE)
        outcome = compare_endings(c, &all);
    free(all.rows);
    free(all.leaves);
    return outcome;
}

/* --- all of it --- */

static int check_all(struct checking *c)
{
    csign_fault fault = {0};
    csign_code code = store_check_integrity(c->session, &fault);
    if (code != CSIGN_OK)
        return fail(c->call, REFUSED, "keep this database as it is, and restore the newest backup that is not behind the mark",
                    "damage: %s, %s", fault.reason, c->config.database);
    STEP(check_log(c));
    STEP(check_deeds(c));
    return check_indexes(c);
}

static int tell_clean(struct checking *c)
{
    struct buffer out = call_buffer(c->call, 256);
    struct json_out o = json_out(&out);
    if (!c->call->json) {
        say("clean: %llu leaves, %llu deeds, %llu status indexes", (unsigned long long)c->leaves, (unsigned long long)c->deeds,
            (unsigned long long)c->indexes);
        return DONE;
    }
    json_put_object(&o);
    json_put_bool_member(&o, "clean", true);
    json_put_integer_member(&o, "leaves", c->leaves);
    json_put_integer_member(&o, "deeds", c->deeds);
    json_put_integer_member(&o, "status_indexes", c->indexes);
    json_end_object(&o);
    buffer_byte(&out, '\n');
    return put_out(c->call, buffer_span(&out));
}

int verb_fsck(struct call *call)
{
    struct checking *c = call_memory(call, sizeof *c);
    const char *path = NULL;
    csign_fault fault = {0};
    struct store *store = NULL;
    const struct option options[] = {{"--config", OPTION_TEXT, true, &path, "FILE", "the configuration of the registry", NULL, 0}};
    STEP(OPTIONS(call, "Checks every leaf, tile, deed and status index of a registry that is stopped.", options));
    c->call = call;
    STEP(config_read(call, path, &c->config));
    STEP(trusted_read_roots(call, &c->config, &c->trusted));
    STEP(trusted_find_keys(call, &c->config, clock_now(), &c->trusted));
    const struct store_options asked = {.path = c->config.database, .read_only = true, .clock_ms = clock_now_ms};
    csign_code code = store_open(&asked, &store, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, CANNOT, code, &fault, c->config.database);
    c->session = store_reader(store);
    int outcome = check_all(c);
    store_reader_end(store, c->session);
    store_close(&store);
    return outcome == DONE ? tell_clean(c) : outcome;
}
