#!/usr/bin/env bash
# limit: 600
# The README's "Three hosts" and "Two teams on one cluster", typed as they are written: the blocks are read from the
# README itself.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
need_kontena
need_image busybox nginx redis postgres

# blocks: "HOSTS [background]" on one line, the commands on the next, with \n for line ends
blocks() {
  awk '/^## /{on = ($0 == "## Three hosts")} !on {next}
    /^```sh host=/ {sub(/^```sh host=/, ""); print; inside = 1; text = ""; next}
    /^```/ && inside {print text; inside = 0; next}
    inside {text = text $0 "\\n"}' "$TREE/README.md"
}
expect_output "the README has the blocks that this test types" '^4$' sh -c 'blocks=$1; echo "$blocks" | grep -c "^[0-9]"' sh "$(blocks)"

# What a user has around: a checkout with the built binary, and the tokens once the server made them.
desk() { printf '%s/kontena/desk' "$(host_home "$1")"; }
for k in 1 2 3; do
  mkdir -p "$(desk "$k")/build"
  ln -s "$TREE/packaging" "$(desk "$k")/packaging"
  cp "$KONTENA" "$(desk "$k")/build/kontena.stripped"
done
bring_tokens() {
  local from=$LAB_HOME/h1/private/var/lib/kontena-server k
  test -s "$from/join.token" && test -s "$from/admin.token" || return 1
  for k in 1 2 3; do install -m 600 "$from/join.token" "$(desk "$k")/join.token"; done
  install -m 600 "$from/admin.token" "$(desk 1)/admin.token"
}
serving() { curl_from 1 -k "https://$(lab ip 1):7443/v1/health"; }

# type_on K COMMANDS: as at a prompt, in the folder of the checkout
type_on() { "$HOSTLAB" exec "$1" env HOME=/root PATH="/usr/local/bin:$PATH" sh -e -c 'cd "$1"; printf "%b" "$2" | sh -e' sh "$(desk "$1")" "$2"; }
spawn_on() { # K NAME COMMANDS
  "$HOSTLAB" spawn "$1" "$2" env HOME=/root PATH="/usr/local/bin:$PATH" sh -c 'cd "$1"; exec $2' sh "$(desk "$1")" "$(printf '%b' "$3")" >/dev/null
}

# Who types looks at the nodes before going on.
three_ready() { [[ $(type_on 1 'KONTENA_URL=https://127.0.0.1:7443 KONTENA_TOKEN=$(cat admin.token) ktn node ls' | grep -cw ready) == 3 ]]; }
number=0
while read -r where && IFS= read -r commands; do
  number=$((number + 1))
  read -r hosts how <<<"$where"
  for k in ${hosts//,/ }; do
    if [[ $how == background ]]; then
      check "block $number is started on h$k" spawn_on "$k" "block$number" "$commands"
    else
      check "block $number is typed on h$k" type_on "$k" "$commands"
      OUTPUT=$OUT
    fi
  done
  case $commands in
    *"kontena server"*) wait_until 20 "the server answers" serving && wait_until 5 "its tokens are there" bring_tokens ;;
    *"kontena agent"*) wait_until 20 "three nodes are ready" three_ready ;;
  esac
done < <(blocks)
expect_output "the last block showed three nodes" '^3$' grep -cw ready <<<"$OUTPUT"
expect_output "and the web server" 'shop/web-1 .*running' printf '%s\n' "$OUTPUT"
expect_output "the database, healthy" 'shop/db-1 .*running \(healthy\)' printf '%s\n' "$OUTPUT"
expect_output "the cache" 'shop/cache-1 .*running' printf '%s\n' "$OUTPUT"
expect_output "six workers" '^6$' sh -c 'grep -c "shop/worker-.*running" <<END
'"$OUTPUT"'
END'
expect_output "nine after the scaling" '^9$' count_running shop.worker
spread() { running_names shop.worker | cut -d' ' -f1 | sort | uniq -c | awk '{print $1}' | tr '\n' ' '; }
expect_output "spread over the hosts" '^3 3 3 $' spread

# Each host has workers, so whatever host web, db and cache are on, two of three ask from elsewhere.
from_worker() { # K COMMANDS
  local name
  name=$(lab docker "$1" ps --format '{{.Names}}' --filter name=shop.worker | sort | sed -n 1p)
  lab docker "$1" exec "$name" sh -c "$2"
}
hosts_of() { for service in "$@"; do running_names "shop.$service"; done | cut -d' ' -f1 | sort -u | wc -l; }
expect_output "the services are on different hosts" '^[23]$' hosts_of web db cache
for k in 1 2 3; do
  expect_output "from h$k the web server is found by its name" 'nginx' from_worker "$k" 'printf "GET / HTTP/1.0\r\n\r\n" | nc -w 2 web 80'
  check "and the database" from_worker "$k" 'nc -w 2 db 5432 </dev/null'
  expect_output "and the cache" 'PONG' from_worker "$k" 'printf "PING\r\n" | nc -w 2 cache 6379'
done

# Two teams: each in a home of its own, and the administrator as before.
teams() {
  awk '/^## /{on = ($0 == "## Two teams on one cluster")} !on {next}
    /^```sh host=1 as=/ {sub(/^.*as=/, ""); print; inside = 1; text = ""; next}
    /^```/ && inside {print text; inside = 0; next}
    inside {text = text $0 "\\n"}' "$TREE/README.md"
}
type_as() { # WHO COMMANDS
  local home=/root
  if [[ $1 != admin ]]; then home=$(desk 1)/$1; fi
  mkdir -p "$home"
  "$HOSTLAB" exec 1 env HOME="$home" PATH="/usr/local/bin:$PATH" sh -e -c 'cd "$1"; printf "%b" "$2" | sh -e' sh "$(desk 1)" "$2"
}
expect_output "two teams are three blocks" '^3$' sh -c 'printf "%s\n" "$1" | grep -Ec "^(admin|ann|bob)$"' sh "$(teams)"
while read -r who && IFS= read -r commands; do
  check "$who types their part" type_as "$who" "$commands"
  SAID=$OUT
  case $who in
    ann)
      expect_output "ann's stack runs" 'web/hello-1 .*running' printf '%s\n' "$SAID"
      expect_output "and pay is not hers" '^not in pay$' printf '%s\n' "$SAID"
      ;;
    bob)
      expect_output "bob has one project" '^pay ' printf '%s\n' "$SAID"
      expect_output "and store is not there" '^there is no store$' printf '%s\n' "$SAID"
      ;;
  esac
done < <(teams)
looks() { KONTENA_URL=https://10.99.0.1:7443 KONTENA_TOKEN=$(cat "$(desk 1)/ci.token") "$HOSTLAB" exec 1 env HOME="$(desk 1)/ci" /usr/local/bin/kontena client --project pay stack ls -q; }
expect_output "bob's token for programs sees his stack" '^web$' looks
finish
