#!/usr/bin/env bash
# Where instances go, why they cannot, and what depends on what.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
start_cluster 3
TRAP='command: ["sh", "-c", "trap '"'exit 0'"' TERM; sleep 9999 & wait"]'
deploy() { ktn stack deploy -f - "$@"; }
hosts_of() { running_names "$1" | cut -d' ' -f1 | sort | tr '\n' ' '; }

check "node h2 is labelled" ktn node label h2 disk=ssd
check "a constraint is deployed" deploy c <<<"services: {a: {image: busybox, $TRAP, deploy: {replicas: 3, placement: {constraints: ['node.labels.disk == ssd']}}}}"
expect_output "all go to the labelled node" '^2 2 2 $' hosts_of c.a
check "a global service is deployed" deploy g <<<"services: {a: {image: busybox, $TRAP, deploy: {mode: global}}}"
expect_output "one runs on each node" '^1 2 3 $' hosts_of g.a
expect_fail "a global service cannot be scaled" 5 "global" ktn service scale g/a=2

check "three instances of one host port are deployed" deploy p <<<"services: {a: {image: busybox, $TRAP, ports: ['9000:9000'], deploy: {replicas: 3}}}"
expect_output "each on a node of its own" '^1 2 3 $' hosts_of p.a
expect_fail "a fourth has no place, and the reason is told" 11 "port 9000/tcp" ktn service scale p/a=4
check "back to three" ktn service scale p/a=3

expect_fail "too much memory has no place, with numbers" 11 "3 without enough free memory: need 1.0 TB, best has" \
  deploy m <<<"services: {a: {image: busybox, $TRAP, deploy: {resources: {reservations: {memory: 1024G}}}}}"
expect_output "ps says so" 'memory' ktn ps m
expect_output "service show says so" 'memory' ktn service show m/a
expect_fail "a constraint that no node meets is told" 11 "3 not matching the constraints" \
  deploy n <<<"services: {a: {image: busybox, $TRAP, deploy: {placement: {constraints: ['node.hostname == nobody']}}}}"

check "a volume is written" deploy v <<<"{services: {a: {image: busybox, command: ['sh', '-c', 'echo kept > /data/file; trap \"exit 0\" TERM; sleep 9999 & wait'], volumes: ['data:/data']}}, volumes: {data: }}"
home=$(running_names v.a | cut -d' ' -f1)
check "its service is removed" ktn stack rm -y v
check "other work makes its node the fullest" deploy f <<<"services: {a: {image: busybox, $TRAP, deploy: {replicas: 4, placement: {constraints: ['node.hostname == h$home']}}}}"
check "the stack comes back with two readers" deploy v <<<"{services: {a: {image: busybox, $TRAP, volumes: ['data:/data'], deploy: {replicas: 2}}}, volumes: {data: }}"
expect_output "all go where the data is" "^$home $home \$" hosts_of v.a
expect_output "and see it" '^kept$' lab docker "$home" exec v.a-1 cat /data/file

check "a chain of dependencies is deployed" deploy d <<'END'
services:
  app:
    image: busybox
    command: ["sh", "-c", "trap 'exit 0' TERM; sleep 9999 & wait"]
    depends_on:
      migrate: {condition: service_completed_successfully}
      db: {condition: service_healthy}
  migrate:
    image: busybox
    command: ["sh", "-c", "sleep 1; exit 0"]
    depends_on: {db: {condition: service_healthy}}
  db:
    image: busybox
    command: ["sh", "-c", "trap 'exit 0' TERM; sleep 2; touch /ready; sleep 9999 & wait"]
    healthcheck: {test: ["CMD", "test", "-e", "/ready"], interval: 1s, retries: 30}
END
when() { lab docker "$1" inspect -f "{{.State.$3}}" "$2"; }
app=$(running_names d.app | cut -d' ' -f1)
migrate=$(for k in 1 2 3; do if lab docker "$k" inspect d.migrate-1 >/dev/null 2>&1; then echo "$k"; fi; done)
check "the app started after the migration ended" test "$(when "$app" d.app-1 StartedAt)" '>' "$(when "$migrate" d.migrate-1 FinishedAt)"
expect_output "the migration is called completed" 'completed' ktn service ls
expect_fail "a failed migration fails the deploy, with its last lines" 1 'no such table' deploy e <<'END'
services:
  app: {image: busybox, command: sleep 9999, depends_on: {migrate: {condition: service_completed_successfully}}}
  migrate: {image: busybox, command: ["sh", "-c", "echo no such table; exit 3"]}
END
expect_fail "so does an image that is nowhere" 1 "nowhere" deploy i <<<"services: {a: {image: nowhere:1}}"
expect_fail "and a command that cannot start" 1 "/nosuch" deploy s <<<"services: {a: {image: busybox, command: /nosuch}}"
expect_fail "and a container that keeps ending" 1 "exit code 7" deploy k <<<"services: {a: {image: busybox, command: ['sh', '-c', 'echo dying; exit 7'], restart: always}}"
finish
