#include "routes.h"
#include "api.h"
#include "deeds.h"
#include "import.h"
#include "inbox.h"
#include "policy.h"
#include "proof.h"
#include "receipts.h"
#include "resources.h"

#define JSON "application/json"
#define NOTE "text/plain"
#define BYTES "application/octet-stream"

#define PROOF_BODY (PROOF_MAX + 64u)          /* {"proof":"…"} */
#define INBOX_BODY (INBOX_URL_MAX * 6 + 512u) /* every character escaped */

const struct http_route api_routes[API_ROUTES] = {
    {HTTP_GET, "/trust/{version}", ROLE_ANYONE, NULL, 0, trust_root, "A version of the trust root"},
    {HTTP_GET, "/policies/{name}", ROLE_ANYONE, NULL, 0, policies_read, "A policy that the log names, by the name in its leaf"},
    {HTTP_GET, "/.well-known/jwt-vc-issuer", ROLE_ANYONE, NULL, 0, wellknown_issuer, "The keys of the issuer, for third parties"},
    {HTTP_GET, "/vct/practitioner/1", ROLE_ANYONE, NULL, 0, vct_practitioner, "The type of the credentials"},

    {HTTP_GET, "/status/checkpoint", ROLE_ANYONE, NULL, 0, status_checkpoint, "The newest checkpoint of the status log"},
    {HTTP_GET, "/status/tile/{path*}", ROLE_ANYONE, NULL, 0, status_tile, "A tile of the status log"},
    {HTTP_GET, "/status/e/{size}", ROLE_ANYONE, NULL, 0, status_event, "The commit that brought the log to this size"},
    {HTTP_GET, "/status/stream", ROLE_ANYONE, NULL, 0, status_stream, "The commits after a size, as they come"},
    {HTTP_GET, "/status/list/{number}", ROLE_ANYONE, NULL, 0, status_list, "A Token Status List, for who reads no log"},
    {HTTP_GET, "/status/fresh", ROLE_ANYONE, NULL, 0, status_fresh, "The state of the log, cosigned for a nonce"},

    {HTTP_POST, "/v1/challenges", ROLE_ANYONE, JSON, 64, challenges_post, "A nonce to prove a key over"},
    {HTTP_POST, "/v1/tokens", ROLE_ANYONE, JSON, PROOF_BODY, tokens_post, "An access token for the key that is proven"},
    {HTTP_POST, "/v1/bindings", ROLE_ANYONE, JSON, PROOF_BODY, bindings_post, "A holder's key is bound by a one-time code"},
    {HTTP_POST, "/v1/bindings/end", ROLE_ANYONE, JSON, PROOF_BODY, bindings_end, "A holder ends her own key"},
    {HTTP_POST, "/v1/credentials", ROLE_ANYONE, JSON, PROOF_BODY, credentials_post, "A credential for a bound key"},

    {HTTP_POST, "/v1/deeds", ROLE_OFFICER, NOTE, DEED_NOTE_MAX, deeds_post, "Submits or countersigns a deed"},
    {HTTP_GET, "/v1/deeds", ROLE_OFFICER, NULL, 0, deeds_list, "Deeds that wait, or that were accepted"},
    {HTTP_GET, "/v1/deeds/{hash}", ROLE_OFFICER, NULL, 0, deeds_read, "One deed with its note"},
    {HTTP_POST, "/v1/policies", ROLE_OFFICER, NOTE, POLICY_NOTE_MAX, policies_post, "Brings a policy before a deed publishes it"},

    {HTTP_POST, "/v1/files", ROLE_OFFICER, BYTES, IMPORT_PART_MAX, files_post, "Brings a file for import, or its first part"},
    {HTTP_POST, "/v1/files/{id}", ROLE_OFFICER, BYTES, IMPORT_PART_MAX, files_post_part, "A further part of a file"},
    {HTTP_GET, "/v1/files", ROLE_OFFICER, NULL, 0, files_list, "Files that the officer's body has brought"},
    {HTTP_GET, "/v1/files/{id}", ROLE_OFFICER, NULL, 0, files_read, "How far a file is, and the counts of its dry run"},
    {HTTP_GET, "/v1/files/{id}/rows", ROLE_OFFICER, NULL, 0, files_rows, "What each row came to"},
    {HTTP_GET, "/v1/files/{id}/report.csv", ROLE_OFFICER, NULL, 0, files_report_csv, "The same as a table"},
    {HTTP_GET, "/v1/files/{id}/report.html", ROLE_OFFICER, NULL, 0, files_report_html, "What is to be looked at, as a page"},

    {HTTP_GET, "/v1/institutions", ROLE_OFFICER, NULL, 0, institutions_list, "Institutions within the officer's scope"},
    {HTTP_GET, "/v1/institutions/{id}", ROLE_OFFICER, NULL, 0, institutions_read, "One institution"},
    {HTTP_GET, "/v1/practitioners", ROLE_OFFICER, NULL, 0, practitioners_list, "Practitioners by identifier, number or name"},
    {HTTP_GET, "/v1/practitioners/{id}", ROLE_OFFICER, NULL, 0, practitioners_read, "One practitioner"},
    {HTTP_GET, "/v1/licences/{id}", ROLE_OFFICER, NULL, 0, licences_read, "One licence with its history"},
    {HTTP_GET, "/v1/lookback", ROLE_OFFICER, NULL, 0, lookback_list, "What rests on a licence or practitioner since a time"},
    {HTTP_GET, "/v1/alerts", ROLE_OFFICER, NULL, 0, alerts_list, "What an authority has to look at"},

    {HTTP_POST, "/v1/inbox", ROLE_APP, JSON, INBOX_BODY, inbox_post_pointer, "Leaves the pointer to a request"},
    {HTTP_GET, "/v1/inbox", ROLE_CLINICIAN, NULL, 0, inbox_list_requests, "The requests that wait for the clinician"},
    {HTTP_POST, "/v1/receipts", ROLE_APP, NOTE, RECEIPTS_NOTE_MAX, receipts_post, "A batch of receipts"},

    {HTTP_GET, "/health/live", ROLE_LOCAL, NULL, 0, health_live, "Whether the process answers"},
    {HTTP_GET, "/health/ready", ROLE_LOCAL, NULL, 0, health_ready, "Whether the log is kept fresh"},
    {HTTP_GET, "/metrics", ROLE_LOCAL, NULL, 0, metrics_read, "Counters, as Prometheus reads them"},
};
