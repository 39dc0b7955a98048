#!/bin/sh
# Prints the path of clang: CC if it is set, else the one next to `swift`, else the one in the PATH.
set -eu

compiler=${CC:-}
if [ -z "$compiler" ] && swift=$(command -v swift); then
  beside=$(dirname "$(readlink -f "$swift")")/clang
  [ -x "$beside" ] && compiler=$beside
fi
if ! command -v "${compiler:-clang}"; then
  echo "there is no clang here; name one by CC=…" >&2
  exit 1
fi
