"""A damaged file means one thing: to the parsers and the sweep, at once and growing, with and without an index.

`python -m tests.file.test_file_meaning FROM TO` tries the files of these numbers.
"""

from __future__ import annotations

import io
import struct
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from nlsniff.file.index import Index
from nlsniff.file.messages import DatagramReader
from nlsniff.file.read import FrameReader
from nlsniff.file.sweep import Sweep
from nlsniff.wire.nlmsg import walk_messages
from tests.file import made
from tests.file.damage import damaged_file, sizes
from tests.shared_cases import case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.file.frame import Frame
    from nlsniff.file.messages import Datagram
    from nlsniff.wire.nlmsg import Order

ORDERS: list[Order] = ["<", ">"]
SEEDS = 300


class Meaning(NamedTuple):
    """What a file holds, by whoever reads it. A message is its frame and where it is, its header and its byte order."""

    frames: list[Frame]
    messages: list[tuple[Any, ...]]
    problems: list[Any]
    netlink: int
    others: dict[str, int]


class Pieces(io.RawIOBase):
    """Gives a file in pieces of these sizes, over and over; a size of 0 means that there is no more for now."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data = data
        self._sizes = sizes
        self._at = self._turn = 0
        self.left = len(data)

    def read(self, size: int | None = -1) -> bytes:
        del size
        piece = self._sizes[self._turn % len(self._sizes)] if self._sizes else len(self._data)
        self._turn += 1
        data = self._data[self._at : self._at + piece]
        self._at += len(data)
        self.left -= len(data)
        return data


def rows(datagrams: DatagramReader) -> Iterator[tuple[Any, ...]]:
    for frame, cooked, order in datagrams:
        for span in walk_messages(frame.data, cooked.size, order, cooked.protocol):
            yield frame.number, cooked.protocol, order, span


def parsed(stream: io.RawIOBase, endian: Order | None, linktype: int | None = None) -> Meaning:
    """By the parsers."""
    reader = FrameReader(stream, linktype=linktype)  # type: ignore[arg-type]
    frames: list[Frame] = []
    datagrams = DatagramReader(reader, endian)
    sort = datagrams.sort

    def listen(batch: list[Frame]) -> list[Datagram]:
        frames.extend(batch)
        return sort(batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datagrams, "sort", listen)
        messages = list(rows(datagrams))
    return Meaning(frames, messages, sorted(reader.problems), datagrams.netlink, dict(datagrams.others))


def grown(stream: Pieces, endian: Order | None, linktype: int | None = None) -> Meaning:
    """By the index of a file that grows."""
    with Index(stream, endian, linktype) as index:  # type: ignore[arg-type]
        while stream.left:
            index.advance(3)
        index.finish()
        messages = [
            (index.frame_numbers[row], index.protocols[row], index.order(row), index.span(row))
            for row in range(len(index))
        ]
        frames = [index.frame(number) for number in range(1, index.frames + 1)]
        found = index.datagrams
        return Meaning(frames, messages, sorted(index.reader.problems), found.netlink, dict(found.others))


def swept(stream: io.RawIOBase, endian: Order | None, frames: list[Frame], linktype: int | None = None) -> Meaning:
    """By the generated loops, which give no frames without messages."""
    reader = FrameReader(stream, linktype=linktype)  # type: ignore[arg-type]
    emit = "(frame, protocol, order, (start, end, length, type_, flags, seq, port, broken), time, data, comment)"
    sweep = Sweep(reader, endian, emit=emit)
    messages = []
    for number, protocol, order, span, time_ns, data, comment in (row for batch in sweep for row in batch):
        messages.append((number, protocol, order, span))
        frame = frames[number - 1]
        assert (time_ns, data, comment) == (frame.time_ns, frame.data, frame.comment)
    return Meaning(frames, messages, sorted(reader.problems), sweep.datagrams.netlink, dict(sweep.datagrams.others))


def check(data: bytes, endian: Order | None, pieces: list[int], linktype: int | None = None) -> Meaning:
    """Hold all readers to what the parsers see at once; `pieces` are the sizes in which it arrives."""
    whole = parsed(Pieces(data, []), endian, linktype)
    some = [size for size in pieces if size]  # nothing more for now is the end to those who read once
    assert parsed(Pieces(data, some), endian, linktype) == whole
    assert swept(Pieces(data, []), endian, whole.frames, linktype) == whole
    assert swept(Pieces(data, some), endian, whole.frames, linktype) == whole
    assert grown(Pieces(data, []), endian, linktype) == whole
    assert grown(Pieces(data, pieces), endian, linktype) == whole
    return whole


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the vote close at once, or small files would never come to the loops."""
    monkeypatch.setattr("nlsniff.file.order.VOTERS", 1)


