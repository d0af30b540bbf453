"""Guess of which netlink protocol datagrams are that came without a cooked header.

Each protocol reads them with its dissectors; what is named without a fault speaks for it. Of generic netlink families
that the datagrams do not name, and of netfilter, nothing is named: there a chain of attributes speaks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.learn import learn
from nlsniff.decode.message import NetlinkMessage
from nlsniff.wire.attr import walk_attrs
from nlsniff.wire.constants import (
    HEADERLESS,
    NETLINK_AUDIT,
    NETLINK_CONNECTOR,
    NETLINK_GENERIC,
    NETLINK_KOBJECT_UEVENT,
    NETLINK_NETFILTER,
    NETLINK_ROUTE,
    NETLINK_SOCK_DIAG,
    NETLINK_XFRM,
    NFNL_MSG_BATCH_BEGIN,
    NFNL_MSG_BATCH_END,
    NLMSG_MIN_TYPE,
    PROTOCOL_NAMES,
    UNKNOWN_PROTOCOL,
)
from nlsniff.wire.nlmsg import NFNL_SUBSYSTEMS, UEVENT, walk_messages
from nlsniff.wire.order import OrderVote, fits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.decode.node import Node
    from nlsniff.spec.registry import Registry
    from nlsniff.wire.nlmsg import Order

_USUAL = (
    NETLINK_ROUTE, NETLINK_GENERIC, NETLINK_NETFILTER, NETLINK_SOCK_DIAG, NETLINK_XFRM, NETLINK_AUDIT,
    NETLINK_KOBJECT_UEVENT, NETLINK_CONNECTOR,
)  # fmt: skip
# The likely first: of two that fit as well it is taken.
_TRIED = (*_USUAL, *(number for number in PROTOCOL_NAMES if number not in _USUAL))
_ASKED = 100  # datagrams that decide together
_GOOD = 0.6  # a datagram that is read so well needs no other protocol
_POOR = 0.2  # what is read worse is no netlink that we know
# How much messages count of which bytes are not named: errors and ends of dumps, which look alike everywhere; those of
# a type that nobody describes; and those behind whose short header stand whole attributes.
_CONTROL, _NO_TYPE, _ATTRIBUTES = 0.25, 0.02, 0.55
# What each sign of a mistake leaves of a score: an error, bytes that are no zeros where these are expected, a number
# that an enum does not name, a struct that is cut.
_FAULTY, _ODD = 0.2, 0.5
_BATCH = frozenset({NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END})
_LAST_FAMILY = 0x100  # ids of generic families begin at 16; a kernel that has many is below this
_LAST_VERSION = 8  # of generic families; most have 1 or 2
_SHORT_HEADER = 4  # of generic netlink and netfilter
_CONNECTED = 20  # bytes of a cn_msg without data
_GETS, _KINDS = 2, 4  # route: of four types in a row the third asks, which may be with less than its struct
_LEAST_STRUCT = 8


def guess_protocols(registry: Registry, datagrams: Sequence[bytes]) -> list[int]:
    """The likely protocol of each datagram, or UNKNOWN_PROTOCOL; all of a text are of one unless that fits badly."""
    judge = _Judge(registry, datagrams)
    asked = range(min(len(datagrams), _ASKED))
    scores = {protocol: [judge.score(index, protocol) for index in asked] for protocol in _TRIED}
    usual = max(_TRIED, key=lambda protocol: sum(scores[protocol]))
    found: list[int] = []
    for index in range(len(datagrams)):
        score = scores[usual][index] if index < len(asked) else judge.score(index, usual)
        best = usual
        if score < _GOOD:
            others = {protocol: judge.score(index, protocol) for protocol in _TRIED}
            other = max(_TRIED, key=lambda protocol: others[protocol])
            if others[other] > max(2 * score, _GOOD):
                best, score = other, others[other]
        found.append(best if score >= _NO_TYPE else UNKNOWN_PROTOCOL)
    return found if any(judge.best >= _POOR for _ in found) else [UNKNOWN_PROTOCOL] * len(datagrams)


class _Judge:
    """How well each protocol fits datagrams, from 0 to 1."""

    def __init__(self, registry: Registry, datagrams: Sequence[bytes]) -> None:
        self.best = 0.0
        self._decoder = Decoder(registry)
        self._datagrams = datagrams
        vote = OrderVote()
        for data in datagrams[:_ASKED]:
            vote.add(data, 0)
        self._order = vote.order

    def score(self, index: int, protocol: int) -> float:
        """How well a protocol fits a datagram: the mean of its messages, by their bytes."""
        data = self._datagrams[index]
        total = found = 0.0
        for message in self._messages(index, protocol):
            learn(self._decoder.names, (message,))
            size = message.end - message.start
            found += _fit(message) * size
            total += size
        score = found / len(data) if total else 0.0
        self.best = max(self.best, score)
        return score

    def _messages(self, index: int, protocol: int) -> list[NetlinkMessage]:
        data, order = self._datagrams[index], self._order
        other: Order = ">" if order == "<" else "<"
        if fits(data, 0, other) and not fits(data, 0, order):
            order = other
        spans = walk_messages(data, 0, order, protocol)
        return [NetlinkMessage(self._decoder, index + 1, index + 1, 0, protocol, data, order, span) for span in spans]


def _fit(message: NetlinkMessage) -> float:
    if message.stray:
        return 0.0
    if message.protocol in HEADERLESS:
        return float(UEVENT.match(message.data) is not None)
    size = message.end - message.body
    if message.protocol == NETLINK_CONNECTOR and size < _CONNECTED:
        return _NO_TYPE
    if message.type < NLMSG_MIN_TYPE and message.protocol != NETLINK_CONNECTOR:
        return _CONTROL * (_FAULTY if _is_faulty(message) else 1.0)
    if message.layout.form is None:
        return _ATTRIBUTES if _has_attributes(message) else _NO_TYPE
    if message.protocol == NETLINK_ROUTE and size < _LEAST_STRUCT and message.type % _KINDS != _GETS:
        return _NO_TYPE
    counts = message.counts
    signs = sum(item.code in {"padding", "short-struct"} for item in message.problems) + _unnamed(message.root)
    if message.protocol != NETLINK_GENERIC:
        signs += _attributes(message) > 0  # then it may be of a generic family
    named = counts.named / max(counts.total - counts.padding, 1)
    return named * (_FAULTY if _is_faulty(message) else 1.0) * float(_ODD ** min(signs, 3))


def _has_attributes(message: NetlinkMessage) -> bool:
    """Whether a message that no dissector knows may be of generic netlink or netfilter: there are attributes."""
    if message.protocol == NETLINK_GENERIC:
        return message.family is not None or (message.type < _LAST_FAMILY and _attributes(message) >= 0)
    netfilter = message.protocol == NETLINK_NETFILTER and _attributes(message) >= 0
    return netfilter and (message.type >> 8 in NFNL_SUBSYSTEMS or message.type in _BATCH)


def _attributes(message: NetlinkMessage) -> int:
    """How many attributes there are, all whole, behind a header of generic netlink or netfilter; -1 for none such."""
    data, body = message.data, message.body
    if message.end - body < _SHORT_HEADER:
        return -1
    if message.protocol == NETLINK_NETFILTER:
        if data[body + 1]:
            return -1
    elif not data[body] or data[body + 1] > _LAST_VERSION or any(data[body + 2 : body + 4]):
        return -1
    # Some families (openvswitch) have a header of their own of one word behind it.
    counts = [_chain(message, body + _SHORT_HEADER)]
    if message.protocol == NETLINK_GENERIC and counts[0] < 0:
        counts.append(_chain(message, body + 2 * _SHORT_HEADER))
    return max(counts)


def _chain(message: NetlinkMessage, start: int) -> int:
    """How many attributes there are from a place on, or -1 where one of them is not whole."""
    spans = list(walk_attrs(message.data, start, message.end, message.order))
    return -1 if any(span.fault for span in spans) else len(spans)


def _unnamed(root: Node) -> int:
    """How many numbers of enums have no name."""
    enums = (node for node in root.walk() if node.kind == "value" and getattr(node.spec, "enum", None))
    return sum(isinstance(node.value, int) for node in enums)


def _is_faulty(message: NetlinkMessage) -> bool:
    return any(problem.severity != "note" for problem in message.problems)
