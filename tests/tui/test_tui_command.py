"""`nlsniff open` as a program: on a terminal of its own, and what it refuses."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.screens import CAPTURES
from tests.tui.terminal import Terminal

NLSNIFF = [sys.executable, "-m", "nlsniff"]
REJECTED = str(CAPTURES / "rejected.pcapng")


def test_open_and_quit() -> None:
    terminal = Terminal([*NLSNIFF, "open", REJECTED])
    terminal.wait_for("49/49")
    terminal.wait_for("19 messages, o opens")
    terminal.press("o")
    terminal.wait_for("CTRL_CMD_NEWFAMILY")
    terminal.press("G")
    terminal.wait_for("RTM_GETROUTE")
    terminal.press("q")
    assert terminal.end() == 0


def test_a_filter_to_begin_with() -> None:
    terminal = Terminal([*NLSNIFF, "open", "-Y", "type == RTM_NEWROUTE", REJECTED])
    terminal.wait_for("6/49")
    terminal.press("q")
    assert terminal.end() == 0


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_is_read_and_keys_still_work(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "capture"
    path.write_bytes(gzip.compress(Path(REJECTED).read_bytes()) if packed else Path(REJECTED).read_bytes())
    command = f"cat {path} | {' '.join(NLSNIFF)} open -"
    terminal = Terminal(["/bin/sh", "-c", command])
    terminal.wait_for("49/49")
    terminal.press("q")
    assert terminal.end() == 0


def test_a_pipe_that_is_slow_does_not_stop_the_screen(tmp_path: Path) -> None:
    path = Path(shutil.copy(REJECTED, tmp_path / "capture"))
    command = f"(head -c 9000 {path}; sleep 3; tail -c +9001 {path}) | {' '.join(NLSNIFF)} open -"
    terminal = Terminal(["/bin/sh", "-c", command])
    terminal.wait_for("CTRL_CMD_GETFAMILY")
    terminal.press("?")
    terminal.wait_for("Anywhere", 20)
    terminal.press("q")
    terminal.wait_for("49/49")
    terminal.press("q")
    assert terminal.end() == 0


def test_what_is_wrong_with_the_file_is_said_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcapng"
    path.write_bytes(Path(REJECTED).read_bytes()[:5000])
    os.utime(path, (0, 0))
    terminal = Terminal([*NLSNIFF, "open", str(path)])
    terminal.wait_for("the file:")
    terminal.press("q")
    assert terminal.end() == 0
    assert f"nlsniff: {path}: " in terminal.said


def refused(*arguments: str) -> str:
    """What the program says on stderr where it ends with status 2, on a terminal so that it goes far enough."""
    terminal = Terminal([*NLSNIFF, *arguments])
    assert terminal.end() == 2, terminal.said
    assert "Traceback" not in terminal.said
    return terminal.said


def test_refusals(tmp_path: Path) -> None:
    assert "no such file" in refused("open", str(tmp_path / "absent.pcap"))
    text = tmp_path / "text.pcap"
    text.write_text("a shopping list\n" * 10)
    assert "no pcap or pcapng" in refused("open", str(text))
    empty = tmp_path / "empty.pcap"
    empty.touch()
    assert "is empty" in refused("open", str(empty))
    assert "column" in refused("open", "-Y", "type ==== 1", REJECTED)
    assert "is the terminal" in refused("open", "-")
    piped = Terminal(["sh", "-c", f"cat {empty} | {' '.join(NLSNIFF)} open -"])
    assert (piped.end(), "standard input: is empty" in piped.said) == (2, True), piped.said


def test_without_a_terminal_it_says_what_to_use() -> None:
    result = subprocess.run([*NLSNIFF, "open", REJECTED], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "nlsniff show" in result.stderr
    assert result.stderr.count("\n") == 1


def test_frames_without_netlink_are_refused(corpus: Path) -> None:
    assert "netlink" in refused("open", str(corpus / "pcap" / "nldecap-not-netlink.pcap"))


def test_no_color_writes_no_colour() -> None:
    terminal = Terminal([*NLSNIFF, "open", REJECTED], NO_COLOR="1")
    terminal.wait_for("RTM_NEWROUTE")
    terminal.press("q")
    assert terminal.end() == 0
    for code in ("38;2;", "48;2;", "38;5;", "48;5;", "\x1b[31m", ";31m"):
        assert code not in terminal.said


@pytest.mark.parametrize("command", ["open", "live"])
def test_help_imports_no_textual(command: str) -> None:
    code = (
        "import sys; from nlsniff.cli import main\n"
        "try: main([sys.argv[1], '--help'])\n"
        "except SystemExit: print('textual' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code, command], capture_output=True, text=True, check=True)
    assert result.stdout.endswith("False\n")
