#!/usr/bin/env python3
"""Small Compose files of all keys and forms, each read by us and by Docker Compose: what `config` says is compared.

usage: compare.py KONTENA DOCKER_COMPOSE each [KEY...]        every key with every value, a file each
       compare.py KONTENA DOCKER_COMPOSE random COUNT [SEED]  random files of several keys, variables and files
       compare.py KONTENA DOCKER_COMPOSE file FOLDER          the Compose file of that folder

Prints each difference, and how many there are but for those of differences.txt; exits with 1 if there is one.
"""
import concurrent.futures, fnmatch, json, os, random, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

# Values that any key may be given by mistake.
ODD = ['', '""', 'x', '5', '-5', '0', '1.5', 'true', 'no', '[]', '{}', '[x]', '{a: b}', '[1]', '[null]', '{a: }', '[x, x]',
       '2020-01-01', '99999999999999999999', '9223372036854775808', '.inf', '[[x]]', '[{a: b}]', '"5"', '"true"', '0777', '1e3', '"${UNSET}"',
       '"${NUMBER}"', '{x-a: b}', '[a=b, a=c]', '{a: 5}', '{a: true}', '{a: [x]}', '{a: {b: c}}', '"$$x"', "' x '", '[""]', '{"": x}',
       '!!str 5', '!reset x', '!override [x]', '~']
TIMES = ['0', '0s', '1s', '1h', '1d', '1w', '1h30m', '90s', '90', '1.5s', '100ms', '100us', '100ns', '1µs', '-5s', '+5s', '1m1m', '1500ms',
         '36h', '1d2h', '5', '"5"', 's', '.5s', '1 s', '1S', '3000h', '1w1d1h1m1s1ms', '0.1ms', '99999999999h', '1.s', '-0s', '1y']
SIZES = ['0', '1', '512', '512b', '1k', '1kb', '1KB', '1K', '1kib', '1m', '1.5m', '1g', '1G', '1gb', '1t', '1p', '1.5', '"1.5"', '-1', '"-1"', '1 m',
         '1mib', '1x', '0x10', '1e3', '1_000', '.5g', '8589934592', '99999999999g', '"0"', '64M', "' 1m'"]
NUMBERS = ['0', '1', '-1', '1.5', '0.25', '"1"', '"1.5"', '"x"', '2.0', '"2.0"', '1e2', '"1e2"', '4294967296', '.5', '"0x10"', '0x10', '1_0']
BOOLS = ['true', 'false', 'yes', 'no', '"true"', '"yes"', '"on"', '"t"', 'True', 'Y', '"1"', '1']
PORTS = ['80', '"80"', '"80:80"', '80:80', '"80-81"', '"80-81:80-81"', '"80-82:80"', '"80:80-81"', '"127.0.0.1:80:80"', '"127.0.0.1::80"', '":80"',
         '"80:"', '"[::1]:80:80"', '"::1:80:80"', '"::1"', '::1', '::', '"80/udp"', '"80:80/TCP"', '"80:80/x"', '"0:80"', '"80:0"', '0', '65536',
         '"65536:80"', '-1', '80.5', '"1-2-3"', '"a:b"', '"localhost:80:80"', '"0.0.0.0:80:80"', '"1.2.3:80:80"', '"[::1]::80"', '"[::]:80-81:80-81"', '""',
         '" 80"', '"080:80"', '"81-80"', '{target: 80}', '{target: "80"}', '{target: 80, published: 80}', '{target: 80, published: "80"}',
         '{target: 80, published: 80-90}', '{target: 80, mode: host}', '{target: 80, mode: x}', '{target: 80, protocol: udp}', '{target: 80, protocol: x}',
         '{target: 80, host_ip: 127.0.0.1}', '{target: 80, host_ip: x}', '{target: 80, name: web}', '{target: 80, app_protocol: http}', '{published: 80}',
         '{target: 80, published: ""}', '{target: 0}', '{target: 70000}', '{target: 80, x-a: b}', '{}', '{target: 80-81}', '{target: 80, published: 0}',
         '"80:80", "80:80"', '"80:80", {target: 80, published: 80}', '"80:80", {target: 80, published: "80"}', '80, "80"', '"80:80", "81:80"',
         '"80:80/tcp", "80:80/udp"', '"127.0.0.1:80:80", "80:80"', '{target: 80, published: 80}, "80:80"', '80, 80']
