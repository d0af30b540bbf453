"""Who took the steps of a story: the process, its request, the kernel's answer, and what everybody was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nlsniff.follow.refusal import refusal_of, refusals_of
from nlsniff.follow.rules import errno_in
from nlsniff.wire.constants import NFNL_MSG_BATCH_BEGIN, NLMSG_DONE, NLMSG_ERROR
from nlsniff.wire.errnos import errno_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower
    from nlsniff.follow.refusal import Refusal
    from nlsniff.stories.story import ObjectStory, Step, Story

    Source = Callable[[int], NetlinkMessage]

Result = Literal["ok", "refused", "unanswered", "partial", "notified"]


class Account(NamedTuple):
    """A step, and who took it.

    Attributes:
        process: who asked, as `ip[412]`; None where the capture does not tell.
        port: the port id of the asker; 0 where no message says it.
        request: what was asked; None where the capture has no request for it.
        batch: it is one of a batch.
        further: how many more requests of the same batch are part of the step.
        result: `notified` where only the kernel's word of it is in the capture; `unanswered` where an answer was due;
            `partial` where the end of the batch is missing.
        reason: why it was refused, in the kernel's words or nlsniff's; "" for what was not.
        answer: number of the message that answered; None where none was due, and of a batch that was accepted.
        latency_ns: nanoseconds from the request to the answer; None without one.
        notifications: numbers of the messages by which the kernel told everybody, copies included.
    """

    story: Story | ObjectStory
    step: Step
    process: str | None
    port: int
    request: NetlinkMessage | None
    batch: bool
    further: int
    result: Result
    reason: str
    answer: int | None
    latency_ns: int | None
    notifications: list[int]

    def to_json(self) -> dict[str, Any]:
        """The object that `nlsniff who --json` prints; times in seconds."""
        request, step = self.request, self.step
        return {
            "object": self.story.title,
            "kind": self.story.kind,
            "story": self.story.id,
            "time": step.time_ns / 10**9,
            "time_ns": step.time_ns,
            "verb": step.verb,
            "text": step.text,
            "process": self.process,
            "port": self.port,
            "request": None
            if request is None
            else {"message": request.number, "type": request.type_name, "summary": request.summary},
            "further_requests": self.further,
            "result": self.result,
            "errno": step.errno,
            "reason": self.reason or None,
            "answer": self.answer,
            "latency": None if self.latency_ns is None else self.latency_ns / 1e9,
            "notifications": self.notifications,
            "conversation": step.conversation,
            "cause": step.cause,
            "certain": step.certain,
        }


class Accountant:
    """Finds who took steps.

    Args:
        follower: knows the capture's conversations.
        source: gives a message by its number.
    """

    def __init__(self, follower: Follower, source: Source) -> None:
        self._follower, self._source = follower, source
        self._batch: tuple[int, int, dict[int, Refusal]] = (0, 0, {})  # the last: its id, messages and errors

    def account(self, story: Story | ObjectStory, step: Step) -> Account:
        """Find who took a step of a story."""
        follower, source = self._follower, self._source
        own = follower.conversation(step.conversation)
        asked = own.causing or own
        if asked.kind == "event":
            # The kernel's word of a change has the port id of who asked for it.
            numbers = own.protocol_number, own.port, own.first_message, own.last_message
            process = own.author or (follower.processes.find(*numbers) if own.port else None)
            told = [*(step.messages or own.messages)]
            return Account(story, step, process, own.port, None, False, 0, "notified", "", None, None, told)
        requests = _requests(asked, step, source)
        request = source(requests[0]) if requests else None
        refusal = self._refusal(asked, request) if asked.errno_value else None
        answer = refusal.answer if refusal is not None else _answer(asked, source)
        took = answer.time_ns - request.time_ns if answer is not None and request is not None else None
        return Account(
            story, step, asked.process or step.process, asked.port, request, asked.kind == "batch",
            max(len(requests) - 1, 0), _result(asked), _reason(refusal), answer.number if answer is not None else None,
            took, [number for number in step.messages if follower.conversation_of(number) != asked.id],
        )  # fmt: skip

    def _refusal(self, asked: ConversationView, request: NetlinkMessage | None) -> Refusal | None:
        """The error of a request, or the one for which the kernel undid its batch."""
        number = request.number if request is not None else 0
        if asked.kind != "batch":
            return refusal_of(asked, self._source, number)
        if self._batch[:2] != (asked.id, asked.count):
            self._batch = asked.id, asked.count, refusals_of(asked, self._source)
        found = self._batch[2]
        return found.get(number) or next(iter(found.values()), None)


def _requests(asked: ConversationView, step: Step, source: Source) -> list[int]:
    """The numbers of the messages that asked for a step."""
    if asked.kind != "batch":
        return [asked.request] if asked.request is not None else []
    if step.cause is None:
        return [number for number in step.messages if source(number).direction == "to-kernel"]
    inside = (number for number in asked.messages if source(number).type != NFNL_MSG_BATCH_BEGIN)
    first = next(inside, None)  # of many, nothing tells which it was
    return [first] if first is not None else []


def _answer(asked: ConversationView, source: Source) -> NetlinkMessage | None:
    """What answered a request that was not refused."""
    if asked.kind == "batch" or asked.first is None:
        return None
    answers = map(source, reversed(asked.messages[-4:]))
    return next((one for one in answers if one.direction != "to-kernel" and _ends(one)), None) or _first(asked, source)


def _ends(answer: NetlinkMessage) -> bool:
    return answer.type in {NLMSG_ERROR, NLMSG_DONE}


def _first(asked: ConversationView, source: Source) -> NetlinkMessage | None:
    """The first answer, of a request that no ACK ends."""
    return source(asked.messages[1]) if asked.count > 1 else None


def _reason(refusal: Refusal | None) -> str:
    if refusal is None:
        return ""
    answer = refusal.answer
    code = answer.shape.get("error")
    name = code.resolved or "" if code is not None else ""
    return refusal.reason() or errno_text(errno_in(answer), answer.protocol, answer.order, name)


def _result(asked: ConversationView) -> Result:
    if asked.errno_value:
        return "refused"
    return asked.status if asked.status in {"unanswered", "partial"} else "ok"
