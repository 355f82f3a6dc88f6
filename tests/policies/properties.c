/*
 * What must never turn a refusal into a release (docs/decision.md): random policies and releases, each decided before and after
 * one change. Break-glass is on for the two properties of what must allow besides, and off for the others: no rule has `emergency`.
 *
 *     properties CASES [SEED [PROPERTY]]          PROPERTY: the number of one, from 1
 *
 * Signatures always verify here: the properties are of rules, and the conformance cases hold the signatures. A release with more
 * sign-offs than are asked for is refused whatever else holds (decision 9), and taking the one too many away may cure that: such
 * releases do not count.
 */
#include "case_words.h"
#include "gate.h"
#include "rehearsal.h"

#include <stdio.h>
#include <stdlib.h>

bool __wrap_public_key_verify(const struct public_key *key, span message, const uint8_t signature[64]);
bool __wrap_public_key_verify(const struct public_key *key, span message, const uint8_t signature[64])
{
    (void)key, (void)message, (void)signature;
    return true;
}

bool __wrap_public_key_is_sound(const struct public_key *key);
bool __wrap_public_key_is_sound(const struct public_key *key)
{
    (void)key;
    return true;
}

void __wrap_signing_key_sign(const struct signing_key *key, span message, uint8_t ret[64]);
void __wrap_signing_key_sign(const struct signing_key *key, span message, uint8_t ret[64])
{
    (void)key, (void)message;
    memset(ret, 1, 64);
}

/* --- drawing --- */

static uint64_t seed;
static bool break_glass; /* whether rules have `emergency`, and releases name it */

static unsigned draw(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 20) % below);
}

static bool one_in(unsigned n)
{
    return draw(n) == 0;
}

#define PICK(list) ((list)[draw((unsigned)(sizeof(list) / sizeof *(list)))])

static void maybe(struct buffer *b, unsigned n, const char *member)
{
    if (one_in(n))
        buffer_text(b, member);
}

static void draw_signer(struct buffer *b, size_t place)
{
    static const char *const who[] = {"[\"physician\"]", "[\"physician\",\"pharmacist\"]", "[\"physician\",\"nurse\"]"};
    static const char *const levels_[] = {",\"levels\":[\"independent\",\"supervised\"]",
                                          ",\"levels\":[\"independent\",\"supervised\",\"provisional\"]"};
    buffer_text(b, place ? ",{\"professions\":" : "{\"professions\":");
    buffer_text(b, PICK(who));
    if (one_in(3))
        buffer_text(b, PICK(levels_));
    maybe(b, 12, ",\"specialties\":[{\"system\":\"s\",\"code\":\"a\"},{\"system\":\"s\",\"code\":\"b\"}]");
    if (one_in(3))
        buffer_text(b, one_in(3) ? ",\"privileges\":[\"narcotic\",\"antimicrobial_grade\"]" : ",\"privileges\":[\"prescribe\"]");
    maybe(b, 8, ",\"schedule\":true");
    maybe(b, 8, ",\"antimicrobial\":true");
    maybe(b, 8, ",\"independent_years\":3");
    maybe(b, 6, ",\"jurisdiction\":false");
    static const char *const sites[] = {",\"site\":\"primary\"", ",\"site\":\"any\"", ",\"site\":\"filed\""};
    if (one_in(4))
        buffer_text(b, PICK(sites));
    maybe(b, 8, ",\"consent_employer\":true");
    maybe(b, 8, ",\"unrestricted\":true");
    maybe(b, 8, ",\"licence_date\":true");
    maybe(b, 8, ",\"assurance\":\"validated\"");
    buffer_text(b, one_in(8) ? ",\"meanings\":[\"review\"]" : ",\"meanings\":[\"approval\",\"review\"]");
    if (place > 0)
        maybe(b, 3, ",\"only_if\":\"supervised\"");
    buffer_byte(b, '}');
}

