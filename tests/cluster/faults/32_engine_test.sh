#!/usr/bin/env bash
# tier: long
# limit: 420
# Docker is restarted, without and with live-restore; and is away for a while.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
. "$(dirname -- "$0")/../support/runs.sh"
lab_up 2
start_cluster 2
check "replicas are deployed" ktn stack deploy -f - web <<<"services: {a: {image: busybox, $STOPS_AT_ONCE, restart: unless-stopped, deploy: {replicas: 6}}}"
others=$(runs 1)
untouched() { [[ $others == "$(runs 1)" ]]; }
three_again() { (($(lab docker 2 ps -q --filter name=web.a | wc -l) == 3)); }
expect_output "the agent's log says what a restart of Docker would do" 'a restart of Docker stops all containers' tail_of 2 agent 100
expect_output "and so does the node" 'live-restore' ktn node show h2

for way in stop kill; do
  lab engine 2 "$way"
  lab engine 2 start
  check_within 40 "after Docker's $way its containers run again" three_again
  check "on the other host none was restarted" untouched
done
wait_until 20 "both nodes are ready" nodes_ready 2

lab exec 2 sh -c 'mkdir -p /etc/docker && echo "{\"live-restore\": true}" >/etc/docker/daemon.json'
lab engine 2 stop
lab engine 2 start
check_within 40 "they run again" three_again
no_advice() { ! ktn node show h2 | has live-restore; }
check_within 20 "nothing is advised to a node with live-restore" no_advice
before=$(runs)
same() { [[ $before == "$(runs)" ]]; }
for way in stop kill; do
  lab engine 2 "$way"
  lab engine 2 start
  check_within 20 "with live-restore Docker's $way restarts nothing" same
done

lab engine 2 stop
check "work comes for it meanwhile" ktn service scale --detach web/a=8
check_within 5 "its agent says so" bash -c "tail -n 5 '$(role_log 2 agent)' | grep -q 'the engine does not answer'"
sleep_until=$((SECONDS + 60))
minute_over() { ((SECONDS >= sleep_until)); }
wait_until 70 "a minute is over" minute_over
lab engine 2 start
check_within 40 "back after a minute it does what came meanwhile" running_is web.a 8
kept() { [[ -z $(comm -23 <(cat <<<"$before") <(runs)) ]]; }
check "and restarts nothing" kept
finish
