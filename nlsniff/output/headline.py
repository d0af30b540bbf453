"""What a conversation is, who is at its ends, and who caused it: words for its first and last line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.output import batches
from nlsniff.terminal import duration, escape

if TYPE_CHECKING:
    from nlsniff.follow.conversation import ConversationView


def headline(conversation: ConversationView) -> str:
    """What a conversation is and how it ended, in one line."""
    c = conversation
    family = f"/{c.family}" if c.family else ""
    status = f"{c.status} {c.errno}" if c.errno else c.status
    words = [f"conversation {c.id}: {c.kind}, {c.protocol}{family}, {status}"]
    if c.kind == "event":
        words.append(f"recorded for {c.copies} listener{'s' if c.copies > 1 else ''}")
    elif c.kind == "datagram":
        words += [f"recorded for {c.copies} listeners, or sent so often"] if c.copies > 1 else []
    else:
        words.append(duration(c.duration_ns))
    if c.kind == "dump":
        frames = c.frames
        reads = "" if frames is None else f" in {frames - 1} read{'s' if frames != 2 else ''}"
        words.append(f"{c.parts} part{'s' if c.parts != 1 else ''}{reads if c.request else ''}, {c.bytes} bytes")
        if c.latency_ns is not None:
            words.append(f"first after {duration(c.latency_ns)}")
    if c.kind == "batch":
        words += batches.words(c, c.source)
    if c.filtered:
        words.append("filtered by the kernel")
    if c.interrupted and c.kind == "dump":
        words.append("the table changed meanwhile, so parts may be missing or double")
    if c.kind not in {"event", "datagram"} and c.received_by:
        words.append(f"received by {', '.join(map(escape, c.received_by))}")
    effects = len(c.effects)
    if effects:
        words.append(f"caused {effects} event{'s' if effects > 1 else ''}")
    if not c.certain and c.kind not in {"event", "datagram"}:
        words.append("the pairing is a guess")
    return ", ".join(words)


def caused_by(event: ConversationView) -> str:
    """Who caused an event, and by which message; "" where nothing tells it."""
    cause = event.causing
    if cause is None:
        asker = event.absent_asker
        return f"caused by {escape(asker)}, whose request is not in the capture" if asker else ""
    probably = "" if event.certain else "probably "
    who = f"{escape(cause.process)}, " if cause.process else ""
    return f"{probably}caused by {who}message {cause.first_message}, conversation {cause.id}"


def asker(conversation: ConversationView) -> str:
    """The process that asked, or in words that it is not known, with the port id where that is."""
    if conversation.process:
        return escape(conversation.process)
    return f"process not known (port {conversation.port})" if conversation.port else "process not known"


def ends(conversation: ConversationView) -> tuple[str, str]:
    """Who stands left and right of the ladder."""
    if conversation.kind == "event":
        return "listeners", "kernel"
    if conversation.kind == "datagram":
        return "programs", ""
    return asker(conversation), "kernel"
