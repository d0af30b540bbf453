"""The generated loops see what the parsers and `walk_messages` see, whatever the file is like."""

from __future__ import annotations

import io
import struct
import time
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlsniff.errors import NlsniffError
from nlsniff.file.messages import DatagramReader
from nlsniff.file.order import UNAMBIGUOUS
from nlsniff.file.read import FrameReader
from nlsniff.file.sweep import Sweep
from nlsniff.wire.nlmsg import walk_messages
from tests.conftest import CAPTURES
from tests.file import made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nlsniff.wire.nlmsg import Order

ORDERS: list[Order] = ["<", ">"]
NAMES = (
    "number", "frame", "time", "protocol", "data", "order", "start", "end", "length", "type_", "flags", "seq", "port",
    "broken", "comment",
)  # fmt: skip
HEADERS = tuple(name for name in NAMES if name not in {"data", "start", "end", "broken", "order", "comment"})
# A question over each header field, so that no loop leaves out what it should have read.
CONDITIONS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "True": lambda _: True,
    "type_ == 24": lambda row: row["type_"] == 24,
    "protocol == 0": lambda row: row["protocol"] == 0,
    "(flags & 2 == 2 and seq > 3)": lambda row: row["flags"] & 2 == 2 and row["seq"] > 3,
    "(port != 0 or length > 40)": lambda row: row["port"] != 0 or row["length"] > 40,
    "(number % 3 == 1 or frame == 2)": lambda row: row["number"] % 3 == 1 or row["frame"] == 2,
    "time > 1795282243497000000": lambda row: row["time"] > 1795282243497000000,
}


class Pieces(io.BytesIO):
    """Gives so many bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read1(self, size: int | None = -1) -> bytes:
        del size
        return super().read1(self._size)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the vote close at once, or small files would never come to the loops."""
    monkeypatch.setattr("nlsniff.file.order.VOTERS", 1)


def plain(reader: FrameReader, endian: Order | None) -> tuple[list[dict[str, Any]], DatagramReader]:
    """All messages, by the parsers and `walk_messages`."""
    datagrams = DatagramReader(reader, endian)
    rows: list[dict[str, Any]] = []
    for frame, cooked, order in datagrams:
        for span in walk_messages(frame.data, cooked.size, order, cooked.protocol):
            values = (
                len(rows) + 1, frame.number, frame.time_ns, cooked.protocol, frame.data, order, span.start, span.end,
                span.length, span.type, span.flags, span.seq, span.port, span.broken, frame.comment,
            )  # fmt: skip
            rows.append(dict(zip(NAMES, values, strict=True)))
    return rows, datagrams


LOOPS = [(names, condition) for names in (NAMES, HEADERS, ("frame", "time", "comment")) for condition in CONDITIONS]
SOME = st.lists(st.sampled_from(LOOPS), min_size=3, max_size=3, unique=True)
Loops = list[tuple[tuple[str, ...], str]]


def compare(data: bytes, endian: Order | None = None, chunk: int = 4096, loops: Loops = LOOPS) -> int:
    """Hold loops against the plain way; returns how many records they took, all together."""
    taken = 0
    with pytest.MonkeyPatch.context() as patch:
        rows, expected = plain(FrameReader(Pieces(data, chunk)), endian)
        for names, condition in loops:
            reader = FrameReader(Pieces(data, chunk))
            sweep = Sweep(reader, endian, condition=condition, emit=f"({', '.join(names)},)")

            def count(*arguments: Any, fast_path: Any = sweep._fast_path) -> tuple[int, int]:
                nonlocal taken
                pos, frame = fast_path(*arguments)
                taken += frame - arguments[3]
                return pos, frame

            patch.setattr(sweep, "_fast_path", count)
            found = [row for batch in sweep for row in batch]
            test = CONDITIONS[condition]
            assert found == [tuple(row[name] for name in names) for row in rows if test(row)]
            assert sweep.datagrams.netlink == expected.netlink
            assert sweep.datagrams.others == expected.others
            assert reader.problems == expected.reader.problems
    return taken


