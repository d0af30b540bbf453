from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.wire.attr import walk_attrs
from nlsniff.wire.constants import NETLINK_AUDIT, NETLINK_KOBJECT_UEVENT
from nlsniff.wire.cooked import Cooked, cooked_header, parse_cooked
from nlsniff.wire.flags import flag_names, verb_of
from nlsniff.wire.nlmsg import is_control, walk_messages
from nlsniff.wire.order import NATIVE, OrderVote

NOOP = struct.Struct("<IHHII")


def test_messages_begin_at_multiples_of_four() -> None:
    data = NOOP.pack(17, 1, 0, 7, 9) + b"\xaa" + b"\0\0\0" + NOOP.pack(16, 3, 2, 8, 9)
    first, second = walk_messages(data, 0, "<")
    assert (first.start, first.end, first.length, first.seq, first.port, first.broken) == (0, 17, 17, 7, 9, False)
    assert (second.start, second.end, second.type, second.flags) == (20, 36, 3, 2)


def test_one_bad_length_does_not_hide_what_comes_before() -> None:
    data = NOOP.pack(16, 1, 0, 1, 0) + NOOP.pack(3, 1, 0, 2, 0) + b"rest"
    first, second = walk_messages(data, 0, "<")
    assert not first.broken
    assert (second.broken, second.length, second.end) == (True, 3, len(data))


def test_a_message_longer_than_its_datagram_is_broken_but_kept() -> None:
    (only,) = walk_messages(NOOP.pack(64, 1, 0, 1, 0) + b"1234", 0, "<")
    assert (only.broken, only.length, only.end) == (True, 64, 20)


@pytest.mark.parametrize("zeros", [1, 3, 15, 16, 200])
def test_zeros_behind_the_last_message_are_padding(zeros: int) -> None:
    # iproute2 sends its whole buffer for a dump request.
    assert len(list(walk_messages(NOOP.pack(16, 1, 0, 1, 0) + bytes(zeros), 0, "<"))) == 1


@pytest.mark.parametrize(
    ("said", "type_", "rest", "messages"),
    [
        (45, 1300, b"sixteen bytes: x", [(0, 61)]),  # as auditd gets it
        (48, 1300, b"sixteen bytes: x", [(0, 64)]),
        (48, 1300, NOOP.pack(16, 1320, 0, 0, 0), [(0, 48), (48, 64)]),  # an empty message
        (48, 1000, b"sixteen bytes: x", [(0, 48), (48, 64)]),  # a question to the kernel
        (48, 1300, b"fifteen bytes:x", [(0, 48), (48, 63)]),
        (16, 1300, b"sixteen bytes: x", [(0, 32)]),
        (0, 1300, b"", [(0, 16)]),
    ],
)
def test_the_nlmsg_len_for_auditd_leaves_out_its_header(
    said: int, type_: int, rest: bytes, messages: list[tuple[int, int]]
) -> None:
    data = NOOP.pack(said, type_, 0, 0, 0) + b"x" * (said - 16) + rest
    spans = list(walk_messages(data, 0, "<", NETLINK_AUDIT))
    assert [(span.start, span.end) for span in spans] == messages


@given(st.binary(max_size=200), st.integers(0, 16), st.sampled_from(["<", ">"]), st.sampled_from([0, NETLINK_AUDIT]))
def test_any_bytes_walk(data: bytes, start: int, order: str, protocol: int) -> None:
    at = start
    for span in walk_messages(data, start, order, protocol):  # type: ignore[arg-type]
        assert span.start == at
        assert span.start <= span.end <= len(data)
        at = (span.end + 3) & ~3
    assert not any(data[at:])


@given(st.binary(max_size=120), st.sampled_from(["<", ">"]))
def test_any_bytes_are_attributes_or_a_fault(data: bytes, order: str) -> None:
    at = 0
    for span in walk_attrs(data, 0, len(data), order):  # type: ignore[arg-type]
        assert (span.start, at <= span.end <= span.next) == (at, True)
        at = span.next
    assert at == len(data)


def test_attribute_lengths_that_cannot_be_true_say_why() -> None:
    faults = {
        "0200": "2 bytes are too few for an attribute header",
        "03000100": "says 3 bytes, less than its own header of 4",
        "0c00010005060708": "says 12 bytes, 8 remain",
    }
    for text, fault in faults.items():
        data = bytes.fromhex(text)
        (span,) = walk_attrs(data, 0, len(data), "<")
        assert span.fault == fault


