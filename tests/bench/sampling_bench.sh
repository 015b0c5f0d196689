#!/usr/bin/env bash
#
# What it costs an agent to sample its instances: the processor time of an agent with so many of them while it samples every
# five seconds, less that while it samples every five minutes; and what the engine's API takes for one look at all of them.
#
# usage: sampling_bench.sh
#
# settings (environment), besides those of the cluster tests' support.sh
#   PER_HOST      instances          (100)
#   SECONDS_EACH  measured           (100)
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
PER_HOST=${PER_HOST:-100}
SECONDS_EACH=${SECONDS_EACH:-100}
HOST_COUNT=1
bench_up
start_cluster 1
ktn stack deploy -q -f - t >/dev/null <<<"services: {a: {image: busybox, command: [sleep, '99999'], stop_grace_period: 0s, deploy: {replicas: $PER_HOST}}}"
proc=/proc/$(lab pid 1)/root/proc
agent=$(role_pid 1 agent)
cpu_us() { cat "$proc/$1"/task/*/schedstat | awk '{ s += $1 } END { printf "%d", s / 1000 }'; }
spent() { # INTERVAL -> microseconds of CPU
  local before
  ktn grid set -q --stats-every "$1" >/dev/null
  sleep 12 # until the agent has heard of it, and the one that was due is over
  before=$(cpu_us "$agent")
  sleep "$SECONDS_EACH"
  say $(($(cpu_us "$agent") - before))
}
seldom=$(spent 5m)
often=$(spent 5s)
awk -v often="$often" -v seldom="$seldom" -v s="$SECONDS_EACH" -v n="$PER_HOST" 'BEGIN {
  each = (often - seldom) / (s / 5)
  printf "a sample of %d instances: %.2f ms of CPU; every 10 s: %.3f%% of a core  (agent %.0f ms in %d s without, %.0f ms with)\n", n, each / 1000, each / 1e5, seldom / 1000, s, often / 1000
}'
engine=$(<"/proc/$(lab pid 1)/root/run/docker.pid")
before=$(cpu_us "$engine")
lab docker 1 stats --no-stream >/dev/null
say "the engine's API, once for all: $((($(cpu_us "$engine") - before) / 1000)) ms of the engine's CPU"
bench_done
