"""strace beside a command: attached before it begins, asked to let go when it has ended, and why it cannot."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nlsniff.capture import privilege
from nlsniff.file.strace import trace_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PR_SET_PDEATHSIG: Final = 1
_START_SECONDS: Final = 15.0
_STOP_SECONDS: Final = 60.0
_LOG: Final = "log"
_WORDS: Final = "words"
_CHUNK: Final = 1 << 14  # bytes
_ROOM: Final = 1 << 14  # bytes that are free where nothing was lost
_YAMA: Final = Path("/proc/sys/kernel/yama/ptrace_scope")


class NoStraceError(privilege.LackingError):
    """strace cannot record the command."""


def require(argv: Sequence[str], *, private: bool) -> str:
    """Find strace, and refuse a command that would run otherwise under it.

    Args:
        argv: the command and its arguments; none for a function of this program.
        private: it runs in namespaces of its own, in which no program has another user's privilege anyhow.

    Returns:
        The path of strace.

    Raises:
        NoStraceError: says what to do.
    """
    path = shutil.which("strace")
    if path is None:
        raise NoStraceError("there is no strace", "`sudo apt install strace`", "sudo apt install strace")
    program = shutil.which(argv[0]) if argv else None
    if program and not private and not privilege.effective() >> privilege.CAP_SYS_PTRACE & 1:
        kind = _foreign_privilege(program)
        if kind:
            raise NoStraceError(
                f"{program} is {kind}, and under strace it would run without that privilege",
                f"run `sudo {privilege.own_command()} record --here ...`",
            )
    return path


class Tracer:
    """A running strace, which follows a process and all that it starts.

    Args:
        path: of strace.
        folder: takes its logs; nobody else may enter it.
        pid: the process, which must not have begun.

    Raises:
        NoStraceError: it cannot attach; says why and what to do.
    """

    def __init__(self, path: str, folder: Path, pid: int) -> None:
        self._folder = folder
        self._words = folder / _WORDS
        log = folder / _LOG
        command = [path, *_options(path), "-q", "-o", str(log), "-p", str(pid)]
        with self._words.open("wb") as words:
            # Alone in its process group, so that Ctrl-C is the command's, and not left behind when we are killed.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=words,
                process_group=0,
                preexec_fn=_end_with_parent,  # noqa: PLW1509  this process has one thread
            )
        first = folder / f"{_LOG}.{pid}"
        end = time.monotonic() + _START_SECONDS
        while not first.exists():  # strace opens the log of a process once it is attached to it
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise _refusal(pid, self._said())
            time.sleep(0.001)

    def stop(self) -> str:
        """Let go of what still runs, and end.

        Returns:
            What went wrong until now, or "".
        """
        ended = self._process.poll()
        if ended is None:
            self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return "strace did not end in time"
        if ended is None or ended == 0:
            # strace itself says nothing of what it could not write.
            where, free = self._folder.parent, shutil.disk_usage(self._folder).free
            return (
                "" if free >= _ROOM else f"{where} is full, so that strace's logs lack something: set TMPDIR to another"
            )
        if ended < 0:
            return f"strace was killed ({signal.Signals(-ended).name}), and what came after that is not recorded"
        return f"strace failed: {self._said() or f'exit status {ended}'}"

    def logs(self) -> list[tuple[str, Iterable[bytes]]]:
        """Its logs: the name of each, and its lines."""
        return [(path.name, _Lines(path)) for path in sorted(self._folder.glob(f"{_LOG}.*"))]

    def _said(self) -> str:
        """The last line of what it said, or ""."""
        lines = self._words.read_text(errors="replace").splitlines()
        return lines[-1].removeprefix("strace: ") if lines else ""


def ptrace_scope() -> str:
    """The setting that says who may trace whom, "0" to "3"; "" where the kernel has no Yama."""
    return _setting(_YAMA)


def is_own(name: str) -> bool:
    """Whether a file that a recording leaves in its folder could have this name."""
    return name == _WORDS or name.removeprefix(f"{_LOG}.").isdecimal()


def _options(path: str) -> list[str]:
    """How this strace is to be called.

    Without --seccomp-bpf, by which it would take a third of the time: what it filters can run no more calls once strace
    is gone, so that nothing could go on in the background, and no program may then gain a privilege (no_new_privs).
    """
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise NoStraceError(f"{path} cannot be run", error.strerror or "refused") from None
    return [option for option in trace_options(done.stdout, "-ff") if option != "--seccomp-bpf"]


class _Lines:
    """The lines of a file, which is open only while some of them are read: there may be thousands, one a process."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        at = 0
        while True:
            with self._path.open("rb") as log:
                log.seek(at)
                lines = log.readlines(_CHUNK)
                at = log.tell()
            if not lines:
                return
            yield from lines


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _foreign_privilege(program: str) -> str:
    """What privilege of somebody else a program runs with, in words; "" where it has none."""
    found = Path(program).stat()
    if found.st_mode & stat.S_ISUID and found.st_uid != os.geteuid():
        return "set-uid"
    if found.st_mode & stat.S_ISGID and found.st_mode & stat.S_IXGRP and found.st_gid != os.getegid():
        return "set-gid"
    with suppress(OSError):
        os.getxattr(program, "security.capability")
        return "a program with capabilities of its own"
    return ""


def _refusal(pid: int, said: str) -> NoStraceError:
    """Why strace could not attach to a process, and what to do."""
    scope = ptrace_scope()
    other = _status(pid, "TracerPid")
    if other not in {"", "0"}:
        name = _setting(Path(f"/proc/{other}/comm")) or "another program"
        return NoStraceError(
            f"strace cannot attach, for {name}[{other}] traces this already", "run nlsniff outside of it"
        )
    if scope == "3":
        return NoStraceError("kernel.yama.ptrace_scope=3 forbids strace until the machine is booted without it", "")
    if scope == "2":
        mend = "sudo sysctl kernel.yama.ptrace_scope=1"
        return NoStraceError(
            "kernel.yama.ptrace_scope=2 lets root alone use strace",
            f"run `sudo {privilege.own_command()} ...`, or `{mend}`",
            mend,
        )
    if _status(os.getpid(), "Seccomp") == "2":
        return NoStraceError(
            f"strace cannot attach ({said}), and this looks like a container that forbids it",
            "start it with `--cap-add SYS_PTRACE` or `--security-opt seccomp=unconfined`",
        )
    return NoStraceError("strace cannot attach", said or "it did not answer")


def _setting(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def _status(pid: int, key: str) -> str:
    """A line of /proc/PID/status."""
    for line in _setting(Path(f"/proc/{pid}/status")).splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return value.strip()
    return ""
