# shellcheck shell=bash
# Part of hostlab: waiting, processes, locks, and the settings of a lab.

say() { printf 'hostlab: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# ---------------------------------------------------------------- small tools

now_us() { printf '%s' "${EPOCHREALTIME/[.,]/}"; }

POLL=0.03

# wait_for SECONDS CMD...: try CMD again and again until it succeeds or time is up.
wait_for() {
  local end=$(($(now_us) + $1 * 1000000))
  shift
  until "$@"; do
    (($(now_us) < end)) || return 1
    sleep "$POLL"
  done
}

# A process is named by its pid and its start time, so that a pid that the
# kernel gave to another process since is never taken for ours.
proc_start() {
  local s
  # (not $(<FILE): under "set -e" bash 5.2 ends there if the file is missing)
  { read -r s <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -ra s <<<"${s##*) }"
  [[ ${s[0]} != [ZX] ]] || return 1
  printf '%s' "${s[19]}"
}

save_proc() { printf '%s %s\n' "$1" "$(proc_start "$1")" >"$2"; }

# saved_pid FILE: the pid in FILE, if that very process still lives.
saved_pid() {
  local pid start
  { read -r pid start <"$1"; } 2>/dev/null || return 1
  [[ -n $start && $(proc_start "$pid") == "$start" ]] || return 1
  printf '%s' "$pid"
}

not_saved_pid() { ! saved_pid "$1" >/dev/null; }

# What runs on after hostlab has ended must not keep the caller's files open
# (a test would wait for ever for the end of its pipe), nor hostlab's locks.
close_files() {
  local f n
  for f in /proc/"$BASHPID"/fd/*; do
    n=${f##*/}
    if ((n > 2 && n != 255)); then eval "exec $n>&-" 2>/dev/null || true; fi
  done
}

# lock shared|alone [K]: one up or down at a time, with no other command
# beside it; commands on different hosts may run together.
lock() {
  mkdir -p "$BASE"
  exec 9>>"$BASE/.$LAB.lock"
  local how=-x
  [[ $1 == alone ]] || how=-s
  flock "$how" -w "$LIMIT" 9 || die "another hostlab command holds lab $LAB"
  if [[ -n ${2:-} ]]; then
    exec 8>>"$BASE/.$LAB.h$2.lock"
    flock -x -w "$LIMIT" 8 || die "another hostlab command holds host $2"
  fi
}

docker_client() {
  if [[ -n ${HOSTLAB_DOCKER:-} ]]; then
    printf '%s' "$HOSTLAB_DOCKER"
  elif [[ -x /usr/bin/docker ]]; then
    printf /usr/bin/docker
  else
    command -v docker || die "no docker client (package docker.io)"
  fi
}

python() {
  if [[ -x /usr/bin/python3 ]]; then
    printf /usr/bin/python3
  else
    command -v python3 || die "this needs python3"
  fi
}

check_settings() {
  [[ $LAB =~ ^[a-z][a-z0-9-]{0,11}$ ]] || die "HOSTLAB_NAME: up to 12 of a-z 0-9 -, first a letter"
  [[ $BASE =~ ^/[A-Za-z0-9._/-]+$ ]] || die "HOSTLAB_DIR: an absolute path of plain characters"
  [[ ! $BASE =~ ^/(run|var/run|etc|proc|sys|dev)(/|$) ]] || die "HOSTLAB_DIR cannot lie under $BASE"
  ((${#DIR} < 80)) || die "HOSTLAB_DIR is too long for a socket's path"
  [[ $LIMIT =~ ^[1-9][0-9]{0,3}$ ]] || die "HOSTLAB_TIMEOUT: seconds, 1 to 9999"
}

missing_tools() {
  local t
  for t in dockerd:docker.io containerd:containerd runc:runc ip:iproute2 iptables:iptables \
    unshare:util-linux nsenter:util-linux setsid:util-linux setpriv:util-linux flock:util-linux; do
    command -v "${t%%:*}" >/dev/null || printf '%s (package %s)\n' "${t%%:*}" "${t#*:}"
  done
}

need_root_and_tools() {
  ((EUID == 0)) || die "must run as root"
  local m
  m=$(missing_tools)
  [[ -z $m ]] || die "missing: ${m//$'\n'/, }"
}

need_host() {
  [[ ${1:-} =~ ^[1-9][0-9]{0,2}$ ]] || die "which host? a number from 1"
  [[ -d $DIR/h$1 ]] || die "lab $LAB has no host $1"
}

need_running() {
  need_host "$@"
  host_pid "$1" >/dev/null || die "host $1 is off (hostlab boot $1)"
}

hosts() {
  local k
  for ((k = 1; k <= MAX_HOSTS; k++)); do
    if [[ -d $DIR/h$k ]]; then printf '%s\n' "$k"; fi
  done
}

# ------------------------------------------------------------ kept settings

conf() {
  local key value
  while IFS='=' read -r key value; do
    if [[ $key == "$1" ]]; then printf '%s' "$value"; return 0; fi
  done <"$DIR/conf" 2>/dev/null
  return 0
}

write_conf() {
  local net=${HOSTLAB_NET:-10.99} d
  [[ $net =~ ^[0-9]{1,3}\.[0-9]{1,3}$ ]] || die "HOSTLAB_NET: two numbers, as 10.99"
  for d in ${HOSTLAB_PRIVATE:-}; do
    [[ $d =~ ^/[A-Za-z0-9._/-]+$ ]] || die "HOSTLAB_PRIVATE: absolute paths of plain characters"
  done
  {
    printf 'net=%s\n' "$net"
    printf 'bip=%s\n' "${HOSTLAB_BIP:-}"
    printf 'private=%s\n' "${HOSTLAB_PRIVATE:-}"
    printf 'engine_args=%s\n' "${HOSTLAB_ENGINE_ARGS:-}"
  } >"$DIR/conf.new"
  mv "$DIR/conf.new" "$DIR/conf"
}

host_ip() { printf '%s.0.%s' "$(conf net)" "$1"; }

# ------------------------------------------------------------------ cgroups
# Each host has a group; its engine puts containers below it, and what runs in
# the host outside containers is in the group's "host" part.  Groups are used
# to count CPU and memory; the process namespace is what ends processes.

host_group() { printf 'hostlab/%s/h%s' "$LAB" "$1"; }

join_group() {
  local c d
  for c in cpuacct memory pids .; do
    if [[ $c == . && ! -e $CGROUPS/cgroup.procs ]]; then continue; fi
    [[ -d $CGROUPS/$c ]] || continue
    d=$CGROUPS/$c/$(host_group "$1")/host
    if mkdir -p "$d" 2>/dev/null; then echo "$BASHPID" >"$d/cgroup.procs" || true; fi
  done 2>/dev/null
}

# pids of all processes in a group, over all hierarchies
group_pids() {
  find "$CGROUPS" -path "*/$1/*" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un || true
}

remove_groups() {
  find "$CGROUPS" -path "*/$1*" -depth -type d \
    \( -path "*/$1" -o -path "*/$1/*" \) -exec rmdir {} + 2>/dev/null || true
}
