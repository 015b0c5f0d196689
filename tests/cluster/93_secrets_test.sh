#!/usr/bin/env bash
# Named secrets, their master key, and credentials of a real registry: who has what, where it lies, and what a change does.
# limit: 900
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
. "$(dirname -- "$0")/support/runs.sh"
lab_up 2
start_cluster 2
data=$(server_dir 1)
folder=$SCRATCH/project
marker=hush-$RANDOM$RANDOM-marker
mkdir -p "$folder"
cat >"$folder/compose.yaml" <<END
name: shop
services:
  web:
    image: busybox
    $STOPS_AT_ONCE
    restart: always
    deploy: {mode: global, update_config: {order: stop-first, parallelism: 1}}
    secrets:
      - {source: key, target: db, uid: "56", gid: "78", mode: 0440}
    x-kontena: {env_secrets: {PASSWORD: db_password}}
  other:
    image: busybox
    $STOPS_AT_ONCE
    restart: always
secrets:
  key: {external: true, name: db_password}
END
deploy() { ktn stack deploy -f "$folder/compose.yaml" "$@"; }
set_secret() { printf %s "$2" | ktn secret set "$1" "${@:3}"; }
web_on() { lab docker "$1" ps -q --filter name=shop.web | head -n 1; }
in_web() {
  local k=$1
  shift
  lab docker "$k" exec "$(web_on "$k")" "$@"
}

# ---- a secret as a file and as a variable

expect_output "check says what an external secret is" 'a secret of the project' ktn stack check -f "$folder/compose.yaml"
expect_fail "a deploy whose secret is not there is refused, with what to do" 5 'secret set db_password' deploy
check "the secret is set" set_secret db_password "$marker-1"
expect_output "it is listed" 'db_password +1 .*nobody' ktn secret ls
check "the stack is deployed" deploy
for k in 1 2; do
  expect_output "h$k has it as a file" "^$marker-1\$" in_web "$k" cat /run/secrets/db
  expect_output "with its owner and mode" '^56 78 440$' in_web "$k" stat -c '%u %g %a' /run/secrets/db
  expect_output "and as a variable" "^$marker-1\$" in_web "$k" sh -c 'echo "$PASSWORD"'
done
expect_output "who uses it is told" 'shop/web +file /run/secrets/db +1' ktn secret show db_password
expect_output "as a variable, too" 'shop/web +variable PASSWORD +1' ktn secret show db_password
expect_fail "it is not removed while it is used" 5 'used by shop/web' ktn secret rm -y db_password
expect_output "who may read it does" "^$marker-1\$" ktn secret show db_password --reveal
expect_output "and that is in the audit" 'secret.read' ktn audit ls

# ---- a change

other=$(lab docker 1 ps -q --filter name=shop.other; lab docker 2 ps -q --filter name=shop.other)
check "a new value is set, and rolled" set_secret db_password "$marker-2"
for k in 1 2; do
  expect_output "h$k has the new one as a file" "^$marker-2\$" in_web "$k" cat /run/secrets/db
  expect_output "and as a variable" "^$marker-2\$" in_web "$k" sh -c 'echo "$PASSWORD"'
done
check "who does not use it runs on" test "$other" = "$(lab docker 1 ps -q --filter name=shop.other; lab docker 2 ps -q --filter name=shop.other)"
before=$(runs)
check "the same value again" set_secret db_password "$marker-2"
check "changes nothing" test "$before" = "$(runs)"
check "nor does the same file" deploy
check "deployed again" test "$before" = "$(runs)"
check "a value is set for later" set_secret db_password "$marker-3" --no-roll
check "and rolls nobody" test "$before" = "$(runs)"
expect_output "who has an older one is told so" 'shop/web .*2 \(newest with its next deploy\)' ktn secret show db_password
expect_output "the history has all" '^1 .* no ' ktn secret history db_password
check "the next deploy takes it" deploy
expect_output "and has it" "^$marker-3\$" in_web 2 cat /run/secrets/db
check "values are binary safe" set_secret raw $'a\x01\xff'
bytes() { ktn secret show raw --reveal | od -An -tx1; }
expect_output "byte by byte" '^ 61 01 ff$' bytes

# ---- where it lies, and where it does not

