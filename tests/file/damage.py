"""Small capture files, and damage of every sort that crashes, bad memory and careless tools do to them."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING, NamedTuple

from tests.file import made

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order

START_NS = 1_795_282_243_495_526_000
# Where the lengths of a record or block, of its data, and of its first message are.
LENGTHS = (4, 8, 12, 20, 24, 32, 44, -4)


class Damaged(NamedTuple):
    """A file; `order` is that of its headers and most of its messages."""

    data: bytes
    order: Order


def damaged_file(seed: int) -> Damaged:
    """The same file each time for the same number."""
    draw = random.Random(seed)  # noqa: S311  the same each time
    order: Order = draw.choice(["<", ">"])
    pieces = _pieces(draw, order)
    for _ in range(draw.choice([0, 1, 1, 1, 2, 3])):
        which = draw.randrange(1, len(pieces))
        pieces[which] = _damage(draw, pieces[which], order)
    return Damaged(b"".join(pieces), order)


def _pieces(draw: random.Random, order: Order) -> list[bytes]:
    """The file headers together, then a record each."""
    records = []
    for number in range(draw.randint(1, 7)):
        messages = [_message(draw, order) for _ in range(draw.randint(0, 3))]
        data = made.datagram(*messages, protocol=draw.choice([0, 0, 15, 16]))
        data += draw.choice([b"", b"", b"", bytes(6), bytes(20), b"\x07"])
        data = draw.choice([data, data, data, data, data, made.ETHERNET, data[:18], data[:3]])
        comment = draw.choice(["", "", "process: ip[4]"])
        records.append(made.Record(START_NS + number * 10**6, data, draw.choice([None, None, 70]), comment))
    linktype = draw.choice([253, 253, 253, 113, 1])
    if draw.random() < 0.6:
        header = made.pcap([], order, 1, linktype, draw.choice([65535, 1 << 21]))
        return [header, *(made.pcap([record], order)[24:] for record in records)]
    header = made.section(order) + made.interface(order, linktype) + made.interface(order)
    return [header, *(made.packet(record, order, draw.choice([0, 0, 0, 1])) for record in records)]


def _message(draw: random.Random, order: Order) -> bytes:
    data = bytearray(made.message(draw.randint(16, 50), order, type_=draw.randint(2, 30), seq=3))
    if draw.random() < 0.12:
        claim = draw.choice([0, 4, 15, 16, 17, len(data) + 1, len(data) + 16, 0xFFFF, 0x80000000])
        struct.pack_into(order + "I", data, 0, claim)
    return bytes(data)


def _damage(draw: random.Random, piece: bytes, order: Order) -> bytes:
    at = draw.randrange(len(piece) or 1)
    sort = draw.choice(["flip", "cut", "insert", "zeros", "length", "length", "length", "again"])
    if sort == "cut":
        return piece[:at] + piece[at + draw.randint(1, 60) :]
    if sort == "insert":
        return piece[:at] + draw.randbytes(draw.randint(1, 50)) + piece[at:]
    if sort == "zeros":
        return piece + bytes(draw.choice([1, 4, 16, 100, 600]))
    if sort == "again":
        return piece + piece[: draw.randint(0, 40)]
    changed = bytearray(piece)
    if sort == "flip" and piece:
        changed[at] ^= 1 << draw.randrange(8)
    if sort == "length" and len(piece) >= 48:
        where = draw.choice(LENGTHS) % len(piece)
        old: int = struct.unpack_from(order + "I", piece, where)[0]
        new = draw.choice([0, 1, 15, 16, old + 1, old + 4, old + 20, max(old - 4, 0), 300, 0x10000])
        struct.pack_into(order + "I", changed, where, new & 0xFFFFFFFF)
    return bytes(changed)


def sizes(seed: int) -> list[int]:
    """Sizes of pieces in which a file arrives, again and again; not all of them 0."""
    draw = random.Random(-seed - 1)  # noqa: S311  the same each time
    choice = [0, 1, 2, 5, 13, 16, 40, 100, 400, 5000]
    return [*(draw.choice(choice) for _ in range(draw.randint(0, 5))), draw.choice(choice[1:])]
