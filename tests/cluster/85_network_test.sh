#!/usr/bin/env bash
# limit: 600
# Networks span nodes: names and addresses reach whoever is on the same network, and
# nobody else; what somebody breaks in the kernel is mended while containers run on.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
KT_LOST_AFTER=3s
lab_up 3
start_cluster 3
TRAP='restart: always, command: ["sh", "-c", "trap '"'exit 0'"' TERM; sleep 9999 & wait"]'
on() { printf 'deploy: {placement: {constraints: ["node.hostname == h%s"]}}' "$1"; }

# inside K NAME CMD...: in a container; ping and nslookup have a bound of their own
inside() {
  local k=$1 name=$2
  shift 2
  lab docker "$k" exec "$name" "$@"
}
reaches() { inside "$1" "$2" ping -c 1 -W 2 "$3"; }
cannot_reach() { # and not because the asker is not there
  inside "$1" "$2" true && ! reaches "$@"
}
address_of() { # K NAME
  lab docker "$1" inspect -f '{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}' "$2" | grep . | sort | sed -n 1p
}
resolves() { inside "$1" "$2" nslookup "$3" | sed 1,2d | has "Address"; }
does_not_resolve() { inside "$1" "$2" true && ! resolves "$@"; }
spy() { lab docker "$1" ps --format '{{.Names}}' --filter name=other.spy; }
started() { # when every container of the lab was started
  local k
  for k in "${HOSTS[@]}"; do lab docker "$k" ps -q | xargs -r "$HOSTLAB" docker "$k" inspect -f '{{.Name}} {{.State.StartedAt}}'; done | sort
}

ktn network create shared >/dev/null
check "a stack whose services are on different hosts" ktn stack deploy -f - shop <<END
services:
  web: {image: busybox, $TRAP, networks: [front, back, shared], $(on 1)}
  api: {image: busybox, $TRAP, networks: {front: {aliases: [backend]}, back: {}}, $(on 2)}
  db: {image: busybox, $TRAP, networks: {back: {ipv4_address: 172.30.7.10}}, $(on 3)}
  near: {image: busybox, networks: [front], $(on 1), ports: ["8080:80"], command: ["nc", "-ll", "-p", "80", "-e", "echo", "hello"]}
  hidden: {image: busybox, $TRAP, networks: [back], $(on 1)}
networks:
  front: {}
  back: {internal: true, ipam: {config: [{subnet: 172.30.7.0/24}]}}
  shared: {external: true, name: shared}
END
check "and another" ktn stack deploy -f - other <<END
services:
  spy: {image: busybox, $TRAP, deploy: {mode: global}}
  guest: {image: busybox, $TRAP, networks: [shared], $(on 3)}
networks: {shared: {external: true, name: shared}}
END

check_within 10 "a service is found by its name on another host" reaches 1 shop.web-1 api
check "by its stack's too" reaches 1 shop.web-1 api.shop
check "by its number" reaches 1 shop.web-1 api-1.shop
check "in full" reaches 1 shop.web-1 api-1.shop.default.default.kontena.local
check "by an alias" reaches 1 shop.web-1 backend
check "on an internal network" reaches 2 shop.api-1 db
expect_output "which has the address it asked for" '^172\.30\.7\.10$' address_of 3 shop.db-1
check "and the other way" reaches 3 shop.db-1 api
check "stacks that share a network meet there" reaches 1 shop.web-1 guest
check "both ways" reaches 3 other.guest-1 web.shop
check "a reverse name" inside 1 shop.web-1 nslookup 172.30.7.10

check "a name of networks that the asker is not on is not told" does_not_resolve 2 "$(spy 2)" api
check "not in full either" does_not_resolve 2 "$(spy 2)" api-1.shop.default.default.kontena.local
api=$(address_of 2 shop.api-1)
check "its address does not help on another host" cannot_reach 1 "$(spy 1)" "$api"
check "nor on the same" cannot_reach 2 "$(spy 2)" "$api"
check "nor the address of a node in the mesh" cannot_reach 1 "$(spy 1)" 10.80.0.2
check "an internal network has no way out" cannot_reach 3 shop.db-1 10.99.0.1
check "another one has" reaches 1 "$(spy 1)" 10.99.0.2
check "and no address of the cluster leaves the host" reaches 2 shop.api-1 10.99.0.3

