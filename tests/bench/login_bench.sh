#!/usr/bin/env bash
#
# What 200 wrong logins at the same time do to everybody else: how long requests take, a hundred
# a second, beside nothing, beside 200 simultaneous GETs of /v1/health each second, and beside 200
# wrong logins each second, by turns; and how the wrong ones are answered.
#
# usage: login_bench.sh KONTENA
# settings (environment): RUNS (5), SECONDS_EACH (5)
set -euo pipefail
KONTENA=$(realpath -- "$1")
. "$(dirname -- "$0")/../load/support.sh"
start_server
ktn stack deploy --detach -f - shop >"$folder/deploy.log" 2>&1 <<<"{services: {web: {image: web, deploy: {replicas: 3}}, db: {image: db}}}"
/usr/bin/python3 -S "$(dirname -- "$0")/login_bench.py" "127.0.0.1:$port" "$folder/data" "$server" "${RUNS:-5}" "${SECONDS_EACH:-5}"
