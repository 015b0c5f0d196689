#!/usr/bin/env bash
#
# Holds Docker's engine against the suite of this folder: brings up a lab of one
# host, runs the tests on its engine, and takes the lab down again.
#
# usage: on_docker.sh TEST_ENGINE [doctest's arguments]
#
# Needs root and what hostlab needs; exits 77 where that is missing.
# settings (environment): KT_LAB  name of the lab (eng); KT_NET  its network (10.97)
set -euo pipefail

(($# > 0)) || { echo "usage: on_docker.sh TEST_ENGINE" >&2; exit 2; }
hostlab=$(dirname -- "$(readlink -f -- "$0")")/../cluster/hostlab
export HOSTLAB_NAME=${KT_LAB:-eng} HOSTLAB_NET=${KT_NET:-10.97}

lacks=$("$hostlab" check) || { echo "skipped: $(head -n 1 <<<"$lacks")"; exit 77; }
unshare --mount --net --uts --ipc --pid --fork true 2>/dev/null ||
  { echo "skipped: this machine lets no namespaces be made"; exit 77; }

trap '"$hostlab" down' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
"$hostlab" up 1
"$hostlab" image busybox 1
KONTENA_TEST_DOCKER=$("$hostlab" sock 1) "$@"
left=$("$hostlab" docker 1 ps -aq; "$hostlab" docker 1 network ls -qf type=custom; "$hostlab" docker 1 volume ls -q)
[[ -z $left ]] || { echo "left behind on the engine: $left" >&2; exit 1; }
