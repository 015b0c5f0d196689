#!/usr/bin/env bash
# Containers outlive the server and the agents: ending either, gently or not, restarts nothing.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
start_cluster 3
check "a stack is deployed" ktn stack deploy -f - shop <<'END'
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap 'exit 0' TERM; sleep 9999 & wait"]
    restart: always
    deploy: {replicas: 6}
END

# Ids and start times: a restart would change the second.
runs() {
  local k
  for k in 1 2 3; do lab docker "$k" ps -q --no-trunc --filter label=io.kontena.instance | xargs -r "$HOSTLAB" docker "$k" inspect -f '{{.Id}} {{.State.StartedAt}}'; done | sort
}
before=$(runs)
same() { test "$before" = "$(runs)"; }
all_known() { [[ $(ktn ps --format jsonl | grep -c '"state":"running"') == 6 ]]; }

for way in stop kill; do
  "${way}_agent" 2
  check "agent ended by $way: all run on" same
  start_agent 2
  wait_until 20 "its node is ready again" nodes_ready 3
  check_within 10 "all are known to run" all_known
  check "and none was restarted" same
  "${way}_server"
  check "server ended by $way: all run on" same
  start_server
  wait_until 20 "the nodes are ready again" nodes_ready 3
  check_within 10 "all are known to run" all_known
  check "and none was restarted" same
done

kill_server
victim=$(running_names shop.web | sed -n 1p)
check "a container is killed while the server is away" lab docker "${victim% *}" kill "${victim#* }"
check_within 30 "its agent starts it again" running_is shop.web 6
start_server
wait_until 20 "the nodes are ready" nodes_ready 3
check "scaling works as before" ktn service scale shop/web=7
expect_output "seven run" '^7$' count_running shop.web

kill_server
stop_agent 1
lab crash 3
lab boot 3
start_agent 3
check_within 40 "a rebooted host runs what it was told, with the server away" \
  sh -c '[ "$("$1" docker 3 ps -q --filter label=io.kontena.instance | wc -l)" -ge 2 ]' sh "$HOSTLAB"
start_server
start_agent 1
wait_until 20 "the nodes are ready" nodes_ready 3
check_within 20 "all seven run" running_is shop.web 7
finish
