"""Which message belongs to which conversation: traffic made by hand, one case a test."""

from __future__ import annotations

import struct

import pytest

from nlsniff.follow import table, told
from tests.follow.talk import (
    ACK,
    AUDIT,
    DELROUTE,
    DONE,
    DUMP,
    ECHO,
    EINVAL,
    ENOENT,
    FIB_LOOKUP,
    FILTERED,
    GENERIC,
    GETADDR,
    GETLINK,
    GETROUTE,
    IFADDR,
    INTR,
    MULTI,
    NETFILTER,
    NEWADDR,
    NEWLINK,
    NEWNEXTHOP,
    NEWROUTE,
    PRIVATE,
    REQUEST,
    RTMSG,
    USERSOCK,
    XFRM,
    Talk,
    answer,
    attr,
    done,
    nlmsg,
)

NEWNLA = attr(1, b"\x0a\0\0\1")


def test_request_and_its_ack_without_the_port() -> None:
    talk = Talk()
    request = nlmsg(NEWROUTE, REQUEST | ACK, 77, 0, RTMSG)
    assert talk(request) == 1
    assert (talk[1].status, talk[1].port) == ("unanswered", 0)
    assert talk(answer(request, 500)) == 1
    found = talk[1]
    assert (found.kind, found.status, found.errno, found.request, found.port) == ("request", "ok", None, 1, 500)
    assert list(found.messages) == [1, 2]
    assert (found.latency_ns, found.duration_ns, found.certain) == (10_000, 10_000, True)
    assert found.bytes == 28 + 36


def test_an_error_comes_without_having_been_asked_for() -> None:
    talk = Talk()
    request = nlmsg(NEWROUTE, REQUEST, 77, 0, RTMSG)
    talk(request)
    assert talk[1].status == "ok"
    talk(answer(request, 500, ENOENT, whole=True))
    assert (talk[1].status, talk[1].errno, talk[1].certain) == ("error", "ENOENT", True)


def test_get_ends_with_its_reply_and_with_its_ack_if_one_was_asked_for() -> None:
    talk = Talk()
    plain = nlmsg(GETLINK, REQUEST, 5, 0, bytes(16))
    talk(plain)
    talk(nlmsg(NEWLINK, 0, 5, 500, bytes(16)))
    assert (talk[1].status, talk[1].parts) == ("ok", 1)
    asked = nlmsg(GETLINK, REQUEST | ACK, 6, 0, bytes(16))
    talk(asked)
    talk(nlmsg(NEWLINK, 0, 6, 500, bytes(16)))
    assert talk[2].status == "partial"
    talk(answer(asked, 500))
    assert (talk[2].status, list(talk[2].messages)) == ("ok", [3, 4, 5])


def test_dump_in_parts_with_done_in_the_last_frame() -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"))
    part = nlmsg(NEWADDR, MULTI, 9, 500, IFADDR)
    talk(part, part)
    assert talk[1].status == "partial"
    talk(part, done(9, 500))
    found = talk[1]
    assert (found.kind, found.status, found.parts, found.done) == ("dump", "ok", 3, True)
    assert talk.groups() == [[1, 2, 3, 4, 5]]
    assert (found.latency_ns, found.duration_ns) == (10_000, 20_000)


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


def test_two_processes_with_one_sequence_number_and_different_requests() -> None:
    talk = Talk()
    first = nlmsg(NEWROUTE, REQUEST | ACK, 9, 0, RTMSG)
    second = nlmsg(DELROUTE, REQUEST | ACK, 9, 0, RTMSG)
    talk(first)
    talk(second)
    talk(answer(second, 501))
    talk(answer(first, 500))
    assert talk.groups() == [[1, 4], [2, 3]]
    assert talk[1].certain
    assert talk[2].certain


def test_two_processes_that_cannot_be_told_apart_are_a_guess() -> None:
    talk = Talk()
    first = nlmsg(NEWROUTE, REQUEST | ACK, 9, 0, RTMSG + attr(1, b"\x0a\0\0\1"))
    second = nlmsg(NEWROUTE, REQUEST | ACK, 9, 0, RTMSG + attr(1, b"\x0a\0\0\2"))
    talk(first)
    talk(second)
    talk(nlmsg(NEWROUTE, 0, 9, 501, RTMSG + attr(1, b"\x0a\0\0\2")))  # what is told looks like the second request
    talk(answer(second, 501))
    talk(answer(first, 500))
    assert talk.groups() == [[1, 5], [2, 4], [3]]
    assert talk[3].cause == 2
    assert not talk[1].certain
    assert not talk[2].certain
    assert not talk[3].certain


