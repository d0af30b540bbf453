"""Files at the edge of what is read: damage larger than a chunk, headers without an end, what a stream says wrongly."""

from __future__ import annotations

import gzip
import io
import itertools
import os
import struct
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import zstandard

from nlsniff.errors import NlsniffError
from nlsniff.file import messages
from nlsniff.file.gzip import Gzip
from nlsniff.file.index import Index
from nlsniff.file.info import Interface
from nlsniff.file.messages import DatagramReader
from nlsniff.file.order import VOTED_BYTES, VOTERS, ByteOrders
from nlsniff.file.read import FrameReader, is_capture
from nlsniff.file.scan import RecordScan
from nlsniff.file.sniff import describe, format_of
from nlsniff.file.zstd import Zstd
from nlsniff.wire.cooked import bare_linktype
from tests.file import made

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nlsniff.file.unpack import Unpacker
    from nlsniff.wire.nlmsg import Order

FRAMES = made.records(8)
DATA = [frame.data for frame in FRAMES]
CHUNK = 1 << 18


class Pieces(io.RawIOBase):
    """A stream that gives so many bytes at a time."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._left = io.BytesIO(data)
        self._sizes = itertools.cycle(sizes)

    def read(self, _: int = -1) -> bytes:
        return self._left.read(next(self._sizes))


def read(data: bytes, *sizes: int) -> tuple[list[bytes], list[str]]:
    reader = FrameReader(Pieces(data, list(sizes or (len(data) or 1,))))  # type: ignore[arg-type]
    return [frame.data for frame in reader], [str(problem) for problem in reader.problems]


@pytest.mark.parametrize("size", [100, CHUNK - 20, CHUNK + 20, 2 * CHUNK + 7])
@pytest.mark.parametrize("sizes", [(), (CHUNK,), (70_001, 13)])
@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_damage_of_any_size_costs_no_frame_behind_it(form: str, size: int, sizes: tuple[int, ...]) -> None:
    head, pieces = made.pcap([]), [made.pcap([frame])[24:] for frame in FRAMES]
    if form == "pcapng":
        head, pieces = made.section() + made.interface(), [made.packet(frame) for frame in FRAMES]
    before, garbage = head + b"".join(pieces[:4]), b"\xa5" * size
    found, problems = read(before + garbage + b"".join(pieces[4:]), *sizes)
    assert found == DATA
    what = "record" if form == "pcap" else "block"
    assert problems == [
        f"error at byte {len(before)}: {size} bytes are no {what}; reading goes on at byte {len(before) + size}"
    ]
    found, problems = read(before + garbage, *sizes)
    assert found == DATA[:4]
    assert problems == [f"error at byte {len(before)}: the last {size} bytes hold no {what} that can be recognised"]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("claim", [60, 130, 300, 4000])
def test_wrong_lengths_one_behind_the_other_cost_no_record(order: Order, claim: int) -> None:
    frames = [made.Record(frame.time_ns, made.datagram(made.message(60, order))) for frame in FRAMES]
    pieces = [bytearray(made.pcap([frame], order)[24:]) for frame in frames]
    for which in (1, 2, 4):
        struct.pack_into(order + "II", pieces[which], 8, claim + 40, claim + 40)
    found, problems = read(made.pcap([], order) + b"".join(pieces))
    assert found == [frame.data for frame in frames]
    assert [problem.partition(": ")[2] for problem in problems] == [
        f"record says {claim + 40} bytes, but the next one begins after 76"
    ] * 3


@pytest.mark.parametrize("left", range(1, 28))
def test_a_section_that_is_cut_is_told(left: int) -> None:
    whole = made.pcapng(FRAMES[:2])
    found, problems = read(whole + made.section(">")[:left])
    assert found == DATA[:2]
    assert len(problems) == 1
    assert problems[0].startswith(f"error at byte {len(whole)}: last block is truncated: {left} ")


def test_a_section_of_no_byte_order_is_no_section() -> None:
    section = bytearray(made.section())
    section[8] ^= 1
    found, problems = read(made.pcapng(FRAMES[:2]) + bytes(section) + made.packet(FRAMES[2]))
    assert found == DATA[:3]
    assert [problem.partition(": ")[2].partition(";")[0] for problem in problems] == ["28 bytes are no block"]


@pytest.mark.parametrize(
    ("data", "guess"), [(DATA[0], "read as netlink"), (made.ETHERNET, "their link type is unknown")]
)
def test_frames_of_an_interface_that_nobody_described_are_read_as_what_they_seem(data: bytes, guess: str) -> None:
    micro = 1_795_282_243_495_526
    for stamp, time_ns in ((1 << 56, 1 << 56), ((1 << 56) - 1, ((1 << 56) - 1) * 1000), (micro, micro * 1000)):
        reader = FrameReader(io.BytesIO(made.section() + made.packet(made.Record(0, data), number=3, stamp=stamp)))
        (frame,) = reader
        assert (frame.data, frame.interface, frame.time_ns) == (data, 0, min(time_ns, (1 << 63) - 1))
        assert [str(problem) for problem in reader.problems] == [
            f"error at byte 28: frames of interface 3, which the file does not describe; {guess}"
        ]


def test_a_text_of_pcapng_may_end_with_zeros_that_are_counted() -> None:
    options = made.option(2, b"a~\0\0") + made.option(3, b"\0b\0c") + bytes(4)
    reader = FrameReader(io.BytesIO(made.section() + made.interface(options=options)))
    assert not list(reader)
    assert (reader.interfaces[0].name, reader.interfaces[0].description) == ("a~", "\0b\0c")


def test_an_option_ends_before_the_length_behind_its_block() -> None:
    """Without an end mark, the last one may say a byte more than is left for options: it is none then."""
    for more, said in ((0, "abcd"), (1, "")):
        last = struct.pack("<HH", 1, 4 + more) + b"abcd"
        frame = made.packet(made.Record(1, DATA[0]))
        total = struct.pack("<I", len(frame) + 8)
        commented = frame[:4] + total + frame[8:-4] + last + total
        statistics = made.block(5, struct.pack("<III", 0, 0, 0) + last)
        reader = FrameReader(io.BytesIO(made.section() + made.interface(options=last) + commented + statistics))
        assert [frame.comment for frame in reader] == [said]
        (interface,) = reader.interfaces
        assert interface.comments == [said, said] * (not more)
    empty = made.interface(options=made.option(1, b"abcd") + made.option(1, b""))
    reader = FrameReader(io.BytesIO(made.section() + empty))
    assert not list(reader)
    assert reader.interfaces[0].comments == ["abcd", ""]


def test_any_number_of_comments_is_read() -> None:
    comments = [f"process: p[{number % 1500}]" for number in range(2600)]
    frames = [made.Record(1, DATA[0], comment=comment) for comment in comments]
    reader = FrameReader(io.BytesIO(made.pcapng(frames)))
    assert [frame.comment for frame in reader] == comments


@pytest.mark.parametrize(
    ("fraction", "captured", "length", "clean"),
    [(999_999_999, 40, 40, True), (10**9, 40, 40, False), (0, 40, 41, True), (0, 41, 40, False), (0, 0, 40, False),
     (0, 1, 1, True), (0, 262_144, 262_144, True), (0, 262_145, 262_145, False)],
)  # fmt: skip
def test_what_a_record_may_say(fraction: int, captured: int, length: int, clean: bool) -> None:
    scan = RecordScan("<", 16, 253, 65_535, 10**9)
    head = struct.pack("<IIII", 1_795_282_243, fraction, captured, length)
    assert scan.clean(head, 0) is clean
    for snaplen, limit in ((262_145, 262_145), (1 << 30, (16 << 20) - 1)):
        assert RecordScan("<", 16, 253, snaplen, 10**9).limit == limit


def test_of_what_is_no_netlink_five_kinds_are_named() -> None:
    kinds = range(1000, 1007)
    frame = made.Record(1, DATA[0])
    parts = [made.interface(linktype=kind) + made.packet(frame, number=at) for at, kind in enumerate(kinds)]
    reader = FrameReader(io.BytesIO(made.section() + b"".join(parts)))
    assert not list(DatagramReader(reader))
    (told,) = reader.problems
    assert (told.severity, told.text.count(", ")) == ("note", 4)
    assert told.text.startswith("7 frames hold no netlink (1 ")


def test_any_number_of_cooked_headers_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "_KNOWN_LIMIT", 3)
    protocols = [0, 4, 6, 12, 16, 0, 21, 4, 0, 0, 30]
    frames = [made.Record(1, made.datagram(made.message(), protocol=protocol)) for protocol in protocols]
    found = list(DatagramReader(FrameReader(io.BytesIO(made.pcap(frames)))))
    assert [cooked.protocol for _, cooked, _ in found] == protocols


@pytest.mark.parametrize(("size", "count"), [(200, VOTERS), (VOTED_BYTES // 10, 10)])
def test_a_vote_is_closed_after_so_many_datagrams_or_bytes(size: int, count: int) -> None:
    orders = ByteOrders()
    one = struct.pack(">IHHII", size, 24, 1, 1, 0) + bytes(size - 16)
    for _ in range(count):
        assert not orders.settled
        orders.vote(3, one + bytes(VOTED_BYTES % 10), 0)
    assert orders.settled == {3: ">"}
    before = orders.voted(3)
    for _ in range(2 * count):
        orders.vote(3, struct.pack("<IHHII", size, 24, 1, 1, 0) + bytes(size - 16), 0)
    assert (orders.settled, orders.voted(3), before) == ({3: ">"}, ">", ">")


def test_a_forced_order_asks_for_no_votes() -> None:
    orders = ByteOrders("<")
    orders.vote(0, struct.pack(">IHHII", 16, 24, 1, 1, 0), 0)
    assert (orders.voted(0, ">"), orders.settled) == ("<", {})


def test_an_order_without_votes_is_that_of_the_file() -> None:
    assert (ByteOrders().voted(0, "<"), ByteOrders().voted(0, ">")) == ("<", ">")


def test_a_gzip_header_without_an_end_is_refused() -> None:
    name = b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * (1 << 17)
    with pytest.raises(NlsniffError, match=r"gzip data is damaged near byte 0 .*\(its header has no end\)"):
        list(FrameReader(io.BytesIO(name)))


@pytest.mark.parametrize("kind", [Gzip, Zstd])
def test_what_is_damaged_from_its_first_byte_is_lost_and_not_unfinished(kind: type[Unpacker]) -> None:
    data = kind.magic + b"\xff" * 40
    stream = io.BytesIO(data)
    unpacker = kind(stream.read, b"")
    assert (unpacker.unfinished, unpacker.unread) == (False, 0)
    assert unpacker.read() == b""
    assert (unpacker.unfinished, unpacker.unread) == (False, len(data))


@pytest.mark.parametrize(("at", "words"), [(-8, "incorrect data check"), (-1, "incorrect length check")])
def test_a_wrong_check_of_gzip_is_told(at: int, words: str) -> None:
    packed = bytearray(gzip.compress(made.pcap(FRAMES)))
    packed[at] ^= 1
    found, problems = read(bytes(packed))
    assert found == DATA
    near = f"the gzip data is damaged near byte {len(packed)} of the compressed file ({words})"
    assert problems[0] == f"error at byte {len(made.pcap(FRAMES))}: {near}"


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
@pytest.mark.parametrize("left", [4, 5, 6, 9])
def test_what_ends_inside_its_first_header_stops_early_and_is_not_empty(
    pack: Callable[[bytes], bytes], left: int
) -> None:
    with pytest.raises(NlsniffError) as caught:
        list(FrameReader(io.BytesIO(pack(made.pcap([]))[:left])))
    assert str(caught.value).endswith(f" data stops early, after {left} bytes of the compressed file")


@pytest.mark.parametrize(
    ("behind", "words"),
    [
        (b"garbage, not zstd", "no frame begins there"),
        (b"\x28\xb5\x2f\xfd\x08\x00\x00\x00\x00\x00", "its header is of no known kind"),
    ],
)
def test_what_stands_behind_a_frame_of_zstd_is_told(behind: bytes, words: str) -> None:
    packed = zstandard.ZstdCompressor().compress(made.pcap(FRAMES))
    found, problems = read(packed + behind)
    assert found == DATA
    assert words in problems[0]
    assert problems[1].endswith(f"nothing can be decompressed of the last {len(behind)} bytes of the compressed file")


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress])
@pytest.mark.parametrize("first", [1, 2, 3, 4])
def test_a_compression_is_known_however_few_bytes_come_first(pack: Callable[[bytes], bytes], first: int) -> None:
    found, problems = read(pack(made.pcap(FRAMES)), first, 10_000)
    assert (found, problems) == (DATA, [])


@pytest.mark.parametrize("left", range(1, 10))
def test_a_header_of_zstd_that_is_cut_is_told(left: int) -> None:
    whole = zstandard.ZstdCompressor().compress(made.pcap(FRAMES))
    found, problems = read(whole + whole[:left])
    assert found == DATA
    text = f"zstd data stops early, after {len(whole) + left} bytes of the compressed file"
    assert problems == [f"error at byte {len(made.pcap(FRAMES))}: {text}"]


@pytest.mark.parametrize("left", range(4, 17))
def test_a_long_header_of_zstd_that_is_cut_is_told(left: int) -> None:
    """With a dictionary's number of 4 bytes and a size of 8; so it is 17 bytes long."""
    head = b"\x28\xb5\x2f\xfd\xe3" + struct.pack("<IQ", 7, 1000)
    packed = zstandard.ZstdCompressor().compress(made.pcap(FRAMES))
    found, problems = read(packed + head[:left])
    assert found == DATA
    assert [problem.partition(": ")[2] for problem in problems] == [
        f"zstd data stops early, after {len(packed) + left} bytes of the compressed file"
    ]


