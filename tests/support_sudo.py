"""nlsniff as `sudo` runs it, by a Python that the invoking user cannot read, and what its processes may do."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import nlsniff
from nlsniff.spec.folders import shipped_dir
from tests.live.tool import eventually
from tests.tui.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

NOBODY: Final = 65534
CAP_DAC_READ_SEARCH, CAP_NET_ADMIN, CAP_SYS_PTRACE = 2, 12, 19


def closed_python(folder: Path) -> tuple[str, dict[str, str]]:
    """Make a home for Python and nlsniff that only root may enter, as a virtual environment below /root is.

    Returns:
        The interpreter, and the environment to run it in: that of `sudo`, called by an ordinary user.
    """
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    code = Path(nlsniff.__file__).parent
    shutil.copytree(code, closed / "code" / "nlsniff", ignore=shutil.ignore_patterns("__pycache__"))
    if code not in shipped_dir().parents:
        shutil.copytree(shipped_dir(), closed / "code" / shipped_dir().name)
    (closed / "site").symlink_to(sysconfig.get_paths()["purelib"])
    standard = Path(sysconfig.get_paths()["stdlib"])
    (closed / "home/lib").mkdir(parents=True)
    (closed / "home/lib" / standard.name).symlink_to(standard)
    environment = {
        **os.environ,
        "PYTHONHOME": str(closed / "home"),
        "PYTHONPATH": f"{closed / 'code'}:{closed / 'site'}",
        "PYTHONNOUSERSITE": "1",
        "SUDO_UID": str(NOBODY),
        "SUDO_GID": str(NOBODY),
    }
    return getattr(sys, "_base_executable", sys.executable), environment


def rights(pid: int) -> dict[str, str]:
    """What /proc says of a process's user, groups and capabilities."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    wanted = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs")
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines) if name in wanted}


def is_unprivileged(pid: int) -> bool:
    """Whether a process is nobody, has no capability and can win none."""
    have = rights(pid)
    user = "\t".join([str(NOBODY)] * 4)
    return (
        have["Uid"] == have["Gid"] == user
        and not have["Groups"]
        and all(int(have[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"))
        and have["NoNewPrivs"] == "1"
    )


def children(parent: int) -> list[int]:
    """The pids of the children of a process."""
    return [int(word) for word in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def check_processes(screen: int) -> None:
    """Check what a live session's processes may do: screen, engine, and its reader and namer."""
    assert is_unprivileged(screen), rights(screen)
    (engine,) = children(screen)
    reader, namer = children(engine)
    assert is_unprivileged(reader), rights(reader)
    assert int(rights(namer)["CapEff"], 16) & ~(1 << CAP_SYS_PTRACE | 1 << CAP_DAC_READ_SEARCH) == 0


def browse(folder: Path, options: Sequence[str]) -> None:
    """Run `nlsniff live` on a terminal, open all that it can open, and look at its processes meanwhile."""
    python, environment = closed_python(folder)
    before = temporaries()
    terminal = Terminal([python, "-P", "-m", "nlsniff", "live", *options], **environment)
    terminal.wait_for("following", 60)
    terminal.wait_for("messages, o opens", 60)
    terminal.press("o")
    terminal.wait_for("RTM_NEWLINK", 60)
    check_processes(terminal.pid)
    assert temporaries() == before
    # A filter with a completion and one with a mistake, a conversation, help, marks and their comparison, a search.
    for keys, text in (
        ("/typ\t == RTM_NEWLINK\r", "RTM_NEWLINK"),
        ("\x1b", ""),
        ("/type == RTM_NEWLNK\r", "RTM_NEWLINK"),
        ("\x1b", ""),
        ("gf", ""),
        ("\x1b", ""),
        ("?", "Anywhere"),
        ("\x1b", ""),
        ("gmjjmD", ""),
        ("\x1b", ""),
        ("cj", ""),
        ("ce", ""),
        ("\x06lo\r", ""),
        ("n", ""),
        ("\x10", ""),  # the palette
        ("\x1b", ""),
    ):
        terminal.press(keys)
        terminal.wait_for(text)
        terminal.settle()
    # A window that opened late takes the first of them; the second q loses the recording.
    for key in "\x1bqq" * 15:
        terminal.press(key)
        if terminal.settle(0.5):
            break
    assert terminal.end() == 0, terminal.said
    assert "not kept" in terminal.said
    assert not re.search("(Permission|ModuleNotFound|Import)Error", terminal.said)


def close_window(options: Sequence[str]) -> None:
    """Close the terminal of `nlsniff live`: nothing may be left, neither processes nor files."""
    before = temporaries()
    terminal = Terminal([sys.executable, "-m", "nlsniff", "live", *options])
    terminal.wait_for("following", 60)
    (engine,) = children(terminal.pid)
    processes = [terminal.pid, engine, *children(engine)]
    terminal.hang_up()
    assert eventually(lambda: os.waitpid(terminal.pid, os.WNOHANG)[0] == terminal.pid)
    assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes))
    assert temporaries() == before


def check_lines(folder: Path, options: Sequence[str], number: int) -> None:
    """Run `nlsniff live` into a pipe, look at its processes, and end it by a signal: nothing may be left."""
    python, environment = closed_python(folder)
    before = temporaries()
    command = [python, "-P", "-m", "nlsniff", "live", *options]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        while "RTM_NEWLINK" not in (line := process.stdout.readline()):
            assert line, process.stderr.read()
        check_processes(process.pid)
        (engine,) = children(process.pid)
        process.send_signal(number)
        said = process.stderr.read()
    if number == signal.SIGKILL:
        assert eventually(lambda: not Path(f"/proc/{engine}").exists())
    else:
        assert process.returncode == 0, said
        assert "not kept" in said
    assert temporaries() == before


def temporaries() -> set[Path]:
    """Files of ours in the temporary folder."""
    return set(Path(tempfile.gettempdir()).glob("nlsniff-live*"))
