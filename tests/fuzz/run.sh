#!/usr/bin/env bash
#
# Fuzzes the reader of Compose files with libFuzzer and the sanitizers.
#
# usage: tests/fuzz/run.sh SECONDS [FOLDER]
#
# Starts from tests/compose/data. FOLDER (build-fuzz/corpus) keeps what was found to be of interest, for the next
# time. A crash, leak or hang is left in build-fuzz/ as the input that makes it, and ends this with an error.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

seconds=${1:?usage: tests/fuzz/run.sh SECONDS [FOLDER]}
build=build-fuzz
corpus=${2:-$build/corpus}

if [[ ! -e $build/build.ninja ]]; then
  CXX=clang++ meson setup "$build" -Dfully_static=false -Dbuildtype=debug -Doptimization=2 -Dwerror=false -Db_lundef=false \
    -Db_sanitize=address,undefined -Dcpp_args=-fsanitize=fuzzer-no-link > "$build.log" || { cat "$build.log"; exit 1; }
fi
ninja -C "$build" tests/fuzz/compose_fuzz > "$build/build.log" || { tail -n 40 "$build/build.log"; exit 1; }

# A word of each key, and the marks of YAML and of interpolation.
dictionary=$build/compose.dict
{
  sed -n '/<!-- keys -->/,/<!-- \/keys -->/s/.*: `\(.*\)`.*/\1/p' src/compose/README.md | tr ' ' '\n' | sort -u | sed 's/.*/"&: "/'
  printf '"%s"\n' '<<: ' '*a' '&a ' '!reset ' '!override ' '\x0a  ' '\x0a- ' '\x0a=== base.yaml\x0a' '\x0a=== override\x0a' '\x0a=== .env\x0a' \
    '${A:-' '${A:?' '${A+' '$$' '}' '---\x0a' '[' '{' 'extends: {service: s, file: base.yaml}' 'include: [base.yaml]' 'env_file: [base.yaml]'
} > "$dictionary"

mkdir -p "$corpus" "$build/seeds"
cp tests/compose/data/*.yaml "$build/seeds/"
# What a case is made of, in one input.
for folder in tests/compose/data/*/; do
  [[ -e $folder/compose.yaml ]] || continue
  {
    cat "$folder/compose.yaml"
    find "$folder" -type f ! -name compose.yaml ! -name expected.json -printf '%P\n' | sort | while read -r file; do
      printf '\n=== %s\n' "${file/compose.override.yaml/override}"
      cat "$folder/$file"
    done
  } > "$build/seeds/$(basename "$folder").yaml"
done

UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
  "$build/tests/fuzz/compose_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=20000 -dict="$dictionary" \
  -artifact_prefix="$build/" -print_final_stats=1 "$corpus" "$build/seeds" 2>&1 | tail -n 40
