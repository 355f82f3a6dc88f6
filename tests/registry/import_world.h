/* Files at a registry of deeds_world.h: brought, checked, signed, applied. */
#ifndef TESTS_REGISTRY_IMPORT_WORLD_H
#define TESTS_REGISTRY_IMPORT_WORLD_H

#include "deeds_world.h"
#include "import.h"

#define PEOPLE_HEADER \
    "name,birth_date,npi,profession,level,jurisdiction,licence_number,specialty,prescribe,licensed_until,basis,consent,from,to,unit\r\n"
#define ROLL_HEADER "name,npi,profession,level,jurisdiction,licence_number,specialty,prescribe,licensed_until,status\r\n"

/* The file that was brought last. */
struct file {
    char id[40];
    span bytes;
    uint8_t hash[CSIGN_HASH_SIZE];
    const char *body, *template;
};

/* One file is written at a time: its first bytes, then lines, each ended by CRLF. */
void file_begin(const char *header);
void file_add(const char *format, ...) __attribute__((format(printf, 1, 2)));
span file_bytes(void);

/* Uploads in parts of `part` bytes (0: one), and checks. */
csign_code bring(struct world *w, struct file *f, const char *body, const char *template, span bytes, size_t part, csign_fault *fault);
struct file checked(struct world *w, const char *body, const char *template, span bytes);
/* "added updated unchanged flagged rejected" of the dry run, and the state. */
const char *outcome(struct world *w, const struct file *f);
/* The deed by both officers with the counts of the dry run; then everything is applied. */
csign_code sign_file(struct world *w, const struct file *f);
void apply_file(struct world *w, const struct file *f);
/* "outcome field: reason" of a line. */
const char *row(struct world *w, const struct file *f, unsigned line);
/* An NPI whose check digit holds, beginning with a digit. */
const char *npi(unsigned first, unsigned number);
/* Everything that an import makes, without ids and times: the same for the same end. */
const char *end_state(struct world *w);
const char *text(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
