"""The lines of a text with hex in it: what each of them is, without what stands before it in mails and kernel logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of a line: bytes behind an offset and a colon; bytes alone, or behind an offset without one; numbers of a list; a
# string with escapes; the star of hexdump, which stands for lines as the one before; an empty line; anything else.
Kind = Literal["dump", "hex", "numbers", "string", "star", "blank", "words"]


class Digits(NamedTuple):
    """Hex digits of a line, an even number of them, and where they end in it."""

    digits: str
    end: int


class HexRow(NamedTuple):
    """One line, or what of a line stands for itself.

    Attributes:
        number: of the line, from 1.
        kind: what it is.
        text: what `pieces` point into, of a dump what stands behind the offset.
        offset: its digits, of a dump; of a `hex` the first piece, which may be one.
        pieces: the hex digits, of a dump or hex.
        wrong: what stands behind them like hex, and is none; or "".
        numbers: as they are written, of a list.
        data: of a string.
        front: what stands before the hex.
        begins, ends: whether a list or string begins and ends here.
        time_ns: what a time stamp before it or in it says; None without one.
    """

    number: int
    kind: Kind
    text: str = ""
    offset: str = ""
    pieces: tuple[Digits, ...] = ()
    wrong: str = ""
    numbers: tuple[str, ...] = ()
    data: bytes = b""
    front: str = ""
    begins: bool = False
    ends: bool = False
    time_ns: int | None = None


# Of a mail, and of a dump of strace; a line that begins with `>` in a column of characters has hex before it.
_QUOTE = re.compile(r"[ \t]{0,3}(?:[>|][ \t]?){1,8}")
_KERNEL = re.compile(r"(?:<\d{1,3}>)?\[ {0,12}(\d{1,12})\.(\d{6})\](?:\[ {0,8}[TC]\d{1,9}\])? ?")
_CLOCK = re.compile(r"(?:(\d{4})-(\d\d)-(\d\d)[ T])?(\d\d):(\d\d):(\d\d)[.,](\d{1,9})(?!\d)")

_OFFSET = re.compile(
    r"(?:^|[\s:\]])(?:0[xX])?([0-9a-fA-F]{4,16})(?:[ \t]{0,4}<[^<>]{0,80}>)?:[ \t]+(?=(?:0[xX])?[0-9a-fA-F]{2})"
)
# Behind it, what looks like a list or a string is a column of characters.
_FRONT = re.compile(r"\s*(?:0[xX])?[0-9a-fA-F]{2,16}[ \t]+[0-9a-fA-F]{2}(?![^ \t0-9a-fA-F])")
_TOKEN = re.compile(r"[^\s\"'()\[\]{}<>,;=|]+")
_PAIRS = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})+)(?:\.{3,})?")
_SEPARATED = re.compile(r"[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2})+")
_NEARLY = re.compile(r"[0-9a-zA-Z]{2}")
_LEAST = 8  # bytes in a line that has words before them

_CAST = re.compile(r"\((?:byte|char|u8|uint8_t|unsigned char)\)|/\*[^*]{0,200}\*/|//.*")
_LIST = re.compile(r"[\[({<]([^\[\](){}<>]*)([\])}>]?)")
_NUMBER = re.compile(r"(?:-?\d{1,3}|0[xX][0-9a-fA-F]{1,8}|[0-9a-fA-F]{1,2})(?:u8|U|u)?")
_OPEN = frozenset("[{")
_FEW = 4  # numbers of a list that is closed in its line

_OPENS = re.compile(r"(?:^|(?<=[\s(\[{=,:+&$]))(?:b|B|rb|br|u8|L)?([\"'])")
_INSIDE = {
    '"': re.compile(r'(?:[^"\\]|\\.)*'),
    "'": re.compile(r"(?:[^'\\]|\\.)*"),
}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_BARE_ESCAPES = re.compile(r"(?:\\x[0-9a-fA-F]{2}){4,}")
_SIMPLE = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, "e": 27}
_JOINS = frozenset(" \t+\\")

_SECOND = 1_000_000_000


def rows(number: int, line: str, front: str = "") -> Iterator[HexRow]:
    """What a line is; several where it holds several lists or strings. `front` stood before the hex of the last one."""
    text, time_ns = _without_front(line.rstrip())
    stripped = text.strip()
    if not stripped or stripped == "*":
        yield HexRow(number, "star" if stripped else "blank")
        return
    if found := _OFFSET.search(text):
        rest = text[found.end() :]
        pieces, wrong = _pieces(rest, 0)
        yield HexRow(number, "dump", rest, found[1], pieces, wrong, time_ns=time_ns)
        return
    dumped = _FRONT.match(text) or (front and text.startswith(front))
    if not dumped and "\\" in text and (strings := list(_strings(number, text))):
        yield from strings
        return
    if not dumped and (lists := list(_lists(number, _CAST.sub("", text)))):
        yield from lists
        return
    row = _hex(number, text, len(front) if front and text.startswith(front) else 0)
    yield row._replace(time_ns=time_ns) if row else HexRow(number, "words", text, time_ns=time_ns)


def _without_front(line: str) -> tuple[str, int | None]:
    """A line without quoting and kernel's time stamp, and the time that it tells."""
    if quote := _QUOTE.match(line):
        line = line[quote.end() :]
    if stamp := _KERNEL.match(line):
        return line[stamp.end() :], int(stamp[1]) * _SECOND + int(stamp[2]) * 1000
    if (clock := _CLOCK.search(line[:64])) is None:
        return line, None
    year, month, day, hour, minute, second, fraction = clock.groups()
    days = _days(int(year), int(month), int(day)) if year else 0
    seconds = days * 86400 + int(hour) * 3600 + int(minute) * 60 + int(second)
    return line, seconds * _SECOND + int(fraction.ljust(9, "0"))


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970; 0 for what is no date."""
    from datetime import date

    try:
        return max(0, date(year, month, day).toordinal() - date(1970, 1, 1).toordinal())
    except ValueError:
        return 0


# -- hex ---------------------------------------------------------------------------------------------------------------


def _pieces(text: str, at: int) -> tuple[tuple[Digits, ...], str]:
    """The hex from a position on, up to what is none; and that, where it is like hex."""
    found: list[Digits] = []
    end = at
    for token in _TOKEN.finditer(text, at):
        word = token[0]
        if pairs := _PAIRS.fullmatch(word):
            found.append(Digits(pairs[1], token.end()))
        elif _SEPARATED.fullmatch(word):
            found.extend(Digits(word[start : start + 2], token.start() + start + 2) for start in range(0, len(word), 3))
        else:
            near = token.start() - end == 1 and _NEARLY.fullmatch(word) and found and len(found[-1].digits) == 2
            return tuple(found), word if near else ""
        end = token.end()
    return tuple(found), ""


def _hex(number: int, text: str, at: int) -> HexRow | None:
    """A line of hex without a colon behind the offset, if there is an offset at all; words may stand before it."""
    first = True
    skip = 0
    for token in _TOKEN.finditer(text, at):
        if token.start() < skip:
            continue
        odd = first and _is_offset(token[0], text[token.end() : token.end() + 1])
        if odd or _PAIRS.fullmatch(token[0]) or _SEPARATED.fullmatch(token[0]):
            pieces, wrong = _pieces(text, token.end() if odd else token.start())
            size = sum(len(piece.digits) for piece in pieces) // 2
            if odd or size >= _LEAST or (first and _alone(text, token[0], pieces)):
                pieces = (Digits("", token.end()), *pieces) if odd else pieces
                front = text[: token.start()]
                return HexRow(number, "hex", text, _digits(token[0]), pieces, wrong, front=front)
            skip = pieces[-1].end if pieces else 0
        first = False
    return None


def _alone(text: str, word: str, pieces: tuple[Digits, ...]) -> bool:
    """Whether a line holds nothing but hex, and perhaps a column of characters behind it."""
    end = pieces[-1].end
    return len(word) >= 4 or end >= len(text.rstrip(" \t\\;.|")) or text[end : end + 2] == "  "


def _is_offset(word: str, behind: str) -> bool:
    """Whether a line begins with digits that can be no bytes, for their number is odd: the offset of hexdump and od."""
    return len(word) % 2 == 1 and 5 <= len(word) <= 15 and behind in {"", " ", "\t"} and _is_hex(word)


def _is_hex(word: str) -> bool:
    return not word.strip("0123456789abcdefABCDEF")


def _digits(word: str) -> str:
    return word[2:] if word[:2] in {"0x", "0X"} else word


# -- lists of numbers --------------------------------------------------------------------------------------------------


def _lists(number: int, text: str) -> Iterator[HexRow]:
    """Numbers between brackets, also where the list goes on in other lines."""
    found = False
    for part in _LIST.finditer(text):
        numbers = _numbers(part[1])
        closed = bool(part[2])
        if numbers is not None and (
            len(numbers) >= _FEW if closed else bool(numbers) or (part[0] in _OPEN and part.end() >= len(text))
        ):
            found = True
            yield HexRow(number, "numbers", numbers=numbers, begins=True, ends=closed)
    if found:
        return
    inner = text.strip().rstrip(";")
    ends = inner.endswith(("}", "]", ")"))
    inner = inner.rstrip("]});, \t") if ends else inner
    numbers = _numbers(inner)
    if numbers and ("," in text or ends or all(word[:2] in {"0x", "0X"} and len(word) <= 10 for word in numbers)):
        yield HexRow(number, "numbers", numbers=numbers, ends=ends)
    elif ends and not inner:
        yield HexRow(number, "numbers", ends=True)


def _numbers(text: str) -> tuple[str, ...] | None:
    """The numbers of a list; None where there is anything else."""
    words = text.replace(",", " ").replace("'", " ").replace('"', " ").split()
    return tuple(words) if all(_NUMBER.fullmatch(word) for word in words) else None


# -- strings -----------------------------------------------------------------------------------------------------------


def _strings(number: int, text: str) -> Iterator[HexRow]:
    """String literals with escapes. Those with nothing but spaces and `+` between them are one."""
    at = before = 0
    first = len(text) - len(text.lstrip())
    data, begins = b"", False
    while opened := _OPENS.search(text, at):
        inside = _INSIDE[opened[1]].match(text, opened.end())
        assert inside is not None  # noqa: S101  it may be empty
        at = inside.end() + 1
        if len(_escapes(inside[0])) < 1 or at > len(text):
            if at > len(text):
                break
            continue
        joins = bool(data) and _JOINS.issuperset(text[before : opened.start()])
        if data and not joins:
            yield HexRow(number, "string", data=data, begins=begins, ends=True)
            data = b""
        if not joins:
            begins = first < opened.start()
        data += unescaped(inside[0])
        before = at
    if data:
        yield HexRow(number, "string", data=data, begins=begins, ends=bool(text[before:].strip(" \t+\\")))
    elif bare := _BARE_ESCAPES.search(text):
        yield HexRow(number, "string", data=unescaped(bare[0]))


def _escapes(text: str) -> list[str]:
    """The escapes that tell a byte by its number."""
    return [found[0] for found in _ESCAPE.finditer(text) if found[1] or found[2]]


def unescaped(text: str) -> bytes:
    """The bytes of a literal of C, Python, Rust or Go."""
    parts: list[bytes] = []
    at = 0
    for found in _ESCAPE.finditer(text):
        parts.append(text[at : found.start()].encode("latin-1", "replace"))
        at = found.end()
        if found[1] or found[2]:
            parts.append(bytes([(int(found[1], 16) if found[1] else int(found[2], 8)) & 0xFF]))
        else:
            parts.append(bytes([_SIMPLE[found[3]]]) if found[3] in _SIMPLE else found[3].encode("latin-1", "replace"))
    parts.append(text[at:].encode("latin-1", "replace"))
    return b"".join(parts)
