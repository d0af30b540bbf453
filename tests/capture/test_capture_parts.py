"""The parts of a capture that need no nlmon. tests/live has the whole."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.capture import device, privilege, reader
from nlsniff.capture.packet import Ring
from nlsniff.capture.plan import RecordPlan, Stats
from nlsniff.capture.rtnetlink import Rtnetlink
from nlsniff.capture.selfdescribe import SelfDescription
from nlsniff.cli.capture import LIMITS, parse_limits
from nlsniff.errors import NlsniffError
from nlsniff.wire.nlmsg import HEADER, walk_messages
from nlsniff.wire.order import NATIVE

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("name", "format_"),
    [("x.pcap", "pcap"), ("X.PCAP", "pcap"), ("x.pcapng", "pcapng"), ("x", "pcapng"), ("-", "pcapng")],
)
def test_the_name_decides_the_format(name: str, format_: str) -> None:
    assert RecordPlan(name).format == format_


@pytest.mark.parametrize("name", ["x.pcapng.gz", "x.PCAP.GZ", "x.zst"])
def test_the_name_of_a_compressed_file_is_refused(name: str) -> None:
    with pytest.raises(NlsniffError, match="is not compressed: give a name without"):
        RecordPlan(name)


def test_limits_are_read() -> None:
    assert parse_limits("-a", ("duration:1.5", "filesize:64", "messages:7"), LIMITS) == {
        "duration": 1.5,
        "filesize": 64.0,
        "messages": 7.0,
    }


@pytest.mark.parametrize("limit", ["", "duration", "duration:", "duration:-1", "duration:nan", "filesize:0", "size:1"])
def test_a_wrong_limit_is_refused_with_the_right_ones(limit: str) -> None:
    with pytest.raises(NlsniffError, match="duration:SECONDS, filesize:KB, messages:N or files:N"):
        parse_limits("-a", (limit,), LIMITS)


def test_figures_survive_the_pipe_and_damage_does_not_hurt() -> None:
    there = Stats(device="nlmon1", frames=3, messages=9, received=4, dropped=1, alive=False, error="the disk is full")
    here = Stats()
    line = there.to_line()
    assert here.merge(line[:20]) == line[:20]
    assert here == Stats()
    assert here.merge(line + line[:20]) == line[:20]
    assert here == there
    for damaged in (b"", b"{", b"\xff", b"[]", b"1"):
        assert here.merge(damaged + b"\n") == b""
    assert here == there
    assert len(there.to_line()) < 4096  # a pipe takes it whole or not at all


def test_only_a_marked_device_of_a_dead_process_is_left_over() -> None:
    own = device._alias()
    assert not device.is_left_over(own)
    assert device.is_left_over(own.replace("started=", "started=9"))  # the same pid, given out again
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    gone = own.replace(f"pid={os.getpid()} ", f"pid={process.pid} ")
    assert device.is_left_over(gone)
    assert not device.is_left_over(
        gone.replace("pidns=", "pidns=9")
    )  # what a pid of another namespace means is unknown
    assert not device.is_left_over("")
    assert not device.is_left_over("my device, nlsniff pid=1 started=1 pidns=1")


def test_links_are_listed_as_the_system_lists_them() -> None:
    with Rtnetlink() as links:
        assert {(link.index, link.name) for link in links.links()} == set(socket.if_nameindex())


def test_a_refusal_of_the_kernel_is_an_oserror_with_its_errno() -> None:
    with Rtnetlink() as links:
        with pytest.raises(OSError, match=r".") as refused:
            links.delete(0x7FFFFFF0)
        assert refused.value.errno in (1, 19)  # EPERM for a user, ENODEV for root
        assert list(links.links())  # the socket is usable afterwards


def test_the_kernel_answers_the_self_description() -> None:
    with SelfDescription() as describe:
        describe.trigger()
        assert set(describe.ports.values()) == {f"nlsniff[{os.getpid()}]"}


def test_sudo_is_seen_only_by_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "1000")
    monkeypatch.setenv("SUDO_GID", "1001")
    assert privilege.invoking_user() == ((1000, 1001) if os.geteuid() == 0 else None)
    monkeypatch.setenv("SUDO_UID", "0")
    assert privilege.invoking_user() is None
    monkeypatch.setenv("SUDO_UID", "root")
    assert privilege.invoking_user() is None


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=5), st.binary(max_size=40))
def test_messages_are_counted_as_the_wire_splits_them(bodies: list[bytes], rest: bytes) -> None:
    data = bytes(16)
    for body in bodies:
        data += HEADER[NATIVE].pack(16 + len(body), 24, 0, 0, 0) + body + bytes(-len(body) % 4)
    data += rest
    expected = sum(span.length >= 16 for span in walk_messages(data, 16, NATIVE))
    assert reader.count_messages(data) == expected


@given(st.binary(max_size=200))
def test_counting_any_bytes_ends(data: bytes) -> None:
    assert reader.count_messages(data) <= len(data) // 16 + 1


@pytest.mark.parametrize("command", ["capture", "record"])
def test_help_imports_nothing_heavy(command: str) -> None:
    code = (
        "import sys; from nlsniff.cli import main\n"
        f"try: main([{command!r}, '--help'])\n"
        "except SystemExit: print(sorted({'dpkt', 'textual', 'pyshark', 'pyroute2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=CHECKOUT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [["capture"], ["record", "--", "true"], ["record", "-w", "x.pcapng"]])
def test_what_is_missing_is_said_in_one_line(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nlsniff", *arguments], capture_output=True, text=True, cwd=CHECKOUT, check=False
    )
    assert done.returncode == (2 if arguments[0] == "capture" else 125)
    assert done.stderr.startswith("nlsniff: ")
    assert "-w FILE" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_kernel_without_nlmon_is_named(tmp_path: Path) -> None:
    probe = subprocess.run(
        ["unshare", "-rn", "ip", "link", "add", "n0", "type", "nlmon"], capture_output=True, check=False
    )
    if b"Unknown device type" not in probe.stderr:
        pytest.skip("this kernel has nlmon, or this user may not try")
    done = subprocess.run(
        [sys.executable, "-m", "nlsniff", "record", "--via", "nlmon", "-w", str(tmp_path / "x.pcapng"), "--", "true"],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        check=False,
    )
    assert done.returncode == 125
    assert os.uname().release in done.stderr
    assert "modprobe nlmon" in done.stderr
    assert "CONFIG_NLMON" in done.stderr
    assert not (tmp_path / "x.pcapng").exists()


def test_the_cooked_header_is_that_of_libpcap() -> None:
    block = bytearray(1 << 20)
    struct.pack_into("=II4I", block, 0, 1, 0, 1, 2, 48, 0)
    for at, length, captured in ((48, 20, 20), (48 + 112, 9000, 16)):
        struct.pack_into("=6IHH", block, at, 112, 1700000000, 5, captured, length, 1, 80, 80)
        struct.pack_into("=H2siHB", block, at + 48, 17, b"\0\x06", 3, 824, 4)
        block[at + 80 : at + 80 + captured] = bytes(range(captured))
    ring = FakeRing(block)
    assert ring.ready()
    assert list(ring.frames()) == [
        (1700000000_000000005, struct.pack(">HH10xH", 4, 824, 6) + bytes(range(20)), 36),
        (1700000000_000000005, struct.pack(">HH10xH", 4, 824, 6) + bytes(range(16)), 9016),
    ]
    assert not ring.ready()  # given back to the kernel


class FakeRing(Ring):
    """A ring over bytes of our own: the kernel is the only one who fills a real one."""

    def __init__(self, block: bytearray) -> None:
        self._map = block  # type: ignore[assignment]
        self._view = memoryview(block)
        self.count = 1
        self._next = 0
        self._cooked = {}
