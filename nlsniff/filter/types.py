"""Message types by their constants, and what a protocol and a type number may be called."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.spec import cache
from nlsniff.wire.constants import CONTROL_TYPES, NETLINK_GENERIC
from nlsniff.wire.names import as_constant, normal, protocol_name
from nlsniff.wire.nlmsg import is_control

if TYPE_CHECKING:
    from nlsniff.spec.family import Family
    from nlsniff.spec.model import Operation
    from nlsniff.spec.registry import Registry

CUT = "NLMSG_CUT"  # of a message that is cut in its header; its type is 0
# The name of a type that no dissector names: ROUTE_99, NL80211_CMD_200, NLMSG_7.
_NUMBERED = r"(?i)[A-Z][A-Z0-9_]*_\d+"
_FORMAT = b"message types 2"  # a new number when what is kept of them changes

# What every protocol has.
_CONTROL = {
    "NLMSG_NOOP": "Nothing.",
    "NLMSG_ERROR": "An error, or an ACK: errno == 0.",
    "NLMSG_DONE": "The end of a dump.",
    "NLMSG_OVERRUN": "Messages were lost.",
    CUT: "A message that is cut in its header.",
}


class Constant(NamedTuple):
    """The constant of a message type, its description, and the (protocol, type) numbers that it may have.

    `generic` says that a generic netlink family has it; only the capture tells the id of a family.
    """

    name: str
    doc: str
    pairs: frozenset[tuple[int, int]] = frozenset()
    generic: bool = False


class Types:
    """The message types of a registry, from the cache where it has them."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._constants: dict[str, Constant] | None = None
        self._table: dict[str, Any] | None = None

    def constants(self) -> dict[str, Constant]:
        """Every constant by its normal form."""
        if self._constants is None:
            self._constants = {normal(name): Constant(name, doc) for name, doc in _CONTROL.items()}
            for name, found in self._kept()["constants"].items():
                # A dissector may call a type of its own like one of all protocols.
                self._constants.setdefault(name, _constant_of(found))
        return self._constants

    def constant(self, text: str) -> Constant | None:
        """A message type by its constant, or by the name that nlsniff gives to a number without a constant."""
        wanted = normal(text)
        kept = self._kept()["constants"].get(wanted)
        if kept is not None:
            return _constant_of(kept)
        name = next((item for item in _CONTROL if normal(item) == wanted), None)
        if name is not None:
            return Constant(name, "")
        return Constant(text.upper(), "", generic=True) if re.fullmatch(_NUMBERED, text) else None

    def possible(self, protocol: int, type_: int) -> frozenset[str] | None:
        """The names that a message of that type may have; None where its bytes decide. See `nlsniff.decode.layouts`."""
        if is_control(protocol, type_):
            name = CONTROL_TYPES.get(type_, f"NLMSG_{type_}")
            return frozenset({name} if type_ else {name, CUT})
        if protocol == NETLINK_GENERIC:
            return None
        names, owned = self._kept()["names"].get(f"{protocol} {type_}", ((), False))
        if owned:
            return frozenset(names)
        return frozenset({*names, f"{as_constant(protocol_name(protocol))}_{type_}"})

    def _kept(self) -> dict[str, Any]:
        """`constants` and `names` of `_make`, from the cache because `_make` loads all families."""
        if self._table is None:
            entries = [self._registry.entry(name) for name in self._registry.names]
            variants = [variant for entry in entries for variant in (*entry.variants, *entry.overlays)]
            key = cache.digest(_FORMAT, *(part.digest for variant in variants for part in variant.parts))
            kept = cache.cached(key)
            self._table = kept if kept is not None else cache.store(key, self._make())
        return self._table

    def ending(self, text: str) -> Constant | None:
        """The message type whose constant ends in some words (`NEWROUTE`, `MSG_NEWSA`), where it is the only one."""
        tail = normal(text)
        found = [item for name, item in self.constants().items() if name == tail or name.endswith(f"-{tail}")]
        return found[0] if len(found) == 1 else None

    def _make(self) -> dict[str, Any]:
        constants: dict[str, Constant] = {}

        def add(new: Constant) -> None:
            old = constants.get(normal(new.name), new)
            # Several operations may have one constant: variants by family, and a request beside its answer.
            constants[normal(new.name)] = Constant(
                old.name, old.doc or new.doc, old.pairs | new.pairs, old.generic or new.generic
            )

        for name in self._registry.names:
            family = self._registry.family(name)
            for new in _of(family) if family is not None else ():
                add(new)
        names: dict[str, tuple[list[str], bool]] = {}
        for protocol, type_ in self._registry.numbers:
            entries = self._registry.raw(protocol, type_)
            owner = next((operation for _, operation, own in entries if own), None)
            if owner is not None:
                called = {(operation if own else owner).constant for _, operation, own in entries}
            else:
                answers = [_answer(operation, frozenset({(protocol, type_)})) for _, operation, _ in entries]
                called = {answer.name for answer in answers}
                for answer in answers:
                    add(answer)
            names[f"{protocol} {type_}"] = sorted(called), owner is not None
        return {
            "constants": {name: [*item[:2], sorted(item.pairs), item.generic] for name, item in constants.items()},
            "names": names,
        }


def _constant_of(kept: list[Any]) -> Constant:
    name, doc, pairs, generic = kept
    return Constant(name, doc, frozenset((protocol, type_) for protocol, type_ in pairs), generic)


@lru_cache(maxsize=8)
def types_of(registry: Registry) -> Types:
    """The message types of a registry, the same object every time."""
    return Types(registry)


def _of(family: Family) -> list[Constant]:
    """The constants of a family; of generic netlink also those of its answers."""
    found = []
    own = {
        (item.reply.number, item.notification)
        for item in family.operations
        if item.reply is not None and (item.request is None or item.request.number == item.reply.number)
    }
    # An operation for all address families comes before one for some: its description is shown.
    for operation in sorted(family.operations, key=lambda item: bool(item.when)):
        numbers = {form.number for form in (operation.request, operation.reply, operation.dump) if form}
        if not family.generic:
            pairs = frozenset((family.protonum, number) for number in numbers)
            found.append(Constant(operation.constant, operation.doc, pairs))
            continue
        found.append(Constant(operation.constant, operation.doc, generic=True))
        if operation.reply is not None and (operation.reply.number, operation.notification) not in own:
            found.append(_answer(operation, generic=True))
    return found


def _answer(
    operation: Operation, pairs: frozenset[tuple[int, int]] = frozenset(), *, generic: bool = False
) -> Constant:
    """The name of an answer whose number is nobody's own; see `nlsniff.decode.layouts`."""
    return Constant(f"{operation.constant}_REPLY", f"The answer to {operation.constant}.", pairs, generic)
