#!/usr/bin/env bash
# What people see of the network: each node's part in it as it is, the way from one
# instance to another with the first thing that is wrong, and what was mended.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
start_cluster 3
TRAP='restart: always, command: ["sh", "-c", "trap '"'exit 0'"' TERM; sleep 9999 & wait"]'
on() { printf 'deploy: {placement: {constraints: ["node.hostname == h%s"]}}' "$1"; }

check "a stack on two hosts" ktn stack deploy -f - shop <<END
services:
  web: {image: busybox, $TRAP, $(on 1)}
  api: {image: busybox, $TRAP, $(on 1)}
  db: {image: busybox, command: ["httpd", "-f", "-p", "8080"], stop_signal: SIGKILL, $(on 2)}
  shy: {image: busybox, command: ["httpd", "-f", "-p", "127.0.0.1:8080"], stop_signal: SIGKILL, $(on 2)}
END
check "another, which shares nothing with it" ktn stack deploy -f - other <<END
services: {spy: {image: busybox, $TRAP, $(on 1)}}
END

try() { ktn network test "$@"; }
well() { try "$@" >/dev/null; }
# wrong WORDS STEP TEXT FROM TO: the last step that is told, and some of its text
wrong() {
  local words=$1 step=$2 text=$3
  shift 3
  expect_fail "$words" 1 "^$step +FAILED .*$text" to_errors "$@"
}
to_errors() { try "$@" >&2; }

check_within 10 "the way to another host is well, to the port" well shop/web shop/db:8080
expect_output "the handshake is one of the steps" '^handshake +ok ' try shop/web shop/db:8080
expect_output "so is a packet as large as they send" 'packets of 1[0-9]+ bytes pass' try shop/web shop/db
check "by what web calls it" well shop/web-1 db:8080
check "on the same host" well shop/web shop/api
check "back" well shop/db web
expect_output "JSON has each step" '"what": "port"' ktn network test shop/web shop/db:8080 --json
wrong "nothing listens" port 'nothing listens at port 81 of shop/db-1' shop/web shop/db:81
wrong "it listens for itself only" port 'for the container itself only, on 127.0.0.1' shop/web shop/shy:8080
wrong "no such name" name "'nobody' is no name on the networks of shop/web-1" shop/web nobody
wrong "who shares no network is kept apart" network 'share no network' other/spy shop/db
db=$(lab docker 2 inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' shop.db-1)
wrong "its address does not help" network 'which other/spy-1 is not on' other/spy "$db:8080"
wrong "an address of nobody" member 'nobody has' shop/web "${db%.*}.250"
expect_fail "an instance that is not there" 4 'no instance' ktn network test shop/web shop/none

lab exec 2 iptables -I FORWARD -i kontena0 -j DROP
wrong "a firewall of the host" path 'no answer to 3 echoes' shop/web shop/db:8080
lab exec 2 iptables -D FORWARD -i kontena0 -j DROP
lab exec 2 iptables -I FORWARD -i kontena0 -p tcp --dport 8080 -j DROP
wrong "that drops one port" port 'is dropped' shop/web shop/db:8080
lab exec 2 iptables -D FORWARD -i kontena0 -p tcp --dport 8080 -j DROP
lab exec 1 iptables -t raw -I PREROUTING -i kn+ -p udp --dport 53 -j DROP
wrong "that drops questions for names" name 'no answer' shop/web shop/db:8080
lab exec 1 iptables -t raw -D PREROUTING -i kn+ -p udp --dport 53 -j DROP
check "without it all is well" well shop/web shop/db:8080

expect_output "a node's network is as wanted" '^now +as wanted$' ktn node network h1
expect_output "with its peers and when they met" '^h2 +ready +10\.[0-9.]+:51820 +[0-9]+s ago +[0-9]+ .* 2$' ktn node network h1
expect_output "and its networks" '^default/shop.default +kn[0-9a-f]+ +10\.[0-9./]+ +2 +2$' ktn node network h1
received() { (($(ktn node network h2 --json | sed -n 's/.*"received": \([0-9]*\).*/\1/p' | sort -n | tail -n 1) > 5000)); }
check "and what went to and fro" received

lab exec 2 ip route flush dev kontena0
event() { ktn events --node "$1" | has -E "network.drift +$1 .*$2"; }
check_within 10 "what was mended is an event" event h2 routes
no_event() { ! ktn events --node "$1" | has network.drift; }
check "of that node alone" no_event h1
for _ in 1 2 3; do
  lab exec 3 nft flush table inet kontena
  is_whole() { lab exec 3 nft list table inet kontena | has ' drop'; }
  check_within 10 "the table is mended" is_whole
done
mended_thrice() { ktn events --node h3 --json | tr -d ' \n' | has '"count":3,.*thetableofrules'; }
check_within 25 "what happens again is counted, and not told anew" mended_thrice
expect_output "the node has it too" '^[0-9]+s ago +3 +the table of rules' ktn node network h3

lab exec 2 iptables -I INPUT -p udp --dport 51820 -j DROP
lab exec 2 iptables -I OUTPUT -p udp --dport 51820 -j DROP
lab exec 2 ip link del kontena0
never_met() { { try shop/web shop/db || true; } | has 'handshake *FAILED .*have never met'; }
check_within 20 "nodes that do not reach each other" never_met
lab exec 2 iptables -D INPUT -p udp --dport 51820 -j DROP
lab exec 2 iptables -D OUTPUT -p udp --dport 51820 -j DROP
check_within 30 "and do again" well shop/web shop/db:8080

stop_agent 2
soon() { KTN_TIMEOUT=15 ktn "$@"; }
expect_fail "an agent that is away is told, and soon" 7 'does not come for the question|has not answered' soon node network h2
wrong "also on the way" rules "agent of node 'h2'" shop/web shop/db:8080
start_agent 2
wait_until 20 "all nodes are ready" nodes_ready 3
check_within 10 "all is well again" well shop/web shop/db:8080
stop_server
start_server
wait_until 20 "all nodes are ready" nodes_ready 3
check "events are kept by the server" event h2 routes
expect_output "who tried the way is in the audit trail" 'network.test' ktn audit ls
finish
