"""Keeps what was made of dissectors from one run to the next, under the user's cache directory.

The name of a file is a hash of what it was made from and of the format, and it begins with a hash of itself: a cache
that is stale is never found, one that is damaged is made again. Nothing in it is ever needed.
"""

from __future__ import annotations

import contextlib
import marshal
import os
from typing import Any

try:
    # What hashlib gives for this name; hashlib itself also loads OpenSSL, which takes as long as all the rest here.
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

# A new number when the meaning of what is cached changes. How it is written is marshal's, of which there are versions.
_FORMAT = b"nlsniff dissector cache 3, marshal %d\n" % marshal.version
_DIGEST = 16
_MOST_FILES = 400


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


def cached(key: bytes) -> Any | None:
    """What was stored under a key, or None when there is nothing or it is damaged."""
    try:
        with open(os.path.join(cache_dir(), key.hex()), "rb") as file:
            data = file.read()
        # Who may write here may as well write the compiled Python that is run, which is marshal's, too.
        return marshal.loads(data[_DIGEST:]) if data[:_DIGEST] == digest(data[_DIGEST:]) else None  # noqa: S302
    except (OSError, ValueError, EOFError, TypeError):
        return None


def store(key: bytes, value: Any) -> Any:
    """Keep a value under a key, where the disk allows it, and return it as it will be read back: as JSON has it."""
    import tempfile  # noqa: PLC0415  most runs store nothing

    import orjson  # noqa: PLC0415

    value = orjson.loads(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))
    data = marshal.dumps(value)
    # A cache that cannot be written costs time, never an answer.
    with contextlib.suppress(OSError):
        folder = cache_dir()
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(digest(data) + data)
        os.replace(name, os.path.join(folder, key.hex()))
        _prune(folder)
    return value


def _prune(folder: str) -> None:
    """Forget the oldest half when there are too many: whoever works on a dissector leaves a file for every change."""
    found = [entry for entry in os.scandir(folder) if entry.is_file()]
    if len(found) > _MOST_FILES:
        for entry in sorted(found, key=lambda entry: entry.stat().st_mtime)[: len(found) // 2]:
            with contextlib.suppress(OSError):
                os.unlink(entry.path)