MOUNTS = ['a', '"a:/b"', '/b', '"/a:/b"', '"./a:/b"', '"../a:/b"', '"~/a:/b"', '"~a:/b"', '".:/b"', '"a/b:/b"', '"/a:/b:ro"', '"/a:/b:rw"', '"/a:/b:z"', '"/a:/b:Z"',
          '"/a:/b:ro,z"', '"/a:/b:cached"', '"/a:/b:shared"', '"/a:/b:rslave"', '"a:/b:nocopy"', '"a:/b:ro,nocopy"', '"a:/b:x"', '"/a:/b:x"', '"a:b:c:d"', '"/a:/b:ro:z"',
          '"a:b"', '"/a:b"', '"a:"', '":a"', '":"', '"::"', '""', '"c:/x"', '"c:\\\\x:/y"', '"c:\\\\x:/y:ro"', '"/a:/b/../c"', '"a:/b/"', '"/a/:/b/"', '"/a/../c:/b"', '"/a:/b,/c"', '"a:/b", "v:/b"', '"/a:/b:"',
          '"a : /b"', '" a:/b"', '"a:/b:"', '"/a:/b:ro,"', '"/a:/b:volume-nocopy"', '"a.b-c_d:/b"', '"a b:/b"', '"/b", "/b"',
          '{type: bind, source: "", target: /x}', '{type: bind, target: /x}', '{type: bind, source: ./a, target: /x}', '{type: bind, source: /a, target: x}',
          '{type: bind, source: a, target: /x}', '{type: bind, source: ~/a, target: /x}', '{type: bind, source: /a/../b, target: /x/../y}', '{type: volume, target: /x}', '{type: volume, source: a, target: x}', '{type: volume, source: a, target: ./x}',
          '{type: volume, source: a, target: b/../c}', '{type: volume, source: a, target: ""}', '{type: volume, source: a}', '{source: a, target: /x}', '{type: tmpfs, target: /x}',
          '{type: tmpfs, target: x/y}', '{type: tmpfs, target: /x, tmpfs: {size: 1m, mode: 0777}}', '{type: tmpfs, target: /x, tmpfs: {size: 1.5, mode: "0777"}}', '{type: tmpfs, target: /x, tmpfs: {size: 0, mode: 0}}',
          '{type: x, target: /x}', '{type: image, source: i, target: /x, image: {subpath: a}}', '{type: npipe, source: a, target: /x}', '{type: npipe, source: \'\\\\.\\pipe\\a\', target: /x}', '{type: cluster, source: a, target: /x}',
          '{type: volume, source: a, target: /x, volume: {nocopy: true}}', '{type: volume, source: a, target: /x, volume: {subpath: a}}', '{type: volume, source: a, target: /x, volume: {labels: [a=b]}}',
          '{type: volume, source: a, target: /x, volume: {labels: {a: 5}}}', '{type: volume, source: a, target: /x, volume: {}}', '{type: volume, source: a, target: /x, volume: }', '{type: bind, source: /a, target: /x, bind: {propagation: rslave}}',
          '{type: bind, source: /a, target: /x, bind: {propagation: x}}', '{type: bind, source: /a, target: /x, bind: {create_host_path: false}}', '{type: bind, source: /a, target: /x, bind: {create_host_path: "no"}}',
          '{type: bind, source: /a, target: /x, bind: {selinux: z}}', '{type: bind, source: /a, target: /x, bind: {selinux: x}}', '{type: bind, source: /a, target: /x, bind: {recursive: disabled}}', '{type: bind, source: /a, target: /x, bind: {recursive: x}}',
          '{type: bind, source: /a, target: /x, bind: {}}', '{type: bind, source: /a, target: /x, read_only: true}', '{type: bind, source: /a, target: /x, read_only: "true"}', '{type: bind, source: /a, target: /x, consistency: cached}',
          '{type: bind, source: /a, target: /x, volume: {nocopy: true}}', '{type: bind, source: /a, target: /x, x-a: b}', '{type: bind, source: /a, target: /x, y: b}', '{type: volume, source: none, target: /x}', '"none:/x"',
          '{type: bind, source: "c:\\\\x", target: /x}']
NAMED = ['s:/x', '[s]', '[{source: s}]', '[{source: s, target: t}]', '[{source: s, target: /t}]', '[{source: s, uid: "5"}]', '[{source: s, uid: 5}]', '[{source: s, gid: "5"}]',
         '[{source: s, mode: 0440}]', '[{source: s, mode: "0440"}]', '[{source: s, mode: 440}]', '[{source: s, mode: "x"}]', '[{source: s, mode: 0}]', '[s, s]', '[s, t]', '[{source: none}]', '[none]', '[{target: x}]', '[{source: s}, {source: t, target: s}]',
         '[{source: s, target: x}, {source: t, target: x}]', '[{source: s, mode: 0x1ff}]', '[{source: s, mode: -1}]', '[{source: s, x-a: b}]']
ENV = ['[A=b]', '[A]', '[A=]', '[=b]', '[HOME]', '{A: b}', '{A: }', '{A: 5}', '{A: true}', '{A: 1.10}', '{A: 0777}', '{A: 1e3}', '{A: .inf}', '{A: 2020-01-01}', '{A: [x]}', '["A=$$b"]', '[A=b, A=c]', '[A, A=c]', '["A =b"]', '["A= b"]',
       '{A: 12345678901234567890}', '{A: 1e23}', '{A: -0}', '{A: 0.0000001}', '{A: 1_000}', '{A: "${NUMBER}"}', '[A=b=c]', '{A: "a\\nb"}', '{A: yes}', '{"A.B": c}', '[5]', '{A: 0b11}', '{A: 0o17}', '{A: 1:30}', '{A: +5}', '{A: 08}', '{A: 0x}', '{HOME: }', '[NUMBER, UNSET]']
WORDS = ['a b', '"a \'b c\' d"', "'a \"b c\" d'", '"a \\\\ b"', '[a, b]', '[]', '""', '', '["a b", c]', '[5]', '[true]', 'a  b', "'a\\ b'", '"a \'b"', '"$$A b"', 'a "" b', "a '' b", 'sh -c "echo $$HOME"', '"a\\nb"', 'a#b', '"(a)"', '"`a b`"', '"$$(a b)"', '{a: b}', '[""]', '"a\\tb"', 'é ü']
REQUESTS = ['[{capabilities: [gpu]}]', '[{capabilities: [gpu], count: 1}]', '[{capabilities: [gpu], count: all}]', '[{capabilities: [gpu], count: "2"}]', '[{capabilities: [gpu], count: x}]', '[{capabilities: [gpu], device_ids: ["0"]}]',
            '[{capabilities: [gpu], device_ids: ["0"], count: 1}]', '[{capabilities: [gpu], driver: nvidia}]', '[{capabilities: [gpu], options: {a: b}}]', '[{capabilities: [gpu], options: [a=b]}]', '[{driver: x}]', '[{}]', '[{capabilities: []}]', '[{capabilities: gpu}]', '[{capabilities: [gpu], count: 0}]', '[{capabilities: [gpu], count: -1}]', '[{capabilities: [gpu, gpu]}]']
