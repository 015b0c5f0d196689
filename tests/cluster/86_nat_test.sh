#!/usr/bin/env bash
# A host behind a router that translates addresses and ports: it joins, its containers talk to
# those of other hosts both ways, and do so again when what others see of it has changed.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
. "$(dirname -- "$0")/support/members.sh"
export KT_LOST_AFTER=5s
lab_up 3
need_image python
start_server
start_agent 1
start_agent 2
lab nat 3
outside=$(lab ip 3)
check "others do not reach the host" not lab exec 1 busybox nc -w 1 "$outside" 22
start_agent 3
wait_until 30 "it joins" nodes_ready 3

check "a stack is deployed whose services are on different hosts" ktn stack deploy -f - shop <<END
services:
  web: {$(member), $(on 1)}
  api: {$(member), $(on 2)}
  db: {$(member web api-1.shop), $(on 3), depends_on: [web, api]}
END
check "and another" ktn stack deploy -f - other <<<"services: {spy: {$(member), $(on 3)}}"
web() { asks 1 shop.web-1 "$@"; }
api() { asks 2 shop.api-1 "$@"; }
db() { asks 3 shop.db-1 "$@"; }
all_talk() { db web api && web db api && api db web; }
check_within 20 "who is behind the router is reached, and reaches others" all_talk
expect_output "at its first act already" '^first api-1.shop .* [0-9a-f]{12}$' first_words 3 shop.db-1
db=$(lab docker 3 inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' shop.db-1)
apart() { lab docker 3 exec -i other.spy-1 python3 -S /member.py check <<<"{'silent': ['$db', '10.80.0.1', '10.80.0.2'], 'unknown': ['db.shop', 'web.shop']}"; }
check "but by nobody by whom it should not be" apart

lab nat 3 forget
check "the router forgets its connections: those behind it reach others at once" db web api
check_within 40 "and others them" all_talk
lab nat 3 "${outside%.*}.203"
check "the router has another address: those behind it reach others at once" db web api
check_within 40 "and others them" all_talk
check_within 20 "the node is ready" nodes_ready 3

kill_server
lab nat 3 "${outside%.*}.204"
check_within 40 "another one while the server is away" all_talk
start_server
wait_until 30 "the server has all nodes again" nodes_ready 3
check "and nothing is otherwise" all_talk

lab nat 3 off
check_within 40 "the host is behind no router any more" all_talk
lab nat 3
check_within 40 "and again" all_talk
finish
