#!/usr/bin/env bash
#
# A server built with the thread sanitizer, under simulated agents and people who
# deploy, scale, restart, look, follow and remove: it finds no race.
#
# usage: tsan.sh KONTENA AGENTS CLIENT [N [SECONDS]]     N agents (50), for so long (60)
# KONTENA is the server with the sanitizer; CLIENT one without, as are the agents.
set -euo pipefail
KONTENA=$(realpath -- "$1") AGENTS=$(realpath -- "$2") CLIENT=$(realpath -- "$3")
n=${4:-50} lasts=${5:-60}
here=$(realpath -- "$(dirname -- "$0")")
. "$here/support.sh"

# What a server started by us writes of races goes into files of their own.
export TSAN_OPTIONS="suppressions=$here/../support/thread_sanitizer.supp log_path=$folder/races exitcode=66"
start_server
start_agents "$n" 3600

# Some wait for what may not come to be, as a node that another has activated again.
act() { timeout 10 "$CLIENT" client "$@" || echo "status $? of: $*"; }

# One person's day, until it is over; what conflicts with another's is no failure.
person() { # NUMBER
  local stack=stack-$1 i=0 node
  while ((SECONDS < until)); do
    i=$((i + 1))
    echo deploy >>"$folder/acts.$1"
    act stack deploy -f - "$stack" <<<"{services: {web: {image: 'simulated:$((i / 2))', deploy: {replicas: $((n / 2 + i % 5))}}, db: {image: simulated, volumes: ['data:/data']}}, volumes: {data: }}"
    act service scale "$stack/web=$((n / 3 + i % 7))"
    act service restart "$stack/db"
    act ps "$stack"
    act stack show "$stack"
    timeout 2 "$CLIENT" client logs -f "$stack" || true
    node=$(act node ls -q | shuf -n 1)
    act node drain "$node"
    act node activate "$node"
    act backup "$folder/backup.$1"
    rm -f "$folder/backup.$1"
    act grid rebalance
    act status
    if ((i % 3 == 0)); then act stack rm -y "$stack"; fi
  done
}
until=$((SECONDS + lasts))
people=()
for p in 1 2 3; do
  person "$p" >"$folder/person.$p" 2>&1 </dev/null &
  people+=("$!")
  others+=("$!")
done
# Some that come and go.
while ((SECONDS + 12 < until)); do
  "$AGENTS" --server "127.0.0.1:$port" --token-file "$folder/data/join.token" --agents 5 --seconds 5 >>"$folder/guests.log" 2>&1 || true
done
wait "${people[@]}"
check "people have deployed" "$(cat "$folder"/acts.* | wc -l) >= 3"
end_agents
printf '%s\n' "$result"
check "agents were given instances, and said so" "$(value statuses) > 0"
kill -TERM "$server"
status=0
wait "$server" || status=$?
server=
races=$(cat "$folder"/races.* 2>/dev/null | grep -c '^WARNING: ThreadSanitizer' || true)
cat "$folder"/races.* 2>/dev/null | head -n "${KT_LINES:-150}" || true
check "the sanitizer has found nothing" "$races == 0"
check "the server ends by SIGTERM as it should" "$status == 0"
if ((failures)) && [[ -n ${KT_LOGS:-} ]]; then cp "$folder"/person.* "$folder"/races.* "$folder"/server.log "$KT_LOGS" 2>/dev/null || true; fi
exit "$((failures > 0))"
