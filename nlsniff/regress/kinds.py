"""Of which kind a value is: one that the kernel or chance may choose, so that a placeholder can stand for it.

What a dissector says decides (`refers-to`, `hint`, `volatile`), never a field's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.decode.node import Node
    from nlsniff.spec.model import Field

# What a number of the capture refers to, and the kind of its placeholder. Tables have numbers that people choose.
_REFERS = {"link": "if", "genl": "genl", "nexthop": "nexthop", "netns": "netns"}
_HARDWARE = frozenset({"mac", "fddi"})
_LINK_LOCAL = b"\xfe\x80"
_SOLICITED = bytes.fromhex("ff0200000000000000000001ff")


def kind_of(field: Field) -> str:
    """The kind of a field's values; "" for those that are compared as they are."""
    if field.refers_to in _REFERS:
        return _REFERS[field.refers_to]
    return "mac" if field.hint in _HARDWARE else ""


def kind_of_address(data: bytes) -> str:
    """The kind of an IPv6 address: link-local, or a group where others ask for one; both are made of a MAC."""
    if len(data) != 16 or not any(data[8:]):
        return ""
    return "ll" if data.startswith(_LINK_LOCAL) else "snm" if data.startswith(_SOLICITED) else ""


def is_special(node: Node) -> bool:
    """Whether a value means something by itself, whoever says it: none, any, for ever."""
    raw, field = node.raw, node.spec
    if isinstance(raw, int):
        size = 8 * (node.end - node.payload)
        return raw in (0, -1, (1 << size) - 1, (1 << size - 1) - 1) or (field is not None and raw in field.special)
    data = raw if isinstance(raw, bytes) else b""
    return not any(data) or data.strip(b"\xff") == b""
