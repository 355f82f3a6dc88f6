#include "leaf_words.h"
#include "base64.h"
#include "date.h"
#include "deed.h"

static void put_ms(struct buffer *out, uint64_t ms)
{
    time_write(out, (int64_t)(ms / 1000));
}

/* A leaf has the first half of the deed's hash: enough to find it, with `countersign deed list`. */
static void put_deed(struct buffer *out, const uint8_t deed[16])
{
    static const uint8_t none[16];
    if (memcmp(deed, none, sizeof none) == 0) {
        buffer_text(out, ", by the registry itself");
        return;
    }
    buffer_text(out, ", by deed ");
    base64url_encode(out, span_of(deed, 16));
}

static void put_end(struct buffer *out, const struct leaf *leaf)
{
    static const char *const words[] = {
        [END_REVOKED] = "revoked", [END_SUSPENDED] = "suspended", [END_SUPERSEDED] = "superseded"};
    buffer_text(out, "index ");
    buffer_decimal(out, leaf->end.index);
    buffer_byte(out, ' ');
    buffer_text(out, words[leaf->end.code]);
    buffer_text(out, " from ");
    put_ms(out, leaf->end.effective_ms);
    buffer_text(out, ": ");
    buffer_text(out, end_reason_name(leaf->end.reason));
    put_deed(out, leaf->end.deed);
}

static void put_cut(struct buffer *out, const struct leaf *leaf)
{
    buffer_text(out, "a cut of ");
    buffer_text(out, vocabulary_word(&cut_kinds, (uint8_t)leaf->cut.kind));
    if (leaf->cut.kind != CUT_ALL) {
        buffer_byte(out, ' ');
        base64url_encode(out, span_of(leaf->cut.id, sizeof leaf->cut.id));
    }
    buffer_text(out, ": refused is what was signed ");
    if (leaf->cut.cut_ms == INT64_MAX) {
        buffer_text(out, "at any time");
    } else {
        buffer_text(out, "before ");
        put_ms(out, leaf->cut.cut_ms);
    }
    buffer_text(out, ": ");
    buffer_text(out, end_reason_name(leaf->cut.reason));
    put_deed(out, leaf->cut.deed);
}

void leaf_words(struct buffer *out, const struct leaf *leaf)
{
    switch (leaf->type) {
    case LEAF_BINDING:
        buffer_text(out, "index ");
        buffer_decimal(out, leaf->binding.index);
        buffer_text(out, " is live");
        return;
    case LEAF_END:
        put_end(out, leaf);
        return;
    case LEAF_CUT:
        put_cut(out, leaf);
        return;
    case LEAF_FLOOR:
        buffer_text(out, "every index below ");
        buffer_decimal(out, leaf->floor.floor);
        buffer_text(out, " is retired");
        return;
    case LEAF_POLICY:
        buffer_text(out, "version ");
        buffer_decimal(out, leaf->policy.version);
        buffer_text(out, " of a policy is in force from ");
        put_ms(out, leaf->policy.effective_ms);
        buffer_text(out, ", as note ");
        base64url_encode(out, span_of(leaf->policy.note, sizeof leaf->policy.note));
        return;
    case LEAF_ROOT:
        buffer_text(out, "version ");
        buffer_decimal(out, leaf->root.version);
        buffer_text(out, " of the trust root, of hash ");
        base64url_encode(out, span_of(leaf->root.hash, sizeof leaf->root.hash));
        return;
    }
}
