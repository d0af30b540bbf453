"""Find many byte strings in a large file, in one pass over it.

A copy of a string of at least 15 bytes covers a whole word of 8 bytes at a multiple of 8, wherever it begins. So it is
enough to look up each such word of the file in a table of the words that the strings have at each shift. One of 7 bytes
or more does the same with words of 4. Shorter ones are searched for one by one.
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

# A word: the strings that have it and where.
_Table = dict[int, list[tuple[bytes, int]]]


class Needles:
    """Byte strings to be looked for, as they are and written in hex or base64."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._short: set[bytes] = set()
        self._tables: dict[int, _Table] = {4: {}, 8: {}}

    def __len__(self) -> int:
        """How many different strings there are."""
        return len(self._known)

    def add(self, secret: bytes, fill: int) -> None:
        """Look for these bytes, too.

        Not where they say nothing: all zero (which stands for no key), or what they would be overwritten with.
        """
        if secret in self._known or not secret.strip(b"\0") or not secret.strip(bytes((fill,))):
            return
        self._known.add(secret)
        text = secret.hex().encode()
        # Of base64 the whole groups: the last one depends on what follows.
        coded = base64.b64encode(secret)[: len(secret) // 3 * 4]
        for needle in {secret, text, text.upper(), *((coded,) if len(coded) >= _CODED else ())}:
            size = 8 if len(needle) >= 15 else 4
            if len(needle) < 7:
                self._short.add(needle)
                continue
            for shift in range(size):
                # The most telling of the words at this shift: a key may begin with zeros, as half the file does.
                places = range(shift, len(needle) - size + 1, size)
                place = max(places, key=lambda at: len(set(needle[at : at + size])))
                word = int.from_bytes(needle[place : place + size], "little")
                self._tables[size].setdefault(word, []).append((needle, place))

    def find(self, data: mmap.mmap | bytes) -> Iterator[tuple[int, int]]:
        """Where they stand, as [start, end), in no particular order; data may be changed between two results."""
        for size, table in self._tables.items():
            for base in range(0, len(data), _CHUNK) if table else ():
                yield from _look_up(data, base, size, table)
        for needle in self._short:
            at = data.find(needle)
            while at >= 0:
                yield at, at + len(needle)
                at = data.find(needle, at + 1)


def _look_up(data: mmap.mmap | bytes, base: int, size: int, table: _Table) -> Iterator[tuple[int, int]]:
    """Look up the words of one chunk."""
    chunk = data[base : base + _CHUNK]
    words = struct.unpack(f"<{len(chunk) // size}{'Q' if size == 8 else 'I'}", chunk[: len(chunk) // size * size])
    if table.keys().isdisjoint(words):
        return
    for index, word in enumerate(words):
        for needle, place in table.get(word, ()):
            start = base + index * size - place
            if start >= 0 and data[start : start + len(needle)] == needle:
                yield start, start + len(needle)
