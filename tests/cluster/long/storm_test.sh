#!/usr/bin/env bash
# limit: 1200
# A storm of random faults on four hosts: crash, boot, cut, heal, delay with loss,
# kill -9 of server, agent, engine and containers. When it is over all is as
# wanted, and no container was started anew that need not have been.
#
# settings (environment): SEED (1), FAULTS (30). The same seed draws the same faults.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
SEED=${SEED:-1}
FAULTS=${FAULTS:-30}
KT_LOST_AFTER=3s
lab_up 4
start_cluster 4
TRAP='command: ["sh", "-c", "trap '"'exit 0'"' TERM; sleep 9999 & wait"]'
# The sick one ends badly where an engine that starts again stops it: a run that ends
# with 0 is over for good, by on-failure, whoever asked for its end.
check "a stack of all kinds is deployed" ktn stack deploy -f - shop <<END
services:
  web: {image: busybox, $TRAP, restart: always, deploy: {replicas: 8}}
  every: {image: busybox, $TRAP, restart: unless-stopped, deploy: {mode: global}}
  db: {image: busybox, $TRAP, restart: always, volumes: ['data:/data'], deploy: {placement: {constraints: ['node.hostname == h2']}}}
  sick: {image: busybox, restart: on-failure, command: ["sh", "-c", "trap 'exit 1' TERM; touch /alive; sleep 9999 & wait"], healthcheck: {test: ["CMD", "test", "-e", "/alive"], interval: 2s}, deploy: {replicas: 2}}
volumes: {data: }
END
lab docker 1 run -d --name stranger busybox sleep 9999 >/dev/null

starts() { # K: "ID START" of each container of ours
  local ids
  ids=$(container_ids "$1")
  [[ -z $ids ]] || xargs "$HOSTLAB" docker "$1" inspect -f '{{.Id}} {{.State.StartedAt}}' <<<"$ids"
}
for k in 1 2 3 4; do starts "$k" >"$SCRATCH/before-$k"; done
declare -A disturbed=() off=() cut=() slow=() agent_off=() engine_off=()
killed=()
RANDOM=$SEED
draw() { DRAWN=$((RANDOM % $1)); }
some_host() { draw 4; K=$((DRAWN + 1)); }
log_fault() { printf '%6s s  fault   %s\n' "$(elapsed)" "$*"; }

fault_crash() { # not the server's host: its own end is a fault of its own
  draw 3; K=$((DRAWN + 2))
  if [[ ${off[$K]:-} ]]; then boot "$K"; return; fi
  log_fault "crash h$K"
  lab crash "$K"
  off[$K]=yes disturbed[$K]=yes engine_off[$K]='' agent_off[$K]=yes
}
boot() {
  log_fault "boot h$1"
  lab boot "$1" >/dev/null
  off[$1]=''
  start_agent "$1"
  agent_off[$1]=''
}
fault_cut() {
  draw 3; K=$((DRAWN + 2))
  [[ -z ${off[$K]:-} ]] || return 0
  if [[ ${cut[$K]:-} ]]; then log_fault "heal h$K"; lab heal "$K"; cut[$K]=''; return; fi
  log_fault "cut h$K"
  lab cut "$K"
  cut[$K]=yes disturbed[$K]=yes
}
fault_delay() {
  some_host
  [[ -z ${off[$K]:-} ]] || return 0
  if [[ ${slow[$K]:-} ]]; then log_fault "quick h$K"; lab delay "$K" 0 0; slow[$K]=''; return; fi
  log_fault "delay h$K by 20 ms with 5 % loss"
  lab delay "$K" 20 5
  slow[$K]=yes
}
fault_server() {
  log_fault "kill -9 of the server"
  kill_server 1
  start_server 1 >/dev/null
}
fault_agent() {
  some_host
  [[ -z ${off[$K]:-} ]] || return 0
  if [[ ${agent_off[$K]:-} ]]; then log_fault "agent of h$K again"; start_agent "$K"; agent_off[$K]=''; return; fi
  log_fault "kill -9 of the agent of h$K"
  kill_agent "$K"
  agent_off[$K]=yes disturbed[$K]=yes # silent for long, its instances are made elsewhere
}
fault_engine() {
  draw 3; K=$((DRAWN + 2))
  [[ -z ${off[$K]:-} ]] || return 0
  if [[ ${engine_off[$K]:-} ]]; then log_fault "engine of h$K again"; lab engine "$K" start >/dev/null; engine_off[$K]=''; return; fi
  log_fault "kill -9 of the engine of h$K"
  lab engine "$K" kill
  engine_off[$K]=yes disturbed[$K]=yes
}
fault_container() {
  some_host
  [[ -z ${off[$K]:-}${engine_off[$K]:-} ]] || return 0
  local ids id
  mapfile -t ids < <(container_ids "$K")
  ((${#ids[@]})) || return 0
  draw ${#ids[@]}
  id=${ids[DRAWN]}
  killed+=("$id")
  draw 2
  if ((DRAWN)); then log_fault "kill -9 of a container of h$K"; lab docker "$K" kill "$id" >/dev/null || true
  else log_fault "rm -f of a container of h$K"; lab docker "$K" rm -f "$id" >/dev/null || true; fi
}
kinds=(crash cut delay server agent engine container container)
for ((i = 0; i < FAULTS; ++i)); do
  draw ${#kinds[@]}
  "fault_${kinds[DRAWN]}"
  draw 30
  sleep "$((DRAWN / 10)).$((DRAWN % 10))" # the storm's own rhythm, not a wait for anything
done

say "          the storm is over"
for k in 1 2 3 4; do
  if [[ ${off[$k]:-} ]]; then boot "$k"; fi
  if [[ ${cut[$k]:-} ]]; then lab heal "$k"; fi
  if [[ ${slow[$k]:-} ]]; then lab delay "$k" 0 0; fi
  if [[ ${engine_off[$k]:-} ]]; then lab engine "$k" start >/dev/null; fi
  if [[ ${agent_off[$k]:-} ]]; then start_agent "$k"; fi
done
check_within 60 "all nodes are ready" nodes_ready 4
ours() { local k; for k in 1 2 3 4; do lab docker "$k" ps -aq --filter "label=$INSTANCE_LABEL"; done | wc -l; }
settled() {
  [[ $(count_running shop.web) == 8 && $(count_running shop.every) == 4 && $(count_running shop.db) == 1 && $(count_running shop.sick) == 2 ]] || return 1
  (($(ours) == 15)) && ktn status --check
}
check_within 120 "all runs as wanted, and nothing else" settled
check "the database is where its data is" test "$(running_names shop.db | cut -d' ' -f1)" = 2
check "a container that is not ours was left alone" lab docker 1 inspect -f '{{.State.Running}}' stranger
for k in 1 2 3 4; do
  [[ -z ${disturbed[$k]:-} ]] || continue
  starts "$k" >"$SCRATCH/after-$k"
  grep -vFf <(printf '%s\n' "${killed[@]:-none}") "$SCRATCH/before-$k" >"$SCRATCH/wanted-$k" || true
  check "on h$k, which had no fault of its own, nothing was started anew" bash -c 'test -z "$(comm -23 <(sort "$1") <(sort "$2"))"' - "$SCRATCH/wanted-$k" "$SCRATCH/after-$k"
done
say "          seed $SEED, $FAULTS faults"
finish
