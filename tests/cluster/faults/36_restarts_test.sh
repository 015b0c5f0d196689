#!/usr/bin/env bash
# tier: long
# Restart policies: back-off, delay, attempts, health; and why something failed is told, also later.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
. "$(dirname -- "$0")/../support/runs.sh"
lab_up 1
start_cluster 1

check "one that crashes twice, and then runs" ktn stack deploy --detach -f - crash <<'END'
services:
  a:
    image: busybox
    restart: always
    command: ["sh", "-c", "echo try >>/tries; if [ $$(wc -l </tries) -lt 3 ]; then echo no database; exit 3; fi; trap 'exit 0' TERM; sleep 9999 & wait"]
END
crashed_and_runs() { [[ $(status_field crash/a-1 state) == running && $(status_field crash/a-1 restarts) == 2 ]]; }
check_within 20 "it runs after two restarts" crashed_and_runs
expect_output "why it failed is still told" '^exited with status 3$' status_field crash/a-1 last_failure message
expect_output "with the end of its log" 'no database' status_field crash/a-1 last_failure last_lines
counted_anew() { [[ $(status_field crash/a-1 failures) == 0 ]]; }
check_within 20 "after a stable run its failures are counted anew" counted_anew
kill_agent 1
start_agent 1
wait_until 20 "the node is ready" nodes_ready 1
known() { [[ $(status_field crash/a-1 restarts) == 2 && $(status_field crash/a-1 last_failure message) == "exited with status 3" ]]; }
check_within 10 "another agent knows it too" known

check "one with a limit that it breaks" ktn stack deploy --detach -f - oom <<'END'
services:
  a:
    image: busybox
    restart: on-failure:1
    command: ["sh", "-c", "x=a; while :; do x=$$x$$x; done"]
    deploy: {resources: {limits: {memory: 16M}}}
END
oom() { [[ $(status_field oom/a-1 last_failure message) == *"out of memory (limit 16 MB)"* && $(status_field oom/a-1 state) == failed ]]; }
check_within 40 "it ran out of memory, and gave up after its one restart" oom

check "one with a delay" ktn stack deploy --detach -f - delay <<'END'
services: {a: {image: busybox, command: ["sh", "-c", "date +%s >>/times; exit 1"], deploy: {restart_policy: {condition: on-failure, delay: 3s, max_attempts: 3}}}}
END
gave_up() { [[ $(status_field delay/a-1 state) == failed ]]; }
check_within 40 "it gives up after its attempts" gave_up
lab docker 1 cp delay.a-1:/times "$SCRATCH/times"
check "it ran four times" test "$(wc -l <"$SCRATCH/times")" = 4
spaced() { awk 'NR > 1 && ($1 - before < 3 || $1 - before > 5) { bad = 1 } { before = $1 } END { exit bad }' "$SCRATCH/times"; }
check "with the delay between" spaced

check "one that turns unhealthy" ktn stack deploy -f - sick <<'END'
services:
  a:
    image: busybox
    restart: always
    command: ["sh", "-c", "touch /well; trap 'exit 0' TERM; sleep 9999 & wait"]
    healthcheck: {test: ["CMD-SHELL", "test -e /well || { echo no more; exit 1; }"], interval: 500ms, timeout: 5s, retries: 2}
  b:
    image: busybox
    restart: "no"
    command: ["sh", "-c", "touch /well; trap 'exit 0' TERM; sleep 9999 & wait"]
    healthcheck: {test: ["CMD-SHELL", "test -e /well"], interval: 500ms, timeout: 5s, retries: 2}
END
before=$(field 1 sick.a-1 '{{.Id}}')
left=$(field 1 sick.b-1 '{{.Id}} {{.State.StartedAt}}')
lab docker 1 exec sick.a-1 rm /well
lab docker 1 exec sick.b-1 rm /well
replaced() { [[ $(field 1 sick.a-1 '{{.Id}} {{.State.Health.Status}}') != "$before "* && $(field 1 sick.a-1 '{{.State.Health.Status}}') == healthy ]]; }
check_within 30 "it is made anew, and healthy" replaced
expect_output "what its probe said is told" '^unhealthy: no more$' status_field sick/a-1 last_failure message
sick_b() { [[ $(field 1 sick.b-1 '{{.State.Health.Status}}') == unhealthy ]]; }
check_within 20 "the one with policy no is unhealthy" sick_b
check "and left as it is" test "$left" = "$(field 1 sick.b-1 '{{.Id}} {{.State.StartedAt}}')"
finish
