"""The cells of rows (`nlsniff.output.columns`) for messages that have a pattern."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

from nlsniff.decode.memo import SAME
from nlsniff.decode.node import nodes_at
from nlsniff.decode.templates import compose
from nlsniff.output.columns import ALIKE, OWN, path_in, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from nlsniff.decode.memo import Texts
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.patterns import Pattern, Patterns
    from nlsniff.decode.slots import ValueReader

    Cells = Callable[[Sequence[NetlinkMessage]], Iterable[str]]  # of messages that all have one pattern


def cells_of(
    name: str, pattern: Pattern, patterns: Patterns, readers: Mapping[str, Callable[[NetlinkMessage], object]]
) -> Cells:
    """What gives the cells of a column; `readers` as those of `Columns`."""
    if name in readers:
        read = readers[name]
        return lambda messages: map(str, map(read, messages))
    if name == "summary":
        return patterns.summaries(pattern)
    if name in ALIKE:
        return _always(str(OWN[name](pattern.message)))
    if name in OWN:
        read = OWN[name]
        return lambda messages: map(str, map(read, messages))
    path = path_in(pattern.message, name)
    if not path:
        return _always("")
    slots = {id(slot.node): slot for slot in pattern.slots}
    nodes = nodes_at(pattern.root, (path,))
    if not nodes:
        above = nodes_at(pattern.root, (path.rpartition(".")[0],))
        if any(id(node) in slots for owner in above for node in owner.walk()):
            return lambda messages: [value_of(message, path) for message in messages]  # a part of a number
        return _always(value_of(pattern.message, path))
    literals, chosen = [""], []
    for at, node in enumerate(nodes):
        literals[-1] += "," if at else ""
        if id(node) in slots:
            chosen.append(slots[id(node)])
            literals.append("")
        else:
            literals[-1] += node.text
    if not chosen:
        return _always(literals[0])

    def text_of(leaf: ValueReader) -> Texts:
        return SAME if leaf.plain else patterns.memos.text(leaf)

    template = compose(literals, chosen, text_of, patterns.memos, pattern.order)
    return lambda messages: template.fill([()] * len(messages), messages)


def _always(text: str) -> Cells:
    return lambda messages: repeat(text, len(messages))
