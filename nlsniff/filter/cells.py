"""What the fields of filters say of a message as text: the columns of `show -e` that are no message's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.errors import NlsniffError
from nlsniff.filter.fields import Found, catalog
from nlsniff.filter.header import header_field
from nlsniff.filter.values import nodes_of
from nlsniff.filter.words import RELATIVE, WORDS
from nlsniff.terminal import one_line
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.filter.header import HeaderField
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.spec.registry import Registry

    Read = Callable[[NetlinkMessage, ConversationView | None], str]


class Cell(NamedTuple):
    """A field of filters as a column.

    Attributes:
        name: of the field, as `nlsniff fields` lists it.
        read: gives its values in a message, with commas between them; None for a field of bodies, which the tree of a
            message has at the name's path.
        conversation: whether it is asked of the conversation of a message.
    """

    name: str
    read: Read | None
    conversation: bool = False


def cell_of(name: str, registry: Registry) -> Cell:
    """The column of a field.

    Args:
        name: as a filter takes it, in any spelling.
        registry: the dissectors.

    Raises:
        NlsniffError: there is no such field; the error has similar names.
    """
    if "," in name:
        each = " ".join(f"-e {word.strip()}" for word in name.split(","))
        raise NlsniffError(f"{name!r} is no name of a field: give each of them by itself: {each}")
    item = header_field(name)
    if item is not None and item.name == "marked":
        raise NlsniffError("no field 'marked' to print: marks are set on the screen")
    if normal(name) == RELATIVE:
        raise NlsniffError(f"no field {name!r} to print: -e time counts from 1970, without -e from the first message")
    if item is not None:
        return Cell(item.name, _reader(item), item.conversation)
    known = catalog(registry)
    found = known.find(name)
    if not isinstance(found, Found) and len(homes := known.homes(name)) == 1:
        name = homes[0]
        found = known.find(name)
    if not isinstance(found, Found):
        meant = WORDS.get(normal(name))
        near = (meant.filter.partition(" ")[0], *found.near) if meant is not None else found.near
        hint = f"did you mean {' or '.join(near[:3])}?" if near else "`nlsniff fields` lists them"
        raise NlsniffError(f"no field {name!r} to print: {hint}")
    return Cell(normal(name), None if found.families else _of_errors(found))


def _of_errors(found: Found) -> Read:
    nodes = nodes_of(found)
    return lambda message, _: ",".join([node.text for node in nodes(message)])


def _reader(item: HeaderField) -> Read | None:
    read, kind = item.read, item.field_type.kind
    if item.name.startswith("flags."):
        flag = item.name.removeprefix("flags.")
        return lambda message, _: "yes" if flag in map(normal, message.flag_names) else "no"
    if item.name in {"problem", "note"}:
        severities = ("note",) if item.name == "note" else ("error", "warning")
        return lambda message, _: ",".join(
            [f"{one.severity}: {one.text}" for one in message.problems if one.severity in severities]
        )
    if read is None:
        return None
    if kind == "flag":
        return lambda message, talk: "yes" if any(read(message, talk)) else "no"
    if kind == "duration":
        return lambda message, talk: "".join([_seconds(node.raw) for node in read(message, talk)])
    if item.name == "process":  # after the whole come its parts
        return lambda message, talk: one_line(next((node.text for node in read(message, talk)), ""))
    return lambda message, talk: one_line(",".join([node.text for node in read(message, talk)]))


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds // 10**9}.{nanoseconds % 10**9:09d}"
