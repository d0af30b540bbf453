"""What the audit protocol writes in its own way: text that may be in hex, and strings whose lengths stand elsewhere."""

from __future__ import annotations

import re
from _socket import inet_ntop  # as in `nlsniff.decode.fields.addresses`
from typing import TYPE_CHECKING

from nlsniff.decode.context import UNPACK
from nlsniff.decode.fields.addresses import AF_INET, AF_INET6
from nlsniff.decode.fields.registry import fills
from nlsniff.decode.fields.text import set_text, unquoted
from nlsniff.decode.fields.unknown import keep_unknown
from nlsniff.decode.node import Node
from nlsniff.terminal import decoded

if TYPE_CHECKING:
    from nlsniff.decode.context import Context

AF_UNIX, AF_NETLINK = 1, 16
_INTERNET = {AF_INET: (4, 8), AF_INET6: (8, 24)}  # where the address is in sockaddr_in and sockaddr_in6
_NETLINK_SIZE = 12
_HEX = re.compile(rb"(?:[0-9A-F]{2})+")
# struct audit_rule_data: where what is said of its 64 fields begins, counted from behind the struct.
_COUNT, _FIELDS, _VALUES, _PLACES = -1032, -772, -516, 64
# The fields whose value is the length of a string (kernel/auditfilter.c, audit_data_to_entry).
_TEXTS = frozenset({13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 105, 107, 112, 210})


@fills("hook: audit-text")
def audit_text(ctx: Context, node: Node, start: int, end: int) -> None:
    """Text that the kernel does not trust: in quotes, or in hex where it holds a quote, a blank or a control."""
    data = ctx.data[start:end]
    if _HEX.fullmatch(data):
        data = bytes.fromhex(data.decode())
    set_text(node, unquoted(data))


@fills("hook: audit-address")
def audit_address(ctx: Context, node: Node, start: int, end: int) -> None:
    """A socket address in hex, as a program gave it to the kernel: its family is in the machine's order."""
    digits = ctx.data[start:end]
    set_text(node, digits)
    if not _HEX.fullmatch(digits) or len(digits) < 4:
        return
    data = bytes.fromhex(digits.decode())
    family = UNPACK[ctx.order]["u16"](data, 0)[0]
    shown = ""
    if family in _INTERNET and len(data) >= _INTERNET[family][1]:
        at, least = _INTERNET[family]
        shown = f"{inet_ntop(family, data[at:least])} port {int.from_bytes(data[2:4], 'big')}"
    elif family == AF_UNIX:
        # An abstract name is as long as the address; a path ends with its NUL, and the kernel fills up behind it.
        name = data[2:] if data[2:3] == b"\0" else data[2:].split(b"\0", 1)[0]
        shown = decoded(b"@" + name[1:] if name[:1] == b"\0" else name)[1] if name else "unnamed"
    elif family == AF_NETLINK and len(data) >= _NETLINK_SIZE:
        port, groups = (UNPACK[ctx.order]["u32"](data, at)[0] for at in (4, 8))
        shown = f"netlink port {port} groups 0x{groups:08x}"
    if shown:
        node.value = node.raw = node.text = shown


@fills("hook: audit-strings")
def audit_strings(ctx: Context, node: Node, start: int, end: int) -> None:
    """The strings of a rule, one behind another; the values of the fields that they belong to are their lengths."""
    node.kind = "list"
    unpack = UNPACK[ctx.order]["u32"]
    at = start
    if start + _COUNT >= 0:
        ctx.decide(start + _COUNT, start)
        count = min(unpack(ctx.data, start + _COUNT)[0], _PLACES)
        for place in range(0, 4 * count, 4):
            length = unpack(ctx.data, start + _VALUES + place)[0]
            if unpack(ctx.data, start + _FIELDS + place)[0] in _TEXTS and 0 < length <= end - at:
                part = Node(node.name, at, at + length, spec=node.spec)
                set_text(part, ctx.data[at : at + length])
                node.add(part)
                at += length
    if at < end and ctx.zeros(at, end):
        node.add(Node("padding", at, end, "padding"))
    elif at < end:
        keep_unknown(ctx, node, at, end)
