"""What following costs: memory of finished and open conversations, and time for a message, whatever came before."""

from __future__ import annotations

import struct
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage
from nlsniff.follow import candidates as table
from nlsniff.follow.follower import Follower
from nlsniff.wire.nlmsg import walk_messages
from tests.follow.talk import (
    ACK,
    DUMP,
    GETADDR,
    IFADDR,
    MULTI,
    NEWADDR,
    NEWROUTE,
    REQUEST,
    RTMSG,
    Talk,
    answer,
    done,
    nlmsg,
)
from tests.support import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLOCK = 4096  # conversations whose records are made room for together
Traffic = tuple[bytes, str]


class Stream:
    """Feeds a follower as `reader.Stream` does: nobody keeps the messages."""

    def __init__(self) -> None:
        self.decoder = Decoder(REGISTRY)
        self.follower = Follower(self.decoder)
        self.count = 0

    def __call__(self, traffic: Iterator[Traffic]) -> None:
        for data, comment in traffic:
            datagram = bytes.fromhex("00040338") + bytes(12) + data
            for span in walk_messages(datagram, 16, "<"):
                self.count += 1
                clock = 1_700_000_000_000_000_000 + self.count * 10_000
                message = NetlinkMessage(self.decoder, self.count, self.count, clock, 0, datagram, "<", span, comment)
                self.follower.feed(message)


def requests(first: int, last: int) -> Iterator[Traffic]:
    """Each with its ACK."""
    for number in range(first, last):
        request = nlmsg(NEWROUTE, REQUEST | ACK, number, 0, RTMSG + struct.pack("<I", number))
        yield request, ""
        yield answer(request, 500), ""


def named(first: int, last: int) -> Iterator[Traffic]:
    """Each with its ACK, and each from another process that the capture names."""
    for number in range(first, last):
        request = nlmsg(NEWROUTE, REQUEST | ACK, number, 0, RTMSG + struct.pack("<I", number))
        yield request, f"process: ip[{number}]"
        yield answer(request, number), f"process: ip[{number}]"


def events(first: int, last: int) -> Iterator[Traffic]:
    """News that nobody asked for."""
    for number in range(first, last):
        yield nlmsg(NEWROUTE, 0, 0, 0, RTMSG + struct.pack("<I", number)), ""


def causes(first: int, last: int) -> Iterator[Traffic]:
    """Requests, each with two events and its ACK."""
    for number in range(first, last):
        request = nlmsg(NEWROUTE, REQUEST | ACK, number, 0, RTMSG + struct.pack("<I", number))
        yield request, ""
        for extra in (0, 1):
            yield nlmsg(NEWROUTE, 0, number, 500, RTMSG + struct.pack("<II", number, extra)), ""
        yield answer(request, 500), ""


def unanswered(first: int, last: int) -> Iterator[Traffic]:
    """Requests that wait for ever."""
    for number in range(first, last):
        yield nlmsg(NEWROUTE, REQUEST | ACK, number, 0, RTMSG + struct.pack("<I", number)), ""


def one_number(first: int, last: int) -> Iterator[Traffic]:
    """Requests that all have the same sequence number."""
    for number in range(first, last):
        request = nlmsg(NEWROUTE, REQUEST | ACK, 1, 0, RTMSG + struct.pack("<I", number))
        yield request, ""
        yield answer(request, 500 + number % 7), ""


def dump(first: int, last: int) -> Iterator[Traffic]:
    """One dump in many parts."""
    yield nlmsg(GETADDR, REQUEST | DUMP, first, 0, b"\2\0\0\0"), ""
    part = nlmsg(NEWADDR, MULTI, first, 500, IFADDR)
    for _ in range(first, last):
        yield part, ""
    yield done(first, 500), ""


@pytest.mark.parametrize(
    ("traffic", "messages", "conversations", "more"),
    [(requests, 2, 1, 0), (events, 1, 1, 0), (causes, 4, 3, 0), (one_number, 2, 1, 0), (named, 2, 1, 64)],
    ids=lambda item: item.__name__ if callable(item) else "",
)
def test_a_finished_conversation_costs_64_bytes_and_each_message_8(
    traffic: Callable[[int, int], Iterator[Traffic]], messages: int, conversations: int, more: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(table, "OPEN_LIMIT", 16)
    monkeypatch.setattr(table, "RECENT_LIMIT", 16)
    stream = Stream()
    rounds = BLOCK  # so that whole blocks of records are filled, whatever is in the first
    stream(traffic(1, 200))
    tracemalloc.start()
    try:
        stream(traffic(200, 200 + rounds))
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    # Arrays keep up to a sixteenth in hand, the open ones take what the limits allow.
    open_ones = 32 * 1024
    assert used <= rounds * (64 * conversations + 8 * messages * 17 // 16 + more) + open_ones
    assert len(stream.follower) >= rounds * conversations


def test_open_conversations_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "OPEN_LIMIT", 256)
    stream = Stream()
    stream(unanswered(1, 1000))
    tracemalloc.start()
    try:
        stream(unanswered(1000, 1000 + BLOCK))
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert used <= BLOCK * (64 + 9) + 256 * 1024
    assert stream.follower.conversation(1).status == "unanswered"


def test_what_leaves_the_table_keeps_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "OPEN_LIMIT", 50)
    monkeypatch.setattr(table, "RECENT_LIMIT", 20)
    talk = Talk()
    for seq in range(1, 301):
        request = nlmsg(NEWROUTE, REQUEST | ACK, seq, 0, RTMSG)
        talk(request)
        if seq % 2:
            talk(answer(request, 500))
    assert len(talk.follower._candidates) <= 70
    statuses = [found.status for found in talk.follower.conversations]
    assert statuses == ["ok", "unanswered"] * 150
    assert talk[300].status == "unanswered"


@pytest.mark.parametrize("traffic", [requests, events, causes, unanswered, one_number, named, dump])
def test_a_message_costs_the_same_late_as_early(traffic: Callable[[int, int], Iterator[Traffic]]) -> None:
    stream = Stream()
    stream(traffic(1, 500))
    spent = []
    for start in range(500, 12_500, 500):
        data = list(traffic(start, start + 500))
        begin = time.process_time()
        stream(iter(data))
        spent.append(time.process_time() - begin)
    # The quickest of each third, so that a slow moment of the machine tells nothing.
    assert min(spent[-8:]) < 4 * min(spent[:8])
