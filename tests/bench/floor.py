"""The floor: starts N containers through the engines' own API, and nothing else.

Arguments: SOCKET,SOCKET,... N PARALLEL NETWORK IMAGE COMMAND...
Spreads them over the engines, PARALLEL at once on each, on connections that are
kept open; prints the milliseconds from the first request to the last answer.
No scheduler can start containers faster than its engines do here.
"""
import http.client
import json
import queue
import socket
import sys
import threading
import time

SOCKETS, COUNT, PARALLEL = sys.argv[1].split(","), int(sys.argv[2]), int(sys.argv[3])
BODY = json.dumps({"Image": sys.argv[5], "Cmd": sys.argv[6:], "HostConfig": {"NetworkMode": sys.argv[4]}})


class EngineConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("engine")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(120)
        self.sock.connect(self.path)


def post(connection, path, body=None):
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def start_all(path, numbers, errors):
    connection = EngineConnection(path)
    while True:
        try:
            number = numbers.get_nowait()
        except queue.Empty:
            return
        status, answer = post(connection, f"/v1.41/containers/create?name=floor{number}", BODY)
        if status == 201:
            status, answer = post(connection, f"/v1.41/containers/{json.loads(answer)['Id']}/start")
        if status not in (201, 204):
            errors.append(answer)


def main():
    errors = []
    work = [queue.Queue() for _ in SOCKETS]
    for number in range(COUNT):
        work[number % len(SOCKETS)].put(number)
    threads = [threading.Thread(target=start_all, args=(path, numbers, errors))
               for path, numbers in zip(SOCKETS, work) for _ in range(PARALLEL)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(int((time.monotonic() - begun) * 1000))
    if errors:
        sys.exit(f"{len(errors)} of {COUNT} did not start; the first: {errors[0]}")


main()
