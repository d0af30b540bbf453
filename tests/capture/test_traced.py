"""`record --via strace`, with real strace on this machine's kernel: what is recorded, and what is refused."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nlsniff
from nlsniff.capture import namespace, traced, tracer
from nlsniff.wire.comments import is_own, process_in
from nlsniff.wire.delivery import Delivery, delivery_in
from tests.live.tool import NOBODY, as_user, eventually
from tests.support_tools import need
from tests.support_user import CODE, users_python

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@pytest.fixture(autouse=True)
def _strace() -> None:
    need("strace")


RECORD = [sys.executable, "-m", "nlsniff", "record"]
BY_STRACE = [*RECORD, "--via", "strace"]


def by_user(
    *arguments: str, path: str = f"{os.defpath}:/usr/sbin:/sbin", **keywords: Any
) -> subprocess.CompletedProcess[str]:
    """Run `nlsniff record` as an ordinary user."""
    environment = {**os.environ, "PYTHONPATH": CODE, "PATH": path}
    run = as_user if os.geteuid() == 0 else partial(subprocess.run, capture_output=True, text=True, check=False)
    return run([users_python(), "-m", "nlsniff", "record", *arguments], env=environment, cwd="/", **keywords)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that an ordinary user may write to; temporary files are made in `temporary` below it.

    Not below pytest's own, which each session of pytest closes to others again.
    """
    with tempfile.TemporaryDirectory() as made:
        path = Path(made)
        (path / "temporary").mkdir()
        for each in (path, path / "temporary"):
            each.chmod(0o777)
        monkeypatch.setenv("TMPDIR", str(path / "temporary"))
        yield path


def run(*arguments: str, **keywords: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60, **keywords)


def deliveries(path: Path) -> Iterator[tuple[nlsniff.Message, Delivery]]:
    """Each message with what its frame says of its way."""
    with nlsniff.Capture(path) as capture:
        for message in capture:
            delivery = delivery_in(message.comment)
            assert delivery, message.summary
            yield message, delivery


def test_an_ordinary_user_records_a_command_in_a_namespace_of_its_own(folder: Path) -> None:
    path = folder / "x.pcapng"
    script = "ip link set lo up; ip route add 192.0.2.0/24 dev lo; ip route add 192.0.2.0/24 via 10.0.0.1; exit 3"
    done = by_user("--via", "strace", "-w", str(path), "--", "sh", "-c", script)
    assert done.returncode == 3, done.stderr
    assert "gateway" in done.stderr
    with nlsniff.Capture(path) as capture:
        own = sum(is_own(message.comment) for message in capture)
        frames = len(list(capture.frames()))
        figures = f"{len(capture)} messages ({own} nlsniff's own) in {frames} frames, 0 dropped, written to {path}\n"
    assert done.stderr.endswith(figures)
    assert path.stat().st_mode & 0o777 == 0o600
    said = [(message, delivery) for message, delivery in deliveries(path) if not is_own(message.comment)]
    assert all(message.direction == delivery.direction for message, delivery in said)
    assert all(delivery.process.startswith("ip[") for _, delivery in said)
    assert all(delivery.descriptor is not None and delivery.socket for _, delivery in said)
    assert {delivery.way for _, delivery in said} == {"to-kernel", "to-user"}
    asked = [message.summary for message, delivery in said if delivery.way == "to-kernel" and "ROUTE" in message.type]
    assert asked == ["192.0.2.0/24 dev lo scope link", "192.0.2.0/24 via 10.0.0.1"]
    with nlsniff.Capture(path) as capture:
        assert [interface.name for interface in capture.interfaces] == ["strace"]
        assert all(conversation.certain for conversation in capture.conversations)


def test_the_capture_describes_itself_and_says_that_it_is_its_own(folder: Path) -> None:
    path = folder / "x.pcapng"
    assert run(*BY_STRACE, "-q", "-w", str(path), "--", "true").stderr == ""
    described = list(deliveries(path))
    assert {message.type for message, _ in described} >= {"CTRL_CMD_NEWFAMILY", "RTM_NEWLINK"}
    assert all(is_own(message.comment) for message, _ in described)
    assert all(delivery.process.startswith("nlsniff[") for _, delivery in described)
    assert [delivery.way for message, delivery in described if "REQUEST" in message.flags] == ["to-kernel"] * 2
    assert run(*BY_STRACE, "-q", "--no-describe", "-w", str(path), "--", "true").stderr == ""
    assert list(deliveries(path)) == []


