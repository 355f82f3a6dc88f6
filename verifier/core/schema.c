#include "schema.h"
#include "base64.h"

#define TEXTS_MAX 64u

uint8_t vocabulary_find(const struct vocabulary *v, span word)
{
    for (uint8_t i = 0; i < v->count; i++)
        if (span_equal(span_text(v->words[i]), word))
            return (uint8_t)(i + 1);
    return 0;
}

const char *vocabulary_word(const struct vocabulary *v, uint8_t place)
{
    return place > 0 && place <= v->count ? v->words[place - 1] : NULL;
}

bool text_list_has(struct text_list list, span text)
{
    for (size_t i = 0; i < list.count; i++)
        if (span_equal(list.items[i], text))
            return true;
    return false;
}

bool text_list_equal(struct text_list a, struct text_list b)
{
    if (a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (!span_equal(a.items[i], b.items[i]))
            return false;
    return true;
}

bool text_is_id(span text)
{
    if (text.size < 1 || text.size > CSIGN_ID_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i], lower = c | 0x20u;
        if (!((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= ':') || c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

bool text_is_jurisdiction(span text)
{
    if (text.size < 2 || !is_upper(text.data[0]) || !is_upper(text.data[1]))
        return false;
    if (text.size == 2)
        return true;
    if (text.size < 4 || text.size > 6 || text.data[2] != '-')
        return false;
    for (size_t i = 3; i < text.size; i++)
        if (!is_upper(text.data[i]) && !(text.data[i] >= '0' && text.data[i] <= '9'))
            return false;
    return true;
}

bool jurisdiction_covers(span covering, span code)
{
    return span_equal(covering, code) ||
           (covering.size == 2 && code.size > 2 && code.data[2] == '-' && memcmp(covering.data, code.data, 2) == 0);
}

void *schema_scratch_in(struct buffer *b, size_t count, size_t size)
{
    size_t pad = (size_t)(-(uintptr_t)(b->data + b->size) & 7u);
    if (count > (b->capacity - b->size) / size || !buffer_room(b, pad + count * size)) {
        b->overflow = true;
        return NULL;
    }
    return b->data + b->size - count * size;
}

void *schema_scratch(struct json *j, size_t count, size_t size)
{
    void *items = schema_scratch_in(j->scratch, count, size);
    if (!items)
        j->failure = JSON_SPACE;
    return items;
}

/* How many elements the array that comes next has: reads it and goes back. */
static bool count_elements(struct json *j, size_t max, size_t *ret)
{
    const uint8_t *at = j->at;
    size_t mark = j->scratch->size, count = 0;
    if (!json_array(j))
        return false;
    while (json_element(j)) {
        if (++count > max)
            return json_fail(j, j->field, "too many elements");
        if (!json_skip(j, NULL))
            return false;
    }
    if (j->failure != JSON_FINE)
        return false;
    j->at = at;
    j->scratch->size = mark;
    *ret = count;
    return true;
}

static bool read_text(struct json *j, const struct schema_field *field, void *into)
{
    span *ret = into;
    if (!json_string(j, ret))
        return false;
    switch (field->kind) {
    case FIELD_ID:
    case FIELD_IDS:
        return text_is_id(*ret) || json_fail(j, field->name, "not an id: 1 to 64 of A-Z a-z 0-9 . _ : -");
    case FIELD_CODE:
    case FIELD_CODES:
        return text_is_jurisdiction(*ret) || json_fail(j, field->name, "not a country or ISO 3166-2 code");
    default:
        return (ret->size >= 1 && ret->size <= (field->kind == FIELD_TEXTS ? CSIGN_STRING_MAX : field->max)) ||
               json_fail(j, field->name, "an empty or too long string");
    }
}

static bool read_texts(struct json *j, const struct schema_field *field, void *into)
{
    struct text_list *ret = into;
    size_t count = 0;
    if (!count_elements(j, field->max ? (size_t)field->max : TEXTS_MAX, &count))
        return false;
    if (count == 0 && field->kind == FIELD_CODES)
        return json_fail(j, field->name, "an empty list");
    span *items = schema_scratch(j, count, sizeof *items);
    if (!items || !json_array(j))
        return false;
    struct text_list list = {items, 0};
    while (json_element(j)) {
        span text;
        if (!read_text(j, field, &text))
            return false;
        if (text_list_has(list, text))
            return json_fail(j, field->name, "an element stands twice");
        items[list.count++] = text;
    }
    *ret = list;
    return j->failure == JSON_FINE;
}

static bool read_word(struct json *j, const struct schema_field *field, void *into)
{
    uint8_t *ret = into;
    span word;
    if (!json_string(j, &word))
        return false;
    *ret = vocabulary_find(field->more, word);
    return *ret != 0 || json_fail(j, field->name, "not one of its words");
}

static bool read_words(struct json *j, const struct schema_field *field, void *into)
{
    uint64_t *ret = into;
    uint64_t set = 0;
    if (!json_array(j))
        return false;
    while (json_element(j)) {
        uint8_t word;
        if (!read_word(j, field, &word))
            return false;
        if (set & UINT64_C(1) << word)
            return json_fail(j, field->name, "a word stands twice");
        set |= UINT64_C(1) << word;
    }
    *ret = set;
    return j->failure == JSON_FINE;
}

static bool read_objects(struct json *j, const struct schema_field *field, void *into)
{
    struct object_list *ret = into;
    const struct schema *schema = field->more;
    size_t count = 0, at = 0;
    if (!count_elements(j, (size_t)field->max, &count))
        return false;
    uint8_t *items = schema_scratch(j, count, schema->size);
    if (!items || !json_array(j))
        return false;
    while (json_element(j))
        if (!schema_read(j, schema, items + schema->size * at++))
            return false;
    *ret = (struct object_list){items, count};
    return j->failure == JSON_FINE;
}

/* "YYYY-MM-DD" of the Gregorian calendar, from year 1000. */
static bool read_date(struct json *j, const struct schema_field *field, void *into)
{
    uint32_t *ret = into;
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    span text;
    if (!json_string(j, &text))
        return false;
    uint32_t part[3] = {0, 0, 0};
    bool good = text.size == 10;
    for (size_t i = 0, p = 0; good && i < 10; i++) {
        uint8_t c = text.data[i];
        if (i == 4 || i == 7)
            good = c == '-' && p++ < 2;
        else
            good = c >= '0' && c <= '9' && (part[p] = part[p] * 10 + (c - '0'), true);
    }
    uint32_t y = part[0], m = part[1], d = part[2];
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (!good || y < 1000 || m < 1 || m > 12 || d < 1 || d > days[m - 1] || (m == 2 && d == 29 && !leap))
        return json_fail(j, field->name, "not a date YYYY-MM-DD");
    *ret = y * 10000 + m * 100 + d;
    return true;
}

static bool read_random(struct json *j, const struct schema_field *field, void *into)
{
    span *ret = into;
    uint8_t memory[32];
    struct buffer bytes = buffer_open(memory, sizeof memory);
    if (!json_string(j, ret))
        return false;
    return (base64url_decode(&bytes, *ret, NULL) && bytes.size >= 16) ||
           json_fail(j, field->name, "not base64url of 16 to 32 bytes");
}

static bool read_bytes(struct json *j, const struct schema_field *field, void *into)
{
    span *ret = into;
    span text;
    if (!json_string(j, &text))
        return false;
    if (BASE64_BYTES(text.size) > j->scratch->capacity - j->scratch->size) {
        j->failure = JSON_SPACE;
        return false;
    }
    return (base64url_decode(j->scratch, text, ret) && ret->size >= 1 && ret->size <= field->max) ||
           json_fail(j, field->name, "not base64url of its size");
}

static bool read_digest(struct json *j, const struct schema_field *field, void *into)
{
    span text;
    return json_string(j, &text) && (base64url_exact(text, into, CSIGN_HASH_SIZE) ||
                                     json_fail(j, field->name, "not base64url of 32 bytes"));
}

static bool read_const(struct json *j, const struct schema_field *field, void *into)
{
    span text;
    (void)into;
    return json_string(j, &text) && (span_equal(text, span_text(field->more)) ||
                                     json_fail(j, field->name, "not the one value it may have"));
}

static bool read_integer(struct json *j, const struct schema_field *field, void *into)
{
    return json_integer(j, field->max, into);
}

static bool read_bool(struct json *j, const struct schema_field *field, void *into)
{
    (void)field;
    return json_bool(j, into);
}

static bool read_object(struct json *j, const struct schema_field *field, void *into)
{
    return schema_read(j, field->more, into);
}

static bool read_raw(struct json *j, const struct schema_field *field, void *into)
{
    (void)field;
    return json_skip(j, into);
}

static bool read_by_call(struct json *j, const struct schema_field *field, void *into)
{
    return field->call(j, field, into);
}

bool schema_read_field(struct json *j, const struct schema_field *field, void *into)
{
    static bool (*const readers[])(struct json *j, const struct schema_field *field, void *into) = {
        [FIELD_TEXT] = read_text,       [FIELD_ID] = read_text,         [FIELD_CODE] = read_text,
        [FIELD_RANDOM] = read_random,   [FIELD_B64U] = read_bytes,      [FIELD_DIGEST] = read_digest,
        [FIELD_CONST] = read_const,     [FIELD_WORD] = read_word,       [FIELD_INTEGER] = read_integer,
        [FIELD_BOOL] = read_bool,       [FIELD_DATE] = read_date,       [FIELD_TEXTS] = read_texts,
        [FIELD_IDS] = read_texts,       [FIELD_CODES] = read_texts,     [FIELD_WORDS] = read_words,
        [FIELD_OBJECT] = read_object,   [FIELD_OBJECTS] = read_objects, [FIELD_RAW] = read_raw,
        [FIELD_CALL] = read_by_call,
    };
    return readers[field->kind](j, field, into);
}

/* No name that was read holds a NUL, so the comparison ends inside the candidate. */
static bool is_name(const char *candidate, span name)
{
    size_t i = 0;
    while (i < name.size && (uint8_t)candidate[i] == name.data[i])
        i++;
    return i == name.size && candidate[i] == 0;
}

/* The place of a name in the table, tried from that of the one that was expected. */
static size_t find_field(const struct schema *schema, size_t from, span name)
{
    for (size_t i = 0; i < schema->count; i++) {
        size_t place = from + i < schema->count ? from + i : from + i - schema->count;
        if (is_name(schema->fields[place].name, name))
            return place;
    }
    return schema->count;
}

bool schema_read(struct json *j, const struct schema *schema, void *into)
{
    uint8_t *base = into;
    uint64_t present = 0;
    size_t next = 0; /* the place that is expected: writers keep the order of the table */
    span name;

    memset(into, 0, schema->size);
    if (!json_object(j))
        return false;
    for (;;) {
        size_t place = next;
        if (!json_member_is(j, schema->fields[next].name)) {
            if (!json_member_unremembered(j, &name))
                break;
            place = find_field(schema, next, name);
        }
        if (place == schema->count) {
            if (!schema->open)
                return json_fail(j, "", "a member that is not in the schema");
            if (!json_remember(j, name) || !json_skip(j, NULL))
                return false;
            continue;
        }
        const struct schema_field *field = &schema->fields[place];
        if (present & UINT64_C(1) << place) {
            j->field = field->name;
            j->reason = "a name stands twice in one object";
            j->failure = JSON_SYNTAX;
            return false;
        }
        present |= UINT64_C(1) << place;
        next = place + 1 < schema->count ? place + 1 : 0;
        const char *outer = j->field;
        j->field = field->name;
        if (!schema_read_field(j, field, base + field->offset))
            return false;
        j->field = outer;
    }
    if (j->failure != JSON_FINE)
        return false;
    for (size_t i = 0; i < schema->count; i++)
        if (!schema->fields[i].optional && !(present & UINT64_C(1) << i))
            return json_fail(j, schema->fields[i].name, "missing");
    memcpy(into, &present, sizeof present);
    return true;
}

csign_code schema_read_text(span text, unsigned depth_max, struct buffer *scratch, const struct schema *schema, void *into,
                            csign_code syntax, csign_code malformed, csign_fault *fault)
{
    struct json j;
    json_open(&j, text, depth_max, scratch);
    if (schema_read(&j, schema, into) && json_finish(&j))
        return CSIGN_OK;
    return json_code(&j, syntax, malformed, fault);
}

bool schema_read_v1(struct json *j, const struct schema_field *field, void *into)
{
    uint64_t version;
    (void)into;
    return json_integer(j, 1, &version) && (version == 1 || json_fail(j, field->name, "not 1"));
}
