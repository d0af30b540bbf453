"""Logs of strace that are tried: recorded ones, damaged."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.file.strace import read_strace
from nlsniff.wire.delivery import delivery_comment, delivery_in
from tests.conftest import ROOT
from tests.fuzz import mutate
from tests.fuzz.promises import promise

if TYPE_CHECKING:
    from random import Random

_PIECES = (
    b" <unfinished ...>\n", b"<... recvmsg resumed>", b"strace: Process 77 attached", b"[pid 77] ", b"99999999999 ",
    b"3<NETLINK:[ROUTE:-5]>", b"3<NETLINK:[99999999999999999999]>", b'"\\x', b"{msg_name={", b"]]]]", b"[[[[", b"=>",
    b" = ", b") = -1 ENOBUFS", b") = 0x7f\n", b"12:00:00.5 ", b"1.5 ", b" = 9 buffers in vector 99999\n", b"-9", b"\0",
    b" | 00000  zz\n", b"sendmmsg(3, [{msg_hdr={msg_iov=[{iov_len=99999999999999999999999}]}}], 1", b"\n",
    b"CLONE_FILES|CLONE_THREAD",
)  # fmt: skip


@functools.cache
def _logs() -> list[bytes]:
    return [path.read_bytes() for path in sorted(Path(ROOT, "tests/file/strace").glob("*.*")) if path.suffix != ".c"]


def strace_text(random: Random) -> bytes:
    """Some lines of a log, moved, cut, and with pieces of others between."""
    lines = random.choice(_logs()).splitlines(keepends=True)
    first = random.randrange(len(lines))
    if random.random() < 0.8:
        lines = lines[:first] + lines[first + random.choice((0, 1, 5)) :]
    lines = lines[: random.choice((20, 100, 400))]
    for _ in range(random.choice((0, 1, 3, 10))):
        at = random.randrange(len(lines))
        line = lines[at]
        place = random.randrange(len(line) + 1)
        lines[at] = random.choice((
            line[:place], line * 2, line[:place] + random.choice(_PIECES) + line[place:], line[place:],
            mutate.octets(random, line), random.choice(lines),
        ))  # fmt: skip
    return b"".join(lines)


def strace_holds(data: bytes, random: Random) -> None:
    """It is read without failing, alone and cut into two logs; what is told has its place in a capture."""
    lines = data.splitlines(keepends=True)
    half = random.randrange(len(lines) + 1)
    for logs in ([("log", lines)], [("x.7", lines[:half]), ("x.8", lines[half:])]):
        log = read_strace(logs)
        times = [told.time_ns for told in log.datagrams]
        promise(times == sorted(times), "datagrams are not in the order of time")
        for told in log.datagrams:
            promise(
                told.length > 0 and len(told.data) <= told.length < 1 << 63, "length of a datagram", str(told.length)
            )
            promise(0 <= told.time_ns < 1 << 63, "time of a datagram", str(told.time_ns))
            promise(0 <= told.protocol < 1 << 16, "protocol of a datagram", str(told.protocol))
            known = told.delivery
            promise(known is not None and delivery_in(delivery_comment(known)) == known, "delivery", str(known))
        promise(all(note and "\n" not in note for note in log.notes), "a note of several lines")
