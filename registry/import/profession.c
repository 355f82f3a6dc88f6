#include "profession.h"

/* NUCC individuals by the beginnings of their codes, which group them. */
static const struct {
    const char *prefix, *profession;
} groups[] = {{"207", "physician"}, {"208", "physician"}, {"363L", "nurse_practitioner"}, {"363A", "physician_assistant"},
              {"122", "dentist"},   {"1835", "pharmacist"}, {"163W", "nurse"}, {"103T", "psychologist"},
              {"152W", "optometrist"}, {"213E", "podiatrist"}, {"2251", "physiotherapist"}, {"225X", "occupational_therapist"},
              {"1041", "social_worker"}, {"101Y", "counselor"}, {"111N", "chiropractor"}};
static const struct {
    const char *code, *profession; /* HL7 v2 table 0360 */
} degrees[] = {{"MD", "physician"}, {"DO", "physician"}, {"MBBS", "physician"}, {"NP", "nurse_practitioner"},
               {"PA", "physician_assistant"}, {"RN", "nurse"}, {"DDS", "dentist"}, {"PharmD", "pharmacist"}};

const char *profession_of_code(span code)
{
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        if (code.size == 10 && span_starts(code, span_text(groups[g].prefix)))
            return groups[g].profession;
    for (size_t g = 0; g < sizeof degrees / sizeof *degrees; g++)
        if (span_equal(code, span_text(degrees[g].code)))
            return degrees[g].profession;
    return NULL;
}
