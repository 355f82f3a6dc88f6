/*
 * What rows of a file are called by: an identifier, a licence, the id of a resource. Two rows that are called the same say the same again,
 * say something of the same person, or contradict each other.
 *
 * Most names stand once in a file, and come in no order: to keep them all would cost more than everything else. So a file is read twice.
 * The first reading notes in two fields of bits which names it has seen, and which it has seen before; the second keeps those that may
 * stand twice, or that roles speak of. The bits err on one side only: in a very large file more names are kept than need be.
 */
#include "identifier.h"
#include "import_batch.h"
#include "rows.h"
#include "schema.h"

#include <sodium.h>
#include <stdlib.h>

#define FIELD_BITS (UINT64_C(1) << 25) /* for two million names, of whom then one in two hundred is kept in vain */
#define BITS_EACH  3u

struct import_names {
    uint8_t key[crypto_shorthash_KEYBYTES]; /* drawn: nobody makes up names that meet */
    uint8_t once[FIELD_BITS / 8], again[FIELD_BITS / 8];
};

struct import_names *import_names_make(void)
{
    struct import_names *names = calloc(1, sizeof *names);
    if (names)
        crypto_shorthash_keygen(names->key);
    return names;
}

void import_names_forget(struct import_names *names)
{
    memset(names->once, 0, sizeof names->once);
    memset(names->again, 0, sizeof names->again);
}

/* --- the bits --- */

static void places_of(const struct import_names *names, span name, uint64_t ret[BITS_EACH])
{
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, name.data, name.size, names->key);
    const uint64_t step = hash >> 32 | 1;
    for (unsigned i = 0; i < BITS_EACH; i++)
        ret[i] = (hash + i * step) % FIELD_BITS;
}

static bool has_bits(const uint8_t *field, const uint64_t places[BITS_EACH])
{
    bool all = true;
    for (unsigned i = 0; i < BITS_EACH; i++)
        all &= (field[places[i] / 8] >> places[i] % 8 & 1) != 0;
    return all;
}

static void note(struct import_names *names, span name)
{
    uint64_t places[BITS_EACH];
    places_of(names, name, places);
    uint8_t *field = has_bits(names->once, places) ? names->again : names->once;
    for (unsigned i = 0; i < BITS_EACH; i++)
        field[places[i] / 8] |= (uint8_t)(1u << places[i] % 8);
}

static bool may_stand_twice(const struct import_names *names, span name)
{
    uint64_t places[BITS_EACH];
    places_of(names, name, places);
    return has_bits(names->again, places);
}

/* --- the names of a row --- */

struct keys {
    span names[10 + DEED_LIST_MAX];
    size_t count, licence; /* from where on they are of the licence */
};

static void add_key(struct buffer *scratch, struct keys *keys, span first, const char *between, span second)
{
    size_t from = scratch->size;
    buffer_put(scratch, first);
    buffer_text(scratch, between);
    buffer_put(scratch, second);
    keys->names[keys->count++] = buffer_since(scratch, from);
}

/* People are known by identifiers, and by licences in each of their places; organizations and roles by the ids of their resources alone. */
static csign_code put_keys(const struct import_members *m, span key, struct buffer *scratch, struct keys *keys)
{
    const struct deed_identifier *items = m->practitioner.identifiers.items;
    keys->count = 0;
    for (size_t i = 0; i < m->practitioner.identifiers.count; i++)
        add_key(scratch, keys, items[i].system, "|", items[i].value);
    if (key.size)
        add_key(scratch, keys, key, "", SPAN(""));
    keys->licence = keys->count;
    for (size_t i = 0; (m->present & IMPORT_HAS_LICENCE) && i < m->licence.jurisdiction.count; i++) {
        add_key(scratch, keys, span_text(vocabulary_word(&professions, m->licence.profession)), " licence ", m->licence.number);
        keys->count--; /* with its place behind it */
        add_key(scratch, keys, keys->names[keys->count], " ", m->licence.jurisdiction.items[i]);
    }
    return buffer_code(scratch);
}

