"""Where the time of a conversation went: to the kernel, or to the program, which alone makes a dump go on."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from nlsniff.output.rung import Rung
from nlsniff.terminal import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nlsniff.follow.conversation import ConversationView

_PROGRAM_NS, _KERNEL_NS = 1_000_000, 10_000_000  # less is not told
_LEAST_SHARE = 5  # of the conversation, one in so many parts
_MOST = 100_000  # messages that are looked at


def with_pauses(steps: list[Rung], conversation: ConversationView, time_ns: Callable[[int], int]) -> list[Rung]:
    """The steps of a request or dump, with rows after which nothing came for long, each with who took that time.

    Args:
        steps: of the conversation; those of another kind are returned as they are.
        conversation: whose they are.
        time_ns: when a message was captured, by its number.
    """
    found = list(steps)
    for before, words in _pauses(conversation, time_ns):
        at = next((at for at, step in enumerate(found) if before in step.messages), len(found) - 1)
        while at + 1 < len(found) and found[at + 1].role == "note":
            at += 1
        found.insert(at + 1, Rung("pause", "", words, (before,), None, conversation.id))
    return found


def _pauses(conversation: ConversationView, time_ns: Callable[[int], int]) -> Iterator[tuple[int, str]]:
    """The message after which a long time passed, and what to say of it."""
    c = conversation
    if c.kind not in {"request", "dump"}:
        return
    answers = [number for number in c.messages[:_MOST] if number != c.request]
    share = c.duration_ns // _LEAST_SHARE
    if c.request and answers and (took := time_ns(answers[0]) - time_ns(c.request)) >= max(_KERNEL_NS, share):
        yield c.request, f"the kernel took {duration(took)}"
    if c.kind == "dump" and len(answers) > 1:
        pause, before = max((time_ns(after) - time_ns(before), before) for before, after in pairwise(answers))
        if pause >= max(_PROGRAM_NS, share):
            yield before, f"the program read on {duration(pause)} later"