def test_no_names_leaves_them_out(folder: Path) -> None:
    path = folder / "x.pcapng"
    assert run(*BY_STRACE, "--no-names", "-w", str(path), "--", "ip", "link").returncode == 0
    found = list(deliveries(path))
    assert found
    assert not any(delivery.process or process_in(message.comment) for message, delivery in found)


def test_a_pcap_file_cannot_hold_the_ways(folder: Path) -> None:
    done = run(*BY_STRACE, "-w", str(folder / "x.pcap"), "--", "ip", "link")
    assert done.returncode == 0
    assert done.stderr.count("pcap cannot hold who sent a datagram to whom") == 1


def test_it_is_said_why_auto_takes_strace(folder: Path) -> None:
    command = ["--here", "-w", str(folder / "x.pcapng"), "--", "ip", "link"]
    done = by_user(*command)
    assert done.returncode == 0
    assert done.stderr.startswith("nlsniff: recording by strace: nlmon needs CAP_NET_ADMIN and CAP_NET_RAW, which this")
    assert "recording by" not in by_user("-q", *command).stderr
    refused = by_user("--via", "nlmon", *command)
    assert refused.returncode == 125
    assert "run `sudo " in refused.stderr


@pytest.mark.parametrize(
    "work",
    [
        "from nlsniff.capture.session import start; start(None)",
        "import nlsniff; nlsniff.record(['true'], here=True, via='nlmon')",
    ],
)
def test_the_command_that_a_refusal_names_is_there(work: str) -> None:
    """Also where another program uses nlsniff, and where it is a process of its own that is refused."""
    run_python = as_user if os.geteuid() == 0 else partial(subprocess.run, capture_output=True, text=True, check=False)
    environment = {**os.environ, "PYTHONPATH": CODE}
    refused = run_python([users_python(), "-c", work], env=environment, cwd="/").stderr
    named = re.findall(r"`(?:sudo )?(\S+(?: -m nlsniff)?) (?:\.\.\.|record)", refused.splitlines()[-1])
    assert len(named) == 2, refused
    for command in named:
        said = run_python([*command.split(), "--version"], env=environment, cwd="/")
        assert said.stdout.startswith("nlsniff "), said.stderr


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        (["sh", "-c", "kill -9 $$"], 128 + 9, ""),
        (["no-such-command"], 127, "nlsniff: cannot run no-such-command: No such file or directory\n"),
        (["/etc/passwd"], 126, "nlsniff: cannot run /etc/passwd: Permission denied\n"),
        (["sh", "-c", "test $(id -u) = 0 && ip link set lo up && echo -w --here"], 0, ""),
        (["sh", "-c", "ls /proc/self/fd | wc -l >&2"], 0, "4\n"),  # the fourth is the folder that ls reads
        (["sh", "-c", 'read line; test "$line" = hello'], 0, ""),
    ],
)  # fmt: skip
def test_the_command_is_run_as_without_strace(command: Sequence[str], status: int, words: str, folder: Path) -> None:
    done = by_user("--via", "strace", "-q", "-w", str(folder / "x.pcapng"), "--", *command, input="hello\n")
    assert (done.returncode, done.stderr) == (status, words)
    assert (folder / "x.pcapng").exists() == (not words.startswith("nlsniff: cannot run"))


def test_the_capture_may_go_to_a_pipe(folder: Path) -> None:
    script = f"{' '.join(BY_STRACE)} -w - -- ip link | cat > {folder}/x.pcapng"
    done = run("sh", "-c", script)
    assert "lo: <LOOPBACK>" in done.stderr
    assert "RTM_NEWLINK" in {message.type for message, _ in deliveries(folder / "x.pcapng")}


