"""One conversation as a ladder between programs and kernel: rows for a screen, and the same as plain text."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from nlsniff.decode.control import describe_error
from nlsniff.decode.node import MASKED
from nlsniff.follow.extack import Requests, meaning, read
from nlsniff.output import batches
from nlsniff.output.headline import caused_by, ends, headline
from nlsniff.output.pauses import with_pauses
from nlsniff.output.rung import MEANINGS, Rung
from nlsniff.terminal import clip, columns, duration, escape, fill, plain
from nlsniff.wire.constants import NETLINK_NETFILTER, NLMSG_DONE, NLMSG_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower
    from nlsniff.output.rung import Role, Side
    from nlsniff.terminal import Paint

# A run of parts, or of events, longer than this is shown by its first rows, and the rest as one row.
PARTS_SHOWN = 3
EVENTS_SHOWN = 24
_ERROR = ("error",)  # the path of an error number
_NUMBER, _TIME, _POST = 7, 13, "│"
MIN_WIDTH = 60
TIMES = "\N{MULTIPLICATION SIGN}"


def rows(
    conversation: ConversationView, follower: Follower, source: Callable[[int], NetlinkMessage], shown: int = 0,
    further: int = 0,
) -> list[Rung]:  # fmt: skip
    """The steps of a conversation in their order, what its request caused among them.

    Args:
        conversation: any kind.
        follower: knows the events that it caused.
        source: gives a message by its number.
        shown: id of an event that has a row of its own however many there are; 0 for none.
        further: how many more rows than otherwise are shown of a run before the rest of it is one row.
    """
    start, requests = conversation.start, Requests(conversation, source)
    steps = [
        (_place(row, conversation, source, requests), row) for row in _own(conversation, source, requests, further)
    ]
    effects = conversation.effects
    # The last event of a batch says who it was.
    last = effects[-1:] if conversation.kind == "batch" else []
    named = {*effects[: EVENTS_SHOWN + further], *last, shown}
    for named_one, run in groupby(effects, named.__contains__):
        if not named_one:
            row = _left_out([follower.conversation(number) for number in run], start)
            steps.append(((row.messages[0], 0), row))
            continue
        for number in run:
            event = follower.conversation(number)
            message = source(event.first_message)
            text = _receivers(event, conversation) + _text_of(message)
            row = Rung("event", "kernel", text, event.messages, message.time_ns - start, number, event.certain)
            steps.append(((event.first_message, 0), row))
    steps.sort(key=lambda step: step[0])
    found = []
    for _, row in steps:
        found.append(row)
        if row.role in {"event", "reply"} and conversation.protocol_number == NETLINK_NETFILTER:
            note = batches.elsewhere(source(row.messages[0]), conversation.process)
            found += [Rung("note", "", note, row.messages[:1], None, row.conversation)] if note else []
        if row.role == "error" or (row.role in {"ack", "done"} and conversation.kind != "event"):
            found += _notes(source(row.messages[0]), conversation, requests)
    return found


def _left_out(events: list[ConversationView], start: int) -> Rung:
    """The step that stands for events which are not shown one by one."""
    first, text = events[0], f"... {len(events)} more event{'s' if len(events) != 1 else ''}"
    numbers = [event.first_message for event in events]
    return Rung("more", "kernel", text, numbers, first.start - start, first.id, first.certain)


def _place(
    row: Rung, conversation: ConversationView, source: Callable[[int], NetlinkMessage], requests: Requests
) -> tuple[int, int]:
    """Where a step stands: an error of a batch beside the message that it refuses, all else by its number."""
    number = row.messages[0]
    if row.role == "error" and conversation.kind == "batch":
        return requests.number_of(source(number)) or number, number
    return number, 0


def _own(
    conversation: ConversationView, source: Callable[[int], NetlinkMessage], requests: Requests, further: int
) -> Iterator[Rung]:  # fmt: skip
    """The steps made of the conversation's own messages."""
    numbers = conversation.messages
    start, owner, certain = conversation.start, conversation.id, conversation.certain
    if conversation.kind == "event":
        message = source(numbers[0])
        text = _receivers(conversation, None) + _text_of(message)
        yield Rung("event", "kernel", text, numbers, 0, owner, certain)
        return
    if conversation.kind == "datagram" and len({source(number).datagram for number in numbers}) == len(numbers):
        yield Rung("datagram", "user", _text_of_datagram(source(numbers[0])), numbers, 0, owner, certain)
        return
    skipped: list[range] = []
    if conversation.kind == "batch":
        skipped = batches.left_out(numbers, source, requests)
    elif conversation.parts > 2 * PARTS_SHOWN:
        # Only the ends are looked at: in between stand parts, whatever their number.
        skipped = [range(1 + PARTS_SHOWN, len(numbers) - 2)]
    skipped = [range(gap.start + further, gap.stop) for gap in skipped if len(gap) > further]
    gaps, at = {gap.start: gap for gap in skipped}, 0
    while at < len(numbers):
        number = numbers[at]
        message = source(number)
        if at in gaps:
            left = numbers[at : gaps[at].stop]
            at = gaps[at].stop
            side: Side = "user" if conversation.kind == "batch" and message.direction == "to-kernel" else "kernel"
            yield Rung("more", side, f"... {len(left)} more", left, message.time_ns - start, owner, certain)
            continue
        at += 1
        role, side = _role(message, conversation)
        text = _text_of_datagram(message) if role == "datagram" else _text_of(message)
        yield Rung(role, side, text, (number,), message.time_ns - start, owner, certain)


