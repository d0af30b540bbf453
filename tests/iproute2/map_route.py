"""`ip route`, `rule`, `neigh`, `nexthop`, `netconf`, `ntable` and `addrlabel` against their messages."""

from __future__ import annotations

from typing import Any

from tests.iproute2.compare import ABSENT, Explained, Map, Of, Ours
from tests.iproute2.words import constants, hexadecimal, instead, seconds, text, there, whole_seconds, yes

SCOPE = instead(universe="global")
LONG = {"inet": 32, "inet6": 128}


def prefix(route: Ours) -> Any:
    """Where a route goes: an address stands for itself alone, nothing for everything."""
    if route["rtm-dst-len"] == 0 and "dst" not in route:
        return "default"
    length = "" if route["rtm-dst-len"] == LONG[route["rtm-family"]] else f"/{route['rtm-dst-len']}"
    return f"{route['dst']}{length}"


def prefix_and_labels(route: Ours) -> Any:
    """ip prints both under the name `dst`."""
    return prefix(route) if route.get("encap-type") != "mpls" else [prefix(route), route["encap"]["dst"]]


def weight(hop: str) -> tuple[str, Any]:
    """A next hop's weight: the kernel counts from 0."""
    return hop, lambda number: number + 1


ROUTE: Map = {
    "type": "rtm-type",
    "dst": Of(prefix_and_labels),
    "gateway": "gateway",
    "via.family": "via.rtvia-family",
    "via.host": "via.rtvia-addr",
    "dev": "oif-name",
    "table": ("table", text),
    "protocol": ("rtm-protocol", text),
    "scope": ("rtm-scope", SCOPE),
    "prefsrc": "prefsrc",
    "metric": "priority",
    "tos": ("rtm-tos", hexadecimal),
    "flags": "rtm-flags",
    "flow.from": ("flow", lambda realms: str(realms >> 16)),
    "flow.to": ("flow", lambda realms: str(realms & 0xFFFF)),
    "encap": "encap-type",
    "ttl": "encap.ttl",
    "pref": "pref",
    "expires": ("cacheinfo.rta-expires", whole_seconds),
    "nhid": "nh-id",
    **{
        f"metrics[].{name}": f"metrics.{name.replace('_', '-')}"
        for name in ("mtu", "window", "advmss", "hoplimit", "initcwnd", "rto_min")
    },
    "metrics[].congestion": "metrics.cc-algo",
    "nexthops[].gateway": "multipath[].gateway",
    "nexthops[].dev": "multipath[].rtnh-ifindex-name",
    "nexthops[].weight": weight("multipath[].rtnh-hops"),
    "nexthops[].flags": "multipath[].rtnh-flags",
    **{
        f"nh_info.{name}": Explained("the nexthop object, which ip asks for in between; `ip nexthop` compares it")
        for name in ("id", "group[].id", "group[].weight", "scope", "protocol", "flags")
    },
}

NEXTHOP: Map = {
    "id": "id",
    "gateway": "gateway",
    "dev": "oif-name",
    "scope": ("nh-scope", SCOPE),
    "protocol": ("nh-protocol", text),
    "flags": "nh-flags",
    "blackhole": ("blackhole", there),
    "group[].id": "group[].id",
    "group[].weight": weight("group[].weight"),
    "type": ("group-type", instead(res="resilient")),
    "resilient_args.buckets": "res-group.buckets",
    "resilient_args.idle_timer": ("res-group.idle-timer", seconds),
    "resilient_args.unbalanced_timer": ("res-group.unbalanced-timer", seconds),
    "resilient_args.unbalanced_time": ("res-group.unbalanced-time", seconds),
}

BUCKET: Map = {
    "id": "id",
    "bucket.index": "res-bucket.index",
    "bucket.idle_time": ("res-bucket.idle-time", seconds),
    "bucket.nhid": "res-bucket.nh-id",
    "flags": "nh-flags",
}

