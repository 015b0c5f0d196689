# shellcheck shell=bash
# Part of ./run: what is done and seen on the two machines.
# shellcheck disable=SC2016 # the machines expand it

check "the kernel is the package's, and has WireGuard as a module" 1 "uname -r | grep -qx '$version' && modprobe -n wireguard"
if [[ $test_netlink ]]; then
  check "the tests of src/netlink, the kernel's WireGuard among them" 1 '
    modprobe tun
    test_netlink --no-colors >/tmp/tests 2>&1
    status=$?
    cat /tmp/tests
    if grep "skipped: the kernel.s WireGuard" /tmp/tests; then exit 1; fi
    exit $status'
fi

docker_runs='
  modprobe -a br_netfilter overlay
  dockerd >/tmp/dockerd.log 2>&1 &
  for ((i = 0; i < 600; i++)); do docker info >/dev/null 2>&1 && break; sleep 0.2; done
  mkdir -p /tmp/image/bin /tmp/image/tmp /tmp/image/etc
  cp /bin/busybox /tmp/image/bin/
  for applet in sh sleep ping nc md5sum head cat timeout; do ln -s busybox /tmp/image/bin/$applet; done
  tar -C /tmp/image -c . | docker import -c "CMD [\"sh\"]" - busybox || { tail -n 20 /tmp/dockerd.log; exit 1; }'
check "Docker on the first" 1 "$docker_runs"
check "and on the second" 2 "$docker_runs"

check "the host is fit, by the kernel's WireGuard" 2 '
  kontena agent check --state-dir /tmp/agent >/tmp/fit || { cat /tmp/fit; exit 1; }
  grep "^ok  *wireguard  *the kernel.s" /tmp/fit'
check "the server starts" 1 '
  # busy machines, emulated: none is lost for that
  kontena server --data-dir /tmp/server --listen 0.0.0.0:7443 --lost-after 60s >/tmp/server.log 2>&1 &
  for ((i = 0; i < 300; i++)); do [[ -s /tmp/server/join.token ]] && kontena client login --url https://10.99.0.1:7443 --token-file /tmp/server/admin.token && break; sleep 0.2; done
  ktn status || { cat /tmp/server.log; exit 1; }
  cp /tmp/server/join.token /run/box/'
cp "$work/1/join.token" "$work/2/"
agent='
  kontena agent --server 10.99.0.1:7443 --token-file /run/box/join.token --state-dir /tmp/agent --name $(hostname) >/tmp/agent.log 2>&1 &'
check "agents start" 1 "$agent"
check "on both" 2 "$agent"
within 120 "both nodes are ready" 1 '[[ $(ktn node ls --format json | grep -o "\"ready\"" | wc -l) == 2 ]] || { ktn node ls; tail -n 5 /tmp/agent.log; false; }'
for k in 1 2; do
  within 60 "k$k has made its device in the kernel" $k 'ip -d link show kontena0 | grep -w wireguard'
  check "by the module, and no process in its place" $k 'lsmod | grep -q ^wireguard && ! pgrep -x wireguard-go'
  check "the node says so" 1 "ktn node show k$k --format json | grep -A100 mesh | grep '\"kernel\"'"
done

check "a stack with a service on each" 1 '
  cat >/tmp/stack.yaml <<END
services:
  web: {image: busybox, pull_policy: never, command: [sh, -c, "sleep 99999"], stop_grace_period: 1s, deploy: {placement: {constraints: [node.hostname == k1]}}}
  db: {image: busybox, pull_policy: never, command: [sh, -c, "sleep 99999"], stop_grace_period: 1s, deploy: {placement: {constraints: [node.hostname == k2]}}}
END
  ktn stack deploy -f /tmp/stack.yaml shop'
within 60 "a container reaches one on the other machine by its name" 1 'docker exec shop.web-1 ping -c 1 -W 5 db'
check "3 MB by TCP" 2 'docker exec -d shop.db-1 sh -c "sleep 300 | nc -l -p 9000 >/tmp/got"'
check "are sent" 1 'docker exec shop.web-1 sh -c "cat /bin/busybox /bin/busybox | head -c 3000000 | timeout 60 nc db 9000"'
within 30 "and are what came" 2 '
  docker exec shop.db-1 md5sum /tmp/got | grep "^$(cat /bin/busybox /bin/busybox | head -c 3000000 | md5sum | cut -c 1-32)"'

# wg(8) is somebody else's reading of the same.
say "        $(on 2 'wg show kontena0 | grep -v "public key\|private key" | tr "\n" ";"')"; asked[2]=$((asked[2] + 1))
check "wg agrees: a peer with its endpoint, a handshake of now, megabytes, keepalive" 2 '
  wg show kontena0 endpoints | grep -q "10.99.0.1:51820"
  handshake=$(wg show kontena0 latest-handshakes | cut -f 2)
  ((handshake > 0 && $(date +%s) - handshake < 180)) || exit 1
  (($(wg show kontena0 transfer | cut -f 2) > 3000000)) || exit 1
  wg show kontena0 persistent-keepalive | grep -qw 25'
check "the member of the other machine is allowed and has a route" 2 '
  found=0
  for address in $(wg show kontena0 allowed-ips | cut -f 2); do
    ip route show "${address%/32}" dev kontena0 proto 75 | grep -q . || exit 1
    found=$((found + 1))
  done
  ((found == 2))'
within 30 "a device that is deleted is made again" 1 '
  [[ -e /tmp/deleted ]] || { ip link del kontena0 && touch /tmp/deleted; }
  docker exec shop.web-1 ping -c 1 -W 2 db'
within 30 "a peer that is removed by hand is put back" 1 '
  [[ -e /tmp/removed ]] || { wg set kontena0 peer "$(wg show kontena0 peers)" remove && touch /tmp/removed; }
  docker exec shop.web-1 ping -c 1 -W 2 db'
check "the service on the second is removed" 1 'sed -i /db:/d /tmp/stack.yaml && ktn stack deploy -f /tmp/stack.yaml shop'
within 30 "its address is allowed no more, its route is gone, the peer stays" 1 '
  [[ $(ip route show dev kontena0 proto 75 | wc -l) == 1 && $(wg show kontena0 allowed-ips | wc -w) == 2 ]] || { ip route show dev kontena0; wg show kontena0; false; }'
check "the second node is removed" 1 'ktn node rm -y k2'
within 60 "nothing of the network is left on it" 2 '! ip link show kontena0 && ! nft list table inet kontena && ! ip route | grep "proto 75"'
within 30 "nor its peer on the first" 1 '[[ -z $(wg show kontena0 peers) ]]'
