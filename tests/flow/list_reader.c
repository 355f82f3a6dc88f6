/*
 * list_reader X URI NOW INDEX...: reads a status list token on standard input as a relying party does (TOKENS 7), by the parts of the
 * core, and prints the entries, or "refused: " and by what. The product publishes lists and reads none: this is for the tests with
 * others' lists.
 */
#include "base64.h"
#include "cursor.h"
#include "jws.h"
#include "schema.h"
#include "status_list.h"
#include "transaction.h"

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>

#define TOKEN_MAX (1u << 20)
#define LIST_MAX  (4u << 20)
#define TTL_MAX   86400u

struct list {
    uint64_t present, bits;
    span lst, aggregation_uri;
};
static const struct schema_field list_fields[] = {
    {.name = "bits", .kind = FIELD_INTEGER, .max = 8, .offset = offsetof(struct list, bits)},
    {.name = "lst", .kind = FIELD_TEXT, .max = TOKEN_MAX, .offset = offsetof(struct list, lst)},
    {.name = "aggregation_uri", .kind = FIELD_TEXT, .max = 1000, .optional = true, .offset = offsetof(struct list, aggregation_uri)}};
static const struct schema list_schema = SCHEMA(struct list, list_fields);

struct claims {
    uint64_t present, iat, exp, ttl;
    span sub;
    struct list status_list;
};
static const struct schema_field claims_fields[] = {
    {.name = "sub", .kind = FIELD_TEXT, .max = 1000, .offset = offsetof(struct claims, sub)},
    {.name = "iat", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, .offset = offsetof(struct claims, iat)},
    {.name = "exp", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, .offset = offsetof(struct claims, exp)},
    {.name = "ttl", .kind = FIELD_INTEGER, .max = TTL_MAX, .offset = offsetof(struct claims, ttl)},
    {.name = "status_list", .kind = FIELD_OBJECT, .more = &list_schema, .offset = offsetof(struct claims, status_list)}};
static const struct schema claims_schema = SCHEMA_OPEN(struct claims, claims_fields);

static int refuse(const char *by)
{
    (void)printf("refused: %s\n", by);
    return 1;
}

/* What `lst` inflates to, in `inflated`. */
static bool inflate(span lst, struct buffer *scratch, uint8_t *inflated, size_t *ret_size)
{
    span bytes;
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    bool good = d && base64url_decode(scratch, lst, &bytes) &&
                libdeflate_zlib_decompress(d, bytes.data, bytes.size, inflated, LIST_MAX, ret_size) == LIBDEFLATE_SUCCESS;
    libdeflate_free_decompressor(d);
    return good;
}

static int read_entries(const struct list *list, char *const *indexes, struct buffer *scratch, uint8_t *inflated)
{
    size_t size;
    uint8_t value;
    uint64_t index;
    if (!inflate(list->lst, scratch, inflated, &size))
        return refuse("lst");
    for (size_t i = 0; indexes[i]; i++)
        if (!span_decimal(span_text(indexes[i]), UINT64_MAX, &index) ||
            !status_list_get(span_of(inflated, size), (unsigned)list->bits, index, &value))
            return refuse("index");
    for (size_t i = 0; indexes[i]; i++) {
        (void)span_decimal(span_text(indexes[i]), UINT64_MAX, &index);
        (void)status_list_get(span_of(inflated, size), (unsigned)list->bits, index, &value);
        (void)printf("%s%u", i ? " " : "", value);
    }
    (void)printf("\n");
    return 0;
}

static int read_token(span token, struct buffer *scratch, uint8_t *inflated, char *const *words)
{
    struct jws jws;
    struct jws_header header;
    struct claims claims = {0};
    struct public_key key;
    csign_fault fault;
    span x;
    uint64_t now;
    if (!base64url_decode(scratch, span_text(words[0]), &x) || x.size != sizeof key.bytes || !span_decimal(span_text(words[2]), NUMERIC_DATE_MAX, &now))
        return refuse("argument");
    memcpy(key.bytes, x.data, sizeof key.bytes);
    if (jws_split(token, &jws, &fault) != CSIGN_OK || jws_decode(&jws, scratch, &fault) != CSIGN_OK)
        return refuse("token");
    if (jws_header_read(jws.header, "statuslist+jwt", true, scratch, &header, &fault) != CSIGN_OK)
        return refuse("header");
    if (!jws_verify(&jws, &key))
        return refuse("signature");
    if (schema_read_text(jws.payload, 8, scratch, &claims_schema, &claims, CSIGN_E_MALFORMED_JSON, CSIGN_E_MALFORMED_CLAIMS, &fault) != CSIGN_OK ||
        claims.ttl == 0)
        return refuse("claims");
    if (!span_equal(claims.sub, span_text(words[1])))
        return refuse("sub");
    if (now >= claims.exp)
        return refuse("exp");
    return read_entries(&claims.status_list, words + 3, scratch, inflated);
}

int main(int argc, char **argv)
{
    static uint8_t text[TOKEN_MAX], scratch_memory[8 * TOKEN_MAX], inflated[LIST_MAX];
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    if (argc < 5)
        return refuse("argument");
    size_t size = fread(text, 1, sizeof text, stdin);
    return read_token(span_of(text, size), &scratch, inflated, argv + 1);
}
