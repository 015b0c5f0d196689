#!/usr/bin/env bash
# `why`: in plain words, from what is and what was told; and which command looks further.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 2
start_cluster 2
check "a stack is deployed that is in trouble" ktn stack deploy --detach -f - w <<'END'
services:
  well: {image: busybox, command: ["sh", "-c", "trap 'exit 0' TERM; sleep 9999 & wait"]}
  ends: {image: busybox, command: ["sh", "-c", "echo the disk of pi is full; sleep 1; exit 3"], restart: always}
  eats: {image: busybox, command: ["sh", "-c", "sleep 2; tail /dev/zero"], restart: always, deploy: {resources: {limits: {memory: 20M}}}}
  ill: {image: busybox, command: ["sh", "-c", "trap 'exit 0' TERM; sleep 9999 & wait"], healthcheck: {test: ["CMD-SHELL", "echo no fever; exit 1"], interval: 1s, retries: 1}}
  none: {image: busybox, deploy: {placement: {constraints: ["node.labels.ssd == yes"]}}}
  lacks: {image: "there.is/none:1"}
END
says() { ktn why "$1" 2>&1 | has -i -E "$2"; } # NAME REGEX
check_within 30 "an instance without a node: what each node lacks, counted" says w/none-1 '2 .*(node.labels.ssd|constraint)'
check_within 30 "one that ended: its exit status" says w/ends-1 'status 3'
check_within 10 "and its last lines" says w/ends-1 'the disk of pi is full'
check_within 30 "one that was out of memory" says w/eats-1 'out of memory'
check_within 30 "one that is ill: what its check says" says w/ill-1 'no fever'
check_within 40 "one whose image is not to be had" says w/lacks-1 'there.is/none'
check_within 20 "one that is well: where it is, and why there" says w/well-1 'h[12]'
check_within 20 "a service" says w/none 'constraint'
check_within 20 "a stack: what keeps it" says w 'none'
check_within 20 "which command looks further" says w/ends-1 'kontena client logs w/ends'
further() { # every command that is named can be called
  local name
  for name in "$(ktn why "$1" --format json | jq -r '.next[].command')"; do
    while read -r -a words; do
      [[ ${#words[@]} == 0 ]] || ktn "${words[0]}" --help >/dev/null || return 1
    done <<<"$name"
  done
}
check "and they are there" further w/ends-1
check "a node that is well" says h2 'ready'
lab crash 2
check_within 30 "a node that is not heard: since when" says h2 'lost|not heard'
expect_fail "what is not there" 4 "there is no" ktn why nobody
check "another project is made" ktn project create other
expect_fail "another project knows nothing of it" 4 "" ktn --project other why w/ends-1
finish
