/* A rule of a policy (PROTOCOL 8): its closed schema as tables, what they cannot say, and what an exception bridges. */
#include "rule.h"
#include "credential.h"

#define AT(type, member) .offset = offsetof(struct type, member)
#define SECONDS_MAX      UINT64_C(315360000) /* ten years: no limit of a rule is longer */
#define HOURS_MAX        UINT64_C(87600)

static const struct schema_field specialty_fields[] = {
    {.name = "system", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(specialty, system)},
    {.name = "code", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(specialty, code)},
};
static const struct schema specialty_schema = SCHEMA(struct specialty, specialty_fields);

/* Members with one word: `only_if` "supervised", `assurance` "validated", `visit` "revisit". */
static bool read_flag(struct json *j, const struct schema_field *field, void *into)
{
    span word;
    bool *flag = into;
    *flag = true;
    return json_string(j, &word) &&
           (span_equal(word, span_text(field->more)) || json_fail(j, field->name, "not the one word it may have"));
}

static bool read_set(struct json *j, const struct schema_field *field, void *into)
{
    const struct schema_field words = {.name = field->name, .kind = FIELD_WORDS, .more = field->more};
    uint64_t *set = into;
    return schema_read_field(j, &words, set) && (*set != 0 || json_fail(j, field->name, "an empty list"));
}

#define SET(word, list, type, member, opt)                                                                        \
    {.name = word, .kind = FIELD_CALL, .call = read_set, .more = &(list), .optional = (opt), AT(type, member)}
#define FLAG(word, only, type, member)                                                                            \
    {.name = word, .kind = FIELD_CALL, .call = read_flag, .more = (only), .optional = true, AT(type, member)}
#define BOOLEAN(word, type, member) {.name = word, .kind = FIELD_BOOL, .optional = true, AT(type, member)}

enum { SIGNER_JURISDICTION = 7 };
static const struct schema_field signer_fields[] = {
    SET("professions", professions, rule_signer, professions, false),
    SET("levels", levels, rule_signer, levels, true),
    {.name = "specialties", .kind = FIELD_OBJECTS, .max = 64, .more = &specialty_schema, .optional = true,
     AT(rule_signer, specialties)},
    SET("privileges", privilege_names, rule_signer, privileges, true),
    BOOLEAN("schedule", rule_signer, schedule),
    BOOLEAN("antimicrobial", rule_signer, antimicrobial),
    {.name = "independent_years", .kind = FIELD_INTEGER, .max = 80, .optional = true, AT(rule_signer, independent_years)},
    [SIGNER_JURISDICTION] = BOOLEAN("jurisdiction", rule_signer, jurisdiction),
    {.name = "site", .kind = FIELD_WORD, .more = &site_rules, .optional = true, AT(rule_signer, site)},
    BOOLEAN("consent_employer", rule_signer, consent_employer),
    BOOLEAN("unrestricted", rule_signer, unrestricted),
    BOOLEAN("licence_date", rule_signer, licence_date),
    FLAG("assurance", "validated", rule_signer, validated),
    SET("meanings", meanings, rule_signer, meanings, false),
    FLAG("only_if", "supervised", rule_signer, only_supervised),
};
static const struct schema signer_schema = SCHEMA(struct rule_signer, signer_fields);

static const struct schema_field factors_fields[] = {
    SET("storage", storages, rule_factors, storage, true),
    SET("user_auth", user_auths, rule_factors, user_auth, true),
    BOOLEAN("attested", rule_factors, attested),
};
static const struct schema factors_schema = SCHEMA(struct rule_factors, factors_fields);

static const struct schema_field condition_fields[] = {
    {.name = "fact", .kind = FIELD_WORD, .more = &fact_names, AT(rule_condition, fact)},
    {.name = "op", .kind = FIELD_WORD, .more = &operators, AT(rule_condition, op)},
    {.name = "value", .kind = FIELD_RAW, AT(rule_condition, text)},
};
static const struct schema condition_schema = SCHEMA(struct rule_condition, condition_fields);

enum value_kind { VALUE_NONE, VALUE_BOOL, VALUE_INTEGER, VALUE_WORD };

