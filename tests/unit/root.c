/* Trust roots: one valid test root and one valid production root, each refused after one change (LOG 6, item 6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base64.h"
#include "root.h"
#include "signer.h"

#define TEXT_MAX 16384u

enum { A, B, C, STATUS, STATUS_2, RELEASE, FRESH_1, FRESH_2, RECEIPTS, POLICY, ADMIN_1, ADMIN_2, SIGNERS };
static struct signer signers[SIGNERS];
static char vkeys[SIGNERS][320], issuer_x[44], list_x[44], production[TEXT_MAX], test_root[TEXT_MAX];

static void key_text(const char *seed, char ret[44])
{
    struct signer s = signer_make(seed, NOTE_ED25519);
    struct buffer out = buffer_open(ret, 44);
    base64url_encode(&out, span_of(s.vkey.key.bytes, 32));
    buffer_byte(&out, 0);
}

/* The text with the first occurrence, which must exist, replaced. */
static const char *edit(const char *text, const char *find, const char *replacement)
{
    char edited[TEXT_MAX];
    const char *at = strstr(text, find);
    assert_non_null(at);
    int size = snprintf(edited, sizeof edited, "%.*s%s%s", (int)(at - text), text, replacement, at + strlen(find));
    return (const char *)exact(span_of(edited, (size_t)size + 1)).data;
}

static int make_roots(void **state)
{
    static const struct {
        const char *name;
        enum note_key_type type;
    } keys[SIGNERS] = {[A] = {"ana", NOTE_ED25519},
                       [B] = {"ben", NOTE_ED25519},
                       [C] = {"cyd", NOTE_ED25519},
                       [STATUS] = {"status.example", NOTE_ED25519},
                       [STATUS_2] = {"status.example", NOTE_ED25519},
                       [RELEASE] = {"release.example", NOTE_ED25519},
                       [FRESH_1] = {"fresh-1", NOTE_COSIGNATURE},
                       [FRESH_2] = {"fresh-2", NOTE_COSIGNATURE},
                       [RECEIPTS] = {"receipts", NOTE_ED25519},
                       [POLICY] = {"nhc", NOTE_ED25519},
                       [ADMIN_1] = {"nhc/li", NOTE_ED25519},
                       [ADMIN_2] = {"nhc/wu", NOTE_ED25519}};
    (void)state;
    for (size_t i = 0; i < SIGNERS; i++) {
        char seed[16];
        (void)snprintf(seed, sizeof seed, "seed %zu", i);
        signers[i] = signer_of(seed, keys[i].name, keys[i].type);
        (void)signer_text(&signers[i], vkeys[i]);
    }
    key_text("issuer", issuer_x);
    key_text("status list", list_x);
    (void)snprintf(production, sizeof production,
                   "countersign/root/v1\norigin registry.example\nkind production\nversion 3\nissued 1000\nexpires 9000\n"
                   "threshold 2\nroot %s\nroot %s\nroot %s\n"
                   "issuer https://registry.example CN %s 1000 9000\n"
                   "statuslog status.example %s 1000 9000\nstatuslog status.example %s 8000 9000\n"
                   "releaselog release.example %s 1000 9000\n"
                   "fresh %s 1000 9000\nfresh %s 1000 9000\nfreshness 2\n"
                   "receipts %s 1000 9000\nstatuslist %s 1000 9000\npolicy CN-11 %s 1000 9000\n"
                   "admin nhc CN %s\nadmin nhc CN %s\n",
                   vkeys[A], vkeys[B], vkeys[C], issuer_x, vkeys[STATUS], vkeys[STATUS_2], vkeys[RELEASE], vkeys[FRESH_1],
                   vkeys[FRESH_2], vkeys[RECEIPTS], list_x, vkeys[POLICY], vkeys[ADMIN_1], vkeys[ADMIN_2]);

    struct signer log = signer_of("test log", "log.test", NOTE_ED25519);
    char log_text[320];
    (void)snprintf(test_root, sizeof test_root,
                   "countersign/root/v1\norigin registry.test\nkind test\nversion 1\nissued 0\nexpires 9000\n"
                   "threshold 1\nroot %s\nissuer http://127.0.0.1:8080 CN %s 0 9000\nstatuslog log.test %s 0 9000\n"
                   "fresh %s 0 99999999\nfreshness 1\n",
                   vkeys[A], issuer_x, signer_text(&log, log_text), vkeys[FRESH_1]);
    return 0;
}

