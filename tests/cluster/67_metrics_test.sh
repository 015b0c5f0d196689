#!/usr/bin/env bash
# The server's metrics: off unless asked for, on a listener of their own, for who has the token; clean for promtool, and a
# real Prometheus reads them.
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
start_agent 1
start_agent 2
wait_until 30 "the nodes are ready" nodes_ready 2
check "a stack is deployed" ktn stack deploy -f - m <<'END'
services:
  busy: {image: busybox, command: ["sh", "-c", "trap 'exit 0' TERM; while :; do :; done"], deploy: {resources: {limits: {cpus: "0.2"}}}}
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
cat >"$folder/prometheus.yml" <<END
global: {scrape_interval: 2s}
scrape_configs:
  - job_name: kontena
    scheme: https
    tls_config: {ca_file: $authority}
    authorization: {credentials_file: $folder/metrics.token}
    static_configs: [{targets: ["$(lab ip 1):7444"]}]
END
lab spawn 2 prometheus prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/tsdb" --web.listen-address=127.0.0.1:9090 >/dev/null
scraped() {
  curl_from 2 -G --data-urlencode 'query=kontena_instance_cpu_cores_used{service="busy"} > 0.1' http://127.0.0.1:9090/api/v1/query |
    jq -e '.data.result | length == 1' >/dev/null
}
check_within 40 "a real Prometheus has what it uses" scraped
finish
