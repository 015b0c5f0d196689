#!/usr/bin/env bash
# limit: 5400
# Rounds of random faults on four hosts: cables, hosts, addresses, routers, roles, engines, the
# kernel's state, and stacks that come and go meanwhile. At the end of each round, once what is
# broken is whole, every pair of containers that should talk does, by name and by address, and
# no other does.
#
# settings (environment): KT_SEED (1), KT_ROUNDS (50). The same seed draws the same faults.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
. "$(dirname -- "$0")/../support/members.sh"
KT_SEED=${KT_SEED:-1}
KT_ROUNDS=${KT_ROUNDS:-50}
PATIENCE=90 # seconds that all may take to be as it should be again
export KT_LOST_AFTER=5s
lab_up 4
need_image python
start_cluster 4
net=$(lab ip 1)
net=${net%.*}
ktn network create shared >/dev/null
check "a stack on several networks is deployed" ktn stack deploy -f - shop <<END
services:
  web: {$(member), networks: [front, shared], deploy: {replicas: 2}}
  api: {$(member), networks: [front, back], deploy: {replicas: 2}}
  db: {$(member), networks: {back: {ipv4_address: 172.30.7.10}}}
networks:
  front: {}
  back: {internal: true, ipam: {config: [{subnet: 172.30.7.0/24}]}}
  shared: {external: true, name: shared}
END
check "and one beside it" ktn stack deploy -f - other <<END
services:
  spy: {$(member), deploy: {mode: global}}
  guest: {$(member), networks: [shared]}
networks: {shared: {external: true, name: shared}}
END
declare -A counts=([shop.web]=2 [shop.api]=2 [shop.db]=1 [other.spy]=4 [other.guest]=1)
as_wanted() {
  local name wanted=() sockets=() k
  for name in "${!counts[@]}"; do wanted+=("$name=${counts[$name]}"); done
  for k in "${HOSTS[@]}"; do sockets+=("$(lab sock "$k")"); done
  nodes_ready 4 && /usr/bin/python3 "$CLUSTER_TESTS/support/pairs.py" "${wanted[@]}" -- "${sockets[@]}"
}
check_within 60 "who should talk does, nobody else" as_wanted

RANDOM=$KT_SEED
draw() { DRAWN=$((RANDOM % $1)); }
other_host() { draw 3; K=$((DRAWN + 2)); } # not the server's
some_host() { draw 4; K=$((DRAWN + 1)); }
FAULTS=()
fault() { FAULTS+=("$*"); printf '%6s s  fault   %s\n' "$(elapsed)" "$*"; }
declare -A off=() agent_off=() engine_off=() slow=()
server_off='' cuts='' hidden='' extra=''
reachable() { [[ -z ${off[$1]:-} ]]; }

