"""How names are compared."""

from __future__ import annotations


def normal(name: str) -> str:
    """A name as names are compared: without regard to case, hyphen and underscore the same."""
    return name.lower().replace("_", "-")
