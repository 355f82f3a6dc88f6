#include "issue.h"
#include "status.h"
#include "status_list.h"
#include "transaction.h"

#include <sodium.h>

/* Columns of issue_find. */
enum {
    AT_INDEX, AT_CODE, AT_PRACTITIONER, AT_NAME, AT_NUMBER, AT_SITE, AT_JURISDICTION, AT_SPECIALTY, AT_PRIVILEGES, AT_CONDITIONS,
    AT_PROFESSION, AT_LEVEL, AT_INDEPENDENT_SINCE, AT_LICENSED_UNTIL, AT_ASSURANCE, AT_VALIDATED, AT_BASIS, AT_CONSENT, AT_FROM,
    AT_TO, AT_STORAGE, AT_USER_AUTH, AT_ATTESTED, AT_PROOFING, AT_ENDED
};

/* --- whether --- */

/* What the newest index of the binding says; and that it is the one the proof names, where it names one. */
static csign_code check_index(struct issue *issue, const struct query *q)
{
    static const csign_code codes[] = {CSIGN_OK, CSIGN_E_REVOKED, CSIGN_E_SUSPENDED, CSIGN_E_SUPERSEDED};
    const uint64_t index = (uint64_t)query_integer(q, AT_INDEX), asked = issue->possession.idx;
    const int64_t code = query_integer(q, AT_CODE);
    if (asked > index)
        return fault_set(&issue->fault, CSIGN_E_NOT_FOUND, "idx", "no index of this key");
    if (code < 0 || code > END_SUPERSEDED)
        return CSIGN_E_INTERNAL;
    if (code)
        return fault_set(&issue->fault, codes[code], "idx", "the newest index of this key has ended");
    if (asked && asked < index)
        return fault_set(&issue->fault, CSIGN_E_SUPERSEDED, "idx", "this key has a newer index");
    return CSIGN_OK;
}

static csign_code check_times(struct issue *issue, struct session *session, const struct query *q)
{
    const uint64_t now = session_time_ms(session) / 1000, from = (uint64_t)query_integer(q, AT_FROM);
    const uint64_t to = (uint64_t)query_integer(q, AT_TO), life = issue->registry->credential_life_s;
    if (query_integer(q, AT_ENDED))
        return fault_set(&issue->fault, CSIGN_E_CONFLICT, "", "key, affiliation, licence, institution or practitioner has ended");
    if (from > now || (to && to <= now))
        return fault_set(&issue->fault, CSIGN_E_CONFLICT, "affiliation", "not begun, or over");
    issue->iat = now;
    issue->exp = now + (life < CREDENTIAL_LIFE_MAX ? life : CREDENTIAL_LIFE_MAX);
    if (to && to < issue->exp)
        issue->exp = to;
    return status_check_cuts(issue->registry, session, query_text(q, AT_SITE), now * 1000, &issue->fault);
}

/* --- what it will say --- */

static span keep(struct buffer *columns, span text)
{
    const size_t from = columns->size;
    buffer_put(columns, text);
    return text.data ? buffer_since(columns, from) : text;
}

static void copy_columns(struct issue *issue, const struct query *q)
{
    struct buffer *columns = &issue->columns;
    issue->index = (uint64_t)query_integer(q, AT_INDEX);
    issue->practitioner = keep(columns, query_text(q, AT_PRACTITIONER));
    issue->name = keep(columns, query_text(q, AT_NAME));
    issue->number = keep(columns, query_text(q, AT_NUMBER));
    issue->site = keep(columns, query_text(q, AT_SITE));
    issue->jurisdiction = keep(columns, query_text(q, AT_JURISDICTION));
    issue->specialty = keep(columns, query_text(q, AT_SPECIALTY));
    issue->privileges = keep(columns, query_text(q, AT_PRIVILEGES));
    issue->conditions = keep(columns, query_text(q, AT_CONDITIONS));
    issue->profession = (uint8_t)query_integer(q, AT_PROFESSION);
    issue->level = (uint8_t)query_integer(q, AT_LEVEL);
    issue->independent_since = (uint32_t)query_integer(q, AT_INDEPENDENT_SINCE);
    issue->licensed_until = (uint32_t)query_integer(q, AT_LICENSED_UNTIL);
    issue->assurance = (uint8_t)query_integer(q, AT_ASSURANCE);
    issue->validated_s = (uint64_t)query_integer(q, AT_VALIDATED);
    issue->basis = (uint8_t)query_integer(q, AT_BASIS);
    issue->consent = query_integer(q, AT_CONSENT) != 0;
    issue->authenticator = (struct authenticator){.storage = (uint8_t)query_integer(q, AT_STORAGE),
                                                  .user_auth = (uint8_t)query_integer(q, AT_USER_AUTH),
                                                  .attested = query_integer(q, AT_ATTESTED) != 0,
                                                  .proofing = (uint8_t)query_integer(q, AT_PROOFING)};
}

static csign_code copy_identifiers(struct issue *issue, struct session *session)
{
    const size_t from = issue->columns.size;
    struct json_out o = json_out(&issue->columns);
    struct query q = QUERY(session, SQL_ISSUE_FIND_IDENTIFIERS, VALUE_TEXT(issue->practitioner));
    json_put_array(&o);
    while (query_row(&q)) {
        json_put_object(&o);
        json_put_text_member(&o, "system", query_text(&q, 0));
        json_put_text_member(&o, "code", query_text(&q, 1));
        json_end_object(&o);
    }
    json_end_array(&o);
    issue->identifiers = buffer_since(&issue->columns, from);
    return query_close(&q);
}

