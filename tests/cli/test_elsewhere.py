"""Reading files on a system without netlink, as macOS and Windows are: a Python that lacks what these lack.

What they have in common is taken away before nlsniff is imported; each command must say what it says here.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nlsniff.file import zstd
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ABSENT = {
    "os": (
        "fork", "forkpty", "geteuid", "getuid", "getegid", "getgid", "O_NOFOLLOW", "O_NONBLOCK", "O_DIRECTORY",
        "pread", "pwrite", "memfd_create", "set_blocking", "getxattr", "mkfifo", "chown", "fchmod", "sysconf", "uname",
        "killpg", "setsid", "O_NOCTTY", "waitid", "sched_setscheduler", "sched_getaffinity", "pidfd_open", "statvfs",
    ),
    "signal": ("SIGHUP", "SIGQUIT", "SIGALRM", "SIGPIPE", "pthread_sigmask", "setitimer"),
    "socket": ("AF_NETLINK", "AF_PACKET", "AF_UNIX"),
    "select": ("poll", "epoll"),
}  # fmt: skip
MODULES = ("fcntl", "pwd", "grp", "resource", "termios", "tty", "pty", "syslog")
WITHOUT = f"""\
import os, select, signal, socket, sys
import hashlib, random, subprocess, threading, zoneinfo  # which look at the system when they are loaded
for module, names in {ABSENT!r}.items():
    for name in names:
        delattr(sys.modules[module], name)
for name in {MODULES!r}:
    sys.modules[name] = None
sys.platform = "darwin"
"""
RUN = "from nlsniff.cli import main; main(sys.argv[1:])"
CAPTURE = "captures/first-route.pcapng"


def run(code: str, *arguments: str, cache: Path, data: bytes | None = None) -> tuple[int, bytes, bytes]:
    """Exit status, output and errors."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, env={**os.environ, "NLSNIFF_CACHE": str(cache)},
        input=data, capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", CAPTURE], ["show", "-V", CAPTURE], ["show", "--json", CAPTURE], ["show", "-e", "route.dst", CAPTURE],
        ["show", "-Y", "type == RTM_NEWROUTE", CAPTURE], ["show", "captures/xfrm.pcapng"],
        ["follow", "--all", CAPTURE], ["follow", "--stories", CAPTURE], ["stats", CAPTURE], ["transcript", CAPTURE],
        ["diff", CAPTURE, "captures/xfrm.pcapng"], ["fields", "dst"], ["spec", "list"], ["open", CAPTURE],
        ["show", "--jobs", "2", "captures/zebra.pcapng.zst"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_says_what_it_says_here(arguments: list[str], cache: Path) -> None:
    here = run(f"import sys\n{RUN}", *arguments, cache=cache)
    assert here[0] in ({2} if arguments[0] == "open" else {0, 1}), here  # it has no terminal
    assert run(f"{WITHOUT}{RUN}", *arguments, cache=cache) == here


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress])
def test_the_same_file_packed_or_from_a_pipe(pack: type[bytes], cache: Path, tmp_path: Path) -> None:
    data = pack((ROOT / CAPTURE).read_bytes())
    (tmp_path / "capture").write_bytes(data)
    here = run(f"import sys\n{RUN}", "show", CAPTURE, cache=cache)
    assert run(f"{WITHOUT}{RUN}", "show", str(tmp_path / "capture"), cache=cache) == here
    assert run(f"{WITHOUT}{RUN}", "show", "-", cache=cache, data=data) == here


def test_frames_are_read_again_in_any_order(cache: Path, tmp_path: Path) -> None:
    """Which `os.pread` does here; the file is read on in between."""
    packed = tmp_path / "capture.gz"
    packed.write_bytes(gzip.compress((ROOT / CAPTURE).read_bytes()))
    code = (
        "import nlsniff\n"
        "for path in sys.argv[1:]:\n"
        "    capture = nlsniff.Capture(path)\n"
        "    found = [(message.number, message.summary, message.get('dst')) for message in capture.messages()]\n"
        "    again = [capture[number] for number, *_ in reversed(found)]\n"
        "    assert [(it.number, it.summary) for it in reversed(again)] == [it[:2] for it in found]\n"
        "    print(found)\n"
        "assert not [name for name in sys.modules if name.startswith('nlsniff.capture')]\n"
    )
    here = run(f"import sys\n{code}", CAPTURE, str(packed), cache=cache)
    assert here[::2] == (0, b"")
    assert run(f"{WITHOUT}{code}", CAPTURE, str(packed), cache=cache) == here


def test_redact(cache: Path, tmp_path: Path) -> None:
    here = run(f"import sys\n{RUN}", "redact", "captures/xfrm.pcapng", str(tmp_path / "here"), cache=cache)
    there = run(f"{WITHOUT}{RUN}", "redact", "captures/xfrm.pcapng", str(tmp_path / "there"), cache=cache)
    assert here[0] == there[0] == 0
    assert (tmp_path / "here").read_bytes() == (tmp_path / "there").read_bytes()


def test_a_golden_is_written_and_checked(cache: Path, tmp_path: Path) -> None:
    check = ["check", CAPTURE, "--golden", str(tmp_path)]
    assert run(f"{WITHOUT}{RUN}", *check, "--update", cache=cache)[0] == 0
    assert len(list(tmp_path.iterdir())) == 2
    here = run(f"import sys\n{RUN}", *check, cache=cache)
    assert here[0] == 0
    assert run(f"{WITHOUT}{RUN}", *check, cache=cache) == here


@pytest.mark.parametrize("name", ["capture", "record", "live"])
def test_recording_is_refused_in_a_line(name: str, cache: Path) -> None:
    status, out, err = run(f"{WITHOUT}{RUN}", name, "-w", "x.pcapng", cache=cache)
    assert (status, out) == (2, b"")
    assert err.decode().startswith(f"nlsniff: {name} needs Linux")
    assert len(err.splitlines()) == 1


def test_doctor_says_that_files_can_be_read(cache: Path) -> None:
    status, out, err = run(f"{WITHOUT}{RUN}", "doctor", cache=cache)
    assert (status, err) == (1, b"")
    lines = {line[2:].split("  ")[0]: line for line in out.decode().splitlines()}
    assert lines["read files"].startswith("✓")
    assert lines["record"].startswith("✗")
    assert "netlink is Linux's" in lines["record"]


def test_the_screen_and_the_plugin_can_be_loaded(cache: Path) -> None:
    """Their libraries look at the system, too, and are loaded before it changes."""
    code = "import nlsniff.tui.app, nlsniff.pytest_plugin"
    assert run(f"import platformdirs, pytest\n{WITHOUT}{code}", cache=cache) == (0, b"", b"")
