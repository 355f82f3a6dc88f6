/* `countersign policy test` alone, for mutants.py: run policy test [--json] CASES */
#include "policy_verbs.h"

#include <sodium.h>

int main(int argc, char **argv)
{
    struct call call = {.program = "countersign", .verb = "policy test", .argc = argc > 3 ? argc - 3 : 0, .argv = argv + 3};
    if (argc < 4 || sodium_init() < 0)
        return 2;
    int code = policy_test(&call);
    call_end(&call);
    return code;
}
