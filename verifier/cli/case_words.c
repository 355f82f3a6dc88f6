#include "case_words.h"
#include "leaf.h"

/* --- phrases --- */

struct words {
    struct buffer *memory;
    struct rehearsed *what;
    struct rehearsed_signer *signer; /* whose phrases are read; NULL: the release's */
};

/* `rest` is what stands behind the phrase's own words. */
struct phrase {
    const char *words;
    bool has_rest;
    bool (*read)(struct words *w, span rest);
};

span words_trim(span text)
{
    while (text.size > 0 && memchr(" \t`", text.data[0], 3))
        text = span_of(text.data + 1, text.size - 1);
    while (text.size > 0 && memchr(" \t`\r", text.data[text.size - 1], 4))
        text.size--;
    return text;
}

bool words_next(span *rest, uint8_t separator, span *ret)
{
    if (!rest->data)
        return false;
    const uint8_t *end = rest->size ? memchr(rest->data, separator, rest->size) : NULL;
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    *ret = words_trim(span_of(rest->data, size));
    *rest = end ? span_of(end + 1, rest->size - size - 1) : (span){NULL, 0};
    return true;
}

static bool read_number(span text, uint64_t max, uint64_t *ret)
{
    struct json j;
    struct buffer none = buffer_open(NULL, 0);
    json_open(&j, text, 1, &none);
    return json_integer(&j, max, ret) && json_finish(&j);
}

/* "12 years" and the like: a number, and the word that must follow. */
static bool read_amount(span text, const char *unit, uint64_t max, uint64_t *ret)
{
    span number;
    return words_next(&text, ' ', &number) && read_number(number, max, ret) && span_equal(words_trim(text), span_text(unit));
}

static bool read_age(span text, const char *unit, int64_t *ret)
{
    uint64_t number;
    if (!read_amount(text, unit, 1u << 30, &number))
        return false;
    *ret = (int64_t)number;
    return true;
}

/* "2026-11-21" as a number, as dates are kept. */
static bool read_date(span text, uint32_t *ret)
{
    span one;
    size_t count = 0;
    *ret = 0;
    for (; words_next(&text, '-', &one); count++) {
        if (one.size != (count == 0 ? 4u : 2u))
            return false;
        for (size_t i = 0; i < one.size; i++)
            *ret = *ret * 10 + (uint32_t)(one.data[i] - '0');
    }
    return count == 3;
}

/* A word of a vocabulary, with spaces for its underscores: "assistant physician". */
static uint8_t find_word(const struct vocabulary *words, span text)
{
    uint8_t memory[CSIGN_ID_MAX];
    if (text.size > sizeof memory)
        return 0;
    for (size_t i = 0; i < text.size; i++)
        memory[i] = text.data[i] == ' ' ? '_' : text.data[i];
    return vocabulary_find(words, span_of(memory, text.size));
}

/* One more text in a list that lies in memory. */
static bool add_text(struct words *w, struct text_list *list, span text)
{
    span *items = schema_scratch_in(w->memory, list->count + 1, sizeof *items);
    if (!items || text.size == 0)
        return false;
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    items[list->count] = text;
    *list = (struct text_list){items, list->count + 1};
    return true;
}

/* All words of the rest as the list. */
static bool set_texts(struct words *w, struct text_list *list, span rest)
{
    span one;
    *list = (struct text_list){NULL, 0};
    while (words_next(&rest, ' ', &one))
        if (!add_text(w, list, one))
            return false;
    return list->count > 0;
}

static void state(struct words *w, unsigned fact)
{
    w->what->facts.present |= UINT64_C(1) << (fact - 1);
}

/* --- of the release --- */

#define READS(name) static bool name(struct words *w, span rest)
#define UNUSED      (void)rest

