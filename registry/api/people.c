/* /v1/institutions, /v1/practitioners, /v1/licences: what officers may read, within their scope. */
#include "api.h"
#include "resources.h"

#define ONE_MAX (256u * 1024u) /* bytes of one person or licence with its history */

static csign_code put_institutions(struct exchange *x, struct session *session, const struct viewer *viewer, struct json_out *o,
                                   csign_fault *fault)
{
    (void)fault;
    return institutions_put(o, session, viewer, exchange_query(x, "after"));
}

void institutions_list(struct exchange *x)
{
    api_answer_viewer(x, PEOPLE_PUT_MAX, put_institutions);
}

static csign_code put_institution(struct exchange *x, struct session *session, const struct viewer *viewer, struct json_out *o,
                                  csign_fault *fault)
{
    (void)fault;
    return institution_put(o, session, viewer, exchange_path(x, "id"));
}

void institutions_read(struct exchange *x)
{
    api_answer_viewer(x, ONE_MAX, put_institution);
}

static csign_code put_practitioners(struct exchange *x, struct session *session, const struct viewer *viewer, struct json_out *o,
                                    csign_fault *fault)
{
    const struct practitioner_query query = {.system = exchange_query(x, "system"), .value = exchange_query(x, "value"),
                                             .number = exchange_query(x, "number"), .name = exchange_query(x, "name")};
    return practitioners_put(o, session, viewer, &query, fault);
}

void practitioners_list(struct exchange *x)
{
    api_answer_viewer(x, PEOPLE_PUT_MAX, put_practitioners);
}

static csign_code put_practitioner(struct exchange *x, struct session *session, const struct viewer *viewer, struct json_out *o,
                                   csign_fault *fault)
{
    (void)fault;
    return practitioner_put(o, session, viewer, exchange_path(x, "id"));
}

void practitioners_read(struct exchange *x)
{
    api_answer_viewer(x, ONE_MAX, put_practitioner);
}

static csign_code put_licence(struct exchange *x, struct session *session, const struct viewer *viewer, struct json_out *o,
                              csign_fault *fault)
{
    (void)fault;
    return licence_put(o, session, viewer, exchange_path(x, "id"));
}

void licences_read(struct exchange *x)
{
    api_answer_viewer(x, ONE_MAX, put_licence);
}
