#!/usr/bin/env bash
# limit: 420
# Into containers: commands with and without a terminal, files both ways, connections; and who may not.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
start_cluster 3
check "a stack is deployed" ktn stack deploy -f - t <<'END'
services:
  web:
    image: busybox
    command: ["sh", "-c", "mkdir -p /srv && echo hello from $$(hostname) > /srv/index.html && httpd -p 127.0.0.1:8080 -h /srv && exec sleep 99999"]
    stop_grace_period: 1s
    deploy: {replicas: 3}
  echo:
    image: busybox
    command: ["sh", "-c", "while read line; do echo got $$line; [ $$line = quit ] && exit 7; done; sleep 99999"]
    stdin_open: true
    restart: "no"
END
expect_output "a command's output comes" '^out$' ktn exec t/web -- echo out
status_of() { local status=0; "$@" >/dev/null 2>&1 || status=$?; echo "$status"; }
expect_output "its exit status is passed on" '^42$' status_of ktn exec t/web-2 -- sh -c 'exit 42'
expect_output "one that is not there is 127" '^12[67]$' status_of ktn exec t/web -- /no/such/program
expect_output "an instance that is not there is our failure" '^125$' status_of ktn exec t/web-9 -- true
streams() { ktn exec t/web -- sh -c 'echo to out; echo to err >&2' 2>/dev/null; }
expect_output "stdout and stderr are apart" '^to out$' streams
ends_apart() { [[ $(streams) == "to out" ]]; }
check "… and nothing else is on it" ends_apart
count_input() { head -c 3000000 /dev/zero | ktn exec -i t/web-3 -- wc -c; }
expect_output "standard input goes there, and its end" '^3000000$' count_input
expect_output "user, folder and variables are as said" '^1000 /tmp v1$' ktn exec -u 1000 -w /tmp -e V=v1 t/web -- sh -c 'echo "$(id -u) $(pwd) $V"'
all_names() { ktn exec --all t/web -- hostname | sort | grep -c '^t/web-[123] | '; }
expect_output "--all runs on every instance" '^3$' all_names
ktn exec t/web-2 -- touch /tmp/second
expect_output "… and the worst exit status counts" '^5$' status_of ktn exec --all t/web -- sh -c 'test -e /tmp/second && exit 5; exit 1'

# A terminal: its size, and what a change of it says; ^C reaches the command and not the client.
cat >"$SCRATCH/terminal.py" <<'END'
import fcntl, os, pty, select, signal, struct, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 31, 101, 0, 0))
seen = b""
def until(word):
    global seen
    end = time.time() + 30
    while word not in seen:
        ready, _, _ = select.select([fd], [], [], max(0, end - time.time()))
        try:
            some = os.read(fd, 65536) if ready else b""
        except OSError:
            some = b""
        if not some:
            sys.exit("no %r in %r" % (word, seen))
        seen += some
    seen = seen[seen.index(word) + len(word):]
os.write(fd, b"echo rea''dy; stty size\n")
until(b"ready"), until(b"31 101")
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 44, 132, 0, 0))
os.kill(pid, signal.SIGWINCH)
os.write(fd, b"until stty size | grep -q 44; do :; done; stty size\n")
until(b"44 132")
os.write(fd, b"echo sleep''ing; sleep 1000\n")
until(b"sleeping")
time.sleep(0.5)
os.write(fd, b"\x03")
os.write(fd, b"echo st''ill; exit 9\n")
until(b"still")
_, status = os.waitpid(pid, 0)
sys.exit(0 if os.waitstatus_to_exitcode(status) == 9 else "exit status %d" % status)
END
client_env() { # the client's command line with its surroundings, for what wants a terminal of its own
  KONTENA_URL=$(server_url) KONTENA_TOKEN=$(admin_token) TERM=xterm "$@"
}
terminal_works() { client_env timeout 60 python3 "$SCRATCH/terminal.py" "$HOSTLAB" exec 1 "$KONTENA" client exec -it t/web-2 -- sh; }
check "a terminal has the window's size and its changes, and ^C is the command's" terminal_works

