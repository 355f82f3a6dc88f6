#include "kept.h"
#include "leaf.h"

#include <stdlib.h>

static csign_code keep_leaves(struct connection *c, const struct keeping *k)
{
    for (size_t at = 0; at < k->leaves.size; at += KEPT_BLOCK * LEAF_SIZE) {
        size_t left = k->leaves.size - at, size = left < KEPT_BLOCK * LEAF_SIZE ? left : KEPT_BLOCK * LEAF_SIZE;
        TRY(RUN(c, SQL_LEAVES_ADD, INTEGER(k->first + at / LEAF_SIZE), BLOB(span_of(k->leaves.data + at, size))));
    }
    return CSIGN_OK;
}

static csign_code write_keeping(struct entry *entry, struct ledger *ledger)
{
    const struct keeping *k = (const struct keeping *)(const void *)entry;
    struct connection *c = &ledger->writer;
    if (k->root_note.data)
        TRY(RUN(c, SQL_ROOT_ADD, INTEGER(k->root_version), HASH(k->root_hash), TEXT(k->root_note)));
    if (k->policy_note.data)
        TRY(RUN(c, SQL_POLICY_ADD, BLOB(span_of(k->policy_name, 24)), TEXT(k->policy_note)));
    if (k->drops_leaves)
        TRY(sql_run(c, SQL_LEAVES_DROP, NULL, 0));
    if (k->leaves.data)
        TRY(keep_leaves(c, k));
    if (k->checkpoint.data)
        TRY(RUN(c, SQL_GATE_MARKS, INTEGER(k->marks.log_size), HASH(k->marks.log_root), INTEGER(k->marks.evidence_time),
                INTEGER(k->seen), INTEGER(k->marks.root_version), INTEGER(k->marks.is_distrusted != 0), TEXT(k->checkpoint)));
    if (k->seen_note.data) {
        TRY(sql_run(c, SQL_GATE_DISTRUSTED, NULL, 0));
        TRY(RUN(c, SQL_EQUIVOCATION_ADD, INTEGER(k->at_ms), TEXT(k->held_note), TEXT(k->seen_note)));
    }
    return CSIGN_OK;
}

csign_code keep(struct ledger *ledger, struct keeping *keeping)
{
    keeping->entry.write = write_keeping;
    return ledger_write(ledger, &keeping->entry);
}

/* --- reading --- */

/* A copy of a column that ends in a NUL; NULL where the column is empty. */
static csign_code copy_column(struct sql *q, int column, uint8_t **ret, size_t *ret_size)
{
    span bytes = sql_bytes(q, column);
    *ret = NULL;
    *ret_size = bytes.size;
    if (bytes.size == 0)
        return CSIGN_OK;
    uint8_t *copy = malloc(bytes.size + 1);
    if (!copy)
        return CSIGN_E_NO_SPACE;
    memcpy(copy, bytes.data, bytes.size);
    copy[bytes.size] = 0;
    *ret = copy;
    return CSIGN_OK;
}

csign_code kept_read(struct connection *c, struct kept *ret)
{
    memset(ret, 0, sizeof *ret);
    struct sql q = sql_begin(c, SQL_GATE_READ, NULL, 0);
    csign_code code = CSIGN_OK;
    if (sql_row(&q)) {
        ret->marks.log_size = (uint64_t)sql_integer(&q, 1);
        sql_hash(&q, 2, ret->marks.log_root);
        ret->marks.evidence_time = sql_integer(&q, 3);
        ret->seen = sql_integer(&q, 4);
        ret->marks.root_version = (uint64_t)sql_integer(&q, 5);
        ret->marks.is_distrusted = (int)sql_integer(&q, 6);
        code = copy_column(&q, 7, &ret->checkpoint, &ret->checkpoint_size);
    }
    csign_code ended = sql_end(&q);
    if (code == CSIGN_OK && ended == CSIGN_OK) {
        q = sql_begin(c, SQL_ROOT_NEWEST, NULL, 0);
        if (sql_row(&q)) {
            ret->root_version = (uint64_t)sql_integer(&q, 0);
            code = copy_column(&q, 1, &ret->root, &ret->root_size);
        }
        ended = sql_end(&q);
    }
    code = code == CSIGN_OK ? ended : code;
    if (code != CSIGN_OK)
        kept_free(ret);
    return code;
}

void kept_free(struct kept *kept)
{
    free(kept->root);
    free(kept->checkpoint);
    memset(kept, 0, sizeof *kept);
}

csign_code kept_find_root(struct connection *c, const uint8_t hash[CSIGN_HASH_SIZE])
{
    struct sql q = SQL(c, SQL_ROOT_BY_HASH, HASH(hash));
    bool found = sql_row(&q);
    TRY(sql_end(&q));
    return found ? CSIGN_OK : CSIGN_E_NOT_FOUND;
}

csign_code kept_policy(struct connection *c, const uint8_t name[24], uint8_t **ret, size_t *ret_size)
{
    struct sql q = SQL(c, SQL_POLICY_FIND, BLOB(span_of(name, 24)));
    csign_code code = CSIGN_OK;
    *ret = NULL;
    if (sql_row(&q))
        code = copy_column(&q, 0, ret, ret_size);
    csign_code ended = sql_end(&q);
    return code == CSIGN_OK ? ended : code;
}

csign_code kept_leaves(struct connection *c, uint64_t first, uint64_t size, uint8_t **ret, uint64_t *ret_count)
{
    const uint64_t most = size > first ? size - first : 0;
    uint64_t count = 0;
    uint8_t *leaves = most < SIZE_MAX / LEAF_SIZE ? malloc((size_t)most * LEAF_SIZE + 1) : NULL;
    if (!leaves)
        return CSIGN_E_NO_SPACE;
    struct sql q = SQL(c, SQL_LEAVES_FROM, INTEGER(first));
    while (count < most && sql_row(&q)) {
        const uint64_t begins = (uint64_t)sql_integer(&q, 0);
        const span block = sql_bytes(&q, 1);
        const uint64_t skip = begins < first + count ? first + count - begins : 0;
        if (begins > first + count || block.size % LEAF_SIZE != 0 || skip > block.size / LEAF_SIZE)
            break;
        uint64_t take = block.size / LEAF_SIZE - skip;
        take = take < most - count ? take : most - count;
        memcpy(leaves + count * LEAF_SIZE, block.data + skip * LEAF_SIZE, (size_t)take * LEAF_SIZE);
        count += take;
    }
    csign_code code = sql_end(&q);
    if (code != CSIGN_OK) {
        free(leaves);
        return code;
    }
    *ret = leaves;
    *ret_count = count;
    return CSIGN_OK;
}
