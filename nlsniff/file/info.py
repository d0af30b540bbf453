"""What a capture file says beside its frames, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from nlsniff.terminal import escape
from nlsniff.wire.comments import CALM, TEXT
from nlsniff.wire.cooked import BARE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.wire.nlmsg import Order

Severity = Literal["error", "warning", "note"]

# A hostile file can be damaged at every second record; a person reads the first few, memory must stay flat.
KEPT_PROBLEMS = 1000

LINKTYPE_NAMES = {
    0: "BSD loopback",
    1: "Ethernet",
    101: "raw IP",
    105: "802.11",
    113: "Linux cooked",
    127: "802.11 radiotap",
    253: "netlink",
    276: "Linux cooked v2",
}


class FileProblem(NamedTuple):
    """What is wrong with a file.

    An `error` lost bytes or had to guess, a `warning` is what a correct writer does not write, though it could be read,
    a `note` is worth knowing. `offset` counts bytes of the decompressed file.
    """

    severity: Severity
    offset: int
    text: str

    def __str__(self) -> str:
        """The line that a person is shown."""
        if self.offset < 0:
            return f"{self.severity}: {self.text}"
        return f"{self.severity} at byte {self.offset}: {self.text}"


class RecordedBy(NamedTuple):
    """What a section of a pcapng file says of who wrote it: operating system and program, as texts, or ""."""

    os: str = ""
    application: str = ""


class Interface:
    """What a file says about one interface; a pcap file has exactly one.

    Attributes:
        number: counts from 0 through all sections of the file, as `Frame.interface` does.
        linktype: LINKTYPE_* of its frames, -1 where the file lost the description; what the user said goes before both.
        snaplen: longest capture of a frame in bytes, 0 for no limit.
        name, description, filter, os, hardware, comments: texts, empty where the file does not say.
        resolution: time stamps per second (10**9 for nanoseconds).
        offset_s: seconds added to each time stamp (if_tsoffset).
        received, dropped, os_dropped: counters of the last statistics block (isb_ifrecv, isb_ifdrop, isb_osdrop),
            None where the file does not say.
        order: byte order of the file's own headers in its section.
        recorder: who wrote the section.
    """

    def __init__(
        self, number: int, linktype: int, snaplen: int = 0, *, resolution: int = 1_000_000, order: Order = "<"
    ) -> None:
        self.number = number
        self.linktype = linktype
        self.snaplen = snaplen
        self.resolution = resolution
        self.order: Order = order
        self.name = self.description = self.filter = self.os = self.hardware = ""
        self.offset_s = 0
        self.recorder = RecordedBy()
        self.received: int | None = None
        self.dropped: int | None = None
        self.os_dropped: int | None = None
        self.comments: list[str] = []

    def __repr__(self) -> str:
        words = (f"<Interface {self.number}", escape(self.name), self.linktype_name)
        return " ".join(filter(None, words)) + ">"

    @property
    def calm(self) -> bool:
        """Whether IPv6 did nothing by itself where it was recorded (`nlsniff record --calm`)."""
        return CALM in self.comments

    @property
    def linktype_name(self) -> str:
        """The link type in words."""
        if self.linktype >= BARE:
            return "bare netlink"
        return LINKTYPE_NAMES.get(self.linktype, f"link type {self.linktype}" if self.linktype >= 0 else "unknown")


def total(interfaces: Sequence[Interface], counter: str) -> int | None:
    """The sum of a counter (`received`, `dropped`, `os_dropped`) over some interfaces; None where none says it."""
    told = [count for interface in interfaces if (count := getattr(interface, counter)) is not None]
    return sum(told) if told else None


class FileInfo:
    """Collects what the parsers learn: shared by them and `FrameReader`, which shows it to callers.

    Args:
        linktype: what the frames are, whatever the file says; None to believe the file.

    Attributes:
        recorder: who wrote the section that is being read.
        ends: where packet blocks end whose first length is wrong, by the offset of their data; the first thousand.
    """

    def __init__(self, linktype: int | None = None) -> None:
        self.format = ""
        self._linktype = linktype
        self.interfaces: list[Interface] = []
        self.recorder = RecordedBy()
        self.problems: list[FileProblem] = []
        self.ends: dict[int, int] = {}

    def add(self, interface: Interface) -> Interface:
        """Take the next interface of the file, and have its frames read as the user says; returns it."""
        if self._linktype is not None and TEXT not in interface.comments:
            interface.linktype = self._linktype
        interface.recorder = self.recorder
        self.interfaces.append(interface)
        return interface

    def report(self, severity: Severity, offset: int, text: str) -> None:
        """Keep a problem, of the first thousand."""
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(FileProblem(severity, offset, text))
