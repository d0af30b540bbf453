"""From a capture to its transcript."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from nlsniff.file.info import RecordedBy
from nlsniff.follow.extack import Requests, read
from nlsniff.follow.own import Own
from nlsniff.follow.rules import errno_in
from nlsniff.regress.items import Items
from nlsniff.regress.model import Block, Dump, Lane, Outcome, Placeholder, SaidStep, Transcript
from nlsniff.regress.origin import Origins
from nlsniff.wire.constants import NLMSG_DONE, NLMSG_ERROR
from nlsniff.wire.errnos import errno_name
from nlsniff.wire.nlmsg import is_control

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.reader import IndexedCapture
    from nlsniff.regress.items import Entries
    from nlsniff.regress.model import Level, Part, SaidMessage

_PID = re.compile(r"\[\d+(?: in init_pid_ns)?\]")


class Builder:
    """Makes the transcript of a capture that was read to its end. What is the recorder's own is not in it.

    Args:
        capture: with a decoder that masks keys.
        level: how much is kept of what the kernel says.
        news: keep events that no request caused.
    """

    def __init__(self, capture: IndexedCapture, level: Level = "objects", *, news: bool = False) -> None:
        self._capture = capture
        self._level = level
        self._news = news
        self._own = Own(capture.follower, capture.interfaces)
        self._items = Items(Origins(capture.decoder.names))
        self._made: dict[int, SaidMessage] = {}  # by number of the message
        self._entries: dict[int, Entries] = {}  # the same of parts of dumps
        self._blocks: dict[int, Block] = {}

    def build(self) -> Transcript:
        """The transcript. It reads every message once, in order, for who says a value first decides how it is shown."""
        conversations = list(self._capture.follower.conversations)
        wanted = {view.id for view in conversations if not self._own.conversation(view)}
        for message in self._capture:
            self._items.hear(message)
            view = conversations[message.conversation - 1]
            if view.id in wanted:
                self._take(message, view)
        lanes: dict[tuple[int, int, str], list[ConversationView]] = {}
        for view in conversations:
            if view.id in wanted and view.kind != "event":
                lanes.setdefault(_lane_of(view), []).append(view)
        caused = {effect for view in conversations if view.id in wanted for effect in view.effects}
        news = [
            self._made[view.first_message]
            for view in conversations
            if view.kind == "event" and view.id not in caused and view.first_message in self._made
        ]
        recorder = self._capture.interfaces[0].recorder if self._capture.interfaces else RecordedBy()
        written = f"recorded by {recorder.application}" if recorder.application else ""
        words = ", ".join(filter(None, (recorder.os, written)))
        return Transcript(
            self._level,
            tuple(lane for lane in map(self._lane, lanes.values()) if lane.blocks),
            tuple(news) if self._news else (),
            (words,) if words else (),
            recorder.os,
        )

    def _take(self, message: NetlinkMessage, view: ConversationView) -> None:
        """Make what the transcript has of a message: now, for what comes later must not change it."""
        if _is_verdict(message, view) or self._own.message(message):
            return
        if view.kind in {"event", "datagram"} and message.number != view.first_message:
            return  # a copy for another listener
        if message.direction == "to-kernel" or (view.kind == "datagram" and message.direction == "unknown"):
            self._made[message.number] = self._items.request(message)
        elif self._level != "outcome" and view.kind == "dump":
            self._entries[message.number] = self._items.entries(message, full=self._level == "full")
        elif self._level != "outcome":
            self._made[message.number] = self._items.answer(message, full=self._level == "full")

    def _lane(self, views: list[ConversationView]) -> Lane:
        names = {_PID.sub("", view.process) for view in views if view.process}
        blocks = _folded(map(self._block, self._once(views)))
        return Lane(min(names) if len(names) == 1 else "", tuple(blocks))

    def _once(self, views: list[ConversationView]) -> Iterator[ConversationView]:
        """Conversations without the datagrams that repeat the one before: how many listened, or how often it was sent.

        The kernel hands a datagram to all its listeners in one loop; only by time is that told from sending again.
        """
        before = b""
        for view in views:
            said = b""
            if view.kind == "datagram":
                message = self._capture.message(view.first_message)
                said = message.data[message.start : message.end]
            if not said or said != before:
                yield view
            before = said

    def _block(self, view: ConversationView) -> Block:
        follower = self._capture.follower
        events = [follower.conversation(effect).first_message for effect in view.effects]
        numbers = sorted((*view.messages, *events))
        requests = Requests(view, self._capture.message)
        parts: list[Part] = []
        entries: list[SaidMessage] = []
        lists: set[SaidMessage] = set()
        order: dict[int, int] = {}  # of a batch: which request of it
        mixed: list[int] = []  # places of events in an order of chance
        for number in numbers:
            message, made = self._capture.message(number), self._made.get(number)
            if view.kind == "datagram":
                if made is not None:
                    parts.append(SaidStep("datagram", made))
            elif message.direction == "to-kernel":
                order[number] = len(order) + 1
                if made is not None:
                    parts.append(SaidStep("request", made))
            elif _is_verdict(message, view):
                if message.type == NLMSG_ERROR or (message.type == NLMSG_DONE and errno_in(message)):
                    request = requests.of(message)
                    of = order.get(request.number, 0) if request is not None and view.kind == "batch" else 0
                    parts.append(_judged(message, request, of))
            elif number in self._entries:
                around, each = self._entries[number]
                if around is not None and around not in lists:
                    lists.add(around)
                    entries.append(around)
                entries += each
            elif made is None:
                continue
            elif number in events:
                if message.layout.form is not None and message.layout.form.unordered:
                    mixed.append(len(parts))
                parts.append(SaidStep("event", made))
            else:
                parts.append(SaidStep("answer", made))
        _put_in_order(parts, mixed)
        if view.kind == "dump" and not view.errno_value:
            parts.append(Dump(tuple(entries), filtered=view.filtered, interrupted=view.interrupted))
        if view.status in {"unanswered", "partial"}:
            parts.append(Outcome(view.status))
        return Block(tuple(parts), certain=view.certain, number=view.first_message)


def _put_in_order(parts: list[Part], mixed: list[int]) -> None:
    """Sort events of one type that follow each other, at some places, by what they say."""
    for _, run in groupby(enumerate(mixed), lambda place: (place[1] - place[0], _type(parts[place[1]]))):
        places = [at for _, at in run]
        parts[places[0] : places[-1] + 1] = sorted((parts[at] for at in places), key=_said)


def _type(part: Part) -> str:
    return part.message.type if isinstance(part, SaidStep) else ""


def _said(part: Part) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What an event says, first without the names of placeholders, which depend on the order."""
    items = (*part.message.identity, *part.message.items) if isinstance(part, SaidStep) else ()
    leaves = [(path, leaf.value) for item in items for path, leaf in item.leaves()]
    kinds = [(path, value.kind if isinstance(value, Placeholder) else str(value)) for path, value in leaves]
    return kinds, [(path, str(value)) for path, value in leaves]


