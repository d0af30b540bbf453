"""`ip link`, `ip addr`, `ip stats` and `bridge link` against RTM_NEWLINK, RTM_NEWADDR and RTM_NEWSTATS."""

from __future__ import annotations

from typing import Any

from tests.iproute2.compare import ABSENT, Explained, Map, Of, Ours, find
from tests.iproute2.words import constants, hexadecimal, instead, seconds, text, upper, yes

# The kernel's flags in the order of their bits; RUNNING is not printed, its absence is.
HIDDEN = {"running", "dormant"}


def device_flags(link: Ours) -> list[str]:
    """IFF_* as ip prints them."""
    flags = link["ifi-flags"]
    found = constants(no_arp="NOARP", point_to_point="POINTOPOINT")([name for name in flags if name not in HIDDEN])
    if link.get("below-is-down"):
        found.append("M-DOWN")
    return ["NO-CARRIER", *found] if "up" in flags and "running" not in flags else found


def lower_link(link: Ours) -> Any:
    """The link below; null where a link could have one and has none."""
    return link.get("link-name") if link.get("link", 0) else None


STATS64 = {
    "rx.bytes": "rx-bytes", "rx.packets": "rx-packets", "rx.errors": "rx-errors", "rx.dropped": "rx-dropped",
    "rx.over_errors": "rx-over-errors", "rx.multicast": "multicast", "tx.bytes": "tx-bytes", "tx.packets": "tx-packets",
    "tx.errors": "tx-errors", "tx.dropped": "tx-dropped", "tx.carrier_errors": "tx-carrier-errors",
    "tx.collisions": "collisions",
}  # fmt: skip

BASIC: Map = {
    "ifindex": "ifi-index",
    "link": Of(lower_link),
    "ifname": "ifname",
    "flags": Of(device_flags),
    "mtu": "mtu",
    "qdisc": "qdisc",
    "master": "master-name",
    "operstate": ("operstate", upper),
    "group": ("group", lambda number: "default" if number == 0 else str(number)),
    "txqlen": "txqlen",
    "link_type": (
        "ifi-type",
        instead(ipgre="gre", ip6gre="gre6", rawip="[519]", tunnel="ipip", tunnel6="tunnel6", none="none"),
    ),
    "address": "address",
    "broadcast": "broadcast",
    "promiscuity": "promiscuity",
    "allmulti": "allmulti",
    "min_mtu": "min-mtu",
    "max_mtu": "max-mtu",
    "num_tx_queues": "num-tx-queues",
    "num_rx_queues": "num-rx-queues",
    "gso_ipv4_max_size": "gso-ipv4-max-size",
    "gro_ipv4_max_size": "gro-ipv4-max-size",
    "gso_max_size": "gso-max-size",
    "gso_max_segs": "gso-max-segs",
    "tso_max_size": "tso-max-size",
    "tso_max_segs": "tso-max-segs",
    "gro_max_size": "gro-max-size",
    **{f"stats64.{tool}": f"stats64.{ours}" for tool, ours in STATS64.items()},
}

BRIDGE_PORT: dict[str, Any] = {
    "state": "state",
    "priority": "priority",
    "cost": "cost",
    "hairpin": ("mode", yes),
    "guard": ("guard", yes),
    "root_block": ("protect", yes),
    "fastleave": ("fast-leave", yes),
    "learning": ("learning", yes),
    "flood": ("unicast-flood", yes),
    "mcast_flood": ("mcast-flood", yes),
    "bcast_flood": ("bcast-flood", yes),
    "mcast_to_unicast": ("mcast-to-ucast", yes),
    "neigh_suppress": ("neigh-suppress", yes),
    "vlan_tunnel": ("vlan-tunnel", yes),
    "isolated": ("isolated", yes),
    "locked": ("locked", yes),
}


def below(prefix: str, rules: dict[str, Any], tool: str) -> Map:
    """The same rules for a part of the tool's object and one of ours."""
    return {
        f"{tool}.{name}": (f"{prefix}.{rule}" if isinstance(rule, str) else (f"{prefix}.{rule[0]}", rule[1]))
        if isinstance(rule, (str, tuple))
        else rule
        for name, rule in rules.items()
    }


PROTOCOLS = {"8021q": "802.1Q", "8021ad": "802.1ad"}
ROUTER = {"disabled": 0, "temp-query": 1, "perm": 2, "temp": 3}