DESCRIBED = {
    b"\x7fELF\2": "an ELF program", b"#!/bin/sh\n": "a script", b"BZh9": "a bzip2 file; unpack it first",
    b"\xfd7zXZ\0\0": "an xz file; unpack it first", b"\x04\x22\x4d\x18x": "an lz4 file; unpack it first",
    b"PK\x03\x04": "a zip archive; unpack it first", b"\x89PNG\r": "a PNG picture", b"%PDF-1.7": "a PDF document",
    b"SQLite format 3\0": "an SQLite database", b"PAR1": "a Parquet file",
    b"snoop\0\0\0": "a Solaris snoop capture; convert it with editcap", b"BTSNOOP": "a Bluetooth capture",
    bytes(9): "nothing but zero bytes", b"plain words\n": "text", "äöü".encode()[:-1]: "text", b"\n\t ": "text",
    b" {": "JSON; nlsniff reads captures, not its own or tshark's output", b"  <pdml/>": "XML or HTML",
    b"[1]": "JSON; nlsniff reads captures, not its own or tshark's output",
    b"text \xff more": "unknown data that begins with 74 65 78 74 20 ff 20 6d",
    b"a\x01b": "unknown data that begins with 61 01 62",
    b"\xff\xfe": "unknown data that begins with ff fe",
}  # fmt: skip


