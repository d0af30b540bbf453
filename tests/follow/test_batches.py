"""Batches of nfnetlink: traffic made by hand, one case a test."""

from __future__ import annotations

import struct

import pytest

from tests.follow.talk import (
    ACK,
    ENOENT,
    NETFILTER,
    REQUEST,
    Talk,
    answer,
    nlmsg,
)


def batch() -> list[bytes]:
    return [
        nlmsg(16, REQUEST, 0, 0, bytes(4)),
        nlmsg(0xA00, REQUEST | ACK, 1, 0, bytes(4)),
        nlmsg(0xA03, REQUEST | ACK, 2, 0, bytes(4)),
        nlmsg(17, REQUEST, 3, 0, bytes(4)),
    ]


def test_batch_with_an_ack_for_each_message() -> None:
    talk = Talk()
    parts = batch()
    talk(*parts, protocol=NETFILTER)
    assert (talk[1].kind, talk[1].status, talk[1].parts) == ("batch", "unanswered", 2)
    talk(nlmsg(0xA00, 0, 1, 500, bytes(4)), protocol=NETFILTER)
    talk(answer(parts[1], 500), protocol=NETFILTER)
    assert talk[1].status == "partial"
    talk(answer(parts[2], 500), protocol=NETFILTER)
    assert (talk[1].status, talk[1].certain) == ("ok", True)
    assert talk.groups() == [[1, 2, 3, 4, 6, 7], [5]]
    assert talk[2].cause == 1


def test_batch_whose_beginning_asks_for_an_ack() -> None:
    talk = Talk()
    begin = nlmsg(16, REQUEST | ACK, 0, 0, bytes(4))
    talk(begin, nlmsg(0xA00, REQUEST, 1, 0, bytes(4)), nlmsg(17, REQUEST, 3, 0, bytes(4)), protocol=NETFILTER)
    assert talk[1].status == "unanswered"
    talk(answer(begin, 500), protocol=NETFILTER)
    assert (talk[1].status, talk.groups()) == ("ok", [[1, 2, 3, 4]])


def test_batch_with_an_error_in_the_middle() -> None:
    talk = Talk()
    parts = batch()
    talk(*parts, protocol=NETFILTER)
    talk(answer(parts[1], 500), protocol=NETFILTER)
    talk(answer(parts[2], 500, ENOENT, whole=True), protocol=NETFILTER)
    assert (talk[1].status, talk[1].errno) == ("error", "ENOENT")
    assert talk.groups() == [[1, 2, 3, 4, 5, 6]]


@pytest.mark.parametrize("left", [0, 4, 8, 15])
def test_batch_whose_error_is_cut_in_its_copy(left: int) -> None:
    talk = Talk()
    parts = batch()
    talk(*parts, protocol=NETFILTER)
    talk(nlmsg(2, 0, 1, 500, struct.pack("<i", -ENOENT) + parts[1][:left]), protocol=NETFILTER)
    assert talk.groups() == [[1, 2, 3, 4, 5]]
    assert (talk[1].status, talk[1].errno) == ("error", "ENOENT")


def test_batch_that_is_refused_at_its_end() -> None:
    talk = Talk()
    parts = batch()
    talk(*parts, protocol=NETFILTER)
    talk(answer(parts[3], 500, ENOENT), protocol=NETFILTER)
    assert talk.groups() == [[1, 2, 3, 4, 5]]
    assert (talk[1].status, talk[1].errno) == ("error", "ENOENT")


def test_batch_that_is_refused_as_a_whole() -> None:
    talk = Talk()
    parts = batch()
    talk(*parts, protocol=NETFILTER)
    talk(answer(parts[0], 500, 1), protocol=NETFILTER)
    assert (talk[1].status, talk[1].errno) == ("error", "EPERM")
    talk(*parts, protocol=NETFILTER)  # the next process counts from 0 as well
    talk(answer(parts[1], 501), protocol=NETFILTER)
    talk(answer(parts[2], 501), protocol=NETFILTER)
    assert talk.groups() == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    assert (talk[2].status, talk[2].certain) == ("ok", True)
