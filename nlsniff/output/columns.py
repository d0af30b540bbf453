"""Chosen fields of messages as tab-separated text: `nlsniff show -e FIELD`."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from nlsniff.terminal import escape
from nlsniff.wire.names import normal, protocol_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nlsniff.decode.message import NetlinkMessage


def _delivered(name: str) -> Callable[[NetlinkMessage], object]:
    """Gives a number of how a message was delivered; "" where it is not known."""

    def give(message: NetlinkMessage) -> object:
        found = getattr(message.delivery, name, None)
        return "" if found is None else found

    return give


def _time(message: NetlinkMessage) -> str:
    """Seconds since 1970."""
    digits = f"{message.time_ns:010d}"  # cheaper than a division; a time before 1970 has none
    return (
        f"{digits[:-9]}.{digits[-9:]}"
        if digits[0] != "-"
        else f"{message.time_ns // 10**9}.{message.time_ns % 10**9:09d}"
    )


OWN: dict[str, Callable[[NetlinkMessage], object]] = {
    "frame": attrgetter("frame"),
    "message": attrgetter("number"),
    "time": _time,
    "direction": attrgetter("direction"),
    "protocol": attrgetter("protocol_name"),
    "family": lambda message: message.family or "",
    "type": attrgetter("type_name"),
    "flags": lambda message: "|".join(message.flag_names),
    "seq": attrgetter("seq"),
    "port": attrgetter("port"),
    "length": attrgetter("length"),
    "conversation": attrgetter("conversation"),
    "sender": _delivered("sender"),
    "destination": _delivered("destination"),
    "group": _delivered("group"),
    "socket": _delivered("socket"),
    "descriptor": _delivered("descriptor"),
    "summary": attrgetter("summary"),
    "comment": lambda message: escape(message.comment),
}
# Of these, what all messages of a shape have in common.
ALIKE = frozenset({"direction", "protocol", "type", "flags", "length"})
# What headers say, so that no message has to be made for it: source over the names of `nlsniff.file.sweep.Sweep`.
_OF_HEADERS = {
    "frame": "{frame}",
    "message": "{number}",
    "time": "{time // 1000000000}.{time % 1000000000:09d}",
    "protocol": "{protocol_name(protocol)}",
    "seq": "{seq}",
    "port": "{port}",
    "length": "{length}",
}


def header_row(fields: Sequence[str], separator: str = "\t") -> tuple[str, dict[str, object]] | None:
    """Source that gives the row of a message as text, and what it refers to; None where some field is no header's."""
    parts = [_OF_HEADERS.get(normal(field)) for field in fields]
    if None in parts:
        return None
    between = "\\t" if separator == "\t" else "{separator}"
    row = between.join(part or "" for part in parts)
    return f'f"{row}\\n"', {"protocol_name": protocol_name, "separator": separator}


class Columns:
    """Rows of messages: the values of some fields, `separator` between them, several values of one with commas.

    Args:
        names: of the fields, in the spelling of `normal`: those of `OWN`, of bodies with their family before them
            (`route.dst`, `genl.nlctrl.family-name`), and those of `readers`.
        readers: what gives the text of other fields, by name.

    Attributes:
        names, readers, separator: as given.
    """

    def __init__(
        self,
        names: Sequence[str],
        readers: Mapping[str, Callable[[NetlinkMessage], object]] | None = None,
        separator: str = "\t",
    ) -> None:
        self.names = names
        self.readers = readers or {}
        self.separator = separator

    def row(self, message: NetlinkMessage) -> str:
        """The row of a message, its newline included; a field that the message lacks is empty."""
        readers = self.readers
        cells = [str(readers[name](message)) if name in readers else cell(message, name) for name in self.names]
        return self.separator.join(cells) + "\n"


def cell(message: NetlinkMessage, name: str) -> str:
    """The value of a field of a message's own or of its body as text; "" where the message lacks it."""
    if name in OWN:
        return str(OWN[name](message))
    path = path_in(message, name)
    return value_of(message, path) if path else ""


def path_in(message: NetlinkMessage, name: str) -> str:
    """The path of a field, by its name with its family, in a message; "" where the message is of another family."""
    family = message.layout.family
    if family is None or not name.startswith(f"{normal(family.prefix)}."):
        return ""
    return name[len(family.prefix) + 1 :]


def value_of(message: NetlinkMessage, path: str) -> str:
    """The values of a message at a path as text, with commas between them."""
    texts = [node.text for node in message.nodes((path,))]
    above, _, part = path.rpartition(".")
    if above and not texts:
        from nlsniff.decode.fields.format import bit_parts

        texts += [node.text for node in bit_parts(message.nodes((above,)), part, message.order)]
    return ",".join(texts)
