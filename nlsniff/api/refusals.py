"""Errors that are also the built-in ones which Python programs expect in their place."""

from __future__ import annotations

from nlsniff.errors import NlsniffError


class NoSuchNumberError(NlsniffError, IndexError):
    """There is no message, frame or conversation of that number."""


class UnknownFieldError(NlsniffError, LookupError):
    """No dissector knows a field of that name."""
