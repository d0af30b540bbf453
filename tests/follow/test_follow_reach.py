"""What is out of reach or out of time is let go of, and what is odd is said to be unknown."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.follow import answers, candidates, commits, conversation
from nlsniff.follow.passing import NoStore
from nlsniff.follow.pending import PendingRequest
from nlsniff.follow.rules import copied_request, is_unasked, is_whole_copy
from nlsniff.follow.store import Store
from nlsniff.output.trees import conversation_tree
from tests.follow.talk import (
    ACK,
    EINVAL,
    GETADDR,
    IFADDR,
    NETFILTER,
    NEWADDR,
    NEWLINK,
    NEWROUTE,
    REQUEST,
    ROUTE,
    RTMSG,
    XFRM,
    Talk,
    answer,
    attr,
    nlmsg,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Iterable

MSG, OFFS, MISS_TYPE, MISS_NEST = 1, 2, 5, 6


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def batch(first: int) -> list[bytes]:
    """A batch of one change, which asks for an ACK."""
    return [
        nlmsg(16, REQUEST, first, 0, bytes(4)),
        nlmsg(0xA00, REQUEST | ACK, first + 1, 0, bytes(4)),
        nlmsg(17, REQUEST, first + 2, 0, bytes(4)),
    ]


def test_of_many_batches_the_oldest_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "BATCH_LIMIT", 3)
    talk = Talk()
    batches = [batch(10 * number) for number in range(1, 6)]
    ids = [talk(*parts, protocol=NETFILTER) for parts in batches]
    late = [talk(answer(parts[1], 500), protocol=NETFILTER) for parts in batches]
    assert late[2:] == ids[2:]
    assert not set(late[:2]) & set(ids)
    assert [talk[number].status for number in ids] == ["unanswered", "unanswered", "ok", "ok", "ok"]


@pytest.mark.parametrize(("waited_us", "sure"), [(5_000_000, False), (5_000_001, True)])
def test_a_request_is_not_worked_on_for_ever(waited_us: int, sure: bool) -> None:
    """Two that wait may both have caused what names neither; one that waits for more than 5 s has been forgotten."""
    talk = Talk()
    first = talk(nlmsg(NEWADDR, REQUEST | ACK, 1, 0, IFADDR + attr(1, u32(1))))
    second = talk(nlmsg(NEWADDR, REQUEST | ACK, 2, 0, IFADDR + attr(1, u32(2))), after_us=waited_us - 10)
    event = talk[talk(nlmsg(NEWLINK, 0, 0, 0, bytes(16)))]
    assert event.cause == (second if sure else None)
    assert talk[first].effects == []


@pytest.mark.parametrize(("waited_us", "caused"), [(1000, True), (1001, False)])
def test_what_asks_for_no_ack_is_served_at_once(waited_us: int, caused: bool) -> None:
    talk = Talk()
    request = talk(nlmsg(NEWADDR, REQUEST, 1, 0, IFADDR))
    assert talk[talk(nlmsg(NEWLINK, 0, 0, 0, bytes(16)), after_us=waited_us)].cause == (request if caused else None)


def test_what_is_let_go_of_is_not_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "OPEN_LIMIT", 1)
    talk = Talk()
    _, second = (talk(nlmsg(NEWADDR, REQUEST | ACK, seq, 0, IFADDR)) for seq in (1, 2))
    assert talk[talk(nlmsg(NEWLINK, 0, 0, 0, bytes(16)))].cause == second


def test_what_comes_after_the_ack_is_not_of_that_request() -> None:
    talk = Talk()
    request = nlmsg(NEWADDR, REQUEST | ACK, 1, 0, IFADDR)
    first = talk(request)
    assert talk[talk(nlmsg(NEWLINK, 0, 0, 0, bytes(16)))].cause == first
    talk(answer(request, 500))
    assert talk[talk(nlmsg(NEWLINK, 0, 0, 0, bytes(12) + u32(1)))].cause is None


def test_of_what_is_answered_the_newest_stay_in_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "RECENT_LIMIT", 3)
    talk = Talk()
    requests = [nlmsg(GETADDR, REQUEST | ACK, seq, 0, IFADDR) for seq in range(1, 7)]
    ids = []
    for request in requests:
        ids.append(talk(request))
        assert talk(answer(request, 500)) == ids[-1]
    again = [talk(nlmsg(NEWADDR, 0, seq, 500, IFADDR)) for seq in range(6, 0, -1)]
    assert again[:3] == ids[:2:-1]
    assert not set(again[3:]) & set(ids)


def test_what_waits_is_not_pushed_out_by_what_asks_for_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "OPEN_LIMIT", 2)
    talk = Talk()
    waiting = nlmsg(NEWADDR, REQUEST | ACK, 1, 0, IFADDR)
    first = talk(waiting)
    for seq in range(2, 6):
        talk(nlmsg(NEWADDR, REQUEST, seq, 0, IFADDR))
    assert talk(answer(waiting, 500)) == first
    assert talk[first].status == "ok"


def test_of_notifications_that_an_ack_may_confirm_so_many_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of neighbours name the port id alone, that of the request is known by its ACK."""
    monkeypatch.setattr(answers, "_GUESSES", 2)
    talk = Talk()
    request = nlmsg(28, REQUEST | ACK, 77, 0, bytes(12))
    talk(request)
    told = [talk(nlmsg(28, 0, 0, 500, bytes([10, *bytes(10), number]))) for number in range(3)]
    talk(answer(request, 500))
    assert [(talk[number].cause, talk[number].certain) for number in told] == [(1, True), (1, True), (1, False)]