@pytest.mark.parametrize(
    ("linktype", "data", "size", "protocol"),
    [
        (253, bytes.fromhex("00040338000000000000000000000006"), 16, 6),
        (113, bytes.fromhex("00040338000000000000000000000000"), 16, 0),
        (276, bytes.fromhex("0010000000000000033804000000000000000000"), 20, 16),
    ],
)
def test_cooked_headers(linktype: int, data: bytes, size: int, protocol: int) -> None:
    cooked = parse_cooked(linktype, data)
    assert cooked is not None
    assert (cooked.size, cooked.protocol, cooked.arphrd) == (size, protocol, 824)
    assert parse_cooked(linktype, data[: size - 1]) is None


@pytest.mark.parametrize(("protocol", "packet_type"), [(0, 4), (6, 0), (300, 6)])
def test_cooked_headers_are_read_as_they_are_written(protocol: int, packet_type: int) -> None:
    assert parse_cooked(253, cooked_header(protocol, packet_type)) == Cooked(16, packet_type, 824, protocol)


def test_a_frame_of_other_hardware_is_no_netlink() -> None:
    assert parse_cooked(113, bytes.fromhex("00000001000000000000000000000800")) is None
    assert parse_cooked(1, bytes(64)) is None


def test_byte_order_is_voted() -> None:
    vote = OrderVote()
    assert vote.order == NATIVE
    orders: list[str] = []
    for data in (struct.pack(">IHHII", 20, 16, 1, 1, 0) + b"abcd", *[NOOP.pack(16, 1, 0, 1, 0)] * 2):
        vote.add(data, 0)
        orders.append(vote.order)
    assert orders == [">", NATIVE, "<"]


def test_a_cut_datagram_still_votes() -> None:
    vote = OrderVote()
    vote.add(struct.pack(">IHHII", 3000, 16, 1, 1, 0) + bytes(100), 0)
    assert vote.order == ">"


@pytest.mark.parametrize(
    ("flags", "protocol", "type_", "constant", "names"),
    [
        (0x0605, 0, 24, "RTM_NEWROUTE", "REQUEST|ACK|EXCL|CREATE"),
        (0x0301, 0, 26, "RTM_GETROUTE", "REQUEST|DUMP"),
        (0x0101, 0, 26, "RTM_GETROUTE", "REQUEST|ROOT"),
        (0x0301, 0, 25, "RTM_DELROUTE", "REQUEST|NONREC|BULK"),
        (0x0301, 0, 4002, "ROUTE_4002", "REQUEST|DUMP"),  # rtnetlink takes the kind from the number
        (0x0301, 0, 4000, "ROUTE_4000", "REQUEST|REPLACE|EXCL"),
        (0x0105, 0, 49, "RTM_DELACTION", "REQUEST|ACK|ROOT"),
        (0x0301, 4, 20, "SOCK_DIAG_BY_FAMILY", "REQUEST|DUMP"),
        (0x0300, 0, 2, "NLMSG_ERROR", "CAPPED|ACK_TLVS"),
        (0x0301, 4, 1, "NLMSG_NOOP", "REQUEST|0x300"),
        (0x0102, 11, 3, "PROC_EVENT_EXEC", "MULTI|0x100"),  # NLMSG_DONE, but the connector's own
        (0x1001, 6, 26, "XFRM_MSG_UPDSA", "REQUEST|0x1000"),
        (0x0108, 6, 22, "XFRM_MSG_ALLOCSPI", "ECHO|0x100"),
        (0x0301, 16, 16, "CTRL_CMD_NEWFAMILY", "REQUEST|DUMP"),
        (0x0701, 16, 16, "CTRL_CMD_NEWFAMILY", "REQUEST|DUMP|CREATE"),
        (0x0401, 16, 16, "OVPN_CMD_NEW_PEER", "REQUEST|CREATE"),
        (0x0301, 16, 16, "CTRL_CMD_DELFAMILY", "REQUEST|DUMP"),
        (0x0101, 16, 16, "CTRL_CMD_DELFAMILY", "REQUEST|NONREC"),
        (0x0301, 16, 30, "MADE_CMD_7", "REQUEST|DUMP"),
        (0x0501, 16, 30, "MADE_CMD_7", "REQUEST|0x500"),
        (0x0401, 12, 7 << 8, "NETFILTER_1792", "REQUEST|CREATE"),
        (0x0101, 12, 7 << 8 | 3, "NETFILTER_1795", "REQUEST|NONREC"),
        (0x0C01, 12, 10 << 8 | 6, "NETFILTER_2566", "REQUEST|CREATE|APPEND"),
        (0x0301, 12, 10 << 8 | 4, "NETFILTER_2564", "REQUEST|DUMP"),
        (0x0205, 12, 6 << 8 | 10, "NETFILTER_1546", "REQUEST|ACK|EXCL"),  # the DEL of ipset
        (0x0301, 12, 200 << 8, "NETFILTER_51200", "REQUEST|0x300"),
        (0x0301, 12, 10 << 8 | 200, "NETFILTER_2760", "REQUEST|0x300"),
        (0x0108, 21, 16, "CRYPTO_16", "ECHO|REPLACE"),
        (0x0108, 21, 17, "CRYPTO_17", "ECHO|NONREC"),
        (0x0301, 21, 19, "CRYPTO_19", "REQUEST|DUMP"),
        (0x0101, 31, 19, "PROTOCOL_31_19", "REQUEST|0x100"),
    ],
)
def test_upper_flags_mean_what_the_message_does(
    flags: int, protocol: int, type_: int, constant: str, names: str
) -> None:
    assert "|".join(flag_names(flags, verb_of(protocol, type_, constant))) == names


