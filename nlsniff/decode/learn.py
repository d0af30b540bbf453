"""Learns names from messages as they pass: links and VRF tables from RTM_NEWLINK, families from CTRL_CMD_NEWFAMILY.

From messages of ipset, the types of its sets. From NFT_MSG_NEWSET, whoever sends it, the types of a set's elements, but
where it is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode import ipset
from nlsniff.decode.context import UNPACK
from nlsniff.terminal import decoded
from nlsniff.wire.attr import HEADER_SIZE as ATTR_HEADER_SIZE
from nlsniff.wire.attr import payloads, walk_attrs
from nlsniff.wire.constants import (
    CTRL_ATTR_FAMILY_ID,
    CTRL_ATTR_FAMILY_NAME,
    CTRL_CMD_NEWFAMILY,
    GENL_HEADER_SIZE,
    NETLINK_GENERIC,
    NETLINK_NETFILTER,
    NETLINK_ROUTE,
    NFT_MSG_NEWSET,
    NLM_F_REQUEST,
    NLMSG_ERROR,
    RTM_NEWLINK,
)
from nlsniff.wire.nlmsg import HEADER_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.names import Names

_IFLA_IFNAME, _IFLA_LINKINFO, _IFINFOMSG_SIZE = 3, 18, 16
_IFLA_INFO_KIND, _IFLA_INFO_DATA, _IFLA_VRF_TABLE = 1, 2, 1
_CTRL_ATTR_HDRSIZE, _CTRL_ATTR_MCAST_GROUPS, _CTRL_ATTR_MCAST_GRP_NAME, _CTRL_ATTR_MCAST_GRP_ID = 4, 7, 1, 2
_OF_A_LINK = frozenset({_IFLA_IFNAME})
_OF_A_VRF = frozenset({_IFLA_IFNAME, _IFLA_LINKINFO})
_OF_ITS_KIND = frozenset({_IFLA_INFO_KIND, _IFLA_INFO_DATA})
_OF_ITS_DATA = frozenset({_IFLA_VRF_TABLE})
_OF_A_FAMILY = frozenset({CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, _CTRL_ATTR_HDRSIZE, _CTRL_ATTR_MCAST_GROUPS})
_OF_A_GROUP = frozenset({_CTRL_ATTR_MCAST_GRP_NAME, _CTRL_ATTR_MCAST_GRP_ID})

_OF_NETFILTER = ipset.TEACHERS | {NLMSG_ERROR, NFT_MSG_NEWSET}


def learn(names: Names, messages: Iterable[NetlinkMessage]) -> None:
    """Let messages teach their names, each of which holds from its message on. Never raises."""
    for message in messages:
        # A message of generic netlink's controller has the same type.
        type_ = message.type
        if type_ == RTM_NEWLINK:
            if not message.flags & NLM_F_REQUEST:
                _learn(names, message)
        elif type_ in _OF_NETFILTER and message.protocol == NETLINK_NETFILTER:
            start = message.start
            if type_ == NLMSG_ERROR:
                start, type_ = ipset.refused_request(message)
            if type_ == NFT_MSG_NEWSET:
                _learn_set(names, message, start)
            elif type_ in ipset.TEACHERS:
                ipset.learn(names, message, start, type_)


def _learn(names: Names, message: NetlinkMessage) -> None:
    number, data, end, order = message.number, message.data, message.end, message.order
    body = message.start + HEADER_SIZE
    if message.protocol == NETLINK_ROUTE:
        if end - body < _IFINFOMSG_SIZE:
            return
        index = UNPACK[order]["s32"](data, body + 4)[0]
        # Every link event of a file passes here, and few of them are of a VRF: no more is looked at than there must be.
        vrf = data.find(b"vrf", body, end) >= 0
        found = payloads(data, body + _IFINFOMSG_SIZE, end, order, _OF_A_VRF if vrf else _OF_A_LINK)
        name = _text(found.get(_IFLA_IFNAME, b""))
        if name:
            names.learn("link", index, name, number)
        if name and vrf:
            nest = found.get(_IFLA_LINKINFO, b"")
            info = payloads(nest, 0, len(nest), order, _OF_ITS_KIND)
            if _text(info.get(_IFLA_INFO_KIND, b"")) == "vrf":
                nest = info.get(_IFLA_INFO_DATA, b"")
                table = payloads(nest, 0, len(nest), order, _OF_ITS_DATA).get(_IFLA_VRF_TABLE, b"")
                if len(table) == 4:
                    names.learn("table", UNPACK[order]["u32"](table, 0)[0], name, number)
    elif message.protocol == NETLINK_GENERIC:
        if end - body < GENL_HEADER_SIZE or data[body] != CTRL_CMD_NEWFAMILY:
            return
        found = payloads(data, body + GENL_HEADER_SIZE, end, order, _OF_A_FAMILY)
        named = found.get(CTRL_ATTR_FAMILY_NAME, b"")
        # The name decides who reads the family's keys. The kernel ends it with one NUL; what is damaged teaches none.
        name = _text(named) if named.find(b"\0") == len(named) - 1 else ""
        family = found.get(CTRL_ATTR_FAMILY_ID, b"")
        if name and len(family) == 2:
            id_ = UNPACK[order]["u16"](family, 0)[0]
            names.learn("genl", id_, name, number)
            size = found.get(_CTRL_ATTR_HDRSIZE, b"")
            header = str(UNPACK[order]["u32"](size, 0)[0]) if len(size) == 4 and any(size) else ""
            if header != names.resolve("genl-header", id_, number):  # most families have none
                names.learn("genl-header", id_, header, number)
            _learn_groups(names, message, name, found.get(_CTRL_ATTR_MCAST_GROUPS, b""))


def _learn_set(names: Names, message: NetlinkMessage, start: int) -> None:
    """Learn what the elements of a set of nf_tables are made of; `start` is where the NFT_MSG_NEWSET begins."""
    from nlsniff.decode.set_types import ASKED, KIND, told  # few captures have sets

    key, text = told(message.data, start + HEADER_SIZE, message.end, message.order)
    refused = start != message.start
    asked = not refused and message.flags & NLM_F_REQUEST
    facts = [(ASKED, text if asked else "")]
    if not refused and not asked:
        facts.append((KIND, text))
    for kind, now in facts:
        if key and (now or names.resolve(kind, key, message.number)):
            names.learn(kind, key, now, message.number)


def _learn_groups(names: Names, message: NetlinkMessage, family: str, groups: bytes) -> None:
    """Learn the multicast groups of a family of generic netlink: the kernel gives out their numbers."""
    order = message.order
    for span in walk_attrs(groups, 0, len(groups), order):
        found = payloads(groups, span.start + ATTR_HEADER_SIZE, span.end, order, _OF_A_GROUP)
        name, id_ = _text(found.get(_CTRL_ATTR_MCAST_GRP_NAME, b"")), found.get(_CTRL_ATTR_MCAST_GRP_ID, b"")
        if name and len(id_) == 4:
            names.learn("genl-group", UNPACK[order]["u32"](id_, 0)[0], f"{family}.{name}", message.number)


def _text(payload: bytes) -> str:
    """A name as it is shown: names stand for numbers, where people read them."""
    return decoded(payload.split(b"\0", 1)[0])[1]
