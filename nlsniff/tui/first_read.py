"""Whether a file is worth a screen: what is no capture of netlink is refused before there is one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.reader import IndexedCapture

# A file that nobody has written to for so many seconds will not grow: what remains of a cut last record is shown.
_STILL = 60.0


def refuse_early(capture: IndexedCapture) -> None:
    """Read a little of a capture.

    Raises:
        NlsniffError: the file is no capture, or nothing in it can be read.
    """
    capture.advance(64)
    read, size = capture.progress()
    if not len(capture) and read >= size > 0:
        capture.index.datagrams.refuse_if_no_netlink()
    if not capture.index.reader.format and read >= size:
        capture.load()  # too short to be told from anything: says so


def is_still(path: Path) -> bool:
    """Whether a file is old enough not to grow any more."""
    try:
        return time.time() - path.stat().st_mtime > _STILL
    except OSError:
        return False
