#!/usr/bin/env bash
#
# Agents beat beside clients that do the server no good: slow heads and bodies,
# handshakes that never end, answers read byte by byte, huge headers, and more idle
# connections than there is room for. No beat is answered late.
#
# usage: hostile.sh KONTENA AGENTS [SECONDS]      of hostility (20)
set -euo pipefail
KONTENA=$(realpath -- "$1") AGENTS=$(realpath -- "$2")
lasts=${3:-20}
here=$(dirname -- "$0")
. "$here/support.sh"

command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
# Room for 2,000 without a certificate, of whom more than 2,700 come.
start_server --max-connections 4000
start_agents 100 3600
ulimit -n "$(ulimit -Hn)"
python3 "$here/hostile.py" 127.0.0.1 "$port" "$lasts" >"$folder/hostile.log" 2>&1 &
others+=("$!")
hostile=$!
# Whom they keep out, if anybody, are those that come new.
for ((i = 0; i < 1200; i++)); do
  if grep -q ^ready "$folder/hostile.log"; then break; fi
  sleep 0.1
done
"$AGENTS" --server "127.0.0.1:$port" --token-file "$folder/data/join.token" --agents 20 --seconds $((lasts / 2)) \
  >"$folder/late.log" 2>&1 || die "nodes cannot join meanwhile: $(tail -n 1 "$folder/late.log")"
result=$(grep '^result ' "$folder/late.log")
check "20 more nodes join meanwhile, and beat" "$(value beats) >= 20 * $((lasts / 2 - 2))"
wait "$hostile" || die "the hostile clients end early: $(tail -n 3 "$folder/hostile.log")"
cat "$folder/hostile.log"
check "all nodes are ready" "$(nodes_that_are ready) >= 100"
end_agents
printf '%s\n' "$result"
check "no beat was answered later than 1 s" "$(value late_1s) + $(value failed) == 0"
check "they all came" "$(grep -c "^ready.*'idle': 2000" "$folder/hostile.log") == 1"
exit "$((failures > 0))"
