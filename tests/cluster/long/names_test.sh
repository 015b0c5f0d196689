#!/usr/bin/env bash
# limit: 900
# Five hosts: links, a container's name and the exposed service are answered as they should be; and a
# change of health, an end, a start and a move of an instance is answered on every other host in time.
#
# settings (environment): KT_ROUNDS (5), KT_IN_TIME (300): ms that a change may take.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
ROUNDS=${KT_ROUNDS:-5}
IN_TIME=${KT_IN_TIME:-300}
lab_up 5
need_image python
start_cluster 5
WATCH=$CLUSTER_TESTS/support/names_watch.py
SLEEP='command: ["sh", "-c", "trap '"'exit 0'"' TERM; sleep 9999 & wait"]'
on() { printf 'deploy: {placement: {constraints: ["node.hostname == h%s"]}%s}, x-kontena: {pinned: true}' "$1" "${2:+, $2}"; }
watches() {
  local k
  for k in "${HOSTS[@]}"; do
    printf '  watch%s: {image: python, volumes: ["%s:/watch.py:ro"], %s,' "$k" "$WATCH" "$(on "$k")"
    printf ' command: [python3, -S, -u, /watch.py, watch, sick, frail, mover]}\n'
  done
}

ktn network create shared >/dev/null
check "a stack with links, a container's name and an exposed service is deployed" ktn stack deploy -f - shop <<END
services:
  web: {image: busybox, $SLEEP, networks: [default, shared], links: ["db:database"], $(on 2)}
  db: {image: busybox, $SLEEP, container_name: The-Store, $(on 3)}
  sick: {image: busybox, $SLEEP, $(on 5), healthcheck: {test: [CMD, test, "!", "-e", /tmp/sick], interval: 1s, retries: 1}}
  frail: {image: busybox, $SLEEP, $(on 5 'restart_policy: {condition: any, delay: 2s}')}
  mover:
    image: busybox
    $SLEEP
    deploy: {update_config: {order: start-first}, placement: {constraints: ["node.hostname != h1", "node.hostname != h5"]}}
$(watches)
networks: {shared: {external: true, name: shared}}
x-kontena: {expose: web}
END
check "and another, which shares a network with it" ktn stack deploy -f - other <<END
services: {guest: {image: busybox, $SLEEP, networks: [shared], $(on 4)}}
networks: {shared: {external: true, name: shared}}
END

inside() { # K NAME CMD...
  local k=$1 name=$2
  shift 2
  lab docker "$k" exec "$name" "$@"
}
address_of() { lab docker "$1" inspect -f '{{with index .NetworkSettings.Networks "shop.default"}}{{.IPAddress}}{{end}}' "$2"; }
resolves() { inside "$1" "$2" nslookup "$3" | sed 1,2d | grep -q "Address.*$4"; }
resolves_not() { inside "$1" "$2" true && ! resolves "$@" ''; }
db=$(address_of 3 shop.db-1)
check_within 10 "a link is answered to who declares it" resolves 2 shop.web-1 database "$db"
check "and to nobody else" resolves_not 3 shop.db-1 database
check "a container's name is answered" resolves 2 shop.web-1 the-store "$db"
check "on other hosts too, whatever its case" resolves 5 shop.sick-1 The-Store "$db"
check "the exposed service has its stack's name in another stack" resolves 4 other.guest-1 shop .
check "in full too" resolves 4 other.guest-1 shop.default.default.kontena.local .
check "who is not exposed has not" resolves_not 4 other.guest-1 the-store
expect_fail "a second stack cannot have the container's name" 5 "'The-Store' is that of 'shop/db'" \
  ktn stack deploy -f - thief <<<'{services: {a: {image: busybox, container_name: the-store}}}'
stop_server
check "without the server a link is still answered" resolves 2 shop.web-1 database "$db"
stop_agent 2
start_agent 2
check_within 10 "and after a start of the agent as well" resolves 2 shop.web-1 database "$db"
start_server
wait_until 30 "all nodes are ready" nodes_ready 5

# ------------------------------------------------------------------ how soon
EVENTS=$SCRATCH/happened
: >"$EVENTS"
watched() { lab docker "$1" logs "shop.watch$1-1" 2>/dev/null >"$SCRATCH/watched.$1"; }
for k in "${HOSTS[@]}"; do
  lab docker "$k" events --filter type=container --format '{{.TimeNano}} {{.Actor.Attributes.name}} {{.Action}}' >"$SCRATCH/events.$k" &
