#!/usr/bin/env bash
# What containers and nodes use: near what Docker says, kept over kills of server and agents and over roll-outs.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 2
start_cluster 2
compose() { cat <<END
services:
  busy: {image: busybox, command: ["sh", "-c", "trap 'exit 0' TERM; while :; do :; done"], deploy: {resources: {limits: {cpus: "0.3"}}}}
  full: {image: busybox, command: ["sh", "-c", "dd if=/dev/zero of=/dev/shm/x bs=1M count=40; trap 'exit 0' TERM; sleep 9999 & wait"], environment: {V: "$1"}, deploy: {resources: {limits: {memory: 200M}}}}
  small: {image: busybox, command: ["sh", "-c", "sleep 12; tail /dev/zero; sleep 9999"], restart: always, deploy: {resources: {limits: {memory: 20M}}}}
END
}
check "a stack is deployed" ktn stack deploy -f - s <<<"$(compose 1)"
point() { ktn stats "s/$1" --format json | jq -r ".[0].points[-1].$2 // 0"; } # SERVICE FIELD
near() { local value; value=$(point "$1" "$2"); ((value >= $3 && value <= $4)); } # SERVICE FIELD LEAST MOST
check_within 40 "a service at its limit of processors uses so much" near busy cpu_milli 240 330
check_within 20 "and is throttled" near busy throttled_milli 100 1000
check_within 20 "memory is what was written there" near full memory_bytes 41000000 60000000
check "its limit is told" near full memory_limit_bytes 209715200 209715200
check "the processes are counted" near full pids 1 4
docker_memory() { # what the engine says, in MiB, rounded down
  local k name
  read -r k name <<<"$(running_names s.full)"
  lab docker "$k" stats --no-stream --format '{{.MemUsage}}' "$name" | sed 's/MiB.*//; s/\..*//'
}
same() { local ours theirs; ours=$(($(point full memory_bytes) >> 20)) theirs=$(docker_memory); ((ours >= theirs - 3 && ours <= theirs + 3)); }
check_within 15 "the engine says the same" same
kills() { ktn stats s/small --since 5m --format json | jq -e '[.[0].points[].oom_kills] | add > 0' >/dev/null; }
check_within 60 "a process that was killed for want of memory is counted" kills
node_says() { ktn stats --nodes --format json | jq -e 'length == 2 and all(.[]; .points[-1].memory_limit_bytes > 0 and .points[-1].disk_size_bytes > 0)' >/dev/null; }
check_within 20 "the nodes' own use is there" node_says
first() { ktn top s --sort "$1" --no-headers | sed -n 1p | has "$2"; } # WHAT INSTANCE
check_within 30 "top prints once in a pipe, sorted by what is asked" first cpu busy-1
check "also by memory" first memory full-1

points() { ktn stats s/full --since 10m --format json | jq '.[0].points | length'; }
some() { (($(points) >= 4)); }
wait_until 40 "there are some points" some
before=$(points)
kill_server
start_server
wait_until 30 "the nodes are ready" nodes_ready 2
kept() { (($(points) >= before)); }
check "after kill -9 of the server what was is there" kept
more() { (($(points) > before)); }
check_within 30 "and it goes on" more
kill_agent 1
kill_agent 2
start_agent 1
start_agent 2
before=$(points)
check_within 40 "likewise after kill -9 of the agents" more
check "the service is replaced" ktn stack deploy -f - s <<<"$(compose 2)"
check_within 40 "its curve goes on over the roll-out" kept

# ------------------------------------------------------------------ where it is shown, how often it is taken, what it decides
check "a node that is used up, and one with more to do" ktn stack deploy -f - hot <<'END'
services:
  burn: {image: busybox, command: ["sh", "-c", "trap 'exit 0' TERM; for i in 1 2 3; do while :; do :; done & done; wait"], deploy: {placement: {constraints: [node.hostname == h1]}}}
  idle: {image: busybox, command: ["sh", "-c", "trap 'exit 0' TERM; sleep 9999 & wait"], deploy: {replicas: 3, placement: {constraints: [node.hostname == h2]}}}
END
burns() { ktn stats hot/burn --format json | jq -e '.[0].points[-1].cpu_milli > 500' >/dev/null; }
wait_until 90 "it is busy" burns
expect_output "a node shows what it uses" '^use +[0-9.]+% CPU, load [0-9.]+, [0-9.]+ [MG]B of [0-9.]+ GB memory' ktn node show h1
expect_output "and its disk" '^disk +[0-9.]+ [MGT]B of [0-9.]+ [GT]B' ktn node show h1
expect_output "a service shows what all of it uses" '^use +[0-9]{2,3}\.[0-9]% CPU' ktn service show hot/burn
check "the grid wants samples twice as often" ktn grid set --stats-every 5s
expect_output "and says so" '^statistics +every 5s' ktn grid show
often() { ktn stats hot/burn --since 30s --format json | jq -e '.[0].points | length >= 2 and .[-1].at_ms - .[-2].at_ms < 7000' >/dev/null; }
check_within 30 "they come, without a restart of the agents" often
peak=$(ktn stats hot/burn --since 5m --format json | jq '[.[0].points[].cpu_milli] | max')
all=$(ktn node show h1 --json | jq '.facts.nano_cpus / 1000000')
wants=$(awk -v all="$all" -v peak="$peak" 'BEGIN { printf "%.2f", (all - peak * 0.6) / 1000 }')
place() { # where goes who needs a processor, though fewer run on h1?
  ktn stack deploy -q -f - probe >/dev/null <<<'services: {a: {image: busybox, command: [sleep, "9999"], stop_grace_period: 0s, deploy: {resources: {reservations: {cpus: "'"$wants"'"}}}}}' || return 1
  [[ $(ktn ps probe --json | jq -r '.[0].node') == h2 ]] || { ktn stack rm -q -y probe; return 1; }
}
check_within 120 "who reserves a processor goes where none is likely to be taken" place

check "another project is made" ktn project create other
expect_output "another project sees nothing of it" '^\[\]$' ktn --project other stats --format json
finish
