/* What a code of a taxonomy or a degree says of a profession. */
#ifndef IMPORT_PROFESSION_H
#define IMPORT_PROFESSION_H

#include "span.h"

/* Of a NUCC code of an individual, or of a degree of HL7 v2 table 0360; NULL: others are not guessed. */
const char *profession_of_code(span code);

#endif
