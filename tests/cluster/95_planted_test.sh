#!/usr/bin/env bash
# Secrets of each kind, with values that are nowhere else in the world, are used in each way there is; then all that
# the cluster has written, printed or run with is searched for them, in whatever form (support/planted.py). They are
# in the containers that use them, and in memory; nowhere else.
# limit: 600
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 2
[[ -x /usr/bin/python3 ]] || skip "missing: python3"
PLANTED=$CLUSTER_TESTS/support/planted.py
home=$(client_dir 1)
outputs=$home/outputs
mkdir -p "$outputs"
plants=$SCRATCH/plants
: >"$plants"
# plant NAME [VALUE]: a value to look for, of one's own or of chance; PLANT is it.
plant() {
  PLANT=${2:-Pl4nt/$1+$(head -c 18 /dev/urandom | od -An -tx1 | tr -d ' \n')&=}
  printf '%s\t%s\n' "$1" "$PLANT" >>"$plants"
}
planted() { /usr/bin/python3 -S "$PLANTED" "$1" "$plants" "${@:2}"; }
# In this shell, and in files that are removed with it; never an argument.
plant file && printf '%s' "$PLANT" >"$SCRATCH/file"
plant environment && environment=$PLANT
plant named && printf '%s' "$PLANT" >"$SCRATCH/named"
plant named-before && printf '%s' "$PLANT" >"$SCRATCH/named-before"
plant variable && printf '%s' "$PLANT" >"$SCRATCH/variable"
plant registry && registry=$PLANT
plant password && password=$PLANT
plant wrong-password && wrong=$PLANT
plant typed-as-name && typed=$PLANT
plant new-password && new=$PLANT
plant cut-off && cut=$PLANT

start_cluster 2
ca=$(server_dir 1)/ca.pem
url=$(server_url)
printf 'authorization: Bearer %s\n' "$(admin_token)" >"$SCRATCH/admin"
# api WHO METHOD PATH: the body from standard input; what is answered, and the status in a last line
api() {
  lab exec 1 curl -sS -m 20 --cacert "$ca" -H "@$SCRATCH/$1" -X "$2" --data-binary @- -w '\n%{http_code}\n' "$url$3"
}
: >"$SCRATCH/nobody"
field() { grep -Eo "\"$1\":\"[^\"]*\"" | sed -n 1p | cut -d '"' -f 4; }
# keep NAME: what is printed, for the search
keep() { tee -a "$outputs/$1"; }
watchers=()
for k in 1 2; do
  lab exec "$k" /usr/bin/python3 -S "$PLANTED" watch "$plants" "$KONTENA" >"$SCRATCH/watch-$k" 2>"$SCRATCH/watch-$k.err" &
  watchers+=("$!")
done
watching() { has watching <"$SCRATCH/watch-1.err" && has watching <"$SCRATCH/watch-2.err"; }
wait_until 20 "arguments and environments are watched" watching

# ------------------------------------------------------------------- people
made() { api admin PUT /v1/users/pat <<<'{}' | keep answers | has '^201$'; }
check "an account is made" made
code=$(api admin POST /v1/users/pat/invite </dev/null | field code)
check "there is an invitation" test -n "$code"
plant code "${code##*.}"
joined() {
  session=$(printf '{"user":"pat","code":"%s","password":"%s"}' "$code" "$password" | api nobody POST /v1/invite | field token)
  [[ -n $session ]] && printf '%s' "$session" >"$SCRATCH/session"
}
check "it is taken up" joined
plant session "$(sed 's/.*\.//' "$SCRATCH/session")"
login() { printf '{"user":"%s","password":"%s"}' "$1" "$2" | api nobody POST /v1/login; }
refused() { "$@" | keep answers | has -E '^4[0-9][0-9]$'; }
check "a wrong password is refused" refused login pat "$wrong"
check "one in place of the name, too" refused login "$typed" whatever
cut_off() { printf '{"user":"pat","password":"%s' "$cut" | api nobody POST /v1/login; }
check "and a request that is cut off" refused cut_off
logged_in() { session2=$(login pat "$password" | field token) && [[ -n $session2 ]] && printf 'authorization: Bearer %s\n' "$session2" >"$SCRATCH/pat"; }
check "the right one is taken" logged_in
plant session-by-password "$(sed 's/.*\.//' "$SCRATCH/pat")"
changed() { printf '{"old_password":"%s","password":"%s"}' "$password" "$new" | api pat POST /v1/password | has '^200$'; }
check "the password is changed" changed
token() {
  local made
  made=$(api pat POST /v1/tokens <<<'{"kind":"access","description":"of pat"}')
  field text <<<"$made" >"$SCRATCH/token" && field id <<<"$made" >"$SCRATCH/token.id" && [[ -s $SCRATCH/token ]]
}
check "an access token is made" token
plant token "$(sed 's/.*\.//' "$SCRATCH/token")"
printf 'authorization: Bearer %s\n' "$(cat "$SCRATCH/token")" >"$SCRATCH/by-token"
used() { api by-token GET /v1/grids </dev/null | keep answers | has '^200$'; }
check "it is used" used
check "wrongly, too" refused api by-token PUT /v1/grids/other </dev/null
rotated() { api pat POST "/v1/tokens/$(cat "$SCRATCH/token.id")/rotate" </dev/null | field text >"$SCRATCH/rotated" && [[ -s $SCRATCH/rotated ]]; }
check "and rotated" rotated
plant rotated "$(sed 's/.*\.//' "$SCRATCH/rotated")"

