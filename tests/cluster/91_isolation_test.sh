#!/usr/bin/env bash
# Two teams on the same hosts: who administers the project red attacks blue by the API, by what stacks may ask for,
# by equal names, and with a stolen node certificate (support/outsider.py), and learns and changes nothing. What
# containers reach of each other is in 87_attack_test.sh.
# limit: 900
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
. "$(dirname -- "$0")/support/members.sh"
lab_up 3
[[ -x /usr/bin/python3 ]] || skip "missing: python3"
start_cluster 3
ca=$(server_dir 1)/ca.pem
plan=$(client_dir 1)/plan
mkdir -p "$(client_dir 1)"

# as WHO METHOD PATH [BODY]: the answer, and its status in a last line; WHO is a file with a header.
printf 'authorization: Bearer %s\n' "$(admin_token)" >"$SCRATCH/admin"
as() {
  local body=()
  if (($# > 3)); then body=(--data-binary "$4"); fi
  lab exec 1 curl -sS -m 15 --cacert "$ca" -H "@$SCRATCH/$1" -X "$2" "${body[@]}" -w '\n%{http_code}\n' "$(server_url)$3"
}
field() { grep -Eo "\"$1\":\"[^\"]*\"" | sed -n 1p | cut -d '"' -f 4; }
# account NAME ROLE SCOPE: of a program, whose token's header is then in $SCRATCH/NAME
account() {
  local token
  as admin PUT "/v1/users/$1" '{"service":true}' | has '^201$'
  as admin POST /v1/bindings "{\"kind\":\"user\",\"subject\":\"$1\",\"role\":\"$2\",\"scope\":\"$3\"}" | has '^201$'
  token=$(as admin POST /v1/tokens "{\"kind\":\"access\",\"owner\":\"$1\"}" | field text)
  printf 'authorization: Bearer %s\n' "$token" >"$SCRATCH/$1"
  [[ -n $token ]]
}
two_projects() { ktn project create red && ktn project create blue && ktn grid create green; }
check "two projects and another grid are made" two_projects
check "one account administers red" account eve project-admin /default/red
check "one blue" account vic project-admin /default/blue
printf 'a secret of blue' >"$(client_dir 1)/secret.txt"
printf 'BLUE-MARK' >"$(client_dir 1)/config.txt"
stack() { # MARK PORT FILES
  cat <<END
services:
  db:
    image: busybox
    container_name: the-db
    command: [sh, -c, "echo $1; echo $1 >>/data/mark; exec httpd -f -p 80 -h /data"]
    environment: {MARK: $1}
    volumes: [data:/data]
    networks: [front]
    ports: ["$2:80"]
    $(on 3)
    $3
  ${4:-spy: {image: busybox, command: [sleep, infinity], networks: [front], deploy: {mode: global\}\}}
networks: {front: {}}
volumes: {data: {}}
END
}
with_files() { stack BLUE-MARK 8088 'secrets: [s]
    configs: [c]' ' ' && printf 'secrets: {s: {file: %s/secret.txt}}\nconfigs: {c: {file: %s/config.txt}}\n' "$(client_dir 1)" "$(client_dir 1)"; }
deploy() { ktn stack deploy --project "$1" -f - shop; }
check "blue has a stack" deploy blue < <(with_files)
check "red has one with the same names" deploy red < <(stack red-mark 8089 '')

# --------------------------------------------------------------------- names
victim=blue.shop.db-1
mark_of() { lab docker 3 exec "$1.shop.db-1" cat /data/mark; }
own_marks() { [[ $(mark_of blue) == BLUE-MARK && $(mark_of red) == red-mark ]]; }
check_within 20 "each has its own volume of the name, on the same node" own_marks
label() { lab docker 3 inspect -f "{{index .Config.Labels \"$2\"}}" "$1"; }
address() { lab docker 3 inspect -f "{{(index .NetworkSettings.Networks \"$1.shop.front\").IPAddress}}" "$1.shop.db-1"; }
theirs=$(address blue)
gateway=$(lab docker 3 inspect -f '{{(index .NetworkSettings.Networks "blue.shop.front").Gateway}}' "$victim")
before=$(lab docker 3 inspect -f '{{.Id}} {{.State.StartedAt}}' "$victim")
answers() { lab docker "$1" exec "$2" timeout 2 nslookup "$3" ${4:+"$4"} 2>/dev/null || true; }
only_own() { # K: names lead to red's own, and none to blue's
  local spy name
  spy=$(lab docker "$1" ps --format '{{.Names}}' --filter name=red.shop.spy)
  for name in db the-db db.shop db-1.shop.red.default.kontena.local; do
    answers "$1" "$spy" "$name" | has "$(address red)" || return 1
  done
  for name in db the-db db-1.shop.blue.default.kontena.local "$victim"; do
    if answers "$1" "$spy" "$name" | has -F "$theirs"; then say "$name"; return 1; fi
  done
  # Nor does blue's end of the node answer.
  if answers "$1" "$spy" db-1.shop.blue.default.kontena.local "$gateway" | has -F "$theirs"; then return 1; fi
}
cannot_get() { ! lab docker "$1" exec "$(lab docker "$1" ps --format '{{.Names}}' --filter name=red.shop.spy)" wget -q -T 2 -O - "http://$2/mark"; }
for k in 1 2 3; do
  check_within 10 "from red on h$k names lead to red's own only" only_own "$k"
  check "and blue's address leads nowhere" cannot_get "$k" "$theirs"
done

# ----------------------------------------------------------------------- API
service=$(as vic GET /v1/grids/default/projects/blue/stacks/shop/services/db)
digests() { /usr/bin/python3 -S -c '
import json, sys
files = json.loads(sys.stdin.readline())["spec"]["files"]
print(*[f["digest"] for f in files if bool(f.get("secret")) == (sys.argv[1] == "secret")])' "$1" <<<"$service"; }
instance=$(label "$victim" io.kontena.instance)
deployment=$(as vic GET /v1/grids/default/projects/blue/stacks/shop/deployments | field id)
image=$(lab docker 1 images -q --no-trunc busybox:latest | sed -n "1s/.*://p")
paths=$(grep -Eo '"/v1/[^"]*"' "$TREE/include/kontena/api/endpoints.h" | paste -sd ,)
write_plan() { # NAME AUTHORISATION
  cat >"$plan.$1" <<END
{"url": "$(server_url)", "ca": "$ca", $2, "other": "$(cut -d ' ' -f 3 "$SCRATCH/vic")", "paths": [$paths],
 "words": ["$instance", "$theirs", "$deployment", "BLUE-MARK", "a secret of blue", "$(lab docker 3 inspect -f '{{.Id}}' "$victim")"],
 "names": {"grid": "default", "project": "blue", "stack": "shop", "service": "db", "instance": "$instance", "deployment": "$deployment",
           "revision": "1", "network": "shop.front", "node": "h3", "user": "vic", "digest": "$(digests config)"},
 "secrets": ["$(digests secret)"], "blobs": ["$(digests config)"], "container": "$victim", "volume": "blue.shop.data",
 "network": "blue.shop.front", "image": "$image"}
END
}
write_plan eve "\"token\": \"$(cut -d ' ' -f 3 "$SCRATCH/eve")\""
chmod 600 "$plan.eve"
outsider() { # MODE WHO
  capture lab exec 1 /usr/bin/python3 -S "$CLUSTER_TESTS/support/outsider.py" "$1" "$plan.$2"
  say "$OUT" "$ERR"
  if [[ $ERR == *time* ]]; then say "$ERR" | sed 's/^/          . /' >&3; fi
  [[ $OUT == 'done' ]]
}
exec 3>&1
check "every route says of blue what it says of a project that is not there" outsider absent eve
check "and as fast" outsider slow eve
check "no stack asks its way out of red" outsider specs eve
not_there() { as eve "$@" | sed -n '$p' | has -E '^(403|404)$'; }
check "logs of blue cannot be followed" not_there GET "/v1/grids/default/projects/blue/logs?follow=true"
no_logs() { local all; all=$(as eve GET "/v1/grids/default/projects/red/logs?instance=$instance") && ! has BLUE-MARK <<<"$all"; }
check "nor those of its instance by way of red" no_logs
no_events() { local all; all=$(as eve GET "/v1/grids/default/events?limit=1000") && has '"project":"red"' <<<"$all" && ! has -E '"project":"(blue|default)?"|blue' <<<"$all"; }
check "events tell of red alone: nothing of blue, nor of nodes" no_events
check "nor are those of a node to be had" not_there GET "/v1/grids/default/events?node=h1"
check "nor its nodes" not_there GET /v1/grids/default/nodes
check "nor its audit" not_there GET /v1/audit/export
check "nor a backup" not_there GET /v1/backup
tested() { as eve POST /v1/grids/default/projects/red/network-test "{\"from\":\"shop/db\",\"to\":\"$1\"}" | sed "s/$1/*/g"; }
same_test() { diff <(tested "$theirs") <(tested 10.95.200.9) && diff <(tested "$gateway") <(tested 10.95.200.9); }
check "a network test tells of blue's addresses what it tells of nobody's" same_test
binding() { as eve POST /v1/bindings "{\"kind\":\"user\",\"subject\":\"eve\",\"role\":\"$1\",\"scope\":\"$2\"}" | sed -n '$p' | has -E '^(403|404)$'; }
check "nobody binds themselves to blue" binding viewer /default/blue
check "nor to the grid" binding viewer /default
check "nor to more in their own project" binding grid-admin /default/red
check "nor makes a role with more" not_there PUT /v1/roles/mine '{"verbs":["backup"]}'
check "nor joins a group" not_there POST /v1/users/eve '{"join":["admins"]}'
vics=$(as vic GET /v1/whoami | field id)
check "nor removes another's token" not_there DELETE "/v1/tokens/${vics:-none}"
check "nor makes one for them" not_there POST /v1/tokens '{"kind":"access","owner":"vic"}'

# -------------------------------------------------------------- slowing down
quota() { as admin POST /v1/grids/default/projects/red/policy '{"quotas":{"instances":8}}' | has '^200$'; }
check "red has a quota" quota
beyond() { as eve POST /v1/grids/default/projects/red/stacks/shop/services/db/scale '{"replicas":50}' | has -E '^(403|409)$'; }
check "and no more than that" beyond
port='{"spec":{"services":{"x":{"name":"x","image":"busybox","networks":[{"network":"default"}],"ports":[{"target":80,"published":8088}],
 "placing":{"constraints":[{"attribute":"node.hostname","equal":true,"value":"h3"}]}}},"networks":{"default":{}}}}'
