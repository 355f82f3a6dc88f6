/* countersign request: what an app asks one clinician to sign (PROTOCOL 4). */
#include "request.h"
#include "base64.h"
#include "clock.h"
#include "files.h"
#include "hash.h"
#include "key_binding.h"
#include "options.h"
#include "output.h"
#include "patient_ref.h"
#include "sign_off.h"
#include "verbs.h"

#include <sodium.h>
#include <stdlib.h>

#define FACTS_MAX    4096u
#define LIFE_DEFAULT (24u * 3600u)

struct asked {
    const char *act, *jurisdiction, *site, *tool, *label, *media_type, *draft, *facts, *prior;
    const char *document, *url, *answer_to, *audience, *patient_ref, *patient, *patient_key, *out;
    uint8_t setting, authorship, meaning;
    uint64_t expires_in;
};

static span random_text(struct call *call)
{
    uint8_t bytes[16];
    struct buffer text = call_buffer(call, 32);
    randombytes_buf(bytes, sizeof bytes);
    base64url_encode(&text, span_of(bytes, sizeof bytes));
    return buffer_span(&text);
}

/* --- what is asked for by options --- */

/* ID/MODEL/VERSION; a version may hold slashes. */
static int read_tool(struct call *call, const char *text, struct tool *ret)
{
    const char *model = strchr(text, '/'), *version = model ? strchr(model + 1, '/') : NULL;
    if (!version)
        return fail(call, USAGE, "give the tool's id, its model and the model's version", "not ID/MODEL/VERSION, --tool");
    *ret = (struct tool){.present = 7,
                         .id = span_of(text, (size_t)(model - text)),
                         .model = span_of(model + 1, (size_t)(version - model - 1)),
                         .version = span_text(version + 1)};
    return DONE;
}

static int read_facts(struct call *call, const char *text, struct facts *ret)
{
    csign_fault fault;
    struct buffer scratch = call_buffer(call, FACTS_MAX);
    if (!text)
        return DONE;
    csign_code code = schema_read_text(span_text(text), TOKEN_DEPTH_MAX, &scratch, &facts_schema, ret, CSIGN_E_MALFORMED_JSON,
                                       CSIGN_E_MALFORMED_TRANSACTION, &fault);
    return code == CSIGN_OK ? DONE : fail_code(call, USAGE, code, &fault, "--facts");
}

static int read_draft(struct call *call, const char *path, struct draft *ret)
{
    span draft;
    if (!path)
        return DONE;
    STEP(file_map(call, path, &draft));
    ret->present = 3;
    hash_of(draft, ret->digest);
    return DONE;
}

static int read_patient(struct call *call, const struct asked *asked, struct request *r)
{
    span text;
    uint8_t *key = call_secret(call, PATIENT_KEY_SIZE);
    if ((asked->patient_ref != NULL) + (asked->patient != NULL) != 1)
        return fail(call, USAGE, "give one of --patient-ref REF and --patient ID", "no patient, or two, --patient-ref");
    if (asked->patient_ref)
        return base64url_exact(span_text(asked->patient_ref), r->patient_ref, CSIGN_HASH_SIZE)
                   ? DONE
                   : fail(call, USAGE, "give 43 characters", "not base64url of 32 bytes, --patient-ref");
    if (!asked->patient_key)
        return fail(call, USAGE, "give the file with the institution's key for this tool", "missing, --patient-key");
    STEP(file_read(call, asked->patient_key, 64, &text));
    while (text.size > 0 && text.data[text.size - 1] == '\n')
        text.size--;
    if (!base64url_exact(text, key, PATIENT_KEY_SIZE))
        return fail(call, REFUSED, "put 32 random bytes into it: `head -c 32 /dev/urandom | basenc --base64url | tr -d =`",
                    "not base64url of 32 bytes, %s", asked->patient_key);
    patient_ref(key, r->request_id, span_text(asked->patient), r->patient_ref);
    return DONE;
}

static int require(struct call *call, const void *value, const char *name)
{
    return value ? DONE : fail(call, USAGE, "give it, or --prior with the sign-off before", "missing, %s", name);
}

