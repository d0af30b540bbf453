"""Cases that many programs at once have shown (captures/at-once)."""

from __future__ import annotations

from tests.follow.talk import (
    ACK,
    DONE,
    DUMP,
    ENOENT,
    GETLINK,
    MULTI,
    NETFILTER,
    NEWLINK,
    NEWNEXTHOP,
    REQUEST,
    RTMSG,
    Talk,
    answer,
    attr,
    done,
    nlmsg,
)  # fmt: skip

DELLINK, NEWNEIGH = 17, 28
BEGIN, END, GETGEN, NEWGEN, NEWCHAIN, NEWRULE = 16, 17, 0xA10, 0xA0F, 0xA03, 0xA06
NFGEN = bytes(4)


def batch(first: int, *types: int) -> list[bytes]:
    """An nft batch whose messages ask for no ACK; numbers count from `first`."""
    return [nlmsg(type_, REQUEST, first + at, 0, NFGEN) for at, type_ in enumerate((BEGIN, *types, END))]


def test_batch_without_acks_draws_several_errors() -> None:
    talk = Talk()
    parts = batch(0, NEWCHAIN, NEWCHAIN, NEWRULE)
    talk(*parts, protocol=NETFILTER)
    talk(answer(parts[1], 500, ENOENT, whole=True), protocol=NETFILTER)
    talk(answer(parts[3], 500, ENOENT, whole=True), protocol=NETFILTER)
    assert talk.groups() == [[1, 2, 3, 4, 5, 6, 7]]
    assert (talk[1].status, talk[1].errno, talk[1].certain) == ("error", "ENOENT", True)


def test_socket_of_a_batch_asks_something_else_with_one_of_its_numbers() -> None:
    talk = Talk()
    parts = batch(0, NEWCHAIN)
    talk(*parts, protocol=NETFILTER)
    talk(answer(parts[1], 500, ENOENT), protocol=NETFILTER)
    talk(nlmsg(GETGEN, REQUEST, 1, 0, NFGEN), protocol=NETFILTER)
    talk(nlmsg(NEWGEN, 0, 1, 500, NFGEN), protocol=NETFILTER)
    assert talk.groups() == [[1, 2, 3, 4], [5, 6]]


def test_part_of_a_dump_says_so_and_one_answer_does_not() -> None:
    """Both wait for a lock, so both requests come before both answers."""
    talk = Talk()
    talk(nlmsg(GETLINK, REQUEST | DUMP, 9, 0, bytes(16)))
    talk(nlmsg(GETLINK, REQUEST, 9, 0, bytes(16) + attr(3, b"eth0\0")))
    talk(nlmsg(NEWLINK, 0, 9, 501, bytes(16) + attr(3, b"eth0\0")))
    talk(nlmsg(NEWLINK, MULTI, 9, 500, bytes(16)))
    talk(done(9, 500))
    assert talk.groups() == [[1, 4, 5], [2, 3]]
    assert talk[1].certain
    assert talk[2].certain


def test_what_is_told_late_comes_of_a_request_of_its_type() -> None:
    """Deleting a link sleeps; another request with the same number waits for it meanwhile."""
    talk = Talk()
    delete = nlmsg(DELLINK, REQUEST | ACK, 9, 0, bytes(16))
    hop = nlmsg(NEWNEXTHOP, REQUEST | ACK, 9, 0, bytes(8))
    talk(delete)
    talk(hop, after_us=60_000)
    talk(nlmsg(DELLINK, 0, 9, 500, bytes(16)), after_us=20_000)
    talk(nlmsg(NEWNEXTHOP, REQUEST | ACK, 9, 501, bytes(8)))  # told, with the request's flags
    talk(answer(hop, 501))
    talk(answer(delete, 500))
    assert talk.groups() == [[1, 6], [2, 5], [3], [4]]
    assert [talk[number].cause for number in (3, 4)] == [1, 2]
    assert all(found.certain for found in talk.follower.conversations)


def test_neighbour_is_told_without_a_number_while_others_wait() -> None:
    talk = Talk()
    neighbour = nlmsg(NEWNEIGH, REQUEST | ACK, 9, 0, bytes(12))
    talk(nlmsg(24, REQUEST | ACK, 9, 0, RTMSG))
    talk(neighbour)
    talk(nlmsg(NEWNEIGH, 0, 0, 501, bytes(12)))
    talk(answer(neighbour, 501))
    assert talk.groups() == [[1], [2, 4], [3]]
    assert talk[3].cause == 2
    assert talk[3].certain


