#!/usr/bin/env bash
#
# What doing nothing costs: resident memory, and CPU in percent of one core over
# a while, of Kontena's server and agents with 0 and with 10 containers a host;
# beside it the engines alone and with Docker Swarm.
#
# usage: idle_bench.sh [CONTESTANT...]                  (engine swarm kontena)
#
# settings (environment), besides those of the cluster tests' support.sh
#   SECONDS_EACH  how long each state is watched        (20)
#   PER_HOST      containers a host in the loaded state (10)
# shellcheck disable=SC2317 # the parts are called by name
set -euo pipefail
. "$(dirname -- "$0")/support.sh"

SECONDS_EACH=${SECONDS_EACH:-20}
PER_HOST=${PER_HOST:-10}

# The /proc of host K, as a path that is good outside of it
proc_of() { printf '/proc/%s/root/proc' "$(lab pid "$1")"; }

# engine_process K NAME -> the pid in the host of its dockerd or containerd
engine_process() {
  local proc f name
  proc=$(proc_of "$1")
  for f in "$proc"/[0-9]*/comm; do
    { read -r name <"$f"; } 2>/dev/null || continue
    if [[ $name == "$2" ]]; then
      f=${f%/comm}
      printf '%s' "${f##*/}"
      return
    fi
  done
  die "no $2 runs on h$1"
}

process_of() { # K NAME
  case $2 in
    server | agent) role_pid "$1" "$2" || die "no $2 runs on h$1" ;;
    *) engine_process "$1" "$2" ;;
  esac
}

cpu_ticks() { # FOLDER IN PROC
  local s
  read -r s <"$1/stat"
  read -ra s <<<"${s##*) }"
  printf '%s' $((s[11] + s[12]))
}

resident_kib() { awk '/^VmRSS:/ { print $2 }' "$1/status"; }

# watch LABEL "K NAME"...: one line for each process, all over the same while
watch() {
  local label=$1 k name process folders=() before=() i
  shift
  settle
  for process in "$@"; do
    read -r k name <<<"$process"
    folders+=("$(proc_of "$k")/$(process_of "$k" "$name")")
    before+=("$(cpu_ticks "${folders[-1]}")")
  done
  observe "$SECONDS_EACH"
  for ((i = 0; i < $#; i++)); do
    read -r k name <<<"${@:i+1:1}"
    awk -v label="$label" -v name="$name h$k" -v kib="$(resident_kib "${folders[i]}")" \
      -v ms=$((($(cpu_ticks "${folders[i]}") - before[i]) * TICK_MS)) -v s="$SECONDS_EACH" \
      'BEGIN { printf "%-38s %-14s %7.1f MiB %6.2f %%CPU\n", label, name, kib / 1024, ms / s / 10 }'
  done
}

spread() {
  local k list=()
  for k in "${HOSTS[@]}"; do list+=("$(running_on "$k")"); done
  printf '%s' "${list[*]}"
}

part_engine() { watch "engine alone, 0 containers" "3 dockerd" "3 containerd"; }

# part CONTESTANT PROCESS...: watched without containers and with some
part() {
  local who=$1
  shift
  "${who}_on"
  watch "$who, 0 containers" "$@"
  "${who}_start" $((PER_HOST * HOST_COUNT))
  watch "$who, containers on the hosts: $(spread)" "$@"
  "${who}_remove"
  "${who}_off"
}

part_swarm() { part swarm "1 dockerd" "3 dockerd" "3 containerd"; }
part_kontena() { part kontena "1 server" "1 agent" "2 agent" "3 agent" "3 dockerd" "3 containerd"; }

PARTS=("$@")
if (($# == 0)); then PARTS=(engine swarm kontena); fi
need_contestants "engine swarm kontena" "${PARTS[@]}"
bench_up
for part in "${PARTS[@]}"; do "part_$part"; done
bench_done
