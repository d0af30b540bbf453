"""Capture files made by hand for tests, apart from the writer that is under test."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order

COOKED = bytes.fromhex("0004 0338 0000 0000000000000000 0000")
ETHERNET = bytes.fromhex("ffffffffffff 020000000001 0806") + bytes(28)

PCAP_MAGIC = {1000: 0xA1B2C3D4, 1: 0xA1B23C4D}
MODIFIED_MAGIC = 0xA1B2CD34


class Record(NamedTuple):
    time_ns: int
    data: bytes
    length: int | None = None
    comment: str = ""


def message(size: int = 20, order: Order = "<", type_: int = 24, seq: int = 1) -> bytes:
    """One whole netlink message of `size` bytes, of which 16 are the header."""
    return struct.pack(order + "IHHII", size, type_, 0x301, seq, 4711) + bytes(range(200))[: size - 16]


def datagram(*messages: bytes, protocol: int = 0) -> bytes:
    """A frame of link type 253 with these messages, each padded to 4 bytes."""
    return COOKED[:14] + struct.pack(">H", protocol) + b"".join(each + bytes(-len(each) % 4) for each in messages)


def records(count: int, order: Order = "<") -> list[Record]:
    """Frames of growing size, a millisecond apart."""
    return [
        Record(1_795_282_243_495_526_000 + number * 1_000_000, datagram(message(20 + 4 * number, order, seq=number)))
        for number in range(count)
    ]


def pcap(
    frames: list[Record],
    order: Order = "<",
    unit: int = 1,
    linktype: int = 253,
    snaplen: int = 65535,
    *,
    modified: bool = False,
) -> bytes:
    magic = MODIFIED_MAGIC if modified else PCAP_MAGIC[unit]
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, linktype)]
    for frame in frames:
        seconds, rest = divmod(frame.time_ns, 10**9)
        length = len(frame.data) if frame.length is None else frame.length
        parts.append(struct.pack(order + "IIII", seconds, rest // unit, len(frame.data), length))
        parts.append(bytes(8) if modified else b"")
        parts.append(frame.data)
    return b"".join(parts)


def option(code: int, value: bytes, order: Order = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind: int, body: bytes, order: Order = "<") -> bytes:
    body += bytes(-len(body) % 4)
    total = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + total + body + total


def section(order: Order = "<", options: bytes = b"") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options, order)


def interface(order: Order = "<", linktype: int = 253, snaplen: int = 0, options: bytes | None = None) -> bytes:
    """An interface description block, of nanosecond resolution unless options say otherwise."""
    if options is None:
        options = option(9, b"\x09", order) + bytes(4)
    return block(1, struct.pack(order + "HHI", linktype, 0, snaplen) + options, order)


def packet(frame: Record, order: Order = "<", number: int = 0, stamp: int | None = None) -> bytes:
    """An enhanced packet block; `stamp` is in the interface's units, nanoseconds by default."""
    at = frame.time_ns if stamp is None else stamp
    length = len(frame.data) if frame.length is None else frame.length
    options = option(1, frame.comment.encode(), order) + bytes(4) if frame.comment else b""
    head = struct.pack(order + "IIIII", number, at >> 32, at & 0xFFFFFFFF, len(frame.data), length)
    return block(6, head + frame.data + bytes(-len(frame.data) % 4) + options, order)


def pcapng(frames: list[Record], order: Order = "<") -> bytes:
    return section(order) + interface(order) + b"".join(packet(frame, order) for frame in frames)
