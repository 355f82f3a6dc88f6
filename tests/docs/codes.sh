#!/bin/sh
# codes.sh PROGRAM docs/codes.md: whether the page is what the table in code.h makes.
if "$1" | diff "$2" -; then exit 0; fi
echo "docs/codes.md is not current: build/docs/codes > docs/codes.md"
exit 1
