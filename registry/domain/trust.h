/*
 * The trust root in the registry (PROTOCOL 2): its notes are stored, the log names each version by a K leaf, and its admin lines
 * are the first officers and say over which jurisdictions an authority has power.
 *
 * Jurisdictions are those of the newest root alone: an authority that it no longer names has none. Officers that were brought by
 * an admin line stay when the line goes, until an officer.end ends them: a root that forgets a line must not lock an authority
 * out, and who ends an officer is to be read in a deed. One that was ended is not brought back by its line.
 */
#ifndef DOMAIN_TRUST_H
#define DOMAIN_TRUST_H

#include "registry.h"

/*
 * Brings the store and the log up to date with the root notes, oldest first, each of the next version, the newest of them
 * `registry->root`. To be done at each start, before anything else is appended: leaf 0 is the first root's. root-…, conflict
 * where another note of a version is held.
 */
csign_code trust_load(const struct registry *registry, const span *notes, size_t count, csign_fault *fault);

/* Whether a root line of any kind but admin has this key: it then has a role, and gets no other. */
bool trust_has_key(const struct root *root, const struct public_key *key);

#endif
