"""A member of networks, and what it finds out about others. Runs in containers of the image python.

member.py serve [PEER...]   answers on port 7000, TCP and UDP, with its host name and who asks; before
                            that, as its first act, it looks each PEER up and sends it one datagram,
                            and prints what came of it: "first PEER ADDRESS NAME"
member.py ask PEER...       asks each, by TCP and by UDP; prints "PEER ADDRESS NAME"
member.py check             reads JSON: {"talk": {PEER: [NAME...]}, "silent": [ADDRESS...], "unknown": [PEER...]}
                            and prints what is otherwise: each PEER has exactly these names behind it, no
                            ADDRESS answers to anything, and nobody knows an unknown PEER

A PEER is a name or an address.
"""
import ast, os, signal, socket, struct, sys, threading

PORT = 7000
PATIENCE = 3.0  # for an answer that is to come
SILENCE = 1.5   # for one that is not


def say(text):
    print(text, flush=True)


def addresses(peer):
    found = socket.getaddrinfo(peer, PORT, socket.AF_INET, socket.SOCK_STREAM)
    return sorted({entry[4][0] for entry in found})


def by_tcp(address, patience=PATIENCE):
    with socket.create_connection((address, PORT), patience) as s:
        s.settimeout(patience)
        return s.recv(300).decode().strip()


def by_udp(address, patience=PATIENCE):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(patience)
        s.sendto(b"who", (address, PORT))
        return s.recv(300).decode().strip()


def by_echo(address, patience=PATIENCE):
    """One ICMP echo; True when it was answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as s:
        s.settimeout(patience)
        s.connect((address, 0))
        mine = os.urandom(8)
        body = struct.pack("!BBHHH", 8, 0, 0, os.getpid() & 0xFFFF, 1) + mine
        total = sum(struct.unpack("!8H", body))
        total = (total >> 16) + (total & 0xFFFF)
        total += total >> 16
        s.send(body[:2] + struct.pack("!H", ~total & 0xFFFF) + body[4:])
        while True:
            packet = s.recv(300)
            if packet[20] == 0 and packet.endswith(mine):
                return True


def serve(peers):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    for peer in peers:
        try:
            for address in addresses(peer):
                say(f"first {peer} {address} {by_udp(address).split()[0]}")
        except OSError as error:
            say(f"first {peer} failed: {error}")
    name = socket.gethostname()
    tcp = socket.create_server(("0.0.0.0", PORT), backlog=100)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("0.0.0.0", PORT))
    say("serving")

    def datagrams():
        while True:
            _, who = udp.recvfrom(300)
            try:
                udp.sendto(f"{name} {who[0]}\n".encode(), who)
            except OSError:
                pass  # the asker is gone

    threading.Thread(target=datagrams, daemon=True).start()
    while True:
        stream, who = tcp.accept()
        with stream:
            try:
                stream.sendall(f"{name} {who[0]}\n".encode())
            except OSError:
                pass


def ask(peers):
    for peer in peers:
        for address in addresses(peer):
            names = {by_tcp(address).split()[0], by_udp(address).split()[0]}
            say(f"{peer} {address} {' '.join(sorted(names))}")


def check():
    wanted = ast.literal_eval(sys.stdin.read())
    wrong = []

    def talks(peer, names):
        found = set()
        try:
            for address in addresses(peer):
                for way in (by_tcp, by_udp):
                    try:
                        found.add(way(address).split()[0])
                    except OSError as error:
                        wrong.append(f"{peer} at {address} does not answer {way.__name__}: {error}")
        except OSError as error:
            wrong.append(f"{peer} is not found: {error}")
            return
        if found != set(names):
            wrong.append(f"{peer}: {sorted(found)} answer, not {sorted(names)}")

    def silent(address, way):
        try:
            way(address, SILENCE)
            wrong.append(f"{address} answers {way.__name__}")
        except ConnectionRefusedError:
            wrong.append(f"{address} refuses {way.__name__}")
        except OSError:
            pass

    def unknown(peer):
        try:
            wrong.append(f"{peer} is known: {addresses(peer)}")
        except OSError:
            pass

    work = [(talks, item) for item in wanted.get("talk", {}).items()]
    work += [(silent, (address, way)) for address in wanted.get("silent", []) for way in (by_tcp, by_udp, by_echo)]
    work += [(unknown, (peer,)) for peer in wanted.get("unknown", [])]
    threads = [threading.Thread(target=what, args=arguments) for what, arguments in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for line in sorted(wrong):
        say(line)
    return len(wrong) > 0


if __name__ == "__main__":
    what, rest = sys.argv[1], sys.argv[2:]
    sys.exit({"serve": serve, "ask": ask, "check": lambda _: check()}[what](rest))