def test_what_runs_in_the_background_goes_on_unrecorded(folder: Path) -> None:
    path = folder / "x.pcapng"
    script = f"(sleep 3; ip addr) > {folder}/late 2> /dev/null & ip link show > /dev/null; exit 5"
    done = run(*BY_STRACE, "-q", "-w", str(path), "--", "sh", "-c", script)
    assert (done.returncode, done.stderr) == (5, "")
    assert not (folder / "late").read_text()
    assert "RTM_NEWADDR" not in {message.type for message, _ in deliveries(path)}
    assert eventually(lambda: (folder / "late").exists() and "lo:" in (folder / "late").read_text())


def test_more_processes_than_files_may_be_open(folder: Path) -> None:
    path = folder / "x.pcapng"
    runs = "i=0; while [ $i -lt 70 ]; do ip link show lo > /dev/null; i=$((i + 1)); done"
    record = " ".join([*BY_STRACE, "--here", "-q", "-w", str(path), "--", "sh", "-c", '"$RUNS"'])
    done = run("sh", "-c", f"ulimit -n 64; {record}", env={**os.environ, "RUNS": runs})
    assert (done.returncode, done.stderr) == (0, "")
    assert len({delivery.process for _, delivery in deliveries(path) if delivery.process[:3] == "ip["}) == 70


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_request_to_end_is_handed_on_and_nothing_is_left(folder: Path, number: int) -> None:
    path = folder / "x.pcapng"
    command = [*BY_STRACE, "-q", "-w", str(path), "--", "sh", "-c", "ip link >/dev/null; echo ready; exec sleep 60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, process_group=0) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        (logs,) = (folder / "temporary").iterdir()
        assert logs.stat().st_mode & 0o777 == 0o700
        # What the keyboard sends goes to all.
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        process.wait(30)
    assert process.returncode == 128 + number
    assert "RTM_NEWLINK" in {message.type for message, delivery in deliveries(path) if delivery.process[:2] == "ip"}
    assert list((folder / "temporary").iterdir()) == []


def test_what_a_killed_recording_leaves_is_closed_to_others_and_removed_by_the_next(folder: Path) -> None:
    temporary = folder / "temporary"
    command = [*BY_STRACE, "-q", "-w", str(folder / "x.pcapng"), "--", "sh", "-c", "echo $PPID; exec sleep 60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, process_group=0) as process:
        assert process.stdout
        process.stdout.readline()
        (strace,) = straces(process.pid)
        process.kill()
        process.wait(30)
        assert eventually(lambda: not Path(f"/proc/{strace}").exists())
        os.killpg(process.pid, signal.SIGKILL)  # the command goes on without us
    (left,) = temporary.iterdir()
    assert left.stat().st_mode & 0o777 == 0o700
    assert run(*BY_STRACE, "-q", "-w", str(folder / "x.pcapng"), "--", "true").returncode == 0
    assert list(temporary.iterdir()) == [left]  # it might be one that begins just now
    script = "from nlsniff.capture import traced; traced._YOUNG_SECONDS = -1; traced._clear_left_over()"
    assert run(sys.executable, "-c", script).returncode == 0
    assert list(temporary.iterdir()) == []


def straces(pid: int) -> list[str]:
    """The children of a process that are strace."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for child in children if Path(f"/proc/{child}/comm").read_text() == "strace\n"]


def test_a_folder_in_use_is_not_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(traced, "_YOUNG_SECONDS", -1.0)
    with traced._folder() as used:
        traced._clear_left_over()
        assert used.exists()
    assert not used.exists()


def test_a_folder_of_somebody_else_is_not_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(traced, "_YOUNG_SECONDS", -1.0)
    for name, mode, files in (
        ("logs", 0o700, ["log.12", "notes.txt"]), ("open", 0o755, ["log.12"]), ("dotted", 0o700, ["log.12.gz"]),
        ("ours", 0o700, ["log.12", "words"]),
    ):  # fmt: skip
        made = folder / f"nlsniff-strace-{name}"
        made.mkdir(mode)
        for file in files:
            (made / file).touch()
    (folder / "nlsniff-strace-link").symlink_to(folder / "nlsniff-strace-ours")
    traced._clear_left_over()
    left = {path.name.removeprefix("nlsniff-strace-") for path in folder.glob("nlsniff-strace-*")}
    assert left == {"logs", "open", "dotted", "link"}


@pytest.mark.skipif(os.geteuid() != 0, reason="what root gives up is tried as root")
def test_strace_has_no_more_privilege_than_the_command(folder: Path) -> None:
    script = "cat /proc/$(sed -n 's/^TracerPid:.//p' /proc/self/status)/status"
    done = by_user("--via", "strace", "--here", "-q", "-w", str(folder / "x.pcapng"), "--", "sh", "-c", script)
    said = dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)
    assert said["Name"] == "strace"
    assert said["Uid"].split() == [str(NOBODY)] * 4
    assert int(said["CapEff"], 16) == int(said["CapPrm"], 16) == 0


def test_strace_killed_is_told_and_the_command_runs_to_its_end(folder: Path) -> None:
    path = folder / "x.pcapng"
    script = "ip link > /dev/null; kill -9 $(sed -n 's/^TracerPid:.//p' /proc/self/status); echo went on; exit 4"
    done = run(*BY_STRACE, "-w", str(path), "--", "sh", "-c", script)
    assert done.returncode == 125
    assert done.stdout == "went on\n"
    assert done.stderr.startswith("nlsniff: strace was killed (SIGKILL), and what came after that is not recorded (")
    assert "RTM_NEWLINK" in {message.type for message, delivery in deliveries(path) if delivery.process[:2] == "ip"}


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system is mounted as root")
def test_a_full_disk_is_told_and_the_command_runs_to_its_end(folder: Path) -> None:
    record = " ".join([*BY_STRACE, "-q", "-w", str(folder / "x.pcapng"), "--", "sh", "-c", '"$RUNS"'])
    script = f"mount -t tmpfs -o size=100k none $TMPDIR && exec {record}"
    runs = "for each in 1 2 3 4 5; do ip link show > /dev/null; done; echo went on"
    done = run("unshare", "--mount", "sh", "-c", script, env={**os.environ, "RUNS": runs})
    assert (done.returncode, done.stdout) == (125, "went on\n")
    assert done.stderr.startswith(
        f"nlsniff: {folder}/temporary is full, so that strace's logs lack something: set TMPDIR"
    )


@pytest.mark.parametrize("via", ["auto", "strace"])
def test_without_strace_it_is_said_how_to_get_it(via: str, folder: Path) -> None:
    done = by_user("--here", "--via", via, "-w", str(folder / "x.pcapng"), "--", "/bin/true", path=str(folder))
    assert done.returncode == 125
    assert done.stderr.count("\n") == 1
    assert "there is no strace: `sudo apt install strace`" in done.stderr
    assert ("nlmon needs CAP_NET_ADMIN" if via == "auto" else "or record --via nlmon") in done.stderr
    assert not (folder / "x.pcapng").exists()


def test_who_is_traced_already_is_told_by_whom(folder: Path) -> None:
    path = folder / "x.pcapng"
    done = run("strace", "-f", "-o", os.devnull, *BY_STRACE, "-w", str(path), "--", "echo", "run")
    assert done.returncode == 125
    assert done.stdout == ""
    assert "strace cannot attach, for strace[" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not path.exists()
    assert list((folder / "temporary").iterdir()) == []


def test_a_container_that_forbids_ptrace_is_named(folder: Path) -> None:
    path = folder / "x.pcapng"
    done = run(sys.executable, "-c", FORBID_PTRACE, *BY_STRACE, "-w", str(path), "--", "echo", "run")
    assert done.returncode == 125
    assert done.stdout == ""
    assert "`--cap-add SYS_PTRACE` or `--security-opt seccomp=unconfined`" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not path.exists()


# A filter of seccomp by which ptrace is not permitted, as containers have it: load the number of the call, compare.
FORBID_PTRACE = """
import ctypes, os, platform, struct, sys
number = {"x86_64": 101, "aarch64": 117}[platform.machine()]
code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7FFF0000)]
program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in code))
libc = ctypes.CDLL(None)
filter = ctypes.create_string_buffer(struct.pack("@HP", len(code), ctypes.addressof(program)))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, filter) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("scope", "words"),
    [("2", "sudo sysctl kernel.yama.ptrace_scope=1"), ("3", "until the machine is booted without it")],
)
def test_the_setting_that_forbids_strace_is_named(
    scope: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracer, "_YAMA", tmp_path / "scope")
    (tmp_path / "scope").write_text(f"{scope}\n")
    text = str(tracer._refusal(os.getpid(), "attach: ptrace(PTRACE_SEIZE, 5): Operation not permitted"))
    assert f"kernel.yama.ptrace_scope={scope}" in text
    assert words in text