/* A rule without its acts: an overlay, but for the brace at its end. */
static void draw_rule(struct buffer *b)
{
    static const char *const authorship[] = {"human_only", "assist_only", "draft_with_approval", "draft_with_approval"};
    static const char *const denials[] = {
        "{\"code\":\"age-rule\",\"if\":[{\"fact\":\"patient_age\",\"op\":\"lt\",\"value\":6}],\"unless\":{\"guardian_present\":true}}",
        "{\"code\":\"off-label\",\"if\":[{\"fact\":\"off_label\",\"op\":\"eq\",\"value\":true}]}",
        "{\"code\":\"stop\",\"if\":[{\"fact\":\"stop\",\"op\":\"ne\",\"value\":false}]}",
        "{\"code\":\"hard-deny\",\"if\":[{\"fact\":\"schedule\",\"op\":\"in\",\"value\":[\"I\",\"II\"]},{\"fact\":\"patient_age\",\"op\":\"ge\",\"value\":65}]}",
        "{\"code\":\"hard-deny\",\"if\":[{\"fact\":\"exception\",\"op\":\"eq\",\"value\":\"alliance\"}],\"unless\":{\"visit\":\"revisit\"}}"};
    static const char *const wanted[] = {",\"facts\":[\"visit\",\"patient_age\"]", ",\"facts\":[\"consent\",\"disclosure\",\"stop\"]",
                                         ",\"facts\":[\"prior_diagnosis\",\"off_label\",\"schedule\",\"antimicrobial_grade\",\"guardian_present\"]"};
    static const char *const factors[] = {",\"factors\":{\"storage\":[\"hardware\"]}", ",\"factors\":{\"user_auth\":[\"pin\",\"biometric\"]}",
                                          ",\"factors\":{\"storage\":[\"os\",\"hardware\"],\"attested\":true}"};
    static const char *const exceptions_[] = {
        ",\"exceptions\":{\"consultation\":{\"bridges\":[\"site\"]},\"alliance\":{\"bridges\":[\"jurisdiction\",\"first-visit\"]}}",
        ",\"exceptions\":{\"emergency\":{\"bridges\":[\"site\",\"jurisdiction\",\"first-visit\"]}}"};
    unsigned count = 1u + one_in(2) + one_in(6);
    buffer_text(b, "{\"settings\":[\"*\"],\"ai_authorship\":\"");
    buffer_text(b, PICK(authorship));
    buffer_text(b, "\",\"signers\":[");
    for (unsigned i = 0; i < count; i++)
        draw_signer(b, i);
    buffer_text(b, one_in(3) ? "],\"max_status_age_s\":30" : "],\"max_status_age_s\":60");
    buffer_text(b, one_in(3) ? ",\"signoff_to_release_s\":60" : ",\"signoff_to_release_s\":600");
    maybe(b, 8, ",\"provenance\":true");
    maybe(b, 8, ",\"auth_max_age_s\":60");
    maybe(b, 4, ",\"batch\":3");
    maybe(b, 6, ",\"visit\":\"revisit\"");
    maybe(b, 6, ",\"consent\":[\"c1\"]");
    maybe(b, 6, ",\"ai_notice\":[\"n1\",\"n2\"]");
    maybe(b, 8, ",\"identity\":[\"name\",\"identifiers\"]");
    if (one_in(4))
        buffer_text(b, PICK(wanted));
    if (one_in(3))
        buffer_text(b, PICK(factors));
    if (one_in(4))
        buffer_text(b, PICK(exceptions_));
    static const char *const emergencies[] = {",\"emergency\":{\"max_status_age_s\":600,\"bridges\":[\"site\"],\"review_h\":1}",
                                              ",\"emergency\":{\"max_status_age_s\":100,\"bridges\":[],\"review_h\":1}"};
    if (break_glass && !one_in(4))
        buffer_text(b, PICK(emergencies));
    if (one_in(2)) {
        buffer_text(b, ",\"hard_deny\":[");
        for (unsigned i = 0, n = 1 + draw(2); i < n; i++) {
            buffer_text(b, i ? "," : "");
            buffer_text(b, PICK(denials));
        }
        buffer_byte(b, ']');
    }
}

static span draw_policy(struct buffer *b, const char *id)
{
    size_t from = b->size;
    buffer_text(b, "{\"id\":\"");
    buffer_text(b, id);
    buffer_text(b, "\",\"version\":1,\"authority\":\"a\",\"applies_to\":[\"XA\"],\"effective_from\":1000,\"utc_offset\":\"+00:00\",\"sources\":[],\"rules\":[");
    draw_rule(b);
    buffer_text(b, ",\"acts\":[\"diagnosis\"]}]");
    maybe(b, 6, ",\"documents\":{\"MedicationRequest\":[\"prescription_*\"]}");
    buffer_byte(b, '}');
    return buffer_since(b, from);
}

