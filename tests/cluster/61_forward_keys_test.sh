#!/usr/bin/env bash
# A place that knows its senders by a header: its value is given by a file, sealed on the server, on no disk of a node, and
# shown to nobody; what is wrong with a place stands in the list, with the node that says so.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
. "$(dirname -- "$0")/support/numbered.sh"
lab_up 2
start_cluster 2
folder=$(client_dir 1)/forward
mkdir -p "$folder"
address=$(lab ip 1)
secret="planted-$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')"
(umask 077 && printf 'Bearer %s\n' "$secret" >"$folder/key")
cp "$folder/key" "$folder/wanted"
sink=
start_sink() { sink=$(lab spawn 1 otlp python3 "$CLUSTER_TESTS/support/log_sink.py" otlp 4318 "$folder/out" "$folder/wanted"); }
end_sink() { lab exec 1 kill -KILL "$sink"; }
start_sink

expect_fail "a value is not taken from the command line" 2 "NAME=@FILE" ktn forward create otel --to "otlp+http://$address" --header "authorization=$secret"
expect_fail "syslog has no headers" 2 "only otlp" ktn forward create x --to "syslog+tcp://$address" --header "authorization=@$folder/key"
check "a place is given with its header" ktn forward create otel --to "otlp+http://$address" --header "Authorization=@$folder/key"
expect_output "the list has the header's name, and that all is well" "otel .* authorization .* ok *$" ktn forward ls
told() { has '"name":"otel"' <"$(agent_dir "$1")/forwards/forwards.json"; }
for k in 1 2; do check_within 30 "the agent of h$k is told" told "$k"; done
check "a service that counts is deployed" ktn stack deploy --detach -f - t <<<"services: {a: $(counts 200 h2)}"
came() { (($(grep -c '^a n ' "$folder/out") >= $1)); }
check_within 60 "its lines come to who wants the header" came 200

# ------------------------------------------------------------------ nowhere in clear
nowhere() { ! grep -rqa -e "$secret" "$(server_dir 1)" "$(agent_dir 1)" "$(agent_dir 2)" "$(host_home 1)/log" "$(host_home 2)/log"; }
check "the value is on no disk of server or nodes, and in no log" nowhere
shown() { { ktn forward ls --format json && ktn audit --format json; } 2>&1 | has -e "$secret"; }
expect_fail "and is shown to nobody" 1 "" shown

# ------------------------------------------------------------------ trouble
again() { lab docker 2 restart -t 0 t.a-1 >/dev/null; }
end_sink
check "with the place away it writes it all again" again
away() { ktn forward ls | has -E '^otel .* h2: .*(refused|connect)'; }
check_within 40 "the list says which node cannot send, and why" away
no_h1() { ktn forward ls --format json | jq -e '.[0].troubles | map(.node) == ["h2"]' >/dev/null; }
check "and no other node" no_h1
kill_server
start_server
check_within 40 "a new server is told of it too" away
printf 'Bearer another\n' >"$folder/wanted"
start_sink
refused() { ktn forward ls | has -E '^otel .* h2: .*status 401'; }
check_within 40 "a place that wants another key says so" refused
printf 'Bearer another\n' >"$folder/key"
check "the place is given again, with that" ktn forward create otel --to "otlp+http://$address" --header "authorization=@$folder/key"
check_within 60 "all lines come" came 400
well() { ktn forward ls | has -E '^otel .* ok *$'; }
check_within 40 "and all is well again" well

# ------------------------------------------------------------------ a restart without the server
kill_server
kill_agent 2
start_agent 2
check "with the server away it writes it all again" again
wait_until 60 "to its end" log_has 2 t.a-1 'n 199' 3
expect_output "nothing is sent without the key" '^400$' grep -c '^a n ' "$folder/out"
start_server
wait_until 60 "the nodes are ready again" nodes_ready 2
check_within 60 "once the server has told the key all of it comes" came 600

# ------------------------------------------------------------------ what an agent had trouble with ends with it
end_sink
check "with the place away it writes it all once more" again
check_within 40 "the list says so" away
kill_agent 2
start_sink
start_agent 2
check_within 60 "a new agent of the node has no trouble, and says that" well
finish
