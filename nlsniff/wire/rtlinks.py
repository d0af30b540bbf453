"""Which network device a message of rtnetlink is about, by its bytes: without decoding it (linux/rtnetlink.h)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from nlsniff.wire.attr import payloads

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order

_WORD: Final = {"<": struct.Struct("<I"), ">": struct.Struct(">I")}
# Objects (nlmsg_type >> 2) whose fixed header has the ifindex at byte 4: links, addresses, neighbours, qdiscs, classes,
# filters, prefixes, multicast and anycast addresses, options of neighbour discovery, labels of addresses, entries of
# bridges, statistics, chains, alternative names, VLANs, tunnels.
_AT_4: Final = frozenset(
    number >> 2 for number in (16, 20, 28, 36, 40, 44, 52, 56, 60, 68, 72, 84, 92, 100, 108, 112, 120)
)
# Those that have it in an attribute: bytes of the fixed header, and the types of the attributes that lead to it.
_IN_ATTRIBUTES: Final = {
    24 >> 2: (12, (4,)),  # RTM_NEWROUTE: RTA_OIF
    64 >> 2: (4, (6, 1)),  # RTM_NEWNEIGHTBL: NDTA_PARMS, NDTPA_IFINDEX
    80 >> 2: (4, (1,)),  # RTM_NEWNETCONF: NETCONFA_IFINDEX
    104 >> 2: (8, (5,)),  # RTM_NEWNEXTHOP: NHA_OIF
}


def link_of(type_: int, data: bytes, body: int, end: int, order: Order) -> int:
    """The ifindex of the one device that a message is about; 0 where it is about none, or several.

    Args:
        type_: its nlmsg_type.
        data: what holds it: behind the nlmsghdr it covers [body, end).
        body: see there.
        end: see there.
        order: byte order.
    """
    kind = type_ >> 2
    if kind in _AT_4:
        word: int = _WORD[order].unpack_from(data, body + 4)[0] if body + 8 <= end else 0
        return word
    where = _IN_ATTRIBUTES.get(kind)
    return number_at(data, body + where[0], end, order, where[1]) if where else 0


def number_at(data: bytes, start: int, end: int, order: Order, path: tuple[int, ...]) -> int:
    """The 32-bit number at a path of attribute types, from the attributes in [start, end) on; 0 where there is none."""
    for number in path:
        found = payloads(data, start, end, order, (number,)).get(number)
        if found is None:
            return 0
        data, start, end = found, 0, len(found)
    word: int = _WORD[order].unpack_from(data)[0] if end >= 4 else 0
    return word
