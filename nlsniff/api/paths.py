"""Values of a message by the name of their field, in any spelling; and which names there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlsniff.api.refusals import UnknownFieldError
from nlsniff.filter.fields import Found, catalog
from nlsniff.filter.header import EXTACK, HEADER
from nlsniff.output.json import body, value_of
from nlsniff.wire.constants import NLMSG_DONE, NLMSG_ERROR
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from difflib import SequenceMatcher

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.spec.registry import Registry

# What is no field of a dissector: the headers of netlink, what control messages begin with, and bytes without a name.
_OWN: dict[str, frozenset[str]] = {
    "nlmsghdr": frozenset({"len", "type", "flags", "seq", "pid"}),
    "genlmsghdr": frozenset({"cmd", "version"}),
    "error": frozenset(),
    "unknown-bytes": frozenset(),
}
_REQUEST = "request"  # the copy of a request inside of an NLMSG_ERROR, with all that a request has
_BESIDE = ("-name", "-unknown-bytes")  # how JSON calls what stands beside a value
_MISSING = object()


class Paths:
    """Looks values up by path, and remembers which paths mean something.

    Args:
        registry: the dissectors.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._catalog = catalog(registry)
        self._known: set[str] = set()

    def value(self, message: NetlinkMessage, path: str, default: Any) -> Any:
        """The JSON value at a path, or `default` where the message lacks it.

        Raises:
            UnknownFieldError: no dissector knows it.
        """
        names = normal(path).split(".")
        found = _at(message.root, names)
        prefix = self._prefix(message)
        if found is _MISSING and names[: len(prefix)] == prefix and len(names) > len(prefix):
            found = _at(message.root, names[len(prefix) :])
        if found is not _MISSING:
            return found
        own = ".".join(prefix)
        if (key := f"{own}:{'.'.join(names)}") not in self._known:
            if not self._is_known(names, own):
                raise self._refusal(path, names, own)
            self._known.add(key)
        return default

    def _prefix(self, message: NetlinkMessage) -> list[str]:
        """What filters put before the fields of such a message."""
        if message.type in {NLMSG_ERROR, NLMSG_DONE} and message.layout.family is None:
            return [EXTACK]
        family = message.layout.family
        return normal(family.prefix).split(".") if family is not None else []

    def _is_known(self, names: list[str], own: str) -> bool:
        first, rest = names[0], names[1:]
        if first in _OWN:
            return not rest or (len(rest) == 1 and rest[0] in _OWN[first])
        if first == _REQUEST and (not rest or self._is_known(rest, own)):
            return True
        name = ".".join(names)
        stems = [name, *(name.removesuffix(suffix) for suffix in _BESIDE if name.endswith(suffix))]
        return any(self._has(stem, own) for stem in stems)

    def _has(self, name: str, own: str) -> bool:
        """Whether a field has that name: with its prefix, in the message's own family, or in any other."""
        find = self._catalog.find
        if isinstance(find(name), Found) or (own and isinstance(find(f"{own}.{name}"), Found)):
            return True
        for prefix in self._prefixes():
            found = find(f"{prefix}.{name}")
            # Where messages bring names of their own, and inside of what a hook reads, each name means something.
            if isinstance(found, Found) and any(entry.field.hook != "any" for entry in found.entries):
                return True
        return False

    def _prefixes(self) -> Iterator[str]:
        """Of all families; loaded one by one, as most names are found in one of the first."""
        yield EXTACK
        for name in self._registry.names:
            family = self._registry.family(name)
            if family is not None and family.operations:
                yield family.prefix

    def _refusal(self, path: str, names: list[str], own: str) -> UnknownFieldError:
        name = ".".join(names)
        if name in HEADER or name.replace("-", "_") in {"type_value", "time_ns", "summary", "number"}:
            return UnknownFieldError(f"{path!r} is no field of the body: see the attributes of the message")
        others = (f"{prefix}.{name}" for prefix in sorted(self._prefixes(), key=lambda item: item.startswith("genl.")))
        near = self._near(([f"{own}.{name}"] if own else []), own) or self._near([name], own) or self._near(others, own)
        from difflib import SequenceMatcher as Matcher  # for a mistake alone

        likeness = Matcher(b=names[-1])
        near.sort(key=lambda item: -_likeness(likeness, item.rpartition(".")[2]))
        meant = f": did you mean {' or '.join(near[:3])}?" if near else "; `nlsniff fields` lists all"
        return UnknownFieldError(f"no dissector knows a field {path!r}{meant}")

    def _near(self, names: Iterable[str], own: str) -> list[str]:
        """Fields that were perhaps meant, as a message of a family may call them."""
        found = (self._catalog.find(name) for name in names)
        near = [item for one in found if not isinstance(one, Found) for item in one.near if "." in item]
        return list(dict.fromkeys(item.removeprefix(f"{own}.") for item in near))


def _likeness(likeness: SequenceMatcher[str], name: str) -> float:
    likeness.set_seq1(name)
    return likeness.ratio()


def _at(root: Node, names: Sequence[str]) -> Any:
    """The value at a path; _MISSING without one."""
    nodes, several = _nodes(root, names, several=False)
    if nodes:
        return _values(nodes) if several else value_of(nodes[-1])
    # Parts of a number, and what stands beside a value (its name, bytes behind it), have no node of their own.
    *above, last = names
    if not above and not last.endswith(_BESIDE):
        return _MISSING
    owners, several = _nodes(root, above, several=False) if above else ([root], False)
    objects = [value_of(owner) for owner in owners] if above else [body(root)]
    found = [value for item in objects if isinstance(item, dict) for key, value in item.items() if normal(key) == last]
    return (found if several else found[-1]) if found else _MISSING


def _nodes(node: Node, names: Sequence[str], *, several: bool) -> tuple[list[Node], bool]:
    """The nodes at a path below a node, and whether it leads through what may come several times."""
    if node.kind == "list":
        elements = [_nodes(child, names, several=True)[0] for child in node.children]
        return [item for items in elements for item in items], True
    name, rest = names[0], names[1:]
    # Padding of zeros is nothing that is said.
    found = [
        part
        for part in node.parts()
        if normal(part.name) == name and (part.kind != "padding" or part.value is not None)
    ]
    if not found:
        return [], several
    if found[0].repeats or (len(found) > 1 and found[0].spec is None):  # of what nobody describes, each may matter
        several = True
    elif len(found) > 1 and (counting := node.get(found[0].name)) is not None:
        found = [counting]
    if not rest:
        return found, several
    nodes: list[Node] = []
    for part in found:
        below, inside = _nodes(part, rest, several=several)
        nodes += below
        several = several or inside
    return nodes, several


def _values(nodes: list[Node]) -> list[Any]:
    """What came several times as one list; an array may go on in the next attribute of its type."""
    values: list[Any] = []
    for node in nodes:
        value = value_of(node)
        if node.repeats and node.kind == "list":
            values.extend(value)
        else:
            values.append(value)
    return values
