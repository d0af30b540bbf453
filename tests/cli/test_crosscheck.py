from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.crosscheck import Header, _compare, crosscheck
from tests.conftest import CAPTURES
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


def test_a_damaged_file_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    need("tshark")
    file = tmp_path / "one.pcap"
    frame = bytes.fromhex("00040338000000000000000000000000") + struct.pack("<IHHII", 16, 1, 0, 1, 2)
    record = struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame
    file.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 253) + record)
    assert crosscheck(str(file)).messages == 1
