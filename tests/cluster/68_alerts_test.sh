#!/usr/bin/env bash
# Alerts on real hosts: what fails is told to a real webhook over TLS, signed; its end too; silence, acknowledgement, a
# webhook that is away, a server that is killed, and what other projects see of it.
# limit: 540
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
KT_LOST_AFTER=3s
lab_up 3
start_cluster 3
home=$(client_dir 1)
folder=$home/hook
mkdir -p "$folder"
address=$(lab ip 1)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=webhook of the test" \
  -addext "subjectAltName=IP:$address" -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
start_hook() { HOOK=$(lab spawn 1 hook python3 "$CLUSTER_TESTS/support/hook.py" "$folder" 9444); }
hook_answers() { curl_from 1 -s --cacert "$folder/cert.pem" -m 2 -o /dev/null "https://$address:9444/"; }
got() { [[ -e $folder/got ]] && jq -rs "$1" "$folder/got"; }
# has_got STATE SUBJECT: such a notice was taken.
has_got() { [[ $(got "[.[] | select(.status == 200) | .notice.alerts[] | select(.state == \"$1\" and .subject == \"$2\")] | length") -ge 1 ]]; }
url=https://$address:9444/services/planted-token-77

# ------------------------------------------------------------------ the way
expect_fail "an alert that nobody would be told of is refused" 5 "no webhook" ktn alert create sick --when unhealthy
ktn webhook create ops -q --ca-file "$folder/cert.pem" <<<"$url" >"$folder/signing"
check "a webhook has a key of its own" grep -qE '^[0-9a-f]{64}$' "$folder/signing"
expect_output "it is listed by its host" "ops +$address:9444" ktn webhook ls
check "an alert is made" ktn alert create sick --when unhealthy --for 1s
check "and others" ktn alert create loop shop --when crash-loop
check "of what has no node" ktn alert create full --when unplaced --for 0s
away() { local said status=0; said=$(ktn alert test sick) || status=$?; ((status == 1)) && has 'cannot reach' <<<"$said"; }
check "a test says that the webhook is away" away
start_hook
wait_until 30 "the webhook answers" hook_answers
expect_output "a test is taken" "ops +taken" ktn alert test sick
check "it was signed" test "$(got '.[-1] | .signed')" = true
expect_output "for people too" '^\[test\] default/default sick: a test by admin' got '.[-1].notice.text'

# ------------------------------------------------------------------ what fails
check "a stack is deployed" ktn stack deploy -f - shop <<'END'
services:
  web:
    image: busybox
    command: ["sh", "-c", "touch /well; trap 'exit 0' TERM; sleep 9999 & wait"]
    healthcheck: {test: ["CMD", "test", "-e", "/well"], interval: 1s, retries: 2}
END
node=$(ktn ps shop --json | jq -r '.[0].node')
expect_output "nothing is wrong yet" "sick +unhealthy +- +ok" ktn alert ls
lab docker "${node#h}" exec shop.web-1 rm /well
check_within 60 "the webhook is told that it is unhealthy" has_got firing shop/web
expect_output "it is listed as firing" "sick +unhealthy +shop/web +firing" ktn alert ls
expect_output "the notice says how to look further" "service show shop/web" got '.[-1].notice.alerts[0].look'
check "it is acknowledged" ktn alert ack sick shop/web
expect_output "and known to somebody" "acked .*known to admin" ktn alert ls

check "what fits no node" ktn stack deploy --detach -f - big <<<"services: {a: {image: busybox, command: [sleep, '9999'], deploy: {resources: {reservations: {memory: 9000g}}}}}"
check_within 60 "is told, with the reason" has_got firing big/a
expect_output "by the counts of the nodes" "without enough free memory" got '[.[].notice.alerts[] | select(.subject == "big/a")][0].summary'

# ------------------------------------------------------------------ away, and killed
echo 500 >"$folder/status"
check "it ends by itself" ktn stack rm -y big
tried() { [[ $(got '[.[] | select(.status == 500)] | length') -ge 1 ]]; }
check_within 60 "a webhook that fails" tried
expect_output "is listed with its trouble" "status 500" ktn webhook ls
expect_output "and what it was not told" "not told yet: ops" ktn alert ls
kill_server
rm "$folder/status"
start_server
check_within 60 "after a kill of the server it is told that it is over" has_got resolved big/a

# ------------------------------------------------------------------ silence, the end
check "silence" ktn alert silence loop --for 1h --why "we know"
check "a service that crashes" ktn stack deploy --detach -f - shop <<'END'
services:
  web: {image: busybox, command: ["sh", "-c", "touch /well; trap 'exit 0' TERM; sleep 9999 & wait"]}
  bad: {image: busybox, command: ["sh", "-c", "exit 3"], restart: always}
END
firing() { ktn alert ls --json | jq -e '.[] | select(.name == "loop") | .findings[] | select(.firing)' >/dev/null; }
check_within 90 "is found while it is silenced" firing
check_within 60 "the end of the other is told" has_got resolved shop/web
check "but nothing of the silenced one" test "$(got '[.[].notice.alerts[] | select(.alert == "loop" and .state == "firing")] | length')" = 0
check "until the silence ends" ktn alert silence loop --off
check_within 30 "then it is told" has_got firing shop/bad
check "every notice was signed" test "$(got 'map(.signed) | all')" = true

