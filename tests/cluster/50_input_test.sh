#!/usr/bin/env bash
# Wrong input of every kind to every command: an error that says what, where and what to do, and the right exit status.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 1
start_cluster 1
work=$(server_dir 1)/work
mkdir -p "$work"
raw() { "$HOSTLAB" exec 1 "$KONTENA" "$@"; }

expect_fail "no role" 2 "usage" raw
expect_fail "an unknown role" 2 "'serve' is no role" raw serve
expect_fail "server: an unknown option, with the nearest" 2 "did you mean '--data-dir'" raw server --data-dri /x
expect_fail "server: a value that is missing" 2 "needs a value" raw server --listen
expect_fail "server: no port" 2 "not ADDR:PORT" raw server --listen nowhere
expect_fail "server: a duration out of bounds" 2 "between 2000 ms" raw server --lost-after 1ms
echo 'lisen: 0.0.0.0:1' >"$work/server.yaml"
expect_fail "server: an unknown setting in the file, with its place and the nearest" 2 "server.yaml:1: unknown setting 'lisen'" raw server --config "$work/server.yaml"
expect_fail "server: a second one on the same data" 5 "$(server_dir 1)" raw server --data-dir "$(server_dir 1)" --listen 0.0.0.0:7000
expect_fail "agent: an unknown option" 2 "did you mean '--server'" raw agent --sever x
expect_fail "agent: no server" 2 "server" raw agent --state-dir "$work/none"

expect_fail "client: an unknown command, with the nearest" 2 "stack deploy" ktn stack depoly
expect_fail "client: an unknown option" 2 "format" ktn ps --fromat json
expect_fail "client: an unknown format" 2 "table" ktn ps --format xml
expect_fail "client: too many arguments" 2 "usage" ktn version now
for command in "node show" "node rm" "stack show" "stack rm" "stack stop" "stack start" "service show" "service scale" "service restart" "token rm" "grid create" "grid rm" "node label"; do
  # shellcheck disable=SC2086
  expect_fail "$command without its argument" 2 "usage" ktn $command
done
for command in "node show nope" "node rm -y nope" "stack show nope" "stack rm -y nope" "stack stop nope" "stack start nope" "service show nope/x" "service restart nope/x" "token rm -y nope" "grid show nope" "grid rm -y nope"; do
  # shellcheck disable=SC2086
  expect_fail "$command: not there" 4 "not found" ktn $command
done
expect_fail "grid create with a bad name" 2 "cannot be a grid's name" ktn grid create Bad_Name
expect_fail "token create with a bad duration" 2 "a time like" ktn token create --expires soon
expect_fail "token create for a grid that is not there" 4 "grid 'nope'" ktn token create --grid nope
expect_fail "service scale with a bad number" 2 "many" ktn service scale shop/web=many
expect_fail "ps of a stack that is not there" 4 "not found" ktn ps nope
expect_fail "logs of a stack that is not there" 4 "not found" ktn logs nope
expect_fail "another project" 4 "project 'nope'" ktn --project nope ps

elsewhere() { # VARIABLE=VALUE... COMMAND...
  "$HOSTLAB" exec 1 env XDG_CONFIG_HOME="$work/config" XDG_CACHE_HOME="$work/cache" "$@"
}
expect_fail "not logged in" 6 "not logged in|logged out" elsewhere "$KONTENA" client ps
expect_fail "a token that is none" 2 "token" elsewhere KONTENA_URL="$(server_url)" KONTENA_TOKEN=x "$KONTENA" client ps
expect_fail "nobody listens" 7 "refused" elsewhere KONTENA_URL=https://127.0.0.1:1 KONTENA_TOKEN="$(admin_token)" "$KONTENA" client ps
expect_fail "plain http" 2 "https" elsewhere KONTENA_URL=http://127.0.0.1:7443 KONTENA_TOKEN="$(admin_token)" "$KONTENA" client ps
check "login by a token file" elsewhere "$KONTENA" client login --url "$(server_url)" --token-file "$(server_dir 1)/admin.token"
expect_output "the context's file is its owner's alone" '^600$' sh -c 'find "$1" -type f -exec stat -c %a {} +' sh "$work/config"
expect_output "and enough from then on" 'all is well' elsewhere "$KONTENA" client status
check "logout" elsewhere "$KONTENA" client logout
expect_fail "logged out" 6 "not logged in|logged out" elsewhere "$KONTENA" client ps

# refused WHAT STATUS REGEX <<<FILE
refused() {
  cat >"$work/compose.yaml"
  expect_fail "compose: $1" "$2" "$3" ktn stack deploy -f "$work/compose.yaml" shop
}
refused "an unknown key, with its place and the nearest" 2 "compose.yaml:1:[0-9]+: services.a.imge: .*" <<<'services: {a: {imge: x}}'
refused "a key that is not supported yet, by name" 2 'services.a.use_api_socket' <<<'services: {a: {image: x, use_api_socket: true}}'
refused "a key at the wrong place" 2 'deploy' <<<'services: {a: {image: x, replicas: 2}}'
refused "a wrong type" 2 'compose.yaml:1:' <<<'services: {a: {image: [x]}}'
refused "a bad port" 2 'ports' <<<'services: {a: {image: x, ports: ["80.5"]}}'
refused "broken YAML" 2 'compose.yaml:1:' <<<'services: {a: {image: "x}}'
refused "a tab" 2 'compose.yaml:2:' <<<$'services:\n\ta: {image: x}'
refused "a missing variable that is demanded" 2 'say which' <<<'services: {a: {image: "${NOPE:?say which}"}}'
refused "a dependency that is not there" 2 'nope' <<<'services: {a: {image: x, depends_on: [nope]}}'
refused "a circle of dependencies" 2 'a' <<<'services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}'
refused "a volume that is not declared" 2 'nope' <<<'services: {a: {image: x, volumes: ["nope:/x"]}}'
refused "a duplicate key" 2 'compose.yaml' <<<$'services:\n  a: {image: x}\n  a: {image: y}'
refused "no services" 2 'services' <<<'x-nothing: 1'
refused "a constraint on what nodes do not have" 2 'node.colour' <<<'services: {a: {image: x, deploy: {placement: {constraints: ["node.colour == red"]}}}}'
expect_fail "a file that is not there" 4 "gone.yaml" ktn stack deploy -f "$work/gone.yaml" shop
expect_fail "nothing of all that was deployed" 4 "not found" ktn stack show shop

api() { "$HOSTLAB" exec 1 curl -sk -m 5 -o /dev/null -w '%{http_code}' "$@"; }
admin="Authorization: Bearer $(admin_token)"
url=$(server_url)
expect_output "API: no token" '^401$' api "$url/v1/grids"
expect_output "API: an unknown path" '^404$' api -H "$admin" "$url/v2/nothing"
expect_output "API: another method" '^405$' api -H "$admin" -X DELETE "$url/v1/health"
expect_output "API: a body that is no JSON" '^400$' api -H "$admin" -X PUT -d '{' "$url/v1/grids/default/projects/default/stacks/shop"
head -c 20000000 /dev/zero >"$work/big"
expect_output "API: a body that is too large" '^(413|429)$' api -H "$admin" -X PUT --data-binary "@$work/big" "$url/v1/grids/default/projects/default/stacks/shop"
expect_output "API: a header that is too large" '^(400|431|000)$' api -H "$admin" -H "X: $(head -c 30000 /dev/zero | tr '\0' x)" "$url/v1/grids"
check "the server is as well as before" ktn status --check
finish
