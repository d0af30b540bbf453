"""Spellings of names, and single attributes of a chain."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nlsniff.decode.node import Node
from nlsniff.wire.attr import payloads, walk_attrs
from nlsniff.wire.constants import NLA_TYPE_MASK
from nlsniff.wire.names import as_constant, normal, protocol_name


def test_a_name_has_one_normal_form() -> None:
    assert normal("RTM_NewRoute") == normal("rtm-newroute") == "rtm-newroute"
    assert as_constant("sock-diag") == "SOCK_DIAG"


def test_a_protocol_without_a_name_is_called_by_its_number() -> None:
    assert (protocol_name(0), protocol_name(17), protocol_name(300)) == ("route", "protocol-17", "protocol-300")


@given(st.binary(max_size=64), st.sets(st.integers(0, 8), min_size=1, max_size=3))
def test_payloads_are_those_of_the_walk_up_to_the_last_that_is_wanted(data: bytes, wanted: set[int]) -> None:
    expected: dict[int, bytes] = {}
    for span in walk_attrs(data, 0, len(data), "<"):
        number = span.type & NLA_TYPE_MASK
        if len(expected) < len(wanted) and number in wanted and not span.fault:
            expected[number] = data[span.start + 4 : span.end]
    assert payloads(data, 0, len(data), "<", wanted) == expected


def test_a_leaf_has_its_name_or_number_beside_its_text() -> None:
    assert _leaf(3, "3", resolved="veth0").labelled == "3 (veth0)"
    assert _leaf(2, "inet").labelled == "inet (2)"
    assert _leaf(5, "a|b", value=["a", "b"]).labelled == "a|b (0x5)"
    assert _leaf(1300, "1300").labelled == "1300"
    assert _leaf("lo", "lo").labelled == "lo"


def _leaf(raw: object, text: str, *, value: object = None, resolved: str = "") -> Node:
    node = Node("field", 0, 8, raw=raw, value=value, text=text)
    node.resolved = resolved
    return node
