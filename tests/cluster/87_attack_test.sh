#!/usr/bin/env bash
# Attackers in containers beside their victims: of a stack that shares nothing with them, of one
# that shares a network with one of them, and of another project, whose stack and network have the
# victims' names. What they try (support/attack.py) tells them nothing of
# others, and nothing of it arrives anywhere.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
. "$(dirname -- "$0")/support/members.sh"
lab_up 3
need_image python
[[ -x /usr/bin/python3 ]] || skip "missing: python3"
start_cluster 3
ATTACK=$CLUSTER_TESTS/support/attack.py
body() { printf 'image: python, volumes: ["%s:/attack.py:ro", "%s:/member.py:ro"], command: ["python3", "-S", "/member.py", "serve"]' "$ATTACK" "$MEMBER"; }

ktn network create shared >/dev/null
check "the victims' stack is deployed" ktn stack deploy -f - shop <<END
services:
  web: {$(body), networks: [front, shared], $(on 1)}
  cache: {$(body), networks: [front], $(on 1)}
  api: {$(body), networks: [front], $(on 2)}
  db: {$(body), networks: [front, back], $(on 3)}
networks: {front: {}, back: {internal: true}, shared: {external: true, name: shared}}
END
check "one that shares a network with one of them" ktn stack deploy -f - other <<END
services:
  guest: {$(body), networks: [shared], $(on 1)}
  friend: {$(body), networks: [shared], $(on 2)}
networks: {shared: {external: true, name: shared}}
END
check "and one that shares nothing" ktn stack deploy -f - evil <<END
services:
  spy: {$(body), $(on 1)}
  twin: {$(body), $(on 2)}
END
ktn project create rival >/dev/null
ktn policy set rival --allow binds >/dev/null
ktn network create --project rival shared >/dev/null
check "and one of another project, under the victims' names" ktn stack deploy --project rival -f - shop <<END
services:
  thief: {$(body), networks: [front, shared], $(on 1)}
  mate: {$(body), networks: [front, shared], $(on 2)}
networks: {front: {}, shared: {external: true, name: shared}}
END

at() { # K CONTAINER NETWORK
  lab docker "$1" inspect -f "{{(index .NetworkSettings.Networks \"$3\").${4:-IPAddress}}}" "$2"
}
web=$(at 1 shop.web-1 shop.front) web_shared=$(at 1 shop.web-1 shared) cache=$(at 1 shop.cache-1 shop.front)
api=$(at 2 shop.api-1 shop.front) db=$(at 3 shop.db-1 shop.front) back=$(at 3 shop.db-1 shop.back)
spy=$(at 1 evil.spy-1 evil.default) twin=$(at 2 evil.twin-1 evil.default)
guest=$(at 1 other.guest-1 shared) friend=$(at 2 other.friend-1 shared)
front_gate=$(at 1 shop.web-1 shop.front Gateway) evil_gate=$(at 1 evil.spy-1 evil.default Gateway)
shared_gate=$(at 1 other.guest-1 shared Gateway) back_gate=$(at 3 shop.db-1 shop.back Gateway)
thief=$(at 1 rival.shop.thief-1 rival.shop.front) mate=$(at 2 rival.shop.mate-1 rival.shop.front)
thief_gate=$(at 1 rival.shop.thief-1 rival.shop.front Gateway)
subnet_of() { ktn network show "$1" | grep -Eo '[0-9.]+/[0-9]+' | sed -n 1p; }
front_net=$(subnet_of shop.front) shared_net=$(subnet_of shared) back_net=$(subnet_of shop.back) evil_net=$(subnet_of evil.default)
all_talk() { asks 1 shop.web-1 cache api db && asks 3 shop.db-1 web && asks 1 evil.spy-1 twin && asks 1 other.guest-1 friend web && asks 1 rival.shop.thief-1 mate mate.shop; }
check_within 10 "who should talk does" all_talk
# As it is on hosts whose first namespace forwards: containers there take that over.
lab exec 1 nsenter -t "$(lab docker 1 inspect -f '{{.State.Pid}}' shop.web-1)" -n sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'

quoted() { local one; for one in "$@"; do printf "'%s', " "$one"; done; }
forms() { # SERVICE STACK: all ways to say it
  local name
  for name in "$1" "$1-1"; do
    printf '%s\n' "$name" "$name.$2" "$name.$2.default" "$name.$2.default.default.kontena.local" "$name.$2.kontena.local" "$name.kontena.local"
  done
}
mapfile -t names < <(for s in cache api db; do forms "$s" shop; done; printf '%s\n' shop shop.default front shop.front h2 h2.kontena.local)
mapfile -t more < <(forms web shop; forms guest other; forms friend other)
hosts=$(quoted 10.99.0.1 10.99.0.2 10.99.0.3)
spy_plan="{'own': '$spy', 'gateway': '$evil_gate', 'foreign_gateways': [$(quoted "$front_gate" "$shared_gate" "$back_gate")],
  'victims': [$(quoted "$web" "$cache" "$api" "$db" "$back" "$web_shared" "$guest" "$friend")], 'mesh': ['10.80.0.2', '10.80.0.3'],
  'hosts': [$hosts], 'peer': '$twin', 'fellow': '', 'claimed': [$(quoted "$cache" "$db" "$twin" 10.80.0.1 10.80.0.2 10.99.0.2 "$evil_gate" "$front_gate" 127.0.0.1)],
  'names': [$(quoted "${names[@]}" "${more[@]}")], 'subnets': [$(quoted "$front_net" "$shared_net" "$back_net" "$evil_net")]}"
