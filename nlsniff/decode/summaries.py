"""Summaries of messages that have a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlsniff.decode.memo import SAME
from nlsniff.decode.slots import reader
from nlsniff.decode.summary import Bound, equals, number_of, tidy
from nlsniff.decode.templates import Template, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.memo import Memos, Texts
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.decode.patterns import Pattern
    from nlsniff.decode.slots import ValueReader
    from nlsniff.decode.summary import Test

_BODIES_KEPT = 1024
_PIECES_KEPT = 1 << 14  # of all bodies of a summary: of long lines fewer are kept


class Summary:
    """The summary of a pattern's messages, by their own template or another.

    Only the values that it shows or asks about are looked at.

    What a template asks (is the table `main`?) has few answers, and for each there is a body, a template without
    questions.
    """

    def __init__(self, pattern: Pattern, memos: Memos, template: str | None = None) -> None:
        self._pattern = pattern
        self._template = pattern.summary if template is None else template
        self._memos = memos
        nodes = [slot.node for slot in pattern.slots]
        self._live = dict(zip(map(id, nodes), nodes, strict=True))
        self._slots = slots = dict(zip(self._live, pattern.slots, strict=True))
        bound = self._bind({})
        self._fixed = None if bound.shown or bound.tested else tidy("".join(bound.literals))
        asked = {id(node): slots[id(node)] for test in bound.tested for node in test if id(node) in slots}
        self._asked = sorted(asked.values(), key=lambda slot: slot.start)
        self._places = {id(slot.node): at for at, slot in enumerate(self._asked)}
        self._read = reader(pattern.order, [(slot.start, slot.end, slot.leaf.code) for slot in self._asked])
        self._tests = list(map(self._test, bound.tested))
        first = self._made(bound)
        self._only = None if bound.tested else first
        self._most = min(_BODIES_KEPT, _PIECES_KEPT // (len(self._asked) + len(bound.literals)))
        self._bodies = {self._answers(self._read(pattern.message.data, 0)): first}
        self._by_values: dict[Sequence[Any], Template] = {}

    def __call__(self, messages: Sequence[NetlinkMessage]) -> list[str]:
        """The line of each message.

        Raises:
            Miss: a value of some message does not fit.
        """
        if self._fixed is not None:
            return [self._fixed] * len(messages)
        body = self._only
        if len(messages) == 1:
            return [self.one(messages[0])]
        if body is None:
            read = self._read
            asked = [read(message.data, message.start) for message in messages]
            if asked.count(asked[0]) < len(asked):
                every = zip(map(self._body, asked), messages, strict=True)
                return [tidy(body.one((), message)) for body, message in every]
            body = self._body(asked[0])
        return list(map(tidy, body.fill([()] * len(messages), messages)))

    def one(self, message: NetlinkMessage) -> str:
        """The line of one message; raises as `__call__`."""
        if self._fixed is not None:
            return self._fixed
        body = self._only or self._body(self._read(message.data, message.start))
        return tidy(body.one((), message))

    def _answers(self, values: Sequence[Any]) -> tuple[bool, ...]:
        """What the template's questions find in the values that it asks about."""
        return tuple([test(values) for test in self._tests])

    def _body(self, values: Sequence[Any]) -> Template:
        """The body for messages whose values, where the template asks, are these."""
        body = self._by_values.get(values)
        if body is None:
            answers = self._answers(values)
            body = self._bodies.get(answers)
            if body is None:
                now = {id(slot.node): slot.leaf.of(raw) for slot, raw in zip(self._asked, values, strict=True)}
                body = self._made(self._bind(now))
                if len(self._bodies) < self._most:
                    self._bodies[answers] = body
            if len(self._by_values) >= self._most:
                self._by_values.clear()
            self._by_values[values] = body
        return body

    def _bind(self, now: dict[int, Node]) -> Bound:
        """Bind the template to the pattern, as for a message whose values are `now` where a condition asks."""
        return Bound(self._template, self._pattern.root, self._live | now if now else self._live)

    def _made(self, bound: Bound) -> Template:
        shown = [(self._slots[id(node)], as_number) for node, as_number in bound.shown]
        texts = [self._number(slot.leaf) if as_number else self._text(slot.leaf) for slot, as_number in shown]
        read, pick = plan(self._pattern.order, [(slot.start, slot.end, slot.leaf.code) for slot, _ in shown])
        return Template(bound.literals, read, pick, tuple(texts))

    def _text(self, leaf: ValueReader) -> Texts:
        """How a summary shows a value: by its name, else by its text."""
        if leaf.plain:
            return SAME
        plain = self._memos.text(leaf)
        return self._memos.named("text", leaf, plain, lambda _raw, name: name) if leaf.refers else plain

    def _number(self, leaf: ValueReader) -> Texts:
        """How a summary shows the number of a value that has a name."""
        return self._memos.memo("number", leaf, lambda raw: number_of(leaf.of(raw)))

    def _test(self, test: Test) -> Callable[[Sequence[Any]], bool]:
        """A question about the values that are asked for."""
        slot = self._slots.get(id(test.node))
        if test.other is None and slot is not None:
            leaf, at = slot.leaf, self._places[id(slot.node)]
            answer = self._memos.memo("test", (leaf, test.wanted), lambda raw: equals(leaf.of(raw), test.wanted))
            return lambda values: bool(answer(values[at]))
        sides = [self._raw(node) for node in (test.node, test.other) if node is not None]
        return lambda values: bool(sides[0](values) == sides[1](values))

    def _raw(self, node: Node) -> Callable[[Sequence[Any]], Any]:
        slot = self._slots.get(id(node))
        if slot is None:
            return lambda _values: node.raw
        leaf, at = slot.leaf, self._places[id(slot.node)]
        raws = self._memos.memo("raw", leaf, lambda raw: leaf.of(raw).raw)
        return lambda values: raws(values[at])
