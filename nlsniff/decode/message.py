"""One netlink message: its header at once, the rest when it is asked for."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from nlsniff.decode.control import control_summary
from nlsniff.decode.node import Counts, Node, Problem, nodes_at
from nlsniff.decode.rejected import rejected
from nlsniff.decode.summary import summarise
from nlsniff.wire.comments import DELIVERY, parts_before
from nlsniff.wire.constants import (
    HEADERLESS,
    NETLINK_CONNECTOR,
    NETLINK_GENERIC,
    NETLINK_NETFILTER,
    NETLINK_USERSOCK,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_MIN_TYPE,
    PROTOCOL_NAMES,
)
from nlsniff.wire.flags import flag_names, verb_of
from nlsniff.wire.names import protocol_name
from nlsniff.wire.nlmsg import HEADER_SIZE, Span, is_control

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.layouts import Layout
    from nlsniff.decode.names import Asked
    from nlsniff.decode.paths import MessageValues
    from nlsniff.decode.patterns import Pattern
    from nlsniff.wire.delivery import Delivery
    from nlsniff.wire.nlmsg import Direction, Order, SpanFields


# The direction without and with NLM_F_REQUEST, by protocol.
_UNKNOWN: tuple[Direction, Direction] = ("unknown", "unknown")
_KERNEL: tuple[Direction, Direction] = ("to-user", "to-kernel")
# Of a cn_msg its driver and value, the length of what follows, and the enum proc_cn_mcast_op that a listener sends.
_ASKS, _ASKS_BIG = struct.Struct("<II8xHxxI"), struct.Struct(">II8xHxxI")
_DIRECTIONS = {number: _KERNEL for number in PROTOCOL_NAMES if number not in {NETLINK_USERSOCK, NETLINK_CONNECTOR}}


def infer_direction(protocol: int, flags: int) -> Direction:
    """Who speaks to whom, where the file does not say it (`nlsniff.wire.delivery`).

    A kernel acts only on messages with NLM_F_REQUEST, and hardly ever sets it in its own. Where it does (it copies the
    request's flags into next hop and traffic control notifications), pairing tells, see `nlsniff.follow`. Between
    programs (USERSOCK) and on protocols that are nobody's, the flag says nothing; nor does it on the connector, see
    `NetlinkMessage`.
    """
    return _DIRECTIONS.get(protocol, _UNKNOWN)[flags & NLM_F_REQUEST]


def _other_direction(protocol: int, data: bytes, start: int, end: int, order: Order) -> Direction:
    """The direction where no flag tells it.

    Of the connector a program's word that it wants to hear of processes goes to the kernel. What drivers and programs
    say to each other looks alike both ways; most of it comes from the kernel.
    """
    if protocol != NETLINK_CONNECTOR:
        return "unknown"
    if end - start < _ASKS.size:
        return "to-user"
    driver, value, length, wish = _ASKS.unpack_from(data, start) if order == "<" else _ASKS_BIG.unpack_from(data, start)
    return "to-kernel" if (driver, value) == (1, 1) and length in {4, 8} and wish in {1, 2} else "to-user"


class NetlinkMessage:
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
        conversation: id of the conversation that it belongs to, 0 where nobody followed it.
    """

    __slots__ = (
        "_decoder", "_layout", "_root", "broken", "comment", "conversation", "data", "direction", "end", "flags",
        "frame", "length", "number", "order", "port", "protocol", "seq", "start", "time_ns", "type",
    )  # fmt: skip

    def __init__(self, decoder: Decoder, number: int, frame: int, time_ns: int, protocol: int, data: bytes,
                 order: Order, span: SpanFields, comment: str = "") -> None:  # fmt: skip
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
        self.conversation = 0
        self.start, self.end, self.length, self.type, self.flags, self.seq, self.port, self.broken = span
        known = _DIRECTIONS.get(protocol)  # `infer_direction` in line: of a million messages each has one
        self.direction: Direction = (
            known[self.flags & NLM_F_REQUEST]
            if known is not None
            else _other_direction(protocol, data, self.body, self.end, order)
        )
        if comment and DELIVERY in comment and (delivery := self.delivery) is not None:
            self.direction = delivery.direction

    def fix_direction(self, direction: Direction) -> None:
        """Set who speaks to whom, where a follower knows it better; what describes the message depends on it."""
        assert self._layout is None, "it was read before it was followed"  # noqa: S101
        self.direction = direction

    @property
    def delivery(self) -> Delivery | None:
        """What its file says of how it was delivered; None where it says nothing, as most do."""
        if DELIVERY not in self.comment:
            return None
        from nlsniff.wire.delivery import delivery_in  # takes milliseconds to load, and few captures say it

        return delivery_in(self.comment)

    @property
    def group_name(self) -> str:
        """The name of the multicast group that it was sent to, as far as file, capture and dissectors tell; or ""."""
        delivery = self.delivery
        if delivery is None or not delivery.group:
            return ""
        return self._decoder.group_name(self.protocol, delivery.group, self.number)

    @property
    def layout(self) -> Layout:
        """The dissector's description of this message."""
        if self._layout is None:
            layouts = self._decoder.layouts
            self._layout = layouts.known(
                self.protocol, self.type, self.flags, self.direction, self.order, self.data, self.body, self.end
            )
            if self._layout is None:
                ctx = self._decoder.context(self.protocol, self.data, self.order, self.number)
                self._layout = layouts.find(ctx, self.type, self.flags, self.direction, self.body, self.end)
        return self._layout

    @property
    def type_name(self) -> str:
        """The kernel's constant for its type (`RTM_NEWROUTE`); for generic netlink that of its command."""
        return "NLMSG_CUT" if self.headless or self.end < self.body else self.layout.name

    @property
    def datagram(self) -> int:
        """Number of the frame in which its datagram begins: an earlier one where that was written in parts."""
        return max(1, self.frame - parts_before(self.comment)) if self.comment else self.frame

    @property
    def body(self) -> int:
        """Where in `data` its contents begin: behind the nlmsghdr, where its protocol has one."""
        return self.start if self.protocol in HEADERLESS else self.start + HEADER_SIZE

    @property
    def stray(self) -> bool:
        """Whether these are bytes that are no message: there is no telling what they are."""
        return self.length < HEADER_SIZE and self.protocol not in HEADERLESS

    @property
    def headless(self) -> bool:
        """Whether these bytes have no header: too few for one, or the rest of a message with a wrong length."""
        return self.stray and not (self.length or self.type or self.flags or self.seq or self.port)

    @property
    def protocol_name(self) -> str:
        """`route`, `xfrm`, `generic`, ... or `protocol-N`."""
        return protocol_name(self.protocol)

    @property
    def family(self) -> str | None:
        """Name of the generic netlink family, where the capture taught it; None on other protocols."""
        if self.protocol != NETLINK_GENERIC or self.type < NLMSG_MIN_TYPE:
            return None
        return self._decoder.names.resolve("genl", self.type, self.number) or None

    @property
    def flag_names(self) -> list[str]:
        """Names of the header's flags, without NLM_F_."""
        return flag_names(self.flags, verb_of(self.protocol, self.type, self.type_name))

    @property
    def root(self) -> Node:
        """The decoded tree; see `Node`. Made on first use."""
        if self._root is None:
            self._root = self._decoder.decode(self)
        return self._root

    @property
    def shape(self) -> Node:
        """A tree of its shape: its own, or that of a message which differs in values alone."""
        pattern = self._pattern
        return pattern.root if pattern is not None else self.root

    @property
    def values(self) -> MessageValues:
        """Its values by their paths, for who asks for several."""
        return self._decoder.patterns.values(self, self._pattern)

    @property
    def _pattern(self) -> Pattern | None:
        """Its pattern, where it has one and no tree."""
        return self._decoder.patterns.find(self) if self._root is None else None

    def nodes(self, paths: tuple[str, ...]) -> Sequence[Node]:
        """The nodes at some dotted paths, without a tree where the message's shape is known.

        They hold until another message is asked, and where they stand is not to be asked: for that there is `root`.
        """
        found = self._decoder.patterns.nodes(self, paths) if self._root is None else None
        return nodes_at(self.root, paths) if found is None else found

    def apart(self) -> NetlinkMessage:
        """The same message in a frame of its own, without its neighbours."""
        data = self.data[self.start : self.end]
        span = Span(0, len(data), self.length, self.type, self.flags, self.seq, self.port, self.broken)
        alone = NetlinkMessage(
            self._decoder, self.number, self.frame, self.time_ns, self.protocol, data, self.order, span
        )
        alone.direction = self.direction
        alone._layout = self._layout  # the same bytes have the same
        return alone

    def redecode(self) -> tuple[list[tuple[int, int]], list[Asked]]:
        """Make `root` again; returns what decided it: bytes, as positions in `data`, and names of the capture."""
        ctx = self._decoder.context(self.protocol, self.data, self.order, self.number)
        ctx.decided = []
        ctx.names = noting = ctx.names.noting()
        self._root = self._decoder.decode(self, ctx)
        return ctx.decided, noting.asked

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
    def summary_template(self) -> str:
        """What `summary` is made from; see `nlsniff.decode.summary`."""
        if self.type in {NLMSG_ERROR, NLMSG_DONE} and is_control(self.protocol, self.type):
            names = self.answered_type, self.protocol, self.order
            return control_summary(self.type, self.root, *names, self.meaning, self._answered_summary)
        form = self.layout.form
        return form.summary if form is not None else ""

    @property
    def summary(self) -> str:
        """What the message is about, in one line; "" where there is nothing to say beyond its type.

        Made of the tree where there is one, else by the message's shape, as far as that is known.
        """
        pattern = self._pattern
        found = self._decoder.patterns.summary(pattern, self) if pattern is not None else None
        return found if found is not None else summarise(self.summary_template, self.root)

    @property
    def answered_type(self) -> str:
        """For an NLMSG_ERROR the constant of the message that it answers, else ""."""
        if self.type != NLMSG_ERROR:
            return ""
        if (pattern := self._pattern) is not None:
            return pattern.answers
        answered = self._answered()
        return answered.name if answered is not None else ""

    @property
    def meaning(self) -> str:
        """What its error number means for the operation that it answers, in nlsniff's own words.

        Only where the kernel gave no words (an extended ACK), and its sources leave one reading; else "".
        """
        if self.type != NLMSG_ERROR:
            return ""
        if (pattern := self._pattern) is not None:
            return pattern.meaning
        code = self.root.get("error")
        if code is None or not code.raw or self.root.get("msg") is not None:
            return ""
        answered, found = self._answered(), rejected(self.root)
        return answered.meaning(-code.raw, found[1] if found is not None else "") if answered is not None else ""

    @property
    def _answered_summary(self) -> str:
        """The template of the summary of a request of netfilter that an error copies; "" where it copies its header."""
        answered = self._answered() if self.protocol == NETLINK_NETFILTER else None
        copy = self.root.get("request")
        if answered is None or answered.form is None or copy is None or copy.end - copy.start <= HEADER_SIZE:
            return ""
        return answered.form.summary

    def _answered(self) -> Layout | None:
        """What describes the request that an NLMSG_ERROR has a copy of."""
        copy = self.root.get("request")
        if copy is None or self.type != NLMSG_ERROR:
            return None
        fields = {part.name: part.raw for part in copy.children[0].children} if copy.children else {}
        if not isinstance(fields.get("type"), int):  # what is masked has no number
            return None
        ctx = self._decoder.context(self.protocol, self.data, self.order, self.number)
        body, find = copy.start + HEADER_SIZE, self._decoder.layouts.find
        return find(ctx, fields["type"], fields["flags"], "to-kernel", body, copy.end)

    def get(self, path: str) -> Any:
        """The JSON value at a dotted path (`dst`, `metrics.mtu`), or None."""
        node = self.root.get(path)
        return node.value if node is not None else None


def _count(node: Node) -> tuple[int, int]:
    """Bytes of padding, and bytes unknown, in the parts of a node."""
    padding = unknown = 0
    for child in node.children:
        if child.kind == "padding":
            padding += child.end - child.start
        elif child.kind == "unknown":
            unknown += child.end - child.start
        elif child.children:
            more = _count(child)
            padding += more[0]
            unknown += more[1]
    return padding, unknown
