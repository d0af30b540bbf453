"""Which error a message got, or is, and all that is known of why."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.summary import shown
from nlsniff.follow.extack import Requests, meaning, read, refused_by
from nlsniff.follow.rules import errno_in
from nlsniff.wire.constants import NLMSG_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.extack import Extack

    Source = Callable[[int], NetlinkMessage]

# Errors of a batch that are read to find the one for a message.
_ERRORS = 256


class Refusal(NamedTuple):
    """An error that the kernel answered with.

    Attributes:
        answer: the message with the error number.
        request: the message that it refuses; None where the capture has none.
        extack: the extended ACK, if there is one.
        meaning: nlsniff's words where the kernel has none; or "".
    """

    answer: NetlinkMessage
    request: NetlinkMessage | None
    extack: Extack | None
    meaning: str

    def reason(self, *, named: bool = True) -> str:
        """Why, first in the kernel's words, then in nlsniff's; "" where nothing is known.

        Args:
            named: say which attribute is rejected, where nothing else points at it.
        """
        found, words = self.extack, []
        if found is not None:
            rejected = _rejected(found) if named else ""
            if not found.text and not rejected and found.range is not None:
                rejected = "rejected"
            missing = f"{found.missing} is missing" if found.missing else ""
            words += [found.text or "", rejected, missing, f"expects {found.policy}" if found.policy else ""]
        words.append(f"nlsniff: {self.meaning}" if self.meaning else "")
        return "; ".join(filter(None, words))


def refusal_of(conversation: ConversationView, source: Source, number: int) -> Refusal | None:
    """The error that a message of a conversation got, or is; None where it is about another message, or none came.

    Args:
        conversation: any kind.
        source: gives a message by its number.
        number: of the request, or of the answer.
    """
    if not conversation.errno_value or conversation.kind in {"event", "datagram"}:
        return None
    requests = Requests(conversation, source)
    if conversation.kind != "batch":
        answer = refused_by(conversation, source)
        wanted = answer is not None and number in {answer.number, conversation.request}
        return _refusal(answer, requests) if answer is not None and wanted else None
    for answer in _errors(conversation, source):
        if number in {answer.number, requests.number_of(answer)}:
            return _refusal(answer, requests)
    return None


def refusals_of(batch: ConversationView, source: Source) -> dict[int, Refusal]:
    """The errors of a batch by the number of the message that each refuses, or of the answer where that is not known.

    They are in order; of very many the first.
    """
    requests = Requests(batch, source)
    found: dict[int, Refusal] = {}
    for answer in _errors(batch, source):
        found.setdefault(requests.number_of(answer) or answer.number, _refusal(answer, requests))
    return found


def _errors(batch: ConversationView, source: Source) -> Iterator[NetlinkMessage]:
    answers = map(source, batch.messages)
    return islice((one for one in answers if one.type == NLMSG_ERROR and errno_in(one)), _ERRORS)


def _rejected(extack: Extack) -> str:
    """Which attribute is rejected, with its value, or what its dissector says of one of several."""
    if extack.path is None:
        return ""
    value = extack.value
    if value is None and extack.node is not None and extack.path.rpartition(".")[2].isdigit():
        value = shown(extack.node)
    return f"rejected: {extack.path} {value or ''}".rstrip()


def _refusal(answer: NetlinkMessage, requests: Requests) -> Refusal:
    request = requests.of(answer)
    return Refusal(answer, request, read(answer, request), meaning(answer, request))