HOOKS = ['[{command: a b}]', '[{command: [a, b]}]', '[{command: a, user: x}]', '[{command: a, privileged: true}]', '[{command: a, working_dir: /x}]', '[{command: a, environment: [A=b]}]', '[{command: a, environment: {A: 5, HOME: }}]', '[{}]', '[{user: x}]', '[]', '[{command: []}]', '[{command: a}, {command: a}]', '[{command: a, user: 5}]', '[{command: a, x-a: b}]', '[{command: ""}]', '[{command: }]']
LIST = ['[a]', '[a, b]', '[a, a]', 'a', '[5]', '["5"]', '[true]']
HOSTS = ['["a:1.2.3.4"]', '[a=1.2.3.4]', '["a:::1"]', '["a=[::1]"]', '["a:[::1]"]', '{a: 1.2.3.4}', '{a: [1.2.3.4, 1.2.3.5]}', '{a: "::1"}', '{a: "[::1]"}', '["a:host-gateway"]', '[a]', '["a:1.2.3.4", "a:1.2.3.5"]', '["b=1", "a=2"]', '["a: 1.2.3.4"]', '["a=1.2.3.4", "a=1.2.3.4"]', '{b: 1.2.3.4, a: 1.2.3.4}', '[a=]', '{a: }', '{a: 5}', '[=x]', '["a:1=2"]', '{a: []}']
ULIMITS = ['{a: 5}', '{a: 0}', '{a: -1}', '{a: "5"}', '{a: {soft: 1, hard: 2}}', '{a: {soft: 0, hard: 0}}', '{a: {soft: 1}}', '{a: {hard: 1}}', '{a: {soft: "1", hard: "2"}}', '{a: {soft: 2, hard: 1}}', '{a: 1.5}', '{a: }', '{A: 5}', '{a: {}}', '{a: {soft: 1, hard: 2, x-a: b}}', '{a: {soft: 1, hard: 1}}', '{a: {soft: -1, hard: -1}}', '{a_b: 5}', '{a1: 5}', '{a: {soft: 1.5, hard: 2}}', '{a: true}', '{a: 5, b: 6}', '{a: 99999999999999999999}', '{a: "x"}']
RATE = ['[{path: /dev/a, rate: 1m}]', '[{path: /dev/a, rate: 5}]', '[{path: /dev/a, rate: "5"}]', '[{path: /dev/a}]', '[{rate: 5}]', '[{path: /dev/a, rate: 1.5}]', '[{}]', '[{path: /dev/a, rate: -1}]', '[{path: /dev/a, rate: 0}]', '[{path: /dev/a, weight: 5}]']

