"""What a ladder and a headline say of a batch of nfnetlink: many requests in one datagram, and few answers to them."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from nlsniff.follow.commits import ELSEWHERE, committer, is_nftables
from nlsniff.follow.rules import errno_in
from nlsniff.terminal import escape
from nlsniff.wire.constants import NFNL_MSG_BATCH_END, NLMSG_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.extack import Requests

    Source = Callable[[int], NetlinkMessage]

# A batch of more messages is shown by its ends, and by what was refused with the messages around it.
MESSAGES_SHOWN = 128
ERRORS_SHOWN = 24
NAMED = 5  # refused messages in a headline
_PID = re.compile(r"\[(\d+)")
_ENDS = 3  # messages at each end of the requests and of the answers
_FEWEST = 2  # messages that are left out


def left_out(numbers: Sequence[int], source: Source, requests: Requests) -> list[range]:
    """Which messages of a long batch are not shown one by one: places in `numbers`, a range for each gap.

    Args:
        numbers: of all its messages, in order.
        source: gives a message by its number.
        requests: of this batch.
    """
    if len(numbers) <= MESSAGES_SHOWN:
        return []
    messages = [source(number) for number in numbers]
    asked = next((at for at, message in enumerate(messages) if message.direction != "to-kernel"), len(numbers))
    shown = {at for end in (0, asked, len(numbers)) for at in range(end - _ENDS, end + _ENDS)}
    places = {number: at for at, number in enumerate(numbers)}
    errors = [at for at in range(asked, len(numbers)) if _refuses(messages[at])]
    for at in errors[:ERRORS_SHOWN]:
        refused = places.get(requests.number_of(messages[at]) or 0, at)
        shown |= {at, refused - 1, refused, refused + 1}
    return [
        gap
        for first, end in ((0, asked), (asked, len(numbers)))
        for gap in _gaps(first, end, shown)
        if len(gap) >= _FEWEST
    ]


def _gaps(first: int, end: int, shown: set[int]) -> list[range]:
    """What is between the places that are shown."""
    kept = [first - 1, *sorted(at for at in shown if first <= at < end), end]
    return [range(before + 1, after) for before, after in pairwise(kept) if after > before + 1]


def _refuses(message: NetlinkMessage) -> bool:
    return message.type == NLMSG_ERROR and errno_in(message) != 0


def elsewhere(message: NetlinkMessage, process: str | None) -> str:
    """What is said of the process that an NFT_MSG_NEWGEN names, where the capture has another number for it; or ""."""
    named = committer(message) if is_nftables(message) else ""
    if not named or not process or _PID.findall(named) == _PID.findall(process):
        return ""
    thread = named.replace(ELSEWHERE, "")
    return f"the kernel names the thread by its number in init_pid_ns: {escape(thread)} is {escape(process)} here"


def words(conversation: ConversationView, source: Source | None) -> list[str]:
    """What a headline says of a batch: how many requests, which of them were refused, and whether it has an end."""
    count = conversation.parts
    found = [f"{count} request{'s' if count != 1 else ''} inside"]
    if source is None:
        return found
    refused = conversation.refused
    if refused:
        message = source(refused[0])
        what = f" ({f'{message.type_name} {message.summary}'.rstrip()})" if len(refused) == 1 else ""
        more = f" and {len(refused) - NAMED} more" if len(refused) > NAMED else ""
        plural = "s" if len(refused) > 1 else ""
        found.append(f"refused: message{plural} {', '.join(map(str, refused[:NAMED]))}{more}{what}")
    if _is_trial(conversation, source):
        found.append("without an end, so that the kernel only tries it and changes nothing")
    return found


def _is_trial(conversation: ConversationView, source: Source) -> bool:
    """Whether its end is missing, as a program leaves it out that only checks; a capture may also have cut it."""
    if conversation.request is None:
        return False
    last = None
    for number in conversation.messages:
        message = source(number)
        if message.direction != "to-kernel":
            break
        last = message
    return last is not None and last.type != NFNL_MSG_BATCH_END and not last.broken and not last.stray
