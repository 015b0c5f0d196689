# shellcheck shell=bash
# Part of hostlab: a host's life and its engine's.

# ----------------------------------------------------------------------- hosts

host_pid() { saved_pid "$DIR/h$1/init.pid"; }

# host_enter K CMD...: run CMD in all namespaces of host K.
host_enter() {
  local pid where=$PWD
  pid=$(host_pid "$1") || die "host $1 is off"
  shift
  [[ -d /proc/$pid/root$where ]] || where=/
  nsenter -t "$pid" -m -u -i -n -p --wdns="$where" -- "$@"
}

# The first process of a host.  It makes the host's own view of the files that
# Docker and network tools share on one machine, then only collects the dead.
host_init() {
  local k=$1 h=$DIR/h$1 pid d
  # the old /proc is still there, and shows this process under its outer pid
  read -r pid _ </proc/self/stat
  save_proc "$pid" "$h/init.pid"

  echo "h$k" >/proc/sys/kernel/hostname
  mount -t proc proc /proc
  mount -t sysfs sysfs "$h/mnt"
  mount --rbind "$CGROUPS" "$h/mnt/fs/cgroup"
  mount --move "$h/mnt" /sys
  mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs /run
  mkdir -p /run/lock
  # an own /etc over the machine's; where overlays do not work, a copy
  if ! mount -t overlay overlay -o "lowerdir=/etc,upperdir=$h/etc/upper,workdir=$h/etc/work" /etc; then
    [[ -d $h/etc/copy ]] || cp -a /etc "$h/etc/copy"
    mount --bind "$h/etc/copy" /etc
  fi
  echo "h$k" >/etc/hostname
  # what tells machines apart must not be that of the machine below, and its
  # own Docker settings are not this host's
  printf '%s h%s' "$LAB" "$k" | md5sum | cut -d' ' -f1 >/etc/machine-id.new
  mv /etc/machine-id.new /etc/machine-id
  if [[ ! -e $h/etc/own-docker ]]; then
    rm -rf /etc/docker
    : >"$h/etc/own-docker"
  fi
  rm -f /etc/resolv.conf
  # nothing need listen there: then names fail at once, without a wait
  printf 'nameserver %s\noptions timeout:1 attempts:1\n' "$(host_ip "$k")" >/etc/resolv.conf
  for d in $(conf private); do
    mkdir -p "$d" "$h/private$d"
    mount --bind "$h/private$d" "$d"
  done
  : >"$h/init.ready"

  # bash takes in every dead process that has lost its parent
  trap : HUP INT TERM
  while :; do
    sleep infinity &
    wait "$!" || sleep "$POLL"
  done
}

write_etc_hosts() {
  local list k
  list=$(
    printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n'
    for k in $(hosts); do printf '%s h%s\n' "$(host_ip "$k")" "$k"; done
  )
  for k in $(hosts); do
    # before it is ready a host's /etc is that of the machine
    if [[ -e $DIR/h$k/init.ready ]] && host_pid "$k" >/dev/null; then
      # shellcheck disable=SC2016 # expands in the host
      host_enter "$k" sh -c 'printf "%s\n" "$1" >/etc/hosts' sh "$list" ||
        say "host $k: no names written; if it is being turned off, it gets them when it boots"
    fi
  done
}

# The same at each boot, so that neighbours' caches hold.
hardware_address() { printf '02:99:00:00:00:%02x' "$1"; }

# Loopback and cable of a host that has just started.
host_network() {
  local k=$1 ns=$LAB-h$1 pid
  pid=$(host_pid "$k")
  has_netns "$ns" && ip netns del "$ns"
  ip netns attach "$ns" "$pid"
  ip -n "$ns" link set lo up
  host_cable "$k"
}

# The switch's end of a cable goes. Where its other end went with a namespace, the kernel takes it a moment later by itself.
unplug() {
  if in_switch_link "p$1"; then ip -n "$SWITCH" link del "p$1" 2>/dev/null || ! in_switch_link "p$1"; fi
}

# The cable of a host that has none, to the switch or to its router, and its addresses.
host_cable() {
  local k=$1 ns=$LAB-h$1
  if [[ -s $DIR/h$k/nat ]]; then
    router_up "$k"
    router_cable "$k"
  else
    unplug "$k"
    ip -n "$SWITCH" link add "p$k" type veth peer name eth0 address "$(hardware_address "$k")" netns "$ns"
    ip -n "$SWITCH" link set dev "p$k" up
  fi
  host_addresses "$k"
  if [[ -s $DIR/h$k/delay ]]; then
    local ms loss
    read -r ms loss <"$DIR/h$k/delay"
    apply_delay "$k" "$ms" "$loss"
  else
    attach_port "$k"
  fi
}

