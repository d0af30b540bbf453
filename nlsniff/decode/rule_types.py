"""What the values in a rule of nf_tables are, told by what its expressions put into the registers before.

A rule loads something into a register (`meta load iifname`) and then compares the register with bytes, which say
nothing of themselves. So the expressions are run through in their order, and it is noted what each register holds. A
value that a rule puts into a register itself is what the expression takes it for that reads the register later (nat).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.rule_kinds import (
    BIG,
    CLASS,
    CT,
    ETHER,
    FIB,
    FIB_PRESENT,
    LINK,
    MASKED,
    MAXSEG,
    META,
    NET,
    NET6,
    NFPROTO,
    NUMBER,
    PORT,
    PROTO,
    RT,
    SOCKET,
    TAG,
    TEXT,
    TOS,
    TUNNEL,
    XFRM,
    YES,
    Kind,
)
from nlsniff.decode.rule_registers import Registers
from nlsniff.wire.attr import HEADER_SIZE, walk_attrs
from nlsniff.wire.constants import NLA_TYPE_MASK

if TYPE_CHECKING:
    from nlsniff.decode.context import Context
    from nlsniff.decode.rule_registers import Expression, Spans


_ELEM, _DATA_VALUE = 1, 1


def rule_types(ctx: Context, start: int, end: int, family: int) -> dict[int, Kind]:
    """What the values of each expression of a rule are, by where the attributes of the expression begin.

    Args:
        ctx: of the message.
        start: of the list of expressions.
        end: of the list.
        family: of the table, a number of NFPROTO_*.
    """
    rule = Registers(ctx, family, _EXPRESSIONS)
    for span in walk_attrs(ctx.data, start, end, ctx.headers):
        if span.type & NLA_TYPE_MASK != _ELEM or span.fault:
            continue
        rule.at = span.start + HEADER_SIZE
        rule.run(rule.at, span.end)
    return rule.told


# -- expressions, each with the numbers of its attributes --------------------------------------------------------------


def _bitwise(rule: Registers, spans: Spans) -> None:
    shifts = rule.number(spans, 6) in {1, 2}
    kind = rule.held(rule.number(spans, 1))
    if shifts:
        rule.told[rule.at] = NUMBER  # by how many bits
    elif kind in {TOS, CLASS, TAG, NET, NET6}:  # a mask of which says nothing by itself
        kind = MASKED.get((kind, rule.number(rule.inside(spans, 4), _DATA_VALUE)))
    else:
        rule.compare(rule.number(spans, 1))
    rule.load(rule.number(spans, 2), None if shifts else kind, max(rule.number(spans, 3), 4))


def _byteorder(rule: Registers, spans: Spans) -> None:
    kind = rule.held(rule.number(spans, 1))
    length = rule.number(spans, 4)
    one = length == rule.number(spans, 5)
    rule.load(rule.number(spans, 2), kind.turned() if kind is not None and one else None, length)


def _cmp(rule: Registers, spans: Spans) -> None:
    register = rule.number(spans, 1)
    kind = rule.compare(register)
    equal = rule.number(spans, 2) == 0
    if equal and kind in {PROTO, NFPROTO, ETHER}:
        rule.learn(register, rule.number(rule.inside(spans, 3), _DATA_VALUE))


def _dup(rule: Registers, spans: Spans) -> None:
    rule.take(rule.number(spans, 1), rule.address())
    rule.take(rule.number(spans, 2), LINK)


def _exthdr(rule: Registers, spans: Spans) -> None:
    present = rule.number(spans, 5) == 1
    part = tuple(rule.number(spans, which) for which in (6, 2, 3, 4))
    rule.load(rule.number(spans, 1), YES if present else BIG if part == MAXSEG else None)


def _fib(rule: Registers, spans: Spans) -> None:
    present = max(rule.number(spans, 3), 0) & FIB_PRESENT
    rule.load(rule.number(spans, 1), YES if present else FIB.get(rule.number(spans, 2)))


def _fwd(rule: Registers, spans: Spans) -> None:
    rule.take(rule.number(spans, 1), LINK)
    rule.take(rule.number(spans, 2), rule.address(rule.number(spans, 3)))


def _immediate(rule: Registers, spans: Spans) -> None:
    start, end = rule.inside(spans, 2).get(_DATA_VALUE, (0, 0))
    rule.give(rule.number(spans, 1), end - start)


def _inner(rule: Registers, spans: Spans) -> None:
    if 5 in spans:
        rule.run_inside(spans[5])


def _nat(rule: Registers, spans: Spans) -> None:
    address = rule.address(rule.number(spans, 2))
    for which, kind in ((3, address), (4, address), (5, PORT), (6, PORT)):
        rule.take(rule.number(spans, which), kind)


def _payload(rule: Registers, spans: Spans) -> None:
    base, offset, length = (rule.number(spans, which) for which in (2, 3, 4))
    kind = rule.header(base, offset, length)
    if 1 in spans:
        rule.load(rule.number(spans, 1), kind, length)
    rule.take(rule.number(spans, 5), kind)


def _range(rule: Registers, spans: Spans) -> None:
    rule.compare(rule.number(spans, 1))


def _tproxy(rule: Registers, spans: Spans) -> None:
    rule.take(rule.number(spans, 2), rule.address(rule.number(spans, 1)))
    rule.take(rule.number(spans, 3), PORT)


def _loads(register: int, kinds: dict[int, Kind], key: int) -> Expression:
    """An expression that loads what the attribute `key` says into what the attribute `register` says."""

    def run(rule: Registers, spans: Spans) -> None:
        rule.load(rule.number(spans, register), kinds.get(rule.number(spans, key)))

    return run


def _loads_or_sets(source: int, kinds: dict[int, Kind]) -> Expression:
    """An expression that loads what its attribute 2 says, or sets that to what a register has, which `source` says."""

    def run(rule: Registers, spans: Spans) -> None:
        kind = kinds.get(rule.number(spans, 2))
        if 1 in spans:
            rule.load(rule.number(spans, 1), kind)
        rule.take(rule.number(spans, source), kind)

    return run


def _takes_ports(*registers: int) -> Expression:
    """An expression that takes ports out of registers."""

    def run(rule: Registers, spans: Spans) -> None:
        for which in registers:
            rule.take(rule.number(spans, which), PORT)

    return run


def _always(register: int, kind: Kind | None) -> Expression:
    """An expression that loads the same thing whatever else it says."""

    def run(rule: Registers, spans: Spans) -> None:
        if register in spans:
            rule.load(rule.number(spans, register), kind)

    return run


_EXPRESSIONS: dict[bytes, Expression] = {
    b"bitwise": _bitwise,
    b"byteorder": _byteorder,
    b"cmp": _cmp,
    b"ct": _loads_or_sets(4, CT),
    b"dup": _dup,
    b"exthdr": _exthdr,
    b"fib": _fib,
    b"fwd": _fwd,
    b"hash": _always(2, NUMBER),
    b"immediate": _immediate,
    b"inner": _inner,
    b"lookup": _always(3, None),
    b"masq": _takes_ports(2, 3),
    b"meta": _loads_or_sets(3, META),
    b"nat": _nat,
    b"numgen": _always(1, NUMBER),
    b"osf": _always(1, TEXT),
    b"payload": _payload,
    b"range": _range,
    b"redir": _takes_ports(1, 2),
    b"rt": _loads(1, RT, 2),
    b"socket": _loads(2, SOCKET, 1),
    b"tproxy": _tproxy,
    b"tunnel": _loads(2, TUNNEL, 1),
    b"xfrm": _loads(1, XFRM, 2),
}
