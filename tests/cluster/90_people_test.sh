#!/usr/bin/env bash
# Users by the client alone: accounts, invitations, passwords, sessions, roles, tokens, and what is refused to whom.
# limit: 300
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 1
need_image busybox
start_cluster 1
home=$(client_dir 1)
mkdir -p "$home"
url=$(server_url)

# as NAME ARGUMENTS...: the client of somebody else, with a configuration of their own.
as() {
  local who=$1
  shift
  XDG_CONFIG_HOME=$home/$who/config XDG_STATE_HOME=$home/$who/state XDG_CACHE_HOME=$home/$who/cache \
    timeout -k 5 60 "$HOSTLAB" exec 1 "$KONTENA" client "$@"
}
lines() { printf '%s\n' "$@" >"$home/lines"; }
as_given() { as "$@" <"$home/lines"; } # what `lines` wrote, on standard input
# by_token FILE ARGUMENTS...: as the token in FILE says.
by_token() {
  local file=$1
  shift
  KONTENA_TOKEN=$(cat "$file") KONTENA_URL=$url as nobody "$@"
}
stack() { printf 'services: {web: {image: busybox, command: [sh, -c, "while sleep 0.2; do echo here; done"], stop_grace_period: 1s}}\n'; }
stack >"$home/web.yaml"

check "a project is made" ktn project create shop
check "and another" ktn project create pay
check "a user is made" ktn user create ann --full-name 'Ann Lee' --group team
check "and another" ktn user create bob
expect_fail "one of that name is there already" 5 "already" ktn user create ann
expect_fail "that is no name" 2 "cannot be a user's name" ktn user create 'A b'
expect_output "they are listed" '^ann +local +new +team' ktn user ls
check "ann deploys in shop" ktn binding create ann deployer /default/shop
check "her group sees pay" ktn binding create group:team viewer /default/pay
check "bob deploys in pay" ktn binding create bob deployer /default/pay
expect_output "who has which role is listed" 'group:team +viewer +/default/pay' ktn binding ls
expect_output "of one place too" '^bob deployer /default/pay$' ktn binding ls -q --scope /default/pay
expect_output "a project is shown with its people" 'ann is deployer at /default/shop' ktn project show shop
expect_fail "a role that is not there is named" 4 "role 'captain' not found" ktn binding create ann captain /default/shop

invite() { ktn user invite "$1" 2>/dev/null >"$home/$1.code"; }
check "ann is invited" invite ann
lines "$(cat "$home/ann.code")" short
expect_fail "a short password is refused" 2 "10" as_given ann login --url "$url" --user ann --invited
lines "$(cat "$home/ann.code")" 'correct horse battery'
check "she logs in with the invitation" as_given ann login --url "$url" --user ann --invited
expect_fail "which is good once" 6 "invitation" as_given eve login --url "$url" --user ann --invited
check "bob is invited" invite bob
lines "$(cat "$home/bob.code")" 'staple battery horse'
check "and logs in" as_given bob login --url "$url" --user bob --invited
expect_output "who she is, she is told" '^user +ann' as ann whoami
expect_output "with what she has" '^role +viewer at /default/pay, of group team' as ann whoami
expect_output "her account is shown as active" '^state +active' ktn user show ann

check "ann deploys in shop" as ann --project shop stack deploy -f "$home/web.yaml" web
check "bob deploys in pay" as bob --project pay stack deploy -f "$home/web.yaml" till
expect_output "she sees what her group may see" '^till ' as ann --project pay stack ls
expect_fail "and deploys nothing there" 6 "deploy" as ann --project pay stack deploy -f "$home/web.yaml" till
expect_fail "to bob shop is not there" 4 "project 'shop' not found" as bob --project shop stack ls
expect_fail "as one that does not exist" 4 "project 'ghost' not found" as bob --project ghost stack ls
expect_output "he sees his own project only" '^pay$' as bob project ls -q
expect_fail "he makes no users" 6 "" as bob user create carl
expect_fail "he gives himself nothing" 6 "" as bob binding create bob project-admin /default/pay
expect_fail "and removes no node" 6 "" as bob node rm -y h1

expect_output "what grants it is named" '^yes: deployer at /default/shop of ann' as ann can-i deploy /default/shop
cannot() { local said status=0; said=$(as ann can-i deploy /default/pay) || status=$?; ((status == 1)) && has '^no: ' <<<"$said"; }
check "and what is missing, with another exit status" cannot
expect_output "an administrator asks it of others" '^yes: deployer at /default/pay of bob' ktn can-i deploy /default/pay --as bob
expect_output "all that one may is listed" '^scale$' as ann --project shop can-i --list

check "a role of some verbs is made" ktn role create watcher --verbs view,logs --description 'to look'
expect_output "and shown" '^logs$' ktn role show watcher
expect_fail "a verb that is not there is named" 2 "no verb 'fly'" ktn role create flyer --verbs fly
check "it is given for some stacks" ktn binding create bob watcher '/default/shop/we*'
expect_output "now bob sees that stack" '^web$' as bob --project shop stack ls -q
check "it is taken away" ktn binding rm -y bob watcher '/default/shop/we*'
expect_fail "and he does not" 4 "project 'shop' not found" as bob --project shop stack ls
check "the role goes too" ktn role rm -y watcher

