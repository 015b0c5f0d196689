#!/usr/bin/python3
"""What somebody who has the project red tries by the API against blue, or with a stolen certificate.

usage: outsider.py absent|slow|stolen|specs|flood PLAN     (PLAN: a file, JSON)

Prints a line for each thing that should not be, and "done".  The plan has url, ca, token or cert,
words (blue's, which nobody here is to hear), names (what is there, by the {names} of paths), and
paths (those of the API).
"""
import http.client
import json
import random
import re
import ssl
import sys
import threading
import time

MODE = sys.argv[1]
PLAN = json.load(open(sys.argv[2]))
HOST = PLAN["url"].split("//")[1]
CONTEXT = ssl.create_default_context(cafile=PLAN["ca"])
if PLAN.get("cert"):
    CONTEXT.load_cert_chain(PLAN["cert"])
HEADERS = {"authorization": "Bearer " + PLAN["token"]} if PLAN.get("token") else {}


class Door:
    """A connection that is kept alive."""

    def __init__(self):
        self.link = None

    def ask(self, method, path, body=None, timeout=15):
        for _ in range(3):
            try:
                if self.link is None:
                    self.link = http.client.HTTPSConnection(HOST, context=CONTEXT, timeout=timeout)
                self.link.request(method, path, body=body, headers=HEADERS)
                answer = self.link.getresponse()
                return answer.status, answer.read().decode("utf-8", "replace")
            except (OSError, http.client.HTTPException) as error:
                self.link = None
                last = str(error)
        return 0, last


def wrong(text):
    print(text, flush=True)


def heard(where, text):
    for word in PLAN["words"]:
        if word in text:
            wrong(f"{where}: it has {word!r}: {text[:300]}")


def filled(path, **other):
    names = dict(PLAN["names"], **other)
    return re.sub(r"\{(\w+)\}", lambda m: names.get(m.group(1), "none"), path)


def plain(answer, *said):
    status, text = answer
    text = re.sub(r'"request":"[^"]*"', '"request":""', text)
    for word in said:
        text = text.replace(word, "*")
    return status, text


def absent(door):
    """Each route says of blue what it says of a project that is not there."""
    for path in PLAN["paths"]:
        if "{project}" not in path:
            continue
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
            for query in ("", "?stack={stack}", "?stack={stack}&service={service}", "?after=0", "?follow=true&instance={instance}"):
                if query and method != "GET":
                    continue
                where = f"{method} {path}{query}"
                theirs = plain(door.ask(method, filled(path + query), body="{}" if method in ("POST", "PUT") else None), "blue")
                none = plain(door.ask(method, filled(path + query, project="grey"), body="{}" if method in ("POST", "PUT") else None), "grey")
                if theirs != none:
                    wrong(f"{where}: {theirs} and of none {none}")
                # 413: the route takes no body, of whatever it is.
                if theirs[0] not in (403, 404, 405, 413):
                    wrong(f"{where}: {theirs}")
                said = filled(path + query)
                heard(where, plain(theirs, *[word for word in PLAN["words"] if word in said])[1])
    for path in PLAN["paths"]:
        if "agent" in path or re.search(r"\{(user|role|token|digest|revision|deployment)\}", path) or path.endswith("/logs"):
            continue
        own = filled(path, project="red", stack="shop", service="db")
        text = door.ask("GET", own)[1]
        heard("GET " + own, text)
        if "blue" in text:
            wrong(f"GET {own} names blue: {text[:300]}")


def order(one, other):
    """How often a value of `one` is above one of `other`, ties by half: 0.5 where nothing differs."""
    ranked = sorted([(v, 0) for v in one] + [(v, 1) for v in other])
    below, sums = 0.0, 0.0
    i = 0
    while i < len(ranked):
        j = i
        while j < len(ranked) and ranked[j][0] == ranked[i][0]:
            j += 1
        others = sum(1 for k in range(i, j) if ranked[k][1] == 1)
        mine = j - i - others
        sums += mine * (below + others / 2)
        below += others
        i = j
    return sums / (len(one) * len(other))


