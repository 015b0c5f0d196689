#!/usr/bin/env bash
# A host dies: what ran on it runs elsewhere, what has its data there is held, and
# when the host is back its extras go and its data's owner runs on.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
KT_LOST_AFTER=3s
lab_up 4
start_cluster 4
TRAP='command: ["sh", "-c", "trap '"'exit 0'"' TERM; sleep 9999 & wait"]'

check "twelve replicas are deployed" ktn stack deploy -f - web <<<"services: {a: {image: busybox, $TRAP, restart: always, deploy: {replicas: 12}}}"
check "and a database with a volume, on h4" ktn stack deploy -f - db <<<"{services: {a: {image: busybox, restart: always, command: ['sh', '-c', 'echo kept >> /data/file; trap \"exit 0\" TERM; sleep 9999 & wait'], volumes: ['data:/data'], deploy: {placement: {constraints: ['node.hostname == h4']}}}}, volumes: {data: }}"
check "and one on every node" ktn stack deploy -f - all <<<"services: {a: {image: busybox, $TRAP, restart: always, deploy: {mode: global}}}"
running_elsewhere() { (($(running_names web.a | wc -l) == $1)); }
before=$(for k in 1 2 3; do container_ids "$k"; done)

lab crash 4
began=${EPOCHREALTIME/[.,]/}
check_within 40 "all twelve run on the three others" running_elsewhere 12
say "          after $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) ms"
same() { local now; now=$(for k in 1 2 3; do container_ids "$k"; done); [[ -z $(comm -23 <(sort <<<"$before") <(sort <<<"$now")) ]]; }
check "none of the others was touched" same
called_lost() { ktn node ls | grep -E 'h4 +lost'; }
check_within 5 "the node is called lost" called_lost
expect_output "the database is held, with the reason" "held on h4, which is lost: its volume 'db.data' lives there" ktn ps db
expect_output "and the way out" 'kontena client node rm --force h4' ktn ps db --json
expect_output "the service that lost instances has all it wants" 'web/a +running +12/12' ktn service ls

lab boot 4
need_image busybox
start_agent 4
check_within 60 "the node is ready again" nodes_ready 4
on_h4() { running_names "$1" | grep -c '^4 ' || true; }
extras_gone() { [[ $(on_h4 web.a) == 0 ]] && (($(lab docker 4 ps -aq --filter name=web.a | wc -l) == 0)); }
check_within 60 "its extras are gone" extras_gone
db_back() { [[ $(on_h4 db.a) == 1 ]]; }
check_within 60 "the database runs again where its data is" db_back
expect_output "with its data" '^kept$' lab docker 4 exec db.a-1 head -n 1 /data/file
global_back() { [[ $(on_h4 all.a) == 1 ]]; }
check_within 60 "and so does the one of every node" global_back
check "and the others were not touched by its return" same
expect_output "web is as wanted" 'web/a +running +12/12' ktn service ls
finish