csign_code import_names_note(struct batch *b, const struct batch_row *row, struct buffer *scratch)
{
    const struct import_members *m = row->members;
    struct keys keys;
    TRY(put_keys(m, row->key, scratch, &keys));
    for (size_t i = 0; i < keys.count; i++)
        note(b->names, keys.names[i]);
    if (m->of.size)
        note(b->names, m->of);
    return CSIGN_OK;
}

/* --- two of one name --- */

static bool contradict(struct object_list a, struct object_list b)
{
    const struct deed_identifier *one = a.items, *other = b.items;
    for (size_t i = 0; i < a.count; i++)
        for (size_t k = 0; k < b.count; k++)
            if (identifier_is_single(one[i].system) && span_equal(one[i].system, other[k].system) && !span_equal(one[i].value, other[k].value))
                return true;
    return false;
}

static bool same_person(const struct import_members *a, const struct import_members *b)
{
    return span_equal(a->practitioner.name, b->practitioner.name) && a->practitioner.birth_date == b->practitioner.birth_date &&
           !contradict(a->practitioner.identifiers, b->practitioner.identifiers);
}

/* Another line has the same name for something: the row again, another licence of the same person, or a contradiction. */
static csign_code judge_double(struct batch *b, struct session *session, struct batch_row *row, uint64_t line, bool is_licence,
                               struct buffer *scratch)
{
    struct import_members *before = schema_scratch_in(scratch, 1, sizeof *before);
    csign_fault fault;
    if (!before)
        return CSIGN_E_NO_SPACE;
    struct query q = QUERY(session, SQL_IMPORT_ROW_BY_LINE, VALUE_TEXT(span_text(b->work.id)), VALUE_INTEGER(row->at.phase), VALUE_INTEGER(line));
    span text = query_row(&q) ? copy_span(scratch, query_text(&q, 1)) : span_of(NULL, 0);
    TRY(query_close(&q));
    row->verdict.other = line;
    if (span_equal(text, row->text)) {
        row->verdict.outcome = IMPORT_FLAGGED;
        row->verdict.field = "";
        row->verdict.reason = "the same as another line";
        return CSIGN_OK;
    }
    if (row->at.phase != IMPORT_PEOPLE)
        return import_refuse(&row->verdict, "id", "another line has this id and says otherwise");
    TRY(import_members_read(text, scratch, before, &fault));
    if (!is_licence && same_person(before, row->members)) {
        row->verdict.other = 0;
        return CSIGN_OK;
    }
    return import_refuse(&row->verdict, is_licence ? "licence_number" : "identifiers",
                         is_licence ? "another line has this licence and says otherwise" : "another line has this identifier for somebody else");
}

csign_code import_names_keep(struct batch *b, struct session *session, struct batch_row *row, struct buffer *scratch)
{
    const struct import_members *m = row->members;
    struct keys keys;
    TRY(put_keys(m, row->key, scratch, &keys));
    for (size_t i = 0; i < keys.count && row->verdict.outcome != IMPORT_REJECTED; i++) {
        if (!may_stand_twice(b->names, keys.names[i]))
            continue;
        const struct value values[] = {VALUE_TEXT(span_text(b->work.id)), VALUE_TEXT(keys.names[i]), VALUE_INTEGER(row->at.line)};
        uint64_t changed, line;
        TRY(query_run(session, SQL_IMPORT_KEY_INSERT, values, 3, &changed));
        if (changed)
            continue;
        struct query q = QUERY(session, SQL_IMPORT_KEY_READ, values[0], values[1]);
        line = query_row(&q) ? (uint64_t)query_integer(&q, 0) : 0;
        TRY(query_close(&q));
        if (line != row->at.line && !row->verdict.other) /* who says it again is still called by what it alone is called */
            TRY(judge_double(b, session, row, line, i >= keys.licence, scratch));
    }
    return CSIGN_OK;
}
