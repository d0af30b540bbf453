"""Damaged files: nothing raises, whole records are read, and what is wrong is told with its offset."""

from __future__ import annotations

import io
import struct
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from tests.file import made

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.file.frame import Frame

Form = Literal["pcap", "pcap-be", "pcapng", "pcapng-be"]
FORMS: list[Form] = ["pcap", "pcap-be", "pcapng", "pcapng-be"]
FRAMES = made.records(8)
DATA = [frame.data for frame in FRAMES]


def form(name: Form, frames: list[made.Record]) -> list[bytes]:
    """The file in pieces: headers first, then each record."""
    if name.startswith("pcapng"):
        order: Literal["<", ">"] = ">" if name == "pcapng-be" else "<"
        return [made.section(order) + made.interface(order), *(made.packet(frame, order) for frame in frames)]
    pcap_order: Literal["<", ">"] = ">" if name == "pcap-be" else "<"
    return [made.pcap([], pcap_order), *(made.pcap([frame], pcap_order)[24:] for frame in frames)]


def read(data: bytes) -> tuple[list[Frame], FrameReader]:
    reader = FrameReader(io.BytesIO(data))
    return list(reader), reader


@pytest.mark.parametrize("name", FORMS)
def test_a_file_cut_anywhere_yields_every_whole_record(name: Form) -> None:
    pieces = form(name, FRAMES)
    whole = b"".join(pieces)
    ends = [sum(map(len, pieces[: count + 1])) for count in range(len(pieces))]
    for cut in range(ends[0], len(whole)):
        frames, reader = read(whole[:cut])
        complete = sum(end <= cut for end in ends[1:])
        assert [frame.data for frame in frames[:complete]] == DATA[:complete]
        if cut in ends:
            assert len(frames) == complete
            assert not reader.problems
            continue
        (problem,) = reader.problems
        assert problem.offset == ends[complete]
        # What there is of the last record's data is shown.
        head = 16 if name.startswith("pcap") and not name.startswith("pcapng") else 28
        there = cut - ends[complete] - head
        if there >= 0:
            assert len(frames) == complete + 1
            assert frames[-1].data == DATA[complete][: max(there, 0)]
            assert frames[-1].length == len(DATA[complete])


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("place", [1, 3, 8])
@given(garbage=st.binary(min_size=1, max_size=400))
@settings(max_examples=40)
@example(garbage=bytes(100))
@example(garbage=b"\xff" * 33)
@example(garbage=b"\x00" * 4096)
@example(garbage=b"\x06\0\0\0\x20\0\0\0" * 9)
def test_garbage_between_records_is_skipped(name: Form, place: int, garbage: bytes) -> None:
    pieces = form(name, FRAMES)
    data = b"".join(pieces[:place]) + garbage + b"".join(pieces[place:])
    frames, reader = read(data)
    found = [frame.data for frame in frames]
    assert [each for each in found if each in DATA] == DATA
    assert reader.problems
    start = sum(map(len, pieces[:place]))
    assert start - 200 <= reader.problems[0].offset <= start + len(garbage)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("claim", [0, 8, 60, 100, 5000, 200_000, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("which", [0, 4, 7])
def test_a_wrong_length_costs_no_other_record(name: Form, claim: int, which: int) -> None:
    pieces = form(name, FRAMES)
    order = ">" if name.endswith("be") else "<"
    at = 4 if name.startswith("pcapng") else 8
    broken = bytearray(pieces[which + 1])
    true = struct.unpack_from(order + "I", broken, at)[0]
    if claim == true:
        claim += 4
    struct.pack_into(order + "I", broken, at, claim)
    frames, reader = read(b"".join([*pieces[: which + 1], bytes(broken), *pieces[which + 2 :]]))
    expected = [data for number, data in enumerate(DATA) if number != which]
    assert [frame.data for frame in frames if frame.data in expected] == expected
    assert reader.problems
    assert reader.problems[0].offset >= sum(map(len, pieces[: which + 1]))
    if name.startswith("pcapng"):
        # The other length of the block tells what it was.
        assert [frame.data for frame in frames] == DATA


@pytest.mark.parametrize("name", ["pcapng", "pcapng-be"])
def test_a_wrong_captured_length_stays_inside_its_block(name: Form) -> None:
    pieces = form(name, FRAMES)
    broken = bytearray(pieces[3])
    struct.pack_into(">I" if name.endswith("be") else "<I", broken, 20, 0xFFFFFF)
    frames, reader = read(b"".join([*pieces[:3], bytes(broken), *pieces[4:]]))
    assert [frame.data for frame in frames] == DATA
    assert "holds" in reader.problems[0].text


def test_among_garbage_no_block_is_believed_that_none_follows() -> None:
    """An interface description with two right lengths, which no frame is of."""
    pieces = form("pcapng", FRAMES)
    garbage = b"\xa5" * 20 + made.interface(linktype=1) + b"\xa5" * 20
    frames, reader = read(b"".join(pieces[:3]) + garbage + b"".join(pieces[3:]))
    assert [frame.data for frame in frames] == DATA
    assert [found.linktype for found in reader.interfaces] == [253]
    assert len(reader.problems) == 1


@pytest.mark.parametrize("linktype", [253, 276])
def test_a_packet_that_lost_bytes_ends_where_the_next_block_begins(linktype: int) -> None:
    """All of it that is left is read, and nothing is said to be lost behind it."""
    if linktype == 276:  # LINUX_SLL2
        cooked = struct.pack(">H2xIHBB8x", 0, 9, 824, 4, 0)
        frames = [made.Record(frame.time_ns, cooked + frame.data[16:]) for frame in FRAMES]
    else:
        frames = FRAMES
    head, pieces = made.section() + made.interface(linktype=linktype), [made.packet(frame) for frame in frames]
    left = pieces[3][:-20]
    found, reader = read(head + b"".join(pieces[:3]) + left + b"".join(pieces[4:]))
    data = [frame.data for frame in frames]
    data[3] = left[28:]
    assert [frame.data for frame in found] == data
    at = f"error at byte {len(head + b''.join(pieces[:3]))}: packet block says"
    assert list(map(str, reader.problems)) == [
        f"{at} {len(pieces[3])} bytes, but does not end after so many",
        f"{at} that {len(DATA[3]) + len(data[0]) - len(DATA[0])} bytes were captured, but holds {len(data[3])}",
    ]


@pytest.mark.parametrize("name", FORMS)
@given(data=st.data())
@settings(max_examples=150)
def test_flipped_bytes_never_raise_and_never_repeat(name: Form, data: st.DataObject) -> None:
    pieces = form(name, FRAMES)
    whole = bytearray(b"".join(pieces))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(24, len(whole) - 1))] = data.draw(st.integers(0, 255))
    frames, _ = read(bytes(whole))
    places = [(frame.offset, frame.offset + len(frame.data)) for frame in frames]
    assert all(end <= start for (_, end), (start, _) in pairwise(places))
    assert all(bytes(whole[frame.offset : frame.offset + len(frame.data)]) == frame.data for frame in frames)
    assert [frame.number for frame in frames] == list(range(1, len(frames) + 1))


