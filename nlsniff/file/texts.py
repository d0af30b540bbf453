"""Several texts, strace logs and hex, as one capture."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.file.read import is_capture
from nlsniff.file.sniff import describe, is_text
from nlsniff.file.source import ByteSource
from nlsniff.file.text import ToldText, lines_of, logs_at, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nlsniff.file.text import Guess

_LOOKED_AT = 512


def read_texts(paths: Sequence[str], protocol: int | None = None, guess: Guess | None = None) -> ToldText:
    """Read strace logs, all of one run, and hex texts.

    Args:
        paths: files, "-" for standard input, folders with the logs of `strace -ff`, or what their names begin with.
        protocol: as that of `read_text`.
        guess: as that of `read_text`.

    Raises:
        NlsniffError: one of them cannot be opened, or nothing can be read of it.
    """
    parts = [part for path in paths for part in (logs_at(path) if _may_be_logs(path) else []) or [path]]
    text = read_text(", ".join(paths), [(part, _lines(part)) for part in parts], protocol, guess)
    if text is None:
        raise NlsniffError(f"{paths[0]}: is text, but no strace log, and without hex of 16 bytes or more")
    return text


def _may_be_logs(path: str) -> bool:
    return path != "-" and not os.path.isfile(path)  # noqa: PTH113


def _lines(path: str) -> Iterator[bytes]:
    source = ByteSource(path, texts=False)
    try:
        first = source.read() or source.remains()
        if first and not is_text(first):
            kind = "a capture already" if is_capture(first) else describe(first[:_LOOKED_AT])
            raise NlsniffError(f"{path}: is {kind}, and no text")
        pieces = iter((first,))
        yield from lines_of(lambda: next(pieces, b"") or source.read())
    finally:
        source.close()
