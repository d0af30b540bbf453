"""Decompress gzip (RFC 1952) and zstd (RFC 8878) piece by piece, and go on behind damage.

Both formats are a row of parts: members of gzip, frames of zstd. Damage ends a part; what it yielded before is kept.
Then the next part is searched for by its first bytes, and believed once it has yielded something.

Memory does not depend on how well the data was compressed: at most 64 KiB are taken and 256 KiB given at a time, beside
the window that the format refers back to (32 KiB of gzip, at most 128 MiB of zstd).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TAKEN = 1 << 16  # bytes of the compressed file at a time

# The next part may begin before the byte at which damage shows: a cut part runs on into it.
_LOOK_BACK = 1 << 16
# A part behind damage is believed when it yields so many bytes, or ends as it should.
_PROOF = 64
# After so many damaged parts the rest is given up: a hostile file has any number.
_TRIES = 1000


class Damage(NamedTuple):
    """What is wrong with compressed data: `given` bytes were decompressed before."""

    given: int
    text: str


class DamageError(Exception):
    """The part that is being read is damaged here."""


class Unpacker:
    """What both formats have in common: parts, and the search for the next one after damage.

    Args:
        take: the next bytes of the compressed file, b"" when there are none now.
        head: bytes that were taken already.

    Attributes:
        name: `gzip` or `zstd`.
        magic: how a part begins.
        damages: what is wrong, since somebody emptied the list.
    """

    name = ""
    magic = b""

    def __init__(self, take: Callable[[int], bytes], head: bytes) -> None:
        self.damages: list[Damage] = []
        self._take = take
        self._input = head
        self._at = 0  # where in the compressed file `_input` begins
        self._passed = b""  # bytes of this part that stand before `_input`, the last 64 KiB
        self._part_at = 0
        self._inside = False  # a part was begun, and not read to its end
        self._given = 0
        self._lost = -1  # where damage began, while the next part is looked for or not yet believed
        self._unproven: list[bytes] = []
        self._tries = 0
        self._pieces = self._parts()

    @property
    def unfinished(self) -> bool:
        """Whether the file ends, as it is now, inside a part."""
        return self._lost < 0 and (self._inside or bool(self._input))

    @property
    def unread(self) -> int:
        """Bytes at the end of the compressed file, as it is now, of which nothing was decompressed after damage."""
        return self._at + len(self._input) - self._lost if self._lost >= 0 else 0

    def read(self) -> bytes:
        """The next bytes, at most about 256 KiB; b"" when there are none now."""
        while True:
            data = next(self._pieces)
            if data is None:
                more = self._take(_TAKEN)
                if not more:
                    return b""
                self._input += more
                continue
            self._unproven.append(data)
            if self._lost >= 0 and sum(map(len, self._unproven)) >= _PROOF:
                self._believe()
            if self._lost < 0:
                given = b"".join(self._unproven)
                self._unproven.clear()
                self._given += len(given)
                if given:
                    return given

    def _parts(self) -> Iterator[bytes | None]:
        """What all parts yield, which may be no bytes; None where more input is needed."""
        while True:
            try:
                yield from self._part()
            except DamageError as error:
                self._fail(str(error))
                yield from self._search()
            else:
                if self._lost >= 0:
                    self._believe()
            self._inside = False
            yield b""

    def _part(self) -> Iterator[bytes | None]:
        """Read a part to its end, as `_parts`.

        Raises:
            DamageError: from the iteration, where it is damaged.
        """
        raise NotImplementedError

    def _need(self, size: int) -> Iterator[None]:
        """Wait until so many bytes of input are there."""
        while len(self._input) < size:
            yield None

    def _pass(self, size: int) -> bytes:
        """Take so many bytes of the input."""
        taken, self._input = self._input[:size], self._input[size:]
        self._at += size
        self._passed = taken[-_LOOK_BACK:] if size >= _LOOK_BACK else (self._passed + taken)[-_LOOK_BACK:]
        return taken

    def _start(self) -> None:
        """Note that a part begins here."""
        self._part_at = self._at
        self._passed = b""
        self._inside = True

    def _believe(self) -> None:
        """Say what was lost before the part that is being read; from now on its data are given."""
        skipped = self._part_at - self._lost
        if skipped > 0:
            text = f"{skipped} bytes of the compressed file are lost; reading goes on at its byte {self._part_at}"
            self.damages.append(Damage(self._given, text))
        self._lost = -1

    def _fail(self, text: str) -> None:
        """Leave the part that is being read."""
        self._tries += 1
        if self._lost < 0:
            self._lost = self._at
            text = f"the {self.name} data is damaged near byte {self._at} of the compressed file ({text})"
            self.damages.append(Damage(self._given, text))
        self._unproven.clear()
        # What was passed may hold the beginning of the next part, but for the first byte of this one.
        self._input, self._at = self._passed + self._input, self._at - len(self._passed)
        if self._at <= self._part_at:
            self._input, self._at = self._input[1:], self._at + 1

    def _search(self) -> Iterator[None]:
        """Go to the next part; after too many damaged ones to none."""
        while self._tries >= _TRIES or (found := self._input.find(self.magic)) < 0:
            self._drop(max(len(self._input) - len(self.magic) + 1, 0))
            yield None
        self._drop(found)

    def _drop(self, size: int) -> None:
        self._input = self._input[size:]
        self._at += size
        self._passed = b""
        self._part_at = self._at
