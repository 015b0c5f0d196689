#!/usr/bin/env bash
# limit: 600
# A stack is deployed over three hosts, scaled, updated, healed and removed.
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 3
need_image busybox busybox:v2 nginx
start_cluster 3
work=$(server_dir 1)/work
mkdir -p "$work"

compose() { # IMAGE WEB-LABEL
  cat <<END
services:
  web:
    image: nginx
    ports: ["8080:80"]
    labels: {release: "$2"}
    healthcheck: {test: ["CMD-SHELL", "nc -w 1 127.0.0.1 80 </dev/null"], interval: 1s, retries: 20}
    depends_on: {cache: {condition: service_started}}
  cache:
    image: $1
    command: ["sh", "-c", "trap 'exit 0' TERM; sleep 9999 & wait"]
    volumes: ["data:/data"]
  worker:
    image: $1
    command: ["sh", "-c", "echo ready; trap 'exit 0' TERM; sleep 9999 & wait"]
    environment: {COLOUR: "\${COLOUR:-red}"}
    restart: unless-stopped
    deploy: {replicas: 6, resources: {reservations: {memory: 16M}}}
volumes: {data: }
END
}
compose busybox 1 >"$work/one.yaml"
compose busybox:v2 1 >"$work/two.yaml"

check "a stack of three services is deployed" ktn stack deploy -f "$work/one.yaml" shop
expect_output "six workers run" '^6$' count_running shop.worker
spread() { running_names shop.worker | cut -d' ' -f1 | sort | uniq -c | awk '{print $1}' | sort -u | tr '\n' ' '; }
expect_output "two on each host" '^2 $' spread
web_host() { running_names shop.web | cut -d' ' -f1; }
expect_output "the published port answers on that host" '^hello$' curl_from 1 "http://$(lab ip "$(web_host)"):8080/"
at_home() { # the node itself comes from another address than the network's, and has to find the container anew
  lab exec "$(web_host)" ip neigh flush all
  curl_from "$(web_host)" "http://$(lab ip "$(web_host)"):8080/"
}
expect_output "and on the host itself" '^hello$' at_home
resolves() { lab docker "$(web_host)" exec shop.web-1 sh -c 'nslookup cache || getent hosts cache || ping -c 1 -W 1 cache'; }
check "a service finds another by name, wherever it runs" resolves
expect_output "ps names the address of the port" '8080' ktn ps shop/web
expect_output "the variable had its default" '^COLOUR=red$' lab docker "$(running_names shop.worker | sed -n 1p | cut -d' ' -f1)" exec "$(running_names shop.worker | sed -n 1p | cut -d' ' -f2)" env

before=$(for k in 1 2 3; do container_ids "$k"; done)
again() { ktn stack deploy -f "$work/one.yaml" shop 2>&1; }
expect_output "the same again is called unchanged" 'unchanged' again
after=$(for k in 1 2 3; do container_ids "$k"; done)
check "and no container was touched" test "$before" = "$after"

check "scaled up" ktn service scale shop/worker=9
expect_output "nine workers run" '^9$' count_running shop.worker
check "scaled down" ktn service scale shop/worker=4
expect_output "four workers run" '^4$' count_running shop.worker

victim=$(running_names shop.worker | sed -n 1p)
check "a worker is killed" lab docker "${victim% *}" kill "${victim#* }"
check_within 30 "it comes back" running_is shop.worker 4
victim=$(running_names shop.worker | sed -n 1p)
check "a worker's container is removed by hand" lab docker "${victim% *}" rm -f "${victim#* }"
check_within 30 "it is made anew" running_is shop.worker 4

web_before=$(lab docker "$(web_host)" inspect -f '{{.Id}}' shop.web-1)
check "an image is updated" ktn stack deploy -f "$work/two.yaml" shop
images() { local k; for k in 1 2 3; do lab docker "$k" ps --filter label=io.kontena.service=worker --format '{{.Image}}'; done | sort | uniq -c | awk '{print $1, $2}'; }
expect_output "the workers run the new image (the file's six of them)" '^6 busybox:v2$' images
expect_output "the service that did not change keeps its container" "^$web_before\$" lab docker "$(web_host)" inspect -f '{{.Id}}' shop.web-1
cache_host=$(running_names shop.cache | cut -d' ' -f1)
expect_output "the volume's service stayed with its data" '^shop.data$' lab docker "$cache_host" volume ls -q --filter name=shop.data

check "the stack is stopped" ktn stack stop shop
expect_output "nothing of it runs" '^0$' count_running shop
check_within 10 "no worker runs" running_is shop.worker 0
check "and started" ktn stack start shop
check_within 30 "the workers run again" running_is shop.worker 6
check "a service is restarted" ktn service restart shop/cache

foreign=$(lab docker 1 run -d --name foreign busybox sleep 9999)
check "the stack is removed" ktn stack rm -y shop
left() { local k; for k in 1 2 3; do lab docker "$k" ps -aq --filter label=io.kontena.instance; lab docker "$k" network ls -q --filter name=shop; done | wc -l; }
expect_output "no container and no network is left" '^0$' left
expect_output "its volume is" '^shop.data$' lab docker "$cache_host" volume ls -q --filter name=shop.data
expect_output "what is not ours was not touched" "^$foreign\$" lab docker 1 ps -q --no-trunc --filter name=foreign
finish
