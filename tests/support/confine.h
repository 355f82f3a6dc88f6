/*
 * Takes network and files from the program: afterwards it may compute, use memory, read and write descriptors that are
 * open, and end; any other system call kills it with SIGSYS. CI runs libcountersign's tests so (DESIGN 4).
 *
 * A program that reads its cases from files reads them first and calls this then. One that reads none need not call it:
 * every test program that links `support` calls it before main when CONFINE=1 is in its environment.
 */
#ifndef SUPPORT_CONFINE_H
#define SUPPORT_CONFINE_H

#include <stdbool.h>

/* False where it cannot be had: under sanitizers, whose runtimes open files, and without seccomp. */
bool confine_available(void);
/* 0 when the program is confined. To be called before other threads are started. */
int confine(void);

#endif
