"""What the specs of kernel 7.2 leave out or have wrong, found on recorded traffic: for tests/spec/kernel_specs.py.

A gap that is not here is a fault of nlsniff, or news.
"""

from __future__ import annotations

# Family, pattern of the path (message type and attribute names), what is the matter with the spec.
LACKING = (
    ("devlink", r"\.fmsg\.unknown-11[23]$", "dl-fmsg lacks type and data of a value"),
    ("devlink", r"\.param\.unknown-84$", "dl-param lacks the list of values"),
    ("devlink", r"\.unknown-8[56]$", "the value of a parameter, whose type another attribute tells"),
    ("devlink", r"\.resource\.unknown-63", "dl-resource lacks the resources inside a resource"),
    ("mptcp_pm", r"^event ", "no operation is an event, and their numbers are those of requests"),
    ("nl80211", r"\.unknown-34[14]", "nl80211-attrs ends before the newest attributes"),
    ("nl80211", r"\.[rt]x-frame-types\.unknown-1[34]$", "supported-iftypes lacks the newest interface types"),
    ("nl80211", r"\.iftype-data\.unknown-1[23]$", "iftype-data-attrs lacks UHR"),
    ("nl80211", r"\.freqs\.unknown-38$", "frequency-attrs lacks the newest restrictions of channels"),
    ("nl80211", r"\.control-port-ethertype\.unknown-bytes$", "a flag from a device, but a number from a program"),
    ("ovs_flow", r"\.arp(: longer|\.unknown-bytes)$", "ovs-key-arp lacks the padding at its end"),
    ("ovs_flow", r"\.set-masked\.\w+(: longer|\.unknown-bytes)$", "set-masked holds each key twice: value, then mask"),
    ("ovs_flow", r"\.psample", "action-attrs lacks what psample nests"),
)
# What has another value by the spec than by our dissector, which the audit has compared with the headers.
DIFFERENT: dict[str, dict[str, str]] = {
    "nl80211": {
        "control-port-ethertype": "a flag from a device, but a number from a program",
        "rx-signal-dbm": "below 0",
    },
    "rt-link": {
        "prio": "of a bridge id: in network order",
        "vlan-protocol": "in network order",
        "flags": "of an ip6tnl: not in network order",
    },
    "rt-neigh": {"port": "in network order"},
    "rt-route": {"sport": "in network order", "dport": "in network order"},
    "tc": {
        "key-vlan-id": "not in network order",
        "key-cvlan-id": "not in network order",
        "key-mpls-label": "not in network order",
        "push-vlan-protocol": "in network order",
        "class": "of Geneve options: in network order",
        "index": "of an ERSPAN option: in network order",
    },
}
# What does not fit the spec of a family that we have a dissector of.
PROBLEMS: dict[str, dict[str, str]] = {
    "mptcp_pm": dict.fromkeys(
        (
            "unknown-bytes: attribute-length",
            "token: length",
            "rcv-add-addrs: length",
            "loc-id: length",
            "subflows: length",
        ),
        "events have numbers of requests",
    ),
    "rt-link": {
        "unknown-bytes: longer": "rtnl-link-ifmap lacks the padding at its end",
        "data: selector": "kinds that have no layout: vxlan, macsec, macvlan, ...",
        "slave-data: selector": "kinds that have no layout",
        "unknown-bytes: attribute-length": "what af-spec holds for a bridge is read as for inet",
        "conf: attribute-length": "what af-spec holds for a bridge is read as for inet",
        "proto-down-reason: after-nul": "a nest, not a text",
        "mtu: length": "wrong on the wire: a request that is refused",
    },
    "rt-route": {
        "unknown-bytes: longer": "rta-cacheinfo lacks three members",
        "expires: length": "8 bytes of a multicast route",
        "mtu: length": "wrong on the wire: a request that is refused",
        "priority: length": "wrong on the wire: a request that is refused",
    },
    "tc": {
        "unknown-bytes: longer": "structs lack C's gaps and padding",
        "options: selector": "kinds that have no layout",
        "app: selector": "kinds that have no layout",
        "xstats: selector": "kinds that have no layout",
        "unknown-bytes: attribute-length": "options of a class are not those of a qdisc",
        "lse-depth: length": "each entry of the label stack is a nest of its own",
    },
}
# The share of bytes of a family's recordings that its spec may leave unknown; 0 where none is given.
UNKNOWN_SHARE = {
    "tc": 0.4,
    "rt-link": 0.05,
    "rt-route": 0.05,
    "rt-addr": 0.001,
    "rt-neigh": 0.001,  # the flags of an FDB entry (NDA_FDB_EXT_ATTRS) are a blob there
    "team": 0.1,
    "wireguard": 0.1,
    "ovpn": 0.2,
    "nl80211": 0.5,
    "mptcp_pm": 0.3,
}
