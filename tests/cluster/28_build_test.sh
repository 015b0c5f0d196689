#!/usr/bin/env bash
# limit: 900
# Images are built where the client runs, when what they are made of has changed, and come to the nodes without a registry.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
need_image busybox
start_cluster 3
work=$(server_dir 1)/work
mkdir -p "$work/app/skipped" "$work/app/sub"

cat >"$work/app/Dockerfile" <<'END'
FROM busybox
ARG WORD=none
COPY . /app
RUN cp /app/message /message && echo "the word is $WORD" >>/message
CMD ["sh", "-c", "cat /message; trap 'exit 0' TERM; sleep 9999 & wait"]
END
printf 'skipped\n*.tmp\n!keep.tmp\n' >"$work/app/.dockerignore"
echo one >"$work/app/message"
echo not >"$work/app/skipped/file"
touch "$work/app/lost.tmp" "$work/app/keep.tmp" "$work/app/sub/file"
cat >"$work/compose.yaml" <<'END'
name: made
services:
  web:
    build:
      context: app
      args: {WORD: good}
      labels: {org.example.made: "yes"}
      tags: ["made-also:1"]
    deploy: {mode: global}
  inline:
    build: {context: app, dockerfile_inline: "FROM busybox\nCOPY message /message\nCMD cat /message; trap 'exit 0' TERM; sleep 9999 & wait\n"}
END
deploy() { ktn stack deploy -f "$work/compose.yaml" "$@" 2>&1; }
on() { lab docker "$1" exec "made.$2" "${@:3}"; }
image_of() { lab docker "$1" inspect -f '{{.Image}}' "made.$2"; }
ids() { for k in 1 2 3; do container_ids "$k"; done; }
parts() { find "$(server_dir 1)" -path '*blobs*' -type f | sort; }

# ---- the first deploy
check "a stack with two builds is deployed" deploy
check_within 30 "it runs on all three hosts" running_is made.web 3
for k in 1 2 3; do
  web=$(running_names made.web | sed -n "s/^$k made\.//p")
  expect_output "host $k runs what was built, with its argument" '^the word is good$' on "$k" "$web" cat /message
  expect_output "and it is the image of host 1's engine" "^$(lab docker 1 image inspect -f '{{.Id}}' made-web)\$" image_of "$k" "$web"
done
expect_output "what .dockerignore leaves out is not in it" '^\.dockerignore Dockerfile keep.tmp message sub $' \
  on 1 "$(running_names made.web | sed -n 's/^1 made\.//p')" sh -c 'ls -A /app | tr "\n" " "'
expect_output "its labels are there, and its further name" '^yes$' \
  lab docker 1 image inspect -f '{{index .Config.Labels "org.example.made"}}' made-also:1
host=$(running_names made.inline | cut -d' ' -f1)
expect_output "a Dockerfile of the Compose file is built" '^one$' on "$host" inline-1 cat /message
expect_output "and is not left in its image" '^message$' on "$host" inline-1 sh -c 'ls -A / | grep -E "^(message|\.docker)"'
no_registry() { ! for k in 1 2 3; do cat "$(lab log "$k" dockerd)"; done 2>/dev/null | grep -E 'registry|pulling'; }
check "no registry was asked" no_registry
nothing_kept() { [[ -z $(for k in 1 2 3; do find "$(agent_dir "$k")" -path '*parts*' -type f; done) ]]; }
# An engine takes an image without the layers that it has: 20.10 and newer, as Debian's in this lab.
brought() { for k in 1 2 3; do cat "$(role_log "$k" agent)"; done | grep -cE "$1" || true; }
expect_output "the layer that the engines had was brought to none of them" '^4$' brought 'brought in parts image=made-[a-z]+:[0-9a-f]+ brought=[0-2] had=[1-9]'
expect_output "and no engine wanted it after all" '^0$' brought 'loaded whole'
check "no part is left on the nodes' disks beside the engine" nothing_kept

# ---- the same again
before=$(ids) had=$(parts)
expect_output "the same again is unchanged" 'made is unchanged' deploy
nothing_done() { ! grep -E '^(building|sent|sending)' <<<"$1"; }
check "and nothing was built or sent" nothing_done "$OUT"
touch "$work/app/message"
expect_output "nor for a new time of a file" 'made is unchanged' deploy
echo other >"$work/app/skipped/file"
expect_output "a file that is left out changes nothing" 'made is unchanged' deploy
check "no container was touched" test "$before" = "$(ids)"
check "no part was sent" test "$had" = "$(parts)"
expect_output "--build does all of it, to the same end" 'made is unchanged' deploy --build

# ---- a change
echo two >"$work/app/message"
expect_output "a changed file is built and sent" '^sent made-web: [123] of ' deploy
check_within 30 "the new one runs on all hosts" running_is made.web 3
expect_output "with what changed" '^two$' on 1 "$(running_names made.web | sed -n 's/^1 made\.//p')" cat /message
no_base_sent() { ! comm -13 <(echo "$had") <(parts) | xargs -r ls -l | awk '$5 > 500000' | grep .; }
check "the base was not sent again" no_base_sent

# ---- the way back finds the image of before
echo one >"$work/app/message"
check "the file is as it was" deploy
check "what was built once is not built again, nor sent" nothing_done "$OUT"
expect_output "and runs" '^one$' on 1 "$(running_names made.web | sed -n 's/^1 made\.//p')" cat /message