_SUBSYSTEMS = {
    "nfnetlink_conntrack": {"IPCTNL_MSG_CT": 1, "IPCTNL_MSG_EXP": 2}, "nfnetlink_osf": {"OSF_MSG": 5},
    "ipset/ip_set": {"IPSET_CMD": 6}, "nfnetlink_acct": {"NFNL_MSG_ACCT": 7}, "nfnetlink_hook": {"NFNL_MSG_HOOK": 12},
    "nfnetlink_cttimeout": {"IPCTNL_MSG_TIMEOUT": 8}, "nfnetlink_cthelper": {"NFNL_MSG_CTHELPER": 9},
    "nf_tables": {"NFT_MSG": 10}, "nf_tables_compat": {"NFNL_MSG_COMPAT": 11},
}  # fmt: skip


@pytest.mark.parametrize("header", list(_SUBSYSTEMS))
def test_what_netfilter_messages_do_is_what_their_names_say(header: str) -> None:
    file = Path(f"/usr/include/linux/netfilter/{header}.h")
    if not file.exists():
        pytest.skip(f"{file} is absent: install linux-libc-dev")
    for prefix, subsystem in _SUBSYSTEMS[header].items():
        names = re.findall(rf"^\s+({prefix}_?\w+),", file.read_text(), re.MULTILINE)
        assert names
        for number, name in enumerate(name for name in names if not name.endswith("MAX")):
            verb = verb_of(12, subsystem << 8 | number, "")
            word = name.removeprefix(prefix).lstrip("_")
            said = {"N": "new", "G": "get", "D": "del", "A": "new"}.get(word[0], "") if word[:2] != "NO" else ""
            odd = {"IPSET_CMD_DEL": "new", "IPSET_CMD_DESTROY": "", "IPSET_CMD_CREATE": "new", "OSF_MSG_REMOVE": "del"}
            if subsystem == 6 and word in {"PROTOCOL", "LIST", "SAVE", "HEADER", "TYPE"}:
                said = "get"
            if word.startswith("DEFAULT"):
                said = "new" if word.endswith("SET") else "get"
            assert verb == odd.get(name, said), name


@given(st.binary(max_size=60), st.integers(0, 20))
def test_a_datagram_without_a_header_is_one_message(data: bytes, start: int) -> None:
    spans = list(walk_messages(data, start, "<", NETLINK_KOBJECT_UEVENT))
    if any(data[start:]):
        assert spans == [(start, len(data), len(data) - start, 0, 0, 0, 0, False)]
    else:
        assert spans == []


@pytest.mark.parametrize(
    ("protocol", "type_", "control"),
    [(0, 2, True), (0, 3, True), (0, 16, False), (11, 3, False), (11, 2, True), (11, 16, False), (15, 0, False)],
)
def test_whose_a_message_type_is(protocol: int, type_: int, *, control: bool) -> None:
    assert is_control(protocol, type_) is control
