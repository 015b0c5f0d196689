"""Flows between two containers. Runs in containers of the image python.

flow.py serve         answers datagrams and bytes on port 7100 as they come
flow.py watch PEER    sends a datagram and a line by one connection every 20 ms until its input ends; prints
                      "udp LONGEST LOST" and "tcp LONGEST STATE": the longest time without an answer in ms,
                      how many datagrams stayed without one, and "whole" where the connection lived to the end
flow.py size PEER     prints how long a packet to PEER may be, as the network says it
flow.py bulk PEER     sends 4 MB by one connection and reads them back; prints "whole" and the seconds
"""
import errno, os, select, signal, socket, sys, threading, time

PORT = 7100
PERIOD = 0.02


def serve():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("", PORT))
    tcp = socket.create_server(("", PORT), backlog=64)

    def datagrams():
        while True:
            data, who = udp.recvfrom(65536)
            try:
                udp.sendto(data, who)
            except OSError:
                pass  # it was too long for the way back

    def answer(s):
        with s:
            try:
                while data := s.recv(65536):
                    s.sendall(data)
            except OSError:
                pass

    threading.Thread(target=datagrams, daemon=True).start()
    while True:
        threading.Thread(target=answer, args=(tcp.accept()[0],), daemon=True).start()


def watch(peer):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.connect((peer, PORT))
    tcp = socket.create_connection((peer, PORT), 5)
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    tcp.setblocking(False)
    begun = time.monotonic()
    heard = {udp: begun, tcp: begun}
    longest = {udp: 0.0, tcp: 0.0}
    sent = answered = 0
    state, behind = "whole", b""
    due = begun
    print("begun", flush=True)
    last = None
    while last is None or time.monotonic() < last:
        now = time.monotonic()
        if now >= due:
            due += PERIOD
            try:
                udp.send(b"%d" % sent)
            except OSError:
                pass
            sent += 1
            behind += b"%d\n" % sent
            try:
                behind = behind[tcp.send(behind):]
            except BlockingIOError:
                pass
            except OSError as e:
                state = errno.errorcode.get(e.errno, str(e))
                break
        reading = [udp, tcp] + ([sys.stdin] if last is None else [])
        for s in select.select(reading, [], [], max(0, due - time.monotonic()))[0]:
            if s is sys.stdin:
                if not os.read(0, 4096):
                    last = time.monotonic() + 3
                continue
            try:
                data = s.recv(65536)
            except OSError as e:
                data = b""
                if s is tcp:
                    state = errno.errorcode.get(e.errno, str(e))
            if s is tcp and not data:
                state = "ended" if state == "whole" else state
                last = 0
                break
            if data:
                answered += s is udp
                now = time.monotonic()
                longest[s] = max(longest[s], now - heard[s])
                heard[s] = now
    end = time.monotonic()
    for s in longest:
        longest[s] = max(longest[s], end - heard[s])
    print("udp %d %d" % (longest[udp] * 1000, sent - answered))
    print("tcp %d %s" % (longest[tcp] * 1000, state))


def size(peer):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER: never in pieces
        s.connect((peer, PORT))
        s.settimeout(0.5)
        for _ in range(20):
            mtu = s.getsockopt(socket.IPPROTO_IP, 14)  # IP_MTU
            try:
                s.send(b"x" * (mtu - 28))
                if len(s.recv(65536)) == mtu - 28:
                    return print(mtu)
            except OSError:
                pass  # it is to be shorter, which we know by now; or it was lost
    print("no answer")


def bulk(peer):
    block, count = bytes(range(256)) * 256, 64
    begun = time.monotonic()
    with socket.create_connection((peer, PORT), 5) as s:
        s.settimeout(20)

        def send():
            for _ in range(count):
                s.sendall(block)
            s.shutdown(socket.SHUT_WR)

        threading.Thread(target=send, daemon=True).start()
        got = 0
        while data := s.recv(65536):
            got += len(data)
    print("whole" if got == len(block) * count else "%d bytes" % got, "%.1f s" % (time.monotonic() - begun))


{"serve": serve, "watch": watch, "size": size, "bulk": bulk}[sys.argv[1]](*sys.argv[2:])
