#!/bin/sh
# headers.sh INCLUDE: every public header stands alone, as C99, C17 and C++11, pedantically, with each compiler here.
set -eu
include=$1
compiled=0
for header in "$include"/countersign/*.h; do
    line="#include <countersign/${header##*/}>"
    for compiler in gcc clang; do
        command -v $compiler >/dev/null || continue
        for language in 'c -std=c99' 'c -std=c17' 'c++ -std=c++11'; do
            # shellcheck disable=SC2086
            printf '%s\n%s\ntypedef int not_empty;\n' "$line" "$line" |
                $compiler -x $language -pedantic -Wall -Wextra -Werror -Wundef -I"$include" -fsyntax-only -
            compiled=$((compiled + 1))
        done
    done
done
echo "$compiled headers compiled"
[ $compiled -gt 0 ]
