#!/usr/bin/env bash
#
# One TCP stream between containers on two hosts: through Kontena's network, and through
# WireGuard of the same kind set up by hand (a device, two peers, a route each, plain
# bridges), by turns on the same hosts. Throughput, and CPU of both hosts per gigabyte.
#
# usage: stream_bench.sh
#
# settings (environment), besides those of the cluster tests' support.sh
#   RUNS          rounds                        (9)
#   SECONDS_EACH  how long each stream flows    (6)
set -euo pipefail
. "$(dirname -- "$0")/support.sh"

RUNS=${RUNS:-9}
SECONDS_EACH=${SECONDS_EACH:-6}
HOST_COUNT=2
WAYS=(hand kontena)
declare -A FROM=() TO=() ADDRESS=()

need_tools() {
  local tool
  need_lab_machine
  need_kontena
  for tool in wireguard-go wg jq; do command -v "$tool" >/dev/null || die "needs $tool (wireguard-go wireguard-tools jq)"; done
}

# Two bridges, 192.168.201.0/24 and .202, joined by WireGuard on UDP 51999.
# In sessions of their own, as the agent starts its: the kernel shares time out by session.
hand_on() {
  local k other key=() public=()
  for k in 1 2; do
    key[k]=$(wg genkey)
    public[k]=$(wg pubkey <<<"${key[k]}")
    lab exec "$k" setsid wireguard-go wghand >/dev/null 2>&1
  done
  for k in 1 2; do
    other=$((3 - k))
    lab exec "$k" sh -c 'wg set wghand listen-port 51999 private-key /dev/stdin peer "$1" allowed-ips "$2" endpoint "$3"' \
      sh "${public[other]}" "192.168.20$other.0/24" "$(lab ip "$other"):51999" <<<"${key[k]}"
    lab exec "$k" ip link set wghand mtu 1420 up
    lab exec "$k" ip route add "192.168.20$other.0/24" dev wghand
    lab exec "$k" iptables -I DOCKER-USER -s 192.168.0.0/16 -d 192.168.0.0/16 -j ACCEPT
    lab docker "$k" network create --subnet "192.168.20$k.0/24" -o com.docker.network.driver.mtu=1420 \
      -o com.docker.network.bridge.enable_ip_masquerade=false hand >/dev/null
    lab docker "$k" run -d --init --name hand --network hand client sleep 100000 >/dev/null
  done
  FROM[hand]=hand TO[hand]=hand ADDRESS[hand]=$(address 2 hand)
}

kontena_on() {
  start_cluster 2
  ktn stack deploy -q -f - bench >/dev/null <<'END'
services:
  from: {image: client, command: [sleep, "100000"], deploy: {placement: {constraints: [node.hostname == h1]}}}
  to: {image: client, command: [sleep, "100000"], deploy: {placement: {constraints: [node.hostname == h2]}}}
END
  FROM[kontena]=bench.from-1 TO[kontena]=bench.to-1 ADDRESS[kontena]=$(address 2 bench.to-1)
}

address() { lab docker "$1" inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$2"; }
reaches() { lab docker 1 exec "${FROM[$1]}" ping -c 1 -W 2 "${ADDRESS[$1]}" >/dev/null; }
listens() { lab docker 2 exec "${TO[$1]}" cat /proc/net/tcp /proc/net/tcp6 | grep -q ':1451 0*:0000 0A'; }

turn() { # WAY
  local way=$1 result server
  lab docker 2 exec "${TO[$way]}" iperf3 -s -1 >/dev/null &
  server=$!
  wait_until 10 "iperf3 listens" listens "$way"
  begin
  result=$(lab docker 1 exec "${FROM[$way]}" iperf3 -c "${ADDRESS[$way]}" -t "$SECONDS_EACH" -J) || die "iperf3 $way: $(jq -r .error <<<"$result")"
  took
  wait "$server"
  note "speed $way" "$(jq '.end.sum_received.bits_per_second / 1e6 | round' <<<"$result")"
  note "cpu $way" "$(jq --arg cpu "$CPU_MS" '($cpu | tonumber) / 1000 / (.end.sum_received.bytes / 1e9) * 10 | round / 10' <<<"$result")"
  note "others $way" "$OTHERS"
}

report() { # FIGURE UNIT
  local way
  for way in "${WAYS[@]}"; do printf '%-26s %s\n' "$1, $way" "$(figure "$1 $way" "$2")"; done
  printf '%-26s %s\n' "$1, kontena / hand" "$(ratios "$1 kontena" "$1 hand")"
}

need_tools
bench_up
lab image client >/dev/null
kontena_on
hand_on
for way in "${WAYS[@]}"; do wait_until 20 "packets pass: $way" reaches "$way"; done
for ((run = 0; run < RUNS; run++)); do
  # The first of a pair is now this, now that one.
  if ((run % 2)); then turn kontena; turn hand; else turn hand; turn kontena; fi
done
report speed Mbit/s
report cpu s/GB
printf 'cores that others used: %s/ %s\n' "${VALUES["others hand"]}" "${VALUES["others kontena"]}"
bench_done
