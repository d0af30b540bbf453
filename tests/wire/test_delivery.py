"""What a comment says of how a datagram was delivered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.wire.delivery import Delivery, delivery_comment, delivery_in

_NUMBER = st.none() | st.integers(0, 2**64 - 1)
_DELIVERIES = st.builds(
    Delivery,
    way=st.sampled_from(["to-kernel", "to-user", "between"]),
    sender=_NUMBER,
    destination=_NUMBER,
    group=_NUMBER,
    socket=_NUMBER,
    descriptor=_NUMBER,
    process=st.text().filter(lambda name: "\n" not in name),
)


@given(_DELIVERIES)
def test_what_is_written_is_read(delivery: Delivery) -> None:
    assert delivery_in(f"process: ip[1]\n{delivery_comment(delivery)}\nnlsniff: own") == delivery


def test_a_line() -> None:
    delivery = Delivery("to-user", 0, 412, 1, 84211, 3, "ip[412]")
    line = "netlink: to-user sender=0 destination=412 group=1 socket=84211 fd=3 process=ip[412]"
    assert delivery_comment(delivery) == line
    assert delivery_in(line) == delivery
    assert delivery.direction == "to-user"
    assert [Delivery(way).packet_flags for way in ("to-user", "to-kernel", "between")] == [1, 2, 0]


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("", None),
        ("netlink: sideways sender=1", None),
        ("see netlink: to-user", None),
        ("netlink: to-user", Delivery("to-user")),
        ("netlink: to-user sender=x group=3 new=7", Delivery("to-user", group=3)),
        ("netlink: to-user sender=" + "9" * 21, Delivery("to-user")),
        ("netlink: between process=a b=c sender=1", Delivery("between", process="a b=c sender=1")),
    ],
)
def test_what_others_wrote(comment: str, found: Delivery | None) -> None:
    assert delivery_in(comment) == found


@given(st.text())
def test_any_comment_is_read(text: str) -> None:
    delivery_in(f"netlink: {text}")


def test_a_name_with_a_line_break_stays_one_line() -> None:
    assert delivery_in(delivery_comment(Delivery("between", process="a\nb"))) == Delivery("between", process="a?b")