def _role(message: NetlinkMessage, conversation: ConversationView) -> tuple[Role, Side]:
    if conversation.kind == "datagram":
        return "datagram", "user"
    if message.stray:
        return "rest", "user" if message.number - 1 == conversation.request else "kernel"
    if message.type == NLMSG_ERROR and message.number != conversation.request:
        code = next(iter(message.nodes(_ERROR)), None)
        return ("ack" if code is not None and code.raw == 0 else "error"), "kernel"
    if message.type == NLMSG_DONE and message.number != conversation.request:
        return "done", "kernel"
    if message.number == conversation.request:
        return "request", "user"
    if conversation.kind == "batch" and message.direction == "to-kernel":
        return "request", "user"
    return ("part" if conversation.kind == "dump" else "reply"), "kernel"


def _text_of(message: NetlinkMessage) -> str:
    """A message in one line."""
    if message.stray:
        return f"{message.end - message.start} bytes that are no message"
    if message.type == NLMSG_ERROR:
        code = next(iter(message.nodes(_ERROR)), None)
        number = -code.raw if code is not None else 0
        name = code.resolved if code is not None else ""
        what = f"{describe_error(number, message.protocol, message.order, name)} for" if number else "ACK"
        return f"{what} {message.answered_type}".rstrip()
    return f"{message.type_name} {message.summary}".rstrip()


def _receivers(event: ConversationView, cause: ConversationView | None) -> str:
    """Who received an event, where that is not who caused it alone; "" where the file does not say it.

    It stands before what the event says, which may be longer than the ladder is wide.
    """
    names = event.received_by
    if not names or (cause is not None and names == [cause.process]):
        return ""
    return f"received by {', '.join(map(escape, names))}: "


def _text_of_datagram(message: NetlinkMessage) -> str:
    """A datagram of a program in one line: its bytes if they are text that no dissector describes, and no secret."""
    body = message.data[message.body : message.end].rstrip(b"\0")
    if message.layout.form is None and not message.stray and body:
        try:
            words = body.decode()
        except UnicodeDecodeError:
            words = ""
        if words.isprintable() and words and all(node.text != MASKED for node in message.root.walk()):
            return f'{message.type_name} "{escape(words)}"'
    return _text_of(message)


