#!/usr/bin/env bash
# limit: 900
# Images are built by a node's engine for clients that have none, and come to the other nodes without a registry.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
need_image busybox
start_cluster 3
work=$(server_dir 1)/work
mkdir -p "$work/app/skipped"

cat >"$work/app/Dockerfile" <<'END'
FROM busybox
ARG WORD=none
COPY . /app
RUN cp /app/message /message && echo "the word is $WORD" >>/message
CMD ["sh", "-c", "trap 'exit 0' TERM; sleep 9999 & wait"]
END
printf 'skipped\n' >"$work/app/.dockerignore"
echo one >"$work/app/message"
echo not >"$work/app/skipped/file"
cat >"$work/compose.yaml" <<'END'
name: far
services:
  web:
    build: {context: app, args: {WORD: good}, tags: ["far-also:1"]}
    deploy: {mode: global}
END
# A client that has no engine.
without_engine() {
  local real=$KONTENA
  KONTENA=env
  client_arguments() { ARGUMENTS=("DOCKER_HOST=unix:///nowhere.sock" "$real" client); }
  "$@"
}
deploy() { without_engine ktn stack deploy -f "$work/compose.yaml" --on h2 "$@" 2>&1; }
on() { lab docker "$1" exec "far.$2" "${@:3}"; }
web_on() { running_names far.web | sed -n "s/^$1 far\.//p"; }
image_of() { lab docker "$1" inspect -f '{{.Image}}' "far.$(web_on "$1")"; }
ids() { for k in 1 2 3; do container_ids "$k"; done; }
built_names() { lab docker "$1" images --format '{{.Repository}}' 'kontena.build/*' | sort -u; }
parts() { find "$(server_dir 1)" -path '*blobs*' -type f | sort; }
nothing_done() { ! grep -E '^(building|built|sending|h2 sent)' <<<"$1"; }

# ---- the first deploy
expect_output "a client without an engine deploys a build" '^building web as far-web on h2$' deploy
first=$OUT
check "what the builder says is shown" grep -F 'Step 4/5 : RUN cp' <<<"$first"
check "and what came of it" grep -E '^h2 sent far-web: [1-9] of [1-9] parts' <<<"$first"
check "further names are said to be left out" grep -F 'build.tags' <<<"$first"
check_within 30 "it runs on all three hosts" running_is far.web 3
for k in 1 2 3; do
  expect_output "host $k runs what was built" '^the word is good$' on "$k" "$(web_on "$k")" cat /message
  expect_output "and it is the image of host 2's engine" "^$(image_of 2)\$" image_of "$k"
done
no_such() { not on 3 "$(web_on 3)" test -e /app/skipped; }
check "what .dockerignore leaves out is not in it" no_such
expect_output "no other engine has built anything" '^0 1 0 $' sh -c "for n in '$(built_names 1)' '$(built_names 2)' '$(built_names 3)'; do printf '%s ' \"\$(printf '%s' \"\$n\" | grep -c .)\"; done"
nothing_kept() { [[ -z $(for k in 1 2 3; do find "$(agent_dir "$k")" -path '*parts*' -type f; done) ]]; }
check "nothing of it is left on the nodes' disks beside the engine" nothing_kept
expect_output "the build is in the audit" 'image.build' ktn audit ls --verb 'image.*'

# ---- the same again, a change, a moved base
before=$(ids) had=$(parts)
expect_output "the same again is unchanged" 'far is unchanged' deploy
check "and nothing was built or sent" nothing_done "$OUT"
expect_output "--build does it again, to the same end" 'far is unchanged' deploy --build
check "no container was touched" test "$before" = "$(ids)"
check "no part was sent" test "$had" = "$(parts)"
echo two >"$work/app/message"
expect_output "a changed file is built and sent" '^h2 sent far-web: [123] of ' deploy
check_within 30 "the new one runs on all hosts" running_is far.web 3
expect_output "with what changed" '^two$' on 1 "$(web_on 1)" cat /message
no_base_sent() { ! comm -13 <(echo "$had") <(parts) | xargs -r ls -l | awk '$5 > 500000' | grep .; }
check "the base was not sent again" no_base_sent
echo one >"$work/app/message"
check "the file is as it was" deploy
check "what was built once is not built again, nor sent" nothing_done "$OUT"
expect_output "and runs" '^one$' on 1 "$(web_on 1)" cat /message

