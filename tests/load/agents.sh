#!/usr/bin/env bash
#
# A server under many simulated agents: all their long polls are held, no beat is
# late, a deploy reaches all of them, and after kill -9 and a new start they are
# all heard again before any is called lost.
#
# usage: agents.sh KONTENA AGENTS [N]        N agents (1000)
set -euo pipefail
KONTENA=$(realpath -- "$1") AGENTS=$(realpath -- "$2")
n=${3:-1000}
. "$(dirname -- "$0")/support.sh"

lost_seen=0
look_for_lost() { lost_seen=$((lost_seen + $(nodes_that_are lost))); }
# The agents write a line a second.
while_agents_write() { # LINES COMMAND...
  local lines=$1 said teller
  shift
  exec {said}< <(exec tail -n 0 -f "$folder/agents.log")
  teller=$!
  while ((lines > 0)) && read -r -t 20 -u "$said"; do
    lines=$((lines - 1))
    "$@"
  done
  exec {said}<&-
  kill "$teller"
  ((lines == 0)) || die "the agents are silent"
}

start_server
start_agents "$n" 3600
sed -n 1p "$folder/agents.log"
while_agents_write 10 look_for_lost
printf 'quiet: %s\n' "$(tail -n 1 "$folder/agents.log")"

begun=$(now)
ktn stack deploy -f - load <<<"{services: {web: {image: simulated, command: run, deploy: {replicas: $((2 * n))}}}}" >"$folder/deploy.log" 2>&1 ||
  die "the deploy fails: $(tail -n 3 "$folder/deploy.log")"
took=$(since "$begun")
look_for_lost
running=$(ktn ps 2>/dev/null | grep -cw running || true)
check "a deploy of two instances a node is placed, told and reported" "$running >= 2 * $n"
printf 'deploy of %s: %s s\n' "$((2 * n))" "$took"
while_agents_write 3 true
printf 'after it: %s\n' "$(tail -n 1 "$folder/agents.log")"
check "no node was called lost" "$lost_seen == 0"

kill -9 "$server"
wait "$server" 2>/dev/null || true
killed=$(now)
start_server
answers=$(since "$killed")
for ((i = 0; i < 600; i++)); do
  if grep -q '^all .* heard again' "$folder/agents.log"; then break; fi
  sleep 0.05
done
heard=$(since "$killed")
printf 'killed: it answers after %s s, %s\n' "$answers" "$(grep '^all .* heard again' "$folder/agents.log" | tail -n 1)"
check "all agents are heard within the grace of 10 s after a start" "$heard - $answers < 10"
while_agents_write 14 look_for_lost
check "no node was called lost after the start" "$lost_seen == 0"
check "they are all ready" "$(nodes_that_are ready) == $n"
end_agents
printf '%s\n' "$result"
check "two long polls an agent are held" "$(value held) >= 2 * $n"
exit "$((failures > 0))"
