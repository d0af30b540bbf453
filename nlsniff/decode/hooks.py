"""Shapes that no table can hold, by the name that a dissector's `hook:` gives. Keep them few and small.

A hook takes the field and returns what `nlsniff.decode.values` returns: a function that fills a node and never raises.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from nlsniff.decode import values
from nlsniff.decode.context import UNPACK
from nlsniff.decode.node import Node
from nlsniff.decode.structs import in_struct, leave

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.context import Context
    from nlsniff.decode.fields import Fill
    from nlsniff.spec.model import Field

TCP_INFO_LEAST, TCP_INFO_MOST = 104, 320  # bytes: mptcp_info is smaller than any tcp_info, sctp_info is larger


def inet_diag_info(field: Field) -> Fill:
    """INET_DIAG_INFO: which struct it is depends on the protocol, which only the request and few answers say."""
    formats = field.sub_message.formats if field.sub_message is not None else {}

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        size = end - start
        name = "mptcp" if size < TCP_INFO_LEAST else "sctp" if size > TCP_INFO_MOST else "*"
        chosen = formats.get(name)
        if chosen is None or chosen.struct is None:
            values.untyped(field)(ctx, node, start, end)
        else:
            in_struct(chosen.struct)(ctx, node, start, end)

    return fill


def sockaddr(_field: Field) -> Fill:
    """A sockaddr_in or sockaddr_in6: family, port, address; of IPv6 also flow label and scope."""

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        size = end - start
        family = UNPACK[ctx.order]["u16"](ctx.data, start)[0] if size >= 8 else 0
        ctx.decide(start, min(start + 2, end))
        if (family, size) not in {(socket.AF_INET, 16), (socket.AF_INET6, 28)}:
            values.blob(ctx, node, start, end)
            return
        node.kind = "nest"
        port = UNPACK[">"]["u16"](ctx.data, start + 2)[0]
        name = "inet" if family == socket.AF_INET else "inet6"
        parts = node.children
        parts.append(Node("family", start, start + 2, value=name, raw=family, text=name))
        parts.append(Node("port", start + 2, start + 4, value=port, raw=port, text=str(port)))
        at = start + 4
        if family == socket.AF_INET6:
            label = UNPACK[">"]["u32"](ctx.data, at)[0]
            parts.append(Node("flowinfo", at, at + 4, value=label, raw=label, text=f"0x{label:08x}"))
            at += 4
        address = Node("address", at, at + (16 if family == socket.AF_INET6 else 4))
        values.address(ctx, address, at, address.end)
        parts.append(address)
        at = address.end
        if family == socket.AF_INET6:
            scope = UNPACK[ctx.order]["u32"](ctx.data, at)[0]
            parts.append(Node("scope-id", at, at + 4, value=scope, raw=scope, text=str(scope)))
        elif any(ctx.data[at:end]):
            leave(ctx, node, at, end, "")
        else:
            parts.append(Node("padding", at, end, "padding"))

    return fill


def unix_name(_field: Field) -> Fill:
    """The name of a Unix socket: a path, or behind a NUL an abstract name, which is shown with an @ as ss does."""

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        node.raw = ctx.data[start:end]
        text = node.raw.rstrip(b"\0") if node.raw[:1] != b"\0" else node.raw
        node.value = node.text = text.replace(b"\0", b"@").decode("utf-8", "backslashreplace")

    return fill


HOOKS: dict[str, Callable[[Field], Fill]] = {
    "inet-diag-info": inet_diag_info,
    "mpls-labels": lambda _field: values.mpls_labels,
    "sockaddr": sockaddr,
    "unix-name": unix_name,
}
