"""Many messages at once: whatever comes, and however it is cut, they are followed as one after the other."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage, infer_direction
from nlsniff.follow.follower import Follower
from nlsniff.follow.passing import NoStore
from nlsniff.follow.store import Store
from nlsniff.reader import Stream
from nlsniff.wire.constants import NETLINK_CONNECTOR
from nlsniff.wire.nlmsg import walk_messages
from tests.conftest import CAPTURES
from tests.follow.talk import DUMP, FILTERED, GETROUTE, INTR, MULTI, NEWROUTE, REQUEST, RTMSG, done, nlmsg
from tests.support import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Frame = tuple[list[bytes], int, int, str]  # messages, protocol, microseconds since the last, who is said to speak

PARTS = st.builds(
    nlmsg, st.sampled_from([NEWROUTE, NEWROUTE, NEWROUTE, 16, 0x100]), st.sampled_from([MULTI, MULTI, MULTI | INTR, 0]),
    st.sampled_from([0, 1, 1, 1]), st.sampled_from([0, 500, 500, 500]), st.sampled_from([RTMSG, b"", RTMSG + RTMSG]),
)  # fmt: skip
OTHERS = st.sampled_from(
    [
        nlmsg(GETROUTE, REQUEST | DUMP, 1, 0, RTMSG),
        done(1, 500),
        done(1, 500, flags=MULTI | FILTERED),
        nlmsg(2, 0, 1, 500, bytes(4) + nlmsg(GETROUTE, REQUEST | DUMP, 1, 0)),
        nlmsg(4, 0, 1, 500),
    ]
)
FRAMES = st.tuples(
    st.lists(st.one_of(PARTS, PARTS, PARTS, OTHERS), min_size=1, max_size=6),
    st.sampled_from([0, 0, 0, 12, 2]), st.integers(-10, 1000),
    st.sampled_from(["", "process: ip[500]", "process: ss[7]"]),
)  # fmt: skip


def compare(make: Callable[[], list[NetlinkMessage]], sizes: list[int], *, keep: bool) -> None:
    """Hold what comes of messages one by one to what comes of them in lists of these lengths, over and over."""
    single, bulk = (Follower(Decoder(REGISTRY), store=Store() if keep else NoStore()) for _ in range(2))
    expected = [(single.feed(message), message.direction) for message in make()]
    many = make()
    rest = many
    for size in itertools.cycle(sizes):
        bulk.feed_all(rest[:size])
        rest = rest[size:]
        if not rest:
            break
    assert [(message.conversation, message.direction) for message in many] == expected
    assert len(single) == len(bulk)
    if keep:
        assert [item.to_json() for item in single.conversations] == [item.to_json() for item in bulk.conversations]


def messages(frames: list[Frame]) -> list[NetlinkMessage]:
    """What is in datagrams."""
    made: list[NetlinkMessage] = []
    decoder = Decoder(REGISTRY)
    clock = 1_700_000_000_000_000_000
    for frame, (parts, protocol, pause, comment) in enumerate(frames, 1):
        clock += pause * 1000
        data = bytes(16) + b"".join(parts)
        for span in walk_messages(data, 16, "<"):
            made.append(NetlinkMessage(decoder, len(made) + 1, frame, clock, protocol, data, "<", span, comment))
    return made


PART = nlmsg(NEWROUTE, MULTI, 1, 500, RTMSG)


@example(frames=[([PART, PART], 0, 0, "process: ip[500]"), ([PART], 0, 1, "process: ss[7]")], sizes=[9], keep=True)
@example(frames=[([PART], 0, 0, ""), ([PART], 0, -5, "")], sizes=[9], keep=True)  # a clock that is set back
@example(frames=[([PART, PART, PART, b"\1\2\3\4"], 0, 0, "")], sizes=[9], keep=False)
@given(st.lists(FRAMES, min_size=1, max_size=12), st.lists(st.integers(1, 9), min_size=1, max_size=3), st.booleans())
def test_any_traffic(frames: list[Frame], sizes: list[int], keep: bool) -> None:
    compare(lambda: messages(frames), sizes, keep=keep)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_recordings(path: Path) -> None:
    compare(lambda: remade(path), [1000, 7], keep=True)


def remade(path: Path) -> list[NetlinkMessage]:
    """The messages of a file as they were before they were followed."""
    found = list(Stream(path, Decoder(REGISTRY)))
    for message in found:
        message.conversation = 0
        if message.protocol != NETLINK_CONNECTOR:
            message.direction = infer_direction(message.protocol, message.flags)
    return found
