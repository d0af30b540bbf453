"""What the registers of nf_tables hold, and what a rule has said of its packets, while a rule is run through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.rule_kinds import (
    ETHER,
    ETHER_TYPES,
    FAMILIES,
    IP,
    IP6,
    IPV4,
    IPV6,
    LINK_HEADER,
    NETWORK_HEADER,
    NFPROTO,
    PROTO,
    TRANSPORT_HEADER,
)  # fmt: skip
from nlsniff.wire.attr import HEADER_SIZE, walk_attrs
from nlsniff.wire.constants import NLA_TYPE_MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nlsniff.decode.context import Context
    from nlsniff.decode.rule_kinds import Kind

    Spans = dict[int, tuple[int, int]]
    Expression = Callable[["Registers", Spans], None]

_EXPR_NAME, _EXPR_DATA = 1, 2
_FIRST_SLOT, _LAST_SLOT, _OLD_REGISTERS, _SLOTS = 8, 23, 4, 4  # register 8 has the first 4 bytes of register 1


class _Protocols:
    """What a rule has said of the protocols of a packet, or of the packet inside of it (`inner`)."""

    __slots__ = ("network", "transport")

    def __init__(self, network: int) -> None:
        self.network = network
        self.transport = -1


class Registers:
    """What the registers hold while a rule is run through.

    Args:
        ctx: of the message.
        family: of the table, a number of NFPROTO_*.
        expressions: by name, what an expression does.

    Attributes:
        at: where the expression begins that is run.
        seen: what is said of the packet that this expression is about.
        told: by where an expression begins, what its values are.
    """

    __slots__ = ("_ctx", "_expressions", "_family", "_given", "_held", "_inner", "_outer", "at", "seen", "told")

    def __init__(self, ctx: Context, family: int, expressions: Mapping[bytes, Expression]) -> None:
        self._ctx = ctx
        self._expressions = expressions
        self._family = FAMILIES.get(family, 0)
        self._outer, self._inner = _Protocols(self._family), _Protocols(0)
        self.seen = self._outer
        # By the first slot, the one behind the last, what is there, and of which packet.
        self._held: dict[int, tuple[int, Kind, _Protocols]] = {}
        self._given: dict[int, int] = {}  # by the first slot, the expression that gave the value
        self.at = 0
        self.told: dict[int, Kind] = {}

    def number(self, spans: Spans, which: int) -> int:
        """The value of an attribute, which decides; -1 where it is missing."""
        start, end = spans.get(which, (0, 0))
        if start == end:
            return -1
        self._ctx.decide(start, end)
        return int.from_bytes(self._ctx.data[start:end], "big")

    def inside(self, spans: Spans, which: int) -> Spans:
        """The attributes of a nest."""
        return attributes(self._ctx, *spans.get(which, (0, 0)))

    def load(self, register: int, kind: Kind | None, size: int = 16) -> None:
        """Something is written to a register; `kind` is None where it cannot be told."""
        slot = _slot(register)
        if not 0 <= slot <= _LAST_SLOT:
            return
        behind = slot + max((size + 3) // 4, 1)
        for first, (last, _, _) in list(self._held.items()):
            if first < behind and slot < last:
                del self._held[first]
        for first in list(self._given):
            if slot <= first < behind:
                del self._given[first]
        if kind is not None:
            self._held[slot] = behind, kind, self.seen

    def give(self, register: int, size: int) -> None:
        """This expression gives a register a value, of which it is not said yet what it is."""
        self.load(register, None, size)
        if 0 < _slot(register) <= _LAST_SLOT:
            self._given[_slot(register)] = self.at

    def take(self, register: int, kind: Kind | None) -> None:
        """A register is read for something; what gave it a value is told by that."""
        giver = self._given.get(_slot(register))
        if giver is not None and kind is not None:
            self.told[giver] = kind

    def compare(self, register: int) -> Kind | None:
        """This expression has values to compare a register with."""
        kind = self.held(register)
        if kind is not None:
            self.told[self.at] = kind
        return kind

    def held(self, register: int) -> Kind | None:
        """What a register holds."""
        found = self._held.get(_slot(register))
        return found[1] if found is not None else None

    def learn(self, register: int, value: int) -> None:
        """What follows in the rule sees only packets of which a register has this value."""
        _, kind, seen = self._held[_slot(register)]
        if kind == PROTO:
            seen.transport = value
        elif kind == NFPROTO:
            seen.network = FAMILIES.get(value, 0)
        elif kind == ETHER:
            seen.network = ETHER_TYPES.get(value, 0)

    def run(self, start: int, end: int) -> None:
        """Run the expression whose attributes are there."""
        parts = attributes(self._ctx, start, end)
        name = parts.get(_EXPR_NAME, (0, 0))
        self._ctx.decide(*name)
        known = self._expressions.get(self._ctx.data[name[0] : name[1]].rstrip(b"\0"))
        if known is not None:
            known(self, self.inside(parts, _EXPR_DATA))

    def run_inside(self, span: tuple[int, int]) -> None:
        """Run an expression that is about the packet inside of the packet."""
        if self.seen is self._outer:
            self.seen = self._inner
            self.run(*span)
            self.seen = self._outer

    def header(self, base: int, offset: int, length: int) -> Kind | None:
        """What a part of a packet is."""
        if base == 0:
            parts = LINK_HEADER
        elif base == 1:
            parts = NETWORK_HEADER.get(self.seen.network, {})
        else:
            parts = TRANSPORT_HEADER.get(self.seen.transport, {}) if base == 2 else {}
        return parts.get((offset, length))

    def address(self, family: int = -1) -> Kind | None:
        """The address of a family, else of that of the table."""
        return {IPV4: IP, IPV6: IP6}.get(FAMILIES.get(family, self._family))


def _slot(register: int) -> int:
    """The 4 bytes that a register begins with."""
    return _FIRST_SLOT + _SLOTS * (register - 1) if 0 < register <= _OLD_REGISTERS else register


def attributes(ctx: Context, start: int, end: int) -> Spans:
    """Where the payloads of attributes are, by number; of several the last."""
    return {
        span.type & NLA_TYPE_MASK: (span.start + HEADER_SIZE, span.end)
        for span in walk_attrs(ctx.data, start, end, ctx.headers)
        if not span.fault
    }
