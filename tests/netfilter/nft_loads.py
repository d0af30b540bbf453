"""What nft compares and sets: the expressions that load it, and the form of its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.netfilter.nft_fields import (
    CTS,
    FIB,
    HOST,
    IPSEC,
    METAS,
    NAME,
    NET,
    OPTIONS,
    PAYLOADS,
    RAW_BASES,
    RT,
    SOCKET,
    U32,
    Form,
    Place,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.netfilter.nft_rules import Rule

Key = dict[str, Any]


def load(rule: Rule, left: Key) -> Form:
    """Take what loads the left side of a comparison, or a value that is set."""
    kind, key = next(iter(left.items()))
    form = LOADS[kind](rule, key) if kind in LOADS else option(rule, kind, key)
    if rule.next_is("byteorder"):
        rule.take("byteorder", len=form.size, op="hton")
        form = form._replace(order=NET)
    return form


def place_of(key: Key) -> Place:
    """Where a field of a packet is."""
    if "base" in key:
        return Place(RAW_BASES[key["base"]], key["offset"], key["len"])
    return PAYLOADS[key["protocol"], key["field"]]


def payload(rule: Rule, key: Key, size: int | None = None) -> Form:
    """Take what loads a field of a packet, or its first bytes."""
    place = place_of(key)
    first, last = place.bit // 8, (place.bit + place.bits + 7) // 8
    count = size or last - first
    if "tunnel" in key:
        rule.inside(base=place.base, offset=first, len=count)
    else:
        rule.split(place.base, first, count)
        rule.take("payload", base=place.base, offset=first, len=count)
    if size or place.bits == count * 8:
        return Form(count, NET, 0, place.words)
    shift = last * 8 - place.bit - place.bits
    masked(rule, ((1 << place.bits) - 1) << shift, Form(count))
    return Form(count, NET, shift, place.words)


def masked(rule: Rule, mask: int, form: Form) -> None:
    """Take a mask."""
    order = "little" if form.order in {HOST, "bit"} else "big"
    found = mask.to_bytes(form.size, order).hex()  # type: ignore[arg-type]  # one of two words
    rule.take("bitwise", op="mask-xor", len=form.size, mask={"value": found}, xor={"value": "00" * form.size})


def option(rule: Rule, kind: str, key: Key) -> Form:
    """Take what loads an option or a header behind the first."""
    op, number, offset, size, mask, words = OPTIONS[kind, key["name"], key.get("field", "")]
    flags = [] if "field" in key else ["present"]
    rule.take("exthdr", op=op, type=number, offset=offset, len=size, flags=flags)
    if mask:
        masked(rule, mask, Form(size))
    return Form(size, NET, 0, words)


def _meta(rule: Rule, key: Key) -> Form:
    name, form = METAS[key["key"]]
    rule.take("meta", key=name)
    return form


def _ct(rule: Rule, key: Key) -> Form:
    name, form = CTS[key["key"]]
    rule.take("ct", key=name, direction=key.get("dir"))
    return form


def _rt(rule: Rule, key: Key) -> Form:
    name, form = RT[key["key"]]
    rule.take("rt", key=name)
    return form


def _ipsec(rule: Rule, key: Key) -> Form:
    name, form = IPSEC[key["key"]]
    rule.take("xfrm", key=name, dir=key["dir"], spnum=key["spnum"])
    return form


def _socket(rule: Rule, key: Key) -> Form:
    rule.take("socket", key=key["key"])
    return SOCKET[key["key"]]


def _osf(rule: Rule, key: Key) -> Form:
    flags = ["version"] if key["key"] == "version" else []
    rule.take("osf", ttl={"loose": 1, "skip": 2}.get(key.get("ttl", ""), 0), flags=flags)
    return NAME


def _fib(rule: Rule, key: Key) -> Form:
    name, form = FIB[key["result"]]
    flags = key["flags"] if isinstance(key["flags"], list) else [key["flags"]]
    there = rule.next_is("fib", flags=[*flags, "present"])
    rule.take("fib", result=name, flags=[*flags, "present"] if there else flags)
    # Whether there is a route is one byte, of which older nft compares four.
    return Form(len(rule.rest[0][1]["data"]["value"]) // 2) if there else form


def _numgen(rule: Rule, key: Key) -> Form:
    mode = {"inc": "incremental"}.get(key["mode"], key["mode"])
    rule.take("numgen", type=mode, modulus=key["mod"], offset=key["offset"])
    return U32


def _jhash(rule: Rule, key: Key) -> Form:
    form = load(rule, key["expr"])
    given = {name: key[name] for name in ("seed", "offset") if name in key}
    rule.take("hash", type="jenkins", modulus=key["mod"], len=form.size, **given)
    return U32


def _symhash(rule: Rule, key: Key) -> Form:
    rule.take("hash", type="sym", modulus=key["mod"])
    return U32


def _tunnel(rule: Rule, key: Key) -> Form:
    rule.take("tunnel", key=key["key"])
    return U32


def _concat(rule: Rule, parts: list[Key]) -> Form:
    """Each part begins at a register, which are of 4 bytes."""
    return Form(sum((load(rule, part).size + 3) // 4 * 4 for part in parts))


def _and(rule: Rule, sides: list[Any]) -> Form:
    form = load(rule, sides[0])
    if isinstance(sides[1], dict) and "|" not in sides[1]:
        load(rule, sides[1])
        rule.take("bitwise", op="and")
    else:
        masked(rule, number(sides[1], form), form)
    return form


LOADS: dict[str, Callable[[Rule, Any], Form]] = {
    "payload": payload,
    "meta": _meta,
    "ct": _ct,
    "rt": _rt,
    "ipsec": _ipsec,
    "socket": _socket,
    "osf": _osf,
    "fib": _fib,
    "numgen": _numgen,
    "jhash": _jhash,
    "symhash": _symhash,
    "tunnel": _tunnel,
    "concat": _concat,
    "&": _and,
}
