"""Datagrams longer than a record may be: written in parts, none of their messages lost, and followed as one."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.wire import parts
from nlsniff.wire.comments import parts_before
from nlsniff.wire.constants import NETLINK_KOBJECT_UEVENT, NETLINK_NETFILTER, NETLINK_ROUTE

if TYPE_CHECKING:
    from pathlib import Path

MOST = 262_144
LEAST = 32  # bytes of a frame that has room for both headers
_BEGIN, _END, _NEW_ELEMENTS = 16, 17, 10 << 8 | 12


def frame(messages: list[bytes], protocol: int = NETLINK_ROUTE) -> bytes:
    return struct.pack(">HH10xH", 4, 824, protocol) + b"".join(messages)


def message(size: int, type_: int = 24, flags: int = 1, seq: int = 1) -> bytes:
    """A message of this machine's byte order with a body of `size` bytes, padded."""
    return (
        struct.pack("=IHHII", 16 + size, type_, flags, seq, 7)
        + bytes(range(256)) * (size // 256)
        + bytes(size % 256 + -size % 4)
    )


@given(st.lists(st.integers(0, 700), min_size=1, max_size=30), st.integers(LEAST, 1000))
def test_parts_hold_all_bytes_and_cut_between_messages(sizes: list[int], most: int) -> None:
    messages = [message(size) for size in sizes]
    found = parts.divide(frame(messages), most)
    assert b"".join(part[16:] for part in found) == b"".join(messages)
    assert all(part[:16] == frame([]) for part in found)
    left = iter(messages)
    for part in found:
        taken = b""
        count = 0
        while len(taken) < len(part) - 16:
            taken += next(left)
            count += 1
        assert taken == part[16:]
        assert len(part) <= most or count == 1


@given(st.binary(max_size=3000), st.integers(LEAST, 1000))
def test_any_bytes_are_kept(data: bytes, most: int) -> None:
    found = parts.divide(frame([data]), most)
    assert b"".join(part[16:] for part in found) == data


@pytest.mark.parametrize(
    ("comment", "before"),
    [("part 1 of 3", 0), ("part 3 of 3", 2), ("process: ip[1]\npart 2 of 3", 1), ("part 4 of 3", 0), ("part 0 of 3", 0),
     ("my part 2 of 3", 0), ("", 0), (f"part {'9' * 9000} of 1", 0)],
)  # fmt: skip
def test_a_comment_says_which_part_it_is(comment: str, before: int) -> None:
    assert parts_before(comment) == before


def test_a_batch_in_parts_is_one_conversation(tmp_path: Path) -> None:
    """As `nft -f` sends a set of many elements: in one datagram, of which libpcap could not read the record."""
    batch = [
        message(4, _BEGIN, 1, 1),
        *(message(65_000, _NEW_ELEMENTS, 0x401, 2 + number) for number in range(12)),
        message(4, _END, 1, 14),
    ]
    datagram = frame(batch, NETLINK_NETFILTER)
    path = tmp_path / "x.pcapng"
    with open_writer(path) as writer:
        writer.write(1, frame([message(16)]))
        writer.write(2, datagram, comment="process: nft[9]")
        writer.write(3, frame([message(16)]))
        assert (writer.frames, writer.cut) == (5, 0)
    frames = list(FrameReader(path))
    inside = frames[1:-1]
    assert [item.comment for item in inside] == [
        "process: nft[9]\npart 1 of 3", "part 2 of 3", "part 3 of 3",
    ]  # fmt: skip
    assert b"".join(item.data[16:] for item in inside) == datagram[16:]
    assert all(len(item.data) == item.length <= MOST and item.time_ns == 2 for item in inside)
    with IndexedCapture(path, make_decoder()) as capture:
        capture.load()
        found = [item for item in capture.follower.conversations if item.kind == "batch"]
        assert [list(item.messages) for item in found] == [list(range(2, 16))]
        assert found[0].process == "nft[9]"
        assert found[0].bytes == sum(struct.unpack_from("=I", item)[0] for item in batch)
        assert {capture.message(number).datagram for number in found[0].messages} == {2}
        assert capture.message(16).datagram == capture.message(16).frame == 5


def test_what_was_cut_of_a_datagram_in_parts_is_cut_of_the_last(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    datagram = frame([message(65_000) for _ in range(5)])
    with open_writer(path) as writer:
        writer.write(1, datagram, len(datagram) + 1000)
        assert (writer.frames, writer.cut) == (2, 1)
    assert [item.length - len(item.data) for item in FrameReader(path)] == [0, 1000]


@pytest.mark.parametrize("fmt", ["pcap", "pcapng"])
@pytest.mark.parametrize("protocol", [NETLINK_ROUTE, NETLINK_KOBJECT_UEVENT])
def test_what_is_longer_by_itself_is_cut_and_counted(
    tmp_path: Path, fmt: Literal["pcap", "pcapng"], protocol: int
) -> None:
    path = tmp_path / "x"
    long = message(300_000)
    with open_writer(path, fmt) as writer:
        writer.write(1, frame([long], protocol))
        writer.write(2, frame([message(8)], protocol), length=500)  # the kernel had no room for the rest
        writer.write(3, frame([message(8)], protocol))
        assert writer.cut == 2
        writer.close(received=3, dropped=0)
    reader = FrameReader(path)
    assert [(len(item.data), item.length) for item in reader] == [(MOST, 16 + len(long)), (40, 500), (40, 40)]
    if fmt == "pcapng":
        assert "2 frames cut" in reader.interfaces[0].comments
