#!/usr/bin/python3
"""Looks for planted secrets, in whatever form.

usage: planted.py search PLANTS PATH...      files, and all below folders
       planted.py memory PLANTS PID          what a core dump of the process would hold
       planted.py watch PLANTS EXE           arguments and environments of processes of the program, until it is ended

PLANTS has a line for each: NAME, a tab, VALUE.  A line is printed for each finding: NAME, FORM, WHERE.
"""
import base64
import binascii
import json
import os
import signal
import sys
import time
import urllib.parse

PIECE = 4 << 20


def forms(value):
    raw = value.encode()
    found = {"raw": raw, "hex": binascii.hexlify(raw), "HEX": binascii.hexlify(raw).upper(),
             "url": urllib.parse.quote(value, safe="").encode(), "json": json.dumps(value)[1:-1].encode(),
             # As Go has it, and who escapes the slash.
             "gojson": json.dumps(value)[1:-1].replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").encode(),
             "slashed": json.dumps(value)[1:-1].replace("/", "\\/").encode(),
             "utf-16": value.encode("utf-16-le")}
    for before in range(3):
        # What stands before it shifts it by so many bytes; the ends depend on what is around.
        text = base64.b64encode(b"\0" * before + raw)
        inner = text[(0, 2, 3)[before]:len(text) - 4]
        found[f"base64+{before}"] = inner
        found[f"base64url+{before}"] = inner.replace(b"+", b"-").replace(b"/", b"_")
    return {form: text for form, text in found.items() if len(text) >= 12}


def plants(path):
    wanted = []
    for line in open(path):
        name, value = line.rstrip("\n").split("\t", 1)
        if len(value) < 16:
            sys.exit(f"planted.py: {name} is too short to be told from chance")
        seen = set()
        for form, text in forms(value).items():
            if text not in seen:
                wanted.append((name, form, text))
            seen.add(text)
    return wanted


def look(data, wanted, where, told):
    for name, form, text in wanted:
        if (name, form, where) not in told and text in data:
            told.add((name, form, where))
            print(f"{name} {form} {where}", flush=True)


def search_file(path, wanted, told):
    overlap = max(len(text) for _, _, text in wanted)
    try:
        with open(path, "rb") as file:
            rest = b""
            while True:
                piece = file.read(PIECE)
                if not piece:
                    return
                look(rest + piece, wanted, path, told)
                rest = piece[-overlap:]
    except OSError:
        pass  # gone meanwhile


def search(wanted, paths):
    told, files = set(), 0
    for path in paths:
        if os.path.isfile(path):
            search_file(path, wanted, told)
            files += 1
        for folder, _, names in os.walk(path):
            for name in names:
                full = os.path.join(folder, name)
                if os.path.isfile(full) and not os.path.islink(full):
                    search_file(full, wanted, told)
                    files += 1
                look(name.encode("utf-8", "surrogateescape"), wanted, full + " (its name)", told)
    print(f"{files} files", file=sys.stderr)


def memory(wanted, pid):
    told = set()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            begin, end = (int(x, 16) for x in span.split("-"))
            try:
                mem.seek(begin)
                look(mem.read(end - begin), wanted, "memory", told)
            except (OSError, ValueError):
                pass


def watch(wanted, exe):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    told, mine = set(), os.getpid()
    print("watching", file=sys.stderr, flush=True)
    while True:
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if int(pid) == mine or os.readlink(f"/proc/{pid}/exe") != exe:
                    continue
                for what in ("cmdline", "environ"):
                    with open(f"/proc/{pid}/{what}", "rb") as file:
                        data = file.read()
                    role = open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0")[1:3]
                    look(data, wanted, f"{what} of {b' '.join(role).decode(errors='replace')}", told)
            except OSError:
                continue
        time.sleep(0.02)


def main():
    mode, file, *rest = sys.argv[1:]
    wanted = plants(file)
    if mode == "search":
        search(wanted, rest)
    elif mode == "memory":
        memory(wanted, rest[0])
    elif mode == "watch":
        watch(wanted, rest[0])
    else:
        sys.exit(__doc__)


main()
