"""Where a reader takes its frames from: the ring of an nlmon device. `groups` has the other source."""

from __future__ import annotations

import os
import select
import socket
from typing import TYPE_CHECKING, Final, Protocol

from nlsniff.capture.packet import RETIRE_MS, Ring
from nlsniff.wire.constants import NETLINK_ROUTE, NLMSG_NOOP
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE
from nlsniff.wire.order import NATIVE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nlsniff.capture.packet import RawFrame

_MARK_SECONDS: Final = 5.0


class DatagramSource(Protocol):
    """What a reader asks of a source. It is made where the privilege is, and opened where the frames are read.

    Attributes:
        mark: a message whose coming means that all that was before it has come; b"" where there is none.
    """

    mark: bytes

    def descriptors(self) -> set[int]:
        """The descriptors that it needs."""

    def open(self) -> None:
        """Get ready, in the reader."""

    def watch(self, poller: select.poll) -> None:
        """Have the descriptors polled that tell of frames."""

    def woken(self, events: Mapping[int, int]) -> str:
        """Take note of what poll said; return what went wrong, or ""."""

    def ready(self) -> bool:
        """Tell whether there are frames."""

    def frames(self) -> Iterator[RawFrame]:
        """Give those that are there. They must be taken to the last."""

    def behind(self) -> bool:
        """Tell whether frames come faster than they are read."""

    def held(self) -> int:
        """Return how many calls of `frames` give all that can be there now."""

    def finish(self) -> float:
        """Begin to end; return how many seconds the last frames may take to come, or the mark. 0: they are there."""

    def counts(self, *, mark_lost: bool) -> tuple[int, int]:
        """Return how many frames the kernel had for us, and how many of these were lost."""

    def describe(self) -> bool:
        """Have the next frames say what ids mean, for a file that is begun; tell whether they will.

        Where they will not, the engine has the kernel say it, and it comes as other frames do.
        """


class RingSource(Ring):
    """The frames of an nlmon device: its ring, as a reader wants it."""

    def __init__(self, sock: socket.socket, count: int) -> None:
        super().__init__(sock, count)
        self._lost = False
        self.mark = b""

    def descriptors(self) -> set[int]:
        """The packet socket."""
        return {self._sock.fileno()}

    def watch(self, poller: select.poll) -> None:
        """A block of the ring is ready, or the device is gone."""
        self._poller = poller
        poller.register(self._sock.fileno(), select.POLLIN | select.POLLERR)

    def woken(self, events: Mapping[int, int]) -> str:
        """Somebody may have taken the device down or away."""
        if not events.get(self._sock.fileno(), 0) & select.POLLERR:
            return ""
        code = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self._poller.unregister(self._sock.fileno())
        self._lost = True
        return f"the capture device went away: {os.strerror(code)}"

    def held(self) -> int:
        """Return the number of blocks."""
        return self.count

    def finish(self) -> float:
        """Send a mark.

        A block that is not full comes out only when the kernel's timer has run out twice, so a fixed wait would either
        be long or lose the end of a capture on a busy machine.
        """
        if self._lost:
            return 4 * RETIRE_MS / 1000
        # To the kernel, which passes over NLMSG_NOOP; the capture sees it as it sees every message.
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE) as sock:
            sock.bind((0, 0))
            self.mark = HEADER[NATIVE].pack(HEADER_SIZE, NLMSG_NOOP, 0, os.getpid(), sock.getsockname()[0])
            sock.send(self.mark)
        return _MARK_SECONDS

    def counts(self, *, mark_lost: bool) -> tuple[int, int]:
        """Return the kernel's counts without our mark."""
        self.update()
        # A mark that did not come in time need not be lost, and is then no drop.
        return self.received - bool(self.mark), max(self.dropped - mark_lost, 0)

    def describe(self) -> bool:
        """The engine sees to it."""
        return False
