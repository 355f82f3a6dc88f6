#!/bin/sh
# join.sh OUT.a IN.a: the objects of IN.a as one object in which all that is hidden is local.
set -eu
out=$1 in=$2
object=${out%.a}.o
ld -r -o "$object" --whole-archive "$in"
objcopy --localize-hidden "$object"
rm -f "$out"
ar rcsD "$out" "$object"
rm -f "$object"
