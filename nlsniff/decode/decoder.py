"""Turns messages into nodes, with the dissectors of a registry and the names that a capture taught."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from nlsniff.decode.classify import judge, mask
from nlsniff.decode.context import MOST_BYTES, Context, Scope, problem
from nlsniff.decode.control import read_control
from nlsniff.decode.fields.attrs import fill_form, read_attrs
from nlsniff.decode.fields.registry import FieldDecoders
from nlsniff.decode.fields.structs import read_struct
from nlsniff.decode.fields.unknown import keep_rest, keep_unknown, padding
from nlsniff.decode.headers import choose_header
from nlsniff.decode.layouts import Layouts
from nlsniff.decode.names import Names
from nlsniff.decode.node import Node
from nlsniff.spec.registry import Registry
from nlsniff.wire.constants import HEADERLESS, NETLINK_GENERIC
from nlsniff.wire.flags import flag_names, verb_of
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE, align, is_control

if TYPE_CHECKING:
    from nlsniff.decode.layouts import Layout
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.patterns import Patterns
    from nlsniff.spec.model import AttrSet, Struct
    from nlsniff.wire.nlmsg import Direction, Order

_ALIGNMENT = 4  # of messages, so that less than that behind one is padding
_HEADER_FIELDS = (("len", 4), ("type", 2), ("flags", 2), ("seq", 4), ("pid", 4))


class Decoder:
    """Decodes messages with the dissectors of a registry and the names that a capture taught.

    Args:
        registry: the dissectors; by default those shipped and those of the user.
        names: filled by `nlsniff.decode.learn` as messages pass.
        show_secrets: keep keys readable in values and texts.
    """

    def __init__(
        self, registry: Registry | None = None, names: Names | None = None, *, show_secrets: bool = False
    ) -> None:
        self.registry = registry if registry is not None else Registry()
        self.names = names if names is not None else Names()
        self.show_secrets = show_secrets
        self.layouts = Layouts(self.registry)
        self.decoders = FieldDecoders()

    @cached_property
    def patterns(self) -> Patterns:
        """The shapes of its messages, for those who want some values of them, or print them."""
        from nlsniff.decode.patterns import Patterns  # what reads headers alone needs none

        return Patterns(self)

    @cached_property
    def extack_attributes(self) -> AttrSet | None:
        """The attributes of an extended ACK."""
        core = self.registry.family("core")
        return core.attribute_set("nlmsgerr-attrs") if core is not None else None

    def group_name(self, protocol: int, group: int, number: int) -> str:
        """The name of a multicast group as of a message, or "": as dissectors and the capture have it."""
        if protocol == NETLINK_GENERIC:
            return self.names.resolve("genl-group", group, number)
        from nlsniff.spec.groups import group_names  # reads dissectors; few captures tell a group

        return group_names(self.registry, protocol).get(group, "")

    def context(self, protocol: int, data: bytes, order: Order, number: int) -> Context:
        """What decoding a message needs to know about it."""
        return Context(
            protocol, data, order, self.decoders, self.names, number,
            show_secrets=self.show_secrets, registry=self.registry,
        )  # fmt: skip

    def decode(self, message: NetlinkMessage, ctx: Context | None = None) -> Node:
        """The tree of a message. Its children tile [start, end): nlmsghdr, headers, attributes, padding, the rest."""
        if ctx is None:
            ctx = self.context(message.protocol, message.data, message.order, message.number)
        ctx.limit = message.start + MOST_BYTES
        root = Node(message.type_name, message.start, message.end, "nest")
        if message.headless:
            keep_unknown(ctx, root, message.start, message.end)
            left = message.end - message.start
            text = "are no message" if left >= HEADER_SIZE else "are too few for a message header"
            problem(root, "error", "message-length", message.start, f"{left} bytes {text}")
        else:
            self._decode(message, ctx, root)
        for node in judge(self, ctx, message, root).nodes:
            node.secret = True
            if not self.show_secrets:
                mask(node)
        return root

    def _decode(self, message: NetlinkMessage, ctx: Context, root: Node) -> None:
        self.fill(ctx, root, message.type, message.flags, message.direction)
        left = message.end - message.start
        if message.protocol in HEADERLESS:
            return
        if left >= HEADER_SIZE and message.length < HEADER_SIZE:
            text = f"nlmsg_len says {message.length} bytes, less than its own header of 16"
            problem(root, "error", "message-length", message.start, text)
        elif left >= HEADER_SIZE and message.broken:
            text = f"nlmsg_len says {message.length} bytes, {left} remain"
            problem(root, "error", "message-length", message.start, text)
        elif left > message.length:
            text = f"nlmsg_len says {message.length} bytes, without its own header: the kernel writes it so to auditd"
            problem(root, "note", "message-length", message.start, text)

    def fill(self, ctx: Context, root: Node, type_: int, flags: int, direction: Direction) -> None:
        """Fill `root` with the parts of the message that stands at its bytes, nlmsghdr included."""
        start, end = root.start, root.end
        if ctx.protocol in HEADERLESS:
            _fill_body(ctx, root, self.layouts.find(ctx, type_, flags, direction, start, end), start, end)
            return
        if end - start < HEADER_SIZE:
            keep_unknown(ctx, root, start, end)
            problem(root, "error", "message-length", start, f"{end - start} bytes are too few for a message header")
            return
        layout = self.layouts.find(ctx, type_, flags, direction, start + HEADER_SIZE, end)
        root.add(_header(ctx, start, layout.name))
        body = start + HEADER_SIZE
        if is_control(ctx.protocol, type_):
            read_control(self, ctx, root, type_, flags)
            return
        if ctx.protocol == NETLINK_GENERIC:
            body = _generic_header(ctx, root, layout, body, end)
            if layout.form is None:
                _fill_unlisted(ctx, root, type_, body, end)
                return
        _fill_body(ctx, root, layout, body, end)


def _fill_body(ctx: Context, root: Node, layout: Layout, start: int, end: int) -> None:
    form = layout.form
    if start >= end:
        return
    if form is None:
        keep_unknown(ctx, root, start, end)
        return
    if form.payload:
        _fill_payload(ctx, root, form.payload, start, end)
    else:
        fill_form(ctx, root, start, end, *choose_header(ctx, form, start, end))


def _fill_payload(ctx: Context, root: Node, structs: tuple[Struct, ...], start: int, end: int) -> None:
    """A message that is one struct, or several in a row; each may look up what those before it say."""
    outer, at = ctx.scope, start
    stop = min(end, ctx.limit)
    ctx.cut = stop if stop < end else -1
    for struct in structs:
        compat = struct.compat
        chosen = compat if compat is not None and end - at == compat.size else struct
        head = Node(chosen.name, at, at, "header")
        head.end = read_struct(ctx, chosen, at, stop, head)
        if head.end > at:
            root.add(head)
        ctx.scope = Scope(ctx.scope, at, head.end, chosen)
        at = head.end
    ctx.scope, ctx.cut = outer, -1
    if at < end:
        if stop < end:
            keep_rest(ctx, root, at, end)
        elif end - at < _ALIGNMENT and ctx.zeros(at, end):
            root.add(Node("padding", at, end, "padding"))
        else:
            keep_unknown(ctx, root, at, end, f"{end - at} bytes follow {structs[-1].name}")


def _fill_unlisted(ctx: Context, root: Node, type_: int, start: int, end: int) -> None:
    """Attributes by number, for no dissector lists the command: behind a header of its size, generic netlink has those.

    The size of the header is what the kernel said of the family (CTRL_ATTR_HDRSIZE). What is no chain of attributes is
    left as it is.
    """
    size = align(int(ctx.names.resolve("genl-header", type_, ctx.number) or 0))
    after = min(start + size, end)
    if after > start:
        keep_unknown(ctx, root, start, after)
    if after >= end:
        return
    if ctx.tiled(after, end):
        read_attrs(ctx, None, after, end, root)
    else:
        keep_unknown(ctx, root, after, end)


def _header(ctx: Context, start: int, name_of_type: str) -> Node:
    """The nlmsghdr as a node."""
    node = Node("nlmsghdr", start, start + HEADER_SIZE, "nest")
    at = start
    fields = HEADER[ctx.order].unpack_from(ctx.data, start)
    for (name, size), raw in zip(_HEADER_FIELDS, fields, strict=True):
        text = str(raw)
        if name == "type":
            text = name_of_type
        elif name == "flags":
            text = "|".join(flag_names(raw, verb_of(ctx.protocol, fields[1], name_of_type))) or "0"
        part = Node(name, at, at + size, value=raw, raw=raw, text=text)
        part.volatile = name in {"seq", "pid"}
        node.add(part)
        at += size
    return node


def _generic_header(ctx: Context, root: Node, layout: Layout, start: int, end: int) -> int:
    """The genlmsghdr as a node; returns where it ends."""
    node = Node("genlmsghdr", start, min(start + 4, end), "nest")
    if end - start < 4:
        if start < end:
            keep_unknown(ctx, root, start, end)
            problem(root, "warning", "short-message", start, f"a genlmsghdr needs 4 bytes, {end - start} remain")
        return end
    for name, at in (("cmd", start), ("version", start + 1)):
        raw = ctx.data[at]
        text = layout.name if name == "cmd" else str(raw)
        node.add(Node(name, at, at + 1, value=raw, raw=raw, text=text))
    node.add(padding(ctx, start + 2, start + 4, "reserved"))
    root.add(node)
    return start + 4
