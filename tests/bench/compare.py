"""No target is met by printing less: nlsniff prints what the walker says, and its filters find tshark's frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.run import Run, Runner
    from tests.bench.tasks import Task

_JOBS = (1, 3)  # processes that share the work; three cut the file at odd places


def differs(runner: Runner, arguments: list[str], file: Path) -> str:
    """Say what nlsniff prints that the walker does not, byte for byte, in one process and in several; "" if nothing."""
    walked = runner.walker(arguments, file).output.read_bytes()
    if not walked:
        return "the walker prints nothing"
    for jobs in _JOBS:
        printed = runner.nlsniff(arguments, file, jobs=jobs).output.read_bytes()
        if printed != walked:
            lines = zip(printed.splitlines(), walked.splitlines(), strict=False)
            said, right = next((pair for pair in lines if pair[0] != pair[1]), (b"", b""))
            return f"with {jobs} jobs, {len(printed)} bytes for {len(walked)}: {said!r}, and the walker {right!r}"
    return ""


def frames_differ(task: Task, own: Run, other: Run) -> str:
    """Say which frames only one of two filters found that should find the same; "" if there are none."""
    mine, his = (set(run.output.read_text().split()) for run in (own, other))
    if not his:
        return "tshark finds no frame"
    wrong = sorted(his - mine if task.frames == "some" else his ^ mine, key=int)
    return f"{len(wrong)} frames are found by one of both: {', '.join(wrong[:5])}" if wrong else ""
