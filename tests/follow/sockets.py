"""Whose each frame of a capture is: the frames beside the calls that strace logged while they were recorded.

A frame is found by its bytes. Where several calls have the same bytes, time tells: a request is recorded between the
begin and the end of the call that sends it, an answer before the end of the call that receives it. What is left are
requests of the same bytes, sent at the same time; the truth names them as alike.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.reader import Stream, make_decoder
from nlsniff.wire.nlmsg import walk_messages

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.file.strace import StraceLog
    from nlsniff.file.told import Told

# Protocols that nlmon sees, but for USERSOCK: what one program sends there, another receives, one frame for two calls.
SEEN = {0, 4, 5, 6, 10, 12, 16}
_CLOCKS_NS = 20_000  # strace may cut its times to microseconds, and takes them apart from the kernel's


@dataclass
class Owner:
    """A socket, and the numbers of the frames that it sent, received, and was told as member of a group."""

    process: str
    protocol: int
    port: int | None
    sent: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    told: list[int] = field(default_factory=list)


@dataclass
class Truth:
    """Who sent and received each frame. Frames of a group in `alike` have equal bytes and may change places."""

    owners: list[Owner]
    alike: list[list[int]] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write it down, a line for each socket, runs of frames shortened."""
        lines = [
            json.dumps(
                [owner.process, owner.protocol, owner.port, *map(_short, (owner.sent, owner.received, owner.told))]
            )
            for owner in self.owners
        ]
        text = (
            '{"sockets": [\n' + ",\n".join(lines) + '\n],\n"alike": ' + json.dumps([*map(_short, self.alike)]) + "}\n"
        )
        path.write_text(text) if path.suffix != ".gz" else path.write_bytes(gzip.compress(text.encode(), mtime=0))

    @classmethod
    def load(cls, path: Path) -> Truth:
        """Read what `save` wrote."""
        stored = json.loads(path.read_text() if path.suffix != ".gz" else gzip.decompress(path.read_bytes()))
        owners = [Owner(*row[:3], *map(_long, row[3:])) for row in stored["sockets"]]
        return cls(owners, [_long(group) for group in stored["alike"]])


def _short(frames: list[int]) -> str:
    """[3, 4, 5, 9] as "3-5 9"."""
    runs: list[list[int]] = []
    for frame in frames:
        if runs and frame == runs[-1][1] + 1:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _long(text: str) -> list[int]:
    found: list[int] = []
    for run in text.split():
        first, _, last = run.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


class _Frame(NamedTuple):
    number: int
    time: int
    protocol: int
    data: bytes


class _Call:
    """A datagram of a system call: of which socket, and whether it was sent, received, or told to a group."""

    def __init__(self, told: Told, ports: dict[int, int | None]) -> None:
        assert told.delivery
        assert told.delivery.socket is not None
        self.told, self.delivery, self.socket = told, told.delivery, told.delivery.socket
        sent = told.delivery.way == "to-kernel" or (
            told.delivery.way == "between" and told.delivery.sender == ports[self.socket]
        )
        self.what = "sent" if sent else "told" if told.delivery.group else "received"
        self.start, self.end, self.data = told.began_ns, told.ended_ns, told.data
        self.cut = told.length > len(told.data)


@dataclass(frozen=True)
class _Window:
    """A call, and when the frame of it may have been recorded."""

    call: _Call
    low: int
    high: int


def find_owners(capture: Path, log: StraceLog) -> tuple[Truth, list[Told]]:
    """Put calls and frames together; also returns the calls of which the capture has no frame."""
    found, lost = _match(capture, log)
    return found.truth(), [call.told for call in lost]


def find_frames(capture: Path, log: StraceLog) -> tuple[list[tuple[Told, int]], list[Told]]:
    """The same, but the frame of each call."""
    found, lost = _match(capture, log)
    return [(call.told, frame) for call, frame in found.frames], [call.told for call in lost]


def _match(capture: Path, log: StraceLog) -> tuple[_Matcher, list[_Call]]:
    frames = _frames(capture)
    by_bytes: dict[tuple[int, bytes], list[_Frame]] = defaultdict(list)
    for frame in frames:
        by_bytes[frame.protocol, frame.data].append(frame)
    calls: dict[tuple[int, bytes], list[_Call]] = defaultdict(list)
    lost: list[_Call] = []
    begin, end = frames[0].time, frames[-1].time
    ports = {socket.number: socket.port for socket in log.sockets}
    found_calls = [_Call(told, ports) for told in log.datagrams]
    for call in found_calls:
        protocol = call.told.protocol
        if protocol not in SEEN or call.end < begin or call.start > end:
            continue
        key = (protocol, call.data)
        if call.cut and key not in by_bytes:
            whole = {item.data for item in frames if item.protocol == protocol and item.data.startswith(call.data)}
            key = (protocol, min(whole, default=b""))
        if key in by_bytes:
            calls[key].append(call)
        else:
            lost.append(call)
    found = _Matcher(log, found_calls)
    order = sorted(calls, key=lambda key: calls[key][0].what == "sent")  # answers narrow down when a request was sent
    for key in order:
        lost += found.match(by_bytes[key], calls[key])
    return found, lost


