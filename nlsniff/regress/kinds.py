"""Of which kind a value is: one that the kernel or chance may choose, so that a placeholder can stand for it.

What a dissector says decides (`handle`, `refers-to`, `display-hint`, `volatile`), never a field's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.decode.node import Node
    from nlsniff.spec.model import Field

# What a number of the capture refers to. Tables have numbers that people choose.
_REFERS = frozenset({"link", "genl", "nexthop", "netns"})
_HINTS = {"mac": "mac", "fddi": "mac", "tc-handle": "tc"}
_SHORT = {"link": "if"}
_EPHEMERAL = 32768  # the first port that the kernel gives out, unless it is told otherwise
_GIVEN = range(0x8000, 0xFFFF)  # upper halves of the handles that it gives out
_LINK_LOCAL = b"\xfe\x80"
_SOLICITED = bytes.fromhex("ff0200000000000000000001ff")


def kind_of(field: Field) -> str:
    """The kind of a field's values; "" for those that are compared as they are."""
    kind = field.handle or (field.refers_to if field.refers_to in _REFERS else _HINTS.get(field.hint, ""))
    return _SHORT.get(kind, kind)


def kind_of_address(data: bytes) -> str:
    """The kind of an IPv6 address: link-local, or a group where others ask for one; both are made of a MAC."""
    if len(data) != 16 or not any(data[8:]):
        return ""
    return "ll" if data.startswith(_LINK_LOCAL) else "snm" if data.startswith(_SOLICITED) else ""


def is_special(node: Node, kind: str) -> bool:
    """Whether a value of some kind means something by itself, whoever says it: none, any, for ever, a known port."""
    raw, field = node.raw, node.spec
    if isinstance(raw, int):
        if (kind == "port" and raw < _EPHEMERAL) or (kind == "tc" and raw >> 16 not in _GIVEN):
            return True
        size = 8 * (node.end - node.payload)
        return raw in (0, -1, (1 << size) - 1, (1 << size - 1) - 1) or (field is not None and raw in field.special)
    data = raw if isinstance(raw, bytes) else b""
    return not any(data) or data.strip(b"\xff") == b""
