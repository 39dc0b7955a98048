#!/usr/bin/env bash
# Builds the reference documentation of the library's modules into .build/docs/Mynah.doccarchive, with the toolchain alone.
set -euo pipefail
cd "$(dirname "$0")/.."

graphs=.build/docs/graphs
rm -rf .build/docs .build/*/symbolgraph && mkdir -p "$graphs"
swift build -c release --product mynah
# It stumbles over the bundle of tests, which has no module of its own; what counts is that the library's graphs are there.
swift package -c release dump-symbol-graph > /dev/null 2>&1 || true
for module in Mynah MynahIO MynahTensors MynahText MynahDatasets MynahModels MynahTraining MynahInference; do
  cp .build/*/symbolgraph/"$module".symbols.json "$graphs"
done
cp .build/*/symbolgraph/Mynah*@Mynah*.symbols.json "$graphs"
convert=(docc convert Sources/Mynah/Mynah.docc --additional-symbol-graph-dir "$graphs"
  --fallback-bundle-identifier mynah --output-path .build/docs/Mynah.doccarchive)
if command -v docc > /dev/null; then "${convert[@]}"; else xcrun "${convert[@]}"; fi
echo "written: .build/docs/Mynah.doccarchive; read it with: python3 -m http.server -d .build/docs/Mynah.doccarchive"
