/* countersign: dispatches to its verbs, one file each. */
#include "options.h"
#include "output.h"
#include "verbs.h"

#include <countersign/decide.h>
#include <sodium.h>
#include <stdio.h>

static int verb_version(struct call *call)
{
    STEP(options_read(call, "Prints the version.", NULL, 0));
    say("countersign %s", csign_version());
    return DONE;
}

static const struct verb verbs[] = {
    {"key", verb_key, "make and show signing keys"},
    {"root", verb_root, "draft, sign, show and verify trust roots"},
    {"policy", verb_policy, "check, sign, show, compare, try and upload policies"},
    {"state", verb_state, "a test registry in a folder: who is bound, what ended"},
    {"request", verb_request, "ask a clinician to sign a document"},
    {"sign", verb_sign, "sign a document as a clinician"},
    {"check", verb_check, "decide: may this document be released, now?"},
    {"gate", verb_gate, "a local gate over HTTP, for programs in any language"},
    {"deed", verb_deed, "make, show, sign and submit what grants and takes away"},
    {"enrol", verb_enrol, "enrol people at an institution"},
    {"order", verb_order, "suspend, revoke, reinstate: what a regulator orders"},
    {"activate", verb_activate, "bind your own key, by a one-time code"},
    {"credential", verb_credential, "fetch your credential"},
    {"inbox", verb_inbox, "what waits for you to sign"},
    {"follow", verb_follow, "the status log of a registry, as it grows"},
    {"doctor", verb_doctor, "is all well between here and a registry?"},
    {"explain", verb_explain, "what a code means, and what to do"},
    {"version", verb_version, "the version"},
};

int main(int argc, char **argv)
{
    struct call call = {.program = "countersign", .verb = "", .argc = argc > 0 ? argc - 1 : 0, .argv = argv + (argc > 0 ? 1 : 0)};
    if (sodium_init() < 0)
        return fail(&call, CANNOT, "let it have random numbers", "libsodium does not start");
    int code = VERBS(&call, "Confirms that a qualified clinician signed exactly this document.", verbs);
    call_end(&call);
    if (fflush(stdout) != 0 && code == DONE)
        code = CANNOT;
    return code == STOP ? DONE : code;
}
