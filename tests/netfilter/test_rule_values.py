"""Values in rules of nf_tables are shown as what the rule loaded before, and in hex where it does not say."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.output.json import body
from nlsniff.reader import Stream, make_decoder
from nlsniff.spec.registry import open_registry
from tests.conftest import ROOT
from tests.model.compare import compare_capture, told
from tests.spec.make import Bench, attr, be16, be32, nest, u16, u32

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage

BENCH = Bench(ROOT / "dissectors" / "nftables.yaml")
NETFILTER, NEWRULE = 12, 0xA06
INET, IPV4, ARP, NETDEV, IPV6 = 1, 2, 3, 5, 10
LINK_HEADER, NETWORK_HEADER, TRANSPORT_HEADER = range(3)
PROTOCOL, MARK, IIFNAME, NFPROTO, L4PROTO = 1, 3, 6, 15, 16  # NFT_META_*
FIREWALL = ROOT / "captures" / "nft-firewall-61.pcapng.zst"


def expression(name: str, *parts: bytes) -> bytes:
    return nest(1, attr(1, name.encode() + b"\0"), nest(2, *parts))


def numbers(name: str, **values: int) -> bytes:
    """An expression of numbers in network order, by the attributes that they stand in (`a3=1`)."""
    return expression(name, *(attr(int(key[1:]), be32(number)) for key, number in values.items()))


def meta(key: int, register: int = 1) -> bytes:
    return numbers("meta", a2=key, a1=register)


def payload(base: int, offset: int, length: int, register: int = 1) -> bytes:
    return numbers("payload", a1=register, a2=base, a3=offset, a4=length)


def cmp(data: bytes, register: int = 1, op: int = 0) -> bytes:
    return expression("cmp", attr(1, be32(register)), attr(2, be32(op)), nest(3, attr(1, data)))


def immediate(data: bytes, register: int = 1) -> bytes:
    return expression("immediate", attr(1, be32(register)), nest(2, attr(1, data)))


def inner(part: bytes) -> bytes:
    """An expression about the packet inside of a packet of VXLAN."""
    return expression("inner", attr(2, be32(1)), nest(5, part[4:]))


def bitwise(mask: bytes, source: int = 1, target: int = 1, op: int = 0) -> bytes:
    parts = attr(1, be32(source)), attr(2, be32(target)), attr(3, be32(len(mask))), attr(6, be32(op))
    data = (nest(7, attr(1, mask)),) if op in {1, 2} else (nest(4, attr(1, mask)), nest(5, attr(1, bytes(len(mask)))))
    return expression("bitwise", *parts, *data)


def rule(family: int, *expressions: bytes) -> NetlinkMessage:
    head = bytes((family, 0, 0, 0)) + attr(1, b"t\0") + attr(2, b"c\0")
    return BENCH.message(NETFILTER, NEWRULE, head + nest(4, *expressions))


def values(message: NetlinkMessage) -> list[Any]:
    """The values that are compared or given, in the order of the rule."""
    found = []
    for part in body(message.root)["expressions"]["elem"]:
        data = part["data"]
        found += [data[name]["value"] for name in ("mask", "data") if name in data]
    return found


IP, TCP, ICMP6 = (meta(NFPROTO), cmp(bytes([2]))), (meta(L4PROTO), cmp(bytes([6]))), (meta(L4PROTO), cmp(bytes([58])))
INNER_IP = (inner(meta(PROTOCOL)), cmp(be16(0x0800)))
ADDRESS = bytes([192, 0, 2, 1])


@pytest.mark.parametrize(
    ("family", "expressions", "value"),
    [
        (INET, [meta(IIFNAME), cmp(b"veth0".ljust(16, b"\0"))], "veth0"),
        (INET, [meta(IIFNAME), cmp(b"veth")], "veth*"),
        (INET, [meta(MARK), cmp(u32(7))], 7),
        (INET, [meta(MARK), numbers("byteorder", a1=1, a2=1, a3=1, a4=4, a5=4), cmp(be32(7))], 7),
        (IPV4, [payload(NETWORK_HEADER, 12, 4), cmp(ADDRESS)], "192.0.2.1"),
        (INET, [*IP, payload(NETWORK_HEADER, 12, 4), cmp(ADDRESS)], "192.0.2.1"),
        (NETDEV, [meta(PROTOCOL), cmp(be16(0x0800)), payload(NETWORK_HEADER, 12, 4), cmp(ADDRESS)], "192.0.2.1"),
        (ARP, [payload(NETWORK_HEADER, 24, 4), cmp(ADDRESS)], "192.0.2.1"),
        (IPV6, [payload(NETWORK_HEADER, 24, 16), cmp(bytes(15) + b"\1")], "::1"),
        (INET, [*TCP, payload(TRANSPORT_HEADER, 2, 2), cmp(be16(443))], 443),
        (INET, [*TCP, payload(TRANSPORT_HEADER, 13, 1), cmp(b"\2")], ["syn"]),
        (INET, [*TCP, payload(TRANSPORT_HEADER, 4, 4), cmp(be32(512))], 512),
        (INET, [*ICMP6, payload(TRANSPORT_HEADER, 4, 2), cmp(be16(9))], 9),
        (IPV4, [payload(NETWORK_HEADER, 9, 1), cmp(b"\6"), payload(TRANSPORT_HEADER, 2, 2), cmp(be16(443))], 443),
        (INET, [payload(LINK_HEADER, 6, 6), cmp(b"\2\0\0\0\0\1")], "02:00:00:00:00:01"),
        (INET, [numbers("ct", a2=0, a1=1), bitwise(u32(6))], ["established", "related"]),
        (IPV4, [payload(NETWORK_HEADER, 12, 4, 2), bitwise(b"\xff\xff\0\0", 2, 9), cmp(ADDRESS, 9)], "192.0.2.1"),
        (INET, [numbers("fib", a1=1, a2=3, a3=2), cmp(u32(2))], "local"),
        (IPV4, [payload(NETWORK_HEADER, 12, 2), cmp(b"\x0a\x09")], "10.9.0.0/16"),
        (IPV4, [payload(NETWORK_HEADER, 16, 3), cmp(ADDRESS[:3])], "192.0.2.0/24"),
        (IPV6, [payload(NETWORK_HEADER, 24, 4), cmp(bytes.fromhex("20010db8"))], "2001:db8::/32"),
        (NETDEV, [payload(LINK_HEADER, 14, 2), bitwise(b"\x0f\xff"), cmp(b"\0\x07")], 7),
        (
            INET,
            [inner(meta(PROTOCOL)), cmp(be16(0x0800)), inner(payload(NETWORK_HEADER, 12, 4)), cmp(ADDRESS)],
            "192.0.2.1",
        ),
        (INET, [meta(MARK), bitwise(u32(7), op=1)], 7),  # how far it is shifted
        (IPV4, [immediate(ADDRESS), numbers("nat", a1=1, a2=2, a3=1, a4=1)], "192.0.2.1"),
        (IPV4, [immediate(be16(8080), 2), numbers("redir", a1=2)], 8080),
        (IPV4, [immediate(u32(9)), numbers("meta", a2=MARK, a3=1)], 9),
    ],
)
def test_a_value_is_what_the_rule_takes_it_for(family: int, expressions: list[bytes], value: Any) -> None:
    message = rule(family, *expressions)
    assert values(message)[-1] == value
    assert (message.counts.unknown, message.problems) == (0, [])


@pytest.mark.parametrize(
    ("family", "expressions", "word"),
    [
        (IPV4, [numbers("fib", a1=1, a2=1, a3=0x21), cmp(u32(0))], "missing"),  # a number of four bytes, of older nft
        (IPV4, [numbers("fib", a1=1, a2=1, a3=0x21), cmp(b"\1")], "exists"),
        (IPV4, [payload(NETWORK_HEADER, 1, 1), bitwise(b"\xfc"), cmp(b"\xb8")], "ef"),
        (IPV4, [payload(NETWORK_HEADER, 1, 1), bitwise(b"\xfc"), cmp(b"\x0c")], "0x0c"),
        (IPV4, [payload(NETWORK_HEADER, 1, 1), bitwise(b"\x03"), cmp(b"\x03")], "ce"),
        (IPV6, [payload(NETWORK_HEADER, 0, 2), bitwise(b"\x0f\xc0"), cmp(b"\x02\x80")], "af11"),
        (IPV4, [payload(NETWORK_HEADER, 6, 2), bitwise(b"\x20\0"), cmp(b"\x20\0")], "mf"),
        (IPV4, [payload(NETWORK_HEADER, 6, 2), cmp(b"\x3f\xff")], "mf|0x1fff"),
        (NETDEV, [payload(LINK_HEADER, 16, 2), cmp(be16(0x0806))], "arp"),
    ],
)
def test_a_value_has_the_word_that_rules_have_for_it(family: int, expressions: list[bytes], word: str) -> None:
    message = rule(family, *expressions)
    assert [node for node in message.root.walk() if node.name == "value"][-1].text == word
    assert (message.counts.unknown, message.problems) == (0, [])


@pytest.mark.parametrize(
    ("family", "expressions"),
    [
        (INET, [payload(NETWORK_HEADER, 12, 4), cmp(ADDRESS)]),  # of which protocol is not said
        (INET, [meta(NFPROTO), cmp(bytes([2]), op=1), payload(NETWORK_HEADER, 12, 4), cmp(ADDRESS)]),  # of any other
        (IPV6, [payload(NETWORK_HEADER, 12, 4), cmp(ADDRESS)]),  # in the middle of an address
        (IPV4, [payload(NETWORK_HEADER, 13, 3), cmp(ADDRESS[:3])]),  # a part of an address
        (IPV4, [payload(NETWORK_HEADER, 12, 3), bitwise(ADDRESS[:3])]),  # a mask of a part
        (IPV4, [payload(NETWORK_HEADER, 12, 3), cmp(ADDRESS)]),  # more than a part
        (IPV4, [payload(NETWORK_HEADER, 12, 4), cmp(ADDRESS[:3])]),
        (IPV4, [payload(NETWORK_HEADER, 12, 4), cmp(ADDRESS, 2)]),  # in another register
        (IPV4, [payload(NETWORK_HEADER, 12, 4), meta(14), cmp(ADDRESS)]),  # it holds something else by now
        (IPV4, [payload(NETWORK_HEADER, 12, 4), meta(14, 8), cmp(ADDRESS)]),  # the same register by its other number
        (INET, [payload(TRANSPORT_HEADER, 2, 2), cmp(be16(443))]),
        (INET, [*ICMP6, payload(TRANSPORT_HEADER, 2, 2), cmp(be16(443))]),
        (INET, [*TCP, payload(TRANSPORT_HEADER, 2, 2), numbers("byteorder", a1=1, a2=1, a4=2, a5=2), cmp(u16(443))]),
        (IPV4, [inner(payload(NETWORK_HEADER, 12, 4)), cmp(ADDRESS)]),  # of another packet inside
        (INET, [*INNER_IP, payload(NETWORK_HEADER, 12, 4), cmp(ADDRESS)]),
        (IPV4, [payload(NETWORK_HEADER, 12, 4), inner(payload(NETWORK_HEADER, 12, 4)), cmp(ADDRESS)]),
        (INET, [meta(200), cmp(u32(1))]),
        (INET, [meta(MARK, 1 << 31), cmp(u32(1), 1 << 31)]),  # no such register
        (IPV4, [immediate(ADDRESS)]),
        (IPV4, [immediate(ADDRESS), meta(14), numbers("nat", a2=2, a3=1)]),
        (INET, [cmp(ADDRESS)]),
    ],
)
def test_what_the_rule_does_not_say_is_in_hex(family: int, expressions: list[bytes]) -> None:
    found = values(rule(family, *expressions))[-1]
    assert found in {ADDRESS.hex(), ADDRESS[:3].hex(), "01bb", "bb01", "01000000", "07000000"}


def test_expressions_inside_of_others_are_not_those_of_the_rule() -> None:
    inner = nest(10, nest(1, attr(1, b"cmp\0"), nest(2, attr(1, be32(1)), nest(3, attr(1, ADDRESS)))))
    message = rule(IPV4, payload(NETWORK_HEADER, 12, 4), expression("dynset", attr(1, b"s\0"), inner))
    elements = body(message.root)["expressions"]["elem"][1]["data"]["expressions"]["elem"]
    assert elements[0]["data"]["data"]["value"] == ADDRESS.hex()


_PARTS = st.builds(attr, st.integers(0, 9), st.one_of(st.integers(0, 40).map(be32), st.binary(max_size=20)))
_NESTS = st.builds(lambda which, parts: nest(which, *parts), st.integers(0, 9), st.lists(_PARTS, max_size=2))
_NAMES = [
    b"bitwise", b"byteorder", b"cmp", b"ct", b"dup", b"exthdr", b"fib", b"fwd", b"immediate", b"inner", b"masq",
    b"meta", b"nat", b"payload", b"range", b"redir", b"rt", b"tproxy", b"x",
]  # fmt: skip
_EXPRESSIONS = st.builds(
    lambda name, parts: expression(name.decode(), *parts),
    st.sampled_from(_NAMES),
    st.lists(st.one_of(_PARTS, _NESTS), max_size=5),
)


@given(st.sampled_from([INET, IPV4, IPV6, NETDEV]), st.lists(_EXPRESSIONS, max_size=8), st.integers(0, 60))
def test_any_expressions_are_read(family: int, expressions: list[bytes], lost: int) -> None:
    whole = bytes((family, 0, 0, 0)) + nest(4, *expressions)
    BENCH.message(NETFILTER, NEWRULE, whole[: max(len(whole) - lost, 0)])  # which checks the tree


def test_a_rule_of_very_many_expressions_takes_time_by_its_length() -> None:
    def seconds(count: int) -> float:
        pairs = [meta(MARK, 8 + at % 16) + cmp(u32(at), 8 + at % 16) for at in range(count)]
        begin = time.process_time()
        assert values(rule(INET, *pairs))[-1] == count - 1
        return time.process_time() - begin

    seconds(10)
    assert seconds(480) < 5 * seconds(240) + 0.1


def test_rules_of_a_real_firewall() -> None:
    said = {message.summary for message in Stream(FIREWALL, make_decoder()) if message.type_name == "NFT_MSG_NEWRULE"}
    for end in (
        "meta load iifname => reg-1, cmp eq reg-1 lo, immediate accept",
        'bitwise (reg-1 & new|untracked) ^ 0 => reg-1, cmp neq reg-1 0, counter comment "whoever is new"',
        "rt load nexthop4 => reg-1, cmp eq reg-1 192.0.2.254, rt load classid => reg-1, cmp eq reg-1 5, counter",
        "immediate 1:7 => reg-1, meta set priority with reg-1, immediate 1 => reg-1, meta set nftrace with reg-1",
    ):
        assert any(line.endswith(end) for line in said), end


def test_the_printer_says_what_the_walker_says() -> None:
    data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(FIREWALL.read_bytes())).read()
    found = compare_capture(open_registry(), data, None)
    assert found.messages > 2000
    assert found.hits > 1000
    assert not found.differences, told(found.differences)
