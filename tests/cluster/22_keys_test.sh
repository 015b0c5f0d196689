#!/usr/bin/env bash
# limit: 900
# Every key of a service that goes to the engine as it is: deployed, and read back from it.
#
# row KEY YAML FORMAT WANTED    a service of its own with that YAML; `docker inspect -f FORMAT` says WANTED
# may KEY YAML FORMAT WANTED    the same in a stack of its own; where this machine cannot do it, that is said
set -euo pipefail
. "$(dirname -- "$0")/support.sh"
lab_up 1
need_image busybox
start_cluster 1
work=$(server_dir 1)/work
mkdir -p "$work"
lab exec 1 mkdir -p /var/tmp/keys
echo '{"defaultAction": "SCMP_ACT_ALLOW"}' >"$work/seccomp.json"

rows=() mays=()
row() { rows+=("$1"$'\t'"$2"$'\t'"$3"$'\t'"$4"); }
may() { mays+=("$1"$'\t'"$2"$'\t'"$3"$'\t'"$4"); }

row annotations 'annotations: {com.example.a: b}' '{{index .Config.Labels "com.example.a"}}' b
# Newer engines say CAP_ before them.
row cap_add 'cap_add: [NET_ADMIN]' '{{join (split (index .HostConfig.CapAdd 0) "CAP_") ""}}' NET_ADMIN
row cap_drop 'cap_drop: [MKNOD]' '{{join (split (index .HostConfig.CapDrop 0) "CAP_") ""}}' MKNOD
row cgroup 'cgroup: private' '{{.HostConfig.CgroupnsMode}}' private
row cpu_period 'cpu_period: 50000' '{{.HostConfig.CpuPeriod}}' 50000
row cpu_quota 'cpu_quota: 25000' '{{.HostConfig.CpuQuota}}' 25000
row cpu_shares 'cpu_shares: 512' '{{.HostConfig.CpuShares}}' 512
row cpus 'cpus: 0.5' '{{.HostConfig.NanoCpus}}' 500000000
row dns 'dns: [192.0.2.53]' '{{json .HostConfig.Dns}}' '["192.0.2.53"]'
row dns_opt 'dns_opt: ["timeout:3"]' '{{json .HostConfig.DnsOptions}}' '["timeout:3"]'
row dns_search 'dns_search: example.org' '{{json .HostConfig.DnsSearch}}' '["example.org"]'
row domainname 'domainname: example.org' '{{.Config.Domainname}}' example.org
row expose 'expose: ["3000-3001", 53/udp]' '{{json .Config.ExposedPorts}}' '{"3000/tcp":{},"3001/tcp":{},"53/udp":{}}'
row extra_hosts 'extra_hosts: {db: 10.0.0.9}' '{{json .HostConfig.ExtraHosts}}' '["db:10.0.0.9"]'
row group_add 'group_add: [50, "51"]' '{{json .HostConfig.GroupAdd}}' '["50","51"]'
row ipc 'ipc: shareable' '{{.HostConfig.IpcMode}}' shareable
row logging 'logging: {driver: json-file, options: {max-size: 1m, max-file: 2}}' '{{.HostConfig.LogConfig}}' \
  '{json-file map[max-file:2 max-size:1m]}'
row mac_address 'mac_address: 02:42:0a:50:11:22' '{{range .NetworkSettings.Networks}}{{.MacAddress}}{{end}}' 02:42:0a:50:11:22
row mem_limit 'mem_limit: 64m' '{{.HostConfig.Memory}}' 67108864
row mem_reservation 'mem_reservation: 16m' '{{.HostConfig.MemoryReservation}}' 16777216
row oom_score_adj 'oom_score_adj: 500' '{{.HostConfig.OomScoreAdj}}' 500
row pids_limit 'pids_limit: 100' '{{.HostConfig.PidsLimit}}' 100
row read_only 'read_only: true' '{{.HostConfig.ReadonlyRootfs}}' true
row runtime 'runtime: runc' '{{.HostConfig.Runtime}}' runc
row security_opt 'security_opt: ["no-new-privileges:true"]' '{{json .HostConfig.SecurityOpt}}' '["no-new-privileges=true"]'
row shm_size 'shm_size: 8m' '{{.HostConfig.ShmSize}}' 8388608
row stdin_open 'stdin_open: true' '{{.Config.OpenStdin}}' true
row tmpfs 'tmpfs: ["/run:size=1m", /scratch]' '{{json .HostConfig.Tmpfs}}' '{"/run":"size=1m","/scratch":""}'
row tty 'tty: true' '{{.Config.Tty}}' true
row ulimits 'ulimits: {nofile: {soft: 100, hard: 200}}' '{{range .HostConfig.Ulimits}}{{.Name}} {{.Soft}} {{.Hard}}{{end}}' 'nofile 100 200'
row userns_mode 'userns_mode: host' '{{.HostConfig.UsernsMode}}' host
row stop_signal 'stop_signal: SIGUSR1' '{{.Config.StopSignal}}' SIGUSR1
row ports.range 'ports: ["18000-18009:80"]' '{{(index (index .HostConfig.PortBindings "80/tcp") 0).HostPort}}' 18000-18009
row volumes.tmpfs 'volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1m, mode: 1023}}]' \
  '{{range .HostConfig.Mounts}}{{if .TmpfsOptions}}{{.TmpfsOptions.SizeBytes}} {{printf "%o" .TmpfsOptions.Mode}}{{end}}{{end}}' '1048576 1777'