def test_whole_copy_in_an_error_tells_equal_headers_apart() -> None:
    talk = Talk()
    first = nlmsg(NEWROUTE, REQUEST | ACK, 9, 0, RTMSG + attr(1, b"\x0a\0\0\1"))
    second = nlmsg(NEWROUTE, REQUEST | ACK, 9, 0, RTMSG + attr(1, b"\x0a\0\0\2"))
    talk(first)
    talk(second)
    talk(answer(second, 501, EINVAL, whole=True))
    talk(answer(first, 500))
    assert talk.groups() == [[1, 4], [2, 3]]
    assert talk[1].certain
    assert talk[2].certain


def test_program_that_says_its_port() -> None:
    talk = Talk()
    first = nlmsg(NEWROUTE, REQUEST | ACK, 9, 500, RTMSG)
    second = nlmsg(NEWROUTE, REQUEST | ACK, 9, 501, RTMSG)
    talk(first)
    talk(second)
    talk(answer(second, 501))
    talk(answer(first, 500))
    assert talk.groups() == [[1, 4], [2, 3]]
    assert talk[1].certain


def test_program_that_says_a_wrong_port() -> None:
    """`ip rule flush` sends back what it was shown, the port of its other socket included."""
    talk = Talk()
    request = nlmsg(DELROUTE, REQUEST | ACK, 9, 779, RTMSG)
    talk(request)
    talk(nlmsg(DELROUTE, 0, 9, 2225105118, RTMSG))
    assert (talk[2].cause, talk[2].certain) == (1, False)
    talk(answer(request, 2225105118))  # the copy inside proves whose it is, and so the port
    assert (talk[1].status, talk[1].certain, talk[1].port) == ("ok", True, 2225105118)
    assert talk[2].certain


def test_constant_sequence_number_on_one_socket_in_a_row() -> None:
    talk = Talk()
    request = nlmsg(NEWROUTE, REQUEST | ACK, 0, 500, RTMSG)
    talk(request)
    talk(request)
    talk(answer(request, 500))
    talk(answer(request, 500, EINVAL))
    assert talk.groups() == [[1, 3], [2, 4]]
    assert (talk[1].errno, talk[2].errno, talk[1].certain) == (None, "EINVAL", True)


def test_several_requests_in_one_datagram() -> None:
    talk = Talk()
    requests = [nlmsg(NEWROUTE, REQUEST | ACK, seq, 0, RTMSG) for seq in (1, 2, 3)]
    talk(*requests)
    talk(answer(requests[0], 500))
    talk(answer(requests[1], 500, EINVAL, whole=True))
    talk(answer(requests[2], 500))
    assert talk.groups() == [[1, 4], [2, 5], [3, 6]]
    assert [found.status for found in talk.follower.conversations] == ["ok", "error", "ok"]


def test_port_id_used_again_with_the_same_sequence_number() -> None:
    talk = Talk()
    request = nlmsg(NEWROUTE, REQUEST | ACK, 1, 0, RTMSG)
    for _ in range(3):
        talk(request, after_us=10_000_000)
        talk(answer(request, 500))
    assert talk.groups() == [[1, 2], [3, 4], [5, 6]]
    assert all(found.certain for found in talk.follower.conversations)


def test_flags_that_the_kernel_rewrote_in_the_copy() -> None:
    """IPv6 multipath routes lose EXCL and get CREATE while they are worked on."""
    talk = Talk()
    talk(nlmsg(NEWROUTE, REQUEST | ACK | 0x600, 1, 0, RTMSG))
    talk(answer(nlmsg(NEWROUTE, REQUEST | ACK | 0x400, 1, 0, RTMSG), 500))
    assert talk.groups() == [[1, 2]]
    assert talk[1].certain


# -- events ----------------------------------------------------------------------------------------------------------


def test_events_of_a_request_and_their_copies() -> None:
    talk = Talk()
    request = nlmsg(NEWADDR, REQUEST | ACK, 77, 0, IFADDR)
    told = nlmsg(NEWADDR, 0, 77, 500, IFADDR + NEWNLA)
    route = nlmsg(NEWROUTE, 0, 0, 0, RTMSG)
    talk(request)
    for datagram in (told, told, told, route, route, answer(request, 500)):
        talk(datagram)
    assert talk.groups() == [[1, 7], [2, 3, 4], [5, 6]]
    assert (talk[2].copies, talk[2].cause, talk[2].certain) == (3, 1, True)
    # The route carries neither sequence number nor port: that the request was worked on is all that speaks for it.
    assert (talk[3].copies, talk[3].cause, talk[3].certain) == (2, 1, False)
    assert talk[1].effects == [2, 3]
    talk(route, after_us=1000)
    assert (talk[3].copies, talk[3].cause) == (3, 1)
    talk(nlmsg(DELROUTE, 0, 0, 0, RTMSG))
    assert (talk[4].cause, talk[4].certain, talk[4].status) == (None, True, "ok")


