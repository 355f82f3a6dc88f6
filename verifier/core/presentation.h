/*
 * A presentation: an SD-JWT with key binding as it travels, <JWT>~<D>~…~<KB-JWT> (RFC 9901 section 4), split at its
 * tildes and capped.
 */
#ifndef CORE_PRESENTATION_H
#define CORE_PRESENTATION_H

#include "hash.h"
#include "jws.h"

#define DISCLOSURES_MAX     32u          /* TOKENS 3, as the three below */
#define DISCLOSURE_MAX      (2u * 1024u)
#define ISSUER_JWT_MAX      (8u * 1024u)
#define KEY_BINDING_JWT_MAX (4u * 1024u)

struct presentation {
    span bound; /* through the last tilde: what sd_hash is the hash of */
    struct jws jwt, key_binding; /* split, not decoded */
    size_t disclosure_count;
    span disclosures[DISCLOSURES_MAX]; /* as received */
};

/* Splits a credential as issued (no key binding) or, if `bound`, a sign-off. malformed-token. */
csign_code presentation_split(span text, bool bound, struct presentation *ret, csign_fault *fault);

#endif
