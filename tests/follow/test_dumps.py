"""Dumps: parts, ends, and what comes between: traffic made by hand, one case a test."""

from __future__ import annotations

import pytest

from tests.follow.talk import (
    ACK,
    DUMP,
    EINVAL,
    ENOENT,
    FILTERED,
    GETADDR,
    GETLINK,
    IFADDR,
    INTR,
    MULTI,
    NEWADDR,
    NEWLINK,
    NEWROUTE,
    REQUEST,
    RTMSG,
    Talk,
    answer,
    done,
    nlmsg,
)


def test_dump_in_parts_with_done_in_the_last_frame() -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"))
    part = nlmsg(NEWADDR, MULTI, 9, 500, IFADDR)
    talk(part, part)
    assert talk[1].status == "partial"
    talk(part, done(9, 500))
    found = talk[1]
    assert (found.kind, found.status, found.parts) == ("dump", "ok", 3)
    assert talk.groups() == [[1, 2, 3, 4, 5]]
    assert (found.latency_ns, found.duration_ns) == (10_000, 20_000)


def test_an_answer_may_come_in_no_time() -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"))
    talk(nlmsg(NEWADDR, MULTI, 9, 500, IFADDR), after_us=0)
    assert (talk[1].status, talk[1].latency_ns) == ("partial", 0)
    talk(done(9, 500))
    assert (talk[1].status, talk[1].latency_ns) == ("ok", 0)


def test_empty_dump() -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"))
    assert talk[1].status == "unanswered"
    talk(done(9, 500))
    assert (talk[1].status, talk[1].parts) == ("ok", 0)


@pytest.mark.parametrize(
    ("end", "status", "errno"),
    [
        (done(9, 500, ENOENT), "error", "ENOENT"),
        (done(9, 500, flags=MULTI | INTR), "interrupted", None),
        (answer(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"), 500, EINVAL, whole=True), "error", "EINVAL"),
    ],
    ids=["done with an error", "changed meanwhile", "cut by an error"],
)
def test_how_a_dump_ends(end: bytes, status: str, errno: str | None) -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"))
    talk(nlmsg(NEWADDR, MULTI | FILTERED, 9, 500, IFADDR))
    talk(end)
    assert (talk[1].status, talk[1].errno, talk[1].filtered) == (status, errno, True)
    assert talk.groups() == [[1, 2, 3]]


def test_one_part_that_says_the_table_changed_is_enough() -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"))
    talk(nlmsg(NEWADDR, MULTI, 9, 500, IFADDR))
    talk(nlmsg(NEWADDR, MULTI | INTR, 9, 500, IFADDR))
    talk(done(9, 500))
    assert (talk[1].status, talk[1].interrupted) == ("interrupted", True)


def test_notification_between_the_parts_of_a_dump() -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"))
    talk(nlmsg(NEWADDR, MULTI, 9, 500, IFADDR))
    talk(nlmsg(NEWADDR, 0, 0, 0, IFADDR))
    talk(nlmsg(NEWADDR, 0, 1234, 700, IFADDR))
    talk(nlmsg(NEWADDR, MULTI, 9, 500, IFADDR), done(9, 500))
    assert talk.groups() == [[1, 2, 5, 6], [3], [4]]
    assert (talk[2].status, talk[2].certain, talk[3].status, talk[3].certain) == ("ok", True, "partial", False)


def test_two_dumps_with_one_sequence_number_are_told_apart_by_what_they_ask() -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"))
    talk(nlmsg(GETLINK, REQUEST | DUMP, 9, 0, bytes(16)))
    talk(nlmsg(NEWLINK, MULTI, 9, 501, bytes(16)))
    talk(nlmsg(NEWADDR, MULTI, 9, 500, IFADDR))
    talk(nlmsg(NEWLINK, MULTI, 9, 501, bytes(16)))
    talk(done(9, 500))
    talk(done(9, 501))
    assert talk.groups() == [[1, 4, 6], [2, 3, 5, 7]]
    assert all(found.certain and found.status == "ok" for found in talk.follower.conversations)


def test_a_part_goes_to_the_dump_beside_a_request_for_one() -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"))
    talk(nlmsg(GETADDR, REQUEST, 9, 0, b"\2\0\0\0"))
    talk(nlmsg(NEWADDR, MULTI, 9, 500, IFADDR))
    talk(done(9, 500))
    assert talk.groups() == [[1, 3, 4], [2]]
    assert talk[1].certain
    assert talk[2].certain


def test_overrun_breaks_what_it_names() -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"))
    talk(nlmsg(NEWADDR, MULTI, 9, 500, IFADDR))
    talk(nlmsg(4, 0, 9, 500))
    talk(nlmsg(4, 0, 0, 0))
    assert talk.groups() == [[1, 2, 3], [4]]
    assert [found.status for found in talk.follower.conversations] == ["interrupted", "interrupted"]


def test_capture_that_begins_in_the_middle() -> None:
    talk = Talk()
    talk(nlmsg(NEWADDR, MULTI, 9, 500, IFADDR))
    talk(nlmsg(NEWADDR, MULTI, 9, 500, IFADDR))
    talk(answer(nlmsg(NEWROUTE, REQUEST | ACK, 4, 0, RTMSG), 501))
    talk(done(9, 500))
    talk(answer(nlmsg(NEWROUTE, REQUEST | ACK, 5, 0, RTMSG), 501, EINVAL))
    assert talk.groups() == [[1, 2, 4], [3], [5]]
    kinds = [(found.kind, found.status, found.request) for found in talk.follower.conversations]
    assert kinds == [("dump", "partial", None), ("request", "partial", None), ("request", "error", None)]
