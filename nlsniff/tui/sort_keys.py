"""What the columns of the list are sorted by: numbers as numbers, addresses and times as such, names as people count.

A text becomes a few bytes that compare as the text should, so that a million of them take 18 MB at most.
"""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.reader import IndexedCapture

WIDTH: Final = 18  # bytes of a key
EMPTY: Final = b"\xff" * WIDTH  # behind all others

_NUMBER, _IPV4, _IPV6, _TEXT = b"\1", b"\2", b"\3", b"\4"
_NUMBERS = re.compile(r"([+-]?)(\d{1,20})(?:\.(\d{1,9}))?(?: ?(ns|us|µs|ms|s|min|h|d))?")
_HEX = re.compile(r"0x([0-9a-fA-F]{1,16})")
_DIGITS = re.compile(r"\d+")
_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9,
                "d": 86400 * 10**9}  # fmt: skip
_MIDDLE = 1 << 127  # below it are numbers less than 0


def column_key(name: str, capture: IndexedCapture) -> Callable[[int], int] | None:
    """What gives the key of a message by its number; None where the index does not know it."""
    index = capture.index
    column = {"seq": index.seqs, "length": index.lengths, "flags": index.flags, "port": index.ports,
              "frame": index.frame_numbers}.get(name)  # fmt: skip
    if column is not None:
        return lambda number: column[number - 1]
    if name == "time":
        return lambda number: index.time_ns(number - 1)
    if name == "conversation":
        return capture.follower.conversation_of
    return int if name == "message" else None


def text_key(text: str) -> bytes:
    """The key of a text: `WIDTH` bytes. Of several values the first decides; of a long text its beginning."""
    first = text.partition(",")[0]
    key = _number(first) or _address(first) or _TEXT + _natural(text)
    return key[:WIDTH].ljust(WIDTH, b"\0") if text else EMPTY


def _number(text: str) -> bytes | None:
    """Of a number or a duration; a number without a unit is one of seconds."""
    if found := _HEX.fullmatch(text):
        return _NUMBER + (_MIDDLE + int(found[1], 16) * 10**9).to_bytes(16)
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return None
    sign, whole, rest, unit = found.groups()
    value = (int(whole) * 10**9 + int((rest or "").ljust(9, "0"))) * _NANOSECONDS[unit or "s"] // 10**9
    return _NUMBER + (_MIDDLE + (-value if sign == "-" else value)).to_bytes(16)


def _address(text: str) -> bytes | None:
    """Of an address of IP, which may have the length of its prefix behind it."""
    if "." not in text and ":" not in text:
        return None
    address, _, prefix = text.partition("/")
    size = bytes([min(int(prefix), 255)]) if prefix.isascii() and prefix.isdecimal() and len(prefix) < 4 else b""
    for kind, family in ((_IPV4, socket.AF_INET), (_IPV6, socket.AF_INET6)):
        try:
            return kind + socket.inet_pton(family, address) + size
        except (OSError, ValueError):  # it is none; it holds a zero
            continue
    return None


def _natural(text: str) -> bytes:
    """Of a name: in any case, and veth2 before veth10."""
    plain = text[:WIDTH].casefold()
    return _DIGITS.sub(_counted, plain).encode("utf-8", "surrogatepass")


def _counted(digits: re.Match[str]) -> str:
    """Digits behind how many they are, where letters would begin."""
    plain = digits[0].lstrip("0")
    return chr(ord("0") + min(len(plain), 9)) + plain
