r"""Text as a terminal may have it: what would steer it or lie about lines becomes a visible escape; widths; colours.

A program names its link, its socket and itself as it likes, and a file is called what its sender called it. So no text
that another made reaches a terminal before it was here. The form is that of string literals, and that of quoted values
in display filters: `\n`, `\r`, `\t`; `\xHH` for other controls of ASCII and for a byte that is no UTF-8; `\uHHHH` and
`\UHHHHHHHH` for other characters; `\\` for a backslash, so that no two texts look the same.

Escaped is what Python does not call printable: controls (C0, DEL, C1), line and paragraph separators, marks that turn
the direction of writing, zero-width joiners and byte order marks, blanks other than " ", lone surrogates, and what
Unicode has not assigned or leaves to private use: nobody knows what a terminal makes of these. Combining marks and
variation selectors stay, as scripts need them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Paint = Callable[[str, str], str]  # of a meaning and a text

# All steering of our own outside the screen: a line is written again, and colours (see `LOOKS`).
ERASE = "\r\x1b[K"

_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ASCII, _WIDE = 0x80, 0x10000
_MAYBE_WIDE = re.compile("[^\0-\u036f\u2500-\u257f]").search
_BYTES = range(0xDC80, 0xDD00)  # what `surrogateescape` makes of bytes that are no UTF-8, as in names of files


def escape(text: str) -> str:
    """A text of another's making as it may be shown, in one line; a backslash of its own is doubled."""
    if "\\" not in text and text.isprintable():
        return text
    return "".join([char if char != "\\" and char.isprintable() else _escaped(char) for char in text])


def one_line(words: str) -> str:
    """Words of our own, with texts of others in them, as a line; a backslash stays, as some of them are escaped."""
    if words.isprintable():
        return words
    return "".join([char if char.isprintable() else _escaped(char) for char in words])


def decoded(data: bytes) -> tuple[str, str]:
    r"""Bytes that are text: the text itself, in which bytes that are no UTF-8 stand as `\xHH`; and as it is shown."""
    value = data.decode("utf-8", "backslashreplace")
    if "\\" not in value and value.isprintable():
        return value, value
    return value, escape(data.decode("utf-8", "surrogateescape"))


def _escaped(char: str) -> str:
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if code < _ASCII or code in _BYTES:
        return f"\\x{code & 0xFF:02x}"
    return f"\\u{code:04x}" if code < _WIDE else f"\\U{code:08x}"


# -- JSON ------------------------------------------------------------------------------------------------------------


def json_escape(text: str) -> str:
    r"""JSON without the characters that `escape` escapes: as `\uHHHH` inside its strings they mean the same.

    Args:
        text: JSON without white space between its parts. Blanks other than " " occur in strings alone.
    """
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else _json_escaped(ord(char)) for char in text])


def _json_escaped(code: int) -> str:
    if code < _WIDE:
        return f"\\u{code:04x}"
    high, low = divmod(code - _WIDE, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


# -- columns ---------------------------------------------------------------------------------------------------------


def columns(text: str) -> int:
    """How many columns a terminal uses for a text."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


@lru_cache(maxsize=1024)
def _columns(char: str) -> int:
    from unicodedata import combining, east_asian_width

    return 0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1


def clip(text: str, width: int) -> str:
    """Cut to so many columns; what was cut shows as an ellipsis."""
    # Of Latin letters, and of the lines of which boxes are made, none takes more than one column.
    if (len(text) <= width and not _MAYBE_WIDE(text)) or columns(text) <= width:
        return text
    if text.isascii():
        return f"{text[: max(width - 1, 0)]}…"
    used, out = 0, []
    for char in text:
        used += columns(char)
        if used > width - 1:
            break
        out.append(char)
    return "".join(out) + "…"


def fill(text: str, width: int) -> str:
    """Pad to so many columns."""
    return text + " " * (width - columns(text))


# -- colour ----------------------------------------------------------------------------------------------------------

# The look of each meaning in the sixteen colours that a terminal's user chose, as rich writes styles. They look
# different on every terminal, so meaning leans on bold, dim, underline and reverse as well, and on words everywhere.
LOOKS: Mapping[str, str] = {
    "error": "bold red", "warning": "yellow", "note": "blue", "good": "green", "rejected": "bold reverse red",
    "request": "bold", "reply": "", "ack": "dim", "event": "cyan",
    "name": "cyan", "branch": "bold cyan", "value": "", "secret": "yellow", "padding": "dim", "unknown": "magenta",
    "other": "dim", "dim": "dim", "heading": "bold", "mark": "bold yellow", "match": "bold underline",
    "cooked": "dim", "header": "cyan", "key": "cyan",
    "cursor": "reverse not dim", "cursor-blurred": "underline", "selected": "reverse", "selected-header": "reverse",
}  # fmt: skip
_SGR = {
    "bold": 1, "dim": 2, "underline": 4, "reverse": 7,
    "red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36,
}  # fmt: skip


def coloured(meaning: str, text: str) -> str:
    """A text in the look of a meaning; KeyError for an unknown one, or one of the screen alone."""
    code = _code(meaning)
    return f"{code}{text}\x1b[m" if code and text else text


def plain(_meaning: str, text: str) -> str:
    """A text as it is, in place of `coloured`."""
    return text


@lru_cache(maxsize=32)
def _code(meaning: str) -> str:
    words = LOOKS[meaning].split()
    return f"\x1b[{';'.join([str(_SGR[word]) for word in words])}m" if words else ""


# -- time ------------------------------------------------------------------------------------------------------------


def counted(count: int, what: str, several: str = "") -> str:
    """How many of something: `1 dump`, `1,200 dumps`."""
    return f"{count:,} {what if count == 1 else several or f'{what}s'}"


def duration(nanoseconds: int) -> str:
    """A time span to read: `0.021 ms`, `12.3 s`."""
    if abs(nanoseconds) < 10_000_000_000:
        return f"{nanoseconds / 1e6:.3f} ms"
    return f"{nanoseconds / 1e9:.1f} s"
