"""`bridge vlan`, `fdb`, `mdb` and `link` against RTM_NEWVLAN, RTM_NEWNEIGH, RTM_GETMDB and RTM_NEWLINK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.iproute2.map_link import BASIC, BRIDGE_PORT, ROUTER, below
from tests.iproute2.words import instead, whole_seconds

if TYPE_CHECKING:
    from tests.iproute2.compare import Map, Ours

_FLAGS = {"pvid": "PVID", "untagged": "Egress Untagged"}

VLAN: Map = {
    "vlan": "info.vid",
    "vlanEnd": "range",
    "flags": ("info.flags", lambda flags: [_FLAGS[name] for name in flags]),
    "state": "state",
    "mcast_router": ("mcast-router", ROUTER.get),
    **{f"{way}_{what}": f"stats.{way}-{what}" for way in ("rx", "tx") for what in ("bytes", "packets")},
}

VLAN_GLOBAL: Map = {
    "vlan": "id",
    "vlanEnd": "range",
    **{
        f"mcast_{tool}": f"mcast-{ours}"
        for tool, ours in {
            "snooping": "snooping", "querier": "querier", "igmp_version": "igmp-version", "mld_version": "mld-version",
            "last_member_count": "last-member-cnt", "last_member_interval": "last-member-intvl",
            "startup_query_count": "startup-query-cnt", "startup_query_interval": "startup-query-intvl",
            "membership_interval": "membership-intvl", "querier_interval": "querier-intvl",
            "query_interval": "query-intvl", "query_response_interval": "query-response-intvl",
        }.items()
    },
}  # fmt: skip

TUNNEL: Map = {"vlan": "vid", "vlanEnd": "vid-end", "tunid": "id", "tunidEnd": "id-end"}


def tunnels(link: Ours) -> list[Ours]:
    """The tunnels of a port, a range as one: the kernel sends its two ends."""
    found: list[Ours] = []
    for part in link["af-spec"]["vlan-tunnel-info"]:
        if "range-end" in part["flags"]:
            found[-1] |= {"vid-end": part["vid"], "id-end": part["id"]}
        else:
            found.append(dict(part))
    return found


def fdb_state(states: list[str]) -> str:
    """bridge has words for three kinds of entry, and none for one that was learned."""
    if "permanent" in states:
        return "permanent"
    return "static" if "noarp" in states else "" if "reachable" in states else "stale"


FDB: Map = {
    "mac": "lladdr",
    "ifname": "ndm-ifindex-name",
    "vlan": "vlan",
    "dst": "dst",
    "port": ("port", int),
    "vni": "vni",
    "src_vni": "src-vni",
    "used": ("cacheinfo.used", whole_seconds),
    "updated": ("cacheinfo.updated", whole_seconds),
    "flags": ("ndm-flags", lambda flags: [{"ext-learned": "extern_learn"}.get(name, name) for name in flags]),
    "master": "master-name",
    "state": ("ndm-state", fdb_state),
}


def timer(hundredths: int) -> str:
    """As bridge prints a time: with blanks before it."""
    return f"{hundredths // 100:4d}.{hundredths % 100:02d}"


MDB: Map = {
    "index": "bridge",
    "dev": "bridge-name",
    "port": "ifindex-name",
    "grp": "addr.u",
    "src": "source",
    "state": ("state", instead(temporary="temp")),
    "protocol": "rtprot",
    "flags": "flags",
    "vid": "vid",
    "timer": ("timer", timer),
}

MDB_ROUTER: Map = {
    "port": "ifindex-name",
    "timer": ("timer", timer),
    "type": ("type", instead(perm="permanent")),
}

PORT: Map = {
    **{name: BASIC[name] for name in ("ifindex", "link", "ifname", "flags", "mtu", "master")},
    **{f"{name}": rule for name, rule in below("protinfo", BRIDGE_PORT, "").items()},
}
PORT = {name.lstrip("."): rule for name, rule in PORT.items()}
PORT["mcast_router"] = ("protinfo.multicast-router", ROUTER.get)
