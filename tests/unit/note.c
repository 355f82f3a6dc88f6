/* Signed notes: how they split, which lines refuse the whole, and what a known key's bad signature does (LOG 6, item 2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base64.h"
#include "signer.h"

#define DASH "\xE2\x80\x94 "
#define SIG  "AAAAAAAA" /* six bytes: an id and two more */

static uint8_t memory[1 << 16];
static struct note note;

static csign_code read_note(span bytes, const char **ret_field)
{
    struct buffer scratch = buffer_open(memory, sizeof memory);
    csign_fault fault = {CSIGN_OK, "", "", 0};
    csign_code code = note_read(exact(bytes), &scratch, &note, &fault);
    *ret_field = fault.field;
    assert_int_equal(fault.code, code);
    assert_true(fault.offset <= bytes.size);
    return code;
}

static void accepts(const char *text, size_t text_size, size_t signatures)
{
    const char *field;
    assert_int_equal(read_note(span_text(text), &field), CSIGN_OK);
    assert_int_equal(note.text.size, text_size);
    assert_int_equal(note.signature_count, signatures);
}

static void refuses_bytes(span bytes, const char *field)
{
    const char *got;
    assert_int_equal(read_note(bytes, &got), CSIGN_E_NOTE_MALFORMED);
    assert_string_equal(got, field);
}
#define REFUSES(text, field) refuses_bytes(SPAN(text), field)

static void splits_at_the_last_empty_line(void **state)
{
    (void)state;
    accepts("a\n\n" DASH "k " SIG "\n", 2, 1);
    accepts("a\n\nb\n\n" DASH "k " SIG "\n", 5, 1);
    accepts("\n\n" DASH "k " SIG "\n", 1, 1);
    accepts("a\n\n" DASH "k " SIG "\n\n" DASH "k " SIG "\n", 3 + 15, 1); /* signatures in the text are text */
    accepts("a\n\n" DASH "k " SIG "\n" DASH "l " SIG "\n", 2, 2);
    accepts("\xE4\xB8\xAD\n\n" DASH "\xE4\xB8\xAD " SIG "\n", 4, 1);
    REFUSES("", "");
    REFUSES("a\n", "");
    REFUSES("a\n" DASH "k " SIG "\n", "");
    REFUSES("a\n\n", "signature");
    REFUSES("a\n\n" DASH "k " SIG "\n\n", "signature");
}

static void refuses_characters(void **state)
{
    (void)state;
    REFUSES("a\r\n\r\n" DASH "k " SIG "\r\n", ""); /* CRLF */
    REFUSES("a\r\n\n" DASH "k " SIG "\n", "");
    REFUSES("a\tb\n\n" DASH "k " SIG "\n", "");
    REFUSES("a\0b\n\n" DASH "k " SIG "\n", "");
    REFUSES("a\x1F\n\n" DASH "k " SIG "\n", "");
    REFUSES("a\xFF\n\n" DASH "k " SIG "\n", "");
    REFUSES("a\xC0\x80\n\n" DASH "k " SIG "\n", "");
    REFUSES("a\xED\xA0\x80\n\n" DASH "k " SIG "\n", "");
    REFUSES("a\xF4\x90\x80\x80\n\n" DASH "k " SIG "\n", "");
    REFUSES("a\xE2\x82\n\n" DASH "k " SIG "\n", "");
    REFUSES("a\n\n" DASH "k " SIG "\n\xE2", "");
}

