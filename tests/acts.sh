#!/usr/bin/env bash
# Countersign at work, in a folder of its own: what it releases, what it refuses, and why. Each line is asserted.
#   tests/acts.sh [COUNTERSIGN]      the command; default: the one in PATH
# Everything here can be typed by hand: the commands are those of `countersign --help`.
set -uo pipefail

countersign=$(command -v "${1:-countersign}") || { echo "acts: no command ${1:-countersign}: build it with ./run" >&2; exit 2; }
countersign=$(realpath "$countersign")
folder=$(mktemp -d "${TMPDIR:-/tmp}/countersign-acts.XXXXXX")
[ -t 1 ] || trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 2
failed=0

run() { "$countersign" "$@" --passphrase-file passphrase >>log 2>&1 || { echo "acts: failed: countersign $*" >&2; tail -n 3 log >&2; exit 1; }; }

# Runs what was started with & to its end. Making and opening keys is slow on purpose, so they are done side by side.
together() {
    local job
    for job in $(jobs -p); do wait "$job" || exit 1; done
}

# act WHAT EXPECTED ARGUMENT…: decides, and compares the answer with what must come of it.
act() {
    local what=$1 expected=$2 exit_code=1 answer got code
    shift 2
    [ "$expected" != ALLOW ] || exit_code=0
    answer=$("$countersign" check --state registry --test --root-hash="$root" --deployment reader-at-mercy "$@" 2>&1)
    code=$?
    got=$(head -n 1 <<<"$answer" | awk '{ print $1 == "ALLOW" ? $1 : $2 }')
    printf '  %-72s %s\n' "$what" "$got"
    if [ "$got" != "$expected" ] || [ "$code" != "$exit_code" ]; then
        printf '    FAILED: expected %s and exit code %s, got exit code %s and\n%s\n' "$expected" "$exit_code" "$code" "$answer"
        failed=1
    fi
    last=$answer
}

# practitioner FILE PROFESSION JURISDICTION NAME NUMBER: what a registry knows of a clinician.
practitioner() {
    cat >"$1.json" <<-JSON
	{"profession": "$2", "level": "independent", "jurisdiction": ["$3"], "specialty": [],
	 "privileges": {"prescribe": true, "schedules": [], "antimicrobial_grade": 1, "narcotic": false, "imaging_report": true},
	 "site": {"id": "mercy", "basis": "primary", "consent": true},
	 "independent_since": "2015-07-01", "licensed_until": "2099-03-31", "conditions": [],
	 "assurance": {"level": "validated"},
	 "authenticator": {"storage": "file", "user_auth": "passphrase", "attested": false, "proofing": "in_person"},
	 "name": "$4", "licence_number": "$5"}
	JSON
}

# --- a registry, its policies, its people ---

echo "only a test: the keys below are worth nothing" >passphrase
in_force=$(($(date +%s) - 60))

cat >us.json <<JSON
{"id": "us-ks-imaging", "version": 1, "authority": "ks.health", "applies_to": ["US-KS"], "effective_from": $in_force,
 "utc_offset": "-06:00", "sources": ["an example"], "rules": [
  {"acts": ["imaging_report"], "settings": ["outpatient"], "ai_authorship": "draft_with_approval",
   "signers": [{"professions": ["physician"], "privileges": ["imaging_report"], "meanings": ["approval"]}],
   "max_status_age_s": 120, "signoff_to_release_s": 3600, "identity": ["name", "licence_number"]}]}
JSON
cat >cn.json <<JSON
{"id": "cn-11-prescription", "version": 1, "authority": "bj.health", "applies_to": ["CN-11"], "effective_from": $in_force,
 "utc_offset": "+08:00", "sources": ["an example"], "rules": [
  {"acts": ["prescription_*"], "settings": ["online"], "ai_authorship": "human_only",
   "signers": [{"professions": ["physician"], "privileges": ["prescribe"], "meanings": ["approval"]},
               {"professions": ["pharmacist"], "meanings": ["verification"]}],
   "max_status_age_s": 120, "signoff_to_release_s": 3600}]}
JSON
practitioner reader physician US-KS "Dr A. Example" KS-0012345
practitioner dentist dentist US-KS "Dr B. Example" KS-0067890
practitioner doctor physician CN-11 "Dr C. Example" BJ-0011223
practitioner pharmacist pharmacist CN-11 "D. Example" BJ-0044556

run state init registry &
for who in reader dentist doctor pharmacist; do run key new --purpose holder --name "$who" --out "$who.key" & done
together
root=$("$countersign" root show registry/trust/1 | awk '$1 == "hash" { print $2 }')

run policy sign us.json --origin registry.test --key registry/keys/policy-US --out us.note &
run policy sign cn.json --origin registry.test --key registry/keys/policy-CN --out cn.note &
together
run state publish registry us.note cn.note
people=()
for who in reader dentist doctor pharmacist; do # in this order: the indexes are 0 to 3
    people+=(--practitioner "$who.json" --holder "$who.key" --credential "$who.credential")
