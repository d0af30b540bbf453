"""What is told of a recording that differs from its golden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.output import ladder
from nlsniff.regress.words import sentences

if TYPE_CHECKING:
    from nlsniff.regress.comparison import Comparison
    from nlsniff.testing.recording import Recording

_LINES = 200  # of a diff; its file has them all
_RUNGS = 60  # lines of ladders where no golden says which conversation matters
_TOLD = 20  # sentences where the comparison failed; the section has more


def summary(comparison: Comparison, name: str) -> list[str]:
    """A line that counts, and a sentence for each difference, the most severe first."""
    told = sentences(comparison.differences, name)
    count = len(comparison.differences)
    more = [f"... and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
    return [f"{name}: {count} difference{'s' * (count != 1)}", *told[:_TOLD], *more]


def sections(comparison: Comparison, name: str, recording: Recording, diff: str, update: str) -> list[tuple[str, str]]:
    """What is told below a failure, by headline.

    Args:
        comparison: of the golden with the recording.
        name: of the golden.
        recording: what differs.
        diff: the file that has the whole diff.
        update: the command that makes the recording the golden.
    """
    notes = "".join(f"note: {note}\n" for note in sentences(comparison.notes, name))
    words = f"{comparison.words(name)}{notes}`{update}` makes this the golden"
    lines = comparison.unified(name, "recorded now").splitlines()
    if len(lines) > _LINES:
        lines = [*lines[:_LINES], f"... {len(lines) - _LINES} more lines: {diff}"]
    told = [("netlink: what changed", words), ("netlink: diff", "\n".join(lines))]
    rungs = _ladder(comparison, recording)
    if rungs:
        told.insert(1, ("netlink: the conversation", "\n".join(rungs)))
    return told


def conversations(recording: Recording) -> list[str]:
    """The ladders of the conversations that a test asked for last, or of all where it found none."""
    found = recording.asked or recording.conversations()
    if not found:
        return ["nothing was said by netlink"]
    inner, lines = recording.capture._inner, list[str]()
    for number, conversation in enumerate(found):
        rungs = ladder.text(conversation._inner, inner.follower, inner.message)
        if number and len(lines) + 1 + len(rungs) > _RUNGS:
            return [*lines, "", f"... and {len(found) - number} more"]
        lines += [*([""] * bool(number)), *rungs[:_RUNGS]]
    return lines


def _ladder(comparison: Comparison, recording: Recording) -> list[str]:
    """The conversation in which the most severe difference is, as far as it is in the recording."""
    number = next((found.message for found in comparison.differences if found.message), 0)
    if not number:
        return []
    inner = recording.capture._inner
    return ladder.text(inner.conversation(number), inner.follower, inner.message)
