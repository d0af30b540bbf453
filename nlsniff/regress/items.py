"""From the tree of a message to what a transcript keeps of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.identity import identity_of
from nlsniff.decode.summary import Bound
from nlsniff.regress import blanks
from nlsniff.regress.elements import Lists
from nlsniff.regress.model import Item, SaidMessage
from nlsniff.wire.constants import NETLINK_ROUTE, RTM_NEWLINK

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.regress.elements import Listing
    from nlsniff.regress.model import Placeholder
    from nlsniff.regress.origin import Origins

_HEADS = frozenset({"nlmsghdr", "genlmsghdr"})


class Entries(NamedTuple):
    """What a part of a dump says.

    Attributes:
        around: of a list without order what stands around it, in each message that has a part of it; else None.
        each: the entries.
    """

    around: SaidMessage | None
    each: tuple[SaidMessage, ...]


class Items:
    """Makes messages of transcripts, and lets `Origins` hear them."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._lists = Lists()

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
        identity = dict(self._identity(message))
        return _said(message, tuple(identity.values()), self._told(message, identity, full=full))

    def entries(self, message: NetlinkMessage, *, full: bool) -> Entries:
        """What a part of a dump says. Of a list without order each element is an entry by itself."""
        listing = None if message.comment and blanks.whole(message) is not None else self._lists.of(message)
        if listing is None:
            return Entries(None, (self.answer(message, full=full),))
        identity = dict(self._identity(message))
        top = (id(listing.above[0]),) if listing.above and listing.alone else ()
        known = {*identity, *top, *(id(node) for each in listing.elements for node in each.walk())}
        around = _said(message, tuple(identity.values()), self._told(message, known, full=full))
        found: list[SaidMessage] = []
        for element in listing.elements:
            own = dict(self._leaves(message, listing.identity(message, element)))
            items = (
                self._element(message, listing, element, own) if full else self._flat(message, listing, element, own)
            )
            found.append(_said(message, (*identity.values(), *own.values()), items))
        return Entries(around, tuple(found))

    def _flat(
        self, message: NetlinkMessage, listing: Listing, element: Node, without: Container[int]
    ) -> tuple[Item, ...]:
        """All that the kernel says alike each time of an element."""
        leaves = _named_leaves(element, listing.path) if element.kind != "value" else iter([(element, listing.path)])
        return tuple(Item(path, self._value(message, node)) for node, path in leaves if id(node) not in without)

    def _element(
        self, message: NetlinkMessage, listing: Listing, element: Node, without: Container[int]
    ) -> tuple[Item, ...]:
        """An element in the nests that it is in, as if it were alone there; its index is a matter of chance, too."""
        listed = bool(listing.above) and listing.above[-1].kind == "list"
        value = self._value(message, element) if element.kind == "value" else None
        parts = tuple(self._parts(message, element, without)) if value is None else ()
        item = Item("-" if listed else element.name, value, parts, tuple(element.flag_names), _words(element))
        for nest in reversed(listing.above):
            item = Item(nest.name, None, (item,), tuple(nest.flag_names), _words(nest))
        return (item,)

    def _told(self, message: NetlinkMessage, without: Container[int], *, full: bool) -> tuple[Item, ...]:
        """What the kernel says beside some nodes."""
        if full:
            return tuple(self._parts(message, message.root, without))
        paths = {id(node): path for node, path in _named_leaves(message.root)}
        shown = Bound(message.summary_template, message.root, _live(message.root)).shown
        chosen = {id(node): node for node, _ in shown if id(node) in paths and id(node) not in without}
        return tuple(Item(paths[number], self._value(message, node)) for number, node in chosen.items())

    def _identity(self, message: NetlinkMessage) -> Iterator[tuple[int, Item]]:
        """What names the object that a message is about, by id of the node. What is 0 is left out, as if not there."""
        yield from self._leaves(message, identity_of(message) or ())

    def _leaves(self, message: NetlinkMessage, named: Iterable[tuple[str, Node]]) -> Iterator[tuple[int, Item]]:
        for name, part in named:
            leaves = [(part, name)] if part.kind == "value" else list(_named_leaves(part, name))
            for node, path in leaves:
                if any(message.data[node.payload : node.end]):
                    yield id(node), Item(path, self._value(message, node))

    def _parts(
        self, message: NetlinkMessage, parent: Node, without: Container[int] = ()
    ) -> Iterator[Item]:  # fmt: skip
        kernel = message.direction != "to-kernel"
        listed = parent.kind == "list"
        for node in parent.parts():
            if node.name == "nlmsghdr" or id(node) in without:
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
            data = message.data[node.payload : node.end]
            return blanks.redacted(data) or self._origins.secret(data)
        if node.kind == "value":
            return self._origins.text(node)
        # What stands between attributes that nobody can name has no text.
        return node.text or message.data[node.payload : node.end].hex()


def _said(message: NetlinkMessage, identity: tuple[Item, ...], items: tuple[Item, ...]) -> SaidMessage:
    problems = _words(message.root)
    return SaidMessage(message.type_name, identity=identity, items=items, problems=problems, number=message.number)


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
    """What is wrong with a node. A program that did not clear its padding leaves other bytes there each time."""
    return tuple(
        problem.text.rpartition(": ")[0] if problem.code == "padding" else problem.text for problem in node.problems
    )
