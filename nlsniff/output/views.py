"""Prints messages from patterns where they have one, and from their trees where they have none; both print the same.

A view is a template made once from a pattern's tree: the text that all messages of the shape share, with places for the
values. See `nlsniff.decode.patterns`.
"""

from __future__ import annotations

import re
from operator import getitem
from typing import TYPE_CHECKING, Any

import orjson

from nlsniff.decode.slots import Miss
from nlsniff.output import json, text
from nlsniff.output.shared import SAME, Named, Shared, picker
from nlsniff.output.summaries import Summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.message import Message
    from nlsniff.decode.node import Node
    from nlsniff.decode.patterns import Pattern
    from nlsniff.decode.slots import Leaf, Slot
    from nlsniff.output.shared import Texts

    View = Callable[[Message], bytes]

_MARK = re.compile(r"\x00(\d+)\x00")  # no shown text holds a NUL: texts end at one


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
        self._shared.number = message.number
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
        summary, values = Summary(pattern, self._shared), pattern.values
        before, behind, first_ns = text.sort_of(message), text.worst(message), self._first_ns or 0

        def view(message: Message) -> bytes:
            line = summary(values(message.data, message.start))
            since = (message.time_ns - first_ns) / 1e9
            shown = f"{message.number:>5} {since:>11.6f} {before} {line}{behind}".rstrip()
            return f"{shown}\n".encode("utf-8", "backslashreplace")

        return view

    def _tree(self, pattern: Pattern, message: Message) -> View:
        summary, values = Summary(pattern, self._shared), pattern.values
        places = {id(slot.node): at for at, slot in enumerate(pattern.slots)}

        def value(node: Node) -> str:
            at = places.get(id(node))
            return text.value(node) if at is None else f"\0{at}\0"

        head, kind = text.head, text.kind_of(message)
        pieces = _MARK.split("\n".join(text.nodes(pattern.root, value)))
        template = "%s\n" + "%s".join(piece.replace("%", "%%") for piece in pieces[::2]) + "\n\n"
        order = [int(piece) for piece in pieces[1::2]]
        pick = picker(order, len(pattern.slots))
        texts = tuple([self._tree_text(pattern.slots[at].leaf) for at in order])

        def view(message: Message) -> bytes:
            found = values(message.data, message.start)
            shown = template % (head(message, kind, summary(found)), *map(getitem, texts, pick(found)))
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
        return Named(self._shared, leaf.refers, texts, lambda raw, name: f"{plain[raw]} ({name})")

    def _json(self, pattern: Pattern, message: Message) -> View:
        summary, values = Summary(pattern, self._shared), pattern.values
        kept = [(slot.node, slot.node.value, slot.node.resolved) for slot in pattern.slots]
        for slot in pattern.slots:
            slot.node.value, slot.node.resolved = _Place(slot), ""
        object_ = json.object_of(message, json.body(pattern.root), "")
        for node, value, resolved in kept:
            node.value, node.resolved = value, resolved
        object_.pop("comment", None)
        object_.update(dict.fromkeys(_HEAD, _Place(None)))
        pieces = _dump(object_)
        if any(piece is None for piece in pieces):
            return self._walk
        template = "".join("%s" if isinstance(piece, _Place) else piece.replace("%", "%%") for piece in pieces) + "\n"
        places = [piece.slot for piece in pieces if isinstance(piece, _Place) and piece.slot is not None]
        numbers = {id(slot): at for at, slot in enumerate(pattern.slots)}
        pick = picker([numbers[id(slot)] for slot in places], len(pattern.slots))
        texts = tuple([self._json_text(slot.leaf) for slot in places])
        dumps = orjson.dumps

        def view(message: Message) -> bytes:
            found = values(message.data, message.start)
            out = template % (
                message.frame, message.number, message.time_ns / 1e9, message.seq, message.port,
                message.conversation or "null", dumps(summary(found)).decode(), *map(getitem, texts, pick(found)),
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
        return Named(
            self._shared, leaf.refers, texts, lambda raw, name: f"{texts[raw]},{key}:{orjson.dumps(name).decode()}"
        )


# What a template leaves open at the head of a JSON object, in the order of the contract.
_HEAD = ("frame", "message", "time", "seq", "port", "conversation", "summary")


class _Place:
    """Where a value goes in a JSON template: that of a slot, or one of the message's own."""

    __slots__ = ("slot",)

    def __init__(self, slot: Slot | None) -> None:
        self.slot = slot


def _dump(value: Any) -> list[Any]:
    """JSON with places in it, as pieces; None stands where a template cannot hold it."""
    if isinstance(value, _Place):
        return [value]
    if isinstance(value, dict):
        pieces: list[Any] = ["{"]
        for key, item in value.items():
            comma = "," if len(pieces) > 1 else ""
            pieces += [comma + orjson.dumps(key).decode() + ":", *_dump(item)]
        return [*pieces, "}"]
    if isinstance(value, list):
        pieces = ["["]
        for at, item in enumerate(value):
            if isinstance(item, _Place) and item.slot is not None and item.slot.leaf.refers:
                return [None]  # the name that goes beside a number has no place in a list
            pieces += [",", *_dump(item)] if at else _dump(item)
        return [*pieces, "]"]
    return [orjson.dumps(value).decode()]
