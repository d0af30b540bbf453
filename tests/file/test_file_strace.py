"""Logs of strace: what is read of each form, and what is said where a form tells less."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from nlsniff.file.strace import StraceLog, read_strace, trace_options
from nlsniff.wire.delivery import Delivery
from tests.golden import check_golden
from tests.support_tools import need

ASK = "14000000120001030500000000000000" + "00000000"

THREADS = r"""
import os, socket, threading
ask = bytes.fromhex("1400000012000103") + (5).to_bytes(4, "little") + bytes(8)
sock = socket.socket(16, 3, 0)
sock.bind((0, 0))
def talk():
    sock.send(ask)
    while sock.recv(1 << 16)[4:6] != b"\3\0":
        pass
thread = threading.Thread(target=talk)
thread.start()
thread.join()
if os.fork() == 0:
    talk()
    os._exit(0)
os.wait()
"""


def read(*texts: str) -> StraceLog:
    return read_strace([(f"x.{number}", text.encode().splitlines(keepends=True)) for number, text in enumerate(texts)])


def traced(folder: Path, *command: str, options: list[str] | None = None) -> StraceLog:
    """Run a command under strace and read its logs."""
    need("strace")
    version = subprocess.run(["strace", "--version"], capture_output=True, text=True, check=True).stdout
    log = folder / "log"
    subprocess.run(["strace", *(options or trace_options(version)), "-o", log, *command], check=True)
    logs = sorted(folder.glob("log*"))
    return read_strace([(path.name, path.open("rb")) for path in logs])


def test_a_thread_and_a_child_talk_on_the_socket_of_their_process(tmp_path: Path) -> None:
    log = traced(tmp_path, sys.executable, "-c", THREADS)
    assert log.notes == []
    requests = [told for told in log.datagrams if told.data.hex() == ASK]
    assert len(requests) == 2
    assert log.datagrams[0] is requests[0]
    owner, child = (told.delivery for told in requests)
    assert owner
    assert child
    assert owner.way == "to-kernel"
    assert owner.sender == child.sender
    assert (owner.socket, owner.descriptor) == (child.socket, child.descriptor)
    assert owner.process.startswith("python")
    assert owner.process != child.process
    for told in log.datagrams:
        assert told.protocol == 0
        assert told.length == len(told.data)
        assert told.delivery
        assert told.delivery.socket == owner.socket
        if told not in requests:
            assert told.delivery[:4] == ("to-user", None, owner.sender, 0) or told.delivery.group is None
            assert int.from_bytes(told.data[12:16], "little") == owner.sender


# As strace 6.1 writes it, shortened; the thread 712 was started by 711.
LOGS = (
    r"""1795298183.000001 execve("/usr/sbin/nsenter", ["ns"..., "--"...], 0x7fc /* 12 vars */) = 0
1795298183.000002 execve("/usr/sbin/ip", ["ip", "mo"...], 0x7fc /* 12 vars */) = 0
1795298183.000003 read(3</usr/lib/x86_64-linux-gnu/libc.so.6>, "\177E"..., 4) = 4
 | 00000  7f 45 4c 46                                       .ELF             |
