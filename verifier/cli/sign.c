/*
 * countersign sign: the clinician's client. It hashes the document itself, says what is to be signed, and signs nothing
 * that the request fixes otherwise (PROTOCOL 4).
 */
#include "base64.h"
#include "clock.h"
#include "credential_text.h"
#include "files.h"
#include "hash.h"
#include "key_binding.h"
#include "keys.h"
#include "options.h"
#include "output.h"
#include "passphrase.h"
#include "request.h"
#include "sign_off.h"
#include "verbs.h"

#include <sodium.h>

struct asked {
    const char *credential, *key, *request, *document, *disclose, *passphrase_file, *out;
    uint8_t disposition, authorship, meaning;
    int64_t auth_time;
    bool yes;
};

/* What is to be signed, read from its files. */
struct signing {
    struct request request;
    span document;
    uint8_t digest[CSIGN_HASH_SIZE];
    struct credential_text credential;
    int64_t opened_at;
};

/* --- reading --- */

static int read_inputs(struct call *call, const struct asked *asked, struct signing *s)
{
    struct buffer scratch = call_buffer(call, 4 * CSIGN_SIGN_OFF_MAX);
    span request;
    csign_fault fault;
    STEP(file_read(call, asked->request, REQUEST_MAX + 1, &request));
    if (request.size > 0 && request.data[request.size - 1] == '\n')
        request.size--;
    csign_code code = request_read(request, &scratch, &s->request, &fault);
    if (code != CSIGN_OK)
        return fail_code(call, REFUSED, code, &fault, asked->request);
    STEP(file_map(call, asked->document, &s->document));
    hash_of(s->document, s->digest);
    span credential;
    STEP(file_read(call, asked->credential, CSIGN_SIGN_OFF_MAX, &credential));
    return credential_text_read(call, asked->credential, credential, &s->credential);
}

/* What she says herself, within what the request leaves open. */
static int settle(struct call *call, struct asked *asked, const struct signing *s)
{
    if (!asked->authorship)
        asked->authorship = s->request.authorship;
    if (asked->authorship < s->request.authorship)
        return fail(call, REFUSED, call_format(call, "declare %s or more", vocabulary_word(&authorships, s->request.authorship)),
                    "less AI than the request says, --authorship");
    if (asked->meaning && s->request.meaning && asked->meaning != s->request.meaning)
        return fail(call, REFUSED, call_format(call, "the request asks for %s", vocabulary_word(&meanings, s->request.meaning)),
                    "another meaning than the request fixes, --meaning");
    if (!asked->meaning)
        asked->meaning = s->request.meaning;
    if (!asked->meaning)
        return fail(call, USAGE, "give it: the request leaves it open", "missing, --meaning");
    return DONE;
}

static int check_times(struct call *call, const struct signing *s, const char *credential, const char *request)
{
    int64_t now = clock_now();
    if ((int64_t)s->credential.claims.exp <= now)
        return fail(call, REFUSED, "fetch a new credential", "has expired, exp in %s", credential);
    if ((int64_t)s->request.expires_at <= now)
        return fail(call, REFUSED, "ask the app for a new request", "has expired, expires_at in %s", request);
    return DONE;
}

/* --- showing --- */

static void put(struct call *call, struct buffer *out, const char *before, span value)
{
    buffer_text(out, before);
    buffer_text(out, plain(call, value));
}

static int show(struct call *call, const struct asked *asked, const struct signing *s)
{
    const struct request *r = &s->request;
    char hex[2 * CSIGN_HASH_SIZE + 1];
    struct buffer out = call_buffer(call, 16384);
    sodium_bin2hex(hex, sizeof hex, s->digest, sizeof s->digest);
    put(call, &out, "", r->document.label);
    put(call, &out, "   ", span_text(asked->document));
    put(call, &out, "\n  digest       sha256:", span_text(hex));
    put(call, &out, call_format(call, "   %zu bytes   ", s->document.size), r->document.media_type);
    put(call, &out, "\n  act          ", r->act);
    put(call, &out, ", ", span_text(vocabulary_word(&settings, r->setting)));
    put(call, &out, ", ", r->jurisdiction);
    put(call, &out, ", at ", r->site);
    put(call, &out, "\n  asked by     ", r->audience);
    put(call, &out, ", with the tool ", r->tool.id);
    put(call, &out, " ", r->tool.model);
    put(call, &out, " ", r->tool.version);
    put(call, &out, "\n  you declare  ", span_text(vocabulary_word(&dispositions, asked->disposition)));
    put(call, &out, ", ", span_text(vocabulary_word(&meanings, asked->meaning)));
    put(call, &out, ", written by: ", span_text(vocabulary_word(&authorships, asked->authorship)));
    buffer_byte(&out, '\n');
    return confirm(call, buffer_span(&out), "read the document, then type yes to sign exactly these bytes: ");
}

