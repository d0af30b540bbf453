"""What one run of a program, or one call of a function, said to the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.api.capture import Capture
from nlsniff.follow.own import Own
from nlsniff.regress.api import transcript
from nlsniff.testing.plain import plainly

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from nlsniff.api.conversation import Conversation
    from nlsniff.regress.api import TranscriptText
    from nlsniff.regress.model import Level


__tracebackhide__ = True  # pytest leaves out the functions of this module


class Printed(NamedTuple):
    """How a program ended, None for what is no program; what it printed; what of it could not be recorded."""

    returncode: int | None
    stdout: str
    stderr: str
    notes: tuple[str, ...] = ()


class Recording:
    """A recording. It equals a golden where nothing differs that is compared.

    Args:
        path: of the capture file.
        told: by the program.
        answers: how much of what the kernel says is in the transcript; None for what rules or goldens say.
        rules: a file of them.

    Attributes:
        path: of the capture file, which is gone when the test has ended.
        returncode, stdout, stderr: of the program.
        notes: what could not be recorded, or was never read, a line each.
        asked: the conversations that somebody asked for last.
    """

    def __init__(self, path: Path, told: Printed, answers: Level | None, rules: os.PathLike[str] | None) -> None:
        self.path = path
        self.returncode, self.stdout, self.stderr, self.notes = told
        self._answers = answers
        self._rules = rules
        self._capture: Capture | None = None
        self.asked: list[Conversation] = []

    def __eq__(self, other: object) -> bool:
        """Compare it with a golden, or tell whether it is this very recording."""
        judge = getattr(other, "judge", None)
        return bool(judge(self)) if judge is not None else self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        count = len(self._conversations())
        return f"<Recording: {count} conversation{'s' * (count != 1)}>"

    @property
    @plainly
    def capture(self) -> Capture:
        """The capture, as docs/python.md has it; what the recorder itself asked is in it, too."""
        if self._capture is None:
            self._capture = Capture(self.path)
        return self._capture

    @property
    @plainly
    def transcript(self) -> TranscriptText:
        """What a golden of it would say: `text`, and `save(path)`."""
        return transcript(self.path, answers=self._answers, rules=self._rules)

    @plainly
    def conversations(self, filter: str | None = None) -> list[Conversation]:
        """The conversations of which a message matches a filter, all without one; none that the recorder had.

        Raises:
            FilterError: the filter cannot be used; says where and why.
        """
        self.asked = self._conversations(filter)
        return list(self.asked)

    def _conversations(self, filter: str | None = None) -> list[Conversation]:
        capture = self.capture
        own = Own(capture._inner.follower, capture._inner.interfaces)
        wanted = {message.conversation_id for message in capture.messages(filter)} if filter else None
        return [
            found
            for found in capture.conversations
            if (wanted is None or found.id in wanted) and not own.conversation(found._inner)
        ]

    def close(self) -> None:
        """Close the file."""
        if self._capture is not None:
            self._capture.close()
