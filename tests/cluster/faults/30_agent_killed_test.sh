#!/usr/bin/env bash
# tier: long
# An agent dies at any moment, or is replaced by another version: containers run on, and what was begun is finished.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
. "$(dirname -- "$0")/../support/runs.sh"
lab_up 3
start_cluster 3
start_agent_of() { # BINARY K
  local own=$KONTENA
  KONTENA=$1
  start_agent "$2"
  KONTENA=$own
}

# Long enough that a busy machine makes no node of a killed agent a lost one.
check "nodes are lost after a minute only" ktn grid set default --lost-after 60s
check "six replicas are deployed" ktn stack deploy -f - web <<<"services: {a: {image: busybox, $STOPS_AT_ONCE, restart: always, deploy: {replicas: 6}}}"
before=$(runs)

# In the midst of a deploy: as soon as the first new container is there, h2's agent dies.
ktn stack deploy -f - big <<<"services: {a: {image: busybox, $STOPS_AT_ONCE, restart: always, deploy: {replicas: 12}}}" >"$SCRATCH/deploy" 2>&1 &
deploy=$!
some_on_h2() { [[ -n $(lab docker 2 ps -aq --filter name=big.a) ]]; }
POLL=0.02 wait_until 20 "the deploy has begun on h2" some_on_h2
kill_agent 2
start_agent 2
status=0
wait "$deploy" || status=$?
check "the deploy is finished all the same" test "$status" = 0
check_within 30 "all twelve run" running_is big.a 12
check "none twice" test -z "$(running_names big.a | cut -d' ' -f2 | sort | uniq -d)"
untouched() { [[ -z $(comm -23 <(cat <<<"$before") <(runs)) ]]; }
check "what ran before was not restarted" untouched

before=$(runs)
same() { [[ $before == "$(runs)" ]]; }
for k in 1 2 3; do kill_agent "$k"; done
check "without agents all run on" same
for k in 1 2 3; do start_agent "$k"; done
wait_until 30 "the nodes are ready" nodes_ready 3
check "and with new ones none was restarted" same

other=$(host_home 2)/kontena-next
cp "$KONTENA" "$other"
stop_agent 2
start_agent_of "$other" 2
wait_until 30 "the nodes are ready" nodes_ready 3
check "an agent of another binary takes over what runs" same
check "and works" ktn service scale web/a=7
check_within 30 "seven run" running_is web.a 7
check "the others as before" untouched
KONTENA=$other stop_agent 2
start_agent 2
wait_until 30 "the nodes are ready" nodes_ready 3
finish
