"""Comments that are added to the frames of a capture."""

from __future__ import annotations

import io
import struct

import pytest

from nlsniff.file.annotate import annotated
from nlsniff.file.read import FrameReader
from tests.conftest import ROOT
from tests.file.made import Record, pcap

CAPTURES = ("first-route", "secrets", "team")


@pytest.mark.parametrize("name", CAPTURES)
def test_a_pcapng_file_keeps_all_but_its_comments(name: str) -> None:
    data = (ROOT / f"captures/{name}.pcapng").read_bytes()
    before = list(FrameReader(io.BytesIO(data)))
    comments = {frame.offset: f"said of {frame.number}" for frame in before[::2]}
    again = FrameReader(io.BytesIO(annotated(data, comments)))
    after = list(again)
    assert again.problems == []
    assert [frame._replace(offset=0, comment="") for frame in before] == [
        frame._replace(offset=0, comment="") for frame in after
    ]
    for old, new in zip(before, after, strict=True):
        said = comments.get(old.offset, "")
        assert new.comment == "\n".join(filter(None, (said, old.comment)))
    assert annotated(data, {}) == data


def test_the_other_byte_order_is_kept() -> None:
    def block(kind: int, body: bytes) -> bytes:
        total = struct.pack(">I", len(body) + 12)
        return struct.pack(">I", kind) + total + body + total

    section = block(0x0A0D0D0A, bytes.fromhex("1a2b3c4d00010000") + b"\xff" * 8)
    packet = block(6, struct.pack(">IIIII", 0, 0, 7, 5, 5) + b"abcde\0\0\0")
    data = section + block(1, struct.pack(">HHI", 253, 0, 0)) + packet
    offset = len(data) - len(packet) + 28
    reader = FrameReader(io.BytesIO(annotated(data, {offset: "x" * 5})))
    assert [(frame.data, frame.comment) for frame in reader] == [(b"abcde", "x" * 5)]
    assert reader.problems == []


def test_what_follows_damage_stays() -> None:
    data = (ROOT / "captures/first-route.pcapng").read_bytes()
    frames = list(FrameReader(io.BytesIO(data)))
    cut = data[: frames[5].offset + 9]
    done = annotated(cut, {frames[2].offset: "said", frames[5].offset: "not said"})
    assert done.endswith(cut[frames[4].offset :])
    assert [frame.comment for frame in FrameReader(io.BytesIO(done))][2] == "\n".join(
        filter(None, ("said", frames[2].comment))
    )


def test_a_pcap_file_becomes_pcapng() -> None:
    frames = list(FrameReader(str(ROOT / "captures/first-route.pcapng")))[:4]
    data = pcap([Record(frame.time_ns, frame.data) for frame in frames], "<", snaplen=1 << 18)
    offsets = [frame.offset for frame in FrameReader(io.BytesIO(data))]
    reader = FrameReader(io.BytesIO(annotated(data, {offsets[1]: "said"})))
    again = list(reader)
    assert reader.format == "pcapng"
    assert [(frame.data, frame.length) for frame in again] == [(frame.data, frame.length) for frame in frames]
    assert [frame.comment for frame in again] == ["", "said", "", ""]
