#!/usr/bin/env bash
#
# How long, by turns, Docker Swarm and Kontena take on three hosts
#   failover     until all 12 replicas run again after a host with 4 of them lost its power
#   stop-first   to bring 12 replicas to another image, two at a time
#   start-first  likewise, each new one before the old one goes
# by the engines' own word, and until they say so themselves; and the CPU of the lab.
#
# usage: operate_bench.sh [failover|stop-first|start-first]...        (all three)
#
# settings (environment), besides those of the cluster tests' support.sh
#   RUNS   rounds (7)      CONTESTANTS   ("swarm kontena")
set -euo pipefail
. "$(dirname -- "$0")/support.sh"

RUNS=${RUNS:-7}
read -ra CONTESTANTS <<<"${CONTESTANTS:-swarm kontena}"
WHAT=("$@")
if (($# == 0)); then WHAT=(failover stop-first start-first); fi
N=12

# The containers that run on host K of image $2, or any.
count_on() {
  local filter="{\"status\":[\"running\"]${2:+,\"ancestor\":[\"$2\"]}}"
  engine_get "$1" "containers/json?filters=$(jq -rn --arg f "$filter" '$f|@uri')" | jq length
}
count_all() { # IMAGE K...
  local image=$1 k sum=0
  shift
  for k in "$@"; do sum=$((sum + $(count_on "$k" "$image"))); done
  printf '%d' "$sum"
}

# ------------------------------------------------------------------- contestants

swarm_begin() {
  lab docker 1 service create --name bench --replicas $N --detach --no-resolve-image busybox:latest "${CMD[@]}" >/dev/null
  wait_until 300 "the Swarm manager says that $N tasks run" swarm_runs $N
}
kontena_file() { # IMAGE ORDER
  cat <<END
services:
  app:
    image: $1
    command: ["sh", "-c", "${CMD[2]}"]
    restart: always
    deploy: {replicas: $N, update_config: {parallelism: 2, order: $2}}
END
}
kontena_begin() { kontena_file busybox:latest stop-first | ktn stack deploy -f - bench >"$SCRATCH/deploy" 2>&1 || die "deploy: $(cat "$SCRATCH/deploy")"; }

swarm_update() { # ORDER; in the background says when it calls itself done
  lab docker 1 service update --update-parallelism 2 --update-order "$1" --update-delay 0s --detach \
    --no-resolve-image --image busybox:v2 bench >/dev/null
}
swarm_said() { [[ $(lab docker 1 service inspect -f '{{.UpdateStatus.State}}' bench) == completed ]]; }
kontena_update() { kontena_file busybox:v2 "$1" | ktn stack deploy -d -q -f - bench >"$SCRATCH/id" 2>"$SCRATCH/deploy"; }
kontena_said() { ktn deployment show bench "$(cat "$SCRATCH/id")" --json | grep -q '"state": *"succeeded"'; }

swarm_again() { wait_until 60 "all Swarm nodes are ready" swarm_nodes_ready; }
kontena_again() {
  start_agent 3
  wait_until 60 "all nodes are ready" nodes_ready 3
}

# -------------------------------------------------------------------------- turns

all_on() { (($(count_all '' 1 2) == N)); }
failover_turn() { # WHO
  COUNTED=(1 2)
  begin
  lab crash 3
  POLL=0.02 wait_until 120 "all $N run on the two others" all_on
  took
  COUNTED=()
  note "failover $1 wall" "$(seconds "$WALL_MS")"
  note "failover $1 cpu" "$(seconds "$CPU_MS")"
  lab boot 3 >/dev/null
  "$1_again"
}

all_new() { (($(count_all busybox:v2 1 2 3) == N && $(count_all '' 1 2 3) == N)); }
update_turn() { # WHO ORDER
  begin
  "$1_update" "$2"
  POLL=0.02 wait_until 240 "all $N are of the new image" all_new
  took
  note "$2 $1 wall" "$(seconds "$WALL_MS")"
  note "$2 $1 cpu" "$(seconds "$CPU_MS")"
  POLL=0.02 wait_until 60 "$1 says so itself" "$1_said"
  note "$2 $1 said" "$(seconds $((($(now_us) - BEGIN_US) / 1000)))"
}

turn() { # WHAT WHO
  "$2_on"
  "$2_begin"
  (($(count_on 3) > 0)) || die "$2 placed nothing on h3"
  settle
  if [[ $1 == failover ]]; then failover_turn "$2"; else update_turn "$2" "$1"; fi
  "$2_remove"
  "$2_off"
}

report() { # WHAT
  local who figure
  for figure in wall said cpu; do
    for who in "${CONTESTANTS[@]}"; do
      if is_noted "$1 $who $figure"; then printf '%-34s %s\n' "$1: $who, $figure" "$(figure "$1 $who $figure" s)"; fi
    done
    if ! is_noted "$1 kontena $figure" || ! is_noted "$1 swarm $figure"; then continue; fi
    printf '%-34s %s\n' "$1: kontena / swarm, $figure" "$(ratios "$1 kontena $figure" "$1 swarm $figure")"
  done
}

need_contestants "swarm kontena" "${CONTESTANTS[@]}"
command -v jq >/dev/null || skip "missing: jq"
bench_up
for what in "${WHAT[@]}"; do
  for ((run = 0; run < RUNS; run++)); do
    for who in "${CONTESTANTS[@]}"; do turn "$what" "$who"; done
  done
  report "$what"
done
bench_done
