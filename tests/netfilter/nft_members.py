"""The elements of sets and maps as `nft -j` prints them, made from those of the messages."""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any

from tests.netfilter.map_nft import limit

if TYPE_CHECKING:
    from tests.netfilter.nft_said import Body

ADDRESSES = {"ipv4_addr", "ipv6_addr"}
# Names that nft has for numbers, by the type or the expression of a key.
NAMES: dict[str, dict[int, Any]] = {
    "dscp": {8: "cs1", 18: "af21", 46: "ef"},
    "day": {1: "Monday", 5: "Friday"},
    "classid": {0x10005: "1:5"},
    "hour": {28800: "08:00", 64800: "18:00"},
    "realm": {3: "3", 5: "5"},
}


def comparable(value: Any) -> str:
    """In a form whose order does not matter."""
    return json.dumps(value, sort_keys=True)


def as_printed(kind: Body, elements: list[Body]) -> list[Any]:
    """All elements of a set, in any order."""
    if "interval" in kind.get("flags", []) and "concat" not in kind.get("flags", []):
        return [_printed(kind, *pair) for pair in _pairs(kind, elements)]
    return [_printed(kind, element, _key(kind, element)) for element in elements]


def _pairs(kind: Body, elements: list[Body]) -> list[tuple[Body, Any]]:
    """An interval is an element, and behind it one that is its end, and no more in it."""
    found = [(element, "*") for element in elements if "catchall" in element.get("flags", [])]
    told = sorted(
        ((_number(element["key"]["value"]), element) for element in elements if "key" in element),
        key=lambda pair: (pair[0], "interval-end" not in pair[1].get("flags", [])),
    )
    for place, (number, element) in enumerate(told):
        if "interval-end" not in element.get("flags", []):
            end = told[place + 1][0] - 1 if place + 1 < len(told) else (1 << kind["key-len"] * 8) - 1
            found.append((element, _interval(kind, element["key"]["value"], number, end)))
    return found


def _number(value: Any) -> int:
    if isinstance(value, int):
        return value
    if "." in value or ":" in value:
        return int(ipaddress.ip_address(value))
    return int.from_bytes(value.encode().ljust(16, b"\0"), "big")


def _interval(kind: Body, value: Any, first: int, last: int) -> Any:
    name = kind["key-type"]
    if name == "ifname":
        return value if last == first else f"{value}*"
    if name not in ADDRESSES:
        given = NAMES.get(_names(kind), {})
        return given.get(first, first) if last == first else {"range": [given.get(first, first), given.get(last, last)]}
    address = ipaddress.ip_address(value)
    end = type(address)(last)
    (net, *more) = ipaddress.summarize_address_range(address, end)
    if more:
        return {"range": [str(address), str(end)]}
    length = net.prefixlen
    return value if length == address.max_prefixlen else {"prefix": {"addr": value, "len": length}}


def _names(kind: Body) -> str:
    """What tells the names of numbers: the type, or of what the set's keys are."""
    if kind["key-type"] != "integer" and kind["key-type"] in NAMES:
        return str(kind["key-type"])
    data = kind.get("userdata", {}).get("key-typeof", {})
    if data.get("expr") == "meta":
        return str(data["data"]["key"]).removeprefix("time-")
    return "dscp" if data.get("expr") == "payload" and kind["key-len"] == 1 else ""


def _key(kind: Body, element: Body) -> Any:
    value, end = element["key"]["value"], element.get("key-end", {}).get("value")
    if "value-name" in element["key"]:
        return element["key"]["value-name"]
    if not isinstance(value, list) or " . " not in kind["key-type"]:
        return NAMES.get(_names(kind), {}).get(value, value) if isinstance(value, int) else _plain(value)
    types = kind["key-type"].split(" . ")
    return {"concat": [_part(name, *pair) for name, *pair in zip(types, value, end or value, strict=True)]}


def _plain(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _part(name: str, first: Any, last: Any) -> Any:
    if first == last:
        return first
    if name not in ADDRESSES:
        return {"range": [first, last]}
    (net,) = ipaddress.summarize_address_range(ipaddress.ip_address(first), ipaddress.ip_address(last))
    return {"prefix": {"addr": first, "len": net.prefixlen}}


def _printed(kind: Body, element: Body, key: Any) -> Any:
    more = _more(element)
    found = {"elem": {"val": key, **more}} if more else key
    data = _data(kind, element)
    return found if data is None else [found, data]


def _more(element: Body) -> dict[str, Any]:
    """What nft prints beside the key of an element."""
    found: dict[str, Any] = {}
    if "comment" in element.get("userdata", {}):
        found["comment"] = element["userdata"]["comment"]
    for name in ("timeout", "expiration"):
        if name in element:
            found["expires" if name == "expiration" else name] = element[name] // 1000
    listed = element.get("expressions", {}).get("elem", [element["expr"]] if "expr" in element else [])
    for expression in listed:
        found[expression["name"]] = stateful(expression)
    return found


def stateful(expression: Body) -> Any:
    """A counter, limit, quota or the like, as nft prints it in an element."""
    data = expression.get("data", {})
    if expression["name"] == "limit":
        return limit(data)
    if expression["name"] == "last":
        return {"used": data["msecs"]} if data["set"] else None
    return {name: data[name] for name in ("packets", "bytes")}


def _data(kind: Body, element: Body) -> Any:
    if "objref" in element:
        return element["objref"]
    data = element.get("data")
    if data is None:
        return None
    if "verdict" in data:
        return verdict(data["verdict"])
    value = data["value"]
    if " . " in kind["data-type"]:
        return {"concat": value}
    return NAMES.get(kind["data-type"], {}).get(value, value) if isinstance(value, int) else value


def verdict(told: Body) -> dict[str, Any]:
    """A verdict as nft prints it."""
    return {told["code"]: {"target": told["chain"]} if "chain" in told else None}
