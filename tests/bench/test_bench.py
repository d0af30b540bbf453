"""Everything that the bench measures: the walker's bytes, and tshark's frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench.compare import differs, frames_differ
from tests.bench.run import Runner
from tests.bench.tasks import TASKS
from tests.bench.traffic import make
from tests.support_tools import need

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.tasks import Task

_MESSAGES = 1_500  # all kinds of the traffic of a day, and a little more


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    return Runner(tmp_path_factory.mktemp("bench"))


def _file(runner: Runner, task: Task) -> Path:
    file = runner.folder / f"{task.traffic}.pcap"
    if not file.exists():
        make(file, _MESSAGES, task.traffic)
    return file


@pytest.mark.parametrize("name", TASKS)
def test_what_is_measured_prints_what_the_walker_says(name: str, runner: Runner) -> None:
    task = TASKS[name]
    assert differs(runner, task.ours, _file(runner, task)) == ""


@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if task.frames])
def test_filters_find_the_frames_that_tshark_finds(name: str, runner: Runner) -> None:
    need("tshark")
    task = TASKS[name]
    file = _file(runner, task)
    assert frames_differ(task, runner.nlsniff(task.ours, file), runner.tshark(task.theirs, file)) == ""
