"""Two messages field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.output.delivery import delivery_words
from nlsniff.tui.outline import node_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node


class Pair(NamedTuple):
    """A field of two messages; the text is None where a message has no such field.

    `depth` counts from 0; `same` is true where the texts are equal, for a nest where all in it is.
    """

    name: str
    depth: int
    left: str | None
    right: str | None
    same: bool


def compare(left: NetlinkMessage, right: NetlinkMessage) -> list[Pair]:
    """All fields of two messages, in the order of the left one; fields of the same name are paired."""
    pairs = [
        Pair("direction", 0, left.direction, right.direction, left.direction == right.direction),
        Pair("protocol", 0, left.protocol_name, right.protocol_name, left.protocol == right.protocol),
    ]
    delivered = (delivery_words(left) or None, delivery_words(right) or None)
    if any(delivered):
        pairs.append(Pair("delivered", 0, *delivered, delivered[0] == delivered[1]))
    pairs += _nodes(left.root.children, right.root.children, left, right, 0)
    return pairs


def _nodes(
    lefts: Sequence[Node], rights: Sequence[Node], left: NetlinkMessage, right: NetlinkMessage, depth: int
) -> Iterator[Pair]:
    for one, other in _matched(lefts, rights):
        node = one or other
        if node is None or node.kind == "padding":
            continue
        left_text, right_text = _text(one, left), _text(other, right)
        inner = list(_nodes(_parts(one), _parts(other), left, right, depth + 1))
        same = one is not None and other is not None and left_text == right_text and all(pair.same for pair in inner)
        yield Pair(node.name, depth, left_text, right_text, same)
        yield from inner


def _text(node: Node | None, message: NetlinkMessage) -> str | None:
    if node is None:
        return None
    text = "" if node.kind in {"nest", "list", "header"} else node_text(node, message)
    return f"{text}{node.flag_text}".lstrip() if node.type_flags else text


def _parts(node: Node | None) -> Sequence[Node]:
    return [] if node is None or node.kind == "value" else node.children


def _matched(lefts: Sequence[Node], rights: Sequence[Node]) -> Iterator[tuple[Node | None, Node | None]]:
    """Pairs of nodes of the same name, in order; a node without a partner is paired with None."""
    rest = list(rights)
    for node in lefts:
        at = next((at for at, other in enumerate(rest) if other.name == node.name), None)
        if at is None:
            yield node, None
            continue
        # A node before it on the right that has no partner on the left comes before it here, too.
        names = {other.name for other in lefts}
        while at and rest[0].name not in names:
            yield None, rest.pop(0)
            at -= 1
        yield node, rest.pop(at)
    for other in rest:
        yield None, other