done
run state bind registry "${people[@]}"

# --- documents and requests: what an AI tool does ---

echo "Chest X-ray, two views. No focal consolidation. Heart size normal." >draft.txt
echo "Chest X-ray, two views. No focal consolidation. Heart size at the upper limit of normal." >report.txt
echo "Chest X-ray, two views. No focal consolidation. Heart size at the upper limit of normaI." >changed.txt
echo "Amoxicillin 500 mg, three times a day for seven days." >prescription.txt
patient=$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n')
tool="--tool reader/reader-xl/2.1 --audience reader-at-mercy --site mercy --media-type text/plain"

# shellcheck disable=SC2086
{
    "$countersign" request $tool --document report.txt --draft draft.txt --act imaging_report --setting outpatient \
        --jurisdiction US-KS --label "Radiology report" --patient-ref="$patient" --out report.request
    "$countersign" request $tool --document prescription.txt --draft prescription.txt --act prescription_new --setting online \
        --jurisdiction CN-11 --label "Prescription" --patient-ref="$patient" --out ai.request
    "$countersign" request $tool --document prescription.txt --act prescription_new --setting online \
        --jurisdiction CN-11 --label "Prescription" --patient-ref="$patient" --out human.request
} || exit 1

# --- sign-offs: what clinicians do, each with her own key ---

# sign WHO REQUEST DOCUMENT SIGN-OFF ARGUMENT…
sign() {
    local who=$1 request=$2 document=$3 out=$4
    shift 4
    run sign --credential "$who.credential" --key "$who.key" --request "$request" --document "$document" --out "$out" --yes "$@"
}
sign reader report.request report.txt report.signed --disposition modified --meaning approval &
sign dentist report.request report.txt dentist.signed --disposition modified --meaning approval &
sign doctor ai.request prescription.txt ai-1.signed --disposition accepted --meaning approval &
sign doctor human.request prescription.txt human-1.signed --disposition accepted --meaning approval &
together
"$countersign" request --prior ai-1.signed --document prescription.txt --out ai-2.request || exit 1
"$countersign" request --prior human-1.signed --document prescription.txt --out human-2.request || exit 1
sign pharmacist ai-2.request prescription.txt ai-2.signed --disposition accepted --meaning verification &
sign pharmacist human-2.request prescription.txt human-2.signed --disposition accepted --meaning verification &
together

# --- what comes of it ---

echo "An AI tool drafts a radiology report in Kansas; Dr A corrects and signs it."
act "released without a sign-off" no-signoff --request report.request --document report.txt
act "released as she signed it" ALLOW --request report.request --sign-off report.signed --document report.txt
allowed=$last
act "released with one letter changed" document-changed --request report.request --sign-off report.signed --document changed.txt
act "signed by a dentist: a good signature, the wrong profession" profession \
    --request report.request --sign-off dentist.signed --document report.txt

echo "An AI tool writes a prescription in Beijing; a doctor and a pharmacist sign it, perfectly."
act "written by the AI: no signature makes it a prescription" ai-authored \
    --request ai.request --sign-off ai-1.signed --request ai-2.request --sign-off ai-2.signed --document prescription.txt
act "the same text, written by the doctor" ALLOW \
    --request human.request --sign-off human-1.signed --request human-2.request --sign-off human-2.signed --document prescription.txt
act "the same, without the pharmacist" signer-missing \
    --request human.request --sign-off human-1.signed --document prescription.txt

echo "The regulator suspends Dr A, and later reinstates her."
run state end registry --index 0 --code suspended --reason licence_action
act "what she signed before, released after" suspended --request report.request --sign-off report.signed --document report.txt
run state bind registry --practitioner reader.json --holder reader.key --credential reader.credential
sign reader report.request report.txt again.signed --disposition modified --meaning approval
act "signed again, under her new index" ALLOW --request report.request --sign-off again.signed --document report.txt
act "the old sign-off: what ended never comes back" suspended --request report.request --sign-off report.signed --document report.txt

echo "The gate loses the registry."
act "five minutes later, with the evidence it has" status-stale --now $(($(date +%s) + 300)) \
    --request report.request --sign-off again.signed --document report.txt

if [ "$failed" != 0 ]; then
    echo "acts: a property does not hold"
    exit 1
fi
printf '\nThe second answer in full:\n\n%s\n\n' "$allowed"
[ -t 1 ] && cat <<TEXT
Type next:
  cd $folder; PATH=$(dirname "$countersign"):\$PATH
  countersign explain ai-authored
  countersign policy show cn.json
  countersign check --state registry --test --root-hash=$root \\
      --request report.request --sign-off again.signed --document report.txt
  countersign state refresh registry --passphrase-file passphrase      # two minutes later the evidence is stale
TEXT
exit 0