static span draw_overlay(struct buffer *b)
{
    size_t from = b->size;
    draw_rule(b);
    buffer_byte(b, '}');
    return buffer_since(b, from);
}

static void phrase(struct buffer *memory, struct rehearsed *what, const char *words)
{
    span at;
    if (!words_read_release(span_text(words), memory, what, &at))
        abort();
}

/* Mostly what a rule might ask for, with a fault or two. */
static void draw_release(struct buffer *memory, struct rehearsed *what)
{
    static const char *const changes[] = {
        "first visit", "not stated: visit", "not stated: patient age", "patient of 5 years", "patient of 70 years", "no guardian",
        "not stated: guardian present", "not stated: consent", "not stated: disclosure", "schedule II", "not stated: schedule",
        "antimicrobial grade 3", "off-label", "not stated: off label", "care must end", "not stated: stop", "exception consultation",
        "exception emergency", "exception alliance", "evidence 41 s old", "evidence 71 s old", "received 100 s ago", "batch of 2 documents",
        "batch of 4 documents", "batch of 2 documents, of two patients", "one byte changed", "at clinic-2", "in XA-02",
        "at clinic-2, exception consultation", "at clinic-2, exception emergency", "first visit, exception alliance",
        "in XA-02, exception emergency"};
    static const char *const documents[] = {"FHIR MedicationRequest", "FHIR Condition", "FHIR Condition, labelled AI",
                                            "FHIR Condition, with Provenance"};
    static const char *const faults[] = {
        "supervised", "provisional", "nurse", "pharmacist", "specialty s a", "may not prescribe", "may narcotic", "no schedules",
        "up to grade 0", "independent since 2026-01-01", "licensed in XA-02", "enrolled at clinic-2", "filed there",
        "employer does not consent", "on probation", "barred from diagnosis", "needs a cosignature", "attested only",
        "licence end unknown", "key in browser", "key in os", "unlocked by none", "unlocked by passphrase", "key not attested",
        "authenticated 200 s before", "signs as review", "signs as authorship", "rejects", "hides the name", "suspended", "signs first",
        "over another sign-off", "the same person", "of a patient a year older"};
    rehearsed_usual(what, SPAN("XA-01"));
    phrase(memory, what, "revisit, prior diagnosis, patient of 40 years, guardian present, consent c1, notice n1, notice n2, schedule III, "
                         "antimicrobial grade 1, on-label, care may go on");
    for (unsigned i = draw(3); i > 0; i--)
        phrase(memory, what, PICK(changes));
    static const char *const glass[] = {"exception break glass", "exception break glass, evidence 71 s old",
                                        "exception break glass, evidence 500 s old", "exception break glass, at clinic-2"};
    if (break_glass && !one_in(3))
        phrase(memory, what, PICK(glass));
    if (one_in(4))
        phrase(memory, what, PICK(documents));
    what->text = one_in(2) ? TEXT_HUMAN : (enum rehearsed_text)draw(TEXT_HUMAN_AND_DRAFT + 1);
    what->signer_count = 1u + draw(2) + one_in(6);
    struct rehearsed one;
    for (size_t i = 0; i < what->signer_count; i++) {
        if (!one_in(8))
            continue;
        span at;
        one = *what;
        memmove(&one.signers[0], &what->signers[i], sizeof one.signers[0]);
        if (!words_read_signers(span_text(PICK(faults)), memory, &one, &at))
            abort();
        what->signers[i] = one.signers[0];
    }
    struct authenticator *a = &what->signers[draw((unsigned)what->signer_count)].claims.authenticator;
    if (one_in(6)) /* a factor of middling strength: one less may still follow */
        *(one_in(2) ? &a->user_auth : &a->storage) = 2;
}

/* --- the properties --- */

