"""A program on a terminal of its own, as a user would have it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
import time
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Sequence


class Terminal:
    """A program on a pseudo-terminal of 120 by 36; `said` is what it wrote, `pid` its process."""

    def __init__(self, command: Sequence[str], **environment: str) -> None:
        self.said = ""
        self._screen = pyte.Screen(120, 36)
        self._stream = pyte.ByteStream(self._screen)
        self.pid, self._master = pty.fork()
        if not self.pid:
            size = {"COLUMNS": "120", "LINES": "36"}
            os.environ.update({"TERM": "xterm-256color", "COLORTERM": "truecolor", **size, **environment})
            os.execvp(command[0], list(command))  # noqa: S606  the command is ours
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))

    def wait_for(self, text: str, seconds: float = 60) -> None:
        """Read until a text came."""
        stop = time.monotonic() + seconds
        while text not in self.said and time.monotonic() < stop:
            if select.select([self._master], [], [], 0.2)[0]:
                self._read()
        assert text in self.said, self.said[-2000:]

    def settle(self, seconds: float = 0.2) -> bool:
        """Read until it has written nothing for so long; tell whether it closed the terminal."""
        while select.select([self._master], [], [], seconds)[0]:
            if not self._read():
                return True
        return False

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def shows(self, text: str, seconds: float = 60) -> None:
        """Read until a text stands on the screen, where a line may end at any blank of it."""
        stop = time.monotonic() + seconds
        while text not in (shown := self.shown) and time.monotonic() < stop:
            if select.select([self._master], [], [], 0.2)[0]:
                self._read()
        assert text in shown, "\n".join(self._screen.display)

    @property
    def shown(self) -> str:
        """What stands on the screen, with one blank for each run of them."""
        return " ".join(" ".join(self._screen.display).split())

    def hang_up(self) -> None:
        """Close the terminal, as its window would."""
        os.close(self._master)

    def end(self) -> int:
        """Wait for the exit status."""
        while self._read():
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self._master)
        return status

    def _read(self) -> bool:
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return False  # the other side is closed
        self.said += data.decode("utf-8", "replace")
        self._stream.feed(data)
        return bool(data)
