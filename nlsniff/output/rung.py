"""One step of a ladder, as the screen and the text have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

Side = Literal["user", "kernel", ""]
Role = Literal["request", "reply", "part", "ack", "error", "done", "event", "datagram", "rest", "more", "note", "pause"]

# What the look of a row means.
MEANINGS: dict[Role, str] = {
    "request": "request", "reply": "reply", "part": "reply", "ack": "ack", "error": "error", "done": "ack",
    "event": "event", "datagram": "reply", "rest": "unknown", "more": "dim", "note": "error", "pause": "warning",
}  # fmt: skip


class Rung(NamedTuple):
    """One step of a ladder.

    Attributes:
        role: what the message is to the conversation. `more` stands for several messages that are not shown one by one,
            `rest` is bytes after a request that are no message, `note` explains the row above it, `pause` says how long
            nothing came after it.
        side: who speaks; "" for a note.
        text: of the row, safe for a terminal.
        messages: numbers of the messages that it stands for: one, an event and its copies, or those that are not shown.
        delta_ns: nanoseconds since the conversation's first message; None for a note.
        conversation: id of the conversation that the messages belong to: for an event another than the ladder's own.
        certain: False where it is a guess that this belongs here.
    """

    role: Role
    side: Side
    text: str
    messages: Sequence[int]
    delta_ns: int | None
    conversation: int
    certain: bool = True
