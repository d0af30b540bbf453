"""Another file in the place of the one that is shown: its name, completed, and what was opened before."""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.tui import kept
from nlsniff.tui.first_read import is_still, refuse_early
from nlsniff.tui.history import History
from nlsniff.tui.reopened import Reopened

if TYPE_CHECKING:
    from nlsniff.filter.complete import Completion
    from nlsniff.tui.main_screen import MainScreen

_RECENT = 30  # files that are remembered
_CAPTURE = re.compile(r"\.p?cap(ng)?(\.(gz|zst))?$")  # names that are offered first
_LOOKED_AT, _OFFERED = 10_000, 200  # names of a folder


def recent_files() -> History:
    """The files that were opened, whole paths, kept in ~/.local/state/nlsniff/recent."""
    return History(kept.folder("XDG_STATE_HOME", "~/.local/state") / "recent", _RECENT)


def remember(path: str) -> None:
    """Remember a file as the last that was opened; a pipe and what is no regular file are not."""
    file = Path(path).absolute()
    if file.is_file():
        recent_files().add(str(file))


def why_not_open(text: str) -> str:
    """Why there is no file to open under a name, or ""."""
    path = Path(text).expanduser()
    try:
        if path.is_dir():
            return "is a folder: tab completes what is in it"
        if not path.exists():
            return "no such file"
        if not path.is_file():  # opening a pipe would wait for its writer
            return "is no regular file"
        return "" if os.access(path, os.R_OK) else "may not be read"
    except (OSError, ValueError) as error:
        return str(error)


def paths(text: str) -> list[Completion]:
    """What may be meant by the beginning of a path, then the files opened before that have the text in their path."""
    from nlsniff.filter.complete import Completion

    found = dict(_inside(text)) if text else {}
    for path in reversed(recent_files().items):
        if text in path and path != text:
            found.setdefault(path, "opened before")
    return [Completion(path, 0, doc) for path, doc in islice(found.items(), _OFFERED)]


def _inside(text: str) -> list[tuple[str, str]]:
    """The names in a folder that go on as typed, captures first; hidden ones only where a dot was typed."""
    head, slash, name = text.rpartition("/")
    try:
        with os.scandir(Path(head + slash or ".").expanduser()) as entries:
            some = [
                entry
                for entry in islice(entries, _LOOKED_AT)
                if entry.name.startswith(name) and entry.name.isprintable() and (name or entry.name[0] != ".")
            ]
            found = [(f"{head}{slash}{one.name}", one.is_dir(), one) for one in some]
            found.sort(key=lambda item: (not _CAPTURE.search(item[0]), not item[1], item[0]))
            return [
                (path + "/", "folder") if is_dir else (path, f"{one.stat().st_size:,} bytes")
                for path, is_dir, one in found
                if path != text
            ]
    except (OSError, ValueError, RuntimeError):  # of expanduser, where there is no such user
        return []


class Opener:
    """Opens other files. What was recorded and is not kept is asked about first, and the old file stays until then.

    Args:
        screen: in whose place they are shown.
    """

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    def open(self, text: str, home: int | None = None) -> None:
        """Show the file of this name, with the cursor on a message, or note why not."""
        path = Path(text).expanduser().absolute()
        self._screen.saver.leave(lambda: self._show(path, home))

    def _show(self, path: Path, home: int | None) -> None:
        screen = self._screen
        try:
            other = screen.browser.capture.again(str(path))
            try:
                refuse_early(other)
            except NlsniffError:
                other.close()
                raise
        except NlsniffError as error:
            screen.note(str(error), "error")
        else:
            screen.post_message(Reopened(other, "", still=is_still(path), home=home))
