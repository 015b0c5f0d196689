#!/usr/bin/env bash
# tier: long
# Roll-outs by update_config: start-first and stop-first, two at a time, gated by
# health, paused by a failure, gone on with over a server's restart, superseded, aborted.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
lab_up 3
start_cluster 3
TRAP='command: ["sh", "-c", "trap '"'exit 0'"' TERM; sleep 9999 & wait"]'
web() { # IMAGE UPDATE [MORE]
  printf 'services: {a: {image: "%s", %s, restart: always, %s deploy: {replicas: 12, update_config: {%s}}}, other: {image: busybox, %s, restart: always}}\n' "$1" "$TRAP" "${3:-}" "$2" "$TRAP"
}
of_image() { for k in 1 2 3; do lab docker "$k" ps --filter name=web.a- --filter "ancestor=$1" -q; done | wc -l; }
check "twelve are deployed" ktn stack deploy -f - web < <(web busybox 'parallelism: 2')
other_before=$(for k in 1 2 3; do lab docker "$k" ps -q --no-trunc --filter name=web.other; done)

least=12 most=12
observe() {
  local n
  while [[ -e $SCRATCH/watching ]]; do
    n=$(count_running web.a)
    ((n < least)) && least=$n
    ((n > most)) && most=$n
    printf '%s %s\n' "$least" "$most" >"$SCRATCH/extremes"
  done
}
roll() { # SENTENCE IMAGE UPDATE
  local began
  touch "$SCRATCH/watching"
  least=12 most=12
  observe &
  local watcher=$!
  began=${EPOCHREALTIME/[.,]/}
  check "$1" ktn stack deploy -f - web < <(web "$2" "$3")
  say "          in $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) ms"
  rm "$SCRATCH/watching"
  wait "$watcher"
  read -r least most <"$SCRATCH/extremes"
}
roll "a start-first update, two at a time" busybox:v2 'parallelism: 2, order: start-first'
check "never fewer than twelve ran ($least)" test "$least" -ge 12
# Two start, four prove themselves beside the old ones, and two old ones may be on their way out.
check "never more than twenty ($most)" test "$most" -le 20
check "all are of the new image" test "$(of_image busybox:v2)" = 12
roll "a stop-first update, two at a time" busybox 'parallelism: 2, order: stop-first'
check "never fewer than ten ran ($least)" test "$least" -ge 10
check "never more than twelve ($most)" test "$most" -le 12
check "the service that did not change was left alone" test "$other_before" = "$(for k in 1 2 3; do lab docker "$k" ps -q --no-trunc --filter name=web.other; done)"

expect_fail "an update that fails is paused" 1 'web.*exit' ktn stack deploy -f - web < <(sed 's/trap .exit 0. TERM; sleep 9999 & wait/exit 3/' < <(web busybox:v2 'parallelism: 1'))
check "eleven of the old still run" test "$(of_image busybox)" -ge 11
check "it is put right by the next deploy" ktn stack deploy -f - web < <(web busybox 'parallelism: 4')

ktn stack deploy -d -q -f - web < <(web busybox:v2 'parallelism: 1, delay: 1s') >"$SCRATCH/id"
some_new() { (($(of_image busybox:v2) >= 2)); }
check_within 30 "a slow update has begun" some_new
kill_server
start_server 1
check "it goes on over the server's death, to its end" ktn deployment wait web "$(cat "$SCRATCH/id")"
check "all are new" test "$(of_image busybox:v2)" = 12

ktn stack deploy -d -q -f - web < <(web busybox 'parallelism: 1, delay: 2s') >"$SCRATCH/id"
some_old() { (($(of_image busybox) >= 1)); }
check_within 30 "another slow update has begun" some_old
check "it is aborted" ktn deployment abort -y web
expect_output "and called so" "$(cat "$SCRATCH/id") +aborted" ktn deployment ls web
check "both revisions run" test "$(of_image busybox:v2)" -gt 0
ktn stack deploy -d -q -f - web < <(web busybox 'parallelism: 1, delay: 2s') >"$SCRATCH/first"
check "a newer deploy supersedes it" ktn stack deploy -f - web < <(web busybox:v2 'parallelism: 6')
expect_output "the older is called superseded" "$(cat "$SCRATCH/first") +superseded" ktn deployment ls web
check "all are of the newest" test "$(of_image busybox:v2)" = 12
expect_output "the history has them all" '^[0-9]+ +deploy +admin ' ktn stack history web
expect_output "with their specs" 'busybox:v2' ktn stack history web "$(ktn stack history -q web | sed -n 1p)"
finish
