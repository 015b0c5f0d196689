#!/usr/bin/env bash
#
# What it costs an agent to sample its instances, by its own reader of the kernel's files, against one look by the engine's API.
#
# usage: sampling_bench.sh build/tests/bench/sample_bench
#
# settings (environment), besides those of the cluster tests' support.sh
#   PER_HOST      instances          (100)
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
PER_HOST=${PER_HOST:-100}
HOST_COUNT=1
bench=$(realpath -- "$1")
bench_up
start_cluster 1
ktn stack deploy -q -f - t >/dev/null <<<"services: {a: {image: busybox, command: [sleep, '99999'], stop_grace_period: 0s, deploy: {replicas: $PER_HOST}}}"
mapfile -t pids < <(lab docker 1 ps -q | xargs "$HOSTLAB" docker 1 inspect -f '{{.State.Pid}}')
for _ in 1 2 3; do lab exec 1 "$bench" "${pids[@]}"; done
proc=/proc/$(lab pid 1)/root/proc
cpu_us() { cat "$proc/$1"/task/*/schedstat | awk '{ s += $1 } END { printf "%d", s / 1000 }'; }
engine=$(<"/proc/$(lab pid 1)/root/run/docker.pid")
for _ in 1 2 3; do
  before=$(cpu_us "$engine")
  lab docker 1 stats --no-stream >/dev/null
  say "the engine's API, once for all: $((($(cpu_us "$engine") - before) / 1000)) ms of the engine's CPU"
done
bench_done
