# shellcheck shell=bash
# Part of hostlab: a host behind a router of its own that translates addresses and ports.
#
#   host K                          router LAB-nK                       switch
#   eth0 192.168.77.2/24 ── lan 192.168.77.1/24 │ wan ADDRESS/24 ── pK ── br0
#
# What the host sends leaves as ADDRESS, from a port that the router draws; what nobody behind
# it has asked for is dropped. The file hK/nat has the ADDRESS, and outlives the host's crash as
# the router does. The router has no way out of the lab either.

NAT_NET=192.168.77

nat_router() { printf '%s-n%s' "$LAB" "$1"; }
nat_address() { cat "$DIR/h$1/nat" 2>/dev/null || true; }

# host_addresses K: takes the addresses and routes that the host has, and gives it those of its place.
host_addresses() {
  local k=$1 ns=$LAB-h$1
  ip -n "$ns" addr flush dev eth0
  if [[ -s $DIR/h$k/nat ]]; then
    ip -n "$ns" addr add "$NAT_NET.2/24" dev eth0
    ip -n "$ns" link set eth0 up
    ip -n "$ns" route replace default via "$NAT_NET.1"
  else
    ip -n "$ns" addr add "$(host_ip "$k")/24" dev eth0
    ip -n "$ns" link set eth0 up
  fi
}

# The router and its cable to the switch, if it is not there yet.
router_up() {
  local k=$1 ns
  ns=$(nat_router "$k")
  has_netns "$ns" || ip netns add "$ns"
  if ! ip -n "$ns" link show dev wan >/dev/null 2>&1; then
    # the host's own hardware address here too: others know it by that
    ip -n "$SWITCH" link add "p$k" type veth peer name wan address "$(hardware_address "$k")" netns "$ns"
    ip -n "$SWITCH" link set dev "p$k" up
  fi
  ip -n "$ns" link set lo up
  ip -n "$ns" addr replace "$(nat_address "$k")/24" dev wan
  ip -n "$ns" link set wan up
  ip netns exec "$ns" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  ip netns exec "$ns" nft -f - <<'RULES' || die "the kernel refused the router's rules"
table ip nat
delete table ip nat
table ip nat {
  chain out { type nat hook postrouting priority srcnat; oifname wan masquerade random; }
  chain pass { type filter hook forward priority filter; iifname wan ct state established,related accept; iifname wan drop; }
  chain self { type filter hook input priority filter; iifname wan icmp type echo-request accept; iifname wan drop; }
}
RULES
}

# The cable between the host, which runs, and its router.
router_cable() {
  local k=$1 ns
  ns=$(nat_router "$k")
  ip -n "$ns" link del lan 2>/dev/null || true
  ip -n "$ns" link add lan type veth peer name eth0 address "$(hardware_address "$k")" netns "$LAB-h$k"
  ip -n "$ns" addr add "$NAT_NET.1/24" dev lan
  ip -n "$ns" link set lan up
}

remove_routers() {
  local ns
  for ns in /run/netns/"$LAB"-n*; do
    ns=${ns##*/}
    if [[ ${ns#"$LAB"-n} =~ ^[0-9]+$ ]] && has_netns "$ns"; then ip netns del "$ns"; fi
  done
}

# The cables of K made anew, and with them its addresses, as if it were plugged in elsewhere.
replug() {
  local k=$1
  unplug "$k"
  if host_pid "$k" >/dev/null; then
    ip -n "$LAB-h$k" link del eth0 2>/dev/null || true
    host_cable "$k"
  elif [[ -s $DIR/h$k/nat ]]; then
    router_up "$k"
  fi
}

cmd_nat() {
  local k=${1:-} what=${2:-} ns
  need_host "$k"
  command -v nft >/dev/null || die "a router needs nft (package nftables)"
  lock shared "$k"
  ns=$(nat_router "$k")
  case $what in
    off)
      rm -f "$DIR/h$k/nat"
      relay_stop "$k"
      if has_netns "$ns"; then ip netns del "$ns"; fi
      replug "$k"
      ;;
    forget) # masquerading forgets its connections when the link goes down
      has_netns "$ns" || die "host $k is behind no router"
      ip -n "$ns" link set wan down
      ip -n "$ns" link set wan up
      ;;
    *)
      what=${what:-$(host_ip "$k")}
      [[ $what =~ ^$(conf net)\.0\.[0-9]{1,3}$ ]] || die "nat K [ADDRESS]: an address of $(conf net).0.0/24"
      printf '%s\n' "$what" >"$DIR/h$k/nat"
      if has_netns "$ns"; then
        ip -n "$ns" addr flush dev wan # connections from the old address are forgotten with it
        router_up "$k"
      else
        relay_stop "$k"
        replug "$k"
      fi
      ;;
  esac
}
