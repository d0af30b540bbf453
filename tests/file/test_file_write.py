"""What is written is what is read, by us, by dpkt, by tshark and by capinfos."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from tests.file import made

Format = Literal["pcap", "pcapng"]

# No empty frames, which netlink does not have: a pcap record of no bytes at time 0 is sixteen zeros, as a crash leaves.
RECORDS = st.builds(
    made.Record,
    time_ns=st.integers(0, (1 << 32) * 10**9 - 1),
    data=st.binary(max_size=40).map(lambda tail: made.datagram(made.message()) + tail),
    length=st.none() | st.integers(100, 1 << 31),
    comment=st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=30),
)


def tool(name: str, *arguments: str) -> str:
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return subprocess.run([path, *arguments], capture_output=True, text=True, check=True).stdout


def write(target: Path, records: list[made.Record], fmt: Format | None = None) -> None:
    with open_writer(
        target, fmt, interface="nlmon0", hardware="a board", os="Linux 7", application="nlsniff"
    ) as writer:
        for record in records:
            writer.write(*record)


@pytest.mark.parametrize("fmt", ["pcap", "pcapng"])
@given(records=st.lists(RECORDS, max_size=8))
@settings(max_examples=60)
def test_what_is_written_is_read(fmt: Format, records: list[made.Record]) -> None:
    sink = io.BytesIO()
    with open_writer(sink, fmt) as writer:
        for record in records:
            writer.write(*record)
    assert writer.bytes == len(sink.getvalue())
    reader = FrameReader(io.BytesIO(sink.getvalue()))
    frames = list(reader)
    assert [(frame.time_ns, frame.data, frame.length) for frame in frames] == [
        (record.time_ns, record.data, record.length or len(record.data)) for record in records
    ]
    if fmt == "pcapng":
        assert [frame.comment for frame in frames] == [record.comment for record in records]
    assert reader.interfaces[0].linktype == 253
    assert not reader.problems


def test_the_name_decides_the_format(tmp_path: Path) -> None:
    for name, fmt in {
        "a.pcap": "pcap",
        "A.PCAP": "pcap",
        "a.pcapng": "pcapng",
        "a.cap": "pcapng",
        "a": "pcapng",
    }.items():
        write(tmp_path / name, made.records(1))
        reader = FrameReader(tmp_path / name)
        assert len(list(reader)) == 1
        assert reader.format == fmt
    write(tmp_path / "forced.pcap", made.records(1), "pcapng")
    assert list(FrameReader(tmp_path / "forced.pcap"))


@pytest.mark.parametrize("fmt", ["pcap", "pcapng"])
def test_tshark_reads_what_is_written(tmp_path: Path, fmt: Format) -> None:
    records = made.records(12)
    if fmt == "pcapng":
        records = [record._replace(comment=f"ip[{number}] ✓") for number, record in enumerate(records)]
    path = tmp_path / f"file.{fmt}"
    write(path, records)
    fields = ("frame.time_epoch", "frame.cap_len", "netlink.hdr_len", "netlink.hdr_seq", "frame.comment")
    lines = tool("tshark", "-r", str(path), "-T", "fields", *(part for field in fields for part in ("-e", field)))
    assert [line.split("\t") for line in lines.splitlines()] == [
        [
            f"{record.time_ns // 10**9}.{record.time_ns % 10**9:09d}",
            str(len(record.data)),
            str(20 + 4 * number),
            f"{number}",
            record.comment,
        ]
        for number, record in enumerate(records)
    ]


def test_capinfos_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "file.pcapng"
    target = open_writer(path, interface="nlmon0", hardware="a board", os="Linux 7", application="nlsniff 1")
    for record in made.records(9):
        target.write(*record)
    target.close(received=11, dropped=2)
    target.close()
    told = tool("capinfos", str(path))
    for line in ("a board", "Linux 7", "nlsniff 1", "Name = nlmon0", "Number of stat entries = 1", "nanosecond"):
        assert line in told
    assert "Number of packets:   9" in told
    assert "Linux Netlink" in told
    reader = FrameReader(path)
    assert len(list(reader)) == 9
    assert (reader.interfaces[0].received, reader.interfaces[0].dropped) == (11, 2)


def test_counters_of_a_file_without_frames_are_of_no_time(tmp_path: Path) -> None:
    path = tmp_path / "file.pcapng"
    target = open_writer(path, interface="nlmon0")
    empty = path.read_bytes()
    target.close(received=3, dropped=2)
    kind, size, interface, high, low = struct.unpack_from("=5I", path.read_bytes(), len(empty))
    assert (kind, size, interface, high, low) == (5, 52, 0, 0, 0)


def test_dpkt_reads_what_is_written(tmp_path: Path) -> None:
    from dpkt import pcap, pcapng

    records = made.records(5)
    for fmt, reader in (("pcap", pcap.Reader), ("pcapng", pcapng.Reader)):
        path = tmp_path / f"file.{fmt}"
        write(path, records)
        with path.open("rb") as stream:
            assert [data for _, data in reader(stream)] == [record.data for record in records]


@pytest.mark.parametrize("fmt", ["pcap", "pcapng"])
def test_a_flushed_file_is_readable_to_its_end(tmp_path: Path, fmt: Format) -> None:
    path = tmp_path / "file"
    writer = open_writer(path, fmt)
    reader = FrameReader(path)
    for count, record in enumerate(made.records(5), 1):
        writer.write(*record)
        writer.flush()
        assert [frame.number for frame in reader.batch()] == [count]
        whole = FrameReader(path)
        assert len(list(whole)) == count
        assert not whole.problems
    writer.close()


def test_batches_end_at_whole_records(tmp_path: Path) -> None:
    path = tmp_path / "file.pcapng"
    writer = open_writer(path)
    for _ in range(3000):
        writer.write(1, made.datagram(made.message(200)), comment="ip")
        size = path.stat().st_size
    assert size > 1 << 18
    reader = FrameReader(path)
    assert len(list(reader)) > 500
    assert not reader.problems
    writer.close()


def test_long_frames_and_comments_are_cut_to_what_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.pcapng"
    monkeypatch.setattr("nlsniff.file.write.SNAPLEN", 100)
    with open_writer(path) as writer:
        writer.write(-5, made.datagram(made.message(200)), comment="ü" * 40_000)
        writer.write(1 << 70, b"abc", length=1)
    reader = FrameReader(path)
    first, second = reader
    assert (len(first.data), first.length, first.time_ns) == (100, 216, 0)
    assert first.comment == "ü" * 32_767
    assert (second.data, second.length) == (b"abc", 3)
    assert reader.interfaces[0].snaplen == 100
    assert not reader.problems


def test_what_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(NlsniffError, match=f"{tmp_path}: cannot be written: "):
        open_writer(tmp_path)
    with pytest.raises(NlsniffError, match="cannot be written: No such file or directory"):
        open_writer(tmp_path / "none" / "file.pcap")
    if Path("/dev/full").exists():
        with pytest.raises(NlsniffError, match="No space left"):
            open_writer(Path("/dev/full"))


def test_a_pipe_nobody_reads_raises_and_close_stays_quiet() -> None:
    readable, writable = os.pipe()
    with open(writable, "wb", buffering=0) as sink:  # noqa: PTH123  it is a number
        writer = open_writer(sink)
        os.close(readable)
        writer.write(1, b"abc")
        with pytest.raises(BrokenPipeError):
            writer.flush()
        writer.close()


def test_a_slow_pipe_gets_every_byte() -> None:
    code = "import sys; from nlsniff.file.read import FrameReader; print(len(list(FrameReader('-'))))"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        # A raw stream takes less than it is given.
        raw = io.FileIO(os.dup(child.stdin.fileno()), "wb")
        with raw, open_writer(raw) as writer:
            for number in range(20_000):
                writer.write(number + 1, made.datagram(made.message(100)))
        child.stdin.close()
        assert child.stdout is not None
        assert int(child.stdout.read()) == 20_000


def test_only_the_writer_pays_for_dpkt() -> None:
    code = (
        "import sys, nlsniff.file.write, nlsniff.file.index; print('dpkt' in sys.modules, 'backports' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=tmp_path, suffix=".pcap") as file:
        file.write(bytes(10_000))
        file.flush()
        write(Path(file.name), made.records(2))
        assert len(list(FrameReader(file.name))) == 2
