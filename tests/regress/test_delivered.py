"""Transcripts of captures that say how their datagrams were delivered: a lane for each socket, and no doubt."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.file.write import open_writer
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.regress.build import Builder
from nlsniff.regress.write import text_of
from nlsniff.stats.statistics import Statistics
from nlsniff.wire.delivery import Delivery, delivery_comment
from tests.conftest import ROOT
from tests.follow.delivered import with_truth
from tests.follow.talk import ACK, DELROUTE, NEWROUTE, REQUEST, RTMSG, answer, nlmsg

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.regress.model import Transcript


def transcript(path: Path) -> Transcript:
    with IndexedCapture(path, make_decoder()) as capture:
        return Builder(capture.load()).build()


def doubts(made: Transcript) -> int:
    return sum(not block.certain for lane in made.lanes for block in lane.blocks)


def test_no_pairing_is_in_doubt(tmp_path: Path) -> None:
    """What `check` refuses to write as a golden is, with the sockets known, written."""
    path = ROOT / "captures/at-once-smp.pcapng.zst"
    assert doubts(transcript(path)) > 0
    assert doubts(transcript(with_truth(path, tmp_path / "known.pcapng"))) == 0


@pytest.mark.parametrize("known", [True, False])
def test_a_lane_is_a_socket(tmp_path: Path, known: bool) -> None:
    """Two programs in two network namespaces have one port id; their requests come by turns."""
    path = tmp_path / "file.pcapng"
    with open_writer(path) as writer:
        for at in range(8):
            socket, seq = at & 1, 5 + (at >> 1)
            request = nlmsg(DELROUTE if socket else NEWROUTE, REQUEST | ACK, seq, 412, RTMSG)
            name = f"{'b' if socket else 'a'}[{412 + socket}]"
            sent = Delivery("to-kernel", 412, 0, 0, 90 + socket, 3, name)
            got = Delivery("to-user", 0, 412, 0, 90 + socket, 3, name)
            for way, data in ((sent, request), (got, answer(request, 412))):
                comment = delivery_comment(way) if known else ""
                writer.write(10**18 + at * 10**6, struct.pack(">HH10xH", 4, 824, 0) + data, comment=comment)
    made = transcript(path)
    assert [lane.name for lane in made.lanes] == (["a", "b"] if known else [""])
    assert [len(lane.blocks) for lane in made.lanes] == ([4, 4] if known else [8])
    assert "?" not in text_of(made)
    with IndexedCapture(path, make_decoder()) as capture:
        statistics = Statistics(capture.load().follower)
        for message in capture:
            statistics.feed(message)
        gaps = statistics.report()["gaps"]
    assert (gaps["skipped"], gaps["answers_without_request"]) == (0, 0)
