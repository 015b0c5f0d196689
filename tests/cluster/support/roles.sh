# shellcheck shell=bash
# Part of support.sh: the server, the agents and the client, inside the hosts.

API_PORT=7443
SERVER_HOST=1
CLIENT_HOST=1
DOCKER_SOCKET=/run/docker.sock # each host has a /run of its own
KTN_TIMEOUT=${KTN_TIMEOUT:-120}

# "K ROLE" -> the host's first process when the role was started there; roles
# that a test has not ended itself must live when it finishes.
declare -A STARTED=()

# The hosts see the machine's disk, so these are the same paths inside and out.
server_dir() { printf '%s/kontena/server' "$(host_home "$1")"; }
agent_dir() { printf '%s/kontena/agent' "$(host_home "$1")"; }
client_dir() { printf '%s/kontena/client' "$(host_home "$1")"; }
server_address() { printf '%s:%s' "$(lab ip "$SERVER_HOST")" "$API_PORT"; }
server_url() { printf 'https://%s' "$(server_address)"; }

# ------------------------------------------------- the arguments of each role

# KT_LOST_AFTER: a machine that is busy with the test itself loses no node for it,
# but where the test is about that.
server_arguments() { # K -> ARGUMENTS
  ARGUMENTS=(server
    --data-dir "$(server_dir "$1")"
    --lost-after "${KT_LOST_AFTER:-20s}"
    --listen "0.0.0.0:$API_PORT")
}

agent_arguments() { # K -> ARGUMENTS
  ARGUMENTS=(agent
    --server "$(server_address)"
    --token-file "$(server_dir "$SERVER_HOST")/join.token"
    --state-dir "$(agent_dir "$1")"
    --docker-socket "$DOCKER_SOCKET"
    --name "h$1")
}

client_arguments() { ARGUMENTS=(client); }

# ------------------------------------------------------------ start and end

need_kontena() {
  [[ -x $KONTENA ]] || die "no binary at $KONTENA: build it (meson compile -C build), or name it by KONTENA"
}

# start_server [K] [ARGUMENTS...]: the server on host K, which agents and client
# then speak to; returns when it answers.
start_server() {
  local k=1
  if [[ ${1:-} =~ ^[0-9]+$ ]]; then k=$1 && shift; fi
  SERVER_HOST=$k
  server_arguments "$k"
  start_role "$k" server "$@"
  wait_until 30 "the server on h$k answers" server_answers "$k"
}

server_answers() {
  if ! role_runs "$1" server; then
    say "it has ended: $(tail_of "$1" server 5)"
    return "$HOPELESS"
  fi
  curl_from "$1" -k -m 2 "https://$(lab ip "$1"):$API_PORT/v1/health"
}

# start_agent K [ARGUMENTS...]: see nodes_ready for when the server knows of it.
start_agent() {
  local k=$1
  shift
  wait_until 10 "the server has written its join token" test -s "$(server_dir "$SERVER_HOST")/join.token"
  agent_arguments "$k"
  start_role "$k" agent "$@"
}

# start_cluster N: a server on host 1, agents on hosts 1..N, all nodes ready.
start_cluster() {
  local k
  start_server 1
  for ((k = 1; k <= $1; k++)); do start_agent "$k"; done
  wait_until 30 "$1 nodes are ready" nodes_ready "$1"
}

# nodes_ready N: the server calls exactly N nodes ready.
nodes_ready() {
  local list
  list=$(ktn node ls)
  say "$list"
  (($(grep -w ready <<<"$list" | grep -vc 'not ready') == $1))
}

stop_server() { end_role "${1:-$SERVER_HOST}" server TERM; }
kill_server() { end_role "${1:-$SERVER_HOST}" server KILL; }
stop_agent() { end_role "$1" agent TERM; }
kill_agent() { end_role "$1" agent KILL; }

# start_role K ROLE MORE...: takes the role's own arguments from ARGUMENTS.
start_role() {
  local k=$1 role=$2
  shift 2
  need_kontena
  mkdir -p "$(host_home "$k")/kontena"
  lab spawn "$k" "$role" "$KONTENA" "${ARGUMENTS[@]}" "$@" >"$(host_home "$k")/kontena/$role.pid"
  STARTED["$k $role"]=$(lab pid "$k")
}

