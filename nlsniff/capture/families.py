"""The generic netlink families of this kernel and their multicast groups, which have new numbers at each boot."""

from __future__ import annotations

import sys
from typing import Final

from nlsniff.capture.rtnetlink import text
from nlsniff.capture.selfdescribe import SelfDescription
from nlsniff.wire.attr import HEADER_SIZE as ATTR_HEADER_SIZE
from nlsniff.wire.attr import payloads, walk_attrs
from nlsniff.wire.constants import GENL_ID_CTRL, NETLINK_GENERIC
from nlsniff.wire.nlmsg import HEADER_SIZE, walk_messages
from nlsniff.wire.order import NATIVE

_GENL_HEADER: Final = 4
_FAMILY_NAME, _MCAST_GROUPS = 2, 7
_GROUP_NAME, _GROUP_ID = 1, 2


def generic_groups() -> dict[str, dict[str, int]]:
    """Ask the kernel for the groups of each family that has any.

    Raises:
        NlsniffError: when the kernel does not answer.
    """
    found = {}
    with SelfDescription() as description:
        for _, protocol, data in description.exchange():
            if protocol != NETLINK_GENERIC:
                continue
            for span in walk_messages(data, 0, NATIVE):
                if span.type == GENL_ID_CTRL and not span.broken:
                    start = span.start + HEADER_SIZE + _GENL_HEADER
                    family = payloads(data, start, span.end, NATIVE, (_FAMILY_NAME, _MCAST_GROUPS))
                    groups = _groups(family.get(_MCAST_GROUPS, b""))
                    if groups:
                        found[text(family.get(_FAMILY_NAME, b""))] = groups
    return found


def _groups(data: bytes) -> dict[str, int]:
    found = {}
    for span in walk_attrs(data, 0, len(data), NATIVE):
        group = payloads(data, span.start + ATTR_HEADER_SIZE, span.end, NATIVE, (_GROUP_NAME, _GROUP_ID))
        if {_GROUP_NAME, _GROUP_ID} <= group.keys():
            found[text(group[_GROUP_NAME])] = int.from_bytes(group[_GROUP_ID], sys.byteorder)
    return found
