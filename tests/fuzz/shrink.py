"""Makes an input small that still shows what was found."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60


def shrink(data: bytes, shows: Callable[[bytes], bool], seconds: float = SECONDS) -> bytes:
    """The smallest input found in some time: pieces are left out, half of it first, then bytes become zeros.

    Args:
        data: shows the finding.
        shows: whether another input does.
        seconds: how long it may take.
    """
    until = time.monotonic() + seconds
    size = len(data) // 2
    while size:
        at = 0
        while at < len(data):
            if time.monotonic() > until:
                return data
            smaller = data[:at] + data[at + size :]
            if shows(smaller):
                data = smaller
            else:
                at += size
        size //= 2
    for at, byte in enumerate(data):
        if time.monotonic() > until:
            break
        plain = data[:at] + b"\0" + data[at + 1 :]
        if byte and shows(plain):
            data = plain
    return data
