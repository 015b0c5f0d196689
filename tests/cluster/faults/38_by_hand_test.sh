#!/usr/bin/env bash
# tier: long
# Somebody does things to containers by hand: what is wanted comes back, and what works is only talked about.
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
. "$(dirname -- "$0")/../support/runs.sh"
lab_up 1
start_cluster 1
check "services are deployed" ktn stack deploy -f - shop <<<"services: {web: {image: 'busybox:v2', $STOPS_AT_ONCE, restart: unless-stopped, deploy: {replicas: 2, resources: {limits: {memory: 64M}}}}, api: {image: busybox, $STOPS_AT_ONCE, restart: always}}"
other() { field 1 shop.api-1 '{{.Id}} {{.State.StartedAt}}'; }
second() { field 1 shop.web-2 '{{.Id}} {{.State.StartedAt}}'; }
id() { field 1 shop.web-1 '{{.Id}}'; }
runs_now() { [[ $(field 1 shop.web-1 '{{.State.Running}}') == true ]]; }
api=$(other) web2=$(second)

was=$(id)
lab docker 1 rm -f shop.web-1 >/dev/null
made_anew() { [[ -n $(id) && $(id) != "$was" ]] && runs_now; }
check_within 20 "one that is removed is made anew" made_anew
was=$(id)
lab docker 1 stop shop.web-1 >/dev/null
check_within 20 "one that is stopped is started again" runs_now
check "and is the same container" test "$was" = "$(id)"
lab docker 1 kill shop.web-1 >/dev/null
check_within 20 "so is one that is killed" runs_now

started=$(field 1 shop.web-1 '{{.State.StartedAt}}')
lab docker 1 update --memory 32m --memory-swap 64m shop.web-1 >/dev/null
says() { [[ $(status_field shop/web-1 message) == *"$1"* ]]; }
check_within 20 "a limit that is changed is told" says "its memory limit was changed by somebody: 32 MB in place of 64 MB"
lab docker 1 rename shop.web-1 mine
check_within 20 "a name that is changed is told, with the way back" says "renamed by somebody: docker rename mine shop.web-1"
check "neither restarts it" test "$started" = "$(field 1 mine '{{.State.StartedAt}}')"
lab docker 1 rename mine shop.web-1
lab docker 1 update --memory 64m --memory-swap 128m shop.web-1 >/dev/null
calm() { [[ -z $(status_field shop/web-1 message) ]]; }
check_within 20 "put right, nothing is told any more" calm

was=$(id)
lab docker 1 network disconnect shop.default shop.web-1
check_within 60 "one that is taken off its network is made anew" made_anew
check "in its network" test "$(field 1 shop.web-1 '{{range $n, $e := .NetworkSettings.Networks}}{{$n}}{{end}}')" = shop.default

was=$(id)
lab docker 1 rmi -f busybox:v2 >/dev/null
lab docker 1 kill shop.web-1 >/dev/null
check_within 20 "without its image a container is started again" runs_now
check "the same one" test "$was" = "$(id)"

check "all the while the others ran on" test "$api $web2" = "$(other) $(second)"

lab docker 1 run -d --name taken.a-1 busybox sleep 9999 >/dev/null
theirs=$(field 1 taken.a-1 '{{.Id}} {{.State.StartedAt}}')
capture ktn stack deploy -f - taken <<<"services: {a: {image: busybox, $STOPS_AT_ONCE, restart: always}}"
failed=$STATUS talk=$OUT$ERR
check "a name that somebody else's container has fails the deploy" test "$failed" != 0
check "and it says whose it is" grep -F "taken by a container that is not kontena's" <<<"$talk"
check "whose container is left alone" test "$theirs" = "$(field 1 taken.a-1 '{{.Id}} {{.State.StartedAt}}')"
lab docker 1 rename taken.a-1 other
freed() { [[ $(field 1 taken.a-1 '{{.State.Running}}' 2>/dev/null) == true ]]; }
check_within 70 "once the name is free, ours is made" freed
finish
