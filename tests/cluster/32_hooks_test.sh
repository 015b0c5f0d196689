#!/usr/bin/env bash
# Commands around a container's start and stop: run where and when they should, also when an agent
# is killed in their midst; and a failing one fails the deploy with what it said.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 2
start_cluster 2

stack() { # POST_START PRE_STOP PRE_START [REPLICAS]
  cat <<END
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap 'exit 0' TERM; sleep 9999 & wait"]
    stop_grace_period: 3s
    restart: "${RESTART:-no}"
    environment: {GREETING: hello}
    volumes: [/var/tmp/hooks:/said]
    pre_start:
      - command: ["sh", "-c", "$3"]
    post_start:
      - command: ["sh", "-c", "$1"]
        environment: {NAME: world}
      - command: ["sh", "-c", "echo as \$\$(id -u) in \$\$(pwd) >> /said/log"]
        user: "7"
        working_dir: /tmp
    pre_stop:
      - command: ["sh", "-c", "$2"]
    deploy: {replicas: ${4:-1}, placement: {constraints: ["node.hostname == h2"]}}
END
}
said() { lab exec 2 cat /var/tmp/hooks/log; }
forget() { lab exec 2 sh -c 'mkdir -p /var/tmp/hooks; rm -f /var/tmp/hooks/*; : > /var/tmp/hooks/log; chmod -R 777 /var/tmp/hooks'; }
lines() { said | grep -c "$1" || true; }
left_there() { lab docker 2 ps -aq --filter label=io.kontena.stack=shop | wc -l; }

forget
# Whose folder is asked for all the time, so that a deploy need not wait for the answer.
keep() {
  ktn stack deploy -f - keeper <<END
services:
  sleeper: {image: busybox, command: ["sleep", "9999"], stop_grace_period: 0s, volumes: [/var/tmp/hooks:/said], deploy: {placement: {constraints: ["node.hostname == h2"]}}}
END
}
check_within 30 "the folder is known" keep
deploy_first() { ktn stack deploy -f - shop < <(stack 'echo $$GREETING $$NAME >> /said/log' 'echo bye >> /said/log' 'echo prepared >> /said/log' 2); }
RESTART=always
check "a stack with hooks is deployed" deploy_first
expect_output "the hooks before the first instance ran once for two replicas" '^1$' lines prepared
expect_output "those after the start in each, with their own environment besides the container's" '^2$' lines 'hello world'
expect_output "and as the user, in the folder" '^2$' lines 'as 7 in /tmp'
expect_output "what runs hooks before the start is gone" '^2$' left_there

victim=$(running_names shop.web | sed -n 1p)
check "a container is killed" lab docker "${victim% *}" kill "${victim#* }"
again() { [[ $(lines 'hello world') == 3 ]]; }
check_within 20 "its hooks are run after its next start" again
expect_output "but not those before the first instance" '^1$' lines prepared
expect_output "and none before a stop that nobody asked for" '^0$' lines bye

check "the service is scaled down" ktn service scale shop/web=1
gone() { [[ $(lines bye) == 1 && $(left_there) == 1 ]]; }
check_within 20 "what the cluster stops says good-bye" gone

RESTART=no
# A hook that is not over does not keep the container from being stopped.
check "a hook that hangs before the stop" ktn stack deploy -f - shop < <(stack true 'echo bye >> /said/log; sleep 600' true)
forget
begun=$SECONDS
check "a stack is removed" ktn stack rm -y shop
none() { [[ $(left_there) == 0 ]]; }
check_within 20 "and its container is gone" none
expect_output "the hook had begun" '^1$' lines bye
check "it was waited for no longer than the grace period and the stop's own" test $((SECONDS - begun)) -le 12

# The agent dies while a hook runs.
forget
deploy_slow() { ktn stack deploy --detach -f - shop < <(stack 'echo begun >> /said/log; while [ ! -e /said/go ]; do sleep 0.1; done; echo ended >> /said/log' true 'echo preparing >> /said/log; while [ ! -e /said/ready ]; do sleep 0.1; done'); }
check "a stack whose hooks wait" deploy_slow
preparing() { [[ $(lines preparing) == 1 ]]; }
check_within 20 "the hook before the start has begun" preparing
kill_agent 2
lab exec 2 touch /var/tmp/hooks/ready
start_agent 2
begun_once() { [[ $(lines begun) == 1 ]]; }
check_within 30 "it ended while the agent was away, and the next agent knows" begun_once
expect_output "so that it was not run again" '^1$' lines preparing
is_starting() { ktn ps --format jsonl | has '"state":"starting"'; }
check_within 10 "while the hook after the start is under way, the instance is starting" is_starting
kill_agent 2
start_agent 2
begun_twice() { [[ $(lines begun) == 2 ]]; }
check_within 30 "a hook that an agent died in is run again" begun_twice
lab exec 2 touch /var/tmp/hooks/go
is_running() { ktn ps --format jsonl | has '"state":"running"'; }
check_within 20 "once it has ended well the instance runs" is_running
check "the stack is removed" ktn stack rm -y shop
check_within 20 "and its container is gone" none

# Failures.
fails() { ! ktn stack deploy -f - shop; }
check "a deploy fails with its hook after the start" fails < <(stack 'echo no luck; exit 3' true true)
expect_output "which is named, with its exit status" 'post_start hook 1 .*exited with status 3' ktn ps
expect_output "what it said is shown" 'no luck' ktn service show shop/web
stopped() { [[ -z $(lab docker 2 ps -q --filter label=io.kontena.stack=shop) ]]; }
check_within 20 "the container was stopped" stopped
check "a deploy fails with its hook before the start" fails < <(stack true true 'echo no table; exit 4')
expect_output "which is named, with its exit status" 'pre_start hook 1 .*exited with status 4' ktn ps
expect_output "what it said is shown" 'no table' ktn service show shop/web
check "the next deploy is good" ktn stack deploy -f - shop < <(stack true true true)
check "and the stack is removed" ktn stack rm -y shop
check_within 20 "nothing is left" none
finish
