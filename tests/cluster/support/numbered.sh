# shellcheck shell=bash
# Services that write numbered lines, and whether all of them are kept.

# LINES HOST ["DRIVER, options: {…}"]: writes "n 0" to "n LINES-1" at each start, and then waits.
counts() {
  local command="i=0; while [ \$\$i -lt $1 ]; do echo n \$\$i; i=\$\$((i+1)); done; trap 'exit 0' TERM; sleep 99999 & wait"
  printf '{image: busybox, restart: always, command: [sh, -c, "%s"], deploy: {placement: {constraints: [node.hostname == %s]}}%s}' \
    "$command" "$2" "${3:+, logging: {driver: $3\}}"
}

# A server from before logs were kept has nothing to be asked.
logs_are_kept() {
  ktn help logs | has -e --grep || skip "this server keeps no logs"
}

numbers() { ktn logs --tail all "$1" 2>/dev/null | sed -n 's/^.*n \([0-9][0-9]*\)$/\1/p'; }
some_lines() { (($(numbers "$1" | wc -l) >= $2)); }
# Exactly the numbers below it, each once, the least first.
in_order() { cmp -s <(numbers "$1") <(seq 0 $(($2 - 1))); }
# How many numbers do not follow the one before, or begin again behind the last; runs may be cut off by a kill.
wrong_numbers() { numbers "$1" | awk -v last=$(($2 - 1)) 'NR > 1 && $1 != before + 1 && $1 != 0 { ++wrong } { before = $1 } END { print wrong + 0 }'; }
# HOST CONTAINER LINE TIMES: Docker has that line so often.
log_has() { (($(lab docker "$1" logs "$2" 2>/dev/null | grep -c "^$3\$") >= $4)); }
