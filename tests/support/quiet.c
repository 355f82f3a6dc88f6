#define _GNU_SOURCE
#include "quiet.h"
#include "confine.h"

#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STARTED = -2, RETURNED = -3 };

static volatile long *told; /* shared with the child: STARTED, RETURNED or the number of a call */

bool quiet_available(void)
{
    return confine_available();
}

void *quiet_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("quiet_memory");
        exit(1);
    }
    return memory;
}

static void caught(int signal, siginfo_t *info, void *where)
{
    (void)signal;
    (void)where;
    *told = info->si_syscall;
    syscall(SYS_exit_group, 1);
}

static int forbid_calls(void)
{
    struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    return !filter || sigaction(SIGSYS, &action, NULL) ||
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(exit_group), 0) || seccomp_load(filter);
}

bool quiet_run(void (*function)(void *context), void *context, long *ret_call)
{
    int status = 0;
    told = quiet_memory(sizeof *told);
    *told = STARTED;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (forbid_calls() == 0) {
            function(context);
            *told = RETURNED;
        }
        syscall(SYS_exit_group, 0);
    }
    bool ended = child > 0 && waitpid(child, &status, 0) == child;
    long seen = *told;
    munmap((void *)(size_t)told, sizeof *told);
    told = NULL;
    *ret_call = seen >= 0 ? seen : -1;
    return ended && seen == RETURNED;
}
