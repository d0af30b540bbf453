"""Summaries of messages that have a pattern."""

from __future__ import annotations

from operator import getitem
from typing import TYPE_CHECKING, Any

from nlsniff.decode.patterns import MEMO_SIZE
from nlsniff.decode.summary import Bound, equals, number_of, tidy
from nlsniff.output.shared import SAME, Named, picker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.node import Node
    from nlsniff.decode.patterns import Pattern
    from nlsniff.decode.slots import Leaf
    from nlsniff.decode.summary import Test
    from nlsniff.output.shared import Shared, Texts

    _Body = tuple[str, Callable[[Sequence[Any]], Sequence[Any]], tuple[Texts, ...]]


class Summary:
    """The summary of a pattern's messages; only the values that it shows or asks about are looked at.

    What a template asks (is the table `main`?) has few answers, and for each there is a template without questions.
    Enums and bytes that it asks about have few values, so these stand for the answers; of others they are computed.
    """

    def __init__(self, pattern: Pattern, shared: Shared) -> None:
        self._pattern = pattern
        self._shared = shared
        self._places = {id(slot.node): at for at, slot in enumerate(pattern.slots)}
        self._bodies: dict[Any, _Body] = {}
        self._tests: list[Callable[[Sequence[Any]], bool]] = []
        few: set[int] = set()
        bound = self._bind({})
        self._fixed = None if bound.shown or bound.tested else tidy(bound.template % ())
        self._asked: set[int] = set()
        for test in bound.tested:
            places = [at for node in (test.node, test.other) if (at := self._places.get(id(node))) is not None]
            self._asked.update(places)
            if all(pattern.slots[at].leaf.few for at in places):
                few.update(places)
            else:
                self._tests.append(self._test(test))
        self._few = picker(sorted(few), len(pattern.slots)) if few else None
        if not bound.tested:
            self._bodies[()] = self._made(bound)

    def __call__(self, values: Sequence[Any]) -> str:
        """The line, from the values of the pattern's slots."""
        if self._fixed is not None:
            return self._fixed
        answers = self._few(values) if self._few is not None else ()
        if self._tests:
            answers = (*answers, *[test(values) for test in self._tests])
        body = self._bodies.get(answers)
        if body is None:
            slots = self._pattern.slots
            body = self._made(self._bind({id(slots[at].node): slots[at].leaf.of(values[at]) for at in self._asked}))
            if len(self._bodies) < MEMO_SIZE:
                self._bodies[answers] = body
        template, pick, texts = body
        return " ".join((template % tuple(map(getitem, texts, pick(values)))).split())

    def _bind(self, now: dict[int, Node]) -> Bound:
        """Bind the template to the pattern, as for a message whose values are `now` where a condition asks."""
        live = {id(slot.node): slot.node for slot in self._pattern.slots}
        return Bound(self._pattern.summary, self._pattern.root, live | now)

    def _made(self, bound: Bound) -> _Body:
        """The template for messages that answer as one does."""
        order = [self._places[id(node)] for node, _ in bound.shown]
        slots = self._pattern.slots
        texts = [
            self._number(slots[at].leaf) if as_number else self._text(slots[at].leaf)
            for at, (_, as_number) in zip(order, bound.shown, strict=True)
        ]
        return bound.template, picker(order, len(slots)), tuple(texts)

    def _text(self, leaf: Leaf) -> Texts:
        """How a summary shows a value: by its name, else by its text."""
        if leaf.plain:
            return SAME
        plain = self._shared.memo("text", leaf, lambda raw: leaf.of(raw).text)
        return Named(self._shared, leaf.refers, plain, lambda _raw, name: name) if leaf.refers else plain

    def _number(self, leaf: Leaf) -> Texts:
        """How a summary shows the number of a value that has a name."""
        return SAME if leaf.plain else self._shared.memo("number", leaf, lambda raw: number_of(leaf.of(raw)))

    def _test(self, test: Test) -> Callable[[Sequence[Any]], bool]:
        """A question about the values of a message."""
        at = self._places.get(id(test.node))
        if test.other is None and at is not None:
            leaf = self._pattern.slots[at].leaf
            answer = self._shared.memo("test", (leaf, test.wanted), lambda raw: equals(leaf.of(raw), test.wanted))
            return lambda values: bool(answer[values[at]])
        sides = [self._raw(node) for node in (test.node, test.other) if node is not None]
        return lambda values: bool(sides[0](values) == sides[1](values))

    def _raw(self, node: Node) -> Callable[[Sequence[Any]], Any]:
        at = self._places.get(id(node))
        if at is None:
            return lambda _values: node.raw
        leaf = self._pattern.slots[at].leaf
        raws = self._shared.memo("raw", leaf, lambda raw: leaf.of(raw).raw)
        return lambda values: raws[values[at]]
