"""Errors as a test is told of them: where the test asked for something, and not where nlsniff noticed it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import pytest

from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

_P = ParamSpec("_P")
_R = TypeVar("_R")

__tracebackhide__ = True  # pytest leaves out the functions of this module


def plainly(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a function raise its NlsniffErrors without saying which functions of nlsniff they came through."""

    @wraps(function)
    def outer(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(*args, **kwargs)
        except NlsniffError as error:
            raise error.with_traceback(None) from None

    return outer


def skip_test(words: str) -> NoReturn:
    """Skip the running test, at its own place: by default pytest names the line that called."""
    skipped = pytest.skip.Exception(words)
    skipped._use_item_location = True
    raise skipped


class BeginAndEnd:
    """A context manager whose steps raise plainly.

    Args:
        begin: what is done first; it returns what is done at the end, whatever happens between.
    """

    def __init__(self, begin: Callable[[], Callable[[], None]]) -> None:
        self._begin = begin

    @plainly
    def __enter__(self) -> None:
        self._end = self._begin()

    @plainly
    def __exit__(self, *_exception: object) -> None:
        self._end()