# service keys
KEYS = {
    'annotations': ENV, 'attach': BOOLS, 'blkio_config': ['{weight: %s}' % n for n in NUMBERS] + ['{device_read_bps: %s}' % r for r in RATE] + ['{device_write_iops: %s}' % r for r in RATE] +
        ['{weight_device: [{path: /dev/a, weight: %s}]}' % n for n in NUMBERS] + ['{weight_device: [{path: /dev/a}]}', '{weight_device: [{weight: 5}]}'],
    'build': ['.', './a', '../a', '/a', '~/a', '""', 'https://x/y.git', 'git@x:y', 'github.com/x/y', 'ssh://x/y', 'service:t', 'docker-image://x', 'x.git#y:z', '{}', '{context: .}', '{context: ./a/../b}', '{context: ""}', '{dockerfile: D}', '{dockerfile: /a/D}', '{dockerfile: ../D}', '{dockerfile_inline: FROM x}',
              '{context: ., dockerfile: D, dockerfile_inline: FROM x}', '{target: x}', '{network: host}', '{no_cache: true}', '{pull: true}', '{privileged: true}', '{isolation: x}', '{entitlements: [a]}', '{entitlements: [a, a]}', '{cache_from: [a, a]}', '{cache_to: [a]}', '{cache_from: a}', '{tags: [a, b]}', '{tags: [a, a]}', '{platforms: [linux/amd64]}', '{platforms: [linux/amd64, linux/amd64]}', '{provenance: true}', '{provenance: mode=max}', '{provenance: false}', '{sbom: true}', '{sbom: x}', '{sbom: 5}',
              '{additional_contexts: {a: ./b}}', '{additional_contexts: [a=./b]}', '{additional_contexts: [a]}', '{additional_contexts: {a: "https://x"}}', '{additional_contexts: {a: "service:t"}}', '{additional_contexts: {a: "service:none"}}', '{additional_contexts: {a: "docker-image://x"}}', '{additional_contexts: {a: }}', '{additional_contexts: {a: 5}}', '{additional_contexts: {a: /b/../c}}', '{additional_contexts: {a: "oci-layout://x"}}', '{additional_contexts: {a: ~/b}}', '{additional_contexts: {a: ""}}',
              '{ssh: [default]}', '{ssh: [a=./b]}', '{ssh: {a: ./b}}', '{ssh: {default: }}', '{ssh: default}', '{ssh: ["a=~/b"]}', '{ssh: [a=/b, c=/d]}', '{ssh: [default, a=/b]}', '{ssh: {default: ""}}', '{ssh: []}', '{ssh: [5]}', '{ssh: {a: 5}}', '{ssh: [a, a]}', '{context: /a/b/}', '{context: ., x-a: b}', '{isolation: ""}', '{labels: {a: }}', '{args: {A: "$$x"}}']
             + ['{args: %s}' % e for e in ENV] + ['{labels: %s}' % e for e in ENV] + ['{shm_size: %s}' % s for s in SIZES] + ['{secrets: %s}' % n for n in NAMED] + ['{ulimits: %s}' % u for u in ULIMITS] + ['{extra_hosts: %s}' % h for h in HOSTS],
    'cap_add': LIST, 'cap_drop': LIST, 'cgroup': ['host', 'private', 'x'], 'cgroup_parent': ['x', '/x'], 'command': WORDS, 'configs': NAMED, 'container_name': ['a', 'ab', '_a', 'a.b', 'a b', 'A1', 'a/b', '-a'],
    'cpu_count': NUMBERS, 'cpu_percent': NUMBERS + ['101', '100'], 'cpu_period': NUMBERS + TIMES, 'cpu_quota': NUMBERS + TIMES, 'cpu_rt_period': NUMBERS + TIMES, 'cpu_rt_runtime': NUMBERS + TIMES, 'cpu_shares': NUMBERS, 'cpus': NUMBERS, 'cpuset': ['0-1', '"0"', '0,1', '0'],
    'credential_spec': ['{config: s}', '{file: x}', '{registry: x}', '{config: a, file: b}', '{file: ./x}'],
    'depends_on': ['[t]', '[t, t]', '[none]', '{t: {condition: service_started}}', '{t: {condition: service_healthy}}', '{t: {condition: service_completed_successfully}}', '{t: {condition: x}}', '{t: {}}', '{t: }', '{t: {condition: service_started, restart: true}}', '{t: {condition: service_started, restart: false}}', '{t: {condition: service_started, restart: "yes"}}', '{t: {condition: service_started, required: false}}', '{none: {condition: service_started, required: false}}', '{t: {condition: service_started, x-a: b}}', '[s]', '{off: {condition: service_started, required: false}}', '[off]'],
    'develop': ['', '{}', '{watch: []}', '{watch: [{path: ., action: sync, target: /x}]}', '{watch: [{path: ., action: sync}]}', '{watch: [{path: ., action: rebuild}]}', '{watch: [{path: ., action: x}]}', '{watch: [{path: .}]}', '{watch: [{action: rebuild}]}', '{watch: [{path: ., action: rebuild, ignore: [a]}]}', '{watch: [{path: ., action: rebuild, ignore: a}]}', '{watch: [{path: ., action: rebuild, include: [a, a]}]}', '{watch: [{path: ., action: rebuild, initial_sync: true}]}', '{watch: [{path: ., action: sync+exec, target: /x, exec: {command: a b}}]}', '{watch: [{path: ., action: sync+exec, target: /x}]}', '{watch: [{path: /a/../b, action: sync+restart, target: /x}]}', '{watch: [{path: ~/a, action: restart}]}', '{watch: [{path: "", action: restart}]}', '{watch: [{path: ., action: sync+exec, target: /x, exec: {command: [a], user: u, privileged: true, working_dir: /w, environment: [A=b]}}]}'],
    'device_cgroup_rules': ['["c 1:3 mr"]', '["a *:* rwm"]', '["x"]', '["c 1:3 mr", "c 1:3 mr"]'], 'devices': ['["/dev/a"]', '["/dev/a:/dev/b"]', '["/dev/a:/dev/b:r"]', '["/dev/a:/dev/b:rwx"]', '["a:b:c:d"]', '["vendor.com/class=name"]', '[""]', '["/dev/a:rw"]', '["/dev/a:/dev/b", "/dev/c:/dev/b"]', '[{source: /dev/a}]', '[{source: /dev/a, target: /dev/b}]', '[{source: /dev/a, target: /dev/b, permissions: r}]', '[{target: /dev/b}]', '["/dev/a", "/dev/a"]', '["./a:/b"]', '[":/b"]', '["/a:"]', '["/a:/b:"]', '[{source: /dev/a, target: /dev/b, permissions: 5}]', '[{source: /dev/a, target: /dev/b, x-a: b}]'],
    'dns': LIST + ['1.1.1.1', '[1.1.1.1, 1.1.1.1]'], 'dns_opt': LIST, 'dns_search': LIST, 'domainname': ['x.y'], 'entrypoint': WORDS, 'environment': ENV,
    'env_file': ['a.env', '[a.env]', '[a.env, b.env]', '[none.env]', '[{path: a.env}]', '[{path: none.env, required: false}]', '[{path: a.env, required: "no"}]', '[{path: a.env, format: raw}]', '[{path: a.env, format: x}]', '{path: a.env}', '[a.env, a.env]', '[{path: a.env, x-a: b}]', '[{}]', '[{path: }]', './a.env', '/dev/null', '[{path: raw.env, format: raw}]', 'raw.env', '[{path: a.env, format: ""}]', '[{path: none.env, required: true}]', '""', '[{path: a.env, format: }]'],
    'expose': ['[80]', '["80"]', '["80/udp"]', '["80-90"]', '["x"]', '[80, "80"]', '80', '[80.5]', '["80-90/tcp"]', '["80/x"]', '[70000]', '[0]', '["80", "80"]', '[true]'],
    'extends': ['t', '{service: t}', '{service: none}', '{service: t, file: base.yaml}', '{service: b, file: base.yaml}', '{service: b, file: ./sub/base.yaml}', '{file: base.yaml}', '{service: s}', 'none', '{service: b, file: none.yaml}', '{service: t, x: y}', '{service: t, file: }', '{service: t, file: ""}', 's'],
    'external_links': LIST + ['["a:b"]'], 'extra_hosts': HOSTS, 'gpus': ['all', '1', '"1"'] + REQUESTS, 'group_add': LIST + ['[5, "5"]', '[1.5]'],
    'healthcheck': ['{test: x}', '{test: [CMD, x]}', '{test: [CMD-SHELL, x y]}', '{test: [NONE]}', '{test: [x]}', '{test: []}', '{test: ""}', '{test: }', '{test: [CMD]}', '{disable: true}', '{disable: false}', '{disable: "yes"}', '{disable: true, test: x}', '{test: NONE}', '{test: [NONE, x]}', '{test: [5]}', '{test: [CMD, 5]}', '{test: 5}', '{}', '{test: x, x-a: b}', '{test: x, timeout: 10s, interval: 1m, start_period: 5s, start_interval: 1s, retries: 3}']
        + ['{retries: %s}' % n for n in NUMBERS] + ['{interval: %s}' % t for t in TIMES] + ['{start_period: %s}' % t for t in ('0s', '1ns', '-1s', '5')] + ['{start_interval: %s}' % t for t in ('0s', '1ns', '-1s')] + ['{timeout: %s}' % t for t in ('0s', '1ns', '-1s')],
    'hostname': ['x', 'x.y', 'X_y', '5'], 'image': ['x', 'x:y', 'x@sha256:0', 'X/Y:z', '5', '"a b"'], 'init': BOOLS, 'ipc': ['host', 'shareable', 'private', 'none', 'service:t', 'service:none', 'container:x', 'x', 'service:'], 'isolation': ['default', 'x'],
    'label_file': ['a.env', '[a.env]', '[none.env]', '[a.env, b.env]', '[{path: a.env}]', '/dev/null'], 'labels': ENV, 'links': ['[t]', '["t:a"]', '[none]', '["t:a:b"]', '["t:"]', '[":a"]', '[t, t]', '["t:a", "t:b"]', '[""]', '[s]', '[t, "t:t"]'],
    'logging': ['{driver: x}', '{options: {a: b}}', '{driver: x, options: {a: 5}}', '{driver: x, options: {a: true}}', '{driver: x, options: {a: 1.5}}', '{driver: x, options: {a: }}', '{driver: 5}', '{driver: x, options: [a=b]}', '{driver: x, options: {}}', '{driver: ""}', '{driver: x, options: }', '{x-a: b}', '{driver: x, x-a: b}', '{driver: , options: {a: b}}', '{driver: x, options: {a: 1e3}}', '{driver: x, options: {a: 10}}', '{}'],
    'mac_address': ['"02:42:ac:11:65:43"', 'x', '02:42:ac:11:65:43'], 'mem_limit': SIZES, 'mem_reservation': SIZES, 'mem_swappiness': NUMBERS + SIZES, 'memswap_limit': SIZES,
    'models': ['[m]', '{m: }', '{m: {endpoint_var: A}}', '{m: {model_var: B}}', '[none]', '{m: {x: y}}', '[m, m]', '{m: {}}', '{m: {endpoint_var: 5}}'],
    'network_mode': ['host', 'none', 'bridge', 'service:t', 'service:none', 'container:x', 'x', 'service:s', '""', 'service:'],
    'networks': ['[n]', '[n, n]', '[n, o]', '[none]', '{n: }', '{n: {}}', '[default]', '[]', '{}', '{n: {aliases: [a]}}', '{n: {aliases: [a, a]}}', '{n: {aliases: a}}', '{n: {aliases: []}}', '{n: {ipv4_address: 10.0.0.5}}', '{n: {ipv4_address: x}}', '{n: {ipv6_address: "fd00::5"}}', '{n: {link_local_ips: [1.2.3.4]}}', '{n: {mac_address: x}}', '{n: {driver_opts: {a: 5}}}', '{n: {driver_opts: {a: true}}}', '{n: {driver_opts: [a=b]}}', '{n: {driver_opts: {a: b}}}', '{n: {x-a: b}}', '{n: {interface_name: eth9}}', 'n', '{n: x}', '{n: {aliases: [a], x-a: b}}', '{n: {driver_opts: }}', '{n: {driver_opts: {}}}', '{n: {ipv4_address: ""}}', '{n: {link_local_ips: [a, a]}}']
        + ['{n: {priority: %s}}' % n for n in NUMBERS] + ['{n: {gw_priority: %s}}' % n for n in NUMBERS],
    'oom_kill_disable': BOOLS, 'oom_score_adj': NUMBERS + ['1000', '1001', '-1000', '-1001', '"1001"'], 'pid': ['host', 'service:t', 'service:none', 'container:x', 'x', 'service:', '""'], 'pids_limit': NUMBERS, 'platform': ['linux/amd64', 'linux', 'x', '""'],
    'ports': ['[%s]' % p for p in PORTS] + PORTS[:4], 'post_start': HOOKS, 'pre_stop': HOOKS, 'privileged': BOOLS, 'profiles': ['[a]', '[]', 'a', '[a, a]', '[5]', '["a b"]', '["_a"]', '["-a"]', '[""]', '["a/b"]'],
    'provider': ['{type: x}', '{type: x, options: {a: b}}', '{type: x, options: {a: 5, b: true, c: 1.5}}', '{type: x, options: {a: [b, c]}}', '{options: {a: b}}', '{type: 5}', '{type: x, options: {a: }}', '{type: x, options: {a: {b: c}}}', '{type: x, y: z}', '{type: x, options: {a: [1, true]}}', '{type: x, options: {}}', '{type: x, x-a: b}', '{type: ""}', '{type: x, options: }'],
    'pull_policy': ['always', 'never', 'missing', 'if_not_present', 'build', 'refresh', 'daily', 'weekly', 'every_1h', 'every_5', 'every_x', 'every_1w2d', 'x', 'alwaysx', '""', 'ALWAYS', 'every_1h30m', 'every_1y'],
    'pull_refresh_after': ['x', '1h'], 'read_only': BOOLS, 'restart': ['no', '"no"', 'always', 'on-failure', 'on-failure:5', 'on-failure:x', 'unless-stopped', 'x', 'always:5', 'on-failure:', '""', 'on-failure:-1'], 'runtime': ['runc'],
    'scale': NUMBERS, 'secrets': NAMED, 'security_opt': ['[a=b]', '["a:b"]', '[a, a]', 'a', '[seccomp=./x.json]', '[no-new-privileges]', '[label=disable]'], 'shm_size': SIZES, 'stdin_open': BOOLS, 'stop_grace_period': TIMES, 'stop_signal': ['SIGINT', '9', '"9"'],
    'storage_opt': ['{size: 1G}', '{size: 5}', '{a: true}', '[a=b]', '{a: }', '{a: 1.5}'], 'sysctls': ENV, 'tmpfs': LIST + ['/x', '["/x:size=1m"]', '[/x, /x]', '["/x:a", "/x:b"]'], 'tty': BOOLS, 'ulimits': ULIMITS, 'use_api_socket': BOOLS, 'user': ['x', '"5"', '5', 'x:y', '""', '0:0', '"0:0"'], 'userns_mode': ['host', 'x'], 'uts': ['host', 'x', 'service:t'],
    'volumes': ['[%s]' % m for m in MOUNTS], 'volumes_from': ['[t]', '["t:ro"]', '["container:x"]', '["container:x:ro"]', '[none]', '[t, t]', '["t:x"]', '[""]', '["t:ro:z"]', '[s]', '["container:"]'], 'working_dir': ['/x', 'x', '/x/../y', '""'],
    'x-own': ['5', '[a, 0777]', '{b: "$$x", a: 1.10}', '2020-01-01', '.inf', '""', '1e3', '0x1F', '{a: {b: [c, {d: e}]}}', '"yes"', 'yes', '~', '[]', '{}', '1:30', '9223372036854775808', '"a\\nb"', '-0.0', '12345678901234567890123'],
    'deploy': ['', '{}', '{mode: global}', '{mode: replicated}', '{mode: foo}', '{mode: replicated-job}', '{mode: }', '{mode: ""}', '{endpoint_mode: vip}', '{endpoint_mode: x}', '{placement: }', '{placement: {}}', '{resources: }', '{resources: {}}', '{placement: {constraints: [a == b]}}', '{placement: {constraints: [a, a]}}', '{placement: {constraints: a}}', '{placement: {constraints: []}}', '{placement: {preferences: [{spread: x}]}}', '{placement: {preferences: [{x: y}]}}', '{placement: {preferences: [{}]}}', '{placement: {preferences: [x]}}', '{placement: {preferences: []}}', '{placement: {preferences: [{spread: 5}]}}', '{placement: {max_replicas_per_node: 0}}', '{placement: {max_replicas_per_node: 2}}', '{placement: {max_replicas_per_node: "2"}}', '{placement: {x-a: b}}', '{x-a: b}',
        '{resources: {limits: {}}}', '{resources: {limits: }}', '{resources: {reservations: {}}}', '{resources: {limits: {x-a: b}}}', '{resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: a, value: 2}}]}}}', '{resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: a, value: "2"}}]}}}', '{resources: {reservations: {generic_resources: [{}]}}}', '{resources: {reservations: {generic_resources: []}}}', '{resources: {reservations: {pids: 5}}}', '{resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: a, value: 0}}]}}}',
        '{restart_policy: {}}', '{restart_policy: {condition: x}}', '{restart_policy: {condition: any}}', '{restart_policy: }', '{restart_policy: {x-a: b}}', '{update_config: {}}', '{update_config: {order: x}}', '{update_config: {order: stop-first}}', '{update_config: {order: ""}}', '{update_config: {failure_action: x}}', '{update_config: {failure_action: continue}}', '{rollback_config: {order: start-first, failure_action: x}}', '{update_config: }', '{rollback_config: {}}', '{rollback_config: {parallelism: 0}}', '{update_config: {parallelism: 0, delay: 0s, monitor: 0s, max_failure_ratio: 0}}']
        + ['{replicas: %s}' % n for n in NUMBERS] + ['{labels: %s}' % e for e in ENV] + ['{resources: {limits: {cpus: %s}}}' % n for n in NUMBERS] + ['{resources: {limits: {memory: %s}}}' % n for n in SIZES] + ['{resources: {limits: {pids: %s}}}' % n for n in NUMBERS]
        + ['{resources: {reservations: {cpus: %s}}}' % n for n in NUMBERS] + ['{resources: {reservations: {memory: %s}}}' % n for n in SIZES] + ['{resources: {reservations: {devices: %s}}}' % n for n in REQUESTS] + ['{restart_policy: {delay: %s}}' % t for t in TIMES] + ['{restart_policy: {window: %s}}' % t for t in TIMES[:8]] + ['{restart_policy: {max_attempts: %s}}' % t for t in NUMBERS]
        + ['{update_config: {delay: %s}}' % t for t in TIMES] + ['{update_config: {monitor: %s}}' % t for t in TIMES] + ['{update_config: {parallelism: %s}}' % t for t in NUMBERS] + ['{update_config: {max_failure_ratio: %s}}' % t for t in NUMBERS],
}
# keys at the top: {section.name: values}
TOP = {
    'name': ['x', 'X', 'x_y', '-x', '"x y"', '""', '5', '', '"${NUMBER}"', 'x.y', '"é"', '[x]'],
    'version': ['"3"', '3', '3.8', '', 'x', '[x]', '"2.4"'],
    'x-top': ['5', '[a, 0777]', '{b: "$$x", a: 1.10}', '2020-01-01', '.inf', '', '"$x"', '{a: &a b, c: *a}', '1e400', '9223372036854775808', '[[], {}]', '2020-01-01T10:00:00Z', '{"a b": c, "": d}', '"\\u00e9"', '"a: b"', '"#"', "'- a'", '"\\x01"', '" a"', '"a "', '"a\\n"', '"\\na"', '"a\\n\\n"', '"a\\n b\\nc"', '"\\ta"', '"null"', '"~"', '"0x1"', '"1.0"', '"1_0"', '".5"', '"1e3"', '"0b1"', '"0o7"', '"-"', '"?"', '":"', '"a:b"', '"a #b"', '"a#b"', '"[a"', '"{"', '"*a"', '"&a"', '"!a"', '"|"', '">"', '"%a"', '"@a"', '"`a"', '"\'"', "'\"'", '","', '"a,b"', '"a]"', '"="', '"<<"', '"y"', '"N"', '"on"', '"12:30"', '"1:30:05"', '"2020-01-01"', '"2020-01-01T10:00:00Z"', '"+1"', '".inf"', '".NaN"', '"\\u2028"', '"\\ufeffa"', '"a\\rb"', '"\\\\"', '"---"', '"..."', '"- "', '"a: "', '"a:"', '"😀"', '"\\0"', '"\\x7f"', '"\\x85"', '"0"', '"-0"', '"1."', '"0777"', '"08"', '"true "', '"True"', '"1__0"', '"._"', '"-.5"', '"+.inf"', '"0x"', '"1e"', '"12e03"', '"1:60"', '"-1:30"', '"99:99"']
             + ['"%s"' % ('word ' * 30), '"%s"' % ('a' * 200), '"%s\\n%s"' % ('word ' * 30, 'x'), '|\n  a\n  b\n', '|-\n  a\n   b\n', '>\n  a\n  b\n\n  c\n', '|+\n  a\n\n', '|2\n    a\n'],
    'networks.n': ['', '{}', '{driver: bridge}', '{driver: 5}', '{driver_opts: {a: b}}', '{driver_opts: {a: 5}}', '{driver_opts: {a: true}}', '{driver_opts: [a=b]}', '{driver_opts: {}}', '{external: true}', '{external: false}', '{external: "yes"}', '{external: {name: x}}', '{external: {name: x}, name: y}', '{external: {name: x}, name: x}', '{external: true, name: x}', '{external: true, driver: x}', '{external: true, labels: {a: b}}', '{external: true, ipam: {driver: x}}', '{internal: true}', '{internal: "no"}', '{attachable: true}', '{attachable: "x"}', '{enable_ipv6: true}', '{enable_ipv6: false}', '{enable_ipv4: false}', '{enable_ipv4: true}', '{enable_ipv6: "true"}', '{name: x}', '{name: ""}', '{name: 5}', '{name: "a b"}', '{x-a: b}', '{y: b}',
        '{ipam: }', '{ipam: {}}', '{ipam: {driver: x}}', '{ipam: {options: {a: b}}}', '{ipam: {options: {a: 5}}}', '{ipam: {options: }}', '{ipam: {options: {}}}', '{ipam: {driver: x, options: {a: b, c: ""}}}', '{ipam: {config: []}}', '{ipam: {config: [{}]}}', '{ipam: {config: [{subnet: 10.0.0.0/8}]}}', '{ipam: {config: [{subnet: x}]}}', '{ipam: {config: [{subnet: 10.0.0.0/8, gateway: 10.0.0.1, ip_range: 10.1.0.0/16, aux_addresses: {a: 10.0.0.5}}]}}', '{ipam: {config: [{subnet: 10.0.0.0/8}, {subnet: 10.0.0.0/8}]}}', '{ipam: {config: [{aux_addresses: {}}]}}', '{ipam: {config: [{aux_addresses: {a: 5}}]}}', '{ipam: {config: [{subnet: 10.0.0.0/8, x-a: b}]}}', '{ipam: {x-a: b}}', '{ipam: {driver: ""}}', '{ipam: {config: }}', '{ipam: {config: [{gateway: 1.2.3.4}]}}', '{ipam: {config: [{aux_addresses: [a=b]}]}}', '{external: }', '{external: {}}', '{external: {x: y}}', '{external: []}']
        + ['{labels: %s}' % e for e in ENV],
    'volumes.a': ['', '{}', '{driver: local}', '{driver: 5}', '{driver_opts: {a: b}}', '{driver_opts: {a: 5, b: 1.5}}', '{driver_opts: {a: true}}', '{driver_opts: {type: none, o: bind, device: ./x}}', '{driver: local, driver_opts: {type: none, o: bind, device: ./x}}', '{driver: local, driver_opts: {o: bind, device: ~/x}}', '{driver: local, driver_opts: {o: "bind,rw", device: ./x}}', '{driver: local, driver_opts: {o: bind, device: /a/../x}}', '{external: true}', '{external: false}', '{external: {name: x}}', '{external: true, name: x}', '{external: true, driver: x}', '{external: true, labels: {a: b}}', '{external: true, x-a: b}', '{name: x}', '{name: ""}', '{name: "${NUMBER}"}', '{x-a: b}', '{y: b}', '{external: {name: x}, name: y}', '{external: }', '{driver_opts: {}}', '{driver_opts: }', '{driver_opts: [a=b]}', '{external: false, driver: x}', '{external: "true"}', '{external: {}}', '{external: {x: y}}', '{driver: local, driver_opts: {type: nfs, o: "addr=1", device: ":/x"}}']
        + ['{labels: %s}' % e for e in ENV],
    'secrets.s': ['{file: x}', '{file: ./x}', '{file: /x/../y}', '{file: ~/x}', '{environment: A}', '{external: true}', '{external: true, name: x}', '{external: {name: x}}', '{file: x, environment: A}', '{}', '', '{content: x}', '{name: x, file: y}', '{driver: x}', '{driver: x, file: y}', '{driver_opts: {a: 5}, file: y}', '{template_driver: x, file: y}', '{external: true, file: y}', '{file: x, x-a: b}', '{file: x, y: b}', '{file: ""}', '{environment: HOME}', '{external: false}', '{external: false, file: x}', '{file: x, labels: {a: b}}', '{file: x, labels: [a=b]}', '{environment: ""}', '{external: true, environment: A}', '{external: true, labels: {a: b}}', '{external: true, driver: x}', '{external: true, x-a: b}', '{driver: x, external: true, name: y}', '{file: x, driver_opts: {a: }}', '{file: https://x/y}', '{name: ""}', '{file: x, name: ""}'],
    'configs.s': ['{file: x}', '{file: ./x}', '{content: "a $$b ${NUMBER}"}', '{content: ""}', '{content: 5}', '{content: "a\\nb\\n"}', '{environment: A}', '{external: true}', '{external: true, name: x}', '{external: {name: x}}', '{file: x, content: A}', '{}', '', '{name: x, file: y}', '{template_driver: x, file: y}', '{external: true, content: y}', '{file: x, x-a: b}', '{file: x, y: b}', '{file: x, labels: {a: b}}', '{environment: HOME}', '{external: false}', '{file: x, driver: y}', '{content: |-\n      a\n      b\n    }', '{name: x}', '{content: " a"}', '{file: ~/x}'],
    'models.m': ['{model: x}', '{}', '', '{model: x, context_size: 5}', '{model: x, context_size: "5"}', '{model: x, runtime_flags: [a]}', '{model: x, name: y}', '{model: x, y: z}', '{model: 5}', '{model: x, x-a: b}', '{model: x, runtime_flags: [a, a]}'],
    'include': ['[inc.yaml]', '[none.yaml]', '[{path: inc.yaml}]', '[{path: [inc.yaml]}]', '[{path: inc.yaml, project_directory: sub}]', '[{path: inc.yaml, env_file: a.env}]', '[{path: inc.yaml, env_file: none.env}]', 'inc.yaml', '[{}]', '[]', '', '[5]', '[inc.yaml, inc.yaml]', '[sub/inc.yaml]', '[{path: sub/inc.yaml, project_directory: .}]', '[{path: [sub/inc.yaml, sub/over.yaml]}]', '[{path: inc.yaml, x: y}]', '[compose.yaml]', '[{path: inc.yaml, env_file: [a.env, b.env]}]', '[{path: inc.yaml, env_file: /dev/null}]'],
    'services.t': ['{image: i, build: .}', '{build: .}', '{}', '', '{image: ""}', '{image: i, imagee: x}', '[]', '{command: x}', '{x-a: b, image: i}'],
    'services': ['{}', '', '[]', 'x', '{"a b": {image: i}}', '{a.b: {image: i}}', '{A: {image: i}}', '{"": {image: i}}', '{5: {image: i}}', '{x-a: b}', '{x-a: {image: i}}', '{s: !reset {image: i}}', '{true: {image: i}}'],
    'unknown': ['x', ''],
}
FILES = {
    'a.env': 'A=1\nB="two words" # c\nC=\'$lit\'\nD=$A-${B:-x}\nexport E=5\nF\nHOME\nG: colon\n', 'b.env': 'A=9\nZ=$UNSET\n', 'raw.env': 'A="q" # c\nB=$A\nC=\'x\'\n',
    'base.yaml': 'services:\n  b: {image: base, environment: [X=1], volumes: ["./d:/d"], ports: ["1:1"], env_file: a.env, build: ./ctx, labels: {l: m}}\n  t: {image: base-t}\n',
    'sub/base.yaml': 'services:\n  b: {image: base, volumes: ["./d:/d"], build: ., extends: {service: c, file: ../base2.yaml}}\n', 'base2.yaml': 'services:\n  c: {image: c, volumes: ["./e:/e"], command: x y}\n',
    'inc.yaml': 'services:\n  inc: {image: "inc:${A:-none}", volumes: ["./d:/d"], environment: [NUMBER]}\n', 'sub/inc.yaml': 'services:\n  inc: {image: "inc:${A:-none}", volumes: ["./d:/d"], build: .}\n', 'sub/over.yaml': 'services:\n  inc: {labels: [a=b]}\n', 'sub/.env': 'A=sub\n',
    '.env': 'DOT=1\n',
}
VARIABLES = {'HOME': '/home/user', 'NUMBER': '7', 'EMPTY': '', 'PATH': os.environ['PATH'], 'TRUE': 'true'}


