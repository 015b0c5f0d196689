#!/usr/bin/env bash
# tier: long
# What nobody wants any more is collected; and a node that is removed leaves nothing but its volumes.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
. "$(dirname -- "$0")/../support/runs.sh"
lab_up 2
start_server 1
start_agent 1
start_agent 2 --keep-containers 3s --keep-images 3s
wait_until 30 "both nodes are ready" nodes_ready 2
check "a stack is deployed" ktn stack deploy -f - web <<<"{services: {a: {image: busybox, $STOPS_AT_ONCE, restart: always, volumes: ['data:/data'], deploy: {mode: global}}}, volumes: {data: }}"
before=$(runs)
same() { [[ $before == "$(runs)" ]]; }

# What an earlier life of this node may have left: by its labels it is ours, and no assignment names it.
node=$(lab docker 2 ps --filter name=web.a --format '{{.Label "io.kontena.node"}}' | head -n 1)
lab docker 2 run -d --name ended --label "io.kontena.node=$node" --label io.kontena.instance=gone busybox true >/dev/null
lab docker 2 run -d --name runs --label "io.kontena.node=$node" --label io.kontena.instance=gone2 busybox sleep 9999 >/dev/null
lab docker 2 run -d --name theirs busybox true >/dev/null
lab docker 2 network create --label "io.kontena.node=$node" old.default >/dev/null
lab docker 2 network create theirs >/dev/null
collected() { ! lab docker 2 inspect ended >/dev/null 2>&1 && ! lab docker 2 network inspect old.default >/dev/null 2>&1; }
check_within 60 "an ended container and an empty network of ours are collected" collected
check "one that runs is left" test "$(field 2 runs '{{.State.Running}}')" = true
check "and so is what is not ours" lab docker 2 inspect theirs
check "and their network" lab docker 2 network inspect theirs
check "and images that were not pulled by us" lab docker 2 image inspect busybox:v2
lab docker 2 rm -f runs >/dev/null
check "nothing was restarted" same

check "h2 is removed by force" ktn node rm -y --force h2
gone() { ! role_runs 2 agent; }
check_within 40 "its agent ends" gone
forget_role 2 agent
check "its containers are gone" test -z "$(lab docker 2 ps -aq --filter "label=io.kontena.node=$node")"
check "and its networks" test -z "$(lab docker 2 network ls -q --filter "label=io.kontena.node=$node")"
check "its volume stays" lab docker 2 volume inspect web.data
check "theirs too" lab docker 2 inspect theirs
check "its identity is gone" not test -e "$(agent_dir 2)/identity/node.json"
expect_output "it says so" 'this node was removed from its grid: its containers and networks are gone' tail_of 2 agent 20
kept() { [[ -z $(comm -13 <(cat <<<"$before") <(runs 1)) ]]; }
check "on the other host none was restarted" kept
start_agent 2
wait_until 30 "it joins again as a new node" nodes_ready 2
check_within 30 "and has its own again" running_is web.a 2
finish