# The engine itself has variables on its disk: that is said in the README. All else is searched.
leaks() {
  local k
  for k in 1 2; do
    grep -rlaF "$marker" "$(host_home "$k")/kontena" 2>/dev/null || true
    lab exec "$k" sh -c 'for p in /proc/[0-9]*/cmdline; do tr "\0" " " <$p 2>/dev/null; done | grep -F "$1" | grep -v grep' sh "$marker" || true
    grep -F "$marker" "$(role_log "$k" agent)" || true
  done
  grep -F "$marker" "$(role_log 1 server)" || true
  for what in "stack show shop" "stack history shop" "service show shop/web" "ps" "audit ls" "events" "secret ls" "secret show db_password" "secret history db_password" "deployment ls shop"; do
    # shellcheck disable=SC2086 # words
    ktn $what --json 2>&1 | grep -F "$marker" || true
  done
}
no_leaks() { local found; found=$(leaks); printf '%s\n' "$found"; [[ -z ${found//[[:space:]]/} ]]; }
check "the values are on no disk of ours, and in nothing that is told" no_leaks
file_source() { lab docker 2 inspect -f '{{range .Mounts}}{{if eq .Destination "/run/secrets/db"}}{{.Source}}{{end}}{{end}}' "$(web_on 2)"; }
expect_output "the file lies in memory" 'tmpfs' lab exec 2 stat -f -c %T "$(file_source)"

# ---- another project

check "another project is made" ktn project create bank
none_there() { [[ -z $(ktn secret ls -q --project bank) ]]; }
check "it sees none of them" none_there
expect_fail "nor has one by its name" 5 "the project has no secret 'db_password'" deploy --project bank

# ---- a new master key, while all runs, and killed in the midst

many() { local i; for i in $(seq 1 40); do set_secret "many$i" "$marker-many-$i" -q >/dev/null || return 1; done; }
check "forty more secrets" many
all_read() { local i; for i in 1 20 40; do [[ $(ktn secret show "many$i" --reveal) == "$marker-many-$i" ]] || return 1; done; [[ $(ktn secret show db_password --reveal) == "$marker-3" ]]; }
check "all are read" all_read
before=$(runs) old=$(cat "$data/secrets.key")
check "they are sealed anew" ktn secret reseal
check "by another key" test "$old" != "$(cat "$data/secrets.key")"
check "all are read" all_read
check "and nobody was restarted" test "$before" = "$(runs)"
for round in 1 2 3 4 5 6; do
  ktn secret reseal >/dev/null 2>&1 &
  resealing=$!
  sleep "0.0$((round * 15 % 100))"
  kill_server
  wait "$resealing" || true
  start_server
  check "round $round: a reseal that was killed leaves all readable" all_read
done
check "a host restarts" deploy
stop_server
printf '%s\n' "$old" >"$SCRATCH/old.key"
check "the data is whole" "$HOSTLAB" exec 1 "$KONTENA" server check --data-dir "$data"

# ---- a lost key

mv "$data/secrets.key" "$SCRATCH/secrets.key"
start_server
expect_output "status says that the key is lost" 'secrets cannot be used' ktn status
expect_fail "and so does a read" 5 'there is no file' ktn secret show db_password --reveal
expect_fail "a set" 5 'secrets cannot be used' set_secret db_password x
expect_fail "a deploy" 5 'secrets cannot be used' deploy
check "it is in the log" grep -F 'secrets cannot be used' "$(role_log 1 server)"
expect_output "the rest works: lists" 'db_password' ktn secret ls
check "and stacks without secrets" ktn stack deploy -f - plain <<END
services: {a: {image: busybox, $STOPS_AT_ONCE, restart: always}}
END
check "what runs, runs on" test -n "$(web_on 2)"
stop_server
install -m 600 "$SCRATCH/old.key" "$data/secrets.key"
start_server
expect_output "another key is no key" 'is another key' ktn secret key
stop_server
install -m 600 "$SCRATCH/secrets.key" "$data/secrets.key"
start_server
check "with the key back all are read" all_read

# ---- a passphrase

printf 'correct horse battery\n' >"$SCRATCH/pass"
chmod 600 "$SCRATCH/pass"
check "secrets are sealed under a passphrase" ktn secret reseal --to passphrase --file "$SCRATCH/pass"
check "the file is gone" test ! -e "$data/secrets.key"
check "all are read" all_read
stop_server
start_server
expect_output "without it they are not" 'passphrase' ktn secret key
stop_server
start_server 1 --passphrase-file "$SCRATCH/pass"
check "with it they are" all_read
# shellcheck disable=SC2016 # expands in the host
command_line() { lab exec 1 sh -c 'tr "\0" " " <"/proc/$1/cmdline"' sh "$(role_pid 1 server)"; }
check "it is not on its command line" not has "correct horse" < <(command_line)
check "and back to a file" ktn secret reseal
stop_server
start_server
check "all are read" all_read

# ---- a real registry

fetch_registry() {
  local to=$SCRATCH/registry
  mkdir -p "$to"
  (cd "$to" && apt-get download docker-registry && dpkg -x docker-registry_*.deb .) || return 1
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$to/key.pem" -out "$to/ca.pem" -days 2 -subj /CN=registry \
    -addext "subjectAltName=IP:$(lab ip 1)" || return 1
  python3 -W ignore -c '
import crypt, sys
print("puller:" + crypt.crypt(sys.stdin.read().strip(), crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))' <"$SCRATCH/registry.pass" >"$to/htpasswd"
  cat >"$to/config.yml" <<END
version: 0.1
storage: {filesystem: {rootdirectory: $to/data}}
http: {addr: "0.0.0.0:5000", tls: {certificate: $to/ca.pem, key: $to/key.pem}}
auth: {htpasswd: {realm: lab, path: $to/htpasswd}}
END
}
printf '%s' "$marker-registry" >"$SCRATCH/registry.pass"
if ! fetch_registry >"$SCRATCH/fetched" 2>&1; then
  say "no real registry can be had here, what needs one is left out: $(tail -n 1 "$SCRATCH/fetched")"
else
  registry="$(lab ip 1):5000"
  lab spawn 1 registry "$SCRATCH/registry/usr/bin/docker-registry" serve "$SCRATCH/registry/config.yml" >"$SCRATCH/registry.pid"
  answers() { [[ $(curl_from 1 -sk -o /dev/null -w '%{http_code}' "https://$registry/v2/") == 401 ]]; }
  wait_until 20 "the registry answers" answers
  push() {
    local d=$SCRATCH/docker-config
    mkdir -p "$d"
    DOCKER_CONFIG=$d lab docker 1 login -u puller --password-stdin "$registry" <"$SCRATCH/registry.pass" &&
      lab docker 1 tag busybox "$registry/team/app:1" && DOCKER_CONFIG=$d lab docker 1 push "$registry/team/app:1" &&
      lab docker 1 rmi "$registry/team/app:1"
  }
  check "an image is pushed" push
  cat >"$folder/app.yaml" <<END
services: {app: {image: "$registry/team/app:1", $STOPS_AT_ONCE, restart: always, deploy: {mode: global}}}
END
  login() { ktn registry login "$registry" -u puller --ca-file "$SCRATCH/registry/ca.pem" "$@"; }
  deploy_app() { ktn stack deploy --timeout 20s -f "$folder/app.yaml" app; }
  refused() { ! deploy_app >"$SCRATCH/refused" 2>&1 && grep -F 'registry login' "$SCRATCH/refused"; }
  check "without a login it cannot be pulled, and is told what to do" refused
  expect_fail "a wrong password is refused by the registry" 6 'does not let' login <<<"wrong"
  check "the right one is kept" login <"$SCRATCH/registry.pass"
  expect_output "and listed as checked" "$registry +puller +project default +yes" ktn registry ls
  check "the image is pulled" deploy_app
  runs_app() { [[ -n $(lab docker 2 ps -q --filter name=app.app) ]]; }
  check_within 30 "and runs" runs_app
  # The registry's own folder, with the test's, is in SCRATCH; what is ours has no password anywhere.
  check "the password is on no disk of ours, and in nothing that is told" no_leaks
  clean_engines() { not lab exec 2 sh -c 'grep -rlF "$1" /root/.docker /etc/docker 2>/dev/null | grep .' sh "$registry"; }
  check "no engine's configuration was touched" clean_engines
  check "another project has no login" test -z "$(ktn registry ls -q --project bank)"
  check "the login is removed" ktn registry rm -y "$registry"
  check "one of the grid serves all its projects" login --of-grid --no-check <"$SCRATCH/registry.pass"
  expect_output "and is listed there" "$registry .*grid" ktn registry ls --project bank
  check "the stack is removed" ktn stack rm -y app
  for k in 1 2; do lab docker "$k" rmi -f "$registry/team/app:1" >/dev/null 2>&1 || true; done
  pull_for_bank() { ktn stack deploy --project bank --timeout 60s -f "$folder/app.yaml" app; }
  check "so it pulls for another" pull_for_bank
  # shellcheck disable=SC2016 # expands in the host
  lab exec 1 sh -c 'kill "$1"' sh "$(cat "$SCRATCH/registry.pid")"
fi

# ---- the end

check "a stack that is removed frees its secret" ktn stack rm -y shop
check "which can be removed then" ktn secret rm -y db_password
expect_fail "and is gone" 4 "secret 'db_password' not found" ktn secret show db_password
finish