row volumes.own 'volumes: [{type: volume, target: /v, volume: {labels: {a: b}, nocopy: true}}]' \
  '{{range .HostConfig.Mounts}}{{if .VolumeOptions}}{{.VolumeOptions.NoCopy}} {{.VolumeOptions.Labels.a}}{{end}}{{end}}' 'true b'
row bind.selinux 'volumes: ["/var/tmp/keys:/k:ro,z"]' '{{json .HostConfig.Binds}}' '["/var/tmp/keys:/k:ro,z"]'
row bind.propagation 'volumes: [{type: bind, source: /var/tmp/keys, target: /k, bind: {propagation: rprivate}}]' \
  '{{range .Mounts}}{{if eq .Destination "/k"}}{{.Propagation}}{{end}}{{end}}' rprivate
row bind.create_host_path 'volumes: [{type: bind, source: /var/tmp/keys, target: /k, bind: {create_host_path: false}}]' \
  '{{range .HostConfig.Mounts}}{{if eq .Target "/k"}}{{.Source}}{{end}}{{end}}' /var/tmp/keys
row bind.recursive 'volumes: [{type: bind, source: /var/tmp/keys, target: /k, bind: {recursive: disabled, create_host_path: false}}]' \
  '{{range .HostConfig.Mounts}}{{if .BindOptions}}{{.BindOptions.NonRecursive}}{{end}}{{end}}' true
row networks.driver_opts 'networks: {front: {driver_opts: {com.example.x: 1}}}' \
  '{{range .NetworkSettings.Networks}}{{index .DriverOpts "com.example.x"}}{{end}}' 1
row networks.priority 'networks: {back: {}, front: {priority: 7}}' '{{.HostConfig.NetworkMode}}' keys.front
row networks.mac_address 'networks: {front: {mac_address: 02:42:0a:50:11:33}}' '{{.Config.MacAddress}}' 02:42:0a:50:11:33
row networks.gw_priority 'networks: {back: {gw_priority: 1}, front: {interface_name: eth5}}' '{{len .NetworkSettings.Networks}}' 2
row start_interval 'healthcheck: {test: [CMD, "true"], interval: 2s, start_interval: 1s}' '{{.Config.Healthcheck.Interval}}' 2s

may blkio_config 'blkio_config: {weight: 300}' '{{.HostConfig.BlkioWeight}}' 300
may cgroup_parent 'cgroup_parent: keys' '{{.HostConfig.CgroupParent}}' keys
may cpu_rt_period 'cpu_rt_period: 500000' '{{.HostConfig.CpuRealtimePeriod}}' 500000
may cpu_rt_runtime 'cpu_rt_runtime: 1000' '{{.HostConfig.CpuRealtimeRuntime}}' 1000
may cpuset 'cpuset: "0"' '{{.HostConfig.CpusetCpus}}' 0
may device_cgroup_rules 'device_cgroup_rules: ["c 1:3 mr"]' '{{json .HostConfig.DeviceCgroupRules}}' '["c 1:3 mr"]'
may devices 'devices: ["/dev/null:/dev/nought:rw"]' '{{range .HostConfig.Devices}}{{.PathOnHost}} {{.PathInContainer}} {{.CgroupPermissions}}{{end}}' \
  '/dev/null /dev/nought rw'
may gpus 'gpus: all' '{{len .HostConfig.DeviceRequests}}' 1
may init 'init: true' '{{.HostConfig.Init}}' true
may mem_swappiness 'mem_swappiness: 10' '{{.HostConfig.MemorySwappiness}}' 10
may memswap_limit '{mem_limit: 64m, memswap_limit: 128m}' '{{.HostConfig.MemorySwap}}' 134217728
may oom_kill_disable '{mem_limit: 64m, oom_kill_disable: true}' '{{.HostConfig.OomKillDisable}}' true
may pid 'pid: host' '{{.HostConfig.PidMode}}' host
may privileged 'privileged: true' '{{.HostConfig.Privileged}}' true
may seccomp 'security_opt: ["seccomp=./seccomp.json"]' '{{index .HostConfig.SecurityOpt 0}}' 'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'
may storage_opt 'storage_opt: {size: 1G}' '{{.HostConfig.StorageOpt.size}}' 1G
may sysctls 'sysctls: {net.ipv4.ip_unprivileged_port_start: 80}' '{{index .HostConfig.Sysctls "net.ipv4.ip_unprivileged_port_start"}}' 80
may systempaths 'security_opt: ["systempaths=unconfined"]' '{{json .HostConfig.MaskedPaths}}' '[]'
may uts 'uts: host' '{{.HostConfig.UTSMode}}' host

