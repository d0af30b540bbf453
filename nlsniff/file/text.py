"""Texts that tell netlink, strace logs and hex, as capture files: read as if a capture were compressed so."""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.file.told import UNKNOWN
from nlsniff.file.write import open_writer
from nlsniff.wire.comments import TEXT
from nlsniff.wire.cooked import cooked_header
from nlsniff.wire.delivery import delivery_comment
from nlsniff.wire.names import protocol_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nlsniff.file.info import Severity
    from nlsniff.file.told import Told

    # The likely protocol of each datagram, UNKNOWN where none fits.
    Guess = Callable[[Sequence[bytes]], Sequence[int]]

_CALL = re.compile(
    rb"^(>[> ]{0,8})?(?:\[pid +\d{1,10}[^\]\n]{0,40}\] |\d{1,10}(?:<[^>\n]{0,40}>)? +)?(?:[\d:.+]{1,30} +){0,2}"
    rb"(?:[a-z_][a-z_0-9]{1,30}\([^\n]*(?:\) += (?:-?\d|\?|0x)| <unfinished \.\.\.>)|<\.\.\. [a-z_0-9]{1,30} resumed>)",
    re.MULTILINE,
)
_LOOKED_AT = 1 << 16  # bytes at the beginning in which a strace log shows
_LONGEST = 1 << 24  # bytes that a line may have
_THREAD = re.compile(r"\.\d{1,10}\Z")  # how the name of a log ends that `strace -ff` wrote


@dataclass
class Text:
    """What a text tells.

    Attributes:
        kind: `strace log` or `hex text`.
        datagrams: in order; the protocol of each is known.
        notes: what could not be read, and what was guessed, how bad.
    """

    kind: str
    datagrams: list[Told] = field(default_factory=list)
    notes: list[tuple[Severity, str]] = field(default_factory=list)

    def capture(self) -> bytes:
        """The same as a pcapng file."""
        stream = io.BytesIO()
        with open_writer(stream, "pcapng", application="nlsniff", comments=[TEXT]) as writer:
            for told in self.datagrams:
                said = delivery_comment(told.delivery) if told.delivery is not None else ""
                head = cooked_header(told.protocol)
                comment = "\n".join(filter(None, (said, told.comment)))
                writer.write(told.time_ns, head + told.data, len(head) + told.length, comment)
        return stream.getvalue()


def read_text(
    name: str, logs: Sequence[tuple[str, Iterable[bytes]]], protocol: int | None = None, guess: Guess | None = None
) -> Text | None:
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
    calls = [call for _, head, _ in begun if (call := _CALL.search(head)) is not None]
    if calls or len(begun) > 1:
        quoted = any(call[1] for call in calls)
        text = _strace(name, [(part, map(_unquoted, lines) if quoted else lines) for part, _, lines in begun])
    else:
        from nlsniff.file.hexdump import read_hex

        found = read_hex(begun[0][2])
        if not found.datagrams:
            return None
        text = Text("hex text", found.datagrams, found.notes)
    _settle(name, text, protocol, guess)
    return text


def _strace(name: str, logs: list[tuple[str, Iterable[bytes]]]) -> Text:
    from nlsniff.file.strace import read_strace

    log = read_strace(logs)
    if not log.datagrams:
        why = (
            log.notes[0]
            if log.notes
            else "strace must show calls on sockets with their bytes: -e read=all -e write=all"
        )
        raise NlsniffError(f"{name}: is a strace log without a netlink datagram: {why}")
    return Text("strace log", log.datagrams, [("note", note) for note in log.notes])


def _settle(name: str, text: Text, protocol: int | None, guess: Guess | None) -> None:
    """Give each datagram its protocol, and say where that was guessed.

    Raises:
        NlsniffError: no protocol fits any of them.
    """
    open_ones = [told for told in text.datagrams if told.protocol < 0]
    if protocol is not None:
        for told in text.datagrams if text.kind == "hex text" else open_ones:
            told.protocol = protocol
    elif open_ones:
        guesses = list(guess([told.data for told in open_ones])) if guess is not None else [UNKNOWN] * len(open_ones)
        for told, found in zip(open_ones, guesses, strict=True):
            told.protocol = found
        names = [protocol_name(found) for found in guesses if found >= 0]
        if not names and len(open_ones) == len(text.datagrams):
            wrong = next((note for severity, note in text.notes if severity != "note"), "")
            why = f" ({wrong})" if wrong else ""
            raise NlsniffError(f"{name}: is {text.kind}, but no netlink protocol fits it{why}; give it by --protocol")
        counted = " and ".join(f"{names.count(each)} as {each}" for each in dict.fromkeys(names))
        if names:
            text.notes.append(("note", f"no protocol is said; read by what fits best: {counted} (--protocol gives it)"))
        if lost := guesses.count(UNKNOWN) if isinstance(guesses, list) else list(guesses).count(UNKNOWN):
            text.notes.append(
                ("warning", f"{lost} datagrams that no protocol fits are left out; --protocol reads them")
            )
    text.datagrams = [told for told in text.datagrams if told.protocol >= 0]


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
    return line.lstrip(b"> ") if line.startswith(b">") else line


def lines_of(read: Callable[[], bytes]) -> Iterator[bytes]:
    """Lines, of at most 16 MiB, out of pieces; b"" ends them."""
    rest: list[bytes] = []
    size = 0
    while piece := read():
        lines = piece.split(b"\n")
        rest.append(lines[0])
        size += len(lines[0])
        if len(lines) > 1 or size > _LONGEST:
            yield b"".join(rest)
            yield from lines[1:-1]
            rest = [lines[-1]] if len(lines) > 1 else []
            size = len(rest[0]) if rest else 0
    if rest and any(rest):
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
