#!/usr/bin/env bash
# limit: 420
# Logs come once and in order, whoever was away meanwhile: the server, the agent, Docker; and over rotated files.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
. "$(dirname -- "$0")/support/numbered.sh"
lab_up 2
start_cluster 2
logs_are_kept

# The files have room for all of it: what Docker rotates away while nobody reads is lost, however soon the agent is back.
check "services that count are deployed" ktn stack deploy --detach -f - t <<END
services:
  plain: $(counts 30000 h2)
  small: $(counts 30000 h2 'json-file, options: {max-size: 300k, max-file: "14"}')
  local: $(counts 30000 h2 'local, options: {max-size: 300k, max-file: "14"}')
END
wait_until 60 "they have begun" some_lines t/plain 1000

kill_agent 2
start_agent 2
for service in plain small local; do
  check_within 120 "with an agent killed in the midst of it all lines of '$service' come" some_lines "t/$service" 30000
  check "each once and in order" in_order "t/$service" 30000
done

kill_server
check "while the server is away a container writes it all again" lab docker 2 restart -t 0 t.plain-1
wait_until 60 "to its end" log_has 2 t.plain-1 'n 29999' 2
kill_agent 2
lab engine 2 kill
start_agent 2
lab engine 2 start
start_server
wait_until 60 "the nodes are ready again" nodes_ready 2
check_within 60 "what was written meanwhile comes" some_lines t/plain 60000
expect_output "none of it twice but what was written twice" '^0$' wrong_numbers t/plain 30000

check "a service that says its last words is deployed" ktn stack deploy -f - gone <<END
services: {short: $(counts 3000 h2)}
END
check "and removed" ktn stack rm -y gone
check_within 20 "its log is there, to its end" some_lines gone/short 3000
check "each once and in order" in_order gone/short 3000
finish