@pytest.mark.parametrize(("head", "words"), DESCRIBED.items())
def test_what_is_no_capture_is_named(head: bytes, words: str) -> None:
    assert describe(head) == words
    assert not is_capture(head)


def test_what_is_a_capture_is_known_by_four_bytes() -> None:
    for order in ("<", ">"):
        assert is_capture(made.pcapng([], order)[:4])
        for unit in (1, 1000):
            assert is_capture(made.pcap([], order, unit)[:4])


def test_the_end_of_a_name_says_what_is_written() -> None:
    names = ("a.pcap", "A.PCAP", "a.pcapng", "a.PcapNg", "a", "pcap", "a.pcap.x")
    assert [format_of(name) for name in names] == ["pcap", "pcap", "pcapng", "pcapng", "pcapng", "pcapng", "pcapng"]
    for name in ("a.pcap.gz", "A.ZST"):
        with pytest.raises(NlsniffError, match=f"^{name}: what is written is not compressed: give a name without "):
            format_of(name)


def test_names_of_link_types() -> None:
    types = (-1, 0, 1, 101, 105, 113, 127, 253, 276, 999, bare_linktype("route"))
    assert [Interface(0, linktype).linktype_name for linktype in types] == [
        "unknown", "BSD loopback", "Ethernet", "raw IP", "802.11", "Linux cooked", "802.11 radiotap", "netlink",
        "Linux cooked v2", "link type 999", "bare netlink",
    ]  # fmt: skip


