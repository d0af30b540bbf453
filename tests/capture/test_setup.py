"""What runs before a capture begins, and what a recorded command is given."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nlsniff.capture.apart import Surroundings, record_apart
from nlsniff.capture.plan import RecordPlan
from nlsniff.capture.run import set_up
from nlsniff.errors import NlsniffError
from tests.live.tool import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_commands_run_in_order(tmp_path: Path) -> None:
    where = str(tmp_path / "said")
    set_up([("sh", "-c", f"echo one >> {where}"), ("sh", "-c", f"echo two >> {where}")])
    assert (tmp_path / "said").read_text() == "one\ntwo\n"


def test_a_command_that_fails_is_told_without_its_arguments(tmp_path: Path) -> None:
    with pytest.raises(NlsniffError) as told:
        set_up([("true",), ("sh", "-c", "echo cannot; exit 3", "0xsecret"), ("touch", str(tmp_path / "later"))])
    assert str(told.value) == "setup: command 2, sh: exit status 3: cannot"
    assert not (tmp_path / "later").exists()
    with pytest.raises(NlsniffError, match=r"^setup: command 1, no-such-program: cannot be run: No such file"):
        set_up([("no-such-program", "x")])


def test_a_recording_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """With a setup that never ends, which needs no nlmon."""
    plan = RecordPlan(str(tmp_path / "x.pcapng"), setup=(("sh", "-c", "echo $$ > pid; exec sleep 60"),))
    begun = time.monotonic()
    with pytest.raises(NlsniffError, match=r"^ip was ended: it took more than 1 seconds$"):
        record_apart(
            ["ip", "link"], plan, here=True, netns=None, inherited=(),
            around=Surroundings(folder=str(tmp_path), seconds=1),
        )  # fmt: skip
    assert time.monotonic() - begun < 20
    line = Path(f"/proc/{int((tmp_path / 'pid').read_text())}/cmdline")
    assert eventually(lambda: not line.exists() or not line.read_bytes())  # gone, or dead


@pytest.fixture
def _interrupts() -> Iterator[None]:
    """SIGINT interrupts, also where the tests run in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interrupts")
def test_what_has_a_time_limit_ends_with_an_interrupt(tmp_path: Path) -> None:
    """It is in a process group of its own, which Ctrl-C does not reach."""
    plan = RecordPlan(str(tmp_path / "x.pcapng"), setup=(("sh", "-c", "echo $$ > pid; exec sleep 60"),))

    def interrupt() -> None:
        eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        record_apart(
            ["ip", "link"], plan, here=True, netns=None, inherited=(),
            around=Surroundings(folder=str(tmp_path), seconds=50),
        )  # fmt: skip
    pid = int((tmp_path / "pid").read_text())
    assert eventually(lambda: not Path(f"/proc/{pid}").exists())
