"""What is known of how a frame was delivered: its line is kept, and its direction is in the frame's flags."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nlsniff.file.annotate import annotated
from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.wire.delivery import Delivery, delivery_comment, delivery_in
from tests.conftest import ROOT
from tests.file.made import Record, pcap
from tests.file.test_file_parts import MOST, frame, message
from tests.support_tools import need

if TYPE_CHECKING:
    from pathlib import Path

SENT = Delivery("to-kernel", 412, 0, 0, 84211, 3, "ip[412]")
TOLD = Delivery("to-user", 0, 412, 1, 84211, 3, "ip[412]")
BETWEEN = Delivery("between", 412, 500, 0, 84211, 3, "a[412]")
COMMENTS = ("", "process: ip[412]", *map(delivery_comment, (SENT, TOLD, BETWEEN)))
DATA = frame([message(12)])


def with_tshark(path: Path) -> list[list[str]]:
    """Direction and comment of each frame, as Wireshark shows them."""
    need("tshark")
    fields = ("frame.packet_flags_direction", "frame.comment")
    words = ["tshark", "-r", str(path), "-T", "fields", *(part for field in fields for part in ("-e", field))]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def number(text: str) -> int:
    return int(text, 0) if text else 0


def test_wireshark_shows_the_direction(tmp_path: Path) -> None:
    path = tmp_path / "file.pcapng"
    with open_writer(path) as writer:
        for at, comment in enumerate((*COMMENTS, f"process: ip[412]\n{COMMENTS[2]}")):
            writer.write(at, DATA, comment=comment)
    shown = with_tshark(path)
    assert [number(direction) for direction, _ in shown] == [0, 0, 2, 1, 0, 2]
    assert [comment for _, comment in shown] == [*COMMENTS, f"process: ip[412],{COMMENTS[2]}"]
    done = subprocess.run(
        ["tshark", "-r", str(path), "-Y", "frame.packet_flags_direction == 1", "-T", "fields", "-e", "frame.number"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["4"]


def test_a_long_datagram_says_it_in_each_frame(tmp_path: Path) -> None:
    path = tmp_path / "file.pcapng"
    data = frame([message(200_000), message(200_000, seq=2), message(200_000, seq=3)])
    assert len(data) > MOST
    with open_writer(path) as writer:
        writer.write(1, data, comment=f"process: ip[412]\n{delivery_comment(TOLD)}")
    frames = list(FrameReader(path))
    assert len(frames) > 1
    assert {delivery_in(one.comment) for one in frames} == {TOLD}
    assert [one.comment.count("process: ") for one in frames] == [1, *[0] * (len(frames) - 1)]
    assert [number(direction) for direction, _ in with_tshark(path)] == [1] * len(frames)
    with IndexedCapture(path, make_decoder()) as capture:
        assert {one.direction for one in capture.load()} == {"to-user"}


@pytest.mark.parametrize("ending", ["pcapng", "pcap"])
def test_annotated_frames_have_it(tmp_path: Path, ending: str) -> None:
    frames = list(FrameReader(ROOT / "captures/first-route.pcapng"))[:5]
    data = pcap([Record(one.time_ns, one.data) for one in frames], "<", snaplen=1 << 18)
    if ending == "pcapng":
        data = annotated(data, {})
    offsets = [one.offset for one in FrameReader(io.BytesIO(data))]
    said = dict(zip(offsets, COMMENTS, strict=True))
    path = tmp_path / "file.pcapng"
    path.write_bytes(annotated(data, {offset: comment for offset, comment in said.items() if comment}))
    shown = with_tshark(path)
    assert [number(direction) for direction, _ in shown] == [0, 0, 2, 1, 0]
    again = path.read_bytes()
    last = list(FrameReader(io.BytesIO(again)))[-1]
    path.write_bytes(annotated(again, {last.offset: "more"}))
    assert [one.comment for one in FrameReader(path)] == [*COMMENTS[:-1], f"more\n{COMMENTS[-1]}"]
    assert [direction for direction, _ in with_tshark(path)] == [direction for direction, _ in shown]


def test_flags_are_in_the_byte_order_of_their_file() -> None:
    def block(kind: int, body: bytes) -> bytes:
        total = struct.pack(">I", len(body) + 12)
        return struct.pack(">I", kind) + total + body + total

    section = block(0x0A0D0D0A, bytes.fromhex("1a2b3c4d00010000") + b"\xff" * 8)
    packet = block(6, struct.pack(">IIIII", 0, 0, 7, 4, 4) + b"abcd")
    data = section + block(1, struct.pack(">HHI", 253, 0, 0)) + packet
    done = annotated(data, {len(data) - len(packet) + 28: "netlink: to-user"})
    assert bytes.fromhex("0002000400000001") in done


def test_redacted_frames_keep_it(tmp_path: Path) -> None:
    path, target = tmp_path / "file.pcapng", tmp_path / "redacted.pcapng"
    with open_writer(path) as writer:
        for at, one in enumerate(FrameReader(ROOT / "captures/secrets.pcapng")):
            writer.write(one.time_ns, one.data, one.length, COMMENTS[at % len(COMMENTS)])
    subprocess.run([sys.executable, "-m", "nlsniff", "redact", str(path), str(target)], capture_output=True, check=True)
    before, after = list(FrameReader(path)), list(FrameReader(target))
    assert [one.comment for one in after] == [one.comment for one in before]
    assert [one.data for one in after] != [one.data for one in before]
    assert with_tshark(target) == with_tshark(path)
