#!/usr/bin/env python3
"""A webhook's other end: takes notices over TLS, checks their signatures, and writes each as a line of JSON.

usage: hook.py FOLDER PORT   FOLDER has cert.pem, key.pem and, once it is known, `signing`: the webhook's key.
                             It answers with the status in FOLDER/status (200), and appends to FOLDER/got.
"""
import hashlib
import hmac
import http.server
import json
import pathlib
import ssl
import sys

folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        parts = dict(part.split("=", 1) for part in self.headers["kontena-signature"].split(","))
        key = (folder / "signing").read_text().strip().encode()
        wanted = hmac.new(key, parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        status = int((folder / "status").read_text()) if (folder / "status").exists() else 200
        with open(folder / "got", "a") as out:
            line = {"path": self.path, "signed": hmac.compare_digest(wanted, parts["v1"]), "status": status, "notice": json.loads(body)}
            out.write(json.dumps(line) + "\n")
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("", port), Hook)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
