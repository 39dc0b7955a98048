#!/usr/bin/env bash
# Writes Generated/ from Protos/ in the modules that have them; needed only when a .proto file changes.
#
# Needs protoc (Debian: protobuf-compiler); the Swift plugin is built from the package that the sources use.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --product protoc-gen-swift
plugin=$(swift build -c release --show-bin-path)/protoc-gen-swift
for sources in Sources/MynahTensorBoard Sources/MynahONNX; do
  protoc --plugin="protoc-gen-swift=$plugin" --proto_path="$sources/Protos" \
    --swift_out="$sources/Generated" --swift_opt=Visibility=Package --swift_opt=UseAccessLevelOnImports=true \
    "$sources"/Protos/*.proto
done
