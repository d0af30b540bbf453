"""A frame as a tree: the cooked header, the message's nodes, and the alignment after it.

The tree pane shows the nodes that the hex pane colours, so every byte of the frame belongs to one of them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.node import Node
from nlsniff.decode.summary import summarise
from nlsniff.output.delivery import delivery_words
from nlsniff.terminal import escape
from nlsniff.tui.columns import SIGNS
from nlsniff.wire.constants import ARPHRD_NETLINK, LINKTYPE_LINUX_SLL2, PROTOCOL_NAMES
from nlsniff.wire.cooked import parse_cooked
from nlsniff.wire.delivery import without_delivery
from nlsniff.wire.nlmsg import align

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Problem
    from nlsniff.reader import IndexedCapture

# Nests of more parts than this start closed.
_OPEN_PARTS = 24

# Names from the root down, each with the number of nodes of that name before it on its level.
Path = tuple[tuple[str, int], ...]

_SLL = (("packet-type", 2), ("arphrd", 2), ("address-length", 2), ("address", 8), ("protocol", 2))
_SLL2 = (("protocol", 2), ("reserved", 2), ("interface", 4), ("arphrd", 2), ("packet-type", 1), ("address-length", 1),
         ("address", 8))  # fmt: skip


class Line(NamedTuple):
    """A line of the tree: a node, or words on the node above it.

    `open` is None where there is nothing to open. `words` is what stands on the line if not the node: what is wrong
    with it, which may take several lines. The problem is None where the kernel says it.
    """

    node: Node
    depth: int
    path: Path
    open: bool | None
    problem: Problem | None = None
    words: str = ""


def cooked_node(data: bytes, linktype: int, size: int) -> Node:
    """The header that the capture put before the datagram, `size` bytes, all big-endian, as a node."""
    head = Node("cooked-header", 0, min(size, len(data)), "nest")
    at = 0
    for name, length in _SLL2 if linktype == LINKTYPE_LINUX_SLL2 else _SLL:
        end = min(at + length, head.end)
        if at >= end:
            break
        raw = int.from_bytes(data[at:end])
        part = Node(name, at, end, value=raw, raw=raw, text=str(raw))
        if name == "protocol":
            part.resolved = PROTOCOL_NAMES.get(raw, "")
        elif name == "arphrd" and raw == ARPHRD_NETLINK:
            part.resolved = "netlink"
        elif name == "address":
            part.raw, part.text = data[at:end], data[at:end].hex()
        head.add(part)
        at = end
    return head


class Outline:
    """The nodes of one message in its frame.

    Args:
        message: the message.
        linktype: LINKTYPE_* of its frame.
        last: no message follows in the frame, so the rest of the frame belongs here.

    Attributes:
        message: the message.
        head: the cooked header, of no bytes in a frame that has none.
        tops: what the comment of the frame says, in nodes without bytes; `head` if it has bytes, message, alignment
            where there is some, the rest of the frame where there is one.
    """

    @classmethod
    def of(cls, capture: IndexedCapture, number: int) -> Outline:
        """The outline of a capture's message."""
        message = capture.message(number)
        frame = capture.frame(message.frame)
        return cls(message, frame.linktype, last=capture.index.rows_of(message.frame)[-1] == number - 1)

    def __init__(self, message: NetlinkMessage, linktype: int, *, last: bool = True) -> None:
        self.message = message
        data = message.data
        cooked = parse_cooked(linktype, data)
        self.head = cooked_node(data, linktype, cooked.size if cooked is not None else 0)
        self.tops = [self.head, message.root] if self.head.end else [message.root]
        self.tops[:0] = _said(message) if message.comment else []
        after = min(message.start + align(message.end - message.start), len(data))
        if after > message.end:
            self.tops.append(Node("padding", message.end, after, "padding"))
        if last and after < len(data):
            # iproute2 sends its whole buffer after a dump request, mostly zeros.
            self.tops.append(Node("rest", after, len(data), "unknown", text=_short_hex(data[after:])))

    def at(self, offset: int) -> tuple[Node, Path] | None:
        """The smallest node that covers a byte of the frame, with its path; None in another message."""
        for top, name in self._named(self.tops):
            covering = top.at(offset)
            if covering:
                path: Path = (name,)
                for above, node in pairwise(covering):
                    path = (*path, next(key for child, key in self._named(above.children) if child is node))
                return covering[-1], path
        return None

    def find(self, matches: Callable[[str], bool]) -> Path | None:
        """The path of the first value whose `name: text` matches, else of the first node; None where none does."""
        found = [
            (node, path) for node, path in self._paths() if matches(f"{node.name}: {node_text(node, self.message)}")
        ]
        return next((path for node, path in found if not node.children), found[0][1] if found else None)

    def path_of(self, start: int, end: int) -> Path | None:
        """The path of the outermost node that stands on exactly these bytes."""
        return next((path for node, path in self._paths() if (node.start, node.end) == (start, end)), None)

    def lines(self, opened: dict[Path, bool], towards: Path = ()) -> Iterator[Line]:
        """The tree's lines.

        Args:
            opened: what the user opened or closed; `_opens` decides on the rest.
            towards: a node to show, unless the user closed a node around it.
        """
        for top, name in self._named(self.tops):
            yield from self._lines(top, 0, (name,), opened, towards)

    def branches(self) -> Iterator[Path]:
        """Everything that can be opened."""
        return (path for node, path in self._paths() if node.children)

    def _paths(self) -> Iterator[tuple[Node, Path]]:
        """All nodes, a node before its children."""
        stack: list[tuple[Node, Path]] = [(top, (name,)) for top, name in self._named(self.tops)]
        stack.reverse()
        while stack:
            node, path = stack.pop()
            yield node, path
            stack += [(child, (*path, name)) for child, name in self._named(node.children)][::-1]

    def _lines(self, node: Node, depth: int, path: Path, opened: dict[Path, bool], towards: Path) -> Iterator[Line]:
        children = _worth_showing(node)
        is_open = None
        if children:
            is_open = opened.get(path, self._opens(node) or path == towards[: len(path)])  # fmt: skip
        yield Line(node, depth, path, is_open)
        for problem in node.problems:
            words = f"{SIGNS[problem.severity]} {problem.severity}: {problem.text}"
            yield Line(node, depth + 1, path, None, problem, words)
        if is_open:
            for child, name in self._named(children):
                yield from self._lines(child, depth + 1, (*path, name), opened, towards)

    def _opens(self, node: Node) -> bool:
        """Whether a node is open at first: the message is, and in it what is small or has a problem inside."""
        if node is self.message.root:
            return True
        if node is self.head or node.name == "nlmsghdr":
            return False
        parts = 0
        for part in node.walk():
            parts += 1
            if part is not node and any(item.severity != "note" for item in part.problems):
                return True
        return parts <= _OPEN_PARTS

    @staticmethod
    def _named(nodes: Sequence[Node]) -> Iterator[tuple[Node, tuple[str, int]]]:
        seen: dict[str, int] = {}
        for node in nodes:
            count = seen.get(node.name, 0)
            seen[node.name] = count + 1
            yield node, (node.name, count)


