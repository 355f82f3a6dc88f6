/* Prints docs/codes.md from the table of include/countersign/code.h. */
#include <countersign/code.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    const char *check = "";
    csign_code code;
    printf("# Codes\n\n"
           "Made from the table in `include/countersign/code.h` by `docs/codes.c`; a test keeps them equal. Do "
           "not edit.\n\n"
           "A code is stable: it is never renumbered, renamed or given another meaning. Rows 1 to 14 are the "
           "checks of a\n"
           "[decision](decision.md), in their order. `countersign explain CODE` prints one of them.\n");
    for (unsigned place = 0; (code = csign_code_at(place)) != CSIGN_OK; place++) {
        if (strcmp(check, csign_code_check(code)) != 0) {
            check = csign_code_check(code);
            printf("\n## %d %s\n\n| Number | Code | What is wrong | What to do |\n|---|---|---|---|\n",
                   (int)code / 100, check);
        }
        printf("| %d | `%s` | %s | %s |\n", (int)code, csign_code_name(code), csign_code_sentence(code),
               csign_code_fix(code));
    }
    return 0;
}
