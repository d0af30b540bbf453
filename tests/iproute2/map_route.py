"""`ip route`, `rule`, `neigh`, `nexthop`, `netconf`, `ntable` and `addrlabel` against their messages."""

from __future__ import annotations

from typing import Any

from tests.iproute2.compare import ABSENT, Explained, Map, Of, Ours, find
from tests.iproute2.words import constants, hexadecimal, instead, seconds, text, there, whole_seconds, yes

SCOPE = instead(universe="global")
LONG = {"inet": 32, "inet6": 128}


def prefix(route: Ours) -> Any:
    """Where a route goes: an address stands for itself alone, nothing for everything."""
    if route["rtm-dst-len"] == 0 and "dst" not in route:
        return "default"
    length = "" if route["rtm-dst-len"] == LONG[route["rtm-family"]] else f"/{route['rtm-dst-len']}"
    return f"{route['dst']}{length}"


def metric_flag(name: str) -> Of:
    """ip prints null for a feature that the route has."""
    return Of(lambda route: None if name in route["metrics"]["features"] else ABSENT)


def prefix_and_labels(route: Ours) -> Any:
    """ip prints both under the name `dst`."""
    return prefix(route) if route.get("encap-type") != "mpls" else [prefix(route), route["encap"]["dst"]]


def weight(hop: str) -> tuple[str, Any]:
    """A next hop's weight: the kernel counts from 0."""
    return hop, lambda number: number + 1


def differentiated(number: int) -> str:
    """A type of service; the newer ip knows the names of some code points."""
    return {0x28: "AF11"}.get(number, hexadecimal(number))


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
    "tos": ("rtm-tos", differentiated),
    "flags": ("rtm-flags", lambda names: ["rt_trap" if name == "trap" else name for name in names]),
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
    "metrics[].ecn": metric_flag("ecn"),
    "metrics[].tcp_usec_ts": metric_flag("tcp-usec-ts"),
    "nexthops[].gateway": "multipath[].gateway",
    "nexthops[].dev": "multipath[].rtnh-ifindex-name",
    "nexthops[].weight": weight("multipath[].rtnh-hops"),
    "nexthops[].flags": "multipath[].rtnh-flags",
    "nexthops[].encap.encap_type": "multipath[].encap-type",
    "nexthops[].encap.dst": "multipath[].encap.dst",
    **{
        f"nh_info.{name}": Explained("the nexthop object, which ip asks for in between; `ip nexthop` compares it")
        for name in ("id", "group[].id", "group[].weight", "scope", "protocol", "flags")
    },
}


def segments(of: str) -> Of:
    """ip lists them in the order that a packet takes, the header has the last first."""
    return Of(lambda route: find(route, of)[::-1])


def action(name: str) -> str:
    """What a node does with segments, as RFC 8986 writes it."""
    return "End" + "".join(f".{part.upper()}" for part in name.split("-")[1:])


def words_of_four(number: int) -> str:
    """The upper half of an IPv6 address."""
    return ":".join(f"{number >> shift & 0xFFFF:x}" for shift in (48, 32, 16, 0))


# The newer ip puts what a packet is wrapped into together; the older beside all else (ROUTE).
ENCAP_TYPE: Map = {"encap.encap_type": ("encap-type", instead(seg6_local="seg6local"))}
SEGMENTS: Map = {"encap.segs": segments("encap.srh.segments")}
OF_ENCAP: dict[str, Map] = {
    "none": {},
    "mpls": {"encap.dst": "encap.dst", "encap.ttl": "encap.ttl"},
    "xfrm": {"encap.if_id": "encap.if-id", "encap.link_dev": "encap.link-name"},
    "bpf": {f"encap.{where}": f"encap.{where}.name" for where in ("in", "out", "xmit")},
    "ip": {
        **{f"encap.{name}": f"encap.{name}" for name in ("id", "src", "dst", "ttl", "tos")},
        **{f"encap.geneve_opts[].{name}": f"encap.opts.geneve[].{name}" for name in ("class", "type", "data")},
        "encap.vxlan_opts[].gbp": "encap.opts.vxlan.gbp",
    },
    "ip6": {
        **{f"encap.{name}": f"encap.{name}" for name in ("id", "src", "dst", "hoplimit", "tc")},
        **{f"encap.erspan_opts[].{name}": f"encap.opts.erspan.{name}" for name in ("ver", "dir", "hwid")},
        # Version 2 has none; ip prints 0.
        "encap.erspan_opts[].index": Of(lambda route: route["encap"]["opts"]["erspan"].get("index", 0)),
    },
    "seg6": {
        "encap.mode": ("encap.srh.mode", lambda mode: mode.replace("-", ".")),
        "encap.segs": segments("encap.srh.srh.segments"),
        "encap.tunsrc": "encap.src",
    },
    "seg6-local": {
        "encap.action": ("encap.action", action),
        "encap.nh4": "encap.nh4",
        "encap.nh6": "encap.nh6",
        "encap.oif": "encap.oif-name",
        "encap.table": ("encap.table", text),
        "encap.vrftable": ("encap.vrftable", text),
        "encap.srh.segs": segments("encap.srh.segments"),
        "encap.endpoint": "encap.bpf.prog-name",
        "encap.flavors": "encap.flavors.operation",
        "encap.lblen": "encap.flavors.lcblock-bits",
        "encap.nflen": "encap.flavors.lcnode-fn-bits",
    },
    "rpl": SEGMENTS,
    "ila": {
        "encap.locator": ("encap.locator", words_of_four),
        "encap.csum_mode": "encap.csum-mode",
        "encap.ident_type": "encap.ident-type",
        "encap.hook_type": "encap.hook-type",
    },
}


def route(printed: Any, ours: Ours) -> Map:
    """The map for a route as one or the other ip prints it."""
    if not isinstance(printed.get("encap"), dict):
        return ROUTE
    return {**ROUTE, "dst": Of(prefix), **ENCAP_TYPE, **OF_ENCAP[ours["encap-type"]]}


NEXTHOP: Map = {
    "encap.encap_type": "encap-type",
    "encap.dst": "encap.dst",
    "fdb": ("fdb", there),
    "hw_stats.enabled": ("hw-stats-enable", yes),
    "hw_stats.used": Of(lambda found: bool(found.get("hw-stats-used"))),
    "group_stats[].id": "group-stats.entry[].id",
    "group_stats[].packets": "group-stats.entry[].packets",
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
    "managed": Of(lambda found: None if "managed" in found["flags-ext"] else ABSENT),
    "extern_valid": Of(lambda found: None if "ext-validated" in found["flags-ext"] else ABSENT),
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
    "sport": one_port("sport-range"),
    "dport": one_port("dport-range"),
    "sport_mask": ("sport-mask", hexadecimal),
    "dport_mask": ("dport-mask", hexadecimal),
    "dscp": ("dscp", lambda number: {10: "AF11", 46: "EF"}.get(number, text(number))),
    "dscp_mask": ("dscp-mask", hexadecimal),
    "flowlabel": ("flowlabel", hexadecimal),
    "flowlabel_mask": ("flowlabel-mask", hexadecimal),
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