class Broken(io.RawIOBase):
    """A disk that fails behind the first bytes."""

    name = "disk"

    def __init__(self) -> None:
        self._first = made.pcap(FRAMES[:2])

    def read(self, _: int = -1) -> bytes:
        if not self._first:
            raise OSError(5, "Input/output error")
        first, self._first = self._first, b""
        return first


def test_a_stream_that_cannot_be_read_is_told() -> None:
    reader = FrameReader(Broken())  # type: ignore[arg-type]
    assert len(reader.batch()) == 2
    with pytest.raises(NlsniffError, match=r"^disk: cannot be read: Input/output error$"):
        reader.batch()


def test_a_path_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(NlsniffError) as caught:
        FrameReader(loop)
    assert str(caught.value) == f"{loop}: cannot be opened: {os.strerror(40)}"


def test_who_may_not_read_a_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(io, "FileIO", refuse)  # root may read each file
    with pytest.raises(NlsniffError, match=r"/x: you may not read this file; ask its owner, or read it as root$"):
        FrameReader(tmp_path / "x")


def test_standard_input_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Pieces(made.pcap(FRAMES), [50, 3])))
    reader = FrameReader("-", spool=True)
    frames = list(reader)
    assert [frame.data for frame in frames] == DATA
    assert (reader.name, reader.progress) == ("standard input", (len(made.pcap(FRAMES)), 0))
    assert [reader.fetch(frame.offset, len(frame.data)) for frame in frames] == DATA


