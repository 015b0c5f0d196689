#!/usr/bin/env bash
# limit: 1800
# A million numbered lines, while agent, server and Docker are killed in turn: each comes once, in order.
#
# settings (environment): LINES (1000000), of all services together; KILLS (6)
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
. "$(dirname -- "$0")/../support/numbered.sh"
LINES=${LINES:-1000000}
KILLS=${KILLS:-6}
EACH=$((LINES / 4))
lab_up 3
# Containers outlive Docker here: else a kill of it cuts off what they say.
for k in 1 2 3; do
  lab exec "$k" sh -c 'mkdir -p /etc/docker && echo "{\"live-restore\": true}" >/etc/docker/daemon.json'
  lab engine "$k" stop
  lab engine "$k" start
done
start_cluster 3
logs_are_kept
check "services that count are deployed" ktn stack deploy --detach -f - t <<END
services:
  a: $(counts "$EACH" h2)
  b: $(counts "$EACH" h3)
  c: $(counts "$EACH" h2 'json-file, options: {max-size: 20m, max-file: "3"}')
  d: $(counts "$EACH" h3 local)
END
wait_until 60 "they have begun" some_lines t/a 1000

for ((i = 0; i < KILLS; i++)); do
  k=$((2 + i / 3 % 2))
  case $((i % 3)) in
    0) kill_agent "$k" && start_agent "$k" ;;
    1) kill_server && start_server ;;
    2) lab engine "$k" kill && lab engine "$k" start ;;
  esac
  count=$(numbers t/a | wc -l)
  check_within 60 "after kill $((i + 1)) lines go on coming" some_lines t/a $((count + 1 < EACH ? count + 1 : EACH))
done
for service in a b c d; do
  check_within 600 "all lines of $service are there" some_lines "t/$service" "$EACH"
  expect_output "each once and in order" '^0$' wrong_numbers "t/$service" "$EACH"
done
all_of_them() { numbers t | sort -n | uniq -c | awk '$1 != 4 { ++wrong } END { print NR, wrong + 0 }'; }
expect_output "counted over all of them" "^$EACH 0\$" all_of_them
finish
