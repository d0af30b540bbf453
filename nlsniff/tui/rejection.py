"""What the kernel rejected, as bytes of the message that is shown: the request, or its copy in the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.follow.extack import Extack, Requests, explain, read, refusal
from nlsniff.wire.constants import NLMSG_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.reader import IndexedCapture

    Source = Callable[[int], NetlinkMessage]

# Answers of a batch that are read to find the one for a request.
_ANSWERS = 256


class Rejection(NamedTuple):
    """Bytes of a frame that the kernel rejected, and its reason, or nlsniff's where it gives none.

    Where the kernel misses an attribute or points at none, the bytes are the whole message and `exact` is False.
    """

    start: int
    end: int
    text: str
    exact: bool


def rejection(capture: IndexedCapture, message: NetlinkMessage) -> Rejection | None:
    """What the kernel rejected in a message; None where nothing was, or no reason is known."""
    conversation = capture.conversation(message.number)
    if conversation.kind not in {"request", "dump", "batch"} or conversation.status == "ok":
        return None

    def source(number: int) -> NetlinkMessage:
        return message if number == message.number else capture.message(number)  # its tree may be large

    found = _extack(source, conversation, message.number)
    if found is None:
        return _explained(source, conversation, message)
    whole = message.root if message.number == found.request else message.root.get("request")
    if whole is None:
        return None
    own = refusal(conversation, source) if conversation.kind != "batch" else ""
    text = f"{_text(found)}; nlsniff: {own}" if own else _text(found)
    if found.range is None:
        return Rejection(whole.start, whole.end, text, exact=False)
    return Rejection(whole.start + found.range[0], whole.start + found.range[1], text, exact=True)


def _explained(source: Source, conversation: ConversationView, message: NetlinkMessage) -> Rejection | None:
    """How nlsniff explains an error without an extended ACK, for the request and its answer."""
    if conversation.kind == "batch" or message.number not in {conversation.request, conversation.messages[-1]}:
        return None
    own = refusal(conversation, source)
    whole = message.root if message.number == conversation.request else message.root.get("request")
    return Rejection(whole.start, whole.end, f"nlsniff: {own}", exact=False) if own and whole is not None else None


def _extack(source: Source, conversation: ConversationView, number: int) -> Extack | None:
    """The extended ACK that is about a message or stands in it."""
    if conversation.kind != "batch":
        found = explain(conversation, source)
        return found if found is not None and number in {found.request, found.answer} else None
    answers, requests = 0, Requests(conversation, source)
    for other in conversation.messages:
        answer = source(other)
        if answer.type != NLMSG_ERROR:
            continue
        answers += 1
        found = read(answer, requests.of(answer))
        if found is not None and number in {found.request, found.answer}:
            return found
        if answers >= _ANSWERS:
            break
    return None


def _text(found: Extack) -> str:
    """The kernel's text, with what it expects or misses."""
    text = found.text or ("rejected" if found.range is not None else "")
    if found.missing:
        text = f"{text}: {found.missing} is missing" if text else f"{found.missing} is missing"
    if found.policy:
        text = f"{text}: expects {found.policy}" if text else f"expects {found.policy}"
    return text
