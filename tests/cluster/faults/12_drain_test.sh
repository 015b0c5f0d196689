#!/usr/bin/env bash
# tier: long
# Nodes are drained, paused, activated, removed; and the grid is rebalanced.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
lab_up 3
start_cluster 3
TRAP='command: ["sh", "-c", "trap '"'exit 0'"' TERM; sleep 9999 & wait"]'
on() { running_names "$2" | grep -c "^$1 " || true; }

check "six replicas are deployed" ktn stack deploy -f - web <<<"services: {a: {image: busybox, $TRAP, restart: always, deploy: {replicas: 6}}}"
check "and one with a volume on h3" ktn stack deploy -f - db <<<"{services: {a: {image: busybox, $TRAP, restart: always, volumes: ['data:/data'], deploy: {placement: {constraints: ['node.hostname == h3']}}}}, volumes: {data: }}"

least=6
watch_serving() { # the fewest that ran at once while h3 was emptied
  local n
  n=$(count_running web.a)
  ((n < least)) && least=$n
  [[ $(on 3 web.a) == 0 ]] && ((n == 6))
}
capture ktn node drain h3
drained=$STATUS talk=$ERR
check "h3 is drained" test "$drained" = 0
check "what stays is named with the reason" grep -F "stays: db/a-1: its volume 'db.data' lives there" <<<"$talk"
POLL=0.05 check_within 120 "h3 is empty but for that, and six run" watch_serving
check "never were fewer than six running" test "$least" = 6
check "the one with the volume still runs there" test "$(on 3 db.a)" = 1
check "h3 is activated again" ktn node activate h3
check "new work goes there" ktn stack deploy -f - more <<<"services: {a: {image: busybox, $TRAP, restart: always, deploy: {replicas: 2}}}"
check "to h3 too" test "$(on 3 more.a)" = 1
expect_output "a rebalance is planned" '^web/a-[0-9] +h[12] +h3' ktn grid rebalance --plan
check "and moves nothing yet" test "$(on 3 web.a)" = 0
check "and done" ktn grid rebalance
even() { [[ $(on 1 web.a) == 2 && $(on 2 web.a) == 2 && $(on 3 web.a) == 2 ]]; }
check_within 120 "web is even over the nodes" even
nothing_left() { [[ $(ktn grid rebalance --plan --json) == '[]' ]]; }
check_within 20 "nothing is left to move" nothing_left

check "h2 is paused" ktn node pause h2
check "work goes elsewhere" ktn stack deploy -f - late <<<"services: {a: {image: busybox, $TRAP, restart: always, deploy: {replicas: 2}}}"
check "and none to h2" test "$(on 2 late.a)" = 0
check "what h2 has stays" test "$(on 2 web.a)" = 2
check "h2 is activated" ktn node activate h2

expect_fail "a node that runs something is not removed without force" 5 'runs .* instances' ktn node rm -y h2
check "h2 is drained" ktn node drain h2
check_within 120 "once it is empty it is removed" ktn node rm -y h2
agent_gone() { ! role_runs 2 agent; }
check_within 20 "its agent has ended" agent_gone
forget_role 2 agent
check "h3 is removed by force, though it has data" ktn node rm -y --force h3
cleaned() { (($(lab docker 3 ps -aq | wc -l) == 0)) && ! role_runs 3 agent; }
check_within 60 "its agent has removed its containers, and ended" cleaned
forget_role 3 agent
expect_output "its volume is still there" 'db.data' lab docker 3 volume ls -q
six_on_one() { [[ $(on 1 web.a) == 6 ]]; }
check_within 60 "all runs on the one that is left" six_on_one
finish