static void refuses_signature_lines(void **state)
{
    (void)state;
    REFUSES("a\n\n" DASH "k " SIG, "signature");             /* no newline at the end */
    REFUSES("a\n\n- k " SIG "\n", "signature");              /* a hyphen, not a dash */
    REFUSES("a\n\n\xE2\x80\x94k " SIG "\n", "signature");    /* no space behind the dash */
    REFUSES("a\n\n" DASH "k" SIG "\n", "signature");         /* no space behind the name */
    REFUSES("a\n\n" DASH " " SIG "\n", "signature");         /* no name */
    REFUSES("a\n\n" DASH "k+l " SIG "\n", "signature");      /* '+' in the name */
    REFUSES("a\n\n" DASH "k\xC2\xA0l " SIG "\n", "signature");     /* U+00A0 */
    REFUSES("a\n\n" DASH "k\xE3\x80\x80l " SIG "\n", "signature"); /* U+3000 */
    REFUSES("a\n\n" DASH "k\xE2\x80\xA8l " SIG "\n", "signature"); /* U+2028 */
    REFUSES("a\n\n" DASH "k\xC2\x85l " SIG "\n", "signature");     /* U+0085 */
    REFUSES("a\n\n" DASH "k  " SIG "\n", "signature");
    REFUSES("a\n\n" DASH "k " SIG " \n", "signature");
    REFUSES("a\n\n" DASH "k \n", "signature");
    REFUSES("a\n\n" DASH "k AAAA\n", "signature");           /* three bytes */
    REFUSES("a\n\n" DASH "k AAAAAA==\n", "signature");       /* an id and nothing else */
    REFUSES("a\n\n" DASH "k AAAAAAA\n", "signature");        /* base64 without padding */
    REFUSES("a\n\n" DASH "k AAAAAAB=\n", "signature");       /* unused bits set */
    REFUSES("a\n\n" DASH "k AAAAAA-_\n", "signature");       /* base64url */
    REFUSES("a\n\n" DASH "k " SIG "\nnot a signature\n", "signature");
    accepts("a\n\n" DASH "k AAAAAAA=\n", 2, 1);
}

static void refuses_a_name_too_long(void **state)
{
    char text[300];
    (void)state;
    for (int size = 200; size <= 201; size++) {
        (void)snprintf(text, sizeof text, "a\n\n" DASH "%0*d " SIG "\n", size, 0);
        if (size == 200)
            accepts(text, 2, 1);
        else
            refuses_bytes(span_text(text), "signature");
    }
}

static void refuses_a_line_twice(void **state)
{
    (void)state;
    REFUSES("a\n\n" DASH "k " SIG "\n" DASH "k " SIG "\n", "signature");
    REFUSES("a\n\n" DASH "k " SIG "\n" DASH "l " SIG "\n" DASH "k " SIG "\n", "signature");
    accepts("a\n\n" DASH "k " SIG "\n" DASH "k AAAAAAAB\n", 2, 2); /* one key, another signature */
    accepts("a\n\n" DASH "k " SIG "\n" DASH "k AAAAAQAA\n", 2, 2); /* one name, another key */
}

static size_t compose_many(char *ret, size_t capacity, unsigned count)
{
    size_t size = (size_t)snprintf(ret, capacity, "a\n\n");
    for (unsigned i = 0; i < count; i++)
        size += (size_t)snprintf(ret + size, capacity - size, DASH "k%u " SIG "\n", i);
    return size;
}

static void counts_signatures(void **state)
{
    static char text[4096];
    const char *field;
    (void)state;
    assert_int_equal(read_note(span_of(text, compose_many(text, sizeof text, 16)), &field), CSIGN_OK);
    assert_int_equal(note.signature_count, 16);
    assert_int_equal(read_note(span_of(text, compose_many(text, sizeof text, 100)), &field), CSIGN_OK);
    assert_int_equal(note.signature_count, 100);
    refuses_bytes(span_of(text, compose_many(text, sizeof text, 101)), "signature");
}

static void says_when_scratch_is_full(void **state)
{
    uint8_t small[5];
    struct buffer scratch = buffer_open(small, sizeof small);
    (void)state;
    assert_int_equal(note_read(SPAN("a\n\n" DASH "k " SIG "\n"), &scratch, &note, NULL), CSIGN_E_NO_SPACE);
}

/* --- keys --- */

static bool vkey_good(const char *text)
{
    struct vkey vkey;
    return vkey_read(exact(span_text(text)), &vkey);
}

