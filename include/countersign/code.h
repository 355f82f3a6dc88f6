/*
 * The closed set of codes. Every refusal and every error of Countersign is one row of this table; the
 * enumeration, the texts, the command's `explain`, the JSON and docs/codes.md are made from it.
 *
 * A code is stable: it is never renumbered, renamed or given another meaning. number = 100 x row + place in
 * the row; rows 1 to 14 are the checks of a decision in their order, 15 is the release around it, 16 the
 * loading of signed things, 17 the calls themselves, 18 the registry.
 *
 * Thread safety: everything here is constant and may be called from any thread.
 */
#ifndef COUNTERSIGN_CODE_H
#define COUNTERSIGN_CODE_H

#include <countersign/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(number, NAME, "code", "check", "source", "sentence", "fix") */
#define CSIGN_CODES(X) \
    /* 1: root */ \
    X(101, ROOT_MISSING, "root-missing", "root", "PROTOCOL 2", \
      "No trust root is held.", \
      "give the gate its root note, or the note whose hash it was opened with") \
    X(102, ROOT_TEST, "root-test", "root", "PROTOCOL 2", \
      "The trust root is a test root.", \
      "open the gate for test roots, or install the production root") \
    X(103, ROOT_EXPIRED, "root-expired", "root", "PROTOCOL 2", \
      "The trust root has expired.", \
      "fetch the next root version from the registry") \
    X(104, ROOT_STALE, "root-stale", "root", "PROTOCOL 2", \
      "The log names a newer root than the one held.", \
      "fetch the root version that the log names and apply it") \
    /* 2: policy */ \
    X(201, POLICY_MISSING, "policy-missing", "policy", "PROTOCOL 8", \
      "No policy covers this jurisdiction.", \
      "ask the authority of this jurisdiction to publish a policy, or correct the jurisdiction") \
    X(202, POLICY_STALE, "policy-stale", "policy", "PROTOCOL 8", \
      "The log names a policy version that the gate does not hold.", \
      "fetch the policy that the log names and apply it") \
    X(203, POLICY_EXPIRED, "policy-expired", "policy", "PROTOCOL 8", \
      "The policy for this jurisdiction has passed its end date.", \
      "ask the authority to publish a new version") \
    X(204, ACT_UNKNOWN, "act-unknown", "policy", "PROTOCOL 8", \
      "No policy has a rule for this act in this setting.", \
      "correct the act or the setting; what no rule names cannot be released") \
    /* 3: evidence */ \
    X(301, STATUS_UNKNOWN, "status-unknown", "evidence", "PROTOCOL 3", \
      "No status evidence is held.", \
      "connect to the registry and replay its status log") \
    X(302, LOG_INCONSISTENT, "log-inconsistent", "evidence", "PROTOCOL 3", \
      "The status log has shown two different histories.", \
      "stop releasing and report both notes to the authority") \
    X(303, CLOCK, "clock", "evidence", "PROTOCOL 3", \
      "The clock and the evidence disagree.", \
      "set the clock; evidence cannot come from the future") \
    X(304, STATUS_STALE, "status-stale", "evidence", "PROTOCOL 3", \
      "The status evidence is older than the limit.", \
      "reconnect to the registry; do not raise the limit") \
    /* 4: request */ \
    X(401, NO_REQUEST, "no-request", "request", "PROTOCOL 4", \
      "A sign-off has no stored request.", \
      "keep every request until its sign-offs are released, and pass them in slot order") \
    X(402, REQUEST_MISMATCH, "request-mismatch", "request", "PROTOCOL 4", \
      "The release differs from the stored request.", \
      "release what was requested, or make a new request") \
    X(403, REQUEST_EXPIRED, "request-expired", "request", "PROTOCOL 4", \
      "The sign-off arrived after its request had expired.", \
      "make a new request and have it signed in time") \
    /* 5: sign-off */ \
    X(501, NO_SIGNOFF, "no-signoff", "sign-off", "TOKENS 5", \
      "Nobody signed.", \
      "have a qualified clinician sign this document") \
    X(502, MALFORMED_TOKEN, "malformed-token", "sign-off", "TOKENS 5", \
      "The sign-off is not a well-formed SD-JWT with key binding.", \
      "send the sign-off exactly as the signer's client made it") \
    X(503, MALFORMED_BASE64, "malformed-base64", "sign-off", "TOKENS 5", \
      "A part of the sign-off is not canonical base64url.", \
      "send the sign-off exactly as the signer's client made it") \
    X(504, MALFORMED_HEADER, "malformed-header", "sign-off", "TOKENS 5", \
      "A token header is outside the profile.", \
      "issue and sign with the algorithms and types of the profile") \
    X(505, MALFORMED_JSON, "malformed-json", "sign-off", "TOKENS 5", \
      "A part of the sign-off is not strict JSON.", \
      "make each part strict JSON: UTF-8, no member twice, nothing after the value") \
    X(506, MALFORMED_DISCLOSURE, "malformed-disclosure", "sign-off", "TOKENS 5", \
      "A disclosure is not well-formed or not committed to.", \
      "present only disclosures that the credential commits to, each once") \
    X(507, MALFORMED_CLAIMS, "malformed-claims", "sign-off", "TOKENS 5", \
      "The credential's claims are outside the profile.", \
      "have the registry issue a credential of the current profile") \
    X(508, MALFORMED_KEY_BINDING, "malformed-key-binding", "sign-off", "TOKENS 5", \
      "The key binding's claims are outside the profile.", \
      "sign with a client of the current profile") \
    X(509, MALFORMED_TRANSACTION, "malformed-transaction", "sign-off", "TOKENS 5", \
      "The transaction data is outside its closed schema.", \
      "sign with a client of the current profile") \
    X(510, HASH_MISMATCH, "hash-mismatch", "sign-off", "TOKENS 5", \
      "The signed hashes are not those of the transaction data sent.", \
      "send the transaction data exactly as it was signed") \
    X(511, SIGNOFF_MISMATCH, "signoff-mismatch", "sign-off", "TOKENS 5", \
      "The sign-off differs from its stored request.", \
      "have the stored request signed, unchanged") \
    /* 6: credential */ \
    X(601, ISSUER_UNKNOWN, "issuer-unknown", "credential", "TOKENS 4", \
      "No issuer of the trust root could have issued this credential.", \
      "obtain the credential from a registry that the root names for this jurisdiction") \
    X(602, SIGNATURE_BAD, "signature-bad", "credential", "TOKENS 4", \
      "The credential's signature does not verify.", \
      "obtain a fresh credential from the registry") \
    X(603, TYPE_WRONG, "type-wrong", "credential", "TOKENS 4", \
      "The credential is of another type.", \
      "present a practitioner credential of this registry") \
    X(604, CREDENTIAL_TEST, "credential-test", "credential", "TOKENS 4", \
      "A test credential was met under a production root, or the reverse.", \
      "use credentials and roots of one kind") \
    X(605, CREDENTIAL_EXPIRED, "credential-expired", "credential", "TOKENS 4", \
      "The credential had expired when the sign-off was made or received.", \
      "fetch a fresh credential and sign again") \
    X(606, CREDENTIAL_NOT_YET, "credential-not-yet", "credential", "TOKENS 4", \
      "The credential was not yet valid when the sign-off was made.", \
      "set the signer's clock and sign again") \
    X(607, CREDENTIAL_TOO_LONG, "credential-too-long", "credential", "TOKENS 4", \
      "The credential lives longer than 24 hours.", \
      "have the registry issue short-lived credentials") \
    /* 7: holder */ \
    X(701, HOLDER_KEY_BAD, "holder-key-bad", "holder", "TOKENS 5.1", \
      "The holder's key is not a sound Ed25519 key.", \
      "bind a new key") \
    X(702, HOLDER_SIGNATURE_BAD, "holder-signature-bad", "holder", "TOKENS 5.1", \
      "The clinician's signature does not verify.", \
      "have the clinician sign again with the key that is bound") \
    X(703, AUDIENCE_WRONG, "audience-wrong", "holder", "TOKENS 5.1", \
      "The sign-off is for another deployment.", \
      "have it signed for this deployment") \
    X(704, NONCE_WRONG, "nonce-wrong", "holder", "TOKENS 5.1", \
      "The sign-off answers another request.", \
      "send the sign-off that answers the stored request") \
    X(705, SIGNOFF_TOO_OLD, "signoff-too-old", "holder", "TOKENS 5.1", \
      "The sign-off is older than the rule or its request allows.", \
      "have the document signed again") \
    X(706, SIGNOFF_IN_FUTURE, "signoff-in-future", "holder", "TOKENS 5.1", \
      "The sign-off is dated later than it was received.", \
      "set the signer's clock and sign again") \
    /* 8: binding */ \
    X(801, STATUS_LOG_UNKNOWN, "status-log-unknown", "binding", "PROTOCOL 3", \
      "The credential points to another status log.", \
      "present a credential of the registry whose root this gate holds") \
    X(802, RETIRED, "retired", "binding", "PROTOCOL 3", \
      "The status index has been retired.", \
      "fetch a fresh credential") \
    X(803, BINDING_UNKNOWN, "binding-unknown", "binding", "PROTOCOL 3", \
      "The status log does not know this binding.", \
      "catch up with the status log, or ask the registry why the binding is not in it") \
    X(804, BINDING_MISMATCH, "binding-mismatch", "binding", "PROTOCOL 3", \
      "The status log commits this index to another person or key.", \
      "report it to the authority: a credential was issued that the log does not support") \
    X(805, REVOKED, "revoked", "binding", "PROTOCOL 3", \
      "The binding was revoked.", \
      "the document needs another signer") \
    X(806, SUSPENDED, "suspended", "binding", "PROTOCOL 3", \
      "The binding is suspended.", \
      "wait for the authority's decision; the document needs another signer") \
    X(807, SUPERSEDED, "superseded", "binding", "PROTOCOL 3", \
      "The binding has a newer index.", \
      "fetch a fresh credential and sign again") \
    X(808, CUT_INSTITUTION, "cut-institution", "binding", "PROTOCOL 3", \
      "What this institution's clinicians held before the cut has ended.", \
      "fetch a fresh credential, if the authority has restored the institution") \
    X(809, CUT_TOOL, "cut-tool", "binding", "PROTOCOL 3", \
      "What this tool asked for before the cut has ended.", \
      "ask the authority why the tool was stopped") \
    X(810, CUT_MODEL, "cut-model", "binding", "PROTOCOL 3", \
      "What this model of the tool asked for before the cut has ended.", \
      "use a model that is not stopped") \
    X(811, CUT_ISSUER, "cut-issuer", "binding", "PROTOCOL 3", \
      "What this issuer key signed before the cut has ended.", \
      "fetch a fresh credential") \
    X(812, CUT_ALL, "cut-all", "binding", "PROTOCOL 3", \
      "Everything issued before the cut has ended.", \
      "fetch a fresh credential") \
    /* 9: document */ \
    X(901, DOCUMENT_CHANGED, "document-changed", "document", "PROTOCOL 4, 8", \
      "The document is not the one that was signed.", \
      "release the signed bytes, or have the changed document signed") \
    X(902, DOCUMENT_SIZE, "document-size", "document", "PROTOCOL 4, 8", \
      "The document's size is not the one that was signed.", \
      "release the signed bytes") \
    X(903, DOCUMENT_ACT, "document-act", "document", "PROTOCOL 4, 8", \
      "A document of this kind cannot be released as this act.", \
      "request the act that this kind of document needs") \
    /* 10: disposition */ \
    X(1001, REJECTED, "rejected", "disposition", "PROTOCOL 4", \
      "The clinician rejected the document.", \
      "do not release it; a rejection is final") \
    X(1002, DISPOSITION_CONTRADICTION, "disposition-contradiction", "disposition", "PROTOCOL 4", \
      "The disposition and the draft contradict each other.", \
      "sign as modified or overridden only what differs from the draft, as accepted only what does not") \
    /* 11: authorship */ \
    X(1101, AI_AUTHORED, "ai-authored", "authorship", "PROTOCOL 4", \
      "An AI wrote this, and the rule does not allow it.", \
      "the clinician must write this document; a signature does not change who wrote it") \
    X(1102, AI_ASSISTED, "ai-assisted", "authorship", "PROTOCOL 4", \
      "An AI had a part in this, and the rule does not allow it.", \
      "the clinician must write this document without AI") \
    X(1103, AUTHORSHIP_CONTRADICTION, "authorship-contradiction", "authorship", "PROTOCOL 4", \
      "What is declared about AI authorship contradicts itself, the app or the document.", \
      "declare the AI's part as it was") \
    X(1104, PROVENANCE_MISSING, "provenance-missing", "authorship", "PROTOCOL 4", \
      "The document carries no Provenance for the AI's part.", \
      "add the Provenance resource that the rule demands") \
    /* 12: qualification */ \
    X(1201, PROFESSION, "profession", "qualification", "PROTOCOL 8", \
      "The signer's profession may not sign this.", \
      "have it signed by one of the professions that the rule names") \
    X(1202, LEVEL, "level", "qualification", "PROTOCOL 8", \
      "The signer's level may not sign this.", \
      "have it signed at the level that the rule names") \
    X(1203, SPECIALTY, "specialty", "qualification", "PROTOCOL 8", \
      "The signer's specialty does not cover this.", \
      "have it signed in one of the specialties that the rule names") \
    X(1204, JURISDICTION, "jurisdiction", "qualification", "PROTOCOL 8", \
      "The signer's licence does not cover the place of care.", \
      "have it signed by someone licensed there") \
    X(1205, SITE, "site", "qualification", "PROTOCOL 8", \
      "The signer is not enrolled at this site as the rule demands.", \
      "file the site for the signer, or have it signed at the signer's own site") \
    X(1206, CONSENT_EMPLOYER, "consent-employer", "qualification", "PROTOCOL 8", \
      "The signer's employer has not consented.", \
      "record the employer's consent at the registry") \
    X(1207, EXPERIENCE, "experience", "qualification", "PROTOCOL 8", \
      "The signer's independent practice is too short or unknown.", \
      "have it signed by someone with the years that the rule names") \
    X(1208, PRIVILEGE, "privilege", "qualification", "PROTOCOL 8", \
      "The signer lacks a privilege that the rule demands.", \
      "have it signed by someone who holds the privilege") \
    X(1209, SCHEDULE, "schedule", "qualification", "PROTOCOL 8", \
      "The signer may not prescribe this schedule.", \
      "have it signed by someone registered for the schedule, and state the schedule") \
    X(1210, ANTIMICROBIAL_GRADE, "antimicrobial-grade", "qualification", "PROTOCOL 8", \
      "The signer may not prescribe this antimicrobial grade.", \
      "have it signed by someone of this grade, and state the grade") \
    X(1211, CONDITION, "condition", "qualification", "PROTOCOL 8", \
      "A condition on the signer's licence denies this act.", \
      "have it signed by someone else") \
    X(1212, UNRESTRICTED_REQUIRED, "unrestricted-required", "qualification", "PROTOCOL 8", \
      "The rule demands a licence without conditions.", \
      "have it signed by someone whose licence is unrestricted") \
    X(1213, ASSURANCE, "assurance", "qualification", "PROTOCOL 8", \
      "The signer's licence is attested, not validated.", \
      "have the authority's roll confirm the licence") \
    X(1214, LICENCE_EXPIRED, "licence-expired", "qualification", "PROTOCOL 8", \
      "The signer's licence has ended or its end is unknown.", \
      "renew the licence, then fetch a fresh credential") \
    X(1215, IDENTITY_UNDISCLOSED, "identity-undisclosed", "qualification", "PROTOCOL 8", \
      "The signer did not disclose what the rule demands.", \
      "disclose the name, licence number or identifiers and sign again") \
    /* 13: signers */ \
    X(1301, SIGNER_MISSING, "signer-missing", "signers", "PROTOCOL 4", \
      "A signer that the rule asks for is missing.", \
      "have the next signer sign") \
    X(1302, SUPERVISOR_MISSING, "supervisor-missing", "signers", "PROTOCOL 4", \
      "The supervisor's signature is missing.", \
      "have the supervisor sign") \
    X(1303, SIGNER_NOT_DISTINCT, "signer-not-distinct", "signers", "PROTOCOL 4", \
      "One person or one key signed twice.", \
      "have each slot signed by another person") \
    X(1304, SIGNER_ORDER, "signer-order", "signers", "PROTOCOL 4", \
      "The signers did not sign in the order of the rule.", \
      "have them sign again, in order") \
    X(1305, SIGNER_CHAIN, "signer-chain", "signers", "PROTOCOL 4", \
      "A later signer did not sign over the earlier sign-off, or signed something else.", \
      "ask of the later signer what the first was asked, with `prior` of the sign-off before, and have it signed again") \
    X(1306, MEANING, "meaning", "signers", "PROTOCOL 4", \
      "The signature's meaning is not one that the rule allows.", \
      "sign again with the meaning that the rule names") \
    /* 14: circumstances */ \
    X(1401, FACT_MISSING, "fact-missing", "circumstances", "PROTOCOL 8", \
      "A fact that the rule needs is not stated.", \
      "state the fact in the request and have it signed") \
    X(1402, FIRST_VISIT, "first-visit", "circumstances", "PROTOCOL 8", \
      "The rule allows return visits only.", \
      "see the patient in person first") \
    X(1403, AGE_RULE, "age-rule", "circumstances", "PROTOCOL 8", \
      "The rule denies this for a patient of this age.", \
      "see the patient as the rule demands") \
    X(1404, OFF_LABEL, "off-label", "circumstances", "PROTOCOL 8", \
      "The rule denies this off-label use.", \
      "record what the rule demands for off-label use") \
    X(1405, CONSENT_MISSING, "consent-missing", "circumstances", "PROTOCOL 8", \
      "The patient's consent is not recorded.", \
      "record the consent that the rule names") \
    X(1406, AI_NOTICE_MISSING, "ai-notice-missing", "circumstances", "PROTOCOL 8", \
      "The patient was not told of the AI.", \
      "give the notice that the rule names") \
    X(1407, FACTORS, "factors", "circumstances", "PROTOCOL 8", \
      "The signer's authenticator is weaker than the rule demands.", \
      "sign with a key that is kept and unlocked as the rule demands") \
    X(1408, AUTHENTICATION_TOO_OLD, "authentication-too-old", "circumstances", "PROTOCOL 8", \
      "The signer authenticated too long before signing.", \
      "unlock the key again and sign again") \
    X(1409, BATCH_PATIENTS, "batch-patients", "circumstances", "PROTOCOL 8", \
      "One signature covers more than one patient.", \
      "sign for one patient at a time") \
    X(1410, BATCH_SIZE, "batch-size", "circumstances", "PROTOCOL 8", \
      "One signature covers more documents than the rule allows.", \
      "sign fewer documents at once") \
    X(1411, HARD_DENY, "hard-deny", "circumstances", "PROTOCOL 8", \
      "The rule denies this outright.", \
      "this cannot be released in this setting") \
    X(1412, STOP, "stop", "circumstances", "PROTOCOL 8", \
      "Online care had to stop.", \
      "refer the patient to care in person") \
    /* 15: release */ \
    X(1501, REPLAY, "replay", "release", "PROTOCOL 6", \
      "This sign-off or release id was used before.", \
      "have the document signed again for another release") \
    X(1502, PERMIT_EXPIRED, "permit-expired", "release", "PROTOCOL 6", \
      "The permit has run out.", \
      "decide again") \
    X(1503, AUDIT_BACKLOG, "audit-backlog", "release", "PROTOCOL 6", \
      "Too many receipts wait to be sent.", \
      "reconnect to the supervision platform; releases go on when the receipts are through") \
    X(1504, OUTBOX_FULL, "outbox-full", "release", "PROTOCOL 6", \
      "The outbox cannot take another receipt.", \
      "free disk space or repair the outbox") \
    /* 16: loading */ \
    X(1601, NOTE_MALFORMED, "note-malformed", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The signed note is not well-formed.", \
      "fetch it again; send notes byte for byte") \
    X(1602, NOTE_SIGNATURE_BAD, "note-signature-bad", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "A signature by a known key does not verify.", \
      "fetch the note again; report it if it stays") \
    X(1603, NOTE_UNSIGNED, "note-unsigned", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "No signature by an expected key is on the note.", \
      "have the note signed by the key that the root names") \
    X(1604, ROOT_MALFORMED, "root-malformed", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The trust root is outside its grammar.", \
      "correct the line that is named") \
    X(1605, ROOT_KIND, "root-kind", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The trust root's kind and its names contradict each other.", \
      "end every origin of a test root in .test; keep the kind across versions") \
    X(1606, ROOT_VERSION, "root-version", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The trust root is not the next version.", \
      "apply every version in turn, none twice") \
    X(1607, ROOT_THRESHOLD, "root-threshold", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "Too few distinct root keys signed.", \
      "collect signatures of the threshold of the old and of the new version") \
    X(1608, ROOT_HASH, "root-hash", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The trust root is not the one whose hash was given.", \
      "check the hash that the gate was configured with") \
    X(1609, POLICY_MALFORMED, "policy-malformed", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The policy is outside its schema.", \
      "correct the member that is named; docs/policy.schema.json says what each may be") \
    X(1610, POLICY_SIGNER, "policy-signer", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The key may not sign policies for this jurisdiction.", \
      "have the policy signed by a policy key that the root names for it") \
    X(1611, POLICY_ROLLED_BACK, "policy-rolled-back", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The policy's version is not newer.", \
      "publish a higher version") \
    X(1612, POLICY_UNNAMED, "policy-unnamed", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "No leaf of the log names this policy.", \
      "publish the policy in the log first") \
    X(1613, CHECKPOINT_MALFORMED, "checkpoint-malformed", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The checkpoint is not well-formed.", \
      "fetch it again") \
    X(1614, CHECKPOINT_ROLLED_BACK, "checkpoint-rolled-back", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The checkpoint is smaller or older than one seen before.", \
      "find out who serves an old log") \
    X(1615, TILE_MALFORMED, "tile-malformed", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The tile has a wrong size or path.", \
      "fetch it again") \
    X(1616, LEAF_MALFORMED, "leaf-malformed", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "A leaf of the status log is outside its format or its order.", \
      "report the log to the authority") \
    X(1617, PROOF_BAD, "proof-bad", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The proof does not lead to the signed tree.", \
      "fetch proof and leaves again; report the log if it stays") \
    X(1618, EQUIVOCATION, "equivocation", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "Two signed histories of one log were seen.", \
      "keep both notes and report them") \
    X(1619, DEED_MALFORMED, "deed-malformed", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The deed is outside its format.", \
      "correct the member that is named") \
    X(1620, RECEIPT_MALFORMED, "receipt-malformed", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The receipt is outside its format.", \
      "correct the member that is named") \
    X(1621, KEY_FILE_MALFORMED, "key-file-malformed", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The key file is outside its format or for another purpose.", \
      "use the key file that was made for this purpose") \
    X(1622, PASSPHRASE_WRONG, "passphrase-wrong", "loading", "PROTOCOL 2, 3, 5, 6, 8", \
      "The passphrase does not open the key file.", \
      "try again with the right passphrase") \
    /* 17: calls */ \
    X(1701, ARGUMENT, "argument", "calls", "include/countersign", \
      "An argument is missing, malformed or contradicts another.", \
      "correct the argument that is named") \
    X(1702, NO_SPACE, "no-space", "calls", "include/countersign", \
      "The caller's buffer is too small.", \
      "call again with the size that the header names") \
    X(1703, TOO_LARGE, "too-large", "calls", "include/countersign", \
      "The input is larger than its limit.", \
      "send less; of policies, have at most eight in force cover one place") \
    X(1704, INTERNAL, "internal", "calls", "include/countersign", \
      "An internal limit was met.", \
      "report it as a defect") \
    /* 18: registry */ \
    X(1801, UNAUTHENTICATED, "unauthenticated", "registry", "PROTOCOL 5, 7, 9", \
      "The caller is not authenticated.", \
      "obtain an access token with the caller's key") \
    X(1802, FORBIDDEN, "forbidden", "registry", "PROTOCOL 5, 7, 9", \
      "The caller's role may not do this.", \
      "have it done by a role that may") \
    X(1803, NOT_FOUND, "not-found", "registry", "PROTOCOL 5, 7, 9", \
      "There is no such thing, or it is not the caller's to see.", \
      "check the identifier") \
    X(1804, CONFLICT, "conflict", "registry", "PROTOCOL 5, 7, 9", \
      "The request contradicts what is recorded.", \
      "read the current state and try again") \
    X(1805, TOO_MANY, "too-many", "registry", "PROTOCOL 5, 7, 9", \
      "Too many requests.", \
      "wait as long as the answer says") \
    X(1806, UNAVAILABLE, "unavailable", "registry", "PROTOCOL 5, 7, 9", \
      "The registry cannot answer now.", \
      "try again later") \
    X(1807, BODY_MALFORMED, "body-malformed", "registry", "PROTOCOL 5, 7, 9", \
      "The body is not what the route takes.", \
      "send the body that the route documents") \
    X(1808, FIELD_INVALID, "field-invalid", "registry", "PROTOCOL 5, 7, 9", \
      "A field has a wrong value.", \
      "correct the field that is named") \
    X(1809, POSSESSION_BAD, "possession-bad", "registry", "PROTOCOL 5, 7, 9", \
      "The proof of possession does not verify.", \
      "prove the key over the nonce that the registry gave") \
    X(1810, NONCE_UNKNOWN, "nonce-unknown", "registry", "PROTOCOL 5, 7, 9", \
      "The nonce was not given, was used or has expired.", \
      "ask for a new nonce") \
    X(1811, CODE_WRONG, "code-wrong", "registry", "PROTOCOL 5, 7, 9", \
      "The one-time code is wrong.", \
      "type the code as it was given") \
    X(1812, CODE_EXPIRED, "code-expired", "registry", "PROTOCOL 5, 7, 9", \
      "The one-time code has expired.", \
      "ask the institution for a new code") \
    X(1813, CODE_LOCKED, "code-locked", "registry", "PROTOCOL 5, 7, 9", \
      "The one-time code is locked after too many failures.", \
      "ask the institution for a new code") \
    X(1814, KEY_ALREADY_BOUND, "key-already-bound", "registry", "PROTOCOL 5, 7, 9", \
      "The key was bound before.", \
      "make a new key") \
    X(1815, STANDING_ORDER, "standing-order", "registry", "PROTOCOL 5, 7, 9", \
      "An order stands against this.", \
      "ask the authority") \
    X(1816, DUPLICATE_PERSON, "duplicate-person", "registry", "PROTOCOL 5, 7, 9", \
      "The person is enrolled already.", \
      "use the record that exists, or correct the identifiers") \
    X(1817, DEED_EXPIRED, "deed-expired", "registry", "PROTOCOL 5, 7, 9", \
      "The deed's time has run out.", \
      "make and sign a new deed") \
    X(1818, DEED_REPLAYED, "deed-replayed", "registry", "PROTOCOL 5, 7, 9", \
      "The deed's id was used before.", \
      "make and sign a new deed") \
    X(1819, OFFICER_UNKNOWN, "officer-unknown", "registry", "PROTOCOL 5, 7, 9", \
      "The officer is not known here.", \
      "have the body add the officer") \
    X(1820, OFFICER_ENDED, "officer-ended", "registry", "PROTOCOL 5, 7, 9", \
      "The officer's appointment has ended.", \
      "have another officer sign") \
    X(1821, FOREIGN_INSTITUTION, "foreign-institution", "registry", "PROTOCOL 5, 7, 9", \
      "The institution is not the officer's.", \
      "have an officer of that institution sign") \
    X(1822, FOREIGN_JURISDICTION, "foreign-jurisdiction", "registry", "PROTOCOL 5, 7, 9", \
      "The jurisdiction is not the authority's.", \
      "have the authority of that jurisdiction act") \
    X(1823, SAME_PERSON, "same-person", "registry", "PROTOCOL 5, 7, 9", \
      "One person signed twice.", \
      "have another person sign") \
    X(1824, SAME_KEY, "same-key", "registry", "PROTOCOL 5, 7, 9", \
      "One key signed twice.", \
      "have another person sign with another key") \
    X(1825, SEQUENCE_GAP, "sequence-gap", "registry", "PROTOCOL 5, 7, 9", \
      "Receipts are missing before this batch.", \
      "send the receipts from the number that the answer names")

