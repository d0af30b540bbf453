"""What packets carry is blanked, their headers are left: queued and logged ones, in requests and in copies of those."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.reader import Stream, make_decoder
from nlsniff.redact.packets import headers_of
from nlsniff.redact.redact import FILL, redact
from tests.conftest import ROOT
from tests.file.made import Record, datagram, pcap
from tests.follow.talk import NETFILTER, answer, attr, nlmsg

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.redact.redact import Redaction

DATA = b"GET /secret"
VERDICT = 0x301  # NFQNL_MSG_VERDICT
HEAD = bytes([0, 0, 0, 7])
PAYLOAD, VERDICT_HEADER = 10, 2
EINVAL = 22
TIME = 1_700_000_000_000_000_000


def ipv4(protocol: int, behind: bytes, *, offset: int = 0, options: bytes = b"") -> bytes:
    size = 20 + len(options)
    head = struct.pack(">BBHHHBBH", 0x40 | size // 4, 0, size + len(behind), 1, offset, 64, protocol, 0)
    return head + bytes([10, 0, 0, 1, 10, 0, 0, 2]) + options + behind


def ipv6(following: int, behind: bytes) -> bytes:
    return struct.pack(">IHBB", 0x60000000, len(behind), following, 64) + bytes(32) + behind


TCP = struct.pack(">HHIIBBHHH", 40000, 80, 1, 2, 8 << 4, 0x18, 100, 0, 0) + bytes(12)
UDP = struct.pack(">HHHH", 40000, 53, 8 + len(DATA), 0)
ETHERNET = bytes(12)


@pytest.mark.parametrize(
    ("packet", "headers"),
    [
        (ipv4(6, TCP + DATA), 52),
        (ipv4(6, TCP + DATA, options=bytes(8)), 60),
        (ipv4(17, UDP + DATA), 28),
        (ipv4(17, UDP + DATA, offset=100), 20),  # a later fragment has no header of the transport
        (ipv4(1, bytes(8) + DATA), 28),
        (ipv4(47, DATA), 20),
        (ipv6(17, UDP + DATA), 48),
        (ipv6(0, DATA), 40),
        (ETHERNET + b"\x08\x00" + ipv4(17, UDP + DATA), 42),
        (ETHERNET + b"\x81\x00\x00\x07\x86\xdd" + ipv6(6, TCP + DATA), 18 + 72),
        (ETHERNET + b"\x08\x06" + DATA, 14),
        (ETHERNET + b"\x08\x00", 14),
        (ipv4(6, TCP[:19]), 20),
        (b"\x45", 1),
        (b"", 0),
    ],
)  # fmt: skip
def test_where_the_data_of_a_packet_begins(packet: bytes, headers: int) -> None:
    assert headers_of(packet) == headers


@given(st.binary(max_size=80))
def test_any_bytes(packet: bytes) -> None:
    assert 0 <= headers_of(packet) <= len(packet)


def redacted(source: Path, target: Path, *, keep: bool = False) -> Redaction:
    decoder = make_decoder()

    def read(stream: BinaryIO) -> Stream:
        return Stream(stream, decoder, None)

    return redact(str(source), target, decoder, read, keep_unreadable=keep)


def packets_in(path: Path) -> list[tuple[NetlinkMessage, bytes]]:
    """Each packet of a capture with its message."""
    with path.open("rb") as file:
        found = [(message, message.root.get("payload")) for message in Stream(file, make_decoder(), None)]
    return [(message, message.data[node.payload : node.end]) for message, node in found if node is not None]


@pytest.mark.parametrize("name", ["packets", "packets-new"])
def test_recorded_packets(name: str, tmp_path: Path) -> None:
    source, target = ROOT / "captures" / f"{name}.pcapng", tmp_path / "out.pcapng"
    result = redacted(source, target)
    assert set(result.unread) == {"contents of packets"}
    before, after = packets_in(source), packets_in(target)
    assert len(before) == len(after) > result.unread.total() // 2 > 0
    for (message, old), (other, new) in zip(before, after, strict=True):
        size = headers_of(old)
        assert (new[:size], set(new[size:]) | {FILL}) == (old[:size], {FILL})
        assert (message.type_name, message.summary) == (other.type_name, other.summary)
    redacted(source, target, keep=True)
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("whole", [True, False])
def test_a_verdict_and_its_copy_in_an_error(tmp_path: Path, *, whole: bool) -> None:
    body = HEAD + attr(VERDICT_HEADER, bytes(8)) + attr(PAYLOAD, ipv4(17, UDP + DATA))
    said = nlmsg(VERDICT, 1, 3, 0, body)
    messages = [said, answer(said, 77, EINVAL, whole=whole)]
    source, target = tmp_path / "in.pcap", tmp_path / "out.pcap"
    source.write_bytes(pcap([Record(TIME, datagram(message, protocol=NETFILTER)) for message in messages]))
    result = redacted(source, target)
    assert result.unread.total() == 1 + whole
    assert DATA not in target.read_bytes()
    assert target.read_bytes().count(UDP) == 1 + whole


def test_a_length_that_lies(tmp_path: Path) -> None:
    packet = attr(PAYLOAD, ipv4(17, UDP + DATA))
    for length in (0, 3, 4, 8, 12, 0x7FFF):
        body = HEAD + attr(VERDICT_HEADER, bytes(8)) + struct.pack("<H", length) + packet[2:]
        source, target = tmp_path / "in.pcap", tmp_path / "out.pcap"
        source.write_bytes(pcap([Record(TIME, datagram(nlmsg(VERDICT, 1, 3, 0, body), protocol=NETFILTER))]))
        redacted(source, target)
        assert DATA not in target.read_bytes(), length
