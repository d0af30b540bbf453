"""What holds of every input, whatever bytes it has."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import unicodedata
from typing import TYPE_CHECKING, NamedTuple
from unittest import mock

from nlsniff import cli
from nlsniff.decode.decoder import Decoder
from nlsniff.errors import NlsniffError
from nlsniff.file.messages import DatagramReader
from nlsniff.file.read import FrameReader
from nlsniff.reader import IndexedCapture, Stream
from nlsniff.wire.nlmsg import walk_messages
from tests.fuzz.seeds import REGISTRY
from tests.model.compare import compare_capture, told
from tests.support import check_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.wire.nlmsg import Order

STATUSES = {0, 1, 2}


class BrokenError(AssertionError):
    """A promise that an input breaks: `kind` in a word or two, then what was seen."""

    def __init__(self, kind: str, seen: str = "") -> None:
        super().__init__(f"{kind}: {seen}" if seen else kind)
        self.kind = kind


def promise(holds: object, kind: str, seen: str = "") -> None:
    """Raise BrokenError unless something holds."""
    if not holds:
        raise BrokenError(kind, seen)


class Row(NamedTuple):
    """Where a message stands."""

    number: int
    frame: int
    time_ns: int
    protocol: int
    start: int
    end: int
    broken: bool


def parsed(data: bytes, order: Order | None) -> list[Row] | None:
    """The messages by the parsers and the walk alone; None where the file is refused."""
    rows: list[Row] = []
    try:
        datagrams = DatagramReader(FrameReader(io.BytesIO(data)), order)
        for frame, cooked, found in datagrams:
            for span in walk_messages(frame.data, cooked.size, found, cooked.protocol):
                place = span.start, span.end, span.broken
                rows.append(Row(len(rows) + 1, frame.number, frame.time_ns, cooked.protocol, *place))
    except NlsniffError:
        return None
    return rows


def row_of(message: NetlinkMessage) -> Row:
    """Where a message stands that a reader made."""
    place = message.start, message.end, message.broken
    return Row(message.number, message.frame, message.time_ns, message.protocol, *place)


def streamed(data: bytes, order: Order | None, decoder: Decoder | None = None) -> list[NetlinkMessage] | None:
    """The messages of the reader that most commands use; None where the file is refused."""
    try:
        return list(Stream(io.BytesIO(data), decoder or Decoder(REGISTRY), order))
    except NlsniffError:
        return None


def indexed(data: bytes, order: Order | None) -> list[Row] | None:
    """The messages of the reader with an index; None where the file is refused."""
    try:
        with IndexedCapture(io.BytesIO(data), Decoder(REGISTRY), order).load() as capture:
            return [row_of(message) for message in capture]
    except NlsniffError:
        return None


def readers_agree(data: bytes, order: Order | None) -> list[NetlinkMessage]:
    """All ways to read a file list the same messages; returns them."""
    rows, messages = parsed(data, order), streamed(data, order)
    found = None if messages is None else [row_of(message) for message in messages]
    if messages or rows:  # of a file without netlink some say so by refusing it
        promise(rows == found, "sweep and parser part", f"{_first_difference(rows, found)}")
        again = indexed(data, order)
        promise(again == found, "index and sweep part", f"{_first_difference(again, found)}")
    return messages or []


def _first_difference(one: list[Row] | None, other: list[Row] | None) -> str:
    if one is None or other is None:
        return f"{'refused' if one is None else len(one)} and {'refused' if other is None else len(other)}"
    pair = next((pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]), None)
    return f"{pair[0]} and {pair[1]}" if pair else f"{len(one)} and {len(other)} messages"


def trees_hold(messages: list[NetlinkMessage]) -> None:
    """Parts tile their whole, and every byte is counted once."""
    for message in messages:
        try:
            check_tree(message)
        except AssertionError as error:
            raise BrokenError("bytes are not accounted for", f"message {message.number}: {error}") from None
        reached = sum(1 for node in message.root.walk() for item in node.problems if not _inside(message, item.offset))
        promise(not reached, "a problem lies outside its message", f"message {message.number}")


def _inside(message: NetlinkMessage, offset: int) -> bool:
    return message.start <= offset <= message.end


def printable(text: str, kind: str, allowed: str = "\n") -> None:
    """No character reaches a terminal that does anything but show itself."""
    for char in set(text):
        if char not in allowed and unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs"}:
            at = text.index(char)
            raise BrokenError(f"control character in {kind}", ascii(text[max(at - 40, 0) : at + 20]))


def printers_agree(data: bytes, order: Order | None, random: Random) -> None:
    """The fast printer says what the walker says, and nothing that a terminal may not have."""
    try:
        found = compare_capture(REGISTRY, data, order, seed=random.getrandbits(32), show_secrets=random.random() < 0.3)
    except NlsniffError:
        return
    promise(not found.differences, "printer and walker part", told(found.differences, 1))


class Ran(NamedTuple):
    """What a command said."""

    status: int
    out: bytes
    err: str


def run(*argv: str) -> Ran:
    """A command in this process; a mistake of nlsniff comes as its own exception."""
    raw, err = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(raw, "utf-8")
    status = 0
    with (
        mock.patch.object(sys, "stdout", out),
        contextlib.redirect_stderr(err),
        mock.patch.dict(os.environ, {"NLSNIFF_TRACEBACK": "1"}),
    ):
        try:
            cli.main(list(argv))
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
    out.flush()
    return Ran(status, raw.getvalue(), err.getvalue())


def command_holds(*argv: str) -> Ran:
    """A command ends as it should, and what it says is fit for a terminal."""
    ran, name = run(*argv), " ".join([argv[0], *(item for item in argv[2:3] if item != "--endian")])
    promise(ran.status in STATUSES, f"exit status of {name}", str(ran.status))
    try:
        text = ran.out.decode()
    except UnicodeDecodeError as error:
        raise BrokenError(f"output of {name} is no UTF-8", str(error)) from None
    printable(text, f"output of {name}", "\n\t" if "-e" in argv else "\n")  # columns stand between tabs
    printable(ran.err, f"errors of {name}")
    for line in ran.err.splitlines():
        promise(line.startswith("nlsniff: "), f"an error line of {name}", line[:100])
    promise(ran.status != 2 or ran.err, f"{name} refuses without a word")
    if "--json" in argv:
        for line in text.splitlines():
            _json_holds(line, name)
    return ran


def _json_holds(line: str, name: str) -> None:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise BrokenError(f"output of {name} is no JSON", f"{error}: {line[:100]}") from None
    counts = found.get("bytes") if isinstance(found, dict) else None
    if isinstance(counts, dict) and "named" in counts:
        total = counts["named"] + counts["padding"] + counts["unknown"]
        promise(total == counts["total"], "bytes in JSON do not add up", line[:200])


def before_damage(whole: bytes, at: int, order: Order) -> Iterator[Row]:
    """The messages of frames that end before an offset of a file, whatever stands behind it."""
    rows = parsed(whole[:at], order) or []
    last = rows[-1].frame if rows else 0
    return (row for row in rows if row.frame < last)
