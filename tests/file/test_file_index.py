"""Messages by stream and by index: one path, the same answer, whatever the file is like."""

from __future__ import annotations

import gzip
import io
import struct
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from nlsniff.errors import NlsniffError
from nlsniff.file.index import Index
from nlsniff.file.messages import DatagramReader
from nlsniff.file.order import choose
from nlsniff.file.read import FrameReader
from nlsniff.file.sweep import Sweep
from nlsniff.wire.cooked import parse_cooked
from nlsniff.wire.nlmsg import walk_messages
from nlsniff.wire.order import fits
from tests.file import made

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nlsniff.file.frame import Frame
    from nlsniff.wire.cooked import Cooked
    from nlsniff.wire.nlmsg import Order, Span

LITTLE = made.records(6)
BIG = made.records(6, ">")
ORDERS: list[Order] = ["<", ">"]
ANY_FRAME = st.binary(max_size=120).map(lambda data: made.Record(1, made.COOKED + data))
MESSAGES = st.lists(st.integers(16, 60), max_size=5).flatmap(
    lambda sizes: st.sampled_from(ORDERS).map(
        lambda order: made.Record(1, made.datagram(*(made.message(size, order) for size in sizes), protocol=16))
    )
)
AUDIT = st.tuples(st.integers(16, 40), st.sampled_from(ORDERS), st.binary(min_size=15, max_size=17)).map(
    lambda drawn: made.Record(1, made.datagram(made.message(*drawn[:2], type_=1300), protocol=9) + drawn[2])
)
BARE = st.binary(max_size=40).map(lambda data: made.Record(1, made.datagram(protocol=15) + data))


def read_messages(reader: FrameReader, endian: Order | None = None) -> Iterator[tuple[Frame, Cooked, Order, Span]]:
    """All messages by the parsers and `walk_messages`; `Sweep` is held to the same in its own tests."""
    for frame, cooked, order in DatagramReader(reader, endian):
        for span in walk_messages(frame.data, cooked.size, order, cooked.protocol):
            yield frame, cooked, order, span


def check(index: Index, data: bytes, endian: Order | None = None) -> None:
    """Hold an index against streaming, and both against walk_messages."""
    streamed = list(read_messages(FrameReader(io.BytesIO(data)), endian))
    assert len(index) == len(streamed)
    for row, (frame, cooked, order, span) in enumerate(streamed):
        assert index.span(row) == span
        assert index.order(row) == order
        assert index.protocols[row] == cooked.protocol
        assert index.frame_numbers[row] == frame.number
        assert row in index.rows_of(frame.number)
        assert index.time_ns(row) == frame.time_ns
    frames = list(FrameReader(io.BytesIO(data)))
    assert [index.frame(number) for number in range(1, index.frames + 1)] == frames
    assert not frames or index.neighbours(1, index.frames) == frames
    assert list(index.rows(0, len(index))) == [index.row(row) for row in range(len(index))]
    for frame in frames:
        cooked_or_none = parse_cooked(frame.linktype, frame.data)
        rows = index.rows_of(frame.number)
        if cooked_or_none is None:
            assert not rows
        elif rows:
            spans = list(walk_messages(frame.data, cooked_or_none.size, index.order(rows[0]), cooked_or_none.protocol))
            assert [index.span(row) for row in rows] == spans


@pytest.mark.parametrize("form", [made.pcap, made.pcapng])
@given(frames=st.lists(ANY_FRAME | MESSAGES | AUDIT | BARE, max_size=12), endian=st.sampled_from([None, "<", ">"]))
@example(frames=[made.Record(1, made.COOKED + struct.pack("<IHHII", 15, 1, 2, 3, 4))], endian=None)
@example(frames=[made.Record(1, made.COOKED + struct.pack("<IHHII", 400, 1, 2, 3, 4))], endian=None)
@example(frames=[made.Record(1, made.COOKED + b"abc"), made.Record(1, made.COOKED), made.Record(1, b"x")], endian=None)
@example(frames=[made.Record(1, made.datagram(made.message()) + tail) for tail in (bytes(9), bytes(99))], endian=None)
def test_the_index_is_what_streaming_gives(form: object, frames: list[made.Record], endian: Order | None) -> None:
    assert callable(form)
    data: bytes = form(frames)
    with Index(io.BytesIO(data), endian) as index:
        index.finish()
        check(index, data, endian)


