/* The handlers of every route, one file a resource. What each does is in the table of routes.c. */
#ifndef API_RESOURCES_H
#define API_RESOURCES_H

struct exchange;

/* trust.c */
void trust_root(struct exchange *x);
void wellknown_issuer(struct exchange *x);
void vct_practitioner(struct exchange *x);
/* policies.c */
void policies_read(struct exchange *x);
void policies_post(struct exchange *x);
/* status.c */
void status_checkpoint(struct exchange *x);
void status_tile(struct exchange *x);
void status_event(struct exchange *x);
void status_stream(struct exchange *x);
void status_list(struct exchange *x);
void status_fresh(struct exchange *x);
/* tokens.c */
void challenges_post(struct exchange *x);
void tokens_post(struct exchange *x);
/* bindings.c */
void bindings_post(struct exchange *x);
void bindings_end(struct exchange *x);
/* credentials.c */
void credentials_post(struct exchange *x);
/* deeds.c */
void deeds_post(struct exchange *x);
void deeds_list(struct exchange *x);
void deeds_read(struct exchange *x);
/* files.c */
void files_post(struct exchange *x);
void files_post_part(struct exchange *x);
void files_list(struct exchange *x);
void files_read(struct exchange *x);
void files_rows(struct exchange *x);
void files_report_csv(struct exchange *x);
void files_report_html(struct exchange *x);
/* people.c */
void institutions_list(struct exchange *x);
void institutions_read(struct exchange *x);
void practitioners_list(struct exchange *x);
void practitioners_read(struct exchange *x);
void licences_read(struct exchange *x);
/* lookback.c */
void lookback_list(struct exchange *x);
void alerts_list(struct exchange *x);
/* inbox.c */
void inbox_post_pointer(struct exchange *x);
void inbox_list_requests(struct exchange *x);
/* receipts.c */
void receipts_post(struct exchange *x);
/* health.c */
void health_live(struct exchange *x);
void health_ready(struct exchange *x);
void metrics_read(struct exchange *x);

#endif
