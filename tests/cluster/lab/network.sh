# shellcheck shell=bash
# Part of hostlab: the switch, the cables, and what can go wrong with them.

# -------------------------------------------------------------- switch, cables

in_switch() { ip netns exec "$SWITCH" "$@"; }
has_netns() { [[ -e /run/netns/$1 ]]; }
in_switch_link() { ip -n "$SWITCH" link show dev "$1" >/dev/null 2>&1; }

switch_up() {
  if has_netns "$SWITCH" && in_switch_link br0; then return; fi
  has_netns "$SWITCH" || ip netns add "$SWITCH"
  ip -n "$SWITCH" link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  # the switch only switches: no address, no packet filter
  # shellcheck disable=SC2016 # expands in the switch
  in_switch sh -c 'for f in /proc/sys/net/bridge/bridge-nf-call-*; do
      if [ -e "$f" ]; then echo 0 >"$f"; fi; done
    echo 1 >/proc/sys/net/ipv6/conf/br0/disable_ipv6' 2>/dev/null || true
  ip -n "$SWITCH" link set lo up
  ip -n "$SWITCH" link set br0 up
}

relay_file() { printf '%s/h%s/relay.pid' "$DIR" "$1"; }

# The bridge's port for host K is pK, or tK where the delay relay stands between.
port_of() {
  if saved_pid "$(relay_file "$1")" >/dev/null; then printf 't%s' "$1"; else printf 'p%s' "$1"; fi
}

# Join host K's port to the bridge, or leave it out where K is cut off: the
# link stays up, and what K sends or should get vanishes.
attach_port() {
  local port
  port=$(port_of "$1")
  in_switch_link "$port" || return 0
  if [[ -e $DIR/h$1/cut ]]; then
    ip -n "$SWITCH" link set dev "$port" nomaster
  else
    ip -n "$SWITCH" link set dev "$port" master br0 up
  fi
  if [[ $port == t* ]]; then ip -n "$SWITCH" link set dev "p$1" nomaster up; fi
}

# Drop what passes between pairs of hosts listed in the file "pairs".
apply_pairs() {
  local a b
  if [[ ! -s $DIR/pairs ]]; then
    in_switch nft delete table bridge hostlab 2>/dev/null || true
    return 0
  fi
  command -v nft >/dev/null || die "cutting a pair needs nft (package nftables)"
  {
    echo 'table bridge hostlab'
    echo 'delete table bridge hostlab'
    echo 'table bridge hostlab { chain forward { type filter hook forward priority 0;'
    while read -r a b; do
      echo "iifname { p$a, t$a } oifname { p$b, t$b } drop;"
      echo "iifname { p$b, t$b } oifname { p$a, t$a } drop;"
    done <"$DIR/pairs"
    printf '}\n}\n'
  } | in_switch nft -f - || die "the kernel refused the bridge filter"
}

# ---------------------------------------------------------------------- delay
# netem where the kernel has it, else a small relay that copies frames between
# the host's cable and a tap device on the bridge, holding each for MS.

relay_stop() {
  local pid file
  file=$(relay_file "$1")
  if pid=$(saved_pid "$file"); then
    kill -9 "$pid" 2>/dev/null || true
    wait_for "$LIMIT" not_saved_pid "$file" || die "the relay of host $1 does not end"
  fi
  rm -f "$file"
}

relay_start() {
  local k=$1 file log py
  file=$(relay_file "$k")
  log=$DIR/h$k/log/relay.log
  py=$(python)
  : >"$log"
  (
    close_files
    exec setsid nsenter --net="/run/netns/$SWITCH" -- "$py" "$PARTS/relay.py" "p$k" "t$k" "$2" "$3"
  ) </dev/null >>"$log" 2>&1 &
  save_proc "$!" "$file"
  wait_for "$LIMIT" grep -q ready "$log" || die "the relay of host $k did not start; see $log"
  # setsid and nsenter turn into the relay without a change of pid or start time
}

apply_delay() {
  local k=$1 ms=$2 loss=$3 ns=$LAB-h$1
  relay_stop "$k"
  ip netns exec "$SWITCH" tc qdisc del dev "p$k" root 2>/dev/null || true
  ip netns exec "$ns" tc qdisc del dev eth0 root 2>/dev/null || true
  if [[ $ms != 0 || $loss != 0 ]]; then
    if ! { ip netns exec "$SWITCH" tc qdisc add dev "p$k" root netem delay "${ms}ms" loss "$loss%" limit 20000 &&
      ip netns exec "$ns" tc qdisc add dev eth0 root netem delay "${ms}ms" loss "$loss%" limit 20000; } 2>/dev/null; then
      ip netns exec "$SWITCH" tc qdisc del dev "p$k" root 2>/dev/null || true
      relay_start "$k" "$ms" "$loss"
    fi
  fi
  attach_port "$k"
}

# -------------------------------------------------------------------- commands

cmd_cut() {
  local a=$1 b=${2:-}
  need_host "$a"
  if [[ -z $b ]]; then
    lock shared "$a"
    : >"$DIR/h$a/cut"
    attach_port "$a"
    return
  fi
  need_host "$b"
  lock alone
  if ((a > b)); then
    b=$1
    a=$2
  fi
  if ! grep -qxF "$a $b" "$DIR/pairs" 2>/dev/null; then echo "$a $b" >>"$DIR/pairs"; fi
  apply_pairs
}

cmd_heal() {
  local a=$1 b=${2:-} keep
  need_host "$a"
  lock alone
  if [[ -z $b ]]; then
    rm -f "$DIR/h$a/cut"
    attach_port "$a"
    keep=$(grep -vE "^$a | $a\$" "$DIR/pairs" 2>/dev/null || true)
  else
    need_host "$b"
    keep=$(grep -vxE "$a $b|$b $a" "$DIR/pairs" 2>/dev/null || true)
  fi
  if [[ -e $DIR/pairs ]]; then
    if [[ -n $keep ]]; then printf '%s\n' "$keep" >"$DIR/pairs"; else : >"$DIR/pairs"; fi
    apply_pairs
  fi
}

cmd_delay() {
  local k=$1 ms=${2:-} loss=${3:-0}
  need_host "$k"
  [[ $ms =~ ^[0-9]+(\.[0-9]+)?$ && $loss =~ ^[0-9]+(\.[0-9]+)?$ ]] || die "delay K MS [LOSS]"
  lock shared "$k"
  if [[ $ms == 0 && $loss == 0 ]]; then rm -f "$DIR/h$k/delay"; else echo "$ms $loss" >"$DIR/h$k/delay"; fi
  if host_pid "$k" >/dev/null; then apply_delay "$k" "$ms" "$loss"; fi
}

cmd_link() {
  need_running "$2"
  lock shared "$2"
  ip -n "$SWITCH" link set dev "p$2" "$1"
}

cmd_route() {
  need_root_and_tools
  lock alone
  has_netns "$SWITCH" || die "lab $LAB is down"
  if [[ ${1:-} == off ]]; then
    ip link del "$LAB-rt" 2>/dev/null || true
    return
  fi
  if ! ip link show dev "$LAB-rt" >/dev/null 2>&1; then
    ip link add "$LAB-rt" type veth peer name root netns "$SWITCH"
    ip -n "$SWITCH" link set dev root master br0 up
    ip addr add "$(conf net).0.254/24" dev "$LAB-rt"
    ip link set dev "$LAB-rt" up
  fi
  echo "$(conf net).0.254"
}
