"""The way from strace's logs to the truth: what is read, and which call gets which frame."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from nlsniff.reader import Stream, make_decoder
from tests.conftest import ROOT
from tests.follow.sockets import Truth, find_owners
from tests.follow.strace import Call, Log, Socket, read_logs

if TYPE_CHECKING:
    from pathlib import Path

ROUTES = ROOT / "captures" / "routes.pcapng"

# As strace 6.1 writes it, shortened; the thread 712 was started by 711.
LOGS = {
    711: r"""1795298183.000001 execve("/usr/sbin/nsenter", ["ns"..., "--"...], 0x7fc /* 12 vars */) = 0
1795298183.000002 execve("/usr/sbin/ip", ["ip", "mo"...], 0x7fc /* 12 vars */) = 0
1795298183.000003 read(3</usr/lib/x86_64-linux-gnu/libc.so.6>, "\177E"..., 4) = 4
 | 00000  7f 45 4c 46                                       .ELF             |
1795298183.000004 socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3<socket:[85]>
1795298183.000005 bind(3<socket:[85]>, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 0
1795298183.000006 getsockname(3<socket:[85]>, {sa_family=AF_NETLINK, nl_pid=711, nl_groups=00000000}, [12]) = 0
1795298183.000007 clone3({flags=CLONE_VM|CLONE_FILES, exit_signal=0}, 88) = 712
1795298183.000008 sendto(3<socket:[85]>, "\x14\x00"..., 20, 0, NULL, 0) = 20
 | 00000  14 00 00 00 12 00 01 03  05 00 00 00 00 00 00 00  ................ |
 | 00010  00 00 00 00                                       ....             |
1795298183.000020 +++ exited with 0 +++
""",
    712: r"""1795298183.000010 recvmsg(3<socket:[85]>, {msg_name={sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, msg_flags=MSG_TRUNC}, MSG_PEEK|MSG_TRUNC) = 20
1795298183.000011 recvmsg(3<socket:[85]>, {msg_name={sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, msg_flags=0}, 0) = 20
 * 20 bytes in buffer 0
 | 00000  14 00 00 00 03 00 02 00  05 00 00 00 c7 02 00 00  ................ |
 | 00010  00 00 00 00                                       ....             |
1795298183.000012 recvmsg(3<socket:[85]>, {msg_name={sa_family=AF_NETLINK, nl_pid=0, nl_groups=0x000001}, msg_flags=MSG_TRUNC}, 0) = 16
 * 16 bytes in buffer 0
 | 00000  10 00 00 00 10 00 00 00  00 00 00 00 00 00 00 00  ................ |
1795298183.000013 recvmsg(3<socket:[85]>, {msg_namelen=12}, 0) = -1 EAGAIN (Resource temporarily unavailable)
1795298183.000014 recvfrom(4<socket:[99]>, "he"..., 5, 0, NULL, NULL) = 5
 | 00000  68 65 6c 6c 6f                                    hello            |
""",  # noqa: E501 - as strace writes it
}


def test_logs_of_strace(tmp_path: Path) -> None:
    """A peek is no receipt, a socket of another kind is none of ours, and a call ends before the thread's next."""
    for thread, text in LOGS.items():
        (tmp_path / f"of.{thread}").write_text(text)
    log = read_logs(list(tmp_path.iterdir()))
    at = 1_795_298_183_000_000_000
    assert log.sockets == {85: Socket(85, "ip[711]", 0, at + 5000, 711)}
    sent, received, told = log.calls
    assert (sent.what, sent.start, sent.end, sent.data[:8].hex()) == (
        "sent", at + 8000, at + 20_000, "1400000012000103")  # fmt: skip
    assert (received.what, received.start, received.data.hex()) == (
        "received", at + 11_000, "14000000030002000500" + "0000c702000000000000")  # fmt: skip
    assert (told.what, len(told.data), told.cut) == ("told", 16, True)


@pytest.fixture(scope="module")
def frames() -> list[tuple[int, int, bytes]]:
    """Number, time and bytes of each frame of captures/routes.pcapng."""
    first: dict[int, tuple[int, int, bytes]] = {}
    for message in Stream(ROUTES, make_decoder()):
        first.setdefault(message.frame, (message.frame, message.time_ns, bytes(message.data[message.start :])))
    return list(first.values())


def owners(*calls: Call) -> tuple[Truth, list[Call]]:
    return find_owners(ROUTES, Log({inode: Socket(inode, f"p[{inode}]", 0, 0) for inode in (1, 2)}, list(calls)))


def call(socket: int, what: str, frame: tuple[int, int, bytes], before: int, after: int) -> Call:
    """A call that began and ended so many microseconds before and after a frame."""
    return Call(socket, what, frame[1] - before * 1000, frame[1] + after * 1000, frame[2])


def test_each_frame_gets_the_call_of_its_time(frames: list[tuple[int, int, bytes]]) -> None:
    request, answer = frames[9], frames[10]
    truth, lost = owners(call(1, "sent", request, 100, 100), call(1, "received", answer, 0, 500))
    assert not lost
    assert [(owner.process, owner.sent, owner.received) for owner in truth.owners] == [("p[1]", [10], [11])]
    # A call of another time, and one of bytes that were never seen.
    early = call(1, "sent", request, 900, -800)
    assert owners(early)[1] == [early]
    strange = replace(early, data=b"\x10" + bytes(15))
    assert owners(strange)[1] == [strange]


def test_equal_requests_at_once_are_alike(frames: list[tuple[int, int, bytes]], tmp_path: Path) -> None:
    """Two sockets sent the same bytes; only a time at which one of them had not yet sent tells them apart."""
    same: dict[bytes, list[tuple[int, int, bytes]]] = {}
    for frame in frames:
        same.setdefault(frame[2], []).append(frame)
    one, two, *_ = next(found for found in same.values() if len(found) > 1)
    apart = (two[1] - one[1]) // 1000
    first = call(1, "sent", one, 100, apart + 50)
    truth, lost = owners(first, call(2, "sent", two, apart + 50, 100))
    assert (truth.alike, lost) == ([[one[0], two[0]]], [])
    for name in ("t.json", "t.json.gz"):
        truth.save(tmp_path / name)
        assert Truth.load(tmp_path / name) == truth
    truth, _ = owners(first, call(2, "sent", two, apart - 30, 100))
    assert truth.alike == []
    assert [(owner.sent) for owner in truth.owners] == [[one[0]], [two[0]]]
