"""A look at the nodes of a message, for `nlsniff.decode.classify`: keys, damage, and what nobody can name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from nlsniff.spec.model import SCALARS
from nlsniff.wire.attr import HEADER, HEADER_SIZE
from nlsniff.wire.constants import NETLINK_XFRM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nlsniff.decode.context import Context
    from nlsniff.decode.node import Node, Problem

Grade = Literal["key", "suspect", "unread"]

_HEADS = frozenset({"nlmsghdr", "genlmsghdr"})
_ADDRESSES = frozenset({"mac", "fddi", "ipv4", "ipv6", "ipv4-or-v6"})
_ADDRESS_SIZES = frozenset({0, 4, 6, 8, 16, 20})  # IP addresses, Ethernet, FireWire and InfiniBand
_CLOSED = frozenset({*SCALARS, "uint", "sint", "string", "flag", "bitfield32", "pad"})
_NOWHERE = 1 << 62
# What is wrong and moves nothing: the jumps inside a program say nothing about the attributes around it.
_ORDERLY = frozenset({"jump"})
_UNENDED = "unterminated"  # of a text: no NUL where the kernel looks for it
_CUT = "short-struct"  # it ends inside of a member, where no older kernel's ends
_SHORT = 4  # bytes, of which no key is made
_UNNAMED = "unknown-"
_LONGEST = 1024  # bytes, about twice those of the longest attribute that programs for IPsec send
_NAME = 16  # bytes of the longest name of a family


class Piece(NamedTuple):
    """Bytes of a frame that are not to be passed on: [start, end)."""

    start: int
    end: int
    grade: Grade


class Judgement(NamedTuple):
    """What a message has to hide: `pieces`, in order of their bytes, and `nodes` that are masked beside keys."""

    pieces: list[Piece]
    nodes: list[Node]


class Look:
    """What a look at nodes has found.

    Attributes:
        strict: keys are near, so that what has no name may be one, and a text must look like one.
        textual: the message is text, in which names and not places tell what is what: damage moves nothing.
        torn: something is wrong with such a text.
        typed: its texts are names that somebody typed, as those of nlctrl: one without its NUL is a mistake.
        keys: nodes that their dissector calls secret.
        unknown: nodes that nobody can name, and those that do not stand for themselves.
        any: leaves that take any bytes, and structs that end early.
        opened: nodes that nobody can name around such as are `unknown`: they show the same bytes.
        first: where the first sign of damage is, or `_NOWHERE`.
        header: the fixed header, where damage and no attribute that makes sense is behind it: it may lack bytes.
    """

    __slots__ = ("_ctx", "any", "first", "header", "keys", "opened", "strict", "textual", "torn", "typed", "unknown")

    def __init__(self, ctx: Context, *, strict: bool, textual: bool = False) -> None:
        self._ctx = ctx
        self.strict = strict
        self.textual = textual
        self.torn = False
        self.typed = False
        self.keys: list[Node] = []
        self.unknown: list[Node] = []
        self.any: list[Node] = []
        self.opened: list[Node] = []
        self.first = _NOWHERE
        self.header: Node | None = None

    def at_all(self, nodes: Iterable[Node]) -> None:
        """Look at the parts of a level, and below."""
        for node in nodes:
            if node.kind == "value":
                if node.problems:
                    self.at_problems(node)
                spec = node.spec
                # Most are plain numbers, which stand for themselves.
                if (
                    spec is None or spec.type not in SCALARS or spec.secret or spec.hint or spec.family_from
                    or node.children or node.secret
                ):  # fmt: skip
                    self._at_value(node)
            elif node.kind == "padding":
                self._doubt(node)
            elif node.name not in _HEADS:
                self._at(node)

    def at_message(self, parts: Sequence[Node], *, lacking: bool = False) -> None:
        """Look at all parts of a message; `lacking` says that it has fewer bytes than its length says."""
        self.at_all(parts)
        header = next((node for node in parts if node.kind == "header"), None)
        if not self.strict or header is None:
            return
        if self.first == _NOWHERE:
            # All behind the header is whole. So what lacks is not at the end, but maybe in the header.
            self.header = header if lacking else None
        else:
            behind = [node for node in parts if node.start >= header.end and node.kind != "padding"]
            if all(node.start >= self.first for node in behind) and not (behind and self._is_meant(behind[0])):
                self.header = header

    def _is_meant(self, first: Node) -> bool:
        """Whether what stands behind a header seems to be an attribute that begins there.

        Behind a header that lacks bytes a piece of a key is read as its length and type: few of those make sense.
        """
        if first.name.startswith(_UNNAMED) or len(self._ctx.data) - first.start < HEADER_SIZE:
            return False
        length, _ = HEADER[self._ctx.order].unpack_from(self._ctx.data, first.start)
        return bool(length <= _LONGEST)

    def _at(self, node: Node) -> None:
        """Look at what is no leaf with a value."""
        spec = node.spec
        self.at_problems(node)
        if spec is not None and spec.secret:
            if node.payload < node.end:
                self.keys.append(node)
        elif node.kind == "unknown":
            if node.children:
                before = len(self.unknown)
                self.at_all(node.children)
                if len(self.unknown) > before:
                    self.opened.append(node)
            else:
                self._doubt(node)
        else:
            before = self.first
            self.at_all(node.children)
            if self._is_struct(node):
                if self.first < before or self._is_cut(node):
                    # Members before it may be as wrong: a key that is read as its own length.
                    self._damage(node.payload)
                if self._is_short(node):
                    self.any.append(node)

    def _is_struct(self, node: Node) -> bool:
        """Whether a payload is one struct; or, of IPsec, several in a row, which have no length and type each."""
        spec = node.spec
        in_a_row = node.kind == "list" and bool(node.children) and node.children[0].type is None
        in_a_row = in_a_row and self._ctx.protocol == NETLINK_XFRM
        return spec is not None and (spec.struct is not None or in_a_row)

    def _is_short(self, node: Node) -> bool:
        """Whether an attribute has fewer members than its struct: that of an older kernel, or one of another type."""
        struct = node.spec.struct if node.spec is not None and node.type is not None else None
        return struct is not None and node.end - node.payload < struct.size

    def _is_cut(self, struct: Node) -> bool:
        """Whether an attribute's struct ends inside of a member, beside keys: what is read as it may be one."""
        last = struct.children[-1:] if self.strict else ()
        return any(item.code == _CUT for node in last for item in node.problems)

    def at_problems(self, node: Node) -> None:
        """Note damage that is said of a node."""
        for item in node.problems:
            if item.severity == "note" or item.code in _ORDERLY:
                continue
            if self.textual:
                self.torn = True
                continue
            if self.strict or not self._is_mistake(item, node):
                self._damage(node.start)

    def _is_mistake(self, item: Problem, node: Node) -> bool:
        """Whether it is what programs get wrong where no keys are near: it moves nothing, and no key fits."""
        size = node.end - node.payload
        if item.code == _UNENDED:  # or too long
            return self._is_text(node, ended=not self.typed or size > _NAME)
        return item.code == "length" and size <= _SHORT

    def _at_value(self, node: Node) -> None:
        spec = node.spec
        if spec is not None and spec.secret:
            if node.payload < node.end:
                self.keys.append(node)
            return
        kind = spec.type if spec is not None else ""
        rest = next((part for part in node.children if part.kind == "unknown"), None) if node.children else None
        if rest is not None and rest.start > node.payload:
            self._doubt(rest)
        elif rest is not None or node.secret or (kind == "pad" and node.payload < node.end):
            # Nobody describes it; or its decoder doubted it; or something is where there should be nothing.
            self._doubt(node)
        if kind == "string" and not spec.hook:
            if self.strict and not (self._is_text(node) if node.type is not None else self._is_name(node)):
                self._damage(node.start)
        elif spec is not None and (spec.hint in _ADDRESSES or spec.family_from):
            if node.type is not None and node.end - node.payload not in _ADDRESS_SIZES:
                self._damage(node.start)
        elif kind not in _CLOSED and (spec is None or spec.exact is None):
            self.any.append(node)

    def _doubt(self, node: Node) -> None:
        """Keep what nobody can name, but for zeros, which are no key."""
        self._ctx.decide(node.payload, node.end)
        if any(self._ctx.data[node.payload : node.end]):
            self.unknown.append(node)

    def _is_text(self, node: Node, *, ended: bool = True) -> bool:
        """Whether bytes are a text, by default with its end, as the kernel wants it."""
        start, end = node.payload, node.end
        self._ctx.decide(start, end)
        text, nul, rest = self._ctx.data[start:end].partition(b"\0")
        if rest.strip(b"\0") or (ended and end > start and not nul):
            return False
        try:
            return text.decode().isprintable()
        except UnicodeDecodeError:
            return False

    def _is_name(self, node: Node) -> bool:
        """Whether a text in a struct is one as far as its NUL; what is behind that is doubted by itself."""
        self._ctx.decide(node.payload, node.end)
        try:
            return self._ctx.data[node.payload : node.end].partition(b"\0")[0].decode().isprintable()
        except UnicodeDecodeError:
            return False

    def _damage(self, start: int) -> None:
        self.first = min(self.first, start)

    def judgement(self, root: Node, end: int) -> Judgement:
        """What follows from it for a message that ends there."""
        first = self.first
        pieces = [Piece(node.payload, node.end, "key") for node in self.keys if node.end <= first]
        if first == _NOWHERE and not self.strict:
            return Judgement(pieces, [])
        doubted = [*self.unknown, *(self.any if first != _NOWHERE else ())]
        nodes = [node for node in doubted if node.start < first]
        pieces += [Piece(node.payload, min(node.end, first), "suspect") for node in nodes]
        nodes += [part for node in nodes for part in node.walk() if part is not node]
        nodes += self.opened
        if self.header is not None:
            pieces.append(Piece(self.header.start, min(self.header.end, first), "suspect"))
            nodes += leaves(self.header.children)
        if first != _NOWHERE:
            pieces.append(Piece(first, end, "suspect"))
            nodes += [node for node in leaves(root.children) if node.end > first]
        return Judgement(sorted(set(pieces)), nodes)  # a set, for what is masked already is doubted for that, too


def leaves(nodes: Iterable[Node]) -> Iterator[Node]:
    """All nodes that say something, but for netlink's own headers and error numbers."""
    for node in nodes:
        if node.name not in _HEADS and not is_error(node):
            yield node
            yield from leaves(node.children)


def is_error(node: Node) -> bool:
    """Whether it is the number in an NLMSG_ERROR or NLMSG_DONE."""
    return node.name == "error" and node.spec is None
