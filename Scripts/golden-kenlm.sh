#!/usr/bin/env bash
# Makes the n-gram fixtures of Tests/MynahInferenceTests with KenLM's programs: a text, its model of order 3, and the
# model's scores of other sentences; the letters of a text, and their models with fallback discounts.
# Usage: Scripts/golden-kenlm.sh FOLDER, where FOLDER holds KenLM's lmplz and query.
set -euo pipefail
programs=$1
cd "$(dirname "$0")/../Tests/MynahInferenceTests/Fixtures"
sentences=../../../Examples/Texts/more-sentences.txt
sed -n 1,150p "$sentences" > kenlm-text.txt
"$programs/lmplz" -o 3 < kenlm-text.txt > kenlm.arpa 2> /dev/null
{
  sed -n 151,160p "$sentences"
  echo "the unheard parrot snores ."
  echo
} > kenlm-queries.txt
"$programs/query" kenlm.arpa < kenlm-queries.txt 2> /dev/null > kenlm-answers.txt
gzip -9n < kenlm.arpa > kenlm.arpa.gz
sed -n 1,60p kenlm-text.txt | sed 's/ //g; s/./& /g; s/ $//' > kenlm-letters.txt
for order in 1 2; do
  "$programs/lmplz" -o $order --discount_fallback < kenlm-letters.txt > kenlm-letters-$order.arpa 2> /dev/null
done