# Signals without a terminal, and nobody left behind.
sleeps_in() { lab docker "$1" top "t.web-$2" | grep -c "sleep $3" || true; }
node_of() { ktn ps --no-headers t | awk -v name="t/web-$1" '$1 == name { for (i = 2; i <= NF; ++i) if ($i ~ /^h[1-3]$/) print substr($i, 2) }'; }
third=$(node_of 3)
ended_by_term() {
  local pid status=0
  client_env "$HOSTLAB" exec 1 "$KONTENA" client exec t/web-3 -- sh -c 'trap "echo got it; exit 33" TERM; echo begun; sleep 4321 & wait' >"$SCRATCH/term" 2>&1 &
  pid=$!
  wait_until 20 "the command runs" grep -q begun "$SCRATCH/term"
  # shellcheck disable=SC2016 # expands in the host
  lab exec 1 sh -c 'for p in /proc/[0-9]*; do if tr "\0" " " <$p/cmdline | grep -q "client exec t/web-3"; then kill -TERM ${p#/proc/}; fi; done' || true
  wait "$pid" || status=$?
  grep -q 'got it' "$SCRATCH/term" && ((status == 33))
}
check "SIGTERM reaches the command, and its status comes back" ended_by_term
left_alone() {
  client_env timeout -s KILL 3 "$HOSTLAB" exec 1 "$KONTENA" client exec t/web-3 -- sleep 8642 >/dev/null 2>&1 || true
  # shellcheck disable=SC2016 # expands in the host
  lab exec 1 sh -c 'for p in /proc/[0-9]*; do if tr "\0" " " <$p/cmdline | grep -q "[c]lient exec t/web-3 -- sleep 8642"; then kill -KILL ${p#/proc/}; fi; done' || true
}
left_alone
nobody_left() { [[ $(sleeps_in "$third" 3 8642) == 0 ]]; }
check_within 30 "a command whose client was killed is ended" nobody_left

# Attached: what it writes and reads, its end.
attached() {
  local status=0
  printf 'one\nquit\n' | ktn attach -i t/echo >"$SCRATCH/attach" 2>&1 || status=$?
  cat "$SCRATCH/attach"
  echo "status $status"
  grep -q 'got one' "$SCRATCH/attach" && ((status == 7))
}
check "attach -i types to an instance, and its exit status is passed on" attached
expect_fail "a service whose input is closed says so" 125 "stdin_open" ktn attach -i t/web

# Files.
tree=$(client_dir 1)/tree
mkdir -p "$tree/a/b" "$tree/empty"
head -c 5000000 /dev/urandom >"$tree/a/large"
echo text >"$tree/a/b/file"
: >"$tree/nothing"
chmod 751 "$tree/a/b/file"
ln -s ../nowhere "$tree/a/link"
check "a tree goes into a container" ktn cp "$tree" t/web-2:/tmp
rm -rf "$tree.back"
check "… and out of it" ktn cp t/web-2:/tmp/tree "$tree.back"
check "it is the same" diff -r --no-dereference "$tree" "$tree.back"
modes() { (cd "$1" && find . -printf '%p %m %s %l\n' | sort | sed '/^\. /d; / d/d'); }
same_modes() { diff <(modes "$tree") <(modes "$tree.back"); }
check "with its modes and links" same_modes
check "one file, under another name" ktn cp "$tree/a/b/file" t/web-2:/tmp/renamed
expect_output "is there" '^text$' ktn exec t/web-2 -- cat /tmp/renamed
expect_output "as root's" '^0 0$' ktn exec t/web-2 -- stat -c '%u %g' /tmp/renamed
as_archive() { ktn cp t/web-2:/tmp/tree - | tar -t | grep -c 'tree/a/large'; }
expect_output "- is an archive on standard output" '^1$' as_archive
from_archive() { tar -C "$tree" -c a/b | ktn cp - t/web-3:/tmp && ktn exec t/web-3 -- cat /tmp/a/b/file; }
expect_output "… and on standard input" '^text$' from_archive
mkdir -p "$tree.contents"
check "FOLDER/. is what is in it" ktn cp t/web-2:/tmp/tree/. "$tree.contents"
check "… and it is the same" diff -r --no-dereference "$tree" "$tree.contents"
expect_fail "what is not there is named" 4 "no '/nowhere'" ktn cp t/web-2:/nowhere "$tree.x"
# A container that makes its links lead out: nothing gets out.
ktn exec t/web-2 -- sh -c 'mkdir -p /evil && ln -s /tmp/hole /evil/out'
ktn cp t/web-2:/evil "$tree.evil" >/dev/null
nothing_out() { [[ -L $tree.evil/out && ! -e /tmp/hole ]]; }
check "a link that leads out is a link, and leads nobody" nothing_out

