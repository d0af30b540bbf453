"""What of a stored capture was blanked before it was stored: comments of its frames.

`nlsniff: blanked 112+32 key 1, 160+20 unread` says of 32 bytes from byte 112 of the frame's data on that they were a
key, the same as everywhere in the file where `key 1` stands; and that 20 bytes could not be read, see
`nlsniff.redact.redact.Blank`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.regress.model import Item, Placeholder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.redact.redact import Blank

BLANKED = "blanked"  # kind of the placeholder, and name of the item that stands for a whole body
_PREFIX = "nlsniff: blanked "
_RANGE = re.compile(r"(\d{1,9})\+(\d{1,9}) (?:(key) (\d{1,9})|\w+)")


class BlankedRange(NamedTuple):
    """Bytes [start, end) of a frame's data; `key` is the number of the key that they were, 0 for what was no key."""

    start: int
    end: int
    key: int


def comments_of(blanked: Iterable[Blank], before: Mapping[int, str]) -> dict[int, str]:
    """The comment of each frame of which bytes were blanked, by the offset of its data.

    Args:
        blanked: with positions in the file.
        before: the comment that each frame has, by the offset of its data, ascending. What one says of bytes that were
            blanked earlier still holds, and is not said again.
    """
    offsets, found = list(before), dict[int, list[str]]()
    earlier = max((item.key for comment in before.values() for item in blanked_in(comment)), default=0)
    for start, end, why in sorted(blanked):
        at = bisect_right(offsets, start) - 1
        offset = offsets[at] if at >= 0 else start
        known = blanked_in(before.get(offset, ""))
        if at >= 0 and not any(item.start <= start - offset and end - offset <= item.end for item in known):
            kind, _, number = why.partition(" ")
            told = f"{kind} {int(number) + earlier}" if number else kind
            found.setdefault(offset, []).append(f"{start - offset}+{end - start} {told}")
    return {offset: _PREFIX + ", ".join(words) for offset, words in found.items()}


@lru_cache(maxsize=64)
def blanked_in(comment: str) -> tuple[BlankedRange, ...]:
    """What a frame's comment says was blanked."""
    if _PREFIX not in comment:
        return ()
    return tuple(
        BlankedRange(int(start), int(start) + int(size), int(number) if key else 0)
        for line in comment.split("\n")
        if line.startswith(_PREFIX)
        for start, size, key, number in _RANGE.findall(line.removeprefix(_PREFIX))
    )


def whole(message: NetlinkMessage) -> Item | None:
    """What stands for the body of a message where all of it was blanked, and was no key."""
    body, end = message.body, message.end
    covered = body
    for start, stop, key in blanked_in(message.comment) if message.comment else ():
        if not key and start <= covered:
            covered = max(covered, stop)
    return Item(BLANKED, Placeholder(BLANKED, str(end - body))) if body < end <= covered else None


def value_of(message: NetlinkMessage, node: Node) -> Placeholder | None:
    """What stands for a value of which bytes were blanked; None where none were."""
    for start, end, key in blanked_in(message.comment) if message.comment else ():
        if start < node.end and node.payload < end:
            size = node.end - node.payload
            return Placeholder(f"key-{size}", str(key)) if key else Placeholder(BLANKED, str(size))
    return None


def redacted(secret: bytes) -> Placeholder | None:
    """What stands for a secret that `nlsniff redact` overwrote with asterisks: it may have been any; else None."""
    return Placeholder(BLANKED, str(len(secret))) if secret and not secret.strip(b"*") else None
