"""`nlsniff.write`: messages and frames into files that anybody can read."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pytest

import nlsniff
from nlsniff.file.read import FrameReader
from nlsniff.wire.constants import LINKTYPE_LINUX_SLL2
from tests.conftest import CAPTURES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

FIRST = ROOT / "captures" / "first-route.pcapng"


def frames_of(path: Path) -> list[tuple[int, bytes, int]]:
    """Time, data and length of the frames of a file."""
    return [(frame.time_ns, frame.data, frame.length) for frame in FrameReader(path)]


@pytest.mark.parametrize("name", ["x.pcap", "x.pcapng", "X.PCAP", "x"])
def test_the_name_decides_the_format(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with nlsniff.Capture(FIRST) as capture:
        assert nlsniff.write(path, capture) == 18
    magic = path.read_bytes()[:4]
    assert magic == (b"\x4d\x3c\xb2\xa1" if name.lower().endswith(".pcap") else b"\x0a\x0d\x0d\x0a")
    assert frames_of(path) == frames_of(FIRST)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_a_copy_says_the_same(path: Path, tmp_path: Path) -> None:
    copy, again = tmp_path / "copy.pcapng", tmp_path / "again.pcapng"
    with nlsniff.Capture(path) as capture:
        nlsniff.write(copy, capture)
        nlsniff.write(again, capture.frames())
        with nlsniff.Capture(copy) as other:
            assert [message.data for message in other] == [message.data for message in capture]
            assert [message.comment for message in other] == [message.comment for message in capture]
            assert [one.to_dict()["messages"] for one in other.conversations] == [
                one.to_dict()["messages"] for one in capture.conversations
            ]
    assert frames_of(again) == frames_of(path)


def test_chosen_messages_are_written_alone_and_those_of_a_frame_together(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with nlsniff.Capture(FIRST) as capture:
        assert capture[27].frame == capture[28].frame
        assert nlsniff.write(path, [capture[22], capture[27], capture[28]]) == 2
        with nlsniff.Capture(path) as other:
            assert [message.data for message in other] == [capture[number].data for number in (22, 27, 28)]
            assert [message.time_ns for message in other] == [capture[number].time_ns for number in (22, 27, 28)]
            assert [message.frame for message in other] == [1, 2, 2]
        assert nlsniff.write(path, [capture[28], capture[27]]) == 2  # in the order in which they come
        assert nlsniff.write(path, capture[22]) == 1  # type: ignore[arg-type]  # one alone is understood


def test_a_stream_and_a_filter(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    assert nlsniff.write(path, nlsniff.stream(FIRST, "type == RTM_NEWROUTE")) == 3
    with nlsniff.Capture(path) as other:
        assert {message.type for message in other} == {"RTM_NEWROUTE"}
        assert len(other) == 4


def test_frames_and_messages_mixed() -> None:
    target = io.BytesIO()
    with nlsniff.Capture(FIRST) as capture:
        assert nlsniff.write(target, [capture[22], capture.frame(1), capture[23]]) == 3
        target.seek(0)
        numbers = [22, *(message.number for message in capture if message.frame == 1), 23]
        assert [message.data for message in nlsniff.stream(target)] == [capture[number].data for number in numbers]


def test_a_file_may_be_written_over_itself(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    path.write_bytes(FIRST.read_bytes())
    path.chmod(0o640)
    with nlsniff.Capture(path) as capture:
        nlsniff.write(path, capture.messages("type == RTM_NEWROUTE"))
        assert len(capture) == 31  # it still reads what was there
        assert capture[1].type
    assert len(nlsniff.Capture(path)) == 4
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_fails_midway_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    path.write_bytes(b"old")
    with nlsniff.Capture(FIRST) as capture:
        messages = capture.messages()
        next(messages)
    with pytest.raises(nlsniff.NlsniffError, match="closed"):
        nlsniff.write(path, messages)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def _pcap(linktype: int, frames: list[bytes]) -> bytes:
    head = struct.pack("<IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, linktype)
    return head + b"".join(struct.pack("<IIII", 1, 5, len(data), len(data)) + data for data in frames)


def test_other_headers_become_those_of_nlmon(tmp_path: Path) -> None:
    message = struct.pack("<IHHII", 20, 18, 0x301, 1, 0) + bytes([17, 0, 0, 0])
    sll2 = struct.pack(">H2xIHBB8x", 0, 1, 824, 4, 0) + message
    path, bare = tmp_path / "sll2.pcap", tmp_path / "bare.pcap"
    path.write_bytes(_pcap(LINKTYPE_LINUX_SLL2, [sll2, sll2]))
    bare.write_bytes(_pcap(147, [message]))
    cooked = struct.pack(">HH10xH", 4, 824, 0) + message
    for capture in (nlsniff.Capture(path), nlsniff.Capture(bare, linktype="route")):
        for items in (capture.messages(), capture.frames()):
            nlsniff.write(tmp_path / "out.pcapng", items)
            frames = frames_of(tmp_path / "out.pcapng")
            assert {data for _, data, _ in frames} == {cooked}
            assert len(frames) == len(capture)


def test_frames_without_netlink_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mixed.pcap"
    message = struct.pack("<IHHII", 20, 18, 0x301, 1, 0) + bytes(4)
    cooked, other = struct.pack(">HH10xH", 4, 824, 0) + message, struct.pack(">HH10xH", 4, 1, 0x800) + bytes(20)
    path.write_bytes(_pcap(113, [cooked, other]))
    with nlsniff.Capture(path) as capture:
        with pytest.raises(nlsniff.NlsniffError, match="frame 2 holds no netlink"):
            nlsniff.write(tmp_path / "out.pcap", capture.frames())
        assert nlsniff.write(tmp_path / "out.pcap", capture) == 1