/* --- signing --- */

/* The name of a disclosed claim: the second of its three elements. */
static bool disclosed_name(struct call *call, span decoded, span *ret)
{
    struct json *j = call_memory(call, sizeof *j);
    struct buffer scratch = call_buffer(call, decoded.size + 1);
    span salt;
    json_open(j, decoded, TOKEN_DEPTH_MAX, &scratch);
    return json_array(j) && json_element(j) && json_string(j, &salt) && json_element(j) && json_string(j, ret);
}

/* Whether a name stands in a list like "name,licence_number". */
static bool list_has(const char *list, span name)
{
    for (const char *at = list; *at;) {
        size_t size = strcspn(at, ",");
        if (span_equal(span_of(at, size), name))
            return true;
        at += size + (at[size] == ',');
    }
    return false;
}

static int check_disclose(struct call *call, const char *list)
{
    for (const char *at = list; *at;) {
        size_t size = strcspn(at, ","), i = 0;
        while (i < DISCLOSED_COUNT && !span_equal(span_of(at, size), span_text(disclosed_names[i])))
            i++;
        if (i == DISCLOSED_COUNT && strcmp(list, "none") != 0)
            return fail(call, USAGE, "give some of name,licence_number,identifiers, or none", "not a claim that is disclosed, "
                        "%.*s in --disclose", (int)size, at);
        at += size + (at[size] == ',');
    }
    return DONE;
}

/* The credential with the chosen disclosures: what sd_hash is the hash of. */
static void put_bound(struct call *call, struct buffer *out, const struct signing *s, const char *disclose)
{
    const struct presentation *p = &s->credential.presentation;
    buffer_put(out, p->jwt.signing_input);
    buffer_byte(out, '.');
    buffer_put(out, p->jwt.segments[2]);
    buffer_byte(out, '~');
    for (size_t i = 0; i < p->disclosure_count; i++) {
        span name;
        if (!disclosed_name(call, s->credential.disclosures[i], &name) || !list_has(disclose, name))
            continue;
        buffer_put(out, p->disclosures[i]);
        buffer_byte(out, '~');
    }
}

static span make_entry(struct call *call, const struct asked *asked, const struct signing *s)
{
    const struct request *r = &s->request;
    struct buffer json = call_buffer(call, CSIGN_ENTRY_MAX), entry = call_buffer(call, CSIGN_ENTRY_MAX);
    struct transaction t = {.request_id = r->request_id,
                            .slot = r->slot,
                            .act = r->act,
                            .meaning = asked->meaning,
                            .disposition = asked->disposition,
                            .authorship = asked->authorship,
                            .setting = r->setting,
                            .document = {.media_type = r->document.media_type, .label = r->document.label, .size = s->document.size},
                            .draft = r->draft,
                            .tool = r->tool,
                            .jurisdiction = r->jurisdiction,
                            .site = r->site,
                            .encounter_ref = r->encounter_ref,
                            .prior = r->prior,
                            .facts = r->facts,
                            .opened_at = (uint64_t)s->opened_at};
    memcpy(t.document.digest, s->digest, sizeof t.document.digest);
    memcpy(t.patient_ref, r->patient_ref, sizeof t.patient_ref);
    transaction_write(&json, &t);
    base64url_encode(&entry, buffer_span(&json));
    return json.overflow || entry.overflow ? (span){NULL, 0} : buffer_span(&entry);
}