static enum value_kind fact_value_kind(uint8_t fact)
{
    switch (fact) {
    case FACT_PRIOR_DIAGNOSIS:
    case FACT_GUARDIAN_PRESENT:
    case FACT_OFF_LABEL:
    case FACT_STOP:
        return VALUE_BOOL;
    case FACT_PATIENT_AGE:
    case FACT_ANTIMICROBIAL_GRADE:
        return VALUE_INTEGER;
    case FACT_VISIT:
    case FACT_SCHEDULE:
    case FACT_EXCEPTION:
        return VALUE_WORD;
    default: /* lists: consent and disclosure have members of their own */
        return VALUE_NONE;
    }
}

static bool read_value(struct json *j, uint8_t fact, struct rule_value *ret)
{
    bool flag = false, good = false;
    *ret = (struct rule_value){0};
    switch (fact_value_kind(fact)) {
    case VALUE_BOOL:
        good = json_bool(j, &flag);
        ret->number = flag;
        return good;
    case VALUE_INTEGER:
        return json_integer(j, 150, &ret->number);
    case VALUE_WORD:
        if (!json_string(j, &ret->word))
            return false;
        if (fact == FACT_VISIT)
            ret->number = vocabulary_find(&visits, ret->word);
        if (fact == FACT_EXCEPTION)
            ret->number = vocabulary_find(&exceptions, ret->word);
        return fact == FACT_SCHEDULE || ret->number > 0;
    case VALUE_NONE:
        break;
    }
    return false;
}

/* Compiles the value; false if operator or value do not suit the fact: lt and ge compare numbers, in takes a list. */
static bool compile_condition(struct rule_condition *c, struct buffer *scratch)
{
    struct rule_value values[16];
    struct json j;
    if ((c->op == OP_LT || c->op == OP_GE) && fact_value_kind(c->fact) != VALUE_INTEGER)
        return false;
    json_open(&j, c->text, 2, scratch);
    c->value_count = 0;
    if (c->op != OP_IN) {
        if (!read_value(&j, c->fact, &values[c->value_count++]))
            return false;
    } else if (!json_array(&j)) {
        return false;
    } else {
        while (json_element(&j))
            if (c->value_count == sizeof values / sizeof *values || !read_value(&j, c->fact, &values[c->value_count++]))
                return false;
    }
    if (!json_finish(&j) || c->value_count == 0)
        return false;
    c->values = schema_scratch_in(scratch, c->value_count, sizeof *values);
    if (!c->values)
        return false;
    memcpy(c->values, values, c->value_count * sizeof *values);
    return true;
}

/* A condition did not compile: for want of room, or because it must not. */
static bool not_compiled(struct json *j, const char *field, const char *reason)
{
    if (!j->scratch->overflow)
        return json_fail(j, field, reason);
    j->failure = JSON_SPACE;
    return false;
}

static bool read_conditions(struct json *j, const struct schema_field *field, void *into)
{
    const struct schema_field list = {.name = field->name, .kind = FIELD_OBJECTS, .max = 16, .more = &condition_schema};
    struct object_list *conditions = into;
    if (!schema_read_field(j, &list, conditions))
        return false;
    struct rule_condition *items = (struct rule_condition *)(uintptr_t)conditions->items;
    for (size_t i = 0; i < conditions->count; i++)
        if (!compile_condition(&items[i], j->scratch))
            return not_compiled(j, field->name, "an operator or value that does not suit the fact");
    return conditions->count > 0 || json_fail(j, field->name, "an empty list");
}

/* {fact: value}: an excuse. */
static bool read_unless(struct json *j, const struct schema_field *field, void *into)
{
    struct object_list *list = into;
    struct rule_condition found[4];
    size_t count = 0;
    span name;
    if (!json_object(j))
        return false;
    while (json_member(j, &name)) {
        struct rule_condition c = {.present = 7, .fact = vocabulary_find(&fact_names, name), .op = OP_EQ};
        if (!json_skip(j, &c.text))
            return false;
        if (count == sizeof found / sizeof *found || !c.fact || !compile_condition(&c, j->scratch))
            return not_compiled(j, field->name, "not one to four facts with values that suit them");
        found[count++] = c;
    }
    if (j->failure != JSON_FINE || count == 0)
        return json_fail(j, field->name, "no fact");
    void *items = schema_scratch(j, count, sizeof *found);
    if (!items)
        return false;
    memcpy(items, found, count * sizeof *found);
    *list = (struct object_list){items, count};
    return true;
}

