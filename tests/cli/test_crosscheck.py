from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.crosscheck import Header, _compare, crosscheck
from nlsniff.errors import NlsniffError
from tests.conftest import CAPTURES, ROOT
from tests.support_tools import need

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_tshark_sees_the_same_messages(path: Path) -> None:
    need("tshark")
    report = crosscheck(str(path))
    assert report.differences == []
    assert report.messages > 0


def test_tshark_agrees_on_captures_of_others(corpus: Path) -> None:
    need("tshark")
    for path in sorted((corpus / "pcap").glob("xtcp2-[56]*.pcap")):
        assert crosscheck(str(path)).differences == []


def test_a_difference_is_told() -> None:
    ours = [Header(20, 3, 7, 9)]
    assert list(_compare(1, ours, 0, [Header(20, 3, 7, 9)])) == []
    assert list(_compare(1, ours, 1, [Header(20, -1, 7, 9), Header(52, 24, 7, 0)])) == []
    assert "does not see" in next(_compare(1, ours, 0, [Header(24, 3, 7, 9)]))
    assert "1 messages more" in next(_compare(1, ours, 0, [Header(20, 3, 7, 9), Header(52, 24, 7, 0)]))


def test_without_tshark_the_refusal_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NlsniffError, match="tshark is not installed"):
        crosscheck(str(CAPTURES[0]))


def test_what_tshark_cannot_read_is_refused_in_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tshark = tmp_path / "tshark"
    tshark.write_text("#!/bin/sh\necho tshark: not a word of it >&2\nexit 3\n")
    tshark.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(NlsniffError, match=r"tshark cannot read .*: tshark: not a word of it"):
        crosscheck(str(CAPTURES[0]))


def test_a_cut_file_is_compared_as_far_as_it_goes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Both give what is whole; of the frame that was cut nlsniff gives the beginning, too."""
    need("tshark")
    file = tmp_path / "cut.pcapng"
    file.write_bytes((ROOT / "captures" / "first-route.pcapng").read_bytes()[:5000])
    report = crosscheck(str(file))
    assert report.differences == [f"frame {report.frames}: tshark has no more frames"]
    assert report.frames > 3
    assert caplog.records == []  # of asyncio, about a process that is no more


def test_a_damaged_message_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    need("tshark")
    file = tmp_path / "one.pcap"
    frame = bytes.fromhex("00040338000000000000000000000000") + struct.pack("<IHHII", 16, 1, 0, 1, 2)
    record = struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame
    file.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 253) + record)
    assert crosscheck(str(file)).messages == 1
