"""From the lines of one strace log to system calls: whose, from when to when, with what, and the bytes dumped below it.

Lines may begin with a process (`[pid 12] `, `12 `, `12<ip> `) and a time of any kind; a call may be told on two lines
(`<unfinished ...>`, `<... resumed>`). What is no line of strace, and the last line of a log cut short, is passed over.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from nlsniff.file.strace_clock import Clock, nanoseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

# What a line begins with: process and its name, time of day, or seconds since 1970 or since the line before, and more.
_HEAD: Final = re.compile(
    r"(?:\[pid +(\d{1,10})(?:<([^<>]*)>)?\] |(?=\S)(\d{1,10})(?:<([^<>]*)>)? +(?![=|]))?"
    r"(?:(\d\d:\d\d:\d\d(?:\.\d{1,9})?) | *(\d{1,12}(?:\.\d{1,9})?) )?(?:\(\+ *[\d.]+\) )?(?:\[[ 0-9a-f]{1,20}\] )*"
)
_CALL: Final = re.compile(r"([a-z_][a-z_0-9]*)\(")
_RESUMED: Final = re.compile(r"<\.\.\. ([a-z_][a-z_0-9]*) resumed>")
_SUPERSEDED: Final = re.compile(r"\+\+\+ superseded by execve in pid (\d{1,10})")
_STATUS: Final = re.compile(r"(-?\d{1,19}|0x[0-9a-f]{1,16}|\?)(.*)", re.DOTALL)
_LASTED: Final = re.compile(r" <(\d{1,9}\.\d{1,9})>\s*$")
_VECTOR: Final = re.compile(r" = \d+ buffers in vector (\d{1,7})")
_OTHER_KIND: Final = re.compile(r"\d+<(?!socket:|NETLINK:|\d|\\x)")
_UNFINISHED: Final = " <unfinished ...>"
_ATTACHED: Final = re.compile(r"strace: Process (\d{1,10}) attached")
_LARGEST_PID: Final = 1 << 22
_LAST_NS: Final = (1 << 63) - 1
_LONGEST_NS: Final = 1_000_000_000  # how long a call may have lasted behind which nothing is logged

STARTS: Final = frozenset({"clone", "clone2", "clone3", "fork", "vfork"})
DATA: Final = frozenset({
    "sendto", "send", "sendmsg", "sendmmsg", "write", "writev", "pwritev2",
    "recvfrom", "recv", "recvmsg", "recvmmsg", "recvmmsg_time64", "read", "readv", "preadv2",
})  # fmt: skip
_OTHERS: Final = frozenset({
    "socket", "bind", "connect", "getsockname", "setsockopt", "close", "close_range", "dup", "dup2", "dup3", "fcntl",
    "fcntl64", "execve", "execveat", "io_uring_setup", "unshare", "getpid", "set_tid_address",
})  # fmt: skip
WANTED: Final = DATA | _OTHERS | STARTS


class Call:
    """One system call of a log.

    Attributes:
        thread: id of the thread, or None where the log does not say it.
        comm: its name, or "".
        start, end: nanoseconds; it ended at `end` at the latest.
        over: when it probably ended, between the two. What `strace -T` says leaves out part of the call.
        first, last: the lines where it begins and ends.
        name, text, status, note: `name(text) = status note`. The status is None where it did not return.
        dumps: the bytes below it, those of each message of sendmmsg and recvmmsg apart; None without any.
    """

    __slots__ = (
        "comm", "dumps", "end", "first", "last", "name", "note", "over", "start", "status", "text", "thread",
    )  # fmt: skip

    def __init__(self, thread: int | None, comm: str, start: int, first: int, name: str, text: str) -> None:
        self.thread, self.comm, self.name, self.text = thread, comm, name, text
        self.start = start
        self.end = self.over = 0
        self.first = self.last = first
        self.status: int | None = None
        self.note = ""
        self.dumps: list[bytearray] | None = None

    def close(self, text: str, now: int, line: int) -> bool:
        """Take the rest of its text, to the end of the line; False where that is no end of a call."""
        whole = self.text + text
        at = whole.rfind(" = ")
        head = whole[:at].rstrip() if at >= 0 else ""
        if not head.endswith(")"):
            return False
        match = _STATUS.match(whole, at + 3)
        if match is None:
            return False
        self.text, self.last = head[:-1], line
        self.status = None if match[1] == "?" else int(match[1], 16 if match[1].startswith("0x") else 10)
        self.note = match[2]
        lasted = _LASTED.search(self.note)
        if now:
            self.end = self.over = max(now, self.start)
        elif lasted is not None:
            self.over = min(self.start + nanoseconds(lasted[1]), _LAST_NS)
        return True

    def before(self, now: int) -> Self:
        """It had ended when the next line was written."""
        self.end = self.end or max(now, self.start)
        self.over = min(self.over, self.end) if self.over else self.end
        return self


class LogReader:
    """Reads the calls of one log.

    Args:
        name: of the file; a number behind its last point is the thread's id, as with `strace -ff`.
        lines: the log.

    Attributes:
        thread: the id in the name, or None.
        timed: "unix", "day", "relative" or "" by what the first call says of its time.
        silent: it has no call, as that of a thread that only waited for others.
        cut: the log ends in the middle of a line or call.
        lines: how many lines were read.
    """

    def __init__(self, name: str, lines: Iterable[bytes]) -> None:
        suffix = name.rpartition(".")[2]
        self.thread = int(suffix) if suffix.isascii() and suffix.isdigit() and len(suffix) < 9 else None
        self.clock = Clock()
        self.cut = False
        self.lines = 0
        self._open: dict[int | None, Call] = {}
        self._broken: Call | None = None  # its end comes behind what strace says of a process that it attached to
        self._attached: set[int] = set()  # processes, all but the first
        self._alive: set[int] = set()  # those that have not exited
        self._began_attached = False
        self._exited: set[int | None] = set()
        self._main: int | None = self.thread
        self._source = iter(lines)
        self._before: list[bytes] = []
        self.silent = True
        for line in self._source:
            self._before.append(line)
            match = _HEAD.match(line.decode("latin-1"))
            if match and (_CALL.match(line.decode("latin-1"), match.end()) or len(self._before) > 100):
                self.clock.learn(self._split(match)[2])
                self.silent = False
                break
        self.timed = self.clock.kind

    @staticmethod
    def _split(match: re.Match[str]) -> tuple[str | None, str, str]:
        """Process, name and time of a line's head; a number alone is a time when no process can have it."""
        pid, comm = match[1] or match[3], match[2] or match[4] or ""
        time = match[5] or match[6] or ""
        if pid is not None and not time and not match[1] and int(pid) > _LARGEST_PID:
            return None, "", pid
        return pid, comm, time

    def calls(self) -> Iterator[Call]:
        """The calls that end in this log and are of use, each at the line of its end."""
        waiting: Call | None = None  # its dump may follow
        keep = False
        raw = b"\n"
        for raw in chain(self._before, self._source):
            self.lines += 1
            if raw[:1] == b" " and raw[1:3] in {b"| ", b"* ", b"= "}:
                if waiting is not None and keep:
                    _add_dump(waiting, raw)
                continue
            text = raw.decode("latin-1")
            match = _HEAD.match(text)
            if match is None:  # never: all of it is optional
                continue
            pid, comm, time = self._split(match)
            now = self.clock.read(time)
            if waiting is not None and (time or not self.timed):
                yield waiting.before(now)
                waiting = None
            call = self._line(text, match.end(), self._whose(pid), comm, now)
            if call is not None:
                if waiting is not None:
                    yield waiting.before(now)
                waiting = call
                keep = call.name in DATA and not _OTHER_KIND.match(call.text)
        if waiting is not None:
            yield waiting.before(waiting.start + (_LONGEST_NS if self.timed else 0))
        self.cut = bool(self._open) or not raw.endswith(b"\n")

    def _whose(self, pid: str | None) -> int | None:
        """The thread of a line; without `-o`, strace names none while there is one alone."""
        if pid is not None:
            number = int(pid)
            if self._attached and self._main is None and number not in self._attached:
                self._main = number
                if (call := self._open.pop(None, None)) is not None:
                    call.thread = number
                    self._open[number] = call
            return number
        is_gone = self._began_attached if self._main is None else self._main in self._exited
        if is_gone and len(self._alive) == 1:
            return next(iter(self._alive))
        return self._main

    def _line(self, text: str, at: int, thread: int | None, comm: str, now: int) -> Call | None:
        """The call that ends on this line, if one does that is of use."""
        begun = _CALL.match(text, at)
        if begun is not None:
            if begun[1] not in WANTED:
                return None
            call = Call(thread, comm, now, self.lines, begun[1], "")
            rest = text[begun.end() :].rstrip("\n")
            if not rest.endswith(_UNFINISHED) and call.close(rest, 0, self.lines):
                return call
            self._leave_open(call, rest)
            return None
        resumed = _RESUMED.match(text, at)
        if resumed is not None:
            open_call = self._open.pop(thread, None)
            if open_call is None:
                open_call, self._broken = self._broken, None
            if open_call is None or open_call.name != resumed[1]:
                return None
            return open_call if open_call.close(text[resumed.end() :].rstrip("\n"), now, self.lines) else None
        if self._broken is not None and thread == self._broken.thread:
            call, self._broken = self._broken, None
            rest = text[at:].rstrip("\n")
            if rest.endswith(_UNFINISHED):
                self._leave_open(call, call.text + rest)
                return None
            return call if call.close(rest, 0, self.lines) else None
        superseded = _SUPERSEDED.match(text, at)
        if superseded is not None and (moved := self._open.pop(int(superseded[1]), None)) is not None:
            self._open[thread], moved.thread = moved, thread
        elif text.startswith("+++ ", at):
            self._open.pop(thread, None)
            self._exited.add(thread)
            if thread is not None:
                self._alive.discard(thread)
        elif (attached := _ATTACHED.match(text, at)) is not None:
            self._attach(attached)
        return None

    def _attach(self, attached: re.Match[str]) -> None:
        self._began_attached = self._began_attached or self.lines == 1
        number = int(attached[1])
        self._attached.add(number)
        if number not in self._exited:
            self._alive.add(number)

    def _leave_open(self, call: Call, rest: str) -> None:
        """Keep a call whose end comes later."""
        if rest.endswith(_UNFINISHED):
            call.text = rest[: -len(_UNFINISHED)]
            self._open[call.thread] = call
        elif call.name in STARTS and (attached := _ATTACHED.search(rest)) is not None:
            call.text = rest[: attached.start()]
            self._broken = call
            self._attach(attached)

    @property
    def starting(self) -> bool:
        """Whether a process is being started whose parent has not yet been told its number."""
        return self._broken is not None or any(call.name in STARTS for call in self._open.values())


def _add_dump(call: Call, raw: bytes) -> None:
    """Take a line of a dump: sixteen bytes, or what tells where those of the next message begin."""
    if call.dumps is None:
        call.dumps = [bytearray()]
    if raw.startswith(b" | "):
        at = raw.find(b"  ", 4, 24)
        if at > 0:
            try:
                call.dumps[-1] += bytes.fromhex(raw[at + 2 : at + 51].decode("ascii"))
            except ValueError:
                return
    elif (vector := _VECTOR.match(raw.decode("latin-1"))) is not None and int(vector[1]) > 0:
        call.dumps.append(bytearray())
