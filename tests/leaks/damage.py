"""Damages a message in one way or in several."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.wire.constants import NETLINK_GENERIC
from tests.file.made import Record, datagram, pcap

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from nlsniff.wire.nlmsg import Order
    from tests.leaks.seeds import Seed

TIME = 1_795_282_243_495_526_000
# Families, with keys and without, that a wrong nlmsg_type may make a message one of.
_OTHERS = ("team", "mptcp_pm", "SEG6", "l2tp", "macsec", "nl80211", "ovpn", "amneziawg", "wireguard")
_NLCTRL, _NEWFAMILY, _ERROR = 16, 1, 2
_ACK_TLVS = 0x200


class Damaged(NamedTuple):
    """A capture, the byte order that it is to be read in (None is to be found out), and what is wrong with it."""

    data: bytes
    endian: Order | None
    what: str


def damaged(seed: Seed, random: Random) -> Damaged:
    """One message with damage, in a capture."""
    data, told, endian = bytearray(seed.data), seed.family is not None, None
    said: list[str] = []
    if random.random() < 0.3:
        data = bytearray(_refused(bytes(data), random))
        said.append("inside an error")
    shift = len(data) - len(seed.data)
    for _ in range(random.choice((1, 1, 2))):
        kind = random.choice(_KINDS)
        said.append(kind(data, [place + shift for place in seed.places if place + shift < len(data) - 4], random))
    if random.random() < 0.1:
        told = False
        said.append("family unknown")
    if random.random() < 0.1:
        endian = ">"
        said.append("read big-endian")
    frames = [datagram(_told(*seed.family), protocol=NETLINK_GENERIC)] if told and seed.family is not None else []
    if (other := _other(data, seed)) and random.random() < 0.5:
        name = random.choice(_OTHERS)
        frames.append(datagram(_told(name, other), protocol=NETLINK_GENERIC))
        said.append(f"{other} is {name}")
    frames.append(datagram(bytes(data), protocol=seed.protocol))
    capture = pcap([Record(TIME + number * 1000, frame) for number, frame in enumerate(frames)])
    return Damaged(capture, endian, f"{seed.name}: {', '.join(said)}")  # type: ignore[arg-type]


def _other(data: bytearray, seed: Seed) -> int:
    """The family that a message, or the request inside of an error, became one of; 0 where it is the same."""
    if seed.family is None:
        return 0
    types = [struct.unpack_from("<H", data, at)[0] for at in (4, 24)[: 1 + (data[4] == _ERROR and len(data) > 36)]]
    return next((type_ for type_ in types if type_ > _NLCTRL and type_ != seed.family[1]), 0)


def _told(name: str, number: int) -> bytes:
    """The kernel's word on a family (CTRL_CMD_NEWFAMILY)."""
    text = name.encode() + b"\0"
    body = struct.pack("<BBH", _NEWFAMILY, 2, 0) + struct.pack("<HH", 4 + len(text), 2) + text + bytes(-len(text) % 4)
    body += struct.pack("<HHHxx", 6, 1, number)
    return struct.pack("<IHHII", 16 + len(body), _NLCTRL, 0, 1, 4711) + body


def _refused(data: bytes, random: Random) -> bytes:
    """The kernel's refusal, with a copy and perhaps attributes behind it."""
    behind = struct.pack("<HH", 8, 1) + b"no.\0" if random.random() < 0.5 else b""
    copy = bytes(data) + bytes(-len(data) % 4)
    flags = _ACK_TLVS if behind or random.random() < 0.2 else 0
    return struct.pack("<IHHIIi", 20 + len(copy) + len(behind), _ERROR, flags, 1, 4711, -22) + copy + behind


def _flip(data: bytearray, _places: list[int], random: Random) -> str:
    at, bit = random.randrange(len(data)), random.randrange(8)
    data[at] ^= 1 << bit
    return f"bit {bit} of byte {at}"


def _attribute_length(data: bytearray, places: list[int], random: Random) -> str:
    if not places:
        return "nothing"
    at = random.choice(places)
    old = struct.unpack_from("<H", data, at)[0]
    new = max(old + random.choice((-8, -4, -1, 1, 4, 8, 36, -36, 0x100, -old, 4 - old)), 0) & 0xFFFF
    struct.pack_into("<H", data, at, new)
    return f"nla_len at {at} is {new}, not {old}"


def _attribute_type(data: bytearray, places: list[int], random: Random) -> str:
    if not places:
        return "nothing"
    at, new = random.choice(places), random.choice((random.randrange(40), random.randrange(0x10000)))
    struct.pack_into("<H", data, at + 2, new)
    return f"nla_type at {at} is {new}"


def _message_length(data: bytearray, places: list[int], random: Random) -> str:
    at = 20 if random.random() < 0.5 and len(data) > 36 and data[4] == _ERROR else 0
    ends = [place - at for place in places if place - at >= 16]
    new = random.choice((*range(20), len(data) + 4, len(data) - at - 4, *ends, *ends, random.randrange(len(data))))
    struct.pack_into("<I", data, at, max(new, 0))
    return f"nlmsg_len at {at} is {new}"


def _message_type(data: bytearray, _places: list[int], random: Random) -> str:
    at = 24 if random.random() < 0.5 and len(data) > 36 and data[4] == _ERROR else 4
    new = struct.unpack_from("<H", data, at)[0] ^ 1 << random.randrange(16)
    struct.pack_into("<H", data, at, new)
    return f"nlmsg_type at {at} is {new}"


def _cut(data: bytearray, _places: list[int], random: Random) -> str:
    del data[random.randrange(min(16, len(data) - 1), len(data)) :]
    told = random.random() < 0.5
    if told:
        struct.pack_into("<I", data, 0, len(data))
    return f"cut at {len(data)}{', as its length says' if told else ''}"


def _gone(data: bytearray, places: list[int], random: Random) -> str:
    at, size = random.choice(places or [16]), random.choice((1, 2, 4, 8))
    del data[at : at + size]
    if len(data) < 20:
        data += bytes(20)
    return f"{size} bytes gone at {at}"


_KINDS: tuple[Callable[[bytearray, list[int], Random], str], ...] = (
    _flip, _flip, _attribute_length, _attribute_length, _attribute_type, _message_length, _message_type, _cut, _gone,
)  # fmt: skip
