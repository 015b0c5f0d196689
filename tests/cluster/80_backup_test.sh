#!/usr/bin/env bash
# A backup of the running server makes another one; nothing that runs is touched, whatever the backup does not know.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
start_server
start_agent 1
start_agent 2
wait_until 20 "two nodes are ready" nodes_ready 2
deploy() { # STACK REPLICAS
  ktn stack deploy -f - "$1" <<END
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap 'exit 0' TERM; sleep 9999 & wait"]
    deploy: {replicas: $2}
END
}
# Ids and start times: a restart would change the second.
runs() {
  local k
  for k in 1 2 3; do lab docker "$k" ps -q --no-trunc --filter label=io.kontena.instance | xargs -r "$HOSTLAB" docker "$k" inspect -f '{{.Id}} {{.State.StartedAt}}'; done | sort
}
check "a stack is deployed" deploy shop 4

data=$(server_dir 1)
backup=$(client_dir 1)/kontena.backup
mkdir -p "$(client_dir 1)"
check "a backup is made of the running server" ktn backup "$backup"
expect_output "it is its owner's alone" '^600$' stat -c %a "$backup"
expect_fail "it is not written over another" 5 "there already" ktn backup "$backup"
expect_output "it has left a trace" 'backup.read' ktn audit ls
expect_fail "a second server on the same data is refused" 5 "another server runs on the data directory" \
  timeout 20 "$HOSTLAB" exec 1 "$KONTENA" server --data-dir "$data" --listen 127.0.0.1:7555
expect_fail "and a check says so" 5 "another server runs" "$HOSTLAB" exec 1 "$KONTENA" server check --data-dir "$data"

# What the backup knows nothing of: a stack, more instances, and a node.
check "another stack is deployed" deploy later 2
check "the first one grows" ktn service scale shop/web=5
start_agent 3
wait_until 20 "a third node joins" nodes_ready 3
check "and gets work" deploy last 3
before=$(runs)
kill_server

check "the data that was killed is whole" "$HOSTLAB" exec 1 "$KONTENA" server check --data-dir "$data"
mv "$data" "$data.lost"
head -c 3000 "$backup" >"$backup.cut"
expect_fail "half a backup is refused" 1 "damaged" \
  "$HOSTLAB" exec 1 "$KONTENA" server restore "$backup.cut" --data-dir "$data"
check "a whole one is restored" "$HOSTLAB" exec 1 "$KONTENA" server restore "$backup" --data-dir "$data"
expect_fail "but not into a directory in use" 5 "in use" \
  "$HOSTLAB" exec 1 "$KONTENA" server restore "$backup" --data-dir "$data"
start_server
wait_until 30 "the nodes of the backup are ready" nodes_ready 2

third_ended() { ! role_runs 3 agent; }
wait_until 30 "the agent that joined later ends" third_ended
unset "STARTED[3 agent]"
expect_output "and says what it is, and what to do" 'joined after the backup.*' cat "$(role_log 3 agent)"
expect_output "in two sentences" 'join again with a new token' cat "$(role_log 3 agent)"
four_known() { [[ $(ktn ps --format jsonl | grep -c '"state":"running"') == 4 ]]; }
check_within 30 "what the backup knew is known to run" four_known
expect_output "what it did not know is forgotten" '^shop$' ktn stack ls -q
check "not one container was stopped or restarted" test "$before" = "$(runs)"
expect_output "there is a trace of the restore" 'server.restore' ktn audit ls
check "the cluster works" ktn service scale shop/web=3
check "a new stack is placed" deploy new 2

finish
