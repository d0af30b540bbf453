"""What programs say among themselves, and bytes that are no message: traffic made by hand."""

from __future__ import annotations

from tests.follow.talk import (
    ACK,
    DONE,
    NEWROUTE,
    PRIVATE,
    REQUEST,
    RTMSG,
    USERSOCK,
    Talk,
    answer,
    nlmsg,
)


def test_user_to_user_messages_stand_alone() -> None:
    talk = Talk()
    hello = nlmsg(16, 0, 0, 4711, b"Hello")
    talk(hello, protocol=USERSOCK)
    talk(hello, protocol=USERSOCK)
    assert talk.groups() == [[1], [2]]
    assert {found.kind for found in talk.follower.conversations} == {"datagram"}


def test_a_header_alone_is_a_message() -> None:
    talk = Talk()
    talk(nlmsg(16, 0, 0, 4711, b"Hello!!!"), nlmsg(16, 0, 0, 4711), protocol=USERSOCK)
    assert talk.groups() == [[1], [2]]
    assert [found.certain for found in talk.follower.conversations] == [True, True]


def test_a_multicast_among_programs_is_told_from_saying_it_twice_by_time() -> None:
    talk = Talk()
    hello = nlmsg(3, 0, 0, 4711, b"Good morning!")
    talk(hello, protocol=USERSOCK)
    talk(hello, protocol=USERSOCK, after_us=1)
    talk(hello, protocol=USERSOCK, after_us=2)
    talk(hello, protocol=USERSOCK, after_us=6)
    assert talk.groups() == [[1, 2, 3], [4]]
    assert [(found.copies, found.certain) for found in talk.follower.conversations] == [(3, False), (1, True)]


def test_private_protocol() -> None:
    talk = Talk()
    talk(nlmsg(0, 0, 0, 4711, b"Hello"), protocol=PRIVATE)
    talk(nlmsg(DONE, 0, 0, 0, b"Hello you!"), protocol=PRIVATE)
    asked = nlmsg(20, REQUEST | ACK, 8, 4711, b"ask!")
    talk(asked, protocol=PRIVATE)
    talk(answer(asked, 4711), protocol=PRIVATE)
    assert talk.groups() == [[1], [2], [3, 4]]
    assert [found.kind for found in talk.follower.conversations] == ["datagram", "datagram", "request"]
    assert talk[3].status == "ok"


def test_bytes_behind_a_message_stay_with_it() -> None:
    talk = Talk()
    request = nlmsg(NEWROUTE, REQUEST | ACK, 77, 0, RTMSG)
    talk(request, b"\1" + bytes(39))
    talk(answer(request, 500))
    assert talk.groups() == [[1, 2, 3]]
