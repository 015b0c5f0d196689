#!/usr/bin/env bash
# The network of a host that comes back is there before its containers: each looks up a name and
# sends a packet to another host as its first act, and that works, with the server and without.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
. "$(dirname -- "$0")/../support/members.sh"
lab_up 3
need_image python
start_cluster 3
check "a stack is deployed whose services are on different hosts" ktn stack deploy -f - shop <<END
services:
  web: {$(member), $(on 1)}
  db: {$(member), $(on 2)}
  api: {$(member db web.shop), $(on 3 'replicas: 3'), depends_on: [web, db]}
  log: {$(member db), networks: [inside], $(on 3), depends_on: [db]}
networks: {default: {}, inside: {internal: true}}
END
web=$(lab docker 1 inspect -f '{{.Config.Hostname}}' shop.web-1)
db=$(lab docker 2 inspect -f '{{.Config.Hostname}}' shop.db-1)
acted() { # SINCE: each of the three was started since, and its first act went well
  local n words
  for n in 1 2 3; do
    [[ $(lab docker 3 inspect -f '{{.State.Running}} {{.State.StartedAt}}' "shop.api-$n") > "true $1" ]] || return 1
    words=$(first_words 3 "shop.api-$n")
    say "$words"
    [[ $words == "first db "*" $db"$'\n'"first web.shop "*" $web" ]] || return 1
  done
}
now() { date -u +%Y-%m-%dT%H:%M:%S.%N; }
check_within 20 "at the first start the first act goes well" acted 0
inside() { lab docker 3 logs --tail 2 shop.log-1 2>&1 | has '^first db failed: .*not known'; }
check "who is not on the network does not know the name" inside

before=$(now)
lab crash 3
lab boot 3
start_agent 3
check_within 40 "after a loss of power too" acted "$before"

kill_server
before=$(now)
lab crash 3
lab boot 3
start_agent 3
check_within 40 "and while the server is away" acted "$before"
check "others reach it" asks 1 shop.web-1 api

lab nat 3
before=$(now)
lab crash 3
lab boot 3
start_agent 3
check_within 60 "also behind a router" acted "$before"
check_within 30 "others reach it there" asks 1 shop.web-1 api

start_server
wait_until 30 "the nodes are ready" nodes_ready 3
before=$(now)
lab engine 3 kill
lab engine 3 start
check_within 40 "the engine alone ended and is back" acted "$before"
finish