READS(read_place) { w->what->jurisdiction = rest; return text_is_jurisdiction(rest); }
READS(read_site) { w->what->site = rest; return text_is_id(rest); }
READS(read_act) { w->what->act = rest; return text_is_id(rest); }
READS(text_human) { UNUSED; w->what->text = TEXT_HUMAN; return true; }
READS(text_assisted) { UNUSED; w->what->text = TEXT_ASSISTED; return true; }
READS(text_edited) { UNUSED; w->what->text = TEXT_DRAFT_EDITED; return true; }
READS(text_unedited) { UNUSED; w->what->text = TEXT_DRAFT_UNEDITED; return true; }
READS(text_as_human) { UNUSED; w->what->text = TEXT_DRAFT_AS_HUMAN; return true; }
READS(text_as_assisted) { UNUSED; w->what->text = TEXT_DRAFT_AS_ASSISTED; return true; }
READS(text_and_draft) { UNUSED; w->what->text = TEXT_HUMAN_AND_DRAFT; return true; }
READS(fhir_type) { w->what->fhir_type = rest; return text_is_id(rest); }
READS(fhir_label) { UNUSED; w->what->has_label = true; return w->what->fhir_type.data != NULL; }
READS(fhir_provenance) { UNUSED; w->what->has_provenance = true; return w->what->fhir_type.data != NULL; }
READS(visit_first) { UNUSED; state(w, FACT_VISIT); w->what->facts.visit = VISIT_FIRST; return true; }
READS(visit_again) { UNUSED; state(w, FACT_VISIT); w->what->facts.visit = VISIT_REVISIT; return true; }
READS(diagnosed) { UNUSED; state(w, FACT_PRIOR_DIAGNOSIS); w->what->facts.prior_diagnosis = true; return true; }
READS(undiagnosed) { UNUSED; state(w, FACT_PRIOR_DIAGNOSIS); w->what->facts.prior_diagnosis = false; return true; }
READS(patient_age) { state(w, FACT_PATIENT_AGE); return read_amount(rest, "years", 150, &w->what->facts.patient_age); }
READS(guardian) { UNUSED; state(w, FACT_GUARDIAN_PRESENT); w->what->facts.guardian_present = true; return true; }
READS(no_guardian) { UNUSED; state(w, FACT_GUARDIAN_PRESENT); w->what->facts.guardian_present = false; return true; }
READS(consents) { state(w, FACT_CONSENT); return add_text(w, &w->what->facts.consent, rest); }
READS(notified) { state(w, FACT_DISCLOSURE); return add_text(w, &w->what->facts.disclosure, rest); }
READS(schedule) { state(w, FACT_SCHEDULE); w->what->facts.schedule = rest; return rest.size > 0; }
READS(grade) { state(w, FACT_ANTIMICROBIAL_GRADE); return read_number(rest, 3, &w->what->facts.antimicrobial_grade); }
READS(off_label) { UNUSED; state(w, FACT_OFF_LABEL); w->what->facts.off_label = true; return true; }
READS(on_label) { UNUSED; state(w, FACT_OFF_LABEL); w->what->facts.off_label = false; return true; }
READS(must_end) { UNUSED; state(w, FACT_STOP); w->what->facts.stop = true; return true; }
READS(may_go_on) { UNUSED; state(w, FACT_STOP); w->what->facts.stop = false; return true; }
READS(evidence_age) { return read_age(rest, "s old", &w->what->evidence_age_s); }
READS(received_ago) { return read_age(rest, "s ago", &w->what->received_ago_s); }
READS(changed) { UNUSED; w->what->changed = true; return true; }
READS(two_patients) { UNUSED; w->what->two_patients = true; return true; }

READS(batch)
{
    uint64_t count;
    bool read = read_amount(rest, "documents", CSIGN_ENTRIES_MAX, &count);
    w->what->entries = read ? (size_t)count : 0;
    return w->what->entries > 0;
}

READS(exception)
{
    state(w, FACT_EXCEPTION);
    w->what->facts.exception = find_word(&exceptions, rest);
    return w->what->facts.exception != 0;
}

/* "not stated: patient age": takes a fact away. */
READS(not_stated)
{
    uint8_t fact = find_word(&fact_names, rest);
    if (!fact)
        return false;
    struct facts *f = &w->what->facts;
    f->present &= ~(UINT64_C(1) << (fact - 1));
    if (fact == FACT_CONSENT)
        f->consent = (struct text_list){NULL, 0};
    if (fact == FACT_DISCLOSURE)
        f->disclosure = (struct text_list){NULL, 0};
    return true;
}

static const struct phrase release_phrases[] = {
    {"act", true, read_act},
    {"in", true, read_place},
    {"at", true, read_site},
    {"human text", false, text_human},
    {"AI-assisted text", false, text_assisted},
    {"edited AI draft", false, text_edited},
    {"unedited AI draft", false, text_unedited},
    {"AI draft declared human", false, text_as_human},
    {"AI draft declared assisted", false, text_as_assisted},
    {"human text beside a draft", false, text_and_draft},
    {"FHIR", true, fhir_type},
    {"labelled AI", false, fhir_label},
    {"with Provenance", false, fhir_provenance},
    {"first visit", false, visit_first},
    {"revisit", false, visit_again},
    {"prior diagnosis", false, diagnosed},
    {"no prior diagnosis", false, undiagnosed},
    {"patient of", true, patient_age},
    {"guardian present", false, guardian},
    {"no guardian", false, no_guardian},
    {"consent", true, consents},
    {"notice", true, notified},
    {"schedule", true, schedule},
    {"antimicrobial grade", true, grade},
    {"off-label", false, off_label},
    {"on-label", false, on_label},
    {"care must end", false, must_end},
    {"care may go on", false, may_go_on},
    {"exception", true, exception},
    {"not stated:", true, not_stated},
    {"evidence", true, evidence_age},
    {"received", true, received_ago},
    {"batch of", true, batch},
    {"of two patients", false, two_patients},
    {"one byte changed", false, changed},
};