static int sign(struct call *call, const struct asked *asked, const struct signing *s, const struct key *key, int64_t auth_time)
{
    struct buffer sign_off = call_buffer(call, CSIGN_SIGN_OFF_MAX), jti = call_buffer(call, 32);
    struct buffer out = call_buffer(call, SIGN_OFF_FILE_MAX);
    struct key_binding *b = call_memory(call, sizeof *b);
    uint8_t random[16];
    span entry = make_entry(call, asked, s);
    if (!entry.data)
        return fail_code(call, REFUSED, CSIGN_E_TOO_LARGE, NULL, "the transaction data, over 2 KiB");
    put_bound(call, &sign_off, s, asked->disclose);
    randombytes_buf(random, sizeof random);
    base64url_encode(&jti, span_of(random, sizeof random));
    b->iat = (uint64_t)clock_now();
    b->auth_time = (uint64_t)auth_time;
    b->aud = s->request.audience;
    b->nonce = s->request.nonce;
    b->jti = buffer_span(&jti);
    b->hash_count = 1;
    hash_of(buffer_span(&sign_off), b->sd_hash);
    hash_of(entry, b->hashes[0]);
    csign_code code = key_binding_write(&sign_off, b, key->signing);
    if (code != CSIGN_OK)
        return fail_code(call, CANNOT, code, NULL, "the sign-off");
    sign_off_write(&out, buffer_span(&sign_off), entry);
    return file_write_or_print(call, asked->out, buffer_span(&out));
}

static int show_and_sign(struct call *call, struct asked *asked)
{
    struct signing *s = call_memory(call, sizeof *s);
    struct keyring ring = {.call = call, .passphrase_file = asked->passphrase_file};
    struct key key;
    STEP(check_disclose(call, asked->disclose));
    STEP(read_inputs(call, asked, s));
    STEP(settle(call, asked, s));
    STEP(check_times(call, s, asked->credential, asked->request));
    s->opened_at = clock_now();
    if (!asked->yes)
        STEP(show(call, asked, s));
    STEP(key_open(&ring, asked->key, KEY_HOLDER, &key));
    if (!public_key_equal(&key.public, &s->credential.claims.cnf.jwk.x))
        return fail(call, REFUSED, "sign with the key that the credential is bound to", "not the credential's key, %s", asked->key);
    return sign(call, asked, s, &key, asked->auth_time < 0 ? clock_now() : asked->auth_time);
}

int verb_sign(struct call *call)
{
    struct asked a = {.disclose = "name,licence_number", .auth_time = -1};
    const struct option options[] = {
        {"--credential", OPTION_TEXT, true, &a.credential, "FILE", "your credential, as issued", NULL, 0},
        {"--key", OPTION_TEXT, true, &a.key, "FILE", "your key file", NULL, 0},
        {"--request", OPTION_TEXT, true, &a.request, "FILE", "what the app asks", NULL, 0},
        {"--document", OPTION_TEXT, true, &a.document, "FILE", "what you have read, as you want it released", NULL, 0},
        {"--disposition", OPTION_WORD, true, &a.disposition, "WORD", "what you did with it", &dispositions, 0},
        {"--authorship", OPTION_WORD, false, &a.authorship, "WORD", "who wrote it; default: as the request says", &authorships, 0},
        {"--meaning", OPTION_WORD, false, &a.meaning, "WORD", "of your signature, where the request leaves it open", &meanings, 0},
        {"--disclose", OPTION_TEXT, false, &a.disclose, "LIST", "of name,licence_number,identifiers, or none; default the first two",
         NULL, 0},
        {"--auth-time", OPTION_TIME, false, &a.auth_time, "TIME", "when you unlocked the key; default: now", NULL, 0},
        {"--passphrase-file", OPTION_TEXT, false, &a.passphrase_file, "FILE", "of your key; else asked", NULL, 0},
        {"--yes", OPTION_FLAG, false, &a.yes, NULL, "do not ask: it was shown and confirmed elsewhere", NULL, 0},
        {"--out", OPTION_TEXT, false, &a.out, "FILE", "the sign-off; else printed", NULL, 0},
    };
    STEP(OPTIONS(call, "Signs exactly these bytes, as the answer to one request.", options));
    return show_and_sign(call, &a);
}
