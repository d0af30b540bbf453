"""The elements of sets of nf_tables, from `nft -j` and from nlsniff, in one form: a first and a last value each.

A value is a tuple of the parts of a concatenation, each as nlsniff's text has it; a plain value is a tuple of one.
"""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any

from nlsniff.reader import Stream, make_decoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node

Value = tuple[str, ...]
Element = tuple[Value, Value, str]  # the first and the last value of the key, and what a map has for it

# What nft has words for and nlsniff shows as numbers, or the other way round.
_WORDS = {
    ("hour", "17:00"): "61200 s", ("day", "Monday"): "1", ("time", "5"): "5000 ms",
    ("date", "2024-01-01 10:00:00"): "1704103200000000000 ns",
    ("iface_type", "ether"): "1", ("icmp_code", "host-unreachable"): "1", ("igmp_type", "leave-group"): "0x17",
    ("mh_type", "binding-refresh-request"): "0", ("dccp_pkttype", "request"): "0", ("boolean", "True"): "exists",
    ("icmpx_code", "port-unreachable"): "icmpx-port-unreach", ("icmpv6_code", "no-route"): "0",
    ("inet_proto", "7"): "7",
}  # fmt: skip


def printed(tool: Path) -> dict[str, list[Element]]:
    """The elements of each set that `nft -j list ruleset` printed, by the set's name."""
    said = json.loads(tool.read_text().partition("\n")[2])["nftables"]
    sets = [item[kind] for item in said for kind in ("set", "map") if kind in item]
    return {one["name"]: sorted(_printed_elements(one)) for one in sets}


def _printed_elements(one: dict[str, Any]) -> Iterator[Element]:
    types = one["type"] if isinstance(one["type"], list) else [one["type"]]
    if one["name"] == "dt":  # nft calls two types `time`
        types = ["date"]
    for item in one.get("elem") or []:
        key, data = item if "map" in one else (item, None)
        key = key["elem"]["val"] if isinstance(key, dict) and "elem" in key else key
        yield (*_ends(key, types), _data(data, one))


def _data(data: Any, one: dict[str, Any]) -> str:
    if data is None:
        return ""
    if isinstance(data, dict) and (verdict := next(iter(data))) in {"accept", "drop", "jump"}:
        return f"{verdict} {data[verdict]['target']}" if data[verdict] else verdict
    first, last = _ends(data, one["map"].split(" . "))
    if one["name"] == "aim":  # nft 1.0.6 reads the numbers of an interval in the wrong order, and swaps its ends
        first, last = (tuple(f"{int.from_bytes(int(part, 16).to_bytes(4, 'little')):#010x}" for part in end)
                       for end in (last, first))  # fmt: skip
    texts = [" . ".join(end) for end in (first, last)]
    return texts[0] if first == last else " - ".join(texts)


def _ends(value: Any, types: list[str]) -> tuple[Value, Value]:
    if isinstance(value, dict) and "concat" in value:
        ends = [_ends(part, [kind]) for part, kind in zip(value["concat"], types, strict=True)]
        return tuple(first[0] for first, _ in ends), tuple(last[0] for _, last in ends)
    (kind,) = types
    if isinstance(value, dict) and "prefix" in value:
        net = ipaddress.ip_network(f"{value['prefix']['addr']}/{value['prefix']['len']}")
        return (str(net[0]),), (str(net[-1]),)
    low, high = value["range"] if isinstance(value, dict) else (value, value)
    return (_word(kind, low),), (_word(kind, high),)


def _word(kind: str, value: Any) -> str:
    if kind == "mark" and isinstance(value, int):
        return f"{value:#010x}"
    return _WORDS.get((kind, str(value)), str(value))


def told(capture: Path) -> dict[str, list[Element]]:
    """The elements of each set that the kernel told the program that printed them, by the set's name."""
    found: dict[str, list[NetlinkMessage]] = {}
    asker = 0  # the first that asks once a batch has made the sets
    made = False
    for message in Stream(capture, make_decoder()):
        made |= message.type_name == "NFNL_MSG_BATCH_END"
        if made and message.type_name == "NFT_MSG_NEWSETELEM" and message.direction == "to-user":
            asker = asker or message.port
            if message.port == asker:
                found.setdefault(message.root.first("set"), []).append(message)
    return {name: sorted(_told_elements(messages)) for name, messages in found.items()}


def _told_elements(messages: list[NetlinkMessage]) -> Iterator[Element]:
    elements = [part for message in messages for part in message.root.all("elements") if part.kind == "list"]
    every = [part for one in elements for part in one.children if part.kind == "nest"]
    ends = {id(part) for part in every if "interval-end" in (part.first("flags") or [])}
    if ends:
        yield from _intervals(every, ends)
        return
    for part in every:
        first = _value(part.get("key.value")) or ("*",)  # the element for all else has no key
        yield first, _value(part.get("key-end.value")) or first, _shown(part)


def _intervals(every: list[Node], ends: set[int]) -> Iterator[Element]:
    """Beginnings and ends of intervals, in the order of their keys; the last one may have no end."""
    ordered = sorted(every, key=lambda part: part.get("key.value").raw)  # type: ignore[union-attr]  # each has one
    starts = [(part, after) for part, after in zip(ordered, [*ordered[1:], None], strict=True) if id(part) not in ends]
    for part, after in starts:
        key = part.get("key.value")
        assert key is not None
        stop = after.get("key.value") if after is not None else None
        yield _value(key), (_before(key, stop),), _shown(part)


def _before(key: Node, stop: Node | None) -> str:
    """The text of the last value before the one with which the next interval begins."""
    if isinstance(key.raw, str):
        return f"before {stop.text if stop is not None else 'nothing'}"
    if isinstance(key.raw, int):
        return f"{(stop.raw if stop is not None else 1 << 32) - 1:#010x}"
    top = ipaddress.ip_address(2**32 - 1) if stop is None else ipaddress.ip_address(stop.text) - 1
    return str(top)


def _value(node: Node | None) -> Value:
    if node is None:
        return ()
    parts = [part for part in node.children if part.kind == "value"] if node.kind == "list" else [node]
    return tuple(part.resolved or part.text for part in parts)


def _shown(part: Node) -> str:
    data = part.get("data.value")
    if data is not None and data.kind == "list" and data.children[0].name == "value":  # a first and a last one
        return " - ".join(" . ".join(_value(end)) for end in data.children)
    if data is not None:
        return " . ".join(_value(data))
    verdict, name = part.first("data.verdict.code"), part.first("objref")
    return str(name or " ".join(filter(None, (verdict, part.first("data.verdict.chain")))))
