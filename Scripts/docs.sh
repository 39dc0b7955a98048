#!/usr/bin/env bash
# Builds the reference documentation of the library's modules into .build/docs/Mynah.doccarchive, using only the
# toolchain. Fails if a module that `Mynah` re-exports is missing, or if docc warns about a link.
set -euo pipefail
cd "$(dirname "$0")/.."

graphs=.build/docs/graphs
rm -rf .build/docs .build/*/symbolgraph && mkdir -p "$graphs"
swift build -c release --product mynah
# The command fails at the test bundle, which has no module; the graphs of the library are checked below.
swift package -c release dump-symbol-graph > /dev/null 2>&1 || true
modules=(Mynah $(sed -n 's/^@_exported public import \(Mynah[A-Za-z]*\)$/\1/p' Sources/Mynah/*.swift))
for module in "${modules[@]}"; do
  cp .build/*/symbolgraph/"$module".symbols.json "$graphs"
done
cp .build/*/symbolgraph/Mynah*@Mynah*.symbols.json "$graphs"
convert=(docc convert Sources/Mynah/Mynah.docc --additional-symbol-graph-dir "$graphs"
  --fallback-bundle-identifier mynah --output-path .build/docs/Mynah.doccarchive)
if ! command -v docc > /dev/null; then convert=(xcrun "${convert[@]}"); fi
"${convert[@]}" 2>&1 | tee .build/docs/log
if grep -q "^warning: .*Mynah.docc\|doesn't exist at" .build/docs/log; then
  echo "error: docc warns about links; see above" >&2
  exit 1
fi
for module in "${modules[@]}"; do
  page=.build/docs/Mynah.doccarchive/data/documentation/$(tr '[:upper:]' '[:lower:]' <<< "$module").json
  [[ -s "$page" ]] || { echo "error: the archive has no page for $module" >&2; exit 1; }
done
echo "written: .build/docs/Mynah.doccarchive with ${#modules[@]} modules; read it with:" \
  "python3 -m http.server -d .build/docs/Mynah.doccarchive"