def check_seed(seed: int) -> None:
    """Hold readers to each other on one file, in its own byte order, so that the loops take its records."""
    file = damaged_file(seed)
    check(file.data, file.order, sizes(seed))
    # Found out: at once, for the votes are those of what is there.
    whole = parsed(Pieces(file.data, []), None)
    assert swept(Pieces(file.data, []), None, whole.frames) == whole
    assert grown(Pieces(file.data, []), None) == whole


@pytest.mark.parametrize("tens", range(SEEDS // 50))
def test_damage_means_the_same_to_all_who_read(tens: int) -> None:
    for seed in range(tens * 50, tens * 50 + 50):
        check_seed(seed)


@pytest.mark.parametrize("pieces", [[1], [7, 0], [100]])
def test_the_shared_case(pieces: list[int]) -> None:
    data = case("hostile/show-vs-follow.pcap").read_bytes()
    for endian in ORDERS:
        check(data, endian, pieces)


# What a single changed comparison in a parser or a loop would read otherwise.
FRAMES = [made.Record(10**18 + at, made.datagram(made.message(20 + 4 * at, seq=at))) for at in range(6)]
EACH = [1, 0, 3]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("zeros", [1, 3, 4, 8, 15, 16, 17, 20, 32, 40, 200, 5000])
def test_zeros_between_pcap_records_after_a_crash(order: Order, zeros: int) -> None:
    frames = [made.Record(each.time_ns, made.datagram(made.message(28, order))) for each in FRAMES]
    pieces = [made.pcap([frame], order)[24:] for frame in frames]
    before, behind = made.pcap([], order) + b"".join(pieces[:3]), b"".join(pieces[3:])
    found = check(before + bytes(zeros) + behind, order, EACH)
    assert [frame.data for frame in found.frames] == [frame.data for frame in frames]
    (problem,) = found.problems
    assert (problem.offset, problem.text) == (
        len(before),
        f"{zeros} bytes are no record; reading goes on at byte {len(before) + zeros}",
    )
    found = check(before + bytes(zeros), order, EACH)
    assert [frame.data for frame in found.frames] == [frame.data for frame in frames[:3]]
    assert len(found.problems) == 1


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("more", [0, 1, 2, 3, 4, 5, 7, 8, 9, 1000])
def test_a_captured_length_that_reaches_into_the_trailer_of_its_block(order: Order, more: int) -> None:
    frames = [made.Record(each.time_ns, made.datagram(made.message(28, order))) for each in FRAMES]
    blocks = [bytearray(made.packet(frame, order)) for frame in frames]
    true = len(frames[0].data)
    assert len(blocks[2]) == 32 + true  # without padding: one byte more is one of the trailer
    struct.pack_into(order + "I", blocks[2], 20, true + more)
    head = made.section(order) + made.interface(order)
    found = check(head + b"".join(blocks), order, EACH)
    assert [frame.data for frame in found.frames] == [frame.data for frame in frames]
    told = f"packet block says that {true + more} bytes were captured, but holds {true}"
    assert [problem.text for problem in found.problems] == ([told] if more else [])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("by", [-4, -1, 1, 2, 4, 60])
def test_a_wrong_length_at_one_end_of_a_block(order: Order, first: bool, by: int) -> None:
    frames = [
        made.Record(each.time_ns, made.datagram(made.message(28, order)), None, "process: ip[4]") for each in FRAMES
    ]
    blocks = [bytearray(made.packet(frame, order)) for frame in frames]
    size = len(blocks[2])
    struct.pack_into(order + "I", blocks[2], 4 if first else size - 4, size + by)
    found = check(made.section(order) + made.interface(order) + b"".join(blocks), order, EACH)
    assert [(frame.data, frame.comment) for frame in found.frames] == [(frame.data, frame.comment) for frame in frames]
    (problem,) = found.problems
    assert f"read as {size}" in problem.text


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("by", [-12, -4, -3, -2, -1, 1, 2, 3, 4, 8, 16, 17, 19, 20, 21, 36])
def test_a_wrong_length_of_a_record_costs_no_other(order: Order, by: int) -> None:
    frames = [made.Record(each.time_ns, made.datagram(made.message(28, order))) for each in FRAMES]
    pieces = [bytearray(made.pcap([frame], order)[24:]) for frame in frames]
    true = len(frames[2].data)
    struct.pack_into(order + "II", pieces[2], 8, true + by, true + by)
    found = check(made.pcap([], order) + b"".join(pieces), order, EACH)
    expected = [frame.data for frame in frames]
    assert [frame.data for frame in found.frames] == [*expected[:2], expected[2][: true + min(by, 0)], *expected[3:]]
    (problem,) = found.problems
    assert "begins after" in problem.text if by > 0 else "bytes are no record" in problem.text


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_a_frame_that_is_whole_is_given_before_the_next_is_there(form: str) -> None:
    data = made.pcap(FRAMES) if form == "pcap" else made.pcapng(FRAMES)
    behind = 4 if form == "pcapng" else 0  # the length at the end of a block
    ends = [data.index(frame.data) + len(frame.data) + behind for frame in FRAMES]
    stream = Pieces(data, [1])
    reader = FrameReader(stream)  # type: ignore[arg-type]
    seen = 0
    while stream.left:
        seen += len(reader.step() or ())
        assert seen == sum(end <= len(data) - stream.left for end in ends)


def test_a_packet_block_that_ends_nowhere_is_read_as_far_as_it_goes() -> None:
    frame = made.Record(10**18, made.datagram(*[made.message(60)] * 1000))
    broken = bytearray(made.packet(frame))
    del broken[40_000:40_016]
    found = check(made.section() + made.interface() + bytes(broken) + made.packet(frame), "<", [3000])
    assert len(found.frames) == 2
    assert len(found.messages) >= 1600
    assert "does not end" in found.problems[0].text


@pytest.mark.parametrize("written", ORDERS)
def test_what_has_no_header_does_not_vote_on_byte_order(written: Order) -> None:
    other: Order = ">" if written == "<" else "<"
    text = made.Record(10**18, made.datagram(b"libudev\0" + bytes(32), protocol=15))
    # As a length: 66,051 in big endian, and the same in little endian.
    garbage = [made.Record(10**18, made.datagram(each + bytes(60), protocol=15)) for each in (b"\0\1\2\3", b"\3\2\1\0")]
    for header in (written, other):
        message = made.Record(10**18, made.datagram(made.message(20, written)))
        found = parsed(Pieces(made.pcapng([text, *garbage * 20, message], header), []), None)
        assert {order for _, _, order, _ in found.messages} == {written}
    # Without votes the file was most likely written where it was recorded.
    found = parsed(Pieces(made.pcapng([text, *garbage], written), []), None)
    assert {order for _, _, order, _ in found.messages} == {written}


def test_a_damaged_datagram_is_outvoted_by_one_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlsniff.file.order.VOTERS", 250)
    cut = made.Record(10**18, made.datagram(struct.pack("<IHHII", 3000, 16, 1, 1, 0) + bytes(100)))
    whole = made.Record(10**18, made.datagram(made.message(20, ">")))
    found = parsed(Pieces(made.pcapng([cut, cut, cut, whole]), []), None)
    assert {order for _, _, order, _ in found.messages} == {">"}


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as hasty:
        hasty.setattr("nlsniff.file.order.VOTERS", 1)
        for number in range(int(sys.argv[1]), int(sys.argv[2])):
            try:
                check_seed(number)
            except Exception as error:  # noqa: BLE001  one line for each
                print(number, type(error).__name__, str(error)[:200].replace("\n", " "))
