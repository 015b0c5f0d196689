#!/usr/bin/python3
"""See login_bench.sh.  usage: login_bench.py HOST:PORT DATA PID RUNS SECONDS"""
import collections
import http.client
import json
import multiprocessing
import os
import ssl
import sys
import threading
import time

HOST, DATA, PID, RUNS, SECONDS = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
CROWD, RATE = 200, 100
CONTEXT = ssl.create_default_context(cafile=DATA + "/ca.pem")
CONTEXT.check_hostname = False
ADDRESS, PORT = HOST.split(":")


def connect(source=None):
    link = http.client.HTTPSConnection(ADDRESS, int(PORT), context=CONTEXT, timeout=60,
                                       source_address=(source, 0) if source else None)
    link.connect()
    return link


def probe(results, begin):
    """A request each hundredth of a second, late ones not waited for: two connections by turns."""
    headers = {"authorization": "Bearer " + open(DATA + "/admin.token").read().strip()}
    links, took, lock = [connect() for _ in range(8)], [], threading.Lock()
    begin.wait()
    start = time.perf_counter()

    def ask(which):
        link = links[which]
        for i in range(which, int(SECONDS * RATE), len(links)):
            due = start + i / RATE
            time.sleep(max(0, due - time.perf_counter()))
            link.request("GET", "/v1/grids/default/projects/default/stacks/shop", headers=headers)
            answer = link.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            with lock:
                took.append(time.perf_counter() - due)  # what it was late counts

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(len(links))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(("probe", sorted(took)))


def crowd(kind, turn, results, begin):
    """200 at the same moment, each second; each of an address and an account of its own."""
    answers, took = collections.Counter(), []
    lock = threading.Lock()
    links = [connect(f"127.{turn + 1}.{k // 250}.{k % 250 + 1}") for k in range(CROWD)]
    begin.wait()
    start = time.perf_counter()

    def ask(which):
        link = links[which]
        for second in range(int(SECONDS)):
            time.sleep(max(0, start + second - time.perf_counter()))
            begun = time.perf_counter()
            if kind == "login":
                link.request("POST", "/v1/login", body=json.dumps({"user": f"nobody-{which}", "password": f"wrong {turn} {second}"}))
            else:
                link.request("GET", "/v1/health")
            answer = link.getresponse()
            answer.read()
            with lock:
                answers[answer.status] += 1
                took.append((answer.status, time.perf_counter() - begun))

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = sorted(t for status, t in took if status in (429, 503))
    results.put(("crowd", dict(answers), refused))


def cpu():
    fields = open(f"/proc/{PID}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def one(kind, turn):
    results = multiprocessing.Queue()
    begin = multiprocessing.Barrier(1 if kind == "quiet" else 2)
    work = [multiprocessing.Process(target=probe, args=(results, begin))]
    if kind != "quiet":
        work.append(multiprocessing.Process(target=crowd, args=(kind, turn, results, begin)))
    before = cpu()
    for process in work:
        process.start()
    got = {name: rest for name, *rest in (results.get() for _ in work)}
    for process in work:
        process.join()
    took = got["probe"][0]
    at = lambda share: took[min(len(took) - 1, int(len(took) * share))] * 1e3
    line = f"{kind:6} p50 {at(0.5):7.2f} ms  p99 {at(0.99):7.2f} ms  most {took[-1] * 1e3:7.1f} ms  server's CPU {cpu() - before:5.2f} s"
    if kind != "quiet":
        answers, refused = got["crowd"]
        line += f"  answers {answers}"
        if refused:
            line += f"  refused within p50 {refused[len(refused) // 2] * 1e3:.0f} ms, p99 {refused[int(len(refused) * 0.99)] * 1e3:.0f} ms"
    print(line, flush=True)
    return at(0.5), at(0.99)


figures = collections.defaultdict(list)
for run in range(RUNS):
    for number, kind in enumerate(("quiet", "hello", "login")):
        figures[kind].append(one(kind, run * 3 + number))
middle = lambda values: sorted(values)[len(values) // 2]
for kind in ("hello", "login"):
    for which, name in ((0, "p50"), (1, "p99")):
        all_of = [b[which] / a[which] for a, b in zip(figures["quiet"], figures[kind])]
        print(f"{kind} / quiet, {name}: {middle(all_of):.2f} ({min(all_of):.2f} to {max(all_of):.2f})")
