#include "deed_schema.h"
#include "transaction.h"

#define WORDS(name, ...)                                                                                          \
    static const char *const name##_words[] = {__VA_ARGS__};                                                      \
    const struct vocabulary name = {name##_words, sizeof name##_words / sizeof *name##_words}
WORDS(deed_kinds, "institution.add", "officer.add", "officer.end", "enrol", "enrol.import", "roll.import", "activate",
      "affiliation.end", "key.end", "app.add", "app.end", "suspend.interim", "suspend", "revoke", "rescind", "deregister",
      "condition", "reinstate", "deceased", "correct", "void", "cut", "policy.publish");
WORDS(cut_kinds, "institution", "tool", "model", "issuer", "all");

/* --- values that have no kind of field of their own --- */

static bool read_reason(struct json *j, const struct schema_field *field, void *into)
{
    span word;
    enum end_reason *reason = into;
    if (!json_string(j, &word))
        return false;
    *reason = end_reason_find(word);
    return *reason != REASON_COUNT || json_fail(j, field->name, "not a reason of PROTOCOL 3");
}

static bool read_vkey(struct json *j, const struct schema_field *field, void *into)
{
    span text;
    struct vkey *vkey = into;
    return json_string(j, &text) && ((vkey_read(text, vkey) && vkey->type == NOTE_ED25519) ||
                                     json_fail(j, field->name, "not a vkey of type 01 with a sound key"));
}

static bool read_object_text(struct json *j, const struct schema_field *field, void *into)
{
    enum json_kind kind = json_kind(j);
    if (kind != JSON_OBJECT)
        return kind == JSON_NOTHING ? false : json_fail(j, field->name, "not an object");
    return json_skip(j, into);
}

/* --- rows --- */

#define AT(type, member) .offset = offsetof(struct type, member)
#define ID(type, member) {.name = #member, .kind = FIELD_ID, AT(type, member)}
#define TEXT(type, member, most) {.name = #member, .kind = FIELD_TEXT, .max = (most), AT(type, member)}
#define TIME(type, member) {.name = #member, .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(type, member)}
#define TIME_IF(type, member) \
    {.name = #member, .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, .optional = true, AT(type, member)}
#define TIME_MS(type, member) {.name = #member, .kind = FIELD_INTEGER, .max = INT64_MAX, AT(type, member)}
#define DATE_IF(type, member) {.name = #member, .kind = FIELD_DATE, .optional = true, AT(type, member)}
#define DIGEST(type, member)  {.name = #member, .kind = FIELD_DIGEST, AT(type, member)}
#define REASON(type)          {.name = "reason", .kind = FIELD_CALL, .call = read_reason, AT(type, reason)}
#define VKEY(type)            {.name = "vkey", .kind = FIELD_CALL, .call = read_vkey, AT(type, vkey)}
#define OBJECT(type, member, schema) {.name = #member, .kind = FIELD_OBJECT, .more = &(schema), AT(type, member)}
#define OBJECTS(type, member, schema) \
    {.name = #member, .kind = FIELD_OBJECTS, .max = DEED_LIST_MAX, .more = &(schema), AT(type, member)}
#define COUNT(member) {.name = #member, .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(deed_counts, member)}
/* The three members that all deeds begin with. */
#define HEAD(type)                                                                                                \
    {.name = "do", .kind = FIELD_WORD, .more = &deed_kinds, AT(type, head.kind)},                                 \
    {.name = "at", .kind = FIELD_ID, AT(type, head.at)},                                                          \
    {.name = "valid_until", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(type, head.valid_until)}
#define TABLE(name, type) static const struct schema name = SCHEMA(struct type, name##_fields)

/* --- parts --- */

static const struct schema_field identifier_fields[] = {
    TEXT(deed_identifier, system, CSIGN_STRING_MAX), TEXT(deed_identifier, value, CSIGN_STRING_MAX)};
const struct schema deed_identifier_schema = SCHEMA(struct deed_identifier, identifier_fields);

static const struct schema_field why_fields[] = {
    TEXT(deed_why, text, DEED_WORDS_MAX),
    {.name = "basis", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, .optional = true, AT(deed_why, basis)},
    TIME_IF(deed_why, decided),
    TIME_IF(deed_why, reported)};
TABLE(why, deed_why);

static const struct schema_field officer_fields[] = {ID(deed_officer, id), TEXT(deed_officer, name, CSIGN_STRING_MAX),
                                                     ID(deed_officer, role), VKEY(deed_officer)};
TABLE(officer, deed_officer);

static const struct schema_field practitioner_fields[] = {
    {.name = "id", .kind = FIELD_ID, .optional = true, AT(deed_practitioner, id)},
    TEXT(deed_practitioner, name, CSIGN_STRING_MAX), DATE_IF(deed_practitioner, birth_date),
    OBJECTS(deed_practitioner, identifiers, deed_identifier_schema)};
TABLE(practitioner, deed_practitioner);

static const struct schema_field licence_fields[] = {
    {.name = "profession", .kind = FIELD_WORD, .more = &professions, AT(deed_licence, profession)},
    {.name = "level", .kind = FIELD_WORD, .more = &levels, AT(deed_licence, level)},
    {.name = "jurisdiction", .kind = FIELD_CODES, .max = JURISDICTIONS_MAX, AT(deed_licence, jurisdiction)},
    TEXT(deed_licence, number, CSIGN_STRING_MAX),
    OBJECTS(deed_licence, specialty, claim_specialty_schema),
    OBJECT(deed_licence, privileges, claim_privileges_schema),
    OBJECTS(deed_licence, conditions, claim_condition_schema),
    DATE_IF(deed_licence, independent_since),
    DATE_IF(deed_licence, licensed_until)};
const struct schema deed_licence_schema = SCHEMA(struct deed_licence, licence_fields);

static const struct schema_field affiliation_fields[] = {
    ID(deed_affiliation, site),
    {.name = "basis", .kind = FIELD_WORD, .more = &site_bases, AT(deed_affiliation, basis)},
    {.name = "consent", .kind = FIELD_BOOL, AT(deed_affiliation, consent)},
    TIME(deed_affiliation, from),
    TIME_IF(deed_affiliation, to)};
TABLE(affiliation, deed_affiliation);

static const struct schema_field counts_fields[] = {COUNT(added), COUNT(updated), COUNT(unchanged), COUNT(flagged),
                                                    COUNT(rejected)};
TABLE(counts, deed_counts);

/* --- kinds, in the order of PROTOCOL 5 --- */

static const struct schema_field institution_add_fields[] = {
    HEAD(deed_institution_add), ID(deed_institution_add, id), TEXT(deed_institution_add, name, CSIGN_STRING_MAX),
    {.name = "jurisdiction", .kind = FIELD_CODE, AT(deed_institution_add, jurisdiction)},
    OBJECTS(deed_institution_add, identifiers, deed_identifier_schema)};
TABLE(institution_add, deed_institution_add);

static const struct schema_field officer_add_fields[] = {HEAD(deed_officer_add), ID(deed_officer_add, body),
                                                         OBJECT(deed_officer_add, officer, officer)};
TABLE(officer_add, deed_officer_add);

static const struct schema_field officer_end_fields[] = {HEAD(deed_officer_end), ID(deed_officer_end, body),
                                                         ID(deed_officer_end, officer), REASON(deed_officer_end)};
TABLE(officer_end, deed_officer_end);

static const struct schema_field enrol_fields[] = {
    HEAD(deed_enrol), OBJECT(deed_enrol, practitioner, practitioner), OBJECT(deed_enrol, licence, deed_licence_schema),
    OBJECT(deed_enrol, affiliation, affiliation)};
TABLE(enrol, deed_enrol);

static const struct schema_field import_fields[] = {HEAD(deed_import), DIGEST(deed_import, file), ID(deed_import, template),
                                                    OBJECT(deed_import, counts, counts)};
TABLE(import, deed_import);

static const struct schema_field activate_fields[] = {HEAD(deed_activate), ID(deed_activate, practitioner),
                                                      ID(deed_activate, licence), ID(deed_activate, affiliation),
                                                      DIGEST(deed_activate, code)};
TABLE(activate, deed_activate);

static const struct schema_field affiliation_end_fields[] = {
    HEAD(deed_affiliation_end), ID(deed_affiliation_end, practitioner), ID(deed_affiliation_end, site),
    TIME(deed_affiliation_end, effective), REASON(deed_affiliation_end)};
TABLE(affiliation_end, deed_affiliation_end);

static const struct schema_field key_end_fields[] = {HEAD(deed_key_end), DIGEST(deed_key_end, holder), REASON(deed_key_end)};
TABLE(key_end, deed_key_end);

static const struct schema_field app_add_fields[] = {
    HEAD(deed_app_add),
    ID(deed_app_add, id),
    ID(deed_app_add, tool),
    {.name = "acts", .kind = FIELD_IDS, .max = DEED_LIST_MAX, AT(deed_app_add, acts)},
    {.name = "settings", .kind = FIELD_WORDS, .more = &settings, AT(deed_app_add, settings)},
    {.name = "jurisdictions", .kind = FIELD_CODES, .max = DEED_LIST_MAX, AT(deed_app_add, jurisdictions)},
    VKEY(deed_app_add)};
TABLE(app_add, deed_app_add);

static const struct schema_field app_end_fields[] = {HEAD(deed_app_end), ID(deed_app_end, id), REASON(deed_app_end)};
TABLE(app_end, deed_app_end);

#define ORDER HEAD(deed_order), ID(deed_order, licence), TIME(deed_order, effective)
#define WHY   OBJECT(deed_order, why, why)
static const struct schema_field interim_fields[] = {ORDER, REASON(deed_order), TIME(deed_order, confirm_by), WHY};
TABLE(interim, deed_order);
static const struct schema_field order_fields[] = {ORDER, REASON(deed_order), TIME_IF(deed_order, until), WHY};
TABLE(order, deed_order);
static const struct schema_field conditions_fields[] = {ORDER, OBJECTS(deed_order, conditions, claim_condition_schema), WHY};
TABLE(conditions, deed_order);
static const struct schema_field reinstate_fields[] = {ORDER, REASON(deed_order), WHY};
TABLE(reinstate, deed_order);

static const struct schema_field deceased_fields[] = {HEAD(deed_deceased), ID(deed_deceased, practitioner),
                                                      TIME(deed_deceased, effective)};
TABLE(deceased, deed_deceased);

static const struct schema_field correct_fields[] = {
    HEAD(deed_amendment),
    DIGEST(deed_amendment, deed),
    {.name = "with", .kind = FIELD_CALL, .call = read_object_text, AT(deed_amendment, with)},
    OBJECT(deed_amendment, why, why)};
TABLE(correct, deed_amendment);
static const struct schema_field void__fields[] = {HEAD(deed_amendment), DIGEST(deed_amendment, deed),
                                                  OBJECT(deed_amendment, why, why)};
TABLE(void_, deed_amendment);

static const struct schema_field cut_fields[] = {
    HEAD(deed_cut),
    {.name = "kind", .kind = FIELD_WORD, .more = &cut_kinds, AT(deed_cut, kind)},
    {.name = "id", .kind = FIELD_TEXT, .max = 2 * CSIGN_STRING_MAX, .optional = true, AT(deed_cut, id)},
    TIME_MS(deed_cut, cut_ms),
    REASON(deed_cut),
    OBJECT(deed_cut, why, why)};
TABLE(cut, deed_cut);

static const struct schema_field policy_publish_fields[] = {
    HEAD(deed_policy_publish), ID(deed_policy_publish, id),
    {.name = "version", .kind = FIELD_INTEGER, .max = UINT32_MAX, AT(deed_policy_publish, version)},
    DIGEST(deed_policy_publish, note), TIME_MS(deed_policy_publish, effective_ms)};
TABLE(policy_publish, deed_policy_publish);

const struct schema *deed_schema(enum deed_kind kind)
{
    static const struct schema *const schemas[] = {
        [DEED_INSTITUTION_ADD] = &institution_add,
        [DEED_OFFICER_ADD] = &officer_add,
        [DEED_OFFICER_END] = &officer_end,
        [DEED_ENROL] = &enrol,
        [DEED_ENROL_IMPORT] = &import,
        [DEED_ROLL_IMPORT] = &import,
        [DEED_ACTIVATE] = &activate,
        [DEED_AFFILIATION_END] = &affiliation_end,
        [DEED_KEY_END] = &key_end,
        [DEED_APP_ADD] = &app_add,
        [DEED_APP_END] = &app_end,
        [DEED_SUSPEND_INTERIM] = &interim,
        [DEED_SUSPEND] = &order,
        [DEED_REVOKE] = &order,
        [DEED_RESCIND] = &order,
        [DEED_DEREGISTER] = &order,
        [DEED_CONDITION] = &conditions,
        [DEED_REINSTATE] = &reinstate,
        [DEED_DECEASED] = &deceased,
        [DEED_CORRECT] = &correct,
        [DEED_VOID] = &void_,
        [DEED_CUT] = &cut,
        [DEED_POLICY_PUBLISH] = &policy_publish,
    };
    return schemas[kind];
}