typedef enum csign_code {
    CSIGN_OK = 0,
#define CSIGN_CODE_ENUM(number, name, code, check, source, sentence, fix) CSIGN_E_##name = number,
    CSIGN_CODES(CSIGN_CODE_ENUM)
#undef CSIGN_CODE_ENUM
} csign_code;

/*
 * The texts of a code, as static strings: its kebab-case name ("status-stale"), the check that gives it
 * ("evidence"), the section that defines it, one sentence that says what is wrong, and what to do about it.
 * CSIGN_OK is "ok" with empty texts. For a number outside the table each returns NULL.
 */
CSIGN_EXPORT const char *csign_code_name(csign_code code);
CSIGN_EXPORT const char *csign_code_check(csign_code code);
CSIGN_EXPORT const char *csign_code_source(csign_code code);
CSIGN_EXPORT const char *csign_code_sentence(csign_code code);
CSIGN_EXPORT const char *csign_code_fix(csign_code code);

/*
 * The code of a kebab-case name, a NUL-terminated string. Returns CSIGN_OK for an unknown name, for "ok" and
 * for NULL.
 */
CSIGN_EXPORT csign_code csign_code_find(const char *name);

/*
 * The code at a place in the table, from 0, in rising order of number. Returns CSIGN_OK behind the last one:
 * a loop over all codes ends there.
 */
CSIGN_EXPORT csign_code csign_code_at(unsigned place);

#ifdef __cplusplus
}
#endif

#endif