@given(head=st.sampled_from([form(name, [])[0] for name in FORMS]), data=st.binary(max_size=300))
def test_any_bytes_behind_a_header(head: bytes, data: bytes) -> None:
    frames, reader = read(head + data)
    assert frames or reader.problems or not data


@given(st.binary(max_size=200))
def test_any_bytes_at_all(data: bytes) -> None:
    try:
        read(data)
    except NlsniffError as error:
        assert "\n" not in str(error)  # noqa: PT017  not raising is right, too


@pytest.mark.parametrize("name", FORMS)
@given(data=st.data())
@settings(max_examples=60)
def test_damage_reads_the_same_wherever_chunks_end(name: Form, data: st.DataObject) -> None:
    pieces = form(name, made.records(12))
    whole = b"".join(pieces)
    place = data.draw(st.integers(len(pieces[0]), len(whole) - 1))
    damaged = whole[:place] + data.draw(st.binary(max_size=60)) + whole[place + data.draw(st.integers(0, 90)) :]
    expected, told = read(damaged)
    chunk = data.draw(st.integers(24, 300))

    class Slow(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            del size
            return super().read1(chunk)

    reader = FrameReader(Slow(damaged))
    assert list(reader) == expected
    assert reader.problems == told.problems


def test_an_absurd_claim_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for claim in (257 << 20, 0xFFFFFFF0):
        path.write_bytes(made.pcap(FRAMES) + struct.pack("<IIII", 1, 1, claim, claim) + bytes(100))
        reader = FrameReader(path)
        assert len(list(reader)) == len(FRAMES)
        assert len(reader._buffer) < 1 << 20
        assert reader.problems


def test_frames_of_an_undescribed_interface_are_read_by_their_looks() -> None:
    frames, reader = read(made.section() + b"".join(made.packet(frame) for frame in FRAMES))
    assert [(frame.linktype, frame.time_ns) for frame in frames] == [(253, frame.time_ns) for frame in FRAMES]
    assert "does not describe" in reader.problems[0].text


def test_odd_but_harmless_headers_are_read_as_they_are() -> None:
    odd = made.Record(FRAMES[0].time_ns, FRAMES[0].data, length=10)
    frames, reader = read(made.pcap([odd, *FRAMES[1:], odd]))
    assert [frame.data for frame in frames] == [*DATA, odd.data]
    assert [problem.severity for problem in reader.problems] == ["warning"]


def test_problems_are_kept_in_bounded_number() -> None:
    pieces = form("pcap", made.records(1) * 3000)
    frames, reader = read(pieces[0] + b"".join(piece + b"\xff" * 20 for piece in pieces[1:]))
    assert len(frames) == 3000
    assert len(reader.problems) == 1000


HOSTILE = {
    "marks": made.pcap([]) + b"\x03\x38" * 500_000,
    "records in records": made.pcap([], snaplen=1 << 24)
    + (struct.pack("<IIII", 1, 1, 15 << 20, 15 << 20) + b"\0\4\3\x38") * 50_000,
    "words": made.pcap([], linktype=113) + struct.pack("<I", 0x40000) * 250_000,
    "zeros": made.pcap([], linktype=113) + bytes(1_000_000),
    "blocks in blocks": made.section() + made.interface() + b"\6\0\0\0\0\0\xff\0" * 125_000,
    "small blocks": made.section() + made.interface() + b"\6\0\0\0\x20\0\0\0" * 125_000,
    "damage everywhere": made.section() + made.interface() + (made.packet(FRAMES[0])[:-1] + b"\xff") * 14_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_megabyte_made_to_be_slow_is_read_in_seconds(data: bytes) -> None:
    before = time.process_time()
    read(data)
    # Sound files take 10 ms; what was quadratic took minutes.
    assert time.process_time() - before < 5
