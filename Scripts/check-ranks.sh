#!/usr/bin/env bash
# Builds mynah with MPI in a separate folder, and runs the tests that start ranks with mpirun and the commands of
# docs/cluster.md.
#
#     Scripts/check-ranks.sh
#
# Without Open MPI this is skipped with a note. MYNAH_TRAITS names the package traits of the build, which other
# scripts may share (default: MPI).
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s (at %d s)\n' "$1" "$SECONDS"; }

if ! { command -v mpirun && pkg-config --exists ompi-c; } > /dev/null 2>&1; then
  echo "SKIPPED: no Open MPI here (Debian: openmpi-bin, libopenmpi-dev and pkg-config)"
  exit
fi
traits=${MYNAH_TRAITS:-MPI}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

step "the tests of ranks"
Scripts/build-with-traits.sh "$traits" > /dev/null
swift test -c release --traits "$traits" --scratch-path .build-traits --skip-build \
  --filter '^MynahCommandsTests\.(Rank|Help|FlagEffect)' 2>&1 | tee "$log" | grep -vE '^(◇|\[)' || true
grep -qE 'Test run with [1-9][0-9]* tests.* passed' "$log" || { echo "error: the tests of ranks failed" >&2; exit 1; }

step "the commands of docs/cluster.md, as typed"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
MYNAH_BUILD=.build-traits Scripts/docs-commands.sh docs/cluster.md
