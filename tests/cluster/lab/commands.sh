# shellcheck shell=bash
# Part of hostlab: the commands for hosts; those for cables are in network.sh,
# those for images in images.sh.

# -------------------------------------------------------------------- commands

# each MESSAGE FUNCTION K...: run FUNCTION for the hosts side by side; should it
# fail for one, end with MESSAGE.  (Not to be called as part of "||" or "if":
# bash would then go on after a failed command inside FUNCTION.)
each() {
  local message=$1 f=$2 k pids=() p bad=0
  shift 2
  for k in "$@"; do
    "$f" "$k" &
    pids+=("$!")
  done
  for p in "${pids[@]}"; do wait "$p" || bad=1; done
  ((bad == 0)) || die "$message"
}

cmd_up() {
  local n=${1:-} k start list=()
  if ! [[ $n =~ ^[1-9][0-9]{0,2}$ && $n -le $MAX_HOSTS ]]; then die "up: how many hosts? 1 to $MAX_HOSTS"; fi
  need_root_and_tools
  lock alone
  start=$(now_us)
  mkdir -p "$DIR"
  chmod 755 "$DIR"
  [[ -s $DIR/conf ]] || write_conf
  switch_up
  for ((k = 1; k <= n; k++)); do
    mkdir -p "$DIR/h$k"
    list+=("$k")
  done
  each "not every host came up (hostlab status; hostlab down)" host_boot "${list[@]}"
  write_etc_hosts
  say "lab $LAB: $n hosts ready in $((($(now_us) - start) / 1000)) ms"
}

