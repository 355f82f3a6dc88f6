#!/usr/bin/env bash
# run.sh SECONDS [TARGET…]: fuzzes every target, or those named, for so long, two at a time, under the address and
# undefined behaviour sanitizers. What is found goes to build-fuzz/corpus, what breaks to build-fuzz/broken; copy either to
# tests/fuzz/corpus/TARGET to keep it as a test.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/packages.sh

seconds=${1-}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "usage: run.sh SECONDS [TARGET…]" >&2; exit 2; }
shift
CC=clang configure build-fuzz -Dfuzz=true -Dtests=true -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized || exit 1
build build-fuzz fuzz || exit 1

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for folder in tests/fuzz/corpus/*/; do targets+=("$(basename "$folder")"); done
fi
mkdir -p build-fuzz/corpus build-fuzz/broken build-fuzz/logs

fuzz_one() {
    local target=$1 seconds=$2 log=build-fuzz/logs/$1 status=0
    mkdir -p "build-fuzz/corpus/$target"
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 "build-fuzz/tests/fuzz/fuzz-$target" -max_total_time="$seconds" \
        -max_len=98304 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="build-fuzz/broken/$target-" \
        "build-fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1 || status=$?
    local runs
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    if [ $status -eq 0 ]; then
        echo "$target: ${runs:-no} inputs, nothing found"
    else
        echo "$target: BROKEN after ${runs:-?} inputs"
        grep -E 'broken:|ERROR: |SUMMARY: |runtime error:|Test unit written' "$log" | head -n 6
    fi
    return $status
}
export -f fuzz_one
printf '%s\n' "${targets[@]}" | xargs -P 2 -I '{}' bash -c 'fuzz_one {} '"$seconds"