static bool take_fact(struct rehearsed *what)
{
    struct facts *f = &what->facts;
    unsigned fact = draw(FACT_EXCEPTION) + 1;
    if (!facts_have(f, fact))
        return false;
    if ((fact == FACT_CONSENT || fact == FACT_DISCLOSURE) && one_in(2)) {
        struct text_list *list = fact == FACT_CONSENT ? &f->consent : &f->disclosure;
        if (list->count > 0)
            list->count--; /* one id less */
        return true;
    }
    f->present &= ~(UINT64_C(1) << (fact - 1));
    if (fact == FACT_CONSENT)
        f->consent.count = 0;
    if (fact == FACT_DISCLOSURE)
        f->disclosure.count = 0;
    if (fact == FACT_EXCEPTION)
        f->exception = 0;
    return true;
}

static bool take_signer(struct rehearsed *what)
{
    what->signer_count--;
    return true;
}

static bool take_privilege(struct rehearsed *what)
{
    struct privileges *p = &what->signers[draw((unsigned)what->signer_count)].claims.privileges;
    switch (draw(4)) {
    case 0:
        p->prescribe = false;
        return true;
    case 1:
        p->narcotic = false;
        return true;
    case 2:
        p->schedules.count = p->schedules.count ? draw((unsigned)p->schedules.count) : 0;
        return true;
    default:
        p->antimicrobial_grade = draw((unsigned)p->antimicrobial_grade + 1);
        return true;
    }
}

static bool take_factor(struct rehearsed *what)
{
    struct authenticator *a = &what->signers[draw((unsigned)what->signer_count)].claims.authenticator;
    switch (draw(3)) {
    case 0:
        a->storage = (uint8_t)(1 + draw(a->storage)); /* words rise in strength */
        return true;
    case 1:
        a->user_auth = (uint8_t)(1 + draw(a->user_auth));
        return true;
    default:
        a->attested = false;
        return true;
    }
}

static bool age_evidence(struct rehearsed *what)
{
    what->evidence_age_s += 1 + (int64_t)draw(60);
    return true;
}

/* By the AI's part that is declared, least first. */
static bool declare_more(struct rehearsed *what)
{
    static const unsigned part[] = {[TEXT_HUMAN] = 1, [TEXT_DRAFT_AS_HUMAN] = 1, [TEXT_HUMAN_AND_DRAFT] = 1, [TEXT_ASSISTED] = 2,
                                    [TEXT_DRAFT_AS_ASSISTED] = 2, [TEXT_DRAFT_EDITED] = 3, [TEXT_DRAFT_UNEDITED] = 3};
    enum rehearsed_text more = (enum rehearsed_text)draw(TEXT_HUMAN_AND_DRAFT + 1);
    if (part[more] <= part[what->text])
        return false;
    what->text = more;
    return true;
}

struct property {
    const char *name;
    bool (*change)(struct rehearsed *what); /* NULL: of the gate */
    bool overlay, break_glass;
};
static const struct property properties[] = {
    {"an overlay", NULL, true, true},
    {"a further policy", NULL, false, true},
    {"removing a fact", take_fact, false, false},
    {"removing a signer", take_signer, false, false},
    {"removing a privilege", take_privilege, false, false},
    {"removing a factor", take_factor, false, false},
    {"older evidence", age_evidence, false, false},
    {"declaring more AI", declare_more, false, false},
};

#define RELEASES 16u /* of each registry that is drawn */

static bool releases(csign_verdict verdict)
{
    return verdict == CSIGN_ALLOW || verdict == CSIGN_BREAK_GLASS;
}

/* What must not happen: a release that was none, or an emergency's where an ordinary one or none was. */
static bool is_cured(csign_verdict first, csign_verdict second)
{
    return (!releases(first) && releases(second)) || (first != CSIGN_BREAK_GLASS && second == CSIGN_BREAK_GLASS);
}

static bool needs_supervisor(const struct credential *c)
{
    const struct condition *conditions = c->conditions.items;
    return c->level != LEVEL_INDEPENDENT || (c->conditions.count > 0 && conditions[0].needs_cosign);
}

