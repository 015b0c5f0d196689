#!/usr/bin/env bash
# limit: 4200
# Three nodes whose network delays each packet by 20 ms and loses one in twenty, each
# way: none is called lost, and no container is touched.
#
# settings (environment): DURATION (3600), in seconds; LOSS (5), in percent
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
DURATION=${DURATION:-3600}
LOSS=${LOSS:-5}
KT_LOST_AFTER=3s
lab_up 4
start_server 1 --log-level debug
for k in 2 3 4; do start_agent "$k"; done
wait_until 30 "3 nodes are ready" nodes_ready 3
TRAP='command: ["sh", "-c", "trap '"'exit 0'"' TERM; sleep 9999 & wait"]'
check "a stack is deployed" ktn stack deploy -f - web <<<"services: {a: {image: busybox, $TRAP, restart: always, deploy: {replicas: 6}}}"
before=$(for k in 2 3 4; do container_ids "$k"; done | sort)

for k in 2 3 4; do lab delay "$k" 20 "$LOSS"; done
begun=$SECONDS
alarms() { grep -c 'node lost' "$(role_log 1 server)" || true; }
# Late, but for a reason of the server's own: it did not run for a moment itself.
graced() { grep -c 'node silent' "$(role_log 1 server)" || true; }
over() { ((SECONDS - begun >= DURATION || $(alarms) > 0)); }
wait_until "$((DURATION + 30))" "$DURATION s have passed, or a node was called lost" over
say "          after $((SECONDS - begun)) s: $(alarms) alarms, $(graced) times silent"
agents_away() { for k in 2 3 4; do grep -c 'the server does not answer' "$(role_log "$k" agent)" || true; done; }
say "          the server did not answer an agent in time: $(agents_away | paste -sd ' ')"
expect_output "no node was called lost" '^0$' alarms
for k in 2 3 4; do lab delay "$k" 0 0; done
after() { for k in 2 3 4; do container_ids "$k"; done | sort; }
same() { [[ $(after) == "$before" ]]; }
check "no container was touched" same
check_within 10 "all nodes are ready" nodes_ready 3
finish
