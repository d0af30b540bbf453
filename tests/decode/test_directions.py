"""Who speaks to whom: what a message says at once is what the function says that others ask."""

from __future__ import annotations

import itertools

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage, infer_direction
from nlsniff.wire.constants import NETLINK_CONNECTOR, NETLINK_GENERIC, NETLINK_ROUTE, NETLINK_USERSOCK, NLM_F_REQUEST
from nlsniff.wire.nlmsg import Span
from tests.support import REGISTRY

DECODER = Decoder(REGISTRY)
FLAGS = [0, 0xFFFF, *(1 << bit for bit in range(16)), *(0xFFFF ^ 1 << bit for bit in range(16))]


def made(protocol: int, flags: int, type_: int = 24) -> NetlinkMessage:
    span = Span(0, 36, 36, type_, flags, 1, 0, broken=False)
    return NetlinkMessage(DECODER, 1, 1, 0, protocol, bytes(36), "<", span)


def test_a_message_and_the_function_agree_on_every_protocol_and_flag() -> None:
    for protocol, flags in itertools.product(range(256), FLAGS):
        if protocol != NETLINK_CONNECTOR:  # where the bytes tell
            assert made(protocol, flags).direction == infer_direction(protocol, flags), (protocol, flags)


def test_a_request_goes_to_the_kernel_where_there_is_one() -> None:
    for protocol in (NETLINK_ROUTE, NETLINK_GENERIC):
        assert [infer_direction(protocol, flags) for flags in (NLM_F_REQUEST, 0)] == ["to-kernel", "to-user"]
    for protocol in (NETLINK_USERSOCK, 99):
        assert {infer_direction(protocol, flags) for flags in FLAGS} == {"unknown"}


def test_a_direction_is_put_right_before_anything_is_read() -> None:
    message = made(NETLINK_ROUTE, NLM_F_REQUEST)
    message.fix_direction("to-user")
    assert message.layout.name == "RTM_NEWROUTE"
    with pytest.raises(AssertionError, match="before it was followed"):
        message.fix_direction("to-kernel")
