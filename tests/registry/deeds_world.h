/*
 * A registry in a temporary folder with a root that names two authorities, us-ks and us-mo, of two and three officers; what else
 * there is comes by deeds. Officers are named body/id, and their keys are made of these names. The writer is not started.
 */
#ifndef TESTS_REGISTRY_DEEDS_WORLD_H
#define TESTS_REGISTRY_DEEDS_WORLD_H

#include "../unit/signer.h"
#include "deeds.h"
#include "folder.h"
#include "policies.h"

#define NOW_S (CLOCK_START / 1000)
#define KS    "us-ks/o1 us-ks/o2"
#define MO    "us-mo/o1 us-mo/o2"
#define C1    "clinic-1/h1 clinic-1/h2"
#define C2    "clinic-2/h1 clinic-2/h2"
#define WHY   "\"why\":{\"text\":\"complaint 17\"}"

struct world {
    char *folder, *store_path;
    struct signer root_keys[2], issuer, statuslog, fresh, policy;
    struct registry registry;
    uint8_t memory[1u << 17];
    struct buffer arena; /* notes */
    span root_note;
    unsigned deeds;       /* so far: makes their ids */
    uint64_t valid_until; /* of the next deeds; 0: an hour from now */
    /* of the deed given last */
    char text[16384], view[DEED_VIEW_MAX + 1], deed_id[37];
    uint8_t hash[CSIGN_HASH_SIZE];
    enum deed_state state;
    csign_fault fault;
};

/* For cmocka: *state is the world. */
int world_make(void **state);
int world_remove(void **state);
/* Opens the store and the log of a world that is there, as a process does after a crash. */
int world_open(struct world *w);
/* Makes or opens the world of a folder; *w is zeroed. */
int world_in(struct world *w, void *folder);
/* A root note of a version, with the first of the admin lines: three of us-ks, two of us-mo. */
span world_root(struct world *w, uint64_t version, size_t admins);
/* Clinic-1 in US-KS and clinic-2 in US-MO with two officers each. */
void world_institutions(struct world *w);

/* Gives a deed signed by the officers that are named, with blanks between: the members behind valid_until, printed. */
csign_code give(struct world *w, const char *signers, const char *kind, const char *at, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The text of the last deed, signed by these and nobody else; `as` names the line otherwise than its key. */
csign_code sign(struct world *w, const char *signers);
csign_code sign_as(struct world *w, const char *key, const char *as);
/* Any bytes as a note. */
csign_code submit(struct world *w, span note);
/* The last deed must have been taken and its state be this. */
void must_be(struct world *w, csign_code code, enum deed_state state);

/* A string member of the last view, or of any JSON; kept for the run. */
const char *member(const char *json, const char *name);

struct person {
    const char *practitioner, *licence, *affiliation, *enrolment;
};
/* The members of an enrolment, of a new person with this number. */
const char *enrolment(const char *site, const char *id, unsigned number, const char *jurisdiction);
struct person enrol(struct world *w, const char *site, unsigned number);
/* A holder's key bound to the person, as redeeming the code of the last deed `activate` would; its live index. */
uint64_t bind(struct world *w, const struct person *p, unsigned key);
span holder_thumbprint(unsigned key);
/* Gives a code: its deed's hash in B64U. */
const char *activate(struct world *w, const struct person *p);

/* An order of us-ks on the person's licence, from now on; `more` are its members before `why`. */
#define ACTION "\"reason\":\"licence_action\","
csign_code give_order(struct world *w, const char *kind, const struct person *p, const char *more);
/* What an index is: 0 live, else enum end_code; and the live index of a licence, -1 for none. */
int64_t index_code(struct world *w, uint64_t index);
int64_t live_index(struct world *w, const struct person *p);

const char *b64(span bytes);
const char *vkey_of(const char *name);
/* One number from the data, by SQL of the test's own; -1 where there is no row. */
int64_t number(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The newest leaf of a type. */
struct leaf last_leaf(struct world *w, enum leaf_type type);

#endif
