/* The table of codes: the rows of PROTOCOL 1, word for word, and a text for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <countersign/code.h>

#define ROWS (sizeof rows / sizeof *rows)

/* PROTOCOL 1, in its order. */
static const struct {
    const char *check, *codes[32];
} rows[] = {
    {"root", {"root-missing", "root-test", "root-expired", "root-stale"}},
    {"policy", {"policy-missing", "policy-stale", "policy-expired", "act-unknown"}},
    {"evidence", {"status-unknown", "log-inconsistent", "clock", "status-stale"}},
    {"request", {"no-request", "request-mismatch", "request-expired"}},
    {"sign-off",
     {"no-signoff", "malformed-token", "malformed-base64", "malformed-header", "malformed-json",
      "malformed-disclosure", "malformed-claims", "malformed-key-binding", "malformed-transaction",
      "hash-mismatch", "signoff-mismatch"}},
    {"credential",
     {"issuer-unknown", "signature-bad", "type-wrong", "credential-test", "credential-expired",
      "credential-not-yet", "credential-too-long"}},
    {"holder",
     {"holder-key-bad", "holder-signature-bad", "audience-wrong", "nonce-wrong", "signoff-too-old",
      "signoff-in-future"}},
    {"binding",
     {"status-log-unknown", "retired", "binding-unknown", "binding-mismatch", "revoked", "suspended",
      "superseded", "cut-institution", "cut-tool", "cut-model", "cut-issuer", "cut-all"}},
    {"document", {"document-changed", "document-size", "document-act"}},
    {"disposition", {"rejected", "disposition-contradiction"}},
    {"authorship", {"ai-authored", "ai-assisted", "authorship-contradiction", "provenance-missing"}},
    {"qualification",
     {"profession", "level", "specialty", "jurisdiction", "site", "consent-employer", "experience", "privilege",
      "schedule", "antimicrobial-grade", "condition", "unrestricted-required", "assurance", "licence-expired",
      "identity-undisclosed"}},
    {"signers",
     {"signer-missing", "supervisor-missing", "signer-not-distinct", "signer-order", "signer-chain",
      "meaning"}},
    {"circumstances",
     {"fact-missing", "first-visit", "age-rule", "off-label", "consent-missing", "ai-notice-missing", "factors",
      "authentication-too-old", "batch-patients", "batch-size", "hard-deny", "stop"}},
    {"release", {"replay", "permit-expired", "audit-backlog", "outbox-full"}},
    {"loading",
     {"note-malformed",
      "note-signature-bad",
      "note-unsigned",
      "root-malformed",
      "root-kind",
      "root-version",
      "root-threshold",
      "root-hash",
      "policy-malformed",
      "policy-signer",
      "policy-rolled-back",
      "policy-unnamed",
      "checkpoint-malformed",
      "checkpoint-rolled-back",
      "tile-malformed",
      "leaf-malformed",
      "proof-bad",
      "equivocation",
      "deed-malformed",
      "receipt-malformed",
      "key-file-malformed",
      "passphrase-wrong"}},
    {"calls", {"argument", "no-space", "too-large", "internal"}},
    {"registry",
     {"unauthenticated",
      "forbidden",
      "not-found",
      "conflict",
      "too-many",
      "unavailable",
      "body-malformed",
      "field-invalid",
      "possession-bad",
      "nonce-unknown",
      "code-wrong",
      "code-expired",
      "code-locked",
      "key-already-bound",
      "standing-order",
      "duplicate-person",
      "deed-expired",
      "deed-replayed",
      "officer-unknown",
      "officer-ended",
      "foreign-institution",
      "foreign-jurisdiction",
      "same-person",
      "same-key",
      "sequence-gap"}},
};

/* number = 100 x row + place in it, from 1; nothing is left out and nothing is there besides. */
static void numbers(void **state)
{
    unsigned place = 0;
    (void)state;
    for (size_t row = 0; row < ROWS; row++)
        for (size_t i = 0; rows[row].codes[i]; i++, place++) {
            csign_code code = csign_code_at(place);
            if (!csign_code_name(code) || strcmp(csign_code_name(code), rows[row].codes[i]) != 0)
                print_error("%s expected at %u\n", rows[row].codes[i], place);
            assert_string_equal(csign_code_name(code), rows[row].codes[i]);
            assert_int_equal(code, 100 * (row + 1) + i + 1);
            assert_int_equal(csign_code_find(rows[row].codes[i]), code);
            assert_string_equal(csign_code_check(code), rows[row].check);
        }
    assert_int_equal(csign_code_at(place), CSIGN_OK);
    assert_int_equal(csign_code_at(UINT32_MAX), CSIGN_OK);
}

static void texts(void **state)
{
    (void)state;
    for (unsigned place = 0; csign_code_at(place) != CSIGN_OK; place++) {
        csign_code code = csign_code_at(place);
        const char *name = csign_code_name(code), *sentence = csign_code_sentence(code),
                   *fix = csign_code_fix(code), *source = csign_code_source(code);
        for (const char *c = name; *c; c++) /* kebab-case */
            assert_true((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ||
                        (*c == '-' && c > name && c[-1] != '-' && c[1]));
        assert_true(sentence[0] >= 'A' && sentence[0] <= 'Z' && sentence[strlen(sentence) - 1] == '.');
        assert_true(strlen(fix) > 3 && fix[strlen(fix) - 1] != '.');
        assert_true(strncmp(source, "PROTOCOL ", 9) == 0 || strncmp(source, "TOKENS ", 7) == 0 ||
                    strcmp(source, "include/countersign") == 0);
        for (unsigned other = 0; other < place; other++)
            assert_int_not_equal(csign_code_at(other), code);
    }
}

static void unknown_fail(void **state)
{
    static const char *const names[] = {"",         "revoke",   "revokedd", "Revoked",
                                        "revoked ", " revoked", "no such",  "101"};
    static const int codes[] = {-1, 1, 99, 100, 105, 500, 512, 1826, 9999};
    (void)state;
    assert_int_equal(csign_code_find(NULL), CSIGN_OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(csign_code_find(names[i]), CSIGN_OK);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        csign_code code = (csign_code)codes[i];
        assert_null(csign_code_name(code));
        assert_null(csign_code_check(code));
        assert_null(csign_code_source(code));
        assert_null(csign_code_sentence(code));
        assert_null(csign_code_fix(code));
    }
    assert_string_equal(csign_code_name(CSIGN_OK), "ok");
    assert_string_equal(csign_code_sentence(CSIGN_OK), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts),
        cmocka_unit_test(unknown_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
