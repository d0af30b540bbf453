"""Captures as they are stored: without secrets, and saying of what was blanked where it was and what it was."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest

from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from nlsniff.redact.redact import FILL, Blank
from nlsniff.regress.blanks import blanked_in, comments_of
from nlsniff.regress.build import Builder
from nlsniff.regress.model import Block, Dump, Item, Lane, Placeholder, SaidMessage, SaidStep, Transcript
from nlsniff.regress.stored import Reading, doubts, losses
from nlsniff.regress.write import text_of
from tests import keys
from tests.conftest import ROOT
from tests.file.made import Record, pcap
from tests.support import REGISTRY

if TYPE_CHECKING:
    from pathlib import Path

READING = Reading(REGISTRY)


def _told(data: bytes) -> Transcript:
    return Builder(READING.open(data, "stored"), "full").build()


@pytest.mark.parametrize("name", keys.SECRETIVE)
def test_every_blanked_byte_is_told_and_no_other_is_blanked(name: str) -> None:
    path = keys.recording(name)
    data = READING.redacted(str(path))
    before, after = list(FrameReader(str(path))), list(FrameReader(io.BytesIO(data)))
    known = 0
    for old, new in zip(before, after, strict=True):
        changed = {at for at, (one, other) in enumerate(zip(old.data, new.data, strict=True)) if one != other}
        ranges = blanked_in(new.comment)
        told = {at for start, end, _ in ranges for at in range(start, end)}
        assert changed <= told
        assert all(new.data[at] == FILL for at in told)
        assert new.comment.endswith(old.comment)
        known += sum(key > 0 for _, _, key in ranges)
    assert known > 0
    assert [key for key in keys.keys_of(name) if len(key) >= 8 and key in data] == []


@pytest.mark.parametrize("name", ["secrets", "wireguard", "macsec", "strongswan"])
def test_the_same_key_has_the_same_number_as_before_it_was_blanked(name: str) -> None:
    data = keys.recording(name).read_bytes()
    plain, stored = _told(data), _told(READING.redacted(str(keys.recording(name))))
    assert list(_keys(plain)) == list(_keys(stored)) != []


def _keys(transcript: Transcript) -> list[tuple[str, int]]:
    """The keys of a transcript in order, each numbered by where it came first."""
    seen: dict[str, int] = {}
    said = [item for lane in transcript.lanes for block in lane.blocks for item in _items(block.parts)]
    found = [(item.name, item.value) for item in said if isinstance(item.value, Placeholder)]
    return [(name, seen.setdefault(str(value), len(seen))) for name, value in found if value.kind.startswith("key-")]


def _items(parts: object) -> list[Item]:
    steps = [part.message for part in parts if isinstance(part, SaidStep)]  # type: ignore[attr-defined]
    waiting = [item for message in steps for item in (*message.identity, *message.items)]
    found = []
    while waiting:
        item = waiting.pop(0)
        found.append(item)
        waiting = [*item.parts, *waiting]
    return found


def test_a_body_that_nobody_can_read_is_one_item(tmp_path: Path) -> None:
    def frame(body: bytes) -> bytes:
        head = b"\0\4\x03\x38" + bytes(10) + (30).to_bytes(2)
        return head + (16 + len(body)).to_bytes(4, "little") + bytes.fromhex("1000 0500 01000000 07000000") + body

    path = tmp_path / "own.pcap"
    path.write_bytes(pcap([Record(1, frame(b"password")), Record(2, frame(b"")), Record(3, frame(b"else"))], "<"))
    data = READING.redacted(str(path))
    assert b"password" not in data
    frames = list(FrameReader(io.BytesIO(data)))
    assert [item.comment for item in frames] == ["nlsniff: blanked 32+8 unread", "", "nlsniff: blanked 32+4 unread"]
    text = text_of(_told(data))
    assert re.findall(r"blanked:? <blanked:\d+>|2a2a", text) == ["blanked <blanked:8>", "blanked <blanked:4>"]


def test_comments_are_read_as_they_are_written() -> None:
    blanked = [Blank(112, 144, "key 2"), Blank(60, 64, "unread"), Blank(300, 340, "copy")]
    comments = comments_of(blanked, {50: "", 100: "process: ip[4]", 300: ""})
    assert comments == {
        50: "nlsniff: blanked 10+4 unread",
        100: "nlsniff: blanked 12+32 key 2",
        300: "nlsniff: blanked 0+40 copy",
    }
    assert blanked_in(f"process: ip[4]\n{comments[100]}") == ((12, 44, 2),)
    assert blanked_in("process: nlsniff: blanked 1+1 key 1") == ()
    assert blanked_in("nlsniff: blanked nonsense") == ()


@pytest.mark.parametrize("name", ["secrets", "rejected", "macsec"])
def test_a_stored_capture_is_stored_as_it_is(name: str, tmp_path: Path) -> None:
    data = READING.redacted(str(keys.recording(name)))
    path = tmp_path / "stored.pcapng"
    path.write_bytes(data)
    assert READING.redacted(str(path)) == data


def test_keys_that_are_blanked_later_have_other_numbers() -> None:
    before = {0: "nlsniff: blanked 10+4 key 3", 100: ""}
    assert comments_of([Blank(10, 14, "key 1"), Blank(110, 114, "key 2")], before) == {
        100: "nlsniff: blanked 10+4 key 5"
    }


def test_what_a_capture_lacks_is_told(tmp_path: Path) -> None:
    data = (ROOT / "captures/first-route.pcapng").read_bytes()
    assert losses(READING.open(data, "x")) == ""
    assert losses(READING.open(data[:-100], "x")).startswith("last block is truncated")
    frames = [frame.data for frame in FrameReader(io.BytesIO(data))]
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(pcap([Record(1, frames[0]), Record(2, frames[1][:-4], length=len(frames[1]))], "<"))
    assert losses(READING.open(READING.redacted(str(cut)), "x")) == "1 of its frames are cut"


def test_a_damaged_capture_cannot_be_judged(tmp_path: Path) -> None:
    data = bytearray((ROOT / "captures/first-route.pcapng").read_bytes())
    at = list(FrameReader(io.BytesIO(data)))[5].offset
    data[at - 24 : at - 20] = bytes(4)
    path = tmp_path / "damaged.pcapng"
    path.write_bytes(data)
    with pytest.raises(NlsniffError, match=r"damaged\.pcapng: is damaged, .*: it cannot be judged$"):
        READING.redacted(str(path))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rejected", ""),
        ("basics", ""),
        ("conversations", "it is not certain which answer belongs to message 1947"),
        ("route-more", "begin or end of the conversation of message 300 is not in it"),
    ],
)
def test_what_makes_no_golden(name: str, said: str) -> None:
    assert doubts(_told(READING.redacted(str(ROOT / f"captures/{name}.pcapng")))) == said


def test_an_interrupted_dump_makes_no_golden() -> None:
    dump = Block((SaidStep("request", SaidMessage("RTM_GETADDR")), Dump(interrupted=True)), number=7)
    assert doubts(Transcript("objects", (Lane("", (dump,)),))) == "the dump of message 7 was interrupted"
