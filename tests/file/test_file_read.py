"""Sound files of every kind are read to their last frame."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import struct
import subprocess
import sys
import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import zstandard

from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from tests.file import made

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.file.frame import Frame

FRAMES = made.records(40)


def read(data: bytes) -> tuple[list[Frame], FrameReader]:
    reader = FrameReader(io.BytesIO(data))
    return list(reader), reader


def tshark_or_skip(name: str = "tshark") -> str:
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return path


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("unit", [1, 1000])
def test_pcap_of_both_orders_and_units(order: str, unit: int) -> None:
    data = made.pcap(FRAMES, order, unit)  # type: ignore[arg-type]
    frames, reader = read(data)
    assert [(frame.time_ns, frame.data) for frame in frames] == [(each.time_ns, each.data) for each in FRAMES]
    assert [frame.number for frame in frames] == list(range(1, 41))
    assert all(data[frame.offset : frame.offset + len(frame.data)] == frame.data for frame in frames)
    assert reader.format == "pcap"
    assert reader.interfaces[0].resolution == 10**9 // unit
    assert not reader.problems


def test_the_old_modified_pcap_format() -> None:
    frames, reader = read(made.pcap(FRAMES, unit=1000, modified=True))
    assert [frame.data for frame in frames] == [each.data for each in FRAMES]
    assert not reader.problems


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_of_both_orders(order: str) -> None:
    data = made.pcapng(FRAMES, order)  # type: ignore[arg-type]
    frames, reader = read(data)
    assert [(frame.time_ns, frame.data) for frame in frames] == [(each.time_ns, each.data) for each in FRAMES]
    assert all(data[frame.offset : frame.offset + len(frame.data)] == frame.data for frame in frames)
    assert reader.format == "pcapng"
    assert not reader.problems


def test_sections_and_interfaces_are_counted_through() -> None:
    first, second = made.Record(5, made.datagram(made.message())), made.Record(7, made.ETHERNET)
    data = (
        made.section(
            "<", made.option(2, b"a board") + made.option(3, b"Linux") + made.option(4, b"nlsniff 1") + bytes(4)
        )
        + made.interface("<")
        + made.interface("<", linktype=1, snaplen=99, options=made.option(2, b"eth0") + bytes(4))
        + made.packet(first)
        + made.packet(second, number=1)
        + made.section(">", made.option(1, "über".encode(), ">") + bytes(4))
        + made.interface(">")
        + made.packet(first, ">")
    )
    frames, reader = read(data)
    assert [(frame.interface, frame.linktype, frame.time_ns) for frame in frames] == [
        (0, 253, 5),
        (1, 1, 7000),
        (2, 253, 5),
    ]
    assert [face.name for face in reader.interfaces] == ["", "eth0", ""]
    assert reader.interfaces[1].snaplen == 99


@pytest.mark.parametrize(
    ("resolution", "stamp", "time_ns"),
    [
        (b"\x06", 1_500_000, 1_500_000_000),
        (b"\x03", 1500, 1_500_000_000),
        (b"\x0c", 1500, 1),
        (b"\x8a", 1536, 1_500_000_000),
    ],
)
def test_time_resolutions(resolution: bytes, stamp: int, time_ns: int) -> None:
    options = made.option(9, resolution) + made.option(14, struct.pack("<q", 100)) + bytes(4)
    data = made.section() + made.interface(options=options) + made.packet(FRAMES[0], stamp=stamp)
    frames, reader = read(data)
    assert frames[0].time_ns == time_ns + 100 * 10**9
    assert reader.interfaces[0].offset_s == 100


def test_a_time_beyond_64_bits_is_moved_to_the_last_one_that_fits() -> None:
    options = made.option(9, b"\x00") + bytes(4)
    frames, _ = read(made.section() + made.interface(options=options) + made.packet(FRAMES[0], stamp=(1 << 64) - 1))
    assert frames[0].time_ns == (1 << 63) - 1


def test_packet_comments_are_joined() -> None:
    body = struct.pack("<IIIII", 0, 0, 1, 2, 2) + b"ab\0\0"
    body += made.option(1, b"first") + made.option(2, bytes(4)) + made.option(1, "zweite ✓".encode()) + bytes(4)
    frames, _ = read(made.section() + made.interface() + made.block(6, body) * 2)
    assert [frame.comment for frame in frames] == ["first\nzweite ✓"] * 2


def test_simple_and_obsolete_packet_blocks() -> None:
    data = made.section() + made.interface(snaplen=6)
    data += made.block(3, struct.pack("<I", 10) + b"abcdef")
    data += made.block(2, struct.pack("<HHIIII", 0, 3, 0, 77, 3, 9) + b"xyz\0" + made.option(1, b"old") + bytes(4))
    frames, reader = read(data)
    assert frames[0][2:] == (0, 253, 0, 10, b"abcdef", "")
    assert frames[1][2:] == (77, 253, 0, 9, b"xyz", "old")
    assert [problem.severity for problem in reader.problems] == ["note"]


def test_unknown_blocks_are_skipped_and_statistics_kept() -> None:
    statistics = made.option(4, struct.pack("<Q", 900)) + made.option(5, struct.pack("<Q", 8)) + bytes(4)
    data = made.section() + made.interface() + made.block(0x0BAD, b"whatever") + made.packet(FRAMES[0])
    data += made.block(5, struct.pack("<III", 0, 0, 0) + statistics) + made.block(0x77, b"")
    frames, reader = read(data)
    assert len(frames) == 1
    assert (reader.interfaces[0].received, reader.interfaces[0].dropped) == (900, 8)
    assert reader.interfaces[0].os_dropped is None
    assert not reader.problems


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
@pytest.mark.parametrize("parts", [1, 3])
def test_compression_is_told_by_content(tmp_path: Path, pack: object, parts: int) -> None:
    assert callable(pack)
    data = made.pcap(FRAMES)
    cuts = [len(data) * part // parts for part in range(parts + 1)]
    path = tmp_path / "no-suffix-that-helps"
    path.write_bytes(b"".join(pack(data[low:high]) for low, high in pairwise(cuts)))
    reader = FrameReader(path)
    assert [frame.data for frame in reader] == [each.data for each in FRAMES]
    assert not reader.problems


def test_a_cut_gzip_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    packed = gzip.compress(made.pcap(FRAMES), compresslevel=0)
    path.write_bytes(packed[:-700])
    reader = FrameReader(path)
    assert 0 < len(list(reader)) < len(FRAMES)
    assert "gzip data stops early" in reader.problems[-1].text


def test_damaged_compression_yields_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "bad.gz"
    packed = bytearray(gzip.compress(made.pcap(FRAMES), compresslevel=0) + b"not gzip at all")
    path.write_bytes(packed)
    reader = FrameReader(path)
    assert len(list(reader)) == len(FRAMES)
    assert "damaged" in reader.problems[0].text
    assert "last 15 bytes" in reader.problems[1].text


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_a_bomb_is_read_in_little_memory(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    path = tmp_path / "bomb"
    path.write_bytes(pack(made.pcap([]) + bytes(80 << 20)))
    # VmHWM, not ru_maxrss, which counts what this process had when it forked.
    code = (
        "import sys; from nlsniff.file.read import FrameReader; reader = FrameReader(sys.argv[1]);"
        "print(len(list(reader)), len(reader.problems));"
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    frames, problems, kilobytes = map(int, done.stdout.split())
    assert (frames, problems) == (0, 1)
    assert kilobytes < 60 << 10


def test_standard_input() -> None:
    code = "from nlsniff.file.read import FrameReader; print(len(list(FrameReader('-'))))"
    done = subprocess.run([sys.executable, "-c", code], input=made.pcapng(FRAMES), capture_output=True, check=True)
    assert int(done.stdout) == len(FRAMES)


def test_a_pipe_yields_a_frame_as_soon_as_it_is_there() -> None:
    readable, writable = os.pipe()
    with open(readable, "rb") as source, open(writable, "wb", buffering=0) as sink:  # noqa: PTH123  they are numbers
        reader = FrameReader(source)
        data = made.pcap(FRAMES[:1])
        sink.write(data)
        assert len(reader.batch()) == 1
        later = threading.Timer(0.05, sink.write, [made.pcap(FRAMES[1:2])[24:]])
        later.start()
        assert len(reader.batch()) == 1
        later.join()
        sink.close()
        assert not reader.batch()
        assert not reader.finish()
    assert not reader.problems


def test_a_limit_goes_on_where_it_stopped() -> None:
    reader = FrameReader(io.BytesIO(made.pcap(FRAMES)))
    assert [frame.number for frame in reader.batch(3)] == [1, 2, 3]
    assert [frame.number for frame in reader.batch(2)] == [4, 5]
    assert [frame.number for frame in reader.batch()] == list(range(6, 41))
    assert reader.finish() == []


@pytest.mark.parametrize("form", [made.pcap, made.pcapng])
def test_a_growing_file(tmp_path: Path, form: object) -> None:
    assert callable(form)
    data: bytes = form(FRAMES[:6])
    path = tmp_path / "growing"
    path.write_bytes(b"")
    reader = FrameReader(path)
    seen: list[Frame] = []
    with path.open("ab", buffering=0) as sink:
        for at in range(0, len(data), 7):
            sink.write(data[at : at + 7])
            seen += reader.batch()
    assert [frame.data for frame in seen] == [each.data for each in FRAMES[:6]]
    assert reader.finish() == []
    assert reader.progress == (len(data), len(data))
    assert not reader.problems


REFUSED = {
    b"": "is empty",
    b"\xd4\xc3\xb2\xa1\x02": "ends inside its file header, after 5 bytes",
    b"\x0a\x0d\x0d\x0a": "ends inside its file header, after 4 bytes",
    b"\n": "is no pcap or pcapng capture, but text",
    b"hello, world\n": "but text",
    b'{"frame": 1}\n': "but JSON",
    b"\x7fELF\x02\x01\x01": "but an ELF program",
    bytes(64): "but nothing but zero bytes",
    b"\x99\x98\x97\x96\x95": "but unknown data that begins with 99 98 97 96 95",
    gzip.compress(b"hello, world", mtime=0): "but text inside gzip data",
    gzip.compress(b"hello, world", mtime=0)[:12]: "is no",
    b"\x28\xb5\x2f\xfd garbage": "zstd data is damaged",
}


@pytest.mark.parametrize(("data", "words"), REFUSED.items())
def test_what_is_no_capture_is_refused_in_one_line(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(NlsniffError) as caught:
        list(FrameReader(path))
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert words in text or (words == "is no" and "gzip" in text)
    assert "\n" not in text


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NlsniffError, match="no such file"):
        FrameReader(tmp_path / "nothing")
    with pytest.raises(NlsniffError, match="is a folder"):
        FrameReader(tmp_path)


def test_the_corpus_reads_as_dpkt_and_tshark_read_it(corpus: Path) -> None:
    tshark = tshark_or_skip()
    from dpkt import pcap

    for path in sorted((corpus / "pcap").iterdir()):
        reader = FrameReader(path)
        frames = list(reader)
        with path.open("rb") as stream:
            expected = list(pcap.Reader(stream))
        assert [frame.data for frame in frames] == [data for _, data in expected], path
        assert not reader.problems
        if path.stat().st_size > 100_000:
            continue
        fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len"]
        told = subprocess.run([tshark, "-r", str(path), *fields], capture_output=True, text=True, check=True).stdout
        mine = [f"{frame.time_ns // 10**9}.{frame.time_ns % 10**9:09d}\t{frame.length}" for frame in frames]
        assert told.splitlines() == mine, path
