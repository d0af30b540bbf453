"""Reads the values of a field from messages: the nodes that a filter compares, and what one types for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.filter.fields import Found, catalog
from nlsniff.filter.header import EXTACK, HEADER
from nlsniff.filter.nodes import elements
from nlsniff.wire.names import normal, protocol_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.filter.header import HeaderField
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.spec.registry import Registry

    Values = Callable[[NetlinkMessage, ConversationView], Iterable[str]]

_COLUMNS: dict[str, Callable[[NetlinkMessage], Iterable[str]]] = {
    "type": lambda message: (message.type_name,),
    "protocol": lambda message: (protocol_name(message.protocol),),
    "flags": lambda message: _names(message.flag_names),
    "direction": lambda message: (message.direction,),
    "port": lambda message: (str(message.port),),
}


def nodes_of(found: Found, *, whole: bool = False) -> Callable[[NetlinkMessage], Iterator[Node]]:
    """What gives the nodes of a field from messages that `may_have` it; `whole` takes a list as one node."""
    from nlsniff.decode.fields.format import bit_parts

    paths = found.paths
    parts = [((above,), name) for above, _, name in (path.rpartition(".") for path in found.parts) if above]

    def nodes(message: NetlinkMessage) -> Iterator[Node]:
        for node in message.nodes(paths):
            if node.kind != "padding":
                yield from (node,) if whole else elements(node)
        for owners, name in parts:
            yield from bit_parts(message.nodes(owners), name, message.order)

    return nodes


def may_have(message: NetlinkMessage, found: Found) -> bool:
    """Whether a message is of a family that has a field."""
    family = message.layout.family
    return not found.families or (family is not None and family.name in found.families)


def values_of(name: str, registry: Registry) -> Values | None:
    """What gives the values of a field as a filter names them; None where nobody would choose among them.

    Nobody chooses among numbers of messages, times, and what takes a tree of every message. Secrets have no value.
    """
    item = HEADER.get(normal(name))
    if item is not None:
        return _of_header(item)
    found = catalog(registry).find(name)
    if not isinstance(found, Found):
        return None
    nodes = nodes_of(found)

    def values(message: NetlinkMessage, _: ConversationView) -> Iterator[str]:
        if may_have(message, found):
            for node in nodes(message):
                yield from _texts(node)

    return values


def _of_header(item: HeaderField) -> Values | None:
    column, read = _COLUMNS.get(item.name), item.read
    if column is not None:
        return lambda message, _: column(message)
    if read is None or (item.body and item.name != EXTACK) or item.field_type.kind == "duration":
        return None

    def values(message: NetlinkMessage, conversation: ConversationView) -> Iterator[str]:
        for node in read(message, conversation):
            if node.raw or not item.truth:
                yield from _texts(node)

    # A pid alone says less than the name with it.
    return values if item.name != "process" else lambda *of: (text for text in values(*of) if not text.isdecimal())


def _texts(node: Node) -> Iterator[str]:
    """What a value is called: by the capture, by the dissector, or else itself."""
    value = node.value
    if node.secret or node.kind == "nest":
        return
    if node.resolved:
        yield node.resolved
    elif type(node.raw) is bytes and node.spec is not None and node.spec.hint == "base64":  # filters read hex
        yield node.raw.hex()
    elif type(value) is str:
        yield value
    elif type(value) is list:  # flags
        yield from _names(value)
    elif type(value) in {int, float}:
        yield str(value)


def _names(flags: Iterable[object]) -> Iterator[str]:
    """Those of some flags that have a name."""
    return (flag for flag in flags if type(flag) is str and not flag.startswith("0x"))
