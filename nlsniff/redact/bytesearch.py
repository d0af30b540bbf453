"""Find many byte strings in a large file, in one pass over it, however many they are.

A copy of a string of n bytes holds a whole word of w bytes at a multiple of s, wherever it begins: n >= w + s - 1. So
it is enough to look up each such word of the file in a table of the words that the strings have at each of s shifts.
What stands at a word of the table is one of the strings if its hash is.
"""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator

# Bytes that are looked at together; a multiple of 8.
_CHUNK = 1 << 20
# Shorter text in base64 is found by chance.
_CODED = 12
# So many strings have a word for each shift, and the file is gone through once. More would take too much memory: they
# have one word each, and the file is gone through once for each shift.
_FEW = 10_000
# Strings that share a word have it at so many places, by their lengths; any more are taken to stand at that word.
_SHAPES = 32
# Of a longer string so many bytes are looked at, around the word.
_LOOKED_AT = 128

# Where a word is in a string, and how long that is.
_Shape = tuple[int, int]
_Table = dict[int, tuple[_Shape, ...]]


class Needles:
    """Byte strings to be looked for, as they are and written in hex or base64.

    Of the strings nothing is kept but hashes and words: about 700 bytes of each, however long it is.
    """

    def __init__(self) -> None:
        self._known: set[int] = set()  # hashes of the strings
        self._hashes: set[int] = set()  # of what is looked for
        self._tables: dict[tuple[int, int], _Table] = {}  # by width and step of the words
        self._same: dict[tuple[_Shape, ...], tuple[_Shape, ...]] = {}

    def __len__(self) -> int:
        """How many different strings there are."""
        return len(self._known)

    def add(self, secret: bytes, fill: int) -> None:
        """Look for these bytes, too: at least 4.

        Not where they say nothing: all zero (which stands for no key), or what they would be overwritten with.
        """
        if hash(secret) in self._known or not secret.strip(b"\0") or not secret.strip(bytes((fill,))):
            return
        self._known.add(hash(secret))
        text = secret.hex().encode()
        # Of base64 the whole groups: the last one depends on what follows.
        coded = base64.b64encode(secret)[: len(secret) // 3 * 4]
        for needle in {secret, text, text.upper(), *((coded,) if len(coded) >= _CODED else ())}:
            few = len(self._known) <= _FEW
            width = 8 if len(needle) >= (15 if few else 8) else 4
            step = width if few and len(needle) >= 2 * width - 1 else 1
            self._place(needle, width, step)

    def find(self, data: mmap.mmap | bytes) -> Iterator[tuple[int, int]]:
        """Where they stand, as [start, end), in no particular order; data may be changed between two results."""
        for (width, step), table in self._tables.items():
            for base in range(0, len(data), _CHUNK):
                for at in range(base, base + width, step):
                    yield from self._look_up(data, at, width, table)

    def _place(self, needle: bytes, width: int, step: int) -> None:
        """Put a string's words into the table, and what has to stand around them into the hashes."""
        table = self._tables.setdefault((width, step), {})
        for shift in range(step):
            place = _telling(needle, range(shift, len(needle) - width + 1, step), width)
            word = int.from_bytes(needle[place : place + width], "little")
            shape, shapes = (place, len(needle)), table.get(word, ())
            if len(shapes) == _SHAPES and shape not in shapes:
                shape, shapes = (0, width), ()
                self._hashes.add(hash(needle[place : place + width]))
            if shape not in shapes:
                shapes = (*shapes, shape)
                table[word] = self._same.setdefault(shapes, shapes)
            self._hashes.add(hash(needle[_looked_at(place, len(needle))]))

    def _look_up(self, data: mmap.mmap | bytes, base: int, width: int, table: _Table) -> Iterator[tuple[int, int]]:
        """Look up the words of one chunk, one after another."""
        chunk = data[base : base + _CHUNK]
        whole = len(chunk) // width
        words = struct.unpack(f"<{whole}{'Q' if width == 8 else 'I'}", chunk[: whole * width])
        if table.keys().isdisjoint(words):
            return
        for index, word in enumerate(words):
            for place, length in table.get(word, ()):
                start = base + index * width - place
                looked_at = _looked_at(place, length)
                found = data[max(start, 0) + looked_at.start : start + looked_at.stop]
                if start >= 0 and hash(found) in self._hashes:
                    yield start, start + length


def _telling(needle: bytes, places: range, width: int) -> int:
    """The place of a word that says much, of some: a key may begin with zeros, as half the file does."""
    best = most = 0
    for place in places:
        different = len(set(needle[place : place + width]))
        if different > most:
            best, most = place, different
            if different >= width - 2:
                break
    return best


def _looked_at(place: int, length: int) -> slice:
    """What of a string is looked at where a word of it was found."""
    start = max(0, min(place - _LOOKED_AT // 2, length - _LOOKED_AT))
    return slice(start, min(length, start + _LOOKED_AT))
