"""What is looked up for each part of a message: it is right, and costs the same however many parts there are."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.decode.fields.format import bitmap
from nlsniff.wire.constants import NETLINK_ROUTE
from tests.support import check_tree, messages_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage

_KIND, _OPTIONS, _FQ_CODEL_LIMIT, _TBF_BURST = 1, 2, 2, 5
_NEWQDISC, _REQUEST = 36, 5
NETLINK_AUDIT, _AUDIT_USER = 9, 1005


def _attribute(number: int, payload: bytes) -> bytes:
    return (4 + len(payload)).to_bytes(2, "little") + number.to_bytes(2, "little") + payload + bytes(-len(payload) % 4)


def _qdisc(*attributes: bytes) -> NetlinkMessage:
    body = bytes(20) + b"".join(attributes)
    head = (16 + len(body)).to_bytes(4, "little") + _NEWQDISC.to_bytes(2, "little") + _REQUEST.to_bytes(2, "little")
    (message,) = messages_of(head + bytes(8) + body, NETLINK_ROUTE)
    return message


def test_of_two_selectors_the_last_one_counts() -> None:
    """As for the kernel: nla_parse puts each attribute over the one of its type before it."""
    options = _attribute(_OPTIONS, _attribute(_FQ_CODEL_LIMIT, (7).to_bytes(4, "little")))
    kinds = _attribute(_KIND, b"tbf\0"), _attribute(_KIND, b"fq_codel\0")
    for order in ((*kinds, options), (options, *kinds), (kinds[0], options, kinds[1])):
        message = _qdisc(*order)
        check_tree(message)
        found = message.root.get("options.limit")
        assert found is not None
        assert found.raw == 7


def test_a_long_selector_is_not_said_again_by_each_that_needs_it() -> None:
    message = _qdisc(_attribute(_KIND, b"x" * 60_000), *[_attribute(_OPTIONS, bytes(4))] * 500)
    check_tree(message)
    said = [item.text for item in message.problems if item.code == "selector"]
    assert len(said) == 500
    assert max(map(len, said)) < 200


def _naive_bitmap(words: list[int], size: int) -> str:
    bits = [bool(word >> at & 1) for word in words for at in range(8 * size)]
    runs: list[list[int]] = []
    for at, bit in enumerate(bits):
        if bit and runs and runs[-1][1] == at - 1:
            runs[-1][1] = at
        elif bit:
            runs.append([at, at])
    text = ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
    return f"{text or 'none'} of {len(bits)}"


@given(st.lists(st.integers(0, 255) | st.sampled_from([0, 255])))
def test_bitmap(words: list[int]) -> None:
    assert bitmap(words, 1) == _naive_bitmap(words, 1)


@given(st.lists(st.integers(0, (1 << 32) - 1) | st.sampled_from([0, 0xFFFFFFFF, 1 << 31, 1]), max_size=6))
def test_bitmap_of_words(words: list[int]) -> None:
    assert bitmap(words, 4) == _naive_bitmap(words, 4)


def _audit(text: bytes) -> NetlinkMessage:
    head = (16 + len(text)).to_bytes(4, "little") + _AUDIT_USER.to_bytes(2, "little") + bytes(10)
    (message,) = messages_of(head + text, NETLINK_AUDIT)
    return message


def _calls(work: Callable[[], object]) -> int:
    """How many functions were called, those that are built in among them."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("make", [
    lambda count: _qdisc(*[_attribute(_OPTIONS, b"")] * count, _attribute(_KIND, b"tbf\0")),
    lambda count: _qdisc(*[_attribute(_OPTIONS, bytes(4))] * count),
    lambda count: _audit(b"audit(1.1:1): " + b"a=1 " * count),
])  # fmt: skip
def test_calls_grow_with_the_message(make: Callable[[int], NetlinkMessage]) -> None:
    make(8).root  # noqa: B018  what is made once for all messages
    few, many = make(200), make(400)
    assert _calls(lambda: many.root) < 2.2 * _calls(lambda: few.root)


def test_blanks_belong_to_no_pair() -> None:
    for blanks in (1, 2, 50):
        message = _audit(b"audit(1.1:1): a=1" + b" " * blanks + b"b=x y" + b" " * blanks)
        check_tree(message)
        assert [message.get("a"), message.get("b")] == ["1", "x y"]
