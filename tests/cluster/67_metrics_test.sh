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
  # Tells of itself, on both nodes.
  tells: {image: busybox, command: ["sh", "-c", "trap 'exit 0' TERM; mkdir /w; echo told 7 >/w/told; httpd -f -p 8080 -h /w & wait"], deploy: {mode: global, labels: {io.kontena.scrape: 8080/told}}}
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
# Services that carry the label.
refused() { ktn stack deploy -f - wrong <<<'{services: {x: {image: busybox, command: sleep 9, labels: {io.kontena.scrape: metrics}}}}'; }
expect_fail "a label that cannot be followed is refused, where it stands" 2 "services.x.labels: 'io.kontena.scrape': 'metrics' is not PORT or PORT/PATH" refused
expect_output "nobody sees targets without the token" '^401$' code "${url%metrics}sd"
found() { curl_from 2 --cacert "$authority" -H "authorization: Bearer $token" "${url%metrics}sd" | jq -e 'length == 2 and all(.[]; .labels.__meta_kontena_service == "tells")' >/dev/null; }
check_within 20 "the instances of the service that carries the label are targets, and no others" found
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
# As a Prometheus in a container of that network has them: it is in the network of one. (Of http_sd it wants the type said.)
cat >"$folder/inside.yml" <<END
global: {scrape_interval: 2s}
scrape_configs:
  - job_name: services
    http_sd_configs:
      - url: ${url%metrics}sd
        refresh_interval: 2s
        tls_config: {ca_file: $authority}
        authorization: {type: Bearer, credentials_file: $folder/metrics.token}
    relabel_configs: [{action: labelmap, regex: __meta_kontena_(.+)}]
END
first_process=$(lab docker 2 inspect -f '{{.State.Pid}}' "$(lab docker 2 ps -q --filter label=io.kontena.service=tells)")
inside() { lab exec 2 nsenter -t "$first_process" -n "$@"; }
lab spawn 2 inside nsenter -t "$first_process" -n prometheus --config.file="$folder/inside.yml" --storage.tsdb.path="$folder/tsdb2" --web.listen-address=127.0.0.1:9091 >/dev/null
discovered() { inside curl -sS -m 5 http://127.0.0.1:9091/api/v1/targets | jq -c '[.data.activeTargets[] | {health, lastError, labels}]'; }
both_up() { discovered | jq -e 'length == 2 and all(.[]; .health == "up" and .labels.service == "tells") and (map(.labels.node) | sort == ["h1", "h2"])' >/dev/null; }
check_within 40 "a Prometheus in the cluster finds them by the server, and has what they tell" both_up
sum_of_both() { inside curl -sS -m 5 'http://127.0.0.1:9091/api/v1/query?query=sum(told)' | jq -e '.data.result[0].value[1] == "14"' >/dev/null; }
check_within 20 "of each" sum_of_both
finish
