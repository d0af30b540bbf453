"""What the kernel rejected, as bytes of the message that is shown: the request, or its copy in the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.follow.refusal import refusal_of
from nlsniff.output.verdict import Verdict, verdict

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.refusal import Refusal
    from nlsniff.reader import IndexedCapture


class Rejection(NamedTuple):
    """Bytes of a frame that the kernel rejected, and its reason, or nlsniff's where it gives none.

    Where the kernel misses an attribute or points at none, the bytes are the whole message and `exact` is False.
    """

    start: int
    end: int
    text: str
    exact: bool


def judge(capture: IndexedCapture, message: NetlinkMessage) -> tuple[Verdict, Rejection | None]:
    """What is to be said of a message, and what the kernel rejected in it."""
    conversation = capture.conversation(message.number)

    def source(number: int) -> NetlinkMessage:
        return message if number == message.number else capture.message(number)  # its tree may be large

    refusal = refusal_of(conversation, source, message.number)
    return verdict(message, conversation, refusal), _rejection(refusal, message)


def _rejection(refusal: Refusal | None, message: NetlinkMessage) -> Rejection | None:
    """What the kernel rejected in a message; None where nothing was, or no reason is known."""
    reason = refusal.reason(named=False) if refusal is not None else ""
    if refusal is None or not reason:
        return None
    is_request = refusal.request is not None and message.number == refusal.request.number
    whole = message.root if is_request else message.root.get("request")
    if whole is None:
        return None
    span = refusal.extack.range if refusal.extack is not None else None
    if span is None:
        return Rejection(whole.start, whole.end, reason, exact=False)
    return Rejection(whole.start + span[0], whole.start + span[1], reason, exact=True)
