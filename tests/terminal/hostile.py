"""A capture, a dissector and names that would steer a terminal or forge lines, had they the chance."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.file.write import open_writer
from tests.file.made import datagram

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORGED = "FORGED"  # no line of any output begins with it
TEXTS = (
    b"\x1b[2J\x1b[31mE",
    b"a\nFORGED",
    b"b\rFORGED",
    b"\x0bFORGED\x0cFORGED",
    b"\x07\x08\x7f\tx",
    "\u2028FORGED\u2029FORGED\x85FORGED".encode(),
    "r\u202etxt.\u2066exe".encode(),
    "c\x9b31m".encode(),
    b"\x9b31m\xff\xfe",
    b"\x1b]52;c;Zm9v\x07",
    "z\u200bw\u200d\ufeff\U000e0001".encode(),
)
ALL = b"".join(TEXTS)  # all of them in one, short enough for the name of a file
AUDIT = b'audit(1.002:3): arch=c000003e comm="%s" exe=%s key=%s'
WORDS = os.fsdecode(ALL)  # as an argument of the command line


def attr(type_: int, payload: bytes) -> bytes:
    """An attribute with its padding."""
    return struct.pack("<HH", len(payload) + 4, type_) + payload + bytes(-len(payload) % 4)


def nlmsg(type_: int, flags: int, seq: int, port: int, body: bytes) -> bytes:
    """A message."""
    return struct.pack("<IHHII", len(body) + 16, type_, flags, seq, port) + body


def _messages(at: int, text: bytes) -> Iterator[tuple[int, bytes]]:
    """Protocol and message of each place in which a text of others may stand."""
    index, family = 100 + at, 40 + at
    link = struct.pack("<BxHiII", 0, 1, index, 0x1043, 0xFFFFFFFF)
    info = attr(18, attr(1, text + b"\0") + attr(2, attr(1, b"abcd")))
    for name in (text + b"\0", b"2" + text + b"\0"):  # and is renamed
        yield 0, nlmsg(16, 0, 0, 0, link + attr(3, name) + attr(16, b"\2") + attr(20, text) + info)
    wish = struct.pack("<BxHiII", 0, 1, index, 0x1043, 1)
    yield 0, nlmsg(19, 5, 90, 70, wish + attr(3, text + b"3\0") + attr(20, text))
    yield 0, nlmsg(2, 0x100, 90, 70, bytes(4) + struct.pack("<IHHII", 44, 19, 5, 90, 70))
    # A route: told, wanted, and refused in the kernel's words.
    route = (
        struct.pack("<BBBBBBBBI", 2, 24, 0, 0, 254, 4, 0, 1, 0)
        + attr(1, b"\x0a\0\0\0")
        + attr(4, bytes([index, 0, 0, 0]))
    )
    yield 0, nlmsg(24, 0, 0, 0, route)
    request = nlmsg(24, 0x605, 100 + at, 77, route)
    yield 0, request
    yield 0, nlmsg(2, 0x200, 100 + at, 77, struct.pack("<i", -22) + request + attr(1, text + b"\0"))
    yield 0, nlmsg(3, 2, 0, 0, struct.pack("<i", -22) + attr(1, text + b"\0"))
    # A generic family, and what it says.
    yield 16, nlmsg(16, 0, 0, 0, b"\1\2\0\0" + attr(2, text + b"\0") + attr(1, struct.pack("<H", family)))
    yield 16, nlmsg(family, 5, 7, 0, b"\1\2\0\0" + attr(2, text + b"\0"))
    yield 16, nlmsg(2, 0x100, 7, 0, struct.pack("<i", -22) + struct.pack("<IHHII", 44, family, 5, 7, 0))
    yield 16, nlmsg(16, 0, 0, 0, b"\1\2\0\0" + attr(2, b"nl80211\0") + attr(1, struct.pack("<H", 28)))
    yield 16, nlmsg(28, 5, 8, 9, b"\x2e\0\0\0" + attr(3, bytes([index, 0, 0, 0])) + attr(52, text + b"\0\0"))
    # Sockets with a path and with an abstract name.
    unix = struct.pack("<BBBxIII", 1, 1, 10, 1002, 1, 1)
    for name in (text + b"\0", b"\0" + text + b"\0x", b"@" + text + b"\0"):
        yield 4, nlmsg(20, 2, 9, 9, unix + attr(0, name))
    # Options of a router: a search list, and the address of a portal.
    label = text[:60]
    names = b"\x1f\0\0\0\0\0\0\x09" + bytes([len(label)]) + label + b"\0"
    portal = b"\x25\0" + text
    options = b""
    for option in (names, portal):
        whole = option + bytes(-len(option) % 8)
        options += whole[:1] + bytes([len(whole) // 8]) + whole[2:]
    yield 0, nlmsg(68, 0, 0, 0, struct.pack("<BxHiBB6x", 10, len(options), index, 134, 0) + options)
    yield 2, nlmsg(99, 0, 1, 5, text)
    yield 15, b"add@/devices/" + text + b"\0ACTION=add\0DEVPATH=/d/" + text + b"\0SUBSYSTEM=net\0" + text + b"=1\0"
    yield (
        9,
        nlmsg(
            1300,
            0,
            0,
            0,
            b'audit(1.002:3): arch=c000003e comm="' + text + b'" exe=' + text + b" key=" + text.hex().upper().encode(),
        ),
    )


class Hostile(NamedTuple):
    """Names of files, each with hostile words in it.

    A capture, a folder of dissectors, of which one is good and one refused; what is no file, and what may become one.
    """

    capture: str
    specs: str
    good: str
    refused: str
    missing: str
    out: str


def make(folder: Path) -> Hostile:
    """Write all of them into a folder."""
    capture, specs, missing, out = (folder / f"{kind}{WORDS}" for kind in "csmo")
    good, refused = (specs / f"{kind}{WORDS}.yaml" for kind in ("good", "bad"))
    time_ns = 1_795_282_243_495_526_000
    with open_writer(capture, interface=WORDS, hardware=WORDS) as writer:
        for at, text in enumerate((*TEXTS, ALL)):
            shown = text.decode("utf-8", "replace")
            for protocol, message in _messages(at, text):
                time_ns += 1_000_000
                data = datagram(message, protocol=protocol)
                writer.write(time_ns, data, comment=f"process: p{shown}[{12 + at}]\n{shown}")
    specs.mkdir()
    escaped = "".join(f"\\U{ord(char):08x}" for char in ALL.decode("utf-8", "replace"))
    refused.write_text(_SPEC % ("bad", f'"{escaped}"', "a doc"))
    good.write_text(_SPEC % ("good", "number", f'"{escaped}"'))
    return Hostile(*map(str, (capture, specs, good, refused, missing, out)))


_SPEC = """\
name: %s
protocol: genetlink
doc: A family.
attribute-sets:
  - name: attrs
    attributes:
      - {name: %s, type: u32, doc: %s}
operations:
  list:
    - {name: get, value: 1, attribute-set: attrs, do: {request: {attributes: []}}}
"""
