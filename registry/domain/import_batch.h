/* The work on a file, batch by batch. Used by import_work.c and its parts. */
#ifndef DOMAIN_IMPORT_BATCH_H
#define DOMAIN_IMPORT_BATCH_H

#include "import_members.h"
#include "record.h"

#include <stdatomic.h>

#define BATCH_ROWS    4000u
#define BATCH_ARENA   (4u << 20)
#define BATCH_SCRATCH (256u * 1024u) /* of one row */

struct batch_row {
    struct import_place at;
    span members; /* in the arena */
    span key;     /* what others in the file call it; absent: nothing */
    struct import_verdict verdict;
};

/* A row that the data refused when it was applied, though it had been judged: it is left alone when its batch is run again. */
struct import_culprit {
    struct import_place at;
    csign_code code;
    const char *field;
};

/* Everything that the thread needs, made once: the memory of an import does not grow with its file. */
struct batch {
    struct operation operation;
    const struct registry *registry;
    struct import_work work;
    struct batch_row rows[BATCH_ROWS];
    size_t count;
    struct buffer arena, scratch;
    uint64_t read, found; /* bytes and rows so far */
    uint64_t counts[IMPORT_OUTCOMES];
    bool ended;           /* the pass found no further row */
    enum import_state next_state;
    const char *reason; /* of a file that fails */
    csign_fault fault;
    struct import_place reached; /* by the operation that runs */
    struct import_culprit culprit;
    struct import_names *names;
    uint8_t *part, *record; /* IMPORT_PART_MAX, RECORD_MAX */
    size_t commit_rows;     /* in one commit, at most BATCH_ROWS; 0: not said */
    const _Atomic bool *stop; /* NULL: nobody asks it to */
};

csign_code import_work_read(struct session *session, span id, struct import_work *ret, bool *ret_found);

/* import_keys.c: the first reading notes what a row is called by, the second keeps it and judges who has the name of another. */
struct import_names *import_names_make(void);
void import_names_forget(struct import_names *names);
csign_code import_names_note(struct batch *b, const struct batch_row *row, const struct import_members *m, struct buffer *scratch);
csign_code import_names_keep(struct batch *b, struct session *session, struct batch_row *row, const struct import_members *m,
                             struct buffer *scratch);
/* import_stage.c: reads the file and judges what stands for itself. CSIGN_OK, and `reason` set if the file as a whole is no good. */
csign_code import_stage(struct batch *b);
/* import_pass.c: judges or applies the next rows; `ended` after the last. */
csign_code import_pass(struct batch *b, bool apply);

/* Performs an operation of the batch. CSIGN_E_UNAVAILABLE when we are to stop. */
csign_code batch_perform(struct batch *b, csign_code (*run)(struct operation *operation, struct session *session));
struct acting batch_acting(struct batch *b, struct session *session, struct buffer *scratch);

#endif
