"""Packets in queues and logs, fingerprints and hooks: what programs of netfilter's smaller subsystems say.

Layouts from linux/netfilter/nfnetlink*.h. Needs `lo` up and the rules of packets.sh, which give it what it sends to
itself. Prints what the kernel refuses.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NETLINK_NETFILTER, SOL_NETLINK, NETLINK_EXT_ACK = 12, 270, 11
REQUEST, MULTI, ACK, DUMP, CREATE, EXCL = 0x001, 0x002, 0x004, 0x300, 0x400, 0x200
ERROR, DONE = 2, 3
QUEUE, LOG, OSF, HOOK = 3, 4, 5, 12  # subsystems
PACKET, VERDICT, CONFIG, BATCH = range(4)  # of a queue
DROP, ACCEPT, STOLEN, NEXT_QUEUE, REPEAT = range(5)
INET, IPV4, ARP, NETDEV, BRIDGE, IPV6 = 1, 2, 3, 5, 7, 10


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute with its padding."""
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def word(kind: int, value: int) -> bytes:
    """One attribute of a number in network order."""
    return attribute(kind, struct.pack(">I", value))


class Socket:
    """A netlink socket that asks and is told."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.socket.bind((0, 0))
        self.socket.settimeout(3)
        self.seq = 0
        self.waiting: list[tuple[int, int, bytes]] = []  # packets that came before an answer

    def say(self, kind: int, body: bytes, *, flags: int = ACK, family: int = 0, number: int = 0) -> None:
        """Send one request; `number` is that of a queue or group."""
        self.seq += 1
        head = struct.pack("=IHHII", 20 + len(body), kind, REQUEST | flags, self.seq, 0)
        self.socket.send(head + struct.pack(">BBH", family, 0, number) + body)

    def ask(self, name: str, kind: int, body: bytes, *, flags: int = 0, family: int = 0, number: int = 0) -> int:
        """Send one request, wait for the answer, and print what came of it; 0 is success."""
        self.say(kind, body, flags=ACK | flags, family=family, number=number)
        while True:
            for found, seq, payload in self.hear():
                if found == ERROR and seq == self.seq:
                    code = -struct.unpack_from("=i", payload)[0]
                    if code:
                        print(f"{name}: {os.strerror(code)}")
                    return int(code)
                self.waiting.append((found, seq, payload))

    def hear(self) -> Iterator[tuple[int, int, bytes]]:
        """Type, sequence number and body of each message of one datagram."""
        data = self.socket.recv(1 << 18)
        while len(data) >= 16:
            length, kind, _, seq, _ = struct.unpack_from("=IHHII", data)
            yield kind, seq, data[16:length]
            data = data[length + 3 & ~3 :]

    def packets(self, count: int) -> list[tuple[int, bytes]]:
        """Id and payload of so many packets of a queue."""
        found = []
        while len(found) < count:
            while not self.waiting:
                self.waiting += self.hear()
            kind, _, body = self.waiting.pop(0)
            if kind == QUEUE << 8 | PACKET:
                parts = dict(attributes(body[4:]))
                found.append((struct.unpack_from(">I", parts[1])[0], parts.get(10, b"")))
        return found


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Types and payloads."""
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3FFF, data[4:length]
        data = data[length + 3 & ~3 :]


