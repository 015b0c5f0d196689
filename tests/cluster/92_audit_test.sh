#!/usr/bin/env bash
# The audit trail: who did what and who was refused, in a chain that outlives kills and restores, and that nobody changes unseen.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 1
start_server
data=$(server_dir 1)
home=$(client_dir 1)
mkdir -p "$home"

check "a grid is made" ktn grid create blue
check "and another" ktn grid create green
check "and one removed" ktn grid rm -y green
expect_output "each is in the audit" 'grid.create *blue' ktn audit ls
by_verb() { ktn audit ls --verb 'grid.remove' --format jsonl; }
expect_output "by what was done, with the digest of what was there" '"before":"[0-9a-f]{64}".*"resource":"green"' by_verb
expect_output "by whom" 'grid.create' ktn audit ls --user admin --since 10m
none() { ! ktn audit ls --user nobody-of-this-name -q | grep -q .; }
check "and nothing of anybody else" none

# Strangers: refused at once, and written together, by nobody's request.
strangers() { for _ in 1 2 3 4 5; do curl_from 1 -sk -o /dev/null -w '%{http_code}\n' "$(server_url)/v1/grids" || true; done; }
expect_output "strangers are refused" '^401$' strangers
noted() { ktn audit ls --format jsonl | grep '"who":"nobody"' | grep -q '"outcome":"unauthenticated"'; }
check_within 10 "and are in the audit soon after" noted

check "the trail is whole" ktn audit verify
check "it is exported" ktn audit export "$home/trail.jsonl"
check "the export is verified alone" ktn audit verify --file "$home/trail.jsonl"
sed 's/"resource":"blue"/"resource":"blux"/' "$home/trail.jsonl" >"$home/changed.jsonl"
expect_fail "a changed record is named" 1 "record [0-9]*: it is not as it was written" ktn audit verify --file "$home/changed.jsonl"
head -n 3 "$home/trail.jsonl" >"$home/cut.jsonl"
expect_fail "an export that breaks off is none" 1 "breaks off" ktn audit verify --file "$home/cut.jsonl"

for round in 1 2 3; do
  check "a grid is made in round $round" ktn grid create "round$round"
  kill_server
  start_server
  check "the chain goes on after kill $round, with all that was exported" ktn audit verify --against "$home/trail.jsonl"
done
kill_server
check "a check of the stopped server verifies it too" "$HOSTLAB" exec 1 "$KONTENA" server check --data-dir "$data"

start_server 1 --audit-kept 1s
cut() { ktn audit ls | grep -q 'audit.cut'; }
check_within 90 "old records are cut off, and that is a record" cut
check "what is left is whole" ktn audit verify
check "also beside an export from before" ktn audit verify --against "$home/trail.jsonl"
stop_server
start_server

check "a backup is made" ktn backup "$home/kontena.backup"
check "a grid is made after it" ktn grid create lost
check "and then the trail is exported" ktn audit export "$home/later.jsonl"
stop_server
mv "$data" "$data.lost"
check "the backup is restored" "$HOSTLAB" exec 1 "$KONTENA" server restore "$home/kontena.backup" --data-dir "$data"
start_server
check "the trail is whole after a restore" ktn audit verify
expect_output "and tells of it" 'server.restore' ktn audit ls
expect_fail "an export made after the backup shows that something is gone" 1 "record [0-9]*: " ktn audit verify --against "$home/later.jsonl"
finish
