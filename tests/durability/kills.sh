#!/usr/bin/env bash
#
# Kills the server with SIGKILL under clients that write, again and again, and
# looks whether each write that was acknowledged is there after the next start,
# with its record in the audit. Needs no root and no Docker.
#
# usage: kills.sh KONTENA [KILLS]      5 kills where nothing is said; the long tier has 200
# KT_SEED chooses the moments; it is printed.
set -euo pipefail

kontena=$(realpath -- "$1")
kills=${2:-5}
seed=${KT_SEED:-$RANDOM}
RANDOM=$seed
writers=3
folder=$(mktemp -d)
pids=()
server=

finish() {
  local status=$?
  trap - EXIT
  for pid in "${pids[@]}" $server; do kill -9 "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  if ((status)); then
    printf 'the last lines of the server:\n'
    tail -n 20 "$folder/server.log" 2>/dev/null || true
  fi
  rm -rf -- "$folder"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

die() {
  printf 'kills.sh: %s (seed %s)\n' "$*" "$seed" >&2
  exit 1
}

# One port for all starts, as clients have it; free at the first.
start() {
  local i
  "$kontena" server --data-dir "$folder/data" --listen "127.0.0.1:${port:-0}" --log-level info >>"$folder/server.log" 2>&1 &
  server=$!
  for ((i = 0; i < 600; i++)); do
    port=$(sed -n 's/.*serving .*port=\([0-9]*\).*/\1/p' "$folder/server.log" | tail -n 1)
    if [[ -n $port ]] && ready; then return; fi
    kill -0 "$server" 2>/dev/null || die "the server does not start"
    sleep 0.05
  done
  die "the server does not answer"
}

ready() {
  export KONTENA_URL=https://127.0.0.1:$port XDG_CONFIG_HOME=$folder/config XDG_CACHE_HOME=$folder/cache
  KONTENA_TOKEN=$(cat "$folder/data/admin.token" 2>/dev/null) || return 1
  export KONTENA_TOKEN
  "$kontena" client grid ls -q >/dev/null 2>&1
}

# Notes what was acknowledged, and nothing else.
write() { # WRITER
  local n=0
  while :; do
    n=$((n + 1))
    if "$kontena" client grid create "w$1-$n" >/dev/null 2>&1; then
      echo "w$1-$n" >>"$folder/acknowledged.$1"
    elif ! kill -0 "$$" 2>/dev/null; then
      return
    fi
  done
}

start
for ((w = 1; w <= writers; w++)); do
  write "$w" &
  pids+=("$!")
done
for ((kill = 1; kill <= kills; kill++)); do
  # a moment within the first second and a half of its life
  sleep "$((RANDOM % 2)).$(printf '%03d' $((RANDOM % 500 + 50)))"
  kill -9 "$server"
  wait "$server" 2>/dev/null || true
  start
  cat "$folder"/acknowledged.* 2>/dev/null | sort >"$folder/acknowledged" || true
  "$kontena" client grid ls -q | sort >"$folder/there" || die "the grids cannot be listed after kill $kill"
  lost=$(comm -23 "$folder/acknowledged" "$folder/there")
  [[ -z $lost ]] || die "lost after kill $kill: $lost"
done
for pid in "${pids[@]}"; do kill "$pid"; done
wait "${pids[@]}" 2>/dev/null || true
pids=()

"$kontena" client grid ls -q | grep '^w' | sort >"$folder/there"
"$kontena" client audit ls --limit 10000 --format jsonl | sed -n 's/.*"resource":"\(w[0-9-]*\)".*/\1/p' | sort >"$folder/audited"
if (($(wc -l <"$folder/there") < 9900)); then
  cmp -s "$folder/there" "$folder/audited" || die "writes and the audit of them differ: $(diff "$folder/there" "$folder/audited" | head -n 5)"
fi
kill -TERM "$server"
wait "$server" || die "the server does not stop"
server=
"$kontena" server check --data-dir "$folder/data" || die "the check finds problems"
printf '%s writes acknowledged, %s there, %s kills, none lost (seed %s)\n' \
  "$(cat "$folder"/acknowledged.* | wc -l)" "$(wc -l <"$folder/there")" "$kills" "$seed"
