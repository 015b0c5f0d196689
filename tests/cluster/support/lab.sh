# shellcheck shell=bash
# Part of support.sh: the hosts, and the containers on them.

HOSTS=() # the numbers of this test's hosts

lab() { "$HOSTLAB" "$@"; }
host_home() { printf '%s/h%s' "$LAB_HOME" "$1"; }
all_hosts() { lab status | sed -n 's/^h\([0-9]*\) .*/\1/p'; }

# Ends the script with "skipped" where no lab can be made.
need_lab_machine() {
  local lacks
  ((EUID == 0)) || skip "the lab's hosts are namespaces with Docker engines, which takes root"
  lacks=$(lab check) || skip "$(grep -m 1 '^missing' <<<"$lacks")"
  command -v curl >/dev/null || skip "missing: curl"
  unshare --mount --net --uts --ipc --pid --fork true 2>/dev/null || skip "this machine lets no namespaces be made"
}

# One run at a time uses a lab; a second one would crash hosts under the first.
claim_lab() {
  mkdir -p "$LAB_BASE"
  exec {CLAIM}>>"$LAB_BASE/.$KT_LAB.claim"
  flock -n "$CLAIM" || die "another run uses the lab $KT_LAB; choose another name: KT_LAB=kt2"
  if [[ -z ${KT_KEEP:-} ]]; then lab down; fi
}

# raise_lab N: hosts 1..N with their engines; anew where the old ones do not start.
raise_lab() {
  lab up "$1" 2>"$SCRATCH/up" && return
  lab down
  lab up "$1" 2>"$SCRATCH/up" || die "the lab does not come up: $(cat "$SCRATCH/up")"
}

# lab_up N [keep]: hosts 1..N, as new, also in the midst of a test; with "keep", as the test before left them.
lab_up() {
  local k
  need_lab_machine
  if [[ -z ${KT_SHARED:-}${CLAIM:-} ]]; then claim_lab; fi
  if [[ -z $SCRATCH ]]; then arm_traps; fi
  mapfile -t HOSTS < <(seq "$1")
  raise_lab "$1"
  if [[ ${2:-} != keep ]]; then clean_lab; fi
  for k in "${HOSTS[@]}"; do : >"$(host_home "$k")/used"; done
  need_image busybox busybox:v2
}

lab_down() {
  if [[ -z ${KT_SHARED:-}${KT_KEEP:-} && -n ${CLAIM:-} ]]; then lab down; fi
}

clean_lab() {
  local k cleaners=() pid
  for k in $(all_hosts); do
    mkdir -p "$SCRATCH/h$k"
    SCRATCH=$SCRATCH/h$k clean_host "$k" >"$SCRATCH/clean-$k" 2>&1 &
    cleaners+=("$!")
  done
  for pid in "${cleaners[@]}"; do
    wait "$pid" || die "a host could not be cleaned: $(cat "$SCRATCH"/clean-*)"
  done
}

# A power cycle takes with it every process, address, route and packet filter
# that a test may have left; the disk is then put right by hand.
clean_host() {
  local k=$1 home
  home=$(host_home "$k")
  if [[ ! -e $home/used ]]; then return; fi
  lab crash "$k"
  rm -rf -- "${home:?}"/{kontena,etc} "$home"/log/{server,agent}* "$home"/private/*/*/*
  if [[ -s $home/nat ]]; then lab nat "$k" off; fi
  if [[ -e $home/cut || -s $LAB_HOME/pairs ]]; then lab heal "$k"; fi
  if [[ -s $home/delay ]]; then lab delay "$k" 0 0; fi
  lab boot "$k"
  # An engine that has just begun may still be at a container's restart, and refuses to remove it then.
  eventually 30 remove_all "$k" ps container -aq || die "containers of h$k stay: $(cat "$SCRATCH/last")"
  remove_all "$k" "network ls" network -qf type=custom
  remove_all "$k" "volume ls" volume -q
  rm -f -- "${home:?}/used" # last: a host that was not cleaned is cleaned by the next test
}

# remove_all K LISTING NOUN OPTIONS...
remove_all() {
  local k=$1 listing noun=$3 ids force=()
  read -ra listing <<<"$2"
  shift 3
  ids=$(lab docker "$k" "${listing[@]}" "$@") || return
  if [[ -z $ids ]]; then return; fi
  if [[ $noun == container ]]; then force=(-fv); fi
  xargs "$HOSTLAB" docker "$k" "$noun" rm "${force[@]}" <<<"$ids" >/dev/null
}

# need_image NAME[:TAG]...: loaded on every host of the test, built if need be.
need_image() {
  local image k without said
  for image in "$@"; do
    [[ $image == *:* ]] || image+=:latest
    without=()
    for k in "${HOSTS[@]}"; do
      [[ -n $(lab docker "$k" images -q "$image") ]] || without+=("$k")
    done
    if ((${#without[@]})); then
      said=$(lab image "$image" "${without[@]}" 2>&1) || skip "no image $image: $said"
    fi
  done
}

# curl_from K ARGUMENTS...: curl in host K, bounded, failing on statuses from 400.
curl_from() {
  local k=$1
  shift
  lab exec "$k" curl -sSf -m 5 "$@"
}

# ------------------------------------------------------------------ containers

INSTANCE_LABEL=io.kontena.instance

# containers K: the names of the running containers of instances on host K.
containers() { lab docker "$1" ps --filter "label=$INSTANCE_LABEL" --format '{{.Names}}'; }

# container_ids K: their full ids, sorted, so that two lists can be compared.
container_ids() { lab docker "$1" ps -q --no-trunc --filter "label=$INSTANCE_LABEL" | sort; }

# running_names STACK.SERVICE: "K NAME" of each of its running containers; hosts
# and engines that are off have none.
running_names() {
  local k name
  for k in "${HOSTS[@]}"; do
    for name in $(containers "$k" 2>/dev/null); do
      if [[ $name =~ (^|\.)"$1"-[0-9]+ ]]; then say "$k $name"; fi
    done
  done
}

count_running() { running_names "$1" | wc -l; }

# running_is STACK.SERVICE N
running_is() {
  local n
  n=$(count_running "$1")
  say "$n of $1 run"
  ((n == $2))
}
