"""One netlink message, and the decoder that turns it into nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from nlsniff.decode.context import Context, problem
from nlsniff.decode.control import read_control, summarise_control
from nlsniff.decode.names import Names
from nlsniff.decode.node import Counts, Node, Problem
from nlsniff.decode.shapes import fill_form, leave, read_struct
from nlsniff.decode.summary import summarise
from nlsniff.spec.registry import Registry
from nlsniff.wire.constants import (
    CONTROL_TYPES,
    NETLINK_GENERIC,
    NETLINK_USERSOCK,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_MIN_TYPE,
    PROTOCOL_NAMES,
)
from nlsniff.wire.flags import flag_names, verb_of
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE, align

if TYPE_CHECKING:
    from nlsniff.spec.family import Family
    from nlsniff.spec.model import AttrSet, Form, Operation
    from nlsniff.wire.nlmsg import Order, Span

Direction = Literal["to-kernel", "to-user", "unknown"]
_HEADER_FIELDS = (("len", 4), ("type", 2), ("flags", 2), ("seq", 4), ("pid", 4))


def infer_direction(protocol: int, flags: int) -> Direction:
    """Who speaks to whom, which no capture file says.

    A kernel acts only on messages with NLM_F_REQUEST and sets it in none of its own. Between programs (USERSOCK) and on
    protocols that are nobody's, the flag says nothing.
    """
    if protocol == NETLINK_USERSOCK or protocol not in PROTOCOL_NAMES:
        return "unknown"
    return "to-kernel" if flags & NLM_F_REQUEST else "to-user"


class Layout:
    """What describes a message: the operation that owns its type, the form that its bytes have, and its family."""

    __slots__ = ("family", "form", "name", "operation")

    def __init__(self, name: str, family: Family | None, operation: Operation | None, form: Form | None) -> None:
        self.name = name
        self.family = family
        self.operation = operation
        self.form = form


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
        self._layouts: dict[tuple[int, int, Direction], Layout] = {}
        self._generic: dict[tuple[str, int, Direction], Layout] = {}
        self._variants: dict[tuple[int, int, Direction], list[Layout]] = {}
        self._extack: AttrSet | None = None

    @property
    def extack_attributes(self) -> AttrSet | None:
        """The attributes of an extended ACK."""
        if self._extack is None:
            core = self.registry.family("core")
            self._extack = core.attribute_set("nlmsgerr-attrs") if core is not None else None
        return self._extack

    # -- which layout --------------------------------------------------------------------------------------------

    def layout(self, protocol: int, type_: int, direction: Direction, data: bytes, start: int, end: int,
               order: Order, number: int) -> Layout:  # fmt: skip
        """What describes a message; `start` is the byte after its nlmsghdr, which is looked into where it matters."""
        if type_ < NLMSG_MIN_TYPE:
            return Layout(CONTROL_TYPES.get(type_, f"NLMSG_{type_}"), None, None, None)
        if protocol == NETLINK_GENERIC:
            return self._generic_layout(type_, direction, data, start, end, number)
        key = (protocol, type_, direction)
        found = self._layouts.get(key)
        if found is not None:
            return found
        variants = self._variants.get(key)
        if variants is None:
            variants = self._variants[key] = self._raw_layouts(*key)
        if len(variants) == 1 and not (variants[0].operation and variants[0].operation.when):
            self._layouts[key] = variants[0]
            return variants[0]
        for variant in variants:
            if variant.operation is None or _applies(variant, data, start, end, order):
                return variant
        first = variants[0]
        return Layout(first.name, first.family, first.operation, None)

    def _raw_layouts(self, protocol: int, type_: int, direction: Direction) -> list[Layout]:
        """The layouts that a type of a classic protocol may have, the first that applies is the one."""
        found = self.registry.raw(protocol, type_)
        owner = next(((family, operation) for family, operation, own in found if own), None)
        layouts = []
        for family, operation, own in found:
            form = operation.request if own else None
            if own and (form is None or (direction == "to-user" and operation.reply and operation.reply.number == type_)):
                form = operation.reply or operation.request
            elif not own and direction == "to-user":
                form = operation.reply
            if form is not None:
                named = owner[1] if owner is not None and not operation.when else operation
                layout = Layout(named.constant, family, named, form)
                # What the dissector says of an answer to a request comes before what it says of the bare type.
                if not own and owner is not None and not operation.when:
                    form_with_own_summary = form if form.summary else owner[1].request or form
                    layout.form = _with_summary(form, form_with_own_summary.summary)
                    layouts.insert(0, layout)
                else:
                    layouts.append(layout)
        if layouts:
            return layouts
        protocol_name = PROTOCOL_NAMES.get(protocol, f"protocol-{protocol}").upper().replace("-", "_")
        return [Layout(f"{protocol_name}_{type_}", None, None, None)]

    def _generic_layout(
        self, type_: int, direction: Direction, data: bytes, start: int, end: int, number: int
    ) -> Layout:
        name = self.names.resolve("genl", type_, number)
        command = data[start] if start < end else 0
        key = (name or str(type_), command, direction)
        found = self._generic.get(key)
        if found is None:
            family = self.registry.generic(name) if name else None
            found = self._generic[key] = self._find_command(family, name or f"GENL_{type_}", command, direction)
        return found

    @staticmethod
    def _find_command(family: Family | None, name: str, command: int, direction: Direction) -> Layout:
        bare = Layout(f"{name.upper().replace('-', '_')}_CMD_{command}", family, None, None)
        if family is None:
            return bare
        asks = [op for op in family.operations if op.request is not None and op.request.number == command]
        tells = [op for op in family.operations if op.reply is not None and op.reply.number == command]
        if direction != "to-user":
            chosen = (asks or tells or [None])[0]
            return bare if chosen is None else Layout(chosen.constant, family, chosen, chosen.request or chosen.reply)
        # The kernel's own notification or the answer that shares its number with a request, else the answer alone.
        same = [op for op in tells if op.request is None or op.request.number == command]
        chosen = (same or tells or asks or [None])[0]
        if chosen is None:
            return bare
        owner = next((op for op in asks if op is not chosen), None)
        named = owner if owner is not None and not same and _shares_numbers(family) else chosen
        constant = named.constant
        if named is chosen and chosen.request is not None and not same:
            constant += "_REPLY"
        return Layout(constant, family, named, chosen.reply or chosen.request)

    # -- decoding ------------------------------------------------------------------------------------------------

    def decode(self, message: Message) -> Node:
        """The tree of a message. Its children tile [start, end): nlmsghdr, headers, attributes, padding, the rest."""
        ctx = Context(
            message.data, message.order, self.names, message.number, show_secrets=self.show_secrets
        )
        root = Node(message.type_name, message.start, message.end, "nest")
        self.fill(ctx, root, message.type, message.flags, message.direction, message.start, message.end,
                  protocol=message.protocol)  # fmt: skip
        if message.end - message.start >= HEADER_SIZE and message.broken:
            if message.length < HEADER_SIZE:
                text = f"nlmsg_len says {message.length} bytes, less than its own header of 16"
            else:
                text = f"nlmsg_len says {message.length} bytes, {message.end - message.start} remain"
            problem(root, "error", "message-length", message.start, text)
        return root

    def fill(self, ctx: Context, root: Node, type_: int, flags: int, direction: Direction, start: int, end: int,
             *, protocol: int | None = None) -> None:  # fmt: skip
        """Fill `root` with the parts of a message that stands at [start, end), its nlmsghdr included."""
        if end - start < HEADER_SIZE:
            leave(ctx, root, start, end, "")
            problem(root, "error", "message-length", start, f"{end - start} bytes are too few for a message header")
            return
        if protocol is None:
            protocol = self._protocol
        self._protocol = protocol
        root.children.append(_header(ctx, start))
        body = start + HEADER_SIZE
        if type_ < NLMSG_MIN_TYPE:
            read_control(self, ctx, root, type_, flags, body, end)
            return
        layout = self.layout(protocol, type_, direction, ctx.data, body, end, ctx.order, ctx.number)
        if protocol == NETLINK_GENERIC:
            body = _generic_header(ctx, root, layout, body, end)
        self._fill_body(ctx, root, layout, body, end)

    _protocol = 0  # of the message being decoded; the copy inside an error has the same

    @staticmethod
    def _fill_body(ctx: Context, root: Node, layout: Layout, start: int, end: int) -> None:
        form = layout.form
        if start >= end:
            return
        if form is None:
            if layout.operation is None or end - start < 4:
                _guess_nothing(ctx, root, start, end)
            else:
                leave(ctx, root, start, end, "")
            return
        if form.payload is not None:
            head = Node(form.payload.name, start, start, "header")
            head.end = read_struct(ctx, form.payload, start, end, head.children)
            root.children.append(head)
            if head.end < end:
                stop = min(start + align(head.end - start), end)
                padding = stop == end and not any(ctx.data[head.end : end])
                if padding:
                    root.children.append(Node("padding", head.end, end, "padding"))
                else:
                    leave(ctx, root, head.end, end, f"{end - head.end} bytes follow {form.payload.name}")
            return
        header = form.header
        if header is not None and end - start < header.size:
            # Old programs ask with a smaller header; the first that is no longer than the payload is the one.
            header = next(
                (short for short in form.short if short.size <= end - start <= align(short.size)), header
            )
        fill_form(ctx, root, start, end, header, form.attributes)


def _guess_nothing(ctx: Context, root: Node, start: int, end: int) -> None:
    """Bytes of a message that no dissector describes: kept, unknown, not interpreted."""
    leave(ctx, root, start, end, "")


def _with_summary(form: Form, summary: str) -> Form:
    if form.summary == summary:
        return form
    import dataclasses  # noqa: PLC0415  once a message type

    return dataclasses.replace(form, summary=summary)


def _shares_numbers(family: Family) -> bool:
    """Whether requests and answers of a generic family are named by one enum."""
    return family.name == "nlctrl"


def _applies(layout: Layout, data: bytes, start: int, end: int, order: Order) -> bool:
    """Whether the header members that an operation's `when:` names have the values that it wants."""
    operation, form = layout.operation, layout.form
    if operation is None or not operation.when:
        return True
    header = form.header or form.payload if form is not None else None
    if header is None:
        return False
    ctx = Context(data, order)
    nodes = Node("", start, end, "header")
    read_struct(ctx, header, start, end, nodes.children)
    for name, wanted in operation.when.items():
        found = nodes.get(name)
        if found is None or not {str(found.value), str(found.raw)} & set(wanted):
            return False
    return True