def test_the_same_news_later_is_no_copy() -> None:
    talk = Talk()
    told = nlmsg(NEWROUTE, 0, 0, 0, RTMSG)
    talk(told)
    talk(told, after_us=1_000_000)
    assert talk.groups() == [[1], [2]]


def test_event_without_a_name_while_two_requests_are_worked_on() -> None:
    talk = Talk()
    talk(nlmsg(NEWADDR, REQUEST | ACK, 77, 0, IFADDR))
    talk(nlmsg(NEWADDR, REQUEST | ACK, 78, 0, IFADDR))
    talk(nlmsg(NEWROUTE, 0, 0, 0, RTMSG))
    assert talk[3].cause is None


def test_neighbour_event_names_the_port_alone() -> None:
    talk = Talk()
    request = nlmsg(28, REQUEST | ACK, 77, 0, bytes(12))
    talk(request)
    talk(nlmsg(28, 0, 0, 500, bytes(12)))
    assert not talk[2].certain
    talk(answer(request, 500))
    assert (talk[2].cause, talk[2].certain) == (1, True)


def test_xfrm_event_repeats_the_port_that_the_request_said() -> None:
    talk = Talk()
    request = nlmsg(16, REQUEST | ACK, 77, 0, bytes(224))
    talk(request, protocol=XFRM)
    talk(nlmsg(16, 0, 77, 0, bytes(224)), protocol=XFRM)
    talk(answer(request, 500), protocol=XFRM)
    assert talk.groups() == [[1, 3], [2]]
    assert (talk[2].cause, talk[2].certain, talk[1].certain) == (1, True, True)
    talk(nlmsg(24, 0, 0, 0, bytes(232)), protocol=XFRM)  # a timer
    assert (talk[3].cause, talk[3].certain) == (None, True)


def test_xfrm_reply_repeats_the_port_that_the_request_said() -> None:
    talk = Talk()
    talk(nlmsg(31, REQUEST, 77, 0, bytes(48)), protocol=XFRM)
    talk(nlmsg(30, 0, 77, 0, bytes(48)), protocol=XFRM)
    assert talk.groups() == [[1, 2]]
    assert talk[1].status == "ok"


def test_echo_is_an_answer_and_its_copies_are_an_event() -> None:
    talk = Talk()
    request = nlmsg(NEWROUTE, REQUEST | ACK | ECHO, 77, 0, RTMSG)
    told = nlmsg(NEWROUTE, 0, 77, 500, RTMSG)
    for datagram in (request, told, told, told, answer(request, 500)):
        talk(datagram)
    assert talk.groups() == [[1, 2, 5], [3, 4]]
    assert (talk[1].parts, talk[2].copies, talk[2].cause) == (1, 2, 1)


def test_next_hop_event_has_all_flags_of_its_request() -> None:
    talk = Talk()
    request = nlmsg(NEWNEXTHOP, REQUEST | ACK | 0x600, 77, 0, bytes(8))
    talk(request)
    talk(nlmsg(NEWNEXTHOP, REQUEST | ACK | 0x600, 77, 500, bytes(8) + NEWNLA))
    talk(answer(request, 500))
    assert talk.groups() == [[1, 3], [2]]
    assert (talk[2].kind, talk[2].cause) == ("event", 1)
    assert talk.message(2).direction == "to-user"
    for number, direction in ((1, "to-kernel"), (2, "to-user"), (3, "to-user")):
        again = talk.again(number)
        talk.follower.put_right(again)
        assert again.direction == direction


def test_fib_lookup_sends_the_request_back() -> None:
    talk = Talk()
    talk(nlmsg(16, REQUEST, 77, 500, bytes(40)), protocol=FIB_LOOKUP)
    talk(nlmsg(16, REQUEST, 77, 500, b"\1" + bytes(39)), protocol=FIB_LOOKUP)
    assert talk.groups() == [[1, 2]]
    assert talk[1].status == "ok"


def test_audit_answers_from_port_0() -> None:
    talk = Talk()
    request = nlmsg(1000, REQUEST | ACK, 3, 0)
    talk(request, protocol=AUDIT)
    talk(answer(request, 500), protocol=AUDIT)
    assert talk.groups() == [[1, 2]]


# -- batches ---------------------------------------------------------------------------------------------------------


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


