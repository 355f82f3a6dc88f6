/*
 * Files for import (PROTOCOL 5, enrol.import and roll.import). A file is uploaded in parts, read and judged row by row, shown as a dry run,
 * and applied once officers have signed its digest and counts. One thread works on files, a batch of rows in an operation: what a
 * batch did and how far it came commit together, so that a crash at any row goes on behind it.
 */
#ifndef DOMAIN_IMPORT_H
#define DOMAIN_IMPORT_H

#include "people.h"

#define IMPORT_FILE_MAX (UINT64_C(2) << 30) /* bytes of a file */
#define IMPORT_PART_MAX (4u << 20)          /* bytes of one part of it */
#define IMPORT_ROWS_PAGE 1000u              /* rows of one answer */
#define IMPORT_VIEW_MAX 2048u               /* bytes of the JSON of one file */
#define IMPORT_ROW_VIEW_MAX 512u            /* bytes of what is shown of one row */

/* The values are those of the columns. */
enum import_state { IMPORT_UPLOADING = 1, IMPORT_RECEIVED, IMPORT_CHECKING, IMPORT_CHECKED, IMPORT_APPLYING, IMPORT_APPLIED, IMPORT_FAILED };
enum import_phase { IMPORT_ORGANIZATIONS = 1, IMPORT_PEOPLE, IMPORT_ROLES };
enum import_outcome { IMPORT_PENDING, IMPORT_ADDED, IMPORT_UPDATED, IMPORT_UNCHANGED, IMPORT_FLAGGED, IMPORT_REJECTED, IMPORT_OUTCOMES };
enum import_template { TEMPLATE_PEOPLE_CSV = 1, TEMPLATE_ROLL_CSV, TEMPLATE_FHIR_R4, TEMPLATE_PEOPLE_NPPES };
extern const struct vocabulary import_states, import_outcomes, import_templates;

/* --- uploading --- */

struct import_upload {
    struct operation operation;
    /* A new file: all of these. A part: `id` and `at`. */
    span body, officer, template;
    uint8_t hash[CSIGN_HASH_SIZE];
    uint64_t size;
    char id[40]; /* result of a new one */
    uint64_t at; /* where the part belongs; result: how much is here now */
    span part;
    csign_fault fault;
};
/* Sets what is to be done with bytes that must live until then: a new file, or a further part where `id` is given. */
void import_upload_init(struct import_upload *upload, bool is_new);

/* --- reading --- */

/* Puts {id,template,file,state,…} of a file that the viewer's body brought; CSIGN_E_NOT_FOUND. */
csign_code import_put(struct json_out *o, struct session *session, const struct viewer *viewer, span id);
csign_code imports_put(struct json_out *o, struct session *session, const struct viewer *viewer, span after);

enum import_form { IMPORT_AS_JSON, IMPORT_AS_CSV, IMPORT_AS_HTML };
/*
 * Puts rows behind `after` ("phase.line", or absent): all, or those of one outcome. JSON and CSV go on at the `next` of the answer before; a page
 * has the first rows of each kind that somebody should look at.
 */
csign_code import_rows_put(struct buffer *out, struct session *session, const struct viewer *viewer, span id, span after,
                           uint8_t outcome, enum import_form form, csign_fault *fault);

/* --- working --- */

/* Does what waits, on this thread, with at most so many rows in one commit (0: as many as are good for its speed). For tests. */
csign_code imports_work(const struct registry *registry, size_t commit_rows);

struct imports;
csign_code imports_start(const struct registry *registry, struct imports **ret);
void imports_stop(struct imports **imports);

#endif
