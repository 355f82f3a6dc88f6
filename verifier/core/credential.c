#include "credential.h"
#include "base64.h"
#include "json_write.h"
#include "transaction.h"

#define AT(type, member) .offset = offsetof(struct type, member)
#define TYPE_SUFFIX      "/vct/practitioner/1"

static const struct schema_field specialty_fields[] = {
    {.name = "system", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(specialty, system)},
    {.name = "code", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(specialty, code)},
};
const struct schema claim_specialty_schema = SCHEMA(struct specialty, specialty_fields);

static const struct schema_field identifier_fields[] = {
    {.name = "system", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(specialty, system)},
    {.name = "value", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(specialty, code)},
};
static const struct schema identifier_schema = SCHEMA(struct specialty, identifier_fields);

/* A privilege that is written only where it is held: true or absent. */
static bool read_held(struct json *j, const struct schema_field *field, void *into)
{
    bool *held = into;
    return json_bool(j, held) && (*held || json_fail(j, field->name, "true or absent"));
}

#define HELD(word) {.name = #word, .kind = FIELD_CALL, .call = read_held, .optional = true, AT(privileges, word)}
static const struct schema_field privileges_fields[] = {
    {.name = "prescribe", .kind = FIELD_BOOL, AT(privileges, prescribe)},
    {.name = "schedules", .kind = FIELD_TEXTS, .max = 16, AT(privileges, schedules)},
    {.name = "antimicrobial_grade", .kind = FIELD_INTEGER, .max = 3, AT(privileges, antimicrobial_grade)},
    {.name = "narcotic", .kind = FIELD_BOOL, AT(privileges, narcotic)},
    HELD(imaging_report),
    HELD(pathology),
    HELD(psychotherapy),
    HELD(tcm),
    HELD(certify_death),
    HELD(supplementary_only),
};
const struct schema claim_privileges_schema = SCHEMA(struct privileges, privileges_fields);

static const struct schema_field site_fields[] = {
    {.name = "id", .kind = FIELD_ID, AT(credential_site, id)},
    {.name = "basis", .kind = FIELD_WORD, .more = &site_bases, AT(credential_site, basis)},
    {.name = "consent", .kind = FIELD_BOOL, AT(credential_site, consent)},
};
static const struct schema site_schema = SCHEMA(struct credential_site, site_fields);

static const struct schema_field condition_fields[] = {
    {.name = "code", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(condition, code)},
    {.name = "acts_denied", .kind = FIELD_TEXTS, .max = 32, AT(condition, acts_denied)},
    {.name = "needs_cosign", .kind = FIELD_BOOL, AT(condition, needs_cosign)},
    {.name = "until", .kind = FIELD_DATE, .optional = true, AT(condition, until)},
};
const struct schema claim_condition_schema = SCHEMA(struct condition, condition_fields);

static const struct schema_field assurance_fields[] = {
    {.name = "level", .kind = FIELD_WORD, .more = &assurances, AT(assurance, level)},
    {.name = "validated_at", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, .optional = true, AT(assurance, validated_at)},
};
static const struct schema assurance_schema = SCHEMA(struct assurance, assurance_fields);

static const struct schema_field authenticator_fields[] = {
    {.name = "storage", .kind = FIELD_WORD, .more = &storages, AT(authenticator, storage)},
    {.name = "user_auth", .kind = FIELD_WORD, .more = &user_auths, AT(authenticator, user_auth)},
    {.name = "attested", .kind = FIELD_BOOL, AT(authenticator, attested)},
    {.name = "proofing", .kind = FIELD_WORD, .more = &proofings, AT(authenticator, proofing)},
};
static const struct schema authenticator_schema = SCHEMA(struct authenticator, authenticator_fields);

static const struct schema_field status_list_fields[] = {
    {.name = "idx", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(status_list_ref, idx)},
    {.name = "uri", .kind = FIELD_TEXT, .max = 1000, AT(status_list_ref, uri)},
};
static const struct schema status_list_schema = SCHEMA(struct status_list_ref, status_list_fields);