@given(st.binary(max_size=80) | MESSAGES.map(lambda record: record.data[16:]), st.sampled_from(["<", ">"]))
@example(struct.pack("<I", 0x100) + bytes(0x1_0000), "<")
@example(struct.pack(">I", 0x1_0000) + bytes(0x1_0000), ">")
def test_the_short_cut_to_an_order_is_the_long_way(data: bytes, voted: Order) -> None:
    other: Order = ">" if voted == "<" else "<"
    expected = other if fits(data, 0, other) and not fits(data, 0, voted) else voted
    if expected != voted and voted == choose(data, 0, voted):
        pytest.fail("the other order alone fits")
    assert choose(data, 0, voted) == expected


def test_a_strange_datagram_among_many_is_read_in_its_own_order() -> None:
    data = made.pcap([*LITTLE, BIG[0], *LITTLE])
    assert [order for _, _, order, _ in read_messages(FrameReader(io.BytesIO(data)))] == ["<"] * 6 + [">"] + ["<"] * 6
    assert not any(span.broken for *_, span in read_messages(FrameReader(io.BytesIO(data))))


def test_interfaces_vote_apart_and_endian_forces() -> None:
    # What is cut fits no order; the vote of its interface must decide.
    cut = struct.pack(">IHHII", 4000, 24, 1, 9, 9) + bytes(8)
    short = made.Record(1, made.COOKED + cut, length=4016)
    data = made.section() + made.interface() * 2
    data += b"".join(made.packet(frame) for frame in LITTLE)
    data += b"".join(made.packet(frame, number=1) for frame in [*BIG, short])
    orders = [order for _, _, order, _ in read_messages(FrameReader(io.BytesIO(data)))]
    assert orders == ["<"] * 6 + [">"] * 7
    forced = [order for _, _, order, _ in read_messages(FrameReader(io.BytesIO(data)), "<")]
    assert forced == ["<"] * len(forced)


def test_the_vote_counts_what_comes_later_in_the_chunk() -> None:
    cut = made.Record(1, made.COOKED + struct.pack(">IHHII", 0x0100_0100, 24, 1, 9, 9) + bytes(8), length=4016)
    data = made.pcap([cut, *BIG])
    first = next(iter(read_messages(FrameReader(io.BytesIO(data)))))
    assert first[2] == ">"


@pytest.mark.parametrize("linktype", [113, 276])
def test_the_other_cooked_link_types(linktype: int) -> None:
    def cooked(arphrd: int, tail: bytes) -> made.Record:
        if linktype == 113:
            return made.Record(9, struct.pack(">HHHQH", 4, arphrd, 0, 0, 6) + tail)
        return made.Record(9, struct.pack(">HHIHBBQ", 6, 0, 3, arphrd, 4, 0, 0) + tail)

    good, other, short = cooked(824, made.message()), cooked(1, bytes(40)), made.Record(9, b"\0" * 15)
    almost = made.Record(9, good.data[:19])
    data = made.pcap([good, other, good, short, almost], linktype=linktype)
    datagrams = DatagramReader(FrameReader(io.BytesIO(data)))
    found = list(datagrams)
    assert [cooked.protocol for _, cooked, _ in found[:2]] == [6, 6]
    assert datagrams.netlink == len(found) == (3 if linktype == 113 else 2)
    assert datagrams.others == {"Ethernet": 1, "cut short": 1 if linktype == 113 else 2}
    assert datagrams.first_other == 2
    note = datagrams.reader.problems[-1]
    assert "frames hold no netlink" in note.text
    datagrams.refuse_if_no_netlink()


def test_a_capture_without_netlink_is_refused(corpus: Path, tmp_path: Path) -> None:
    path = corpus / "pcap" / "nldecap-not-netlink.pcap"
    datagrams = DatagramReader(FrameReader(path))
    assert not list(datagrams)
    with pytest.raises(NlsniffError) as caught:
        datagrams.refuse_if_no_netlink()
    assert str(caught.value) == f"{path}: holds Ethernet frames, no netlink; record with `nlsniff capture -w FILE`"
    empty = tmp_path / "empty"
    for linktype, words in ((1, "holds Ethernet frames"), (253, "")):
        empty.write_bytes(made.pcap([], linktype=linktype))
        with Index(empty) as index:
            assert index.finish() == 0
            if words:
                with pytest.raises(NlsniffError, match=words):
                    index.datagrams.refuse_if_no_netlink()
            else:
                index.datagrams.refuse_if_no_netlink()
    empty.write_bytes(made.pcap([]) + b"\xff" * 50)
    with Index(empty) as index:
        index.finish()
        with pytest.raises(NlsniffError, match="nothing in it can be read: error at byte 24"):
            index.datagrams.refuse_if_no_netlink()


def test_the_corpus_indexes_as_it_streams(corpus: Path) -> None:
    for path in sorted((corpus / "pcap").iterdir()):
        with Index(path) as index:
            index.finish()
            check(index, path.read_bytes())
            assert not any(index.marks)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress])