def test_program_that_says_its_port_and_asks_for_no_acks() -> None:
    """zebra; the kernel tells of next hops with all flags of the request, here without any ACK between."""
    for seq in (0, 2):
        talk = Talk()
        ask = nlmsg(NEWNEXTHOP, REQUEST | 0x500, seq, 500, bytes(8) + attr(1, b"\7\0\0\0") + attr(5, b"\2\0\0\0"))
        talk(ask)
        told = nlmsg(NEWNEXTHOP, REQUEST | 0x500, seq, 500, b"\0\xfd" + bytes(6) + ask[24:])
        talk(told)
        talk(told)
        assert talk.groups() == [[1], [2, 3]]
        assert (talk[2].kind, talk[2].cause, talk.message(3).direction) == ("event", 1, "to-user")


def test_program_that_numbers_all_its_next_hops_0() -> None:
    talk = Talk()
    for number in (b"\7", b"\x08"):
        talk(
            nlmsg(
                NEWNEXTHOP, REQUEST | 0x500, 0, 500, bytes(8) + attr(1, number + bytes(3)) + attr(5, number + bytes(3))
            )
        )
    assert talk.groups() == [[1], [2]]
    assert [found.kind for found in talk.follower.conversations] == ["request", "request"]


def test_two_batches_with_the_same_numbers() -> None:
    """Nothing but time tells them apart: which is whose is a guess, until one has an answer."""
    talk = Talk()
    parts = batch(0, NEWCHAIN)
    talk(*parts, protocol=NETFILTER)
    talk(*parts, protocol=NETFILTER)
    talk(answer(parts[1], 501, ENOENT), protocol=NETFILTER)
    talk(answer(parts[1], 500, ENOENT), protocol=NETFILTER)
    assert sorted(talk.groups()) == [[1, 2, 3, 8], [4, 5, 6, 7]]
    assert not talk[1].certain
    assert not talk[2].certain


def test_request_that_waits_for_a_module_while_others_are_served() -> None:
    talk = Talk()
    ask = nlmsg(GETGEN, REQUEST, 0, 0, NFGEN)
    talk(ask, protocol=NETFILTER)
    talk(ask, protocol=NETFILTER, after_us=300_000)
    talk(nlmsg(GETLINK, REQUEST, 3, 0, bytes(16)))
    talk(nlmsg(NEWGEN, 0, 0, 500, NFGEN), protocol=NETFILTER, after_us=300_000)
    talk(ask, protocol=NETFILTER)
    talk(nlmsg(NEWGEN, 0, 0, 500, NFGEN), protocol=NETFILTER)
    talk(nlmsg(NEWGEN, 0, 0, 501, NFGEN), protocol=NETFILTER)
    assert talk.groups() == [[1, 4], [2, 7], [3], [5, 6]]
    assert [talk[number].certain for number in (1, 2, 4)] == [False, False, False]


def test_news_of_several_messages_for_several_listeners() -> None:
    """As team tells: NLM_F_MULTI and NLMSG_DONE in a multicast, which names nobody."""
    talk = Talk()
    for news in (b"\1", b"\1", b"\2"):
        talk(nlmsg(NEWLINK, MULTI, 0, 0, bytes(15) + news), nlmsg(DONE, MULTI, 0, 0))
    assert talk.groups() == [[1, 3], [2, 4], [5], [6]]
    assert {(found.kind, found.status) for found in talk.follower.conversations} == {("event", "ok")}


def test_neighbour_is_told_without_a_number_while_a_request_has_number_0() -> None:
    talk = Talk()
    probe = nlmsg(NEWLINK, REQUEST | ACK, 0, 0, bytes(16))
    neighbour = nlmsg(NEWNEIGH, REQUEST | ACK, 9, 0, bytes(12))
    talk(probe)
    talk(neighbour)
    talk(nlmsg(NEWNEIGH, 0, 0, 501, bytes(12)))
    talk(answer(neighbour, 501))
    talk(answer(probe, 502, ENOENT))
    assert talk.groups() == [[1, 5], [2, 4], [3]]
    assert talk[3].cause == 2
    assert all(found.certain for found in talk.follower.conversations)
