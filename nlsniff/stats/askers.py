"""Who asked, told at the end: a name of a port id may be learned after the conversation that it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.wire.constants import NETLINK_NETFILTER

if TYPE_CHECKING:
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower


class Unnamed(NamedTuple):
    """A port id that nobody has named yet.

    Attributes:
        protocol, port: whose it is not known.
        asked: `Follower.processes` may name it yet; else `Follower.committers` alone.
        committer: whom these name, where the others do not; "" is nobody, None that they may name somebody yet.
    """

    protocol: int
    port: int
    asked: bool
    committer: str | None


Asker = str | Unnamed | None  # None is nobody that anyone will name


class Askers:
    """Finds out who asked, as `ConversationView.process` does, of conversations that are over.

    Args:
        follower: of the capture.
    """

    def __init__(self, follower: Follower) -> None:
        self._processes = follower.processes
        self._committers = follower.committers

    def of(self, conversation: ConversationView) -> Asker:
        """Who asked, or from what `name` will know it. What was told of a port id first holds for what was before."""
        if conversation.kind == "event":
            return None
        protocol, port = conversation.protocol_number, conversation.port
        span = protocol, port, conversation.first_message, conversation.last_message
        asked = not self._processes.knows(protocol, port)
        found = self._processes.asker(span[2]) if asked else self._processes.find(*span)
        if found or not port:
            return found
        committer: str | None = ""
        if protocol == NETLINK_NETFILTER:
            committer = self._committers.find(*span) or "" if self._committers.knows(protocol, port) else None
        if asked or committer is None:
            return Unnamed(protocol, port, asked, committer)
        return committer or None

    def name(self, asker: Asker) -> str | None:
        """The name of an asker, when the whole capture was followed."""
        if not isinstance(asker, Unnamed):
            return asker
        protocol, port = asker.protocol, asker.port
        found = self._processes.find(protocol, port, 0, 0) if asker.asked else None
        committer = self._committers.find(protocol, port, 0, 0) if asker.committer is None else asker.committer
        return found or committer or None

    def named(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows whose `process` is an asker, with its name."""
        return [row | {"process": self.name(row["process"])} for row in rows]