def test_any_frame_can_be_read_again(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    comments = ["", "ip", "x" * 3000]
    frames = [frame._replace(comment=comments[number % 3]) for number, frame in enumerate(made.records(30))]
    data = made.pcapng(frames, ">")
    path = tmp_path / "file"
    path.write_bytes(pack(data))
    with Index(path) as index:
        index.finish()
        expected = list(FrameReader(path))
        assert [index.frame(number) for number in range(30, 0, -1)] == expected[::-1]
        assert index.frame(3).comment == "x" * 3000
        for number in (0, 31, -1):
            with pytest.raises(IndexError):
                index.frame(number)


def test_standard_input_can_be_read_again() -> None:
    code = (
        "from nlsniff.file.index import Index; index = Index('-'); index.finish();"
        "print(len(index), index.frame(2).data.hex(), index.reader.progress)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=made.pcap(LITTLE), capture_output=True, check=True)
    assert done.stdout.decode().split(maxsplit=2) == ["6", LITTLE[1].data.hex(), f"({len(made.pcap(LITTLE))}, 0)\n"]


def test_a_growing_file_is_indexed_as_it_grows(tmp_path: Path) -> None:
    data = made.pcapng(LITTLE)
    path = tmp_path / "file"
    path.write_bytes(b"")
    with Index(path) as index, path.open("ab", buffering=0) as sink:
        assert index.advance() == 0
        added = []
        for at in range(0, len(data) - 3, 11):
            sink.write(data[at : min(at + 11, len(data) - 3)])
            added.append(index.advance())
        assert sum(added) == len(index) == 5
        assert set(added) == {0, 1}
        assert index.reader.progress == (len(data) - 3, len(data) - 3)
        assert index.finish() == 1
        assert index.frame(6).data == LITTLE[5].data
        assert "truncated" in index.reader.problems[0].text


def test_slices_beside_a_reading_thread(tmp_path: Path) -> None:
    path = tmp_path / "file"
    frames = made.records(10) * 3000
    path.write_bytes(made.pcap(frames))
    with Index(path) as index:
        wrong: list[int] = []
        done = threading.Event()

        def look() -> None:
            while not done.is_set():
                count = len(index)
                if count and index.frame(index.frame_numbers[count - 1]).data != frames[(count - 1) % 10].data:
                    wrong.append(count)

        watcher = threading.Thread(target=look)
        watcher.start()
        slices = []
        while added := index.advance(1000):
            slices.append(added)
        done.set()
        watcher.join()
        assert sum(slices) == len(frames)
        assert len(slices) > 1
        assert not wrong


def test_a_message_costs_at_most_64_bytes() -> None:
    with Index(io.BytesIO(made.pcap(made.records(10) * 1000))) as index:
        index.finish()
        columns = [value for value in vars(index).values() if hasattr(value, "itemsize")]
        assert len(columns) == 15
        assert sum(column.itemsize for column in columns) <= 60
        assert sum(map(sys.getsizeof, columns)) <= 64 * len(index)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("seq", "port", "length"), [(5, 9, 5000), (9 << 16, 7, 5000), (5, 9, 3), (5, 7, 5000), (5, 7, 3)]
)
def test_what_goes_on_with_nothing_has_no_header(order: Order, seq: int, port: int, length: int) -> None:
    # The end of a message whose nlmsg_len is too small is no header: it has another port, or counts otherwise.
    first = struct.pack(f"{order}IHHII", 20, 24, 0, 4, 7) + b"body"
    tail = struct.pack(f"{order}IHHII", length, 24, 0, seq, port) + b"some more"
    record = made.Record(10**18, made.COOKED + first * 3 + tail)
    data = made.pcap([record] * 2, order)
    wanted = (length, 24, 0, seq, port) if (seq, port) == (5, 7) else (0, 0, 0, 0, 0)
    index = Index(io.BytesIO(data), order)
    index.finish()
    spans = [tuple(index.span(row)[2:]) for row in range(len(index))]
    assert spans[3] == spans[7] == (*wanted, True)
    assert spans[:3] == [(20, 24, 0, 4, 7, False)] * 3
    assert [tuple(span[2:]) for *_, span in read_messages(FrameReader(io.BytesIO(data)), order)] == spans
    for name, at in (("type_", 1), ("seq", 3), ("port", 4), ("length", 0), ("frame", None)):
        sweep = Sweep(FrameReader(io.BytesIO(data)), order, emit=name)
        found = [value for batch in sweep for value in batch]
        assert found == ([span[at] for span in spans] if at is not None else [1] * 4 + [2] * 4)
