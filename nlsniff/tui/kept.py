"""Small files of the user's, kept from one run to the next. Nothing of them is believed, and sudo may keep HOME."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from nlsniff.spec.cache import HAS_USERS, is_in_our_folder, open_itself


def folder(variable: str, default: str) -> Path:
    """Where a kind of file is kept: `nlsniff` in the folder that a variable of XDG names, or in the default one."""
    base = os.environ.get(variable)
    return (Path(base) if base else Path(default).expanduser()) / "nlsniff"


def real(path: Path) -> Path:
    """Where a link of the user's own leads to; another's is not followed."""
    try:
        return path.resolve() if not HAS_USERS or path.lstat().st_uid == os.geteuid() else path
    except OSError:
        return path


def read(path: Path, limit: int) -> bytes:
    """At most so many bytes of a file of the user's or of root's; none of another's.

    Raises:
        OSError: there is none, or it cannot be read.
    """
    with open(path, "rb", opener=open_itself) as file:
        return file.read(limit) if _is_ours(file.fileno()) else b""


def write(path: Path, data: bytes) -> bool:
    """Write a file as a whole; False where the disk or the folder's owner does not allow it."""
    import tempfile

    with contextlib.suppress(OSError):
        if not is_in_our_folder(str(path.parent)):
            return False
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
        return True
    return False


def _is_ours(descriptor: int) -> bool:
    found = os.fstat(descriptor)
    return stat.S_ISREG(found.st_mode) and (not HAS_USERS or found.st_uid in {os.geteuid(), 0})