def the_rest(services, without=()):
    """The sections that values refer to."""
    top = {'networks': {'n': '', 'o': ''}, 'volumes': {'a': '', 'v': '', 'a.b-c_d': ''}, 'secrets': {'s': '{file: x}', 't': '{file: y}'}, 'configs': {'s': '{file: x}', 't': '{file: y}'}, 'models': {'m': '{model: x}'}}
    text = ''
    for section, names in top.items():
        if any(section + ':' in line for line in without):
            continue
        text += section + ':\n' + ''.join(f'  {name}: {value}\n' for name, value in names.items())
    return text


def of_key(key, value):
    """A file with one key."""
    if key in TOP:
        return of_top(key, value)
    lines = f'services:\n  s:\n'
    if key != 'image':
        lines += '    image: i\n'
    lines += f'    {key}: {value}\n  t: {{image: j}}\n  off: {{image: k, profiles: [off]}}\n'
    return lines + the_rest([])


def of_top(key, value):
    section, _, name = key.partition('.')
    use = '    networks: [n]\n    volumes: ["a:/a"]\n    secrets: [s]\n    configs: [s]\n'
    text = f'services:\n  s:\n    image: i\n{use}' if section != 'services' else ''
    if name:
        if section == 'services':
            return f'services:\n  s: {{image: i}}\n  {name}: {value}\n' + the_rest([])
        return text + f'{section}:\n  {name}: {value}\n' + the_rest([], [section + ':'])
    return (text if section != 'services' else '') + f'{key}: {value}\n' + the_rest([])