fault_pair() {
  local a
  some_host
  a=$K
  draw 3
  K=$(((a + DRAWN) % 4 + 1))
  fault "cut between h$a and h$K"
  lab cut "$a" "$K"
  cuts+=" $a"
}
fault_cut() { other_host; fault "cut of h$K"; lab cut "$K"; cuts+=" $K"; }
fault_crash() {
  other_host
  reachable "$K" || return 0
  fault "loss of power of h$K"
  lab crash "$K"
  off[$K]=yes agent_off[$K]=yes engine_off[$K]=''
}
fault_reboot() {
  fault_crash
  if [[ ${off[$K]:-} ]]; then power_on "$K"; fi
}
power_on() {
  lab boot "$1" >/dev/null
  off[$1]=''
  start_agent "$1" >/dev/null
  agent_off[$1]=''
}
fault_loss() { some_host; fault "5 % loss at h$K"; lab delay "$K" 2 5; slow[$K]=yes; }
fault_address() { # which a boot takes back
  local is to
  other_host
  if ! reachable "$K" || [[ $hidden == "$K" ]]; then return 0; fi
  is=$(lab exec "$K" ip -o -4 addr show eth0 | awk '{ print $4; exit }')
  draw 20
  to=$net.$((K * 20 + 50 + DRAWN))/24
  [[ $is != "$to" ]] || return 0
  fault "h$K changes from $is to $to"
  lab exec "$K" sh -c "ip addr add $to dev eth0 && ip addr del $is dev eth0; ip addr add $to dev eth0 2>/dev/null || true"
}
fault_router() { # one at most: two that are behind routers do not meet
  if [[ $hidden ]]; then
    draw 3
    if ((DRAWN == 0)); then fault "the router before h$hidden forgets"; lab nat "$hidden" forget; return; fi
    if ((DRAWN == 1)); then draw 20; fault "the router before h$hidden is $net.$((DRAWN + 200)) now"; lab nat "$hidden" "$net.$((DRAWN + 200))"; return; fi
    fault "no router before h$hidden"
    lab nat "$hidden" off
    hidden=''
    return
  fi
  other_host
  fault "a router before h$K"
  lab nat "$K"
  hidden=$K
}
fault_agent() {
  some_host
  if ! reachable "$K" || [[ ${agent_off[$K]:-} ]]; then return 0; fi
  fault "kill -9 of the agent of h$K"
  kill_agent "$K"
  agent_off[$K]=yes
}
fault_server() {
  [[ -z $server_off ]] || return 0
  fault "kill -9 of the server"
  kill_server 1
  server_off=yes
}
fault_engine() {
  some_host
  if ! reachable "$K" || [[ ${engine_off[$K]:-} ]]; then return 0; fi
  fault "kill -9 of the engine of h$K"
  lab engine "$K" kill
  engine_off[$K]=yes
}
BREAKS=(
  'ip link del kontena0' 'ip link set kontena0 down' 'ip route flush dev kontena0' 'ip addr flush dev kontena0'
  'nft flush table inet kontena' 'nft delete table inet kontena' 'iptables -F DOCKER-USER' 'ip link set kontena0 mtu 600'
  'for b in /proc/sys/net/ipv4/conf/kn*; do echo 0 >$b/proxy_arp; done'
)
fault_kernel() {
  some_host
  reachable "$K" || return 0
  draw ${#BREAKS[@]}
  fault "on h$K: ${BREAKS[DRAWN]}"
  lab exec "$K" sh -c "${BREAKS[DRAWN]}" >/dev/null 2>&1 || true # there may be none of it
}
# What people want meanwhile; where the server is away they try again later.
fault_wish() {
  [[ -z $server_off ]] || return 0
  local n
  draw 3
  n=$((DRAWN + 1))
  draw 3
  if [[ $extra ]] && ((DRAWN == 0)); then
    fault "the stack extra is removed"
    ktn stack rm -y --detach extra >/dev/null # it ends when all of its nodes are back
    unset 'counts[extra.x]' 'counts[extra.y]'
    extra=''
  elif ((DRAWN == 1)); then
    fault "scale of shop/web to $n"
    ktn service scale --detach "shop/web=$n" >/dev/null
    counts[shop.web]=$n
  else
    fault "the stack extra is deployed with $n"
    ktn stack deploy --detach -f - extra >/dev/null <<<"{services: {x: {$(member), deploy: {replicas: $n}}, y: {$(member "x.extra"), networks: [shared]}}, networks: {shared: {external: true, name: shared}}}" || { say "          not yet"; return 0; }
    counts[extra.x]=$n counts[extra.y]=1
    extra=yes
  fi
}
mend() {
  local k
  for k in $cuts; do lab heal "$k"; done
  cuts=''
  for k in "${!slow[@]}"; do lab delay "$k" 0 0; done
  slow=()
  if [[ $server_off ]]; then start_server 1 >/dev/null; fi
  server_off=''
  for k in "${HOSTS[@]}"; do
    if [[ ${off[$k]:-} ]]; then power_on "$k"; fi
    if [[ ${engine_off[$k]:-} ]]; then lab engine "$k" start >/dev/null; engine_off[$k]=''; fi
    if [[ ${agent_off[$k]:-} ]]; then start_agent "$k" >/dev/null; agent_off[$k]=''; fi
  done
}
KINDS=(pair cut crash reboot loss address address router router agent server engine kernel kernel wish wish)
for ((round = 1; round <= KT_ROUNDS; round++)); do
  FAULTS=()
  draw 3
  for ((left = DRAWN + 2; left > 0; left--)); do
    draw ${#KINDS[@]}
    "fault_${KINDS[DRAWN]}"
    draw 25
    sleep "$((DRAWN / 10)).$((DRAWN % 10))" # the round's own rhythm, not a wait for anything
  done
  draw 7
  sleep "$DRAWN" # some of it lasts until a node is called lost
  mend
  mended=$SECONDS
  check_within "$PATIENCE" "round $round of seed $KT_SEED: who should talk does, nobody else" as_wanted
  say "          after $((SECONDS - mended)) s"
  if ((FAILED)); then
    say "          the faults: $(printf '%s; ' "${FAULTS[@]}")"
    break
  fi
done
finish
