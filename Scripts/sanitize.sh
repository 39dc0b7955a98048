#!/bin/sh
# Runs the C kernels under clang's sanitizers: memory errors, undefined behaviour, reads of undefined memory, data
# races.
#
#   Scripts/sanitize.sh [address|memory|thread ...]     all of them without an argument
#
# CC names the compiler: a clang, by default the one beside `swift`, else the one in the PATH. A sanitizer that this
# machine cannot link is reported as skipped, and the script succeeds if nothing that could run found anything; with
# REQUIRE_SANITIZERS=1 a skipped one is a failure.
set -eu
cd "$(dirname "$0")/.."

compiler=$(Scripts/find-clang.sh)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo 'int main(void) { return 0; }' > "$scratch/empty.c"

# Swift's own thread sanitizer refers to libdispatch, which is among the toolchain's libraries.
swift_libraries=$(dirname "$(dirname "$(command -v "$compiler")")")/lib/swift/linux
failed=0

# run NAME FLAGS…
run() {
  name=$1
  shift
  libraries=""
  if ! "$compiler" "$@" "$scratch/empty.c" -o "$scratch/empty" > /dev/null 2>&1; then
    libraries="-L$swift_libraries -Wl,-rpath,$swift_libraries -ldispatch -lBlocksRuntime"
    # shellcheck disable=SC2086
    if ! "$compiler" "$@" "$scratch/empty.c" $libraries -o "$scratch/empty" > "$scratch/log" 2>&1; then
      echo "$name: SKIPPED, $compiler cannot link it on this machine: $(tail -n 1 "$scratch/log")"
      [ "${REQUIRE_SANITIZERS:-0}" = 1 ] && failed=1
      return 0
    fi
  fi
  if ! "$scratch/empty" > "$scratch/log" 2>&1; then
    echo "$name: SKIPPED, its runtime does not start on this machine: $(head -n 1 "$scratch/log")"
    [ "${REQUIRE_SANITIZERS:-0}" = 1 ] && failed=1
    return 0
  fi
  # shellcheck disable=SC2086
  if "$compiler" -std=gnu11 -O1 -g -fno-omit-frame-pointer -Wall "$@" -ISources/CMynah/include \
    Sources/CMynah/*.c Scripts/sanitize-driver.c $libraries -lpthread -lm -o "$scratch/driver" 2> "$scratch/log" \
    && "$scratch/driver" > "$scratch/output" 2>> "$scratch/log"; then
    echo "$name: clean ($(wc -l < "$scratch/output") runs of an instruction set on a number of threads)"
  else
    echo "$name: FAILED"
    grep -v 'Cannot export local symbol' "$scratch/log" | head -n 60
    failed=1
  fi
}

for sanitizer in ${*:-address memory thread}; do
  case $sanitizer in
    address) run "address and undefined behaviour" -fsanitize=address,undefined -fno-sanitize-recover=all ;;
    memory) run "undefined memory" -fsanitize=memory -fsanitize-memory-track-origins -fno-sanitize-recover=all ;;
    thread) run "data races" -fsanitize=thread ;;
    *) echo "unknown sanitizer '$sanitizer': address, memory or thread" >&2; exit 64 ;;
  esac
done
exit $failed