def _notes(answer: NetlinkMessage, conversation: ConversationView, requests: Requests) -> Iterator[Rung]:
    """The rows of an extended ACK, and of nlsniff's own explanation where the kernel gives none."""
    request = requests.of(answer)
    own = meaning(answer, request)
    if own:
        number = request.number if request is not None else answer.number
        yield Rung("note", "", f"nlsniff explains: {own}", (number,), None, conversation.id)
    extack = read(answer, request)
    if extack is None:
        return
    lines = [f"the kernel says: {extack.text}"] if extack.text else []
    if extack.range is not None:
        where = f"bytes {extack.range[0]} to {extack.range[1] - 1} of the request"
        value = f" {extack.value}" if extack.value is not None else ""
        lines.append(f"rejected: {extack.path}{value} ({where})" if extack.path is not None else f"rejected: {where}")
    elif extack.offset is not None:
        lines.append(f"rejected: what begins at byte {extack.offset} of the request")
    if extack.policy is not None:
        lines.append(f"expected: {extack.policy}")
    if extack.missing is not None:
        lines.append(f"missing: {extack.missing}")
    for text in lines:
        yield Rung("note", "", text, (extack.request or answer.number,), None, conversation.id)


# -- as text ---------------------------------------------------------------------------------------------------------


def text(
    conversation: ConversationView, follower: Follower, source: Callable[[int], NetlinkMessage], width: int = 100,
    time_ns: Callable[[int], int] | None = None, paint: Paint = plain,
) -> list[str]:  # fmt: skip
    """The ladder as lines, at most `width` columns wide (not less than MIN_WIDTH); `paint` colours them.

    With `time_ns`, the times of messages by their numbers, rows say where the time went.
    """
    width = max(width, MIN_WIDTH)
    inner = width - _NUMBER - _TIME - 2
    left, right = ends(conversation)
    gap = inner + 2 - columns(left) - columns(right)
    title = "error" if conversation.errno else "heading"
    lines = [(title, line) for line in _wrapped(headline(conversation), width)]
    lines += [("value", ""), ("dim", " " * _NUMBER + left + " " * max(gap, 1) + right)]
    steps = rows(conversation, follower, source)
    for row in steps if time_ns is None else with_pauses(steps, conversation, time_ns):
        drawn = _note(row, inner) if row.role in {"note", "pause"} else [_line(row, inner)]
        lines += [(MEANINGS[row.role], line) for line in drawn]
    if conversation.kind == "event" and (words := caused_by(conversation)):
        lines += [("value", ""), ("value", words)]
    return [_painted(meaning, clip(line, width).rstrip(), paint) for meaning, line in lines]


def _painted(meaning: str, line: str, paint: Paint) -> str:
    """A line, in whose colour stands what is between the posts of the ladder, or all where there are none."""
    before, post, row = line.partition(_POST)
    if paint is plain or not post:
        return paint(meaning, line)
    inside, post, after = row.rpartition(_POST)
    if not post:  # it was cut
        inside, after = after, ""
    return f"{paint('dim', before + _POST)}{paint(meaning, inside)}{paint('dim', post + after)}"


def _note(row: Rung, inner: int) -> list[str]:
    wrapped = _wrapped(row.text, inner - 5)
    return [f"{'':{_NUMBER}}{_POST}{fill('    ' + clip(line, inner - 5), inner)}{_POST}" for line in wrapped]


def _wrapped(text: str, width: int) -> list[str]:
    """A text as lines of so many characters; those behind the first are indented."""
    if 0 < len(text) <= width and text.isprintable() and text == text.strip(" "):
        return [text]  # as most are
    return textwrap.wrap(text, width, subsequent_indent="  ")


def _line(row: Rung, inner: int) -> str:
    stroke = ("═" if row.role == "event" else "─") if row.certain else "╌"
    count = f" ({TIMES}{len(row.messages)})" if row.role in {"event", "datagram"} and len(row.messages) > 1 else ""
    label = clip(row.text, inner - 6 - columns(count)) + count
    dashes = stroke * (inner - 3 - columns(label))
    if row.side == "user":
        body = f" {label} {dashes}{'>' if row.role != 'datagram' else stroke}"
    else:
        body = f"<{dashes} {label} "
    number = "" if row.role == "more" else str(row.messages[0])
    after = "" if not row.delta_ns else f"  +{duration(row.delta_ns)}"
    return f"{number:>{_NUMBER - 1}} {_POST}{body}{_POST}{after}"