# ---- a base that has moved: asked for as Compose does
mkdir -p "$work/based"
base() { printf 'FROM busybox\nRUN echo %s >/base\n' "$1" | lab docker 1 build -q -t "$2" -; }
of_base() { # NAME MORE: the stack that is built on it
  printf "FROM %s\nCMD trap 'exit 0' TERM; sleep 9999 & wait\n" "$1" >"$work/based/Dockerfile"
  printf 'name: based\nservices: {web: {build: {context: based%s}%s, deploy: {placement: {constraints: [node.hostname == h2]}}}}\n' \
    "${2:-}" "${3:-}" >"$work/based.yaml"
}
deploy_based() { ktn stack deploy -f "$work/based.yaml" "$@" 2>&1; }
base_is() { lab docker 2 exec based.web-1 cat /base; }
check "a base is made" base first based-on:1
of_base based-on:1
check "and a stack deployed that is built on it" deploy_based
expect_output "it runs on that" '^first$' base_is
check "the base moves" base second based-on:1
expect_output "nothing is built for it, as nothing is by Compose" 'based is unchanged' deploy_based
of_base based-on:1 '' ', pull_policy: build'
check "pull_policy build builds each time" deploy_based
expect_output "on the base as it is now" '^second$' base_is
check "the base moves again" base third based-on:1
of_base based-on:1
check "--build builds too" deploy_based --build
expect_output "on what it is now" '^third$' base_is

fetch_registry() {
  mkdir -p "$SCRATCH/registry" &&
    (cd "$SCRATCH/registry" && apt-get download docker-registry && dpkg -x docker-registry_*.deb .) &&
    printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s/data}}\nhttp: {addr: 127.0.0.1:5000}\n' "$SCRATCH/registry" >"$SCRATCH/registry/config.yml"
}
if ! fetch_registry >"$SCRATCH/fetched" 2>&1; then
  say "no real registry can be had here, what needs one is left out: $(tail -n 1 "$SCRATCH/fetched")"
else
  lab spawn 1 registry "$SCRATCH/registry/usr/bin/docker-registry" serve "$SCRATCH/registry/config.yml" >"$SCRATCH/registry.pid"
  answers() { [[ $(curl_from 1 -s -o /dev/null -w '%{http_code}' http://127.0.0.1:5000/v2/) == 200 ]]; }
  wait_until 20 "the registry answers" answers
  name=127.0.0.1:5000/based-on:1
  # There it is newer than what the engine has.
  newer_there() {
    base newer "$name" && lab docker 1 push -q "$name" && base older "$name"
  }
  check "a registry has a newer base than the engine" newer_there
  of_base "$name"
  check "it is built on the one that is there" deploy_based
  expect_output "which is older" '^older$' base_is
  check "stack build --pull asks for it" ktn stack build --pull -f "$work/based.yaml"
  expect_output "the deploy has what was built, with nothing changed since" 'deploying based' deploy_based
  expect_output "which is newer" '^newer$' base_is
  check "the engine's is older again" base older "$name"
  of_base "$name" ', pull: true'
  check "build.pull asks, too, where it is built" deploy_based --build
  expect_output "and has the newer one" '^newer$' base_is
  check "the engine's is older once more" base older "$name"
  expect_output "and has nothing built by itself" 'based is unchanged' deploy_based
  of_base "$name" ', args: {FRESH: "1"}' ", image: '127.0.0.1:5000/based:1', pull_policy: always"
  expect_output "pull_policy always asks for the image itself, and builds where there is none" 'it cannot be had' deploy_based
  expect_output "on what is there" '^older$' base_is
  push_it() { base "of the registry" 127.0.0.1:5000/based:1 && lab docker 1 push -q 127.0.0.1:5000/based:1 && lab docker 1 rmi 127.0.0.1:5000/based:1; }
  check "the registry gets one" push_it
  sed -i 's/, pull_policy: always/, command: sleep 9999, pull_policy: always/' "$work/based.yaml"
  expect_output "which is then taken, and nothing built" '^pulling 127.0.0.1:5000/based:1$' deploy_based
  expect_output "on the node, too" '^of the registry$' base_is
  lab exec 1 sh -c 'kill "$1"' sh "$(cat "$SCRATCH/registry.pid")"
fi
check "that stack is removed" ktn stack rm -y based

# ---- failures
sed -i 's/^RUN .*/RUN echo the last words; exit 7/' "$work/app/Dockerfile"
expect_fail "a failing step is named, with its exit status" 1 'step 4/.*exit 7.*code: 7' ktn stack deploy -f "$work/compose.yaml"
expect_fail "its last words are shown with -q too" 1 'the last words' ktn stack deploy -q -f "$work/compose.yaml"
check "what ran runs on" running_is made.web 3
with_engine() { # DOCKER_HOST: a deploy where that is set
  local real=$KONTENA host=$1
  KONTENA=env
  client_arguments() { ARGUMENTS=("DOCKER_HOST=$host" "$real" client); }
  ktn stack deploy -f "$work/compose.yaml"
}
expect_fail "without an engine the next step is said" 7 'DOCKER_HOST=unix' with_engine unix:///nowhere.sock
expect_fail "an engine that is not on a socket is refused" 1 'over a unix socket only' with_engine tcp://10.0.0.1:2375
sed -i 's/^RUN .*/RUN true/' "$work/app/Dockerfile"
expect_output "stack build builds alone" '^made-web$' ktn stack build -q -f "$work/compose.yaml" web

check "the stack is removed" ktn stack rm -y made
finish