NEIGHBOUR: Map = {
    "dst": "dst",
    "dev": "ndm-ifindex-name",
    "lladdr": "lladdr",
    "state": ("ndm-state", constants()),
    "router": Of(lambda found: None if "router" in found["ndm-flags"] else ABSENT),
    "extern_learn": Of(lambda found: None if "ext-learned" in found["ndm-flags"] else ABSENT),
    "proxy": Of(lambda found: None if "proxy" in found["ndm-flags"] else ABSENT),
    "protocol": ("protocol", text),
    "probes": "probes",
    "refcnt": "cacheinfo.refcnt",
    "used": ("cacheinfo.used", whole_seconds),
    "confirmed": ("cacheinfo.confirmed", whole_seconds),
    "updated": ("cacheinfo.updated", whole_seconds),
}


def one_port(name: str) -> Of:
    """A range of one port is printed as that port."""
    return Of(lambda rule: rule[name]["start"] if rule[name]["start"] == rule[name]["end"] else ABSENT)


RULE: Map = {
    "priority": Of(lambda rule: rule.get("priority", 0)),
    "src": Of(lambda rule: rule.get("src", "all")),
    "srclen": "src-len",
    "dst": "dst",
    "dstlen": "dst-len",
    "tos": ("tos", hexadecimal),
    "fwmark": ("fwmark", hexadecimal),
    "fwmask": ("fwmask", hexadecimal),
    "iif": "iifname",
    "oif": "oifname",
    "uid_start": "uid-range.start",
    "uid_end": "uid-range.end",
    "ipproto": "ip-proto",
    "sport_start": "sport-range.start",
    "sport_end": "sport-range.end",
    "dport": one_port("dport-range"),
    "table": ("table", text),
    "suppress_prefixlen": "suppress-prefixlen",
    "protocol": ("protocol", text),
    "l3mdev": ("l3mdev", there),
    "goto": "goto",
    "not": Of(lambda rule: None if "invert" in rule["flags"] else ABSENT),
    "action": "action",
}

NETCONF: Map = {
    "family": "ncm-family",
    "interface": Of(lambda found: {-1: "all", -2: "default"}.get(found["ifindex"], found.get("ifindex-name"))),
    "rp_filter": ("rp-filter", lambda number: ("off", "strict", "loose")[number]),
    **{
        name: (name.replace("_", "-"), yes)
        for name in ("forwarding", "mc_forwarding", "proxy_neigh", "ignore_routes_with_linkdown", "input")
    },
}

WHEN = Explained("a time that ip reckons from its own clock")

NEIGHBOUR_TABLE: Map = {
    "family": "family",
    "name": "name",
    "dev": Of(lambda table: table["parms"].get("ifindex-name", "*")),
    "thresh1": "thresh1",
    "thresh2": "thresh2",
    "thresh3": "thresh3",
    "gc_interval": "gc-interval",
    "key_length": "config.key-len",
    "entry_size": "config.entry-size",
    "entries": "config.entries",
    "last_flush": WHEN,
    "last_rand": WHEN,
    "hash_rnd": "config.hash-rnd",
    "hash_mask": ("config.hash-mask", hexadecimal),
    "hash_chain_gc": "config.hash-chain-gc",
    "proxy_qlen": "config.proxy-qlen",
    "refcnt": "parms.refcnt",
    "reachable": "parms.reachable-time",
    "base_reachable": "parms.base-reachable-time",
    "retrans": "parms.retrans-time",
    "gc_stale": "parms.gc-staletime",
    "delay_probe": "parms.delay-probe-time",
    "queue": "parms.queue-len",
    "app_probes": "parms.app-probes",
    "ucast_probes": "parms.ucast-probes",
    "mcast_probes": "parms.mcast-probes",
    "anycast_delay": "parms.anycast-delay",
    "proxy_delay": "parms.proxy-delay",
    "proxy_queue": "parms.proxy-qlen",
    "locktime": "parms.locktime",
    **{
        name: f"stats.{name.replace('_', '-')}"
        for name in (
            "allocs", "destroys", "hash_grows", "res_failed", "lookups", "hits", "rcv_probes_mcast", "rcv_probes_ucast",
            "periodic_gc_runs", "forced_gc_runs", "table_fulls",
        )
    },
}  # fmt: skip

LABEL: Map = {
    "address": "address",
    "prefixlen": "ifal-prefixlen",
    "ifname": "ifal-index-name",
    "label": "label",
}
