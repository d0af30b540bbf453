"""Changes a recording: a bit of a message, a message gone, twice, or in its neighbour's place."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

from nlsniff.decode.decoder import Decoder
from nlsniff.file.read import FrameReader
from nlsniff.file.write import open_writer
from nlsniff.reader import IndexedCapture
from nlsniff.spec.registry import Registry, open_registry
from nlsniff.wire.nlmsg import align

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.file.frame import Frame

    Frames = list[tuple[bytes, Frame]]


@cache
def _registry() -> Registry:
    """The dissectors. To load them takes ten times as long as to read a small capture with them."""
    return open_registry()


def decoder() -> Decoder:
    """A decoder for one capture; all of a test run share their dissectors."""
    return Decoder(_registry())


class Recording:
    """The frames of a capture that is small enough to be kept.

    Attributes:
        capture: it, read to its end.
    """

    def __init__(self, path: Path) -> None:
        reader = FrameReader(str(path))
        self._frames: Frames = [(frame.data, frame) for frame in reader]
        self._interface = reader.interfaces[0]
        self.capture = IndexedCapture(str(path), decoder()).load()

    def flipped(self, message: NetlinkMessage, offset: int, mask: int) -> IndexedCapture:
        """With some bits of a byte of a message changed; the offset counts from the frame's first byte."""
        return self._put(
            message, message.data[:offset] + bytes([message.data[offset] ^ mask]) + message.data[offset + 1 :]
        )

    def replaced(self, message: NetlinkMessage, offset: int, data: bytes) -> IndexedCapture:
        """With other bytes at an offset of its frame, as many as before."""
        return self._put(message, message.data[:offset] + data + message.data[offset + len(data) :])

    def lacking(self, message: NetlinkMessage, node: Node) -> IndexedCapture:
        """Without an attribute of a message that stands in no other attribute."""
        assert node in message.root.children
        assert message.order == "<"
        stop = min(align(node.end), message.end)
        size = message.end - message.start - (stop - node.start)
        data = bytearray(message.data)
        data[message.start : message.start + 4] = size.to_bytes(4, "little")
        del data[node.start : stop]
        return self._put(message, bytes(data))

    def without(self, message: NetlinkMessage) -> IndexedCapture:
        """Without a message, and without its frame where nothing else is in it."""
        frames = list(self._frames)
        data, frame = frames[message.frame - 1]
        rest = data[: message.start] + data[_stop(message) :]
        frames[message.frame - 1 : message.frame] = [] if len(rest) <= self._head(message) else [(rest, frame)]
        return self._read(frames)

    def doubled(self, message: NetlinkMessage) -> IndexedCapture:
        """With a message twice: the second time in a frame of its own, right behind the first."""
        frames = list(self._frames)
        data, frame = frames[message.frame - 1]
        frames.insert(message.frame, (data[: self._head(message)] + data[message.start : _stop(message)], frame))
        return self._read(frames)

    def swapped(self, message: NetlinkMessage, other: NetlinkMessage) -> IndexedCapture:
        """With the next message before a message, each in a frame of its own."""
        frames = list(self._frames)
        if message.frame == other.frame:
            data, frame = frames[message.frame - 1]
            first, second = data[message.start : _stop(message)], data[other.start : _stop(other)]
            frames[message.frame - 1] = data[: message.start] + second + first + data[_stop(other) :], frame
            return self._read(frames)
        here, there = message.frame - 1, other.frame - 1
        (data, frame), (more, last) = frames[here], frames[there]
        frames[here] = data[: message.start] + more[other.start : _stop(other)] + data[_stop(message) :], frame
        frames[there] = more[: other.start] + data[message.start : _stop(message)] + more[_stop(other) :], last
        return self._read(frames)

    def rewritten(self, edit: Callable[[NetlinkMessage, Node], bytes | None]) -> IndexedCapture:
        """With other bytes, as many as before, for each leaf for which `edit` gives some."""
        frames = [(bytearray(data), frame) for data, frame in self._frames]
        for message in map(self.capture.message, range(1, len(self.capture) + 1)):
            for node in message.root.walk():
                if node.kind == "value" and (new := edit(message, node)) is not None:
                    frames[message.frame - 1][0][node.payload : node.end] = new
        return self._read([(bytes(data), frame) for data, frame in frames])

    def _put(self, message: NetlinkMessage, data: bytes) -> IndexedCapture:
        frames = list(self._frames)
        frames[message.frame - 1] = data, frames[message.frame - 1][1]
        return self._read(frames)

    def _read(self, frames: Frames) -> IndexedCapture:
        file = io.BytesIO()
        with open_writer(file, interface=self._interface.name, os=self._interface.recorder.os) as writer:
            for data, frame in frames:
                writer.write(frame.time_ns, data, comment=frame.comment)
        file.seek(0)
        return IndexedCapture(file, decoder()).load()

    @staticmethod
    def _head(message: NetlinkMessage) -> int:
        """Bytes of the cooked header."""
        assert message.start >= 16
        return 16


def _stop(message: NetlinkMessage) -> int:
    return min(align(message.end), len(message.data))
