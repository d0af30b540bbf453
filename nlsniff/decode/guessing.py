"""The guess of `nlsniff.decode.guess`, whose imports are not needed before there is something to guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.spec.registry import Registry


def guess_with(registry: Registry) -> Callable[[Sequence[bytes]], list[int]]:
    """What finds out by some dissectors of which protocol the datagrams of a text are."""

    def guess(datagrams: Sequence[bytes]) -> list[int]:
        from nlsniff.decode.guess import guess_protocols

        return guess_protocols(registry, datagrams)

    return guess
