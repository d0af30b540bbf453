"""Where Wireshark's netlink dissectors are known to stumble: each trap is a test of its own."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.reader import Stream
from tests.file import made
from tests.support import REGISTRY, check_tree, messages_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.node import Node
    from nlsniff.wire.nlmsg import Order

ROUTE, SOCK_DIAG, XFRM = 0, 4, 6


def header(length: int, type_: int, flags: int = 0) -> bytes:
    return struct.pack("<IHHII", length, type_, flags, 1, 0)


def attribute(type_: int, payload: bytes, length: int | None = None) -> bytes:
    """With its padding; `length` is what it claims."""
    size = 4 + len(payload) if length is None else length
    return struct.pack("<HH", size, type_) + payload + bytes(-len(payload) % 4)


def message(type_: int, body: bytes, flags: int = 0) -> bytes:
    return header(16 + len(body), type_, flags) + body


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def test_an_unaligned_message_is_followed_by_another() -> None:
    first = message(16, bytes(16) + attribute(3, b"lo\0")[:7])
    assert len(first) % 4
    for second in (message(16, bytes(16) + attribute(3, b"eth0\0")), message(3, bytes(4))):
        found = messages_of(first + bytes(-len(first) % 4) + second, ROUTE)
        assert [len(first), len(second)] == [item.length for item in found]
        assert found[0].get("ifname") == "lo"
        for item in found:
            check_tree(item)
            assert not item.problems


def test_an_rtm_getlink_of_17_bytes() -> None:
    """A rtgenmsg of one byte, as old tools send it, where ifinfomsg has 16."""
    (found,) = messages_of(header(17, 18, 0x301) + b"\x11", ROUTE)
    assert found.type_name == "RTM_GETLINK"
    assert (found.start, found.end) == (0, 17)
    assert found.counts.unknown == 0
    assert not [item for item in found.problems if item.severity == "error"]
    check_tree(found)
    # Whatever stands behind it begins at the next multiple of 4.
    both = messages_of(header(17, 18, 0x301) + b"\x11\0\0\0" + message(3, bytes(4)), ROUTE)
    assert [item.type_name for item in both] == ["RTM_GETLINK", "NLMSG_DONE"]


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_an_attribute_length_below_4(length: int) -> None:
    body = bytes(16) + attribute(3, b"lo\0") + attribute(13, bytes(4), length) + attribute(4, bytes(4))
    found = messages_of(message(16, body) + message(3, bytes(4)), ROUTE)
    assert [item.type_name for item in found] == ["RTM_NEWLINK", "NLMSG_DONE"]
    assert found[0].get("ifname") == "lo"
    assert [item.severity for item in found[0].problems].count("error") == 1
    assert found[0].problems[0].offset == 16 + 16 + 8
    assert not found[1].problems
    for item in found:
        check_tree(item)


def test_a_bad_message_in_the_middle_of_a_frame() -> None:
    good = message(16, bytes(16) + attribute(3, b"lo\0"))
    bad = message(16, bytes(16) + attribute(3, b"eth0\0", 200))
    found = messages_of(good + bad + good, ROUTE)
    assert [item.get("ifname") for item in found][::2] == ["lo", "lo"]
    assert [bool(item.problems) for item in found] == [False, True, False]
    # An nlmsg_len below 16 hides the rest, since nothing says where the next message begins; no byte of it is lost.
    found = messages_of(good + header(8, 16) + good, ROUTE)
    assert [(item.start, item.end) for item in found] == [(0, len(good)), (len(good), 2 * len(good) + 16)]
    assert not found[0].problems
    for item in found:
        check_tree(item)


@pytest.mark.parametrize("protocol", [ROUTE, SOCK_DIAG, 16])
def test_cooked_headers_of_version_2(protocol: int) -> None:
    """LINKTYPE_LINUX_SLL2 has 20 bytes, the protocol first and the hardware type behind it."""
    cooked = struct.pack(">HHIHBB8x", protocol, 0, 7, 824, 4, 0)
    data = made.pcap([made.Record(10**18, cooked + made.message(20, type_=3))] * 2, linktype=276)
    found = list(Stream(io.BytesIO(data), Decoder(REGISTRY)))
    assert [(item.protocol, item.type_name, item.start) for item in found] == [(protocol, "NLMSG_DONE", 20)] * 2
    # Of other hardware it is no netlink, whatever its protocol.
    other = struct.pack(">HHIHBB8x", 0x0800, 0, 7, 1, 4, 6)
    frames = [made.Record(10**18, other + bytes(40)), made.Record(10**18, cooked + made.message(20))]
    data = made.pcap(frames, linktype=276)
    stream = Stream(io.BytesIO(data), Decoder(REGISTRY))
    assert [item.frame for item in stream] == [2]
    assert "1 frames hold no netlink" in stream.problems[0].text


@pytest.mark.parametrize("order", ["<", ">"])
def test_idiag_states_are_in_the_order_of_the_machine(order: Order) -> None:
    """inet_diag_req_v2: ports and addresses are big-endian, idiag_states is not."""
    body = struct.pack(order + "BBBBI", 2, 6, 0, 0, 1 << 10 | 1 << 1) + struct.pack(">HH", 80, 443) + bytes(32 + 4 + 8)
    data = struct.pack(order + "IHHII", 16 + len(body), 20, 0x301, 1, 0) + body
    (found,) = messages_of(data, SOCK_DIAG, order)
    states = next(node for node in walk(found.root) if node.name == "idiag-states")
    assert states.raw == 1 << 10 | 1 << 1
    assert {"listen", "established"} == set(states.value)
    assert next(node.raw for node in walk(found.root) if node.name.endswith("sport")) == 80


def test_an_extended_ack_inside_done() -> None:
    """With NLM_F_ACK_TLVS, NLMSG_DONE carries attributes behind its error, as NLMSG_ERROR does behind the copy."""
    body = struct.pack("<i", -22) + attribute(1, b"no such thing\0") + attribute(2, struct.pack("<I", 40))
    (found,) = messages_of(message(3, body, 0x202), ROUTE)
    text = [node for node in walk(found.root) if node.value == "no such thing"]
    assert len(text) == 1
    assert "no such thing" in found.summary
    assert any(node.raw == 40 for node in walk(found.root))
    assert found.counts.unknown == 0
    check_tree(found)


@pytest.mark.parametrize(
    ("protocol", "name"),
    [(ROUTE, "RTM_NEWLINK"), (XFRM, "XFRM_MSG_NEWSA"), (9, ""), (16, "nlctrl"), (2, "")],
)
def test_one_type_number_in_two_protocols(protocol: int, name: str) -> None:
    (found,) = messages_of(message(16, bytes(240)), protocol)
    others = {"RTM_NEWLINK", "XFRM_MSG_NEWSA"} - {name}
    assert found.type_name not in others
    if protocol in {ROUTE, XFRM}:
        assert found.type_name == name
    check_tree(found)


def test_messages_are_of_the_protocol_that_their_frame_names() -> None:
    frames = [made.Record(10**18, made.datagram(message(16, bytes(224)), protocol=each)) for each in (0, 6, 0, 6)]
    found = list(Stream(io.BytesIO(made.pcapng(frames)), Decoder(REGISTRY)))
    assert [item.type_name for item in found] == ["RTM_NEWLINK", "XFRM_MSG_NEWSA"] * 2