@pytest.mark.skipif(os.geteuid() != 0, reason="another user's set-uid program is made as root")
@pytest.mark.parametrize(("mode", "words"), [(0o4755, "set-uid"), (0o2755, "set-gid")])
def test_a_program_that_would_lose_its_privilege_is_refused(mode: int, words: str, folder: Path) -> None:
    program = folder / "program"
    shutil.copy("/bin/true", program)
    program.chmod(mode)
    command = ["-w", str(folder / "x.pcapng"), "--", str(program)]
    done = by_user("--via", "strace", "--here", *command)
    assert done.returncode == 125
    assert f"{program} is {words}, and under strace it would run without that privilege: run `sudo " in done.stderr
    assert not (folder / "x.pcapng").exists()
    # In a user namespace it has none of it anyhow, and root's strace leaves it.
    assert by_user("--via", "strace", *command).returncode == 0
    assert run(*BY_STRACE, "--here", *command).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="root lacks no rights otherwise")
def test_a_namespace_without_rights_is_refused() -> None:
    code = (
        "from nlsniff.capture import namespace\n"
        "try: namespace.require_rights()\n"
        "except namespace.NlsniffError as error: print(error)"
    )
    assert "run `sudo " in as_user([users_python(), "-c", code], env={"PYTHONPATH": CODE}, cwd="/").stdout
    namespace.require_rights()


