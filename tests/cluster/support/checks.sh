# shellcheck shell=bash
# Part of support.sh: checks that are counted, and waiting for conditions.

PASSED=0
FAILED=0
FINISHED=
DIAGNOSED=
LAST_ERROR=
POLL=0.1
HOPELESS=99 # what a condition returns when waiting on is of no use
SCRATCH= # a folder, once the traps that remove it are armed
STARTED_US=${EPOCHREALTIME/[.,]/}

say() { printf '%s\n' "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  LAST_ERROR=$* # what end_of_test says
  exit 1
}

# skip REASON: this machine cannot run the test; known to meson by the status.
skip() {
  say "skipped: $*"
  exit 77
}

elapsed() {
  local us=$((${EPOCHREALTIME/[.,]/} - STARTED_US))
  printf '%d.%d' $((us / 1000000)) $((us / 100000 % 10))
}

pass() {
  PASSED=$((PASSED + 1))
  printf '%6s s  ok      %s\n' "$(elapsed)" "$1"
}

# fail SENTENCE [EVIDENCE...]: each piece of evidence is printed indented.
fail() {
  FAILED=$((FAILED + 1))
  printf '%6s s  FAILED  %s\n' "$(elapsed)" "$1"
  shift
  local piece
  for piece in "$@"; do
    if [[ -n $piece ]]; then say "          | ${piece//$'\n'/$'\n          | '}"; fi
  done
}

not() { ! "$@"; }

# capture CMD...: sets OUT, ERR and STATUS.  CMD runs in a shell of its own: a
# variable that it sets is lost, and an "exit" in it ends only CMD.
capture() {
  STATUS=0
  OUT=$("$@" 2>"$SCRATCH/err") || STATUS=$?
  ERR=$(cat "$SCRATCH/err")
}

# check SENTENCE CMD...: CMD must succeed.
check() {
  local sentence=$1
  shift
  capture "$@"
  if ((STATUS == 0)); then
    pass "$sentence"
  else
    fail "$sentence" "$* (exit status $STATUS)" "$OUT" "$ERR"
  fi
}

# expect_output SENTENCE REGEX CMD...: CMD must succeed, and a line of its
# standard output match the extended regular expression.
expect_output() {
  local sentence=$1 regex=$2
  shift 2
  capture "$@"
  if ((STATUS == 0)) && grep -Eq -- "$regex" <<<"$OUT"; then
    pass "$sentence"
  else
    fail "$sentence" "$* (exit status $STATUS); wanted in its output: $regex" "$OUT" "$ERR"
  fi
}

# expect_fail SENTENCE STATUS REGEX CMD...: CMD must end with STATUS, and a line
# of its standard error match.
expect_fail() {
  local sentence=$1 status=$2 regex=$3
  shift 3
  capture "$@"
  if ((STATUS == status)) && grep -Eq -- "$regex" <<<"$ERR"; then
    pass "$sentence"
  else
    fail "$sentence" "$* (exit status $STATUS, wanted $status); wanted in its errors: $regex" "$OUT" "$ERR"
  fi
}

# eventually SECONDS CMD...: tries CMD until it succeeds or time is up; the only
# loop that waits.  What the last try printed is in $SCRATCH/last.
eventually() {
  local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000)) status
  shift
  while :; do
    status=0
    "$@" </dev/null >"$SCRATCH/last" 2>&1 || status=$?
    if ((status == 0)); then return 0; fi
    if ((status == HOPELESS || ${EPOCHREALTIME/[.,]/} > end)); then return 1; fi
    sleep "$POLL"
  done
}

# wait_until SECONDS WHAT CMD...: for what the rest of the test stands on; if it
# does not come true, the test ends.
wait_until() {
  local seconds=$1 what=$2
  shift 2
  if eventually "$seconds" "$@"; then return; fi
  fail "within $seconds s: $what" "last try of: $*" "$(cat "$SCRATCH/last")"
  diagnose
  exit 1
}

# has [-E] REGEX: whether it is in the input, which is read to its end: grep -q ends at the first,
# and who still writes into its pipe then fails with SIGPIPE.
has() { grep "$@" >/dev/null; }

# check_within SECONDS SENTENCE CMD...: a check that may take its time.
check_within() {
  local seconds=$1 sentence=$2
  shift 2
  if eventually "$seconds" "$@"; then
    pass "$sentence"
  else
    fail "$sentence" "not within $seconds s: $*" "$(cat "$SCRATCH/last")"
  fi
}

# The state of the cluster for whoever reads a failed test: once a script, for
# later failures mostly follow from the first.
diagnose() {
  if [[ -n $DIAGNOSED || ! -d $LAB_HOME ]]; then return; fi
  DIAGNOSED=yes
  diagnose_cluster 2>&1 | sed 's/^/          . /'
}

# finish: the last line of each test.
finish() {
  FINISHED=yes
  check_roles_live
  if ((FAILED)); then diagnose; fi
  say "$PASSED passed, $FAILED failed"
  exit "$((FAILED > 0))"
}

# Runs whichever way the script ends; a test that ends before "finish" failed.
end_of_test() {
  local status=$?
  trap - EXIT ERR
  trap '' INT TERM HUP
  set +e
  if [[ -z $FINISHED ]] && ((status != 77)); then
    if ((FAILED == 0)); then fail "the test ran to its end" "it ended with status $status" "$LAST_ERROR"; fi
    diagnose
    say "$PASSED passed, $FAILED failed"
    status=1
  fi
  if ((FAILED)); then save_logs; fi
  lab_down
  rm -rf -- "$SCRATCH"
  exit "$status"
}

arm_traps() {
  exec </dev/null # the same from a terminal as from a CI runner
  SCRATCH=$(mktemp -d)
  trap end_of_test EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'LAST_ERROR="${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR
}