service() { # NAME YAML
  printf '  %s:\n    image: busybox\n    command: ["sh", "-c", "trap \\"exit 0\\" TERM USR1; sleep 9999 & wait"]\n    stop_grace_period: 1s\n' "$1"
  # Several keys are written as one mapping.
  if [[ $2 == '{'* ]]; then sed 's/^{//; s/}$//; s/, /\n/g' <<<"$2" | sed 's/^/    /'; else printf '    %s\n' "$2"; fi
}
inspected() { lab docker 1 inspect -f "$2" "$1" 2>&1; }
is_as() { # CONTAINER FORMAT WANTED
  local is
  is=$(inspected "$1" "$2")
  [[ $is == "$3" ]] || { echo "it is: $is, wanted: $3"; return 1; }
}

{
  echo 'services:'
  for i in "${!rows[@]}"; do
    IFS=$'\t' read -r _ yaml _ _ <<<"${rows[i]}"
    service "k$i" "$yaml"
  done
  echo 'networks: {front: , back: }'
} >"$work/keys.yaml"
check "a stack with a service for each of ${#rows[@]} keys is deployed" ktn stack deploy -f "$work/keys.yaml" keys
for i in "${!rows[@]}"; do
  IFS=$'\t' read -r key _ format wanted <<<"${rows[i]}"
  check "$key" is_as "keys.k$i-1" "$format" "$wanted"
done
of() { # KEY: its container
  local i
  for i in "${!rows[@]}"; do [[ ${rows[i]} == "$1"$'\t'* ]] && echo "keys.k$i-1"; done
}
expect_output "dns_search is in the file that the container reads" '^search example.org$' lab docker 1 exec "$(of dns_search)" cat /etc/resolv.conf
expect_output "and dns_opt" '^options .*timeout:3' lab docker 1 exec "$(of dns_opt)" cat /etc/resolv.conf
expect_output "names of the cluster are answered, whatever server the service has" 'Address' \
  lab docker 1 exec "$(of dns)" nslookup k0
expect_output "of the range one port is taken" '^180[0-9][0-9]$' inspected "$(of ports.range)" \
  '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}'
expect_output "what this engine is too old for is told" 'annotations .* needs Docker 24' ktn ps keys --format json
expect_output "and gw_priority" 'gw_priority needs Docker 28; interface_name needs Docker 28.1' ktn ps keys --format json
check "it goes" ktn stack rm -y keys

# A limit that somebody changes is told.
{ echo 'services:'; service web '{mem_limit: 64m, cpus: 0.5, pids_limit: 100}'; } >"$work/one.yaml"
check "a service with limits is deployed" ktn stack deploy -f "$work/one.yaml" drift
lab docker 1 update --pids-limit 50 drift.web-1 >/dev/null
told() { ktn ps drift --format json | has 'limit of processes was changed by somebody: 50 in place of 100'; }
check_within 30 "a limit that was changed by hand is told" told
check "it goes too" ktn stack rm -y drift

# What would be wrong without it is no container.
{ echo 'services:'; service web 'volumes: [{type: volume, source: data, target: /d, volume: {subpath: a}}]'; echo 'volumes: {data: }'; } >"$work/one.yaml"
refused() { ktn stack deploy -f "$work/one.yaml" old 2>&1 || true; }
expect_output "a subpath is refused with what it needs" 'volume.subpath needs Docker 26' refused
ktn stack rm -y old >/dev/null 2>&1 || true

cannot='not permitted|not supported|permission denied|read-only|could not select device driver|without the runtime|cgroup|kernel|pquota|invalid argument|no such file'
for i in "${!mays[@]}"; do
  IFS=$'\t' read -r key yaml format wanted <<<"${mays[i]}"
  { echo 'services:'; service web "$yaml"; } >"$work/one.yaml"
  if said=$(ktn stack deploy -f "$work/one.yaml" "may$i" 2>&1); then
    is=$(inspected "may$i.web-1" "$format")
    warned=$(lab docker 1 info --format '{{json .Warnings}}' 2>/dev/null || true)
    case $key in
      blkio_config | mem_swappiness | memswap_limit | oom_kill_disable)
        if [[ $is != "$wanted" ]]; then echo "skipped: $key: this machine's kernel has none, and the engine left it out ($is; $warned)"; else check "$key" true; fi ;;
      *) check "$key" is_as "may$i.web-1" "$format" "$wanted" ;;
    esac
  elif grep -Eqi "$cannot" <<<"$said"; then
    echo "skipped: $key: this machine cannot: $(grep -Ei "$cannot" <<<"$said" | tail -n 1 | cut -c 1-200)"
  else
    check "$key: $said" false
  fi
  ktn stack rm -y "may$i" >/dev/null 2>&1 || true
done
finish
