#!/usr/bin/env bash
# limit: 600
# A network with enable_ipv6 carries IPv6 between hosts as it does IPv4: names, addresses that
# services ask for, isolation, internal networks; what somebody breaks is mended.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
for k in 1 2 3; do
  lab exec "$k" test -e /proc/net/if_inet6 || skip "this kernel has no IPv6"
done
# A host that hears routers has to go on hearing them, though it forwards from now on.
lab exec 1 sysctl -qw net.ipv6.conf.eth0.accept_ra=1 net.ipv6.conf.all.forwarding=0
start_cluster 3
TRAP='restart: always, command: ["sh", "-c", "(while :; do echo here | nc -l -p 80; done) & trap '"'exit 0'"' TERM; sleep 9999 & wait"]'
on() { printf 'deploy: {placement: {constraints: ["node.hostname == h%s"]}}' "$1"; }

inside() { # K NAME CMD...
  local k=$1 name=$2
  shift 2
  lab docker "$k" exec "$name" "$@"
}
reaches() { inside "$1" "$2" ping -6 -c 1 -W 2 "$3"; }
cannot_reach() { inside "$1" "$2" true && ! reaches "$@"; }
hears() { inside "$1" "$2" timeout 3 nc "$3" 80 </dev/null | grep -q here; }
address_of() { # K NAME NETWORK
  lab docker "$1" inspect -f "{{(index .NetworkSettings.Networks \"$3\").GlobalIPv6Address}}" "$2"
}
aaaa() { inside "$1" "$2" nslookup -type=aaaa "$3" | sed 1,2d | sed -n 's/^Address: *//p'; }
named() { [[ $(aaaa "$1" "$2" "$3") == "$4" ]]; }
started() {
  local k
  for k in "${HOSTS[@]}"; do lab docker "$k" ps -q | xargs -r "$HOSTLAB" docker "$k" inspect -f '{{.Name}} {{.State.StartedAt}}'; done | sort
}
shop() { # further lines of its networks
  cat <<END
services:
  web: {image: busybox, $TRAP, networks: [front], $(on 1)}
  api: {image: busybox, $TRAP, networks: {front: {aliases: [backend]}, back: {}}, $(on 2)}
  db: {image: busybox, $TRAP, networks: {back: {ipv4_address: 172.30.7.10, ipv6_address: "2001:3984:3989::10"}}, $(on 3)}
  near: {image: busybox, $TRAP, networks: [front], $(on 1)}
  old: {image: busybox, $TRAP, networks: [plain], $(on 1)}
networks:
  front: {enable_ipv6: true}
  back: {internal: true, enable_ipv6: true, ipam: {config: [{subnet: 172.30.7.0/24}, {subnet: "2001:3984:3989::/64"}]}}
  plain: {}
END
}

check "before any network has it, a host forwards no IPv6" [ "$(lab exec 1 cat /proc/sys/net/ipv6/conf/all/forwarding)" = 0 ]
check "a stack with IPv6 is deployed" ktn stack deploy -f - shop <<<"$(shop)"
check "and another" ktn stack deploy -f - other <<END
services: {spy: {image: busybox, $TRAP, deploy: {mode: global}}}
networks: {default: {enable_ipv6: true}}
END

api=$(address_of 2 shop.api-1 shop.front)
web=$(address_of 1 shop.web-1 shop.front)
check_within 10 "a service is reached by its name on another host" reaches 1 shop.web-1 api
check "by TCP too" hears 1 shop.web-1 "$api"
check "and the other way" hears 2 shop.api-1 "$web"
check "on the same host as well" reaches 1 shop.web-1 near
expect_output "the name has that address" "^$api\$" aaaa 1 shop.web-1 api.shop
check "an alias too" named 1 shop.web-1 backend "$api"
expect_output "and the address a name" 'api-1.shop.default.default.kontena.local' inside 1 shop.web-1 nslookup "$api"
expect_output "who asked for an address has it" '^2001:3984:3989::10$' address_of 3 shop.db-1 shop.back
check "and is reached by it, on an internal network" reaches 2 shop.api-1 2001:3984:3989::10
check "by its name" named 2 shop.api-1 db 2001:3984:3989::10
check "large packets pass" inside 1 shop.web-1 ping -6 -c 1 -W 2 -s 4000 "$api"
expect_output "network show tells of it" "$api" ktn network show shop.front
expect_output "network ls too" '2001:3984:3989::/64' ktn network ls
check "a network without it has none" [ -z "$(address_of 1 shop.old-1 shop.plain)" ]

