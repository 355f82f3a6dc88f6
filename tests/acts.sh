#!/usr/bin/env bash
# Countersign at work: a registry, two regulators, two hospitals, clinicians, and an AI app's gate; what leaves, what is refused, why.
# Each act is asserted.
#   tests/acts.sh            plays it, and ends
#   tests/acts.sh serve      plays it, and keeps the registry and the gate running until Ctrl-C
# Everything here can be typed by hand: the commands are those of `countersign --help` and `countersign-registry --help`.
set -uo pipefail

mode=${1:-}
[ -z "$mode" ] || [ "$mode" = serve ] || { echo "usage: run [serve]" >&2; exit 2; }
for program in countersign countersign-registry; do
    command -v "$program" >/dev/null || { echo "acts: no command $program: build it with ./run" >&2; exit 2; }
done
app=$(realpath "$(dirname "$0")/../docs/examples/app.py")
folder=$(mktemp -d "${TMPDIR:-/tmp}/countersign.XXXXXX")
cd "$folder" || exit 2
failed=0 registry_pid="" gate_pid=""

# stop PID…: ends each and waits for it.
stop() {
    local pid
    for pid in "$@"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
    return 0
}
finish() {
    # shellcheck disable=SC2086
    stop $gate_pid $registry_pid
    [ "$mode" = serve ] || rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

die() {
    echo "acts: $*" >&2
    tail -n 4 log registry.log gate.log >&2 2>/dev/null
    exit 1
}
run() { "$@" --passphrase-file passphrase >>log 2>&1 || die "failed: $*"; }
# Waits for what was started with &. Opening keys is slow on purpose, also where they were sealed quickly: it is done side by side.
together() {
    local job
    for job in "$@"; do wait "$job" || exit 1; done
}
# wait_for SECONDS WHAT COMMAND…: until the command is true.
wait_for() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -le $until ] || die "no $what"
        sleep 0.02
    done
}

# --- the registry and the gate, as processes ---

address() { sed -n 's/^\(listening on \)\?\([0-9.]*:[0-9]*\)$/\2/p' "$1" | tail -n 1; }
has_address() { [ -n "$(address "$1")" ]; }
start_registry() {
    : >registry.out
    countersign-registry serve --config registry/registry.conf "$@" >registry.out 2>>registry.log &
    registry_pid=$!
    wait_for 20 registry has_address registry.out
    registry=http://$(address registry.out)
    export COUNTERSIGN_REGISTRY=$registry
}
start_gate() {
    : >gate.out
    countersign gate --listen 127.0.0.1:0 --registry "$registry" --test --root-hash="$root" --deployment reader-at-mercy \
        --file gate.sqlite --key app.key --passphrase-file passphrase >gate.out 2>>gate.log &
    gate_pid=$!
    wait_for 20 gate has_address gate.out
    gate=$(address gate.out)
}
gate_status() { python3 -c "import sys, urllib.request as u; print(u.urlopen('http://$gate/status').read().decode())"; }
gate_is_ready() { gate_status | grep -q '"ready":true'; }

# act WHAT EXPECTED DOCUMENT REQUEST [SIGN-OFF]: the app asks its gate; the answer is compared with what must come of it.
act() {
    local what=$1 expected=$2 got
    shift 2
    last=$(python3 "$app" "$gate" "$@" 2>>log)
    got=$(sed -n 's/^{"verdict":\s*"allow".*/ALLOW/p; s/.*"code":\s*"\([^"]*\)".*/\1/p' <<<"$last" | head -n 1)
    printf '  %-74s %s\n' "$what" "$got"
    [ "$got" = "$expected" ] || { printf '    FAILED: expected %s, got\n%s\n' "$expected" "$last"; failed=1; }
}

# --- officers at work ---