def talk(port: int, text: bytes = b"hello") -> None:
    """Send something to ourselves."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(text, ("127.0.0.1", port))


def queue_command(command: int, family: int = 0) -> bytes:
    """NFQA_CFG_CMD."""
    return attribute(1, struct.pack(">BBH", command, 0, family))


def verdict(packet: int, what: int) -> bytes:
    """NFQA_VERDICT_HDR."""
    return attribute(2, struct.pack(">II", what, packet))


def queues() -> None:
    """Take queues, pass verdicts of each kind, and do what is refused."""
    first, second = Socket(), Socket()
    config, judge, batch = (QUEUE << 8 | kind for kind in (CONFIG, VERDICT, BATCH))
    first.ask("pf-bind", config, queue_command(3, IPV4))
    first.ask("a queue that nobody has", config, attribute(2, struct.pack(">IB", 0, 2)), number=1)
    first.ask("bind", config, queue_command(1), number=1)
    first.ask("bind again", config, queue_command(1), number=1)
    second.ask("another's queue", config, queue_command(1), number=1)
    second.ask("bind", config, queue_command(1) + attribute(2, struct.pack(">IB", 40, 2)), number=2)
    first.ask("copy", config, attribute(2, struct.pack(">IB", 0xFFFF, 2)), number=1)
    first.ask("length", config, word(3, 200), number=1)
    if first.ask("flags", config, word(5, 0x0B) + word(4, 0x0F), number=1):  # not every kernel tells the connection
        first.ask("flags", config, word(5, 0x09) + word(4, 0x0D), number=1)
    first.ask("flags that no kernel knows", config, word(5, 0x100) + word(4, 0x100), number=1)
    for port in (1001, 1001, 1002, 1001, 1001, 1001):
        talk(port)
    packets = first.packets(6)
    one, two, three, four, _, six = (packet for packet, _ in packets)
    first.say(judge, verdict(one, ACCEPT) + word(3, 99), flags=0, number=1)
    changed = bytearray(packets[1][1])
    changed[-5:] = b"HELLO"
    changed[26:28] = bytes(2)  # UDP without a checksum
    first.say(judge, verdict(two, ACCEPT) + attribute(10, bytes(changed)), flags=0, number=1)
    first.say(judge, verdict(three, 2 << 16 | 0x8000 | NEXT_QUEUE), flags=0, number=1)
    first.ask("twice", judge, verdict(one, DROP), number=1)
    first.ask("another's packet", judge, verdict(four, STOLEN), number=1)
    second.ask("another's queue", judge, verdict(four, DROP), number=1)
    first.ask("nobody's queue", judge, verdict(four, DROP), number=9)
    first.say(judge, verdict(four, REPEAT), flags=0, number=1)
    (again, _), *_ = first.packets(1)
    first.ask("batch", batch, verdict(six, DROP) + word(3, 5), number=1)
    first.ask("batch of nothing", batch, verdict(six, DROP), number=1)
    first.ask("the repeated one", judge, verdict(again, ACCEPT) + word(21, 6), number=1)
    ((passed, _),) = second.packets(1)
    second.say(judge, verdict(passed, ACCEPT), flags=0, number=2)
    talk(1006)
    ((came, _),) = first.packets(1)
    first.say(judge, verdict(came, ACCEPT), flags=0, number=1)
    connection(second)
    first.ask("leave", config, queue_command(2), number=1)
    first.ask("leave again", config, queue_command(2), number=1)


def connection(owner: Socket) -> None:
    """A TCP connection of which the first packet is queued, with its owner and its connection, and gets labels."""
    config = QUEUE << 8 | CONFIG
    owner.ask("bind", config, queue_command(1) + attribute(2, struct.pack(">IB", 0, 2)), number=3)
    if owner.ask("flags", config, word(5, 0x0E) + word(4, 0x0E), number=3):
        owner.ask("flags", config, word(5, 0x0C) + word(4, 0x0C), number=3)
    with socket.socket() as listener, socket.socket() as speaker:
        listener.bind(("127.0.0.1", 1005))
        listener.listen()
        speaker.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            speaker.connect(("127.0.0.1", 1005))
        ((packet, _),) = owner.packets(1)
        mark = attribute(0x8000 | 11, word(8, 0x77))  # NFQA_CT holds CTA_MARK
        owner.say(QUEUE << 8 | VERDICT, verdict(packet, ACCEPT) + mark, flags=0, number=3)
        listener.settimeout(3)
        listener.accept()[0].close()


def logs() -> None:
    """Take a group of the log, and read it."""
    reader, other = Socket(), Socket()
    config = LOG << 8 | 1
    reader.ask("pf-unbind", config, attribute(1, b"\x04"), family=IPV4)
    reader.ask("pf-bind", config, attribute(1, b"\x03"), family=IPV4)
    reader.ask("a group that nobody has", config, word(4, 100), number=5)
    reader.ask("bind", config, attribute(1, b"\x01"), number=5)
    reader.ask("bind again", config, attribute(1, b"\x01"), number=5)
    other.ask("another's group", config, attribute(1, b"\x02"), number=5)
    reader.ask("copy", config, attribute(2, struct.pack(">IBB", 0xFFFF, 2, 0)), number=5)
    sizes = word(3, 65536) + word(4, 20) + word(5, 3)
    if reader.ask("sizes and flags", config, sizes + attribute(6, b"\0\x07"), number=5):
        reader.ask("sizes and flags", config, sizes + attribute(6, b"\0\x03"), number=5)
    for port in (1003, 1004, 1003, 1007):
        talk(port)
    left = 5 if len(list(reader.hear())) < 6 else 0  # the threshold is reached before the last one
    with contextlib.suppress(TimeoutError):
        while left > 0:
            left -= len(list(reader.hear()))
    reader.ask("leave", config, attribute(1, b"\x02"), number=5)


def fingerprints() -> None:
    """Teach the kernel what Linux looks like, twice, and what nothing looks like."""
    teacher = Socket()
    order = ((2, 4, 0, 0), (4, 2, 0, 0), (8, 10, 0, 0), (1, 1, 0, 0))  # kind, length, and what its value is
    options = b"".join(struct.pack("=HHII", *option) for option in order)
    head = struct.pack("=IIBBHHH32s32s32s", 1, 20, 64, 1, 60, 0, 4, b"Linux", b"3.x", b"")
    finger = attribute(1, head + options + bytes(480 - len(options)))
    teacher.ask("finger", OSF << 8, finger, flags=CREATE)
    teacher.ask("the same again", OSF << 8, finger, flags=CREATE | EXCL)
    teacher.ask("forget", OSF << 8 | 1, finger)
    teacher.ask("forget again", OSF << 8 | 1, finger)


def hooks() -> None:
    """List the functions of hooks."""
    asker = Socket()
    for family, number, device in (
        (IPV4, 3, b""),
        (IPV4, 1, b""),
        (IPV6, 3, b""),
        (ARP, 0, b""),
        (BRIDGE, 5, b""),
        (NETDEV, 0, b"lo\0"),
        (NETDEV, 0, b"none\0"),
        (INET, 3, b""),
    ):
        asker.say(HOOK << 8, word(1, number) + (attribute(3, device) if device else b""), flags=DUMP, family=family)
        while all(kind not in {DONE, ERROR} for kind, _, _ in asker.hear()):
            pass


def main() -> None:
    """Speak."""
    queues()
    logs()
    for part in (fingerprints, hooks):
        try:
            part()
        except OSError as error:
            print(part.__name__, error)


if __name__ == "__main__":
    main()
