"""From the tree of a message to what a transcript keeps of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.identity import identity_of
from nlsniff.decode.summary import Bound
from nlsniff.regress import blanks
from nlsniff.regress.model import Item, SaidMessage
from nlsniff.wire.constants import NETLINK_ROUTE, RTM_NEWLINK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.regress.model import Placeholder
    from nlsniff.regress.origin import Origins

_HEADS = frozenset({"nlmsghdr", "genlmsghdr"})


class Items:
    """Makes messages of transcripts, and lets `Origins` hear them."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins

    def hear(self, message: NetlinkMessage) -> None:
        """Take in who says what; each message of a capture in order, also those that are left out."""
        if message.comment and blanks.whole(message) is not None:
            return
        kernel = message.direction != "to-kernel"
        hear = self._origins.hear
        for node in _leaves(message.root):
            hear(node, kernel=kernel)
        if kernel and message.type == RTM_NEWLINK and message.protocol == NETLINK_ROUTE:
            name, address = message.root.get("ifname"), message.root.get("address")
            if name is not None and address is not None and type(address.raw) is bytes:
                self._origins.own(name.text, address.raw)

    def request(self, message: NetlinkMessage) -> SaidMessage:
        """All that a program says."""
        blank = blanks.whole(message) if message.comment else None
        return SaidMessage(
            message.type_name,
            tuple(name.lower() for name in message.flag_names if name != "REQUEST"),
            items=(blank,) if blank is not None else tuple(self._parts(message, message.root)),
            problems=() if blank is not None else _words(message.root),
            number=message.number,
        )

    def answer(self, message: NetlinkMessage, *, full: bool) -> SaidMessage:
        """What the kernel says: of an object what its summary shows, or with `full` all that is not volatile."""
        blank = blanks.whole(message) if message.comment else None
        if blank is not None:
            return SaidMessage(message.type_name, items=(blank,), number=message.number)
        paths = {id(node): path for node, path in _named_leaves(message.root)}
        identity = dict(self._identity(message))
        if full:
            items = tuple(self._parts(message, message.root, without=identity))
        else:
            shown = Bound(message.summary_template, message.root, _live(message.root)).shown
            chosen = {id(node): node for node, _ in shown if id(node) in paths and id(node) not in identity}
            items = tuple(Item(paths[number], self._value(message, node)) for number, node in chosen.items())
        return SaidMessage(
            message.type_name, identity=tuple(identity.values()), items=items, problems=_words(message.root),
            number=message.number,
        )  # fmt: skip

    def _identity(self, message: NetlinkMessage) -> Iterator[tuple[int, Item]]:
        """What names the object that a message is about, by id of the node. What is 0 is left out, as if not there."""
        for name, part in identity_of(message) or ():
            leaves = [(part, name)] if part.kind == "value" else list(_named_leaves(part, name))
            for node, path in leaves:
                if any(message.data[node.payload : node.end]):
                    yield id(node), Item(path, self._value(message, node))

    def _parts(
        self, message: NetlinkMessage, parent: Node, without: Mapping[int, object] | None = None
    ) -> Iterator[Item]:
        kernel = message.direction != "to-kernel"
        listed = parent.kind == "list"
        for node in parent.parts():
            if node.name == "nlmsghdr" or (without and id(node) in without):
                continue
            if node.name == "genlmsghdr":
                yield from _of_generic(message, node)
                continue
            if node.kind == "padding":
                if node.problems:
                    yield Item(node.name, problems=_words(node))
                continue
            if kernel and _left_out(node):
                continue
            if not listed and _is_zero(message, node):
                continue
            name = "-" if listed else node.name
            index = () if node.type is None or not listed else (f"#{node.type}",)
            marks = (*index, *node.flag_names)
            if node.kind == "value" or (node.kind == "unknown" and not node.children):
                problems = (*_words(node), *(word for part in node.children for word in _words(part)))
                yield Item(name, self._value(message, node), (), marks, problems)
            else:
                yield Item(name, None, tuple(self._parts(message, node, without)), marks, _words(node))

    def _value(self, message: NetlinkMessage, node: Node) -> str | Placeholder:
        blank = blanks.value_of(message, node) if message.comment else None
        if blank is not None:
            return blank
        if node.secret:
            return self._origins.secret(message.data[node.payload : node.end])
        if node.kind == "value":
            return self._origins.text(node)
        # What stands between attributes that nobody can name has no text.
        return node.text or message.data[node.payload : node.end].hex()


def _leaves(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.kind == "value":
            yield child
        elif child.children and child.name not in _HEADS:
            yield from _leaves(child)


def _named_leaves(node: Node, path: str = "") -> Iterator[tuple[Node, str]]:
    """Each leaf that the kernel says alike each time, with its path."""
    for child in node.parts():
        if child.name not in _HEADS and not _left_out(child):
            name = f"{path}.{child.name}" if path else child.name
            if child.kind == "value":
                yield child, name
            else:
                yield from _named_leaves(child, name)


def _live(node: Node) -> dict[int, Node]:
    return {id(leaf): leaf for leaf in _leaves(node)}


def _left_out(node: Node) -> bool:
    """Whether the kernel may say another value each time, or says nothing but to align what follows."""
    field = node.spec
    return node.volatile or (field is not None and field.type == "pad" and node.payload == node.end)


def _is_zero(message: NetlinkMessage, node: Node) -> bool:
    """Whether it is a member of a struct that is 0, as one is that an older program does not know."""
    return (
        node.type is None
        and (node.kind != "unknown" or node.name == "padding")
        and not node.problems
        and not any(message.data[node.start : node.end])
    )


def _of_generic(message: NetlinkMessage, header: Node) -> Iterator[Item]:
    """The version, and the command where its number is not in the message's type."""
    known = message.layout.form is not None
    for part in header.children:
        if part.raw and not (known and part.name == "cmd"):
            yield Item(f"genl-{part.name}", part.text)


def _words(node: Node) -> tuple[str, ...]:
    return tuple(problem.text for problem in node.problems)