def values_of(key):
    return list(dict.fromkeys((KEYS.get(key) or TOP[key]) + ([] if key in ('x-own', 'x-top') else ODD)))


def a_random_file(r, override=False):
    names = ['s', 't', 'u'][:r.randint(1, 3)]
    text = 'services:\n'
    for name in names:
        text += f'  {name}:\n'
        keys = r.sample(sorted(KEYS), r.randint(1, 5))
        if not override and 'image' not in keys:
            text += f'    image: {r.choice(["i", "i:${NUMBER}", chr(34) + "${UNSET:-j}" + chr(34)])}\n'
        for key in keys:
            good = KEYS[key]
            value = r.choice(good if r.random() < 0.97 else ODD)
            if r.random() < 0.03:
                value = r.choice(['!reset ', '!override ']) + value
            text += f'    {key}: {value}\n'
    if not override:
        text += '  off: {image: k, profiles: [off]}\n' + the_rest([])
        if 't' not in names:
            text = text.replace('  off:', '  t: {image: j}\n  off:', 1)
        return text
    for section in r.sample(['networks.n', 'volumes.a', 'secrets.s', 'configs.s'], r.randint(0, 2)):
        top, _, name = section.partition('.')
        text += f'{top}:\n  {name}: {r.choice(TOP[section])}\n'
    return text


