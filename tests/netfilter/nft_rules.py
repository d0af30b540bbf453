"""The statements of a rule as `nft -j` prints them against the expressions of its message.

Each statement says which expressions there must be, with which values, in order; `Rule.take` finds them. Between them
may stand what nft adds so that a field is the one it means (the protocol), and nothing else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.netfilter.nft_said import Body

# What nft adds so that a field is the one it means, and the names by which its statements speak of it.
TRANSPORTS: dict[str, tuple[str, ...]] = {
    "01": ("icmp",),
    "06": ("tcp",),
    "11": ("udp", "vxlan", "geneve"),
    "21": ("dccp",),
    "2f": ("gre", "gretap"),
    "32": ("esp",),
    "33": ("ah",),
    "3a": ("icmpv6",),
    "84": ("sctp",),
}
IPV4, IPV6 = ("ip", "icmp", "dnat", "ip option"), ("ip6", "icmpv6", "exthdr")
FAMILIES = {"02": IPV4, "0a": IPV6}
ETHER_TYPES = {"0800": IPV4, "86dd": IPV6, "8100": ("vlan",)}
ADDED: dict[str, dict[Any, tuple[str, ...]]] = {
    "nfproto": FAMILIES,
    "l4-proto": TRANSPORTS,
    "protocol": ETHER_TYPES,
    "iftype": {"0100": ("ether", "vlan")},
}
# The fields of headers that say the same.
HEADERS: dict[Any, str] = {
    ("link-layer-header", 12): "protocol",
    ("link-layer-header", 16): "protocol",
    ("network-header", 6): "l4-proto",
    ("network-header", 9): "l4-proto",
}


class DifferentError(Exception):
    """What nft says, and what the message has there."""


class Rule:
    """The expressions of a rule, read from the first to the last."""

    def __init__(self, whole: Body, statements: list[Any]) -> None:
        self.said = json.dumps(statements)
        found = whole.get("expressions", {}).get("elem", [])
        self.rest = [(item["name"], item.get("data") or {}) for item in found]
        self.equal = 0
        self.shown: list[tuple[Any, Any]] = []  # a constant as nft prints it, and as nlsniff shows it

    def take(self, wanted: str, **fields: Any) -> Body:
        """The next expression, which must have these values."""
        self._pass_added(wanted, fields)
        if not self.rest or not _fits(self.rest[0], wanted, fields):
            raise DifferentError(f"nft says {wanted} {fields}, we say {self.rest[:1]}")
        self.equal += 1 + len(fields)
        return self.rest.pop(0)[1]

    def next_is(self, wanted: str, **fields: Any) -> bool:
        """Whether this is the next expression."""
        return bool(self.rest) and _fits(self.rest[0], wanted, fields)

    def end(self) -> None:
        """Nothing may be left."""
        while self._is_added():
            del self.rest[:2]
        if self.rest:
            raise DifferentError(f"nft does not say {self.rest}")

    def split(self, base: str, offset: int, size: int) -> None:
        """nft has the kernel read neighbouring fields at once: take them apart."""
        self._pass_added("payload", {"base": base, "offset": offset, "len": size})
        if len(self.rest) < 2 or self.rest[0][0] != "payload" or self.rest[1][0] != "cmp":
            return
        (_, load), (_, cmp) = self.rest[:2]
        more = load["len"] - size
        if (load["base"], load["offset"]) == (base, offset) and more > 0 and "sreg" not in load:
            value = cmp["data"]["value"]
            self.rest[:2] = [
                ("payload", {**load, "len": size}),
                ("cmp", {**cmp, "data": {"value": value[: size * 2]}}),
                ("payload", {**load, "offset": offset + size, "len": more}),
                ("cmp", {**cmp, "data": {"value": value[size * 2 :]}}),
            ]

    def comes(self, wanted: str) -> bool:
        """Whether this comes next, behind what nft adds."""
        while not self.next_is(wanted) and self._is_added():
            del self.rest[:2]
        return self.next_is(wanted)

    def inside(self, **fields: Any) -> None:
        """Take what reads a field of a packet within the packet."""
        while not self._is_inside(fields) and self._is_added():
            del self.rest[:2]
        if not self._is_inside(fields):
            raise DifferentError(f"nft says {fields} inside, we say {self.rest[:1]}")
        self.equal += len(fields)
        del self.rest[0]

    def _is_inside(self, fields: dict[str, Any]) -> bool:
        if not self.next_is("inner"):
            return False
        expression = self.rest[0][1]["expr"]
        return _fits((expression["name"], expression["data"]), "payload", fields)

    def _pass_added(self, wanted: str, fields: dict[str, Any]) -> None:
        while self.rest and not _fits(self.rest[0], wanted, fields) and self._is_added():
            del self.rest[:2]

    def _is_added(self) -> bool:
        if len(self.rest) < 2 or self.rest[1][0] != "cmp" or self.rest[1][1]["op"] != "eq":
            return False
        name, data = self.rest[0]
        if name == "inner":
            name, data = data["expr"]["name"], data["expr"]["data"]
        key = data.get("key") if name == "meta" else HEADERS.get((data.get("base"), data.get("offset")), "")
        words = ADDED.get(key or "", {}).get(self.rest[1][1]["data"].get("value"), ())
        return any(f'"{word}"' in self.said for word in words)


def _fits(expression: tuple[str, Body], wanted: str, fields: dict[str, Any]) -> bool:
    name, data = expression
    return name == wanted and all(data.get(key.replace("_", "-")) == value for key, value in fields.items())
