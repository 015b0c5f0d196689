#!/usr/bin/env bash
# Certificates of nodes and server renew themselves, without a restart and whoever was away.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 2
# An agent is away for up to a lifetime here: what it runs is not to be moved meanwhile.
short=(--certificate-lifetime 20s --lost-after 60s)
start_server 1 "${short[@]}"
start_agent 1
start_agent 2
wait_until 20 "two nodes are ready" nodes_ready 2
check "a stack is deployed" ktn stack deploy -f - shop <<'END'
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap 'exit 0' TERM; sleep 9999 & wait"]
    deploy: {replicas: 2}
END
runs() {
  local k
  for k in 1 2; do lab docker "$k" ps -q --no-trunc --filter label=io.kontena.instance | xargs -r "$HOSTLAB" docker "$k" inspect -f '{{.Id}} {{.State.StartedAt}}'; done | sort
}
before=$(runs)
node_certificate() { openssl x509 -noout -serial -in "$(agent_dir "$1")/identity/node.pem"; }
shown_by_server() {
  "$HOSTLAB" exec 1 sh -c 'openssl s_client -connect "$1" </dev/null 2>/dev/null | openssl x509 -noout -serial' sh "$(server_address)"
}
renewals() { grep -c "renewed $2 certificate" "$(role_log "$1" "$3")"; }
renewed() { # K WHOSE ROLE AT-LEAST
  local n
  n=$(renewals "$@") || true
  say "$n renewals"
  ((n >= $4))
}
first_node=$(node_certificate 2)
first_server=$(shown_by_server)

wait_until 60 "the node renews twice" renewed 2 "this node's" agent 2
wait_until 60 "the server renews twice" renewed 1 "the server's" server 2
check "the node has another certificate" not test "$first_node" = "$(node_certificate 2)"
check "the server shows another one" not test "$first_server" = "$(shown_by_server)"
expect_output "its key is its owner's alone, and with it" '^600$' stat -c %a "$(agent_dir 2)/identity/node.pem"
check "the nodes are ready" nodes_ready 2
check "the client goes on" ktn status

# Longer away than a certificate lives.
kill_agent 2
gone=$(node_certificate 2)
expired() { ! openssl x509 -noout -checkend 0 -in "$(agent_dir 2)/identity/node.pem" >/dev/null; }
wait_until 60 "the certificate of the agent that is away expires" expired
start_agent 2
check_within 30 "it comes back, and renews" nodes_ready 2
check_within 20 "by a certificate of its own" not test "$gone" = "$(node_certificate 2)"

kill_server
wait_until 60 "the node's certificate expires while the server is away" expired
start_server 1 "${short[@]}"
check_within 40 "server and nodes find each other again" nodes_ready 2

# kill -9 at any moment of a renewal.
for _ in 1 2 3 4 5 6; do
  kill_agent 2
  start_agent 2
  wait_until 20 "it is at work" nodes_ready 2
done
check_within 30 "an agent that is killed again and again keeps an identity" nodes_ready 2
check "and no container was stopped or restarted" test "$before" = "$(runs)"

# Certificates of ninety days are renewed once the server gives out shorter ones.
stop_server
start_server 1
wait_until 30 "the nodes are ready" nodes_ready 2
long_lived() { openssl x509 -noout -checkend 86400 -in "$(agent_dir 2)/identity/node.pem" >/dev/null; }
check_within 60 "the usual lifetime is taken up" long_lived
stop_server
start_server 1 "${short[@]}"
check_within 60 "and a shorter one" renewed 2 "this node's" agent 1
finish