done
EVENT_READERS=$(jobs -p)

# answered K NAME ADDRESS yes|no: what h K's watcher was told last
answered() {
  local last
  watched "$1"
  last=$(awk -v n="$2" '$2 == n { last = $3 } END { print last }' "$SCRATCH/watched.$1")
  case $4 in
    yes) [[ ",$last," == *",$3,"* ]] ;;
    no) [[ ",$last," != *",$3,"* ]] ;;
  esac
}
on_all() { # NAME ADDRESS yes|no OWN
  local k
  for k in "${HOSTS[@]}"; do
    if [[ $k != "$4" ]]; then answered "$k" "$1" "$2" "$3" || return 1; fi
  done
}
declare -A SEEN=() # "K CONTAINER ACTION" -> how often that was waited for
said() { (($(grep -cE "^[0-9]+ $2 $3" "$SCRATCH/events.$1" || true) >= $4)); }
# change K CONTAINER ACTION WORD NAME ADDRESS yes|no: waits until Docker has said ACTION once more; from then
# on the address is, or is not, the name's
change() {
  local k=$1 container=$2 action=$3 word=$4 name=$5 address=$6 there=$7 n at
  n=$((${SEEN["$k $container $action"]:-0} + 1))
  SEEN["$k $container $action"]=$n
  wait_until 30 "$container: $action" said "$k" "$container" "$action" "$n"
  at=$(grep -E "^[0-9]+ $container $action" "$SCRATCH/events.$k" | sed -n "${n}s/ .*//p")
  printf '%s.%s %s %s %s %s\n' "${at::-9}" "${at: -9}" "$word" "$name" "$address" "$there" >>"$EVENTS"
}
sick=$(address_of 5 shop.sick-1)
frail=$(address_of 5 shop.frail-1)
wait_until 30 "all watch" on_all sick "$sick" yes 5
for ((i = 0; i < ROUNDS; ++i)); do
  inside 5 shop.sick-1 touch /tmp/sick
  change 5 shop.sick-1 'health_status: unhealthy' unhealthy sick "$sick" no
  wait_until 20 "the sick is not answered" on_all sick "$sick" no 5
  inside 5 shop.sick-1 rm /tmp/sick
  change 5 shop.sick-1 'health_status: healthy' healthy sick "$sick" yes
  lab docker 5 kill shop.frail-1 >/dev/null
  change 5 shop.frail-1 die gone frail "$frail" no
  change 5 shop.frail-1 start back frail "$frail" yes
  wait_until 20 "both are answered" on_all sick "$sick" yes 5
  wait_until 20 "both are answered" on_all frail "$frail" yes 5
done
moved() { # FROM ADDRESS
  local k name
  running_is shop.mover 1 || return 1
  read -r k name < <(running_names shop.mover)
  [[ $k != "$1" && $(address_of "$k" "$name") != "$2" ]]
}
for ((i = 0; i < ROUNDS; ++i)); do
  read -r from name < <(running_names shop.mover)
  address=$(address_of "$from" "$name")
  ktn node drain "h$from" >/dev/null
  wait_until 30 "it runs elsewhere" moved "$from" "$address"
  change "$from" "$name" die left mover "$address" no
  read -r to name < <(running_names shop.mover)
  change "$to" "$name" start arrived mover "$(address_of "$to" "$name")" yes
  wait_until 20 "where it is now is answered" on_all mover "$(address_of "$to" "$name")" yes 5
  ktn node activate "h$from" >/dev/null
done
for k in "${HOSTS[@]}"; do watched "$k"; done
# shellcheck disable=SC2086 # a list
kill $EVENT_READERS 2>/dev/null || true
/usr/bin/python3 "$WATCH" delays "$EVENTS" "$SCRATCH"/watched.[1234] | tee "$SCRATCH/delays"
in_time() { awk -v most="$IN_TIME" -F'[= ]' '/^changes=/ { exit !($6 == 0 && $14 <= most) }' "$SCRATCH/delays"; }
check "every change is answered within $IN_TIME ms on every other host" in_time
finish
