#!/usr/bin/env bash
# Hosts join by a token, keep their identity without it, and are told plainly what is wrong.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
KT_LOST_AFTER=3s
lab_up 3
start_server

expect_output "the server's files are its owner's alone" '^700 600 600 600 600$' \
  sh -c 'cd "$1" && stat -c %a . admin.token join.token ca.key server.key | tr "\n" " " | sed "s/ $//"' sh "$(server_dir 1)"
start_agent 1
start_agent 2 --label zone=b --label disk=ssd
wait_until 20 "two nodes are ready" nodes_ready 2
expect_output "labels given at the join are there" '^h2 .*disk=ssd,zone=b|zone=b.*disk=ssd' ktn node ls

# join_now K TOKEN-FILE ARGUMENTS...: an agent in the foreground, with a state folder of its own
join_now() {
  local k=$1 token=$2
  shift 2
  timeout 20 "$HOSTLAB" exec "$k" "$KONTENA" agent --server "$(server_address)" --token-file "$token" \
    --state-dir "$(host_home "$k")/kontena/try" --docker-socket "$DOCKER_SOCKET" "$@"
}
scratch=$(server_dir 1)
expect_fail "a taken name is refused" 5 "named 'h1' already" join_now 3 "$scratch/join.token" --name h1
sed 's/.....$/AAAAA/' "$scratch/join.token" >"$scratch/wrong.token"
expect_fail "a wrong token is refused" 6 "not valid" join_now 3 "$scratch/wrong.token" --name h3
printf 'ktn1.%064d.aaaaaaaaaaaa.%043d\n' 0 0 >"$scratch/other.token"
expect_fail "a token of another server is refused before it is sent" 6 "not the one that made this token" \
  join_now 3 "$scratch/other.token" --name h3
echo nonsense >"$scratch/nonsense.token"
expect_fail "what is no token is called so" 2 "token" join_now 3 "$scratch/nonsense.token" --name h3
expect_fail "a missing token file is named" 2 "gone.token" join_now 3 "$scratch/gone.token" --name h3
expect_fail "an agent without Docker says so" 7 "Docker" \
  timeout 20 "$HOSTLAB" exec 3 "$KONTENA" agent --server "$(server_address)" --token-file "$scratch/join.token" \
  --state-dir "$(host_home 3)/kontena/try" --docker-socket /run/nothing.sock --name h3

ktn token create -q --uses 1 --label zone=c >"$scratch/once.token"
start_agent 3 --token-file "$scratch/once.token"
wait_until 20 "three nodes are ready" nodes_ready 3
expect_output "the token's labels go to the node" 'zone=c' ktn node show h3
expect_fail "a token for one use is used up" 6 "used up" join_now 2 "$scratch/once.token" --name h4
ktn token create -q --expires 1s >"$scratch/short.token"
expired() { ! ktn token ls | has "$(cut -d. -f3 "$scratch/short.token").*in [0-9]"; }
wait_until 10 "the short token's time is over" expired
expect_fail "an expired token says when" 6 "expired at 2" join_now 2 "$scratch/short.token" --name h4

stop_agent 2
lost() { ktn node ls | grep -Eq "^h$1 +lost"; }
check_within 15 "the node of a stopped agent is called lost" lost 2
start_agent 2 --token-file /nonexistent
wait_until 20 "it is back without its token" nodes_ready 3

check "a node is labelled" ktn node label h1 disk=hdd
expect_output "and shown with it" 'disk=hdd' ktn node show h1
check "a label is taken away" ktn node label h1 disk-
expect_fail "a label that is not there cannot be" 4 "no label" ktn node label h1 disk-

stop_agent 3
wait_until 15 "h3 is called lost" lost 3
check "a node is removed" ktn node rm -y h3
expect_fail "it is gone" 4 "not found" ktn node show h3
expect_fail "its certificate is worth nothing" 6 "removed" \
  timeout 20 "$HOSTLAB" exec 3 "$KONTENA" agent --server "$(server_address)" --state-dir "$(agent_dir 3)" \
  --docker-socket "$DOCKER_SOCKET" --name h3

expect_fail "a name that the certificate lacks is told, with the flag that adds it" 6 "advertise" \
  "$HOSTLAB" exec 2 sh -c 'echo "'"$(lab ip 1)"' shop.example" >>/etc/hosts; KONTENA_URL=https://shop.example:7443 KONTENA_TOKEN=$(cat "'"$(server_dir 1)/admin.token"'") "'"$KONTENA"'" client status'
finish
