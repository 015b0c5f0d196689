"""Holds what passes between a host and the switch for MS each way, losing LOSS percent.

For kernels without netem: copies frames between the host's cable and a tap
device on the bridge.  Arguments: CABLE TAP MS LOSS.
"""
import collections, fcntl, os, random, select, socket, struct, sys, time

cable, tap_name, ms, loss = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
HOLD, MOST, SIZE = ms / 1000.0, 20000, 1 << 17

# Both sides carry the kernel's 10-byte header on checksums and segmentation,
# so that frames whose checksum is still to be filled in pass unharmed.
tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(tap, 0x400454CA, struct.pack("16sH22x", tap_name.encode(), 0x0002 | 0x1000 | 0x4000))
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.setsockopt(263, 15, 1)                      # PACKET_VNET_HDR
wire.setsockopt(263, 23, 1)                      # PACKET_IGNORE_OUTGOING
wire.setsockopt(socket.SOL_SOCKET, 33, 64 << 20) # SO_RCVBUFFORCE
wire.bind((cable, 3))
index = socket.if_nametoindex(cable)
wire.setsockopt(263, 1, struct.pack("iHH8s", index, 1, 0, b""))  # promiscuous
wire.setblocking(False)
w = wire.fileno()

queues = {w: (collections.deque(), tap), tap: (collections.deque(), w)}
print("ready", flush=True)
while True:
    now = time.monotonic()
    wait = 60.0
    for queue, out in queues.values():
        while queue and queue[0][0] <= now:
            try:
                os.write(out, queue.popleft()[1])
            except OSError as e:
                if e.errno in (19, 6):           # the cable is gone
                    sys.exit(0)
        if queue:
            wait = min(wait, queue[0][0] - now)
    ready, _, _ = select.select([w, tap], [], [], wait)
    for fd in ready:
        queue = queues[fd][0]
        for _ in range(256):
            try:
                frame = os.read(fd, SIZE)
            except BlockingIOError:
                break
            except OSError as e:
                if e.errno in (19, 6, 77):
                    sys.exit(0)
                if e.errno == 100:               # the link is down
                    time.sleep(0.01)
                    break
                raise
            if len(queue) < MOST and random.random() * 100.0 >= loss:
                queue.append((time.monotonic() + HOLD, frame))
