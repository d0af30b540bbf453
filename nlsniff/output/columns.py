"""Chosen fields of messages as tab-separated text: `nlsniff show -e FIELD`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.terminal import escape
from nlsniff.wire.names import normal, protocol_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.message import NetlinkMessage


def _delivered(name: str) -> Callable[[NetlinkMessage], object]:
    """Gives a number of how a message was delivered; "" where it is not known."""

    def give(message: NetlinkMessage) -> object:
        found = getattr(message.delivery, name, None)
        return "" if found is None else found

    return give


_OWN: dict[str, Callable[[NetlinkMessage], object]] = {
    "frame": lambda message: message.frame,
    "message": lambda message: message.number,
    "time": lambda message: f"{message.time_ns // 1_000_000_000}.{message.time_ns % 1_000_000_000:09d}",
    "direction": lambda message: message.direction,
    "protocol": lambda message: message.protocol_name,
    "family": lambda message: message.family or "",
    "type": lambda message: message.type_name,
    "flags": lambda message: "|".join(message.flag_names),
    "seq": lambda message: message.seq,
    "port": lambda message: message.port,
    "length": lambda message: message.length,
    "conversation": lambda message: message.conversation,
    "sender": _delivered("sender"),
    "destination": _delivered("destination"),
    "group": _delivered("group"),
    "socket": _delivered("socket"),
    "descriptor": _delivered("descriptor"),
    "summary": lambda message: message.summary,
    "comment": lambda message: escape(message.comment),
}
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


def header_row(fields: Sequence[str]) -> tuple[str, dict[str, object]] | None:
    """Source that gives the row of a message as text, and what it refers to; None where some field is no header's."""
    parts = [_OF_HEADERS.get(normal(field)) for field in fields]
    if None in parts:
        return None
    row = "\\t".join(part or "" for part in parts)
    return f'f"{row}\\n"', {"protocol_name": protocol_name}


class Columns:
    """Prints a row for each message: the values of some fields, a tab between them, several values of one with commas.

    Args:
        fields: names as display filters have them: `frame`, `type`, `route.dst`, `genl.nlctrl.family-name`.

    Raises:
        NlsniffError: a name that is neither a message's own nor has a family before its dot.
    """

    def __init__(self, fields: Sequence[str]) -> None:
        names = [normal(field) for field in fields]
        for field, name in zip(fields, names, strict=True):
            if "," in name:
                each = " ".join(f"-e {word.strip()}" for word in field.split(","))
                raise NlsniffError(f"{field!r} is no name of a field: give each of them by itself: {each}")
            if name not in _OWN and "." not in name:
                raise NlsniffError(
                    f"no field {field!r} to print: give {', '.join(_OWN)}, or a field with its family before it, such "
                    f"as route.dst; `nlsniff fields {name}` searches for it"
                )
        self._names = names

    def __call__(self, messages: Sequence[NetlinkMessage]) -> bytes:
        """The rows of messages, newlines included; a field that a message lacks is empty."""
        rows = ["\t".join([self._cell(message, name) for name in self._names]) + "\n" for message in messages]
        return "".join(rows).encode()

    def _cell(self, message: NetlinkMessage, name: str) -> str:
        return str(_OWN[name](message)) if name in _OWN else _value(message, name)


def _value(message: NetlinkMessage, name: str) -> str:
    family = message.layout.family
    if family is None or not name.startswith(f"{family.prefix.lower()}."):
        return ""
    path = name[len(family.prefix) + 1 :]
    texts = [node.text for node in message.nodes((path,))]
    above, _, part = path.rpartition(".")
    if above and not texts:
        from nlsniff.decode.fields.format import bit_parts

        texts += [node.text for node in bit_parts(message.nodes((above,)), part, message.order)]
    return ",".join(texts)
