"""Where the time of a dump went: the kernel goes on with a dump only when the program reads on."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from nlsniff.output.ladder import Rung
from nlsniff.terminal import duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.follow.conversation import ConversationView

_LEAST_NS = 1_000_000
_LEAST_SHARE = 5  # of the conversation, one in so many parts
_MOST = 100_000  # messages that are looked at


def with_pause(steps: list[Rung], conversation: ConversationView, time_ns: Callable[[int], int]) -> list[Rung]:
    """The steps of a dump, with a row after which the program waited longest before it read on, if that took long.

    Args:
        steps: of the conversation; those of another kind are returned as they are.
        conversation: whose they are.
        time_ns: when a message was captured, by its number.
    """
    numbers = conversation.messages[:_MOST]
    answers = [number for number in numbers if number != conversation.request]
    if conversation.kind != "dump" or len(answers) < 2:
        return steps
    pause, before = max((time_ns(after) - time_ns(before), before) for before, after in pairwise(answers))
    if pause < max(_LEAST_NS, conversation.duration_ns // _LEAST_SHARE):
        return steps
    at = next((at for at, step in enumerate(steps) if before in step.messages), len(steps) - 1)
    words = f"the program read on {duration(pause)} later"
    return [*steps[: at + 1], Rung("pause", "", words, (before,), None, conversation.id), *steps[at + 1 :]]
