"""Take the secrets out of a capture: overwrite them in a copy of the file, then prove that none is left in it.

The copy keeps every byte that is not blanked, so file format, times, comments and lengths stay as they are.
"""

from __future__ import annotations

import mmap
import tempfile
from array import array
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from nlsniff.decode.classify import is_innocent, judge
from nlsniff.decode.guess import guess_protocols
from nlsniff.errors import NlsniffError
from nlsniff.file.blocks import ENHANCED, INTERFACE, MAGIC, PACKET, SECTION, SIMPLE, STATISTICS
from nlsniff.file.read import FrameReader
from nlsniff.file.sniff import format_of
from nlsniff.redact.bytesearch import Needles
from nlsniff.redact.files import UnreadableError, copy_input, publish, refuse_target
from nlsniff.redact.packets import Packets
from nlsniff.wire.constants import NETLINK_GENERIC
from nlsniff.wire.cooked import BARE, parse_cooked
from nlsniff.wire.nlmsg import HEADER_SIZE, is_control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.wire.nlmsg import Order

    Reader = Callable[[BinaryIO], Iterable[NetlinkMessage]]

# What secrets are overwritten with: "*", which nobody takes for a key, as zeros could be taken for one that is absent.
FILL = 0x2A

# What is shorter is overwritten, but occurs everywhere by chance.
PROVEN = 4

_NAME_RESOLUTION = 4
_READ_BLOCKS = {SECTION, INTERFACE, PACKET, SIMPLE, _NAME_RESOLUTION, STATISTICS, ENHANCED}
# Block types with this bit are nobody's business but the writer's; readers pass over them.
_LOCAL_BLOCK = 0x80000000
# What a truncated record has beside its data: at most the head of a pcapng block.
_RECORD_HEAD = 32


class Blank(NamedTuple):
    """Bytes [start, end) of a redacted file that were overwritten.

    `why` is `key N`, where the same bytes have the same N, counted from 1 in the order of the file; `unread`: nobody
    could read them, or they may be a secret; or `copy`: of a message with a secret where no dissector knows one.
    """

    start: int
    end: int
    why: str


@dataclass(slots=True)
class Redaction:
    """What was done.

    Attributes:
        secrets: how many pieces of messages were overwritten as secrets.
        messages: how many messages had any.
        distinct: how many different secrets of at least 4 bytes the proof looked for.
        unread: parts that could not be read, or may be a secret, by what they are; blanked, or kept where asked to.
        doubted: how many bytes those have.
        copies: messages blanked because a secret stood in them where no dissector knows one.
        blanked: where bytes were overwritten, where that was asked for.
    """

    secrets: int = 0
    messages: int = 0
    distinct: int = 0
    copies: int = 0
    doubted: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    blanked: list[Blank] | None = None


def redact(
    source: str, target: Path, decoder: Decoder, read: Reader, *, keep_unreadable: bool = False,
    linktype: int | None = None, note: bool = False, stream: BinaryIO | None = None,
) -> Redaction:  # fmt: skip
    """Write a capture without its secrets.

    Args:
        source: path of a capture, or "-" for standard input. What is compressed is written plain.
        target: path of the new file. It appears under that name only when the proof has succeeded.
        decoder: whose dissectors say what is secret.
        read: gives the messages of an open capture in order, made with that decoder.
        keep_unreadable: leave what could not be read as it is.
        linktype: as that of `FrameReader`, and with which `read` reads.
        note: keep where bytes were overwritten and why, for `Redaction.blanked`.
        stream: what `source` names, where it was opened, or read, before.

    Raises:
        NlsniffError: the input cannot be read, the output cannot be written, the file is damaged, or a secret would be
            left in the output. There is no output then.
    """
    format_of(target)  # refuses the name of a compressed file; what is written has the format of the source
    refuse_target(source, target)
    try:
        # Without a name, so that no copy with secrets is left whatever happens.
        with tempfile.TemporaryFile(dir=target.parent, buffering=0) as copy:
            copy.name = source if source != "-" else "standard input"  # for who reads it and finds something wrong
            out = cast("BinaryIO", copy)
            protocol = linktype - BARE if linktype is not None and linktype >= BARE else None
            guess = partial(guess_protocols, decoder.registry)
            copy_input(
                source, out, target.parent, keep_unreadable=keep_unreadable, stream=stream, protocol=protocol,
                guess=guess,
            )  # fmt: skip
            if not out.tell():
                raise NlsniffError(f"{source}: is empty")
            with mmap.mmap(out.fileno(), 0) as data:
                redactor = _Redactor(source, out, data, decoder, read, keep=keep_unreadable, linktype=linktype)
                result = redactor.run(note=note)
            publish(out, target)
    except OSError as error:
        raise NlsniffError(f"{target}: cannot be written: {error.strerror}") from None
    return result


