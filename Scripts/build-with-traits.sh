#!/usr/bin/env bash
# Builds mynah, its tests and the client of its server with package traits, in .build-traits.
#
#     Scripts/build-with-traits.sh TRAITS    # Server, MPI, or both with a comma between
#
# Prints the folder of the binaries on standard output. Tests of the build are run with
# `swift test -c release --traits TRAITS --scratch-path .build-traits --skip-build`.
set -euo pipefail
cd "$(dirname "$0")/.."
# The other tests and examples need no trait.
export MYNAH_TARGETS="MynahServerTests MynahCommandsTests CompletionClient"
# SwiftPM passes traits to the compiler in the order of a set, which differs between processes: with two traits,
# everything would be rebuilt half of the time. Set only here, so that the tests themselves keep random orders.
export SWIFT_DETERMINISTIC_HASHING=1
build=(-c release --traits "$1" --scratch-path .build-traits)
# `swift build` cannot turn testable imports off, so this builds with `swift test` and runs no tests.
swift test --disable-testable-imports "${build[@]}" --filter '^$' 2>&1 | grep -vE '^(◇|\[)' >&2
swift build "${build[@]}" --show-bin-path
