"""The files of a redaction: a copy of the input to work on, and the output under its name."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from stat import S_ISDIR, S_ISFIFO, S_ISREG, S_ISSOCK
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.file import CHUNK
from nlsniff.file.read import is_capture
from nlsniff.file.source import ByteSource

if TYPE_CHECKING:
    from typing import BinaryIO

    from nlsniff.file.text import Guess

_MAGIC_SIZE = 4
# Input of unknown length (a pipe, compressed data) is copied up to here: some of it has no end.
ENDLESS = 4 << 30


class UnreadableError(NlsniffError):
    """A capture is damaged, so that what stands in it cannot be judged; `damage` says how, without what to do."""

    def __init__(self, source: str, damage: str, advice: str) -> None:
        super().__init__(f"{source}: {damage}{advice}")
        self.damage = damage


def refuse_target(source: str, target: Path) -> None:
    """Raise NlsniffError where the output would take the place of something else than an old file.

    A rename would put a file in the place of a device, of a pipe, or of the link that leads there.
    """
    try:
        mode = target.stat().st_mode  # of what a link leads to
    except OSError:
        return  # there is none yet; what else is wrong shows when it is made
    if not S_ISREG(mode):
        raise NlsniffError(f"{target}: is {_kind(mode)}, which the output would replace; name a file that is new")
    if source != "-" and Path(source).exists() and target.samefile(source):
        raise NlsniffError(f"{target}: is the capture itself; name another file for the output")


def _kind(mode: int) -> str:
    """What a path is that is no regular file."""
    if S_ISDIR(mode):
        return "a folder"
    return "a pipe" if S_ISFIFO(mode) else "a socket" if S_ISSOCK(mode) else "a device"


def publish(stream: BinaryIO, target: Path) -> None:
    """Give the redacted copy its name, whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            stream.seek(0)
            shutil.copyfileobj(stream, out, CHUNK)
        umask = os.umask(0)
        os.umask(umask)
        scratch.chmod(0o666 & ~umask)
        refuse_target("-", target)  # it may have come meanwhile
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)


def copy_input(
    source: str, target: BinaryIO, folder: Path, *, keep_unreadable: bool, stream: BinaryIO | None = None,
    protocol: int | None = None, guess: Guess | None = None,
) -> None:  # fmt: skip
    """Copy the input, decompressed, into a file of a folder; of a text the capture that it tells.

    What has no end, or is no capture at all, is not copied to the end of the disk. `stream` is what `source` names,
    where it was opened before; `protocol` and `guess` are those of `ByteSource`.
    """
    reader = ByteSource(stream or source, protocol=protocol, guess=guess)
    most, size = 0, 0
    try:
        while chunk := reader.read():
            if not size and not (reader.total and not reader.compressed):
                most = min(ENDLESS, shutil.disk_usage(folder).free // 2)
            size += len(chunk)
            if size > most > 0:
                raise NlsniffError(
                    f"{reader.name}: has more than {most >> 20} MiB and may have no end, so it is not redacted; "
                    "save it as a plain file and redact that"
                )
            rest = memoryview(chunk)
            while rest:
                rest = rest[target.write(rest) :]
            if size == len(chunk) and len(chunk) >= _MAGIC_SIZE and not is_capture(chunk):
                return  # who reads the copy says what it is
        target.write(reader.remains())
        damage = next((damage.text for damage in reader.damages()), reader.shortage())
        damage = damage or next((text for severity, text in reader.notes if severity == "error"), "")
    finally:
        reader.close()
    if damage and not keep_unreadable:
        raise UnreadableError(source, damage, "; use --keep-unreadable to go on with what there is of it")
