#!/bin/sh
# Runs the C kernels under clang's sanitizers: memory errors, undefined behaviour, reads of undefined memory, data
# races.
#
#   Scripts/sanitize.sh [address|memory|thread ...]     all of them without an argument
#
# CC names the compiler, a clang: by default the one next to `swift`, else the one in the PATH. A sanitizer that cannot
# be linked on this machine is reported as skipped. The script succeeds if no sanitizer that could run reports an error;
# with REQUIRE_SANITIZERS=1, a skipped sanitizer is a failure.
set -eu
cd "$(dirname "$0")/.."

compiler=$(Scripts/find-clang.sh)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo 'int main(void) { return 0; }' > "$scratch/empty.c"

# Swift's own thread sanitizer needs libdispatch, which is among the toolchain's libraries.
swift_libraries=$(dirname "$(dirname "$(command -v "$compiler")")")/lib/swift/linux

# run NAME FLAGS…
#
# Works in $folder, which no other run uses.
run() {
  name=$1
  shift
  skipped=$([ "${REQUIRE_SANITIZERS:-0}" = 1 ] && echo 1 || echo 0)
  libraries=""
  if ! "$compiler" "$@" "$scratch/empty.c" -o "$folder/empty" > /dev/null 2>&1; then
    libraries="-L$swift_libraries -Wl,-rpath,$swift_libraries -ldispatch -lBlocksRuntime"
    # shellcheck disable=SC2086
    if ! "$compiler" "$@" "$scratch/empty.c" $libraries -o "$folder/empty" > "$folder/log" 2>&1; then
      echo "$name: SKIPPED, $compiler cannot link it on this machine: $(tail -n 1 "$folder/log")"
      return "$skipped"
    fi
  fi
  if ! "$folder/empty" > "$folder/log" 2>&1; then
    echo "$name: SKIPPED, its runtime does not start on this machine: $(head -n 1 "$folder/log")"
    return "$skipped"
  fi
  # shellcheck disable=SC2086
  if "$compiler" -std=gnu11 -O1 -g -fno-omit-frame-pointer -Wall "$@" -ISources/CMynah/include \
    Sources/CMynah/*.c Scripts/sanitize-driver.c $libraries -lpthread -lm -o "$folder/driver" 2> "$folder/log" \
    && "$folder/driver" > "$folder/output" 2>> "$folder/log"; then
    echo "$name: clean ($(wc -l < "$folder/output") runs of an instruction set on a number of threads)"
  else
    echo "$name: FAILED"
    grep -v 'Cannot export local symbol' "$folder/log" | head -n 60
    return 1
  fi
}

# All at once, since most of the time a compiler keeps one processor busy.
processes=
failed=0
for sanitizer in ${*:-address memory thread}; do
  case $sanitizer in
    address) name="address and undefined behaviour"; flags="-fsanitize=address,undefined -fno-sanitize-recover=all" ;;
    memory)
      name="undefined memory"
      flags="-fsanitize=memory -fsanitize-memory-track-origins -fno-sanitize-recover=all"
      ;;
    thread) name="data races"; flags="-fsanitize=thread" ;;
    *)
      echo "unknown sanitizer '$sanitizer': address, memory or thread" >&2
      failed=64
      continue
      ;;
  esac
  folder="$scratch/$sanitizer"
  mkdir -p "$folder"
  # shellcheck disable=SC2086
  run "$name" $flags &
  processes="$processes $!"
done
for process in $processes; do wait "$process" || failed=1; done
exit $failed
