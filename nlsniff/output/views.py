"""Prints messages from patterns where they have one, and from their trees where they have none; both print the same.

A view is a template made once from a pattern's tree: the text that all messages of the shape share, with places for the
values. See `nlsniff.decode.patterns`.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson

from nlsniff.decode.names import name_at
from nlsniff.decode.patterns import MEMO_SIZE, Memo, Miss, Pattern, Slot
from nlsniff.decode.summary import Bound, equals, number_of, tidy
from nlsniff.output import json, text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.message import Message
    from nlsniff.decode.node import Node
    from nlsniff.decode.summary import Test

    Convert = Callable[[Any], Any]
    View = Callable[[Message], bytes]

_MARK = re.compile(r"\x00(\d+)\x00")  # no shown text holds a NUL: texts end at one


class Printer:
    """Prints messages in one style: `line`, `tree` or `json`.

    Args:
        decoder: the one that made the messages.
        style: what to print.
    """

    def __init__(self, decoder: Decoder, style: str) -> None:
        self.names = decoder.names
        self._patterns = decoder.patterns
        self._style = style
        self._number = 0
        self._first_ns: int | None = None
        self._memos: dict[Hashable, Memo] = {}

    def __call__(self, message: Message) -> bytes:
        """A message as bytes, newline included."""
        if self._first_ns is None:
            self._first_ns = message.time_ns
        if not message.broken:
            pattern = self._patterns.find(message)
            if pattern is not None:
                self._number = message.number
                view = pattern.views.get(self._style)
                if view is None:
                    view = pattern.views[self._style] = self._make(pattern, message)
                try:
                    return view(message)
                except Miss:
                    return self._walk(message)
        out = self._walk(message)
        self._patterns.teach(message)
        return out

    def _walk(self, message: Message) -> bytes:
        if self._style == "json":
            return json.message_line(message)
        if self._style == "tree":
            lines = "\n".join(text.tree(message))
            return f"{lines}\n\n".encode("utf-8", "backslashreplace")
        return f"{text.line(message, self._first_ns or 0)}\n".encode("utf-8", "backslashreplace")

    def _make(self, pattern: Pattern, message: Message) -> View:
        summary = _Summary(pattern, self)
        if self._style == "json":
            return self._json(pattern, message, summary)
        if self._style == "tree":
            return self._tree(pattern, message, summary)
        return self._line(pattern, message, summary)

    def memo(self, key: Hashable, make: Convert) -> Convert:
        """A function that remembers what `make` gave; the same one for the same key."""
        found = self._memos.get(key)
        if found is None:
            found = self._memos[key] = Memo(make)
        return found.__getitem__

    def text_of(self, slot: Slot) -> Convert:
        """How a summary shows the value of a slot: by its name, else by its text."""
        if slot.plain:
            return str
        plain = self.memo(("text", slot.key), lambda raw: slot.leaf(raw).text)
        if not slot.refers:
            return plain
        facts = self.names.of(slot.refers)

        def named(raw: int) -> str:
            fact = facts.get(raw)
            return (fact is not None and name_at(fact, self._number)) or plain(raw)

        return named

    def number_of(self, slot: Slot) -> Convert:
        """How a summary shows the number of a slot that has a name."""
        return str if slot.plain else self.memo(("number", slot.key), lambda raw: number_of(slot.leaf(raw)))

    def _line(self, pattern: Pattern, message: Message, summary: _Summary) -> View:
        behind, values = text.worst(message), pattern.values
        before, first_ns = text.sort_of(message), self._first_ns or 0

        def view(message: Message) -> bytes:
            line = summary(values(message.data, message.start))
            since = (message.time_ns - first_ns) / 1e9
            shown = f"{message.number:>5} {since:>11.6f} {before} {line}{behind}".rstrip()
            return f"{shown}\n".encode("utf-8", "backslashreplace")

        return view

    def _tree(self, pattern: Pattern, message: Message, summary: _Summary) -> View:
        slots = {id(slot.node): at for at, slot in enumerate(pattern.slots)}

        def value(node: Node) -> str:
            at = slots.get(id(node))
            return text.value(node) if at is None else f"\0{at}\0"

        kind, counts, values = text.kind_of(message), message.counts, pattern.values
        pieces = _MARK.split("\n".join(text.nodes(pattern.root, value)))
        template = "%s".join(piece.replace("%", "%%") for piece in pieces[::2]) + "\n\n"
        fill = self._filler(pattern, [int(piece) for piece in pieces[1::2]], self._tree_text)

        def view(message: Message) -> bytes:
            found = values(message.data, message.start)
            shown = text.head(message, kind, counts, summary(found))
            return f"{shown}\n{template % fill(found)}".encode("utf-8", "backslashreplace")

        return view

    def _json(self, pattern: Pattern, message: Message, summary: _Summary) -> View:
        kept = [(slot.node, slot.node.value, slot.node.resolved) for slot in pattern.slots]
        for slot in pattern.slots:
            slot.node.value, slot.node.resolved = _Place(slot), ""
        found = json.object_of(message, json.body(pattern.root), "")
        for node, value, resolved in kept:
            node.value, node.resolved = value, resolved
        found.pop("comment", None)
        found.update(dict.fromkeys(_HEAD, _Place(None)))
        pieces = _dump(found)
        if any(piece is None for piece in pieces):
            return self._walk
        template = "".join("%s" if isinstance(piece, _Place) else piece.replace("%", "%%") for piece in pieces)
        places = [piece.slot for piece in pieces if isinstance(piece, _Place) and piece.slot is not None]
        numbers = {id(slot): at for at, slot in enumerate(pattern.slots)}
        fill = self._filler(pattern, [numbers[id(slot)] for slot in places], self._json_text)
        dumps, values = orjson.dumps, pattern.values

        def view(message: Message) -> bytes:
            found = values(message.data, message.start)
            out = template % (
                message.frame, message.number, message.time_ns / 1e9, message.seq, message.port,
                message.conversation or "null", dumps(summary(found)).decode(), *fill(found),
            )  # fmt: skip
            if message.comment:
                out = f'{out[:-1]},"comment":{dumps(message.comment).decode()}}}'
            return f"{out}\n".encode()

        return view

    # -- values --------------------------------------------------------------------------------------------------

    def _filler(
        self, pattern: Pattern, order: list[int], text_of: Callable[[Slot], Convert | None]
    ) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
        """A function that gives the values of a message as texts, in the order in which a template wants them."""
        converts = [(at, convert) for at in sorted(set(order)) if (convert := text_of(pattern.slots[at])) is not None]
        get = _getter(order)

        def fill(values: Sequence[Any]) -> tuple[Any, ...]:
            found = list(values)
            for at, convert in converts:
                found[at] = convert(found[at])
            return get(found)

        return fill

    def _tree_text(self, slot: Slot) -> Convert | None:
        if slot.plain:
            return None
        convert = self.memo(("tree", slot.key), lambda raw: text.value(slot.leaf(raw)))
        if not slot.refers:
            return convert
        # `text.value` shows a name instead of what else it would say, and the name depends on the time.
        plain = self.memo(("text", slot.key), lambda raw: slot.leaf(raw).text)

        facts = self.names.of(slot.refers)

        def named(raw: int) -> str:
            fact = facts.get(raw)
            name = name_at(fact, self._number) if fact is not None else ""
            return f"{plain(raw)} ({name})" if name else convert(raw)

        return named

    def _json_text(self, slot: Slot) -> Convert | None:
        if slot.plain:
            return None
        convert = self.memo(("json", slot.key), lambda raw: orjson.dumps(slot.leaf(raw).value).decode())
        if not slot.refers:
            return convert
        key = orjson.dumps(f"{slot.node.name}-name").decode()

        facts = self.names.of(slot.refers)

        def named(raw: int) -> str:
            fact = facts.get(raw)
            name = name_at(fact, self._number) if fact is not None else ""
            return f"{convert(raw)},{key}:{orjson.dumps(name).decode()}" if name else convert(raw)

        return named


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
            if isinstance(item, _Place) and item.slot is not None and item.slot.refers:
                return [None]  # the name that goes beside a number has no place in a list
            pieces += [",", *_dump(item)] if at else _dump(item)
        return [*pieces, "]"]
    return [orjson.dumps(value).decode()]


def _getter(order: list[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Picks places of a list as a tuple."""
    if order == list(range(len(order))):
        stop = len(order)
        return lambda found: tuple(found[:stop])
    if len(order) > 1:
        return itemgetter(*order)
    return lambda found: (found[order[0]],)


