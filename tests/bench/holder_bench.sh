#!/usr/bin/env bash
#
# Whether an instance should have its network namespace from a container that holds it:
# N instances started, replaced in their places, and removed on one host, with and
# without, by turns. Wall, CPU of the host, memory of all that the containers add.
#
# usage: holder_bench.sh HOLDER_BENCH        (ninja -C build tests/bench/holder_bench)
#
# settings (environment), besides those of the cluster tests' support.sh
#   COUNT     instances          (30)
#   RUNS      rounds             (5)
#   PARALLEL  at once            (4)
set -euo pipefail
. "$(dirname -- "$0")/support.sh"

program=$(realpath -- "$1")
COUNT=${COUNT:-30}
RUNS=${RUNS:-5}
PARALLEL=${PARALLEL:-4}
HOST_COUNT=1

declare -A VALUES=()

# PSS of all shims and of what runs in containers on the host, in KiB: shared pages are
# counted once.
memory_kib() {
  local proc f sum=0 kib name
  proc=/proc/$(lab pid 1)/root/proc
  for f in "$proc"/[0-9]*; do
    { read -r name <"$f/comm"; } 2>/dev/null || continue
    case $name in
      containerd-shim* | sleep | sh)
        kib=$(awk '/^Pss:/ { print $2 }' "$f/smaps_rollup" 2>/dev/null) || continue
        sum=$((sum + ${kib:-0}))
        ;;
    esac
  done
  printf '%d' "$sum"
}

phase() { # WAY PHASE
  settle
  begin
  lab exec 1 "$program" /var/run/docker.sock "$1" "$2" "$COUNT" "$PARALLEL"
  took
  VALUES["wall $1 $2"]+="$(seconds "$WALL_MS") "
  VALUES["cpu $1 $2"]+="$(seconds "$CPU_MS") "
}

turn() { # WAY
  local before
  before=$(memory_kib)
  phase "$1" start
  VALUES["memory $1"]+="$((($(memory_kib) - before) / COUNT)) "
  phase "$1" replace
  phase "$1" remove
}

report() { # FIGURE PHASE
  local plain holder ratios=() i
  read -ra plain <<<"${VALUES["$1 plain${2:+ $2}"]}"
  read -ra holder <<<"${VALUES["$1 holder${2:+ $2}"]}"
  for ((i = 0; i < ${#plain[@]}; i++)); do ratios+=("$(ratio "${holder[i]}" "${plain[i]}")"); done
  printf '%-16s plain %8s   holder %8s   holder / plain %s (%s)\n' "$1 $2" "$(median "${plain[@]}")" \
    "$(median "${holder[@]}")" "$(median "${ratios[@]}")" "${ratios[*]}"
}

need_lab_machine
bench_up
for ((run = 0; run < RUNS; run++)); do
  for way in plain holder; do turn "$way"; done
done
printf '%s instances, %s at once, %s rounds; seconds, KiB an instance\n' "$COUNT" "$PARALLEL" "$RUNS"
for what in start replace remove; do
  report wall "$what"
  report cpu "$what"
done
report memory ''
bench_done