static void reads_vkeys(void **state)
{
    (void)state;
    assert_true(vkey_good("log.example/registry+18296fcc+AaAx32Jq59HPKkD3nc23+vv7be8SlaZSCLLI0tnQkTuy"));
    assert_true(vkey_good("witness.example/w1+f95fd769+BPzqZBXotqucpN3KHthQp0FtkYdxiH4tAM5/Xyu9m5lR"));
    assert_true(vkey_good("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"));
    assert_true(vkey_good("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"));
    assert_false(vkey_good(""));
    assert_false(vkey_good("log.example/registry"));
    assert_false(vkey_good("log.example/registry+18296fcc"));
    assert_false(vkey_good("log.example/registry+18296fcd+AaAx32Jq59HPKkD3nc23+vv7be8SlaZSCLLI0tnQkTuy"));  /* id */
    assert_false(vkey_good("log.example/registry+18296FCC+AaAx32Jq59HPKkD3nc23+vv7be8SlaZSCLLI0tnQkTuy"));  /* case */
    assert_false(vkey_good("log.example/registrx+18296fcc+AaAx32Jq59HPKkD3nc23+vv7be8SlaZSCLLI0tnQkTuy"));  /* name */
    assert_false(vkey_good("log.example/registry+18296fcc+BKAx32Jq59HPKkD3nc23+vv7be8SlaZSCLLI0tnQkTuy"));  /* type */
    assert_false(vkey_good("log.example/registry+18296fcc+AaAx32Jq59HPKkD3nc23+vv7be8SlaZSCLLI0tnQkTuz"));  /* key */
    assert_false(vkey_good("log.example/registry+18296fcc+AaAx32Jq59HPKkD3nc23+vv7be8SlaZSCLLI0tnQkTuy ")); /* space */
    assert_false(vkey_good("log.example/registry+18296fcc+AaAx32Jq59HPKkD3nc23+vv7be8SlaZSCLLI0tnQkTsA"));
    assert_false(vkey_good("+18296fcc+AaAx32Jq59HPKkD3nc23+vv7be8SlaZSCLLI0tnQkTuy"));
}

static bool vkey_good_for(const char *name, unsigned type, const struct public_key *key)
{
    char text[320];
    struct buffer out = buffer_open(text, sizeof text);
    struct vkey vkey = vkey_make(span_text(name), (enum note_key_type)type, key), read;
    vkey_write(&out, &vkey);
    return vkey_read(buffer_span(&out), &read);
}

/* Each has its right key id: only the name, the type or the point is at fault. */
static void refuses_unsound_vkeys(void **state)
{
    struct signer s = signer_make("k", NOTE_ED25519);
    struct public_key small_order = {{1}}, high;
    (void)state;
    assert_true(vkey_good_for("k", 0x01, &s.vkey.key));
    assert_true(vkey_good_for("k", 0x04, &s.vkey.key));
    assert_false(vkey_good_for("k", 0x05, &s.vkey.key));
    assert_false(vkey_good_for("k", 0x06, &s.vkey.key));
    assert_false(vkey_good_for("k", 0x00, &s.vkey.key));
    assert_false(vkey_good_for("k l", 0x01, &s.vkey.key));
    assert_false(vkey_good_for("k\n", 0x01, &s.vkey.key));
    assert_false(vkey_good_for("", 0x01, &s.vkey.key));
    assert_false(vkey_good_for("k", 0x01, &small_order));
    memset(high.bytes, 0xFF, sizeof high.bytes); /* above the prime: not canonical */
    assert_false(vkey_good_for("k", 0x01, &high));
}

/* --- signatures --- */

static span signed_note(struct buffer *out, const char *text, const struct signer *signers, size_t count)
{
    buffer_text(out, text);
    buffer_byte(out, '\n');
    for (size_t i = 0; i < count; i++)
        note_sign(out, span_text(text), &signers[i].vkey, &signers[i].key);
    assert_int_equal(buffer_code(out), CSIGN_OK);
    return buffer_span(out);
}

