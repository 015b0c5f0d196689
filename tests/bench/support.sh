# shellcheck shell=bash
# Support for the benchmarks: clocks and statistics, on the lab of the cluster
# tests.  Three contestants start the same containers (contestants.sh); what is
# compared are figures taken by turns, so that noise on the machine meets all.

# shellcheck disable=SC2034 # read by what is sourced and by the benchmarks
KT_LAB=${KT_LAB:-ktb}
KT_LOST_AFTER=${KT_LOST_AFTER:-3s}
# shellcheck source=/dev/null
. "$(dirname -- "${BASH_SOURCE[0]}")/../cluster/support.sh"
BENCH_DIR=$TREE/tests/bench
# shellcheck source=/dev/null
. "$BENCH_DIR/contestants.sh"

HOST_COUNT=3
COUNTED=()
TICK_MS=$((1000 / $(getconf CLK_TCK)))

now_us() { printf '%s' "${EPOCHREALTIME/[.,]/}"; }
seconds() { awk -v ms="$1" 'BEGIN { printf "%.2f", ms / 1000 }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else print "-" }'; }

median() {
  printf '%s\n' "$@" | sort -g |
    awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# "KEY" -> what was measured under it, in the order of the rounds
declare -A VALUES=()
note() { VALUES[$1]+="$2 "; }

is_noted() { [[ -n ${VALUES["$1"]:-} ]]; }

# figure KEY UNIT: "  6.45 s  (6.40 6.45 6.61)"
figure() {
  local values
  read -ra values <<<"${VALUES["$1"]}"
  printf '%7.2f %s  (%s)' "$(median "${values[@]}")" "$2" "${values[*]}"
}

# ratios KEY KEY: of the first to the second, round by round: "   1.04    (1.02 1.04 1.06)"
ratios() {
  local a b i all=()
  read -ra a <<<"${VALUES["$1"]}"
  read -ra b <<<"${VALUES["$2"]}"
  for ((i = 0; i < ${#a[@]} && i < ${#b[@]}; i++)); do all+=("$(ratio "${a[i]}" "${b[i]}")"); done
  printf '%7.2f    (%s)' "$(median "${all[@]}")" "${all[*]}"
}

# need_contestants KNOWN NAME...: said before anything is measured
need_contestants() {
  local known=$1 name
  shift
  need_lab_machine
  for name in "$@"; do
    [[ " $known " == *" $name "* ]] || die "no contestant $name: $known"
    if [[ $name == kontena ]]; then need_kontena; fi
  done
}

bench_up() {
  lab_up "$HOST_COUNT"
  say "# $(date -u +%FT%TZ), $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg), Docker $(lab docker 1 version -f '{{.Server.Version}}')"
}

# What "finish" is to a test; benchmarks count no checks unless one failed.
bench_done() {
  check_roles_live
  if ((FAILED)); then diagnose; fi
  FINISHED=yes
  exit "$((FAILED > 0))"
}

# ----------------------------------------------------------------------- clocks

# CPU milliseconds of all that ran in the lab's hosts, containers included; of
# those in COUNTED where that is set: a host that crashes takes its figure along
lab_cpu_ms() {
  local k hosts=("${COUNTED[@]:-${HOSTS[@]}}")
  for k in "${hosts[@]}"; do lab usage "$k"; done | awk '{ s += $1 } END { printf "%d", s * 1000 }'
}

# CPU milliseconds of the whole machine
machine_cpu_ms() { awk -v t="$TICK_MS" '/^cpu / { print ($2 + $3 + $4 + $7 + $8) * t }' /proc/stat; }

# begin ... took: "took" sets WALL_MS, CPU_MS (of the lab) and OTHERS (cores that
# others used meanwhile).  Whoever knows the moment of the end sets END_US.
begin() {
  LAB0=$(lab_cpu_ms) MACHINE0=$(machine_cpu_ms) END_US=''
  BEGIN_US=$(now_us)
}

took() {
  local machine
  END_US=${END_US:-$(now_us)}
  machine=$(($(machine_cpu_ms) - MACHINE0))
  CPU_MS=$(($(lab_cpu_ms) - LAB0))
  WALL_MS=$(((END_US - BEGIN_US) / 1000))
  OTHERS=$(awk -v m="$machine" -v l="$CPU_MS" -v w="$WALL_MS" 'BEGIN { x = (m - l) / w; printf "%.1f", x < 0 ? 0 : x }')
}

# A stretch of time in which something is measured; not a wait for anything.
observe() { sleep "$1"; }

# quiet: the machine used less than half a core during a second.
quiet() {
  local before
  before=$(machine_cpu_ms)
  observe 1
  (($(machine_cpu_ms) - before < ${QUIET_MS:-500}))
}

# settle: a bounded wait for a quiet machine; a busy one is noted, not refused.
settle() { eventually "${QUIET_SECONDS:-20}" quiet || say "# the machine is busy: load $(cut -d' ' -f1 /proc/loadavg)"; }

# ------------------------------------------------------------------- containers

running_on() { lab docker "$1" ps -q | wc -l; }

running_everywhere() {
  local k sum=0
  for k in "${HOSTS[@]}"; do sum=$((sum + $(running_on "$k"))); done
  printf '%d' "$sum"
}

# engine_get K PATH: for questions asked again and again; curl takes a quarter of
# the docker client's CPU, which is the contestant's.
engine_get() { curl -sS -m 20 --unix-socket "$(host_home "$1")/docker.sock" "http://engine/v1.41/$2"; }

nothing_left() {
  local k
  for k in "${HOSTS[@]}"; do [[ $(engine_get "$k" 'containers/json?limit=1') == '[]'* ]] || return 1; done
}

# When the last container started by the engines' own word, in ms since the epoch
last_start_ms() {
  local k newest
  newest=$(for k in "${HOSTS[@]}"; do
    lab docker "$k" ps -q | xargs -r "$HOSTLAB" docker "$k" inspect -f '{{.State.StartedAt}}'
  done | sort | tail -n 1)
  date -d "$newest" +%s%3N
}
