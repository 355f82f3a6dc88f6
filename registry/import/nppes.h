/*
 * Rows of the NPPES dissemination file (CMS) as the JSON of members that a deed would have. Its header has some 330 columns, of which
 * those that matter are found by name; docs/import.md lists them.
 */
#ifndef IMPORT_NPPES_H
#define IMPORT_NPPES_H

#include "csv.h"
#include "json_write.h"

#define NPPES_LICENCES 15u /* taxonomies of one provider, each with a licence */

enum nppes_column { NPPES_NPI, NPPES_ENTITY, NPPES_LAST, NPPES_FIRST, NPPES_MIDDLE, NPPES_SUFFIX, NPPES_DEACTIVATED, NPPES_REACTIVATED,
                    NPPES_COLUMNS };
enum nppes_slot { NPPES_TAXONOMY, NPPES_NUMBER, NPPES_STATE, NPPES_PRIMARY, NPPES_SLOTS };

struct nppes {
    size_t count; /* of the header */
    size_t at[NPPES_COLUMNS], of[NPPES_LICENCES][NPPES_SLOTS]; /* where a column stands in the file, from 1; 0: it is not there */
};

/* Reads the header. False if a column that must be there is missing, or one that is known stands twice. */
bool nppes_read(const span *header, size_t count, struct nppes *ret);

/*
 * Puts the members of a row: the person, the licence in a state that `jurisdiction` covers if there is one, and that she works here. False, with
 * the column and why: an organization, a number that was deactivated.
 */
bool nppes_put(const struct nppes *columns, const span *fields, size_t count, span jurisdiction, struct buffer *scratch, struct json_out *o,
               const char **ret_column, const char **ret_reason);

#endif