own() { run countersign "$@"; }
at() { run countersign "$@" --iss https://registry.test --test; } # at the registry, which $COUNTERSIGN_REGISTRY names
new() {                                                           # new FILE KIND …: a deed
    local out=$1
    shift
    countersign deed new "$@" --origin registry.test --out "$out" >>"$out.log" 2>&1 || die "failed: deed new $*: $(cat "$out.log")"
}
# two FIRST SECOND DEED…: two officers sign, the second brings them to the registry. Its answers are in FIRST.answers.
two() {
    local first=$1 second=$2
    shift 2
    own deed sign "$@" --key "$first.key" --yes
    own deed sign "$@" --key "$second.key" --yes
    countersign deed submit "$@" --key "$second.key" --iss https://registry.test --test --json --passphrase-file passphrase \
        >"$first.answers" 2>>log || die "failed: deed submit $*"
    [ "$(grep -c '"state":"effective"' "$first.answers")" = $# ] || die "not effective: $(cat "$first.answers")"
}
# member FILE NAME [N]: a member of an answer, of the Nth that has it.
member() { sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" "$1" | sed -n "${3:-1}p"; }
vkey() { countersign key show "$1.key" | awk '$1 == "vkey" { print $2 }'; }

# --- keys, policies, the root, the registry ---

started=$SECONDS
echo "only a test: the keys below are worth nothing" >passphrase
jobs=()
for who in ks.health/alice ks.health/bob bj.health/chen bj.health/deng mercy/ines mercy/omar online/wei online/lin; do
    own key new --purpose officer --name "$who" --out "${who#*/}.key" --quick & jobs+=($!)
done
for where in US CN; do own key new --purpose policy --name "policy-$where.registry.test" --out "policy-$where.key" --quick & jobs+=($!); done
for who in reader dentist doctor; do own key new --purpose holder --name "$who" --out "$who.key" --quick & jobs+=($!); done
own key new --purpose app --name reader-at-mercy --out app.key --quick & jobs+=($!)
together "${jobs[@]}"

run countersign-registry init --folder registry --test --origin registry.test --iss https://registry.test --listen 127.0.0.1:0 \
    --admin "ks.health:US-KS:$(vkey alice)" --admin "ks.health:US-KS:$(vkey bob)" \
    --admin "bj.health:CN-11:$(vkey chen)" --admin "bj.health:CN-11:$(vkey deng)" \
    --policy-key "US-KS:$(vkey policy-US)" --policy-key "CN-11:$(vkey policy-CN)"
root=$(countersign root show registry/root/1 | awk '$1 == "hash" { print $2 }')

in_force=$(($(date +%s) - 60))
cat >us.json <<JSON
{"id": "us-ks-imaging", "version": 1, "authority": "ks.health", "applies_to": ["US-KS"], "effective_from": $in_force,
 "utc_offset": "-06:00", "sources": ["an example; its age limit is short, to be shown"], "rules": [
  {"acts": ["imaging_report"], "settings": ["outpatient"], "ai_authorship": "draft_with_approval",
   "signers": [{"professions": ["physician"], "privileges": ["imaging_report"], "site": "primary", "meanings": ["approval"]}],
   "max_status_age_s": 7, "signoff_to_release_s": 3600, "identity": ["name", "licence_number"]}]}
JSON
cat >cn.json <<JSON
{"id": "cn-11-prescription", "version": 1, "authority": "bj.health", "applies_to": ["CN-11"], "effective_from": $in_force,
 "utc_offset": "+08:00", "sources": ["an example"], "rules": [
  {"acts": ["prescription_*"], "settings": ["online"], "ai_authorship": "human_only",
   "signers": [{"professions": ["physician"], "privileges": ["prescribe"], "site": "primary", "meanings": ["approval"]}],
   "max_status_age_s": 60, "signoff_to_release_s": 3600}]}
JSON
own policy sign us.json --origin registry.test --key policy-US.key --out us.note & jobs=($!)
own policy sign cn.json --origin registry.test --key policy-CN.key --out cn.note & jobs+=($!)
start_registry
together "${jobs[@]}"
printf 'A test registry at %s. Its root, pinned by hand: %s\n' "$registry" "$root"

# authority_begins FIRST SECOND BODY INSTITUTION NAME JURISDICTION OFFICER OFFICER POLICY
authority_begins() {
    local first=$1 second=$2 body=$3 institution=$4 name=$5 jurisdiction=$6 officer policy=$9 deeds=()
    at policy upload "$policy.note" --key "$first.key"
    new "$institution.deed" institution.add --at "$body" --id "$institution" --name "$name" --jurisdiction "$jurisdiction" \
        --identifier "urn:example:institutions=$institution"
    deeds+=("$institution.deed")
    for officer in "$7" "$8"; do
        new "$officer.deed" officer.add --at "$body" --body "$institution" --id "$officer" --name "$officer" --role registrar \
            --vkey "$officer.key"
        deeds+=("$officer.deed")
    done
    new "$policy.deed" policy.publish --at "$body" --note "$policy.note"
    two "$first" "$second" "${deeds[@]}" "$policy.deed"
}
authority_begins alice bob ks.health mercy "Mercy Hospital" US-KS ines omar us & jobs=($!)
authority_begins chen deng bj.health online "Online Hospital" CN-11 wei lin cn & jobs+=($!)
together "${jobs[@]}"
echo "Two regulators publish their policies; each adds a hospital with two officers."

# person FILE PROFESSION JURISDICTION SITE NAME NUMBER
person() {
    cat >"$1.json" <<-JSON
	{"practitioner": {"name": "$5", "identifiers": [{"system": "urn:example:register", "value": "$6"}]},
	 "licence": {"profession": "$2", "level": "independent", "jurisdiction": ["$3"], "number": "$6", "specialty": [],
	  "privileges": {"prescribe": true, "schedules": [], "antimicrobial_grade": 1, "narcotic": false, "imaging_report": true},
	  "conditions": [], "independent_since": "2015-07-01", "licensed_until": "2099-03-31"},
	 "affiliation": {"site": "$4", "basis": "primary", "consent": true, "from": $in_force}}
	JSON
}
# hospital_enrols FIRST SECOND INSTITUTION WHO…: enrols people, then gives each a one-time code; each binds her own key.
hospital_enrols() {
    local first=$1 second=$2 institution=$3 who place=0 enrols=() activates=() jobs=()
    shift 3
    for who in "$@"; do
        new "$who.enrol" enrol --at "$institution" --members "$who.json"
        enrols+=("$who.enrol")
    done
    [ "$institution" != mercy ] || {
        new app.deed app.add --at mercy --id reader-at-mercy --tool reader --act imaging_report --act prescription_new \
            --setting outpatient --setting online --jurisdiction US-KS --jurisdiction CN-11 --vkey app.key
        enrols+=(app.deed)
    }
    two "$first" "$second" "${enrols[@]}"
    for who in "$@"; do
        place=$((place + 1))
        member "$first.answers" licence $place >"$who.licence"
        new "$who.activate" activate --at "$institution" --new-code --practitioner "$(member "$first.answers" practitioner $place)" \
            --licence "$(cat "$who.licence")" --affiliation "$(member "$first.answers" affiliation $place)"
        activates+=("$who.activate")
    done
    two "$first" "$second" "${activates[@]}"
    for who in "$@"; do
        { at activate "$(tail -n 1 "$who.activate.log")" --key "$who.key" && at credential --key "$who.key" --out "$who.credential"; } &
        jobs+=($!)
    done
    together "${jobs[@]}"
}
person reader physician US-KS mercy "Dr A. Example" KS-0012345
person dentist dentist US-KS mercy "Dr B. Example" KS-0067890
person doctor physician CN-11 online "Dr C. Example" BJ-0011223
hospital_enrols ines omar mercy reader dentist & jobs=($!)
hospital_enrols wei lin online doctor & jobs+=($!)
together "${jobs[@]}"
echo "The hospitals enrol three clinicians. Each binds a key that she made herself, by a one-time code, and has a credential."

start_gate

# --- documents and requests: what an AI tool does; sign-offs: what clinicians do, each with her own key ---

echo "Chest X-ray, two views. No focal consolidation. Heart size normal." >draft.txt
echo "Chest X-ray, two views. No focal consolidation. Heart size at the upper limit of normal." >report.txt
echo "Chest X-ray, two views. No focal consolidation. Heart size at the upper limit of normaI." >changed.txt
echo "Amoxicillin 500 mg, three times a day for seven days." >prescription.txt
patient=$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n')

# request OUT DOCUMENT ACT SETTING JURISDICTION SITE [ARGUMENT…]
request() {
    countersign request --out "$1" --document "$2" --act "$3" --setting "$4" --jurisdiction "$5" --site "$6" --label "$3" \
        --tool reader/reader-xl/2.1 --audience reader-at-mercy --media-type text/plain --patient-ref="$patient" "${@:7}" || die "request $1"
}
request report.request report.txt imaging_report outpatient US-KS mercy --draft draft.txt
request ai.request prescription.txt prescription_new online CN-11 online --draft prescription.txt
request human.request prescription.txt prescription_new online CN-11 online
# sign WHO REQUEST DOCUMENT SIGN-OFF DISPOSITION
sign() {
    own sign --credential "$1.credential" --key "$1.key" --request "$2" --document "$3" --out "$4" --disposition "$5" --meaning approval --yes
}
sign reader report.request report.txt report.signed modified & jobs=($!)
sign dentist report.request report.txt dentist.signed modified & jobs+=($!)
sign doctor ai.request prescription.txt ai.signed accepted & jobs+=($!)
sign doctor human.request prescription.txt human.signed accepted & jobs+=($!)
together "${jobs[@]}"
wait_for 20 "evidence at the gate" gate_is_ready

# --- what comes of it ---

echo "An AI tool drafts a radiology report in Kansas; Dr A corrects and signs it."
act "released without a sign-off" no-signoff report.txt report.request
act "with one letter changed behind her back" document-changed changed.txt report.request report.signed
act "signed by a dentist: a good signature, the wrong profession" profession report.txt report.request dentist.signed
act "as she signed it" ALLOW report.txt report.request report.signed
allowed=$last
act "the same sign-off for a second release" replay report.txt report.request report.signed

echo "An AI tool writes a prescription in Beijing; a physician signs it, perfectly."
act "written by the AI: no signature makes it a prescription" ai-authored prescription.txt ai.request ai.signed
act "the same words, written by the physician" ALLOW prescription.txt human.request human.signed

echo "Two officers of the regulator suspend Dr A."
licence=$(cat reader.licence)
request second.request report.txt imaging_report outpatient US-KS mercy --draft draft.txt
sign reader second.request report.txt second.signed modified
new suspend.deed suspend --at ks.health --licence "$licence" --reason licence_action --why "An example"
own deed sign suspend.deed --key alice.key --yes
own deed sign suspend.deed --key bob.key --yes
python3 - "$gate" "$root" <<'PYTHON' >delay 2>>log &
# Asks the gate's log size without a pause: the moment at which the order has arrived there.
import json, sys, time, urllib.request
url = f"http://{sys.argv[1]}/status"
size = lambda: json.load(urllib.request.urlopen(url))["log_size"]
before, end = size(), time.time() + 20
print("watching", flush=True)
while size() == before and time.time() < end:
    time.sleep(0.001)
print(int(time.time() * 1000))
PYTHON
watch=$!
wait_for 10 watcher grep -q watching delay
at deed submit suspend.deed --key bob.key --json
wait "$watch"
act "what she signed before, released after" suspended report.txt second.request second.signed
accepted=$(sed -n 's/.*"do":"suspend".*"accepted_ms":\([0-9]*\).*/\1/p' log | tail -n 1)
delay=$(($(tail -n 1 delay) - accepted))

echo "They reinstate her."
new reinstate.deed reinstate --at ks.health --licence "$licence" --reason licence_action --why "An example"
two alice bob reinstate.deed
act "the old sign-off: what ended never comes back" superseded report.txt second.request second.signed
at credential --key reader.key --out reader.credential
sign reader second.request report.txt again.signed modified
act "signed again, with a fresh credential" ALLOW report.txt second.request again.signed

echo "Everything is stopped and started again; then the registry is cut off."
request third.request report.txt imaging_report outpatient US-KS mercy --draft draft.txt
sign reader third.request report.txt third.signed modified
port=${registry##*:}
stop "$gate_pid" "$registry_pid"
start_registry --listen "127.0.0.1:$port"
start_gate
wait_for 20 "evidence at the gate" gate_is_ready
act "the consumed sign-off, after the restart" replay report.txt second.request again.signed
act "the sign-off of before her suspension, after the restart" superseded report.txt second.request second.signed
stop "$registry_pid"
wait_for 20 "ageing" sh -c "python3 -c \"import json, urllib.request as u; exit(json.load(u.urlopen('http://$gate/status'))['evidence_age_s'] <= 7)\""
act "without the registry, its evidence older than the policy's 7 s" status-stale report.txt third.request third.signed
start_registry --listen "127.0.0.1:$port"
wait_for 20 "recovery" sh -c "python3 -c \"import json, urllib.request as u; exit(json.load(u.urlopen('http://$gate/status'))['evidence_age_s'] > 3)\""
act "the registry is back: nobody had to do anything" ALLOW report.txt third.request third.signed

[ "$failed" = 0 ] || { echo "acts: a property does not hold"; exit 1; }
printf '\nFrom the order accepted to the gate refusing: %d ms. All of this took %d s.\n' "$delay" $((SECONDS - started))
printf 'The answer to the first release that was allowed:\n\n%s\n\n' "$allowed"
[ "$mode" = serve ] || { echo "Type next: ./run serve      # the same, and the registry and the gate stay for you to try"; exit 0; }
cat <<TEXT
The registry is at $registry, the gate at $gate; Ctrl-C ends both. In another terminal:
  cd $folder; export PATH=$(dirname "$(command -v countersign)"):$(dirname "$(command -v countersign-registry)"):\$PATH COUNTERSIGN_REGISTRY=$registry
  countersign follow --test --root-hash=$root
  countersign doctor --test --root-hash=$root
  countersign deed list --test --iss https://registry.test --key alice.key --passphrase-file passphrase
  countersign explain ai-authored
TEXT
wait "$registry_pid"