takes_port() { as eve PUT /v1/grids/default/projects/red/stacks/port "$port" | has '^200$'; }
check "red asks for a port that blue has" takes_port
taken() {
  local all
  all=$(as eve GET '/v1/grids/default/projects/red/instances?stack=port')
  say "$all"
  has '8088/tcp taken' <<<"$all" && ! has -E 'BLUE-MARK|blue' <<<"$all"
}
check_within 10 "it is taken, and nothing says by whom" taken
check "320 requests of red at once do not keep blue from being served" outsider flood eve
served() { as eve GET /v1/grids | has '^200$'; }
check_within 60 "red is served again when those have ended" served
lab exec 1 curl -sSN -m 120 --cacert "$ca" -H "@$SCRATCH/eve" "$(server_url)/v1/grids/default/projects/red/logs?follow=true" >"$SCRATCH/followed" 2>&1 &
follower=$!
follows() { has red-mark <"$SCRATCH/followed"; }
wait_until 10 "red follows its logs" follows
eves=$(as eve GET /v1/whoami | field id)
check "red's token is revoked" as admin DELETE "/v1/tokens/$eves"
check_within 2 "and its stream ends" not kill -0 "$follower"

# ------------------------------------------------------ a stolen certificate
check "blue's stack is untouched" test "$before" = "$(lab docker 3 inspect -f '{{.Id}} {{.State.StartedAt}}' "$victim")"
cp "$(find "$(agent_dir 2)" -name node.pem)" "$plan.pem"
write_plan node "\"cert\": \"$plan.pem\""
check "with the certificate of h2 nothing is told of what runs on h3, nor changed" outsider stolen node
own_only() { lab exec 1 curl -sS -m 5 --cacert "$ca" --cert "$plan.pem" "$(server_url)/v1/agent/assignments" | has '"project":"red"'; }
check "by curl it is told its own" own_only
still() { [[ $(as vic GET /v1/grids/default/projects/blue/instances) == *'"state":"running"'* ]] && [[ $before == "$(lab docker 3 inspect -f '{{.Id}} {{.State.StartedAt}}' "$victim")" ]]; }
check "blue's instance is as it was" still
finish
