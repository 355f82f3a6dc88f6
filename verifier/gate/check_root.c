/* Checks 1 to 3: what the gate itself stands on. Root, policies and evidence are the same for every sign-off. */
#include "deciding.h"

csign_code check_root(struct deciding *d)
{
    const csign_gate *gate = d->gate;
    REFUSE_IF(d, !gate->root, CSIGN_E_ROOT_MISSING, "root", "the gate was opened by a hash and not yet given the note");
    if (!gate->root) /* only a build that deletes the condition comes here */
        return CSIGN_E_INTERNAL;
    const struct root *root = &gate->root->root;
    d->out->root_version = root->version;
    REFUSE_IF(d, root->kind == ROOT_TEST && !gate->opening->accept_test, CSIGN_E_ROOT_TEST, "kind",
              "a production gate releases nothing on a test root");
    REFUSE_IF(d, d->now >= root->expires, CSIGN_E_ROOT_EXPIRED, "expires", "passed");
    REFUSE_IF(d, gate->status.root_version > root->version, CSIGN_E_ROOT_STALE, "version", "the log names a newer one");
    return passed(d, CHECK_ROOT);
}

/* The row of the highest version in force at `now`, among the rows of one id that begin at `row`; *ret_next is behind them. */
static size_t row_in_force(const struct status *status, size_t row, int64_t now, size_t *ret_next)
{
    size_t best = status->policy_count, at = row;
    for (; at < status->policy_count && memcmp(status->policies[at].id, status->policies[row].id, 8) == 0; at++)
        if (status->policies[at].effective_ms <= (uint64_t)now * 1000)
            best = at; /* rows of an id rise in version */
    *ret_next = at;
    return best;
}

static int64_t smaller(int64_t limit, uint64_t other)
{
    return other < (uint64_t)limit ? (int64_t)other : limit;
}

/* A rule that must allow; limits are the smallest of all. Break-glass replaces the age limit of the rules that have it. */
static void apply_rule(struct deciding *d, const struct policy *policy, const struct rule *rule, uint32_t today)
{
    d->applicable[d->applicable_count++] = (struct applicable){.policy = policy, .rule = rule, .today = today};
    d->out->status_limit = smaller(d->out->status_limit, rule->max_status_age_s);
    d->emergency_limit_s =
        smaller(d->emergency_limit_s, rule->has_emergency ? rule->emergency.max_status_age_s : rule->max_status_age_s);
    d->release_limit_s = rule->signoff_to_release_s < d->release_limit_s ? rule->signoff_to_release_s : d->release_limit_s;
}

/* The app's own rule, if it has one for this setting: dates end for it where they end for the first policy. */
static void apply_overlay(struct deciding *d)
{
    const struct opening *opening = d->gate->opening;
    const struct rule *rule =
        opening->has_overlay && d->applicable_count > 0 ? policy_find(&opening->overlay, d->release->act, d->setting) : NULL;
    if (rule)
        apply_rule(d, &opening->overlay, rule, d->applicable[0].today);
}