static csign_code run(struct operation *operation, struct session *session)
{
    struct issue *issue = (struct issue *)operation;
    const struct possession *p = &issue->possession;
    struct query q = QUERY(session, SQL_ISSUE_FIND, VALUE_BLOB(span_of(p->thumbprint, sizeof p->thumbprint)));
    csign_code code = fault_set(&issue->fault, CSIGN_E_NOT_FOUND, "jwk", "this key is not bound");
    issue->columns = buffer_open(issue->memory, sizeof issue->memory);
    if (query_row(&q)) {
        code = check_index(issue, &q);
        if (code == CSIGN_OK)
            code = check_times(issue, session, &q);
        if (code == CSIGN_OK)
            copy_columns(issue, &q);
    }
    TRY(query_close(&q));
    TRY(code);
    TRY(copy_identifiers(issue, session));
    if (issue->columns.overflow)
        return fault_set(&issue->fault, CSIGN_E_TOO_LARGE, "licence", "more than a credential holds");
    return RUN(session, SQL_ISSUE_COUNT, VALUE_INTEGER(issue->index), VALUE_INTEGER(issue->exp));
}

csign_code issue_prepare(struct issue *issue, const struct registry *registry, span proof, uint64_t now_ms)
{
    issue->operation = (struct operation){.run = run};
    issue->registry = registry;
    return possession_read(registry, PROOF_CREDENTIAL, proof, now_ms, &issue->possession, &issue->fault);
}

/* --- saying it --- */

#define LIST_SCRATCH_MAX (24u * 1024u) /* the lists of all columns: 32 conditions with 32 acts each are most of it */

static const struct schema_field jurisdiction_field = {.name = "jurisdiction", .kind = FIELD_CODES, .max = JURISDICTIONS_MAX};
static const struct schema_field specialty_field = {
    .name = "specialty", .kind = FIELD_OBJECTS, .max = 32, .more = &claim_specialty_schema};
static const struct schema_field privileges_field = {.name = "privileges", .kind = FIELD_OBJECT, .more = &claim_privileges_schema};
static const struct schema_field conditions_field = {
    .name = "conditions", .kind = FIELD_OBJECTS, .max = 32, .more = &claim_condition_schema};
/* Written by copy_identifiers() as a specialty is, which is how a credential keeps them. */
static const struct schema_field identifiers_field = {
    .name = "identifiers", .kind = FIELD_OBJECTS, .max = 16, .more = &claim_specialty_schema};

static csign_code read_column(span text, const struct schema_field *field, struct buffer *scratch, void *into)
{
    struct json j;
    json_open(&j, text, TOKEN_DEPTH_MAX, scratch);
    if (!schema_read_field(&j, field, into) || !json_finish(&j))
        return json_code(&j, CSIGN_E_INTERNAL, CSIGN_E_INTERNAL, NULL);
    return CSIGN_OK;
}

static csign_code read_columns(const struct issue *issue, struct buffer *scratch, struct credential *c)
{
    TRY(read_column(issue->jurisdiction, &jurisdiction_field, scratch, &c->jurisdiction));
    TRY(read_column(issue->specialty, &specialty_field, scratch, &c->specialty));
    TRY(read_column(issue->privileges, &privileges_field, scratch, &c->privileges));
    TRY(read_column(issue->conditions, &conditions_field, scratch, &c->conditions));
    return read_column(issue->identifiers, &identifiers_field, scratch, &c->identifiers);
}

/* The status of PROTOCOL 3: the log that gates follow, and the list that is published for everyone else. */
static struct credential_status status_of(const struct issue *issue, struct buffer *texts)
{
    struct credential_status status = {.status_list.idx = issue->index % STATUS_LIST_ENTRIES,
                                       .countersign = {.origin = issue->registry->root.statuslogs[0].vkey.name,
                                                       .idx = issue->index}};
    const size_t from = texts->size;
    buffer_put(texts, issue->registry->iss);
    buffer_text(texts, "/status/list/");
    buffer_decimal(texts, issue->index / STATUS_LIST_ENTRIES);
    status.status_list.uri = buffer_since(texts, from);
    return status;
}

csign_code issue_write(const struct issue *issue, struct buffer *out)
{
    const struct registry *registry = issue->registry;
    uint8_t texts_memory[2048], scratch_memory[LIST_SCRATCH_MAX];
    struct buffer texts = buffer_open(texts_memory, sizeof texts_memory);
    struct buffer scratch = buffer_open(scratch_memory, sizeof scratch_memory);
    struct credential_secrets secrets;
    struct credential c = {
        .iss = registry->iss,
        .iat = issue->iat,
        .nbf = issue->iat,
        .exp = issue->exp,
        .sub = issue->practitioner,
        .cnf.jwk.x = issue->possession.key,
        .status = status_of(issue, &texts),
        .profession = issue->profession,
        .level = issue->level,
        .site = {.id = issue->site, .basis = issue->basis, .consent = issue->consent},
        .independent_since = issue->independent_since,
        .licensed_until = issue->licensed_until,
        .assurance = {.level = issue->assurance, .validated_at = issue->validated_s},
        .authenticator = issue->authenticator,
        .test = registry->root.kind == ROOT_TEST,
        .name = issue->name,
        .licence_number = issue->number,
        .kid = span_text(registry->kid),
    };
    const size_t from = texts.size;
    buffer_put(&texts, registry->iss);
    buffer_text(&texts, "/vct/practitioner/1");
    c.vct = buffer_since(&texts, from);
    TRY(buffer_code(&texts));
    TRY(read_columns(issue, &scratch, &c));
    randombytes_buf(&secrets, sizeof secrets);
    return credential_write(out, &c, &secrets, registry->issuer_key);
}
