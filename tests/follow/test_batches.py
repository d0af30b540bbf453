"""Batches of nfnetlink: traffic made by hand, one case a test."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlsniff.output import batches, ladder
from nlsniff.output.headline import headline
from tests.follow.talk import (
    ACK,
    ENOENT,
    NETFILTER,
    REQUEST,
    Talk,
    answer,
    attr,
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


def rules(count: int, *, end: bool = True) -> list[bytes]:
    """A batch that adds so many rules, the kernel's answers to which begin with sequence number 1."""
    body = bytes([1, 0, 0, 0]) + attr(1, b"filter\0") + attr(2, b"input\0")
    inside = [nlmsg(0xA06, REQUEST, number, 0, body) for number in range(1, count + 1)]
    last = [nlmsg(17, REQUEST, count + 1, 0, bytes(4))] if end else []
    return [nlmsg(16, REQUEST, 0, 0, bytes(4)), *inside, *last]


def said(*refused: int, count: int = 60, end: bool = True) -> Talk:
    """A batch of rules some of which are refused, by their sequence numbers."""
    talk, parts = Talk(), rules(count, end=end)
    talk(*parts, protocol=NETFILTER)
    for number in refused:
        tlvs = attr(2, struct.pack("<I", 20))  # the attribute behind nfgenmsg
        talk(answer(parts[number], 500, ENOENT, whole=True, tlvs=tlvs), protocol=NETFILTER)
    return talk


def rows(talk: Talk) -> list[tuple[str, int]]:
    return [(row.role, row.messages[0]) for row in ladder.rows(talk[1], talk.follower, talk.message)]


def test_which_of_sixty_rules_was_refused_is_one_line() -> None:
    talk = said(43)
    assert talk[1].refused == talk[1].to_json()["refused"] == [44]
    assert "60 requests inside, refused: message 44 (" in headline(talk[1])
    error = talk.message(63)
    assert error.summary == (
        "ENOENT: rejected: table filter; nlsniff: there is no such table in this family "
        f"(for {talk.message(44).type_name} rule inet filter input)"
    )
    at = rows(talk).index(("error", 63))
    assert rows(talk)[at - 1 : at + 2] == [("request", 44), ("error", 63), ("note", 44)]


def test_several_that_were_refused_are_named_by_number() -> None:
    assert "refused: messages 3 and" not in headline(said(2, 5)[1])
    assert headline(said(2, 5)[1]).endswith("refused: messages 3, 6")
    assert headline(said(*range(1, 10))[1]).endswith("refused: messages 2, 3, 4, 5, 6 and 4 more")


@settings(max_examples=20)
@given(st.sets(st.integers(1, 400), max_size=30), st.integers(400, 500))
def test_a_long_batch_is_shown_by_its_ends_and_by_what_was_refused(refused: set[int], count: int) -> None:
    talk = said(*sorted(refused), count=count)
    found = ladder.rows(talk[1], talk.follower, talk.message)
    assert len(found) < 7 * len(refused) + 20
    shown = [number for row in found if row.role != "note" for number in row.messages]
    assert sorted(shown) == list(talk[1].messages)
    alone = {row.messages[0] for row in found if row.role == "request"}
    assert {1, 2, count, count + 1, count + 2} <= alone
    for seq in sorted(refused)[: batches.ERRORS_SHOWN]:
        at = next(
            at for at, row in enumerate(found) if row.role == "error" and talk.message(row.messages[0]).seq == seq
        )
        assert list(found[at - 1].messages) == [seq + 1]


def test_a_batch_without_its_end_is_a_trial() -> None:
    trial = "without an end, so that the kernel only tries it and changes nothing"
    assert trial in headline(said(end=False)[1])
    assert trial not in headline(said()[1])
    talk = Talk()
    talk(*rules(2, end=False), nlmsg(17, REQUEST, 3, 0, bytes(4))[:-2], protocol=NETFILTER)
    assert trial not in headline(talk[1])  # the capture has cut it


def refused_at(offset: int | None, *attributes: bytes, whole: bool = True) -> Talk:
    """A rule that is not found, by the attribute that the kernel names."""
    talk = Talk()
    delete = nlmsg(0xA08, REQUEST, 1, 0, bytes([1, 0, 0, 0]) + b"".join(attributes))
    talk(nlmsg(16, REQUEST, 0, 0, bytes(4)), delete, nlmsg(17, REQUEST, 2, 0, bytes(4)), protocol=NETFILTER)
    tlvs = attr(2, struct.pack("<I", offset)) if offset is not None else b""
    talk(answer(delete, 500, ENOENT, whole=whole, tlvs=tlvs), protocol=NETFILTER)
    return talk


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (20, "there is no such table in this family"),
        (28, "the table has no such chain"),
        (36, "the chain has no rule of this handle"),
        (48, None),
        (None, None),
    ],
)
def test_what_is_rejected_tells_what_an_error_means(offset: int | None, words: str | None, *, whole: bool) -> None:
    position = attr(6, bytes(8))
    talk = refused_at(offset, attr(1, b"abc\0"), attr(2, b"abc\0"), attr(3, bytes(8)), position, whole=whole)
    assert talk[1].meaning == words
    notes = [row.text for row in ladder.rows(talk[1], talk.follower, talk.message) if row.role == "note"]
    assert (f"nlsniff explains: {words}" in notes) == (words is not None)
    assert (words in talk.message(4).summary if words is not None else "nlsniff:" not in talk.message(4).summary) or (
        not whole
    )
