"""The file that a reader writes, and the next one when that is due."""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING, BinaryIO, cast

from nlsniff.wire.comments import CALM, device_comment

if TYPE_CHECKING:
    from nlsniff.capture.device import Device
    from nlsniff.capture.plan import RecordPlan
    from nlsniff.file.write import Writer


class Sink:
    """The present file of a capture.

    Attributes:
        writer: writes it.
    """

    writer: Writer

    def __init__(self, plan: RecordPlan, device: Device) -> None:
        self._plan = plan
        self._device = device
        self._until = math.inf
        self._before = (0, 0)
        self._frames_before = self._cut_before = 0

    @property
    def frames(self) -> int:
        """Frames written into this file and those before."""
        return self._frames_before + self.writer.frames

    @property
    def cut(self) -> int:
        """How many of these frames lack bytes."""
        return self._cut_before + self.writer.cut

    def begin(self, number: int) -> None:
        """Begin a file on a descriptor, which is closed with it.

        Raises:
            NlsniffError: it cannot be written.
        """
        from nlsniff.file.write import open_writer  # in the parent it would cost start-up time

        system = os.uname()
        self._stream = cast("BinaryIO", os.fdopen(number, "wb", buffering=0))
        self.writer = open_writer(
            self._stream,
            self._plan.format,
            interface=self._device.name,
            comments=self._comments(),
            hardware=system.machine,
            os=f"{system.sysname} {system.release}",
            application="nlsniff",
        )
        self.writer.flush()
        if self._plan.next_duration is not None:
            self._until = time.monotonic() + self._plan.next_duration

    def _comments(self) -> list[str]:
        """What the file says of the recording: which device is ours, and whether the namespace was calm."""
        device = [device_comment(self._device.index)] if self._device.index else []
        return [*device, CALM] if self._plan.calm else device

    def end(self, received: int, dropped: int) -> None:
        """End it with the kernel's counts, of which those of the files before are taken off."""
        before, self._before = self._before, (received, dropped)
        self._frames_before, self._cut_before = self.frames, self.cut
        self.writer.close(received=received - before[0], dropped=dropped - before[1])
        self._stream.close()

    def due_in(self) -> float:
        """Return in how many seconds the next file is due: 0 if it is, infinity if nothing but its size decides."""
        size = self._plan.next_filesize
        if size is not None and self.writer.bytes >= size:
            return 0.0
        return max(0.0, self._until - time.monotonic())
