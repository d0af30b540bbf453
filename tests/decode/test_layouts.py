"""Which layout a message has: what is remembered by the bytes that decide is what a look into the message finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from nlsniff.decode.decoder import Decoder
from nlsniff.wire.constants import NETLINK_NETFILTER, NETLINK_ROUTE, NETLINK_SOCK_DIAG
from tests.support import REGISTRY

if TYPE_CHECKING:
    from nlsniff.decode.layouts import Layout
    from nlsniff.wire.nlmsg import Direction, Order

DECODER = Decoder(REGISTRY)
FAMILIES = (0, 2, 7, 10, 16, 28, 128, 129, 255)
DIRECTIONS: tuple[Direction, ...] = ("to-kernel", "to-user")


def described(layout: Layout) -> tuple[object, ...]:
    """What tells layouts apart."""
    return layout.name, layout.family, layout.operation, layout.form


@given(
    st.sampled_from((NETLINK_ROUTE, NETLINK_NETFILTER, NETLINK_SOCK_DIAG)),
    st.integers(16, 130),
    st.sampled_from((0x1, 0x301, 0x605)),
    st.sampled_from(DIRECTIONS),
    st.sampled_from("<>"),
    st.builds(lambda first, rest: bytes([first]) + rest, st.sampled_from(FAMILIES), st.binary(max_size=12)),
    st.integers(0, 13),
)
def test_a_layout_that_is_remembered_is_the_one_that_applies(
    protocol: int, type_: int, flags: int, direction: Direction, order: Order, payload: bytes, cut: int
) -> None:
    data = b"####" + payload
    end = min(len(data), 4 + cut)
    ctx = DECODER.context(protocol, data, order, 1)
    found = DECODER.layouts.find(ctx, type_, flags, direction, 4, end)
    again = DECODER.layouts.known(protocol, type_, flags, direction, order, data, 4, end)
    noting = DECODER.context(protocol, data, order, 1)
    noting.decided = []
    looked = DECODER.layouts.find(noting, type_, flags, direction, 4, end)
    assert described(found) == described(looked)
    assert again is None or described(again) == described(looked)
