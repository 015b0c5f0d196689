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
answers() { ask | has hello; }
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
expect_output "and is told names of the cluster" '^hello$' lab docker "$(host_of shop.agent)" exec shop.agent-1 curl -s --max-time 2 http://web/

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

# Each host has a /run of its own; the rest of the file system they share.
check "a file is on one host" lab exec 2 sh -c 'mkdir -p /run/here; echo there > /run/here/file'
check "a service with it is deployed" deploy path <<<"services: {a: {image: busybox, $TRAP, volumes: ['/run/here:/in:ro']}}"
expect_output "it runs where the file is" '^2$' host_of path.a
check "one with a folder that is nowhere is deployed" deploy made <<<"services: {a: {image: busybox, $TRAP, volumes: ['/run/nowhere:/in']}}"
expect_fail "one that must find it is not" 11 "3 without '/run/missing'" \
  deploy must <<<"services: {a: {image: busybox, $TRAP, volumes: [{type: bind, source: /run/missing, target: /in, bind: {create_host_path: false}}]}}"
check "an external volume is on one host" lab docker 3 volume create theirs
check "a service with it is deployed" deploy outer <<<"{services: {a: {image: busybox, $TRAP, volumes: ['theirs:/data']}}, volumes: {theirs: {external: true}}}"
expect_output "it runs where the volume is" '^3$' host_of outer.a
expect_fail "a platform that no host is of has no place" 11 "3 not of the platform linux/s390x" \
  deploy other <<<"services: {a: {image: busybox, $TRAP, platform: linux/s390x}}"
expect_fail "nor has a runtime that no engine knows" 11 "3 without the runtime gvisor" \
  deploy other <<<"services: {a: {image: busybox, $TRAP, runtime: gvisor}}"
check "the usual ones have" deploy other <<<"services: {a: {image: busybox, $TRAP, runtime: runc, platform: linux/amd64, devices: ['/dev/null:/dev/nothing']}}"
expect_fail "a device that is on no host has no place" 11 "3 without '/dev/nosuch'" \
  deploy dev <<<"services: {a: {image: busybox, $TRAP, devices: [/dev/nosuch]}}"

check "a job is deployed, and waited for" deploy job <<<"services: {a: {image: busybox, command: ['sh', '-c', 'sleep 3; echo done'], deploy: {mode: replicated-job, replicas: 2}}}"
expect_output "it has ended" 'completed' ktn service ls
expect_fail "a job that fails fails the deploy" 1 'exited with status 3' \
  deploy bad <<<"services: {a: {image: busybox, command: ['sh', '-c', 'exit 3'], deploy: {mode: replicated-job, restart_policy: {max_attempts: 1}}}}"
expect_fail "who waits for the health of what has no health check is told so" 1 "has no health check" \
  deploy sick <<<"services: {a: {image: busybox, $TRAP, depends_on: {b: {condition: service_healthy}}}, b: {image: busybox, $TRAP}}"
expect_fail "so is who waits for the end of what is started again each time" 2 "starts it again each time" \
  deploy ever <<<"services: {a: {image: busybox, $TRAP, depends_on: {b: {condition: service_completed_successfully}}}, b: {image: busybox, restart: always}}"
finish
