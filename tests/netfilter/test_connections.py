"""Connections and what belongs to them: oddities of the kernel, who caused news. The referee is conntrack itself."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.output.json import body
from tests.follow.talk import ACK, NETFILTER, REQUEST, Talk, answer, nlmsg
from tests.spec.make import attr, be16, be32, nest, u8, u32
from tests.support import check_tree, messages_of

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage

NEW, GET, DELETE, ZERO = 0x100, 0x101, 0x102, 0x103
DUMP = 0x300


def told(type_: int, payload: bytes, family: int = 0, port: int = 0, flags: int = 0) -> NetlinkMessage:
    (message,) = messages_of(nlmsg(type_, flags, 0, port, bytes([family, 0, 0, 0]) + payload), NETFILTER)
    check_tree(message)
    return message


def tuple_of(type_: int, source: str, target: str, ports: tuple[int, int]) -> bytes:
    one, other = (bytes(map(int, text.split("."))) for text in (source, target))
    proto = nest(2, attr(1, u8(6)), attr(2, be16(ports[0])), attr(3, be16(ports[1])))
    return nest(type_, nest(1, attr(1, one), attr(2, other)), proto)


HERE = tuple_of(1, "10.0.0.1", "10.0.0.2", (1, 80))


def test_what_the_kernel_reads_in_the_machine_s_order() -> None:
    message = told(GET, HERE + nest(25, attr(1, u32(0b1001)), attr(2, u32(0x800))), family=2, flags=REQUEST | DUMP)
    found: dict[str, Any] = body(message.root)
    assert found["filter"] == {"orig-flags": ["ip-src", "proto-num"], "reply-flags": ["icmpv6-id"]}


def test_labels_are_bits() -> None:
    message = told(NEW, HERE + attr(22, u32(0b110) + bytes(8) + u32(1 << 31)), family=2, flags=REQUEST)
    assert message.summary == "tcp src=10.0.0.1 dst=10.0.0.2 sport=1 dport=80 labels=1-2,127 of 128"
    assert message.counts.unknown == 0


def test_counters_of_expectations_come_under_the_number_of_another_request() -> None:
    payload = b"".join(attr(number, be32(number)) for number in (1, 2, 3))
    (message,) = messages_of(nlmsg(ZERO, 2, 7, 500, bytes([0, 0, 0, 3]) + payload), NETFILTER)
    assert (message.type_name, message.summary) == ("IPCTNL_MSG_EXP_GET_STATS_CPU", "cpu 3 new=1 create=2 delete=3")
    assert told(ZERO, b"", flags=REQUEST | DUMP).type_name == "IPCTNL_MSG_CT_GET_CTRZERO"


def test_they_answer_the_dump_of_the_other_subsystem() -> None:
    talk = Talk()
    talk(nlmsg(0x203, REQUEST | DUMP, 7, 500, bytes(4)), protocol=NETFILTER)
    talk(nlmsg(ZERO, 2, 7, 500, bytes(4) + attr(1, be32(1))), protocol=NETFILTER)
    assert list(talk[1].messages) == [1, 2]


def test_a_used_up_quota_is_told_as_a_new_counter() -> None:
    quota = attr(1, b"web\0") + attr(5, be32(0b110)) + attr(6, bytes(6) + be16(100))
    assert told(0x700, quota).summary == "web quota=100 quota-bytes|overquota"


def test_a_helper_in_user_space() -> None:
    kinds = (attr(1, b"a\0"), attr(2, be32(3)), attr(3, be32(60)))
    policy = nest(4, attr(1, be32(2)), nest(2, *kinds), nest(3, *kinds))
    message = told(0x900, attr(1, b"rpc\0") + nest(2, attr(1, be16(2)), attr(2, u8(17))) + attr(3, be32(9)) + policy
                   + attr(5, be32(16)) + attr(6, be32(1)), flags=REQUEST)  # fmt: skip
    assert message.summary == "rpc ipv4 udp queue 9 enabled"
    assert message.counts.unknown == 0
    assert body(message.root)["policy"]["set2"] == {"name": "a", "expect-max": 3, "expect-timeout": 60}


@pytest.mark.parametrize(("proto", "count", "text"), [
    (6, 8, "p ipv4 tcp syn-sent=1 syn-recv=2 established=3 fin-wait=4 close-wait=5 last-ack=6 time-wait=7 close=8"),
    (17, 2, "p ipv4 udp unreplied=1 replied=2"),
    (1, 1, "p ipv4 icmp timeout=1"),
    (47, 2, "p ipv4 gre unreplied=1 replied=2"),
    (132, 3, "p ipv4 sctp closed=1 cookie-wait=2 cookie-echoed=3"),
    (33, 2, "p ipv4 dccp request=1 respond=2"),
    (89, 1, "p ipv4 89 timeout=1"),
])  # fmt: skip
def test_timeouts_by_protocol(proto: int, count: int, text: str) -> None:
    data = nest(4, *(attr(number, be32(number)) for number in range(1, count + 1)))
    message = told(0x800, attr(1, b"p\0") + attr(2, be16(2)) + attr(3, u8(proto)) + data, flags=REQUEST)
    assert (message.summary, message.counts.unknown) == (text, 0)


# -- who did it --------------------------------------------------------------------------------------------------------


def event(type_: int, port: int, connection: bytes = HERE) -> bytes:
    return nlmsg(type_, 0, 0, port, bytes([2, 0, 0, 0]) + connection + attr(3, be32(0x10E)))


def asks(type_: int, seq: int, connection: bytes = HERE, port: int = 0) -> bytes:
    return nlmsg(type_, REQUEST | ACK, seq, port, bytes([2, 0, 0, 0]) + connection)


def test_an_event_that_is_read_after_the_ack_is_tied_to_the_last_request_of_its_port() -> None:
    talk = Talk()
    for seq, port in ((5, 500), (6, 600)):
        request = asks(DELETE, seq)
        talk(request, protocol=NETFILTER)
        talk(answer(request, port), protocol=NETFILTER)
    talk(event(DELETE, 500), protocol=NETFILTER)
    assert (talk[3].cause, talk[3].certain) == (1, True)


def test_an_event_by_a_packet_or_a_timer_has_no_cause() -> None:
    talk = Talk()
    request = asks(DELETE, 5)
    talk(request, protocol=NETFILTER)
    talk(event(DELETE, 0), protocol=NETFILTER)
    talk(answer(request, 500), protocol=NETFILTER)
    assert (talk[2].kind, talk[2].cause, talk[2].certain) == ("event", None, True)


def test_the_ack_makes_it_certain() -> None:
    talk = Talk()
    request = asks(DELETE, 5)
    talk(request, protocol=NETFILTER)
    talk(event(DELETE, 500), protocol=NETFILTER)
    assert (talk[2].cause, talk[2].certain) == (1, False)
    talk(answer(request, 500), protocol=NETFILTER)
    assert (talk[2].cause, talk[2].certain) == (1, True)


def test_an_ack_to_another_port_leaves_it_a_guess() -> None:
    talk = Talk()
    request = asks(DELETE, 5)
    talk(request, protocol=NETFILTER)
    talk(event(DELETE, 500), protocol=NETFILTER)
    talk(answer(request, 600), protocol=NETFILTER)
    assert not talk[2].certain


def test_of_two_that_wait_the_more_similar_caused_it() -> None:
    talk = Talk()
    other = tuple_of(1, "10.0.0.1", "10.0.0.3", (1, 443))
    for seq, connection in ((5, other), (6, HERE)):
        talk(asks(DELETE, seq, connection), protocol=NETFILTER)
    talk(event(DELETE, 500), protocol=NETFILTER)
    talk(event(DELETE, 400, other), protocol=NETFILTER)
    assert (talk[3].cause, talk[4].cause) == (2, 1)


def test_an_event_of_another_kind_is_not_its() -> None:
    talk = Talk()
    talk(asks(DELETE, 5), protocol=NETFILTER)
    talk(event(NEW, 500), protocol=NETFILTER)
    assert (talk[2].cause, talk[2].certain) == (None, False)


@given(st.binary(max_size=120), st.sampled_from([NEW, GET, DELETE, ZERO, 0x104, 0x200, 0x202, 0x700, 0x800, 0x900]))
def test_any_bytes_are_tiled(payload: bytes, type_: int) -> None:
    told(type_, payload)


def test_a_crowd_of_requests_is_looked_at_in_bounds() -> None:
    talk = Talk()
    for seq in range(200):
        talk(asks(NEW, seq, HERE + attr(7, struct.pack(">I", seq))), protocol=NETFILTER)
    talk(event(NEW, 500, HERE + attr(7, struct.pack(">I", 150))), protocol=NETFILTER)
    assert talk[201].cause == 151


def test_times_are_dates_to_the_nanosecond() -> None:
    begun = 1_796_040_485_474_395_001
    message = told(NEW, HERE + nest(20, attr(1, begun.to_bytes(8, "big")), attr(2, bytes(8))), family=2)
    start, stop = (message.root.get(f"timestamp.{name}") for name in ("start", "stop"))
    assert start is not None
    assert stop is not None
    assert (start.text, start.value) == ("2026-11-30T12:08:05.474395001Z", begun)
    assert stop.text == "never"
