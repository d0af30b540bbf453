"""Who took the steps of a story, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.output.text import timestamp
from nlsniff.stories.account import Accountant
from nlsniff.terminal import counted, duration, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nlsniff.follow.follower import Follower
    from nlsniff.stories.account import Account, Source
    from nlsniff.stories.story import ObjectStory, Step, Story

_MICROSECONDS = 26  # characters of a time
_FEW = 6  # numbers of notifications that are shown


def account_writer(
    follower: Follower, source: Source, *, as_json: bool
) -> Callable[[Story | ObjectStory, Step], bytes]:
    """What says a step of a story, in lines or as a JSON object."""
    find = Accountant(follower, source).account
    if as_json:
        from nlsniff.output.json import json_line

        return lambda story, step: json_line(find(story, step).to_json())
    return lambda story, step: "".join([f"{line}\n" for line in account_lines(find(story, step))]).encode()


def account_lines(account: Account) -> Iterator[str]:
    """A step as lines: when and what, who asked and how, and what came of it."""
    step = account.step
    refused = "refused: " if account.result == "refused" else ""
    yield f"  {timestamp(step.time_ns)[:_MICROSECONDS]}  {refused}{step.text}"
    yield f"      {_who(account)}"
    yield f"      {_answer(account)}"


def _who(account: Account) -> str:
    """Who asked, in which message."""
    request = account.request
    port = f" (port {account.port})" if account.port else ""
    who = escape(account.process) if account.process else f"not known{port}"
    if request is None:
        if account.process or port:
            return f"by {who}, whose request is not in the capture"
        return f"by {who}: no request in the capture is known to have caused it"
    because = "" if account.step.cause is None else "because of " if account.step.certain else "probably because of "
    further = f", and {counted(account.further, 'more request')}" if account.further else ""
    return f"by {who}: {because}message {request.number}, {request.type_name} {request.summary}".rstrip() + further


def _answer(account: Account) -> str:
    """What the kernel said to it, the reason first where it refused."""
    told = _told(account)
    if account.result == "notified":
        return told
    if account.result == "unanswered":
        return f"no answer: one was due, and the capture has none{told and f'; {told}'}"
    if account.result == "partial":
        return f"the end of the answer is not in the capture{told and f'; {told}'}"
    took = ""
    if account.answer is not None:
        after = f" after {duration(account.latency_ns)}" if account.latency_ns is not None else ""
        took = f", answered by message {account.answer}{after}"
    if account.result == "refused":
        name = account.step.errno
        text = f"refused: {account.reason} ({name})" if account.reason else f"refused: {name}"
    else:
        text = "ok" if took or account.batch else "ok: no answer was asked for, and no error came"
    return f"{text}{took}{told and f'; {told}'}"


def _told(account: Account) -> str:
    numbers = account.notifications
    if not numbers:
        return ""
    more = f" and {len(numbers) - _FEW} more" if len(numbers) > _FEW else ""
    word = "message" if len(numbers) == 1 else "messages"
    return f"notified by {word} {' '.join(map(str, numbers[:_FEW]))}{more}"
