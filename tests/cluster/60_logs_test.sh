#!/usr/bin/env bash
# Logs come from the nodes on demand: whole, in order, followed over new instances.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
start_cluster 3
check "a stack that talks is deployed" ktn stack deploy -f - t <<'END'
services:
  count:
    image: busybox
    command: ["sh", "-c", "i=0; while [ $$i -lt 2000 ]; do echo line $$i; i=$$((i+1)); done; echo oops >&2; trap 'exit 0' TERM; sleep 9999 & wait"]
    deploy: {replicas: 3}
END
lines() { ktn logs t/count | grep -c 'line [0-9]'; }
expect_output "all lines of all instances come" '^6000$' lines
in_order() { ktn logs t/count-1 | sed -n 's/.*line //p' | sort -nc; }
check "each in its order" in_order
tail_count() { ktn logs --tail 3 t/count | grep -c .; }
expect_output "--tail takes the last ones of each" '^9$' tail_count
expect_output "stderr is there" 'oops' ktn logs t/count-1
expect_output "JSON lines say which stream" '"stream":"stderr"' ktn logs --format jsonl t/count-1
expect_fail "an instance that is not there" 4 "neither an instance nor a service" ktn logs t/count-9

log=$(server_dir 1)/followed
(ktn logs -f --tail 1 t >"$log" 2>/dev/null || true) &
follower=$!
wait_until 20 "following has begun" grep -q 'count-3' "$log"
check "scaled while followed" ktn service scale t/count=4
check_within 20 "the new instance's lines join" grep -q 'count-4.*line 1999' "$log"
pkill -P "$follower" 2>/dev/null || kill "$follower" 2>/dev/null || true
wait "$follower" || true
check "the nodes are as well as before" nodes_ready 3

stop_agent 3
expect_fail "a node that does not answer is named" 7 "node 'h3' does not answer" ktn logs t
finish
