"""Learns names from messages as they pass: links from RTM_NEWLINK, generic families from CTRL_CMD_NEWFAMILY."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.context import UNPACK
from nlsniff.wire.attr import walk_attrs
from nlsniff.wire.constants import NETLINK_GENERIC, NETLINK_ROUTE, NLA_TYPE_MASK, NLM_F_REQUEST

if TYPE_CHECKING:
    from nlsniff.decode.names import Names
    from nlsniff.wire.nlmsg import Order

_RTM_NEWLINK, _IFLA_IFNAME, _IFINFOMSG_SIZE = 16, 3, 16
_GENL_ID_CTRL, _CTRL_CMD_NEWFAMILY, _CTRL_ATTR_FAMILY_ID, _CTRL_ATTR_FAMILY_NAME = 16, 1, 1, 2
_NLMSG_HEADER, _GENL_HEADER = 16, 4


def learn(names: Names, number: int, protocol: int, type_: int, flags: int, data: bytes,
          start: int, end: int, order: Order) -> None:  # fmt: skip
    """Let a message teach its names. `number` is the message's, from which on they hold. Never raises."""
    if flags & NLM_F_REQUEST or type_ != _RTM_NEWLINK:
        return
    body = start + _NLMSG_HEADER
    if protocol == NETLINK_ROUTE:
        if end - body < _IFINFOMSG_SIZE:
            return
        index = UNPACK[order]["s32"](data, body + 4)[0]
        name = _texts(data, body + _IFINFOMSG_SIZE, end, order).get(_IFLA_IFNAME)
        if name:
            names.learn("link", index, name.decode("utf-8", "backslashreplace"), number)
    elif protocol == NETLINK_GENERIC:
        if end - body < _GENL_HEADER or data[body] != _CTRL_CMD_NEWFAMILY:
            return
        found = _texts(data, body + _GENL_HEADER, end, order)
        name = found.get(_CTRL_ATTR_FAMILY_NAME)
        family = found.get(_CTRL_ATTR_FAMILY_ID, b"")
        if name and len(family) == 2:
            names.learn("genl", UNPACK[order]["u16"](family, 0)[0], name.decode("utf-8", "backslashreplace"), number)


def _texts(data: bytes, start: int, end: int, order: Order) -> dict[int, bytes]:
    """Payloads of the attributes that names are made of: texts up to their NUL, and the two bytes of a family id."""
    found: dict[int, bytes] = {}
    for span in walk_attrs(data, start, end, order):
        number = span.type & NLA_TYPE_MASK
        if not span.fault and number <= 3:
            payload = data[span.start + 4 : span.end]
            found[number] = payload if number == 1 else payload.split(b"\0", 1)[0]
    return found