def _header(ctx: Context, start: int) -> Node:
    """The nlmsghdr as a node."""
    node = Node("nlmsghdr", start, start + HEADER_SIZE, "nest")
    at = start
    for (name, size), raw in zip(_HEADER_FIELDS, HEADER[ctx.order].unpack_from(ctx.data, start), strict=True):
        text = f"0x{raw:04x}" if name == "flags" else str(raw)
        part = Node(name, at, at + size, value=raw, raw=raw, text=text)
        part.volatile = name in {"seq", "pid"}
        node.children.append(part)
        at += size
    return node


def _generic_header(ctx: Context, root: Node, layout: Layout, start: int, end: int) -> int:
    """The genlmsghdr as a node; returns where it ends."""
    node = Node("genlmsghdr", start, min(start + 4, end), "nest")
    if end - start < 4:
        if start < end:
            leave(ctx, root, start, end, "")
            problem(root, "warning", "short-message", start, f"a genlmsghdr needs 4 bytes, {end - start} remain")
        return end
    for name, at in (("cmd", start), ("version", start + 1)):
        raw = ctx.data[at]
        text = layout.name if name == "cmd" else str(raw)
        node.children.append(Node(name, at, at + 1, value=raw, raw=raw, text=text))
    node.children.append(Node("padding", start + 2, start + 4, "padding"))
    root.children.append(node)
    return start + 4


