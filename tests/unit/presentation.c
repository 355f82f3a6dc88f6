/* Presentations: where they split, and how much of each part there may be (N22). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inputs.h"
#include "presentation.h"

static struct presentation p;

static csign_code split(span text, bool bound, csign_fault *fault)
{
    *fault = (csign_fault){CSIGN_OK, "", "", 0};
    return presentation_split(placed(text), bound, &p, fault);
}

static void refuses(const char *text, bool bound, const char *field)
{
    csign_fault fault;
    assert_refused(split(span_text(text), bound, &fault), &fault, CSIGN_E_MALFORMED_TOKEN, field, text);
}

static void parts(void **state)
{
    csign_fault fault;
    (void)state;
    assert_int_equal(split(SPAN("a.b.c~d~ee~f.g.h"), true, &fault), CSIGN_OK);
    assert_true(span_equal(p.bound, SPAN("a.b.c~d~ee~")) && p.disclosure_count == 2);
    assert_true(span_equal(p.disclosures[0], SPAN("d")) && span_equal(p.disclosures[1], SPAN("ee")));
    assert_true(span_equal(p.jwt.signing_input, SPAN("a.b")) &&
                span_equal(p.key_binding.signing_input, SPAN("f.g")));
    assert_int_equal(split(SPAN("a.b.c~f.g.h"), true, &fault), CSIGN_OK);
    assert_true(span_equal(p.bound, SPAN("a.b.c~")) && p.disclosure_count == 0);
    assert_int_equal(split(SPAN("a.b.c~"), false, &fault), CSIGN_OK);
    assert_true(span_equal(p.bound, SPAN("a.b.c~")) && p.disclosure_count == 0);
    assert_int_equal(split(SPAN("a.b.c~d~"), false, &fault), CSIGN_OK);
    assert_int_equal(p.disclosure_count, 1);
}

/* Whether a key binding is there is asked of the caller, never of what was presented. */
static void key_binding_fail(void **state)
{
    (void)state;
    refuses("a.b.c~", true, "key_binding");
    refuses("a.b.c~d~", true, "key_binding");
    refuses("a.b.c~f.g.h", false, "key_binding");
    refuses("a.b.c~d~f.g.h", false, "key_binding");
    refuses("a.b.c~f.g.h~f.g.h~", true, "key_binding");
    refuses("a.b.c~d", true, "");
    refuses("a.b.c~f.g.h.i", true, "");
    refuses("a.b.c~f..h", true, "");
}

static void tildes_fail(void **state)
{
    (void)state;
    refuses("", true, "sign_off");
    refuses("a.b.c", true, "sign_off");
    refuses("a.b.c", false, "sign_off");
    refuses("a.b.c.d.e.f", true, "sign_off");
    refuses("~", false, "");
    refuses("~f.g.h", true, "");
    refuses("~a.b.c~f.g.h", true, "");
    refuses("a.b.c~~", false, "disclosure");
    refuses("a.b.c~~f.g.h", true, "disclosure");
    refuses("a.b.c~d~~f.g.h", true, "disclosure");
    refuses("a.b.c~~~", false, "disclosure");
    refuses("a.b~d~f.g.h", true, "");
    refuses("a.b.c.d~d~f.g.h", true, "");
    refuses("{\"payload\":\"a~b\"}", true, "");
}

static char text[200 * 1024];

/* jwt of `jwt` bytes, `count` disclosures of `each`, a key binding of `binding`, 0 for none. */
static span made(size_t jwt, size_t count, size_t each, size_t binding)
{
    char *at = text;
    memset(at, 'a', jwt);
    at[1] = at[3] = '.';
    at += jwt;
    *at++ = '~';
    for (size_t i = 0; i < count; i++) {
        memset(at, 'd', each);
        at += each;
        *at++ = '~';
    }
    memset(at, 'k', binding);
    if (binding)
        at[1] = at[3] = '.';
    return span_of(text, (size_t)(at - text) + binding);
}

static void sizes(void **state)
{
    static const struct {
        size_t jwt, count, each, binding;
        const char *field; /* NULL: reads */
    } cases[] = {{ISSUER_JWT_MAX, DISCLOSURES_MAX, DISCLOSURE_MAX, KEY_BINDING_JWT_MAX, NULL},
                 {ISSUER_JWT_MAX + 1, 0, 0, 5, "credential"},
                 {5, DISCLOSURES_MAX + 1, 1, 5, "disclosure"},
                 {5, 1, DISCLOSURE_MAX + 1, 5, "disclosure"},
                 {5, 0, 0, KEY_BINDING_JWT_MAX + 1, "key_binding"},
                 {5, 48, DISCLOSURE_MAX, 5, "sign_off"}, /* above 96 KiB in all: the first to say so */
                 {5, DISCLOSURES_MAX, 1, 5, NULL},
                 {5, 0, 0, 5, NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csign_fault fault;
        csign_code code =
            split(made(cases[i].jwt, cases[i].count, cases[i].each, cases[i].binding), true, &fault);
        assert_refused(code, &fault, cases[i].field ? CSIGN_E_MALFORMED_TOKEN : CSIGN_OK,
                       cases[i].field ? cases[i].field : "", "a size");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts),
        cmocka_unit_test(key_binding_fail),
        cmocka_unit_test(tildes_fail),
        cmocka_unit_test(sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
