/*
 * The strict JSON reader, the only one of library, registry and command: two parsers that disagree about a
 * duplicate disagree about who the clinician is.
 *
 * RFC 8259 without its freedoms: UTF-8 without byte order mark, overlong forms or surrogates; no U+0000; no name
 * twice in an object, also when one is spelled with escapes; nothing but white space after the value; depth capped by the
 * caller. One pass, no allocation: strings are views into the input, or into `scratch` where they hold escapes.
 * Numbers stay text until asked for.
 *
 * A reader that has failed stays failed: every later call returns false, so that callers may check once.
 */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include "buffer.h"
#include "fault.h"

#define JSON_DEPTH_MAX 64u  /* the largest depth a caller may allow */
#define JSON_KEYS_MAX  256u /* names remembered at once: those of all open objects that are not read by schema */

enum json_kind { JSON_NOTHING, JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

enum json_failure {
    JSON_FINE,
    JSON_SYNTAX, /* not strict JSON */
    JSON_SCHEMA, /* strict JSON, but not what was asked for */
    JSON_SPACE   /* scratch or the table of names is full */
};

struct json {
    const uint8_t *start, *at, *end;
    struct buffer *scratch;
    unsigned depth, depth_max;
    bool first; /* nothing was read yet of the innermost open array or object */
    enum json_failure failure;
    const char *field, *reason;
    unsigned key_count;
    uint16_t key_base[JSON_DEPTH_MAX + 1];
    span keys[JSON_KEYS_MAX];
};

void json_open(struct json *j, span text, unsigned depth_max, struct buffer *scratch);
/* True if all went well and only white space is left. */
bool json_finish(struct json *j);
/*
 * The outcome as a code: CSIGN_OK, `syntax` or `schema`, or CSIGN_E_NO_SPACE, with the fault filled in. A failure has
 * the name of the schema's member at fault.
 */
csign_code json_code(const struct json *j, csign_code syntax, csign_code schema, csign_fault *fault);
/* Fails the reader for a reason of the caller's, at the place where it stands. Returns false. */
bool json_fail(struct json *j, const char *field, const char *reason);

/* What comes next, without taking it; JSON_NOTHING on failure. */
enum json_kind json_kind(struct json *j);

bool json_object(struct json *j);
/* The next member's name; its value must be read next. False at the end of the object, or on failure. */
bool json_member(struct json *j, span *ret_name);
/* json_member() in two halves, for schemas, which remember the names they know by a mask: the next name, and the test. */
bool json_member_unremembered(struct json *j, span *ret_name);
bool json_remember(struct json *j, span name);
/*
 * Takes the next member's name if it is this one, spelled without escapes and with no white space about it: then it need not
 * be read to be known. Otherwise nothing was taken, and nothing said about what stands there. `name` needs no escapes.
 */
static inline bool json_member_is(struct json *j, const char *name)
{
    const size_t comma = j->first ? 0 : 1, size = strlen(name);
    const uint8_t *at = j->at;
    if (j->failure != JSON_FINE || (size_t)(j->end - at) < comma + size + 3 || (comma && *at != ','))
        return false;
    at += comma;
    if (at[0] != '"' || at[size + 1] != '"' || at[size + 2] != ':' || memcmp(at + 1, name, size) != 0)
        return false;
    j->at = at + size + 3;
    j->first = false;
    return true;
}
bool json_array(struct json *j);
/* Whether an element follows, which must be read next. False at the end of the array, or on failure. */
bool json_element(struct json *j);

bool json_string(struct json *j, span *ret);
bool json_bool(struct json *j, bool *ret);
bool json_null(struct json *j);
bool json_number(struct json *j, span *ret);
/* A number that is digits alone: no sign, fraction, exponent or leading zero (TOKENS 3, NumericDate). */
bool json_integer(struct json *j, uint64_t max, uint64_t *ret);
/* Any value, checked as strictly; `ret`, if not NULL, is its text. */
bool json_skip(struct json *j, span *ret);

#endif
