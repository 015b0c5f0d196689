#!/usr/bin/env bash
# tier: long
# limit: 600
# A host gets another address while its agent is connected to the server: how soon it hears of new
# work again, with nodes that are lost after 3 s.
#
# settings (environment): KT_ROUNDS  how often  (5)
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
. "$(dirname -- "$0")/../support/members.sh"
KT_LOST_AFTER=3s
lab_up 3
start_cluster 3
check "a stack on that host" ktn stack deploy -f - shop <<END
services:
  web: {image: busybox, command: ["sleep", "9999"], stop_grace_period: 0s, $(on 3)}
END
old=$(lab ip 3)
link=$(lab exec 3 sh -c 'ip -4 -o addr show' | sed -n "s/^[0-9]*: \([^ ]*\) *inet ${old//./\\.}\/.*/\1/p")
now_ms() { date +%s%3N; }
containers() { lab docker 3 ps -q --filter label=io.kontena.service=web | wc -l; }
worst=0 all=''
for ((round = 1; round <= ${KT_ROUNDS:-5}; round++)); do
  new=${old%.*}.$((100 + round))
  sleep 3 # what has been asked for is answered, and connections rest
  lab exec 3 sh -c "ip addr add $new/24 dev $link; ip addr del $old/24 dev $link; ip addr show dev $link | grep -q $new || ip addr add $new/24 dev $link"
  begun=$(now_ms)
  ktn service scale --detach shop/web=$((round + 1)) >/dev/null
  has() { [[ $(containers) == "$((round + 1))" ]]; }
  wait_until 100 "the work has come" has
  took=$(($(now_ms) - begun))
  all+=" $took"
  ((took > worst)) && worst=$took
  old=$new
  wait_until 100 "the node is ready" nodes_ready 3
done
say "ms until new work runs:$all"
check "new work runs there within 10 s of each change" test "$worst" -lt 10000
finish
