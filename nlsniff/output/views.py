"""Prints messages from patterns where they have one, and from their trees where they have none; both print the same.

A view is a template made once from a pattern's tree: the text that all messages of the shape share, with places for the
values. See `nlsniff.decode.patterns`.
"""

from __future__ import annotations

import re
from operator import getitem
from typing import TYPE_CHECKING

import orjson

from nlsniff.decode.slots import Miss
from nlsniff.output import json, text
from nlsniff.output.shared import SAME, Shared
from nlsniff.output.summaries import Summary
from nlsniff.output.templates import compose

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.message import Message
    from nlsniff.decode.node import Node
    from nlsniff.decode.patterns import Pattern
    from nlsniff.decode.slots import Leaf
    from nlsniff.output.shared import Texts

    View = Callable[[Message], bytes]

# No shown text holds a NUL: texts end at one.
_MARK = re.compile(r"\0(\d+)\0")
_JSON_MARK = re.compile(r'"\\u0000(\d+)\\u0000"')
_OPEN = "\0"

# What a template leaves open at the head of a JSON object, in the order of the contract.
_HEAD = ("frame", "message", "time", "seq", "port", "conversation", "summary")


class Printer:
    """Prints messages in one style: `line`, `tree` or `json`.

    Args:
        decoder: the one that made the messages.
        style: what to print.
    """

    def __init__(self, decoder: Decoder, style: str) -> None:
        self._find = decoder.patterns.find
        self._style = style
        self._make = {"json": self._json, "tree": self._tree}.get(style, self._line)
        self._first_ns: int | None = None
        self._shared = Shared(decoder.names)
        self._views: dict[Pattern, View] = {}

    def __call__(self, message: Message) -> bytes:
        """A message as bytes, newline included."""
        if self._first_ns is None:
            self._first_ns = message.time_ns
        pattern = self._find(message)
        if pattern is None:
            return self._walk(message)
        self._shared.at(message.number)
        view = self._views.get(pattern)
        if view is None:
            view = self._views[pattern] = self._make(pattern, message)
        try:
            return view(message)
        except Miss:
            return self._walk(message)

    def _walk(self, message: Message) -> bytes:
        if self._style == "json":
            return json.message_line(message)
        if self._style == "tree":
            lines = "\n".join(text.tree(message))
            return f"{lines}\n\n".encode("utf-8", "backslashreplace")
        return f"{text.line(message, self._first_ns or 0)}\n".encode("utf-8", "backslashreplace")

    def _line(self, pattern: Pattern, message: Message) -> View:
        summary = Summary(pattern, self._shared)
        before, behind, first_ns = text.sort_of(message), text.worst(message), self._first_ns or 0

        def view(message: Message) -> bytes:
            line = summary(message.data, message.start)
            since = (message.time_ns - first_ns) / 1e9
            shown = f"{message.number:>5} {since:>11.6f} {before} {line}{behind}".rstrip()
            return f"{shown}\n".encode("utf-8", "backslashreplace")

        return view

    def _tree(self, pattern: Pattern, message: Message) -> View:
        summary = Summary(pattern, self._shared)
        places = {id(slot.node): at for at, slot in enumerate(pattern.slots)}

        def value(node: Node) -> str:
            at = places.get(id(node))
            return text.value(node) if at is None else f"\0{at}\0"

        head, kind = text.head, text.kind_of(message)
        pieces = _MARK.split("\n".join(text.nodes(pattern.root, value)))
        slots = [pattern.slots[int(piece)] for piece in pieces[1::2]]
        body, read, pick, texts = compose(pieces[::2], slots, self._tree_text, self._shared, pattern.order)
        template = f"%s\n{body}\n\n"

        def view(message: Message) -> bytes:
            data, start = message.data, message.start
            line = head(message, kind, summary(data, start))
            shown = template % (line, *map(getitem, texts, pick(read(data, start))))
            return shown.encode("utf-8", "backslashreplace")

        return view

    def _tree_text(self, leaf: Leaf) -> Texts:
        if leaf.plain:
            return SAME
        texts = self._shared.memo("tree", leaf, lambda raw: text.value(leaf.of(raw)))
        if not leaf.refers:
            return texts
        # `text.value` shows a name instead of what else it would say, and the name depends on the time.
        plain = self._shared.memo("text", leaf, lambda raw: leaf.of(raw).text)
        return self._shared.named("tree", leaf, texts, lambda raw, name: f"{plain[raw]} ({name})")

    def _json(self, pattern: Pattern, message: Message) -> View:
        summary = Summary(pattern, self._shared)
        kept = [(slot.node, slot.node.value, slot.node.resolved) for slot in pattern.slots]
        for slot in pattern.slots:
            slot.node.value, slot.node.resolved = f"\0{slot.number}\0", ""
        object_ = json.object_of(message, json.body(pattern.root), "")
        for node, value, resolved in kept:
            node.value, node.resolved = value, resolved
        object_.pop("comment", None)
        object_.update(dict.fromkeys(_HEAD, _OPEN))
        pieces = _JSON_MARK.split(orjson.dumps(object_).decode())
        literals, slots = pieces[::2], [pattern.slots[int(piece)] for piece in pieces[1::2]]
        for slot, before in zip(slots, literals, strict=False):
            if slot.leaf.refers and not before.endswith(":"):
                return self._walk  # the name that goes beside a number has no place in a list
        body, read, pick, texts = compose(literals, slots, self._json_text, self._shared, pattern.order)
        template = body.replace(orjson.dumps(_OPEN).decode(), "%s") + "\n"
        dumps = orjson.dumps

        def view(message: Message) -> bytes:
            data, start = message.data, message.start
            out = template % (
                message.frame, message.number, message.time_ns / 1e9, message.seq, message.port,
                message.conversation or "null", dumps(summary(data, start)).decode(),
                *map(getitem, texts, pick(read(data, start))),
            )  # fmt: skip
            if message.comment:
                out = f'{out[:-2]},"comment":{dumps(message.comment).decode()}}}\n'
            return out.encode()

        return view

    def _json_text(self, leaf: Leaf) -> Texts:
        if leaf.plain:
            return SAME
        texts = self._shared.memo("json", leaf, lambda raw: orjson.dumps(leaf.of(raw).value).decode())
        if not leaf.refers:
            return texts
        key = orjson.dumps(f"{leaf.name}-name").decode()
        return self._shared.named(
            "json", leaf, texts, lambda raw, name: f"{texts[raw]},{key}:{orjson.dumps(name).decode()}"
        )