lab docker 1 run -d --name foreign busybox sleep 9999 >/dev/null
before=$(started)
# broken WORDS CMD...: somebody breaks something on h1, and it is mended in 5 s
broken() {
  local words=$1
  shift
  lab exec 1 "$@" >/dev/null
  check_within 5 "mended within 5 s: $words" reaches 1 shop.web-1 api
}
broken "the device is deleted" ip link del kontena0
broken "the device is down" ip link set kontena0 down
broken "its routes are deleted" ip route flush dev kontena0
broken "its address is deleted" ip addr flush dev kontena0
broken "the table is emptied" nft flush table inet kontena
table_is_whole() { lab exec 1 nft list table inet kontena | has masquerade; }
check_within 5 "and is whole again" table_is_whole
broken "the table is deleted" nft delete table inet kontena
check_within 5 "and is there again" table_is_whole
# While it is mended: what others do meanwhile is not taken for our own.
for pause in 0.03 0.06 0.1 0.15 0.25; do
  lab exec 1 sh -c "nft flush table inet kontena; sleep $pause; nft delete table inet kontena"
  check_within 5 "also where it goes $pause s after it was emptied" table_is_whole
done
broken "DOCKER-USER is emptied" iptables -F DOCKER-USER
broken "all chains of iptables are emptied" iptables -F
# With them Docker's own rules went, which Docker puts back at its next start only.
docker_has_none() { ! lab exec 1 iptables -S | has 'FORWARD.* -[io] \(kn\|docker0\)'; }
check "Docker's own rules are gone" docker_has_none
check_within 5 "its containers' own way out is mended too" reaches 1 "$(spy 1)" 10.99.0.2
check "not that of an internal network" cannot_reach 1 "$(lab docker 1 ps --format '{{.Names}}' --filter name=shop.hidden)" 10.99.0.2
published() { timeout 3 "$HOSTLAB" exec 2 busybox nc -w 2 "$(lab ip 1)" 8080 </dev/null | has hello; }
check_within 5 "published ports answer" published
check "neighbours reach each other" reaches 1 shop.web-1 near
foreign=$(lab docker 1 inspect -f '{{.NetworkSettings.IPAddress}}' foreign)
check "but not containers of others on the host" cannot_reach 1 "$(spy 1)" "$foreign"
check "nor they them" cannot_reach 1 foreign "$(address_of 1 "$(spy 1)")"
bridge=$(lab exec 1 sh -c 'ls /sys/class/net' | grep '^kn' | sed -n 1p)
broken "the bridges answer for nobody" sh -c 'for b in /proc/sys/net/ipv4/conf/kn*; do echo 0 >$b/proxy_arp; done; ip neigh flush all'
check "isolation held" cannot_reach 1 "$(spy 1)" "$api"

stop_agent 1
check "without the agent packets still pass" reaches 1 shop.web-1 "$api"
start_agent 1
wait_until 20 "all nodes are ready" nodes_ready 3
stop_server
check "without the server names are still told" reaches 1 shop.web-1 api
start_server
wait_until 20 "all nodes are ready" nodes_ready 3
lab docker 1 rm -f foreign >/dev/null
before=$(grep -v '^/foreign ' <<<"$before")
expect_output "no container was started anew" '^same$' bash -c "[[ \$1 == \"\$2\" ]] && echo same" _ "$before" "$(started)"

lab crash 2
check_within 15 "a name leads nowhere once its node is lost" does_not_resolve 1 shop.web-1 api
lab boot 2 >/dev/null
start_agent 2
check_within 30 "and there again when it is back" reaches 1 shop.web-1 api

expect_fail "a network that a stack uses is not removed" 5 'in use by stack' ktn network rm -y shared
check "the stacks are removed" ktn stack rm -y shop other
gone() { [[ $(ktn network ls -q) == shared ]]; }
check_within 20 "and their networks with them" gone
no_bridges() { ! lab exec 1 sh -c 'ls /sys/class/net' | has '^kn'; }
check_within 30 "on the hosts too" no_bridges
check "a node is removed" ktn node rm -y h3
nothing_left() { ! lab exec 3 sh -c 'ip link show kontena0 || nft list table inet kontena' >/dev/null 2>&1; }
check_within 30 "and nothing of the network is left on it" nothing_left
forget_role 3 agent
finish
