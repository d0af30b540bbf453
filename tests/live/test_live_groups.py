"""`--groups`: what multicast groups tell, without nlmon; and captures of many files."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.live.tool import NLSNIFF, Capture, as_user, ip, nlmons, nlsniff, open_to_all
from tests.referee import COOKED, rows, tshark, types

if TYPE_CHECKING:
    from pathlib import Path

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_NEWADDR, RTM_NEWROUTE = 16, 17, 18, 20, 24
ROUTE, USERSOCK, XFRM, UEVENT, GENERIC = 0, 2, 6, 15, 16


def test_route_xfrm_and_uevents_are_heard_and_named(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with Capture("-w", str(path), "--groups", "route,xfrm.sa,uevent") as capture:
        assert nlmons() == []
        with subprocess.Popen(["ip", "link", "add", "g0", "type", "dummy"]) as adding:
            pass
        ip("link", "set", "g0", "up")
        ip("addr", "add", "192.0.2.1/24", "dev", "g0")
        ip("xfrm", "state", "add", "src", "192.0.2.1", "dst", "192.0.2.2", "proto", "esp", "spi", "0x1", "enc",
           "ecb(cipher_null)", "")  # fmt: skip
        ip("xfrm", "state", "flush")
        ip("link", "del", "g0")
    assert capture.status == 0, capture.said
    assert "0 dropped" in capture.said
    # The file explains itself as any other does, and then come notifications alone.
    told = types(path)
    assert told[0] == RTM_GETLINK
    assert told.count(RTM_GETLINK) == 1
    assert {RTM_NEWADDR, RTM_NEWROUTE, RTM_DELLINK} <= set(told)
    assert types(path, XFRM) == [16, 28]
    assert types(path, GENERIC)
    uevents = [row.data[COOKED:] for row in rows(path) if row.protocol == UEVENT]
    assert any(data.startswith(b"add@/devices/virtual/net/g0\0ACTION=add\0") for data in uevents)
    told_of_g0 = nlsniff("show", str(path), "-Y", "uevent.interface == g0 and not unknown", "-e", "uevent.action")
    assert told_of_g0.stdout.splitlines() == ["add", "remove"]
    for row in rows(path):
        assert row.data[:14] == struct.pack(">HH10x", 4, 824)
    shown = nlsniff("show", str(path), "-Y", "type == RTM_NEWLINK and link.ifname == g0", "-e", "comment").stdout
    assert shown.splitlines()[0] in (f"process: ip[{adding.pid}]", f"process: ip[{adding.pid}] (by pid)", "")
    # A uevent has no message header, but a protocol that tshark reads.
    assert [int(protocol, 0) for (protocol,) in tshark(path, "netlink.family")] == [row.protocol for row in rows(path)]


def _tell(sock: socket.socket, number: int, length: int, *, to_group: bool) -> None:
    """Say something to group 5, or what the kernel passes over."""
    message = struct.pack("=IHHII", length, 16 if to_group else 1, 0, number, 0) + bytes(length - 16)
    with suppress(ConnectionRefusedError):  # the group has it, and the kernel does not listen
        sock.sendto(message, (0, 1 << 4 if to_group else 0))


def test_what_does_not_fit_is_counted_and_stored(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    sent = 800
    with (
        Capture("-w", str(path), "--groups", "usersock.5", "--no-describe") as capture,
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, USERSOCK) as sock,
    ):
        os.kill(capture.reader, signal.SIGSTOP)
        for _ in range(sent):
            _tell(sock, 0, 60_000, to_group=True)
        os.kill(capture.reader, signal.SIGCONT)
        capture.end(signal.SIGINT)
    written = len(rows(path))
    assert 10 < written < sent
    assert f"{sent - written} dropped" in capture.said
    block = path.read_bytes()[-52:]
    assert struct.unpack_from("=HHQHHQ", block, 20) == (4, 8, sent, 5, 8, sent - written)


def test_an_ordinary_user_hears_what_everybody_may_and_is_told_the_rest(tmp_path: Path) -> None:
    open_to_all(tmp_path)
    path = tmp_path / "x.pcapng"
    env = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    done = as_user([*NLSNIFF, "capture", "-w", str(path), "--groups", "link,uevent", "-a", "duration:0.2"], env=env)
    assert done.returncode == 0, done.stderr
    assert RTM_NEWLINK in types(path)
    refused = as_user([*NLSNIFF, "capture", "-w", str(path), "--groups", "xfrm"], env=env)
    assert refused.returncode == 2
    assert "may not join xfrm.acquire: run `sudo " in refused.stderr
    assert "or name the groups that everybody may: link," in refused.stderr
    assert refused.stderr.count("\n") == 1
    there = nlsniff("capture", "-w", str(path), "--groups", "connector")
    assert there.returncode == 2
    assert "connector" in there.stderr
    assert "leave" in there.stderr


def test_live_hears_groups_too() -> None:
    with subprocess.Popen(
        [*NLSNIFF, "live", "--groups", "link"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        lines = iter(process.stdout)
        next(line for line in lines if "RTM_NEWLINK" in line)
        ip("link", "add", "g1", "type", "dummy")
        line = next(line for line in lines if "g1" in line)
        assert line.split()[2] == "<"
        ip("link", "del", "g1")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.parametrize("groups", [(), ("--groups", "usersock.5")])
def test_file_after_file_each_whole_and_explaining_itself(tmp_path: Path, groups: tuple[str, ...]) -> None:
    with (
        Capture("-w", str(tmp_path / "x.pcapng"), "-b", "filesize:64", "-a", "files:3", *groups) as capture,
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, USERSOCK if groups else ROUTE) as sock,
    ):
        number = 0
        while capture.process.poll() is None:
            _tell(sock, number, 1016, to_group=bool(groups))
            number += 1
        capture.end(None)
    assert capture.status == 0, capture.said
    files = sorted(tmp_path.iterdir())
    assert [path.name.split("_")[1] for path in files] == ["00001", "00002", "00003"]
    assert all(str(path) in capture.said for path in files)
    said: list[int] = []
    for path in files:
        frames = rows(path)
        assert frames[0].protocol == GENERIC
        assert types(path).count(RTM_GETLINK) == 1
        assert b"process: nlsniff[" in path.read_bytes()
        own = [row.messages[0][3] for row in frames if len(row.data) == COOKED + 1016]
        assert len(own) > 30
        said += own
        # Received and dropped are of this file; at the end the kernel has counted what came too late.
        received, dropped = struct.unpack_from("=HHQHHQ", path.read_bytes()[-52:], 20)[2::3]
        assert (received, dropped) == (len(frames), 0) or (received > len(frames) and path == files[-1])
    assert said == list(range(len(said)))


def test_the_last_files_are_kept_and_time_turns_them(tmp_path: Path) -> None:
    turns = ("-b", "duration:0.3", "-b", "files:2")
    with Capture("-w", str(tmp_path / "x.pcap"), *turns, "-a", "files:5") as capture:
        capture.end(None)  # however slow the machine is
    assert capture.status == 0, capture.said
    files = sorted(tmp_path.iterdir())
    assert [path.name.split("_")[1] for path in files] == ["00004", "00005"]
    assert RTM_GETLINK in types(files[0])  # the last may have been ended while it began


def test_wishes_that_exclude_each_other_are_refused(tmp_path: Path) -> None:
    target = ("-w", str(tmp_path / "x.pcapng"))
    for arguments, words in (
        ((*target, "-b", "files:3"), "-b filesize:KB or -b duration:SECONDS"),
        ((*target, "-a", "files:3"), "-b filesize:KB or -b duration:SECONDS"),
        ((*target, "-b", "size:3"), "give duration:SECONDS, filesize:KB or files:N"),
        ((*target, "-b", "filesize:3", "-a", "filesize:9"), "-a files:N"),
        (("-w", "-", "-b", "filesize:3"), "name a file with -w"),
        ((*target, "-i", "nlmon0", "--groups", "link"), "exclude each other"),
        ((*target, "--groups", "linx"), "did you mean link"),
        ((*target, "--groups", "route,"), "there is no group ''"),
    ):
        done = nlsniff("capture", *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("nlsniff: ")
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
    listed = nlsniff("capture", "--groups", "help").stdout
    assert "route            link neigh tc ipv4-ifaddr" in listed
    assert "uevent           kernel udev" in listed
    assert list(tmp_path.iterdir()) == []
