"""Extended ACKs: which attribute of the request the kernel means, what it expected, what is missing."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.follow.extack import read
from nlsniff.output.text import value
from tests.follow.talk import ACK, EINVAL, IFADDR, NEWADDR, NEWLINK, NEWROUTE, REQUEST, RTMSG, Talk, answer, attr, nlmsg

if TYPE_CHECKING:
    from nlsniff.follow.extack import Extack

MSG, OFFS, COOKIE, POLICY, MISS_TYPE, MISS_NEST = 1, 2, 3, 4, 5, 6


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def said(request: bytes, tlvs: bytes, *, code: int = EINVAL, whole: bool = True) -> Extack:
    talk = Talk()
    talk(request)
    talk(answer(request, 500, code, whole=whole, tlvs=tlvs))
    found = talk[1].extack
    assert found is not None
    return found


VLAN = attr(18, attr(1, b"vxlan\0") + attr(2, attr(1, u32(1 << 24))))
LINK = nlmsg(NEWLINK, REQUEST | ACK, 7, 0, bytes(16) + attr(3, b"vx0\0") + VLAN)
ROUTE = nlmsg(NEWROUTE, REQUEST | ACK, 7, 0, RTMSG + attr(1, b"\x0a\0\0\0") + attr(8, attr(2, b"\x14\5")))


def test_attribute_two_nests_deep() -> None:
    offset = LINK.index(u32(1 << 24)) - 4
    found = said(LINK, attr(MSG, b"too high\0") + attr(OFFS, u32(offset)))
    assert (found.path, found.value, found.range) == ("linkinfo.data.id", "16777216", (offset, offset + 8))
    assert (found.text, found.request, found.answer, found.offset) == ("too high", 1, 2, offset)
    assert found.node is not None
    assert found.node.start == 16 + offset  # in the frame, behind the cooked header


def test_a_value_reads_as_in_the_tree() -> None:
    request = nlmsg(NEWROUTE, REQUEST | ACK, 7, 0, RTMSG + attr(15, u32(254)))
    found = said(request, attr(OFFS, u32(len(request) - 8)))
    assert (found.path, found.value) == ("table", "main (254)")
    assert found.node is not None
    assert found.value == value(found.node)


def test_whole_nest_is_meant_where_the_offset_is_its_own() -> None:
    found = said(LINK, attr(OFFS, u32(16 + 16 + 8)))
    assert (found.path, found.value) == ("linkinfo", None)
    assert found.range == (40, len(LINK))


@pytest.mark.parametrize("offset", [0, 3, 15, 17, 27, 4095, 0xFFFFFFFF])
def test_offset_that_is_no_attribute(offset: int) -> None:
    found = said(ROUTE, attr(OFFS, u32(offset)))
    assert found.offset == offset
    begin, end = found.range or (0, 0)
    assert 0 <= begin <= end <= len(ROUTE)


def test_unseen_request_is_replaced_by_its_copy() -> None:
    talk = Talk()
    talk(answer(ROUTE, 500, EINVAL, whole=True, tlvs=attr(OFFS, u32(40))))
    found = talk[1].extack
    assert found is not None
    assert (found.path, found.value, found.range, found.request) == ("metrics.mtu", "1300", (40, 46), None)


def test_type_without_a_dissector_has_the_range_that_the_attribute_says() -> None:
    request = nlmsg(4000, REQUEST | ACK, 7, 0, bytes(4) + attr(1, b"abcdef"))
    found = said(request, attr(OFFS, u32(20)))
    assert (found.path, found.value, found.range) == (None, None, (20, 30))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (attr(1, u32(4)) + attr(4, struct.pack("<Q", 68)) + attr(5, struct.pack("<Q", 65535)), "u32 from 68 to 65535"),
        (attr(1, u32(4)) + attr(4, struct.pack("<Q", 0)) + attr(5, struct.pack("<Q", 0xFFFFFFFF)), "u32"),
        (attr(1, u32(8)) + attr(2, struct.pack("<q", -5)), "s32 at least -5"),
        (attr(1, u32(10)) + attr(7, u32(16)), "binary of at most 16 bytes"),
        (attr(1, u32(10)) + attr(6, u32(6)) + attr(7, u32(6)), "binary of 6 bytes"),
        (attr(1, u32(10)) + attr(6, u32(4)) + attr(7, u32(16)), "binary of 4 to 16 bytes"),
        (attr(1, u32(4)) + attr(12, struct.pack("<Q", 3)), "u32 with no bits but 0x3"),
        (attr(1, u32(15)) + attr(10, u32(0x11)), "bitfield32 with no bits but 0x11"),
        (b"", "another value"),
    ],
)
def test_policy_in_words(parts: bytes, words: str) -> None:
    assert said(ROUTE, attr(POLICY | 0x8000, parts)).policy == words


def test_missing_attributes() -> None:
    assert said(nlmsg(NEWADDR, REQUEST | ACK, 7, 0, IFADDR), attr(MISS_TYPE, u32(2))).missing == "local"
    assert said(nlmsg(NEWADDR, REQUEST | ACK, 7, 0, IFADDR), attr(MISS_TYPE, u32(999))).missing == "attribute 999"
    nest = attr(MISS_TYPE, u32(1)) + attr(MISS_NEST, u32(36))
    assert said(ROUTE, nest).missing == "metrics.lock"
    # Inside a nest whose layout depends on the kind of the link.
    offset = LINK.index(attr(1, u32(1 << 24))) - 4
    assert said(LINK, attr(MISS_TYPE, u32(15)) + attr(MISS_NEST, u32(offset))).missing == "linkinfo.data.port"


def test_words_beside_a_success() -> None:
    found = said(ROUTE, attr(MSG, b"a warning\0"), code=0, whole=False)
    assert (found.text, found.path) == ("a warning", None)


def test_no_attributes_no_extended_ack() -> None:
    talk = Talk()
    talk(ROUTE)
    talk(answer(ROUTE, 500, EINVAL, whole=True))
    assert talk[1].extack is None
    assert read(talk.message(2), talk.message(1)) is None
    talk.follower.source = None
    assert talk[1].extack is None
