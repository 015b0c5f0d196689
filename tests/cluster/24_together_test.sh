#!/usr/bin/env bash
# Services that share namespaces and volumes are on one host and go from there together; others go where
# there is what they need; jobs run to their end.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
start_cluster 3
need_image nginx
need_image client
TRAP='command: ["sh", "-c", "trap '"'exit 0'"' TERM; sleep 9999 & wait"]'
deploy() { ktn stack deploy -f - "$@"; }
host_of() { running_names "$1" | cut -d' ' -f1 | head -n 1; }
ask() { lab docker "$(host_of shop.agent)" exec shop.agent-1 curl -s --max-time 2 http://localhost/; }
answers() { ask | grep -q hello; }
together() { [[ -n $(host_of shop.web) && $(host_of shop.web) == "$(host_of shop.agent)" && $(running_names shop.web | wc -l) == 1 ]]; }
all_is_well() { together && answers; }

expect_fail "more instances than there are to be beside are refused, with the counts" 2 "3 instances and 'web' has 2 instances" \
  deploy shop <<<"services: {web: {image: nginx, scale: 2}, agent: {image: client, network_mode: 'service:web', scale: 3}}"
expect_fail "a container from outside is refused" 2 "names a container outside the stack" \
  deploy shop <<<"services: {web: {image: nginx, network_mode: 'container:abc'}}"
check "a service in another's network is deployed" deploy shop <<END
services:
  web: {image: nginx, restart: always}
  agent: {image: client, $TRAP, network_mode: "service:web", pid: "service:web", restart: always, stop_grace_period: 1s}
END
check "it runs on the same host" together
expect_output "and finds it on localhost" '^hello$' ask
expect_output "sees its processes" 'nginx' lab docker "$(host_of shop.agent)" exec shop.agent-1 ps
expect_output "and is told names of the cluster" '10\.' lab docker "$(host_of shop.agent)" exec shop.agent-1 getent hosts web

check "the container of the one is killed" lab docker "$(host_of shop.web)" kill shop.web-1
check_within 30 "both are back" all_is_well
check "it is removed by hand" lab docker "$(host_of shop.web)" rm -f shop.web-1
check_within 30 "both are back" all_is_well
home=$(host_of shop.web)
check "their host is drained" ktn node drain "h$home"
moved() { all_is_well && [[ $(host_of shop.web) != "$home" ]]; }
check_within 60 "both are on another one" moved
check "it is activated again" ktn node activate "h$home"
check "a changed one is deployed" deploy shop <<END
services:
  web: {image: nginx, restart: always, environment: {A: b}}
  agent: {image: client, $TRAP, network_mode: "service:web", restart: always, stop_grace_period: 1s}
END
check_within 30 "both are together" all_is_well

check "a service with the volumes of another is deployed" deploy files <<END
services:
  store: {image: busybox, command: ["sh", "-c", "echo kept > /data/file; trap 'exit 0' TERM; sleep 9999 & wait"], volumes: ["data:/data"]}
  reader: {image: busybox, $TRAP, volumes_from: ["store:ro"]}
volumes: {data: }
END
expect_output "it sees the files" '^kept$' lab docker "$(host_of files.reader)" exec files.reader-1 cat /data/file
expect_fail "and cannot write them" 1 "Read-only" lab docker "$(host_of files.reader)" exec files.reader-1 touch /data/x
finish
