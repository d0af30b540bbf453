"""What belongs to a message: the answer to a request, the request of an answer, the cause of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.follow.extack import Requests
from nlsniff.follow.refusal import refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView


def partner(conversation: ConversationView, number: int, source: Callable[[int], NetlinkMessage]) -> tuple[int, str]:
    """The number of the message that belongs to another, or 0 and why there is none.

    Args:
        conversation: of the message.
        number: of the message.
        source: gives a message by its number.
    """
    request = conversation.request
    if conversation.kind == "event":
        cause = conversation.causing
        return (
            (cause.first_message, "") if cause is not None else (0, "the capture does not tell what caused this event")
        )
    if conversation.kind == "batch" and request is not None and request != number:
        message = source(number)
        if message.direction != "to-kernel":
            return Requests(conversation, source).number_of(message) or request, ""
        refusal = refusal_of(conversation, source, number)
        return (refusal.answer.number, "") if refusal is not None else (request, "")
    if request is not None and request != number:
        return request, ""
    after = next((other for other in conversation.messages if other > number), 0)
    return after, "" if after else "the capture holds no answer to this" if request else "nothing is paired with this"
