#!/usr/bin/env bash
# What comes along with a deploy is whole or not there: an agent killed while it unpacks, a full disk in the server, one on a node.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
. "$(dirname -- "$0")/support/runs.sh"
lab_up 2
blobs=$(server_dir 1)/blobs
state=$(agent_dir 2)
content=$state/content
mkdir -p "$blobs" "$state"
chmod 700 "$(server_dir 1)"
lab exec 1 mount -t tmpfs -o size=160m,mode=0700 tmpfs "$blobs" # of which the server leaves 64 for its records
lab exec 2 mount -t tmpfs -o size=64m,mode=0700 tmpfs "$state"
start_cluster 2
folder=$SCRATCH/project
mkdir -p "$folder/big"
# new_content: four thousand files, 12 MB.
new_content() {
  head -c 12000000 /dev/urandom >"$folder/all"
  rm -f "$folder"/big/*
  split -a 4 -b 3000 "$folder/all" "$folder/big/"
}
sum_of() { (cd "$1" && cat -- * | sha256sum | cut -d' ' -f1); }
cat >"$folder/compose.yaml" <<END
services:
  web:
    image: busybox
    $STOPS_AT_ONCE
    restart: always
    volumes: ["./big:/big:ro"]
    deploy: {placement: {constraints: [node.hostname == h2]}}
END
deploy() { ktn stack deploy -f "$folder/compose.yaml" shop; }
in_web() { lab docker 2 exec "$(lab docker 2 ps -q --filter name=shop.web | head -n 1)" "$@"; }
has_it() { [[ $(in_web sh -c 'cat /big/* | sha256sum' | cut -d' ' -f1) == "$(sum_of "$folder/big")" ]]; }
# fill K FOLDER: no room is left.
# shellcheck disable=SC2016 # expands in the host
fill() { lab exec "$1" sh -c 'dd if=/dev/zero of="$1/filler" bs=64k 2>/dev/null; true' sh "$2"; }

# names: of all that is whole, on one line. An old one may go at any time.
names() { lab exec 2 sh -c 'ls "$1"' sh "$content" 2>/dev/null | tr '\n' ' '; }
# It is let go on a moment at a time once the archive comes, until some of that is unpacked. False where it was done before
# this looked.
# shellcheck disable=SC2016 # expands in the host
stop_while_unpacking() { # NAMES that there are already
  lab exec 2 timeout 60 sh -c 'folder=$1 agent=$2 had=$3
    done_already() {
      for name in "$folder"/*; do
        case " $had" in *" ${name##*/} "*) ;; *) if [ -e "$name" ]; then return 0; fi ;; esac
      done
      return 1
    }
    until [ -e "$folder/.archive" ] || [ -d "$folder/.coming" ]; do ! done_already || exit 1; done
    kill -STOP "$agent"
    until [ -d "$folder/.coming" ]; do
      kill -CONT "$agent"
      ! done_already || exit 1
      kill -STOP "$agent"
    done' sh "$content" "$(role_pid 2 agent)" "$1"
}
caught() {
  local try
  for ((try = 0; try < 10; try++)); do
    new_content
    had=$(names)
    deploy >"$SCRATCH/deploy.log" 2>&1 &
    deploying=$!
    ! stop_while_unpacking "$had" || return 0
    wait "$deploying" || return 1
  done
  return 1
}
had=''
caught || true
# shellcheck disable=SC2046 # words
none_new() { local name; for name in $(names); do [[ " $had" == *" $name "* ]] || return 1; done; }
check "an agent is stopped while it unpacks a large folder" lab exec 2 test -d "$content/.coming"
check "what it has by then has no name" none_new
kill_agent 2
start_agent 2
deployed=0
wait "$deploying" || deployed=$?
check "the deploy ends well all the same" test "$deployed" = 0
check "and the folder is whole" has_it
left() { lab exec 2 ls -A "$content" | grep '^\.' || true; }
check "nothing is left of the first try" test -z "$(left)"

new_content
fill 1 "$blobs"
before=$(runs)
expect_fail "with a full disk the server refuses what comes along, and says why" 1 "the server's disk is full: there is no room" deploy
expect_output "nothing of it is kept" '^0$' lab exec 1 sh -c 'find "$1/.incoming" -type f 2>/dev/null | wc -l' sh "$blobs"
check "what is there runs on" test "$before" = "$(runs)"
check "and all else is taken" ktn service scale shop/web=1
lab exec 1 rm "$blobs/filler"
check "with room again it is deployed" deploy
check "and there" has_it

new_content
fill 2 "$state"
expect_fail "with a full disk on its node an instance says so" 1 'No space left' deploy
# shellcheck disable=SC2016 # expands in the host
expect_output "nothing of it is kept" '^0$' lab exec 2 sh -c 'ls -A "$1" | grep -vcE "^[0-9a-f]{64}$"; true' sh "$content"
lab exec 2 rm "$state/filler"
check_within 90 "with room again it runs by itself" has_it
check "the stack is removed" ktn stack rm -y shop
gone() { [[ -z $(lab exec 2 ls -A "$content") ]]; }
check_within 30 "and its content" gone
stop_agent 2
stop_server
lab exec 2 umount "$state"
lab exec 1 umount "$blobs"
finish