static int ask_first(struct call *call, const struct asked *asked, struct request *r)
{
    STEP(require(call, asked->act, "--act"));
    STEP(require(call, asked->setting ? asked : NULL, "--setting"));
    STEP(require(call, asked->jurisdiction, "--jurisdiction"));
    STEP(require(call, asked->site, "--site"));
    STEP(require(call, asked->tool, "--tool"));
    STEP(require(call, asked->label, "--label"));
    STEP(require(call, asked->media_type, "--media-type"));
    STEP(require(call, asked->audience, "--audience"));
    r->request_id = random_text(call);
    r->slot = 1;
    r->act = span_text(asked->act);
    r->setting = asked->setting;
    r->jurisdiction = span_text(asked->jurisdiction);
    r->site = span_text(asked->site);
    STEP(read_tool(call, asked->tool, &r->tool));
    STEP(read_facts(call, asked->facts, &r->facts));
    STEP(read_draft(call, asked->draft, &r->draft));
    STEP(read_patient(call, asked, r));
    r->audience = span_text(asked->audience);
    r->authorship = asked->authorship ? asked->authorship : r->draft.present ? AUTHORSHIP_AI_DRAFT : AUTHORSHIP_HUMAN;
    r->document.label = span_text(asked->label);
    r->document.media_type = span_text(asked->media_type);
    return DONE;
}

/* --- what follows from the sign-off before --- */

static int none_given(struct call *call, const struct asked *asked)
{
    const struct {
        const void *value;
        const char *name;
    } given[] = {{asked->act, "--act"}, {asked->jurisdiction, "--jurisdiction"}, {asked->site, "--site"},
                 {asked->tool, "--tool"}, {asked->label, "--label"}, {asked->media_type, "--media-type"},
                 {asked->draft, "--draft"}, {asked->facts, "--facts"}, {asked->audience, "--audience"},
                 {asked->patient_ref, "--patient-ref"}, {asked->patient, "--patient"},
                 {asked->setting ? asked : NULL, "--setting"}, {asked->authorship ? asked : NULL, "--authorship"}};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (given[i].value)
            return fail(call, USAGE, "leave it out: all signers of a document agree", "%s beside --prior", given[i].name);
    return DONE;
}

static csign_code read_prior(struct buffer *scratch, const struct sign_off *prior, struct transaction *t, struct key_binding *b,
                             uint8_t id[CSIGN_HASH_SIZE], csign_fault *fault)
{
    struct presentation presentation;
    uint8_t hash[CSIGN_HASH_SIZE];
    span json;
    TRY(presentation_split(prior->sign_off, true, &presentation, fault));
    TRY(jws_decode(&presentation.key_binding, scratch, fault));
    TRY(key_binding_read(&presentation.key_binding, scratch, b, fault));
    if (!base64url_decode(scratch, prior->transaction_data.items[0], &json))
        return fault_set(fault, CSIGN_E_MALFORMED_BASE64, "transaction_data", "not canonical base64url");
    TRY(transaction_read(json, scratch, t, fault));
    hash_of(prior->transaction_data.items[0], hash);
    sign_off_id(presentation.key_binding.signing_input, hash, id);
    return CSIGN_OK;
}

static int ask_next(struct call *call, const struct asked *asked, struct request *r)
{
    struct sign_off prior;
    struct transaction *t = call_memory(call, sizeof *t);
    struct key_binding *b = call_memory(call, sizeof *b);
    struct buffer scratch = call_buffer(call, SIGN_OFF_FILE_MAX);
    csign_fault fault;
    STEP(none_given(call, asked));
    STEP(sign_off_read(call, asked->prior, &prior));
    csign_code code = read_prior(&scratch, &prior, t, b, r->prior.bytes, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, REFUSED, code, &fault, asked->prior);
    if (t->slot == CSIGN_SLOTS_MAX)
        return fail(call, REFUSED, "four signers are the most", "the last slot, slot in %s", asked->prior);
    *r = (struct request){.request_id = t->request_id,
                          .slot = t->slot + 1,
                          .act = t->act,
                          .setting = t->setting,
                          .authorship = t->authorship,
                          .jurisdiction = t->jurisdiction,
                          .site = t->site,
                          .tool = t->tool,
                          .encounter_ref = t->encounter_ref,
                          .prior = r->prior,
                          .facts = t->facts,
                          .draft = t->draft,
                          .audience = b->aud,
                          .document = {.label = t->document.label, .media_type = t->document.media_type}};
    r->prior.present = true;
    memcpy(r->patient_ref, t->patient_ref, sizeof r->patient_ref);
    return DONE;
}

/* --- the whole --- */

static int default_url(struct call *call, const char *document, span *ret)
{
    char *path = realpath(document, NULL);
    if (!path)
        return fail_system(call, "cannot find", document, "correct the path of --document");
    *ret = span_text(call_format(call, "file://%s", path));
    free(path);
    return DONE;
}