class Message:
    """One message: its header at once, everything else when it is asked for.

    Attributes:
        number: counts from 1 through the whole file.
        frame: number of the frame that holds it, from 1.
        time_ns: nanoseconds since 1970.
        protocol: netlink protocol number.
        data: bytes of the whole frame.
        start: where the nlmsghdr begins in `data`.
        end: where the message ends in `data`, alignment excluded.
        length: what nlmsg_len says.
        type, flags, seq, port: the header's fields.
        order: byte order, "<" or ">".
        broken: the message is cut, or its length cannot be true.
        comment: what the file says of the frame, such as `process: ip[412]`.
    """

    __slots__ = ("_decoder", "_layout", "_root", "broken", "comment", "data", "direction", "end", "flags", "frame",
                 "length", "number", "order", "port", "protocol", "seq", "start", "time_ns", "type")  # fmt: skip

    def __init__(self, decoder: Decoder, number: int, frame: int, time_ns: int, protocol: int, data: bytes,
                 order: Order, span: Span, comment: str = "") -> None:  # fmt: skip
        self._decoder = decoder
        self._root: Node | None = None
        self._layout: Layout | None = None
        self.number = number
        self.frame = frame
        self.time_ns = time_ns
        self.protocol = protocol
        self.data = data
        self.order: Order = order
        self.comment = comment
        self.start, self.end, self.length, self.type, self.flags, self.seq, self.port, self.broken = span
        self.direction: Direction = infer_direction(protocol, self.flags)

    @property
    def layout(self) -> Layout:
        """The dissector's description of this message."""
        if self._layout is None:
            body = self.start + HEADER_SIZE
            self._layout = self._decoder.layout(
                self.protocol, self.type, self.direction, self.data, body, self.end, self.order, self.number
            )
        return self._layout

    @property
    def type_name(self) -> str:
        """The kernel's constant for its type (`RTM_NEWROUTE`); for generic netlink that of its command."""
        return self.layout.name if self.end - self.start >= HEADER_SIZE else "NLMSG_CUT"

    @property
    def protocol_name(self) -> str:
        """`route`, `xfrm`, `generic`, ... or `protocol-N`."""
        return PROTOCOL_NAMES.get(self.protocol, f"protocol-{self.protocol}")

    @property
    def family(self) -> str | None:
        """Name of the generic netlink family, where the capture taught it; None on other protocols."""
        if self.protocol != NETLINK_GENERIC or self.type < NLMSG_MIN_TYPE:
            return None
        return self._decoder.names.resolve("genl", self.type, self.number) or None

    @property
    def flag_names(self) -> list[str]:
        """Names of the header's flags, without NLM_F_."""
        return flag_names(self.flags, verb_of(self.type_name))

    @property
    def root(self) -> Node:
        """The decoded tree; see `Node`. Made on first use."""
        if self._root is None:
            self._root = self._decoder.decode(self)
        return self._root

    @property
    def counts(self) -> Counts:
        """Bytes named, padding and unknown; they add up to the whole message."""
        padding, unknown = _count(self.root)
        total = self.end - self.start
        return Counts(total, total - padding - unknown, padding, unknown)

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong or noted anywhere in the message, by offset."""
        found = [item for node in self.root.walk() for item in node.problems]
        return sorted(found, key=lambda item: item.offset)

    @property
    def summary(self) -> str:
        """What the message is about, in one line; "" where there is nothing to say beyond its type."""
        if self.type in {NLMSG_ERROR, NLMSG_DONE}:
            return summarise_control(self.type, self.root, self.answered_type)
        form = self.layout.form
        return summarise(form.summary, self.root) if form is not None else ""

    @property
    def answered_type(self) -> str:
        """For an NLMSG_ERROR the constant of the message that it answers, else ""."""
        copy = self.root.get("request")
        if copy is None or self.type != NLMSG_ERROR:
            return ""
        fields = {part.name: part.raw for part in copy.children[0].children} if copy.children else {}
        if "type" not in fields:
            return ""
        body = copy.start + HEADER_SIZE
        layout = self._decoder.layout(
            self.protocol, fields["type"], "to-kernel", self.data, body, copy.end, self.order, self.number
        )
        known = layout.operation is not None or copy.end > body or self.protocol != NETLINK_GENERIC
        return layout.name if known else self._decoder.names.resolve("genl", fields["type"], self.number)

    def get(self, path: str) -> Any:
        """The JSON value at a dotted path (`dst`, `metrics.mtu`), or None."""
        node = self.root.get(path)
        return node.value if node is not None else None


def _count(node: Node) -> tuple[int, int]:
    if node.kind == "padding":
        return node.end - node.start, 0
    if node.kind == "unknown":
        return 0, node.end - node.start
    padding = unknown = 0
    for child in node.children:
        more = _count(child)
        padding += more[0]
        unknown += more[1]
    return padding, unknown
