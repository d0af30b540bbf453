"""What is known for certain of how a datagram was delivered, and the comment that carries it in pcapng files.

nlmon's frames do not hold it. The system calls of a program tell it (`record --via strace`), and the kernel could. It
is one line of a frame's comments, each part but the first optional:

    netlink: to-kernel sender=412 destination=0 socket=84211 fd=3 process=ip[412]
    netlink: to-user sender=0 destination=412 group=1 socket=84211 fd=3 process=ip[412]
    netlink: between sender=412 destination=500 socket=84211 fd=3 process=a[412]

The direction is also in the two lowest bits of the frame's flags (epb_flags), for Wireshark: outbound is what a program
sent. nlsniff reads the comment alone, because other programs write flags that say nothing of netlink.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from nlsniff.wire.comments import DELIVERY

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Direction

Way = Literal["to-kernel", "to-user", "between"]

_WAYS: Final[dict[Way, Direction]] = {"to-kernel": "to-kernel", "to-user": "to-user", "between": "unknown"}
# What is not read as a part of it ends the line; what a later version adds is passed over.
_PART: Final = re.compile(r" ([a-z-]+)=(\d{1,20})(?= |$)")
_PROCESS: Final = " process="
_INBOUND, _OUTBOUND = 1, 2
# A program has few sockets and so few comments; a longer one, which could be 64 KiB, is not remembered.
_KEPT: Final = 1024
_KEPT_LENGTH: Final = 256


class Delivery(NamedTuple):
    """How one datagram was delivered; None is not known.

    Attributes:
        way: from a program to the kernel, from the kernel to a program, or between two programs.
        sender: port id of the sender; 0 is the kernel.
        destination: port id that it was sent to; 0 is the kernel, or all who joined `group`.
        group: number of the multicast group that it was sent to; 0 is none.
        socket: of the program whose socket it passed, the one that sent it or else the one that received it: a number
            that no other socket of the capture has.
        descriptor: the number of that program's file descriptor.
        process: the program, such as `ip[412]`, or "".
    """

    way: Way
    sender: int | None = None
    destination: int | None = None
    group: int | None = None
    socket: int | None = None
    descriptor: int | None = None
    process: str = ""

    @property
    def direction(self) -> Direction:
        """The same as messages say it."""
        return _WAYS[self.way]

    @property
    def packet_flags(self) -> int:
        """The flags of an enhanced packet block of pcapng: its direction as seen from the program."""
        return {"to-kernel": _OUTBOUND, "to-user": _INBOUND, "between": 0}[self.way]


_KEYS: Final = {
    "sender": "sender",
    "destination": "destination",
    "group": "group",
    "socket": "socket",
    "fd": "descriptor",
}


def delivery_comment(delivery: Delivery) -> str:
    """The line that says it."""
    values = ((key, getattr(delivery, name)) for key, name in _KEYS.items())
    parts = [f" {key}={value}" for key, value in values if value is not None]
    process = _PROCESS + delivery.process.replace("\n", "?") if delivery.process else ""
    return f"{DELIVERY}{delivery.way}{''.join(parts)}{process}"


def delivery_in(comment: str) -> Delivery | None:
    """What a frame's comments say; None where they say nothing of it."""
    if DELIVERY not in comment:
        return None
    return _remembered(comment) if len(comment) <= _KEPT_LENGTH else _read(comment)


def without_delivery(comment: str) -> str:
    """A frame's comments without the line that `delivery_in` reads, for who says it in other words."""
    if delivery_in(comment) is None:
        return comment
    lines = comment.split("\n")
    del lines[next(at for at, line in enumerate(lines) if _read(line) is not None)]
    return "\n".join(lines)


def delivery_line(comment: str) -> str:
    """The line that `delivery_in` reads; "" where there is none."""
    if delivery_in(comment) is None:
        return ""
    return next(line for line in comment.split("\n") if _read(line) is not None)


def _read(comment: str) -> Delivery | None:
    for line in comment.split("\n"):
        if line.startswith(DELIVERY):
            numbers, _, process = line.removeprefix(DELIVERY).partition(_PROCESS)
            way, _, rest = numbers.partition(" ")
            if way in _WAYS:
                found = {_KEYS[key]: int(value) for key, value in _PART.findall(f" {rest}") if key in _KEYS}
                return Delivery(way, process=process, **found)
    return None


_remembered: Final = functools.lru_cache(maxsize=_KEPT)(_read)
