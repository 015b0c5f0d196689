#!/usr/bin/env bash
#
# What telling who asks costs, and how often a commit has the disk sync with a record of the audit
# trail and without.
#
# usage: access_bench.sh ACCESS_BENCH         (ninja tests/bench/access_bench)
# settings (environment): BINDINGS (10000), COMMITS (200)
set -euo pipefail
BENCH=$(realpath -- "$1")
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT

for bindings in 10 "${BINDINGS:-10000}"; do "$BENCH" "$bindings"; done

if ! command -v strace >/dev/null; then
  printf 'skipped: syncs are counted by strace, which is not here\n'
  exit 0
fi
# Those of opening and closing are in both, and in one of no commits.
count() { # COMMITS with|without
  rm -rf -- "${folder:?}/store"
  strace -f -qq -e trace=fsync,fdatasync,sync_file_range,msync -o "$folder/trace" "$BENCH" syncs "$folder/store" "$1" "$2" >/dev/null
  grep -cE '(fsync|fdatasync|sync_file_range|msync)\(' "$folder/trace"
}
commits=${COMMITS:-200}
for audit in without with; do
  none=$(count 0 "$audit")
  some=$(count "$commits" "$audit")
  printf 'syncs of %d commits %-7s a record of the audit trail: %d (%.3f each)\n' "$commits" "$audit" $((some - none)) \
    "$(awk -v n=$((some - none)) -v c="$commits" 'BEGIN { print n / c }')"
done
