/* The closed schema of each kind of deed, as tables. Used by deed.c. */
#ifndef CORE_DEED_SCHEMA_H
#define CORE_DEED_SCHEMA_H

#include "deed.h"

/* The schema of a kind, whose struct is that of the union of struct deed. */
const struct schema *deed_schema(enum deed_kind kind);
/* Parts of them that come in files, too. */
extern const struct schema deed_identifier_schema, deed_licence_schema;

#endif
