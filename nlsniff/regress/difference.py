"""What a comparison finds, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["outcome", "lost-request", "new-request", "moved", "request", "event", "answer", "lane"]
How = Literal["changed", "gone", "new", "order", "origin", "marks", "problems", "moved", "flags", "blanked", "cause"]

# The most severe first.
RANKS: dict[Kind, int] = {
    "outcome": 0, "lost-request": 1, "new-request": 1, "request": 2, "moved": 3, "event": 4, "answer": 5, "lane": 6,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was.

    Attributes:
        kind: what it is about: how the kernel judged, a request that is not there any more or was not there before, one
            that comes at another place; a part of a request, of an event, of an answer or an entry of a dump; a socket.
        how: in which way: `gone`, `new` and `moved` are said of a part, or where there is no path, of all of an event
            or answer; `order` of parts whose order changed; `origin` where a program chose a value that the kernel
            chose before, or the other way round; `cause` of an event for which another request stands now.
        type: of the message.
        object: that the message is about, in words, or "".
        path: of the part, dotted, or "".
        old: what was there, in words; None for nothing.
        new: what is there now.
        line: of the old transcript's file, or 0.
        was: number of the message in the old capture, or 0.
        message: number of the message in the new capture, or 0.
        asked: in whose conversation an event or an answer stands: type and object of the request, or "". Of an answer
            to nothing that was asked, the request before it on its socket.
        conversation: counts those that were compared; differences of one have the same.
    """

    kind: Kind
    how: How
    type: str
    object: str = ""
    path: str = ""
    old: str | None = None
    new: str | None = None
    line: int = 0
    was: int = 0
    message: int = 0
    asked: str = ""
    conversation: int = 0

    @property
    def rank(self) -> int:
        """How severe it is; 0 is the most severe."""
        return RANKS[self.kind]

    def to_json(self) -> dict[str, Any]:
        """As an object of docs/json.md."""
        return {
            "kind": self.kind, "how": self.how, "type": self.type, "object": self.object or None,
            "path": self.path or None, "old": self.old, "new": self.new, "line": self.line or None,
            "old_message": self.was or None, "message": self.message or None, "request": self.asked or None,
        }  # fmt: skip
