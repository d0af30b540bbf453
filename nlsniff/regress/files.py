"""The files of goldens: their names, and how they are written."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.file.zstd import compress
from nlsniff.regress.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.regress.model import Transcript

TEXT = ".nlt"
CAPTURES = (".pcapng", ".pcapng.zst")
NEW = ".new"
REPORT = "report.json"  # beside what a run left
FAILED = ".failed"  # in the name of a capture that is not as expected
GOLDEN = "golden "  # a comment of a text that may become a golden says which,
FIRST = "new golden "  # and that there was none

_PLAIN_LIMIT = 100_000  # bytes of a capture that is stored as it is
_TEXT_LIMIT = 64 << 20
_ENDINGS = (".gz", ".zst", ".pcapng", ".pcap")


@dataclass(frozen=True, slots=True)
class GoldenFiles:
    """A golden: its text, and its capture, which may be absent."""

    text: Path

    @property
    def capture(self) -> Path | None:
        """The capture that is there; None without one.

        Raises:
            NlsniffError: there are two.
        """
        there = [path for path in self._captures() if path.exists()]
        if len(there) > 1:
            raise NlsniffError(f"{self.text}: has two captures, {there[0].name} and {there[1].name}: remove one")
        return there[0] if there else None

    def read(self) -> Transcript:
        """The text.

        Raises:
            NlsniffError: it cannot be read.
        """
        return read_text(self.text)

    def stored(self) -> bytes | None:
        """The capture as it is in its file; None without one."""
        path = self.capture
        return None if path is None else _bytes(path)

    def propose(self, folder: Path, text: str, data: bytes, base: Path | None = None) -> list[Path]:
        """Write what the golden would be into another folder, for `nlsniff accept`; returns the files.

        Args:
            folder: where to.
            text: of the golden.
            data: the capture.
            base: the folder that the golden's name is relative to; None is the working folder.
        """
        head, _, rest = text.partition("\n")
        level, _, rest = rest.partition("\n")
        here = base or Path.cwd()
        whole = self.text.absolute()
        target = whole.relative_to(here) if whole.is_relative_to(here) else whole
        what = GOLDEN if self.text.exists() else FIRST
        named = f"# {what}{target}\n" if str(target).isprintable() else ""  # else it is for the folder that it is in
        said = f"{head}\n{level}\n{named}{rest}"
        packed, ending = _packed(data)
        stem = self.text.name.removesuffix(TEXT)
        files = {folder / f"{stem}{TEXT}{NEW}": said.encode(), folder / f"{stem}{ending}{NEW}": packed}
        write_all(files)
        return list(files)

    def _captures(self) -> Iterator[Path]:
        stem = self.text.name.removesuffix(TEXT)
        return (self.text.with_name(f"{stem}{ending}") for ending in CAPTURES)


def leave_capture(folder: Path, name: str, data: bytes) -> Path:
    """Write a capture without secrets into a folder, as `NAME.failed.pcapng`, to be looked at; returns the file."""
    packed, ending = _packed(data)
    path = folder / f"{name}{FAILED}{ending}"
    write_all({path: packed})
    return path


def capture_name(source: str) -> str:
    """What a capture is called without its folder and what says its format."""
    return stem_of(source) if source != "-" else "standard-input"


def pair_of(golden: Path, source: str) -> GoldenFiles:
    """The golden that is meant for a capture: a file, or of a folder the one with the capture's name.

    Raises:
        NlsniffError: there can be none.
    """
    if golden.name.endswith(TEXT) and not golden.is_dir():
        return GoldenFiles(golden)
    if golden.is_file():
        raise NlsniffError(f"{golden}: is no golden: name its text, which ends in {TEXT}, or a folder of goldens")
    if source == "-":
        raise NlsniffError(f"{golden}: is a folder; for standard input name the golden itself, NAME{TEXT}")
    return GoldenFiles(golden / f"{stem_of(source)}{TEXT}")


def stem_of(source: str) -> str:
    """The name of a capture without what says its format."""
    name = Path(source).name
    for ending in _ENDINGS:
        if len(name) > len(ending):
            name = name.removesuffix(ending)
    return name


def read_text(path: Path) -> Transcript:
    """Read a transcript.

    Raises:
        NlsniffError: it cannot be read, or is none.
    """
    return transcript_in(_bytes(path), str(path))


def transcript_in(data: bytes, name: str) -> Transcript:
    """Read a transcript from its bytes; `name` is what errors call it.

    Raises:
        NlsniffError: they are none.
    """
    if len(data) > _TEXT_LIMIT:
        raise NlsniffError(f"{name}: has {len(data)} bytes; a transcript has at most {_TEXT_LIMIT}")
    try:
        return parse(data.decode(), name)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NlsniffError(f"{name}:{line}: a transcript is UTF-8, and this line is not") from None


def publish(pair: GoldenFiles, text: str, data: bytes | None) -> list[Path]:
    """Write a golden, and its capture unless that is None, each whole or not at all; returns the files."""
    files: dict[Path, bytes] = {}
    old = pair.capture
    if data is not None:
        packed, ending = _packed(data)
        files[pair.text.with_name(pair.text.name.removesuffix(TEXT) + ending)] = packed
    files[pair.text] = text.encode()
    write_all(files)
    if data is not None and old is not None and old not in files:
        old.unlink()
    return list(reversed(files))


def write_all(files: dict[Path, bytes]) -> None:
    """Write files, of which each gets its name when it is whole.

    Raises:
        NlsniffError: one cannot be written.
    """
    umask = os.umask(0)
    os.umask(umask)
    for path, data in files.items():
        target = path.resolve()
        if target.exists() and not target.is_file():
            raise NlsniffError(f"{path}: is no file, which the output would replace")
        scratch = None
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
            scratch = Path(name)
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            scratch.chmod(0o666 & ~umask)
            scratch.replace(target)
        except OSError as error:
            raise NlsniffError(f"{path}: cannot be written: {error.strerror}") from None
        finally:
            if scratch is not None:
                scratch.unlink(missing_ok=True)


def _packed(data: bytes) -> tuple[bytes, str]:
    """A capture as it is stored, and the end of its name."""
    return (data, CAPTURES[0]) if len(data) <= _PLAIN_LIMIT else (compress(data), CAPTURES[1])


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NlsniffError(f"{path}: cannot be read: {error.strerror}") from None
