#!/usr/bin/env bash
# limit: 600
# The mesh while it changes: keys rotate under flows, uplinks of different MTU, an address that
# moves, a firewall in the way, and one that lets nothing in.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
export KT_LOST_AFTER=4s
lab_up 3
need_image python
start_cluster 3
FLOW='image: python, restart: always, command: ["python3", "-S", "/flow.py", "serve"], volumes: ["'$CLUSTER_TESTS/support/flow.py:/flow.py:ro'"]'
on() { printf 'deploy: {placement: {constraints: ["node.hostname == h%s"]}}' "$1"; }
check "a stack on three hosts" ktn stack deploy -f - shop <<END
services:
  web: {$FLOW, $(on 1)}
  api: {$FLOW, $(on 2)}
  db: {$FLOW, $(on 3)}
END
flow() { # K SERVICE WHAT...
  local k=$1 name=shop.$2-1
  shift 2
  lab docker "$k" exec -i "$name" timeout 60 python3 -S /flow.py "$@" </dev/null
}
bulk() { [[ $(flow "$1" "$2" bulk "$3") == whole* ]]; }
all_talk() { bulk 1 web api && bulk 2 api db && bulk 3 db web; }
check_within 20 "all talk" all_talk

# While something happens: watched K SERVICE PEER WORDS CMD...: the flow outlives it, in so many ms.
watched() {
  local k=$1 service=$2 peer=$3 words=$4 to_it out udp tcp
  shift 4
  mkfifo "$SCRATCH/flow"
  lab docker "$k" exec -i "shop.$service-1" python3 -S /flow.py watch "$peer" <"$SCRATCH/flow" >"$SCRATCH/flow.out" &
  local watcher=$!
  exec {to_it}>"$SCRATCH/flow"
  wait_until 10 "the flow runs" grep -q begun "$SCRATCH/flow.out"
  check "$words" "$@"
  exec {to_it}>&-
  wait "$watcher" || true
  rm "$SCRATCH/flow"
  read -r _ udp out < <(grep '^udp' "$SCRATCH/flow.out")
  say "          without an answer: udp $udp ms ($out lost), $(sed -n 's/^tcp //p' "$SCRATCH/flow.out") (tcp, ms)"
  read -r _ tcp out < <(grep '^tcp' "$SCRATCH/flow.out")
  check "its connection goes on" test "$out" = whole
  check "and nobody waited for more than a second" test "$udp" -lt 1000 -a "$tcp" -lt 1000
}
public() { lab exec "$1" true && ktn node show "h$1" --json | grep -o '"mesh_key": *"[^"]*"'; }
kept() { sed -n 1p "$(agent_dir "$1")/mesh.key"; }
twice() { "$@" && "$@"; }
before=$(public 1) kept=$(kept 1)
watched 1 web api "keys rotate" ktn grid network rotate-keys
check "the public key is another" test "$before" != "$(public 1)"
check "the private one too" test "$kept" != "$(kept 1)"
expect_output "which only root reads" '^600$' stat -c %a "$(agent_dir 1)/mesh.key"
check "and no next one is left" test ! -e "$(agent_dir 1)/mesh.key.next"
check "all talk" all_talk
watched 2 api db "they rotate twice in a row" twice ktn grid network rotate-keys
check "all talk" all_talk

rotated() { [[ $(ktn node ls --json | grep -o '"mesh_rotation": *[0-9]*' | sort -u | wc -l) == 1 ]] && ! ls "$LAB_HOME"/h*/kontena/agent/mesh.key.next 2>/dev/null; }
stop_agent 3
wait_until 20 "h3 is lost" nodes_ready 2
expect_fail "with a node away keys are not rotated" 5 'not ready: node h3' ktn grid network rotate-keys
check "but by force" ktn grid network rotate-keys --force
check "the others talk" bulk 1 web api
start_agent 3
check_within 30 "and all, when it is back" all_talk
wait_until 20 "all nodes use their keys" rotated
ktn grid network rotate-keys -d >/dev/null
kill_agent 2
start_agent 2
check_within 30 "a crash in the midst of a rotation leads on" all_talk
check_within 30 "and all nodes use new keys" rotated

