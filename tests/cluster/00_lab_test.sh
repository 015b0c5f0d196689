#!/usr/bin/env bash
# The lab itself: what every other test stands on.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3

engine_id() { lab docker "$1" info -f '{{.ID}}'; }
three_different() { (($(printf '%s\n' "$@" | sort -u | wc -l) == 3)); }
same_image_everywhere() {
  local k ids=()
  for k in "${HOSTS[@]}"; do ids+=("$(lab docker "$k" image inspect -f '{{.Id}}' "$1")"); done
  (($(printf '%s\n' "${ids[@]}" | sort -u | wc -l) == 1))
}
page_is_served() { [[ $(curl_from 1 "http://h2:8080/") == from-h2 ]]; }
pings() { lab exec "$1" busybox ping -c 1 -W 1 "$2"; }

for k in "${HOSTS[@]}"; do
  expect_output "the engine of host $k answers inside the host" '"ApiVersion"' \
    lab exec "$k" curl -sS -m 5 --unix-socket "$DOCKER_SOCKET" http://docker/version
done
check "the three engines have identities of their own" \
  three_different "$(engine_id 1)" "$(engine_id 2)" "$(engine_id 3)"
check "an image has the same id on every host" same_image_everywhere busybox
check "two tags of an image are two images" \
  test "$(lab docker 1 images -q busybox:latest)" != "$(lab docker 1 images -q busybox:v2)"

check "host 1 reaches host 2 by name" pings 1 h2
check "a container with a published port starts" \
  lab docker 2 run -d --name web -p 8080:80 busybox sh -c 'mkdir /www; echo from-h2 >/www/index.html; exec httpd -f -h /www'
check_within 10 "host 1 reaches a container's port on host 2" page_is_served

lab cut 2
expect_fail "a host that is cut off is not reached" 28 'timed out' curl_from 1 -m 1 http://h2:8080/
lab heal 2
check_within 10 "after the cut is healed it is reached again" page_is_served

lab crash 3
check "a crashed host has no running engine" not lab docker 3 version
check "its neighbours do not notice" lab docker 2 exec web true
lab boot 3
check "after its boot the engine answers" lab docker 3 version
check "and the host is reached" pings 1 h3
check "its disk is as it was" lab docker 3 image inspect busybox:v2

lab nat 2
check "a host behind a router reaches others" pings 2 h3
check "as the router" lab exec 2 sh -c 'ip -br address show eth0 | grep -q "192.168.77.2/24"'
expect_fail "and is not reached by them" 28 'timed out' curl_from 1 -m 1 http://h2:8080/
lab crash 2
lab boot 2
check "the router is there after the host's boot" pings 2 h3
lab nat 2 off
check "without the router it is as before" pings 3 h2
finish
