#!/usr/bin/env bash
# limit: 400
# A host and its agent: what keeps it from joining is said before, the pool of addresses
# gives way to what is there, and after an uninstall nothing is left of all that.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 2
start_server
TRAP='restart: always, command: ["sh", "-c", "trap '"'exit 0'"' TERM; sleep 9999 & wait"]'

# What the agent changes on a host, without what counts or tells the time, or is the kernel's own (link-local addresses
# of IPv6 come some time after their link).
trace() { # K
  # shellcheck disable=SC2016 # expands in the host
  lab exec "$1" sh -c '
    ip -br link | sed "s/@.*//; s/ .*//" | sort
    ip -4 -br addr | sort
    ip route show table all | grep -v "^fe80\|^local fe80\|^ff00\|^::1\|^multicast" | sort
    nft list ruleset | sed "s/counter packets [0-9]* bytes [0-9]*/counter/"
    iptables-save | sed "/^#/d; s/\[[0-9]*:[0-9]*\]//"
    ls /var/run/wireguard 2>/dev/null
    pgrep -a wireguard-go || true'
  lab docker "$1" ps -a --format '{{.Names}}' | sort
  lab docker "$1" network ls --format '{{.Name}}' | sort
}
agent() { # K WORDS...: with the settings of K's agent
  local k=$1
  shift
  lab exec "$k" "$KONTENA" agent "$@" --state-dir "$(agent_dir "$k")" --docker-socket "$DOCKER_SOCKET"
}
# An empty chain that iptables itself makes for the first rule stays, as after any such rule.
for k in 1 2; do lab exec $k iptables -P INPUT ACCEPT; done
for k in 1 2; do trace $k >"$SCRATCH/before$k"; done

check "a host is fit" agent 2 check
expect_output "and a program is told so" '"level":"ok","next":"","says":"[^"]*","what":"docker"' agent 2 check --format json
lab exec 2 sh -c 'iptables -P INPUT DROP; iptables -A INPUT -p tcp -j ACCEPT'
expect_output "a firewall is named, with what opens it" 'next: iptables -I INPUT -p udp --dport 51820 -j ACCEPT' agent 2 check
lab exec 2 sh -c 'iptables -P INPUT ACCEPT; iptables -D INPUT -p tcp -j ACCEPT'
lab exec 2 ip link add tun9 type bridge
lab exec 2 sh -c 'ip link set tun9 up; ip addr add 10.85.3.1/16 dev tun9'
checked() { agent 2 check >&2; }
expect_fail "addresses in use are an error" 78 'the route by tun9' checked

start_agent 1
wait_until 30 "the first node is ready" nodes_ready 1
ktn token create -q --uses 1 >"$SCRATCH/once.token"
join_now() { timeout 30 "$HOSTLAB" exec 2 "$KONTENA" agent --server "$(server_address)" --token-file "$SCRATCH/once.token" \
  --state-dir "$(agent_dir 2)" --docker-socket "$DOCKER_SOCKET" --name h2 "$@"; }
expect_fail "a host that uses addresses of the pool does not join" 78 '10.85.0.0/16, the route by tun9' join_now
expect_output "the token is as good as before" ' 1 ' ktn token ls
check "another pool" ktn grid set --pool 10.160.0.0/12
expect_output "is shown" '10.160.0.0/12' ktn grid ls
has_address() { lab exec "$1" ip -4 addr show kontena0 | has "inet $2/32"; }
check_within 15 "the node that is there follows, its agent the same" has_address 1 10.160.0.1
start_agent 2 --token-file "$SCRATCH/once.token"
wait_until 30 "the other joins now" nodes_ready 2
check_within 15 "and has its address" has_address 2 10.160.0.2

check "a stack on both" ktn stack deploy -f - shop <<END
services:
  web: {image: busybox, $TRAP, volumes: ["data:/data"], deploy: {mode: global}}
  pub: {image: busybox, $TRAP, ports: ["8080:80"], deploy: {mode: global}}
volumes: {data: {}}
END
expect_fail "with a network the pool stays" 5 'default/shop.default' ktn grid set --pool default
name_of() { lab docker "$1" ps --format '{{.Names}}' --filter name=shop.web | sed -n 1p; }
address_of() { lab docker "$1" inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$(name_of "$1")"; }
reaches() { lab docker 1 exec "$(name_of 1)" ping -c 1 -W 2 "$(address_of 2)"; }
check_within 15 "containers reach each other in the new pool" reaches
lab exec 2 ip route add 10.165.0.0/16 dev tun9
trouble() { ktn node show h2 | grep "10.165.0.0/16, the route by tun9"; }
check_within 40 "an overlap that comes later is told" trouble
check "and stops nothing" reaches
lab exec 2 ip link del tun9
check_within 40 "until it is gone" not trouble

expect_fail "an agent that runs is not uninstalled" 5 'stop it first' agent 2 uninstall -y
stop_server
stop_agent 2
lab docker 2 network create foreign >/dev/null
lab docker 2 run -d --name guest --network shop.default busybox sleep 999 >/dev/null
expect_fail "a network that others use is named" 1 'shop.default' agent 2 uninstall -y
expect_output "their container is left" '^guest$' lab docker 2 ps --format '{{.Names}}'
lab docker 2 rm -f guest >/dev/null
lab docker 2 network rm foreign >/dev/null
expect_output "what broke off is done again, without a server" 'left: docker volume ls' bash -c '"$@" 2>&1' _ \
  "$HOSTLAB" exec 2 "$KONTENA" agent uninstall -y --state-dir "$(agent_dir 2)" --docker-socket "$DOCKER_SOCKET"
same_as_before() { diff "$SCRATCH/before$1" <(trace "$1"); }
check "nothing is left" same_as_before 2
check "no state either" not test -e "$(agent_dir 2)"
expect_output "but for data" 'shop.data' lab docker 2 volume ls -q
check "done again it does no harm" agent 2 uninstall -y
check "nothing is made by that" not test -e "$(agent_dir 2)"
kill_agent 1
expect_fail "who is asked and says no loses nothing" 2 'nothing was removed' agent 1 uninstall
check "volumes go when that is said" agent 1 uninstall -y --volumes
check "nothing is left of an agent that was killed" same_as_before 1
expect_output "no data" '^0$' sh -c '"$0" docker 1 volume ls -q | wc -l' "$HOSTLAB"
finish
