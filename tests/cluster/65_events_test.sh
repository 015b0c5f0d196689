#!/usr/bin/env bash
# Every decision leaves an event with reason and actor; following them loses and doubles none, also over a kill of the server.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
start_cluster 3
log=$SCRATCH/followed
(ktn events -f --format jsonl >"$log" 2>"$log.err" || true) &
follower=$!
check "a stack is deployed" ktn stack deploy -f - e <<'END'
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap 'exit 0' TERM; touch /tmp/well; sleep 9999 & wait"]
    healthcheck: {test: ["CMD", "test", "-e", "/tmp/well"], interval: 1s, timeout: 2s, retries: 2}
    deploy: {replicas: 2}
  once: {image: busybox, command: ["sh", "-c", "sleep 3; exit 7"], restart: always}
  big: {image: busybox, command: ["sh", "-c", "sleep 4; tail /dev/zero"], restart: always, deploy: {resources: {limits: {memory: 20M}}}}
END
told() { # KIND JQ-CONDITION: such an event is listed, with its reason
  ktn events --type "$1" --tail 200 --format json | jq -e --arg kind "$1" "any(.[]; .kind == \$kind and ($2))" >/dev/null
}
check_within 10 "that a deployment has begun, and by whom" told deployment.begun '.stack == "e" and (.by | contains("admin"))'
check_within 20 "and how it ended" told deployment.succeeded '.stack == "e"'
check_within 10 "where an instance was placed, and why there" told instance.placed '.service == "web" and .slot == 2 and (.text | length > 5) and .node_name != ""'
check_within 10 "that it runs" told instance.started '.service == "web"'
check_within 10 "that it is well" told instance.healthy '.service == "web"'
check_within 20 "that it ended badly, and with what status" told instance.exited '.service == "once" and (.text | contains("7"))'
check_within 20 "that it runs again" told instance.restarted '.service == "once"'
check_within 30 "that it was out of memory" told instance.out_of_memory '.service == "big"'
check_within 60 "that it keeps failing" told instance.crash_loop '.service == "once"'
home=$(running_names e.web | sed -n 1p)
lab docker "${home%% *}" exec "${home#* }" rm /tmp/well
check_within 20 "that it is ill" told instance.unhealthy '.service == "web"'
lab docker "${home%% *}" exec "${home#* }" touch /tmp/well || true
home=$(running_names e.web | sed -n 2p)
lab docker "${home%% *}" rename "${home#* }" odd
check_within 20 "that somebody changed a container" told container.drift '.service == "web" and (.text | contains("renamed"))'
lab docker "${home%% *}" rename odd "${home#* }"
expect_fail "a stack that no node can take" 11 "no node" ktn stack deploy --timeout 6s -f - none <<'END'
services: {a: {image: busybox, deploy: {placement: {constraints: ["node.labels.ssd == yes"]}}}}
END
check_within 10 "that it was not placed, and what each node lacks" told instance.not_placed '.stack == "none" and (.text | contains("constraints"))'

kill_server
start_server
wait_until 40 "the nodes are ready" nodes_ready 3
check "a node is drained" ktn node drain h3
check_within 20 "that it was, and by whom" told node.drained '.node_name == "h3" and (.by | contains("admin"))'
check "a node is activated" ktn node activate h3
check_within 10 "that it was" told node.activated '.node_name == "h3"'
lab crash 2
check_within 40 "that a node is lost" told node.lost '.node_name == "h2"'
check_within 30 "that its instances went elsewhere, and why" told instance.moved '(.text | contains("h2")) or .node_name != "h2"'
lab boot 2
start_agent 2
check_within 40 "that it is back" told node.back '.node_name == "h2"'

listed() { ktn events --tail 1000 --since 1h --format jsonl | jq -r .id | sort; }
all_followed() { cmp -s <(listed | uniq) <(jq -r .id "$log" | sort -u); }
check_within 20 "who follows has heard of every one, also over the kill of the server" all_followed
only() { ktn events --stack none --tail 1000 --format json | jq -e 'length > 0 and all(.[]; .stack == "none")' >/dev/null; }
check "one stack's alone" only
only_node() { ktn events --node h3 --tail 1000 --format json | jq -e 'length > 0 and all(.[]; .node_name == "h3")' >/dev/null; }
check "one node's alone" only_node
kill "$follower" 2>/dev/null || true
pkill -P "$follower" 2>/dev/null || true
wait "$follower" || true
finish
