"""What names are answered, and how soon that changes.

names_watch.py watch NAME...   in a container: asks its resolver for each name every few milliseconds, and
                               prints "TIME NAME ADDRESS,ADDRESS" whenever the answer is another one
names_watch.py delays EVENTS WATCHED...
                               reads what happened ("TIME WORDS NAME ADDRESS yes|no": from then on the address is,
                               or is not, the name's) and what was watched on each host; prints the delays on
                               each host, then the least, the median and the most, in ms

TIME is in seconds since 1970; all hosts have one clock.
"""
import socket, struct, sys, time

TYPE_A = 1
PAUSE = 0.004


def question(name, number):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", TYPE_A, 1)


def answered(packet, asked):
    count = struct.unpack("!H", packet[6:8])[0]
    at, found = len(asked), []
    for _ in range(count):
        at += 2  # the name, by a pointer
        kind, _, _, size = struct.unpack("!2HIH", packet[at:at + 10])
        if kind == TYPE_A:
            found.append(socket.inet_ntoa(packet[at + 10:at + 10 + size]))
        at += 10 + size
    return ",".join(sorted(found))


def watch(names):
    with open("/etc/resolv.conf") as file:
        server = next(line.split()[1] for line in file if line.startswith("nameserver"))
    before, number = {}, 0
    while True:
        for name in names:
            number = (number + 1) & 0xFFFF
            asked = question(name, number)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(0.5)
                s.connect((server, 53))
                try:
                    s.send(asked)
                    now = answered(s.recv(4096), asked)
                except OSError:
                    now = "nothing"
            if now != before.get(name):
                before[name] = now
                print("%.6f %s %s" % (time.time(), name, now or "-"), flush=True)
        time.sleep(PAUSE)


def changes(lines, name):
    for line in lines:
        at, which, addresses = line.split()
        if which == name and addresses != "nothing":
            yield float(at), addresses.split(",")


def delay(lines, at, name, address, there):
    """From `at` until it is as it is to be: 0 where it was so already."""
    was = False
    for when, addresses in changes(lines, name):
        if when > at:
            break
        was = address in addresses
    if was == there:
        return 0.0
    for when, addresses in changes(lines, name):
        if when > at and (address in addresses) == there:
            return when - at
    return None


def delays(events, watched):
    hosts = []
    for path in watched:
        with open(path) as file:
            hosts.append([line for line in file if len(line.split()) == 3])
    every, late = [], 0
    with open(events) as file:
        for line in file:
            at, words, name, address, there = line.split()
            took = [delay(lines, float(at), name, address, there == "yes") for lines in hosts]
            print("%-12s %s" % (words, " ".join("never" if t is None else "%5.0f" % (t * 1000) for t in took)))
            late += sum(t is None for t in took)
            every += [t for t in took if t is not None]
    every.sort()
    print("changes=%d hosts=%d never=%d min=%.0f median=%.0f p90=%.0f max=%.0f" % (
        len(every) // max(1, len(hosts)), len(hosts), late, every[0] * 1000, every[len(every) // 2] * 1000,
        every[len(every) * 9 // 10] * 1000, every[-1] * 1000))


if sys.argv[1] == "watch":
    watch(sys.argv[2:])
else:
    delays(sys.argv[2], sys.argv[3:])