static const struct schema_field deny_fields[] = {
    {.name = "code", .kind = FIELD_WORD, .more = &deny_codes, AT(rule_deny, code)},
    {.name = "if", .kind = FIELD_CALL, .call = read_conditions, AT(rule_deny, conditions)},
    {.name = "unless", .kind = FIELD_CALL, .call = read_unless, .optional = true, AT(rule_deny, unless)},
};
static const struct schema deny_schema = SCHEMA(struct rule_deny, deny_fields);

static const struct schema_field retention_fields[] = {
    {.name = "record_y", .kind = FIELD_INTEGER, .max = 200, .optional = true, AT(rule_retention, record_y)},
    {.name = "process_y", .kind = FIELD_INTEGER, .max = 200, .optional = true, AT(rule_retention, process_y)},
    {.name = "log_m", .kind = FIELD_INTEGER, .max = 2400, .optional = true, AT(rule_retention, log_m)},
};
static const struct schema retention_schema = SCHEMA(struct rule_retention, retention_fields);

#define EXCEPTION(word, member)                                                                                    \
    {.name = word, .kind = FIELD_OBJECT, .more = &exception_schema, .optional = true, AT(rule_exceptions, member)}

static const struct schema_field exception_fields[] = {SET("bridges", bridges, rule_exception, bridges, false)};
static const struct schema exception_schema = SCHEMA(struct rule_exception, exception_fields);
static const struct schema_field exceptions_fields[] = {
    EXCEPTION("consultation", of[EXCEPTION_CONSULTATION]),
    EXCEPTION("emergency", of[EXCEPTION_EMERGENCY]),
    EXCEPTION("alliance", of[EXCEPTION_ALLIANCE]),
};
static const struct schema exceptions_schema = SCHEMA(struct rule_exceptions, exceptions_fields);

/* Break-glass bridges the site and nothing else: not even a policy can let it bridge more. */
static bool read_emergency_bridges(struct json *j, const struct schema_field *field, void *into)
{
    const struct schema_field words = {.name = field->name, .kind = FIELD_WORDS, .more = &bridges};
    uint64_t *set = into;
    return schema_read_field(j, &words, set) &&
           ((*set & ~(UINT64_C(1) << BRIDGE_SITE)) == 0 || json_fail(j, field->name, "break-glass bridges the site alone"));
}

static const struct schema_field emergency_fields[] = {
    {.name = "max_status_age_s", .kind = FIELD_INTEGER, .max = SECONDS_MAX, AT(rule_emergency, max_status_age_s)},
    {.name = "bridges", .kind = FIELD_CALL, .call = read_emergency_bridges, AT(rule_emergency, bridges)},
    {.name = "review_h", .kind = FIELD_INTEGER, .max = HOURS_MAX, AT(rule_emergency, review_h)},
};
static const struct schema emergency_schema = SCHEMA(struct rule_emergency, emergency_fields);

static bool read_auth_max_age(struct json *j, const struct schema_field *field, void *into)
{
    struct rule *rule = into; /* the whole struct: the field's offset is 0 */
    rule->has_auth_max_age = true;
    return json_integer(j, field->max, &rule->auth_max_age_s);
}

