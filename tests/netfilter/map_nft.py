"""`nft -j list ruleset` against the messages: objects, but for their rules and elements, as in tests.iproute2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.iproute2.compare import ABSENT, Map, Of

if TYPE_CHECKING:
    from tests.netfilter.nft_said import Body

UNITS = ("bytes", "kbytes", "mbytes")
TIMES = {1: "second", 60: "minute", 3600: "hour", 86400: "day", 604800: "week"}
FAMILY = {"ipv4": "ip", "ipv6": "ip6"}


def family(name: str) -> str:
    """As nft names it."""
    return FAMILY.get(name, name)


def one_or_all(names: list[str]) -> Any:
    """Device names: in the order of the alphabet, one by itself."""
    return sorted(names) if len(names) != 1 else names[0]


def seconds(milliseconds: int) -> int:
    """Whole seconds."""
    return milliseconds // 1000


def scaled(count: int) -> tuple[int, str]:
    """Bytes in the largest unit that leaves no rest."""
    step = 0
    while count and count % 1024 == 0 and step < len(UNITS) - 1:
        count, step = count // 1024, step + 1
    return count, UNITS[step]


def limit(data: Body) -> dict[str, Any]:
    """A limit as nft prints it in rules and objects."""
    found: dict[str, Any] = {"rate": data["rate"], "burst": data["burst"], "per": TIMES[data["unit"]]}
    if "invert" in data["flags"]:
        found["inv"] = True
    if data["type"] == "bytes":
        found["rate"], found["rate_unit"] = scaled(data["rate"])
        if data["burst"]:
            found["burst"], found["burst_unit"] = scaled(data["burst"])
    return found


def _of_limit(key: str) -> Of:
    return Of(lambda whole: limit(whole["data"]).get(key, ABSENT))


def _set_flags(whole: Body) -> Any:
    """nft prints maps apart, and what an interval of several fields needs belongs to it."""
    names = [name.replace("eval", "dynamic") for name in whole.get("flags", [])]
    return [name for name in names if name not in {"map", "object", "concat", "anonymous", "expr"}] or ABSENT


# What nft calls an expression where its user data name it otherwise.
KINDS = {"tcp option": "exthdr", "ipsec": "xfrm"}


def _type(side: str) -> Of:
    """One type or a list of them, the kind of object that a map leads to, or of what expressions the type is."""

    def make(whole: Body) -> Any:
        if side == "data" and "obj-type" in whole:
            return whole["obj-type"].replace("ct-", "ct ")
        names = whole[f"{side}-type"].split(" . ")
        return names if len(names) > 1 else names[0]

    return Of(make)


def _typeof(whole: Body) -> Any:
    kept = whole["userdata"]["key-typeof"]
    parts = kept["data"].values() if kept["expr"] == "concat" else [kept]
    # A number that means one kind to older nft and another to newer.
    return [part["expr"].removesuffix("-or-xfrm") for part in parts]


def without_typeof(printed: dict[str, Any]) -> dict[str, Any]:
    """A set as nft printed it, with the kinds of expressions in the place of their details."""
    found = printed["type"]
    if " . " in str(printed.get("map")):  # so older nft writes several
        printed = {**printed, "map": printed["map"].split(" . ")}
    if not isinstance(found, dict):
        return printed
    parts = found["typeof"].get("concat", [found["typeof"]])
    kinds = [KINDS.get(kind, kind) for part in parts for kind in part]
    return {**{key: value for key, value in printed.items() if key != "type"}, "typeof": kinds}


SHARED: Map = {"family": ("nfgen-family", family), "table": "table", "name": "name", "handle": "handle"}
TABLE: Map = {**SHARED, "flags": "flags", "comment": "userdata.comment"}
CHAIN: Map = {
    **SHARED,
    "type": "type",
    "hook": "hook.num",
    "prio": "hook.priority",
    "policy": "policy",
    "comment": "userdata.comment",
    "dev": Of(lambda whole: one_or_all(devices(whole["hook"]))),
}
SET: Map = {
    **SHARED,
    "type": _type("key"),
    "typeof": Of(_typeof),
    "map": _type("data"),
    "flags": Of(_set_flags),
    "timeout": ("timeout", seconds),
    "gc-interval": ("gc-interval", seconds),
    "size": "desc.size",
    "count": "count",
    "policy": "policy",
    "comment": "userdata.comment",
    "auto-merge": ("userdata.merge-elements", bool),
}
FLOWTABLE: Map = {
    **SHARED,
    "hook": "hook.num",
    "prio": "hook.priority",
    "dev": Of(lambda whole: one_or_all(devices(whole["hook"]))),
}
OBJECT: Map = {**SHARED, "comment": "userdata.comment"}
OF_OBJECT: dict[str, Map] = {
    "counter": {"packets": "data.packets", "bytes": "data.bytes"},
    "quota": {"bytes": "data.bytes", "used": "data.consumed", "inv": ("data.flags", lambda flags: "invert" in flags)},
    "limit": {key: _of_limit(key) for key in ("rate", "per", "burst", "inv", "rate_unit", "burst_unit")},
    "ct helper": {"type": "data.name", "protocol": "data.l4proto", "l3proto": ("data.l3proto", family)},
    "ct timeout": {
        "protocol": "data.l4proto",
        "l3proto": ("data.l3proto", family),
        **{f"policy.{name}": f"data.data.{name.replace('_', '-')}" for name in ("syn_sent", "established", "close")},
    },
    "ct expectation": {
        "protocol": "data.l4proto",
        "dport": "data.dport",
        "timeout": "data.timeout",
        "size": "data.size",
        "l3proto": ("data.l3proto", family),
    },
    "synproxy": {
        "mss": "data.mss",
        "wscale": "data.wscale",
        "flags": ("data.flags", lambda names: [name for name in names if name not in {"mss", "wscale"}]),
    },
    "tunnel": {
        "id": "data.id",
        "src-ipv4": "data.ip.src",
        "dst-ipv4": "data.ip.dst",
        "src-ipv6": "data.ip6.src",
        "dst-ipv6": "data.ip6.dst",
        "sport": "data.sport",
        "dport": "data.dport",
        "tos": "data.tos",
        "ttl": "data.ttl",
        "type": Of(lambda whole: next(iter(whole["data"]["opts"]))),
        "tunnel.gbp": "data.opts.vxlan.gbp",
        "tunnel.version": "data.opts.erspan.version",
        "tunnel.index": "data.opts.erspan.v1-index",
        "tunnel[].class": "data.opts.geneve[].class",
        "tunnel[].opt-type": "data.opts.geneve[].type",
        "tunnel[].data": ("data.opts.geneve[].data", lambda digits: f"0x{digits}"),
    },
}


def devices(hook: Body) -> list[str]:
    """The devices of a hook: one, or a list of names, of which some are beginnings."""
    if "dev" in hook:
        return [hook["dev"]]
    found = hook.get("devs", {})
    names = found.get("name", [])
    starts = found.get("prefix", [])
    return [*(names if isinstance(names, list) else [names]), *(f"{start}*" for start in starts)]
