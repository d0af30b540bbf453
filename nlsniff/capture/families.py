"""The generic netlink families of this kernel and their multicast groups, which have new numbers at each boot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nlsniff.capture.selfdescribe import SelfDescription
from nlsniff.wire.attr import HEADER_SIZE as ATTR_HEADER_SIZE
from nlsniff.wire.attr import walk_attrs
from nlsniff.wire.constants import NETLINK_GENERIC
from nlsniff.wire.nlmsg import HEADER_SIZE, walk_messages
from nlsniff.wire.order import NATIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEWFAMILY: Final = 16
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
                if span.type == _NEWFAMILY and not span.broken and span.end - span.start > HEADER_SIZE + _GENL_HEADER:
                    attributes = dict(_attributes(data[span.start + HEADER_SIZE + _GENL_HEADER : span.end]))
                    groups = _groups(attributes.get(_MCAST_GROUPS, b""))
                    if groups:
                        found[_text(attributes.get(_FAMILY_NAME, b""))] = groups
    return found


def _groups(data: bytes) -> dict[str, int]:
    found = {}
    for _, group in _attributes(data):
        attributes = dict(_attributes(group))
        if {_GROUP_NAME, _GROUP_ID} <= attributes.keys():
            found[_text(attributes[_GROUP_NAME])] = int.from_bytes(
                attributes[_GROUP_ID], "little" if NATIVE == "<" else "big"
            )
    return found


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    for span in walk_attrs(data, 0, len(data), NATIVE):
        yield span.type, data[span.start + ATTR_HEADER_SIZE : span.end]


def _text(data: bytes) -> str:
    return data.rstrip(b"\0").decode(errors="replace")
