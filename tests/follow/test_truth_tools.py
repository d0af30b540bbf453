"""From strace's logs to the truth: which call gets which frame."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from nlsniff.file.strace import StraceLog
from nlsniff.file.strace_programs import NetlinkSocket
from nlsniff.file.told import Told
from nlsniff.reader import Stream, make_decoder
from nlsniff.wire.delivery import Delivery
from tests.conftest import ROOT
from tests.follow.sockets import Truth, find_owners

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.wire.delivery import Way

ROUTES = ROOT / "captures" / "routes.pcapng"


@pytest.fixture(scope="module")
def frames() -> list[tuple[int, int, bytes]]:
    """Number, time and bytes of each frame of captures/routes.pcapng."""
    first: dict[int, tuple[int, int, bytes]] = {}
    for message in Stream(ROUTES, make_decoder()):
        first.setdefault(message.frame, (message.frame, message.time_ns, bytes(message.data[message.start :])))
    return list(first.values())


def owners(*calls: Told) -> tuple[Truth, list[Told]]:
    sockets = [NetlinkSocket(0, inode, 0) for inode in (1, 2)]
    for number, socket in enumerate(sockets, 1):
        socket.number = number
    return find_owners(ROUTES, StraceLog(list(calls), [], sockets))


def call(socket: int, way: Way, frame: tuple[int, int, bytes], before: int, after: int) -> Told:
    """A call that began and ended so many microseconds before and after a frame."""
    began, ended = frame[1] - before * 1000, frame[1] + after * 1000
    delivery = Delivery(way, socket=socket, process=f"p[{socket}]")
    return Told(began, 0, frame[2], len(frame[2]), delivery, "", began, ended)


def test_each_frame_gets_the_call_of_its_time(frames: list[tuple[int, int, bytes]]) -> None:
    request, answer = frames[9], frames[10]
    truth, lost = owners(call(1, "to-kernel", request, 100, 100), call(1, "to-user", answer, 0, 500))
    assert not lost
    assert [(owner.process, owner.sent, owner.received) for owner in truth.owners] == [("p[1]", [10], [11])]
    # A call of another time, and one of bytes that were never seen.
    early = call(1, "to-kernel", request, 900, -800)
    assert owners(early)[1] == [early]
    strange = replace(early, data=b"\x10" + bytes(15))
    assert owners(strange)[1] == [strange]


def test_equal_requests_at_once_are_alike(frames: list[tuple[int, int, bytes]], tmp_path: Path) -> None:
    """Two sockets sent the same bytes; only a time at which one of them had not yet sent tells them apart."""
    same: dict[bytes, list[tuple[int, int, bytes]]] = {}
    for frame in frames:
        same.setdefault(frame[2], []).append(frame)
    one, two, *_ = next(found for found in same.values() if len(found) > 1)
    apart = (two[1] - one[1]) // 1000
    first = call(1, "to-kernel", one, 100, apart + 50)
    truth, lost = owners(first, call(2, "to-kernel", two, apart + 50, 100))
    assert (truth.alike, lost) == ([[one[0], two[0]]], [])
    for name in ("t.json", "t.json.gz"):
        truth.save(tmp_path / name)
        assert Truth.load(tmp_path / name) == truth
    truth, _ = owners(first, call(2, "to-kernel", two, apart - 30, 100))
    assert truth.alike == []
    assert [(owner.sent) for owner in truth.owners] == [[one[0]], [two[0]]]
