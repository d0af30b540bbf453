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

from nlsniff.cli import COMMANDS
from nlsniff.file import zstd
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ABSENT = {
    "os": (
        "fork", "forkpty", "geteuid", "getuid", "getegid", "getgid", "O_NOFOLLOW", "O_NONBLOCK", "O_DIRECTORY",
        "pread", "pwrite", "memfd_create", "set_blocking", "getxattr", "mkfifo", "chown", "fchmod", "sysconf", "uname",
        "killpg", "setsid", "O_NOCTTY", "waitid", "sched_setscheduler", "sched_getaffinity", "pidfd_open",
    ),
    "signal": ("SIGHUP", "SIGQUIT", "SIGALRM", "SIGPIPE", "pthread_sigmask", "setitimer"),
    "socket": ("AF_NETLINK", "AF_PACKET", "AF_UNIX"),
    "select": ("poll", "epoll"),
}  # fmt: skip
MODULES = ("fcntl", "pwd", "grp", "resource", "termios", "tty", "pty", "syslog")
WITHOUT = f"""\
import os, select, signal, socket, sys
import hashlib, random, shutil, subprocess, threading, zoneinfo  # which look at the system when they are loaded
for module, names in {ABSENT!r}.items():
    for name in names:
        delattr(sys.modules[module], name)
for name in {MODULES!r}:
    sys.modules[name] = None
sys.platform = "darwin"
usage = shutil.disk_usage
shutil.disk_usage = lambda path: usage(os.fspath(path))  # Windows takes no descriptor
"""
RUN = "from nlsniff.cli import main; main(sys.argv[1:])"
CAPTURE = "captures/first-route.pcapng"
PRINTS = [
    ["show", CAPTURE], ["show", "-V", CAPTURE], ["show", "--json", CAPTURE], ["show", "-e", "route.dst", CAPTURE],
    ["show", "-Y", "type == RTM_NEWROUTE", CAPTURE], ["show", "captures/xfrm.pcapng"],
    ["follow", "--all", CAPTURE], ["follow", "--stories", CAPTURE], ["stats", CAPTURE], ["transcript", CAPTURE],
    ["diff", CAPTURE, "captures/xfrm.pcapng"], ["fields", "dst"], ["spec", "list"], ["open", CAPTURE],
    ["spec", "check", "dissectors/rt-addr.yaml"], ["show", "--jobs", "2", "captures/zebra.pcapng.zst"],
    ["show", "-x", CAPTURE, "captures/xfrm.pcapng"], [CAPTURE], ["man", "show"],
    ["who", "198.51.100.0/24", CAPTURE],
]  # fmt: skip
WRITES = [
    ["redact", "captures/batches.pcapng.zst", "OUT"],
    ["show", "-Y", "link", CAPTURE, "-w", "OUT"],
    ["import", "tests/file/hex/tcpdump-X.txt", "-w", "OUT"],
]


def run(
    code: str, *arguments: str, cache: Path, data: bytes | None = None, where: Path = ROOT
) -> tuple[int, bytes, bytes]:
    """Exit status, output and errors."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=where, input=data, capture_output=True, check=False,
        env={**os.environ, "NLSNIFF_CACHE": str(cache), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("arguments", PRINTS, ids=" ".join)
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


@pytest.mark.parametrize("words", WRITES, ids=lambda words: words[0])
def test_a_file_is_written(words: list[str], cache: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for code, path in ((f"import sys\n{RUN}", here), (f"{WITHOUT}{RUN}", there)):
        status, out, err = run(code, *(str(path) if word == "OUT" else word for word in words), cache=cache)
        assert (status, out) == (0, b""), err
    assert here.read_bytes() == there.read_bytes()


def test_a_golden_is_written_and_checked(cache: Path, tmp_path: Path) -> None:
    def there(*words: str) -> tuple[int, bytes, bytes]:
        return run(f"{WITHOUT}{RUN}", *words, cache=cache, where=tmp_path)

    check = ["check", str(ROOT / CAPTURE), "--golden", "."]
    assert there(*check, "--update")[0] == 0
    golden = tmp_path / "first-route.nlt"
    assert len(list(tmp_path.iterdir())) == 2
    here = run(f"import sys\n{RUN}", *check, cache=cache, where=tmp_path)
    assert here[0] == 0
    assert there(*check) == here
    before = golden.read_bytes()
    assert there("check", str(ROOT / "captures/basics.pcapng"), "--golden", golden.name, "--new", "new")[0] == 1
    assert there("accept", "new")[0] == 0
    assert golden.read_bytes() != before


@pytest.mark.parametrize("name", ["capture", "record", "live"])
def test_recording_is_refused_in_a_line(name: str, cache: Path) -> None:
    status, out, err = run(f"{WITHOUT}{RUN}", name, "-w", "x.pcapng", cache=cache)
    assert (status, out) == (2, b"")
    assert err.decode().startswith(f"nlsniff: {name} needs Linux")
    assert len(err.splitlines()) == 1


def test_completion_has_what_can_be_run(cache: Path) -> None:
    """As have the manual pages, which are made where a wheel is built."""
    status, out, err = run(f"{WITHOUT}{RUN}", "completion", "fish", cache=cache)
    assert (status, err) == (0, b"")
    assert b" transcript " in out
    assert b" record " not in out


def test_doctor_says_that_files_can_be_read(cache: Path) -> None:
    status, out, err = run(f"{WITHOUT}{RUN}", "doctor", cache=cache)
    assert (status, err) == (1, b"")
    lines = {line[2:].split("  ")[0]: line for line in out.decode().splitlines()}
    assert lines["read files"].startswith("✓")
    assert lines["record"].startswith("✗")
    assert "netlink is Linux's" in lines["record"]


SCREEN = """
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.app import NlsniffApp
from tests.tui.screens import filter_by, row_text, settle

async def look(pilot):
    await settle(pilot)
    screen = await filter_by(pilot, "errno")
    print(row_text(screen.messages, 0))
    app.exit()

app = NlsniffApp(IndexedCapture(sys.argv[1], make_decoder()), still=True)
loop.run_until_complete(app.run_async(headless=True, size=(120, 36), auto_pilot=look))
"""


def test_the_screen_opens_and_the_plugin_can_be_loaded(cache: Path) -> None:
    """Their libraries look at the system, too, and are loaded before it changes.

    asyncio and textual have a loop and a driver for each system.
    """
    loaded = "import asyncio, platformdirs, pytest, textual.drivers.linux_driver\nloop = asyncio.new_event_loop()\n"
    assert run(f"{loaded}{WITHOUT}import nlsniff.pytest_plugin", cache=cache) == (0, b"", b"")
    status, out, err = run(f"{loaded}{WITHOUT}{SCREEN}", "captures/rejected.pcapng", cache=cache)
    assert (status, err) == (0, b"")
    assert b" 28 " in out
    assert b" RTM_NEWLINK " in out


def test_no_command_is_left_out() -> None:
    """crosscheck runs tshark, by the loop of its system."""
    below = {"check", "accept", "capture", "record", "live", "doctor", "completion"}
    assert {words[0] for words in PRINTS + WRITES} | below | {"crosscheck"} >= COMMANDS.keys()
