# shellcheck shell=bash
# shellcheck disable=SC2034 # used by the scripts that read this
# For the tests of faults: which containers run since when.

# A member of a service whose container ends at once when it is told to.
STOPS_AT_ONCE='command: ["sh", "-c", "trap '"'exit 0'"' TERM; sleep 9999 & wait"]'

# Ids and start times of all that runs, on all hosts or the one given, sorted: a restart would change the second.
runs() {
  local k
  for k in "${@:-${HOSTS[@]}}"; do
    lab docker "$k" ps -q --no-trunc --filter "label=$INSTANCE_LABEL" 2>/dev/null |
      xargs -r "$HOSTLAB" docker "$k" inspect -f '{{.Id}} {{.State.StartedAt}}'
  done | sort
}

# field K CONTAINER TEMPLATE
field() { lab docker "$1" inspect -f "$3" "$2"; }

# status_field STACK/SERVICE-SLOT PATH...: a member of what its agent says of it, as JSON.
status_field() {
  local instance=$1
  shift
  ktn ps --json "${instance%%/*}" | python3 -c '
import json, sys
stack, name = sys.argv[1].split("/")
service, slot = name.rsplit("-", 1)
for one in json.load(sys.stdin):
    if one["service"] == service and str(one["slot"]) == slot:
        at = one["status"]
        for key in sys.argv[2:]:
            at = at[key] if at is not None else None
        print(at if isinstance(at, str) else json.dumps(at))
' "$instance" "$@"
}
