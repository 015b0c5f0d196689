#!/usr/bin/env bash
# The server's and the agents' metrics: off unless asked for, on a listener of their own, for who has the token; clean for
# promtool, and a real Prometheus reads them.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
command -v promtool >/dev/null && command -v prometheus >/dev/null || skip "no prometheus here (Debian: prometheus)"
lab_up 2
token=$(head -c 24 /dev/urandom | base64)
mkdir -p "$(client_dir 1)"
folder=$(client_dir 1)
(umask 077 && printf '%s\n' "$token" >"$folder/metrics.token")
expect_fail "a listener without a token is refused" 2 "metrics-token-file" lab exec 1 "$KONTENA" server --data-dir "$folder/none" --metrics 127.0.0.1:7444
start_server 1 --metrics "0.0.0.0:7444" --metrics-token-file "$folder/metrics.token"
start_agent 1 --metrics "0.0.0.0:7445" --metrics-token-file "$folder/metrics.token"
start_agent 2
wait_until 30 "the nodes are ready" nodes_ready 2
check "a stack is deployed" ktn stack deploy -f - m <<'END'
services:
  busy: {image: busybox, command: ["sh", "-c", "trap 'exit 0' TERM; while :; do :; done"], deploy: {resources: {limits: {cpus: "0.2"}}}}
  every: {image: busybox, command: ["sh", "-c", "trap 'exit 0' TERM; while :; do :; done"], deploy: {mode: global, resources: {limits: {cpus: "0.1", memory: 32M}}}}
END
url="https://$(lab ip 1):7444/metrics"
authority=$(server_dir 1)/pki/ca.pem
[[ -e $authority ]] || authority=$(find "$(server_dir 1)" -name 'ca.pem' | sed -n 1p)
ask() { curl_from 2 --cacert "$authority" "$@" "$url"; }
code() { lab exec 2 curl -sS -m 5 --cacert "$authority" -o /dev/null -w '%{http_code}' "$@"; }
expect_output "nobody reads them without the token" '^401$' code "$url"
expect_output "nor with another" '^401$' code -H "authorization: Bearer not-the-token-at-all" "$url"
expect_output "there is nothing else" '^404$' code -H "authorization: Bearer $token" "${url%metrics}v1/grids"
metrics() { ask -H "authorization: Bearer $token"; }
used() { metrics | has -E '^kontena_instance_cpu_cores_used\{.*service="busy".*\} 0\.[12]'; }
check_within 40 "what an instance uses is there" used
both() { metrics | grep -c '^kontena_node_ready{.*} 1$' | has '^2$'; }
check_within 10 "and both nodes" both
clean() { metrics >"$folder/metrics" && promtool check metrics <"$folder/metrics"; }
check "promtool finds nothing wrong with them" clean
# Of the agent: by an authority of its own, and what was used since it began.
agent_url="https://$(lab ip 1):7445/metrics"
agent_authority=$(agent_dir 1)/metrics/ca.pem
agent_code() { lab exec 2 curl -sS -m 5 --cacert "$agent_authority" -o /dev/null -w '%{http_code}' "$@" "$agent_url"; }
check_within 20 "the agent has an authority for its own" test -s "$agent_authority"
expect_output "the agent tells nobody without the token" '^401$' agent_code
expect_output "nor with another" '^401$' agent_code -H "authorization: Bearer not-the-token-at-all"
none() { ! lab exec 2 curl -sS -m 5 -k -o /dev/null "https://$(lab ip 2):7445/metrics" 2>/dev/null; }
check "an agent that was not asked to listens nowhere" none
agent_metrics() { curl_from 2 --cacert "$agent_authority" -H "authorization: Bearer $token" "$agent_url"; }
agent_clean() { agent_metrics >"$folder/agent-metrics" && promtool check metrics <"$folder/agent-metrics"; }
check "promtool finds nothing wrong with the agent's either" agent_clean
once() { [[ -z $(grep -v '^#' "$folder/agent-metrics" "$folder/metrics" | sed 's/ [^ ]*$//' | sort | uniq -d) ]]; }
check "and nothing is told twice" once
limited() { agent_metrics | has -E '^kontena_instance_memory_limit_bytes\{grid="default",project="default",stack="m",service="every",slot="[12]",.*,node="h1"\} 33554432$'; }
check_within 20 "it tells of what runs there, with its limit" limited
worked() { agent_metrics | has -E '^kontena_instance_cpu_seconds_total\{.*service="every".*\} ([1-9][0-9]*\.|0\.[0-9]*[1-9])'; }
check_within 20 "and of what it has used" worked
held_back() { agent_metrics | has -E '^kontena_instance_cpu_throttled_seconds_total\{.*service="every".*\} ([1-9][0-9]*\.|0\.[0-9]*[1-9])'; }
check_within 20 "and of how long its limit held it back" held_back
other_node() { agent_metrics | has 'node="h2"'; }
expect_fail "of no other node" 1 "" other_node
cat >"$folder/prometheus.yml" <<END
global: {scrape_interval: 2s}
scrape_configs:
  - job_name: kontena
    scheme: https
    tls_config: {ca_file: $authority}
    authorization: {credentials_file: $folder/metrics.token}
    static_configs: [{targets: ["$(lab ip 1):7444"]}]
  - job_name: agents
    scheme: https
    tls_config: {ca_file: $agent_authority}
    authorization: {credentials_file: $folder/metrics.token}
    static_configs: [{targets: ["$(lab ip 1):7445"]}]
END
lab spawn 2 prometheus prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/tsdb" --web.listen-address=127.0.0.1:9090 >/dev/null
scraped() {
  curl_from 2 -G --data-urlencode 'query=kontena_instance_cpu_cores_used{service="busy"} > 0.1' http://127.0.0.1:9090/api/v1/query |
    jq -e '.data.result | length == 1' >/dev/null
}
check_within 40 "a real Prometheus has what it uses" scraped
of_agent() {
  curl_from 2 -G --data-urlencode 'query=rate(kontena_instance_cpu_seconds_total{service="every",job="agents"}[20s]) > 0.05' http://127.0.0.1:9090/api/v1/query |
    jq -e '.data.result | length == 1' >/dev/null
}
check_within 40 "and from the agent, how fast its processor seconds grow" of_agent
finish
