"""Hex dumps of a text: which lines belong together, and what bytes they may be."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.file.hexbytes import is_whole, of_numbers, shows, split_row, turned
from nlsniff.file.hexlines import HexRow, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nlsniff.file.hexlines import Kind
    from nlsniff.file.info import Severity

    Notes = list[tuple[Severity, str]]

_WORDS = (4, 8, 16)  # hex digits of words that a dump may show as numbers, and not as bytes in their order
_ADDRESS = 0x10000  # an offset from which on it is an address in memory
_REPEATS = 1 << 20  # bytes that all stars of a text may stand for: a claim of it must not cost more
_APART = 32  # bytes in a line at most, of what a kernel dumps by address
# tcpdump, which has no words for netlink, prints each packet once because of that and again because of -X.
_TWICE = "UNSUPPORTED"


class HexBlock(NamedTuple):
    """A hex dump, list or string.

    Attributes:
        line: where it begins.
        readings: the bytes that it may be, the most likely first.
        clear: it is a dump, list or string by its form; else a row of hex digits, which may be anything.
        time_ns: what a time stamp beside it says, or None.
    """

    line: int
    readings: tuple[bytes, ...]
    clear: bool
    time_ns: int | None


class HexBlocks:
    """The blocks of a text; iterating gives them in order.

    Args:
        lines: of the text.

    Attributes:
        notes: what is wrong, how bad, with its line.
        line: that was read last.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.notes: Notes = []
        self.line = 0
        self._lines = lines
        self._kind: Kind = "blank"  # of the rows that are collected; of none
        self._rows: list[HexRow] = []
        self._repeats = _REPEATS
        self._began_ns: int | None = None  # the time before the rows that are collected
        self._time_ns: int | None = None
        self._words = ""  # of the line before the last dump
        self._last: bytes | None = None  # that dump, where no line stands behind it

    def __iter__(self) -> Iterator[HexBlock]:
        for number, line in enumerate(self._lines, start=1):
            self.line = number
            for row in rows(number, line.decode("utf-8", "replace"), self._rows[-1].front if self._rows else ""):
                yield from self._feed(row)
        yield from self._close()

    def _feed(self, row: HexRow) -> Iterator[HexBlock]:
        kind = row.kind
        if kind in {"blank", "star"}:
            if self._kind in {"dump", "hex"}:
                self._rows.append(row)
            elif kind == "star" or self._kind == "string" or self._is_over():
                yield from self._close()
        elif kind == "words":
            if (
                self._kind != "dump" or self._words or _TWICE in row.text
            ):  # lines of others come between those of a kernel's dump
                yield from self._close()
            self._words, self._last = row.text, None
            self._time_ns = row.time_ns if row.time_ns is not None else self._time_ns
        else:
            if kind != self._kind or not self._goes_on(row):
                yield from self._close()
            if not self._rows:
                self._kind, self._began_ns = kind, self._time_ns
            self._rows.append(row)
            if row.ends and kind == "numbers":
                yield from self._close()

    def _is_over(self) -> bool:
        """Whether a list ended, as an empty line tells where no bracket was open."""
        return not self._rows or not any(row.begins for row in self._rows)

    def _goes_on(self, row: HexRow) -> bool:
        """Whether a row of the same kind belongs to those before it."""
        last = self._rows[-1]
        if row.kind == "dump":
            before = next((item for item in reversed(self._rows) if item.kind == "dump"), row)
            step, address = int(row.offset, 16) - int(before.offset, 16), int(before.offset, 16) >= _ADDRESS
            return step > 0 and not (address and step > _APART)
        return row.kind == "hex" or not (row.begins or last.ends)

    def _close(self) -> Iterator[HexBlock]:
        kind, collected = self._kind, self._rows
        self._kind, self._rows = "blank", []
        if not collected:
            return
        time_ns = next((row.time_ns for row in collected if row.time_ns is not None), self._began_ns)
        line = collected[0].number
        if kind == "string":
            if len(collected) > 1 and not all(is_whole(row.data) for row in collected):
                collected = [collected[0]._replace(data=b"".join(row.data for row in collected))]
            for row in collected:
                yield HexBlock(row.number, (row.data,), clear=True, time_ns=time_ns)
        elif kind == "numbers":
            readings = of_numbers([number for row in collected for number in row.numbers])
            yield HexBlock(line, readings, clear=True, time_ns=time_ns)
        elif kind == "dump":
            readings = self._dump([row for row in collected if row.kind != "blank"], 16)
            if not (_TWICE in self._words and self._last == readings[0]):
                yield HexBlock(line, readings, clear=True, time_ns=time_ns)
            self._last = readings[0]
        elif kind == "hex":
            yield from self._hex(collected, time_ns)

    # -- dumps with offsets ------------------------------------------------------------------------------------------

    def _dump(self, dump: Sequence[HexRow], base: int) -> tuple[bytes, ...]:
        """The bytes of a dump, as they stand and, where it has words, as numbers of the least byte first."""
        plain, swapped = bytearray(), bytearray()
        seen = [0, 0]  # rows whose column of characters shows the bytes as they stand, or turned
        width = 0
        for index, row in enumerate(dump):
            if row.kind == "star":
                continue
            following = next((item for item in dump[index + 1 : index + 3] if item.kind != "star"), None)
            starred = index + 1 < len(dump) and dump[index + 1].kind == "star"
            said = int(following.offset, base) - int(row.offset, base) if following is not None else None
            digits, rest = split_row(row, None if starred else said, width)
            size = sum(map(len, digits)) // 2
            width = max(width, size)
            as_is, as_numbers = bytes.fromhex("".join(digits)), turned(digits)
            if rest:
                seen[0] += shows(as_is, rest)
                seen[1] += shows(as_numbers, rest)
            plain += as_is
            swapped += as_numbers
            if starred and said is not None:
                repeats = min(max(said - size, 0), self._repeats)
                self._repeats -= repeats
                plain += (as_is * (repeats // size + 1))[:repeats] if size else b""
                swapped += (as_numbers * (repeats // size + 1))[:repeats] if size else b""
            elif wrong := self._fault(row, following, size, said):
                self.notes.append(("error", f"line {row.number}: {wrong}; what stands behind that is left out"))
                break
            elif said is not None and following is not None and not _own_pieces(following) and said == size - 1:
                plain, swapped = plain[:-1], swapped[:-1]  # a last word with one byte
        start = int(dump[0].offset, base)
        if 0 < start < _ADDRESS and not is_whole(bytes(plain)) and not is_whole(bytes(swapped)):
            text = f"line {dump[0].number}: the dump begins at offset {start:#x}: what stands before that is missing"
            self.notes.append(("warning", text))
        if swapped == plain or seen[0] > seen[1] or not _has_words(dump):
            return (bytes(plain),)
        return (bytes(swapped),) if seen[1] > seen[0] else (bytes(plain), bytes(swapped))

    @staticmethod
    def _fault(row: HexRow, following: HexRow | None, size: int, said: int | None) -> str:
        """What is wrong with a row of a dump, or ""."""
        if said is None:
            return f"{row.wrong!r} is no hex" if row.wrong else ""
        if size == said or (following is not None and not _own_pieces(following) and said == size - 1):
            return ""
        if row.wrong and size < said:
            return f"{row.wrong!r} is no hex"
        return f"it has {size} bytes, but the offset of line {following.number if following else 0} says {said}"

    # -- without a colon, and perhaps without offsets ----------------------------------------------------------------

    def _hex(self, collected: list[HexRow], time_ns: int | None) -> Iterator[HexBlock]:
        """Rows of hex whose first digits may be offsets."""
        kept = [row for row in collected if row.kind != "blank"]
        base = _base(kept)
        if base:
            for dump in _restarts(kept, base):
                yield HexBlock(dump[0].number, self._dump(dump, base), clear=True, time_ns=time_ns)
            return
        parts = _parts(collected)
        if len(parts) > 1:
            for part in parts:
                yield from self._hex(part, time_ns)
            return
        yield from self._plain(kept, time_ns)

    def _plain(self, kept: list[HexRow], time_ns: int | None) -> Iterator[HexBlock]:
        found: list[tuple[HexRow, list[str]]] = []
        for row in kept:
            digits, _ = split_row(row, None, 0, whole=True)
            found.append((row, digits))
            if row.wrong:
                text = f"line {row.number}: {row.wrong!r} is no hex; what stands behind that is left out"
                self.notes.append(("error", text))
                break
        lines = [bytes.fromhex("".join(digits)) for _, digits in found]
        if len(lines) > 1 and all(map(is_whole, lines)):
            for (row, _), line in zip(found, lines, strict=True):
                yield HexBlock(row.number, (line,), clear=False, time_ns=row.time_ns or time_ns)
            return
        joined = [piece for _, digits in found for piece in digits]
        readings = [b"".join(lines)]
        if len({len(piece) for piece in joined[:-1]} & set(_WORDS)) == 1 == len({len(piece) for piece in joined[:-1]}):
            readings.append(turned(joined))
        if len(kept) == 1 and len(kept[0].offset) >= 4 and len(kept[0].pieces) > 1:
            readings.append(b"".join(bytes.fromhex(piece) for piece in split_row(kept[0], None, 0)[0]))
        yield HexBlock(kept[0].number, tuple(readings), clear=False, time_ns=time_ns)


def _own_pieces(row: HexRow) -> bool:
    """Whether a row of a dump has bytes behind its offset."""
    return len(row.pieces) > (row.kind == "hex")


def _has_words(dump: Sequence[HexRow]) -> bool:
    widths = {len(piece.digits) for row in dump for piece in row.pieces[row.kind == "hex" : -1]}
    return len(widths) == 1 and widths <= set(_WORDS)


def _base(kept: Sequence[HexRow]) -> int:
    """The base of the offsets that rows begin with; 0 where they begin with bytes."""
    offsets = [row for row in kept if row.kind != "star"]
    first = offsets[0].offset
    if any(not _is_hex(row.offset) for row in offsets) or len(first) < 3:
        return 0
    if len(offsets) == 1:
        apart = len(first) % 2 or {len(piece.digits) for piece in offsets[0].pieces[1:-1]} == {2}
        return 16 if apart and not first.strip("0") and _own_pieces(offsets[0]) else 0
    stars = {row.number for before, row in pairwise(kept) if before.kind == "star"}
    steps = list(pairwise(offsets))
    score = {
        base: [_follows(before, row, base, starred=row.number in stars) for before, row in steps]
        for base in (16, 8, 10)
    }
    best = max(score, key=lambda base: sum(score[base]))
    good = sum(map(bool, score[best]))
    if good == len(steps) or (good * 2 > len(steps) and not first.strip("0")):
        return best
    return 0


def _follows(before: HexRow, row: HexRow, base: int, *, starred: bool) -> int:
    """Whether an offset is that behind a row: 0 no, 1 that of its first bytes, 2 of all that may be bytes."""
    try:
        here, there = int(before.offset, base), int(row.offset, base)
    except ValueError:
        return 0
    if there == 0 or (starred and there > here):
        return 1
    size = 0
    for index, piece in enumerate(before.pieces[1:], start=2):
        size += len(piece.digits) // 2
        if size >= there - here:
            fits = size == there - here or (size == there - here + 1 and not _own_pieces(row))
            return fits + (fits and index == len(before.pieces))
    return int(bool(before.wrong) and there > here)


def _is_hex(word: str) -> bool:
    return bool(word) and len(word) <= 16 and not word.strip("0123456789abcdefABCDEF")


def _restarts(kept: Sequence[HexRow], base: int) -> Iterator[list[HexRow]]:
    """The dumps of rows whose offsets begin again."""
    dump: list[HexRow] = []
    last = -1
    for row in kept:
        if row.kind != "star":
            try:
                offset = int(row.offset, base)
            except ValueError:
                continue
            if offset <= last and dump:
                yield dump
                dump = []
            last = offset
        if dump or row.kind != "star":
            dump.append(row)
    if dump:
        yield dump


def _parts(collected: Sequence[HexRow]) -> list[list[HexRow]]:
    """Rows between empty lines and stars."""
    parts: list[list[HexRow]] = [[]]
    for row in collected:
        if row.kind in {"blank", "star"}:
            parts.append([])
        else:
            parts[-1].append(row)
    return [part for part in parts if part]
