#!/usr/bin/env bash
# Makes pages and a map of a freshly trained small model, takes screenshots of them in a browser, and checks that they
# are not blank.
#
#     swift build -c release --product mynah
#     Scripts/page-screenshots.sh [FOLDER]
#
# FOLDER, a new one unless given, is printed at the end. Needs Chromium (Debian: chromium) or Chrome, or one that
# BROWSER names; without it prints SKIPPED.
set -euo pipefail
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")/.."

browser=${BROWSER:-}
for name in chromium chromium-browser google-chrome chrome; do
  [[ -n "$browser" ]] || browser=$(command -v "$name" || true)
done
[[ -n "$browser" ]] || { echo "SKIPPED: no browser here; install chromium or name one in BROWSER"; exit 0; }
command -v python3 > /dev/null || { echo "SKIPPED: no Python here to look at the pictures"; exit 0; }

mynah=${MYNAH:-.build/release/mynah}
text=Examples/Texts/more-sentences.txt
model="$folder/model.safetensors"
"$mynah" train Examples/Texts/sentences.txt --output "$model" --hidden 48,32 --epochs 3 --seed 7 --overwrite
"$mynah" train Examples/Texts/sentences.txt --tokenizer character --output "$folder/letters.safetensors" --hidden 64 \
  --epochs 3 --seed 7 --overwrite
head -n 60 "$text" > "$folder/text.txt"
# What must be shown and do nothing.
printf '%s\n' '<script>document.body.remove()</script> "quoted" it&apos;s </span> a' >> "$folder/text.txt"
cd "$folder"
mynah=$(cd "$OLDPWD" && realpath "$mynah")
"$mynah" surprisal model.safetensors text.txt --html surprisal.html --overwrite
"$mynah" activations model.safetensors text.txt --gates --html units.html --overwrite
head -n 60 text.txt > letters.txt
"$mynah" activations letters.safetensors letters.txt --html letters.html --overwrite
"$mynah" map model.safetensors --count 280 --output map.svg --overwrite

pictures=()
screenshot() {
  local name=$1 page=$2 size=$3
  shift 3
  pictures+=("$folder/$name.png")
  # The browser's own complaints are about the machine (no D-Bus, no GPU), not about the page.
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$folder/browser" \
    --window-size="$size" --screenshot="$folder/$name.png" "$@" "file://$folder/$page" 2> /dev/null
}
for page in surprisal.html units.html letters.html map.svg; do
  name=${page%.*}
  screenshot "$name" "$page" 1200,900
  screenshot "$name-dark" "$page" 1200,900 --blink-settings=preferredColorScheme=0
  screenshot "$name-narrow" "$page" 500,900
done
# The tooltip, as if one pointed at a word: only in a copy of the page.
sed 's|^paint();$||; s|^</script>$|show(text.children[20]);\n</script>|' surprisal.html > tip.html
screenshot tip tip.html 500,900
screenshot units-gate "units.html#1:5:f" 1200,900
rm -rf "$folder/browser"
python3 "$OLDPWD/Scripts/check-screenshots.py" "${pictures[@]}"
echo "$folder"