def test_what_takes_longer_than_32_bits_of_nanoseconds_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "RECENT_LIMIT", 1)
    talk = Talk()
    request = nlmsg(NEWROUTE, REQUEST | ACK, 1, 0, RTMSG)
    first = talk(request)
    talk(answer(request, 500), after_us=6_000_000)
    second = talk(nlmsg(NEWROUTE, REQUEST | ACK, 2, 0, RTMSG))
    for seq in (3, 4):  # after these the first is out of reach
        last = nlmsg(NEWROUTE, REQUEST | ACK, seq, 0, RTMSG)
        talk(last)
        talk(answer(last, 500))
    assert (talk[first].latency_ns, talk[first].duration_ns) == (6_000_000_000, 6_000_000_000)
    assert talk[first].bytes == len(request) + 36
    assert (talk[second].latency_ns, talk[second].duration_ns) == (None, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"bytes": (1 << 32) - 1},
        {"bytes": 1 << 32},
        {"latency": 1 << 32},
        {"errno": 0xFFFE},
        {"errno": 0xFFFF},
        {"errno": -5},
    ],
)
def test_a_number_of_any_size_is_kept(change: dict[str, int]) -> None:
    talk = Talk()
    talk(nlmsg(GETADDR, REQUEST | ACK, 1, 0, IFADDR))
    pending = PendingRequest(1, "request", talk.message(1), request=True)
    for name, value in change.items():
        setattr(pending, name, value)
    store = Store()
    store.open(1)
    store.keep(pending)
    assert {name: getattr(store.get(1), name) for name in change} == change


def test_the_last_message_is_found_of_conversations_that_were_opened_since() -> None:
    store = Store()
    for number in (1, 2, 3):
        store.open(number)
        assert store.last(number, number) == number


def test_a_message_of_a_header_alone_is_a_request() -> None:
    talk = Talk()
    assert talk[talk(nlmsg(GETADDR, REQUEST, 1, 0))].kind == "request"
    assert talk[talk(nlmsg(GETADDR, REQUEST, 1, 0), protocol=2)].kind == "datagram"
    assert talk[talk(nlmsg(GETADDR, REQUEST | ACK, 1, 0), protocol=31)].kind == "request"
    assert talk[talk(nlmsg(GETADDR, REQUEST, 1, 0), protocol=31)].kind == "datagram"


def test_the_last_effect_is_remembered_while_more_may_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "OPEN_LIMIT", 10)
    monkeypatch.setattr(candidates, "RECENT_LIMIT", 5)
    talk = Talk()
    for seq in range(1, 60):
        request = nlmsg(NEWADDR, REQUEST | ACK, seq, 0, IFADDR + attr(1, u32(seq)))
        number = talk(request)
        told = [talk(nlmsg(NEWADDR, 0, seq, 500, IFADDR + attr(1, u32(seq)) + attr(2, u32(at)))) for at in range(3)]
        assert talk[number].effects == told
        if seq % 3:
            talk(answer(request, 500))
    assert len(talk.follower.store._last_effect) <= 15


def refused(talk: Talk, seq: int, words: bytes) -> int:
    request = nlmsg(NEWROUTE, REQUEST | ACK, seq, 0, RTMSG)
    talk(request)
    return talk(answer(request, 500, EINVAL, tlvs=attr(MSG, words + b"\0")))


