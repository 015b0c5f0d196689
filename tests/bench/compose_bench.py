#!/usr/bin/env python3
"""`stack config` beside `docker compose config`, whole processes in pairs, and a project of 2,000 services.

usage: tests/bench/compose_bench.py KONTENA DOCKER_COMPOSE FOLDER [PAIRS]

FOLDER holds a project; its Compose file is read by both by turns, A B A B (21 pairs). Prints the median wall time
and CPU time of each with the lowest and highest, the ratio of each pair likewise, and the memory at its highest.
"""
import os, resource, statistics, subprocess, sys, tempfile, time


def measure(command, folder):
    """Seconds of wall and of CPU, and KiB at the highest, of one run."""
    start = time.monotonic()
    child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f'{command[0]} ends with {child.returncode}')
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def figures(values, unit='ms', scale=1000):
    values = sorted(values)
    return f'{statistics.median(values) * scale:.1f} {unit} ({values[0] * scale:.1f} to {values[-1] * scale:.1f})'


def large_project(folder, count):
    with open(os.path.join(folder, 'compose.yaml'), 'w') as file:
        file.write('name: large\nx-common: &common\n  restart: unless-stopped\n  logging: {driver: json-file, options: {max-size: 10m}}\nservices:\n')
        for i in range(count):
            file.write(f'  service-{i}:\n    <<: *common\n    image: registry.example/team/service-{i}:${{TAG:-1.0}}\n'
                       f'    environment: {{PORT: "80{i % 100:02}", DATABASE: "postgres://db-{i % 50}/app", LEVEL: info}}\n'
                       f'    ports: ["{10000 + i}:8080"]\n    volumes: ["data-{i % 200}:/data", "./conf:/etc/app:ro"]\n    networks: [net-{i % 20}]\n'
                       + (f'    depends_on:\n      service-{i - 1}: {{condition: service_healthy}}\n' if i % 10 else '')
                       + '    healthcheck: {test: [CMD, ready], interval: 10s, retries: 3}\n    deploy: {resources: {limits: {cpus: "0.5", memory: 256M}}}\n    labels: [a=b, c=d]\n')
        file.write('networks:\n' + ''.join(f'  net-{i}:\n' for i in range(20)) + 'volumes:\n' + ''.join(f'  data-{i}:\n' for i in range(200)))


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    ours, theirs, folder = [os.path.abspath(path) for path in sys.argv[1:4]]
    pairs = int(sys.argv[4]) if len(sys.argv) > 4 else 21
    mine, other = [ours, 'client', 'stack', 'config'], [theirs, 'config']
    measure(mine, folder), measure(other, folder)
    a, b = [], []
    for _ in range(pairs):
        a.append(measure(mine, folder))
        b.append(measure(other, folder))
    for name, runs in (('kontena', a), ('docker compose', b)):
        print(f'{name}: {figures([r[0] for r in runs])}, CPU {figures([r[1] for r in runs])}, {max(r[2] for r in runs) / 1024:.0f} MiB')
    for name, at in (('time', 0), ('CPU', 1)):
        print(f'times as fast, {name}: ' + figures([y[at] / max(x[at], 1e-4) for x, y in zip(a, b)], '', 1))
    with tempfile.TemporaryDirectory() as large:
        large_project(large, 2000)
        for name, command in (('kontena', mine), ('docker compose', other)):
            runs = [measure(command, large) for _ in range(3)]
            print(f'2,000 services, {name}: {figures([r[0] for r in runs], "s", 1)}, CPU {figures([r[1] for r in runs], "s", 1)}, {max(r[2] for r in runs) / 1024:.0f} MiB')


main()
