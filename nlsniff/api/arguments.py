"""What the public functions take, as the parts of the house want it; what means nothing is refused in one line."""

from __future__ import annotations

import io
import os
import warnings
from typing import TYPE_CHECKING, BinaryIO

from nlsniff.errors import BadArgumentError
from nlsniff.filter.compile import compile_filter
from nlsniff.reader import make_decoder
from nlsniff.terminal import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.decode.decoder import Decoder
    from nlsniff.filter.filter import Filter

Path = str | os.PathLike[str]


def source_of(source: Path | BinaryIO) -> Path | BinaryIO:
    """What a capture is read from.

    Raises:
        BadArgumentError: it is neither a path nor a binary stream.
    """
    if isinstance(source, io.TextIOBase):
        raise BadArgumentError('captures are bytes: open the stream in binary mode, "rb"')
    if not isinstance(source, str | os.PathLike) and not hasattr(source, "read"):
        kind = type(source).__name__
        raise BadArgumentError(
            f"a capture is a path or a binary stream, not {kind}; io.BytesIO(data) makes one of bytes"
        )
    return source


def decoder_of(specs: Path | Iterable[Path], *, show_secrets: bool) -> Decoder:
    """A decoder with more dissectors, folders or files, or one of these; what cannot be used of them is warned of.

    Raises:
        NlsniffError: one of them does not exist.
    """
    decoder = make_decoder([specs] if isinstance(specs, str | os.PathLike) else specs, show_secrets=show_secrets)
    for line in decoder.registry.complaints:
        warnings.warn(one_line(line), stacklevel=3)
    return decoder


def filter_of(text: str | None, decoder: Decoder) -> Filter | None:
    """A display filter by its text; None without one.

    Raises:
        FilterError: it cannot be used.
        BadArgumentError: it is no text.
    """
    if text is not None and not isinstance(text, str):
        raise BadArgumentError(f"a filter is a text, not {type(text).__name__}")
    return compile_filter(text, decoder.registry) if text else None
