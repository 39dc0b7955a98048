#!/usr/bin/env bash
# Runs the commands of pages of docs/ as typed, page by page, each in its own folder.
# Usage: Scripts/docs-commands.sh PAGE…
# MYNAH_BUILD is the build folder that the commands use as .build.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for page in "$@"; do
  mkdir "$folder/page"
  ln -s "$root/Examples" "$root/Scripts" "$root/README.md" "$folder/page/"
  ln -s "$root/${MYNAH_BUILD:-.build}" "$folder/page/.build"
  # The lines between ```sh and ```.
  sed -n '/^```sh$/,/^```$/p' "$root/$page" | grep -v '^```' > "$folder/commands"
  [[ -s "$folder/commands" ]] || { echo "error: $page shows no commands" >&2; exit 1; }
  echo "--- $page"
  if ! (cd "$folder/page" \
    && bash -euo pipefail -O expand_aliases "$folder/commands" > "$folder/output" 2>&1 < /dev/null); then
    tail -n 20 "$folder/output" >&2
    echo "error: a command of $page failed" >&2
    exit 1
  fi
  rm -rf "$folder/page"
done
