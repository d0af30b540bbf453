"""What a capture is asked to do, and what it says while it does it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Literal

from nlsniff.file.sniff import format_of

if TYPE_CHECKING:
    from nlsniff.file.sniff import Format

# How to record a command: by an nlmon device, by strace, or by the first of them that there can be.
Via = Literal["auto", "nlmon", "strace"]

STDOUT = "-"


@dataclass(frozen=True)
class RecordPlan:
    """What to capture, into what, and when to stop.

    Attributes:
        target: A path, or "-" for standard output.
        device: An existing nlmon device; None makes one of our own.
        messages: Stop after this many netlink messages (those that describe the capture do not count).
        duration: Stop after this many seconds.
        filesize: Stop once the file has about this many bytes.
        describe: Begin with a dump of the generic netlink families and of the links, so that ids can be resolved.
        names: Find out which process is behind each port id, where the file can hold it.
        groups: Join these multicast groups instead, each (name, protocol, number, optional); see `capture.groups`.
        next_filesize: Begin another file once one has about this many bytes.
        next_duration: Begin another file after this many seconds.
        keep_files: Keep so many files, the last ones.
        files: Stop after this many files.
        calm: IPv6 does nothing by itself in the network namespace, which is made for the capture; see `capture.calm`.
        setup: Commands that run before the capture begins, where it will run; none of them is recorded.

    Raises:
        BadArgumentError: the name of the target is that of a compressed file.
    """

    target: str
    device: str | None = None
    messages: int | None = None
    duration: float | None = None
    filesize: int | None = None
    describe: bool = True
    names: bool = True
    groups: tuple[tuple[str, int, int, bool], ...] = ()
    next_filesize: int | None = None
    next_duration: float | None = None
    keep_files: int | None = None
    files: int | None = None
    calm: bool = False
    setup: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        format_of(self.target)  # refuses what it cannot write, before anything begins

    @property
    def rotates(self) -> bool:
        """Whether it writes several files, one after the other."""
        return self.next_filesize is not None or self.next_duration is not None

    @property
    def format(self) -> Format:
        """The file format that the target's name asks for."""
        return format_of(self.target)


@dataclass
class Stats:
    """How a capture stands.

    Attributes:
        device: The name of the device, once there is one.
        frames: Frames written to the file; `messages` are the netlink messages in them, `own` those of the recorder.
        cut: How many of these frames lack bytes: a single message was too long for a record, or for the ring.
        received: Datagrams that the kernel saw for this capture, those that it dropped included.
        dropped: Datagrams that were lost because the ring was full.
        alive: False once nothing more will be written.
        files: How many files were asked for until now; at the end, how many were written: 0 where a
            command cannot be run.
        error: Why it failed, in one line, or "".
        notes: What could not be recorded, one line each.
    """

    device: str = ""
    frames: int = 0
    messages: int = 0
    own: int = 0
    cut: int = 0
    received: int = 0
    dropped: int = 0
    files: int = 1
    alive: bool = True
    error: str = ""
    notes: list[str] = field(default_factory=list)

    def merge(self, data: bytes) -> bytes:
        """Take over the figures of the lines that `to_line` wrote, and return what follows the last line.

        Any other line is ignored.
        """
        *lines, rest = data.split(b"\n")
        for line in lines:
            with suppress(ValueError):
                values = json.loads(line)
                for one in fields(self):
                    if isinstance(values, dict) and one.name in values:
                        setattr(self, one.name, values[one.name])
        return rest

    def to_line(self) -> bytes:
        """Return all figures as one line of JSON, small enough that a pipe takes it whole or not at all."""
        return json.dumps(asdict(self)).encode() + b"\n"
