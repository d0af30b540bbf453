"""File after file: what describes a file stands in it, however far the reader is behind."""

from __future__ import annotations

import os
import socket
import struct
from typing import TYPE_CHECKING

from nlsniff.capture.device import Device
from nlsniff.capture.naming import PortKey
from nlsniff.capture.plan import RecordPlan
from nlsniff.capture.reader import Reader, Wiring
from nlsniff.follow.own import Own
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.wire.comments import is_own
from nlsniff.wire.nlmsg import HEADER
from nlsniff.wire.order import NATIVE

if TYPE_CHECKING:
    import select
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pytest

    from nlsniff.capture.packet import RawFrame

    Step = list[RawFrame] | Callable[[], None]

GENERIC, ROUTE = 16, 0
OWN = {PortKey(GENERIC, 4000): "nlsniff[7]", PortKey(ROUTE, 4001): "nlsniff[7]"}
DUMP, MULTI = 0x301, 2


def frame(protocol: int, type_: int, flags: int, seq: int, port: int, body: bytes = b"") -> RawFrame:
    data = HEADER[NATIVE].pack(16 + len(body), type_, flags, seq, port) + body
    data = struct.pack(">HH10xH", 4, 824, protocol) + data
    return 0, data, len(data)


def families(number: int) -> list[RawFrame]:
    """The first dump of a description."""
    seq = 2 * number - 1
    asked = frame(GENERIC, 16, DUMP, seq, 4000, b"\3\2\0\0")
    return [asked, frame(GENERIC, 3, MULTI, seq, 4000, bytes(4))]


def links(number: int) -> list[RawFrame]:
    """The second."""
    seq = 2 * number
    asked = frame(ROUTE, 18, DUMP, seq, 4001, bytes(16) + struct.pack("=HHI", 8, 29, 8))
    return [asked, frame(ROUTE, 3, MULTI, seq, 4001, bytes(4))]


FILL = [frame(ROUTE, 18, 1, 9, 77, bytes(2000))]


class Script:
    """A source of frames that come in the order of a script; what the engine does meanwhile stands between them."""

    mark = b""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = list(steps)
        self._came = 0

    def descriptors(self) -> set[int]:
        return set()

    def open(self) -> None:
        pass

    def watch(self, poller: select.poll) -> None:
        pass

    def woken(self, events: Mapping[int, int]) -> str:
        del events
        return ""

    def ready(self) -> bool:
        done = 0
        while self._steps and callable(step := self._steps[0]):
            step()
            del self._steps[0]
            done += 1
        if done:
            self._steps.insert(0, [])  # no frame, so that the reader first looks what the engine did
        return bool(self._steps)

    def frames(self) -> Iterator[RawFrame]:
        step = self._steps.pop(0)
        assert not callable(step)
        self._came += len(step)
        yield from step

    def behind(self) -> bool:
        return False

    def held(self) -> int:
        return len(self._steps)

    def finish(self) -> float:
        return 0.0

    def counts(self, *, mark_lost: bool) -> tuple[int, int]:
        del mark_lost
        return self._came, 0

    def describe(self) -> bool:
        return False


def written(tmp_path: Path, steps: Callable[[Callable[[], None]], list[Step]]) -> list[Path]:
    """The files that a reader wrote; what the steps are given opens the next and hands it over."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    paths = [tmp_path / "1.pcapng"]

    def hand_over() -> None:
        paths.append(tmp_path / f"{len(paths) + 1}.pcapng")
        with paths[-1].open("wb") as file:
            socket.send_fds(ours, [b"f"], [file.fileno()])

    read, status = os.pipe()
    os.set_blocking(status, False)
    with paths[0].open("wb") as first, theirs:
        source = Script([*steps(hand_over), ours.close])
        plan = RecordPlan(str(tmp_path / "x.pcapng"), next_filesize=1500)
        Reader(plan, Device("nlsniff0"), Wiring(source, os.dup(first.fileno()), theirs, status, -1), OWN).run()
    os.close(read)
    os.close(status)
    return paths


def described(path: Path) -> list[int]:
    """The sequence numbers of the conversations that are marked as the recorder's, each of which is found again."""
    with IndexedCapture(path, make_decoder()) as capture:
        own = Own(capture.load().follower, capture.interfaces)
        marked = {message.conversation: message.seq for message in capture if is_own(message.comment)}
        assert sorted(marked) == [view.id for view in capture.follower.conversations if own.conversation(view)]
        assert own.description() == [message.number for message in capture if is_own(message.comment)]
        return sorted(marked.values())


def test_the_end_of_a_description_that_comes_late_does_not_begin_the_next_file(tmp_path: Path) -> None:
    paths = written(
        tmp_path,
        lambda hand_over: [
            families(1), links(1), FILL, hand_over,
            families(2), FILL, hand_over,  # the file is due, and the next is there
            links(2), families(3), links(3), FILL,
        ],
    )  # fmt: skip
    assert [described(path) for path in paths] == [[1, 2], [3, 4], [5, 6]]


def test_a_description_that_its_file_did_not_wait_for_does_not_begin_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def patience(seconds: float) -> Callable[[], None]:
        return lambda: monkeypatch.setattr("nlsniff.capture.reader._DESCRIBE_SECONDS", seconds)

    paths = written(
        tmp_path,
        lambda hand_over: [
            families(1), links(1), FILL, patience(0), hand_over,
            FILL, patience(60), hand_over,
            families(2), links(2), families(3), links(3), FILL,
        ],
    )  # fmt: skip
    assert [described(path) for path in paths] == [[1, 2], [3, 4], [5, 6]]