# ------------------------------------------------------------------ secrets
project=/v1/grids/default/projects/default
set_secret() { api admin PUT "$project/secrets/$1" <"$SCRATCH/$2" | keep answers | has -E '^20[01]$'; }
check "a named secret is set" set_secret stored named-before
check "and set anew" set_secret stored named
check "and one for a variable" set_secret variable variable
log_in_to_registry() {
  printf '{"user":"ann","password":"%s","checked":true}' "$registry" | api admin PUT "$project/registries/registry.invalid:5000" | keep answers | has -E '^20[01]$'
}
check "a registry's password is kept" log_in_to_registry
compose() { # IMAGE
  cat <<END
services:
  web:
    image: $1
    command: [sleep, infinity]
    secrets: [file, environment, stored]
    deploy: {mode: global}
    x-kontena: {env_secrets: {DB_PASSWORD: variable}}
secrets: {file: {file: $SCRATCH/file}, environment: {environment: PLANTED_VARIABLE}, stored: {external: true}}
END
}
# The client gets the variable by its environment, which is where the user has put it.
deploy() { compose "$1" | PLANTED_VARIABLE=$environment ktn stack deploy -f - shop 2>&1 | keep deploy; }
check "a stack uses all of them" deploy busybox
check "and is changed" deploy busybox:v2
compose registry.invalid:5000/none | PLANTED_VARIABLE=$environment ktn stack deploy --detach -f - broken 2>&1 | keep deploy >/dev/null || true
# shellcheck disable=SC2016 # expands in the container
in_container() { # K
  local c
  c=$(lab docker "$1" ps --format '{{.Names}}' --filter name=shop.web | sed -n 1p)
  [[ $(lab docker "$1" exec "$c" cat /run/secrets/file) == "$(cat "$SCRATCH/file")" ]] &&
    [[ $(lab docker "$1" exec "$c" cat /run/secrets/environment) == "$environment" ]] &&
    [[ $(lab docker "$1" exec "$c" cat /run/secrets/stored) == "$(cat "$SCRATCH/named")" ]] &&
    [[ $(lab docker "$1" exec "$c" sh -c 'echo "$DB_PASSWORD"') == "$(cat "$SCRATCH/variable")" ]]
}
for k in 1 2; do check_within 30 "the container on h$k has them" in_container "$k"; done

# --------------------------------------------------- all that can be printed
print_all() {
  local command words format
  while IFS= read -r command; do
    read -ra words <<<"$command"
    for format in table json; do
      ktn "${words[@]}" --format "$format" || true
    done
  done <<END
status
whoami
ps
stack ls
stack show shop
stack history shop
stack history shop 1
stack history shop 2
service ls
service show shop/web
service show broken/web
deployment ls shop
deployment ls broken
node ls
node show h1
node network h1
network ls
network show shop.default
events
grid ls
project ls
policy show
token ls
user ls
user show pat
session ls
role ls
binding ls
secret ls
secret show stored
secret history stored
secret show variable
registry ls
can-i --list
audit ls
END
  ktn audit ls --format jsonl || true
  ktn audit export - || true
  ktn audit export "$outputs/trail.jsonl" || true
  ktn logs --tail 50 shop/web || true
  compose busybox | PLANTED_VARIABLE=$environment ktn stack check -f - || true
}
print_all >"$outputs/all" 2>&1
for path in /v1/users /v1/users/pat /v1/tokens "$project/secrets" "$project/secrets/stored" "$project/registries" /v1/grids/default/registries \
  "$project/stacks/shop" "$project/stacks/shop/history" "$project/stacks/shop/history/1" "$project/stacks/shop/services/web" "$project/instances" \
  /v1/grids/default/events /v1/audit /v1/problems /v1/sso /v1/master-key; do
  api admin GET "$path" </dev/null >>"$outputs/answers" 2>&1 || true
