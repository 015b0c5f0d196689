#!/usr/bin/env bash
# limit: 900
# The firewalls of distributions, themselves, on hosts that open no more than README.md says: firewalld
# on one host since before Docker, as at a boot, on another started later, which takes all of Docker's
# rules and which Docker does not notice; ufw on the third. Names, addresses, the way out and (but for the
# second, where they are Docker's to mend) published ports work with them, and what a reload takes away
# is back within 5 s, without a restart of Docker or of a container.
# Skips what is not installed (packages firewalld and dbus, ufw).
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
. "$(dirname -- "$0")/../support/members.sh"
has() { command -v "$1" >/dev/null; }
firewalld='' ufw=''
if has firewalld && has dbus-daemon; then firewalld=yes; else say "          (without firewalld: it or dbus is not installed)"; fi
if has ufw; then ufw=yes; else say "          (without ufw, which is not installed)"; fi
[[ $firewalld$ufw ]] || skip "missing: firewalld with dbus, or ufw"
lab_up 3
need_image python

with_bus() {
  lab exec "$1" mkdir -p /run/dbus
  lab spawn "$1" dbus dbus-daemon --system --nofork --nopidfile >/dev/null
  wait_until 5 "h$1 has a bus" lab exec "$1" test -S /run/dbus/system_bus_socket
}
start_firewalld() {
  lab spawn "$1" firewalld firewalld --nofork --nopid --log-file=/run/firewalld.log >/dev/null
  wait_until 30 "firewalld runs on h$1" answers "$1"
}
answers() { [[ $(lab exec "$1" firewall-cmd --state 2>&1) == running ]]; }
opened() { lab exec "$1" sh -c 'firewall-cmd -q --permanent --add-port=7443/tcp --add-port=51820/udp && firewall-cmd -q --reload'; }
if [[ $firewalld ]]; then
  for k in 1 2; do with_bus $k; done
  lab engine 1 stop >/dev/null
  start_firewalld 1
  opened 1
  lab engine 1 start >/dev/null
fi
start_cluster 3
check "a stack on three hosts" ktn stack deploy -f - shop <<END
services:
  web: {$(member), $(on 1)}
  api: {$(member), $(on 2)}
  db: {$(member), $(on 3)}
  pub: {$(member), ports: ["8080:7000"], deploy: {mode: global}}
END
# What containers find, and who comes to a published port, from each host and out of a container on it.
published() { timeout 3 "$HOSTLAB" exec "$1" bash -c "exec 3<>/dev/tcp/$(lab ip "$2")/8080; read -r who <&3; [[ \$who ]]"; }
way_out() { timeout 3 "$HOSTLAB" docker "$1" exec "$2" python3 -S -c "import socket; assert socket.create_connection(('$(lab ip "$3")', 8080), 2).recv(9)"; }
all_well() {
  asks 1 shop.web-1 api db && asks 2 shop.api-1 web db && asks 3 shop.db-1 web api &&
    published 3 1 && published 1 3 && way_out 1 shop.web-1 3 && way_out 2 shop.api-1 1 && way_out 3 shop.db-1 1
}
check_within 20 "all is well to begin with" all_well
containers() { local k; for k in 1 2 3; do lab docker $k ps -q | xargs "$HOSTLAB" docker $k inspect -f '{{.Name}} {{.State.StartedAt}}'; done; }
before=$(containers)
for k in 1 2 3; do lab spawn $k listener busybox httpd -f -p 7999 -h /run >/dev/null; done
opens() { timeout 3 "$HOSTLAB" exec "$1" bash -c "exec 3<>/dev/tcp/$(lab ip "$2")/7999"; }
check "any port of a host answers without them" opens 1 2
check "and of the third" opens 1 3

if [[ $firewalld ]]; then
  start_firewalld 2
  opened 2
  check_within 5 "all is well with firewalld, started under a cluster" all_well
  check "which shuts other ports" not opens 1 2
  check "as on the first" not opens 2 1
  for how in --reload --complete-reload; do
    for k in 1 2; do lab exec $k firewall-cmd -q $how; done
    check_within 5 "and after $how" all_well
  done
  lab exec 1 firewall-cmd -q --reload
  lab exec 1 firewall-cmd -q --reload
  check_within 5 "and after two in a row" all_well
  lab exec 2 pkill -x firewalld
  check_within 5 "and when it was ended" all_well
  start_firewalld 2
  check_within 5 "and when it was started anew" all_well
  check "and still other ports are shut" not opens 2 1
fi

if [[ $ufw ]]; then
  lab exec 3 sh -c 'sed -i s/IPV6=yes/IPV6=no/ /etc/default/ufw; ufw allow 7443/tcp; ufw allow 51820/udp; ufw --force enable' >/dev/null
  check_within 5 "all is well with ufw" all_well
  check "which shuts other ports" not opens 1 3
  for how in reload disable "--force enable"; do
    # shellcheck disable=SC2086 # of two words
    lab exec 3 ufw $how >/dev/null
    check_within 5 "and after ufw $how" all_well
  done
fi
expect_output "no container was started anew" '^same$' bash -c "[[ \$1 == \"\$2\" ]] && echo same" _ "$before" "$(containers)"
finish
