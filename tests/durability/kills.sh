#!/usr/bin/env bash
#
# Kills the server with SIGKILL under clients that write, again and again, and
# looks whether each write that was acknowledged is there after the next start,
# with its record in the audit, whose chain is whole. Needs no root and no Docker.
#
# usage: kills.sh KONTENA [KILLS]      5 kills where nothing is said; the long tier has 200
# After each 20 it begins with an empty server, so that what is compared stays small.
# KT_SEED chooses the moments; it is printed.
set -euo pipefail

kontena=$(realpath -- "$1")
kills=${2:-5}
seed=${KT_SEED:-$RANDOM}
RANDOM=$seed
writers=3
most=20 # kills of one server's data
top=$(mktemp -d)
folder=$top/1
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
  rm -rf -- "$top"
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
  while [[ ! -e $folder/enough ]]; do
    n=$((n + 1))
    if "$kontena" client grid create "w$1-$n" >/dev/null 2>&1; then
      echo "w$1-$n" >>"$folder/acknowledged.$1"
    elif ! kill -0 "$$" 2>/dev/null; then
      return
    fi
  done
}

# Kills one server KILLS times, and compares all that it has with what it acknowledged.
round() { # KILLS
  local w i lost against=
  mkdir -p "$folder"
  : >"$folder/server.log"
  start
  for ((w = 1; w <= writers; w++)); do
    write "$w" &
    pids+=("$!")
  done
  for ((i = 1; i <= $1; i++)); do
    # a moment within the first second and a half of its life
    sleep "$((RANDOM % 2)).$(printf '%03d' $((RANDOM % 500 + 50)))"
    kill -9 "$server"
    wait "$server" 2>/dev/null || true
    start
    cat "$folder"/acknowledged.* 2>/dev/null | sort >"$folder/acknowledged" || true
    "$kontena" client grid ls -q | sort >"$folder/there" || die "the grids cannot be listed after kill $i"
    lost=$(comm -23 "$folder/acknowledged" "$folder/there")
    [[ -z $lost ]] || die "lost after kill $i: $lost"
    # The chain of the audit goes on over all kills, and nothing that was exported is gone.
    "$kontena" client audit verify --json ${against:+--against "$against"} >"$folder/verified" || die "the audit does not verify after kill $i"
    verified=$((verified + 1))
    "$kontena" client audit export --force -q "$folder/trail.jsonl" >"$folder/exported" || die "the audit cannot be exported after kill $i"
    against=$folder/trail.jsonl
  done
  : >"$folder/enough"
  wait "${pids[@]}" # each until its last request is answered
  pids=()

  "$kontena" client grid ls -q | grep '^w' | sort >"$folder/there"
  "$kontena" client audit ls --limit 10000 --format jsonl | sed -n 's/.*"resource":"\(w[0-9-]*\)".*/\1/p' | sort >"$folder/audited"
  cmp -s "$folder/there" "$folder/audited" || die "writes and the audit of them differ: $(diff "$folder/there" "$folder/audited" | head -n 5)"
  kill -TERM "$server"
  wait "$server" || die "the server does not stop"
  server=
  "$kontena" server check --data-dir "$folder/data" || die "the check finds problems" # the audit's chain is part of it
  acknowledged=$((acknowledged + $(cat "$folder"/acknowledged.* | wc -l)))
  there=$((there + $(wc -l <"$folder/there")))
}

acknowledged=0
there=0
verified=0
for ((done = 0; done < kills; done += most)); do
  folder=$top/$done
  port=
  round $((kills - done < most ? kills - done : most))
done
printf '%s writes acknowledged, %s there, %s kills, none lost, the audit verified %s times (seed %s)\n' "$acknowledged" "$there" "$kills" "$verified" "$seed"
