#!/usr/bin/env python3
"""Clients that do a server no good, all at once and all from this machine.

usage: hostile.py HOST PORT SECONDS [SOURCE]      all from this address (127.0.0.2)

Prints "ready" with how many of each kind stand, and at the end what became of them.
"""
import resource
import socket
import ssl
import sys
import threading
import time

host, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
source = sys.argv[4] if len(sys.argv) > 4 else "127.0.0.2"
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
end = time.monotonic() + 600  # until all that is to be held is
trusting = ssl.create_default_context()
trusting.check_hostname = False
trusting.verify_mode = ssl.CERT_NONE
counts = {}
lock = threading.Lock()


def count(kind, by=1):
    with lock:
        counts[kind] = counts.get(kind, 0) + by


def plain():
    return socket.create_connection((host, port), 10, (source, 0))


def secure():
    return trusting.wrap_socket(plain())


def hold(kind, number, make):
    """Opens `number` connections; each may send one more byte a second."""
    held = []
    for _ in range(number):
        if time.monotonic() > end:
            break
        try:
            held.append(make())
            count(kind)
        except OSError:
            count(kind + " refused")
    ready.release()
    while time.monotonic() < end:
        begun = time.monotonic()
        if kind != "idle":
            for one in list(held):
                try:
                    one.send(b"a")
                except OSError:
                    held.remove(one)
                    count(kind + " ended")
        time.sleep(max(0.0, 1 - (time.monotonic() - begun)))


def with_text(text):
    def make():
        one = secure()
        one.send(text)
        return one
    return make


def half_hello():
    one = plain()
    one.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    return one


def again(kind, act):
    """One after the other, until the end."""
    while time.monotonic() < end:
        try:
            act()
            count(kind)
        except OSError:
            count(kind + " broken off")


def huge_headers():
    with secure() as one:
        for _ in range(64):
            one.sendall(b"x: " + b"y" * 16384 + b"\r\n")
        one.recv(1024)


def byte_by_byte():
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    raw.settimeout(10)
    raw.bind((source, 0))
    raw.connect((host, port))
    with trusting.wrap_socket(raw) as one:
        one.send(b"GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        while time.monotonic() < end and one.recv(1):
            time.sleep(0.05)


def hangs_up():
    """Costs the server a handshake's first half."""
    session = trusting.wrap_socket(plain(), do_handshake_on_connect=False)
    session.setblocking(False)
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    session.close()
    time.sleep(0.002)


def speaks_http():
    with plain() as one:
        one.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        one.recv(1024)


kinds = [
    (hold, "idle", 2000, secure),
    (hold, "slow head", 200, with_text(b"GET /v1/health HTTP/1.1\r\nHost: x\r\nx-a: ")),
    (hold, "slow body", 200, with_text(b"POST /v1/agent/join HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")),
    (hold, "half a handshake", 300, half_hello),
    (again, "huge headers", huge_headers),
    (again, "huge headers", huge_headers),
    (again, "hangs up", hangs_up),
    (again, "plain http", speaks_http),
] + [(again, "byte by byte", byte_by_byte)] * 20
ready = threading.Semaphore(0)
threads = [threading.Thread(target=kind[0], args=kind[1:], daemon=True) for kind in kinds]
holding = [thread for thread, kind in zip(threads, kinds) if kind[0] is hold]
for thread in holding:
    thread.start()
for _ in holding:
    ready.acquire()
end = time.monotonic() + seconds
for thread in threads:
    if thread not in holding:
        thread.start()
with lock:
    print("ready", counts, flush=True)
time.sleep(max(0.0, end - time.monotonic()))
with lock:
    print("end", counts, flush=True)