static uint8_t scratch_memory[ROOT_SCRATCH(CSIGN_ROOT_MAX)], note_memory[CSIGN_ROOT_MAX + 4096];

static span sign(const char *text, const struct signer *by, size_t count)
{
    struct buffer out = buffer_open(note_memory, sizeof note_memory);
    buffer_text(&out, text);
    buffer_byte(&out, '\n');
    for (size_t i = 0; i < count; i++)
        note_sign(&out, span_text(text), &by[i].vkey, &by[i].key);
    assert_int_equal(buffer_code(&out), CSIGN_OK);
    return exact(buffer_span(&out));
}

static csign_code read_signed(span bytes, struct root *ret, const char **ret_field)
{
    struct buffer scratch = buffer_open(scratch_memory, ROOT_SCRATCH(bytes.size));
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code code = root_read(bytes, &scratch, ret, &fault);
    assert_int_equal(fault.code, code);
    *ret_field = fault.field;
    return code;
}

/* Signed by all three root keys: what refuses is the change. */
static struct root case_of(const char *text, csign_code code, const char *field)
{
    struct root root = {0};
    const char *got;
    csign_code got_code = read_signed(sign(text, signers, 3), &root, &got);
    if (got_code != code || strcmp(got, field) != 0)
        print_error("%s\n", text);
    assert_int_equal(got_code, code);
    assert_string_equal(got, field);
    return root;
}
#define FAILS(find, replacement, field) \
    case_of(edit(production, find, replacement), CSIGN_E_ROOT_MALFORMED, field)
#define TEST_FAILS(find, replacement, field) \
    case_of(edit(test_root, find, replacement), CSIGN_E_ROOT_MALFORMED, field)

static void assert_round_trip(const struct root *root, const char *text)
{
    static uint8_t bytes[TEXT_MAX];
    struct buffer out = buffer_open(bytes, sizeof bytes);
    uint8_t hash[32];
    root_write(&out, root);
    assert_true(span_equal(buffer_span(&out), span_text(text)));
    hash_of(span_text(text), hash);
    assert_memory_equal(hash, root->hash, 32);
}

static void reads_and_writes(void **state)
{
    uint8_t thumbprint[32];
    char kid[44];
    struct buffer out = buffer_open(kid, sizeof kid);
    (void)state;
    struct root root = case_of(production, CSIGN_OK, "");
    assert_int_equal(root.kind, ROOT_PRODUCTION);
    assert_int_equal(root.version, 3);
    assert_int_equal(root.issued, 1000);
    assert_int_equal(root.expires, 9000);
    assert_int_equal(root.threshold, 2);
    assert_int_equal(root.freshness, 2);
    assert_true(span_equal(root.statuslogs[1].vkey.name, SPAN("status.example")));
    assert_int_equal(root.statuslogs[1].validity.not_before, 8000);
    public_key_thumbprint(&root.issuers[0].key, thumbprint);
    base64url_encode(&out, span_of(thumbprint, 32));
    buffer_byte(&out, 0);
    assert_string_equal(root.issuers[0].kid, kid);
    assert_round_trip(&root, production);
    root = case_of(test_root, CSIGN_OK, "");
    assert_int_equal(root.kind, ROOT_TEST);
    assert_round_trip(&root, test_root);
}

