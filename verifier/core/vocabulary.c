#include "vocabulary.h"

#define WORDS(name, ...)                                                                                          \
    static const char *const name##_words[] = {__VA_ARGS__};                                                      \
    const struct vocabulary name = {name##_words, sizeof name##_words / sizeof *name##_words}

WORDS(professions, "physician", "assistant_physician", "dentist", "pharmacist", "nurse", "nurse_practitioner",
      "physician_assistant", "psychologist", "therapist", "radiographer", "midwife", "optometrist", "podiatrist",
      "physiotherapist", "occupational_therapist", "speech_therapist", "dietitian", "social_worker", "counselor",
      "paramedic", "laboratory_scientist", "public_health_physician", "dental_hygienist", "audiologist",
      "genetic_counselor", "chiropractor");
WORDS(levels, "independent", "supervised", "provisional");
WORDS(site_bases, "primary", "filed");
WORDS(assurances, "attested", "validated");
WORDS(storages, "file", "browser", "os", "hardware");
WORDS(user_auths, "none", "passphrase", "pin", "biometric");
WORDS(proofings, "none", "remote", "in_person");
WORDS(settings, "online", "outpatient", "inpatient", "emergency", "payer");
WORDS(meanings, "authorship", "review", "approval", "responsibility", "verification");
WORDS(dispositions, "accepted", "modified", "overridden", "rejected");
WORDS(authorships, "human", "human_with_ai_assist", "ai_draft");
WORDS(visits, "first", "revisit");
WORDS(exceptions, "consultation", "emergency", "alliance", "break_glass");
WORDS(bridges, "site", "jurisdiction", "first-visit");
WORDS(ai_authorships, "human_only", "assist_only", "draft_with_approval");
WORDS(site_rules, "primary", "filed", "any");
WORDS(privilege_names, "prescribe", "narcotic", "antimicrobial_grade", "imaging_report", "pathology", "psychotherapy",
      "tcm", "certify_death", "supplementary_only");
WORDS(identities, "name", "licence_number", "identifiers");
WORDS(fact_names, "visit", "prior_diagnosis", "patient_age", "guardian_present", "consent", "disclosure", "schedule",
      "antimicrobial_grade", "off_label", "stop", "exception");
WORDS(deny_codes, "age-rule", "off-label", "stop", "hard-deny");
WORDS(operators, "eq", "ne", "lt", "ge", "in");