def frames(draw: st.DrawFn) -> list[made.Record]:
    """Frames with messages that follow each other, with tails, cut, in the other order, or of no netlink at all."""
    found = []
    for number in range(draw(st.integers(2, 8))):
        order = draw(st.sampled_from([*ORDERS, ORDERS[0], ORDERS[0]]))
        sizes = draw(st.lists(st.integers(16, 60), max_size=4))
        whole = made.datagram(
            *(made.message(size, order, type_=24 + size % 2 * 1300, seq=size % 7) for size in sizes),
            protocol=draw(st.sampled_from([0, 6, 9, 15, 16, 300])),
        )
        tail = draw(st.sampled_from([b"", b"", bytes(8), bytes(40), b"\x01", b"\x08\0\0\0" * 5, b"records of audit"]))
        data = draw(st.sampled_from([whole, whole, whole, whole[: len(whole) - 3], made.ETHERNET])) + tail
        comment = draw(st.sampled_from(["", "", "process: ip[4]"]))
        length = draw(st.sampled_from([None, None, len(data) + 9]))
        found.append(made.Record(1_795_282_243_495_526_000 + number * 1_000_000, data, length, comment))
    return found


@st.composite
def files(draw: st.DrawFn) -> bytes:
    order = draw(st.sampled_from(ORDERS))
    if draw(st.booleans()):
        return made.pcap(frames(draw), order, draw(st.sampled_from([1, 1000])), modified=draw(st.integers(0, 9)) == 0)
    data = made.section(order) + made.interface(order) + made.interface(order, linktype=draw(st.sampled_from([253, 1])))
    return data + b"".join(
        made.packet(frame, order, draw(st.sampled_from([0, 0, 0, 1]))) + draw(st.sampled_from([b"", b"", OTHER[order]]))
        for frame in frames(draw)
    )


OTHER: dict[Order, bytes] = {order: made.block(11, b"1234", order) for order in ORDERS}


@given(data=files(), endian=st.sampled_from([None, "<", ">"]), chunk=st.integers(60, 2000), loops=SOME)
@example(data=made.pcap(made.records(9)), endian=None, chunk=100, loops=LOOPS)
@example(data=made.pcapng(made.records(9)), endian=None, chunk=100, loops=LOOPS)
def test_loops_see_what_the_parsers_see(data: bytes, endian: Order | None, chunk: int, loops: Loops) -> None:
    compare(data, endian, chunk, loops)


@given(data=files(), damage=st.data(), chunk=st.integers(60, 600), loops=SOME)
def test_damage_is_read_as_ever(data: bytes, damage: st.DataObject, chunk: int, loops: Loops) -> None:
    place = damage.draw(st.integers(24, len(data) - 1))
    gone = damage.draw(st.integers(0, 90))
    compare(data[:place] + damage.draw(st.binary(max_size=60)) + data[place + gone :], None, chunk, loops)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("claim", [0, 15, 16, 17, 60, 70, 5000, 0x10000, 0x7FFFFFFF])
@pytest.mark.parametrize("which", [3, 5])
@pytest.mark.parametrize("at", [8, 12, 32])
def test_a_wrong_length_anywhere(order: Order, claim: int, which: int, at: int) -> None:
    # Captured and wire length, and that of the first message.
    pieces = [made.pcap([frame], order)[24:] for frame in made.records(8, order)]
    broken = bytearray(pieces[which])
    struct.pack_into(f"{order}I", broken, at, claim)
    compare(
        made.pcap([], order) + b"".join([*pieces[:which], bytes(broken), *pieces[which + 1 :]]), None, 300, LOOPS[::4]
    )


@pytest.mark.parametrize("form", [made.pcap, made.pcapng])
@pytest.mark.parametrize("order", ORDERS)
def test_the_loops_do_take_what_is_regular(form: Any, order: Order) -> None:
    data = form(made.records(20, order) * 10, order)
    assert compare(data, chunk=4000) >= 140 * len(LOOPS)  # the last of each chunk is left to the parsers
    # Records and messages of unlike order are left to the parsers.
    assert compare(form(made.records(20, order), "<" if order == ">" else ">"), chunk=400) == 0


