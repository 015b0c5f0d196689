#!/usr/bin/env bash
# A project's own files, configs and secrets come along with its deploy, and a secret is on no disk but sealed.
# limit: 600
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
. "$(dirname -- "$0")/support/runs.sh"
lab_up 3
start_cluster 3
folder=$SCRATCH/project
marker=hush-$RANDOM$RANDOM-marker
mkdir -p "$folder"/{conf/sub,data}
echo one >"$folder/file"
echo first >"$folder/conf/a"
echo deep >"$folder/conf/sub/b"
chmod 750 "$folder/conf/sub/b"
ln -s sub/b "$folder/conf/link"
echo seed >"$folder/data/seed"
printf %s "$marker" >"$folder/secret"
cat >"$folder/compose.yaml" <<END
name: shop
services:
  web:
    image: busybox
    $STOPS_AT_ONCE
    restart: always
    read_only: true
    deploy: {mode: global}
    volumes: ["./file:/etc/one:ro", "./conf:/conf:ro", "./file:/own/copy"]
    configs:
      - plain
      - {source: said, target: /etc/said, uid: "12", gid: "34", mode: 0640}
    secrets:
      - key
      - {source: of_environment, target: other, uid: "56", gid: "78", mode: 0400}
  db:
    image: busybox
    $STOPS_AT_ONCE
    restart: always
    volumes: ["./data:/data", "./new:/new"]
configs:
  plain: {file: ./file}
  said: {content: "said of \$\${HOME}"}
secrets:
  key: {file: ./secret}
  of_environment: {environment: HUSH}
END
printf 'HUSH=%s\n' "$marker-2" >"$folder/.env"
deploy() { ktn stack deploy -f "$folder/compose.yaml" "$@"; }
in_web() {
  local k=$1
  shift
  lab docker "$k" exec "$(lab docker "$k" ps -q --filter name=shop.web | head -n 1)" "$@"
}
db_host() { running_names shop.db | cut -d' ' -f1 | head -n 1; }
in_db() { lab docker "$(db_host)" exec shop.db-1 "$@"; }
mode_of() { in_web "$1" stat -c '%u %g %a' "$2"; }

expect_output "check says what each becomes" 'copy, read-only' ktn stack check -f "$folder/compose.yaml"
check "a project with files, configs and secrets is deployed" deploy
for k in 1 2 3; do
  expect_output "h$k has the file" '^one$' in_web "$k" cat /etc/one
  expect_output "and the folder, with what is in it" '^deep$' in_web "$k" cat /conf/link
  expect_output "with its modes" '^0 0 750$' mode_of "$k" /conf/sub/b
  expect_output "the config" '^one$' in_web "$k" cat /plain
  expect_output "the one with an owner" '^12 34 640$' mode_of "$k" /etc/said
  expect_output "and its content" '^said of \$\{HOME\}$' in_web "$k" cat /etc/said
  expect_output "the secret" "^$marker\$" in_web "$k" cat /run/secrets/key
  expect_output "the one with an owner" '^56 78 400$' mode_of "$k" /run/secrets/other
  expect_fail "what is read-only is" 1 "Read-only" in_web "$k" touch /conf/x
  check "a copy of its own may be written" in_web "$k" sh -c 'echo mine > /own/copy'
done
expect_output "and no other has it" '^one$' in_web 2 cat /etc/one

expect_output "a folder that is written to is a volume with what was in it" '^seed$' in_db cat /data/seed
check "one that was not there is empty" test -z "$(in_db ls /new)"
home=$(db_host)
check "its data" in_db sh -c 'echo kept > /data/kept; echo changed > /data/seed'

