#!/usr/bin/env bash
# Prints the first command that README.md shows below a heading, so that the checks run what readers type.
#
#     Scripts/readme-command.sh "The main job"
set -euo pipefail
cd "$(dirname "$0")/.."

command=$(awk -v heading="## $1" '
  $0 == heading { below = 1; next }
  below && /^## / { exit }
  below && /^```/ { if (inside) exit; inside = 1; next }
  inside' README.md)
[[ -n "$command" ]] || { echo "error: README.md shows no command below the heading '$1'" >&2; exit 1; }
echo "$command"
