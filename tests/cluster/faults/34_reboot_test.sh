#!/usr/bin/env bash
# A host loses its power and comes back while the server is away: it runs what it was told, and nothing else changes.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
. "$(dirname -- "$0")/../support/runs.sh"
lab_up 3
start_cluster 3
check "replicas are deployed" ktn stack deploy -f - web <<<"services: {a: {image: busybox, $STOPS_AT_ONCE, restart: always, deploy: {replicas: 6}}}"
check "and a stopped stack" ktn stack deploy -f - off <<<"services: {a: {image: busybox, $STOPS_AT_ONCE, restart: always, deploy: {mode: global}}}"
check "it is stopped" ktn stack stop off
others=$(runs 1 2)
untouched() { [[ $others == "$(runs 1 2)" ]]; }
two_again() { (($(lab docker 3 ps -q --filter name=web.a | wc -l) == 2)); }
names=$(lab docker 3 ps --filter name=web.a --format '{{.Names}}' | sort)
kill_server
lab crash 3
lab boot 3
start_agent 3
check_within 40 "its containers run again without a server" two_again
check "the same ones" test "$names" = "$(lab docker 3 ps --filter name=web.a --format '{{.Names}}' | sort)"
check "what is stopped stays so" test -z "$(lab docker 3 ps -q --filter name=off.a)"
start_server
wait_until 30 "the nodes are ready" nodes_ready 3
check_within 10 "all six run" running_is web.a 6
check "on the other hosts none was restarted" untouched
expect_output "the server knows of the restart" '^[1-9]' status_field web/a-1 started_ms
finish
