/* countersign-registry: dispatches to its verbs, one file each. */
#include "options.h"
#include "output.h"
#include "verbs.h"

#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

static const struct verb verbs[] = {
    {"init", verb_init, "make a registry: its keys, its configuration, and its trust root or a request for one"},
    {"serve", verb_serve, "run it"},
    {"fsck", verb_fsck, "check every leaf, deed and status index, while it is stopped"},
    {"doctor", verb_doctor, "what is wrong with its surroundings, and what to do"},
};

int main(int argc, char **argv)
{
    struct call call = {.program = "countersign-registry", .argc = argc > 0 ? argc - 1 : 0, .argv = argv + (argc > 0 ? 1 : 0)};
    umask(077); /* whatever it makes is its own */
    if (sodium_init() < 0)
        return fail(&call, CANNOT, "let it have random numbers", "libsodium does not start");
    int code = VERBS(&call, "Runs a registry of Countersign.", verbs);
    call_end(&call);
    if (fflush(stdout) != 0 && code == DONE)
        code = CANNOT;
    return code == STOP ? DONE : code;
}
