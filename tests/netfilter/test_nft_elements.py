"""Elements of sets by the types of their set: as nft prints them, and never a guess."""

from __future__ import annotations

import struct
from random import Random
from typing import TYPE_CHECKING

import pytest

import nlsniff
from nlsniff.decode.learn import learn
from nlsniff.decode.names import Names
from nlsniff.decode.set_types import KIND, set_key
from nlsniff.reader import Stream, make_decoder
from nlsniff.spec.registry import Registry
from tests.conftest import ROOT
from tests.follow.talk import answer, nlmsg
from tests.golden import check_golden
from tests.model.compare import compare, compare_capture
from tests.model.compare import told as differences
from tests.model.traffic import Frame
from tests.netfilter import nft_elements
from tests.spec.make import attr, be32, nest
from tests.support import messages_of

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.wire.nlmsg import Order

NETFILTER, NEWSET, NEWSETELEM = 12, 0xA09, 0xA0C
GOLDEN = ROOT / "tests" / "netfilter" / "golden" / "nft-types.txt"
CAPTURE = ROOT / "captures" / "nft-types.pcapng"
# Neither the set nor its type says how long an integer in a concatenation is, and in which order.
HEX = {"tl", "tot", "fr"}
WILDCARDS = "iifs"  # which the kernel has as intervals


@pytest.fixture(scope="module")
def messages() -> list[NetlinkMessage]:
    return list(Stream(CAPTURE, make_decoder()))


def test_elements_are_those_that_nft_prints() -> None:
    printed, told = nft_elements.printed(CAPTURE.with_suffix(".tool.txt")), nft_elements.told(CAPTURE)
    assert printed.keys() == told.keys()
    assert len(printed) > 60
    compared = printed.keys() - HEX - {WILDCARDS}
    assert {name: told[name] for name in compared} == {name: printed[name] for name in compared}


def test_what_no_message_tells_is_hex() -> None:
    told = nft_elements.told(CAPTURE)
    shown = {name: [first for first, _, _ in told[name]] for name in HEX}
    assert shown == {
        "tl": [("0x00640000", "0x65000000", "0x00660000")],
        "tot": [("10.0.0.1", "0x00000005", "0x00060000")],
        "fr": [("0x00000007", "fe80::1")],
    }


def test_names_that_begin_alike_are_an_interval() -> None:
    told = nft_elements.told(CAPTURE)[WILDCARDS]
    assert told == [
        (("eth",), ("before eti",), ""),
        (("lo",), (r"before lo\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01",), ""),
    ]


def test_no_byte_is_unknown_and_no_problem_is_worse_than_a_note(messages: list[NetlinkMessage]) -> None:
    ours = [message for message in messages if message.protocol == 12]
    assert sum(message.counts.unknown for message in ours) == 0
    assert {item.severity for message in ours for node in message.root.walk() for item in node.problems} <= {"note"}


def test_the_printer_says_the_same() -> None:
    found = compare_capture(Registry(), CAPTURE.read_bytes(), None)
    assert found.hits
    assert not found.differences, differences(found.differences)


def test_elements_are_hex_until_their_set_is_known(messages: list[NetlinkMessage]) -> None:
    """A message that is decoded with the names of before the set was made has no types."""
    element = next(item for item in messages if item.type_name == "NFT_MSG_NEWSETELEM")
    assert element.summary.endswith('10.0.0.1 timeout 3600000 ms comment "scanner", 10.0.0.2')
    decoder = make_decoder()
    early = next(item for item in Stream(CAPTURE, decoder) if item.number == element.number)
    decoder.names = Names()
    assert "0x0a000001 timeout" in early.summary


def test_a_set_is_known_by_family_table_and_name(messages: list[NetlinkMessage]) -> None:
    names = Names()
    learn(names, messages)
    bridge = 7
    assert names.resolve(KIND, set_key(bridge, "types", "blocked", 0), len(messages))
    assert not names.resolve(KIND, set_key(bridge, "other", "blocked", 0), len(messages))
    assert not names.resolve(KIND, set_key(2, "types", "blocked", 0), len(messages))
    # Until the kernel names an anonymous set, its number in the batch does.
    assert set_key(bridge, "t", "__set%d", 1) != set_key(bridge, "t", "__set%d", 2)
    assert set_key(bridge, "t", "__set1", 1) == set_key(bridge, "t", "__set1", 2)


def said_of_a_set(flags: int, *types: int) -> list[bytes]:
    """Messages that make a set of the family ip with such keys: 7 is an address, 13 a port."""
    named = attr(1, b"t\0") + attr(2, b"s\0")
    return [nlmsg(NEWSET, flags, 1, 0, b"\2\0\0\0" + named + attr(4, be32(type_))) for type_ in types]


