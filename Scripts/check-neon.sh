#!/bin/sh
# Compares the NEON kernels with those in plain C on any machine: compiles them for 64-bit Arm and runs them under
# emulation.
#
#   Scripts/check-neon.sh
#
# Needs clang, Arm's C library and QEMU; on Debian: apt-get install gcc-aarch64-linux-gnu qemu-user-static. On an Arm
# machine, it compiles and runs them natively.
set -eu
cd "$(dirname "$0")/.."

compiler=$(Scripts/find-clang.sh)
emulator=
target=
if [ "$(uname -m)" != aarch64 ] && [ "$(uname -m)" != arm64 ]; then
  emulator="qemu-aarch64-static -cpu max"
  target="--target=aarch64-linux-gnu -static -fuse-ld=lld"
  if ! command -v qemu-aarch64-static > /dev/null; then
    echo "there is no qemu-aarch64-static here; see the first lines of this script" >&2
    exit 1
  fi
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck disable=SC2086
"$compiler" $target -std=gnu11 -O2 -ISources/CMynah/include Sources/CMynah/*.c Scripts/compare-sets.c -lpthread -lm \
  -o "$scratch/compare-sets"
$emulator "$scratch/compare-sets"