def test_what_was_said_is_remembered_for_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_SAID_LIMIT", 3)
    talk = Talk()
    ids = [refused(talk, seq, b"no %d" % seq) for seq in range(1, 9)]
    asked: list[int] = []
    source = talk.message
    talk.follower.source = lambda number: asked.append(number) or source(number)  # type: ignore[func-returns-value]
    for number in (*ids, *ids):
        assert talk[number].extack_text == f"no {ids.index(number) + 1}"
        assert len(talk.follower.extack_texts) <= 3
        before = len(asked)
        assert talk[number].extack_text
        assert len(asked) == before  # a moment ago it was looked up


def test_what_was_said_is_looked_up_again_when_more_came() -> None:
    talk = Talk()
    request = nlmsg(NEWROUTE, REQUEST | ACK, 1, 0, RTMSG)
    number = talk(request)
    assert talk[number].extack_text == ""
    talk(answer(request, 500, EINVAL, tlvs=attr(MSG, b"late\0")))
    assert talk[number].extack_text == "late"


HEADERS = {44: 5, 48: 1, 100: 5, 104: 2}  # filter, action, chain, next hop: words before the attributes


@pytest.mark.parametrize("type_", HEADERS)
def test_what_the_kernel_repeats_is_of_the_same_attributes_whatever_it_fills_in(type_: int) -> None:
    """A program that names its port and asks for no ACK is told of its change with all flags of its request."""
    words = HEADERS[type_]
    asked = bytes(4 * words) + attr(1, b"tail") + attr(2, b"more")
    filled = [asked[: 4 * at] + b"\1\2\3\4" + asked[4 * at + 4 :] for at in range(len(asked) // 4)]
    for at, told in enumerate(filled):
        talk = Talk()
        first = talk(nlmsg(type_, REQUEST | 0x400, 0, 700, asked))
        event = talk[talk(nlmsg(type_, REQUEST | 0x400, 0, 700, told))]
        assert (event.request is None) == (at < words), at
        assert event.cause == (first if at < words else None)


@pytest.mark.parametrize("type_", [104, 105, 106])
def test_a_question_that_is_asked_again_is_no_answer(type_: int) -> None:
    """What the kernel tells has the flags of the request, too; but it tells of no question."""
    talk = Talk()
    message = nlmsg(type_, REQUEST | ACK, 1, 0, bytes(8) + attr(1, u32(7)))
    talk(message)
    talk(nlmsg(type_, REQUEST | ACK, 1, 600, bytes(8) + attr(1, u32(7))))
    assert (talk[2].request is None) == (type_ < 106)


@pytest.mark.parametrize("bit", range(8))
def test_counters_and_timers_of_xfrm_are_told_unasked(bit: int) -> None:
    talk = Talk()
    talk(nlmsg(0x1E, 0, 9, 500, bytes(40) + u32(1 << bit)), protocol=XFRM)
    assert is_unasked(talk.message(1)) == (bit in {4, 5})


def test_messages_that_were_never_fed_belong_to_no_conversation() -> None:
    store = Store()
    store.chain(1, 1, 0)
    store.chain(5, 2, 0)
    store.chain(6, 1, 1)
    assert [store.owner(number) for number in range(1, 7)] == [1, 0, 0, 0, 2, 1]
    assert [list(store.messages(first)) for first in (1, 5)] == [[1, 6], [5]]


def test_without_a_store_only_the_last_message_has_an_owner() -> None:
    store = NoStore()
    assert store.owner(1) == 0
    ids = [store.open(number) for number in (1, 2, 3)]
    assert ids == [1, 2, 3]
    assert [store.owner(number) for number in (2, 3, 4)] == [0, 3, 0]
    store.chain(4, 2, 1)
    assert [store.owner(number) for number in (3, 4)] == [0, 2]
    with pytest.raises(LookupError, match="conversation 2 was not kept"):
        store.get(2)


@pytest.mark.parametrize("size", range(0, 17, 4))
def test_the_copy_of_a_request_in_an_error_may_be_cut(size: int) -> None:
    talk = Talk()
    talk(nlmsg(2, 0, 7, 500, struct.pack("<i", -EINVAL) + nlmsg(NEWROUTE, REQUEST, 7, 0)[:size]))
    assert copied_request(talk.message(1)) == ((NEWROUTE, REQUEST) if size == 16 else (0, 0))


@pytest.mark.parametrize("number", range(2, 10))
def test_the_whole_range_of_a_type_is_no_rule(number: int) -> None:
    """As NL_ATTR_TYPE_U8 to _S64 say it: in u64 of their own for each sign."""
    signed, bits = number >= 6, 8 << (number - 2) % 4
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    name = f"{'s' if signed else 'u'}{bits}"

    def said(least: int, most: int) -> str | None:
        first = 2 if signed else 4
        form = "<q" if signed else "<Q"
        limits = attr(first, struct.pack(form, least)) + attr(first + 1, struct.pack(form, most))
        talk = Talk()
        request = nlmsg(NEWROUTE, REQUEST | ACK, 1, 0, RTMSG)
        talk(request)
        talk(answer(request, 500, EINVAL, whole=True, tlvs=attr(4 | 0x8000, attr(1, u32(number)) + limits)))
        found = talk[1].extack
        return found.policy if found is not None else None

    assert said(low, high) == name
    assert said(low + 1, high) == f"{name} from {low + 1} to {high}"
    assert said(low, high - 1) == f"{name} from {low} to {high - 1}"


@pytest.mark.parametrize(
    ("left", "code", "flags", "whole"),
    [(40, 22, 0, True), (40, -22, 0, True),
     (30, -22, 0, True), (17, -22, 0, True), (16, -22, 0, False), (40, 0, 0, False),
     (40, -22, 0x100, False)],
)  # fmt: skip
def test_a_copy_is_whole_where_more_than_a_header_is_there(left: int, code: int, flags: int, whole: bool) -> None:
    request = nlmsg(NEWROUTE, REQUEST, 7, 0, RTMSG + attr(1, b"\x0a\0\0\1") + u32(9))
    talk = Talk()
    talk(nlmsg(2, flags, 7, 500, struct.pack("<i", code) + request[:left]), nlmsg(NEWROUTE, 0, 0, 0, RTMSG))
    assert is_whole_copy(request, talk.message(1)) == whole
    assert not is_whole_copy(request[:16] + b"\xff" * 24, talk.message(1))


@pytest.mark.parametrize(
    ("offset", "span"),
    [(20, (20, 30)), (32, (32, 36)), (33, None), (34, None), (36, None)],
)
def test_where_no_dissector_goes_an_attribute_says_its_length_itself(offset: int, span: tuple[int, int] | None) -> None:
    request = nlmsg(4000, REQUEST | ACK, 7, 0, bytes(4) + attr(1, b"abcdef") + attr(2, b""))
    talk = Talk()
    talk(request)
    talk(answer(request, 500, EINVAL, whole=True, tlvs=attr(OFFS, u32(offset))))
    found = talk[1].extack
    assert found is not None
    assert (found.range, found.path, found.value) == (span, None, None)


@pytest.mark.parametrize(
    ("nest", "missing"),
    [
        (attr(18, attr(1, b"vxlan\0") + attr(2, attr(1, u32(9)))), "linkinfo.data.port"),
        (attr(18, attr(1, b"vxlan\0") + attr(2, b"")), "linkinfo.data.attribute 15"),
        (attr(18, attr(1, b"none\0\0\0") + attr(2, attr(1, u32(9)))), "linkinfo.data.attribute 15"),
    ],
)
def test_what_is_missing_in_a_nest_of_no_known_kind_is_told_by_its_number(nest: bytes, missing: str) -> None:
    request = nlmsg(NEWLINK, REQUEST | ACK, 7, 0, bytes(16) + nest)
    offset = len(request) - len(nest) + 4 + len(attr(1, b"vxlan\0"))
    talk = Talk()
    talk(request)
    talk(answer(request, 500, EINVAL, whole=True, tlvs=attr(MISS_TYPE, u32(15)) + attr(MISS_NEST, u32(offset))))
    found = talk[1].extack
    assert found is not None
    assert found.missing == missing


def ids(views: Iterable[conversation.ConversationView]) -> list[int]:
    return [view.id for view in views]


def test_the_tree_of_a_conversation_has_its_effects_inside() -> None:
    talk = Talk()
    request = nlmsg(NEWADDR, REQUEST | ACK, 1, 0, IFADDR)
    first = talk(request)
    alone = list(conversation_tree(talk[first], talk.follower, talk.message))
    event = talk(nlmsg(NEWADDR, 0, 1, 500, IFADDR))
    assert talk[first].effects == [event]
    whole = list(conversation_tree(talk[first], talk.follower, talk.message))
    inside = list(conversation_tree(talk[event], talk.follower, talk.message))
    assert whole[1:] == [*alone[1:], *(f"  {line}" for line in inside)]


def test_conversations_come_in_the_order_of_their_ids() -> None:
    talk = Talk()
    for seq in range(1, 6):
        talk(nlmsg(GETADDR, REQUEST | ACK, seq, 0, IFADDR), protocol=ROUTE)
    assert ids(talk.follower.conversations) == ids(talk.follower.conversations) == [1, 2, 3, 4, 5]
    assert len(talk.follower) == 5
