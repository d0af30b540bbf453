"""What programs keep with objects of nf_tables: real bytes of two versions of nft, and any bytes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.decode.learn import learn
from nlsniff.decode.set_types import TYPE_BITS, parts_of
from nlsniff.output import text
from nlsniff.wire.attr import walk_short
from tests.conftest import ROOT
from tests.spec.make import Bench, attr, be32, nest, problems, shown, u32

NETFILTER = 12
NEWTABLE, NEWCHAIN, NEWRULE, NEWSET, NEWSETELEM, NEWOBJ = 0xA00, 0xA03, 0xA06, 0xA09, 0xA0C, 0xA12
USERDATA = {NEWTABLE: 6, NEWCHAIN: 12, NEWRULE: 7, NEWSET: 13, NEWOBJ: 8}
HEAD = bytes((1, 0, 0, 0))  # inet

# As nft wrote them: NFTA_SET_USERDATA of the set that the comment has.
KEPT: dict[str, tuple[str, dict[str, Any]]] = {
    # nft 1.0.6: type ipv4_addr; flags timeout; comment "bad ones"
    "comment": (
        "0004020000000709626164206f6e657300",
        {"key-byteorder": "big-endian", "comment": "bad ones"},
    ),
    # nft 1.0.6: type ipv4_addr . mark
    "concat": (
        "000400000000030800040d0000000100",
        {"key-byteorder": "unspec", "key-typeof": {"expr": "concat", "data": {}}},
    ),
    # nft 1.1.7: the same; the first part is left open, and what belongs into it stands behind it
    "concat-1.1": (
        "000400000000031200040d000000010a00000004040000000100",
        {"key-byteorder": "unspec",
         "key-typeof": {"expr": "concat", "data": {"0": [{}, "04000000"], "1": {}}}},
    ),
    # nft 1.0.6: typeof ip length
    "payload": (
        "000402000000031a000407000000011200040c000000010405000000040410000000",
        {"key-byteorder": "big-endian",
         "key-typeof": {"expr": "payload", "data": {"desc": 12, "type": 5, "len": 16}}},
    ),
    # nft 1.0.6: typeof ip saddr . meta mark
    "typeof-concat": (
        "000400000000032e00040d00000001260014000407000000010c00040c00000001040b000000010e0004090000000106000403000000",
        {"key-byteorder": "unspec",
         "key-typeof": {"expr": "concat", "data": {
             "0": {"expr": "payload", "data": {"desc": 12, "type": 11}},
             "1": {"expr": "meta", "data": {"key": "mark"}}}}},
    ),
    # nft 1.0.6: typeof fib saddr type; nft 1.1.7 counts fib as 1.0.6 counts xfrm, and only both names are true
    "fib": (
        "000401000000031400041a000000010c000403000000010401000000",
        {"key-byteorder": "host", "key-typeof": {"expr": "fib", "data": {"result": "addrtype", "flags": ["saddr"]}}},
    ),
    "fib-1.1": (
        "000401000000031400041b000000010c000403000000010401000000",
        {"key-byteorder": "host",
         "key-typeof": {"expr": "fib-or-xfrm", "data": {"result-or-key": 3, "flags-or-spnum": 1}}},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def bench() -> Bench:
    made = Bench(ROOT / "dissectors" / "nftables.yaml")
    assert not made.complaints
    return made


def short(number: int, payload: bytes) -> bytes:
    return bytes((number, len(payload))) + payload


@pytest.mark.parametrize(("kept", "value"), KEPT.values(), ids=KEPT)
def test_what_nft_keeps_with_a_set(bench: Bench, kept: str, value: dict[str, Any]) -> None:
    message = bench.message(NETFILTER, NEWSET, HEAD + attr(USERDATA[NEWSET], bytes.fromhex(kept)))
    assert shown(message)["userdata"] == value
    assert (message.counts.unknown, problems(message)) == (0, [])


def test_what_nft_keeps_with_a_table(bench: Bench) -> None:
    """nft 1.1.7 notes its version and when it was built."""
    kept = bytes.fromhex("000b6d61696e207461626c65000104010107000208000000006ac73dd6")
    message = bench.message(NETFILTER, NEWTABLE, HEAD + attr(1, b"t\0") + attr(USERDATA[NEWTABLE], kept))
    lines = "\n".join(text.tree(message))
    assert "comment: main table\n    nftver: 1.1.7.0\n    nftbld: 2026-10-08T06:53:10Z" in lines
    assert message.summary == 'table inet t comment "main table"'
    assert message.counts.unknown == 0


@pytest.mark.parametrize("type_", USERDATA)
@pytest.mark.parametrize("kept", [b"no types", b"\x00", b"\x00\xff", short(0, b"a\0")[:-1]])
def test_what_is_no_such_chain_stays_unknown_bytes(bench: Bench, type_: int, kept: bytes) -> None:
    """Other programs keep what they like."""
    message = bench.message(NETFILTER, type_, HEAD + attr(USERDATA[type_], kept))
    assert shown(message)["userdata"] == kept.hex()
    assert message.counts.unknown == len(kept)


@given(type_=st.sampled_from(list(USERDATA)), kept=st.binary(max_size=256))
def test_any_bytes_may_be_kept(bench: Bench, type_: int, kept: bytes) -> None:
    message = bench.message(NETFILTER, type_, HEAD + attr(USERDATA[type_], kept))  # whose tree is checked
    assert message.counts.unknown <= len(kept)
    text.tree(message)


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=255)), max_size=9))
def test_a_chain_is_what_it_was_made_of(parts: list[tuple[int, bytes]]) -> None:
    data = b"".join(short(number, payload) for number, payload in parts)
    assert [(number, data[start:end]) for number, start, end in walk_short(data, 0, len(data))] == parts
    for stop in range(len(data)):
        found = list(walk_short(data, 0, stop))
        assert all(end <= stop for _, _, end in found)
        assert [(number, data[start:end]) for number, start, end in found] == parts[: len(found)]


def test_nests_that_never_end_are_not_followed_for_ever(bench: Bench) -> None:
    """typeof in typeof, as deep as a length of 8 bits can have it."""
    kept = b""
    while len(kept) < 240:
        kept = short(0, u32(13)) + short(1, short(0, kept))
    message = bench.message(NETFILTER, NEWSET, HEAD + attr(USERDATA[NEWSET], short(3, kept)))
    assert len(text.tree(message)) < 200


@given(st.lists(st.integers(1, 46), min_size=1, max_size=5))
def test_types_of_a_concatenation(types: list[int]) -> None:
    number = 0
    for part in types:
        number = number << TYPE_BITS | part
    assert parts_of(number) == tuple(types)


@pytest.mark.parametrize(
    ("number", "said"),
    [(7, "ipv4_addr"), (7 << 6 | 13, "ipv4_addr . inet_service"), (0xFFFFFF00, "verdict"),
     (0x12345678, 0x12345678), (63, 63), (7 << 6 | 63, 7 << 6 | 63)],
)  # fmt: skip
def test_a_type_has_its_words_where_all_its_parts_have(bench: Bench, number: int, said: str | int) -> None:
    message = bench.message(NETFILTER, NEWSET, HEAD + attr(4, be32(number)))
    assert shown(message)["key-type"] == said


@given(size=st.integers(0, 80), types=st.integers(0, 0xFFFFFFFF), flags=st.integers(0, 0x1FF), data=st.data())
def test_any_type_and_any_value(bench: Bench, size: int, types: int, flags: int, data: st.DataObject) -> None:
    """A set may say one thing of its elements and hold another."""
    named = attr(1, b"t\0") + attr(2, b"s\0")
    kept = attr(3, be32(flags)) + attr(4, be32(types)) + attr(6, be32(types))
    made = bench.message(NETFILTER, NEWSET, HEAD + named + kept)
    learn(bench.names, [made])
    value = nest(1, attr(1, data.draw(st.binary(min_size=size, max_size=size))))
    element = nest(1, value, nest(2, attr(1, data.draw(st.binary(min_size=size, max_size=size)))))
    message = bench.message(NETFILTER, NEWSETELEM, HEAD + named + nest(3, element))
    assert message.counts.unknown == 0
    assert text.tree(message)
