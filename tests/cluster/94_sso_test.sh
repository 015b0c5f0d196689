#!/usr/bin/env bash
# People log in at a real OpenID Connect provider (npm's oidc-provider) by the device flow; what its groups give them, and
# what happens when it says no, something else, or nothing. Skipped where there is neither node nor a registry of npm.
# limit: 600
set -euo pipefail
. "$(dirname -- "$0")/support.sh"

# The provider's packages, with the digests of the lock file, once a machine.
packages() {
  local wanted
  local program
  for program in node npm openssl; do command -v "$program" >/dev/null || skip "there is no $program here"; done
  wanted=$(sha256sum "$CLUSTER_TESTS/sso/package-lock.json" | cut -c1-12)
  SSO=${KONTENA_CACHE:-/var/cache/kontena}/oidc-provider-$wanted
  if [[ ! -e $SSO/ready ]]; then
    mkdir -p "$SSO"
    cp "$CLUSTER_TESTS"/sso/package*.json "$SSO/"
    (cd "$SSO" && timeout 180 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries 1 --fetch-timeout 30000) >"$SSO/npm.log" 2>&1 ||
      skip "npm has not got oidc-provider: $(grep -i error "$SSO/npm.log" | head -n 1)"
    touch "$SSO/ready"
  fi
  cp "$CLUSTER_TESTS"/sso/*.mjs "$SSO/"
}
packages

lab_up 1
start_server
home=$(client_dir 1)
mkdir -p "$home/provider"
folder=$home/provider
address=$(lab ip 1)
issuer=https://$address:9443
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=provider of the test" \
  -addext "subjectAltName=IP:$address" -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
echo '{"ann": ["ops", "Web Team"], "bob": []}' >"$folder/groups.json"
secret=planted-client-secret-c1

start_provider() { PROVIDER=$(lab spawn 1 provider node "$SSO/provider.mjs" "$folder" 9443 "$address"); }
provider_answers() { curl_from 1 -s --cacert "$folder/cert.pem" -m 2 -o /dev/null "$issuer/jwks"; }
stop_provider() { lab exec 1 kill "$PROVIDER"; }
start_provider
wait_until 30 "the provider answers" provider_answers

# ------------------------------------------------------------------ who may be trusted
sso_set() { ktn sso set --issuer "$issuer" --client-id kontena --scopes openid,profile,groups "$@" <<<"$secret"; }
expect_fail "a provider whose certificate nobody vouches for is not taken" 7 "certificate" sso_set --client-secret-file -
check "one is named, by its authority" sso_set --client-secret-file - --ca-file "$folder/cert.pem"
expect_output "and shown, without the client's secret" "client secret *kept sealed" ktn sso show
expect_fail "nobody logs in over plain HTTP" 2 "https" ktn sso set --issuer "http://$address:9443" --client-id kontena

# ------------------------------------------------------------------ logging in
# as NAME ARGUMENTS...: the client with the configuration of that person.
as() {
  local person=$1
  shift
  client_arguments
  XDG_CONFIG_HOME=$home/$person/config XDG_STATE_HOME=$home/$person/state XDG_CACHE_HOME=$home/$person/cache \
    timeout -k 5 "$KTN_TIMEOUT" "$HOSTLAB" exec 1 "$KONTENA" "${ARGUMENTS[@]}" "$@"
}
# begin PERSON: the login in the background; its code is in CODE.
begin() {
  rm -f "$SCRATCH/$1".*
  (
    as "$1" login --sso --url "$(server_url)" --ca-file "$(server_dir 1)/ca.pem" >"$SCRATCH/$1.out" 2>"$SCRATCH/$1.err" && status=0 || status=$?
    echo "$status" >"$SCRATCH/$1.status"
  ) &
  wait_until 20 "a code is shown" grep -q 'type the code' "$SCRATCH/$1.err"
  CODE=$(sed -n 's/.*type the code *//p' "$SCRATCH/$1.err")
}
ended() { [[ -s $SCRATCH/$1.status ]]; }
ends_with() { # PERSON STATUS REGEX
  wait_until 40 "the login ends" ended "$1"
  [[ $(cat "$SCRATCH/$1.status") == "$2" ]] && grep -Eq -- "$3" "$SCRATCH/$1.err"
}
shown_of() { cat "$SCRATCH/$1.err" "$SCRATCH/$1.out" "$SCRATCH/$1.status"; }
browser() { lab exec 1 env NODE_EXTRA_CA_CERTS="$folder/cert.pem" node "$SSO/person.mjs" "$issuer" "$@"; }
# logs_in PERSON [NAME THERE]: the whole way
logs_in() {
  begin "$1"
  browser "$CODE" "${2:-$1}" || return
  ends_with "$1" 0 "as ${1}" || { shown_of "$1"; return 1; }
}
is() { say "$(shown_of "$1")"; ends_with "$@"; }

