"""The statements of nft: comparisons, what is set, counted, logged, changed and decided."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from tests.netfilter.map_nft import UNITS, limit
from tests.netfilter.nft_fields import OPTIONS, digits
from tests.netfilter.nft_loads import load, payload, place_of
from tests.netfilter.nft_rules import DifferentError, Rule
from tests.netfilter.nft_values import anonymous, looked_up, mangle
from tests.netfilter.nft_ways import dup, fwd, nat, queue, tproxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.netfilter.nft_said import Body

Said = Any
OPS = {"==": "eq", "!=": "neq", "<": "lt", ">": "gt", "<=": "lte", ">=": "gte"}


def compare_rule(told: Body, statements: list[dict[str, Said]]) -> Rule:
    """Hold all statements against the expressions; returns the rule, which has counted what is equal.

    Raises:
        DifferentError: where they say something else.
    """
    rule = Rule(told, statements)
    for statement in statements:
        kind, said = next(iter(statement.items()))
        STATEMENTS[kind](rule, said)
    rule.end()
    return rule


def _match(rule: Rule, said: Said) -> None:
    left, right, op = said["left"], said["right"], OPS.get(said["op"], "eq")
    if isinstance(right, dict) and "prefix" in right:
        _prefix(rule, left, right["prefix"], op)
        return
    form = load(rule, left)
    if said["op"] == "in":
        bits = bytes.fromhex(digits(right, form)).hex()
        rule.take("bitwise", op="mask-xor", mask={"value": bits})
        rule.take("cmp", op="neq", data={"value": "00" * form.size})
    elif isinstance(right, str) and right.startswith("@"):
        rule.take("lookup", set=right[1:], flags=["inv"] if op == "neq" else [])
    elif isinstance(right, dict) and "set" in right:
        anonymous(rule, "__set")
    elif isinstance(right, dict) and "range" in right:
        _range(rule, [digits(end, form) for end in right["range"]], op)
    else:
        told = rule.take("cmp", op=op, data={"value": digits(right, form)})["data"]["value"]
        rule.shown.append((right, getattr(told, "shown", told)))


def _range(rule: Rule, ends: list[str], op: str) -> None:
    """Within both ends: one expression, or, of older nft, two."""
    if rule.next_is("range"):
        rule.take("range", op=op, from_data={"value": ends[0]}, to_data={"value": ends[1]})
    else:
        rule.take("cmp", op="gte", data={"value": ends[0]})
        rule.take("cmp", op="lte", data={"value": ends[1]})


def _prefix(rule: Rule, left: Said, said: Said, op: str) -> None:
    address = ipaddress.ip_address(said["addr"])
    size = len(address.packed)
    mask = int.from_bytes(b"\xff" * size, "big") << (size * 8 - said["len"]) & ((1 << size * 8) - 1)
    whole = said["len"] // 8
    first = place_of(left["payload"]).bit // 8
    if said["len"] % 8 == 0 and not _reads(rule, first, size):
        payload(rule, left["payload"], whole)
        rule.take("cmp", op=op, data={"value": address.packed[:whole].hex()})
        return
    payload(rule, left["payload"])
    rule.take("bitwise", op="mask-xor", mask={"value": mask.to_bytes(size, "big").hex()})
    rule.take("cmp", op=op, data={"value": address.packed.hex()})


def _reads(rule: Rule, first: int, size: int) -> bool:
    """Whether so much is read somewhere: nft reads less where that is enough."""
    return any(name == "payload" and data["offset"] == first and data["len"] == size for name, data in rule.rest)


def _vmap(rule: Rule, said: Said) -> None:
    load(rule, said["key"])
    looked_up(rule, said["data"])


def _verdict(code: str) -> Callable[[Rule, Said], None]:
    def take(rule: Rule, said: Said) -> None:
        chain = {"chain": said["target"]} if said else {}
        rule.take("immediate", data={"verdict": {"code": code, **chain}})

    return take


def _named_or(name: str, inline: Callable[[Rule, Said], None]) -> Callable[[Rule, Said], None]:
    """A statement that may name an object, or look it up."""

    def take(rule: Rule, said: Said) -> None:
        if isinstance(said, str):
            rule.take("objref", imm_name=said, imm_type=name.replace(" ", "-").replace("expectation", "expect"))
        elif said and "map" in said:
            load(rule, said["map"]["key"])
            rule.take("objref", set_name=said["map"]["data"][1:])
        else:
            inline(rule, said)

    return take


def _counter(rule: Rule, said: Said) -> None:
    rule.take("counter", **(said or {"packets": 0, "bytes": 0}))


def _limit(rule: Rule, said: Said) -> None:
    told = limit(rule.take("limit"))
    if told != said:
        raise DifferentError(f"nft says limit {said}, we say {told}")
    rule.equal += len(said)


def _bytes(said: Said, name: str) -> int:
    scale: int = 1024 ** UNITS.index(said.get(f"{name}_unit", "bytes"))
    return int(said.get(name, 0)) * scale


def _quota(rule: Rule, said: Said) -> None:
    flags = ["invert"] if said.get("inv") else []
    rule.take("quota", bytes=_bytes(said, "val"), consumed=_bytes(said, "used"), flags=flags)


def _count(rule: Rule, said: Said) -> None:
    rule.take("connlimit", count=said["val"], flags=["invert"] if said.get("inv") else [])


def _last(rule: Rule, said: Said) -> None:
    rule.take("last", **({"set": 1, "msecs": said["used"]} if said else {"set": 0}))


LOG_FLAGS = {"tcp sequence": "tcpseq", "tcp options": "tcpopt"}


def _log(rule: Rule, said: Said) -> None:
    names = {"queue-threshold": "qthreshold"}
    fields = {names.get(name, name): value for name, value in said.items() if name != "flags"}
    if "flags" in said:
        fields["flags"] = [LOG_FLAGS[flag] for flag in said["flags"]]
    rule.take("log", **fields)


REJECTS: dict[str, dict[str, Any]] = {
    "icmp": {"port-unreachable": 3, "host-unreachable": 1},
    "icmpv6": {"admin-prohibited": 1},
    "icmpx": {"admin-prohibited": "icmpx-admin-prohibited"},
}


def _reject(rule: Rule, said: Said) -> None:
    if said["type"] == "tcp reset":
        rule.take("reject", type="tcp-rst")
    else:
        kind = "icmpx-unreach" if said["type"] == "icmpx" else "icmp-unreach"
        rule.take("reject", type=kind, icmp_code=REJECTS[said["type"]][said["expr"]])


def _dynset(rule: Rule, said: Said) -> None:
    element = said["elem"].get("elem", {"val": said["elem"]})
    load(rule, element["val"])
    if "data" in said:
        rule.take("immediate", data={"value": said["data"].to_bytes(4, "little").hex()})
    name = said.get("set", said.get("map"))[1:]
    told = rule.take("dynset", op=said["op"], set_name=name, timeout=element.get("timeout", 0) * 1000)
    rule.rest[:0] = [(told["expr"]["name"], told["expr"]["data"])] if "expr" in told else []
    for statement in said.get("stmt", []):
        kind, inner = next(iter(statement.items()))
        STATEMENTS[kind](rule, inner)


def _synproxy(rule: Rule, said: Said) -> None:
    rule.take("synproxy", mss=said["mss"], wscale=said["wscale"], flags=["mss", "wscale", "sack-perm", "timestamp"])


def _reset(rule: Rule, said: Said) -> None:
    rule.take("exthdr", op="tcpopt", type=OPTIONS["tcp option", said["tcp option"]["name"], ""][1], offset=0, len=0)


def _notrack(rule: Rule, _: Said) -> None:
    rule.take("notrack")


def _flow(rule: Rule, said: Said) -> None:
    rule.take("flow_offload", name=said["flowtable"][1:])


def _none(rule: Rule, said: Said) -> None:
    raise DifferentError(f"nft says {said} in a form that is not known, before {rule.rest[:1]}")


STATEMENTS: dict[str, Callable[[Rule, Said], None]] = {
    "match": _match,
    "vmap": _vmap,
    "mangle": mangle,
    "counter": _named_or("counter", _counter),
    "quota": _named_or("quota", _quota),
    "limit": _named_or("limit", _limit),
    "synproxy": _named_or("synproxy", _synproxy),
    **{name: _named_or(name, _none) for name in ("ct helper", "ct timeout", "ct expectation", "tunnel")},
    **{name: _verdict(name) for name in ("accept", "drop", "continue", "return", "jump", "goto")},
    **{name: nat(name) for name in ("snat", "dnat", "masquerade", "redirect")},
    "ct count": _count,
    "last": _last,
    "log": _log,
    "reject": _reject,
    "queue": queue,
    "tproxy": tproxy,
    "dup": dup,
    "fwd": fwd,
    "set": _dynset,
    "map": _dynset,
    "reset": _reset,
    "notrack": _notrack,
    "flow": _flow,
}
