/*
 * What people do at a registry, all at once: acts of many, performed by a few threads in a random order with random pauses. Each is
 * what its caller would send: signed, proven over a nonce, read on the thread that performs it and submitted to the writer.
 */
#ifndef TESTS_FAULT_ACTS_H
#define TESTS_FAULT_ACTS_H

#include "../registry/deeds_world.h"
#include "../../registry/domain/issue.h"

#include <pthread.h>
#include <stdatomic.h>

#define ACT_NOTE_MAX 4096u
#define CODE_MAX     64u

enum act_kind { ACT_DEED, ACT_BIND, ACT_ISSUE, ACT_END_KEY, ACT_DUE };

struct act {
    enum act_kind kind;
    char what; /* the test's own word for it */
    unsigned scene;
    /* asked */
    size_t note_size;
    char note[ACT_NOTE_MAX]; /* of a deed */
    unsigned key;            /* whose proof, of the others */
    char code[CODE_MAX];     /* of binding */
    /* answered: `place` is the position of the answer among all, from 1 */
    csign_code answer;
    enum deed_state state;
    uint64_t place;
    bool is_answered;
    csign_fault fault;
    struct deed_submission *deed;
    union {
        struct binding_make make;
        struct binding_end end;
        struct issue issue;
    } proven;
    struct acts *all;
};

struct acts {
    const struct registry *registry;
    struct act *acts, **order;
    size_t count, capacity;
    uint64_t random;
    _Atomic size_t next;
    _Atomic uint64_t places;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t left;
    bool is_patient; /* a thread waits for each answer before it asks the next; else all is asked as fast as can be */
};

void acts_open(struct acts *all, const struct registry *registry, size_t capacity, uint64_t seed);
void acts_close(struct acts *all);
/* Forgets what was performed. */
void acts_clear(struct acts *all);
struct act *act_add(struct acts *all, enum act_kind kind, char what, unsigned scene);
/* The text of a deed, and the note with these signers' lines, with blanks between. */
void act_write_deed(struct acts *all, char text[ACT_NOTE_MAX], const char *kind, const char *at, const char *members);
void act_sign(struct act *act, const char *text, const char *signers);
/* Performs all and waits for every answer; `spread` is how far apart two neighbours may come to be performed. */
void acts_perform(struct acts *all, size_t spread);

uint64_t acts_random(struct acts *all);
struct signing_key act_key(unsigned number);

#endif