static int write_request(struct call *call, const struct asked *asked, const struct request *r)
{
    struct buffer text = call_buffer(call, REQUEST_MAX), scratch = call_buffer(call, 4 * REQUEST_MAX);
    struct request *again = call_memory(call, sizeof *again);
    csign_fault fault;
    request_write(&text, r);
    if (text.overflow)
        return fail(call, USAGE, "shorten what it holds", "longer than 8 KiB, the request");
    csign_code code = request_read(buffer_span(&text), &scratch, again, &fault); /* what was made must be what a gate reads */
    if (code != CSIGN_OK)
        return fail_code(call, USAGE, code, &fault, "the request as asked for");
    struct buffer line = call_buffer(call, text.size + 1);
    buffer_put(&line, buffer_span(&text));
    buffer_byte(&line, '\n');
    return file_write_or_print(call, asked->out, buffer_span(&line));
}

static int make(struct call *call, const struct asked *asked)
{
    struct request *r = call_memory(call, sizeof *r);
    STEP(asked->prior ? ask_next(call, asked, r) : ask_first(call, asked, r));
    if (asked->url)
        r->document.url = span_text(asked->url);
    else
        STEP(default_url(call, asked->document, &r->document.url));
    r->nonce = random_text(call);
    r->meaning = asked->meaning;
    r->issued_at = (uint64_t)clock_now();
    r->expires_at = r->issued_at + asked->expires_in;
    r->answer_to = span_text(asked->answer_to);
    return write_request(call, asked, r);
}

int verb_request(struct call *call)
{
    struct asked a = {.expires_in = LIFE_DEFAULT, .answer_to = "urn:countersign:by-hand"};
    const struct option options[] = {
        {"--document", OPTION_TEXT, true, &a.document, "FILE", "what is to be signed", NULL, 0},
        {"--act", OPTION_TEXT, false, &a.act, "ACT", "what it is, as policies name it: imaging_report, …", NULL, 0},
        {"--setting", OPTION_WORD, false, &a.setting, "SETTING", "of care", &settings, 0},
        {"--jurisdiction", OPTION_TEXT, false, &a.jurisdiction, "CODE", "the patient's place of care, like US-KS", NULL, 0},
        {"--site", OPTION_TEXT, false, &a.site, "ID", "the institution where care happens", NULL, 0},
        {"--tool", OPTION_TEXT, false, &a.tool, "ID/MODEL/VERSION", "the product, its model, the model's version", NULL, 0},
        {"--audience", OPTION_TEXT, false, &a.audience, "ID", "the deployment that will release it", NULL, 0},
        {"--label", OPTION_TEXT, false, &a.label, "TEXT", "what the signer is told that it is", NULL, 0},
        {"--media-type", OPTION_TEXT, false, &a.media_type, "TYPE", "of the document, like text/plain", NULL, 0},
        {"--patient-ref", OPTION_TEXT, false, &a.patient_ref, "REF", "43 characters, never a name or number; this or --patient", NULL, 0},
        {"--patient", OPTION_TEXT, false, &a.patient, "ID", "the patient's number, which is hidden under --patient-key", NULL, 0},
        {"--patient-key", OPTION_TEXT, false, &a.patient_key, "FILE", "the institution's key for this tool: 32 random bytes in base64url", NULL, 0},
        {"--draft", OPTION_TEXT, false, &a.draft, "FILE", "what the AI drafted; none: no AI", NULL, 0},
        {"--authorship", OPTION_WORD, false, &a.authorship, "WORD", "the least AI that may be declared", &authorships, 0},
        {"--meaning", OPTION_WORD, false, &a.meaning, "WORD", "what the signature means; else the signer says", &meanings, 0},
        {"--facts", OPTION_TEXT, false, &a.facts, "JSON", "of visit and patient, that rules ask for", NULL, 0},
        {"--prior", OPTION_TEXT, false, &a.prior, "FILE", "the sign-off of the slot before: this asks the next signer", NULL, 0},
        {"--expires-in", OPTION_NUMBER, false, &a.expires_in, "SECONDS", "default 86400", NULL, 31536000},
        {"--url", OPTION_TEXT, false, &a.url, "URL", "where the signer fetches the document; default: the file", NULL, 0},
        {"--answer-to", OPTION_TEXT, false, &a.answer_to, "URL", "where she sends the sign-off; default: by hand", NULL, 0},
        {"--out", OPTION_TEXT, false, &a.out, "FILE", "the request; else printed", NULL, 0},
    };
    STEP(OPTIONS(call, "Makes the request for one signer's sign-off. Keep it: the gate needs it.", options));
    return make(call, &a);
}
