"""What a user is told when something cannot be done: one line, on stderr, with an exit code."""

from __future__ import annotations

from nlsniff.terminal import one_line

EXIT_OK = 0
EXIT_DIFFERS = 1
EXIT_UNUSABLE = 2
EXIT_INTERNAL = 70


class NlsniffError(Exception):
    """A failure that the user can do something about.

    The message is one line, says what is wrong and what to do, and is printed as it is, without a traceback. Names of
    files and other words of the user's may be in it as they are: the text of the error has them escaped.
    """

    exit_code = EXIT_UNUSABLE

    def __str__(self) -> str:
        return one_line(super().__str__())


class BadArgumentError(NlsniffError, ValueError):
    """An argument has a value that means nothing."""
