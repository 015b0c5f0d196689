#!/usr/bin/env python3
"""What takes lines of logs for a test: Fluentd's forward protocol (with acknowledgements) or OTLP over HTTP.

log_sink.py fluentd|otlp PORT FILE [KEY]: appends "SERVICE TEXT" for each line, and answers once that is written. OTLP with a
file KEY is for who sends what is in it as authorization.
"""

import http.server
import json
import socketserver
import struct
import sys

kind, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
key_file = sys.argv[4] if len(sys.argv) > 4 else None


class Unpacker:
    """MessagePack from a stream that is read on for as long as a value goes on."""

    def __init__(self, more):
        self.more, self.bytes, self.at = more, b"", 0

    def take(self, size):
        while len(self.bytes) - self.at < size:
            got = self.more()
            if not got:
                raise EOFError
            self.bytes, self.at = self.bytes[self.at:] + got, 0
        self.at += size
        return self.bytes[self.at - size:self.at]

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(">" + form)))[0]

    def value(self):
        b = self.number("B")
        if b < 0x80:
            return b
        if b < 0x90:
            return self.map(b & 15)
        if b < 0xA0:
            return self.list(b & 15)
        if b < 0xC0:
            return self.take(b & 31)
        if b >= 0xE0:
            return b - 256
        if b in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[b]
        if b in (0xC4, 0xC5, 0xC6):
            return self.take(self.number("BHI"[b - 0xC4]))
        if b in (0xCC, 0xCD, 0xCE, 0xCF):
            return self.number("BHIQ"[b - 0xCC])
        if b in (0xD0, 0xD1, 0xD2, 0xD3):
            return self.number("bhiq"[b - 0xD0])
        if b in (0xD9, 0xDA, 0xDB):
            return self.take(self.number("BHI"[b - 0xD9]))
        if b in (0xDC, 0xDD):
            return self.list(self.number("HI"[b - 0xDC]))
        if b in (0xDE, 0xDF):
            return self.map(self.number("HI"[b - 0xDE]))
        if b in (0xD4, 0xD5, 0xD6, 0xD7, 0xD8):
            return self.take(1 + (1 << (b - 0xD4)))
        if b in (0xC7, 0xC8, 0xC9):
            return self.take(1 + self.number("BHI"[b - 0xC7]))
        raise ValueError("byte %02x" % b)

    def list(self, size):
        return [self.value() for _ in range(size)]

    def map(self, size):
        return {self.value(): self.value() for _ in range(size)}


def write(lines):
    with open(path, "ab") as out:
        out.write(b"".join(service + b" " + text + b"\n" for service, text in lines))


class Fluentd(socketserver.BaseRequestHandler):
    def handle(self):
        stream = Unpacker(lambda: self.request.recv(1 << 16))
        while True:
            try:
                _tag, entries, options = stream.value()
            except (EOFError, ConnectionError):
                return
            rest, lines = [entries], []
            inner = Unpacker(lambda: rest.pop() if rest else b"")
            for _ in range(options[b"size"]):
                _time, record = inner.value()
                lines.append((record[b"service"], record.get(b"log", record.get(b"message"))))
            write(lines)
            chunk = options[b"chunk"]
            self.request.sendall(b"\x81\xa3ack\xd9" + bytes([len(chunk)]) + chunk)


class Otlp(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if key_file and self.headers["authorization"] != open(key_file).read().strip():
            self.send_response(401)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        lines = []
        for resource in body["resourceLogs"]:
            of = {a["key"]: a["value"].get("stringValue", "") for a in resource["resource"]["attributes"]}
            for scope in resource["scopeLogs"]:
                for record in scope["logRecords"]:
                    lines.append((of["service.name"].encode(), record["body"]["stringValue"].encode()))
        write(lines)
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


socketserver.ThreadingTCPServer.allow_reuse_address = True
server = (socketserver.ThreadingTCPServer(("0.0.0.0", port), Fluentd) if kind == "fluentd"
          else http.server.ThreadingHTTPServer(("0.0.0.0", port), Otlp))
server.daemon_threads = True
server.serve_forever()
