"""What a message is about: the fields that name its object, from the `identity:` of its dissector."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.spec.identity import places

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node


class IdentityPart(NamedTuple):
    """One part of an object's name.

    Attributes:
        name: the path by which the dissector calls it, the first one where it gives several (`table` for
            `table|rtm-table`), so that two messages call the same part alike.
        node: where this message says it: a leaf, or a nest whose leaves are the part together (a selector).
    """

    name: str
    node: Node


def identity_of(message: NetlinkMessage, *, apart: bool = False) -> tuple[IdentityPart, ...] | None:
    """The parts that name the object which a message is about, in the dissector's order.

    A part that the message does not have is left out, which is not the same as one that is there and empty, or 0: the
    parts have names. Two messages of one type are about the same object where their parts have equal names and values.

    Args:
        message: decoded for it.
        apart: with the parts that only tell apart objects whose other parts are equal (IPv6 has several routes to
            one destination, by link and gateway). A program that compares begins without them.

    Returns:
        None where the dissector says that there is no such object (`identity: none`), or says nothing.
    """
    form = message.layout.form
    if form is None or not form.identity:
        return None
    found: list[IdentityPart] = []
    for place in places(form.identity):
        if place.apart and not apart:
            continue
        for path in place.paths:
            node = message.root.get(path)
            if node is not None:
                found.append(IdentityPart(place.paths[0], node))
                break
    return tuple(found)
