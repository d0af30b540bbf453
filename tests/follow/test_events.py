"""Events, their copies and their causes: traffic made by hand, one case a test."""

from __future__ import annotations

from nlsniff.follow import notifications
from tests.follow.talk import (
    ACK,
    DELROUTE,
    ECHO,
    IFADDR,
    NEWADDR,
    NEWNEXTHOP,
    NEWROUTE,
    REQUEST,
    RTMSG,
    XFRM,
    Talk,
    answer,
    attr,
    nlmsg,
)

NEWNLA = attr(1, b"\x0a\0\0\1")


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


def test_what_a_request_without_an_ack_causes_it_causes_within_a_millisecond() -> None:
    for after_us, cause in ((900, 1), (1000, 1), (1001, None), (1100, None)):
        talk = Talk()
        talk(nlmsg(NEWADDR, REQUEST, 77, 0, IFADDR))
        talk(nlmsg(NEWROUTE, 0, 0, 0, RTMSG), after_us=after_us)
        assert (talk[2].kind, talk[2].cause) == ("event", cause), after_us


def test_neighbour_event_names_the_port_alone() -> None:
    talk = Talk()
    request = nlmsg(28, REQUEST | ACK, 77, 0, bytes(12))
    talk(request)
    talk(nlmsg(28, 0, 0, 500, bytes(12)))
    assert not talk[2].certain
    talk(answer(request, 500))
    assert (talk[2].cause, talk[2].certain) == (1, True)
    talk(nlmsg(28, 0, 0, 500, bytes(12)))  # the copy for another listener
    assert (talk.groups(), talk[2].certain) == ([[1, 3], [2, 4]], True)


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
        talk.follower.fix_direction(again)
        assert again.direction == direction


def test_copies_of_a_multicast_may_be_many() -> None:
    talk = Talk()
    for _ in range(1000):
        talk(nlmsg(NEWROUTE, 0, 0, 0, RTMSG), after_us=notifications._COPIES_NS // 2000)
    assert talk.groups() == [list(range(1, 1001))]


def test_what_the_connector_tells_is_an_event_and_no_end_of_anything() -> None:
    talk = Talk()
    # Two process events as Linux 6.18 tells them: cn_msg, and a proc_event of which only the length matters here.
    for count in (1, 2):
        words = bytes.fromhex(f"01000000 01000000 f729020{count} 01000000 28000000") + bytes(40)
        talk(nlmsg(3, 0, 141_815 + count, 0, words), protocol=11)
    assert [found.kind for found in talk.follower.conversations] == ["event", "event"]
    assert [message.problems for message in talk.messages] == [[], []]
