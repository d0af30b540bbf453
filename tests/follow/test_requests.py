"""Requests and their answers: traffic made by hand, one case a test."""

from __future__ import annotations

from tests.follow.talk import (
    ACK,
    AUDIT,
    DELROUTE,
    DUMP,
    EINVAL,
    ENOENT,
    FIB_LOOKUP,
    GENERIC,
    GETLINK,
    GETROUTE,
    MULTI,
    NEWLINK,
    NEWROUTE,
    REQUEST,
    RTMSG,
    XFRM,
    Talk,
    answer,
    attr,
    done,
    nlmsg,
)


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


def test_xfrm_reply_repeats_the_port_that_the_request_said() -> None:
    talk = Talk()
    talk(nlmsg(31, REQUEST, 77, 0, bytes(48)), protocol=XFRM)
    talk(nlmsg(30, 0, 77, 0, bytes(48)), protocol=XFRM)
    assert talk.groups() == [[1, 2]]
    assert talk[1].status == "ok"


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


def test_reply_or_get_that_asks_for_a_route() -> None:
    talk = Talk()
    request = nlmsg(GETROUTE, REQUEST, 3, 0, RTMSG)
    talk(request)
    talk(nlmsg(NEWROUTE, 0, 0, 0, RTMSG))
    talk(nlmsg(NEWROUTE, 0, 3, 500, RTMSG))
    assert talk.groups() == [[1, 3], [2]]
    assert talk[2].cause is None


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
    assert [found.process for found in list(talk.follower.conversations)[3:]] == ["ip[500]", None, None]


def test_family_of_generic_netlink() -> None:
    talk = Talk()
    talk(nlmsg(16, REQUEST | DUMP, 1, 0, b"\3\1\0\0"), protocol=GENERIC)
    talk(nlmsg(16, MULTI, 1, 500, b"\1\2\0\0"), done(1, 500), protocol=GENERIC)
    assert (talk[1].protocol, talk[1].family, talk[1].status) == ("generic", "nlctrl", "ok")


def test_a_dissector_that_is_wrong_about_the_command_of_a_dumps_parts_takes_none_away() -> None:
    talk = Talk()
    talk(nlmsg(16, REQUEST | DUMP, 1, 0, b"\3\1\0\0"), protocol=GENERIC)
    talk(nlmsg(16, MULTI, 1, 500, b"\x09\2\0\0"), nlmsg(16, 0, 0, 0, b"\x09\2\0\0"), protocol=GENERIC)
    talk(done(1, 500), protocol=GENERIC)
    assert (talk.groups(), talk[1].status) == ([[1, 2, 4], [3]], "ok")
