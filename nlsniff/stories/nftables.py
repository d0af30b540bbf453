"""What a message of nf_tables changes. Names of types and fields are those of nftables.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nlsniff.wire.constants import NLM_F_APPEND, NLM_F_REPLACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node

Kind = Literal["table", "chain", "rule", "set", "element", "object", "flowtable"]
Owner = Literal["table", "chain", "set", "object", "flowtable"]
Verb = Literal["new", "delete"]
Place = tuple[str, ...]  # kind, family, table, name, and of an object its type

_VERBS: dict[str, Verb] = {"NEW": "new", "DEL": "delete", "DESTROY": "delete"}
_KINDS: dict[str, Kind] = {
    "TABLE": "table", "CHAIN": "chain", "RULE": "rule", "SET": "set", "SETELEM": "element", "OBJ": "object",
    "FLOWTABLE": "flowtable",
}  # fmt: skip
_TYPES = {f"NFT_MSG_{said}{name}": (verb, kind) for said, verb in _VERBS.items() for name, kind in _KINDS.items()}
_OWNERS: dict[Kind, Owner] = {
    "table": "table", "chain": "chain", "rule": "chain", "set": "set", "element": "set", "object": "object",
    "flowtable": "flowtable",
}  # fmt: skip
# What people are told of a new one, and what a request may change later.
_MADE: dict[Kind, str] = {
    "table": "[{?flags!=0}flags {flags}]",
    "chain": "[{type} ][{hook}][ policy {policy}]",
    "set": "[{key-type}][ : {data-type|obj-type}][{?flags!=0} flags {flags}]",
    "object": "{data}",
    "flowtable": "{hook}",
}
_WISHED: dict[Kind, str] = {
    "table": "[{?flags!=0}flags {flags}]", "chain": "[policy {policy}][{hook.devs}]", "object": "[{data}]",
    "flowtable": "[devices {hook.devs}]",
}  # fmt: skip
_LONGEST = 160  # characters of a rule, or of elements
ALLOCATED = "%d"  # in a name: the kernel puts a number there
_NO_NAME = "__chain%d"  # a chain without a name is called so, with a number
_INTERVAL_END = 1  # NFT_SET_ELEM_INTERVAL_END: where an interval ends, no element by itself


class Change(NamedTuple):
    """What one message changes, or says that it changed.

    Attributes:
        verb: of the message, not of the object: a rule that is replaced is new.
        kind: what it is about.
        family, table: as shown; the table is "" where it is about all.
        name: of the chain that a rule is in, of the set of an element, else its own; "" where it is about all.
        handle: the kernel's number of it, where the message says it.
        number: by which other messages of the batch name a set or chain, else 0.
        type: of an object, "" where the message does not say it.
        asked: a program asks for it; else the kernel says that it is so.
        flags: of the message's header.
        at: number of the message.
        batch: id of the batch that it is in, else 0.
    """

    verb: Verb
    kind: Kind
    family: str
    table: str
    name: str
    handle: int | None
    number: int
    type: str
    asked: bool
    flags: int
    at: int
    batch: int = 0

    @property
    def owner(self) -> Owner:
        """The kind of the object that it is a step of: of a chain for its rules, of a set for its elements."""
        return _OWNERS[self.kind]

    @property
    def place(self) -> Place:
        """Which object that is."""
        names = (self.owner, self.family, self.table, self.name)
        if self.allocated:  # not the only one that a program calls so
            return (*names, f"{self.number} of {self.batch}")
        return (*names, self.type) if self.kind == "object" else names

    @property
    def allocated(self) -> bool:
        """Whether the kernel is yet to complete its name."""
        return ALLOCATED in self.name

    @property
    def whole(self) -> bool:
        """Whether it is the object itself that comes or goes, not a rule or element."""
        return self.kind == self.owner


def change_of(message: NetlinkMessage) -> Change | None:
    """Read a message; None for what changes nothing: questions, generations, traces."""
    found = _TYPES.get(message.type_name)
    if found is None:
        return None
    verb, kind = found
    values, owner = message.values, _OWNERS[kind]
    itself = kind == owner
    table = values.first("name" if kind == "table" else "table")
    name = table if kind == "table" else values.first("name" if itself else owner)
    number = values.number("id" if itself else f"{owner}-id")
    if name is None and owner == "chain" and number:
        name = _NO_NAME
    handle = values.first("handle")
    return Change(
        verb, kind, str(values.first("nfgen-family") or ""), str(table or ""), str(name or ""),
        handle if isinstance(handle, int) else None, number,
        str(values.first("type") or "") if kind == "object" else "",
        message.direction == "to-kernel", message.flags, message.number,
    )  # fmt: skip


def stem(name: str) -> str:
    """How a program calls what the kernel calls this: `__set%d` of `__set0`; "" of a name without a number."""
    bare = name.rstrip("0123456789")
    return f"{bare}{ALLOCATED}" if bare != name else ""


def made(kind: Kind, message: NetlinkMessage) -> str:
    """What a new object is, in words; "" where there is nothing to say."""
    return _cut(message.values.summarise(_MADE[kind])).strip()


def wished(kind: Kind, message: NetlinkMessage) -> str:
    """What a message changes of an object that is there; "" where it changes nothing."""
    return _cut(message.values.summarise(_WISHED.get(kind, ""))).strip()


def rule_text(message: NetlinkMessage) -> str:
    """A rule in words, "" where the message has only its handle."""
    values = message.values
    parts = _cut(values.summarise("[{expressions}]")), values.summarise('[comment "{userdata.comment}"]')
    return " ".join(filter(None, parts))


def rule_verb(change: Change) -> str:
    """What becomes of a rule: `added` behind the others, `inserted` before them, `replaced`, `deleted`."""
    if change.verb == "delete":
        return "deleted"
    if change.asked and change.flags & NLM_F_REPLACE:
        return "replaced"
    return "added" if change.flags & NLM_F_APPEND else "inserted"


def elements_of(message: NetlinkMessage) -> tuple[int, str]:
    """How many elements a message names, and the first of them as text."""
    count = sum(not node.number("flags") & _INTERVAL_END for node in _each(message.values.get("elements")))
    return count, _cut(message.values.summarise("[{elements}]"))


def facts_of(change: Change) -> dict[str, Any]:
    """What tells an object from others, as JSON has it."""
    facts: dict[str, Any] = {"family": change.family, "table": change.table}
    if change.owner != "table":
        facts["name"] = change.name
    if change.kind == "object":
        facts["type"] = change.type or None
    return facts


def title_of(change: Change, message: NetlinkMessage) -> str:
    """What an object is, in one line."""
    word: str = change.type or change.owner
    flags = message.values.first("flags")
    if change.kind == "set" and isinstance(flags, list) and "map" in flags:
        word = "map"
    names = (change.family, change.table) if change.owner == "table" else (change.family, change.table, change.name)
    return " ".join((word, *filter(None, names)))


def _each(node: Node | None) -> Iterator[Node]:
    """The elements of a list, whether it is a node itself or its elements stand in its place."""
    for part in node.parts() if node is not None else ():
        yield from part.parts() if part.kind == "list" else (part,)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
