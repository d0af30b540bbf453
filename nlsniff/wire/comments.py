"""The comments that nlsniff writes into pcapng files, and reads: a line for each fact.

Of a frame:

    process: ip[412]            who has the port id of its first message; or who asked, where a request names none
    process: ip[412] (by pid)   the port id is the pid of that process, whose socket was closed before it was looked up
    process: unknown            the port id has another, unknown owner from here on
    nlsniff: own                the recorder itself asked this, or was answered it
    nlsniff: blanked 12+4 ...   what of it was blanked; see `nlsniff.regress.blanks`
    netlink: to-user ...        how it was delivered; see `nlsniff.wire.delivery`, which few captures need
    part 2 of 7                 its datagram was too long for one frame; see `nlsniff.wire.parts`

Of an interface:

    nlsniff: device 4           the ifindex of the device that the recorder made
    nlsniff: calm               IPv6 does nothing by itself in the recorded namespace (`record --calm`)
    nlsniff: text               it was made of a text by nlsniff: the cooked headers are there, whatever --linktype says
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

OWN: Final = "nlsniff: own"
CALM: Final = "nlsniff: calm"
TEXT: Final = "nlsniff: text"
DELIVERY: Final = "netlink: "
BY_PID: Final = " (by pid)"
_PROCESS: Final = "process: "
_UNKNOWN: Final = "unknown"
_DEVICE: Final = "nlsniff: device "
_PART: Final = re.compile(r"^part (\d{1,6}) of (\d{1,6})$", re.MULTILINE)


def process_comment(name: str) -> str:
    """The comment that names the process of a port id; "" is an unknown one."""
    return _PROCESS + (name or _UNKNOWN)


def process_in(comment: str) -> str | None:
    """The process that a frame's comment names; "" where it says `unknown`, None where it names none."""
    for line in comment.split("\n"):
        if line.startswith(_PROCESS):
            name = line.removeprefix(_PROCESS).strip().removesuffix(BY_PID)
            return "" if name == _UNKNOWN else name
    return None


def is_own(comment: str) -> bool:
    """Whether a frame's comment marks it as the recorder's own."""
    return OWN in comment and OWN in comment.split("\n")


def part_comment(number: int, count: int) -> str:
    """The comment of one frame of a long datagram; they count from 1."""
    return f"part {number} of {count}"


def parts_before(comment: str) -> int:
    """How many frames of the same datagram stand before the one with this comment; 0 for what is no part."""
    match = _PART.search(comment)
    if match is None:
        return 0
    number, count = int(match[1]), int(match[2])
    return number - 1 if 1 <= number <= count else 0


def device_comment(index: int) -> str:
    """The comment that tells the ifindex of the recorder's device."""
    return f"{_DEVICE}{index}"


def device_in(comments: Iterable[str]) -> int:
    """The ifindex of the recorder's device that one of an interface's comments tells; 0 where none does."""
    for comment in comments:
        digits = comment.removeprefix(_DEVICE)
        if digits != comment and digits.isdecimal() and len(digits) < 11:
            return int(digits)
    return 0
