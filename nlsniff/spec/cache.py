"""Keeps what was made of dissectors from one run to the next, under the user's cache directory.

The name of a file is a hash of what it was made from and of the format, and it begins with a hash of itself: a cache
that is stale is never found, one that is damaged is made again, and so is one that somebody else could have written.
Nothing in it is ever needed.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import re
import stat
from typing import Any

try:
    # What hashlib gives for this name; hashlib itself also loads OpenSSL, which takes as long as all the rest here.
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

# A new number when the meaning of what is cached changes. How it is written is marshal's, of which there are versions.
_FORMAT = b"nlsniff dissector cache 5, marshal %d\n" % marshal.version
_DIGEST = 16
_MOST_FILES = 400
# On Windows a file's mode and owner say nothing, and folders of a user are closed to others.
HAS_USERS = hasattr(os, "geteuid")
_HALF_WRITTEN = "unfinished-"  # what a process that was killed left
_OURS = re.compile(rf"[0-9a-f]{{{2 * _DIGEST}}}|{_HALF_WRITTEN}.*")


def digest(*parts: bytes) -> bytes:
    """A short hash of some bytes, by which the cache knows them."""
    found = blake2b(_FORMAT, digest_size=_DIGEST)
    for part in parts:
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.digest()


def cache_dir() -> str:
    """Where compiled dissectors are kept: ~/.cache/nlsniff, or as NLSNIFF_CACHE or XDG_CACHE_HOME says."""
    own = os.environ.get("NLSNIFF_CACHE")
    if own:
        return own
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "nlsniff")


def cached(key: bytes) -> dict[str, Any] | None:
    """What was stored under a key; None when there is nothing, or nothing that can be trusted."""
    try:
        with open(os.path.join(cache_dir(), key.hex()), "rb", opener=open_itself) as file:
            if not _is_ours(os.fstat(file.fileno())):
                return None
            data = file.read()
        if data[:_DIGEST] != digest(data[_DIGEST:]):
            return None
        # Whoever may write this file may as well write the compiled Python that is run, which is marshal's, too.
        found = marshal.loads(data[_DIGEST:])  # noqa: S302
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def is_in_our_folder(path: str) -> bool:
    """Whether a folder is ours, or can be made without leaving it in a folder of somebody else's.

    sudo may keep HOME, and what root leaves there its owner can neither change nor use. root's own folders are open to
    whoever may write there (/tmp).

    Raises:
        OSError: that cannot be looked up.
    """
    if not HAS_USERS:
        return True
    path = above = os.path.abspath(path)
    while not os.path.isdir(above):
        above = os.path.dirname(above)
    owner = os.stat(above).st_uid
    return owner == os.geteuid() or (owner == 0 and above != path)


def open_itself(path: str, flags: int) -> int:
    """Open a file by its own name only, and without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _is_ours(found: os.stat_result) -> bool:
    """Whether nobody else can have written a file: ours or root's, regular, and closed to group and others."""
    mode = found.st_mode
    if not HAS_USERS:
        return stat.S_ISREG(mode)
    return stat.S_ISREG(mode) and found.st_uid in {os.geteuid(), 0} and not mode & (stat.S_IWGRP | stat.S_IWOTH)


def store(key: bytes, value: Any) -> Any:
    """Keep a value under a key, where the disk allows it, and return it as it will be read back: as JSON has it."""
    import tempfile

    import orjson

    value = orjson.loads(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))
    data = marshal.dumps(value)
    # A cache that cannot be written costs time, never an answer.
    with contextlib.suppress(OSError):
        folder = cache_dir()
        if not is_in_our_folder(folder):
            return value
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=_HALF_WRITTEN, dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(digest(data) + data)
        os.replace(name, os.path.join(folder, key.hex()))
        _prune(folder)
    return value


def _prune(folder: str) -> None:
    """Forget the oldest half when there are too many: whoever works on a dissector leaves a file for every change."""
    found = [entry for entry in os.scandir(folder) if _OURS.fullmatch(entry.name)]
    if len(found) > _MOST_FILES:
        for entry in sorted(found, key=lambda entry: entry.stat().st_mtime)[: len(found) // 2]:
            with contextlib.suppress(OSError):
                os.unlink(entry.path)
