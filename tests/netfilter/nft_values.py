"""What nft sets: fields of packets, marks and the like, to constants or to what is loaded, looked up or reckoned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.netfilter.nft_fields import CTS, HOST, METAS, NET, OPTIONS, Form, digits, number
from tests.netfilter.nft_loads import load, place_of
from tests.netfilter.nft_rules import DifferentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.netfilter.nft_rules import Rule

Said = Any


def mangle(rule: Rule, said: Said) -> None:
    """Take what sets something."""
    (kind, key), value = next(iter(said["key"].items())), said["value"]
    if kind == "payload":
        _write(rule, key, value)
    elif kind in {"meta", "ct"}:
        name, form = (METAS if kind == "meta" else CTS)[key["key"]]
        value_of(rule, value, form)
        _written(rule, kind, name)
    else:
        op, of, offset, size, _, _ = OPTIONS[kind, key["name"], key["field"]]
        value_of(rule, value, Form(size))
        rule.take("exthdr", op=op, type=of, offset=offset, len=size)


def _written(rule: Rule, kind: str, name: str) -> None:
    if "sreg" not in rule.take(kind, key=name):
        raise DifferentError(f"nft sets {kind} {name}, we load it")


def _write(rule: Rule, key: Said, value: Said) -> None:
    """A field of a packet: with what stands around it where it has no bytes of its own."""
    place = place_of(key)
    if not rule.comes("immediate") and rule.next_is("payload"):
        whole = rule.take("payload", base=place.base)
        size, first = whole["len"], whole["offset"]
        shift = (first + size) * 8 - place.bit - place.bits
        field = ((1 << place.bits) - 1) << shift
        keep = ((1 << size * 8) - 1) ^ field
        xor = number(value, Form(size, NET, 0, place.words)) << shift
        if not rule.next_is("payload"):
            mask, bits = ({"value": f"{part:0{size * 2}x}"} for part in (keep, xor))
            rule.take("bitwise", op="mask-xor", mask=mask, xor=bits)
    else:
        first, size = place.bit // 8, place.bits // 8
        value_of(rule, value, Form(size, NET, 0, place.words))
    rule.take("payload", base=place.base, offset=first, len=size)


def value_of(rule: Rule, value: Said, form: Form) -> None:
    """What is set: a constant, something that is loaded, looked up or reckoned."""
    if not isinstance(value, dict):
        rule.take("immediate", data={"value": digits(value, form)})
        return
    kind, inner = next(iter(value.items()))
    if kind == "map":
        load(rule, inner["key"])
        looked_up(rule, inner["data"])
    elif kind in REST:
        _reckoned(rule, kind, inner, form)
    else:
        load(rule, value)


# The bits that stay and the bits that change, of one mask and one constant.
REST: dict[str, Callable[[int, int], tuple[int, int]]] = {
    "&": lambda constant, every: (constant, 0),  # noqa: ARG005
    "|": lambda constant, every: (every ^ constant, constant),
    "^": lambda constant, every: (every, constant),
}


def _reckoned(rule: Rule, kind: str, sides: Said, form: Form) -> None:
    every = (1 << form.size * 8) - 1
    if isinstance(sides[1], dict):
        load(rule, sides[0])
        load(rule, sides[1])
        rule.take("bitwise", op={"|": "or", "&": "and", "^": "xor"}[kind])
        return
    keep, change = REST[kind](sides[1], every)
    inner = next(iter(sides[0].items()))
    if inner[0] == "&":  # one mask for both
        load(rule, inner[1][0])
        keep &= inner[1][1] & every
    elif inner[0] == "<<":
        down = load(rule, inner[1][0]).shift
        rule.take("bitwise", op="rshift", data={"value": down.to_bytes(4, "little").hex()})
        rule.take("bitwise", op="lshift", data={"value": inner[1][1].to_bytes(4, "little").hex()})
    else:
        load(rule, sides[0])
    words = [part.to_bytes(form.size, "little" if form.order == HOST else "big").hex() for part in (keep, change)]
    rule.take("bitwise", op="mask-xor", mask={"value": words[0]}, xor={"value": words[1]})


def anonymous(rule: Rule, start: str) -> None:
    """Take a lookup in a set that nft made for this rule; it is there by a name of nft's."""
    name = rule.take("lookup")["set"]
    if not name.startswith(start):
        raise DifferentError(f"nft says a set of its own, we say {name}")


def looked_up(rule: Rule, data: Said) -> None:
    """Take a lookup in a map."""
    if isinstance(data, str):
        rule.take("lookup", set=data[1:])
    else:
        anonymous(rule, "__map")
