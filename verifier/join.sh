#!/bin/sh
# join.sh OUT.a IN.a [MORE.a SYMBOL…]: the objects of IN.a as one object in which all that is hidden is local. With more: what
# they need of MORE.a is joined too, and only these symbols stay global.
set -eu
out=$1 in=$2 more=${3-}
object=${out%.a}.o
# shellcheck disable=SC2086
ld -r -o "$object" --whole-archive "$in" --no-whole-archive $more
if [ -n "$more" ]; then
    shift 3
    for symbol; do
        set -- "$@" "--keep-global-symbol=$symbol"
        shift
    done
    objcopy --wildcard "$@" "$object"
else
    objcopy --localize-hidden "$object"
fi
rm -f "$out"
ar rcsD "$out" "$object"
rm -f "$object"
