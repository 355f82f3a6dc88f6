/*
 * The work on a file. Used by import_work.c and its parts.
 *
 * Two threads share it. The one that works on files reads ahead: from the file, or from rows that were staged, into a load. The store's
 * writer does what the load before holds, in operations that commit. Each has its own load and its own scratch; they meet in
 * batch_hand_over() and batch_finish().
 */
#ifndef DOMAIN_IMPORT_BATCH_H
#define DOMAIN_IMPORT_BATCH_H

#include "import_members.h"
#include "record.h"

#include <stdatomic.h>

#define LOAD_ROWS     20000u /* in one commit, where pages that many rows change are written once */
#define LOAD_ARENA    (24u << 20)
#define BATCH_SCRATCH (256u * 1024u)                    /* of one row */
#define LOAD_ROW_MAX  (8u * RECORD_MAX + BATCH_SCRATCH) /* of the arena, by one row: JSON has six characters for a control */

struct batch_row {
    struct import_place at;
    span text;                              /* JSON: what it says, in the words of a deed */
    const struct import_members *members;   /* the same, read; NULL: nothing is to be done with it */
    span key;                               /* what others in the file call it; absent: nothing */
    struct import_verdict verdict;
};

struct load {
    struct batch_row *rows; /* LOAD_ROWS */
    size_t count, next;     /* the first that no commit has done */
    struct buffer arena;    /* holds what the rows say */
    uint64_t read, found;   /* bytes and rows of the file so far, where it is read */
};

/* A row that the data refused when it was applied, though it had been judged: it is left alone when its rows are applied again. */
struct import_culprit {
    struct import_place at;
    csign_code code;
    const char *field;
};

/* Everything that the work needs, made once: the memory of an import does not grow with its file. */
struct batch {
    struct operation operation; /* that runs */
    const struct registry *registry;
    struct import_work work;
    struct load loads[2];
    struct load *ahead, *at_work; /* the one that is filled, and the one whose rows are done */
    const _Atomic bool *stop;     /* NULL: nobody asks it to */
    size_t commit_rows;           /* in one commit, at most */
    const char *reason;           /* of a file that fails */

    /* of the thread that works */
    struct buffer reading; /* scratch */
    struct import_names *names;
    uint8_t *part, *record; /* IMPORT_PART_MAX, RECORD_MAX */
    enum import_state next_state;
    struct errand errand;
    bool is_begun, is_moved; /* an operation is on its way; a checkpoint was made meanwhile */

    /* of the operation */
    csign_code (*act)(struct batch *b, struct session *session, struct batch_row *row);
    csign_code (*keep)(struct batch *b, struct session *session); /* how far it came */
    struct buffer scratch;
    uint64_t counts[IMPORT_OUTCOMES], differing;
    size_t next;                 /* what `next` of the load will be */
    struct import_place reached; /* and `done` of the work */
    struct import_culprit culprit;
    bool is_over; /* the operation ends with the row that was done */
    csign_fault fault;
};

csign_code import_work_read(struct session *session, span id, struct import_work *ret, bool *ret_found);

/* import_keys.c: the first reading notes what a row is called by, the second keeps it and judges who has the name of another. */
struct import_names *import_names_make(void);
void import_names_forget(struct import_names *names);
csign_code import_names_note(struct batch *b, const struct batch_row *row, struct buffer *scratch);
csign_code import_names_keep(struct batch *b, struct session *session, struct batch_row *row, struct buffer *scratch);
/* import_stage.c: reads the file and judges what stands for itself. CSIGN_OK, and `reason` set if the file as a whole is no good. */
csign_code import_stage(struct batch *b);
/* import_pass.c: judges or applies the rows behind `done`. */
csign_code import_pass(struct batch *b, bool apply);

/* import_load.c */
bool load_is_full(const struct batch *b, const struct load *load);
void load_clear(struct load *load);
/* What a row says, read into its load; a code as of import_members_read(). */
csign_code load_read(struct load *load, struct batch_row *row, csign_fault *fault);
/* Begins with the rows of the load that is ahead, once those of the one before are done. CSIGN_E_UNAVAILABLE when we are to stop. */
csign_code batch_hand_over(struct batch *b);
/* Waits until all rows that were handed over are done. Whoever has handed over must, also behind a failure. */
csign_code batch_finish(struct batch *b);
struct acting batch_acting(struct batch *b, struct session *session, struct buffer *scratch);

#endif
