"""How the process of the screen takes its memory from the system."""

from __future__ import annotations

import contextlib
import sys
from typing import Final

from nlsniff.file import CHUNK

_M_MMAP_THRESHOLD: Final = -3  # malloc.h
_LARGE: Final = CHUNK + (1 << 12)  # bytes; what is read of a file at a time is less: mapping that would cost time


def map_large_blocks() -> None:
    """Have each large block mapped by itself, so that an array grows in its place and goes back when it is freed.

    Left alone, glibc raises the size from which it maps blocks up to 32 MiB, as such are freed. Then the columns of the
    index grow by copies beside each other, and the holes that they leave were a fifth of all memory at a million
    messages (148 MiB, 117 without). Without glibc nothing changes.
    """
    if sys.platform != "linux":
        return
    import ctypes  # which asks the system what it is

    with contextlib.suppress(OSError, AttributeError):  # musl has no mallopt
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
