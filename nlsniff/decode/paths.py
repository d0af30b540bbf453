"""The nodes at some paths of a message, by its shape: no tree is made for a few values of it.

Filters, columns, counts and stories ask every message of a capture for a few values. Where a message has a pattern, the
pattern tells where these stand, and only they are read; see `nlsniff.decode.patterns`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.node import ByPath, Node
from nlsniff.decode.slots import Miss, reader
from nlsniff.decode.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.names import Names
    from nlsniff.decode.patterns import Pattern, Patterns
    from nlsniff.decode.slots import Slot


class Glance:
    """Some nodes for all messages of a shape: made once, and given each message's values in turn."""

    def __init__(self, pattern: Pattern, nodes: Iterable[Node]) -> None:
        slots = {id(slot.node): slot for slot in pattern.slots}
        chosen: dict[int, tuple[Node, Slot]] = {}
        self._nodes = [_copy(node, slots, chosen) for node in nodes]
        filled = sorted(chosen.values(), key=lambda item: item[1].start)
        self._filled = [(node, slot.leaf) for node, slot in filled]
        self._read = reader(pattern.order, [(slot.start, slot.end, slot.leaf.code) for _, slot in filled])

    def nodes(self, message: NetlinkMessage, names: Names) -> Sequence[Node]:
        """The nodes of one message, until the next is asked for.

        Raises:
            Miss: a value does not fit the shape.
        """
        if self._filled:
            values = self._read(message.data, message.start)
            for (node, leaf), raw in zip(self._filled, values, strict=True):
                node.value, node.text, node.raw = leaf.said(raw)
                if leaf.refers:
                    node.resolved = names.resolve(leaf.refers, raw, message.number)
        return self._nodes


class MessageValues(ByPath):
    """What a message says at paths that are asked for one by one: by its shape, or by its tree where it has none.

    Nodes hold until another message is asked.
    """

    __slots__ = ("_message", "_pattern", "_patterns")

    def __init__(self, message: NetlinkMessage, pattern: Pattern | None, patterns: Patterns) -> None:
        self._message = message
        self._pattern = pattern
        self._patterns = patterns

    def get(self, path: str) -> Node | None:
        """As `Node.get` of its tree."""
        if self._pattern is not None:
            try:
                return self._patterns.node(self._pattern, path, self._message)
            except Miss:
                self._pattern = None
        return self._message.root.get(path)

    def all(self, path: str) -> Sequence[Node]:
        """As `Node.all` of its tree."""
        return self._message.nodes((path,))

    def summarise(self, template: str) -> str:
        """What a template says of it, see `nlsniff.decode.summary`."""
        pattern = self._pattern
        found = self._patterns.summary(pattern, self._message, template) if pattern is not None else None
        return found if found is not None else summarise(template, self._message.root)


def _copy(node: Node, slots: dict[int, Slot], chosen: dict[int, tuple[Node, Slot]]) -> Node:
    """A node with all below it; those whose values may be others are noted, one that is asked for twice is one node."""
    if id(node) in chosen:
        return chosen[id(node)][0]
    copy = Node(
        node.name, node.start, node.end, node.kind, node.payload, node.spec, node.type,
        value=node.value, raw=node.raw, text=node.text,
    )  # fmt: skip
    copy.type_flags, copy.resolved, copy.secret = node.type_flags, node.resolved, node.secret
    copy.volatile, copy.repeats, copy.problems = node.volatile, node.repeats, node.problems
    copy.children = [_copy(child, slots, chosen) for child in node.children]
    if id(node) in slots:
        chosen[id(node)] = copy, slots[id(node)]
    return copy
