#!/usr/bin/env bash
# The README's "Into containers", "Logs", "Statistics", "What happened, and why" and "Alerts", typed as they are written.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
start_cluster 3
idle='command: ["sh", "-c", "mkdir -p /srv; echo hello >/srv/page.html; echo here; trap \"exit 0\" TERM; sleep 9999 & wait"]'
check "stacks as the README has them are deployed" ktn stack deploy -f - shop <<<"services: {web: {image: busybox, $idle, deploy: {replicas: 2}}, worker: {image: busybox, $idle}, db: {image: busybox, $idle}}"
check "another one" ktn stack deploy -f - blog <<<"services: {db: {image: busybox, $idle}}"
commands() { # the lines of the blocks, without what follows a #
  awk '/^## /{on = ($0 == "## Into containers" || $0 == "## Logs" || $0 == "## Statistics" || $0 == "## What happened, and why" || $0 == "## Alerts")} !on {next}
    /^```/ {inside = !inside; next} inside {sub(/ +#.*/, ""); print}' "$TREE/README.md"
}
typed() { # COMMAND: one that goes on for ever is ended after a moment
  local status=0
  case $1 in
  *" -f "* | *" attach "* | *" port-forward "*) KTN_TIMEOUT=3 eval "$1" || status=$?; ((status == 124)) ;;
  *" -it "*) eval "${1/ -it/ -i} <<<'exit 3'" || status=$?; ((status == 3)) ;; # there is no terminal here
  *" alert test "*) eval "$1" || status=$?; ((status == 1)) ;; # nothing answers at that address
  *) eval "$1" ;;
  esac
}
mkdir -p "$(client_dir 1)/desk"
cd "$(client_dir 1)/desk"
echo https://127.0.0.1:9/hook >url
count=0
while IFS= read -r line; do
  count=$((count + 1))
  # The title of the host's name is the README's third one.
  check "$line" typed "${line/ n3/ h3}"
done < <(commands)
check "the README has them" test "$count" -ge 26
check "the file is here" test "$(cat page.html)" = hello
check "and a policy" ktn policy set --quota logs=5g --quota log-days=30
expect_output "which is shown" 'log-days +0 +30' ktn policy show
finish
