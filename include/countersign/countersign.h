/* Countersign: everything that a program needs to confirm a clinician's sign-off before a document is released. */
#ifndef COUNTERSIGN_COUNTERSIGN_H
#define COUNTERSIGN_COUNTERSIGN_H

#include <countersign/code.h>
#include <countersign/decide.h>
#include <countersign/gate.h>
#include <countersign/types.h>

#endif
