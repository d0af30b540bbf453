"""Lists that a dump has in an order of chance: each element becomes an entry of the dump.

The kernel fills one message after the other, so that chance also decides which message an element is in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.spec.identity import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.spec.model import AttrSet, Field

_DEPTH = 2  # nests that a list may be in


class Listing(NamedTuple):
    """A list of a message.

    Attributes:
        above: the nests that it is in, from the top; where the list is a node, that last.
        elements: its elements.
        path: the names of all that, dotted.
        alone: nothing else is in those nests.
    """

    above: tuple[Node, ...]
    elements: tuple[Node, ...]
    path: str
    alone: bool

    def identity(self, message: NetlinkMessage, element: Node) -> Iterator[tuple[str, Node]]:
        """The parts of an element by which the dissector tells elements apart, as (path, node)."""
        form = message.layout.form
        for place in places(form.identity or ()) if form is not None else ():
            path = place.paths[0]
            if place.apart and path.startswith(f"{self.path}."):
                rest = path[len(self.path) + 1 :]
                first, _, behind = rest.partition(".")
                rest = behind if first.isdigit() else rest
                node = element.get(rest)
                if node is not None:
                    yield f"{self.path}.{rest}", node


class Lists:
    """Finds the lists without order of messages, if their dissectors tell of such."""

    def __init__(self) -> None:
        self._places: dict[int, tuple[Field, ...]] = {}  # by id of a form; forms live as long as the registry

    def of(self, message: NetlinkMessage) -> Listing | None:
        """The list of a message, which may be empty; None where its dissector tells of none, or it cannot be read."""
        form = message.layout.form
        if form is None:
            return None
        fields = self._places.get(id(form))
        if fields is None:
            found = _inside(form.attributes, _DEPTH) if form.attributes is not None else ()
            fields = self._places[id(form)] = found
        return _listing(message.root, fields) if fields else None


def _inside(attributes: AttrSet, depth: int) -> tuple[Field, ...]:
    """The way to the first list without order: the nests, and the list."""
    fields = list(attributes.by_number.values())
    for field in fields:
        if field.unordered:
            return (field,)
    for field in fields:
        if depth and field.nested is not None and field.type == "nest" and not field.multi:
            below = _inside(field.nested, depth - 1)
            if below:
                return (field, *below)
    return ()


def _listing(root: Node, fields: tuple[Field, ...]) -> Listing | None:
    above: list[Node] = []
    holder = root
    *nests, last = fields
    names = [field.name for field in nests]
    for name in names if last.multi else [*names, last.name]:
        node = holder.get(name)
        if node is None:
            return Listing((), (), "", alone=True)
        above.append(node)
        holder = node
    elements = tuple(part for part in holder.parts() if (part.spec is last if last.multi else not _is_padding(part)))
    if any(element.kind in {"unknown", "padding"} for element in elements):
        return None
    inside = {id(part) for part in (*above, *elements)}
    alone = all(id(part) in inside or _is_padding(part) for nest in above for part in nest.children)
    return Listing(tuple(above), elements, ".".join([*names, last.name]), alone)


def _is_padding(node: Node) -> bool:
    return node.kind == "padding" and not node.problems
