"""Texts that tell netlink, strace logs and hex, as capture files: read as if a capture were compressed so."""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.file.write import open_writer
from nlsniff.wire.comments import TEXT
from nlsniff.wire.constants import UNKNOWN_PROTOCOL
from nlsniff.wire.cooked import cooked_header
from nlsniff.wire.delivery import delivery_comment
from nlsniff.wire.names import protocol_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nlsniff.file.info import Severity
    from nlsniff.file.told import Told
    from nlsniff.file.write import Writer

    # The likely protocol of each datagram, UNKNOWN_PROTOCOL where none fits.
    Guess = Callable[[Sequence[bytes]], Sequence[int]]

_CALL = re.compile(
    rb"^(>[> ]{0,8})?(?:\[pid +\d{1,10}[^\]\n]{0,40}\] |\d{1,10}(?:<[^>\n]{0,40}>)? +)?(?:[\d:.+]{1,30} +){0,2}"
    rb"(?:[a-z_][a-z_0-9]{1,30}\([^\n]*(?:\) += (?:-?\d|\?|0x)| <unfinished \.\.\.>)|<\.\.\. [a-z_0-9]{1,30} resumed>)",
    re.MULTILINE,
)
_QUOTE = re.compile(rb"(?:> ?){1,8}")
_LOOKED_AT = 1 << 16  # bytes at the beginning in which a strace log shows
_LONGEST = 1 << 24  # bytes that a line may have
_THREAD = re.compile(r"\.\d{1,10}\Z")  # how the name of a log ends that `strace -ff` wrote


@dataclass
class ToldText:
    """What a text tells.

    Attributes:
        kind: `strace log` or `hex text`.
        datagrams: in order; the protocol of each is known.
        notes: what could not be read, and what was guessed, how bad.
    """

    kind: str
    datagrams: list[Told] = field(default_factory=list)
    notes: list[tuple[Severity, str]] = field(default_factory=list)

    def write_to(self, writer: Writer) -> None:
        """Add all datagrams to a capture."""
        for told in self.datagrams:
            said = delivery_comment(told.delivery) if told.delivery is not None else ""
            head = cooked_header(told.protocol)
            comment = "\n".join(filter(None, (said, told.comment)))
            writer.write(told.time_ns, head + told.data, len(head) + told.length, comment)

    def capture(self) -> bytes:
        """The same as a pcapng file."""
        stream = io.BytesIO()
        with open_writer(stream, "pcapng", application="nlsniff", comments=[TEXT]) as writer:
            self.write_to(writer)
        return stream.getvalue()


def read_text(
    name: str, logs: Sequence[tuple[str, Iterable[bytes]]], protocol: int | None = None, guess: Guess | None = None
) -> ToldText | None:
    """Read a strace log, of which there may be several parts, or hex text; None for what is neither.

    Args:
        name: what to call it in messages.
        logs: the name of each part, and its lines.
        protocol: of which netlink protocol datagrams are where the text does not say; None has `guess` find out.
        guess: finds the protocol out.

    Raises:
        NlsniffError: there is nothing to read in a strace log, or no protocol fits.
    """
    begun = [(part, *_begin(lines)) for part, lines in logs]
    calls = {part: call for part, head, _ in begun if (call := _CALL.search(head)) is not None}
    text = ToldText("strace log" if calls else "hex text")
    if calls:
        quoted = any(call[1] for call in calls.values())
        traces = [(part, map(_unquoted, lines) if quoted else lines) for part, _, lines in begun if part in calls]
        _add_strace(name, text, traces)
    hexes = [(part, lines) for part, head, lines in begun if part not in calls and head.strip()]
    _add_hex(text, hexes, several=len(begun) > 1)
    if not text.datagrams:
        return None
    _settle(name, text, protocol, guess)
    return text


def _add_strace(name: str, text: ToldText, logs: Sequence[tuple[str, Iterable[bytes]]]) -> None:
    from nlsniff.file.strace import read_strace

    log = read_strace(logs)
    if not log.datagrams:
        why = log.notes[0] if log.notes else "no call on a netlink socket is in it"
        raise NlsniffError(f"{name}: is a strace log without a netlink datagram: {why}")
    text.datagrams += log.datagrams
    text.notes += [("note", note) for note in log.notes]


