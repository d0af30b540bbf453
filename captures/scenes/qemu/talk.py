"""Send some bytes to each place: `talk.py tcp|udp|icmp/ADDRESS/PORT/BYTES...`. Whether one answers does not matter."""

import socket
import sys
from contextlib import suppress

ECHO = bytes.fromhex("0800 f7fe 0000 0001")  # an ICMP request; its checksum holds for zeros behind it
for place in sys.argv[1:]:
    protocol, address, port, count = place.split("/")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM, "icmp": socket.SOCK_RAW}[protocol]
    with socket.socket(family, kind, socket.IPPROTO_ICMP if protocol == "icmp" else 0) as talker, suppress(OSError):
        talker.settimeout(0.3)
        talker.connect((address, int(port)))
        talker.sendall(ECHO + bytes(int(count)) if protocol == "icmp" else b"x" * int(count))
        talker.recv(100)
