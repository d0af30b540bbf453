"""What a message is to its conversation, and what came of it, in one or two sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from nlsniff.output.headline import asker, caused_by
from nlsniff.terminal import duration, escape
from nlsniff.wire.constants import NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN
from nlsniff.wire.errnos import errno_text

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.refusal import Refusal


class Verdict(NamedTuple):
    """Sentences about a message, safe for a terminal, and how bad it is."""

    text: str
    severity: Literal["error", "warning", ""]


def verdict(message: NetlinkMessage, conversation: ConversationView, refusal: Refusal | None) -> Verdict:
    """What is to be said of a message.

    Args:
        message: any.
        conversation: the one that it belongs to.
        refusal: the error that it is, or got.
    """
    broken = [item for item in message.problems if item.severity != "note"]
    if refusal is not None:
        found = Verdict(_refused(message, conversation, refusal), "error")
    elif message.type == NLMSG_OVERRUN:
        found = Verdict("The receiver was too slow: the kernel dropped messages to it.", "error")
    else:
        found = _other(message, conversation)
    if not broken:
        return found
    more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
    worst: Literal["error", "warning"] = "error" if any(item.severity == "error" for item in broken) else "warning"
    bytes_ = f"Its bytes: {broken[0].text} (byte {broken[0].offset}){more}."
    return Verdict(f"{found.text} {bytes_}", found.severity if found.severity == "error" else worst)


def _refused(message: NetlinkMessage, conversation: ConversationView, refusal: Refusal) -> str:
    """An error, its reason first."""
    answer, request = refusal.answer, refusal.request
    code = answer.root.get("error")
    name = code.resolved if code is not None else ""
    why = refusal.reason() or (errno_text(-code.raw, answer.protocol, answer.order, name) if code is not None else "")
    by = f"by {_who(conversation)}"
    if request is None:
        by += ", whose request is not in the capture"
    elif message.number == request.number:
        by += f", answered by message {answer.number} after {duration(answer.time_ns - request.time_ns)}"
    else:
        by += f", {request.type_name}, message {request.number}"
    return f"Refused, {name}: {why}; {by}."


def _other(message: NetlinkMessage, conversation: ConversationView) -> Verdict:
    c = conversation
    if c.kind == "event":
        return Verdict(_event(c), "")
    if c.kind == "datagram":
        return Verdict("A datagram: nothing on this protocol is paired with it.", "")
    if message.number != c.request and not (c.kind == "batch" and message.direction == "to-kernel"):
        return Verdict(f"{_answer(message, c)}.{_changed(c)}", "warning" if c.interrupted else "")
    who = f"Asked by {_who(c)}"
    if c.status == "unanswered":
        return Verdict(f"{who}: an answer was due, and the capture has none.", "warning")
    guess = "" if c.certain else " The pairing is a guess."
    events = len(c.effects)
    caused = f" Caused {events} event{'s' if events > 1 else ''}." if events else ""
    return Verdict(f"{who}: {_result(message, c)}.{caused}{_changed(c)}{guess}", "warning" if c.interrupted else "")


def _event(event: ConversationView) -> str:
    copies = event.copies
    heard = ", ".join(map(escape, event.received_by)) or f"{copies} listener{'s' if copies > 1 else ''}"
    cause = caused_by(event)
    return f"Notification to {heard}. {cause[:1].upper() + cause[1:] if cause else 'Its cause is not known'}."


def _answer(message: NetlinkMessage, conversation: ConversationView) -> str:
    """What an answer is, and to what."""
    c = conversation
    if c.request is None:
        return f"An answer to {_who(c)}, whose request is not in the capture"
    asked = f"message {c.request} by {_who(c)}"
    if message.type == NLMSG_ERROR:
        return f"The ACK to {asked}"
    if message.type == NLMSG_DONE:
        return f"The end of the answer to {asked}: {_parts(c)}"
    return f"Part of the dump of {asked}" if c.kind == "dump" else f"The answer to {asked}"


def _who(conversation: ConversationView) -> str:
    """Who asked, as a part of a sentence."""
    return asker(conversation) if conversation.process else f"a {asker(conversation)}"


def _parts(conversation: ConversationView) -> str:
    """How long a dump is."""
    c = conversation
    first = f", the first after {duration(c.latency_ns)}" if c.latency_ns is not None else ""
    if not c.parts and not c.errno:
        return f"an empty dump, in {duration(c.duration_ns)}"
    size = f"{c.parts} part{'s' if c.parts != 1 else ''}, {c.bytes:,} bytes"
    return f"{size} in {duration(c.duration_ns)}{first}{f', then {c.errno}' if c.errno else ''}"


def _result(message: NetlinkMessage, conversation: ConversationView) -> str:
    """What came of a request."""
    c = conversation
    if c.kind == "batch":
        if message.number != c.request:
            return f"one of {c.parts} in a batch{f', another of them was refused with {c.errno}' if c.errno else ''}"
        return f"a batch of {c.parts}, {f'refused with {c.errno}' if c.errno else c.status}"
    if c.status == "partial":
        return "its end is not in the capture"
    if c.kind == "dump":
        return _parts(c)
    if c.first is None:
        return "no answer was wanted, and no error came"
    return f"done, answered after {duration(c.latency_ns or 0)}"


def _changed(conversation: ConversationView) -> str:
    """What NLM_F_DUMP_INTR means."""
    if not conversation.interrupted or conversation.kind != "dump":
        return ""
    return " The table changed meanwhile, so parts may be missing or double."