1795298183.000004 socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3<socket:[85]>
1795298183.000005 bind(3<socket:[85]>, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 0
1795298183.000006 getsockname(3<socket:[85]>, {sa_family=AF_NETLINK, nl_pid=711, nl_groups=00000000}, [12]) = 0
1795298183.000007 clone3({flags=CLONE_VM|CLONE_FILES|CLONE_THREAD, exit_signal=0}, 88) = 712
1795298183.000008 sendto(3<socket:[85]>, "\x14\x00"..., 20, 0, NULL, 0) = 20
 | 00000  14 00 00 00 12 00 01 03  05 00 00 00 00 00 00 00  ................ |
 | 00010  00 00 00 00                                       ....             |
1795298183.000020 +++ exited with 0 +++
""",
    r"""1795298183.000010 recvmsg(3<socket:[85]>, {msg_name={sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, msg_namelen=12, msg_iov=[{iov_base=NULL, iov_len=0}], msg_iovlen=1, msg_controllen=0, msg_flags=MSG_TRUNC}, MSG_PEEK|MSG_TRUNC) = 20
1795298183.000011 recvmsg(3<socket:[85]>, {msg_name={sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, msg_namelen=12, msg_iov=[{iov_base=[], iov_len=32768}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 20
 * 20 bytes in buffer 0
 | 00000  14 00 00 00 03 00 02 00  05 00 00 00 c7 02 00 00  ................ |
 | 00010  00 00 00 00                                       ....             |
1795298183.000012 recvmsg(3<socket:[85]>, {msg_name={sa_family=AF_NETLINK, nl_pid=0, nl_groups=0x000001}, msg_namelen=12, msg_iov=[{iov_base=[], iov_len=16}], msg_iovlen=1, msg_controllen=0, msg_flags=MSG_TRUNC}, 0) = 16
 * 16 bytes in buffer 0
 | 00000  20 00 00 00 10 00 00 00  00 00 00 00 00 00 00 00  ................ |
1795298183.000013 recvmsg(3<socket:[85]>, {msg_namelen=12}, MSG_DONTWAIT) = -1 EAGAIN (Resource temporarily unavailable)
1795298183.000014 recvfrom(4<socket:[99]>, "he"..., 5, 0, NULL, NULL) = 5
 | 00000  68 65 6c 6c 6f                                    hello            |
""",  # noqa: E501 - as strace writes it
)


SCATTERED = r"""
import socket
ask = bytes.fromhex("1400000012000103") + (5).to_bytes(4, "little") + bytes(8)
sock = socket.socket(16, 3, 0)
sock.sendmsg([ask[at : at + 4] for at in range(0, 20, 4)])
sock.recvmsg_into([bytearray(64) for _ in range(1024)])
"""


def test_a_datagram_in_more_pieces_than_strace_prints_is_whole(tmp_path: Path) -> None:
    log = traced(tmp_path, sys.executable, "-c", SCATTERED)
    asked, answered = log.datagrams
    assert asked.data.hex() == ASK
    assert answered.data[4:6] == b"\x10\0"
    assert [told.length for told in log.datagrams] == [20, len(answered.data)]
    assert not any("cut" in note for note in log.notes)


def test_logs_of_two_threads() -> None:
    """A peek is no receipt, a socket of another kind is none of ours, and a call ends before the thread's next."""
    log = read_strace([(f"of.{711 + at}", text.encode().splitlines(keepends=True)) for at, text in enumerate(LOGS)])
    at = 1_795_298_183_000_000_000
    assert log.notes == []
    sent, received, told = log.datagrams
    known = (85, 3, "ip[711]")
    assert (sent.time_ns, sent.began_ns, sent.ended_ns, sent.data.hex()) == (at + 8000, at + 8000, at + 20_000, ASK)
    assert sent.delivery == Delivery("to-kernel", 711, 0, 0, *known)
    assert (received.time_ns, received.data.hex()) == (at + 12_000, "14000000030002000500" + "0000c702000000000000")
    assert received.delivery == Delivery("to-user", 0, None, None, *known)
    assert (told.length, len(told.data)) == (32, 16)
    assert told.delivery == Delivery("to-user", 0, 0, 1, *known)


def test_a_log_without_a_call_does_not_part_the_others() -> None:
    """As that of a thread of a Go program that only waited."""
    texts = (LOGS[0], "1795298183.000500 +++ exited with 0 +++\n", LOGS[1])
    log = read_strace([(f"of.{711 + at}", text.encode().splitlines(keepends=True)) for at, text in enumerate(texts)])
    assert log.notes == []
    assert [told.time_ns % 1_000_000 for told in log.datagrams] == [8000, 12_000, 13_000]


def test_options_follow_the_version() -> None:
    new = trace_options("strace -- version 6.1\nCopyright (c)")
    assert "--seccomp-bpf" in new
    assert "--absolute-timestamps=format:unix,precision:ns" in new
    old = trace_options("strace -- version 4.26\n", "-ff")
    assert old[0] == "-ff"
    assert "-ttt" in old
    assert "--seccomp-bpf" not in old


def test_nothing_in_anything_else() -> None:
    assert read("") == StraceLog()
    assert read("hello\n", "\n\n", " | 00000  00\n").datagrams == []


LOGS_FOLDER = Path(__file__).parent / "strace"


def recorded(name: str) -> StraceLog:
    """One of the logs that tests/file/strace/record recorded."""
    paths = sorted(LOGS_FOLDER.glob(f"{name}.*"))
    assert paths
    return read_strace([(path.name, path.read_bytes().splitlines(keepends=True)) for path in paths])


def told(log: StraceLog) -> list[tuple[object, ...]]:
    """What the datagrams of a log are, without what differs from one run to the next."""
    sockets: dict[int | None, int] = {}
    ports: dict[int | None, str] = {None: "?", 0: "0", 77777: "77777"}
    found: list[tuple[object, ...]] = []
    for datagram in log.datagrams:
        delivery = datagram.delivery
        assert delivery
        data = bytearray(datagram.data)
        own = delivery.sender if delivery.way == "to-kernel" else delivery.destination
        if own and int.from_bytes(data[12:16], "little") == own:
            data[12:16] = b"port"
        socket = sockets.setdefault(delivery.socket, len(sockets))
        sender, destination = (ports.setdefault(port, "own") for port in (delivery.sender, delivery.destination))
        comm = delivery.process.partition("[")[0]
        way = (delivery.way, sender, destination, delivery.group, socket, delivery.descriptor, comm)
        found.append((datagram.protocol, datagram.length, data.hex(), *way))
    return found


def test_what_a_log_tells() -> None:
    log = recorded("best")
    lines = [f"{' '.join(map(str, row))}" for row in told(log)]
    notes = [re.sub(r"\d{3,}(?!88)", "N", note) for note in log.notes]
    check_golden(Path(__file__).parent / "golden" / "strace.txt", "\n".join([*lines, *notes]) + "\n")


@pytest.mark.parametrize("form", ["each", "numbers", "protocols", "untimed", "names", "terminal"])
def test_every_form_with_dumps_tells_the_same(form: str) -> None:
    """One log or one each, with inodes, protocols or numbers alone, with times or without."""
    assert told(recorded(form)) == told(recorded("best"))


def test_forms_without_times_or_dates_say_so() -> None:
    assert "tells no times" in recorded("untimed").notes[0]
    assert "time of day" in recorded("protocols").notes[0]
    assert "no absolute times" in recorded("relative").notes[0]
    assert "in the log only as strace reads them" not in " ".join(recorded("untimed").notes)


@pytest.mark.parametrize("form", ["strings", "relative"])
def test_strings_are_as_good_as_dumps_where_strace_writes_them(form: str) -> None:
    """Where it has read a message itself, nothing is left of its bytes: this is told, and how to record."""
    log = recorded(form)
    whole = told(recorded("best"))
    assert len(log.datagrams) == 10
    bytes_of = [(row[0], row[2]) for row in whole]
    assert all((row[0], row[2]) in bytes_of for row in told(log))
    lost = [note for note in log.notes if "only as strace reads them" in note]
    assert sum(int(note.split(": ")[1].split()[0]) for note in lost) == len(whole) - 10
    assert all("-e read=all -e write=all" in note for note in lost)


def test_strings_that_strace_cut() -> None:
    log = recorded("cut")
    assert {len(datagram.data) for datagram in log.datagrams} == {8}
    assert all(datagram.length > 8 for datagram in log.datagrams)
    assert any("are cut, for strace cut the strings (-s)" in note for note in log.notes)


def test_children_are_not_in_a_log_without_f() -> None:
    ours = [row for row in told(recorded("best")) if row[0] == 0]
    seen = [row for row in told(recorded("parent")) if row[0] == 0]
    assert len(seen) == len(ours) - 8
    assert {row[-1] for row in seen} == {"client"}


def test_long_and_hostile_lines_take_linear_time() -> None:
    """Each of these would take minutes if twice as much took four times as long."""
    size = 300_000
    head = "1795298183.000001 sendto(3<NETLINK:[85]>, "
    for text in ('"' * size, '"\\' * size, "[" * size, "]" * size, "a<" * size, "1<->" * size, " " * size, "a=" * size):
        read(head + text + ", 20, 0, NULL, 0) = 20\n", text + "\n", "7 <... sendto resumed>" + text)
    assert read("".join(f"{number} close({number} <unfinished ...>\n" for number in range(50_000))).datagrams == []


BEGIN = "10 socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK) = 3\n"
DUMP = " | 00000  14 00 00 00 12 00 01 03  01 00 00 00 00 00 00 00  ................ |\n | 00010  00 00 00 00  .... |\n"


def test_many_processes_descriptors_and_groups_take_linear_time() -> None:
    """Each of these would take minutes or gigabytes if twice as much took four times as long."""
    many = range(30_000)
    copies = "".join(f"10 dup(3) = {number + 4}\n" for number in many)
    exec_ = '10 execve("/bin/ip", ["ip"], 0x1) = 0\n'
    for lines in (
        "".join(f"strace: Process {number + 11} attached\n" for number in many) + "close(9) = 0\n" * len(many),
        copies + "".join(f"10 fork() = {number + 100}\n" for number in many),
        copies + exec_ * len(many),
        copies + "10 close_range(40000, 4294967295, 0) = 0\n" * len(many),
    ):
        read("strace: Process 10 attached\n" + BEGIN.removeprefix("10 ") + lines)
        read(BEGIN + lines)
    address = "{{sa_family=AF_NETLINK, nl_pid={}, nl_groups={}}}"
    sent = f'10 sendto(3, "x", 20, 0, {address.format(0, "00000001")}, 12) = 20\n{DUMP}'
    heard = f'10 recvfrom(4, "x", 20, 0, {address.format(7, "00000002")}, 12) = 20\n{DUMP}'
    log = read(BEGIN + BEGIN.replace("3\n", "4\n") + sent * 20_000 + heard * 20_000)
    assert len(log.datagrams) == 40_000


def test_what_cannot_be_followed_is_said() -> None:
    send = f'sendto(3, "x", 20, 0, NULL, 0) = 20\n{DUMP}'
    few = "10 dup(3) = 4\n" + "".join(f"10 fork() = {number + 100}\n" for number in range(100))
    assert not any("more sockets" in note for note in read(BEGIN + few + f"199 {send}").notes)
    copies = "".join(f"10 dup(3) = {number + 4}\n" for number in range(3_000))
    many = copies + "".join(f"10 fork() = {number + 10_000}\n" for number in range(1_000))
    log = read(BEGIN + many + f"10 {send}10000 {send}")
    assert len(log.datagrams) == 2
    assert (
        "programs are started with more sockets than can be followed: what some of them inherit is unknown" in log.notes
    )


def test_a_descriptor_of_another_kind_is_forgotten() -> None:
    """A number that is given out again is no netlink socket any more, by whatever call."""
    send = f'10 sendto(3, "x", 20, 0, NULL, 0) = 20\n{DUMP}'
    assert len(read(BEGIN + send).datagrams) == 1
    for line in ("10 socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 3\n", "10 dup2(9, 3) = 3\n", "10 close(3) = 0\n"):
        assert read(BEGIN + line + send).datagrams == []
