"""Whether all containers of the lab talk that should, and no others. What is so is taken from the engines.

pairs.py STACK.SERVICE=COUNT... -- SOCKET...   one SOCKET an engine; prints what is otherwise, a line each
"""
import json, subprocess, sys
from concurrent.futures import ThreadPoolExecutor


def docker(socket, *arguments, stdin=None):
    return subprocess.run(("docker", "-H", "unix://" + socket) + arguments, input=stdin, capture_output=True, text=True, timeout=60)


def members(socket):
    ids = docker(socket, "ps", "-q", "--no-trunc", "--filter", "label=io.kontena.instance").stdout.split()
    if not ids:
        return []
    found = []
    for one in json.loads(docker(socket, "inspect", *ids).stdout or "[]"):
        stack, slot = one["Name"].lstrip("/").split(".", 1)
        found.append({"socket": socket, "name": f"{stack}.{slot}", "service": f"{slot.rsplit('-', 1)[0]}.{stack}", "stack": stack,
                      "slot": slot, "host": one["Config"]["Hostname"],
                      "on": {net: at["IPAddress"] for net, at in one["NetworkSettings"]["Networks"].items() if at["IPAddress"]}})
    return found


def plan_of(me, everyone):
    talk, silent, unknown = {}, [], set()

    def expect(name, host):
        talk.setdefault(name, [])
        if host not in talk[name]:
            talk[name].append(host)

    for other in everyone:
        shared = me["on"].keys() & other["on"].keys()
        for net, address in other["on"].items():
            if net in shared:
                expect(address, other["host"])
            else:
                silent.append(address)
        if not shared:
            unknown.add(other["service"])
            unknown.add(other["name"].split(".")[1] + "." + other["stack"])
            continue
        expect(other["service"], other["host"])
        expect(f"{other['slot']}.{other['stack']}", other["host"])
        if other["stack"] == me["stack"]:
            expect(other["slot"].rsplit("-", 1)[0], other["host"])
    return {"talk": talk, "silent": silent, "unknown": sorted(unknown - talk.keys())}


def check(me, everyone):
    done = docker(me["socket"], "exec", "-i", me["name"], "python3", "-S", "/member.py", "check", stdin=repr(plan_of(me, everyone)))
    lines = done.stdout.splitlines() + done.stderr.splitlines()[-1:]
    if done.returncode and not lines:
        lines = [f"the check ended with {done.returncode}"]
    return [f"{me['name']} on {me['socket'].split('/')[-2]}: {line}" for line in lines]


def main():
    at = sys.argv.index("--")
    counts = {name: int(count) for name, count in (one.split("=") for one in sys.argv[1:at])}
    with ThreadPoolExecutor(20) as pool:
        everyone = [one for some in pool.map(members, sys.argv[at + 1:]) for one in some]
        wrong = []
        there = {}
        for one in everyone:
            service = f"{one['stack']}.{one['slot'].rsplit('-', 1)[0]}"
            there[service] = there.get(service, 0) + 1
        for name in counts.keys() | there.keys():
            if counts.get(name, 0) != there.get(name, 0):
                wrong.append(f"{there.get(name, 0)} of {name} run, not {counts.get(name, 0)}")
        if not wrong:
            for lines in pool.map(lambda one: check(one, everyone), everyone):
                wrong += lines
    print("\n".join(wrong) if wrong else f"{len(everyone)} containers")
    return len(wrong) > 0


sys.exit(main())