@pytest.mark.parametrize("form", [made.pcap, made.pcapng])
@pytest.mark.parametrize("order", ORDERS)
def test_records_for_auditd_are_left_to_the_walk(form: Any, order: Order) -> None:
    short = made.datagram(protocol=9) + made.message(37, order, type_=1300) + b"sixteen bytes: x"
    around = made.records(3, order)
    data = form([*around, made.Record(around[-1].time_ns, short), *around], order)
    compare(data, chunk=400)
    rows = [row for row in plain(FrameReader(io.BytesIO(data)), None)[0] if row["protocol"] == 9]
    assert [(row["end"], row["length"], row["broken"]) for row in rows] == [(len(short), 37, False)]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_recordings(path: Path) -> None:
    taken = compare(path.read_bytes(), chunk=8192, loops=LOOPS[::5])
    assert taken > 0 or path.stat().st_size < 9000


def test_a_datagram_larger_than_any_chunk() -> None:
    big = made.Record(1, made.datagram(*[made.message(60)] * 1200))
    assert len(big.data) > UNAMBIGUOUS
    compare(made.pcap([*made.records(4), big, *made.records(4)]), chunk=500)
    compare(made.pcapng([*made.records(4), big, *made.records(4)]), chunk=500)


@pytest.mark.parametrize("number", [1, 150])
def test_a_traceback_shows_the_lines_that_were_generated(number: int) -> None:
    # The first is met by the walk, the other by the loop.
    sweep = Sweep(FrameReader(Pieces(made.pcap(made.records(20) * 10), 4000)), condition=f"1 / (number - {number})")
    with pytest.raises(ZeroDivisionError) as raised:
        list(sweep)
    frame = traceback.extract_tb(raised.tb)[-1]
    assert (frame.name, frame.line) == ("walk" if number == 1 else "loop", f"if 1 / (number - {number}):")


def test_the_first_time_is_told_before_anything_is_asked() -> None:
    told: list[int] = []

    def asked() -> Iterator[bool]:
        while True:
            assert told
            yield True

    empty = made.Record(5, made.COOKED)
    values = {"ask": asked().__next__}
    first = Sweep(
        FrameReader(io.BytesIO(made.pcap([empty, *made.records(3)]))), condition="ask()", values=values,
        first=told.append,
    )  # fmt: skip
    assert [number for batch in first for number in batch] == [1, 2, 3]
    assert told == [made.records(1)[0].time_ns]


def test_a_file_of_nothing_is_refused_as_ever() -> None:
    with pytest.raises(NlsniffError, match="is empty"):
        list(Sweep(FrameReader(io.BytesIO(b""))))
    assert list(Sweep(FrameReader(io.BytesIO(made.pcap([]))))) == []


@pytest.mark.parametrize("number", [0, 19_999])
def test_any_number_of_interfaces_costs_little(number: int) -> None:
    frames = made.records(3)
    data = made.section() + made.interface() * 20_000
    data += b"".join(made.packet(frames[at % 3], number=at % 20_000 if number else 0) for at in range(30_000))
    before = time.process_time()
    assert sum(map(len, Sweep(FrameReader(io.BytesIO(data))))) == 30_000
    assert time.process_time() - before < 4  # seconds; a look at all of them for each takes minutes


def test_nothing_looks_behind_the_data_of_a_record() -> None:
    """Of a doubtful record messages are taken back; until then they must be whole, or be none."""

    def look(data: bytes, start: int, end: int) -> int:
        assert 0 <= start <= end <= len(data)
        return end

    # A record without data, and behind it what would be a frame.
    data = made.pcap([]) + bytes(16) + struct.pack(">HH10xH", 0, 824, 11) + struct.pack("<I", 68) + bytes(64)
    sweep = Sweep(FrameReader(io.BytesIO(data)), "<", emit="look(data, start, end)", values={"look": look})
    assert sum(map(len, sweep)) == 0
