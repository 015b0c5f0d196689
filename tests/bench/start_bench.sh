#!/usr/bin/env bash
#
# How long until N containers run on three hosts: the floor (the engines' own
# API, on its default bridge and on a network of its own), Docker Swarm and Kontena by turns.  Prints medians with all runs, each
# contestant's ratio to the floor and to Swarm in the same round, the CPU that
# the lab used, and when the last container started by the engines' word.
#
# usage: start_bench.sh [CONTESTANT...]                 (floor floornet swarm swarmnet kontena)
#
# settings (environment), besides those of the cluster tests' support.sh
#   SIZES           numbers of containers                       ("30 60")
#   RUNS            rounds for each size                        (5)
#   FLOOR_PARALLEL  containers the floor starts at once a host  (4)
set -euo pipefail
. "$(dirname -- "$0")/support.sh"

RUNS=${RUNS:-5}
read -ra SIZES <<<"${SIZES:-30 60}"
CONTESTANTS=("$@")
if (($# == 0)); then CONTESTANTS=(floor floornet swarm swarmnet kontena); fi

turn() { # CONTESTANT SIZE
  local who=$1 size=$2
  "${who}_on"
  settle
  begin
  "${who}_start" "$size"
  took
  (($(running_everywhere) == size)) || die "$who: $(running_everywhere) containers run instead of $size"
  note "wall $who $size" "$(seconds "$WALL_MS")"
  note "cpu $who $size" "$(seconds "$CPU_MS")"
  note "others $who $size" "$OTHERS"
  note "last $who $size" "$(seconds $(($(last_start_ms) - BEGIN_US / 1000)))"
  begin
  "${who}_remove"
  took
  note "gone $who $size" "$(seconds "$WALL_MS")"
  "${who}_off"
}

# compare FIGURE A B SIZE: A's values over B's, round by round
compare() {
  if ! is_noted "$1 $2 $4" || ! is_noted "$1 $3 $4"; then return; fi
  printf '%-34s %s\n' "$4: $2 / $3, $1" "$(ratios "$1 $2 $4" "$1 $3 $4")"
}

show() { # FIGURE WORDS CONTESTANT SIZE
  printf '%-34s %s\n' "$4: $3, $2" "$(figure "$1 $3 $4" s)"
}

report() { # SIZE
  local who figure size=$1
  for who in "${CONTESTANTS[@]}"; do
    show wall "all run" "$who" "$size"
    show last "last one started" "$who" "$size"
    show gone "removed" "$who" "$size"
    show cpu "CPU of the lab" "$who" "$size"
    printf '%-34s %s\n' "$size: $who, cores others used" "${VALUES["others $who $size"]}"
  done
  for figure in last cpu; do
    compare "$figure" swarm floor "$size"
    compare "$figure" kontena floornet "$size"
    compare "$figure" kontena floor "$size"
    compare "$figure" kontena swarm "$size"
    compare "$figure" kontena swarmnet "$size"
  done
}

need_contestants "floor floornet swarm swarmnet kontena" "${CONTESTANTS[@]}"
bench_up
for size in "${SIZES[@]}"; do
  for ((run = 0; run < RUNS; run++)); do
    for who in "${CONTESTANTS[@]}"; do turn "$who" "$size"; done
  done
  report "$size"
done
bench_done