def _frames(capture: Path) -> list[_Frame]:
    frames: list[_Frame] = []
    for message in Stream(capture, make_decoder()):
        if not frames or frames[-1].number != message.frame:
            data = bytes(message.data[message.start :])
            frames.append(_Frame(message.frame, message.time_ns, message.protocol, data))
    return frames


class _Matcher:
    """Collects which frame is whose."""

    def __init__(self, log: StraceLog, calls: list[_Call]) -> None:
        self._ports = {socket.number: socket.port for socket in log.sockets}
        self._made = {socket.number: socket.made_ns or 0 for socket in log.sockets}
        self._owners: dict[int, Owner] = {}
        self.frames: list[tuple[_Call, int]] = []
        self._alike: list[list[int]] = []
        self._answers: dict[tuple[int, bytes], list[int]] = defaultdict(list)  # (socket, seq): when it was answered
        self._sends: dict[tuple[int, bytes], list[int]] = defaultdict(list)
        for call in calls:
            if call.what == "sent":
                for span in walk_messages(call.data, 0, "<"):
                    self._sends[call.socket, call.data[span.start + 8 : span.start + 12]].append(call.start)

    def truth(self) -> Truth:
        """All that was found, sockets in the order of their making."""
        owners = [self._owners[number] for number in sorted(self._owners, key=lambda number: self._made[number])]
        for owner in owners:
            for frames in (owner.sent, owner.received, owner.told):
                frames.sort()
        return Truth(owners, sorted(self._alike))

    def match(self, frames: list[_Frame], calls: list[_Call]) -> list[_Call]:
        """Match frames and calls of the same bytes; returns the calls that are left over."""
        windows = sorted(map(self._window, calls), key=lambda window: (window.high, window.low))
        left = sorted(frames, key=lambda frame: frame.time)
        lost: list[_Call] = []
        pairs: list[tuple[_Frame, _Window]] = []
        for window in windows:
            # The call that must end first takes the first frame that it may: if all can be served, so all are.
            # Answers are read soon; news may wait for their reader, and an answer has the bytes of older news.
            near = reversed(left) if window.call.what == "received" else left
            taken = next((frame for frame in near if window.low <= frame.time <= window.high), None)
            if taken is None:
                lost.append(window.call)
                continue
            left.remove(taken)
            pairs.append((taken, window))
            self._take(taken, window.call)
        self._note_alike(pairs)
        return lost

    def _window(self, call: _Call) -> _Window:
        high = call.end + _CLOCKS_NS
        key = (call.socket, call.data[8:12])
        if call.what == "sent":
            # The first answer comes behind the request.
            answers = [time for time in self._answers[key] if time >= call.start - _CLOCKS_NS]
            return _Window(call, call.start - _CLOCKS_NS, min([high, *answers]))
        low = self._made[call.socket] - _CLOCKS_NS
        if call.what == "received":
            low = max([low, *(time - _CLOCKS_NS for time in self._sends[key][:1])])
        return _Window(call, low, high)

    def _take(self, frame: _Frame, call: _Call) -> None:
        self.frames.append((call, frame.number))
        port = self._ports[call.socket]
        owner = self._owners.setdefault(call.socket, Owner(call.delivery.process, call.told.protocol, port))
        getattr(owner, call.what).append(frame.number)
        if call.what == "received":
            self._answers[call.socket, call.data[8:12]].append(frame.time)

    def _note_alike(self, pairs: list[tuple[_Frame, _Window]]) -> None:
        """Frames of different sockets that could as well be the other's. Copies of one multicast always are."""
        open_pairs = sorted((pair for pair in pairs if pair[1].call.what != "told"), key=lambda pair: pair[0].time)
        groups: list[list[int]] = []
        for (one, of_one), (two, of_two) in pairwise(open_pairs):
            exchangeable = of_two.low <= one.time <= of_two.high and of_one.low <= two.time <= of_one.high
            if exchangeable and of_one.call.socket != of_two.call.socket:
                if groups and groups[-1][-1] == one.number:
                    groups[-1].append(two.number)
                else:
                    groups.append([one.number, two.number])
        self._alike += groups
