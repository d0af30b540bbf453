"""Whether captures are of one machine, by the ids that its kernel gave to the families of generic netlink."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from nlsniff.terminal import decoded
from nlsniff.wire.attr import payloads
from nlsniff.wire.constants import (
    CTRL_ATTR_FAMILY_ID,
    CTRL_ATTR_FAMILY_NAME,
    CTRL_CMD_NEWFAMILY,
    GENL_HEADER_SIZE,
    GENL_ID_CTRL,
    NETLINK_GENERIC,
)
from nlsniff.wire.cooked import parse_cooked
from nlsniff.wire.nlmsg import HEADER_SIZE, walk_messages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from nlsniff.file.frame import Frame
    from nlsniff.wire.nlmsg import Order

_WANTED = frozenset({CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME})
_TYPE = {order: struct.pack(f"{order}H", GENL_ID_CTRL) for order in "<>"}

Families = dict[str, set[int]]  # the ids that each was seen to have


def noted(frames: Iterable[Frame], families: Families) -> Iterator[Frame]:
    """The frames as they are; `families` gets what the kernel's controller tells in them."""
    for frame in frames:
        cooked = parse_cooked(frame.linktype, frame.data)
        if cooked is not None and cooked.protocol == NETLINK_GENERIC:
            type_ = frame.data[cooked.size + 4 : cooked.size + 6]
            for order in ("<", ">"):
                if type_ == _TYPE[order]:
                    _note(frame.data, cooked.size, order, families)
        yield frame


def _note(data: bytes, start: int, order: Order, families: Families) -> None:
    for span in walk_messages(data, start, order, NETLINK_GENERIC):
        body = span.start + HEADER_SIZE
        if span.type != GENL_ID_CTRL or data[body : body + 1] != bytes([CTRL_CMD_NEWFAMILY]):
            continue
        found = payloads(data, body + GENL_HEADER_SIZE, span.end, order, _WANTED)
        name, id_ = found.get(CTRL_ATTR_FAMILY_NAME, b""), found.get(CTRL_ATTR_FAMILY_ID, b"")
        if name and len(id_) == 2:
            families.setdefault(decoded(name.rstrip(b"\0"))[1], set()).add(*struct.unpack(f"{order}H", id_))


def disagreement(captures: Sequence[tuple[str, Mapping[str, set[int]]]]) -> str:
    """What says that captures are not of one machine, or not of one boot of it, in words; "" where nothing does.

    Args:
        captures: what each is called, and its families.
    """
    before: dict[str, tuple[str, set[int]]] = {}
    for path, families in captures:
        for name, ids in families.items():
            first, known = before.setdefault(name, (path, ids))
            if known.isdisjoint(ids):
                return (
                    f"the family {name} has id {min(known)} in {first} and {min(ids)} in {path}, so these are of two "
                    "machines or boots, and numbers of one are named by the other here: read each by itself"
                )
    return ""
