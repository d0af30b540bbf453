"""Message types by their constants, and what a protocol and a type number may be called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.filter.levels import normal
from nlsniff.wire.constants import CONTROL_TYPES, NETLINK_GENERIC, NLMSG_MIN_TYPE, PROTOCOL_NAMES

if TYPE_CHECKING:
    from nlsniff.spec.family import Family
    from nlsniff.spec.registry import Registry

CUT = "NLMSG_CUT"  # of bytes that are too few for a header, whose type is then 0
# What a type without a name of its own is called: ROUTE_99, NL80211_CMD_200, NLMSG_7.
_NUMBERED = re.compile(r"[A-Z][A-Z0-9_]*_\d+", re.IGNORECASE)


class Constant(NamedTuple):
    """A message type: what it is for, and the (protocol, type) that may carry it.

    `generic` says that a generic netlink family has it, whose id only the capture tells.
    """

    name: str
    doc: str
    pairs: frozenset[tuple[int, int]] = frozenset()
    generic: bool = False


class Types:
    """The message types of a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._constants: dict[str, Constant] | None = None
        self._possible: dict[tuple[int, int], frozenset[str] | None] = {}

    def constants(self) -> dict[str, Constant]:
        """Every constant by its normal form. The first call loads all families."""
        if self._constants is None:
            found: dict[str, Constant] = {normal(name): Constant(name, "") for name in (*CONTROL_TYPES.values(), CUT)}
            for name in self._registry.names:
                family = self._registry.family(name)
                for new in _of(family) if family is not None else ():
                    old = found.get(normal(new.name), new)
                    # Several operations may have one constant: variants by family, and a request beside its answer.
                    found[normal(new.name)] = Constant(
                        old.name, old.doc or new.doc, old.pairs | new.pairs, old.generic or new.generic
                    )
            self._constants = found
        return self._constants

    def constant(self, text: str) -> Constant | None:
        """A message type by its constant; also by what nlsniff calls a number without a constant."""
        found = self.constants().get(normal(text))
        if found is None and _NUMBERED.fullmatch(text):
            return Constant(text.upper(), "", generic=True)
        return found

    def possible(self, protocol: int, type_: int) -> frozenset[str] | None:
        """What a message of that type may be called; None where its bytes decide. See `nlsniff.decode.layouts`."""
        if type_ < NLMSG_MIN_TYPE:
            name = CONTROL_TYPES.get(type_, f"NLMSG_{type_}")
            return frozenset({name} if type_ else {name, CUT})
        if protocol == NETLINK_GENERIC:
            return None
        entries = self._registry.raw(protocol, type_)
        owner = next((operation for _, operation, own in entries if own), None)
        names = {operation.constant if own or owner is None else owner.constant for _, operation, own in entries}
        if owner is None:
            name = PROTOCOL_NAMES.get(protocol, f"protocol-{protocol}").upper().replace("-", "_")
            names.add(f"{name}_{type_}")
        return frozenset(names)


def _of(family: Family) -> list[Constant]:
    """The constants of a family."""
    found = []
    # What a type means as a rule comes before what it means for some address families: its words are the ones to show.
    for operation in sorted(family.operations, key=lambda item: bool(item.when)):
        numbers = {form.number for form in (operation.request, operation.reply, operation.dump) if form}
        if not family.generic:
            pairs = frozenset((family.protonum, number) for number in numbers)
            found.append(Constant(operation.constant, operation.doc, pairs))
            continue
        found.append(Constant(operation.constant, operation.doc, generic=True))
        if operation.request is not None and operation.reply is not None:
            answer = f"The answer to {operation.constant}."
            found.append(Constant(f"{operation.constant}_REPLY", answer, generic=True))
    return found