def _lane_of(view: ConversationView) -> tuple[int, int, str]:
    """What tells its lane from others: protocol and port id, and the program where that is certain.

    Sockets that a program opens one after the other have one port id. Not every recording can tell them apart, so none
    does.
    """
    if view.socket is None:
        return view.protocol_number, view.port, ""
    return view.protocol_number, view.port or view.place, view.process or ""


def _is_verdict(message: NetlinkMessage, view: ConversationView) -> bool:
    """Whether it is netlink's own: what programs say to each other may have any type."""
    return view.kind != "datagram" and is_control(message.protocol, message.type)


def _folded(blocks: Iterable[Block]) -> list[Block]:
    """Conversations of which the level keeps anything, without dumps that were interrupted and asked for again."""
    found: list[Block] = []
    for block in blocks:
        if not block.parts:  # the level leaves nothing of it
            continue
        if found and _interrupted(found[-1]) and found[-1].parts[0] == block.parts[0]:
            found.pop()
        found.append(block)
    return found


def _interrupted(block: Block) -> bool:
    return any(isinstance(part, Dump) and part.interrupted for part in block.parts)


def _judged(answer: NetlinkMessage, request: NetlinkMessage | None, of: int) -> Outcome:
    """What an NLMSG_ERROR or NLMSG_DONE says."""
    number = errno_in(answer)
    said = read(answer, request)
    code = answer.root.get("error")
    return Outcome(
        "error" if number else "ok",
        (code.resolved if code is not None else "") or errno_name(number, answer.protocol) if number else "",
        (said.path or "") if said is not None else "",
        (said.policy or "") if said is not None else "",
        (said.missing or "") if said is not None else "",
        (said.text or "") if said is not None else "",
        of,
        number=answer.number,
    )
