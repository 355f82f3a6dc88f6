/*
 * Closed objects as tables: a schema names every member of one JSON object, its type, its bounds and where it goes
 * in a struct, so that a format is read off its table and nothing else. An unknown, missing, repeated or wrongly
 * typed member refuses and is named.
 */
#ifndef CORE_SCHEMA_H
#define CORE_SCHEMA_H

#include "json.h"

/* A closed list of words. A word is kept as its place in the list, from 1; 0 is "absent". */
struct vocabulary {
    const char *const *words;
    uint8_t count;
};

uint8_t vocabulary_find(const struct vocabulary *v, span word);
const char *vocabulary_word(const struct vocabulary *v, uint8_t place);

/* Lists that a schema reads; the items lie in the reader's scratch. */
struct text_list {
    const span *items;
    size_t count;
};
struct object_list {
    const void *items;
    size_t count;
};

bool text_list_has(struct text_list list, span text);
bool text_list_equal(struct text_list a, struct text_list b);

enum field_kind {
    FIELD_TEXT,    /* span: 1 to `max` bytes */
    FIELD_ID,      /* span: an id, PROTOCOL head */
    FIELD_CODE,    /* span: a jurisdiction, two letters or ISO 3166-2 */
    FIELD_RANDOM,  /* span, as text: B64U of 16 to 32 bytes */
    FIELD_B64U,    /* span of bytes, decoded into scratch; 1 to `max` bytes */
    FIELD_DIGEST,  /* uint8_t[32]: B64U of 32 bytes */
    FIELD_CONST,   /* nothing: must be the string `more` */
    FIELD_WORD,    /* uint8_t: a word of the vocabulary `more` */
    FIELD_INTEGER, /* uint64_t: 0 to `max` */
    FIELD_BOOL,    /* bool */
    FIELD_DATE,    /* uint32_t: "YYYY-MM-DD" as year * 10000 + month * 100 + day */
    FIELD_TEXTS,   /* struct text_list: at most `max` strings of 1 to 200 bytes, none twice */
    FIELD_IDS,     /* struct text_list: the same of ids */
    FIELD_CODES,   /* struct text_list: the same of jurisdictions, at least one */
    FIELD_WORDS,   /* uint64_t: a set of words of `more`, bit = place */
    FIELD_OBJECT,  /* the struct of schema `more`, in place */
    FIELD_OBJECTS, /* struct object_list: at most `max` structs of schema `more` */
    FIELD_RAW,     /* span: any value, as text */
    FIELD_CALL     /* read by `call` */
};

struct schema_field {
    const char *name;
    enum field_kind kind;
    bool optional;
    uint64_t max;
    const void *more;
    bool (*call)(struct json *j, const struct schema_field *field, void *into);
    size_t offset;
};

struct schema {
    const struct schema_field *fields; /* at most 64 */
    size_t count;
    size_t size; /* of the struct, whose first member is `uint64_t present`: bit = place in the table */
    bool open;   /* unknown members are read over */
};

#define SCHEMA(type, table)      {(table), sizeof(table) / sizeof *(table), sizeof(type), false}
#define SCHEMA_OPEN(type, table) {(table), sizeof(table) / sizeof *(table), sizeof(type), true}

/* Reads one object. On failure `into` holds garbage and the reader has failed, with the member named. */
bool schema_read(struct json *j, const struct schema *schema, void *into);
/* Reads one value of a field's kind, as schema_read does for a member. */
bool schema_read_field(struct json *j, const struct schema_field *field, void *into);

/* Reads a text that is one object and nothing else; the codes and the fault are those of json_code(). */
csign_code schema_read_text(span text, unsigned depth_max, struct buffer *scratch, const struct schema *schema, void *into,
                            csign_code syntax, csign_code malformed, csign_fault *fault);

/* An array in scratch, aligned to 8; NULL, and the reader has failed, if there is no room. */
void *schema_scratch(struct json *j, size_t count, size_t size);
void *schema_scratch_in(struct buffer *scratch, size_t count, size_t size);

/* Reads the member `v`, which must be 1: for a table's FIELD_CALL. */
bool schema_read_v1(struct json *j, const struct schema_field *field, void *into);

bool text_is_id(span text);
bool text_is_jurisdiction(span text);
/* Whether `covering` is `code`, or the two-letter country that `code` is a part of (PROTOCOL head). */
bool jurisdiction_covers(span covering, span code);

#endif
