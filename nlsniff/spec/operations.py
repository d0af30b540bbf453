"""The operations of a family: their numbers, and the forms of their requests and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.spec.model import Form, Operation
from nlsniff.wire.errnos import errno_number
from nlsniff.wire.names import as_constant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlsniff.spec.family import Family
    from nlsniff.spec.model import Struct

Doc = dict[str, Any]


def as_int(value: Any, default: int = 0) -> int:
    """A number as YAML gives it, or in a text such as `0x10`; a key without a value is as good as none."""
    if value is None:
        return default
    return value if isinstance(value, int) else int(str(value), 0)


def counted(items: Iterable[Doc], number: int) -> Iterator[tuple[int, Doc]]:
    """Items with their numbers: each without a `value` has the one behind that of the item before it."""
    for item in items:
        number = as_int(item.get("value"), number)
        yield number, item
        number += 1


class Numbered(NamedTuple):
    """An operation's document with the numbers of its request and of its answer or notification; None has none."""

    item: Doc
    request: int | None
    reply: int | None


def numbered(doc: Doc) -> list[Numbered]:
    """Number operations as YNL does: unified ids, or one sequence for each direction."""
    directional = doc.get("enum-model") == "directional"
    found: list[Numbered] = []
    request = reply = value = 1
    for item in doc.get("list") or []:
        if not directional:
            value = as_int(item.get("value"), value)
            asks = "do" in item or "dump" in item
            found.append(Numbered(item, value if asks or not is_event(item) else None, value))
            value += 1
        elif is_event(item):
            reply = as_int(item.get("value"), reply)
            found.append(Numbered(item, None, reply))
            reply += 1
        else:
            mode = item.get("do") or item.get("dump") or {}
            request = as_int((mode.get("request") or {}).get("value"), as_int(item.get("value"), request))
            has_reply = "reply" in mode
            if has_reply:
                reply = as_int((mode["reply"] or {}).get("value"), reply)
            found.append(Numbered(item, request, reply if has_reply else None))
            request += 1
            reply += has_reply
    return found


def is_event(item: Doc) -> bool:
    """Whether the kernel sends it unasked."""
    return "notify" in item or "event" in item


def read_operations(family: Family, doc: Doc) -> list[Operation]:
    """The operations of a family's `operations:`."""
    reader = _Reader(family, doc)
    return [reader.operation(entry) for entry in reader.numbered]


class _Reader:
    def __init__(self, family: Family, doc: Doc) -> None:
        self.family = family
        self.doc = doc
        self.numbered = numbered(doc)
        self.by_name = {entry.item["name"]: entry for entry in self.numbered}

    def operation(self, entry: Numbered) -> Operation:
        item, request, reply = entry
        does, dumps = item.get("do") or {}, item.get("dump") or {}
        dumped: Doc = dumps.get("request") or {}
        # A dump that asks in another way has a form of its own.
        apart = "do" in item and bool(dumped.keys() & {"fixed-header", "attribute-set", "payload"})
        asked = {**({} if apart else dumped), **(does.get("request") or {})}
        answered = {**(dumps.get("reply") or {}), **(does.get("reply") or {})}
        when = {
            name: tuple(str(value) for value in (values if isinstance(values, list) else [values]))
            for name, values in (item.get("when") or {}).items()
        }
        return Operation(
            item["name"],
            self._constant(item),
            item.get("doc") or "",
            self._form(item, request, asked, item.get("summary") or ""),
            self._form(item, reply, answered, self._summary_of_reply(entry)),
            self._replies(entry),
            is_event(item),
            when,
            self._form(item, request, dumped, item.get("summary") or "") if apart else None,
            {
                number: {
                    str(at): str(each) for at, each in (words if isinstance(words, dict) else {"*": words}).items()
                }
                for name, words in (item.get("errors") or {}).items()
                if (number := errno_number(str(name))) is not None
            },
        )

    def _constant(self, item: Doc) -> str:
        """The kernel's name of the message."""
        prefix = self.doc.get("name-prefix") or f"{self.family.name}-cmd-"
        if is_event(item) and self.doc.get("async-prefix"):
            prefix = self.doc["async-prefix"]
        return str(item.get("c-name") or as_constant(prefix + item["name"]))

    def _summary_of_reply(self, entry: Numbered) -> str:
        """What sums up an answer that has no summary of its own.

        One with a number of its own is another message (RTM_GETROUTE is answered by RTM_NEWROUTE), but for a generic
        netlink family, where numbers say nothing.
        """
        item = entry.item
        if not self.family.generic and entry.request is not None and entry.reply != entry.request:
            return ""
        told = self._told(item)
        return str(item.get("summary") or told.get("summary") or "")

    def _told(self, item: Doc) -> Doc:
        """The operation whose news a notification is."""
        found = self.by_name.get(item.get("notify") or "")
        return found.item if found is not None else {}

    def _form(self, item: Doc, number: int | None, own: Doc, summary: str) -> Form | None:
        if number is None:
            return None
        family = self.family
        merged = {**self.doc, **self._told(item), **item, **own}
        payload = self._structs(merged.get("payload"))
        described = payload[-1].summary if payload else ""
        return Form(
            number,
            family.struct_or_none(merged.get("fixed-header")),
            self._structs(merged.get("short-header")),
            family.set_or_none(merged.get("short-attributes")),
            family.set_or_none(merged.get("attribute-set")),
            payload,
            own.get("summary") or summary or described,
            merged.get("hook") or "",
            _identity(merged.get("identity")),
            bool(merged.get("unordered")),
        )

    def _structs(self, names: str | list[str] | None) -> tuple[Struct, ...]:
        """The structs of a name or of a list of them."""
        listed = [names] if isinstance(names, str) else names or []
        return tuple(self.family.struct(name) for name in listed if name != "none")

    def _replies(self, entry: Numbered) -> tuple[int, ...]:
        """The numbers of the messages that answer a request."""
        item, request, reply = entry
        modes = [mode for mode in (item.get("do"), item.get("dump")) if mode]
        found: list[int] = []
        for name in item.get("replies") or ():
            other = self.by_name.get(name)
            number = (other.reply if other.request is None else other.request) if other is not None else None
            if number is not None:
                found.append(number)
        found += [
            as_int(mode["reply"]["value"]) for mode in modes if (mode.get("reply") or {}).get("value") is not None
        ]
        if reply is not None and request is not None and modes and "reply" in modes[0]:
            found.append(reply)
        return tuple(dict.fromkeys(found))


def _identity(said: list[str] | str | None) -> tuple[str, ...] | None:
    """The paths of an `identity:`; none for `none`, and None where nothing is said."""
    return None if said is None else () if isinstance(said, str) else tuple(said)