def _worth_showing(node: Node) -> Sequence[Node]:
    """The parts of a node; an untyped blob's only part repeats its bytes and is left out."""
    if node.kind == "value" and len(node.children) == 1 and node.children[0].text == node.text:
        return []
    return node.children


def _said(message: NetlinkMessage) -> list[Node]:
    """What the file says of the frame: each line of its comment, and how it was delivered in other words."""
    lines = [line for line in without_delivery(message.comment).split("\n") if line]
    nodes = [Node("comment", 0, 0, text=escape(line)) for line in lines]
    words = delivery_words(message)
    return [*nodes, Node("delivered", 0, 0, text=words)] if words else nodes


def _short_hex(data: bytes) -> str:
    if not any(data):
        return f"{len(data)} zeros behind the last message"
    return data.hex() if len(data) <= 32 else f"{data[:32].hex()}…"


def node_text(node: Node, message: NetlinkMessage) -> str:
    """The text after a node's name: its value, with the name of a number or the number of a name beside it."""
    if node.kind == "padding":
        size = node.end - node.start
        extra = f": {message.data[node.start : node.end].hex()}" if any(message.data[node.start : node.end]) else ""
        return f"{size} byte{'s' * (size != 1)}{extra}"
    if node.kind in {"nest", "list", "header"}:
        return _nest_text(node) if node.name not in {"nlmsghdr", "cooked-header"} else ""
    if node.start == message.start + 6 and node.name == "flags":
        return f"{' '.join(message.flag_names) or 'none'} (0x{node.raw:04x})"
    if node.start == message.start + 4 and node.name == "type":
        return f"{message.type_name} ({node.raw})"
    return node.labelled


def _nest_text(node: Node) -> str:
    """A nest in a line: the summary of its dissector, else the texts of its parts."""
    if node.children and node.children[0].name == "nlmsghdr":
        kind = node.children[0].get("type")
        return kind.text if kind is not None else ""  # the copy of a request
    field = node.spec
    for described in (field and field.struct, field and field.array_of, field and field.nested):
        if described is not None and described.summary and node.kind != "list":
            return summarise(described.summary, node)
    if len(node.children) > _OPEN_PARTS:
        return f"{len(node.children)} parts"
    named = (part for part in node.parts() if part.kind not in {"padding", "unknown"})
    return " ".join(filter(None, (part.resolved or part.text or _nest_text(part) for part in named)))


def is_unknown(node: Node) -> bool:
    """Whether the bytes of a node have no name: an attribute without one, an untyped blob, a rest."""
    if node.kind == "unknown":
        return True
    return node.kind == "value" and any(child.kind == "unknown" for child in node.children)