cmd_down() {
  local k ns p
  ((EUID == 0)) || die "must run as root"
  lock alone
  # hosts known by their folder or, should that be gone, by their namespace
  for k in $({
    hosts
    for ns in /run/netns/"$LAB"-h*; do
      ns=${ns##*/"$LAB"-h}
      if [[ $ns =~ ^[0-9]+$ ]]; then echo "$ns"; fi
    done
  } | sort -un); do
    host_off "$k" &
  done
  wait
  ip link del "$LAB-rt" 2>/dev/null || true
  remove_routers
  if has_netns "$SWITCH"; then
    ip netns pids "$SWITCH" | while read -r p; do kill -9 "$p" 2>/dev/null || true; done
    ip netns del "$SWITCH"
  fi
  group_pids "hostlab/$LAB" | while read -r p; do kill -9 "$p" 2>/dev/null || true; done
  remove_groups "hostlab/$LAB"
  find "$CGROUPS" -maxdepth 2 -type d -name hostlab -exec rmdir {} + 2>/dev/null || true
  # no mount is ever made outside the hosts' own namespaces; look all the same
  while read -r _ p _; do
    if [[ $p == "$DIR"/* ]]; then umount -l "$p" 2>/dev/null || true; fi
  done < <(tac /proc/self/mounts)
  rm -rf --one-file-system -- "$DIR"
  rm -f -- "$BASE/.$LAB".h*.lock
  # the mount that "ip netns" makes for names, once no name is left
  if [[ -d /run/netns && -z $(ls -A /run/netns) ]]; then umount /run/netns 2>/dev/null || true; fi
}

cmd_status() {
  local k state pid
  [[ -d $DIR ]] || { echo "lab $LAB: none"; return 0; }
  for k in $(hosts); do
    state=off
    if pid=$(host_pid "$k"); then
      state=no-engine
      if engine_pid "$k" >/dev/null; then state=up; fi
    fi
    if [[ -e $DIR/h$k/cut ]]; then state+=,cut; fi
    if [[ -s $DIR/h$k/delay ]]; then state+=",delay=$(tr ' ' / <"$DIR/h$k/delay")"; fi
    if [[ -s $DIR/h$k/nat ]]; then state+=",nat=$(nat_address "$k")"; fi
    printf 'h%s %s %s pid=%s\n' "$k" "$(host_ip "$k")" "$state" "${pid:--}"
  done
  if [[ -s $DIR/pairs ]]; then sed 's/^/cut pair: /' "$DIR/pairs"; fi
}

cmd_crash() {
  need_host "$@"
  lock shared "$1"
  host_off "$1"
}

cmd_boot() {
  need_host "$@"
  need_root_and_tools
  lock shared "$1"
  host_boot "$1"
  write_etc_hosts
}

cmd_engine() {
  local pid
  need_running "$@"
  lock shared "$1"
  case ${2:-} in
    start)
      engine_start "$1"
      engine_wait "$1"
      ;;
    stop | kill)
      if pid=$(engine_pid "$1"); then
        # the shell's own kill: not every machine has a program of that name
        # shellcheck disable=SC2016 # expands in the host
        host_enter "$1" sh -c 'kill "-$2" "$1"' sh "$pid" "$([[ $2 == stop ]] && echo TERM || echo KILL)"
        wait_for "$LIMIT" no_engine "$1" || die "the engine of host $1 does not end"
      fi
      ;;
    *) die "engine K stop|kill|start" ;;
  esac
}

cmd_exec() {
  local k=${1:-} pid where=$PWD
  need_running "$@"
  shift
  (($#)) || die "exec: which command?"
  pid=$(host_pid "$k")
  [[ -d /proc/$pid/root$where ]] || where=/
  join_group "$k"
  # should this process be killed, the command in the host gets SIGTERM
  exec env -u DOCKER_HOST -u DOCKER_CONTEXT nsenter -t "$pid" -m -u -i -n -p --wdns="$where" -- \
    setpriv --pdeathsig TERM -- "$@"
}

cmd_spawn() {
  local k=${1:-} name=${2:-} log
  need_running "$@"
  [[ $name =~ ^[A-Za-z0-9._-]+$ && $# -ge 3 ]] || die "spawn K NAME CMD..."
  shift 2
  log=$DIR/h$k/log/$name.log
  rm -f "$log.pid"
  (
    close_files
    join_group "$k"
    export SPAWN_PID_FILE=$log.pid
    # shellcheck disable=SC2016 # expands in the host
    host_enter "$k" env -u DOCKER_HOST -u DOCKER_CONTEXT setsid -f sh -c '
      echo "$$" >"$SPAWN_PID_FILE.new"; mv "$SPAWN_PID_FILE.new" "$SPAWN_PID_FILE"
      unset SPAWN_PID_FILE; exec "$@"' sh "$@"
  ) </dev/null >>"$log" 2>&1 || die "spawn failed; see $log"
  wait_for "$LIMIT" test -s "$log.pid" || die "spawn failed; see $log"
  cat "$log.pid"
}

cmd_usage() {
  local k=$1 g cpu mem
  need_host "$k"
  g=$(host_group "$k")
  if [[ -e $CGROUPS/cgroup.procs ]]; then
    cpu=$(awk '/^usage_usec/ { print $2 * 1000 }' "$CGROUPS/$g/cpu.stat" 2>/dev/null || true)
    mem=$(cat "$CGROUPS/$g/memory.current" 2>/dev/null || true)
  else
    cpu=$(cat "$CGROUPS/cpuacct/$g/cpuacct.usage" 2>/dev/null || true)
    mem=$(cat "$CGROUPS/memory/$g/memory.usage_in_bytes" 2>/dev/null || true)
  fi
  cpu=${cpu:-0} mem=${mem:-0}
  printf '%d.%03d %d\n' $((cpu / 1000000000)) $((cpu / 1000000 % 1000)) $((mem >> 20))
}

cmd_log() {
  need_host "$@"
  printf '%s/h%s/log/%s.log\n' "$DIR" "$1" "${2:-engine}"
}

cmd_docker() {
  need_host "$@"
  local k=$1
  shift
  exec env -u DOCKER_HOST -u DOCKER_CONTEXT "$(docker_client)" -H "unix://$DIR/h$k/docker.sock" "$@"
}

cmd_check() {
  local bad=0 m
  m=$(missing_tools)
  if [[ -n $m ]]; then
    printf 'missing: %s\n' "${m//$'\n'/, }"
    bad=1
  fi
  ((EUID == 0)) || { echo "not root"; bad=1; }
  [[ -x /bin/busybox || -x /usr/bin/busybox ]] || echo "no images: no busybox (package busybox-static)"
  command -v nft >/dev/null || echo "no cut of pairs, no nat: no nft (package nftables)"
  if ((EUID == 0)) && ! unshare --net sh -c 'ip link set lo up && tc qdisc add dev lo root netem delay 1ms' 2>/dev/null; then
    echo "no netem in the kernel: delay uses its relay (python3)"
  fi
  ((EUID != 0)) || unshare --net ip link add v0 type vxlan id 1 dstport 4789 2>/dev/null || echo "no VXLAN in the kernel"
  ((EUID != 0)) || unshare --net ip link add w0 type wireguard 2>/dev/null || echo "no WireGuard in the kernel (wireguard-go works without)"
  [[ -e /proc/sys/net/ipv4/vs ]] || echo "no IPVS in the kernel: Swarm's virtual addresses and published ports do not balance"
  return "$bad"
}
