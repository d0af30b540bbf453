"""What the values in a rule of nf_tables are, told by what its expressions put into the registers before.

A rule loads something into a register (`meta load iifname`) and then compares the register with bytes, which say
nothing of themselves. So the expressions are run through in their order, and it is noted what each register holds. A
value that a rule puts into a register itself is what the expression takes it for that reads the register later (nat).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.rule_kinds import (
    CT,
    ETHER,
    ETHER_TYPES,
    FAMILIES,
    FIB,
    FIB_PRESENT,
    IP,
    IP6,
    IPV4,
    IPV6,
    LINK,
    LINK_HEADER,
    META,
    NETWORK_HEADER,
    NFPROTO,
    NUMBER,
    PORT,
    PROTO,
    RT,
    SOCKET,
    TEXT,
    TRANSPORT_HEADER,
    XFRM,
    YES,
    Kind,
)
from nlsniff.wire.attr import HEADER_SIZE, walk_attrs
from nlsniff.wire.constants import NLA_TYPE_MASK

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.context import Context

    _Spans = dict[int, tuple[int, int]]

_ELEM, _EXPR_NAME, _EXPR_DATA, _DATA_VALUE = 1, 1, 2, 1
_FIRST_SLOT, _LAST_SLOT, _OLD_REGISTERS, _SLOTS = 8, 23, 4, 4  # register 8 has the first 4 bytes of register 1


class _Rule:
    """What the registers hold while a rule is run through.

    Attributes:
        told: by where an expression begins, what its values are.
    """

    __slots__ = ("_ctx", "_family", "_given", "_held", "_network", "_transport", "at", "told")

    def __init__(self, ctx: Context, family: int) -> None:
        self._ctx = ctx
        self._family = self._network = FAMILIES.get(family, 0)
        self._transport = -1
        self._held: dict[int, tuple[int, Kind]] = {}  # by the first slot, the one behind the last, and what it is
        self._given: dict[int, int] = {}  # by the first slot, the expression that gave the value
        self.at = 0
        self.told: dict[int, Kind] = {}

    def number(self, spans: _Spans, which: int) -> int:
        """The value of an attribute, which decides; -1 where it is missing."""
        start, end = spans.get(which, (0, 0))
        if start == end:
            return -1
        self._ctx.decide(start, end)
        return int.from_bytes(self._ctx.data[start:end], "big")

    def inside(self, spans: _Spans, which: int) -> _Spans:
        """The attributes of a nest."""
        return attributes(self._ctx, *spans.get(which, (0, 0)))

    def load(self, register: int, kind: Kind | None, size: int = 16) -> None:
        """Something is written to a register; `kind` is None where it cannot be told."""
        slot = _slot(register)
        if not 0 <= slot <= _LAST_SLOT:
            return
        behind = slot + max((size + 3) // 4, 1)
        for first, (last, _) in list(self._held.items()):
            if first < behind and slot < last:
                del self._held[first]
        for first in list(self._given):
            if slot <= first < behind:
                del self._given[first]
        if kind is not None:
            self._held[slot] = behind, kind

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
        return self._held.get(_slot(register), (0, None))[1]

    def learn(self, kind: Kind | None, value: int) -> None:
        """What follows in the rule sees packets of this protocol only."""
        if kind == PROTO:
            self._transport = value
        elif kind == NFPROTO:
            self._network = FAMILIES.get(value, 0)
        elif kind == ETHER:
            self._network = ETHER_TYPES.get(value, 0)

    def header(self, base: int, offset: int, length: int) -> Kind | None:
        """What a part of a packet is."""
        if base == 0:
            parts = LINK_HEADER
        elif base == 1:
            parts = NETWORK_HEADER.get(self._network, {})
        else:
            parts = TRANSPORT_HEADER.get(self._transport, {}) if base == 2 else {}
        return parts.get((offset, length))

    def address(self, family: int = -1) -> Kind | None:
        """The address of a family, else of that of the table."""
        return {IPV4: IP, IPV6: IP6}.get(FAMILIES.get(family, self._family))


def _slot(register: int) -> int:
    """The 4 bytes that a register begins with."""
    return _FIRST_SLOT + _SLOTS * (register - 1) if 0 < register <= _OLD_REGISTERS else register


def attributes(ctx: Context, start: int, end: int) -> _Spans:
    """Where the payloads of attributes are, by number; of several the last."""
    return {
        span.type & NLA_TYPE_MASK: (span.start + HEADER_SIZE, span.end)
        for span in walk_attrs(ctx.data, start, end, ctx.headers)
        if not span.fault
    }


def rule_types(ctx: Context, start: int, end: int, family: int) -> dict[int, Kind]:
    """What the values of each expression of a rule are, by where the attributes of the expression begin.

    Args:
        ctx: of the message.
        start: of the list of expressions.
        end: of the list.
        family: of the table, a number of NFPROTO_*.
    """
    rule = _Rule(ctx, family)
    for span in walk_attrs(ctx.data, start, end, ctx.headers):
        if span.type & NLA_TYPE_MASK != _ELEM or span.fault:
            continue
        rule.at = span.start + HEADER_SIZE
        parts = attributes(ctx, rule.at, span.end)
        name = parts.get(_EXPR_NAME, (0, 0))
        ctx.decide(*name)
        run = _EXPRESSIONS.get(ctx.data[name[0] : name[1]].rstrip(b"\0"))
        if run is not None:
            run(rule, attributes(ctx, *parts.get(_EXPR_DATA, (0, 0))))
    return rule.told


# -- expressions, each with the numbers of its attributes --------------------------------------------------------------


def _bitwise(rule: _Rule, spans: _Spans) -> None:
    shifts = rule.number(spans, 6) in {1, 2}
    kind = rule.compare(rule.number(spans, 1))
    if shifts or kind is None:
        rule.told.pop(rule.at, None)
    rule.load(rule.number(spans, 2), None if shifts else kind, max(rule.number(spans, 3), 4))


def _byteorder(rule: _Rule, spans: _Spans) -> None:
    kind = rule.held(rule.number(spans, 1))
    length = rule.number(spans, 4)
    one = length == rule.number(spans, 5)
    rule.load(rule.number(spans, 2), kind.turned() if kind is not None and one else None, length)


def _cmp(rule: _Rule, spans: _Spans) -> None:
    kind = rule.compare(rule.number(spans, 1))
    equal = rule.number(spans, 2) == 0
    if equal and kind in {PROTO, NFPROTO, ETHER}:
        rule.learn(kind, rule.number(rule.inside(spans, 3), _DATA_VALUE))


def _ct(rule: _Rule, spans: _Spans) -> None:
    kind = CT.get(rule.number(spans, 2))
    if 1 in spans:
        rule.load(rule.number(spans, 1), kind)
    rule.take(rule.number(spans, 4), kind)


def _dup(rule: _Rule, spans: _Spans) -> None:
    rule.take(rule.number(spans, 1), rule.address())
    rule.take(rule.number(spans, 2), LINK)


def _exthdr(rule: _Rule, spans: _Spans) -> None:
    rule.load(rule.number(spans, 1), YES if rule.number(spans, 5) == 1 else None)


def _fib(rule: _Rule, spans: _Spans) -> None:
    present = max(rule.number(spans, 3), 0) & FIB_PRESENT
    rule.load(rule.number(spans, 1), YES if present else FIB.get(rule.number(spans, 2)))


def _fwd(rule: _Rule, spans: _Spans) -> None:
    rule.take(rule.number(spans, 1), LINK)
    rule.take(rule.number(spans, 2), rule.address(rule.number(spans, 3)))


def _immediate(rule: _Rule, spans: _Spans) -> None:
    start, end = rule.inside(spans, 2).get(_DATA_VALUE, (0, 0))
    rule.give(rule.number(spans, 1), end - start)


def _masq(rule: _Rule, spans: _Spans) -> None:
    for which in (2, 3):
        rule.take(rule.number(spans, which), PORT)


def _meta(rule: _Rule, spans: _Spans) -> None:
    kind = META.get(rule.number(spans, 2))
    if 1 in spans:
        rule.load(rule.number(spans, 1), kind)
    rule.take(rule.number(spans, 3), kind)


def _nat(rule: _Rule, spans: _Spans) -> None:
    address = rule.address(rule.number(spans, 2))
    for which, kind in ((3, address), (4, address), (5, PORT), (6, PORT)):
        rule.take(rule.number(spans, which), kind)


def _payload(rule: _Rule, spans: _Spans) -> None:
    base, offset, length = (rule.number(spans, which) for which in (2, 3, 4))
    kind = rule.header(base, offset, length)
    if 1 in spans:
        rule.load(rule.number(spans, 1), kind, length)
    rule.take(rule.number(spans, 5), kind)


def _range(rule: _Rule, spans: _Spans) -> None:
    rule.compare(rule.number(spans, 1))


def _redir(rule: _Rule, spans: _Spans) -> None:
    for which in (1, 2):
        rule.take(rule.number(spans, which), PORT)


def _tproxy(rule: _Rule, spans: _Spans) -> None:
    rule.take(rule.number(spans, 2), rule.address(rule.number(spans, 1)))
    rule.take(rule.number(spans, 3), PORT)


def _loads(register: int, kinds: dict[int, Kind], key: int) -> Callable[[_Rule, _Spans], None]:
    """An expression that loads what the attribute `key` says into what the attribute `register` says."""

    def run(rule: _Rule, spans: _Spans) -> None:
        rule.load(rule.number(spans, register), kinds.get(rule.number(spans, key)))

    return run


def _always(register: int, kind: Kind | None) -> Callable[[_Rule, _Spans], None]:
    """An expression that loads the same thing whatever else it says."""

    def run(rule: _Rule, spans: _Spans) -> None:
        if register in spans:
            rule.load(rule.number(spans, register), kind)

    return run


_EXPRESSIONS: dict[bytes, Callable[[_Rule, _Spans], None]] = {
    b"bitwise": _bitwise,
    b"byteorder": _byteorder,
    b"cmp": _cmp,
    b"ct": _ct,
    b"dup": _dup,
    b"exthdr": _exthdr,
    b"fib": _fib,
    b"fwd": _fwd,
    b"hash": _always(2, NUMBER),
    b"immediate": _immediate,
    b"lookup": _always(3, None),
    b"masq": _masq,
    b"meta": _meta,
    b"nat": _nat,
    b"numgen": _always(1, NUMBER),
    b"osf": _always(1, TEXT),
    b"payload": _payload,
    b"range": _range,
    b"redir": _redir,
    b"rt": _loads(1, RT, 2),
    b"socket": _loads(2, SOCKET, 1),
    b"tproxy": _tproxy,
    b"tunnel": _always(2, None),
    b"xfrm": _loads(1, XFRM, 2),
}