static void grammar_fail(void **state)
{
    (void)state;
    FAILS("countersign/root/v1", "countersign/root/v2", "");
    FAILS("origin registry.example\n", "", "origin");
    FAILS("origin ", "origin  ", "origin");
    FAILS("origin registry.example", "origin registry.example ", "origin");
    FAILS("origin registry.example", "origin registry+example", "origin");
    FAILS("origin registry.example", "Origin registry.example", "origin");
    FAILS("origin registry.example\nkind production", "kind production\norigin registry.example", "origin");
    FAILS("kind production", "kind staging", "kind");
    FAILS("kind production\n", "kind production\nkind production\n", "version");
    FAILS("version 3", "version 0", "version");
    FAILS("version 3", "version 03", "version");
    FAILS("version 3", "version 9223372036854775808", "version");
    FAILS("version 3", "version 3 3", "version");
    FAILS("issued 1000", "issued -1", "issued");
    FAILS("expires 9000", "expires 1000", "expires");
    FAILS("expires 9000", "expires 999", "expires");
    FAILS("issuer https", "issuers https", "issuer");
    FAILS("freshness 2\n", "", "freshness");
    FAILS("freshness 2\n", "freshness 2\nfreshness 2\n", "");
    FAILS("admin nhc", "admins nhc", "");
    FAILS("receipts ", "unknown line\nreceipts ", "");
    FAILS("receipts ", "\nreceipts ", "");
    FAILS("receipts ", "statuslist ", "statuslist"); /* a vkey where a bare key is due */
}

