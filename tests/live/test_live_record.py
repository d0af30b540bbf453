"""`nlsniff record`: a command, its traffic, its exit status; without root."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.live.tool import NLSNIFF, NOBODY, as_user, ip, links, nlmons, nlsniff
from tests.referee import rows, types

if TYPE_CHECKING:
    from pathlib import Path

RTM_NEWROUTE, RTM_NEWLINK = 24, 16


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of the ordinary user, which that user can reach."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o5 != 0o5:
            folder.chmod(folder.stat().st_mode | 0o5)
    folder = tmp_path / "own"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    return folder


def test_an_ordinary_user_records_a_command_and_only_it(own: Path) -> None:
    path = own / "x.pcapng"
    script = "ip link set lo up; ip route add 192.0.2.0/24 dev lo; ip route add 192.0.2.0/24 via 10.0.0.1; exit 3"
    done = as_user([*NLSNIFF, "record", "-w", str(path), "--", "sh", "-c", script])
    assert done.returncode == 3, done.stderr
    assert "0 dropped" in done.stderr
    assert types(path).count(RTM_NEWROUTE) == 2
    assert path.stat().st_uid == NOBODY
    assert "192.0.2.0" not in ip("route").stdout
    assert nlmons() == []


def test_the_command_is_named_in_the_file(own: Path) -> None:
    path = own / "x.pcapng"
    done = as_user([*NLSNIFF, "record", "-w", str(path), "--", "ip", "link", "show"])
    assert done.returncode == 0, done.stderr
    assert re.findall(rb"process: (\w+)\[\d+\]", path.read_bytes())[:3] == [b"nlsniff", b"nlsniff", b"ip"]


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["sh", "-c", "kill -9 $$"], 128 + 9),
        (["no-such-command"], 127),
        (["/etc/passwd"], 126),
        (["sh", "-c", "test $(id -u) = 0 && ip link add d0 type dummy && echo -w --here"], 0),
    ],
)
def test_the_exit_status_is_the_commands(own: Path, command: list[str], status: int) -> None:
    done = as_user([*NLSNIFF, "record", "-q", "-w", str(own / "x.pcapng"), "--", *command])
    assert done.returncode == status, done.stderr
    assert bool((own / "x.pcapng").exists() and rows(own / "x.pcapng")) == (status not in {126, 127})


def test_own_failures_have_a_status_of_their_own(own: Path) -> None:
    assert as_user([*NLSNIFF, "record", "-w", "/nowhere/x.pcapng", "--", "true"]).returncode == 125
    assert as_user([*NLSNIFF, "record", "--", "true"]).returncode == 125
    here = as_user([*NLSNIFF, "record", "--here", "--via", "nlmon", "-w", str(own / "x.pcapng"), "--", "true"])
    assert here.returncode == 125
    assert "CAP_NET_ADMIN" in here.stderr
    netns = nlsniff("record", "--netns", "nowhere", "-w", str(own / "x.pcapng"), "--", "true")
    assert netns.returncode == 125
    assert "no network namespace nowhere" in netns.stderr


def test_here_and_a_named_namespace(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    ip("netns", "add", "other")
    try:
        done = nlsniff(
            "record", "--netns", "other", "-w", str(path), "--", "ip", "link", "add", "inside", "type", "dummy"
        )
        assert done.returncode == 0, done.stderr
        assert "inside" in ip("-n", "other", "link").stdout
        assert "nlmon" not in ip("-n", "other", "link").stdout
    finally:
        ip("netns", "del", "other")
    done = nlsniff("record", "--here", "-w", str(path), "--", "ip", "link", "add", "outside", "type", "dummy")
    assert done.returncode == 0, done.stderr
    assert "outside" in links()
    ip("link", "del", "outside")
    assert nlmons() == []
    assert RTM_NEWLINK in types(path)


def test_the_capture_may_go_to_a_pipe_and_the_commands_output_does_not_disturb_it(own: Path) -> None:
    done = as_user(["sh", "-c", f"{sys.executable} -m nlsniff record -w - -- ip link | cat > {own}/x.pcapng"])
    assert "lo" in done.stderr
    assert RTM_NEWLINK in types(own / "x.pcapng")


def test_ctrl_c_goes_to_the_command_and_the_file_is_whole(own: Path) -> None:
    path = own / "x.pcapng"
    script = "trap 'exit 9' INT; ip link show > /dev/null; echo ready; while :; do sleep 0.1; done"
    command = [*NLSNIFF, "record", "-w", str(path), "--", "sh", "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 9
    assert RTM_NEWLINK in types(path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_is_handed_on(own: Path, number: int) -> None:
    command = [*NLSNIFF, "record", "-q", "-w", str(own / "x.pcapng"), "--", "sh", "-c", "echo ready; exec sleep 60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        process.wait(30)
    assert process.returncode == 128 + number
    assert rows(own / "x.pcapng")
