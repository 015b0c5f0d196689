#!/usr/bin/env bash
# Logs of all instances are kept by the server: whole, in order, followed over new instances and a restart of the server.
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
all_came() { lines | has '^6000$'; }
check_within 10 "all lines of all instances come" all_came
in_order() { ktn logs t/count-1 | sed -n 's/.*line //p' | sort -nc; }
check "each in its order" in_order
tail_count() { ktn logs --tail 3 t/count | grep -c .; }
expect_output "--tail takes the last ones of each" '^9$' tail_count
expect_output "stderr is there" 'oops' ktn logs t/count-1
expect_output "JSON lines say which stream" '"stream":"stderr"' ktn logs --format jsonl t/count-1
only_errors() { ktn logs --stream stderr t | grep -c .; }
expect_output "--stream takes one of the two" '^3$' only_errors
searched() { ktn logs --grep 'line 199[0-9]$' t/count-2 t/count-3 | grep -c .; }
expect_output "--grep takes an expression, and several may be named" '^20$' searched
home_of() { local k; for k in 1 2 3; do if containers $k | has "^$1$"; then echo h$k; fi; done; }
home=$(home_of t.count-2)
on_node() { ktn logs --node "$home" --format jsonl t | jq -r .slot | sort -u | tr '\n' ' '; }
expect_output "--node takes one node's" '^2 $' on_node
expect_fail "an instance that is not there" 4 "neither an instance nor a service" ktn logs t/count-9
expect_fail "an expression that is none" 2 "no extended regular expression" ktn logs --grep '(' t

log=$(server_dir 1)/followed
(ktn logs -f --tail 1 t >"$log" 2>"$log.err" || true) &
follower=$!
wait_until 20 "following has begun" grep -q 'count-3' "$log"
check "scaled while followed" ktn service scale t/count=4
check_within 20 "the new instance's lines join" grep -q 'count-4.*line 1999' "$log"
kill_server
start_server
check "scaled after a restart of the server" ktn service scale t/count=5
check_within 30 "the lines of another one join the same follower" grep -q 'count-5.*line 1999' "$log"
once() { [ "$(grep -c 'count-4.* line ' "$log")" = 2000 ] && [ "$(grep -c 'count-5.* line ' "$log")" = 2000 ]; }
check "and no line is lost or doubled" once
check "the follower said so" grep -q "they go on when the server is back" "$log.err"
pkill -P "$follower" 2>/dev/null || kill "$follower" 2>/dev/null || true
wait "$follower" || true
check "the nodes are as well as before" nodes_ready 3

check "the stack is removed" ktn stack rm -y t
of_all() { ktn logs t/count | grep 'line [0-9]' | wc -l | has '^10000$'; }
check_within 20 "the lines of what is removed are kept" of_all
check "deployed anew" ktn stack deploy -f - t <<'END'
services:
  count: {image: busybox, command: ["sh", "-c", "echo again; trap 'exit 0' TERM; sleep 9999 & wait"]}
END
again() { ktn logs --tail 1 t/count-1 | has again; }
check_within 10 "new lines come behind the old ones" again
home=$(home_of t.count-1)
stop_agent "${home#h}"
said() { ktn logs --tail 1 t/count-1 2>&1 | has "node '$home' does not answer"; }
check_within 20 "a node that does not answer is named" said
check "and what is kept is printed" again
finish
