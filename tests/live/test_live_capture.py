"""`nlsniff capture`: what is in the file, when it stops, what it leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
from pathlib import Path

import pytest

from tests.live.tool import (
    NLSNIFF,
    NOBODY,
    Capture,
    as_user,
    children,
    eventually,
    ip,
    links,
    nlmons,
    nlsniff,
    open_to_all,
)
from tests.referee import rows, types

RTM_NEWLINK, RTM_GETLINK, RTM_NEWADDR, RTM_NEWROUTE = 16, 18, 20, 24
NLMSG_ERROR, NLMSG_DONE = 2, 3
XFRM, GENERIC, USERSOCK = 6, 16, 2


@pytest.fixture(autouse=True)
def no_device_left() -> object:
    """Whatever a test does, no device of ours outlives it."""
    yield
    for name in nlmons():
        ip("link", "del", name)


def test_what_ip_says_and_what_the_kernel_answers_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with Capture("-w", str(path)) as capture:
        ip("link", "add", "d0", "type", "dummy")
        ip("link", "set", "d0", "up")
        ip("addr", "add", "192.0.2.1/24", "dev", "d0")
        ip("route", "add", "198.51.100.0/24", "via", "192.0.2.254")
        assert ip("route", "add", "203.0.113.0/24", "via", "10.9.9.9", check=False).returncode == 2
        ip("xfrm", "state", "add", "src", "192.0.2.1", "dst", "192.0.2.2", "proto", "esp", "spi", "0x1", "enc",
           "ecb(cipher_null)", "")  # fmt: skip
        ip("xfrm", "state", "flush")
        ip("link", "del", "d0")
    assert capture.status == 0, capture.said
    assert "0 dropped" in capture.said

    route = types(path)
    assert route.count(RTM_NEWROUTE) == 2
    assert route.count(RTM_NEWADDR) == 1
    assert NLMSG_ERROR in route
    refused = [row.data for row in rows(path) if b"Nexthop has invalid gateway" in row.data]
    assert len(refused) == 1
    assert types(path, XFRM) == [16, NLMSG_ERROR, 28, NLMSG_ERROR]
    for row in rows(path):
        assert row.data[:14] == struct.pack(">HH10x", 4, 824)
        assert all(message[0] >= 16 for message in row.messages)
    times = [row.time for row in rows(path)]
    assert times == sorted(times)
    # Once for each of its two protocols.
    assert path.read_bytes().count(f"process: nlsniff[{capture.process.pid}]".encode()) == 2


def test_the_file_says_what_its_ids_mean(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with Capture("-w", str(path)):
        pass
    families = [row.data for row in rows(path) if row.protocol == GENERIC]
    assert any(b"nlctrl\0" in data for data in families)
    messages = types(path, GENERIC)  # whether the last one has a frame of its own depends on the kernel
    assert messages == [GENERIC] * (len(messages) - 1) + [NLMSG_DONE]
    named = [row.data for row in rows(path) if RTM_NEWLINK in [message[1] for message in row.messages]]
    assert any(b"lo\0" in data for data in named)
    assert types(path)[0] == RTM_GETLINK


def test_without_description_the_file_is_empty_but_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with Capture("-w", str(path), "--no-describe"):
        pass
    assert rows(path) == []


@pytest.mark.parametrize(("name", "magic"), [("x.pcap", struct.pack("=I", 0xA1B23C4D)), ("x.cap", b"\x0a\x0d\x0d\x0a")])
def test_the_name_decides_the_format(tmp_path: Path, name: str, magic: bytes) -> None:
    path = tmp_path / name
    with Capture("-w", str(path), "--no-describe"):
        ip("link", "show", "lo")
    assert path.read_bytes().startswith(magic)
    assert types(path)


def test_stops_after_so_many_messages_of_others(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with Capture("-w", str(path), "-c", "4") as capture:
        while capture.process.poll() is None:
            ip("link", "show", "lo")
        capture.end(None)
    assert capture.status == 0
    own = capture.process.pid
    others = [message for row in rows(path) for message in row.messages if message[4] != own]
    assert len(others) == 4


def test_stops_after_so_many_seconds(tmp_path: Path) -> None:
    done = nlsniff("capture", "-w", str(tmp_path / "x.pcapng"), "-a", "duration:0.3", "-a", "messages:1000")
    assert done.returncode == 0, done.stderr
    assert "0 dropped" in done.stderr


def test_stops_at_a_file_size(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with (
        Capture("-w", str(path), "-a", "filesize:64") as capture,
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock,
    ):
        while capture.process.poll() is None:
            sock.send(struct.pack("=IHHII", 1016, 1, 0, 0, 0) + bytes(1000))
        capture.end(None)
    assert capture.status == 0
    assert 64_000 <= path.stat().st_size <= 66_500


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_it_with_a_whole_file_and_no_device(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "x.pcapng"
    with Capture("-w", str(path)) as capture:
        assert nlmons() == [capture.device]
        ip("link", "show", "lo")  # and no pause: what was said before the signal belongs to the capture
        capture.end(number)
    assert capture.status == 0, capture.said
    assert nlmons() == []
    assert types(path)[-1] == RTM_NEWLINK


def test_standard_output_feeds_a_pipe(tmp_path: Path) -> None:
    with Capture("-w", "-", stdout=subprocess.PIPE) as capture:
        ip("link", "show", "lo")
        capture.process.send_signal(signal.SIGTERM)
        assert capture.process.stdout
        (tmp_path / "x.pcapng").write_bytes(capture.process.stdout.read())
        capture.end(None)
    assert RTM_NEWLINK in types(tmp_path / "x.pcapng")
    assert capture.status == 0


def test_a_pipe_that_is_closed_ends_it_without_complaint() -> None:
    with Capture("-w", "-", stdout=subprocess.PIPE) as capture:
        assert capture.process.stdout
        capture.process.stdout.close()
        capture.process.stdout = None
        ip("link", "show", "lo")
        capture.end(None)
    assert capture.status == 0
    assert "nlsniff:" not in capture.said
    assert nlmons() == []


def test_drops_are_counted_said_and_stored(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    sent = 3000
    with (
        Capture("-w", str(path), "--no-describe") as capture,
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock,
    ):
        os.kill(capture.reader, signal.SIGSTOP)
        # A message of 60,000 bytes that the kernel passes over; the ring holds 2,200 of them at most.
        for _ in range(sent):
            sock.send(struct.pack("=IHHII", 60_000, 1, 0, 0, 0) + bytes(59_984))
        os.kill(capture.reader, signal.SIGCONT)
        capture.end(signal.SIGINT)
    written = len(rows(path))
    assert 100 < written < sent
    assert f"{sent - written} dropped" in capture.said
    # The interface statistics block is the last one: received, then dropped, as 64-bit numbers.
    block = path.read_bytes()[-52:]
    assert struct.unpack_from("=I", block)[0] == 5
    assert struct.unpack_from("=HHQHHQ", block, 20) == (4, 8, sent, 5, 8, sent - written)


def test_a_burst_that_the_ring_can_hold_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with (
        Capture("-w", str(path), "--no-describe") as capture,
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock,
    ):
        for number in range(20_000):
            sock.send(struct.pack("=IHHII", 200, 1, 0, number, 0) + bytes(184))
    assert " 0 dropped" in capture.said
    assert [row.messages[0][3] for row in rows(path)] == list(range(20_000))


def test_the_writer_has_no_privilege_and_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with Capture("-w", str(path)) as capture:
        status = Path(f"/proc/{capture.reader}/status").read_text()
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert f"{name}:\t{0:016x}" in status
    assert "NoNewPrivs:\t1" in status
    assert path.stat().st_mode & 0o777 == 0o600


def test_under_sudo_the_writer_is_the_calling_user_and_so_is_the_owner(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with Capture("-w", str(path), env={"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)}) as capture:
        status = Path(f"/proc/{capture.reader}/status").read_text()
        open_files = os.listdir(f"/proc/{capture.reader}/fd")  # noqa: PTH208  names are all that is wanted
    assert f"Uid:\t{NOBODY}\t{NOBODY}\t{NOBODY}" in status
    assert f"Gid:\t{NOBODY}\t{NOBODY}\t{NOBODY}" in status
    assert "Groups:\t \n" in status
    assert len(open_files) <= 9  # 0 to 2, which lead nowhere; socket, its map, file, control, status, names
    assert (path.stat().st_uid, path.stat().st_gid) == (NOBODY, NOBODY)


def test_a_killed_run_leaves_a_whole_file_and_the_next_run_takes_its_device_away(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    ip("link", "add", "nlmon1", "type", "nlmon")  # somebody else's
    with Capture("-w", str(path)) as capture:
        reader = capture.reader
        ip("link", "show", "lo")
        capture.end(signal.SIGKILL)
        left = capture.device
    assert eventually(lambda: not Path(f"/proc/{reader}").exists())
    assert types(path)[-1] == RTM_NEWLINK
    assert left in nlmons()
    with Capture("-w", str(path)) as other, Capture("-w", str(tmp_path / "y.pcapng")) as third:
        assert sorted(nlmons()) == sorted(["nlmon1", other.device, third.device])
    assert nlmons() == ["nlmon1"]


def test_an_existing_device_is_used_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    refused = nlsniff("capture", "-w", str(path), "-i", "nlmon7")
    assert refused.returncode == 2
    assert "there is no device nlmon7" in refused.stderr
    assert "no nlmon device" in nlsniff("capture", "-w", str(path), "-i", "lo").stderr
    ip("link", "add", "nlmon7", "type", "nlmon")
    assert "`ip link set nlmon7 up`" in nlsniff("capture", "-w", str(path), "-i", "nlmon7").stderr
    assert not path.exists()
    ip("link", "set", "nlmon7", "up")
    with Capture("-w", str(path), "-i", "nlmon7") as capture:
        assert nlmons() == ["nlmon7"]
    assert capture.status == 0
    assert nlmons() == ["nlmon7"]
    assert types(path)


def test_a_device_that_is_taken_away_ends_it_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with Capture("-w", str(path)) as capture:
        ip("link", "del", capture.device)
        capture.end(None)
    assert capture.status == 2
    assert "the capture device went away" in capture.said
    assert types(path)


def test_a_full_disk_ends_it_with_a_reason(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=True)
    try:
        with (
            Capture("-w", str(disk / "x.pcapng")) as capture,
            socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock,
        ):
            while capture.process.poll() is None:
                sock.send(struct.pack("=IHHII", 1016, 1, 0, 0, 0) + bytes(1000))
            capture.end(None)
        assert capture.status == 2
        assert "No space left on device" in capture.said
        assert nlmons() == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_an_ordinary_user_is_told_what_to_do(tmp_path: Path) -> None:
    open_to_all(tmp_path)
    target = tmp_path / "x.pcapng"  # which that user could make
    refused = as_user([*NLSNIFF, "capture", "-w", str(target)])
    assert refused.returncode == 2
    assert refused.stderr.startswith("nlsniff: capturing needs CAP_NET_ADMIN and CAP_NET_RAW")
    assert "sudo" in refused.stderr
    assert "record -w FILE -- COMMAND" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not target.exists()
    assert links() == ["lo"]


def test_a_file_that_cannot_be_written_leaves_no_device(tmp_path: Path) -> None:
    refused = nlsniff("capture", "-w", str(tmp_path / "nowhere" / "x.pcapng"))
    assert refused.returncode == 2
    assert f"there is no folder {tmp_path / 'nowhere'}\n" in refused.stderr
    assert nlmons() == []


def test_nothing_is_left_running(tmp_path: Path) -> None:
    with Capture("-w", str(tmp_path / "x.pcapng")):
        pass
    assert children(os.getpid()) == []