# ------------------------------------------------------------------ nodes
ktn webhook create ops --of-grid -q --ca-file "$folder/cert.pem" --url-file - <<<"$url" >"$folder/signing" 2>/dev/null
expect_output "a webhook of the grid" "ops +$address:9444" ktn webhook ls --of-grid
check "and an alert" ktn alert create lost --of-grid --when node-lost
lab crash 3
check_within 60 "a host that dies is told of" has_got firing h3
check "signed by this one's key" test "$(got '.[-1] | .signed')" = true

lab boot 3
start_agent 3

# ------------------------------------------------------------------ what is measured
busy() { printf 'services:\n  web: {image: busybox, command: ["sh", "-c", "%s"]}\n%s\n' "$1" "$2"; }
in_file='x-kontena: {alerts: {busy: {when: cpu, over: 50%, for: 10s, webhooks: [ops]}, sorry: {when: log, pattern: "ERR(OR)?:", over: 3, for: 20s}}}'
check "a stack that asks for alerts in its file" ktn stack deploy -f - hot <<<"$(busy 'for i in 1 2 3; do echo ERROR: no bread; done; while :; do :; done' "$in_file")"
expect_output "they are the project's, under its name" 'hot-busy +cpu over 50% +hot ' ktn alert ls
expect_output "with what they look for" 'hot-sorry +log /ERR\(OR\)\?:/ 3 times +hot' ktn alert ls
check_within 60 "lines of the log that match are told" has_got firing hot/web
expect_output "with the newest of them" 'web-1: ERROR: no bread' got '[.[].notice.alerts[] | select(.alert == "hot-sorry")][0].summary'
used() { [[ $(got '[.[] | select(.status == 200) | .notice.alerts[] | select(.alert == "hot-busy" and .state == "firing")] | length') -ge 1 ]]; }
check_within 60 "a processor that is used up is told" used
expect_fail "what stands in the file is not removed by hand" 5 "Compose file of stack 'hot'" ktn alert rm -y hot-busy
over() { [[ $(got '[.[] | select(.status == 200) | .notice.alerts[] | select(.alert == "hot-sorry" and .state == "resolved")] | length') -ge 1 ]]; }
check_within 60 "lines are over after their time" over
expect_fail "a file that asks for what there is not" 2 '^-:3:32: x-kontena.alerts.x.when' ktn stack deploy -f - hot <<<"$(busy true 'x-kontena: {alerts: {x: {when: sad}}}')"
check "the stack goes" ktn stack rm -y hot
no_alerts() { ! has '^hot-' <<<"$(ktn alert ls)"; }
check "and its alerts with it" no_alerts
check "a disk" ktn alert create disk --of-grid --when disk --over 1% --for 0s
check_within 60 "that is fuller than asked is told of" has_got firing h2
expect_output "with the share" 'over 1% of the disk: [0-9]+% of [0-9.]+ [GT]B' got '[.[].notice.alerts[] | select(.alert == "disk")][0].summary'
check "certificates" ktn alert create old --of-grid --when certificate --before 365d
soon() { [[ $(got '[.[] | select(.status == 200) | .notice.alerts[] | select(.alert == "old") | .subject] | unique | join(",")') == h1,h2,h3 ]]; }
check_within 30 "that end within a year, of all nodes, are told of" soon
check "none does within a month" ktn alert create old --of-grid --when certificate --before 30d
no_old() { has -E 'old +certificate, 30d before +- +ok' <<<"$(ktn alert ls --of-grid)"; }
check_within 30 "so nothing is found" no_old

# ------------------------------------------------------------------ others
check "another project" ktn project create bank
check "with a robot of its own" ktn user create robot --service
check "that may all there" ktn binding create robot project-admin /default/bank
ktn token create --for robot -q >"$home/robot.token" 2>/dev/null
as_robot() { # in its project, or the one that is named
  client_arguments
  KONTENA_URL=$(server_url) KONTENA_TOKEN=$(<"$home/robot.token") KONTENA_PROJECT=bank XDG_CONFIG_HOME=$home/robot \
    timeout -k 5 "$KTN_TIMEOUT" "$HOSTLAB" exec 1 "$KONTENA" "${ARGUMENTS[@]}" "$@"
}
check "it sees its own, which are none" test -z "$(as_robot alert ls -q)"
expect_fail "it sees no alerts of others" 4 "" as_robot --project default alert ls
expect_fail "makes none there" 4 "" as_robot --project default alert create x --when unhealthy
expect_fail "nor has others' webhooks tried" 4 "" as_robot --project default alert test sick
expect_fail "nor those of the grid" 6 "" as_robot webhook ls --of-grid
clean() { [[ -z $(grep -rlF planted-token-77 "$(server_dir "$SERVER_HOST")" "$(role_log 1 server)") ]]; }
check "the URL is in no file of the server" clean
not_told() { ! has 'planted-token-77' <<<"$(ktn audit ls --json; ktn webhook ls --json; ktn alert ls --json)"; }
check "nor in the audit, nor in any list" not_told
finish