check "the role of a group is given" ktn binding create group:ops deployer /default/default
check "ann logs in at the provider" logs_in ann
expect_output "and is ann here, with her session's group" 'ops' as ann whoami
expect_output "she may what her group may" 'group ops' as ann can-i deploy /default/default/shop
expect_fail "and no more" 6 "" as ann grid create blue
expect_output "the server knows her account as the provider's" '"sso": *true' ktn user show ann --format json
expect_fail "which has no password here" 5 "provider" ktn user invite ann
check "bob logs in, who is in no group" logs_in bob
expect_fail "and may nothing" 1 "" as bob can-i view /default/default
echo '{"ann": [], "bob": ["ops"]}' >"$folder/groups.json"
check "in other groups bob logs in anew" logs_in bob
expect_output "and may what that group may" 'group ops' as bob can-i deploy /default/default/shop
begin root
check "somebody is called there as a local account is here" browser "$CODE" admin
check "and gets no account by it" is root 5 "another account's"

# ------------------------------------------------------------------ when it says no, or something else
begin ann
check "the person says no in the browser" browser "$CODE" ann deny
check "the login ends by it" is ann 6 "denied"
echo '{"ann": ["ops"], "bob": []}' >"$folder/groups.json"

# A token that the same provider has signed for another client.
device=$(curl_from 1 -s --cacert "$folder/cert.pem" -d 'client_id=other&scope=openid' "$issuer/device/auth")
# shellcheck disable=SC2001 # a group of a regular expression
field() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/" <<<"$device"; }
check "another client's user logs in" browser "$(field user_code)" ann
curl_from 1 -s --cacert "$folder/cert.pem" -o /dev/null -d client_id=other -d "device_code=$(field device_code)" \
  -d grant_type=urn:ietf:params:oauth:grant-type:device_code "$issuer/token"
check "its token is at hand" cp "$folder/issued-other" "$folder/instead"
begin ann
check "and given in place of ann's" browser "$CODE" ann
check "which is refused: it is for somebody else" is ann 6 "for somebody else"
sed 's/.$/A/; s/..$/AA/' "$folder/issued-kontena" >"$folder/instead"
begin ann
check "a token with another signature is given" browser "$CODE" ann
check "and refused" is ann 6 "signature"
rm "$folder/instead"

check "codes of this client are good for 6 s" ktn sso set --issuer "$issuer" --client-id hasty --no-client-secret --ca-file "$folder/cert.pem" --scopes openid,profile,groups
begin ann
check "after which the login ends" is ann 1 "expired"
check "the former client again" sso_set --client-secret-file - --ca-file "$folder/cert.pem"
check "ann logs in" logs_in ann

# ------------------------------------------------------------------ away, and gone
check "a local account is made" ktn user create rita
ktn user invite rita >"$SCRATCH/code"
stop_provider
begin_fails() { as ann login --sso --url "$(server_url)" --ca-file "$(server_dir 1)/ca.pem"; }
gone() { ! provider_answers; }
wait_until 10 "the provider is away" gone
expect_fail "nobody logs in at it" 7 "provider" begin_fails
expect_output "who has a session goes on" 'group ops' as ann can-i deploy /default/default/shop
check "the administrator's token works" ktn grid ls
password=correct-horse-battery
takes_up() { { cat "$SCRATCH/code"; say "$password"; } | as rita login --user rita --invited --url "$(server_url)"; }
logs_in_here() { as rita login --user rita --url "$(server_url)" --password-file - <<<"$password"; }
check "somebody invited takes up a local account" takes_up
check "and logs in with a password" logs_in_here
start_provider
wait_until 30 "the provider answers again" provider_answers
check "ann logs in again" logs_in ann
check "ann's account is disabled" ktn user disable ann
expect_fail "and her session over" 6 "" as ann grid ls
check "bob logs in" logs_in bob
check "the provider is taken away" ktn sso rm -y
expect_fail "and with it the sessions of its people" 6 "" as bob grid ls
expect_fail "nobody logs in by it" 5 "no provider" begin_fails

# ------------------------------------------------------------------ what is left of it
expect_output "the audit has who named it" 'sso\.set' ktn audit ls --verb 'sso.*'
expect_output "and who logged in" 'session\.create' ktn audit ls --verb session.create --user ann
ktn audit ls --format jsonl >"$SCRATCH/audit"
not_planted() { ! grep -rl "$secret" "$(server_dir 1)" "$(role_log 1 server)" "$SCRATCH/audit" "$home"/ann "$home"/bob; }
check "the client's secret is in no file of the server, no log and no audit" not_planted
check "the server's data is whole" ktn audit verify
stop_provider
finish
