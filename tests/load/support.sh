# shellcheck shell=bash
# Support for the load tests: one server on this machine and simulated agents.
# The caller has set KONTENA and AGENTS, the two programs.

folder=$(mktemp -d)
: >"$folder/server.log"
server=
agents=
others=()
failures=0
declare -i port=0

finish() {
  local status=$?
  trap - EXIT
  for pid in "${others[@]}" $agents $server; do kill -9 "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  if ((status)); then
    printf 'the last lines of the server:\n'
    tail -n 20 "$folder/server.log" 2>/dev/null || true
    printf 'the last lines of the agents:\n'
    tail -n 5 "$folder/agents.log" 2>/dev/null || true
  fi
  if [[ -z ${KT_KEEP:-} ]]; then rm -rf -- "$folder"; fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }'; }

# start_server [ARGUMENTS...]: the first start chooses the port.
start_server() {
  local i
  ulimit -n "$(ulimit -Hn)"
  "$KONTENA" server --data-dir "$folder/data" --listen "127.0.0.1:$port" "$@" >>"$folder/server.log" 2>&1 &
  server=$!
  echo "$server" >"$folder/server.pid"
  for ((i = 0; i < 2400; i++)); do
    port=$(sed -n 's/.*serving .*port=\([0-9]*\).*/\1/p' "$folder/server.log" | tail -n 1)
    if ((port)) && curl -sk -m 2 -o /dev/null "https://127.0.0.1:$port/v1/health"; then break; fi
    kill -0 "$server" 2>/dev/null || die "the server does not start"
    sleep 0.05
  done
  ((i < 2400)) || die "the server does not answer"
  export KONTENA_URL=https://127.0.0.1:$port XDG_CONFIG_HOME=$folder/config XDG_CACHE_HOME=$folder/cache
  KONTENA_TOKEN=$(cat "$folder/data/admin.token")
  export KONTENA_TOKEN
}

ktn() { "${CLIENT:-$KONTENA}" client "$@"; }

# start_agents N SECONDS: returns when all have joined and are heard.
start_agents() {
  local i
  "$AGENTS" --server "127.0.0.1:$port" --token-file "$folder/data/join.token" --agents "$1" --seconds "$2" \
    --pid-file "$folder/server.pid" --threads "${THREADS:-1}" >"$folder/agents.log" 2>&1 &
  agents=$!
  for ((i = 0; i < 3000; i++)); do
    if grep -qs "up=$1 " "$folder/agents.log"; then return; fi
    kill -0 "$agents" 2>/dev/null || die "the agents do not join: $(tail -n 1 "$folder/agents.log")"
    sleep 0.1
  done
  die "the agents are not heard"
}

# The last line of the agents, once they have ended: "name=value" pairs.
end_agents() {
  kill -TERM "$agents" 2>/dev/null || true
  wait "$agents" || true
  agents=
  result=$(grep '^result ' "$folder/agents.log") || die "the agents tell no result"
}
value() { sed -n "s/.* $1=\([0-9.]*\).*/\1/p" <<<"$result"; }

nodes_that_are() { ktn node ls 2>/dev/null | awk 'NR > 1' | grep -cw -- "$1" || true; }

check() { # SENTENCE CONDITION...: an arithmetic condition
  if awk "BEGIN { exit !($2) }"; then
    printf 'ok      %s (%s)\n' "$1" "$2"
  else
    printf 'FAILED  %s (%s)\n' "$1" "$2"
    failures=$((failures + 1))
  fi
}