/* --- of a signer --- */

READS(licensed) { return set_texts(w, &w->signer->claims.jurisdiction, rest); }
READS(no_specialty) { UNUSED; w->signer->claims.specialty = (struct object_list){NULL, 0}; return true; }
READS(schedules) { return set_texts(w, &w->signer->claims.privileges.schedules, rest); }
READS(no_schedules) { UNUSED; w->signer->claims.privileges.schedules = (struct text_list){NULL, 0}; return true; }
READS(grade_held) { return read_number(rest, 3, &w->signer->claims.privileges.antimicrobial_grade); }
READS(independent_since) { return read_date(rest, &w->signer->claims.independent_since); }
READS(independence_unknown) { UNUSED; w->signer->claims.independent_since = 0; return true; }
READS(enrolled) { w->signer->claims.site.id = rest; return text_is_id(rest); }
READS(filed) { UNUSED; w->signer->claims.site.basis = BASIS_FILED; return true; }
READS(no_consent) { UNUSED; w->signer->claims.site.consent = false; return true; }
READS(attested) { UNUSED; w->signer->claims.assurance.level = ASSURANCE_ATTESTED; return true; }
READS(licence_until) { return read_date(rest, &w->signer->claims.licensed_until); }
READS(licence_end_unknown) { UNUSED; w->signer->claims.licensed_until = 0; return true; }
READS(unattested_key) { UNUSED; w->signer->claims.authenticator.attested = false; return true; }
READS(authenticated) { return read_age(rest, "s before", &w->signer->auth_age_s); }
READS(rejects) { UNUSED; w->signer->rejects = true; return true; }
READS(hides_name) { UNUSED; w->signer->claims.name = (span){NULL, 0}; return true; }
READS(hides_number) { UNUSED; w->signer->claims.licence_number = (span){NULL, 0}; return true; }
READS(hides_identifiers) { UNUSED; w->signer->claims.identifiers = (struct object_list){NULL, 0}; return true; }
READS(is_first) { UNUSED; w->signer->is_first = true; return true; }
READS(signs_early) { UNUSED; w->signer->signs_early = true; return true; }
READS(invents) { UNUSED; w->signer->invents_prior = true; return true; }
READS(other_facts) { UNUSED; w->signer->other_facts = true; return true; }
READS(revoked) { UNUSED; w->signer->ended = END_REVOKED; return true; }
READS(suspended) { UNUSED; w->signer->ended = END_SUSPENDED; return true; }

/* "specialty SYSTEM CODE" */
READS(specialty)
{
    struct specialty *one = schema_scratch_in(w->memory, 1, sizeof *one);
    span system, code;
    if (!one || !words_next(&rest, ' ', &system) || !words_next(&rest, ' ', &code) || rest.data)
        return false;
    *one = (struct specialty){3, system, code};
    w->signer->claims.specialty = (struct object_list){one, 1};
    return system.size > 0 && code.size > 0;
}

static bool set_privilege(struct words *w, span name, bool value)
{
    struct privileges *p = &w->signer->claims.privileges;
    bool *const members[] = {[PRIVILEGE_PRESCRIBE] = &p->prescribe,
                             [PRIVILEGE_NARCOTIC] = &p->narcotic,
                             [PRIVILEGE_IMAGING_REPORT] = &p->imaging_report,
                             [PRIVILEGE_PATHOLOGY] = &p->pathology,
                             [PRIVILEGE_PSYCHOTHERAPY] = &p->psychotherapy,
                             [PRIVILEGE_TCM] = &p->tcm,
                             [PRIVILEGE_CERTIFY_DEATH] = &p->certify_death,
                             [PRIVILEGE_SUPPLEMENTARY_ONLY] = &p->supplementary_only};
    uint8_t place = find_word(&privilege_names, name);
    if (!place || !members[place])
        return false;
    *members[place] = value;
    return true;
}

READS(may) { return set_privilege(w, rest, true); }
READS(may_not) { return set_privilege(w, rest, false); }

static bool set_condition(struct words *w, struct condition condition)
{
    struct condition *one = schema_scratch_in(w->memory, 1, sizeof *one);
    if (!one)
        return false;
    *one = condition;
    one->present = 7;
    w->signer->claims.conditions = (struct object_list){one, 1};
    return true;
}

