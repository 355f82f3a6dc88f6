/* Views, faults and the limits that several headers share. */
#ifndef COUNTERSIGN_TYPES_H
#define COUNTERSIGN_TYPES_H

#include <countersign/code.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A view of bytes that somebody else owns. {NULL, 0} is "absent"; text is UTF-8 and not NUL-terminated. */
typedef struct csign_span {
    const uint8_t *data;
    size_t size;
} csign_span;

/*
 * What was wrong with an input, and where: filled in beside a returned code when the caller passes one.
 * Both texts are static strings and never NULL after a failure; `field` is the member, line or argument,
 * "" where no single one is at fault. `offset` counts bytes from the start of the text that was read.
 */
typedef struct csign_fault {
    csign_code code;
    const char *field;
    const char *reason;
    size_t offset;
} csign_fault;

#define CSIGN_HASH_SIZE       32u /* SHA-256 */
#define CSIGN_PUBLIC_KEY_SIZE 32u /* Ed25519, raw */
#define CSIGN_SIGNATURE_SIZE  64u /* Ed25519, raw */
#define CSIGN_NONCE_SIZE      16u /* of a fresh note, PROTOCOL 3 */

#define CSIGN_ID_MAX       64u            /* PROTOCOL, head: id = 1 to 64 of A-Z a-z 0-9 . _ : - */
#define CSIGN_STRING_MAX   200u           /* TOKENS 5.3: nothing longer than 200 bytes */
#define CSIGN_SLOTS_MAX    4u             /* PROTOCOL 8: signers, 1 to 4 */
#define CSIGN_ENTRIES_MAX  16u            /* TOKENS 3: transaction data entries under one signature */
#define CSIGN_ENTRY_MAX    (2u * 1024u)   /* TOKENS 3: one entry string */
#define CSIGN_SIGN_OFF_MAX (96u * 1024u)  /* TOKENS 3: a sign-off with its entries */
#define CSIGN_ROOT_MAX     (64u * 1024u)  /* PROTOCOL 2 */
#define CSIGN_POLICY_MAX   (256u * 1024u) /* PROTOCOL 8: the JSON of a policy */
#define CSIGN_OVERLAY_MAX  (16u * 1024u)  /* the JSON of an app's overlay: one rule */
#define CSIGN_POLICIES_MAX 8u             /* policies that may apply to one release */

#ifdef __cplusplus
}
#endif

#endif
