/* What a trust root must fulfil beyond its grammar, line by line (PROTOCOL 2). Used by root.c. */
#ifndef CORE_ROOT_CHECK_H
#define CORE_ROOT_CHECK_H

#include "root.h"

/* The rules that hold between lines: root-kind, or root-malformed with the directive as field. */
csign_code root_check(const struct root *root, csign_fault *fault);

/* Whether the threshold of this root's keys signed the note, counted by distinct public key. */
csign_code root_check_signatures(const struct root *root, const struct note *note, csign_fault *fault);

#endif