static const struct schema_field status_log_fields[] = {
    {.name = "origin", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(status_log_ref, origin)},
    {.name = "idx", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(status_log_ref, idx)},
};
static const struct schema status_log_schema = SCHEMA(struct status_log_ref, status_log_fields);

static const struct schema_field status_fields[] = {
    {.name = "status_list", .kind = FIELD_OBJECT, .more = &status_list_schema, AT(credential_status, status_list)},
    {.name = "countersign", .kind = FIELD_OBJECT, .more = &status_log_schema, AT(credential_status, countersign)},
};
static const struct schema status_schema = SCHEMA(struct credential_status, status_fields);

static const struct schema_field jwk_fields[] = {
    {.name = "kty", .kind = FIELD_CONST, .more = "OKP"},
    {.name = "crv", .kind = FIELD_CONST, .more = "Ed25519"},
    {.name = "x", .kind = FIELD_DIGEST, AT(jwk, x)}, /* B64U of 32 bytes, as a digest */
};
const struct schema jwk_schema = SCHEMA(struct jwk, jwk_fields);

static const struct schema_field confirmation_fields[] = {
    {.name = "jwk", .kind = FIELD_OBJECT, .more = &jwk_schema, AT(confirmation, jwk)},
};
static const struct schema confirmation_schema = SCHEMA(struct confirmation, confirmation_fields);

/* The claims that a disclosure may bring may stand in the payload as well; all others only there. */
static const struct schema_field name_field = {.name = "name", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX};
static const struct schema_field number_field = {.name = "licence_number", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX};

static const struct schema_field identifiers_field = {
    .name = "identifiers", .kind = FIELD_OBJECTS, .max = 16, .more = &identifier_schema};

/* What a credential and the description that it is made from say alike. */
#define LICENCE_CLAIMS \
    {.name = "profession", .kind = FIELD_WORD, .more = &professions, AT(credential, profession)}, \
    {.name = "level", .kind = FIELD_WORD, .more = &levels, AT(credential, level)}, \
    {.name = "jurisdiction", .kind = FIELD_CODES, .max = JURISDICTIONS_MAX, AT(credential, jurisdiction)}, \
    {.name = "specialty", .kind = FIELD_OBJECTS, .max = 32, .more = &claim_specialty_schema, AT(credential, specialty)}, \
    {.name = "privileges", .kind = FIELD_OBJECT, .more = &claim_privileges_schema, AT(credential, privileges)}, \
    {.name = "site", .kind = FIELD_OBJECT, .more = &site_schema, AT(credential, site)}, \
    {.name = "independent_since", .kind = FIELD_DATE, .optional = true, AT(credential, independent_since)}, \
    {.name = "licensed_until", .kind = FIELD_DATE, .optional = true, AT(credential, licensed_until)}, \
    {.name = "conditions", .kind = FIELD_OBJECTS, .max = 32, .more = &claim_condition_schema, AT(credential, conditions)}, \
    {.name = "assurance", .kind = FIELD_OBJECT, .more = &assurance_schema, AT(credential, assurance)}, \
    {.name = "authenticator", .kind = FIELD_OBJECT, .more = &authenticator_schema, AT(credential, authenticator)}
#define PERSON_CLAIMS \
    {.name = "name", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, .optional = true, AT(credential, name)}, \
    {.name = "licence_number", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, .optional = true, AT(credential, licence_number)}

static const struct schema_field credential_fields[] = {
    {.name = "vct", .kind = FIELD_TEXT, .max = 1000, AT(credential, vct)},
    {.name = "iss", .kind = FIELD_TEXT, .max = 500, AT(credential, iss)},
    {.name = "iat", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(credential, iat)},
    {.name = "nbf", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(credential, nbf)},
    {.name = "exp", .kind = FIELD_INTEGER, .max = NUMERIC_DATE_MAX, AT(credential, exp)},
    {.name = "sub", .kind = FIELD_ID, AT(credential, sub)},
    {.name = "cnf", .kind = FIELD_OBJECT, .more = &confirmation_schema, AT(credential, cnf)},
    {.name = "status", .kind = FIELD_OBJECT, .more = &status_schema, AT(credential, status)},
    LICENCE_CLAIMS,
    {.name = "test", .kind = FIELD_CALL, .call = read_held, .optional = true, AT(credential, test)},
    PERSON_CLAIMS,
    {.name = "identifiers", .kind = FIELD_OBJECTS, .max = 16, .more = &identifier_schema, .optional = true,
     AT(credential, identifiers)},
};
static const struct schema credential_schema = SCHEMA_OPEN(struct credential, credential_fields);

