"""NLA_F_NESTED and NLA_F_NET_BYTEORDER are said of each attribute that has them: in trees, text, JSON and filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.decode.decoder import Decoder
from nlsniff.filter.compile import compile_filter
from nlsniff.output.json import message_object
from nlsniff.output.text import tree
from nlsniff.reader import Stream
from nlsniff.tui.compare import compare
from tests.conftest import ROOT
from tests.spec.make import NESTED, Bench, attr, be32, bench, raw_family, u8, u16, u32
from tests.support import REGISTRY

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage

NET_ORDER = 0x4000
SPEC = raw_family(
    """
- {name: number, type: u32}
- {name: box, type: binary, struct: box}
- {name: nest, type: nest, nested-attributes: inner}
- {name: array, type: indexed-array, sub-type: nest, nested-attributes: inner}
- {name: rows, type: nest-type-value, type-value: [row], nested-attributes: inner}
- {name: text, type: string}
- {name: gap, type: pad}
""",
    definitions="- {name: box, type: struct, members: [{name: a, type: u16}, {name: b, type: u16}]}",
    more="- {name: inner, attributes: [{name: id, type: u32}, {name: more, type: nest, nested-attributes: inner}]}",
)
NUMBER, BOX, NEST, ARRAY, ROWS, TEXT, GAP = range(1, 8)
ID, MORE = 1, 2
INSIDE = attr(ID, u32(5))

# What is sent, lines of its tree, and its `attribute_flags` without their offsets.
CASES = {
    "none": (attr(NEST, INSIDE), ["  nest:"], []),
    "a nest": (attr(NEST | NESTED, INSIDE), ["  nest [nested]:", "    id: 5"], [("nest", ["nested"])]),
    "a nest in a nest": (
        attr(NEST, attr(MORE | NESTED, INSIDE)), ["  nest:", "    more [nested]:"], [("nest.more", ["nested"])]),
    "a number": (attr(NUMBER | NESTED, u32(7)), ["  number [nested]: 7"], [("number", ["nested"])]),
    "a number in network order": (
        attr(NUMBER | NET_ORDER, be32(7)), ["  number [net-byteorder]: 7"], [("number", ["net-byteorder"])]),
    "both": (
        attr(NUMBER | NESTED | NET_ORDER, be32(7)), ["  number [nested] [net-byteorder]: 7"],
        [("number", ["nested", "net-byteorder"])]),
    "a struct": (attr(BOX | NESTED, u16(1) + u16(2)), ["  box [nested]:", "    a: 1"], [("box", ["nested"])]),
    "an array": (attr(ARRAY | NESTED, attr(1, INSIDE)), ["  array [nested]:", "    1:"], [("array", ["nested"])]),
    "an element": (attr(ARRAY, attr(1 | NESTED, INSIDE)), ["  array:", "    1 [nested]:"], [("array.1", ["nested"])]),
    "a row": (attr(ROWS, attr(3 | NESTED, INSIDE)), ["  rows:", "    row 3 [nested]:"], [("rows.row", ["nested"])]),
    "without a name": (
        attr(77 | NESTED, attr(1 | NET_ORDER, u8(5))),
        ["  unknown-77 [nested]: 0500014005000000  (12 bytes unknown)",
         "    unknown-1 [net-byteorder]: 05  (5 bytes unknown)"],
        [("unknown-77", ["nested"]), ("unknown-77.unknown-1", ["net-byteorder"])]),
    "twice": (
        attr(NUMBER, u32(1)) + attr(NUMBER | NESTED, u32(1)), ["  number: 1", "  number [nested]: 1"],
        [("number", ["nested"])]),
    # Its bytes are shown, header included, and nothing tells what they are.
    "a wrong length": (b"\x3c\0\1\x80" + u32(1), ["  number: 3c00018001000000  (8 bytes unknown)"], []),
}  # fmt: skip


@pytest.mark.parametrize("case", list(CASES))
def test_flags_are_said(tmp_path: Path, case: str) -> None:
    payload, lines, flags = CASES[case]
    message = bench(tmp_path, SPEC).message(20, 16200, payload)
    assert set(lines) <= set(tree(message))
    told = message_object(message).get("attribute_flags", [])
    assert [(item["path"], item["flags"]) for item in told] == flags
    # The upper byte of nla_type is the fourth of an attribute.
    assert all(message.data[message.start + item["offset"] + 3] & 0xC0 for item in told)


def test_nodes_tell_flags(tmp_path: Path) -> None:
    payload = attr(NEST | NESTED, INSIDE) + attr(NUMBER | NET_ORDER, be32(7))
    root = bench(tmp_path, SPEC).message(20, 16200, payload).root
    nodes = [root.get("nest"), root.get("nest.id"), root.get("number")]
    assert [(node.nested, node.net_byteorder, node.type) for node in nodes if node is not None] == [
        (True, False, NEST), (False, False, ID), (False, True, NUMBER)]  # fmt: skip


def test_two_messages_that_differ_in_a_flag_are_not_the_same(tmp_path: Path) -> None:
    made = bench(tmp_path, SPEC)
    left, right = (made.message(20, 16200, attr(type_, INSIDE)) for type_ in (NEST, NEST | NESTED))
    different = [(pair.name, pair.left, pair.right) for pair in compare(left, right) if not pair.same]
    assert different == [("nest", "", "[nested]")]


_BYTES = st.binary(max_size=6)


@st.composite
def _attribute(draw: st.DrawFn) -> bytes:
    """An attribute of the dissector with any flags, payload and padding."""
    type_ = draw(st.integers(1, GAP + 1)) | draw(st.sampled_from([0, NESTED, NET_ORDER, NESTED | NET_ORDER]))
    payload = draw(_BYTES | st.binary(max_size=2).map(lambda data: attr(ID, data)) | st.just(b"ab\0"))
    whole = attr(type_, payload)
    behind = draw(st.binary(min_size=3, max_size=3) | st.just(bytes(3)))
    return whole[: 4 + len(payload)] + behind[: -len(payload) % 4]


_CHAIN = st.lists(_attribute(), max_size=3).map(b"".join)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """One for all examples of Hypothesis."""
    return bench(tmp_path_factory.mktemp("made"), SPEC)


@given(one=_CHAIN, flip=st.integers(0), two=st.none() | _CHAIN)
def test_what_differs_on_the_wire_differs_in_the_text(made: Bench, one: bytes, flip: int, two: bytes | None) -> None:
    """Two chains of attributes, the other one drawn by itself or the first with one bit changed."""
    if two is None:
        at, bit = divmod(flip % max(8 * len(one), 1), 8)
        two = bytes(byte ^ (1 << bit if place == at else 0) for place, byte in enumerate(one))
    left, right = (made.message(20, 16200, data) for data in (one, two))
    assert (tree(left)[1:] == tree(right)[1:]) is (one == two)
    told = [{key: value for key, value in message_object(item).items() if key != "length"} for item in (left, right)]
    assert (told[0] == told[1]) is (one == two)


def _requests(name: str) -> list[NetlinkMessage]:
    decoder = Decoder(REGISTRY, show_secrets=True)
    return [
        message for message in Stream(ROOT / "captures" / f"{name}.pcapng", decoder) if message.direction == "to-kernel"
    ]


@pytest.mark.parametrize(
    ("name", "text", "types"),
    [
        ("macsec", "unnested == genl.macsec.rxsc-config", {"MACSEC_CMD_ADD_RXSC", "MACSEC_CMD_ADD_RXSA"}),
        ("tc-actions", "nested == tc.tab.options and not nested == tc.tab", {"RTM_NEWACTION"}),
        ("tc-actions", "tc.tab and not unnested == tc.tab", set()),
        ("link-kinds", "link.linkinfo and not nested == link.linkinfo", {"RTM_NEWLINK"}),
        ("link-kinds", "unnested == link.linkinfo.data", {"RTM_NEWLINK"}),
        ("ovpn", "nested contains keyconf and genl.ovpn.keyconf.encrypt-dir and not unnested", {"OVPN_CMD_KEY_NEW"}),
        ("first-route", "nested or unnested or net-byteorder", set()),
    ],
)
def test_filters_find_flags(name: str, text: str, types: set[str]) -> None:
    kept = compile_filter(text, REGISTRY)
    assert {message.type_name for message in _requests(name) if kept.matches(message)} == types
