"""Hex text, as in mails and bug reports, as datagrams.

Of each block of hex in a text there may be several readings (words of a dump may be numbers or bytes in their order, a
list may be decimal or hex); the one that netlink fits is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nlsniff.file.hexblocks import HexBlocks
from nlsniff.file.hexbytes import cooked
from nlsniff.file.told import Told
from nlsniff.wire.constants import UNKNOWN_PROTOCOL
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE
from nlsniff.wire.order import chain_end, fits, plausible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlsniff.file.hexblocks import HexBlock
    from nlsniff.file.info import Severity
    from nlsniff.wire.nlmsg import Order

_UEVENT = re.compile(rb"libudev\0|(?:add|remove|change|move|online|offline|bind|unbind)@/")
_PATIENCE = 1 << 24  # bytes
_WHOLE, _WHOLE_BIG, _CUT, _NONE = range(4)  # how well netlink fits
_ORDERS: tuple[Order, Order] = ("<", ">")


@dataclass
class HexText:
    """What a text holds.

    Attributes:
        datagrams: in their order; the protocol is UNKNOWN_PROTOCOL where no cooked header says it.
        lines: where each begins.
        notes: what is wrong or was left out, how bad, with its line.
        read: lines that were read.
    """

    datagrams: list[Told] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    notes: list[tuple[Severity, str]] = field(default_factory=list)
    read: int = 0


def read_hex(lines: Iterable[bytes]) -> HexText:
    """Read the datagrams that are in a text as hex. Never raises.

    Dumps of xxd, hexdump, od, tcpdump, Wireshark, gdb and the kernel's log, plain hex, lists of numbers and strings
    with escapes of C, Rust, Go and Python; quoted, and with words around. A text without hex has no datagrams.
    """
    text = HexText()
    doubtful: list[tuple[HexBlock, bytes]] = []
    blocks = HexBlocks(_while_promising(lines, text, doubtful))
    for block in blocks:
        data = min(block.readings, key=_fit)
        if len(data) < HEADER_SIZE:
            continue
        if block.clear or _fit(data) < _NONE:
            _take(text, block, data)
        else:
            doubtful.append((block, data))
    text.notes += blocks.notes
    text.read = blocks.line
    _judge_doubtful(text, doubtful)
    return text


def _while_promising(lines: Iterable[bytes], text: HexText, doubtful: list[tuple[HexBlock, bytes]]) -> Iterator[bytes]:
    """Lines up to where a long text has shown no hex."""
    size = 0
    for line in lines:
        size += len(line)
        if size > _PATIENCE and not text.datagrams and not doubtful:
            return
        yield line


def _judge_doubtful(text: HexText, doubtful: list[tuple[HexBlock, bytes]]) -> None:
    """Digits that may be anything are said to be left out beside netlink; alone they are what there is."""
    if text.datagrams:
        for block, data in doubtful:
            text.notes.append(("note", f"line {block.line}: {len(data)} bytes of hex that begin no netlink message"))
        return
    for block, data in doubtful:
        _take(text, block, data)


def _take(text: HexText, block: HexBlock, data: bytes) -> None:
    start, protocol = cooked(data)
    if fault := _fault(data, start):
        text.notes.append(("warning", f"line {block.line}: {fault}"))
    before = text.datagrams[-1].time_ns if text.datagrams else 0
    time_ns = before if block.time_ns is None else block.time_ns
    text.datagrams.append(Told(time_ns, protocol, data[start:], len(data) - start))
    text.lines.append(block.line)


def _fit(data: bytes) -> int:
    """How well netlink fits some bytes, the least best."""
    start, protocol = cooked(data)
    if fits(data, start, "<") or _UEVENT.match(data, start):
        return _WHOLE
    if fits(data, start, ">"):
        return _WHOLE_BIG
    return _CUT if protocol != UNKNOWN_PROTOCOL or _order(data, start) else _NONE


def _order(data: bytes, start: int) -> Order | None:
    """The byte order in which a message may begin there that is not whole."""
    for order in _ORDERS:
        if plausible(data, start, order):
            _, type_, flags, *_ = HEADER[order].unpack_from(data, start)
            if type_ and type_ < 1 << 12 and flags < 1 << 12:
                return order
    return None


def _fault(data: bytes, start: int) -> str:
    """What is wrong with a datagram as a whole, or ""."""
    if fits(data, start, "<") or fits(data, start, ">") or _UEVENT.match(data, start):
        return ""
    order = _order(data, start)
    if order is None:
        length = int.from_bytes(data[start : start + 4], "little")
        return f"{len(data) - start} bytes that begin no netlink message: nlmsg_len would be {length}"
    end = chain_end(data, start, order, len(data))
    if len(data) - end < HEADER_SIZE:
        return f"{len(data) - end} bytes behind the last message, too few for another"
    length = HEADER[order].unpack_from(data, end)[0]
    return f"a message of {length} bytes, of which the text has {len(data) - end}"