static void vkeys_fail(void **state)
{
    (void)state;
    FAILS(vkeys[A], "ana", "root");
    FAILS(vkeys[A], vkeys[FRESH_1], "root"); /* a cosigner's type */
    FAILS(vkeys[FRESH_1], vkeys[A], "fresh");
    FAILS(vkeys[STATUS], vkeys[FRESH_1], "statuslog");
    FAILS(vkeys[RELEASE], vkeys[FRESH_1], "releaselog");
    FAILS(vkeys[RECEIPTS], vkeys[FRESH_1], "receipts");
    FAILS(vkeys[POLICY], vkeys[FRESH_1], "policy");
    FAILS(vkeys[ADMIN_1], vkeys[FRESH_1], "admin");
    FAILS(issuer_x, "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "issuer"); /* of order 1 */
    FAILS(list_x, "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "statuslist");
    FAILS(list_x, "AQ", "statuslist");
}

static void values_fail(void **state)
{
    (void)state;
    FAILS("issuer https://registry.example CN", "issuer https://registry.example cn", "issuer");
    FAILS("policy CN-11", "policy CN11", "policy");
    FAILS("admin nhc CN", "admin nhc China", "admin");
    FAILS("admin nhc CN", "admin n/hc CN", "admin");
    FAILS("admin nhc CN", "admin nhs CN", "admin"); /* the vkey is nhc's */
    FAILS("statuslog status.example", "statuslog other.example", "statuslog");
    FAILS("releaselog release.example", "releaselog other.example", "releaselog");
    FAILS("1000 9000\nstatuslog", "9000 9000\nstatuslog", "issuer");
    FAILS("1000 9000\nfresh ", "9001 9000\nfresh ", "releaselog");
    FAILS("1000 9000\nfresh ", "1000 09000\nfresh ", "releaselog");
    FAILS("1000 9000\nfresh ", "1000 9223372036854775808\nfresh ", "releaselog");
    FAILS("1000 9000\nfresh ", "1000\nfresh ", "releaselog");
    FAILS("1000 9000\nfresh ", "1000 9000 1\nfresh ", "releaselog");
    FAILS("1000 9000\nfreshness", "1000 1000\nfreshness", "fresh");
}

static void issuers(void **state)
{
    static const char *const good[] = {"https://a", "https://registry.example:8443", "https://registry.example/tenant/1",
                                       "https://registry.example/a:b@c"};
    static const char *const bad[] = {
        "http://registry.example", "HTTPS://registry.example", "https://", "https:///x", "https://registry.example/",
        "https://registry.example/a/", "https://registry.example?", "https://registry.example/a?b=c",
        "https://registry.example#", "https://registry.example/a#b", "https://user@registry.example",
        "https://user:pass@registry.example", "https://registry.example:", "https://registry.example:0",
        "https://registry.example:65536", "https://registry.example:0443", "https://Registry.example",
        "https://registry.example\\a", "https://registry.example/\"", "https://regist\xC3\xA9.example", "registry.example",
        "https://[::1]x", "https://[::2]", "http://127.0.0.1"};
    static const char *const loopback[] = {"http://127.0.0.1", "http://localhost:80", "http://[::1]:8080", "http://[::1]/x"};
    static const char *const elsewhere[] = {"http://registry.test", "http://127.0.0.2", "http://localhost.evil.test",
                                            "http://127.0.0.1/", "http://127.0.0.1@evil.test", "ftp://localhost",
                                            "http://[::1].evil.test"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        case_of(edit(production, "https://registry.example", good[i]), CSIGN_OK, "");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        FAILS("https://registry.example", bad[i], "issuer");
    for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++)
        case_of(edit(test_root, "http://127.0.0.1:8080", loopback[i]), CSIGN_OK, "");
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        TEST_FAILS("http://127.0.0.1:8080", elsewhere[i], "issuer");

    char longest[256] = "https://";
    memset(longest + 8, 'a', 192);
    case_of(edit(production, "https://registry.example", longest), CSIGN_OK, "");
    longest[200] = 'a';
    FAILS("https://registry.example", longest, "issuer");
}

static const char *with_kind(const char *text, const char *directive, const char *origin, const struct signer *seed_of,
                             const char *seed)
{
    struct signer s = signer_of(seed, origin, NOTE_ED25519);
    char vkey[320], old[400], new[400], old_vkey[320];
    (void)snprintf(old, sizeof old, "%s %.*s %s", directive, (int)seed_of->vkey.name.size, (const char *)seed_of->vkey.name.data,
                   signer_text(seed_of, old_vkey));
    (void)snprintf(new, sizeof new, "%s %s %s", directive, origin, signer_text(&s, vkey));
    return edit(text, old, new);
}

/* Origins end in .test exactly where the kind is test: the registry's, and each log's. */
static void kind_and_origin_fail(void **state)
{
    struct signer log = signer_of("test log", "log.test", NOTE_ED25519);
    (void)state;
    case_of(edit(production, "origin registry.example", "origin registry.test"), CSIGN_E_ROOT_KIND, "origin");
    case_of(with_kind(production, "releaselog", "release.test", &signers[RELEASE], "x"), CSIGN_E_ROOT_KIND, "releaselog");
    case_of(with_kind(production, "statuslog", "status.test", &signers[STATUS], "x"), CSIGN_E_ROOT_KIND, "statuslog");
    case_of(edit(test_root, "origin registry.test", "origin registry.example"), CSIGN_E_ROOT_KIND, "origin");
    case_of(edit(test_root, "origin registry.test", "origin registry.test/x"), CSIGN_E_ROOT_KIND, "origin");
    case_of(with_kind(test_root, "statuslog", "log.example", &log, "x"), CSIGN_E_ROOT_KIND, "statuslog");
    case_of(edit(production, "kind production", "kind test"), CSIGN_E_ROOT_KIND, "origin");
    case_of(edit(test_root, "kind test", "kind production"), CSIGN_E_ROOT_KIND, "origin");
}

static void second_log_fail(void **state)
{
    (void)state;
    case_of(with_kind(production, "statuslog", "other.example", &signers[STATUS_2], "x"), CSIGN_E_ROOT_MALFORMED, "statuslog");
    case_of(with_kind(production, "releaselog", "status.example", &signers[RELEASE], "x"), CSIGN_E_ROOT_MALFORMED,
            "releaselog");
    struct signer other = signer_of("x", "release.two", NOTE_ED25519);
    char vkey[320], lines[900], fresh[400];
    (void)snprintf(lines, sizeof lines, "releaselog release.two %s 1000 9000\nfresh %s", signer_text(&other, vkey), vkeys[FRESH_1]);
    (void)snprintf(fresh, sizeof fresh, "fresh %s", vkeys[FRESH_1]);
    case_of(edit(production, fresh, lines), CSIGN_E_ROOT_MALFORMED, "releaselog");
    case_of(edit(production, "releaselog ", "#"), CSIGN_E_ROOT_MALFORMED, "fresh"); /* a comment is an unknown line */
}

static void missing_lines_fail(void **state)
{
    static const char *const due[] = {"root", "issuer", "statuslog", "fresh", "admin"};
    (void)state;
    for (size_t i = 0; i < sizeof due / sizeof *due; i++) {
        char text[TEXT_MAX], start[32];
        size_t size = 0;
        (void)snprintf(start, sizeof start, "%s ", due[i]);
        for (const char *line = production; *line; line = strchr(line, '\n') + 1)
            if (strncmp(line, start, strlen(start)) != 0)
                size += (size_t)snprintf(text + size, sizeof text - size, "%.*s\n", (int)strcspn(line, "\n"), line);
        case_of(text, CSIGN_E_ROOT_MALFORMED, due[i]);
    }
}

static void threshold_fail(void **state)
{
    (void)state;
    FAILS("threshold 2", "threshold 0", "threshold");
    FAILS("threshold 2", "threshold 1", "threshold"); /* in production */
    FAILS("threshold 2", "threshold 4", "threshold");
    FAILS("threshold 2", "threshold 65", "threshold");
    case_of(edit(production, "threshold 2", "threshold 3"), CSIGN_OK, "");
    TEST_FAILS("threshold 1", "threshold 0", "threshold");
    TEST_FAILS("threshold 1", "threshold 2", "threshold");
}

/* One key under two names is one key: for m <= n, and for counting signatures (LESSONS 36). */
static void key_counted_twice_fail(void **state)
{
    struct signer alias = signer_of("seed 0", "alias", NOTE_ED25519), both[2] = {signers[A], alias};
    char alias_text[320];
    struct root root;
    const char *field;
    (void)state;
    const char *text = edit(production, vkeys[B], signer_text(&alias, alias_text)); /* A, A again, C */
    case_of(text, CSIGN_OK, "");
    case_of(edit(text, "threshold 2", "threshold 3"), CSIGN_E_ROOT_MALFORMED, "threshold");
    assert_int_equal(read_signed(sign(text, both, 2), &root, &field), CSIGN_E_ROOT_THRESHOLD);
    assert_string_equal(field, "threshold");
}

static void freshness_fail(void **state)
{
    struct signer alias = signer_of("seed 6", "alias", NOTE_COSIGNATURE);
    char alias_text[320];
    (void)state;
    FAILS("freshness 2", "freshness 0", "freshness");
    FAILS("freshness 2", "freshness 3", "freshness");
    FAILS(vkeys[FRESH_2], signer_text(&alias, alias_text), "freshness"); /* two names, one key */
    FAILS(vkeys[FRESH_2], vkeys[FRESH_1], "freshness");
    case_of(edit(production, "1000 9000\nfreshness", "1000 2593000\nfreshness"), CSIGN_OK, "");
    FAILS("1000 9000\nfreshness", "1000 2593001\nfreshness", "fresh"); /* 30 days and a second */
}

static void officers_fail(void **state)
{
    struct signer same_key = signer_of("seed 10", "nhc/alias", NOTE_ED25519), same_name = signer_of("x", "nhc/li", NOTE_ED25519);
    struct signer foreign = signer_of("x", "nhs/wu", NOTE_ED25519), slash = signer_of("x", "nhc/wu/x", NOTE_ED25519);
    char line[400], text[320];
    (void)state;
    (void)snprintf(line, sizeof line, "admin nhc CN %s\n", vkeys[ADMIN_2]);
    FAILS(line, "", "admin");
    FAILS(vkeys[ADMIN_2], vkeys[ADMIN_1], "admin");
    FAILS(vkeys[ADMIN_2], signer_text(&same_key, text), "admin");
    FAILS(vkeys[ADMIN_2], signer_text(&same_name, text), "admin");
    FAILS(vkeys[ADMIN_2], signer_text(&foreign, text), "admin");
    FAILS(vkeys[ADMIN_2], signer_text(&slash, text), "admin");
    FAILS(vkeys[ADMIN_2], "nhc", "admin");
    (void)snprintf(line, sizeof line, "admin nhs CN %s\n", signer_text(&foreign, text));
    case_of(edit(production, "admin ", edit(line, "\n", "\nadmin ")), CSIGN_E_ROOT_MALFORMED, "admin");
}

/* The same public key on lines of two kinds, whatever its name. */
static void key_of_two_kinds_fail(void **state)
{
    static const struct {
        int of;
        const char *seed, *field;
    } cases[] = {{STATUS, "seed 0", "statuslog"}, {RELEASE, "seed 3", "releaselog"}, {FRESH_1, "seed 0", "fresh"},
                 {FRESH_1, "seed 3", "fresh"},    {RECEIPTS, "seed 6", "receipts"},   {POLICY, "seed 8", "policy"},
                 {POLICY, "issuer", "policy"},    {ADMIN_1, "seed 9", "admin"},       {ADMIN_1, "status list", "admin"},
                 {STATUS, "issuer", "statuslog"}, {ADMIN_2, "seed 2", "admin"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct vkey *of = &signers[cases[i].of].vkey;
        char name[64], text[320];
        (void)snprintf(name, sizeof name, "%.*s", (int)of->name.size, (const char *)of->name.data);
        struct signer s = signer_of(cases[i].seed, name, of->type);
        FAILS(vkeys[cases[i].of], signer_text(&s, text), cases[i].field);
    }
    FAILS(list_x, issuer_x, "statuslist");
    char many[900];
    (void)snprintf(many, sizeof many, "policy US %s 1 2\npolicy CN-11", vkeys[POLICY]);
    case_of(edit(production, "policy CN-11", many), CSIGN_OK, ""); /* two lines of one kind */
}

/* Two keys of one name whose ids collide, which 2^17 tries find: either's signature would be the other's bad one. */
static void name_and_id_of_two_keys_fail(void **state)
{
    struct signer a = signer_of("collide 41762", "ana", NOTE_ED25519), b = signer_of("collide 43567", "ana", NOTE_ED25519);
    char a_text[320], b_text[320];
    (void)state;
    assert_memory_equal(a.vkey.id, b.vkey.id, 4);
    assert_false(vkey_same_key(&a.vkey, &b.vkey));
    (void)signer_text(&a, a_text);
    (void)signer_text(&b, b_text);
    case_of(edit(edit(production, vkeys[B], a_text), vkeys[C], b_text), CSIGN_E_ROOT_MALFORMED, "root");
}

static void too_many_lines_fail(void **state)
{
    static char lines[CSIGN_ROOT_MAX], text[CSIGN_ROOT_MAX + TEXT_MAX];
    struct root root;
    const char *field;
    (void)state;
    for (int count = 255; count <= 256; count++) {
        size_t size = 0;
        for (int i = 0; i < count; i++)
            size += (size_t)snprintf(lines + size, sizeof lines - size, "policy US %s 1 2\n", vkeys[POLICY]);
        const char *at = strstr(production, "policy ");
        (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - production), production, lines, at);
        assert_int_equal(read_signed(sign(text, signers, 3), &root, &field), count == 255 ? CSIGN_OK : CSIGN_E_ROOT_MALFORMED);
        assert_string_equal(field, count == 255 ? "" : "policy");
    }
    size_t size = 0;
    for (int i = 0; i < 65; i++)
        size += (size_t)snprintf(lines + size, sizeof lines - size, "root %s\n", vkeys[A]);
    const char *line = strstr(production, "\nroot ") + 1;
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(line - production), production, lines, strstr(production, "issuer "));
    assert_int_equal(read_signed(sign(text, signers, 3), &root, &field), CSIGN_E_ROOT_MALFORMED);
    assert_string_equal(field, "root");
}

static void too_long_fail(void **state)
{
    static uint8_t bytes[CSIGN_ROOT_MAX + 1];
    struct root root;
    const char *field;
    (void)state;
    memset(bytes, 'a', sizeof bytes);
    assert_int_equal(read_signed(span_of(bytes, sizeof bytes), &root, &field), CSIGN_E_ROOT_MALFORMED);
    assert_int_equal(read_signed(span_of(bytes, sizeof bytes - 1), &root, &field), CSIGN_E_NOTE_MALFORMED);
}

/* --- signatures --- */

static csign_code signed_by(const struct signer *by, size_t count)
{
    struct root root;
    const char *field;
    return read_signed(sign(production, by, count), &root, &field);
}

static void signatures_are_counted(void **state)
{
    const struct signer *s = signers;
    const struct signer strangers[] = {signer_make("x", NOTE_ED25519), s[A], signer_make("y", NOTE_ED25519), s[C]};
    const struct signer impostor[] = {signer_of("x", "ana", NOTE_ED25519), s[A]};
    const struct signer liar[] = {s[A], s[B], {s[C].vkey, s[A].key}}; /* C's name and id, A's signature */
    (void)state;
    assert_int_equal(signed_by(s, 3), CSIGN_OK);
    assert_int_equal(signed_by(s, 2), CSIGN_OK);
    assert_int_equal(signed_by(s, 1), CSIGN_E_ROOT_THRESHOLD);
    assert_int_equal(signed_by(strangers, 4), CSIGN_OK);
    assert_int_equal(signed_by(strangers, 3), CSIGN_E_ROOT_THRESHOLD);
    assert_int_equal(signed_by(impostor, 2), CSIGN_E_ROOT_THRESHOLD);
    assert_int_equal(signed_by(liar, 3), CSIGN_E_NOTE_SIGNATURE_BAD);
}

/* Too little scratch says so at whatever step it runs out, and what the header promises is enough. */
static void no_room_fail(void **state)
{
    span bytes = sign(production, signers, 3);
    csign_code code = CSIGN_E_NO_SPACE;
    size_t room = 0;
    (void)state;
    while (code == CSIGN_E_NO_SPACE) {
        struct buffer scratch = buffer_open(scratch_memory, room++);
        struct root root;
        code = root_read(bytes, &scratch, &root, NULL);
    }
    assert_int_equal(code, CSIGN_OK);
    assert_in_range(room, 1000, ROOT_SCRATCH(bytes.size));
}

/* --- the next version --- */

static csign_code next_case(const char *text, const struct signer *by, size_t count, const char *field)
{
    static uint8_t second[ROOT_SCRATCH(CSIGN_ROOT_MAX)];
    struct root held = case_of(production, CSIGN_OK, ""), next;
    struct buffer scratch = buffer_open(second, sizeof second);
    csign_fault fault = {CSIGN_OK, "", "", 0};
    span bytes = sign(text, by, count);
    csign_code code = root_read(bytes, &scratch, &next, &fault);
    if (code == CSIGN_OK)
        code = root_check_next(&held, &next, bytes, &fault);
    assert_string_equal(fault.field, field);
    return code;
}

static void next_versions(void **state)
{
    char text[TEXT_MAX], other[320], third[320];
    struct signer d = signer_make("dan", NOTE_ED25519), e = signer_make("eve", NOTE_ED25519);
    const struct signer *s = signers;
    const struct signer all[] = {s[A], s[B], d, e}, old_only[] = {s[A], s[B]}, new_only[] = {d, e}, mixed[] = {s[A], s[C], d},
                        kept[] = {s[A], d};
    (void)state;
    (void)snprintf(text, sizeof text, "%s", edit(production, "version 3", "version 4"));
    assert_int_equal(next_case(text, s, 2, ""), CSIGN_OK);
    assert_int_equal(next_case(production, s, 2, "version"), CSIGN_E_ROOT_VERSION);
    assert_int_equal(next_case(edit(production, "version 3", "version 5"), s, 2, "version"), CSIGN_E_ROOT_VERSION);
    assert_int_equal(next_case(edit(production, "version 3", "version 2"), s, 2, "version"), CSIGN_E_ROOT_VERSION);
    assert_int_equal(next_case(edit(text, "registry.example", "registrx.example"), s, 2, "origin"), CSIGN_E_ROOT_KIND);

    /* A, B, C become D, E, C: by the old set only, by the new only, by both. */
    (void)snprintf(text, sizeof text, "%s", edit(edit(text, vkeys[A], signer_text(&d, other)), vkeys[B], signer_text(&e, third)));
    assert_int_equal(next_case(text, old_only, 2, "threshold"), CSIGN_E_ROOT_THRESHOLD);
    assert_int_equal(next_case(text, new_only, 2, "threshold"), CSIGN_E_ROOT_THRESHOLD);
    assert_int_equal(next_case(text, kept, 2, "threshold"), CSIGN_E_ROOT_THRESHOLD); /* one of each */
    assert_int_equal(next_case(text, all, 4, ""), CSIGN_OK);
    assert_int_equal(next_case(text, mixed, 3, ""), CSIGN_OK); /* C stands in both */

    /* An old key's bad signature refuses, although the new root no longer knows the key. */
    const struct signer liar[] = {s[B], s[C], d, {s[A].vkey, d.key}};
    assert_int_equal(next_case(text, liar, 4, "root"), CSIGN_E_NOTE_SIGNATURE_BAD);
}

static void next_of_another_kind_fail(void **state)
{
    struct root production_root = case_of(production, CSIGN_OK, ""), test;
    (void)state;
    test = production_root;
    test.kind = ROOT_TEST;
    test.version = 2;
    assert_int_equal(root_check_next(&test, &production_root, sign(production, signers, 3), NULL), CSIGN_E_ROOT_KIND);
    /* The note must be that of the root it comes with. */
    production_root.hash[0] ^= 1;
    assert_int_equal(root_check_next(&test, &production_root, sign(production, signers, 3), NULL), CSIGN_E_ARGUMENT);
}

static void validity_is_half_open(void **state)
{
    struct validity v = {10, 20};
    (void)state;
    assert_false(validity_holds(v, 9));
    assert_true(validity_holds(v, 10));
    assert_true(validity_holds(v, 19));
    assert_false(validity_holds(v, 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes),
        cmocka_unit_test(grammar_fail),
        cmocka_unit_test(vkeys_fail),
        cmocka_unit_test(values_fail),
        cmocka_unit_test(issuers),
        cmocka_unit_test(kind_and_origin_fail),
        cmocka_unit_test(second_log_fail),
        cmocka_unit_test(missing_lines_fail),
        cmocka_unit_test(threshold_fail),
        cmocka_unit_test(key_counted_twice_fail),
        cmocka_unit_test(freshness_fail),
        cmocka_unit_test(officers_fail),
        cmocka_unit_test(key_of_two_kinds_fail),
        cmocka_unit_test(name_and_id_of_two_keys_fail),
        cmocka_unit_test(too_many_lines_fail),
        cmocka_unit_test(too_long_fail),
        cmocka_unit_test(signatures_are_counted),
        cmocka_unit_test(no_room_fail),
        cmocka_unit_test(next_versions),
        cmocka_unit_test(next_of_another_kind_fail),
        cmocka_unit_test(validity_is_half_open),
    };
    return cmocka_run_group_tests(tests, make_roots, NULL);
}