static void verifies_by_name_and_id(void **state)
{
    struct signer signers[2] = {signer_make("alpha", NOTE_ED25519), signer_make("beta", NOTE_ED25519)};
    struct signer stranger = signer_make("gamma", NOTE_ED25519), renamed = signer_of("alpha", "alfa", NOTE_ED25519);
    uint8_t bytes[1024];
    struct buffer out = buffer_open(bytes, sizeof bytes);
    const char *field;
    uint64_t time = 7;
    (void)state;
    assert_int_equal(read_note(signed_note(&out, "text\n", signers, 2), &field), CSIGN_OK);
    assert_int_equal(note_verify(&note, &signers[0].vkey, &time), CSIGN_OK);
    assert_int_equal(time, 0);
    assert_int_equal(note_verify(&note, &signers[1].vkey, NULL), CSIGN_OK);
    assert_int_equal(note_verify(&note, &stranger.vkey, NULL), CSIGN_E_NOTE_UNSIGNED);
    assert_int_equal(note_verify(&note, &renamed.vkey, NULL), CSIGN_E_NOTE_UNSIGNED);
}

static void every_bit_of_a_signed_note_counts(void **state)
{
    struct signer s = signer_make("alpha", NOTE_ED25519);
    uint8_t bytes[512];
    struct buffer out = buffer_open(bytes, sizeof bytes);
    span whole = signed_note(&out, "text\nmore\n", &s, 1);
    (void)state;
    for (size_t bit = 0; bit < whole.size * 8; bit++) {
        const char *field;
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        csign_code code = read_note(whole, &field);
        if (code == CSIGN_OK)
            assert_int_not_equal(note_verify(&note, &s.vkey, NULL), CSIGN_OK);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    const char *field;
    assert_int_equal(read_note(whole, &field), CSIGN_OK);
    assert_int_equal(note_verify(&note, &s.vkey, NULL), CSIGN_OK);
}

/* A line of the key's own name and id that does not verify refuses the note, also beside one that does. */
static void known_key_bad_signature_fail(void **state)
{
    struct signer s = signer_make("alpha", NOTE_ED25519);
    uint8_t bytes[1024], wrong[64];
    struct buffer out = buffer_open(bytes, sizeof bytes);
    const char *field;
    (void)state;
    signing_key_sign(&s.key, SPAN("another text\n"), wrong);
    (void)signed_note(&out, "text\n", &s, 1);
    note_put_signature(&out, &s.vkey, span_of(wrong, 64));
    assert_int_equal(read_note(buffer_span(&out), &field), CSIGN_OK);
    assert_int_equal(note_verify(&note, &s.vkey, NULL), CSIGN_E_NOTE_SIGNATURE_BAD);

    out = buffer_open(bytes, sizeof bytes);
    buffer_text(&out, "text\n\n");
    note_put_signature(&out, &s.vkey, span_of(wrong, 63));
    assert_int_equal(read_note(buffer_span(&out), &field), CSIGN_OK);
    assert_int_equal(note_verify(&note, &s.vkey, NULL), CSIGN_E_NOTE_SIGNATURE_BAD);
}

static void hashes_the_text_alone(void **state)
{
    struct signer signers[2] = {signer_make("alpha", NOTE_ED25519), signer_make("beta", NOTE_ED25519)};
    uint8_t bytes[1024], hash[32], expected[32];
    const char *field;
    (void)state;
    hash_of(SPAN("text\n"), expected);
    for (size_t count = 1; count <= 2; count++) {
        struct buffer out = buffer_open(bytes, sizeof bytes);
        assert_int_equal(read_note(signed_note(&out, "text\n", signers, count), &field), CSIGN_OK);
        note_hash(&note, hash);
        assert_memory_equal(hash, expected, 32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_at_the_last_empty_line),
        cmocka_unit_test(refuses_characters),
        cmocka_unit_test(refuses_signature_lines),
        cmocka_unit_test(refuses_a_name_too_long),
        cmocka_unit_test(refuses_a_line_twice),
        cmocka_unit_test(counts_signatures),
        cmocka_unit_test(says_when_scratch_is_full),
        cmocka_unit_test(reads_vkeys),
        cmocka_unit_test(refuses_unsound_vkeys),
        cmocka_unit_test(verifies_by_name_and_id),
        cmocka_unit_test(every_bit_of_a_signed_note_counts),
        cmocka_unit_test(known_key_bad_signature_fail),
        cmocka_unit_test(hashes_the_text_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