class _Summary:
    """The summary of a pattern's messages; only the values that it shows or asks about are looked at.

    What a template asks (is the table `main`?) has few answers, and for each there is a template without questions.
    Enums and bytes that it asks about have few values, so these stand for the answers; of others they are computed.
    """

    def __init__(self, pattern: Pattern, printer: Printer) -> None:
        self._pattern = pattern
        self._printer = printer
        self._live = frozenset(id(slot.node) for slot in pattern.slots)
        self._places = {id(slot.node): at for at, slot in enumerate(pattern.slots)}
        self._bodies: dict[Any, tuple[str, list[tuple[int, Convert]]]] = {}
        bound = Bound(pattern.summary, pattern.root, self._live)
        self._fixed = None if bound.shown or bound.tested else tidy(bound.template % ())
        few: set[int] = set()
        self._tests = []
        for test in bound.tested:
            places = [at for node in (test.node, test.other) if (at := self._places.get(id(node))) is not None]
            if all(_has_few_values(pattern.slots[at]) for at in places):
                few.update(places)
            else:
                self._tests.append(self._test(test))
        self._few = _getter(sorted(few)) if few else None

    def __call__(self, values: Sequence[Any]) -> str:
        """The line, from the values of the pattern's slots."""
        if self._fixed is not None:
            return self._fixed
        answers = self._few(values) if self._few is not None else ()
        if self._tests:
            answers = (*answers, *[test(values) for test in self._tests])
        body = self._bodies.get(answers)
        if body is None:
            body = self._body(values)
            if len(self._bodies) < MEMO_SIZE:
                self._bodies[answers] = body
        template, texts = body
        return " ".join((template % tuple([text(values[at]) for at, text in texts])).split())

    def _body(self, values: Sequence[Any]) -> tuple[str, list[tuple[int, Convert]]]:
        """The template for messages that answer as this one does."""
        for slot, raw in zip(self._pattern.slots, values, strict=True):
            leaf = slot.leaf(raw)
            slot.node.value, slot.node.raw = leaf.value, leaf.raw
        bound = Bound(self._pattern.summary, self._pattern.root, self._live)
        texts = []
        for node, as_number in bound.shown:
            at = self._places[id(node)]
            slot = self._pattern.slots[at]
            texts.append((at, self._printer.number_of(slot) if as_number else self._printer.text_of(slot)))
        return bound.template, texts

    def _test(self, test: Test) -> Callable[[Sequence[Any]], bool]:
        """A question about the values of a message."""
        at = self._places.get(id(test.node))
        if test.other is None and at is not None:
            slot = self._pattern.slots[at]
            answer = self._printer.memo(
                ("test", slot.key, test.wanted), lambda raw: equals(slot.leaf(raw), test.wanted)
            )
            return lambda values: answer(values[at])
        sides = [self._raw(node) for node in (test.node, test.other) if node is not None]
        return lambda values: sides[0](values) == sides[1](values)

    def _raw(self, node: Node) -> Callable[[Sequence[Any]], Any]:
        at = self._places.get(id(node))
        if at is None:
            return lambda _values: node.raw
        leaf = self._printer.memo(("leaf", self._pattern.slots[at].key), self._pattern.slots[at].leaf)
        return lambda values: leaf(values[at]).raw


def _has_few_values(slot: Slot) -> bool:
    field = slot.node.spec
    return field is not None and (field.enum is not None or field.type in {"u8", "s8"})