_LIST = nest(3, nest(1, nest(1, attr(1, b"\0\x50"))))
ELEMENT = nlmsg(NEWSETELEM, 0, 1, 0, b"\2\0\0\0" + attr(1, b"t\0") + attr(2, b"s\0") + _LIST)
(IS_ADDRESS, IS_PORT), (ASKS_ADDRESS, ASKS_PORT) = said_of_a_set(0, 7, 13), said_of_a_set(5, 7, 13)


@pytest.mark.parametrize(
    ("before", "port"),
    [
        ([IS_PORT], True),
        ([ASKS_PORT], True),  # until the kernel answers
        ([ASKS_PORT, answer(ASKS_PORT, 0, 17, whole=True)], False),  # EEXIST, or whatever
        ([ASKS_PORT, answer(ASKS_PORT, 0)], True),
        ([IS_PORT, ASKS_ADDRESS], False),
        ([IS_PORT, ASKS_ADDRESS, answer(ASKS_ADDRESS, 0, 17, whole=True)], True),
        ([IS_PORT, ASKS_PORT, answer(ASKS_PORT, 0, 17, whole=True)], True),
        ([ASKS_ADDRESS, IS_PORT], True),
        ([ASKS_ADDRESS, IS_ADDRESS, ASKS_PORT], True),
    ],
)
def test_a_set_that_was_refused_is_what_it_was(before: list[bytes], port: bool) -> None:
    decoder = make_decoder()
    found = messages_of(b"".join([*before, ELEMENT]), NETFILTER, decoder=decoder)
    learn(decoder.names, found)
    assert found[-1].summary == f"element ip t s {'80' if port else '0x0050'}"


def _element(order: Order, random: Random, size: int) -> Frame:
    """An element whose key and data have so many bytes."""
    named = attr(1, b"t\0", order) + attr(2, b"s\0", order)
    sides = (nest(side, attr(1, random.randbytes(size), order), order=order) for side in (1, 2))
    return _frame(NEWSETELEM, named + nest(3, nest(1, *sides, order=order), order=order), order)


def _set(order: Order, types: int, flags: int) -> Frame:
    kept = attr(3, be32(flags), order) + attr(4, be32(types), order) + attr(6, be32(types), order)
    return _frame(NEWSET, attr(1, b"t\0", order) + attr(2, b"s\0", order) + kept, order)


def _frame(type_: int, payload: bytes, order: Order) -> Frame:
    head = struct.pack(order + "IHHII", 20 + len(payload), type_, 0, 0, 0)
    return Frame(NETFILTER, (head + bytes((2, 0, 0, 0)) + payload,))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_set_that_is_made_anew_has_other_elements_from_then_on(order: Order) -> None:
    """Bytes that looked alike under one type are looked at again under the next one."""
    random = Random(3)  # noqa: S311  tests are no secret
    types = (7, 13, 19, 41, 4, 20, 7 << 6 | 13, 19 << 6 | 9, 63, 0, 0xFFFFFF00)
    frames: list[Frame] = []
    for _ in range(60):
        frames.append(_set(order, random.choice(types), random.choice((0, 4))))
        frames += [_element(order, random, random.choice((2, 4, 8, 16))) for _ in range(8)]
    found = compare(Registry(), frames, order)
    assert not found.differences, differences(found.differences)
    assert found.hits > len(frames)


@pytest.mark.parametrize(
    ("filter_", "sets"),
    [
        ("nftables.elements.key.value == 443", {"pairs", "ports"}),
        ("nftables.elements.key.value == 10.1.1.1", {"im"}),
        ('nftables.elements.key.value matches "^eth"', {"ifs", "iifs", "cu"}),
        ("nftables.elements.data.value == 0x40", {"aim"}),
        ('nftables.elements.userdata.comment contains "scan"', {"blocked"}),
    ],
)
def test_filters_ask_for_values_as_they_are_shown(filter_: str, sets: set[str]) -> None:
    capture = nlsniff.Capture(CAPTURE)
    wanted = f"type == NFT_MSG_NEWSETELEM and direction == to-kernel and {filter_}"
    assert {message.summary.split()[3] for message in capture.messages(wanted)} == sets


def test_golden_lines(messages: list[NetlinkMessage]) -> None:
    """What nft asks for, a line each: golden/nft-types.txt (NLSNIFF_UPDATE=1 writes it)."""
    asked = [message for message in messages if message.protocol == NETFILTER and message.direction == "to-kernel"]
    lines = [f"{message.type_name} {message.summary}" for message in asked if "_GET" not in message.type_name]
    check_golden(GOLDEN, "\n".join(lines) + "\n")
