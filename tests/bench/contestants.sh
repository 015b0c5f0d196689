# shellcheck shell=bash
# Part of support.sh: who starts containers.  Each contestant X has
#   X_on       makes it ready on all hosts       X_off     takes it away again
#   X_start N  returns when N containers run     X_remove  returns when none is left

# shellcheck disable=SC2034 # END_US is read by "took"

PYTHON=python3
if [[ -x /usr/bin/python3 ]]; then PYTHON=/usr/bin/python3; fi # starts faster than a version manager's

IMAGE=busybox
# Ends on SIGTERM at once: a bare "sleep" as a container's first process ignores
# it, and every stop would take the engine's ten seconds of grace.
CMD=(sh -c "trap 'exit 0' TERM; sleep 100000 & wait")

# ------------------------------------------------------------------------ floor

floor_on() { command -v python3 >/dev/null || die "the floor needs python3"; }
floor_off() { :; }

# floor_start N [NETWORK]
floor_start() {
  local sockets ms
  sockets=$(for k in "${HOSTS[@]}"; do lab sock "$k"; done | paste -sd,)
  ms=$(timeout 300 "$PYTHON" "$BENCH_DIR/floor.py" "$sockets" "$1" "${FLOOR_PARALLEL:-4}" "${2:-bridge}" "$IMAGE" "${CMD[@]}")
  END_US=$((BEGIN_US + ms * 1000)) # without the start of Python
}

floor_remove() {
  local k pids=() pid
  for k in "${HOSTS[@]}"; do
    lab docker "$k" ps -aq | xargs -r "$HOSTLAB" docker "$k" rm -f >/dev/null &
    pids+=("$!")
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
}

# The floor for what Kontena gives each stack: a network of its own, with names, made
# when it is needed. An engine takes longer to join one than its default bridge, which
# Swarm uses here.
floornet_on() { floor_on; }
floornet_off() {
  local k
  for k in "${HOSTS[@]}"; do lab docker "$k" network rm floornet >/dev/null; done
}
floornet_start() {
  local k pids=() pid made
  made=$(now_us)
  for k in "${HOSTS[@]}"; do
    curl -sS -m 20 --fail --unix-socket "$(host_home "$k")/docker.sock" -H 'Content-Type: application/json' \
      -d '{"Name": "floornet", "Driver": "bridge"}' http://engine/v1.41/networks/create >/dev/null &
    pids+=("$!")
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  made=$(($(now_us) - made))
  floor_start "$1" floornet
  END_US=$((END_US + made))
}
floornet_remove() { floor_remove; }

# ------------------------------------------------------------------------ swarm

swarm_on() {
  local k token address
  address=$(lab ip 1)
  lab docker 1 swarm init --advertise-addr "$address" >/dev/null
  token=$(lab docker 1 swarm join-token -q worker)
  for k in "${HOSTS[@]:1}"; do lab docker "$k" swarm join --token "$token" "$address:2377" >/dev/null; done
  wait_until 60 "all Swarm nodes are ready" swarm_nodes_ready
}

swarm_nodes_ready() { (($(lab docker 1 node ls --format '{{.Status}}' | grep -c '^Ready$') == ${#HOSTS[@]})); }

swarm_start() {
  lab docker 1 service create --name bench --replicas "$1" --detach --no-resolve-image "$IMAGE" "${CMD[@]}" >/dev/null
  wait_until 300 "the Swarm manager says that $1 tasks run" swarm_runs "$1"
}

# Swarm with what its own stacks and ours have: a network between the services, with
# names. (Without virtual addresses, which need IPVS.)
swarmnet_on() {
  swarm_on
  lab docker 1 network create -d overlay swarmnet >/dev/null
}
swarmnet_off() {
  lab docker 1 network rm swarmnet >/dev/null
  swarm_off
}
swarmnet_start() {
  lab docker 1 service create --name bench --replicas "$1" --network swarmnet --endpoint-mode dnsrr --detach --no-resolve-image \
    "$IMAGE" "${CMD[@]}" >/dev/null
  wait_until 300 "the Swarm manager says that $1 tasks run" swarm_runs "$1"
}
swarmnet_remove() { swarm_remove; }

swarm_runs() {
  local answer
  answer=$(engine_get 1 'services?status=true')
  [[ $answer =~ \"RunningTasks\":([0-9]+) ]] || return 1
  say "${BASH_REMATCH[1]} run"
  ((BASH_REMATCH[1] == $1))
}

swarm_remove() {
  lab docker 1 service rm bench >/dev/null
  wait_until 180 "Swarm has removed its containers" nothing_left
}

swarm_off() {
  local k
  for k in "${HOSTS[@]}"; do lab docker "$k" swarm leave --force >/dev/null 2>&1 || true; done
}

# ---------------------------------------------------------------------- kontena

kontena_on() { start_cluster "${#HOSTS[@]}"; }

kontena_off() {
  local k
  for k in "${HOSTS[@]}"; do stop_agent "$k"; done
  stop_server
}

kontena_compose() { # N
  cat <<END
services:
  app:
    image: $IMAGE
    command: ["sh", "-c", "${CMD[2]}"]
    deploy:
      replicas: $1
END
}

kontena_start() {
  local file
  file=$(host_home "$CLIENT_HOST")/kontena/bench.yaml
  kontena_compose "$1" >"$file"
  # Waits by itself, and calls it done a second after the last start, to see that
  # nothing falls over; "last one started" is the engines' own word.
  KTN_TIMEOUT=300 ktn stack deploy -f "$file" bench >"$SCRATCH/deploy" 2>&1 || die "deploy: $(cat "$SCRATCH/deploy")"
  END_US=$(now_us)
  kontena_runs "$1" >/dev/null || die "ps does not say that $1 run"
}

kontena_runs() {
  local n
  n=$(ktn ps | grep -cw running || true)
  say "$n run"
  ((n == $1))
}

kontena_remove() {
  ktn stack rm -y bench >"$SCRATCH/remove" 2>&1 || die "remove: $(cat "$SCRATCH/remove")"
  wait_until 180 "Kontena has removed its containers" nothing_left
}