def bridge_id(name: str, part: str = "linkinfo.slave-data") -> Of:
    """Priority in hex, a dot, and the address, of which ip prints no leading zeros."""

    def make(link: Ours) -> Any:
        found = find(link, f"{part}.{name}")
        if found is ABSENT:
            return ABSENT
        octets = ":".join(f"{int(octet, 16):x}" for octet in found["addr"].split(":"))
        return f"{found['prio']:04x}.{octets}"

    return Of(make)


SLAVE: Map = {
    "linkinfo.info_slave_kind": "linkinfo.slave-kind",
    **below("linkinfo.slave-data", BRIDGE_PORT, "linkinfo.info_slave_data"),
    **below(
        "linkinfo.slave-data",
        {
            "id": ("id", hexadecimal),
            "no": ("no", hexadecimal),
            "designated_port": "designated-port",
            "designated_cost": "designated-cost",
            "bridge_id": bridge_id("bridge-id"),
            "root_id": bridge_id("root-id"),
            "hold_timer": ("hold-timer", seconds),
            "message_age_timer": ("message-age-timer", seconds),
            "forward_delay_timer": ("forward-delay-timer", seconds),
            "topology_change_ack": "topology-change-ack",
            "config_pending": "config-pending",
            "proxy_arp": ("proxyarp", yes),
            "proxy_arp_wifi": ("proxyarp-wifi", yes),
            "multicast_router": ("multicast-router", lambda name: ROUTER[name]),
            "group_fwd_mask": ("group-fwd-mask", text),
            "group_fwd_mask_str": ("group-fwd-mask", hexadecimal),
            "table": "table",
        },
        "linkinfo.info_slave_data",
    ),
}

LINK: Map = {
    **BASIC,
    **SLAVE,
    "netns-immutable": ("netns-immutable", yes),
    "phys_port_name": "phys-port-name",
    "phys_switch_id": "phys-switch-id",
    "parentbus": "parent-dev-bus-name",
    "parentdev": "parent-dev-name",
    "linkmode": ("linkmode", upper),
    "ifalias": "ifalias",
    "altnames": "prop-list.alt-ifname",
    "link_pointtopoint": Of(lambda link: "point-to-point" in link["ifi-flags"]),
    "permaddr": "perm-address",
    "inet6_addr_gen_mode": ("af-spec.inet6.addr-gen-mode", lambda mode: mode),
    "linkinfo.info_kind": "linkinfo.kind",
}


def own(**rules: Any) -> Map:
    """Rules for what is special to a kind of link."""
    return below("linkinfo.data", rules, "linkinfo.info_data")


def named(*names: str) -> dict[str, Any]:
    """Values that both have under the same name."""
    return {name: name.replace("_", "-") for name in names}


def option(name: str) -> Of:
    """One of the bridge's options of a bit each, as 0 or 1."""
    return Of(lambda link: int(name in link["linkinfo"]["data"]["multi-boolopt"]["optval"]))


BRIDGE = own(
    **named(
        "forward_delay", "hello_time", "max_age", "ageing_time", "stp_state", "priority", "vlan_filtering", "root_port",
        "root_path_cost", "topology_change", "topology_change_detected", "group_addr", "vlan_default_pvid",
        "vlan_stats_enabled", "vlan_stats_per_port", "mcast_snooping", "mcast_query_use_ifaddr", "mcast_querier",
        "mcast_stats_enabled", "mcast_hash_elasticity", "mcast_hash_max", "mcast_last_member_cnt",
        "mcast_startup_query_cnt", "mcast_igmp_version", "mcast_mld_version", "mcast_last_member_intvl",
        "mcast_membership_intvl", "mcast_querier_intvl", "mcast_query_intvl", "mcast_query_response_intvl",
        "mcast_startup_query_intvl", "nf_call_iptables", "nf_call_ip6tables", "nf_call_arptables",
    ),
    vlan_protocol=("vlan-protocol", PROTOCOLS.get),
    bridge_id=bridge_id("bridge-id", "linkinfo.data"),
    root_id=bridge_id("root-id", "linkinfo.data"),
    hello_timer=("hello-timer", seconds),
    tcn_timer=("tcn-timer", seconds),
    topology_change_timer=("topology-change-timer", seconds),
    gc_timer=("gc-timer", seconds),
    group_fwd_mask=("group-fwd-mask", text),
    no_linklocal_learn=option("no-ll-learn"),
    mcast_vlan_snooping=option("mcast-vlan-snooping"),
    mcast_router=("mcast-router", ROUTER.get),
)  # fmt: skip