def test_a_datagram_of_megabytes_is_recorded_whole(folder: Path) -> None:
    path = folder / "x.pcapng"
    script = (
        "import socket, struct\n"
        "sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\n"
        "sock.setsockopt(socket.SOL_SOCKET, 32, 8 << 20)\n"  # SO_SNDBUFFORCE
        "one = struct.pack('=IHHII', 4096, 16, 1, 7, 0) + bytes(range(256)) * 15 + bytes(240)\n"
        "sock.send(one * 700)"
    )
    done = run(*BY_STRACE, "--here", "-w", str(path), "--", sys.executable, "-c", script)
    if "PermissionError" in done.stderr:
        pytest.skip("this user may not send so much at once")
    assert done.returncode == 0, done.stderr
    with nlsniff.Capture(path) as capture:
        sent = [message.data for message in capture if message.seq == 7 and message.length == 4096]
    assert len(sent) == 700
    assert len(set(sent)) == 1
    assert "cut" not in done.stderr


def test_python_programs_choose_the_way(folder: Path) -> None:
    with nlsniff.record(["ip", "link", "show"], folder / "x.pcapng", via="strace") as capture:
        assert capture.returncode == 0
        assert capture.interfaces[0].name == "strace"
        assert capture.notes == []
        assert capture.conversations[-1].errno is None
    with pytest.raises(ValueError, match="give 'auto', 'nlmon' or 'strace'"):
        nlsniff.record(["true"], via="ebpf")  # type: ignore[arg-type]


def test_a_strace_that_cannot_run_and_a_full_disk_are_refused(folder: Path) -> None:
    (folder / "strace").write_text("#!/no/such/interpreter\n")
    (folder / "strace").chmod(0o755)
    command = [*BY_STRACE, "-q", "-w", str(folder / "x.pcapng"), "--", "true"]
    done = subprocess.run(
        command, env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 125
    assert done.stderr.startswith(f"nlsniff: {folder}/strace cannot be run: No such file or directory")
    script = "import tempfile; from nlsniff.capture import traced\n"
    script += "tempfile.tempdir = '/no/such/folder'; traced._folder().__enter__()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.endswith(
        "no folder for strace's logs: No such file or directory: set TMPDIR to where there is room\n"
    )