def test_batch_with_an_error_in_the_middle() -> None:
    talk = Talk()
    parts = batch()
    talk(*parts, protocol=NETFILTER)
    talk(answer(parts[1], 500), protocol=NETFILTER)
    talk(answer(parts[2], 500, ENOENT, whole=True), protocol=NETFILTER)
    assert (talk[1].status, talk[1].errno) == ("error", "ENOENT")
    assert talk.groups() == [[1, 2, 3, 4, 5, 6]]


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


# -- what is not whole -----------------------------------------------------------------------------------------------


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


def test_overrun_breaks_what_it_names() -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | DUMP, 9, 0, b"\2\0\0\0"))
    talk(nlmsg(NEWADDR, MULTI, 9, 500, IFADDR))
    talk(nlmsg(4, 0, 9, 500))
    talk(nlmsg(4, 0, 0, 0))
    assert talk.groups() == [[1, 2, 3], [4]]
    assert [found.status for found in talk.follower.conversations] == ["interrupted", "interrupted"]


def test_bytes_behind_a_message_stay_with_it() -> None:
    talk = Talk()
    request = nlmsg(NEWROUTE, REQUEST | ACK, 77, 0, RTMSG)
    talk(request, b"\1" + bytes(39))
    talk(answer(request, 500))
    assert talk.groups() == [[1, 2, 3]]


# -- programs among themselves ---------------------------------------------------------------------------------------


def test_user_to_user_messages_stand_alone() -> None:
    talk = Talk()
    hello = nlmsg(16, 0, 0, 4711, b"Hello")
    talk(hello, protocol=USERSOCK)
    talk(hello, protocol=USERSOCK)
    assert talk.groups() == [[1], [2]]
    assert {found.kind for found in talk.follower.conversations} == {"datagram"}


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


# -- processes, families, limits -------------------------------------------------------------------------------------


def test_process_is_known_by_the_port() -> None:
    talk = Talk()
    request = nlmsg(NEWROUTE, REQUEST | ACK, 77, 0, RTMSG)
    for name in ("process: ip[500]", "", "process: nft[500]"):
        talk(request)
        talk(answer(request, 500), comment=name)
    assert [found.process for found in talk.follower.conversations] == ["ip[500]", "ip[500]", "nft[500]"]
    # What is not certain counts; what is unknown is nobody's; another protocol's port 500 is another socket.
    for name in ("process: ip[500] (by pid)", "process: unknown"):
        talk(request)
        talk(answer(request, 500), comment=name)
    talk(request, protocol=GENERIC)
    talk(answer(request, 500), protocol=GENERIC)
    assert [found.process for found in talk.follower.conversations[3:]] == ["ip[500]", None, None]


def test_family_of_generic_netlink() -> None:
    talk = Talk()
    talk(nlmsg(16, REQUEST | DUMP, 1, 0, b"\3\1\0\0"), protocol=GENERIC)
    talk(nlmsg(16, MULTI, 1, 500, b"\1\2\0\0"), done(1, 500), protocol=GENERIC)
    assert (talk[1].protocol, talk[1].family, talk[1].status) == ("generic", "nlctrl", "ok")


def test_open_conversations_are_bounded_and_keep_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "OPEN_LIMIT", 50)
    monkeypatch.setattr(table, "RECENT_LIMIT", 20)
    talk = Talk()
    for seq in range(1, 301):
        request = nlmsg(NEWROUTE, REQUEST | ACK, seq, 0, RTMSG)
        talk(request)
        if seq % 2:
            talk(answer(request, 500))
    assert len(talk.follower._table) <= 70
    statuses = [found.status for found in talk.follower.conversations]
    assert statuses == ["ok", "unanswered"] * 150
    assert talk[300].status == "unanswered"


def test_what_is_kept_of_a_finished_conversation_is_64_bytes() -> None:
    talk = Talk()
    for seq in range(1, 101):
        talk(nlmsg(NEWROUTE, 0, seq, 0, RTMSG + struct.pack("<I", seq)))
    assert len(talk.follower) == 100
    assert {len(block) for block in talk.follower.store._blocks} == {4096 * 64}


def test_copies_of_a_multicast_may_be_many() -> None:
    talk = Talk()
    for _ in range(1000):
        talk(nlmsg(NEWROUTE, 0, 0, 0, RTMSG), after_us=told._COPIES_NS // 2000)
    assert talk.groups() == [list(range(1, 1001))]


def test_reply_or_get_that_asks_for_a_route() -> None:
    talk = Talk()
    request = nlmsg(GETROUTE, REQUEST, 3, 0, RTMSG)
    talk(request)
    talk(nlmsg(NEWROUTE, 0, 0, 0, RTMSG))
    talk(nlmsg(NEWROUTE, 0, 3, 500, RTMSG))
    assert talk.groups() == [[1, 3], [2]]
    assert talk[2].cause is None
