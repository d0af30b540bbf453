"""What public reports found to be read wrong, on bytes of our own: wrapped nests, lengths, old headers and others."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage
from nlsniff.decode.names import Names
from nlsniff.filter.compile import compile_filter
from nlsniff.printer.printer import Printer
from nlsniff.wire.attr import walk_long
from nlsniff.wire.constants import NETLINK_CONNECTOR, NETLINK_ROUTE
from nlsniff.wire.nlmsg import walk_messages
from tests.spec.make import GENERIC_ID, attr, nest, shown, u32
from tests.support import REGISTRY, check_tree

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order

NETLINK_AUDIT = 9
NEWLINK, DELLINK, NEWROUTE, GETNEIGH = 16, 17, 24, 30
LINK = struct.pack("<BxHiII", 0, 1, 2, 0x1043, 0)
PORT = struct.pack("<BxHiII", 7, 1, 2, 0x1043, 0)
DUMP = 0x301


def told(
    protocol: int, type_: int, payload: bytes, flags: int = 0, family: str = "", order: Order = "<"
) -> NetlinkMessage:
    """The only message of a datagram. Its tree holds, and the printer says of it what the walker says."""
    names = Names()
    if family:
        names.learn("genl", type_, family, 0)
    data = struct.pack(order + "IHHII", 16 + len(payload), type_, flags, 7, 0) + payload
    (span,) = walk_messages(data, 0, order, protocol)
    decoder = Decoder(REGISTRY, names)
    message = NetlinkMessage(decoder, 1, 1, 0, protocol, data, order, span)
    check_tree(message)
    printer = Printer(decoder, "tree")
    assert printer([message]) == printer([message, message])[: len(printer([message]))]
    return message


def problems(message: NetlinkMessage) -> list[str]:
    return [item.text for item in message.problems]


# -- a nest that is longer than nla_len can say ------------------------------------------------------------------------

MAC, TX_RATE = 1, 3


def _vf(number: int) -> bytes:
    return nest(1, attr(MAC, struct.pack("<I6s26x", number, bytes(6))), attr(TX_RATE, struct.pack("<II", number, 0)))


def wrapped(type_: int, payload: bytes) -> bytes:
    return struct.pack("<HH", (4 + len(payload)) & 0xFFFF, type_) + payload


@pytest.mark.parametrize("count", [1200, 2400])
@pytest.mark.parametrize("behind", [b"", attr(16, b"\x06"), nest(52, attr(53, b"other\0"))])
def test_a_nest_over_64_kib_is_one_nest(count: int, behind: bytes) -> None:
    before = attr(3, b"eth0\0")
    vfs = b"".join(map(_vf, range(count)))
    message = told(NETLINK_ROUTE, NEWLINK, LINK + before + wrapped(22, vfs) + behind)
    found = shown(message)
    assert [item["mac"]["vf"] for item in found["vfinfo-list"]["info"]] == list(range(count))
    assert "address" not in found
    assert "mtu" not in found
    (text,) = problems(message)
    assert text.startswith(f"vfinfo-list has {4 + len(vfs)} bytes, and nla_len, which has 16 bits, says ")


def test_a_chain_over_64_kib_whose_lengths_are_true_is_read_as_it_is() -> None:
    vfs = [nest(22, *map(_vf, range(number, number + 100))) for number in range(0, 1500, 100)]
    message = told(NETLINK_ROUTE, NEWLINK, LINK + b"".join(vfs))
    assert message.end > 1 << 16
    assert not problems(message)


def test_a_cut_attribute_in_a_long_chain_is_not_taken_for_a_wrapped_nest() -> None:
    """It is faulty inside, but nothing ends 65,536 bytes behind where it says."""
    odd = struct.pack("<HH", 12, 22) + struct.pack("<HH", 17, 1) + bytes(4)
    message = told(NETLINK_ROUTE, NEWLINK, LINK + odd + b"".join(attr(20, bytes(9 + 4 * (n % 3))) for n in range(5000)))
    assert any("says 17 bytes, 8 remain" in text for text in problems(message))
    assert not any("16 bits" in text for text in problems(message))


@pytest.mark.parametrize("size", [1 << 18, 1 << 20])
def test_looking_for_the_end_of_wrapped_nests_takes_time_like_the_length(size: int) -> None:
    """Each of these nests is faulty inside, so that each looks for its end as far as it may."""
    looked = 0

    def decide(start: int, end: int) -> None:
        nonlocal looked
        looked += end - start

    one = struct.pack("<HHHH", 8, 22, 8, 22)
    data = one * (size // len(one))
    spans = list(walk_long(data, 0, len(data), "<", {22}, decide))
    assert len(spans) <= size // 4
    assert looked <= 6 * size


# -- of several the last one counts ------------------------------------------------------------------------------------


def test_of_two_attributes_of_one_type_the_last_one_counts() -> None:
    message = told(NETLINK_ROUTE, NEWLINK, LINK + attr(3, b"amt0\0") + attr(4, u32(1500)) + attr(4, u32(9000)))
    assert message.summary.endswith("mtu 9000")
    assert message.get("mtu") == 9000


def test_what_may_come_again_is_a_list_and_what_cannot_be_read_does_not_count() -> None:
    names = nest(52, attr(53, b"a\0"), attr(53, b"b\0"))
    message = told(NETLINK_ROUTE, NEWLINK, LINK + attr(4, u32(1500)) + names + struct.pack("<HH", 99, 4) + u32(9000))
    assert message.get("prop-list.alt-ifname") == "a"
    assert message.get("mtu") == 1500
    assert "mtu 1500" in message.summary


# -- lengths -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "command", "payload", "text"),
    [
        ("wireguard", 1, attr(3, bytes(31)), "private-key: 31 bytes, 32 are wanted"),
        ("wireguard", 1, nest(8, nest(0, attr(1, bytes(33)))), "public-key: 33 bytes, 32 are wanted"),
        ("wireguard", 1, nest(8, nest(0, attr(4, b"\2\0" + bytes(10)))), "endpoint: 12 bytes hold no socket address"),
        ("wireguard", 1, nest(8, nest(0, attr(4, b"\x0a\0" + bytes(14)))), "endpoint: 16 bytes hold no socket address"),
        ("nl80211", 19, attr(6, bytes(5)), "mac: 5 bytes, 6 are wanted"),
        ("nl80211", 19, nest(166, attr(1, bytes(6)), attr(2, bytes(7))), "2: 7 bytes, 6 are wanted"),
        ("nl80211", 46, attr(85, bytes(15)), "pmkid: 15 bytes, 16 are wanted"),
    ],
)
def test_a_length_that_the_kernel_fixes_is_held(family: str, command: int, payload: bytes, text: str) -> None:
    message = told(16, GENERIC_ID, bytes([command, 1, 0, 0]) + payload, 5, family)
    assert problems(message) == [text]
    assert "private" not in text or "00" not in str(shown(message)["private-key"])


def test_a_struct_without_the_padding_that_c_puts_at_its_end_says_how_much_is_missing() -> None:
    vlan = struct.pack("<IIIH", 3, 100, 0, 0x88A8)
    short = told(NETLINK_ROUTE, NEWLINK, LINK + nest(22, nest(1, nest(12, attr(1, vlan)))))
    whole = told(NETLINK_ROUTE, NEWLINK, LINK + nest(22, nest(1, nest(12, attr(1, vlan + bytes(2))))))
    assert problems(short) == ["ifla-vf-vlan-info lacks 2 bytes of padding at its end"]
    assert not problems(whole)


def test_half_a_segment_is_no_tlv() -> None:
    header = bytes([43, 4, 4, 1, 1, 0, 0, 0]) + socket.inet_pton(10, "2001:db8::1") + b"\x20\x01\x0d\xb8\0\0"
    tunnel = attr(22, attr(1, u32(1) + header)) + attr(21, struct.pack("<H", 5))
    message = told(NETLINK_ROUTE, NEWROUTE, bytes([10, 64, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0]) + tunnel)
    srh = shown(message)["encap"]["srh"]["srh"]
    assert srh["segments"] == ["2001:db8::1"]
    assert "tlvs" not in srh
    assert message.counts.unknown == 6


# -- forms -------------------------------------------------------------------------------------------------------------

NDMSG = struct.pack("<BxxxiHBB", 7, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("payload", "header", "summary"),
    [
        (PORT[:4] + struct.pack("<iII", 7, 0, 0), "ifinfomsg", "all fdb entries dev 7"),
        (PORT[:4] + struct.pack("<iII", 0, 0, 0) + attr(10, u32(5)), "ifinfomsg", "all fdb entries br 5"),
        (NDMSG, "ndmsg", "all fdb entries"),
        (NDMSG + attr(9, u32(5)), "ndmsg", "all fdb entries br 5"),
        (NDMSG + attr(9, u32(5)) + attr(8, u32(6)), "ndmsg", "all fdb entries dev 6 br 5"),
    ],
)
def test_an_old_dump_of_forwarding_entries_asks_with_a_link_header(payload: bytes, header: str, summary: str) -> None:
    message = told(NETLINK_ROUTE, GETNEIGH, payload, DUMP)
    assert message.root.children[1].name == header
    assert message.summary == summary
    assert not problems(message)


@pytest.mark.parametrize(("family", "text"), [(128, "ttl 3"), (129, "ttl 3"), (2, "weight 3+1")])
def test_a_multicast_route_has_ttls_where_others_have_weights(family: int, text: str) -> None:
    kind = 5 if family > 127 else 1
    hops = attr(9, struct.pack("<HBBi", 8, 0, 3, 5) + struct.pack("<HBBi", 8, 0, 3, 6))
    message = told(NETLINK_ROUTE, NEWROUTE, bytes([family, 0, 0, 0, 254, 17, 0, kind, 0, 0, 0, 0]) + hops)
    assert f"dev 5 {text}, dev 6 {text}" in message.summary


def test_a_link_that_went_elsewhere_and_a_port_that_left_are_not_deleted() -> None:
    moved = told(NETLINK_ROUTE, DELLINK, LINK + attr(3, b"v0\0") + attr(45, u32(1)) + attr(49, u32(9)))
    assert moved.summary == "v0 moved to namespace 1 as 9"
    left = told(NETLINK_ROUTE, DELLINK, PORT + attr(3, b"v0\0") + attr(10, u32(5)))
    assert left.summary == "v0 left its bridge 5"
    asked = told(NETLINK_ROUTE, DELLINK, PORT + nest(26, attr(2, struct.pack("<HH", 0, 10))), 5)
    assert "left" not in asked.summary


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("driver", "data", "direction"),
    [
        ((1, 1), [1], "to-kernel"),
        ((1, 1), [2], "to-kernel"),
        ((1, 1), [1, 2], "to-kernel"),
        ((1, 1), [3], "to-user"),
        ((1, 1), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "to-user"),
        ((3, 1), [1], "to-user"),
    ],
)
def test_a_listener_of_the_connector_speaks_to_the_kernel(
    driver: tuple[int, int], data: list[int], direction: str, order: Order
) -> None:
    body = struct.pack(f"{order}{len(data)}I", *data)
    head = struct.pack(f"{order}IIIIHH", *driver, 0, 0, len(body), 0)
    message = told(NETLINK_CONNECTOR, 3, head + body, order=order)
    assert message.direction == direction
    assert compile_filter(f"direction == {direction}", REGISTRY).matches(message)


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", [8, 9, 10, 11, 12])
def test_widths_of_rates_are_flags(flag: int) -> None:
    message = told(16, GENERIC_ID, bytes([19, 1, 0, 0]) + nest(21, nest(8, attr(flag))), 0, "nl80211")
    (value,) = shown(message)["sta-info"]["tx-bitrate"].values()
    assert value is True


@pytest.mark.parametrize(("raw", "text"), [(-6500, "-65 dBm"), (-6550, "-65.5 dBm"), (1, "0.01 dBm"), (0, "0 dBm")])
def test_signals_are_in_dbm(raw: int, text: str) -> None:
    bss = nest(47, attr(7, struct.pack("<i", raw)))
    message = told(16, GENERIC_ID, bytes([34, 1, 0, 0]) + bss, 0, "nl80211")
    node = message.root.get("bss.signal-mbm")
    assert node is not None
    assert (node.text, node.value) == (text, raw)
    assert text in message.summary


@pytest.mark.parametrize(("raw", "text"), [(0x001374, "00-13-74"), (0x80000000, "0x80000000")])
def test_makers_are_written_as_the_ieee_writes_them(raw: int, text: str) -> None:
    message = told(16, GENERIC_ID, bytes([103, 1, 0, 0]) + attr(195, u32(raw)), 5, "nl80211")
    assert message.summary == f"vendor {text}"


def _audit(type_: int, text: bytes, order: Order = "<") -> dict[str, Any]:
    found: dict[str, Any] = shown(told(NETLINK_AUDIT, type_, b"audit(1364481363.243:24287): " + text, order=order))
    return found


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (b"\2\0\0\x35\xc0\0\2\1", "192.0.2.1 port 53"),
        (b"\x0a\0\0\x35" + bytes(4) + socket.inet_pton(10, "2001:db8::1"), "2001:db8::1 port 53"),
        (b"\1\0/run/x\0junk", "/run/x"),
        (b"\1\0\0abstract", "@abstract"),
        (b"\1\0", "unnamed"),
        (b"\x10\0\0\0" + u32(77) + u32(3), "netlink port 77 groups 0x00000003"),
        (b"\2\0\0", "020000"),
        (b"\x1d\0\1", "1D0001"),
    ],
)
def test_an_address_of_an_audit_record_is_a_socket_address(address: bytes, text: str) -> None:
    assert _audit(1306, b"saddr=" + address.hex().upper().encode())["saddr"] == text


@pytest.mark.parametrize(("text", "value"), [(b"-13", "EACCES"), (b"3", 3), (b"0", 0), (b"-4000", -4000)])
def test_a_system_call_fails_by_name(text: bytes, value: object) -> None:
    assert _audit(1300, b"exit=" + text)["exit"] == value
