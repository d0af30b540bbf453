"""What a capture must have missed, as far as its conversations show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.stats.askers import Askers

# A program that counts on by more has not sent so much meanwhile: it is another one, or chooses its numbers otherwise.
_NEAR = 1000
# Whoever counted by one so often is taken to do so always.
_HABIT = 2
_SOCKETS_LIMIT = 100_000


class Gaps:
    """Finds sequence numbers that a socket skipped, and answers without their request.

    Most programs count their requests by one. Where such a socket skips numbers, the requests between are not in the
    capture: they were lost, or sent without asking for an answer from a socket that hides its port id. Batches are left
    out, for they use many numbers.

    Args:
        askers: who asked.
        top: how many places are listed.
    """

    def __init__(self, askers: Askers, top: int) -> None:
        self._askers = askers
        self._top = top
        # By protocol and socket: the last number, and how often it was the next one.
        self._sockets: dict[tuple[int, int], tuple[int, int]] = {}
        self.skipped = 0
        self._places: list[dict[str, Any]] = []
        self.no_request = 0
        self.no_end = 0

    def take(self, conversation: ConversationView) -> None:
        """The next conversation, in the order of ids."""
        if conversation.kind in {"event", "datagram"}:
            return
        if conversation.request is None:
            self.no_request += 1
        elif conversation.status == "partial":
            self.no_end += 1
        place = conversation.place
        if not place or not conversation.certain:
            return
        key = (conversation.protocol_number, place)
        if conversation.kind == "batch" or conversation.request is None:
            self._sockets.pop(key, None)
            return
        seq = conversation.seq
        last, habit = self._sockets.get(key, (seq, 0))
        step = (seq - last) & 0xFFFFFFFF
        if step == 1:
            habit += 1
        elif 1 < step <= _NEAR and habit >= _HABIT:
            self.skipped += step - 1
            if len(self._places) < self._top:
                self._places.append(
                    {"message": conversation.request, "conversation": conversation.id, "port": conversation.port,
                     "process": self._askers.of(conversation), "skipped": step - 1}
                )  # fmt: skip
        elif step:
            habit = 0
        if len(self._sockets) >= _SOCKETS_LIMIT and key not in self._sockets:
            self._sockets.pop(next(iter(self._sockets)))
        self._sockets[key] = (seq, habit)

    def to_json(self) -> dict[str, Any]:
        """Its part of the object that `nlsniff stats --json` prints."""
        return {
            "skipped": self.skipped,
            "first_skipped": self._askers.named(self._places),
            "answers_without_request": self.no_request,
            "requests_without_end": self.no_end,
        }
