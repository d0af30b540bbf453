"""What is said of damaged messages of every recorded type: golden text in tests/decode/golden/damaged.txt.

NLSNIFF_UPDATE=1 writes it anew. A line tells how many bytes have a name, are padding or unknown, a sum over the tree as
it is printed, and what is wrong.
"""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage
from nlsniff.output import text
from nlsniff.reader import Stream
from nlsniff.wire.nlmsg import HEADER_SIZE, walk_messages
from tests.conftest import CAPTURES
from tests.golden import check_golden
from tests.support import REGISTRY, check_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).parent / "golden" / "damaged.txt"
SMALL = 90_000  # bytes of a recording; the largest hold few types more


def samples() -> Iterator[NetlinkMessage]:
    """Of each type in a direction the largest of the first messages, with the names that its capture taught."""
    found: dict[tuple[int, str, str], NetlinkMessage] = {}
    for path in CAPTURES:
        if path.stat().st_size < SMALL:
            seen: dict[tuple[int, str, str], int] = {}
            for message in Stream(path, Decoder(REGISTRY)):
                key = message.protocol, message.type_name, message.direction
                seen[key] = seen.get(key, 0) + 1
                if seen[key] <= 4 and (key not in found or message.length > found[key].length):
                    found[key] = message
    return iter([found[key] for key in sorted(found)])


def damages(data: bytes, draw: random.Random) -> Iterator[tuple[str, bytes]]:
    """The message whole, cut, with another length of something in it, and with other bytes."""
    yield "whole", data
    if len(data) < HEADER_SIZE + 8:
        return
    at = draw.randrange(HEADER_SIZE, len(data) - 4) & ~3
    yield f"cut at {at + 1}", data[: at + 1]
    other = bytearray(data)
    other[at] = (other[at] + draw.choice([-4, -1, 1, 4, 100])) & 0xFF
    yield f"byte {at} other", bytes(other)


def line(message: NetlinkMessage) -> str:
    check_tree(message)
    shown = zlib.crc32("\n".join(text.tree(message)).encode("utf-8", "backslashreplace"))
    _, named, padding, unknown = message.counts
    wrong = "".join(f"\n        {item.severity} {item.code} at {item.offset}: {item.text}" for item in message.problems)
    return f"{named} named, {padding} padding, {unknown} unknown, {shown:08x}{wrong}"


def lines() -> Iterator[str]:
    draw = random.Random(5)  # noqa: S311  the same each time
    for message in samples():
        yield f"{message.protocol_name} {message.type_name} {message.direction}"
        whole = message.data[message.start : message.end]
        for sort, data in damages(whole, draw):
            fixed = struct.pack(f"{message.order}I", len(data)) + data[4:]
            (span, *_) = walk_messages(fixed, 0, message.order, message.protocol)
            again = NetlinkMessage(
                message._decoder, message.number, 1, 0, message.protocol, fixed, message.order, span, message.comment
            )
            again.fix_direction(message.direction)
            yield f"    {sort}: {line(again)}"


def test_golden_damage() -> None:
    said = "\n".join(lines()) + "\n"
    check_golden(GOLDEN, said)
