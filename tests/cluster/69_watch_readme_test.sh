#!/usr/bin/env bash
# The README's "Logs", "Statistics" and "What happened, and why", typed as they are written.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
start_cluster 3
idle='command: ["sh", "-c", "echo here; trap \"exit 0\" TERM; sleep 9999 & wait"]'
check "stacks as the README has them are deployed" ktn stack deploy -f - shop <<<"services: {web: {image: busybox, $idle, deploy: {replicas: 2}}}"
check "another one" ktn stack deploy -f - blog <<<"services: {db: {image: busybox, $idle}}"
commands() { # the lines of the blocks, without what follows a #
  awk '/^## /{on = ($0 == "## Logs" || $0 == "## Statistics" || $0 == "## What happened, and why")} !on {next}
    /^```/ {inside = !inside; next} inside {sub(/ +#.*/, ""); print}' "$TREE/README.md"
}
typed() { # COMMAND: one that goes on for ever is ended after a moment
  local status=0
  case $1 in
  *" -f "*) KTN_TIMEOUT=3 eval "$1" || status=$?; ((status == 124)) ;;
  *) eval "$1" ;;
  esac
}
count=0
while IFS= read -r line; do
  count=$((count + 1))
  # The title of the host's name is the README's third one.
  check "$line" typed "${line/ n3/ h3}"
done < <(commands)
check "the README has them" test "$count" -ge 13
check "and a policy" ktn policy set --quota logs=5g --quota log-days=30
expect_output "which is shown" 'log-days +0 +30' ktn policy show
finish
