"""What programs said and heard on their netlink sockets, read from the logs of strace.

`trace_options` says how strace should be called; logs made otherwise are read as far as they go, and `notes` say what
is missing. Nothing raises, whatever the lines hold, and the time is linear in their length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final

from nlsniff.file.strace_lines import STARTS, LogReader
from nlsniff.file.strace_traffic import Traffic
from nlsniff.file.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from nlsniff.file.strace_lines import Call
    from nlsniff.file.strace_programs import NetlinkSocket

_CALLS: Final = (
    "socket,bind,connect,getsockname,setsockopt,sendto,sendmsg,sendmmsg,write,writev,recvfrom,recvmsg,recvmmsg,read,"
    "readv,execve,execveat,clone,clone3,?fork,?vfork,io_uring_setup"
)
_VERSION: Final = re.compile(r"version (\d+)\.(\d+)")


def trace_options(version: str, follow: str = "-f") -> list[str]:
    """The options of strace for a log that holds all: `strace OPTIONS -o LOG COMMAND`.

    Args:
        version: what `strace --version` prints, or ""; older ones know less.
        follow: `-f` for one log of all threads, `-ff` for one each.
    """
    match = _VERSION.search(version)
    known = (int(match[1]), int(match[2])) if match else (0, 0)
    options = [follow, "-y", "-T", "-s", "2", "-e", f"trace={_CALLS}", "-e", "read=all", "-e", "write=all"]
    options += ["-e", "signal=none"]
    if known >= (5, 3):
        options.append("--seccomp-bpf")
    options += ["--absolute-timestamps=format:unix,precision:ns"] if known >= (5, 6) else ["-ttt"]
    return options


@dataclass(slots=True)
class StraceLog:
    """All that was read: datagrams in the order of time, and notes, a line each, of what could not be read.

    The sockets stand in the order in which they were seen; `Delivery.socket` is the number of one.

    A datagram that was sent has the time when its call began, one that was received that when its call had ended.
    """

    datagrams: list[Told] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sockets: list[NetlinkSocket] = field(default_factory=list)


def read_strace(logs: Sequence[tuple[str, Iterable[bytes]]], names: Mapping[int, str] | None = None) -> StraceLog:
    """Read the logs of one run; each is its name (`x.712` as `strace -ff` names them) and its lines.

    The lines of a log are taken one by one, so that they may come from a pipe; those of several logs by turns.

    Args:
        logs: in any order.
        names: those of processes of which the logs show no execve, by their ids.
    """
    readers = [LogReader(name, lines) for name, lines in logs]
    traffic = Traffic(names or {})
    notes: list[str] = []
    timed = [reader.timed for reader in readers if not reader.silent]
    for place, call in _calls(readers):
        traffic.take(call, place)
    told = [
        Told(it.time_ns, it.protocol, it.data, it.length, it.delivery, it.comment, it.began_ns, it.ended_ns)
        for it in traffic.finish()
    ]
    if told:
        notes += _notes_of_time(timed)
    notes += traffic.notes
    cut = [name for (name, _), reader in zip(logs, readers, strict=True) if reader.cut]
    if cut:
        notes.append(f"{_names(cut)}: the log ends in the middle of a call; strace was ended before its programs")
    return StraceLog(told, notes, traffic.sockets)


def _calls(readers: list[LogReader]) -> Iterator[tuple[int, Call]]:
    """All calls with the number of their log; by time where the logs tell one that can be compared."""
    streams = [_in_order(reader) for reader in readers]
    numbered: list[Iterator[tuple[int, Call]]] = [zip(repeat(place), stream) for place, stream in enumerate(streams)]
    if len(numbered) > 1 and all(reader.silent or reader.timed in {"unix", "day"} for reader in readers):
        return merge(*numbered, key=lambda item: item[1].start)
    return _one_after_the_other(readers, numbered)


def _one_after_the_other(
    readers: list[LogReader], numbered: list[Iterator[tuple[int, Call]]]
) -> Iterator[tuple[int, Call]]:
    """Logs without a common time; the clock of each goes on from where the one before stopped."""
    now = 0
    for place in sorted(range(len(readers)), key=lambda place: readers[place].thread or 0):
        reader, stream = readers[place], numbered[place]
        reader.clock.now = max(now, reader.clock.now)
        yield from stream
        now = reader.clock.now


def _in_order(reader: LogReader) -> Iterator[Call]:
    """The calls of a log; those of a new process behind the call that started it, which may end later."""
    known: set[int | None] = set()
    held: dict[int | None, list[Call]] = {}
    for call in reader.calls():
        if call.thread in held or (call.thread not in known and reader.starting):
            held.setdefault(call.thread, []).append(call)
        else:
            yield from _with_children(call, held, known)
        if held and not reader.starting:  # nobody in the log started them
            yield from sorted(chain.from_iterable(held.values()), key=lambda call: call.last)
            known.update(held)
            held.clear()
    yield from sorted(chain.from_iterable(held.values()), key=lambda call: call.last)


def _with_children(call: Call, held: dict[int | None, list[Call]], known: set[int | None]) -> Iterator[Call]:
    """A call, and what those did that it has started."""
    waiting = [call]
    while waiting:
        found = waiting.pop()
        yield found
        known.add(found.thread)
        if found.name in STARTS and found.status:
            known.add(found.status)
            waiting += reversed(held.pop(found.status, []))


def _notes_of_time(kinds: list[str]) -> list[str]:
    """What is not known of the times."""
    notes = []
    if "" in kinds:
        notes.append("the log tells no times (strace -ttt does): datagrams stand in the order of its lines")
    elif "day" in kinds:
        notes.append("the log tells the time of day without a date (strace -ttt tells both): it stands for 1970-01-01")
    elif "relative" in kinds:
        notes.append("the log tells no absolute times (strace -ttt does): they count from its first line")
    if len(kinds) > 1 and not {"unix", "day"}.issuperset(kinds):
        notes.append("nothing tells the order between the logs: they stand one after the other")
    return notes


def _names(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
