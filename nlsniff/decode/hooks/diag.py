"""What socket diagnosis and WireGuard carry: structs chosen by their size, socket addresses, names of Unix sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.context import UNPACK
from nlsniff.decode.fields import values
from nlsniff.decode.fields.addresses import AF_INET, AF_INET6, address
from nlsniff.decode.fields.registry import fills, makes
from nlsniff.decode.fields.structs import in_struct
from nlsniff.decode.fields.unknown import mismatch
from nlsniff.decode.hooks.parts import Parts
from nlsniff.decode.node import Node
from nlsniff.terminal import decoded

if TYPE_CHECKING:
    from nlsniff.decode.context import Context
    from nlsniff.decode.fields.registry import Fill
    from nlsniff.spec.model import Field

_SOCKADDR = {AF_INET: 16, AF_INET6: 28}  # sizes of sockaddr_in and sockaddr_in6
TCP_INFO_LEAST, TCP_INFO_MOST = 104, 320  # bytes: mptcp_info is smaller than any tcp_info, sctp_info is larger


@makes("hook: inet-diag-info")
def inet_diag_info(field: Field) -> Fill:
    """INET_DIAG_INFO: which struct it is depends on the protocol, which only the request and few answers say."""
    formats = field.sub_message.formats if field.sub_message is not None else {}

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        size = end - start
        name = "mptcp" if size < TCP_INFO_LEAST else "sctp" if size > TCP_INFO_MOST else "*"
        chosen = formats.get(name)
        if chosen is None or chosen.struct is None:
            values.untyped(ctx, node, start, end)
        else:
            in_struct(chosen.struct)(ctx, node, start, end)

    return fill


@fills("hook: sockaddr")
def sockaddr(ctx: Context, node: Node, start: int, end: int) -> None:
    """A sockaddr_in or sockaddr_in6: family, port, address; of IPv6 also flow label and scope."""
    size = end - start
    family = UNPACK[ctx.order]["u16"](ctx.data, start)[0] if size >= 8 else 0
    ctx.decide(start, min(start + 2, end))
    wanted = _SOCKADDR.get(family)
    if size not in _SOCKADDR.values() or wanted not in {None, size}:
        mismatch(ctx, node, start, end, f"{size} bytes hold no socket address")
        return
    if wanted is None:
        values.blob(ctx, node, start, end)
        return
    node.kind = "nest"
    name = "inet" if family == AF_INET else "inet6"
    node.add(Node("family", start, start + 2, value=name, raw=family, text=name))
    parts = Parts(ctx, node, start + 2, end)
    parts.number("port", 2)
    if family == AF_INET6:
        parts.number("flowinfo", 4, show=lambda raw: f"0x{raw:08x}")
    parts.take("address", 16 if family == AF_INET6 else 4, address)
    if family == AF_INET6:
        parts.number("scope-id", 4, order=ctx.order)
    parts.rest()


@fills("hook: unix-name")
def unix_name(ctx: Context, node: Node, start: int, end: int) -> None:
    """The name of a Unix socket: a path, or behind a NUL an abstract name, which is shown with an @ as ss does.

    The kernel tells a path with its NUL. An abstract name has none at its end but its own. A path that begins with an @
    shows it as an escape.
    """
    node.raw = ctx.data[start:end]
    if node.raw[:1] == b"\0":
        node.value, node.text = decoded(b"@" + node.raw[1:])
    else:
        node.value, node.text = decoded(node.raw.removesuffix(b"\0"))
        if node.text.startswith("@"):
            node.text = f"\\x40{node.text[1:]}"