def run(command, folder):
    done = subprocess.run(command, cwd=folder, env=VARIABLES, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors='replace', timeout=60)
    return done.returncode, done.stdout, done.stderr


def model(text, form):
    return text if form == 'yaml' else json.loads(text)


class Compare:
    def __init__(self, ours, theirs):
        self.ours, self.theirs = [ours, 'client', 'stack', 'config'], [theirs, 'config']
        self.known = []
        for line in open(os.path.join(HERE, 'differences.txt')):
            if line.startswith('compare: '):
                self.known.append(line[len('compare: '):].strip())

    def files(self, name, texts, formats=('yaml', 'json')):
        """What differs, as text; '' where nothing does."""
        with tempfile.TemporaryDirectory(prefix='compare') as top:
            folder = os.path.join(top, 'project')
            for path, text in list(FILES.items()) + [('compose.yaml', texts[0])] + ([('compose.override.yaml', texts[1])] if len(texts) > 1 else []):
                os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
                with open(os.path.join(folder, path), 'w') as file:
                    file.write(text)
            return self.folder(name, texts, folder, formats)

    def folder(self, name, texts, folder, formats):
        for form in formats:
            a, b = run(self.theirs + ['--format', form], folder), run(self.ours + ['--format', form], folder)
            if (a[0] == 0) != (b[0] == 0):
                what = f'theirs {a[0]}: {a[2].strip()[-300:]}\nours {b[0]}: {b[2].strip()[-400:]}'
            elif a[0] == 0 and a[1] != b[1] and (model(a[1], form) != model(b[1], form)):
                texts_of = [side[1] if form == 'yaml' else json.dumps(json.loads(side[1]), indent=2, sort_keys=True) for side in (a, b)]
                for end, side in zip('ab', texts_of):
                    with open(folder + '.' + end, 'w') as file:
                        file.write(side + '\n')
                what = f'{form}:\n' + run(['diff', '-U2', folder + '.a', folder + '.b'], folder)[1].split('\n', 2)[2]
            else:
                continue
            return f'== {name}\n' + '\n-- \n'.join(texts if len(texts) > 1 or len(texts[0]) < 3000 and 'random' in name else []) + what.replace(folder, 'FOLDER') + '\n'
        return ''

    def all(self, cases):
        found = known = count = 0
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, text in pool.map(lambda case: (case[0], self.files(*case)), cases):
                count += 1
                if not text:
                    continue
                if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.known):
                    known += 1
                    continue
                found += 1
                print(text, flush=True)
        print(f'{count} files, {found} differ, {known} more as differences.txt has them')
        return found


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    compare, mode, more = Compare(*(os.path.abspath(path) for path in sys.argv[1:3])), sys.argv[3], sys.argv[4:]
    if mode == 'each':
        formats = tuple(os.environ.get('FORMATS', 'json yaml').split())
        cases = [(f'{key}: {value}', [of_key(key, value)], formats) for key in more or list(KEYS) + list(TOP) for value in values_of(key)]
        sys.exit(compare.all(cases) > 0)
    if mode == 'random':
        start = int(more[1]) if len(more) > 1 else 0
        cases = []
        for seed in range(start, start + int(more[0])):
            r = random.Random(seed)
            texts = [a_random_file(r)] + ([a_random_file(r, True)] if r.random() < 0.5 else [])
            cases.append((f'random {seed}', texts))
        sys.exit(compare.all(cases) > 0)
    text = compare.folder('file', [''], os.path.abspath(more[0]), ('yaml', 'json'))
    print(text)
    sys.exit(bool(text))


main()