spy() { lab docker "$1" ps --format '{{.Names}}' --filter name=other.spy; }
check "the address does not help who shares no network, on another host" cannot_reach 1 "$(spy 1)" "$api"
check "nor on the same" cannot_reach 2 "$(spy 2)" "$api"
check "the name is not told" [ -z "$(aaaa 2 "$(spy 2)" api)" ]
check "nor the address's" not inside 2 "$(spy 2)" nslookup "$api"
for k in 1 2; do lab exec "$k" ip -6 addr replace "fd99::$k/64" dev eth0 nodad; done
check "there is a way out, by the host's address" reaches 1 shop.web-1 fd99::2
check "an internal network has none" cannot_reach 3 shop.db-1 fd99::2
lab exec 2 ip -6 route replace "$web/128" via fd99::1
not_from_outside() { ! lab exec 2 busybox ping -6 -c 1 -W 2 -I fd99::2 "$web"; }
check "who is beside the hosts does not come in" not_from_outside
lab exec 2 ip -6 route del "$web/128" via fd99::1
in_web() { lab exec 1 nsenter -t "$(lab docker 1 inspect -f '{{.State.Pid}}' shop.web-1)" -n "$@"; }
check "a container takes another address" in_web ip -6 addr add fd00:bad::1/128 dev eth0 nodad
check "and gets nowhere with it" not in_web busybox ping -6 -c 1 -W 2 -I fd00:bad::1 "$api"
in_web ip -6 addr del fd00:bad::1/128 dev eth0
check "the true one does" reaches 1 shop.web-1 "$api"

check "the host forwards now" [ "$(lab exec 1 cat /proc/sys/net/ipv6/conf/all/forwarding)" = 1 ]
check "and still hears its routers" [ "$(lab exec 1 cat /proc/sys/net/ipv6/conf/eth0/accept_ra)" = 2 ]

before=$(started)
broken() { # WORDS CMD...
  local words=$1
  shift
  lab exec 1 "$@" >/dev/null
  lab docker 1 exec shop.web-1 ip -6 neigh flush dev eth0 >/dev/null 2>&1 || true
  check_within 6 "mended within 5 s: $words" reaches 1 shop.web-1 "$api"
}
broken "the device is deleted" ip link del kontena0
broken "its routes are deleted" ip -6 route flush dev kontena0
broken "the bridges answer for nobody" sh -c 'for b in /sys/class/net/kn*; do ip -6 neigh show proxy dev ${b##*/}; done | cut -d" " -f1 |
  while read -r a; do for b in /sys/class/net/kn*; do ip -6 neigh del proxy $a dev ${b##*/} 2>/dev/null; done; done; true'
broken "they are not to answer" sh -c 'for b in /proc/sys/net/ipv6/conf/kn*; do echo 0 >$b/proxy_ndp; done'
broken "the host does not forward" sysctl -qw net.ipv6.conf.all.forwarding=0
broken "the table is deleted" nft delete table inet kontena
check "isolation held" cannot_reach 1 "$(spy 1)" "$api"
stop_agent 1
check "without the agent packets still pass" reaches 1 shop.web-1 "$api"
start_agent 1
wait_until 20 "all nodes are ready" nodes_ready 3
check "and with it again" reaches 1 shop.web-1 "$api"
expect_output "no container was started anew" '^same$' bash -c "[[ \$1 == \"\$2\" ]] && echo same" _ "$before" "$(started)"

check "a firewall that drops all IPv6 is put on h2" lab exec 2 sh -c 'ip6tables -P FORWARD DROP; ip6tables -P INPUT DROP'
check_within 10 "packets of the mesh pass it" reaches 1 shop.web-1 "$api"
lab exec 2 sh -c 'ip6tables -P FORWARD ACCEPT; ip6tables -P INPUT ACCEPT'

expect_fail "a network does not lose IPv6 under its instances" 5 'having IPv6' \
  ktn stack deploy -f - other <<<"services: {spy: {image: busybox, $TRAP, deploy: {mode: global}}}"
expect_fail "an address of another's is refused" 2 'IPv4 address 172.30.8.9' ktn stack deploy -f - bad <<END
services: {a: {image: busybox, networks: {n: {ipv6_address: "fd00:77::ac1e:809"}}}}
networks: {n: {enable_ipv6: true, ipam: {config: [{subnet: 172.30.8.0/24}, {subnet: "fd00:77::/64"}]}}}
END
expect_fail "as is a subnet that is taken" 5 "overlaps 2001:3984:3989::/64 of network 'shop.back'" \
  ktn network create again --subnet6 2001:3984:3989::/64

lab exec 3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1
no_ipv6() { ktn node show h3 | grep -q '^IPv6 .*none'; }
check_within 30 "a host without IPv6 says so" no_ipv6
expect_fail "nothing that needs it goes there" 11 'without IPv6' ktn stack deploy -f - six <<END
services: {a: {image: busybox, $TRAP, $(on 3)}}
networks: {default: {enable_ipv6: true}}
END
check "what does not need it does" ktn stack deploy -f - four <<<"services: {a: {image: busybox, $TRAP, $(on 3)}}"
check "the stacks are removed" ktn stack rm -y shop other six four
no_bridges() { ! lab exec 1 sh -c 'ls /sys/class/net' | grep -q '^kn'; }
check_within 30 "and their networks with them" no_bridges
no_routes() { [[ -z $(lab exec 1 ip -6 route show proto 75) ]]; }
check_within 10 "and the routes" no_routes
lab exec 3 sysctl -qw net.ipv6.conf.all.disable_ipv6=0
finish
