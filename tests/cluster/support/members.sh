# shellcheck shell=bash
# shellcheck disable=SC2034 # used by the scripts that read this
# For the tests of networks: containers that answer with their names, and ask others (member.py).

MEMBER=$CLUSTER_TESTS/support/member.py

# member [PEER...]: the parts of a service that is one, and begins with those peers.
member() {
  local peer command='"python3", "-S", "/member.py", "serve"'
  for peer in "$@"; do command+=", \"$peer\""; done
  printf 'image: python, restart: always, volumes: ["%s:/member.py:ro"], command: [%s]' "$MEMBER" "$command"
}

# on K [MORE]: only on that host
on() { printf 'deploy: {placement: {constraints: ["node.hostname == h%s"]}%s}' "$1" "${2:+, $2}"; }

# asks K CONTAINER PEER...: each PEER answers it, by TCP and by UDP
asks() {
  local k=$1 name=$2
  shift 2
  lab docker "$k" exec "$name" python3 -S /member.py ask "$@"
}

# first_words K CONTAINER: what it found as its first act after its last start
first_words() { lab docker "$1" logs --since "$(lab docker "$1" inspect -f '{{.State.StartedAt}}' "$2")" "$2" | grep '^first '; }
