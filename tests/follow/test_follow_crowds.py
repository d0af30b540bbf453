"""Twice the messages take twice the work to follow, to tell as stories and to ask about, whatever they are about.

Work is counted in lines of nlsniff/follow that are executed, so that no clock is asked.
"""

from __future__ import annotations

import struct
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nlsniff.filter.compile import compile_filter
from nlsniff.follow import candidates as table
from nlsniff.stats.statistics import Statistics
from nlsniff.stories.stories import tell
from tests.follow.talk import (
    ACK,
    ACK_TLVS,
    DELROUTE,
    DUMP,
    EINVAL,
    GETADDR,
    IFADDR,
    MULTI,
    NEWADDR,
    NEWLINK,
    NEWROUTE,
    REQUEST,
    RTMSG,
    XFRM,
    Talk,
    answer,
    attr,
    nlmsg,
)
from tests.support import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable

    Crowd = Callable[[Talk, int], None]

FOLLOW = str(Path(sys.modules["nlsniff.follow"].__file__ or "").parent)
FEW = 200
RATIO = 2.2
DELLINK, DELADDR, CREATE = 17, 21, 0x400
UP, ALL = 1, 0xFFFFFFFF


def lines_of(action: Callable[[], object]) -> int:
    """How many lines of nlsniff/follow an action executes."""
    count = 0

    def inside(_frame: object, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return inside

    def trace(frame: Any, _event: str, _argument: object) -> Any:
        return inside if frame.f_code.co_filename.startswith(FOLLOW) else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


def link(index: int, name: bytes, *, flags: int = 0, changed: int = ALL) -> bytes:
    """What the kernel tells of a link."""
    return struct.pack("<BxHiII", 0, 1, index, flags, changed) + attr(3, name + b"\0") + attr(16, b"\2")


def number(value: int) -> bytes:
    """A 32-bit number."""
    return struct.pack("<I", value)


def state(spi: int, reqid: int = 0, proto: int = 50) -> bytes:
    """A struct xfrm_usersa_info."""
    return b"".join((
        bytes(56), bytes(15), b"\1", struct.pack(">I", spi), bytes((proto, 0, 0, 0)), bytes(16), bytes(108), bytes(4),
        number(reqid), b"\x0a\0", bytes(10),
    ))  # fmt: skip


# -- crowds ----------------------------------------------------------------------------------------------------------


def links(talk: Talk, count: int) -> None:
    """Links that are made, and are all there before the first is deleted."""
    for type_ in (NEWLINK, DELLINK):
        for at in range(1, count + 1):
            talk(nlmsg(type_, 0, 0, 0, link(at, b"a%d" % at)))


def addresses(talk: Talk, count: int) -> None:
    """Addresses of many links, which are deleted one after the other."""
    for at in range(1, count + 1):
        talk(nlmsg(NEWLINK, 0, 0, 0, link(at, b"a%d" % at, flags=UP)))
        talk(nlmsg(NEWADDR, 0, 0, 0, b"\2\x18\x80\0" + number(at) + attr(2, struct.pack(">I", at))))
    for at in range(1, count + 1):
        talk(nlmsg(DELLINK, 0, 0, 0, link(at, b"a%d" % at)))


def down(talk: Talk, count: int) -> None:
    """A link with many addresses that goes down again and again."""
    for at in range(count):
        talk(nlmsg(NEWADDR, 0, 0, 0, b"\2\x18\x80\0" + number(7) + attr(2, struct.pack(">I", at + 1))))
    for at in range(count):
        talk(nlmsg(NEWLINK, 0, 0, 0, link(7, b"a7", flags=at % 2, changed=UP)))


def routes(talk: Talk, count: int) -> None:
    """Routes to one destination, deleted by requests that do not say which."""
    for at in range(count):
        talk(nlmsg(NEWROUTE, 0, 0, 0, RTMSG + attr(1, b"\x0a\0\0\0") + attr(6, number(count - at))))
    for at in range(count):
        request = nlmsg(DELROUTE, REQUEST | ACK, at + 1, 0, RTMSG + attr(1, b"\x0a\0\0\0"))
        talk(request)
        talk(answer(request, 500))


def states(talk: Talk, count: int) -> None:
    """States that are added, flushes of a protocol that none has, and their end."""
    for at in range(count):
        talk(nlmsg(16, 0, 0, 0, state(at + 256)), protocol=XFRM)
    for at in range(count):
        request = nlmsg(28, REQUEST | ACK, at + 1, 0, b"\x33\0\0\0")
        talk(request, protocol=XFRM)
        talk(answer(request, 500), protocol=XFRM)
    for at in range(count):
        identity = bytes(15) + b"\1" + struct.pack(">I", at + 256) + struct.pack("<HBx", 10, 50)
        talk(nlmsg(17, 0, 0, 0, identity + attr(1, state(at + 256))), protocol=XFRM)


def acquired(talk: Talk, count: int) -> None:
    """States that are wanted, and as many that answer none of these wishes."""
    template = bytes(44) + number(1) + bytes(16)
    wish = bytes(15) + b"\1" + bytes(4) + b"\x32\0\0\0" + bytes(16 + 40) + b"\x0a" + bytes(15 + 168 + 16)
    for _ in range(count):
        talk(nlmsg(23, 0, 0, 0, wish + attr(5, template)), protocol=XFRM, after_us=10_000)
    for at in range(count):
        talk(nlmsg(16, 0, 0, 0, state(at + 256, reqid=2)), protocol=XFRM)


def reserved(talk: Talk, count: int) -> None:
    """One SPI that is reserved again and again, and then updated as often."""
    for at in range(count):
        talk(nlmsg(22, REQUEST, at + 1, 500, state(9) + bytes(8)), protocol=XFRM)
        talk(nlmsg(16, 0, at + 1, 500, state(9)), protocol=XFRM)
    for _ in range(count):
        talk(nlmsg(26, 0, 0, 0, state(9)), protocol=XFRM, after_us=10_000)


def caused(talk: Talk, count: int) -> None:
    """A request that causes many events about one link."""
    request = nlmsg(NEWLINK, REQUEST | ACK, 5, 500, struct.pack("<BxHiII", 0, 1, 7, 0, UP) + attr(3, b"a7\0"))
    talk(request)
    for at in range(count):
        talk(nlmsg(NEWLINK, 0, 5, 500, link(7, b"a7", changed=0) + attr(4, number(at))))
    talk(answer(request, 500))


def waiting(talk: Talk, count: int) -> None:
    """Requests of one port that are all open at once."""
    requests = [nlmsg(NEWROUTE, REQUEST | ACK, at + 1, 500, RTMSG + number(at)) for at in range(count)]
    for request in requests:
        talk(request)
    for request in requests:
        talk(nlmsg(NEWROUTE, 0, 0, 0, request[16:]))
    for request in reversed(requests):
        talk(answer(request, 500))


def silent(talk: Talk, count: int) -> None:
    """Requests without an ACK in one datagram, and what the kernel tells in consequence."""
    talk(*(nlmsg(NEWROUTE, REQUEST, at + 1, 0, RTMSG + number(at)) for at in range(count)))
    for at in range(count):
        talk(nlmsg(NEWROUTE, 0, 0, 0, RTMSG + number(at)), after_us=0)


def proven(talk: Talk, count: int) -> None:
    """A datagram full of events, which the port ids of many ACKs prove."""
    requests = [nlmsg(NEWROUTE, REQUEST | ACK, at + 1, 0, RTMSG + number(at)) for at in range(count)]
    for request in requests:
        talk(request)
    talk(*(nlmsg(NEWROUTE, 0, at + 1, 500, RTMSG + number(at)) for at in range(count)))
    for request in requests:
        talk(answer(request, 500))


def dumped(talk: Talk, count: int) -> None:
    """A dump in many parts that ends with an error in words."""
    talk(nlmsg(GETADDR, REQUEST | DUMP, 3, 0, b"\2\0\0\0"), comment="process: ip[412]")
    for at in range(count):
        talk(nlmsg(NEWADDR, MULTI, 3, 500, IFADDR + attr(2, struct.pack(">I", at))))
    talk(nlmsg(3, MULTI | ACK_TLVS, 3, 500, struct.pack("<i", -EINVAL) + attr(1, b"no\0")))


def alike(talk: Talk, count: int) -> None:
    """Requests of many types, each refused by an error that copies nothing."""
    for at in range(count):
        talk(nlmsg(200 + 2 * at, REQUEST | ACK, at + 1, 0, bytes(4)), protocol=XFRM)
        talk(nlmsg(2, 0, at + 1, 500, struct.pack("<i", -EINVAL)), protocol=XFRM)


# What is done with each: the messages are followed, and stories told of the conversations, or questions asked of them.
FOLLOWED: tuple[Crowd, ...] = (waiting, silent, proven)
TOLD: tuple[Crowd, ...] = (links, addresses, down, routes, states, acquired, reserved, caused)
ASKED: tuple[Crowd, ...] = (caused, dumped, alike)


def _talk(crowd: Crowd, count: int) -> Talk:
    talk = Talk()
    crowd(talk, count)
    for message in talk.messages:
        _ = message.root
    return talk


def _tell(talk: Talk) -> None:
    for story in tell(talk.follower, talk.message):
        list(story.lines())
        story.to_json()


def _ask(talk: Talk) -> None:
    figures = Statistics(talk.follower)
    wanted = [compile_filter(text, REGISTRY) for text in ('process == "ip"', 'extack contains "no"')]
    for message in talk.messages:
        figures.feed(message)
        for one in wanted:
            one.matches(message, talk.follower.conversation(message.conversation))
    figures.report()


@pytest.mark.parametrize("crowd", FOLLOWED)
def test_twice_the_messages_are_twice_the_work_to_follow(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    # A message may be compared with so many at most; a small crowd is larger than that.
    monkeypatch.setattr(table, "SILENT_LIMIT", 16)
    few, many = (lines_of(partial(crowd, Talk(), count)) for count in (FEW, 2 * FEW))
    assert many <= few * RATIO, f"{few} lines, then {many}"


@pytest.mark.parametrize("crowd", TOLD)
def test_twice_the_messages_are_twice_the_work_to_tell(crowd: Crowd) -> None:
    few, many = (lines_of(partial(_tell, _talk(crowd, count))) for count in (FEW, 2 * FEW))
    assert many <= few * RATIO, f"{few} lines, then {many}"


@pytest.mark.parametrize("crowd", ASKED)
def test_twice_the_messages_are_twice_the_work_to_ask_about(crowd: Crowd) -> None:
    few, many = (lines_of(partial(_ask, _talk(crowd, count))) for count in (FEW, 2 * FEW))
    assert many <= few * RATIO, f"{few} lines, then {many}"
