#!/usr/bin/env bash
# The checks that a change must pass: formatting, a build with warnings as errors, the README's tests and code.
#
# Tests that read published data sets look in MYNAH_DATA; without the data they are skipped with a note, and fail if
# CI=true.
set -euo pipefail
cd "$(dirname "$0")/.."
export MYNAH_STRICT=1

step() { printf '\n== %s\n' "$1"; }

step "format"
swift format lint --strict -r -p Package.swift Sources Tests Examples Benchmarks/Package.swift Benchmarks/Sources \
  Benchmarks/Tests

step "only files in folders named Kernels import CMynah"
if grep -rlE '^([a-z]+ )?import CMynah$' Sources --include='*.swift' | grep -v '/Kernels/'; then
  echo "error: the files above import CMynah; move their calls of kernels to a folder named Kernels" >&2
  exit 1
fi

step "the README's example is Examples/App"
awk '/^```swift$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md | diff - Examples/App/Sources/App/main.swift

# Builds every target first, including tests and examples; MYNAH_STRICT turns warnings into errors. Tests use no
# testable imports, so the tests, the products and the examples have the same flags and are built once.
test_command=$(Scripts/readme-command.sh "The tests")
step "$test_command"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
$test_command 2>&1 | tee "$log" || status=$?
# Tests run side by side, so that failures are far above the end of the log.
if [[ "$status" != 0 ]]; then
  step "the failures"
  grep -A 4 -E "recorded an issue|: error: " "$log" | head -n 100 || true
fi
# All tests use Swift Testing; the line "Executed 0 tests" is printed by XCTest, for which there are no tests.
step "the tests' closing line"
grep -E "Test run with [0-9]+ tests?.*(passed|failed)" "$log" | tail -n 1 || { echo "error: no tests ran" >&2; exit 1; }
[[ "$status" == 0 ]] || exit "$status"

step "the benchmarks, at small sizes"
swift test -c release --disable-testable-imports --package-path Benchmarks
benchmarks=$(swift build -c release --package-path Benchmarks --show-bin-path)/mynah-benchmarks
"$benchmarks" --list | wc -l
"$benchmarks" --filter vector/exp --seconds 0.01
if command -v python3 > /dev/null; then
  python3 -m unittest discover -q -t Benchmarks -s Benchmarks/comparison/tests
  Benchmarks/compare --reduced --no-build
else
  echo "SKIPPED: Benchmarks/compare, because there is no Python here"
fi