csign_code check_policy(struct deciding *d)
{
    const struct status *status = &d->gate->status;
    const struct csign_release *release = d->release;
    /* Before that nobody can say that a policy is missing or stale: the reason must be the right one (LESSONS 11). */
    REFUSE_IF(d, !d->gate->has_evidence && !d->gate->distrusted, CSIGN_E_STATUS_UNKNOWN, "status",
              "no tree that freshness keys vouch for");
    bool covered = false, crowded = false, expired = false, has_act = false;
    d->setting = vocabulary_find(&settings, release->setting);
    d->release_limit_s = UINT64_MAX;
    d->out->status_limit = d->emergency_limit_s = INT64_MAX;

    bool stale = false;
    for (size_t row = 0, next; row < status->policy_count; row = next) {
        size_t in_force = row_in_force(status, row, d->now, &next);
        if (in_force == status->policy_count)
            continue;
        const struct held_policy *held = d->gate->policies[in_force];
        /* It may apply: nobody here has read it, or no freshness key has seen it. */
        if (!held || status->policies[in_force].leaf >= d->gate->vouched_size) {
            stale = true;
            continue;
        }
        const struct policy *policy = &held->policy;
        if (!policy_covers(policy, release->jurisdiction))
            continue;
        if (d->covering_count == CSIGN_POLICIES_MAX) {
            crowded = true;
            continue;
        }
        d->covering[d->covering_count++] = policy;
        covered = true;
        expired |= policy->has_effective_to && (uint64_t)d->now >= policy->effective_to;
        const struct rule *rule = d->setting ? policy_find(policy, release->act, d->setting) : NULL;
        if (!rule)
            continue;
        has_act = true;
        d->out->policies[d->out->policy_count++] = (csign_policy_used){policy->id, policy->version};
        apply_rule(d, policy, rule, date_of(d->now, policy->utc_offset_s));
    }
    apply_overlay(d);
    REFUSE_IF(d, !covered && !stale, CSIGN_E_POLICY_MISSING, "jurisdiction", "no policy in force covers it");
    REFUSE_IF(d, stale, CSIGN_E_POLICY_STALE, "policy", "in force by the log, and not held");
    REFUSE_IF(d, crowded, CSIGN_E_TOO_LARGE, "policy", "more than 8 in force cover this place");
    REFUSE_IF(d, expired, CSIGN_E_POLICY_EXPIRED, "effective_to", "passed");
    REFUSE_IF(d, !has_act, CSIGN_E_ACT_UNKNOWN, "act", "no rule for it in this setting");
    return passed(d, CHECK_POLICY);
}

bool allows_break_glass(const struct deciding *d)
{
    for (size_t i = 0; i < d->applicable_count; i++) {
        const struct applicable *a = &d->applicable[i];
        if (a->policy != &d->gate->opening->overlay && !a->rule->has_emergency)
            return false;
    }
    return true;
}

/*
 * Whether break-glass is asked for: each request, which its sign-off must equal in check 5, states it, and the policies have it.
 * Only asked where evidence is too old otherwise.
 */
static bool asks_break_glass(struct deciding *d)
{
    const struct csign_release *r = d->release;
    struct request *request = &d->slots[0].request; /* check 4 reads it again */
    size_t mark = d->scratch.size;
    bool asks = r->sign_off_count > 0 && r->sign_off_count <= r->request_count && allows_break_glass(d);
    for (size_t i = 0; i < r->sign_off_count && asks; i++) {
        asks = request_read(r->slots[i].request, &d->scratch, request, NULL) == CSIGN_OK &&
               request->facts.exception == EXCEPTION_BREAK_GLASS;
        d->scratch.size = mark;
    }
    return asks;
}

csign_code check_evidence(struct deciding *d)
{
    const csign_gate *gate = d->gate;
    d->out->status_origin = gate->root ? gate->root->root.statuslogs[0].vkey.name : (span){NULL, 0};
    d->out->status_size = gate->status.range.size;
    d->out->status_time = gate->evidence_time;
    REFUSE_IF(d, gate->distrusted, CSIGN_E_LOG_INCONSISTENT, "status", "two signed trees of one size were seen");
    int64_t age = d->now - gate->evidence_time;
    REFUSE_IF(d, age < -SKEW_EVIDENCE, CSIGN_E_CLOCK, "now", "more than 5 s behind the newest evidence");
    bool unanswered = !gate->opening->offline && !gate->nonce_answered;
    if ((age > d->out->status_limit || unanswered) && asks_break_glass(d)) {
        d->break_glass = true;
        unanswered = false; /* PROTOCOL 3: it is an ALLOW that needs a fresh note */
        d->out->status_limit = d->emergency_limit_s;
    }
    REFUSE_IF(d, age > d->out->status_limit, CSIGN_E_STATUS_STALE, "status", "older than the rule allows");
    REFUSE_IF(d, unanswered, CSIGN_E_STATUS_STALE, "nonce", "no fresh note for the nonce of this start");
    return passed(d, CHECK_EVIDENCE);
}
