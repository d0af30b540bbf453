"""What belongs to a message: the answer to a request, the request of an answer, the cause of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.follow.conversation import ConversationView


def partner(conversation: ConversationView, number: int) -> tuple[int, str]:
    """The number of the message that belongs to another, or 0 and why there is none."""
    request = conversation.request
    if conversation.kind == "event":
        cause = conversation.causing
        return (
            (cause.first_message, "") if cause is not None else (0, "the capture does not tell what caused this event")
        )
    if request is not None and request != number:
        return request, ""
    after = next((other for other in conversation.messages if other > number), 0)
    return after, "" if after else "the capture holds no answer to this" if request else "nothing is paired with this"