def test_a_reader_ends_once_and_closes_what_it_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(made.pcap(FRAMES))
    with FrameReader(path) as reader:
        assert (reader.name, reader.format) == (str(path), "")
        assert reader.progress == (0, path.stat().st_size)
        first = reader.batch(2)
        assert [frame.number for frame in first] == [1, 2]
        assert [frame.number for frame in reader.finish()] == [3, 4, 5, 6, 7, 8]
        assert reader.finish() == reader.batch() == []
        assert reader.step() is None
        assert reader.format == "pcap"
        assert reader.fetch(first[1].offset, 4) == first[1].data[:4]
    with pytest.raises(OSError, match="Bad file descriptor"):
        reader.fetch(0, 1)


def test_an_index_is_closed_behind_its_block_and_finds_no_frame_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    comments = ["", "short", "long " * 500, "", "ä" * 40, "", "x", ""]
    frames = [frame._replace(comment=comment) for frame, comment in zip(FRAMES, comments, strict=True)]
    path.write_bytes(made.pcapng(frames))
    with Index(path) as index:
        assert index.reader.progress == (0, path.stat().st_size)
        assert index.advance(3) == 3 == len(index)
        assert index.finish() == 5
        assert index.reader.progress == (path.stat().st_size,) * 2
        again = [index.frame(number) for number in range(1, 9)]
        assert [(frame.time_ns, frame.data, frame.comment) for frame in again] == [
            (frame.time_ns, frame.data, frame.comment) for frame in frames
        ]
        assert [index.time_ns(row) for row in range(8)] == [frame.time_ns for frame in frames]
        assert [list(index.rows_of(number)) for number in (0, 1, 8, 9)] == [[], [0], [7], []]
        for number in (0, 9, -1):
            with pytest.raises(IndexError, match=f"no frame {number}"):
                index.frame(number)
    with pytest.raises(OSError, match="Bad file descriptor"):
        index.frame(1)


def test_what_was_not_read_yet_is_read_at_the_end() -> None:
    data = made.pcap(FRAMES)
    reader = FrameReader(Pieces(data, [40, 7, 100]))  # type: ignore[arg-type]
    assert [frame.data for frame in reader.finish()] == DATA
