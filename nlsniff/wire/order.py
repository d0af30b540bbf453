"""Byte order of the recording machine, which the file does not say.

A pcap header tells the order of the machine that wrote the file; the datagrams keep the order of the machine that was
recorded. They differ in real files, so the datagrams are asked: each votes for the order in which its chain of
messages fits its length.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order

NATIVE: Order = "<" if sys.byteorder == "little" else ">"


def chain_end(data: bytes, start: int, order: Order, stop: int) -> int:
    """Where the chain of whole messages from `start` on ends, the padding of the last included; `start` without any."""
    unpack = HEADER[order].unpack_from
    while stop - start >= HEADER_SIZE:
        length = unpack(data, start)[0]
        if length < HEADER_SIZE or start + length > stop:
            break
        start += (length + 3) & ~3
    return start


def fits(data: bytes, start: int, order: Order) -> bool:
    """Tell whether there is a chain of messages from `start` to the end of the datagram, but for zeros behind it."""
    end = chain_end(data, start, order, len(data))
    return end > start and not any(data[end:])


def plausible(data: bytes, start: int, order: Order) -> bool:
    """Tell whether the first length could be true in this byte order; a datagram cut by a snap length still passes."""
    return len(data) - start >= HEADER_SIZE and HEADER_SIZE <= HEADER[order].unpack_from(data, start)[0] < 1 << 24


class OrderVote:
    """Counts votes of datagrams, all of which begin with an nlmsghdr.

    What only seems plausible decides where nothing fits: in a capture of which every datagram was cut.

    Args:
        default: the order without any votes, or where they are equal.

    Attributes:
        little, big: how many datagrams fit one order alone.
    """

    def __init__(self, default: Order = NATIVE) -> None:
        self.little = self.big = 0
        self._plausible = 0  # how many more are plausible in little endian alone than in big endian alone
        self._default: Order = default

    def add(self, data: bytes, start: int) -> None:
        """Let one datagram vote. One that fits both orders or neither abstains."""
        little, big = fits(data, start, "<"), fits(data, start, ">")
        if little == big:
            self._plausible += plausible(data, start, "<") - plausible(data, start, ">")
        self.little += little and not big
        self.big += big and not little

    @property
    def order(self) -> Order:
        """The order that most datagrams fit."""
        lead = self.little - self.big or self._plausible
        return self._default if not lead else "<" if lead > 0 else ">"
