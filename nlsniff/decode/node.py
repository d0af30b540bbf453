"""Nodes: the tree that a message decodes to, shared by every view of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nlsniff.wire.constants import NLA_F_NESTED, NLA_F_NET_BYTEORDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Kind = Literal["value", "nest", "list", "header", "padding", "unknown"]
Severity = Literal["error", "warning", "note"]

MASKED = "<secret>"
NO_NUL = "has no NUL at its end"  # ends the text of such a note

# Codes of notes whose text says bytes, behind the last colon.
QUOTING = frozenset({"padding", "after-nul", "nuls"})

_ROUNDED = frozenset({"fraction", "rate", "ticks"})  # texts of numbers by `display-hint`
_TYPE_FLAGS = ((NLA_F_NESTED, "nested"), (NLA_F_NET_BYTEORDER, "net-byteorder"))


class Problem(NamedTuple):
    """What is wrong with some bytes: `offset` counts from the start of the frame's data.

    An `error` made bytes unreadable, a `warning` is input that a correct sender does not send, a `note` is a normal
    difference (a struct of another kernel version) that explains unknown bytes.
    """

    severity: Severity
    code: str
    offset: int
    text: str


def masked_problem(problem: Problem) -> Problem:
    """What is wrong with bytes that are a secret, without the bytes."""
    if problem.code not in QUOTING:
        return problem
    return problem._replace(text=f"{problem.text.rpartition(': ')[0]}: {MASKED}")


class Counts(NamedTuple):
    """Bytes of a message from its nlmsghdr on; the three add up to `total`."""

    total: int
    named: int
    padding: int
    unknown: int


class ByPath:
    """What has values at dotted paths of names."""

    __slots__ = ()

    def get(self, path: str) -> Node | None:
        """The node at a path that counts, or None."""
        raise NotImplementedError

    def first(self, *paths: str) -> Any:
        """The value at the first of some paths that has one; None if none has, and what is masked has none."""
        for path in paths:
            node = self.get(path)
            if node is not None and node.value is not None and node.value != MASKED:
                return node.value
        return None

    def number(self, path: str) -> int:
        """The number at a path as it was sent; 0 if there is none, or it is masked."""
        node = self.get(path)
        return node.raw if node is not None and isinstance(node.raw, int) else 0


class Node(ByPath):
    """A piece of a message.

    Attributes:
        name: the dissector's name for it; `unknown-N` for an attribute without one, `unknown-bytes` for the rest.
        kind: `value` is a leaf with a value, `nest` has named parts, `list` has elements, `header` has parts that
            belong to the level above (a fixed header); `padding` and `unknown` are what those words say.
        start: first byte, an attribute's header included, counted from the start of the frame's data.
        payload: first byte after the attribute's header; equal to `start` where there is none.
        end: byte after the last; padding that follows an attribute is a node of its own.
        value: as JSON has it: number, text, list of flag names, hex of a blob; None where there are only parts.
        raw: number, text or bytes as on the wire, for comparing; None where there are only parts.
        text: as people read it: `inet`, `10.0.0.0`, `0x1f`; empty where there are only parts.
        resolved: the name that the capture taught for this number (`veth0` for an ifindex), or "".
        secret: the bytes are a secret. `value`, `text` and `raw` are masked already unless secrets were asked for.
        volatile: a regression ignores the value.
        repeats: one of a list by its dissector, even where it stands alone.
        spec: the `nlsniff.spec.model.Field` that describes it, or None.
        reader: how a leaf's value was read, (decoder, start, end, byte order), where its field's own decoder and its
            payload would not tell the same.
        children: the parts. They tile [payload, end) exactly, but for a `value`, where they only mark padding or
            unknown bytes inside it.
        problems: what is wrong here; those of children are on the children.
        type: nla_type without flag bits for an attribute, else None.
        type_flags: the flag bits of nla_type, NLA_F_NESTED and NLA_F_NET_BYTEORDER; 0 where there is no nla_type.
    """

    __slots__ = (
        "children", "end", "kind", "name", "payload", "problems", "raw", "reader", "repeats", "resolved", "secret",
        "spec", "start", "text", "type", "type_flags", "value", "volatile",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        start: int,
        end: int,
        kind: Kind = "value",
        payload: int | None = None,
        spec: Any = None,
        type: int | None = None,  # noqa: A002  the wire calls it nla_type
        *,
        value: Any = None,
        raw: Any = None,
        text: str = "",
    ) -> None:
        self.name = name
        self.start = start
        self.end = end
        self.kind = kind
        self.payload = start if payload is None else payload
        self.value = value
        self.raw = raw
        self.text = text
        self.spec = spec
        self.type = type
        self.type_flags = 0
        self.resolved = ""
        self.secret = False
        self.volatile = False
        self.repeats = False
        self.reader: Any = None
        # Most nodes are leaves, with which nothing is wrong.
        self.children: Sequence[Node] = ()
        self.problems: Sequence[Problem] = ()

    def __repr__(self) -> str:
        return f"<Node {self.name} [{self.start}:{self.end}] {self.text or self.kind}>"

    @property
    def nested(self) -> bool:
        """Whether it is an attribute with NLA_F_NESTED; what it holds is told by `kind`."""
        return bool(self.type_flags & NLA_F_NESTED)

    @property
    def net_byteorder(self) -> bool:
        """Whether it is an attribute with NLA_F_NET_BYTEORDER."""
        return bool(self.type_flags & NLA_F_NET_BYTEORDER)

    @property
    def flag_names(self) -> list[str]:
        """Names of its `type_flags`: `nested`, `net-byteorder`."""
        return [name for bit, name in _TYPE_FLAGS if self.type_flags & bit]

    @property
    def flag_text(self) -> str:
        """What is said behind its name of its `type_flags`: ` [nested]`; "" where there are none."""
        return "".join([f" [{name}]" for name in self.flag_names]) if self.type_flags else ""

    @property
    def labelled(self) -> str:
        """The text of a leaf, and behind it the name that the capture taught for a number, or the number of a name.

        So has what is rounded, for its text may be that of other numbers, too.
        """
        text, raw, field = self.text, self.raw, self.spec
        if self.resolved:
            return f"{text} ({self.resolved})"
        if isinstance(raw, int) and not isinstance(raw, bool):
            if isinstance(self.value, list):
                return f"{text} ({raw:#x})"
            if text != str(raw) and (field is None or field.enum is not None):
                return f"{text} ({raw:#06x})" if self.name == "flags" and field is None else f"{text} ({raw})"
        return self.exact

    @property
    def exact(self) -> str:
        """The text of a leaf, and behind it the number, or numbers, where the text is rounded."""
        text, raw, field = self.text, self.raw, self.spec
        if field is None or field.hint not in _ROUNDED:
            return text
        if isinstance(raw, list):
            return f"{text} ({' '.join(map(str, raw))})"
        return text if text == str(raw) or raw in field.special or not isinstance(raw, int) else f"{text} ({raw})"

    def add(self, *parts: Node) -> None:
        """Add children behind those that it has."""
        if not isinstance(self.children, list):
            self.children = []
        self.children.extend(parts)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in the order of the bytes."""
        yield self
        for child in self.children:
            yield from child.walk()

    def parts(self) -> Iterator[Node]:
        """The named parts of this level: what a header holds counts as beside it."""
        for child in self.children:
            if child.kind == "header":
                yield from child.parts()
            else:
                yield child

    def get(self, path: str) -> Node | None:
        """The node at a dotted path of names below this one that counts, or None; see `counting`."""
        name, _, rest = path.partition(".")
        found: Node | None = None
        for part in self.parts():
            if part.name == name and (found is None or counting(found, part, self)):
                found = part
                if part.type is None or part.repeats:
                    break
        return found.get(rest) if rest and found is not None else found

    def all(self, path: str) -> Iterator[Node]:
        """Every node at a dotted path; a list is looked through as if its elements stood in its place."""
        name, _, rest = path.partition(".")
        for part in self.parts():
            if self.kind == "list":
                yield from part.all(path)
            elif part.name == name:
                if rest:
                    yield from part.all(rest)
                else:
                    yield part

    def at(self, offset: int) -> list[Node]:
        """The nodes that cover a byte, from this one down to the smallest; empty when it lies outside."""
        if not self.start <= offset < self.end:
            return []
        for child in self.children:
            if child.start <= offset < child.end:
                return [self, *child.at(offset)]
        return [self]


def nodes_at(root: Node, paths: Sequence[str]) -> list[Node]:
    """The nodes of a tree at dotted names, as display filters have them without their family."""
    return [node for path in paths for node in root.all(path)]


def counting(found: Node, later: Node, inside: Node) -> bool:
    """Whether of two parts with one name the later one counts: of attributes it does, as for the kernel's nla_parse.

    Not of what may come again, nor of a list's elements, nor where the later one could not be read.
    """
    if later.type is None or found.type is None or later.repeats or inside.kind == "list":
        return False
    return later.kind != "unknown" or found.kind == "unknown"
