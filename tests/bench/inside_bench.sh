#!/usr/bin/env bash
#
# Ways into containers against Docker's own on the node, by turns: until the first byte of a command's output comes, with
# the whole command line tool on both sides, and files copied into and out of a container.
#
# usage: inside_bench.sh
#
# settings (environment), besides those of the cluster tests' support.sh
#   RUNS  rounds                 (21)
#   MB    size of what is copied (200)
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
RUNS=${RUNS:-21}
MB=${MB:-200}
HOST_COUNT=2

need_lab_machine
need_kontena
lab_up "$HOST_COUNT"
start_cluster "$HOST_COUNT"
ktn stack deploy -q -f - t >/dev/null <<'END'
services:
  web: {image: busybox, command: ["sleep", "99999"], stop_grace_period: 1s, deploy: {placement: {constraints: [node.hostname == h2]}}}
END
head -c "${MB}M" /dev/urandom >"$SCRATCH/file"

by_docker() { lab docker 2 exec t.web-1 echo x; }
by_kontena() { ktn exec t/web -- echo x; }
docker_in() { lab docker 2 cp "$SCRATCH/file" t.web-1:/in; }
docker_out() { lab docker 2 cp t.web-1:/in "$SCRATCH/back"; }
kontena_in() { ktn cp "$SCRATCH/file" t/web:/in; }
kontena_out() { ktn cp t/web:/in "$SCRATCH/back"; }

timed() { # KEY COMMAND...: milliseconds, until it has ended or its first line is there
  local key=$1 begun took
  shift
  begun=$(now_us)
  "$@" >/dev/null 2>&1
  took=$(($(now_us) - begun))
  note "$key" "$(awk -v us="$took" 'BEGIN { printf "%.1f", us / 1000 }')"
}
first_byte() { # KEY COMMAND...
  local key=$1 begun line
  shift
  begun=$(now_us)
  { read -r line && took=$(($(now_us) - begun)); cat >/dev/null; } < <("$@" 2>/dev/null)
  note "$key" "$(awk -v us="$took" 'BEGIN { printf "%.1f", us / 1000 }')"
}

for ((run = 0; run < RUNS; run++)); do
  first_byte docker by_docker
  first_byte kontena by_kontena
done
say "exec, until the first byte"
say "  docker exec  $(figure docker ms)"
say "  kontena exec $(figure kontena ms)"
say "  ratio        $(ratios kontena docker)"
for ((run = 0; run < 5; run++)); do
  timed docker_in docker_in
  timed kontena_in kontena_in
  timed docker_out docker_out
  timed kontena_out kontena_out
done
cmp "$SCRATCH/file" "$SCRATCH/back" || die "what came back is something else"
for key in docker_in kontena_in docker_out kontena_out; do
  read -ra values <<<"${VALUES[$key]}"
  say "cp $key: $(awk -v mb="$MB" -v ms="$(median "${values[@]}")" 'BEGIN { printf "%.0f MB/s", mb * 1.048576 / (ms / 1000) }')  (ms: ${values[*]})"
done
finish
