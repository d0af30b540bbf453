"""The conversations of a capture as rows: who asked what, what came of it, how long it took; in an order of choice."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from nlsniff.terminal import duration, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower

_WORST: Final = {status: rank for rank, status in enumerate(("error", "unanswered", "interrupted", "partial"))}

# By what the rows are sorted, the smallest first; those that are alike stand in the order of their begin.
ORDERS: Final[dict[str, Callable[[ConversationView], int]]] = {
    "as they began": lambda conversation: conversation.id,
    "the longest first": lambda conversation: -conversation.duration_ns,
    "the most parts first": lambda conversation: -conversation.parts,
    "what failed first": lambda conversation: _WORST.get(conversation.status, len(_WORST)),
}


def in_order(follower: Follower, order: str) -> Generator[None, None, array[int]]:
    """The ids of all conversations in one of the ORDERS, in steps; events stand with what caused them."""
    key = ORDERS[order]
    ids, keys = array("I"), array("q")
    for conversation in follower.conversations:
        if conversation.cause is None:
            ids.append(conversation.id)
            keys.append(key(conversation))
        yield
    return array("I", [ids[at] for at in sorted(range(len(ids)), key=keys.__getitem__)])


def cells(conversation: ConversationView, first: NetlinkMessage) -> dict[str, str]:
    """The texts of a row.

    Args:
        conversation: to be shown.
        first: its first message.
    """
    c = conversation
    failed = c.status if c.status != "ok" else ""
    return {
        "message": str(c.first_message),
        "kind": c.kind,
        "who": escape(c.author or (f"port {c.port}" if c.port else "")),
        "took": duration(c.duration_ns) if c.count > 1 else "",
        "parts": f"{c.parts:,}" if c.parts else "",
        "events": f"{len(c.effects):,}" if c.effects else "",
        "result": (c.errno if c.status == "error" else None) or failed,
        "what": f"{first.type_name} {first.summary}".rstrip(),
    }
