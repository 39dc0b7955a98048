#!/usr/bin/env bash
# Makes pages and maps of freshly trained small models, and opens them in a browser at three widths, light and dark:
# takes screenshots and checks that they are not blank, that nothing is printed on the console, and that the pages can
# be used with the keyboard.
#
#     swift build -c release --product mynah
#     Scripts/page-screenshots.sh [FOLDER]
#
# FOLDER (default: a new folder) is printed at the end. Needs Chromium (Debian: chromium) or Chrome, or the browser that
# BROWSER names; without one, prints SKIPPED.
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
"$mynah" train Examples/Texts/sentences.txt --output "$folder/small.safetensors" --hidden 16 --epochs 1 --seed 8 \
  --overwrite
"$mynah" train Examples/Texts/sentences.txt --tokenizer character --output "$folder/letters.safetensors" --hidden 64 \
  --epochs 3 --seed 7 --overwrite
head -n 60 "$text" > "$folder/text.txt"
# Markup that must be shown as text and have no effect.
printf '%s\n' '<script>document.body.remove()</script> "quoted" it&apos;s </span> a' >> "$folder/text.txt"
cd "$folder"
mynah=$(cd "$OLDPWD" && realpath "$mynah")
"$mynah" surprisal model.safetensors text.txt --html surprisal.html --overwrite
"$mynah" surprisal model.safetensors text.txt --html surprisal-compare.html --compare small.safetensors --overwrite
"$mynah" activations model.safetensors text.txt --gates --html units.html --overwrite
"$mynah" map model.safetensors --count 280 --output map.svg --highlight "dragon lion" --overwrite
"$mynah" map model.safetensors --count 280 --output map.html --highlight "dragon lion" --overwrite
# Letters that are in the vocabulary.
head -n 60 text.txt > letters.txt
"$mynah" surprisal model.safetensors letters.txt --html surprisal-words.html --compare letters.safetensors --overwrite
"$mynah" activations letters.safetensors letters.txt --html units-letters.html --overwrite

pages=(surprisal.html surprisal-compare.html surprisal-words.html units.html units-letters.html map.html map.svg)
python3 "$OLDPWD/Scripts/photograph-pages.py" "$browser" "$folder" "${pages[@]}"
rm -rf "$folder/browser"
python3 "$OLDPWD/Scripts/check-screenshots.py" "$folder"/*-{390,820,1440}{,-dark}.png
echo "$folder"
