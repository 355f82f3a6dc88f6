/* Prints what docs/openapi.json must say: every route with its roles and body, and the codes of rows 15 to 18. */
#include "routes.h"

#include <stdio.h>

static void print_roles(unsigned roles)
{
    static const struct {
        unsigned role;
        const char *name;
    } names[] = {{ROLE_ANYONE, "anyone"}, {ROLE_LOCAL, "local"}, {ROLE_OFFICER, "officer"}, {ROLE_APP, "app"},
                 {ROLE_CLINICIAN, "clinician"}};
    const char *comma = "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (roles & names[i].role) {
            printf("%s%s", comma, names[i].name);
            comma = ",";
        }
}

int main(void)
{
    csign_code code;
    for (size_t i = 0; i < API_ROUTES; i++) {
        const struct http_route *r = &api_routes[i];
        printf("route\t%s\t%s\t", r->method == HTTP_GET ? "get" : "post", r->path);
        print_roles(r->roles);
        printf("\t%s\t%zu\t%s\n", r->takes ? r->takes : "", r->body_max, r->summary);
    }
    for (unsigned place = 0; (code = csign_code_at(place)) != CSIGN_OK; place++)
        if (code / 100 >= 15)
            printf("code\t%s\n", csign_code_name(code));
    return 0;
}