guest_plan="{'own': '$guest', 'gateway': '$shared_gate', 'foreign_gateways': [$(quoted "$front_gate" "$evil_gate" "$back_gate")],
  'victims': [$(quoted "$cache" "$api" "$db" "$back" "$spy" "$twin")], 'mesh': ['10.80.0.2', '10.80.0.3'],
  'hosts': [$hosts], 'peer': '$friend', 'fellow': '$web_shared', 'claimed': [$(quoted "$cache" "$api" "$friend" 10.80.0.1 10.80.0.3 10.99.0.3 "$shared_gate" "$front_gate" 127.0.0.1)],
  'names': [$(quoted "${names[@]}")], 'subnets': [$(quoted "$front_net" "$back_net" "$evil_net")]}"
thief_plan="{'own': '$thief', 'gateway': '$thief_gate', 'foreign_gateways': [$(quoted "$front_gate" "$shared_gate" "$back_gate" "$evil_gate")],
  'victims': [$(quoted "$web" "$cache" "$api" "$db" "$back" "$web_shared" "$guest" "$friend" "$spy" "$twin")], 'mesh': ['10.80.0.2', '10.80.0.3'],
  'hosts': [$hosts], 'peer': '$mate', 'fellow': '', 'claimed': [$(quoted "$cache" "$db" "$mate" 10.80.0.1 10.80.0.2 10.99.0.2 "$thief_gate" "$front_gate" 127.0.0.1)],
  'names': [$(quoted "${names[@]}" "${more[@]}")], 'subnets': [$(quoted "$front_net" "$shared_net" "$back_net" "$evil_net")]}"

# Who is watched: each victim, the attackers' own peers, and each host's mesh and cables.
watched=(1:shop.web-1 1:shop.cache-1 2:shop.api-1 3:shop.db-1 2:evil.twin-1 2:other.friend-1 2:rival.shop.mate-1)
for one in "${watched[@]}"; do lab docker "${one%%:*}" exec -d "${one#*:}" python3 -S /attack.py watch /seen; done
for k in 1 2 3; do lab spawn "$k" watch /usr/bin/python3 -S "$ATTACK" watch "$(host_home "$k")/kontena/seen" >/dev/null; done
seen() { lab docker "${1%%:*}" exec "${1#*:}" cat /seen; }
seen_on() { cat "$(host_home "$1")/kontena/seen"; }
all_watch() {
  local one k
  for one in "${watched[@]}"; do seen "$one" | has watching; done
  for k in 1 2 3; do seen_on "$k" | has watching; done
}
wait_until 10 "all are watched" all_watch

# the attackers' own network between themselves is quiet too: what arrives there was not theirs to send
lab docker 1 exec -i evil.spy-1 python3 -S /attack.py attack <<<"$spy_plan" >"$SCRATCH/spy" 2>&1 &
first=$!
lab docker 1 exec -i rival.shop.thief-1 python3 -S /attack.py attack <<<"$thief_plan" >"$SCRATCH/thief" 2>&1 &
second=$!
lab docker 1 exec -i other.guest-1 python3 -S /attack.py attack <<<"$guest_plan" >"$SCRATCH/guest" 2>&1 || true
wait "$first" || true
wait "$second" || true
finds_nothing() { cat "$SCRATCH/$1"; [[ $(cat "$SCRATCH/$1") == 'done' ]]; }
check "who shares nothing finds nothing" finds_nothing spy
check "who is of another project finds nothing, whatever its stack is called" finds_nothing thief
check "who shares a network finds nothing beyond it" finds_nothing guest
nothing() { # NAME, and what is of no interest
  local lines
  lines=$(seen "$1" | grep -v watching)
  say "$lines"
  [[ -z $lines ]]
}
for one in "${watched[@]}"; do
  if [[ $one != 1:shop.web-1 ]]; then check "nothing arrives at ${one#*:}" nothing "$one"; fi
done
# web is on a network with an attacker: what comes from that one itself, it may send
web_sees() { ! seen 1:shop.web-1 | grep -vE "watching|^eth[0-9] $guest " | grep .; }
check "nothing arrives at web but from whom it shares a network with" web_sees
for k in 2 3; do
  in_mesh() { ! seen_on "$k" | grep -E '^(kontena0|kn[0-9a-f]*) ' | grep marked; }
  check "nothing gets into the mesh to h$k, nor onto its bridges" in_mesh
  as_itself() { ! seen_on "$k" | grep '^eth0 .* marked' | grep -v '^eth0 10\.99\.0\.1 '; }
  check "what gets out of the host to h$k is in the host's own name" as_itself
done
check "who should talk still does" all_talk
finish
