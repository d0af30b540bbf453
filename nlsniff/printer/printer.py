"""Prints messages from patterns where they have one, and from their trees where they have none; both print the same.

A view is a template made once from a pattern's tree: the text that all messages of the shape share, with places for the
values. See `nlsniff.decode.patterns`. Messages come many at a time, for a value that all messages of a shape have, as
in the parts of a dump, is turned into text once.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING

from nlsniff.decode.memo import SAME
from nlsniff.decode.slots import NUMBER, Miss
from nlsniff.decode.templates import compose
from nlsniff.output import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.memo import Texts
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.decode.patterns import Pattern
    from nlsniff.decode.slots import Slot, ValueReader
    from nlsniff.output.columns import Columns

    View = Callable[[Sequence[NetlinkMessage]], Iterable[str]]  # of messages that all have one pattern

# No shown text and no JSON holds a NUL: it would be escaped. JSON escapes those of a name, too.
_MARK = re.compile(r"\0(\d*)\0")
_JSON_MARK = re.compile(r"(?:\0|(?<!\\)\\u0000)(\d*)(?:\0|\\u0000)")
_OPEN = "\0\0"

_COMMENT = attrgetter("comment")

# What a template leaves open at the head of a JSON object, in the order of the contract; and members that stand behind
# one of these and are filled in together with it.
_HEAD = ("frame", "seq", "conversation", "summary")
_AFTER = ("message", "time", "time_ns", "port")


class Printer:
    """Prints messages in one style: `line`, `tree` or `json`, or rows of chosen fields.

    Args:
        decoder: the one that made the messages.
        style: what to print, or the fields.
        start_ns: gives the time from which a line counts, once there is a message to print; without it that message's.

    Attributes:
        patterns: the shapes that were met.
    """

    def __init__(self, decoder: Decoder, style: str | Columns, start_ns: Callable[[], int] | None = None) -> None:
        self.patterns = decoder.patterns
        self._find = self.patterns.find
        self._style = style
        makers = {"json": self._json, "tree": self._tree, "line": self._line}
        self._make = makers[style] if isinstance(style, str) else partial(self._row, style)
        self._start_ns = start_ns
        self._first_ns: int | None = None
        self._memos = self.patterns.memos
        self._views: dict[Pattern, View] = {}

    def __call__(self, messages: Sequence[NetlinkMessage]) -> bytes:
        """Messages as bytes, in their order."""
        return "".join(self.texts(messages)).encode()

    def texts(self, messages: Sequence[NetlinkMessage]) -> list[str]:
        """What is printed of each message; those of one shape are printed together."""
        if self._first_ns is None and messages:
            self._first_ns = self._start_ns() if self._start_ns is not None else messages[0].time_ns
        find = self._find
        out = [""] * len(messages)
        alike: dict[Pattern, list[int]] = {}
        known = 0  # up to this message, the names are those of the first in `alike`
        for at, message in enumerate(messages):
            if message.number > known:
                self._print(alike, messages, out)
                alike = {}
                known = self._memos.at(message.number)
            pattern = find(message)
            if pattern is None:
                out[at] = self._walk(message)
            elif pattern in alike:
                alike[pattern].append(at)
            else:
                alike[pattern] = [at]
        self._print(alike, messages, out)
        return out

    def _print(self, alike: dict[Pattern, list[int]], messages: Sequence[NetlinkMessage], out: list[str]) -> None:
        for pattern, places in alike.items():
            chosen = [messages[at] for at in places] if len(places) > 1 else [messages[places[0]]]
            view = self._views.get(pattern)
            if view is None:
                view = self._views[pattern] = self._make(pattern)
            try:
                for at, text in zip(places, view(chosen), strict=True):
                    out[at] = text
            except Miss:
                for at in places:
                    out[at] = self._walk(messages[at])

    def _walk(self, message: NetlinkMessage) -> str:
        if not isinstance(self._style, str):
            return self._style.row(message)
        if self._style == "json":
            from nlsniff.output.json import message_line

            return message_line(message).decode()
        if self._style == "tree":
            lines = "\n".join(text.tree(message))
            return f"{lines}\n\n"
        return text.line(message, self._first_ns or 0)

    def _row(self, columns: Columns, pattern: Pattern) -> View:
        from nlsniff.printer.cells import cells_of

        between = columns.separator
        cells = [cells_of(name, pattern, self.patterns, columns.readers) for name in columns.names]

        def view(messages: Sequence[NetlinkMessage]) -> Iterable[str]:
            return [between.join(row) + "\n" for row in zip(*[give(messages) for give in cells], strict=True)]

        return view

    def _line(self, pattern: Pattern) -> View:
        summary = self.patterns.summaries(pattern)
        sort, after, first_ns = text.sort_of(pattern.message), text.worst(pattern.message), self._first_ns or 0

        def view(messages: Sequence[NetlinkMessage]) -> Iterable[str]:
            return text.rows(messages, first_ns, sort, summary(messages), after)

        return view

    def _tree(self, pattern: Pattern) -> View:
        summary = self.patterns.summaries(pattern)
        places = dict(zip(map(id, [slot.node for slot in pattern.slots]), count(), strict=False))

        def value(node: Node) -> str:
            at = places.get(id(node))
            return text.value(node) if at is None else f"\0{at}\0"

        kind = text.kind_of(pattern.message)
        with _marked(pattern) as every:
            pieces = _MARK.split("\n".join(["", *text.nodes(pattern.root, value)]) + "\n\n")
        slots = [every[int(piece)] for piece in pieces[1::2]]
        template = compose(["", *pieces[::2]], slots, self._tree_text, self._memos, pattern.order)

        def view(messages: Sequence[NetlinkMessage]) -> Iterable[str]:
            return template.fill(list(zip(text.heads(messages, kind, summary(messages)))), messages)

        return view

    def _tree_text(self, leaf: ValueReader) -> Texts:
        if leaf.plain:
            return SAME
        if leaf is NUMBER:
            return leaf.text
        plain = self._memos.text(leaf)
        if leaf.textual:
            return plain
        texts = self._memos.memo("tree", leaf, lambda raw: text.value(leaf.of(raw)))
        if not leaf.refers:
            return texts
        # `text.value` shows a name instead of what else it would say, and the name depends on the time.
        return self._memos.named("tree", leaf, texts, lambda raw, name: f"{plain(raw)} ({name})")

    def _json(self, pattern: Pattern) -> View:
        from nlsniff.output import json

        quoted = json.quoted
        summary = self.patterns.summaries(pattern)
        kept = [(slot.node, slot.node.value, slot.node.resolved) for slot in pattern.slots]
        for slot in pattern.slots:
            slot.node.value, slot.node.resolved = json.place(f"\0{slot.number}\0"), ""
        with _marked(pattern) as every:
            object_ = json.object_of(pattern.message, json.body(pattern.root), "")
        for node, value, resolved in kept:
            node.value, node.resolved = value, resolved
        object_.update(dict.fromkeys(_HEAD, json.place(_OPEN)))
        for member in _AFTER:
            del object_[member]
        pieces = json.pieces(object_, _JSON_MARK)
        pieces[-1] += "\n"
        literals, slots = pieces[::2], [every[int(piece)] for piece in pieces[1::2] if piece]
        for slot, before in zip(slots, literals[len(_HEAD) :], strict=False):
            if slot.leaf.refers and not before.endswith(":"):
                # The name that goes beside a number has no place in a list.
                return lambda messages: map(self._walk, messages)
        template = compose(literals, slots, partial(self._json_text, quoted), self._memos, pattern.order)

        def view(messages: Sequence[NetlinkMessage]) -> Iterable[str]:
            heads = _heads(messages, map(quoted, summary(messages)))
            filled = template.fill(heads, messages)
            if not any(map(_COMMENT, messages)):
                return filled
            return [
                f"{line[:-2]},{quoted(json.said_of_frame(message))[1:]}\n" if message.comment else line
                for message, line in zip(messages, filled, strict=True)
            ]

        return view

    def _json_text(self, quoted: Callable[[Any], str], leaf: ValueReader) -> Texts:
        if leaf.plain:
            return SAME
        if leaf is NUMBER:
            return leaf.text  # inside the quotes of a name
        if leaf.textual:
            return self._memos.memo("json", leaf, lambda raw: f'"{leaf.text(raw)}"')  # of digits and colons
        texts = self._memos.memo("json", leaf, lambda raw: quoted(leaf.of(raw).value))
        if not leaf.refers:
            return texts
        key = quoted(f"{leaf.name}-name")
        return self._memos.named("json", leaf, texts, lambda raw, name: f"{texts(raw)},{key}:{quoted(name)}")


@contextmanager
def _marked(pattern: Pattern) -> Iterator[list[Slot]]:
    """Elements whose number is their name are called by a mark while a template is made; yields what marks mean."""
    kept = [slot.node.name for slot in pattern.numbers]
    for slot in pattern.numbers:
        slot.node.name = f"\0{slot.number}\0"
    try:
        yield [*pattern.slots, *pattern.numbers]
    finally:
        for slot, name in zip(pattern.numbers, kept, strict=True):
            slot.node.name = name


def _heads(messages: Sequence[NetlinkMessage], summaries: Iterable[str]) -> list[tuple[str, ...]]:
    """For each message what stands in the places of `_HEAD`; `summaries` are JSON already."""
    shown: list[tuple[str, ...]] = []
    frame, before, after = -1, "", ""
    for message, summary in zip(messages, summaries, strict=True):
        if message.frame != frame:  # the parts of a dump share one
            frame, time_ns = message.frame, message.time_ns
            before, after = f'{frame},"message":', f',"time":{time_ns / 10**9!r},"time_ns":{time_ns}'
        first = f"{before}{message.number}{after}"
        talk = repr(message.conversation) if message.conversation else "null"
        shown.append((first, f'{message.seq},"port":{message.port}', talk, summary))
    return shown
