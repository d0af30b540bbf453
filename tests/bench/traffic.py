"""Files of many messages from few recordings: the same kernel traffic again and again, with numbers that go on."""

from __future__ import annotations

import itertools
import struct
from random import Random
from typing import TYPE_CHECKING

from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.spec.registry import Registry
from nlsniff.wire.attr import walk_attrs
from nlsniff.wire.constants import NETLINK_ROUTE, NLMSG_ERROR
from nlsniff.wire.nlmsg import HEADER_SIZE, walk_messages
from tests.conftest import CAPTURES, COMPRESSED
from tests.model.traffic import Traffic, capture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nlsniff.wire.nlmsg import Span

# A day of a machine's network: dumps, links, routes, events, IPsec. The recordings that show each kind once, or what is
# hard to follow, would measure how nlsniff meets what is new, ten times as often as that happens.
_DAY = ("first-route", "link-life", "routes", "route-dump", "rules-neighbours", "events", "xfrm", "strongswan")
# Firewalls as nft and iptables make them, large sets, connections.
_NETFILTER = ("nft-firewall", "ruleset-life", "batches", "elements", "rulesets", "referee-conntrack", "referee-ipset")
SCENES = {"day": _DAY, "hostile": _DAY, "netfilter": _NETFILTER}
# What the README says of each behind the number of messages.
WORDS = {
    "day": "",
    "hostile": ", attributes in random order",
    "netfilter": " of netfilter",
    "every": " of all families",
}

_SEQ = struct.Struct("<I")
_SEQ_AT = 8  # in a struct nlmsghdr
_COPY_AT = HEADER_SIZE + 4  # of the request's header, in an NLMSG_ERROR

# What differs from one route, and one moment of a link, to the next (linux/rtnetlink.h, if_link.h): message type,
# length of its fixed header, attribute type, and how the numbers in it are written.
_RTM_NEWROUTE, _RTM_DELROUTE, _RTM_NEWLINK = 24, 25, 16
_VALUES = {
    _RTM_NEWROUTE: (12, 1, struct.Struct(">I")),  # RTA_DST
    _RTM_DELROUTE: (12, 1, struct.Struct(">I")),
    _RTM_NEWLINK: (16, 23, struct.Struct("<4Q")),  # IFLA_STATS64: packets and bytes
}
# The length of the fixed header of messages with attributes: of a link, address, route, neighbour and rule.
_FIXED = {16: 16, 17: 16, 20: 8, 21: 8, 24: 12, 25: 12, 28: 12, 29: 12, 32: 12, 33: 12}


def make(path: Path, messages: int, traffic: str = "day", *, fresh: bool = False) -> tuple[int, int]:
    """Write a pcap of at least so many messages; returns how many messages and frames it has.

    Each repetition adds to sequence numbers and times, so that requests pair as they do in one long recording.

    Args:
        path: of the file.
        messages: how many.
        traffic: a name of `SCENES`, or of a recording; or "hostile": that of a day, each message with its attributes in
            another order, so that few have the shape of one before; or "every": each operation of each dissector as
            often as any other, half of them in new shapes, some damaged.
        fresh: no route and no counter of a link comes twice, as in the dump of a full routing table.
    """
    if traffic == "every":
        path.write_bytes(capture(Traffic(Registry(), 1).frames(messages)))
        return messages, messages
    random = Random(1)  # noqa: S311  tests are no secret
    numbers = itertools.count(0x0A000000)
    recorded = []
    for recording in (*CAPTURES, *COMPRESSED):
        if recording.name.partition(".")[0] not in SCENES.get(traffic, (traffic,)):
            continue
        recorded += [
            (frame.data, list(walk_messages(frame.data, 16, "<")))
            for frame in FrameReader(recording)
            if frame.linktype == 253
        ]
    count = frames = turn = 0
    time_ns = 1_700_000_000_000_000_000
    with open_writer(path, "pcap") as writer:
        while count < messages:
            for data, spans in recorded:
                changed = bytearray(data)
                for span in spans:
                    _move_on(changed, span.start, turn)
                    if traffic == "hostile" and changed[15] == NETLINK_ROUTE:
                        _shuffle(changed, span, random)
                    if fresh and changed[15] == NETLINK_ROUTE:
                        _renew(changed, span, numbers)
                    if span.type == NLMSG_ERROR and span.end - span.start >= _COPY_AT + HEADER_SIZE:
                        _move_on(changed, span.start + _COPY_AT, turn)
                time_ns += 12_345
                writer.write(time_ns, bytes(changed))
                count += len(spans)
                frames += 1
                if count >= messages:
                    break
            turn += 1
    return count, frames


def _move_on(data: bytearray, header: int, turn: int) -> None:
    """Add to the sequence number of the struct nlmsghdr at a position, as often as the recording was repeated."""
    (seq,) = _SEQ.unpack_from(data, header + _SEQ_AT)
    if seq:
        _SEQ.pack_into(data, header + _SEQ_AT, (seq + turn * 1_000_003) & 0xFFFFFFFF)


def _renew(data: bytearray, span: Span, numbers: Iterator[int]) -> None:
    """Put new values where routes, or links, differ from each other."""
    header, type_, values = _VALUES.get(span.type, (0, 0, None))
    if values is None:
        return
    for attr in walk_attrs(bytes(data), span.start + HEADER_SIZE + header, span.end, "<"):
        if attr.type == type_ and attr.end - attr.start >= 4 + values.size:
            new = [next(numbers) for _ in range(values.size // struct.calcsize(values.format[-1:]))]
            values.pack_into(data, attr.start + 4, *new)


def _shuffle(data: bytearray, span: Span, random: Random) -> None:
    """Put the attributes of a message into another order."""
    if span.type not in _FIXED:
        return
    first = span.start + HEADER_SIZE + _FIXED[span.type]
    attrs = [bytes(data[attr.start : attr.end]) for attr in walk_attrs(bytes(data), first, span.end, "<")]
    attrs = [attr + bytes(-len(attr) % 4) for attr in attrs]
    if sum(map(len, attrs)) == span.end - first:  # nothing stands behind them
        random.shuffle(attrs)
        data[first : span.end] = b"".join(attrs)