def _add_hex(text: ToldText, parts: list[tuple[str, Iterator[bytes]]], *, several: bool) -> None:
    from nlsniff.file.hexdump import read_hex

    for part, lines in parts:
        found = read_hex(lines)
        front = f"{part}: " if several else ""
        if several and not found.datagrams:
            text.notes.append(("warning", f"{part}: is no strace log, and holds no hex of 16 bytes or more"))
        text.datagrams += found.datagrams
        text.notes += [(severity, front + note) for severity, note in found.notes]


def _settle(name: str, text: ToldText, protocol: int | None, guess: Guess | None) -> None:
    """Give each datagram its protocol, and say where that was guessed.

    Raises:
        NlsniffError: no protocol fits any of them.
    """
    unsaid = [told for told in text.datagrams if told.protocol < 0]
    if protocol is not None:
        for told in text.datagrams:
            if told.protocol < 0 or told.delivery is None:  # a cooked header may be part of what was pasted
                told.protocol = protocol
    elif unsaid:
        _guess(name, text, unsaid, guess)
    text.datagrams = [told for told in text.datagrams if told.protocol >= 0]


def _guess(name: str, text: ToldText, unsaid: list[Told], guess: Guess | None) -> None:
    found = list(guess([told.data for told in unsaid])) if guess is not None else [UNKNOWN_PROTOCOL] * len(unsaid)
    for told, number in zip(unsaid, found, strict=True):
        told.protocol = number
    names = [protocol_name(number) for number in found if number >= 0]
    if not names and len(unsaid) == len(text.datagrams):
        wrong = next((note for severity, note in text.notes if severity != "note"), "")
        why = f" ({wrong})" if wrong else ""
        raise NlsniffError(f"{name}: is {text.kind}, but no netlink protocol fits it{why}; give it by --protocol")
    counted = " and ".join(f"{names.count(each)} as {each}" for each in dict.fromkeys(names))
    if names:
        text.notes.append(("note", f"no protocol is said; read by what fits best: {counted} (--protocol gives it)"))
    if lost := found.count(UNKNOWN_PROTOCOL):
        text.notes.append(("warning", f"{lost} datagrams are left out that no protocol fits (--protocol gives it)"))


def _begin(lines: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first lines joined, and all of them again."""
    source = iter(lines)
    head: list[bytes] = []
    size = 0
    for line in source:
        head.append(line)
        size += len(line)
        if size > _LOOKED_AT:
            break
    return b"".join(head)[: 2 * _LOOKED_AT], chain(head, source)


def _unquoted(line: bytes) -> bytes:
    return line[quote.end() :] if (quote := _QUOTE.match(line)) is not None else line


def lines_of(read: Callable[[], bytes]) -> Iterator[bytes]:
    """Lines with their ends, of at most 16 MiB, out of pieces; b"" ends them."""
    rest: list[bytes] = []
    size = 0
    while piece := read():
        *lines, last = piece.split(b"\n")
        for line in lines:
            yield b"".join((*rest, line, b"\n"))
            rest, size = [], 0
        rest.append(last)
        size += len(last)
        if size > _LONGEST:
            yield b"".join(rest)
            rest, size = [], 0
    if any(rest):
        yield b"".join(rest)


def logs_at(path: str) -> list[str]:
    """The logs of `strace -ff` that a folder holds, or whose names begin with a path that is no file; [] where none."""
    folder, prefix = (path, "") if os.path.isdir(path) else os.path.split(path)  # noqa: PTH112
    try:
        names = os.listdir(folder or ".")  # noqa: PTH208  pathlib takes longer to import than a small capture to read
    except OSError:
        return []
    found = [name for name in names if _THREAD.search(name) and (not prefix or _THREAD.sub("", name) == prefix)]
    return list(filter(_is_log, (os.path.join(folder, name) for name in sorted(found))))  # noqa: PTH118


def _is_log(path: str) -> bool:
    try:
        with io.FileIO(path) as stream:
            return _CALL.search(stream.read(_LOOKED_AT) or b"") is not None
    except OSError:
        return False