host_start() {
  local k=$1 h=$DIR/h$1
  mkdir -p "$h"/{data,mnt,log,private,etc/upper,etc/work}
  rm -f "$h/init.pid" "$h/init.ready"
  (
    close_files
    join_group "$k"
    exec setsid unshare --mount --uts --ipc --net --pid --fork --propagation slave \
      -- "$SELF" __init "$k"
  ) </dev/null >"$h/log/init.log" 2>&1 &
  wait_for "$LIMIT" test -e "$h/init.ready" ||
    die "host $k did not start: $(tail -n 3 "$h/log/init.log")"
  host_network "$k"
}

# The engine's pid as seen in the host, if it runs.
engine_pid() {
  local init pid='' name=''
  init=$(host_pid "$1") || return 1
  # the file has no newline at its end, so "read" fails on it
  { read -r pid <"/proc/$init/root/run/docker.pid"; } 2>/dev/null || [[ -n $pid ]] || return 1
  { read -r name <"/proc/$init/root/proc/$pid/comm"; } 2>/dev/null || return 1
  [[ $name == dockerd ]] || return 1
  printf '%s' "$pid"
}

no_engine() { ! engine_pid "$1" >/dev/null; }

engine_start() {
  local k=$1 h=$DIR/h$1 args more
  if engine_pid "$k" >/dev/null; then return; fi
  rm -f "$h/docker.sock"
  args=(--data-root "$h/data" --exec-root /run/docker --pidfile /run/docker.pid
    -H unix:///run/docker.sock -H "unix://$h/docker.sock"
    --storage-driver overlay2 --exec-opt native.cgroupdriver=cgroupfs
    --cgroup-parent "/$(host_group "$k")" --insecure-registry "$(conf net).0.0/16" --log-level warn)
  if [[ $(conf bip) != same ]]; then args+=(--bip "$(conf net).$((100 + k)).1/24"); fi
  read -ra more <<<"$(conf engine_args)"
  args+=("${more[@]}")
  (
    close_files
    join_group "$k"
    host_enter "$k" env -u DOCKER_HOST -u DOCKER_CONTEXT TMPDIR=/tmp setsid -f dockerd "${args[@]}"
  ) </dev/null >>"$h/log/engine.log" 2>&1 || die "the engine of host $k did not start; see $h/log/engine.log"
}

engine_answers() {
  timeout -k 1 "$LIMIT" "$(docker_client)" -H "unix://$1" version -f '{{.Server.Version}}' >/dev/null 2>&1
}

# The socket is there early; the engine answers on it once it is ready.
engine_wait() {
  local k=$1 sock=$DIR/h$1/docker.sock
  if ! { wait_for "$LIMIT" test -S "$sock" && wait_for "$LIMIT" engine_answers "$sock"; }; then
    die "the engine of host $k does not answer; see $DIR/h$k/log/engine.log"
  fi
}

host_boot() {
  local k=$1
  if ! host_pid "$k" >/dev/null; then
    host_off "$k"
    host_start "$k"
  fi
  engine_start "$k"
  engine_wait "$k"
}

# host_off K: power loss, and whatever a start that broke off left behind.
host_off() {
  local k=$1 h=$DIR/h$1 ns=$LAB-h$1 pid p
  # the cable first, so that no goodbye of a dying process gets out
  if [[ -s $h/nat ]]; then
    ip -n "$(nat_router "$k")" link del lan 2>/dev/null || true # the router stays
  elif has_netns "$SWITCH"; then
    ip -n "$SWITCH" link del "p$k" 2>/dev/null || true
  fi
  relay_stop "$k"
  if pid=$(host_pid "$k"); then kill -9 "$pid" 2>/dev/null || true; fi
  wait_for "$LIMIT" not_saved_pid "$h/init.pid" || die "host $k does not end"
  # a host that never wrote its pid down: found by its namespace or its group
  {
    if has_netns "$ns"; then ip netns pids "$ns" 2>/dev/null || true; fi
    group_pids "$(host_group "$k")"
  } | while read -r p; do kill -9 "$p" 2>/dev/null || true; done
  if has_netns "$ns"; then ip netns del "$ns" 2>/dev/null || true; fi
  wait_for 10 group_empty "$(host_group "$k")" || say "host $k: some processes do not end"
  remove_groups "$(host_group "$k")"
  rm -f "$h/init.pid" "$h/init.ready" "$h/docker.sock"
}

group_empty() { [[ -z $(group_pids "$1") ]]; }
