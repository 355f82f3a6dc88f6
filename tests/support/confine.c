#define _GNU_SOURCE
#include "confine.h"
#include "sanitized.h"

#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>

bool confine_available(void)
{
    return !SANITIZED && seccomp_api_get() > 0;
}

static int allow_calls(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(read),         SCMP_SYS(write),      SCMP_SYS(readv),          SCMP_SYS(writev),
        SCMP_SYS(lseek),        SCMP_SYS(munmap),     SCMP_SYS(mremap),         SCMP_SYS(madvise),
        SCMP_SYS(brk),          SCMP_SYS(futex),      SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
        SCMP_SYS(rt_sigreturn), SCMP_SYS(getrandom),                    /* libsodium's start */
        SCMP_SYS(getpid),       SCMP_SYS(gettid),     SCMP_SYS(tgkill), /* abort(): a failed test says why */
        SCMP_SYS(exit),         SCMP_SYS(exit_group),
    };
    int bad = 0;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    /* Memory, but none that holds a file or can be executed. */
    bad |=
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                         SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
    bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return bad;
}

int confine(void)
{
    /* A stream that has its buffer does not ask the file for its kind when it is first written. */
    static char buffer[BUFSIZ];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    (void)unshare(CLONE_NEWNET); /* where it is permitted: not even an inherited socket could be connected */

    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return -1;
    int bad = allow_calls(filter) || seccomp_load(filter);
    seccomp_release(filter);
    return bad ? -1 : 0;
}
