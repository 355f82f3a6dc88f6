#include "identifier.h"
#include "utf8.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool all_digits(span value, size_t from, size_t count)
{
    if (value.size < from + count)
        return false;
    for (size_t i = from; i < from + count; i++)
        if (!is_digit(value.data[i]))
            return false;
    return true;
}

static enum identifier_form bad(const char **ret_reason, const char *reason)
{
    *ret_reason = reason;
    return IDENTIFIER_BAD;
}

static unsigned digit(span value, size_t at)
{
    return (unsigned)(value.data[at] - '0');
}

/* --- USA --- */

/* DOMAIN 2.2: Luhn over 80840 and the number, whose first five digits always add 24. */
static enum identifier_form check_npi(span value, const char **ret_reason)
{
    unsigned sum = 24;
    if (value.size != 10 || !all_digits(value, 0, 10))
        return bad(ret_reason, "an NPI has 10 digits");
    for (size_t i = 0; i < 10; i++) {
        unsigned d = digit(value, i) * (i % 2 == 0 ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    if (sum % 10 != 0)
        return bad(ret_reason, "the check digit of the NPI is wrong");
    if (value.data[0] == '1' || value.data[0] == '2')
        return IDENTIFIER_SOUND;
    *ret_reason = "NPIs begin with 1 or 2";
    return IDENTIFIER_ODD;
}

/* What stands behind a hyphen names a user of an institution's number. Any letter is taken first: tables disagree. */
static enum identifier_form check_dea(span value, const char **ret_reason)
{
    const uint8_t *d = value.data;
    bool suffix = value.size > 10 && d[9] == '-';
    if ((value.size != 9 && !suffix) || d[0] < 'A' || d[0] > 'Z' || !((d[1] >= 'A' && d[1] <= 'Z') || d[1] == '9') ||
        !all_digits(value, 2, 7))
        return bad(ret_reason, "a DEA number has two letters and 7 digits");
    unsigned sum = digit(value, 2) + digit(value, 4) + digit(value, 6) + 2 * (digit(value, 3) + digit(value, 5) + digit(value, 7));
    return sum % 10 == digit(value, 8) ? IDENTIFIER_SOUND : bad(ret_reason, "the check digit of the DEA number is wrong");
}

/* --- China --- */

/* GB 11643: ISO 7064 MOD 11-2. */
static enum identifier_form check_resident(span value, const char **ret_reason)
{
    unsigned sum = 0;
    if (value.size != 18 || !all_digits(value, 0, 17) || !(is_digit(value.data[17]) || value.data[17] == 'X'))
        return bad(ret_reason, "a resident's number has 17 digits and a check digit or X");
    for (size_t i = 0; i < 17; i++)
        sum = (sum + digit(value, i)) * 2 % 11;
    return (uint8_t)"10X98765432"[sum] == value.data[17] ? IDENTIFIER_SOUND
                                                        : bad(ret_reason, "the check digit of the resident's number is wrong");
}

/* GB 32100: base 31 without I, O, S, V and Z, weights 3^i. */
static enum identifier_form check_credit_code(span value, const char **ret_reason)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    unsigned sum = 0, weight = 1;
    if (value.size != 18)
        return bad(ret_reason, "a unified social credit code has 18 characters");
    for (size_t i = 0; i < 18; i++) {
        const char *at = value.data[i] ? strchr(alphabet, value.data[i]) : NULL;
        if (!at)
            return bad(ret_reason, "a character that no unified social credit code has");
        sum += (i < 17 ? weight : 1) * (unsigned)(at - alphabet);
        weight = weight * 3 % 31;
    }
    return sum % 31 == 0 ? IDENTIFIER_SOUND : bad(ret_reason, "the check character of the unified social credit code is wrong");
}

/* DOMAIN 2.1: the sources disagree about its parts, so it is its length alone. */
static enum identifier_form check_practice(span value, const char **ret_reason)
{
    return value.size == 15 && all_digits(value, 0, 15) ? IDENTIFIER_SOUND : bad(ret_reason, "a practising certificate has 15 digits");
}

/* --- United Kingdom, and everywhere --- */

static enum identifier_form check_gmc(span value, const char **ret_reason)
{
    return value.size == 7 && all_digits(value, 0, 7) ? IDENTIFIER_SOUND : bad(ret_reason, "a GMC reference has 7 digits");
}

static enum identifier_form check_any(span value, const char **ret_reason)
{
    uint32_t character;
    if (value.size == 0 || value.size > CSIGN_STRING_MAX)
        return bad(ret_reason, "empty, or too long");
    for (const uint8_t *at = value.data, *end = at + value.size; at < end;) {
        unsigned length = utf8_read(at, end, &character);
        bool edge = at == value.data || at + length == end;
        if (length == 0 || character < 0x20 || character == 0x7f || (edge && utf8_is_space(character)))
            return bad(ret_reason, "a control character, or white space at an end");
        at += length;
    }
    return IDENTIFIER_SOUND;
}

/* --- systems --- */

static const struct {
    const char *name, *uri;
    enum identifier_form (*check)(span value, const char **ret_reason);
} systems[] = {
    {"npi", "http://hl7.org/fhir/sid/us-npi", check_npi},
    {"npi", "urn:oid:2.16.840.1.113883.4.6", check_npi},
    {"dea", "urn:oid:2.16.840.1.113883.4.814", check_dea},
    {"cn-id", "", check_resident},
    {"cn-uscc", "", check_credit_code},
    {"cn-practice", "", check_practice},
    {"gmc", "https://fhir.hl7.org.uk/Id/gmc-number", check_gmc},
};
#define SYSTEMS (sizeof systems / sizeof *systems)

/* The short names are ours, and people write them as they like. */
static bool is_short_name(span text, const char *name)
{
    size_t i = 0;
    for (; i < text.size && name[i]; i++)
        if ((text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] + 32 : text.data[i]) != name[i])
            return false;
    return i == text.size && !name[i];
}

static size_t find(span system)
{
    for (size_t i = 0; i < SYSTEMS; i++)
        if (is_short_name(system, systems[i].name) || (systems[i].uri[0] && span_equal(system, span_text(systems[i].uri))))
            return i;
    return SYSTEMS;
}

span identifier_system(span system)
{
    size_t i = find(system);
    return i < SYSTEMS ? span_text(systems[i].name) : system;
}

bool identifier_is_single(span system)
{
    span name = identifier_system(system);
    return span_equal(name, SPAN("npi")) || span_equal(name, SPAN("cn-id")) || span_equal(name, SPAN("gmc"));
}

enum identifier_form identifier_check(span system, span value, const char **ret_reason)
{
    size_t i = find(system);
    *ret_reason = "";
    return i < SYSTEMS ? systems[i].check(value, ret_reason) : check_any(value, ret_reason);
}
