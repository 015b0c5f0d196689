#!/usr/bin/env bash
# limit: 420
# A full disk under an agent: it says so, gives up logs before state, and goes on where it was; a dead target of forwarding
# takes the room of nobody.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
. "$(dirname -- "$0")/support/numbered.sh"
lab_up 2
state=$(agent_dir 2)
mkdir -p "$state"
lab exec 2 mount -t tmpfs -o size=48m tmpfs "$state" || skip "no file system can be mounted in a host here"
start_cluster 2
logs_are_kept
says() { role_log 2 agent | xargs grep -q "$1"; }
free_kb() { lab exec 2 df --output=avail -k "$state" | tail -1; }
fill() { lab exec 2 sh -c "head -c \$(( (\$(df --output=avail -k '$state' | tail -1) - $1) * 1024 )) /dev/zero >'$state/filler'"; }

check "a service that counts is deployed" ktn stack deploy --detach -f - t <<<"services: {a: $(counts 5000 h2)}"
check_within 60 "its lines come" some_lines t/a 5000

# ------------------------------------------------------------------ nearly full, by others
fill 1500
lab docker 2 restart -t 0 t.a-1 >/dev/null
check_within 30 "the agent says that it is" says 'the disk is nearly full: logs are not read'
check "a stack is deployed all the same" ktn stack deploy -f - u <<<"services: {a: {image: busybox, command: [sleep, '9999'], deploy: {placement: {constraints: [node.hostname == h2]}}}}"
kill_agent 2
start_agent 2
wait_until 60 "the nodes are ready again, also after a kill" nodes_ready 2
wait_until 60 "it was written to its end" log_has 2 t.a-1 'n 4999' 2
none_more() { (($(numbers t/a | wc -l) < 10000)); }
check "logs wait" none_more
lab exec 2 rm "$state/filler"
check_within 60 "with room again all lines come" some_lines t/a 10000
expect_output "each once" '^0$' wrong_numbers t/a 5000

# ------------------------------------------------------------------ full to the last byte
fill 0
lab docker 2 restart -t 0 t.a-1 >/dev/null
wait_until 60 "it is written to its end" log_has 2 t.a-1 'n 4999' 3
check "what runs is stopped all the same" ktn stack rm -y u
lab exec 2 rm "$state/filler"
check_within 60 "with room again all lines come" some_lines t/a 15000
expect_output "each once" '^0$' wrong_numbers t/a 5000

# ------------------------------------------------------------------ a dead target's lines
check "a place that nobody answers at" ktn forward create dead --to syslog+tcp://10.99.0.250:601
told() { grep -q '"name":"dead"' "$state/forwards/forwards.json" 2>/dev/null || lab exec 2 grep -q '"name":"dead"' "$state/forwards/forwards.json"; }
check_within 30 "the agent knows it" told
check "a service that says much that cannot be compressed" ktn stack deploy --detach -f - much <<'END_STACK'
services:
  a:
    image: busybox
    command: [sh, -c, "head -c 70000000 /dev/urandom | base64; echo n 0; trap 'exit 0' TERM; sleep 99999 & wait"]
    deploy: {placement: {constraints: [node.hostname == h2]}}
END_STACK
said() { ktn logs --grep "^n 0$" much/a | has "n 0$"; }
check_within 200 "all of it comes to the server, past a disk that is too small for it" said
check_within 90 "the log says how much the place did not get" eval "ktn logs --tail all much/a | grep 'not forwarded to .dead.' | has ."
enough() { (($(free_kb) > 2400)); }
check_within 30 "and there is room on the disk" enough
finish
