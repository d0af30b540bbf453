"""What `--groups` means: names of protocols, of multicast groups, and of generic netlink families."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING

from nlsniff.capture.families import generic_groups
from nlsniff.capture.groups import MulticastGroup
from nlsniff.errors import NlsniffError
from nlsniff.spec.groups import groups_of, protocols_with_groups
from nlsniff.wire.constants import NETLINK_GENERIC, PROTOCOL_NAMES
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from nlsniff.spec.registry import Registry

_NUMBERS = {name: number for number, name in PROTOCOL_NAMES.items()} | {"uevent": 15}
_ALL_GENERIC = "generic"


def chosen_groups(text: str, registry: Registry) -> tuple[MulticastGroup, ...]:
    """Read the value of --groups: names with commas between.

    Raises:
        NlsniffError: for a name that means nothing; says which do.
    """
    known = _Known(registry)
    found: dict[tuple[int, int], MulticastGroup] = {}
    for name in (word.strip() for word in text.split(",")):
        for group in known.find(name):
            before = found.get((group.protocol, group.number))
            if before is None or before.optional:
                found[group.protocol, group.number] = group
    return tuple(found.values())


def listing(registry: Registry) -> list[str]:
    """Return all that --groups knows on this kernel, a line for each protocol or family."""
    known = _Known(registry)
    rows = [*sorted(known.raw.items()), *sorted(known.generic.items())]
    return [f"{name:<16} {' '.join(groups)}" for name, groups in rows]


class _Known:
    """The groups that have names: of classic protocols, and of this kernel's generic netlink families."""

    def __init__(self, registry: Registry) -> None:
        found = {_protocol_name(number): groups_of(registry, number) for number in protocols_with_groups(registry)}
        self.raw = {name: groups for name, groups in found.items() if groups}
        self.generic = generic_groups() if sys.platform == "linux" else {}

    def find(self, name: str) -> list[MulticastGroup]:
        """The groups that a name means."""
        word = normal(name)
        if word == _ALL_GENERIC:
            found = [_all(family, NETLINK_GENERIC, groups, optional=True) for family, groups in self.generic.items()]
            return [group for groups in found for group in groups]
        if word in self.raw:
            return _all(word, _NUMBERS[word], self.raw[word], optional=True)
        if name in self.generic:
            return _all(name, NETLINK_GENERIC, self.generic[name], optional=False)
        head, _, tail = name.partition(".")
        if tail in self.generic.get(head, {}):
            return [MulticastGroup(name, NETLINK_GENERIC, self.generic[head][tail])]
        head, _, tail = word.partition(".")
        if tail in self.raw.get(head, {}):
            return [MulticastGroup(word, _NUMBERS[head], self.raw[head][tail])]
        if tail.isdigit() and 0 < int(tail) < 1 << 31 and head in _NUMBERS:
            return [MulticastGroup(word, _NUMBERS[head], int(tail))]
        alone = [(protocol, groups[word]) for protocol, groups in self.raw.items() if word in groups]
        if len(alone) == 1:
            return [MulticastGroup(word, _NUMBERS[alone[0][0]], alone[0][1])]
        raise self._unknown(name, [f"{protocol}.{word}" for protocol, _ in alone])

    def _unknown(self, name: str, meant: list[str]) -> NlsniffError:
        if not meant:
            names = [*self.raw, *self.generic, _ALL_GENERIC]
            for family, groups in (*self.raw.items(), *self.generic.items()):
                names += [*groups, *(f"{family}.{group}" for group in groups)]
            meant = list(dict.fromkeys(get_close_matches(name, names, n=3)))
        hint = f" (did you mean {' or '.join(meant)}?)" if meant else ""
        return NlsniffError(f"there is no group {name!r}{hint}; `nlsniff capture --groups help` lists all")


def _all(name: str, protocol: int, groups: dict[str, int], *, optional: bool) -> list[MulticastGroup]:
    """All groups of a protocol or family."""
    return [MulticastGroup(f"{name}.{group}", protocol, number, optional) for group, number in groups.items()]


def _protocol_name(number: int) -> str:
    return "uevent" if number == _NUMBERS["uevent"] else PROTOCOL_NAMES.get(number, str(number))