# The marker on the disks of all hosts: what is sealed cannot be found. The project itself is the user's.
leaks() {
  local k
  for k in 1 2 3; do
    grep -rlaF "$marker" "$(host_home "$k")/kontena" 2>/dev/null || true
    lab docker "$k" ps -aq | xargs -r "$HOSTLAB" docker "$k" inspect | grep -F "$marker" || true
    lab exec "$k" sh -c 'grep -rlaF "$1" /var/lib/docker/containers /var/lib/docker/volumes 2>/dev/null; for p in /proc/[0-9]*/cmdline; do tr "\0" " " <$p 2>/dev/null; done | grep -F "$1" | grep -v grep' sh "$marker" || true
    grep -F "$marker" "$(role_log "$k" agent)" || true
  done
  grep -F "$marker" "$(role_log 1 server)" || true
  ktn stack history shop 1 | grep -F "$marker" || true
  ktn audit ls --json | grep -F "$marker" || true
}
no_leaks() { local found; found=$(leaks); printf '%s\n' "$found"; [[ -z ${found//[[:space:]]/} ]]; }
check "the secret is on no disk, and in nothing that is told" no_leaks
secret_source() { lab docker 2 inspect -f '{{range .Mounts}}{{if eq .Destination "/run/secrets/key"}}{{.Source}}{{end}}{{end}}' "$(lab docker 2 ps -q --filter name=shop.web | head -n 1)"; }
expect_output "it lies in memory" 'tmpfs' lab exec 2 stat -f -c %T "$(secret_source)"

before=$(runs)
check "the same again" deploy
check "changes nothing" test "$before" = "$(runs)"

echo two >"$folder/file"
echo more >>"$folder/data/seed"
check "a changed file is deployed" deploy
all_have() { local k; for k in 1 2 3; do [[ $(in_web "$k" cat /etc/one) == two && $(in_web "$k" cat /plain) == two ]] || return 1; done; }
check_within 30 "all instances have it" all_have
expect_output "the volume keeps its data" '^kept$' in_db cat /data/kept
expect_output "and is not filled again" '^changed$' in_db cat /data/seed
check "on its host" test "$home" = "$(db_host)"
printf %s "$marker-new" >"$folder/secret"
check "a changed secret is deployed" deploy
new_secret() { [[ $(in_web 2 cat /run/secrets/key) == "$marker-new" ]]; }
check_within 30 "the instances have it" new_secret

head -c 2000000 /dev/urandom >"$folder/conf/large"
expect_fail "a deploy of too much is refused" 1 "larger than" deploy --pack-limit 1
rm "$folder/conf/large"
ln -s /etc/passwd "$folder/conf/out"
expect_fail "a link out of the project is refused by name" 2 "conf/out" deploy
rm "$folder/conf/out"

# The server is away, an agent is killed, a host loses its power.
before=$(runs)
kill_agent 3
start_agent 3
wait_until 30 "the nodes are ready" nodes_ready 3
check "an agent that was killed changes nothing" test "$before" = "$(runs)"
check "a project with configs only" ktn stack deploy -f - plain <<END
services: {a: {image: busybox, $STOPS_AT_ONCE, restart: always, deploy: {mode: global}, configs: [c]}}
configs: {c: {content: "still here"}}
END
kill_server
lab crash 2
lab boot 2
start_agent 2
plain_runs() { [[ $(lab docker 2 exec plain.a-"$(lab docker 2 ps --filter name=plain.a --format '{{.Names}}' | sed 's/.*-//')" cat /c) == "still here" ]]; }
check_within 40 "after a reboot without the server what has configs runs" plain_runs
waits() { grep -F "waits for its secrets" "$(role_log 2 agent)"; }
check_within 20 "what has secrets waits, and says why" waits
check "it does not run" test -z "$(lab docker 2 ps -q --filter name=shop.web)"
start_server
wait_until 40 "the nodes are ready" nodes_ready 3
check_within 40 "and runs once the server is back" new_secret

backup=$SCRATCH/kontena.backup
check "a backup has them" ktn backup "$backup"
check "and no secret" not grep -aqF "$marker" "$backup"
stop_server
check "the data is whole" "$HOSTLAB" exec 1 "$KONTENA" server check --data-dir "$(server_dir 1)"
mv "$(server_dir 1)" "$(server_dir 1).lost"
check "the backup is restored" "$HOSTLAB" exec 1 "$KONTENA" server restore "$backup" --data-dir "$(server_dir 1)"
check "and whole" "$HOSTLAB" exec 1 "$KONTENA" server check --data-dir "$(server_dir 1)"
start_server
wait_until 40 "the nodes are ready" nodes_ready 3
check "the stack is deployed again" deploy
check_within 30 "and has its secret" new_secret

check "the stack is removed" ktn stack rm -y shop
check "and the other one" ktn stack rm -y plain
leftovers() {
  local k
  for k in 1 2 3; do
    lab docker "$k" ps -aq --filter label="$INSTANCE_LABEL"
    (cd "$(agent_dir "$k")" && find instances content secrets -mindepth 1 2>/dev/null) || true
    lab exec "$k" sh -c 'find /run/kontena/secrets -mindepth 2 2>/dev/null' || true
  done
}
nothing_left() {
  local left
  left=$(leftovers)
  printf '%s\n' "$left"
  [[ -z $left ]]
}
check_within 30 "nothing of them is left on the hosts but volumes" nothing_left
finish
