#!/usr/bin/env bash
# tier: long
# The disk with an agent's state is full: containers are started and stopped all the same, and kept track of once there is room.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
. "$(dirname -- "$0")/../support/runs.sh"
lab_up 1
start_server 1
mkdir -p "$(agent_dir 1)"
lab exec 1 mount -t tmpfs -o size=256k tmpfs "$(agent_dir 1)"
start_agent 1
wait_until 30 "the node is ready" nodes_ready 1
check "a stack is deployed" ktn stack deploy -f - web <<<"services: {a: {image: busybox, $STOPS_AT_ONCE, restart: always, deploy: {replicas: 2}}}"
before=$(runs)
untouched() { [[ -z $(comm -23 <(cat <<<"$before") <(runs)) ]]; }
# shellcheck disable=SC2016 # expands in the host
lab exec 1 sh -c 'dd if=/dev/zero of="$1/filler" bs=1k 2>/dev/null; true' sh "$(agent_dir 1)"
check "with a full disk more is deployed" ktn service scale web/a=5
check "and runs" running_is web.a 5
check "nothing was restarted" untouched
expect_output "the log says that it cannot be kept" 'the assignments cannot be kept' tail_of 1 agent 100
said() { grep -c 'the assignments cannot be kept' "$(role_log 1 agent)"; }
check "once" test "$(said)" = 1
lab docker 1 kill web.a-1 >/dev/null
check_within 20 "one that dies is started again" running_is web.a 5
lab exec 1 rm "$(agent_dir 1)/filler"
kept_again() { grep -q 'the assignments are kept again' "$(role_log 1 agent)"; }
check_within 20 "with room again all is kept" kept_again
before=$(runs)
kill_server
kill_agent 1
start_agent 1
check "an agent without a server knows what to run" running_is web.a 5
lab docker 1 kill web.a-5 >/dev/null
check_within 20 "also what came while the disk was full" running_is web.a 5
start_server 1
wait_until 30 "the node is ready" nodes_ready 1
stop_agent 1
lab exec 1 umount "$(agent_dir 1)"
finish
