#!/usr/bin/env bash
# limit: 420
# A full disk under the server: it says so, logs give way to state, nodes keep their lines meanwhile, and all goes on with room.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
. "$(dirname -- "$0")/support/numbered.sh"
lab_up 2
data=$(server_dir 1)
mkdir -p "$data"
lab exec 1 mount -t tmpfs -o size=400m,mode=700 tmpfs "$data" || skip "no file system can be mounted in a host here"
# What the test reads of the server's folder is on that disk, which other hosts do not see.
admin_token() { lab exec 1 cat "$data/admin.token"; }
start_server
mkdir -p "$data"
for file in join.token admin.token; do lab exec 1 cat "$data/$file" >"$data/$file"; done
start_agent 1
start_agent 2 --log-rate 0 # all that is said
wait_until 30 "the nodes are ready" nodes_ready 2
free_kb() { lab exec 1 df --output=avail -k "$data" | tail -1; }
fill() { lab exec 1 sh -c "head -c \$(( (\$(df --output=avail -k '$data' | tail -1) - $1) * 1024 )) /dev/zero >'$data/filler'"; }

check "a service that counts is deployed" ktn stack deploy --detach -f - t <<<"services: {a: $(counts 5000 h2)}"
check_within 60 "its lines come" some_lines t/a 5000

# Nearly full, by others: 40 MB are to be spared, half of them at any cost.
fill 14000
lab docker 2 restart -t 0 t.a-1 >/dev/null
problem() { ktn status 2>&1 | has "logs are not kept"; }
check_within 40 "the server says that logs are not kept" problem
check "a stack is deployed all the same" ktn stack deploy -f - u <<<"services: {a: {image: busybox, command: [sleep, '9999']}}"
wait_until 60 "the lines were written" log_has 2 t.a-1 'n 4999' 2
none_more() { (($(numbers t/a | wc -l) < 10000)); }
check "lines wait on their node" none_more
kill_server
start_server
wait_until 30 "the nodes are ready, also after a kill" nodes_ready 2
lab exec 1 rm "$data/filler"
check_within 90 "with room again all lines are there" some_lines t/a 5000
newest() { ktn logs --tail 1 t/a | has 'n 4999'; }
check_within 60 "also those that waited" newest
cured() { ! problem; }
check_within 30 "and nothing is wrong any more" cured

# A service that writes more than there is room for: its oldest lines go, and what others need stays.
check "a service that says much that cannot be packed" ktn stack deploy --detach -f - much <<'END'
services:
  a: {image: busybox, command: [sh, -c, "head -c 400000000 /dev/urandom | base64; echo n 0; trap 'exit 0' TERM; sleep 99999 & wait"], deploy: {placement: {constraints: [node.hostname == h2]}}}
END
said() { ktn logs --tail 1 much/a | has 'n 0$'; }
check_within 240 "all of it was taken, and its end is there" said
enough() { (($(free_kb) > 20000)); }
check "the disk has what is to be spared" enough
check "the lines of others are there" newest
check "state goes on" ktn stack rm -y u
finish
