# shellcheck shell=bash
# Support for the cluster tests: the real binary on several real Docker hosts.
#
#   set -euo pipefail
#   . "$(dirname -- "$0")/support.sh"
#   lab_up 3
#   start_cluster 3
#   check "a stack is deployed" ktn stack deploy -f web.yaml shop
#   wait_until 30 "both instances run" running_is shop.web 2
#   finish
#
# support/checks.sh  check, expect_output, expect_fail, wait_until, check_within, finish
# support/lab.sh     lab_up, lab_down, need_image, lab COMMAND (hostlab), containers
# support/roles.sh   start_server, start_agent, stop_…, kill_…, start_cluster, ktn
#
# settings (environment)
#   KONTENA     the binary                                 (build/kontena of this tree)
#   KT_LAB      name of the lab                            (kt)
#   KT_KEEP     not empty: take the lab that stands, and leave it standing
#   KT_LOGS     a folder to which a failed test copies the logs of its servers and agents
#   KT_SHARED   set by "run": the lab is brought up and taken down there

# shellcheck disable=SC2034 # the parts read what is set here

set -Eeuo pipefail

CLUSTER_TESTS=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
TREE=${CLUSTER_TESTS%/*/*}
KONTENA=$(realpath -m -- "${KONTENA:-$TREE/build/kontena}")
KT_LAB=${KT_LAB:-kt}
HOSTLAB=$CLUSTER_TESTS/hostlab
export HOSTLAB_NAME=$KT_LAB
# Where a user types `kontena server` as the README says, it writes here.
export HOSTLAB_PRIVATE=${HOSTLAB_PRIVATE:-/var/lib /usr/local/bin /root/.config /root/.cache}
LAB_BASE=${HOSTLAB_DIR:-/var/tmp/hostlab}
LAB_HOME=$LAB_BASE/$KT_LAB

# What the caller has set for clusters of their own is not for these.
unset KONTENA_URL KONTENA_TOKEN DOCKER_HOST DOCKER_CONTEXT

for part in checks lab roles; do
  # shellcheck source=/dev/null
  . "$CLUSTER_TESTS/support/$part.sh"
done
unset part