# Connections.
log=$SCRATCH/forward
forward() { client_env exec "$HOSTLAB" exec 1 "$KONTENA" client port-forward t/web 18080:8080 >"$log" 2>&1; }
forward &
forwarder=$!
wait_until 20 "the ports are there" grep -q '127.0.0.1:18080 -> t/web-1:8080' "$log"
expect_output "a port of the container's loopback answers here" '^hello from ' curl_from 1 http://127.0.0.1:18080/
many() {
  lab exec 1 sh -c 'for i in $(seq 40); do curl -sSf -m 20 http://127.0.0.1:18080/ >/dev/null & p="$p $!"; done; for i in $p; do wait $i || exit 1; done'
}
check "forty connections at once" many
# shellcheck disable=SC2016 # expands in the host
lab exec 1 sh -c 'for p in /proc/[0-9]*; do if tr "\0" " " <$p/cmdline | grep -q "[c]lient port-forward"; then kill -TERM ${p#/proc/}; fi; done' || true
forwarded=0
wait "$forwarder" || forwarded=$?
expect_output "a signal ends it" '^143$' echo "$forwarded"

# Who may not.
ktn project create other >/dev/null
member() { # NAME ROLE SCOPE
  ktn user create --service "$1" </dev/null && ktn binding create "$1" "$2" "$3" </dev/null
}
check "one of another project" member ann project-admin /default/other
check "one who may look" member bob viewer /default/default
as() { # USER ARGUMENTS...
  local user=$1 token
  shift
  token=$(ktn token create --for "$user" --access --expires 1h)
  KONTENA_URL=$(server_url) KONTENA_TOKEN=$token timeout 60 "$HOSTLAB" exec 1 "$KONTENA" client "$@"
}
expect_fail "who is of another project finds nothing" 125 "not found|neither" as ann --project default exec t/web -- true
id=$(ktn ps --format jsonl | grep -Eo '"id": ?"[0-9a-f]{12}"' | sed -n '1s/.*"\([0-9a-f]*\)"$/\1/p')
other_id() {
  local token
  token=$(ktn token create --for ann --access --expires 1h)
  curl_from 1 -k -X POST -H "Authorization: Bearer $token" -d "{\"instance\":\"$id\",\"kind\":\"dial\",\"port\":80}" \
    "$(server_url)/v1/grids/default/projects/other/channels"
}
check "nor by the instance's id through their own project" not other_id
expect_fail "who may only look may not exec" 125 "may not" as bob exec t/web -- true
audit() { ktn audit ls --verb instance.exec --no-trunc; }
expect_output "the audit has the program and the instance" 't/web-2: exec sh' audit
no_secrets() { [[ -z $(audit | grep -e 'exit 42' -e 'got it' || true) ]]; }
check "… and nothing of its arguments" no_secrets

# A hundred at once.
hundred() {
  local pids=() i bad=0
  for i in $(seq 100); do
    (echo "line $i" | ktn exec -i "t/web-$((i % 3 + 1))" -- sh -c 'cat; sleep 4' >"$SCRATCH/many-$i") &
    pids+=("$!")
  done
  for i in "${pids[@]}"; do wait "$i" || bad=$((bad + 1)); done
  for i in $(seq 100); do [[ $(cat "$SCRATCH/many-$i") == "line $i" ]] || bad=$((bad + 1)); done
  echo "bad: $bad"
}
KTN_TIMEOUT=200
expect_output "a hundred at once" '^bad: 0$' hundred
check "the nodes are as well as before" nodes_ready 3

# One who reads nothing holds up nobody.
(ktn exec t/web-1 -- sh -c 'yes | head -c 30000000' | { sleep 20; wc -c; } >"$SCRATCH/stuck") &
stuck=$!
expect_output "while one reads nothing, another is served" '^quick$' ktn exec t/web-1 -- echo quick
wait "$stuck"
expect_output "… who then gets all of it" '^30000000$' cat "$SCRATCH/stuck"

# The server dies while one is open, and the agent.
open_and() { # NAME COMMAND...: an exec is open while the command is run; its status and words
  local name=$1 pid status=0
  shift
  ktn exec t/web-2 -- sh -c 'echo begun; sleep 300' >"$SCRATCH/$name" 2>&1 &
  pid=$!
  wait_until 20 "the command runs" grep -q begun "$SCRATCH/$name"
  "$@"
  wait "$pid" || status=$?
  echo "status $status" >>"$SCRATCH/$name"
}
open_and server-dies kill_server 1
said=$(cat "$SCRATCH/server-dies")
expect_output "a server that is killed ends them with 125 …" '^status 125$' echo "$said"
expect_output "… and a clear line" 'the connection to the server broke off' echo "$said"
start_server 1
wait_until 30 "the nodes are back" nodes_ready 3
expect_output "and it goes on" '^back$' ktn exec t/web-2 -- echo back
second=$(node_of 2)
open_and agent-dies kill_agent "$second"
said=$(cat "$SCRATCH/agent-dies")
expect_output "an agent that is killed: so, too" '^status 125$' echo "$said"
expect_output "… and which node it is" "node 'h$second'" echo "$said"
finish