BOND = own(
    **named(
        "mode", "miimon", "updelay", "downdelay", "use_carrier", "arp_interval", "arp_all_targets", "primary_reselect",
        "fail_over_mac", "xmit_hash_policy", "resend_igmp", "num_peer_notif", "all_slaves_active", "min_links",
        "lp_interval", "packets_per_slave", "ad_lacp_rate", "ad_select", "ad_actor_sys_prio", "ad_user_port_key",
        "ad_actor_system", "tlb_dynamic_lb",
    ),
    peer_notify_delay="peer-notif-delay",
    arp_missed_max="missed-max",
    arp_validate=("arp-validate", lambda found: None if found == "none" else found),
    ad_lacp_active=("ad-lacp-active", lambda number: "on" if number else "off"),
)  # fmt: skip

VLAN = own(
    **named("id"),
    protocol=("protocol", PROTOCOLS.get),
    flags=("flags.flags", constants()),
    **{f"{way}_qos[].{end}": f"{way}-qos.mapping[].{end}" for way in ("ingress", "egress") for end in ("from", "to")},
)

VXLAN = own(
    **named("id", "group", "ttl", "df", "ageing", "port"),
    link="link-name",
    **{f"port_range.{end}": f"port-range.{end}" for end in ("low", "high")},
    **{
        name: (name.replace("_", "-"), yes)
        for name in ("learning", "udp_csum", "udp_zero_csum6_tx", "udp_zero_csum6_rx")
    },
)

MACVLAN = own(mode="mode", bcqueuelen="bc-queue-len", usedbcqueuelen="bc-queue-len-used")

VRF = own(table="table")


def anywhere(address: str) -> str:
    """No address is any."""
    return "any" if address in {"0.0.0.0", "::"} else address  # noqa: S104 - nothing is bound


def dotted(number: int) -> str:
    """A key as ip prints it."""
    return ".".join(map(str, number.to_bytes(4, "big")))


def has(flags: str, name: str) -> Of:
    """Whether a flag of a tunnel is set."""
    return Of(lambda link: name in link["linkinfo"]["data"][flags])


IP_MODES = {"ipv6": "ip6ip6", "ipip": "ipip6"}

TUNNEL = own(
    **named("ttl", "encap_limit", "erspan_index", "erspan_ver"),
    remote=("remote", anywhere),
    local=("local", anywhere),
    pmtudisc=("pmtudisc", yes),
    ikey=("ikey", dotted),
    okey=("okey", dotted),
    icsum=has("iflags", "csum"),
    ocsum=has("oflags", "csum"),
    proto=("proto", IP_MODES.get),
    tclass=("flowinfo", lambda number: f"0x{number >> 20 & 0xFF:02x}"),
    flowlabel=("flowinfo", lambda number: f"0x{number & 0xFFFFF:05x}"),
)

OF_KIND: dict[str, Map] = {
    "bridge": BRIDGE, "bond": BOND, "vlan": VLAN, "vxlan": VXLAN, "macvlan": MACVLAN, "vrf": VRF,
    **dict.fromkeys(("gre", "gretap", "erspan", "vti", "ip6tnl"), TUNNEL),
}  # fmt: skip


def flag(name: str) -> Of:
    """Whether an address has a flag."""
    return Of(lambda found: name in found["flags"])


ADDRESS: Map = {
    "family": "ifa-family",
    "local": Of(lambda found: found.get("local") or found["address"]),
    "address": "address",
    "prefixlen": "ifa-prefixlen",
    "broadcast": "broadcast",
    "scope": ("ifa-scope", instead(universe="global")),
    "label": "label",
    "dynamic": Of(lambda found: "permanent" not in found["flags"]),
    "nodad": flag("nodad"),
    "noprefixroute": flag("noprefixroute"),
    "protocol": ("proto", lambda name: hex(name) if isinstance(name, int) else name.replace("-", "_")),
    "secondary": flag("secondary"),
    "autojoin": flag("mcautojoin"),
    "home": flag("homeaddress"),
    "mngtmpaddr": flag("managetempaddr"),
    "stable-privacy": flag("stable-privacy"),
    "valid_life_time": "cacheinfo.ifa-valid",
    "preferred_life_time": "cacheinfo.ifa-prefered",
}

STATS: Map = {
    "ifindex": "ifindex",
    "ifname": "ifindex-name",
    "group": Explained("what was asked for"),
    **{f"stats64.{tool}": f"link-64.{ours}" for tool, ours in STATS64.items()},
}