# role_pid K ROLE: its pid as seen in the host, if it runs.  A pid alone is not
# believed: after a crash of the host it may be another process's.
role_pid() {
  local k=$1 role=$2 pid init words
  { read -r pid <"$(host_home "$k")/kontena/$role.pid"; } 2>/dev/null || return 1
  init=$(lab pid "$k" 2>/dev/null) || return 1
  words=$(tr '\0' '\n' 2>/dev/null <"/proc/$init/root/proc/$pid/cmdline") || return 1
  [[ $words == *"$KONTENA"$'\n'"$role"* ]] || return 1
  printf '%s' "$pid"
}

role_runs() { role_pid "$1" "$2" >/dev/null; }

# forget_role K ROLE: it has ended by itself, as it should.
forget_role() { unset "STARTED[$1 $2]"; }

# end_role K ROLE SIGNAL: returns when it is gone.
end_role() {
  local k=$1 role=$2 signal=$3 pid
  unset "STARTED[$k $role]"
  if ! pid=$(role_pid "$k" "$role"); then
    fail "the $role on h$k ran until it was ended by SIG$signal" "$(tail_of "$k" "$role")"
    return
  fi
  # shellcheck disable=SC2016 # expands in the host
  lab exec "$k" sh -c 'kill "-$1" "$2"' sh "$signal" "$pid"
  wait_until 30 "the $role on h$k ends on SIG$signal" not role_runs "$k" "$role"
}

# Called by "finish": a role that died on its own is a failure even if the
# checks did not see it.  Roles on a host that was crashed since do not count.
check_roles_live() {
  local key k role
  for key in "${!STARTED[@]}"; do
    read -r k role <<<"$key"
    if [[ $(lab pid "$k" 2>/dev/null) != "${STARTED[$key]}" ]]; then continue; fi
    role_runs "$k" "$role" || fail "the $role on h$k lives at the end of the test" "$(tail_of "$k" "$role")"
  done
}

# ---------------------------------------------------------------------- client

admin_token() {
  cat "$(server_dir "$SERVER_HOST")/admin.token" 2>/dev/null || die "the server on h$SERVER_HOST has written no admin.token"
}

# ktn ARGUMENTS...: the client in host CLIENT_HOST, as the administrator.  The
# token goes by the environment: an argument could be read by any process.
ktn() {
  local url token home
  url=$(server_url) token=$(admin_token) home=$(client_dir "$CLIENT_HOST")
  client_arguments
  KONTENA_URL=$url KONTENA_TOKEN=$token \
    XDG_CONFIG_HOME=$home/config XDG_STATE_HOME=$home/state XDG_CACHE_HOME=$home/cache \
    timeout -k 5 "$KTN_TIMEOUT" "$HOSTLAB" exec "$CLIENT_HOST" "$KONTENA" "${ARGUMENTS[@]}" "$@"
}

# ----------------------------------------------------------------- diagnostics

# role_log K ROLE: the file with what it printed
role_log() { lab log "$1" "$2"; }
# shellcheck disable=SC1003 # a backslash is what sed's "a" wants here
# tail_of K ROLE [LINES]; with a newline at its end even where the role wrote none
tail_of() { tail -n "${3:-15}" "$(role_log "$1" "$2")" 2>/dev/null | sed '$a\' || true; }

diagnose_cluster() {
  local k role
  lab status
  if [[ -s $(server_dir "$SERVER_HOST")/admin.token ]]; then
    say "ktn ps:"
    KTN_TIMEOUT=10 ktn ps </dev/null || true
  fi
  for k in "${HOSTS[@]}"; do
    say "containers of h$k:"
    timeout 10 "$HOSTLAB" docker "$k" ps -a --format '{{.Names}} {{.Image}} {{.Status}}' || true
    for role in server agent; do
      if [[ -s $(role_log "$k" "$role") ]]; then
        say "last lines of the $role on h$k:"
        tail_of "$k" "$role"
      fi
    done
  done
}

save_logs() {
  if [[ -z ${KT_LOGS:-} ]]; then return; fi
  local k role to
  to=$KT_LOGS/$(basename -- "$0" .sh)
  mkdir -p "$to"
  for k in "${HOSTS[@]}"; do
    for role in server agent engine; do
      cp "$(role_log "$k" "$role")" "$to/h$k-$role.log" 2>/dev/null || true
    done
  done
}
