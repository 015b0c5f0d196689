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
  note "wall $2 $1" "$(seconds "$WALL_MS")"
  note "cpu $2 $1" "$(seconds "$CPU_MS")"
}

turn() { # WAY
  local before
  before=$(memory_kib)
  phase "$1" start
  note "memory $1" "$((($(memory_kib) - before) / COUNT))"
  phase "$1" replace
  phase "$1" remove
}

report() { # FIGURE UNIT
  local way
  for way in plain holder; do printf '%-32s %s\n' "$1, $way" "$(figure "$1 $way" "$2")"; done
  printf '%-32s %s\n' "$1, holder / plain" "$(ratios "$1 holder" "$1 plain")"
}

need_lab_machine
bench_up
for ((run = 0; run < RUNS; run++)); do
  for way in plain holder; do turn "$way"; done
done
printf '%s instances, %s at once, %s rounds\n' "$COUNT" "$PARALLEL" "$RUNS"
for what in start replace remove; do
  report "wall $what" s
  report "cpu $what" s
done
report memory 'KiB an instance'
bench_done