class _Redactor:
    """Works on the copy in place."""

    def __init__(
        self, source: str, stream: BinaryIO, data: mmap.mmap, decoder: Decoder, read: Reader, *, keep: bool,
        linktype: int | None,
    ) -> None:  # fmt: skip
        self._source = source
        self._stream = stream
        self._data = data
        self._decoder = decoder
        self._read = read
        self._keep = keep
        self._linktype = linktype
        self._needles = Needles()
        self._result = Redaction()
        self._keys: dict[bytes, int] = {}  # numbers, where they are to be told
        self._offsets = array("Q")  # of the frames
        self._others: list[tuple[int, int]] = []  # start and end of those without netlink
        self._starts = array("Q")  # of the messages, in the file, ascending
        self._ends = array("Q")

    def run(self, *, note: bool) -> Redaction:
        """Do it all, and prove it."""
        if note:
            self._result.blanked = []
        damaged = self._frames()
        if damaged and not self._keep:
            raise UnreadableError(
                self._source, f"is damaged, {damaged}", "; what stands there cannot be judged "
                "(--keep-unreadable leaves it as it is)",
            )  # fmt: skip
        if not damaged:
            self._blocks()
        self._messages()
        for start, end in self._others:
            self._unread(start, end, "frames without netlink")
        self._result.distinct = len(self._needles)
        if self._sweep():
            self._prove()
        return self._result

    def _frames(self) -> str:
        """Find where the frames are, and those without netlink; returns what damage is there beside them."""
        end = before = 0
        self._stream.seek(0)
        with FrameReader(self._stream, linktype=self._linktype) as reader:
            for frame in reader:
                self._offsets.append(frame.offset)
                before, end = end, frame.offset + len(frame.data)
                if parse_cooked(frame.linktype, frame.data) is None:
                    self._others.append((frame.offset, end))
            # A last record that is not whole is one more message that is cut.
            size = len(self._data)
            rest = size - end
            for problem in reader.problems:
                tail = problem.offset >= (before if rest == 0 else end) and rest < _RECORD_HEAD
                if problem.severity == "error" and not tail:
                    return f"{problem.text} (byte {problem.offset})"
        return ""

    def _blocks(self) -> None:
        """Blank the blocks of a pcapng file that nobody here reads: keys of TLS sessions, custom blocks."""
        data = self._data
        order: Order = "<"
        at, size = 0, len(data)
        if data[:4] != SECTION.to_bytes(4):  # the same in either byte order
            return
        while size - at >= 12:
            order = MAGIC.get(data[at + 8 : at + 12], order) if data[at : at + 4] == SECTION.to_bytes(4) else order
            endian: Literal["little", "big"] = "little" if order == "<" else "big"
            kind = int.from_bytes(data[at : at + 4], endian)
            length = int.from_bytes(data[at + 4 : at + 8], endian)
            if length < 12:
                return
            if kind not in _READ_BLOCKS and at + length <= size:
                self._unread(at + 8, at + length - 4, "blocks of pcapng")
                if not self._keep:
                    data[at : at + 4] = (kind | _LOCAL_BLOCK).to_bytes(4, endian)
            at += length

    def _messages(self) -> None:
        """Overwrite what the dissectors call secret, and what they cannot read."""
        result, needles, decoder, packets = self._result, self._needles, self._decoder, Packets()
        self._stream.seek(0)
        for message in self._read(self._stream):
            base = self._offsets[message.frame - 1]
            self._starts.append(base + message.start)
            self._ends.append(base + message.end)
            ctx = decoder.context(message.protocol, message.data, message.order, message.number)
            for start, end in packets.contents(message):
                self._unread(base + start, base + end, "contents of packets")
            if is_innocent(decoder, ctx, message):
                continue
            pieces = judge(decoder, ctx, message, message.root).pieces
            keys = [piece for piece in pieces if piece.grade == "key"]
            for start, end, _ in keys:
                self._fill(base + start, base + end, self._key(message.data[start:end]))
                if end - start >= PROVEN:
                    needles.add(message.data[start:end], FILL)
            result.secrets += len(keys)
            result.messages += bool(keys)
            for start, end, grade in pieces:
                if grade != "key":
                    self._unread(base + start, base + end, _label(message))

    def _unread(self, start: int, end: int, label: str) -> None:
        """Blank what could not be read, if it is not to be kept and was not blanked before."""
        if any(byte != FILL for byte in self._data[start:end]):
            self._result.unread[label] += 1
            self._result.doubted += end - start
            if not self._keep:
                self._fill(start, end, "unread")

    def _key(self, data: bytes) -> str:
        """Why a key is overwritten, with its number where that is to be told."""
        if self._result.blanked is None:
            return "key"
        if not data.strip(bytes([FILL])):
            return "unread"  # this was redacted before, and may have been any key
        return f"key {self._keys.setdefault(data, len(self._keys) + 1)}"

    def _fill(self, start: int, end: int, why: str) -> None:
        self._data[start:end] = bytes((FILL,)) * (end - start)
        if self._result.blanked is not None:
            self._result.blanked.append(Blank(start, end, why))

    def _sweep(self) -> bool:
        """Blank messages that hold a secret where no dissector knows one; returns whether there were any."""
        found = False
        for start, end in self._needles.find(self._data):
            found = True
            for number in self._overlapped(start, end):
                head = min(self._starts[number] + HEADER_SIZE, self._ends[number])
                if head < end and any(byte != FILL for byte in self._data[head : self._ends[number]]):
                    self._fill(head, self._ends[number], "copy")
                    self._result.copies += 1
        return found

    def _overlapped(self, start: int, end: int) -> Iterator[int]:
        """The messages, by index, that have bytes in [start, end)."""
        number = max(bisect_right(self._starts, start) - 1, 0)
        while number < len(self._starts) and self._starts[number] < end:
            if self._ends[number] > start:
                yield number
            number += 1

    def _prove(self) -> None:
        """Look at the finished file for every secret once more.

        Raises:
            NlsniffError: one is there.
        """
        for start, _end in self._needles.find(self._data):
            number = bisect_right(self._offsets, start)
            place = f"in or behind frame {number}" if number else "before the first frame"
            raise NlsniffError(
                f"{self._source}: not redacted: a secret also stands at byte {start}, {place}, outside of every "
                "message's body (a comment, a header, or chance); take that out first, then redact again"
            )


def _label(message: NetlinkMessage) -> str:
    """What a person is told that a message is."""
    if message.headless:
        return "rests that are no message"
    if is_control(message.protocol, message.type):
        return f"{message.type_name} of {message.protocol_name}"
    if message.protocol == NETLINK_GENERIC and message.family is None:
        return f"generic family {message.type}"
    return message.type_name