/* Whether the last sign-off is one that the rule asks for. */
static bool is_asked_for(const struct rehearsal *r, const struct rehearsed *what)
{
    const struct rule *rule = r->gate->policies[0]->policy.rules.items;
    const struct rule_signer *signers = rule->signers.items;
    size_t next = 0, asked = 0;
    for (size_t i = 0; i < what->signer_count; i++) {
        bool supervised = i > 0 && needs_supervisor(&what->signers[i - 1].claims);
        while (next < rule->signers.count && signers[next].only_supervised && !supervised)
            next++;
        asked += next < rule->signers.count;
        next++;
    }
    return asked == what->signer_count;
}

/* Refusals that a change may cure: of sign-offs that nobody asks for, and of a declaration that contradicts. */
static bool may_be_cured(const struct property *p, const struct rehearsal *r, const struct rehearsed *what, const csign_decision *d)
{
    if (p->change == take_signer && !is_asked_for(r, what))
        return true;
    return (d->code == CSIGN_E_SIGNER_ORDER && strcmp(d->field, "sign_offs") == 0) ||
           (p->change == declare_more && d->code == CSIGN_E_AUTHORSHIP_CONTRADICTION);
}

struct counts {
    size_t cases, allowed, refused, cured;
};

static void must_open(struct rehearsal *r, void *memory, const span *policies, size_t count, span overlay)
{
    csign_fault fault = {CSIGN_OK, "", "", 0};
    if (rehearsal_open(r, memory, policies, count, overlay, 1795338870, &fault) != CSIGN_OK) {
        fprintf(stderr, "properties: %s: %s: %s\n", csign_code_name(fault.code), fault.field, fault.reason);
        exit(2);
    }
}

/* One registry, and releases before and after the change. */
static void play(const struct property *p, void *const memory[2], struct buffer *text, struct counts *counts)
{
    struct rehearsal before, after;
    csign_decision d;
    text->size = 0;
    const span policies[2] = {draw_policy(text, "p1"), draw_policy(text, "p2")};
    const span overlay = draw_overlay(text), none = {NULL, 0};
    must_open(&before, memory[0], policies, 1, none);
    if (!p->change)
        must_open(&after, memory[1], policies, p->overlay ? 1 : 2, p->overlay ? overlay : none);
    for (unsigned i = 0; i < RELEASES; i++) {
        struct rehearsed what, changed;
        size_t mark = text->size;
        draw_release(text, &what);
        changed = what;
        if (!p->change || p->change(&changed)) {
            csign_verdict first = rehearsal_decide(&before, &what, &d);
            bool skip = !releases(first) && may_be_cured(p, &before, &what, &d);
            csign_code code = d.code;
            csign_verdict second = skip ? CSIGN_REFUSE : rehearsal_decide(p->change ? &before : &after, &changed, &d);
            counts->cases += !skip;
            counts->allowed += releases(first);
            counts->refused += releases(first) && !releases(second);
            if (is_cured(first, second) && counts->cured++ < 3)
                printf("  %s: %s became a release\n  %.*s\n  %.*s\n", p->name, csign_code_name(code), (int)policies[0].size,
                       (const char *)policies[0].data, (int)overlay.size, (const char *)overlay.data);
        }
        text->size = mark;
    }
    rehearsal_close(&before);
    if (!p->change)
        rehearsal_close(&after);
}

int main(int argc, char **argv)
{
    const size_t cases = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
    struct buffer text = buffer_open(malloc(1u << 20), 1u << 20);
    void *const memory[2] = {aligned_alloc(16, REHEARSAL_MEMORY), aligned_alloc(16, REHEARSAL_MEMORY)};
    size_t failed = 0;
    if (!text.data || !memory[0] || !memory[1])
        return 2;
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        struct counts counts = {0, 0, 0, 0};
        if (argc > 3 && strtoul(argv[3], NULL, 10) != i + 1)
            continue;
        break_glass = properties[i].break_glass;
        seed = (argc > 2 ? strtoull(argv[2], NULL, 10) : 88172645463325252u) + i;
        while (counts.cases < cases)
            play(&properties[i], memory, &text, &counts);
        printf("%-22s %zu cases, %zu released before, %zu of them refused after, %zu refusals turned into releases\n", properties[i].name,
               counts.cases, counts.allowed, counts.refused, counts.cured);
        fflush(stdout);
        failed += counts.cured > 0 || counts.allowed < cases / 50;
    }
    free(text.data);
    free(memory[0]);
    free(memory[1]);
    return failed ? 1 : 0;
}
