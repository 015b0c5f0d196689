#!/usr/bin/env bash
# limit: 600
# Logs go on to a real rsyslog, plain and over TLS, and to what speaks Fluentd's protocol and OTLP, and stop at nobody's
# death: the target's, the agent's, the server's. Nothing is lost while it has room to wait in; what comes twice is bounded.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
. "$(dirname -- "$0")/support/numbered.sh"
command -v rsyslogd >/dev/null || skip "no rsyslogd here (Debian: rsyslog, rsyslog-gnutls)"
lab_up 3
start_cluster 2
folder=$(client_dir 1)/forward
mkdir -p "$folder"
address=$(lab ip 3)
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=targets of the test" -addext "subjectAltName=IP:$address" \
  -addext "basicConstraints=critical,CA:TRUE" -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null

# start_target NAME: it listens when this returns.
declare -A PORTS=([plain]=601 [tls]=6514 [fluentd]=24224 [otlp]=4318)
declare -A TARGETS=()
write_syslog() { # NAME STREAM-DRIVER
  cat >"$folder/$1.conf" <<END_CONF
global(maxMessageSize="128k" workDirectory="$folder"
  defaultNetstreamDriverCAFile="$folder/cert.pem" defaultNetstreamDriverCertFile="$folder/cert.pem" defaultNetstreamDriverKeyFile="$folder/key.pem")
module(load="imtcp" $2)
template(name="line" type="string" string="%hostname% %app-name% %procid% %msgid% %structured-data% %msg%\n")
input(type="imtcp" port="${PORTS[$1]}")
action(type="omfile" file="$folder/$1.out" template="line")
END_CONF
}
write_syslog plain ''
write_syslog tls 'StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"'
listens() { lab exec 3 bash -c "exec 3<>/dev/tcp/127.0.0.1/${PORTS[$1]}" 2>/dev/null; }
start_target() {
  case $1 in
    fluentd | otlp) TARGETS[$1]=$(lab spawn 3 "$1" python3 "$CLUSTER_TESTS/support/log_sink.py" "$1" "${PORTS[$1]}" "$folder/$1.out") ;;
    *) TARGETS[$1]=$(lab spawn 3 "$1" rsyslogd -n -f "$folder/$1.conf" -i "$folder/$1.pid") ;;
  esac
  wait_until 60 "$1 listens" listens "$1"
}
end_target() { # NAME SIGNAL
  lab exec 3 kill "-$2" "${TARGETS[$1]}"
  wait_until 30 "$1 has ended" not listens "$1"
}
got() { cat "$folder/$1.out" 2>/dev/null || true; }
got_numbers() { got "$1" | sed -n 's/^.* n \([0-9][0-9]*\)$/\1/p'; }
# TARGET LINES TIMES: of each of the numbers below it there are at least so many.
has_all() { [[ $(got_numbers "$1" | sort -n | uniq -c | awk -v times="$3" '$1 >= times' | wc -l) -ge $2 ]]; }
# TARGET LINES TIMES: how many there are too many.
twice() { echo $(($(got_numbers "$1" | wc -l) - $2 * $3)); }
all=(plain tls fluentd otlp)

expect_fail "a place that is none is refused" 2 "no place to forward logs to" ktn forward create bad --to ftp://there
check "logs of the project go to rsyslog" ktn forward create plain --to "syslog+tcp://$address"
check "and over TLS" ktn forward create tls --to "syslog+tls://$address" --ca-file "$folder/cert.pem"
check "a place that nobody answers at" ktn forward create dead --to syslog+tcp://10.99.0.250:601
check "of the grid by Fluentd's protocol" ktn forward create fluentd --of-grid --to "fluentd+tcp://$address/kontena.test"
check "and by OTLP" ktn forward create otlp --of-grid --to "otlp+http://$address"
expect_output "they are listed" "tls +syslog\+tls://$address:6514 +its own" ktn forward ls
for name in "${all[@]}"; do start_target "$name"; done
told() { grep -q "\"name\":\"$1\"" "$(agent_dir "$2")/forwards/forwards.json"; }
for k in 1 2; do check_within 30 "the agent of h$k keeps them" told dead "$k"; done

check "a service that counts is deployed" ktn stack deploy --detach -f - t <<<"services: {a: $(counts 20000 h2)}"
for name in "${all[@]}"; do
  check_within 60 "all lines come to $name" has_all "$name" 20000 1
  expect_output "each once" '^0$' twice "$name" 20000 1
done
expect_output "with whose they are" '^h2 t/a [0-9a-f]+ stdout \[kontena@32473 grid="default" project="default" stack="t" service="a" slot="1"\] n 1$' got plain
wait_until 30 "the server has them too" some_lines t/a 20000

# ------------------------------------------------------------------ the targets are away
again() { lab docker 2 restart -t 0 t.a-1 >/dev/null; }
for name in "${all[@]}"; do end_target "$name" KILL; done
check "with the targets killed the container writes it all again" again
wait_until 60 "to its end" log_has 2 t.a-1 'n 19999' 2
check_within 30 "the server gets it all the same" some_lines t/a 40000
kill_agent 2
start_agent 2
for name in "${all[@]}"; do start_target "$name"; done
for name in "${all[@]}"; do check_within 90 "what was written meanwhile comes to $name, over a kill of the agent" has_all "$name" 20000 2; done

# ------------------------------------------------------------------ the server is away, and the agent is killed in the midst
kill_server
check "with the server away it writes it all again" again
kill_agent 2
start_agent 2
wait_until 60 "to its end" log_has 2 t.a-1 'n 19999' 3
for name in "${all[@]}"; do check_within 90 "all of it comes to $name, over a kill of the agent" has_all "$name" 20000 3; done
few() { (($(twice "$1" 20000 3) <= 40000)); }
for name in "${all[@]}"; do
  say "$name: $(twice "$name" 20000 3) lines came twice"
  check "$name has few twice" few "$name"
done
start_server
wait_until 60 "the nodes are ready again" nodes_ready 2
check_within 60 "the server has all of it" some_lines t/a 60000

# ------------------------------------------------------------------ removed
check "a forward is removed" ktn forward rm -y plain
gone() { ! told plain 2; }
check_within 30 "and the agent has forgotten it" gone
check_within 20 "and how far it was" not test -e "$(agent_dir 2)/forwards/default.plain.position"
finish
