#!/usr/bin/env bash
# Builds mynah with its server in a separate folder, runs the server's tests, and then checks the running server from
# outside: with the openai package, with lm-evaluation-harness, with schemathesis, with hostile input, under load, and
# its page in a browser.
#
#     Scripts/check-server.sh [FOLDER]
#
# The pictures of the page are written to FOLDER (default: a new folder). Python packages are installed into
# .build-traits/python unless the python3 in the PATH has them; checks whose packages cannot be installed are skipped
# with a note. MYNAH_TRAITS names the package traits of the build, which other scripts may share (default: Server).
set -euo pipefail
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")/.."

step() { printf '\n== %s (at %d s)\n' "$1" "$SECONDS"; }
traits=${MYNAH_TRAITS:-Server}

step "the server's tests"
mynah=$(Scripts/build-with-traits.sh "$traits")/mynah
swift test -c release --traits "$traits" --scratch-path .build-traits --skip-build \
  --filter '^(MynahServerTests|MynahCommandsTests\.(Serve|Help|FlagEffect))' 2>&1 |
  tee "$folder/tests.log" | grep -vE '^(◇|\[)' || true
grep -qE 'Test run with [1-9][0-9]* tests.* passed' "$folder/tests.log" || { echo "error: the server's tests failed" >&2; exit 1; }

"$mynah" train Examples/Texts/sentences.txt --output "$folder/words.safetensors" --hidden 64 --epochs 4 --seed 7 \
  --overwrite --quiet
"$mynah" train Examples/Texts/sentences.txt --output "$folder/bytes.safetensors" --tokenizer byte --hidden 64 \
  --epochs 1 --seed 7 --overwrite --quiet
model="$folder/words.safetensors"

step "the commands of docs/serve.md, as typed"
MYNAH_BUILD=.build-traits Scripts/docs-commands.sh docs/serve.md

step "its clients"
python=python3
packages="openai lm_eval schemathesis"
if ! command -v python3 > /dev/null; then
  echo "SKIPPED: no Python here"
  exit 0
fi
if ! python3 -c "import ${packages// /, }" 2> /dev/null; then
  python=.build-traits/python/bin/python
  if ! "$python" -c "import ${packages// /, }" 2> /dev/null; then
    python3 -m venv .build-traits/python
    timeout 900 .build-traits/python/bin/pip install --quiet openai 'lm-eval[api]' schemathesis || python=
  fi
fi
if [[ -n "$python" ]]; then
  "$python" Scripts/verify-openai.py "$mynah" "$model"
  "$python" Scripts/verify-lm-eval.py "$mynah" "$model" 2> /dev/null
else
  echo "SKIPPED: the packages $packages could not be installed"
fi

"$mynah" serve "$model" "$folder/bytes.safetensors" --port 0 --transfer-seconds 5 2> "$folder/serve.log" &
server=$!
trap 'kill "$server" 2> /dev/null || true' EXIT
for _ in $(seq 100); do
  url=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$folder/serve.log" | head -n 1 || true)
  [[ -n "$url" ]] && break
  sleep 0.1
done
[[ -n "$url" ]] || { cat "$folder/serve.log" >&2; exit 1; }

MYNAH_URL="$url" "$(dirname "$mynah")/CompletionClient" "the horses"

if [[ -n "$python" ]]; then
  step "requests by its description"
  "$python" Scripts/verify-schema.py "$url" --examples 30 | grep -E 'passed|failed|error|issues' || exit 1
fi
step "its page in a browser"
if command -v chromium > /dev/null || timeout 600 apt-get install -y -qq chromium > /dev/null 2>&1; then
  python3 Scripts/verify-page.py "$url/" "$folder/page"
else
  echo "SKIPPED: no browser here, and it could not be installed"
fi
step "hostile input"
python3 Scripts/verify-hostile.py "$url" --pid "$server"
step "clients that die while 64 streams run"
python3 Scripts/serve-load.py soak "$url" --pid "$server" --seconds 20

step "the end"
kill -TERM "$server"
wait "$server"
trap - EXIT
echo "the server ended with exit code 0"