/* Identifiers that are to be written: {system, value}, kept as a specialty is. */
static const struct schema_field plain_identifier_fields[] = {
    {.name = "system", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(specialty, system)},
    {.name = "value", .kind = FIELD_TEXT, .max = CSIGN_STRING_MAX, AT(specialty, code)},
};
static const struct schema plain_identifier_schema = SCHEMA(struct specialty, plain_identifier_fields);

static const struct schema_field practitioner_fields[] = {
    {.name = "sub", .kind = FIELD_ID, .optional = true, AT(credential, sub)},
    LICENCE_CLAIMS,
    PERSON_CLAIMS,
    {.name = "identifiers", .kind = FIELD_OBJECTS, .max = 16, .more = &plain_identifier_schema, .optional = true,
     AT(credential, identifiers)},
};
static const struct schema practitioner_schema = SCHEMA(struct credential, practitioner_fields);

csign_code credential_read_practitioner(span json, struct buffer *scratch, struct credential *ret, csign_fault *fault)
{
    return schema_read_text(json, TOKEN_DEPTH_MAX, scratch, &practitioner_schema, ret, CSIGN_E_MALFORMED_JSON,
                            CSIGN_E_MALFORMED_CLAIMS, fault);
}

static csign_code read_disclosed(const struct schema_field *field, span value, struct buffer *scratch, void *into,
                                 csign_fault *fault)
{
    struct json j;
    if (!value.data)
        return CSIGN_OK;
    json_open(&j, value, TOKEN_DEPTH_MAX, scratch);
    j.field = field->name;
    if (!schema_read_field(&j, field, into) || !json_finish(&j))
        return json_code(&j, CSIGN_E_MALFORMED_JSON, CSIGN_E_MALFORMED_DISCLOSURE, fault);
    return CSIGN_OK;
}

csign_code credential_read(const struct presentation *p, const span decoded[DISCLOSURES_MAX], struct buffer *scratch,
                           struct credential *ret, csign_fault *fault)
{
    const csign_code malformed = CSIGN_E_MALFORMED_CLAIMS;
    struct jws_header header;
    struct disclosed disclosed;
    TRY(jws_header_read(p->jwt.header, "dc+sd-jwt", true, scratch, &header, fault));
    TRY(disclosure_match(p, decoded, p->jwt.payload, scratch, &disclosed, fault));
    TRY(schema_read_text(p->jwt.payload, TOKEN_DEPTH_MAX, scratch, &credential_schema, ret, CSIGN_E_MALFORMED_JSON, malformed,
                         fault));
    TRY(read_disclosed(&name_field, disclosed.values[DISCLOSED_NAME], scratch, &ret->name, fault));
    TRY(read_disclosed(&number_field, disclosed.values[DISCLOSED_LICENCE_NUMBER], scratch, &ret->licence_number, fault));
    TRY(read_disclosed(&identifiers_field, disclosed.values[DISCLOSED_IDENTIFIERS], scratch, &ret->identifiers, fault));
    ret->kid = header.kid;
    if (ret->exp <= ret->nbf)
        return fault_set(fault, malformed, "exp", "not after nbf");
    return CSIGN_OK;
}

bool credential_type_matches(const struct credential *c)
{
    return c->vct.size == c->iss.size + sizeof TYPE_SUFFIX - 1 && span_starts(c->vct, c->iss) &&
           span_ends(c->vct, SPAN(TYPE_SUFFIX));
}
