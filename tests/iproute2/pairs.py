"""Puts what a tool printed beside what nlsniff read: which message or part of one is which object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.iproute2 import map_bridge, map_kinds, map_link, map_route, map_tc, map_tc_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.iproute2.answers import Question
    from tests.iproute2.compare import Map, Ours

    Pair = tuple[str, Any, Ours, Map]  # what it is, the tool's object, ours, the map between them


LINK = {**map_link.LINK, **map_kinds.XDP, **map_kinds.VIRTUAL, **map_kinds.NEWER_PORT}


def pairs(question: Question) -> Iterator[Pair]:
    """All objects of a command's output; raises where one side has more than the other."""
    words = [word for word in question.command.split() if not word.startswith("-")]
    yield from PAIRS[" ".join(words[:2])](question)


def unwrap(value: Any) -> Any:
    """Without the numbers of an array of attributes: [{"1": x}] as [x]."""
    if isinstance(value, dict):
        return {key: unwrap(inner) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    return [unwrap(next(iter(item.values())) if _numbered(item) else item) for item in value]


def _numbered(item: Any) -> bool:
    return isinstance(item, dict) and len(item) == 1 and next(iter(item)).isdigit()


def _plain(kind: str, rules: Map, keep: Callable[[Ours], bool] = bool) -> Callable[[Question], Iterator[Pair]]:
    """One message is one object, in the same order."""

    def make(question: Question) -> Iterator[Pair]:
        told = [ours for ours in question.told[kind] if keep(ours)]
        for printed, ours in zip(question.printed, told, strict=True):
            yield question.command, printed, ours, rules

    return make


def _links(question: Question) -> Iterator[Pair]:
    # Behind the dump ip may ask for one whose name it lacks.
    told = [_with_others(ours, question) for ours in question.told["RTM_NEWLINK"][: len(question.printed)]]
    for printed, ours in zip(question.printed, told, strict=True):
        if "info_data" in printed.get("linkinfo", {}):
            kind = ours["linkinfo"]["kind"]
            data = {"linkinfo": {"info_data": printed["linkinfo"].pop("info_data")}}
            yield f"{kind} {printed['ifname']}", data, ours, map_kinds.OF_KIND[kind]
        yield f"link {printed['ifname']}", printed, ours, LINK


def _with_others(ours: Ours, question: Question) -> Ours:
    """With what ip takes from links further on in the dump, which nlsniff has not yet read when it names a number."""
    links = {link["ifi-index"]: link for link in question.told["RTM_NEWLINK"]}
    names = {f"{what}-name": links[ours[what]]["ifname"] for what in ("link", "master") if ours.get(what) in links}
    below = links.get(ours.get("link"))
    return {**names, **ours, "below-is-down": below is not None and "up" not in below["ifi-flags"]}


def _addresses(question: Question) -> Iterator[Pair]:
    """ip puts the addresses of a link, of IPv4 first, into the link."""
    told = sorted(question.told["RTM_NEWADDR"], key=lambda ours: (ours["ifa-index"], ours["ifa-family"] != "inet"))
    printed = [address for link in question.printed for address in link.pop("addr_info", [])]
    for address, ours in zip(printed, told, strict=True):
        yield f"address {address['local']}", address, ours, map_link.ADDRESS
    yield from _links(question)


def _qdiscs(question: Question) -> Iterator[Pair]:
    for printed, ours in zip(question.printed, question.told["RTM_NEWQDISC"], strict=True):
        own = map_tc.OF_QDISC.get(printed["kind"], {})
        without = {key for key in printed if key in map_tc.QDISC and (key != "options" or not printed[key])}
        general = {key: printed.pop(key) for key in without}
        yield f"qdisc {ours['kind']}", general, ours, map_tc.QDISC
        yield f"options of {ours['kind']}", printed, unwrap(ours), own


def _filters(question: Question) -> Iterator[Pair]:
    for printed, ours in zip(question.printed, question.told["RTM_NEWTFILTER"], strict=True):
        own = unwrap(ours)
        actions = printed.get("options", {}).pop("actions", [])
        for action, told in _in_order(actions, own.get("options", {}).get("act", []), 1):
            yield from _action(action, told)
        yield f"filter {ours['kind']}", printed, own, {**map_tc_filter.FILTER, **map_tc_filter.OF_FILTER[ours["kind"]]}


def _actions(question: Question) -> Iterator[Pair]:
    (ours,) = question.told["RTM_GETACTION"]
    total, listed = question.printed
    yield "actions", total, ours, {"total acts": "count"}
    for action, told in _in_order(listed["actions"], unwrap(ours)["tab"], 0):
        yield from _action(action, told)


def _in_order(printed: list[Any], told: list[Ours], first: int) -> Iterator[tuple[Any, Ours]]:
    for number, (action, ours) in enumerate(zip(printed, told, strict=True), first):
        yield action, {"order": number, **ours}


def _action(printed: Any, ours: Ours) -> Iterator[Pair]:
    if ours["kind"] == "police":
        # Two words under one name: what becomes of packets beyond the rate, and of those within.
        beyond, within = (item["type"] for item in printed.pop("control_action"))
        rules: Map = {
            "beyond": ("options.tbf.action", map_tc_filter.control),
            "within": ("options.result", map_tc_filter.control),
        }
        yield "police", {"beyond": beyond, "within": within}, ours, rules
    yield f"action {ours['kind']}", printed, ours, map_tc_filter.OF_ACTION[ours["kind"]]


def _vlans(question: Question) -> Iterator[Pair]:
    what = question.command.split()[-2]
    part, rules = ("global-options", map_bridge.VLAN_GLOBAL) if what == "global" else ("entry", map_bridge.VLAN)
    for link, ours in zip(question.printed, question.told["RTM_NEWVLAN"], strict=True):
        assert link["ifname"] == ours["ifindex-name"]
        for vlan, entry in zip(link["vlans"], ours[part], strict=True):
            yield f"vlan {vlan['vlan']} of {link['ifname']}", vlan, entry, rules


def _tunnels(question: Question) -> Iterator[Pair]:
    told = [ours for ours in question.told["RTM_NEWLINK"] if "vlan-tunnel-info" in ours.get("af-spec", {})]
    for link, ours in zip(question.printed, told, strict=True):
        assert link["ifname"] == ours["ifname"]
        for tunnel, entry in zip(link["tunnels"], map_bridge.tunnels(ours), strict=True):
            yield f"tunnel of {link['ifname']}", tunnel, entry, map_bridge.TUNNEL


def _vlan_or_tunnels(question: Question) -> Iterator[Pair]:
    yield from (_tunnels if "tunnelshow" in question.command else _vlans)(question)


def _routes(question: Question) -> Iterator[Pair]:
    for printed, ours in zip(question.printed, question.told["RTM_NEWROUTE"], strict=True):
        yield f"route {printed['dst']}", printed, ours, map_route.route(printed, ours)


def _nexthops_or_buckets(question: Question) -> Iterator[Pair]:
    buckets = "bucket" in question.command
    kind, rules = ("BUCKET", map_route.BUCKET) if buckets else ("", map_route.NEXTHOP)
    yield from _plain(f"RTM_NEWNEXTHOP{kind}", rules)(question)


def _mdb(question: Question) -> Iterator[Pair]:
    """bridge asks twice, for groups and for routers."""
    (printed,) = question.printed
    (ours, _again) = question.told["RTM_GETMDB"]
    entries = [info for entry in ours["mdb"]["entry"] for info in entry["info"]]
    for group, told in zip(printed["mdb"], entries, strict=True):
        bridge = {"bridge": ours["ifindex"], "bridge-name": ours["ifindex-name"]}
        yield f"group {group['grp']}", group, {**bridge, **told}, map_bridge.MDB
    for port, told in zip(printed["router"][ours["ifindex-name"]], ours["router"]["port"], strict=True):
        yield "router port", port, told, map_bridge.MDB_ROUTER


PAIRS: dict[str, Callable[[Question], Iterator[Pair]]] = {
    "ip link": _links,
    "ip addr": _addresses,
    "ip route": _routes,
    # ip does not print neighbours without address resolution unless asked.
    "ip neigh": _plain("RTM_NEWNEIGH", map_route.NEIGHBOUR, lambda ours: ours["ndm-state"] != ["noarp"]),
    "ip rule": _plain("RTM_NEWRULE", map_route.RULE),
    "ip nexthop": _nexthops_or_buckets,
    "ip netconf": _plain("RTM_NEWNETCONF", map_route.NETCONF),
    "ip ntable": _plain("RTM_NEWNEIGHTBL", map_route.NEIGHBOUR_TABLE),
    "ip addrlabel": _plain("RTM_NEWADDRLABEL", map_route.LABEL),
    "ip stats": _plain("RTM_NEWSTATS", map_link.STATS),
    "bridge vlan": _vlan_or_tunnels,
    "bridge fdb": _plain("RTM_NEWNEIGH", map_bridge.FDB),
    "bridge mdb": _mdb,
    "bridge link": _plain("RTM_NEWLINK", map_bridge.PORT, lambda ours: ours["ifi-family"] == "bridge"),
    "tc qdisc": _qdiscs,
    "tc filter": _filters,
    "tc actions": _actions,
    "tc chain": _plain("RTM_NEWCHAIN", map_tc_filter.CHAIN),
}
