"""One script recorded on two kernels that are years apart, with the same programs; by `__main__` beside it."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent


def kernels() -> list[Path]:
    """The recordings, that of the oldest kernel first."""
    return sorted(HERE.glob("*.pcapng.zst"))