# ---- the command alone
build() { without_engine ktn stack build -f "$work/compose.yaml" --on h3 "$@"; }
expect_output "stack build prints what it is called" '^far-web$' build -q
expect_output "on the node that was named" '^kontena.build/' built_names 3

# ---- failures
sed -i 's/^RUN .*/RUN echo the last words; exit 7/' "$work/app/Dockerfile"
fails() { without_engine ktn stack deploy -f "$work/compose.yaml" --on h2 "$@"; }
expect_fail "a failing step is named, with its exit status" 1 'step 4/.*exit 7.*code: 7' fails
expect_fail "its last words are shown with -q too" 1 'the last words' fails -q
check "what ran runs on" running_is far.web 3
expect_fail "a node that is not there is said so" 4 "node 'h9' not found" without_engine ktn stack build -f "$work/compose.yaml" --on h9
sed -i 's/^RUN .*/RUN --mount=type=secret,id=x true/' "$work/app/Dockerfile"
expect_fail "what the engine's builder cannot do it says" 1 'mount' fails
cp "$work/compose.yaml" "$work/plain.yaml"
of_build() { printf 'name: far\nservices: {web: {build: {context: app, %s}}}\n' "$1" >"$work/compose.yaml"; }
of_build 'network: "container:abc"'
expect_fail "the network of a container of the node is refused" 2 "of one engine alone" fails
of_build 'ssh: [default]'
expect_fail "ssh is refused" 2 'ssh' fails
of_build 'privileged: true'
expect_fail "and more rights for a step" 2 'privileged' fails

# ---- another project may not, unless it is allowed to
of_build 'network: host'
sed -i 's/^RUN .*/RUN true/' "$work/app/Dockerfile"
check "another project is made" ktn project create bank
expect_fail "which may not use the host's network in a build either" 6 'host-network' without_engine ktn stack build -f "$work/compose.yaml" --on h2 --project bank
cp "$work/plain.yaml" "$work/compose.yaml"
expect_fail "and may not build on nodes" 6 'may not build on nodes' without_engine ktn stack build -f "$work/compose.yaml" --on h2 --project bank
check "until it is allowed" ktn policy set bank --allow builds
check "then it builds" without_engine ktn stack build -f "$work/compose.yaml" --on h2 --project bank
two_names() { [[ $(built_names 2 | wc -l) == 2 ]]; }
check "under a name that is not the other project's" two_names

# ---- what breaks off
slow() {
  sed -i "s/^RUN .*/RUN echo begun $1; sleep 600/" "$work/app/Dockerfile"
  client_arguments() { ARGUMENTS=("DOCKER_HOST=unix:///nowhere.sock" "$real" client); }
  real=$KONTENA KONTENA=env
  ktn stack build -f "$work/compose.yaml" --on h2 >"$work/out" 2>&1
}
says_begun() { grep -E "^begun $1\$" "$work/out"; }
steps() { lab docker 2 ps -q --filter status=running --no-trunc --format '{{.Command}}' | grep -c 'sleep 600' || true; }
steps_are() { [[ $(steps) == "$1" ]]; }
client_of() { pgrep -f -- "client.* stack build -f $work/compose.yaml" | head -n 1; }
rm -f "$work/out"
slow first &
job=$!
check_within 60 "a long step is under way" says_begun first
check "in a container of host 2" steps_are 1
kill -INT "$(client_of)" || true
wait "$job" || true
check_within 30 "Ctrl-C ends it on the node" steps_are 0
rm -f "$work/out"
slow second &
job=$!
check_within 60 "another one is under way" says_begun second
kill_agent 2
wait "$job" || true
check "the agent's end is told" grep -F "broke off" "$work/out"
check_within 30 "and the engine has ended the step" steps_are 0
start_agent 2
back() { [[ $(ktn node ls --format json | grep -c '"state": "ready"') == 3 ]]; }
check_within 60 "the agent is back" back
sed -i 's/^RUN .*/RUN cp \/app\/message \/message/' "$work/app/Dockerfile"
check "and builds" deploy
rm -f "$work/out"
slow third &
job=$!
check_within 60 "a third one is under way" says_begun third
kill_server
wait "$job" || true
check "the server's end is told" grep -E 'ended before|broke|cannot|refused' "$work/out"
check_within 30 "and ends the step too" steps_are 0
start_server
check_within 30 "nothing of it is left on the nodes' disks" nothing_kept
no_containers() { ! lab docker 2 ps -aq --filter status=exited --filter status=created | grep .; }
check_within 30 "nor a container of a step" no_containers

check "the stack is removed" ktn stack rm -y far
finish