# ---- tokens
check "an account for programs is made" ktn user create ci --service
expect_fail "which nobody is invited to" 5 "service account" ktn user invite ci
check "it deploys in both" ktn binding create ci deployer /default
token() { # FILE ARGUMENTS...
  local file=$1
  shift
  ktn token create "$@" -q 2>/dev/null >"$home/$file"
}
check "a token for it, for one project and to look" token ci.token --for ci --scope /default/shop --verbs view --expires 1h
expect_output "it looks there" '^web$' by_token "$home/ci.token" --project shop stack ls -q
expect_fail "deploys nothing" 6 "" by_token "$home/ci.token" --project shop stack deploy -f "$home/web.yaml" web
expect_fail "and sees no other project" 4 "" by_token "$home/ci.token" --project pay stack ls
id() { ktn token ls | awk '$3 == "ci" && !/logs/ {print $1}'; }
cp "$home/ci.token" "$home/old.token"
rotate() { ktn token rotate "$(id)" 2>/dev/null >"$home/ci.token"; }
follow() { # NAME COMMAND...: its open stream, until it has written something
  local name=$1
  shift
  "$@" >"$home/$name.log" 2>"$home/$name.err" &
  FOLLOW=$!
  following() { [[ -s $home/$name.log ]]; }
  wait_until 10 "the stream of $name is open" following
}
gone() { ! kill -0 "$FOLLOW" 2>/dev/null; }
check "another one follows logs" token logs.token --for ci --scope /default/shop --verbs view,logs
follow ci by_token "$home/logs.token" --project shop logs -f web
check "it is rotated" ktn token rotate -q "$(ktn token ls | awk '/view,logs|logs,view/ {print $1}')"
check_within 2 "and its open stream has ended" gone
expect_fail "as have its requests" 6 "" by_token "$home/logs.token" --project shop stack ls
check "the first one is rotated" rotate
expect_fail "the old secret is worth nothing" 6 "" by_token "$home/old.token" --project shop stack ls
expect_output "the new one is" '^web$' by_token "$home/ci.token" --project shop stack ls -q
check "it is revoked" ktn token rm -y "$(id)"
expect_fail "and is worth nothing" 6 "" by_token "$home/ci.token" --project shop stack ls
check "a token for a second" token short.token --for ci --expires 1s
ended() { not by_token "$home/short.token" --project shop stack ls 2>/dev/null >&2; }
check_within 10 "it ends by itself" ended

# ---- who waits costs nothing
check "an empty project is made" ktn project create empty
printf 'authorization: Bearer %s\n' "$(admin_token)" >"$home/admin.header"
beats() { { timeout 3 "$HOSTLAB" exec 1 curl -sN --cacert "$(server_dir 1)/ca.pem" -H "@$home/admin.header" "$url/v1/grids/default/projects/empty/logs?follow=true" || true; } | wc -l; }
expect_output "following nothing is a beat a second" '^[1-6]$' beats

# ---- sessions and passwords
lines 'correct horse battery' 'another horse battery'
check "ann changes her password" as_given ann user password
lines 'correct horse battery'
expect_fail "the old one is not good any more" 6 "not right" as_given ann2 login --url "$url" --user ann --ca-file "$(server_dir 1)/ca.pem"
lines 'another horse battery'
check "the new one is" as_given ann2 login --url "$url" --user ann --ca-file "$(server_dir 1)/ca.pem"
expect_output "she has two sessions" '^2$' sh -c 'printf %s "$1" | grep -c ann' sh "$(as ann session ls)"
check "she logs out there" as ann2 logout
expect_fail "and is" 6 "" as ann2 project ls
expect_output "one session is left" '^1$' sh -c 'printf %s "$1" | grep -c ann' sh "$(as ann session ls)"

follow ann as ann --project shop logs -f web
check "ann is disabled" ktn user disable ann
check_within 2 "her open stream has ended" gone
expect_fail "her session too" 6 "" as ann project ls
expect_fail "and she does not get in again" 6 "disabled" as_given ann2 login --url "$url" --user ann --ca-file "$(server_dir 1)/ca.pem"
check "she is enabled" ktn user enable ann
check "and gets in" as_given ann2 login --url "$url" --user ann --ca-file "$(server_dir 1)/ca.pem"

# ---- guessing
lines 'not the password'
locked() {
  local try
  for try in 1 2 3 4 5 6 7 8; do
    as_given eve login --url "$url" --user bob --ca-file "$(server_dir 1)/ca.pem" 2>"$home/guess.err" && return 1
    has 'too many attempts' <"$home/guess.err" && return 0
  done
  return 1
}
check "after some wrong passwords there is a wait" locked
lines 'staple battery horse'
expect_fail "also for the right one" 1 "too many attempts" as_given bob2 login --url "$url" --user bob --ca-file "$(server_dir 1)/ca.pem"
expect_output "who is logged in goes on" '^pay$' as bob project ls -q
lines 'another horse battery'
check "and others get in" as_given ann2 login --url "$url" --user ann --ca-file "$(server_dir 1)/ca.pem"

# ---- the first token
check "another administrator is made" ktn user create root2
check "with all rights" ktn binding create root2 server-admin /
check "and invited" invite root2
lines "$(cat "$home/root2.code")" 'a third long password'
check "they log in" as_given root2 login --url "$url" --user root2 --invited
first() { as root2 token ls | awk '$3 == "admin" {print $1; exit}'; }
check "the token of the first start is revoked" as root2 token rm -y "$(first)"
expect_fail "it is worth nothing" 6 "" ktn project ls
expect_fail "the last administrator cannot go" 5 "" as root2 binding rm -y root2 server-admin /
expect_output "all of it is in the audit" 'token.remove' as root2 audit ls --verb 'token.*'
expect_output "also who was refused" 'session.create' as root2 audit ls --verb session.create
unset_secret() { ! as root2 audit export - | grep -Eq 'horse battery|battery horse'; }
check "and no password" unset_secret
finish
