#!/bin/sh
# The units are ones that systemd takes without a word, and what install puts in
# place, once or twice, uninstall takes away. Into a folder: nothing is started.
# usage: packaging.sh BINARY
set -eu
binary=$1
here=$(cd -- "$(dirname -- "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }

if command -v systemd-analyze >/dev/null; then
  for unit in server agent; do
    # the binary need not be installed here
    sed "s|^ExecStart=/usr/local/bin/kontena|ExecStart=/bin/true|" "$here/packaging/systemd/kontena-$unit.service" >"$work/kontena-$unit.service"
    # what it says of other units of this machine is not ours
    said=$(systemd-analyze verify --man=no "$work/kontena-$unit.service" 2>&1 | grep "kontena-$unit" || true)
    [ -z "$said" ] || fail "systemd-analyze verify: $said"
    printf 'ok: systemd takes kontena-%s.service\n' "$unit"
  done
else
  printf 'skipped: no systemd-analyze here\n'
fi

root=$work/root
printf 'ktn1.token\n' >"$work/token"
export DESTDIR="$root"
"$here/packaging/install" server --binary "$binary" 2>/dev/null
"$here/packaging/install" agent --binary "$binary" --server 10.0.0.5:7443 --token-file "$work/token" --name web-1 2>/dev/null
"$here/packaging/install" agent --binary "$binary" --server 10.0.0.6:7443 --token-file "$work/token" 2>/dev/null
[ "$("$root/usr/local/bin/ktn" --version)" = "$("$binary" --version)" ] || fail "ktn is not the binary"
[ "$(stat -c %a "$root/etc/kontena/agent.env" "$root/etc/kontena/join.token" | tr '\n' ' ')" = '600 600 ' ] || fail "secrets lie open"
[ "$(grep -c '^KONTENA_AGENT_SERVER=' "$root/etc/kontena/agent.env")" = 1 ] || fail "a setting is there twice"
grep -qx 'KONTENA_AGENT_SERVER=10.0.0.6:7443' "$root/etc/kontena/agent.env" || fail "the newer setting does not count"
grep -qx 'KONTENA_AGENT_NAME=web-1' "$root/etc/kontena/agent.env" || fail "a setting that was not named again is lost"
printf 'ok: install, twice, leaves each thing once\n'

for wrong in 'agent' 'agent --server x' 'server agent' '--binary' '--nonsense' 'agent --server a;b --token-file /dev/null'; do
  status=0
  # shellcheck disable=SC2086 # words
  DESTDIR=$work/other "$here/packaging/install" $wrong --binary "$binary" >/dev/null 2>&1 || status=$?
  [ "$status" = 2 ] || [ "$wrong" = --binary ] || fail "install $wrong ends with $status"
done
printf 'ok: wrong words are refused\n'

mkdir -p "$root/var/lib/kontena-server"
"$here/packaging/uninstall" 2>/dev/null
if [ ! -d "$root/var/lib/kontena-server" ] || [ ! -e "$root/etc/kontena/agent.env" ]; then fail "uninstall took state along"; fi
"$here/packaging/uninstall" --purge 2>/dev/null
left=$(find "$root" ! -type d)
[ -z "$left" ] || fail "left behind: $left"
printf 'ok: uninstall takes all away, and state only with --purge\n'