/* `acts` stands last: an overlay is a rule without it. */
enum { RULE_BATCH = 8, RULE_EXCEPTIONS = 14, RULE_EMERGENCY };
static const struct schema_field rule_fields[] = {
    {.name = "settings", .kind = FIELD_TEXTS, .max = 16, AT(rule, settings)},
    {.name = "ai_authorship", .kind = FIELD_WORD, .more = &ai_authorships, AT(rule, ai_authorship)},
    BOOLEAN("provenance", rule, provenance),
    {.name = "signers", .kind = FIELD_OBJECTS, .max = CSIGN_SLOTS_MAX, .more = &signer_schema, AT(rule, signers)},
    {.name = "max_status_age_s", .kind = FIELD_INTEGER, .max = SECONDS_MAX, AT(rule, max_status_age_s)},
    {.name = "signoff_to_release_s", .kind = FIELD_INTEGER, .max = SECONDS_MAX, AT(rule, signoff_to_release_s)},
    {.name = "auth_max_age_s", .kind = FIELD_CALL, .call = read_auth_max_age, .max = SECONDS_MAX, .optional = true},
    {.name = "factors", .kind = FIELD_OBJECT, .more = &factors_schema, .optional = true, AT(rule, factors)},
    [RULE_BATCH] = {.name = "batch", .kind = FIELD_INTEGER, .max = CSIGN_ENTRIES_MAX, .optional = true, AT(rule, batch)},
    FLAG("visit", "revisit", rule, revisit),
    SET("facts", fact_names, rule, facts, true),
    {.name = "consent", .kind = FIELD_IDS, .max = 16, .optional = true, AT(rule, consent)},
    {.name = "ai_notice", .kind = FIELD_IDS, .max = 16, .optional = true, AT(rule, ai_notice)},
    {.name = "hard_deny", .kind = FIELD_OBJECTS, .max = 32, .more = &deny_schema, .optional = true, AT(rule, hard_deny)},
    [RULE_EXCEPTIONS] = {.name = "exceptions", .kind = FIELD_OBJECT, .more = &exceptions_schema, .optional = true, AT(rule, exceptions)},
    [RULE_EMERGENCY] = {.name = "emergency", .kind = FIELD_OBJECT, .more = &emergency_schema, .optional = true, AT(rule, emergency)},
    SET("identity", identities, rule, identity, true),
    {.name = "no_signoff_text", .kind = FIELD_TEXT, .max = 2000, .optional = true, AT(rule, no_signoff_text)},
    {.name = "retention", .kind = FIELD_OBJECT, .more = &retention_schema, .optional = true, AT(rule, retention)},
    {.name = "acts", .kind = FIELD_TEXTS, .max = 64, AT(rule, acts)},
};
const struct schema rule_schema = SCHEMA(struct rule, rule_fields);
const struct schema rule_overlay_schema = {rule_fields, sizeof rule_fields / sizeof *rule_fields - 1, sizeof(struct rule), false};

static csign_code malformed(csign_fault *fault, const char *field, const char *reason)
{
    return fault_set(fault, CSIGN_E_POLICY_MALFORMED, field, reason);
}

csign_code rule_settle(struct rule *rule, csign_fault *fault)
{
    struct rule_signer *signers = (struct rule_signer *)(uintptr_t)rule->signers.items;
    rule->has_emergency = rule->present >> RULE_EMERGENCY & 1;
    if (rule->acts.count == 0)
        return malformed(fault, "acts", "an empty list");
    if (rule->settings.count == 0)
        return malformed(fault, "settings", "an empty list");
    if (rule->signers.count == 0)
        return malformed(fault, "signers", "an empty list: no policy releases what nobody signed");
    if (rule->facts & (UINT64_C(1) << FACT_EXCEPTION))
        return malformed(fault, "facts", "exception is no fact that a rule may demand");
    if (rule->present >> RULE_EXCEPTIONS & 1 && rule->exceptions.present == 0)
        return malformed(fault, "exceptions", "an empty object");
    for (size_t i = 0; i < rule->signers.count; i++) {
        struct rule_signer *s = &signers[i];
        if (i == 0 && s->only_supervised)
            return malformed(fault, "only_if", "the first signer has none before");
        if (!s->levels)
            s->levels = UINT64_C(1) << LEVEL_INDEPENDENT;
        if (!(s->present & UINT64_C(1) << SIGNER_JURISDICTION))
            s->jurisdiction = true;
        if (!s->site)
            s->site = SITE_FILED;
    }
    if (rule->present >> RULE_BATCH & 1 && rule->batch == 0)
        return malformed(fault, "batch", "1 to 16");
    if (rule->batch == 0)
        rule->batch = 1;
    return CSIGN_OK;
}


uint64_t rule_bridges(const struct rule *rule, uint8_t exception)
{
    if (exception == EXCEPTION_BREAK_GLASS)
        return rule->has_emergency ? rule->emergency.bridges : 0;
    return exception ? rule->exceptions.of[exception].bridges : 0;
}