def slow(door):
    """By how long it takes, too: by turns, in an order of chance."""
    count = 200
    for method, path in (("GET", "/v1/grids/default/projects/{project}/stacks/{stack}"),
                         ("GET", "/v1/grids/default/projects/{project}/instances"),
                         ("PUT", "/v1/grids/default/projects/{project}/stacks/{stack}"),
                         ("HEAD", "/v1/grids/default/projects/{project}/blobs/{digest}"),
                         ("HEAD", "/v1/grids/default/projects/red/blobs/{digest}")):
        took = {"there": [], "absent": []}
        none = {"digest": "sha256:" + "0" * 64} if path.endswith("red/blobs/{digest}") else {"project": "grey"}
        turns = ["there", "absent"] * count
        random.shuffle(turns)
        for which in turns:
            target = filled(path, **({} if which == "there" else none))
            begun = time.perf_counter()
            door.ask(method, target, body="{}" if method == "PUT" else None)
            took[which].append(time.perf_counter() - begun)
        above = order(took["there"], took["absent"])
        middle = {k: sorted(v)[len(v) // 2] * 1e6 for k, v in took.items()}
        print(f"time {method} {path}: median {middle['there']:.0f} us there, {middle['absent']:.0f} us absent, "
              f"later in {above * 100:.0f} % of pairs", file=sys.stderr)
        # By chance it is beyond that once in 30,000 times.
        if not 0.38 < above < 0.62:
            wrong(f"{method} {path}: the time tells: {above:.3f}, {middle}")


def stolen(door):
    """A node's certificate: what is said to it is of its own node, and nothing of blue's is changed."""
    for path in PLAN["paths"]:
        for method in ("GET", "POST", "PUT", "DELETE"):
            if path.endswith(("/agent/streams", "/agent/renew", "/agent/beat")):
                continue  # its own, by which nothing is named
            body = None
            if method in ("POST", "PUT"):
                body = "{}"
                if path.endswith("/agent/statuses"):
                    body = json.dumps({"instances": [{"id": PLAN["names"]["instance"], "status": {"state": "failed"}}]})
                if path.endswith("/agent/facts"):
                    continue  # would be its own
            status, text = door.ask(method, filled(path), body=body)
            where = f"{method} {path} with a node's certificate: {status}"
            # What was asked for by its name is in the refusal.
            said = filled(path) + (body or "")
            heard(where, plain((status, text), *[word for word in PLAN["words"] if word in said])[1])
            is_open = path in ("/v1/health", "/v1/ca", "/v1/whoami", "/v1/login", "/v1/invite", "/v1/agent/join") or path.startswith("/v1/login/") \
                or path.startswith("/v1/oidc")
            if status < 300 and "/agent/" not in path and not is_open:
                wrong(where)
    for secret in PLAN["secrets"]:
        status, _ = door.ask("GET", "/v1/agent/secrets/" + secret)
        if status != 404:
            wrong(f"blue's secret with a node's certificate: {status}")
    for blob in PLAN["blobs"]:
        status, _ = door.ask("GET", "/v1/agent/blobs/" + blob)
        if status != 404:
            wrong(f"blue's file with a node's certificate: {status}")


def spec(service=None, **stack):
    made = {"services": {"x": dict({"name": "x", "image": "busybox", "networks": [{"network": "default"}]}, **(service or {}))},
            "networks": {"default": {}}}
    made.update(stack)
    return {"spec": made}


def specs(door):
    """Ways out of a container that a spec asks for, written by hand, past what the client looks at."""
    bind = lambda source: {"mounts": [{"kind": "bind", "source": source, "target": "/in"}]}
    option = lambda **o: {"options": o}
    volume = lambda **v: dict(service={"mounts": [{"kind": "volume", "source": "v", "target": "/in"}]}, volumes={"v": dict({"driver": "local"}, **v)})
    tries = {
        "the root of the host": spec(bind("/")), "the engine's socket": spec(bind("/run/docker.sock")), "its data": spec(bind("/var/lib/docker/volumes")),
        "privileged": spec(option(privileged=True)), "pid of the host": spec(option(pid="host")), "ipc of the host": spec(option(ipc="host")),
        "uts of the host": spec(option(uts="host")), "cgroups of the host": spec(option(cgroup="host")), "a cgroup": spec(option(cgroup_parent="/docker")),
        "users of the host": spec(option(userns="host")), "a capability": spec(option(cap_add=["SYS_ADMIN"])),
        "no seccomp": spec(option(security_opt=["seccomp=unconfined"])), "a label": spec(option(security_opt=["label=level:s0"])),
        "a device": spec(option(devices=[{"source": "/dev/kmsg", "target": "/dev/kmsg", "permissions": "r"}])),
        "an annotation": spec(option(annotations={"org.systemd.property.DevicePolicy": "'auto'"})), "a runtime": spec(option(runtime="runc")),
        "real time": spec(option(ulimits=[{"name": "rtprio", "soft": 99, "hard": 99}])),
        "logs by the host's network": spec(option(log_driver="syslog", log_options={"syslog-address": "tcp://127.0.0.1:22"})),
        "the host's network": spec({"network_mode": "host", "networks": []}), "the engine's bridge": spec({"network_mode": "bridge", "networks": []}),
        "blue's network namespace": spec({"network_mode": "container:" + PLAN["container"], "networks": []}),
        "blue's processes": spec(option(pid="container:" + PLAN["container"])), "blue's ipc": spec(option(ipc="container:" + PLAN["container"])),
        "blue's volumes from it": spec({"volumes_from": ["container:" + PLAN["container"]]}), "of its service": spec({"volumes_from": [PLAN["container"]]}),
        "blue's volume": spec(**volume(name=PLAN["volume"], external=True)),
        "a folder as a volume": spec(**volume(driver_options={"type": "none", "o": "bind", "device": "/etc"})),
        "one without its slash": spec(**volume(driver_options={"type": "none", "o": "bind", "device": "etc"})),
        "the root as an overlay": spec(**volume(driver_options={"type": "overlay", "o": "lowerdir=/:/srv", "device": "overlay"})),
        "blue's network": spec(networks={"default": {"external": True, "name": PLAN["network"]}}),
        "the addresses of the hosts": spec(networks={"default": {"subnet": "10.99.0.0/24"}}),
        "our labels": spec({"labels": {"io.kontena.instance": PLAN["names"]["instance"]}}),
        "an image by the beginning of its id": spec({"image": PLAN["image"][:4]}), "by its id": spec({"image": "sha256:" + PLAN["image"]}),
        "a hook that is privileged": spec({"post_start": [{"command": ["true"], "privileged": True}]}),
        "blue's file": spec({"files": [{"source": "c", "target": "/c"}]}, configs={"c": {"digest": PLAN["names"]["digest"]}}),
        "blue's secret": spec({"files": [{"secret": True, "source": "s", "target": "/s"}]}, secrets={"s": {"digest": PLAN["secrets"][0]}}),
    }
    for what, body in tries.items():
        status, text = door.ask("PUT", "/v1/grids/default/projects/red/stacks/thief", body=json.dumps(body))
        if status not in (400, 403, 409):
            wrong(f"a deploy with {what}: {status} {text[:300]}")
        said = json.dumps(body)
        for word in PLAN["words"]:
            if word in text and word not in said:
                wrong(f"a deploy with {what} hears {word!r}: {text[:300]}")


def flood(door):
    """As many requests that wait as one user can have: somebody else is served all the while."""
    state = {"refused": 0, "open": 0}
    lock, stop = threading.Lock(), threading.Event()

    def wait():
        mine = Door()
        while not stop.is_set():
            status, _ = mine.ask("GET", "/v1/grids/default/projects/red/instances?after=999999999999", timeout=40)
            with lock:
                state["refused" if status == 429 else "open"] += 1
            if status == 429:
                stop.wait(0.5)

    threads = [threading.Thread(target=wait, daemon=True) for _ in range(320)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    HEADERS_OF_BLUE = {"authorization": "Bearer " + PLAN["other"]}
    took = []
    link = http.client.HTTPSConnection(HOST, context=CONTEXT, timeout=15)
    for _ in range(100):
        begun = time.perf_counter()
        link.request("GET", "/v1/grids/default/projects/blue/stacks", headers=HEADERS_OF_BLUE)
        answer = link.getresponse()
        answer.read()
        took.append(time.perf_counter() - begun)
        if answer.status != 200:
            wrong(f"blue is answered {answer.status}")
    stop.set()
    took.sort()
    print(f"time beside 320 that wait: median {took[50] * 1e3:.1f} ms, latest {took[-1] * 1e3:.0f} ms; refused {state['refused']}", file=sys.stderr)
    if took[95] > 2:
        wrong(f"blue waits {took[95]:.1f} s beside red's flood")
    if state["refused"] == 0:
        wrong("320 requests of one user at once, and none is refused")


dict(absent=absent, slow=slow, stolen=stolen, specs=specs, flood=flood)[MODE](Door())
print("done")
