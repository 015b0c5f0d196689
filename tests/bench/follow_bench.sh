#!/usr/bin/env bash
#
# How long a line is on its way: from when the engine has it on one host to when `kontena client logs -f` prints it on
# another, through agent and server, while nothing else is done and while a neighbour writes as much as it may.
#
# usage: follow_bench.sh
#
# settings (environment), besides those of the cluster tests' support.sh
#   LINES_EACH  that are timed            (400)
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
LINES_EACH=${LINES_EACH:-400}
HOST_COUNT=2
bench_up
start_cluster 2
deploy() { ktn stack deploy -q -f - "$1" >/dev/null <<<"services: {a: {image: busybox, command: [\"sh\", \"-c\", \"$2\"], stop_grace_period: 0s, deploy: {placement: {constraints: [node.hostname == h2]}}}}"; }
deploy t 'while :; do echo tick; sleep 0.05; done'
follow() { # TITLE
  KTN_TIMEOUT=600 ktn logs -f --tail 0 --format jsonl t/a 2>/dev/null | python3 -c '
import datetime, json, sys, time
took = []
for line in sys.stdin:
    now = time.time_ns()
    text = json.loads(line).get("time", "")
    if not text: continue
    whole, _, rest = text.rstrip("Z").partition(".")
    at = int(datetime.datetime.fromisoformat(whole + "+00:00").timestamp()) * 10**9 + int((rest + "0" * 9)[:9])
    took.append((now - at) / 1e6)
    if len(took) == int(sys.argv[2]): break
took.sort()
print("%-22s p50 %6.1f ms  p90 %6.1f ms  p99 %6.1f ms  most %6.1f ms  (%d lines)" % (sys.argv[1], took[len(took) // 2], took[len(took) * 9 // 10], took[len(took) * 99 // 100], took[-1], len(took)))
' "$1" "$LINES_EACH" || true
}
follow "alone"
deploy noise 'while :; do head -c 200000 /dev/urandom | base64; sleep 0.1; done'
follow "beside 2.7 MB/s of logs"
bench_done