mtu_is() { [[ $(lab exec "$1" cat /sys/class/net/kontena0/mtu) == "$2" ]]; }
uplink=$(lab exec 2 sh -c 'ip -4 -o addr show' | sed -n "s/^[0-9]*: \([^ ]*\) *inet $(lab ip 2)\/.*/\1/p")
check "the mesh has room for what the uplink takes" mtu_is 2 1420
lab exec 2 ip link set "$uplink" mtu 1400
check_within 10 "an uplink of 1400 leaves 1320" mtu_is 2 1320
size_is() { [[ $(flow "$1" "$2" size "$3") == "$4" ]]; }
check_within 15 "who sends there is told so" size_is 1 web api 1320
check "and who sends from there" size_is 2 api web 1320
check "others have what they had" size_is 1 web db 1420
check "a stream passes" bulk 1 web api
check "and the other way" bulk 2 api web
told() { ktn node show "$1" | has "$2"; }
check_within 10 "the node tells" told h2 'room for packets of 1320 bytes, where the other side has 1420'
lab exec 2 ip link set "$uplink" mtu 1500
check_within 10 "and has the room again" mtu_is 2 1420
no_route_is_short() { ! lab exec 1 ip route show dev kontena0 | has mtu; }
check_within 10 "as others have on their way there" no_route_is_short
check_within 10 "which is told no more" not told h2 'room for packets'

lab exec 1 iptables -I INPUT -p udp --dport 51820 -s "$(lab ip 2)" -j DROP
lab exec 1 ip link del kontena0
check_within 60 "a port that is blocked is told" told h1 "no answer from node 'h2' ($(lab ip 2):51820"
check "no word of others" not told h1 "'h3'"
lab exec 1 iptables -D INPUT -p udp --dport 51820 -s "$(lab ip 2)" -j DROP
check_within 40 "and no more when it is open" not told h1 'no answer'
check "all talk" all_talk

# Hosts' firewalls that let nothing in but what they have to: names are told, and the mesh passes.
names() { bulk 1 web db && bulk 3 db web; }
gateway=$(lab docker 1 inspect -f '{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}' shop.web-1)
lab spawn 1 listener busybox httpd -f -p 7999 -h /run >/dev/null
opens() { lab docker 1 exec shop.web-1 python3 -S -c "import socket; socket.create_connection(('$gateway', $1), 1)"; }
check_within 5 "without a firewall a container reaches its host" opens 7999
lab exec 1 bash -s <<'END'
iptables -N guard
for what in "-i lo" "-p tcp --dport 7443" "-p udp --dport 51820" "-m conntrack --ctstate ESTABLISHED,RELATED"; do
  iptables -A guard $what -j ACCEPT
done
iptables -A INPUT -j guard
iptables -P INPUT DROP
END
check "names are told through a firewall" names
lab exec 1 iptables -D INPUT -i kn+ -m mark --mark 0x4b000000/0xff000000 -j ACCEPT
check_within 5 "also when it is set up anew" names
check "which we do not open otherwise" not opens 7999
lab exec 1 sh -c 'iptables -P INPUT ACCEPT; iptables -D INPUT -j guard; iptables -F guard; iptables -X guard'

lab exec 1 nft -f - <<'END'
table inet firewalld {
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state established,related accept
    iifname "lo" accept
    tcp dport 7443 accept
    udp dport 51820 accept
    reject with icmpx admin-prohibited
  }
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state established,related accept
    iifname "docker0" accept
    reject with icmpx admin-prohibited
  }
}
END
check_within 5 "likewise through tables as firewalld makes them" names
lab exec 1 sh -c 'nft list table inet firewalld | sed "s/ comment.*//; /0x4b000000/d" >/run/fw; nft delete table inet firewalld; nft -f /run/fw'
check_within 5 "also when they are made anew" names
check "which we do not open otherwise" not opens 7999
lab exec 1 nft delete table inet firewalld

if lab exec 1 sh -c 'command -v ufw' >/dev/null; then
  lab exec 1 sh -c 'sed -i s/IPV6=yes/IPV6=no/ /etc/default/ufw; ufw allow 7443/tcp; ufw allow 51820/udp; ufw --force enable' >/dev/null
  check_within 5 "likewise through ufw" names
  lab exec 1 ufw reload >/dev/null
  check_within 5 "also when it is loaded again" names
  check "which we do not open otherwise" not opens 7999
  lab exec 1 ufw disable >/dev/null
else
  say "          (without ufw, which is not installed)"
fi

old=$(lab ip 3) new=10.99.0.93
link=$(lab exec 3 sh -c 'ip -4 -o addr show' | sed -n "s/^[0-9]*: \([^ ]*\) *inet $old\/.*/\1/p")
lab exec 3 sh -c "ip addr add $new/24 dev $link; ip addr del $old/24 dev $link; ip addr show dev $link | grep -q $new || ip addr add $new/24 dev $link"
check_within 15 "a host has another address: all talk" all_talk
others_know() { ktn node show h3 --json | tr -d ' \n' | has "\"mesh_endpoints\":\[\"$new:51820\"\]"; }
check_within 20 "and it is known by that one" others_know
finish