done
much() { (($(wc -l <"$outputs/all") > 100)) && has '"verb":"session.create"' <"$outputs/all" && has shop <"$outputs/all"; }
check "much is printed" much
printed_none() { say "$(planted search "$outputs")" && [[ -z $(planted search "$outputs" 2>/dev/null) ]]; }
check "none of it is in anything that a client prints" printed_none
check "a backup is made" ktn backup "$home/kontena.backup"

# ----------------------------------------------------------- disks and logs
nowhere() { # PATH...
  local found
  found=$(planted search "$@" 2>"$SCRATCH/files")
  say "$found" "$(cat "$SCRATCH/files")"
  [[ -z $found ]]
}
check "nor in a backup" nowhere "$home/kontena.backup"
check "nor in the server's folder" nowhere "$(server_dir 1)"
for k in 1 2; do
  check "nor in the agent's on h$k" nowhere "$(agent_dir "$k")"
  check "nor in the logs of h$k" nowhere "$(host_home "$k")/log" "$(role_log "$k" server)" "$(role_log "$k" agent)"
done
# Of a variable the engine keeps records, as of all that a container is made of, its own and containerd's: that is the container.
engine_has() {
  local found
  found=$(planted search "$(host_home "$1")/data" 2>/dev/null | grep -Ev '^variable [a-z]* .*/(containers/[0-9a-f]*/config\.v2\.json|containerd/.*/meta\.db)$' || true)
  say "$found"
  [[ -z $found ]]
}
finds() { planted search "$SCRATCH/file" 2>/dev/null | has '^file raw ' && planted search "$(host_home 1)/data/containers" 2>/dev/null | has '^variable '; }
check "what is there the search finds" finds
for k in 1 2; do check "nor on the disk of h$k's engine, but what is in the environment of its container" engine_has "$k"; done

# ------------------------------------------------------- processes, and cores
for pid in "${watchers[@]}"; do kill "$pid" 2>/dev/null || true; done
wait "${watchers[@]}" 2>/dev/null || true
# The administrator's own client was given the variable by them.
watched_none() { cat "$SCRATCH"/watch-[12]; ! has -Ev '^environment [a-z0-9+-]* environ of client ' < <(cat "$SCRATCH"/watch-[12]); }
check "nor in anybody's arguments or environment" watched_none
for role in server agent; do
  pid=$(role_pid 1 "$role")
  lab exec 1 /usr/bin/python3 -S "$PLANTED" memory "$plants" "$pid" >"$SCRATCH/memory" 2>&1 || true
  say "          . in the memory of the $role: $(cut -d ' ' -f 1 "$SCRATCH/memory" | sort -u | paste -sd ' ')"
done
no_core() { # ROLE: it is killed by what leaves a core, were it allowed
  local pid cwd before
  pid=$(role_pid 1 "$1")
  cwd=$(lab exec 1 readlink "/proc/$pid/cwd")
  before=$(lab exec 1 ls -a "$cwd")
  lab exec 1 prlimit --pid "$pid" --core=unlimited:unlimited
  forget_role 1 "$1"
  lab exec 1 kill -ABRT "$pid"
  eventually 20 not role_runs 1 "$1" || return 1
  diff <(printf '%s\n' "$before") <(lab exec 1 ls -a "$cwd")
}
cwd_of() { lab exec 1 readlink "/proc/$1/cwd"; }
leaves_core() { # Something else that is killed like that, in the same folder
  lab exec 1 sh -c 'cd "$1" && ulimit -c unlimited && { sleep 60 & } && kill -ABRT $! && wait $!; ls core* && rm -f core*' sh "$(cwd_of "$(role_pid 1 server)")"
}
capture leaves_core
if ((STATUS)); then say "          . no process leaves a core here (/proc/sys/kernel/core_pattern: $(cat /proc/sys/kernel/core_pattern))"; fi
forget_role 1 agent
forget_role 1 server
check "an agent that is killed leaves no core" no_core agent
check "nor does a server" no_core server
start_server 1
check "nor are they in its folder after another start" nowhere "$(server_dir 1)"
start_agent 1
finish