READS(probation) { UNUSED; return set_condition(w, (struct condition){.code = SPAN("probation")}); }
READS(cosigned) { UNUSED; return set_condition(w, (struct condition){.code = SPAN("supervision"), .needs_cosign = true}); }

READS(barred)
{
    struct condition c = {.code = SPAN("restriction")};
    return set_texts(w, &c.acts_denied, rest) && set_condition(w, c);
}

READS(key_in)
{
    w->signer->claims.authenticator.storage = find_word(&storages, rest);
    return w->signer->claims.authenticator.storage != 0;
}

READS(unlocked_by)
{
    w->signer->claims.authenticator.user_auth = find_word(&user_auths, rest);
    return w->signer->claims.authenticator.user_auth != 0;
}

READS(signs_as)
{
    w->signer->meaning = find_word(&meanings, rest);
    return w->signer->meaning != 0;
}

static const struct phrase signer_phrases[] = {
    {"licensed in", true, licensed},
    {"specialty", true, specialty},
    {"no specialty", false, no_specialty},
    {"may not", true, may_not},
    {"may", true, may},
    {"schedules", true, schedules},
    {"no schedules", false, no_schedules},
    {"up to grade", true, grade_held},
    {"independent since", true, independent_since},
    {"independence unknown", false, independence_unknown},
    {"enrolled at", true, enrolled},
    {"filed there", false, filed},
    {"employer does not consent", false, no_consent},
    {"on probation", false, probation},
    {"barred from", true, barred},
    {"needs a cosignature", false, cosigned},
    {"attested only", false, attested},
    {"licence until", true, licence_until},
    {"licence end unknown", false, licence_end_unknown},
    {"key in", true, key_in},
    {"unlocked by", true, unlocked_by},
    {"key not attested", false, unattested_key},
    {"authenticated", true, authenticated},
    {"signs as", true, signs_as},
    {"rejects", false, rejects},
    {"hides the name", false, hides_name},
    {"hides the licence number", false, hides_number},
    {"hides the identifiers", false, hides_identifiers},
    {"the same person", false, is_first},
    {"signs first", false, signs_early},
    {"over another sign-off", false, invents},
    {"of a patient a year older", false, other_facts},
    {"revoked", false, revoked},
    {"suspended", false, suspended},
};

/* --- reading --- */

static bool read_phrase(struct words *w, span text, const struct phrase *phrases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        span words = span_text(phrases[i].words);
        if (!phrases[i].has_rest && span_equal(text, words))
            return phrases[i].read(w, (span){NULL, 0});
        if (phrases[i].has_rest && text.size > words.size && span_starts(text, words) && text.data[words.size] == ' ')
            return phrases[i].read(w, words_trim(span_of(text.data + words.size, text.size - words.size)));
    }
    return false;
}

static bool is_as_given(span cell)
{
    return span_equal(cell, SPAN("as given"));
}

bool words_read_release(span cell, struct buffer *memory, struct rehearsed *what, span *ret_phrase)
{
    struct words w = {memory, what, NULL};
    cell = words_trim(cell);
    if (is_as_given(cell))
        return true;
    while (words_next(&cell, ',', ret_phrase)) {
        uint8_t setting = find_word(&settings, *ret_phrase);
        if (setting)
            what->setting = setting;
        else if (!read_phrase(&w, *ret_phrase, release_phrases, sizeof release_phrases / sizeof *release_phrases))
            return false;
    }
    return true;
}

static bool read_signer(span cell, struct words *w, span *ret_phrase)
{
    if (is_as_given(cell))
        return true;
    while (words_next(&cell, ',', ret_phrase)) {
        uint8_t profession = find_word(&professions, *ret_phrase), level = find_word(&levels, *ret_phrase);
        if (profession)
            w->signer->claims.profession = profession;
        else if (level)
            w->signer->claims.level = level;
        else if (!read_phrase(w, *ret_phrase, signer_phrases, sizeof signer_phrases / sizeof *signer_phrases))
            return false;
    }
    return true;
}

bool words_read_signers(span cell, struct buffer *memory, struct rehearsed *what, span *ret_phrase)
{
    struct words w = {memory, what, NULL};
    span one;
    cell = words_trim(cell);
    if (is_as_given(cell))
        return true;
    what->signer_count = 0;
    if (span_equal(cell, SPAN("nobody")))
        return true;
    while (words_next(&cell, ';', &one)) {
        *ret_phrase = one;
        if (what->signer_count == CSIGN_SLOTS_MAX)
            return false;
        w.signer = &what->signers[what->signer_count++];
        if (!read_signer(one, &w, ret_phrase))
            return false;
    }
    return true;
}
