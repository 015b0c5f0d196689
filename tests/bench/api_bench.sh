#!/usr/bin/env bash
#
# Reads of the API per second over TLS, with 16 and with 64 connections, beside
# httplib's own server that says hello, by turns. Server and client share this machine.
#
# usage: api_bench.sh KONTENA API_BENCH       (ninja kontena tests/bench/api_bench)
# settings (environment): RUNS (3), SECONDS_EACH (5)
set -euo pipefail
KONTENA=$(realpath -- "$1") BENCH=$(realpath -- "$2")
. "$(dirname -- "$0")/../load/support.sh"
RUNS=${RUNS:-3}
SECONDS_EACH=${SECONDS_EACH:-5}

start_server
ktn stack deploy --detach -f - shop >"$folder/deploy.log" 2>&1 <<<"{services: {web: {image: web, deploy: {replicas: 3}}, db: {image: db}}}"
mkfifo "$folder/hello.port"
"$BENCH" hello "$folder/hello.port" >"$folder/hello.log" 2>&1 &
hello_pid=$!
others+=("$hello_pid")
read -r -t 10 hello <>"$folder/hello.port"

cpu_of() { awk '{ sub(/.*\) /, ""); print ($12 + $13) * 10 }' "/proc/$1/stat"; } # ms, at 100 ticks a second

measure() { # NAME PID ADDRESS PATH CONNECTIONS
  local before line after
  before=$(cpu_of "$2")
  line=$("$BENCH" load "$3" "$4" "$5" "$SECONDS_EACH" "$folder/data/admin.token")
  after=$(cpu_of "$2")
  printf '%-8s %s server_us_each=%s\n' "$1" "$line" \
    "$(sed -n 's/.*requests=\([0-9]*\).*/\1/p' <<<"$line" | awk -v ms="$((after - before))" '{ printf "%.0f", ms * 1000 / $1 }')"
}
for ((run = 1; run <= RUNS; run++)); do
  for connections in 16 64; do
    measure hello "$hello_pid" "127.0.0.1:$hello" /hello "$connections"
    measure health "$server" "127.0.0.1:$port" /v1/health "$connections"
    measure stack "$server" "127.0.0.1:$port" /v1/grids/default/projects/default/stacks/shop "$connections"
  done
done
