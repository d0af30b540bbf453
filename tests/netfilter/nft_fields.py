"""Where nft's keys and fields are in packets and in the kernel, and which numbers its words stand for.

The facts are those of the headers' formats; each field says where it begins and how long it is, in bits.
"""

from __future__ import annotations

import ipaddress
from typing import Any, NamedTuple

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47}
ETHER_TYPES = {"ip": 0x0800, "arp": 0x0806, "8021q": 0x8100}
DSCP = {"cs1": 8, "cs3": 24, "af11": 10, "ef": 46}
TCP_FLAGS = {"fin": 1, "syn": 2, "rst": 4, "ack": 16}
LINKS = {"lo": 1, "veth0": 3, "veth2": 4}  # as the scene makes them
NEW_YEAR = 1767225600 * 10**9  # 2026, nanoseconds
DAY_HOURS = {"08:00": 8 * 3600, "18:00": 18 * 3600, "08:00:00": 8 * 3600, "18:00:00": 18 * 3600}


class Form(NamedTuple):
    """How a value is written: bytes, the order of a number, bits that follow it, words for numbers, how fine it is."""

    size: int
    order: str = "big"
    shift: int = 0
    words: dict[str, int] = {}  # noqa: RUF012 - of a tuple
    scale: int = 1


class Place(NamedTuple):
    """A field of a header: its base, its first bit and its length there."""

    base: str
    bit: int
    bits: int
    words: dict[str, int] = {}  # noqa: RUF012 - of a tuple


NET, HOST = "big", "little"
LINK, NETWORK, TRANSPORT, TUNNEL = "link-layer-header", "network-header", "transport-header", "tun-header"
RAW_BASES = {"ll": LINK, "nh": NETWORK, "th": TRANSPORT}
PORTS = {
    (name, field): Place(TRANSPORT, bit, 16)
    for name in ("tcp", "udp", "sctp", "th")
    for field, bit in (("sport", 0), ("dport", 16))
}
PAYLOADS: dict[tuple[str, str], Place] = {
    **PORTS,
    ("tcp", "flags"): Place(TRANSPORT, 104, 8, TCP_FLAGS),
    ("udp", "length"): Place(TRANSPORT, 32, 16),
    ("udp", "checksum"): Place(TRANSPORT, 48, 16),
    ("icmp", "type"): Place(TRANSPORT, 0, 8),
    ("icmp", "code"): Place(TRANSPORT, 8, 8, {"net-unreachable": 0}),
    ("icmpv6", "type"): Place(TRANSPORT, 0, 8),
    ("esp", "spi"): Place(TRANSPORT, 0, 32),
    ("ah", "spi"): Place(TRANSPORT, 32, 32),
    ("dccp", "type"): Place(TRANSPORT, 67, 4, {"request": 0}),
    ("ip", "dscp"): Place(NETWORK, 8, 6, DSCP),
    ("ip", "ecn"): Place(NETWORK, 14, 2, {"ect1": 1, "ce": 3}),
    ("ip", "length"): Place(NETWORK, 16, 16),
    ("ip", "frag-off"): Place(NETWORK, 48, 16),
    ("ip", "ttl"): Place(NETWORK, 64, 8),
    ("ip", "protocol"): Place(NETWORK, 72, 8, PROTOCOLS),
    ("ip", "saddr"): Place(NETWORK, 96, 32),
    ("ip", "daddr"): Place(NETWORK, 128, 32),
    ("ip6", "dscp"): Place(NETWORK, 4, 6, DSCP),
    ("ip6", "flowlabel"): Place(NETWORK, 12, 20),
    ("ip6", "nexthdr"): Place(NETWORK, 48, 8, PROTOCOLS),
    ("ip6", "hoplimit"): Place(NETWORK, 56, 8),
    ("ip6", "saddr"): Place(NETWORK, 64, 128),
    ("ip6", "daddr"): Place(NETWORK, 192, 128),
    ("ether", "daddr"): Place(LINK, 0, 48),
    ("ether", "saddr"): Place(LINK, 48, 48),
    ("ether", "type"): Place(LINK, 96, 16, ETHER_TYPES),
    ("vlan", "pcp"): Place(LINK, 112, 3),
    ("vlan", "id"): Place(LINK, 116, 12),
    ("vlan", "type"): Place(LINK, 128, 16, ETHER_TYPES),
    ("arp", "htype"): Place(NETWORK, 0, 16),
    ("arp", "ptype"): Place(NETWORK, 16, 16, ETHER_TYPES),
    ("arp", "operation"): Place(NETWORK, 48, 16, {"request": 1}),
    ("arp", "saddr ip"): Place(NETWORK, 112, 32),
    ("arp", "daddr ether"): Place(NETWORK, 144, 48),
    ("vxlan", "vni"): Place(TUNNEL, 32, 24),
    ("geneve", "vni"): Place(TUNNEL, 32, 24),
}
U8, U32, U64, NAME = Form(1), Form(4, HOST), Form(8, HOST), Form(16, "text")
PRIORITY = {"1:5": 0x10005, "1:7": 0x10007, "1:9": 0x10009}
# nft's key: the kernel's, and the form of the value.
METAS: dict[str, tuple[str, Form]] = {
    "length": ("len", U32),
    "protocol": ("protocol", Form(2, NET, 0, ETHER_TYPES)),
    "priority": ("priority", Form(4, HOST, 0, PRIORITY)),
    "mark": ("mark", U32),
    "iif": ("iif", Form(4, HOST, 0, LINKS)),
    "oif": ("oif", Form(4, HOST, 0, LINKS)),
    "iifname": ("iifname", NAME),
    "oifname": ("oifname", NAME),
    "ibrname": ("bri-iifname", NAME),
    "obrname": ("bri-oifname", NAME),
    "oiftype": ("oiftype", Form(2, HOST, 0, {"ether": 1})),
    "skuid": ("skuid", U32),
    "skgid": ("skgid", U32),
    "nftrace": ("nftrace", U8),
    "rtclassid": ("rtclassid", Form(4, HOST, 0, {"cosmos": 0})),
    "nfproto": ("nfproto", Form(1, NET, 0, {"ipv4": 2, "ipv6": 10})),
    "l4proto": ("l4-proto", Form(1, NET, 0, PROTOCOLS)),
    "pkttype": ("pkttype", Form(1, NET, 0, {"host": 0, "multicast": 2})),
    "cpu": ("cpu", U32),
    "iifgroup": ("iifgroup", U32),
    "ipsec": ("secpath", U8),
    "sdif": ("sdif", U32),
    "day": ("time-day", Form(1, NET, 0, {"Monday": 1})),
    "hour": ("time-hour", Form(4, HOST, 0, DAY_HOURS)),
    "time": ("time-ns", Form(8, HOST, 0, {"2026-01-01 00:00:00": NEW_YEAR})),
    "ibrpvid": ("bri-iifpvid", Form(2, HOST)),
    "ibrvproto": ("bri-iifvproto", Form(2, NET, 0, ETHER_TYPES)),
    "broute": ("bri-broute", U8),
    "ibrhwaddr": ("bri-iifhwaddr", Form(6)),
}
STATES = {"invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64}
CTS: dict[str, tuple[str, Form]] = {
    "state": ("state", Form(4, HOST, 0, STATES)),
    "direction": ("direction", Form(1, NET, 0, {"original": 0})),
    "status": ("status", Form(4, HOST, 0, {"assured": 4, "dnat": 32})),
    "mark": ("mark", U32),
    "expiration": ("expiration", Form(4, HOST, scale=1000)),
    "helper": ("helper", NAME),
    "ip saddr": ("src-ip", Form(4)),
    "saddr": ("src", Form(4)),
    "proto-dst": ("proto-dst", Form(2)),
    "label": ("labels", Form(16, "bit")),
    "packets": ("pkts", U64),
    "bytes": ("bytes", U64),
    "avgpkt": ("avgpkt", U64),
    "zone": ("zone", Form(2, HOST)),
    "event": ("eventmask", Form(4, HOST, 0, {"new": 1, "destroy": 4})),
    "id": ("ct-id", Form(4)),
}
# Kind, name and field: what the expression says, the bits that are taken of it, and words.
Option = tuple[str, int, int, int, int, dict[str, int]]  # op, type, offset, len, mask
OPTIONS: dict[tuple[str, str, str], Option] = {
    ("tcp option", "maxseg", "size"): ("tcpopt", 2, 2, 2, 0, {}),
    ("tcp option", "sack-perm", ""): ("tcpopt", 4, 0, 1, 0, {}),
    ("tcp option", "timestamp", ""): ("tcpopt", 8, 0, 1, 0, {}),
    ("tcp option", "md5sig", ""): ("tcpopt", 19, 0, 1, 0, {}),
    ("ip option", "ra", ""): ("ipv4", 148, 0, 1, 0, {}),
    ("exthdr", "hbh", ""): ("ipv6", 0, 0, 1, 0, {}),
    ("exthdr", "frag", "more-fragments"): ("ipv6", 44, 3, 1, 1, {}),
    ("exthdr", "rt", "type"): ("ipv6", 43, 2, 1, 0, {}),
    ("exthdr", "srh", "tag"): ("ipv6", 43, 6, 2, 0, {}),
    ("exthdr", "mh", "type"): ("ipv6", 135, 2, 1, 0, {"binding-update": 5}),
    ("exthdr", "dst", "nexthdr"): ("ipv6", 60, 0, 1, 0, PROTOCOLS),
    ("sctp chunk", "data", ""): ("sctp", 0, 0, 1, 0, {}),
    ("sctp chunk", "init", "num-inbound-streams"): ("sctp", 1, 14, 2, 0, {}),
}
RT: dict[str, tuple[str, Form]] = {
    "classid": ("classid", U32),
    "nexthop": ("nexthop4", Form(4)),
    "mtu": ("tcpmss", Form(2, HOST)),
    "ipsec": ("xfrm", U8),
}
IPSEC = {"reqid": ("reqid", U32), "saddr": ("saddr-ip4", Form(4)), "spi": ("spi", Form(4))}
SOCKET = {"transparent": U8, "mark": U32, "wildcard": U8}
FIB: dict[str, tuple[str, Form]] = {
    "type": ("addrtype", Form(4, HOST)),
    "oif": ("oif", Form(4, HOST, 0, LINKS)),
    "oifname": ("oifname", NAME),
}


def number(value: Any, form: Form) -> int:
    """What a word, a number or a list of flags stands for."""
    if isinstance(value, (list, dict)):
        words = value["|"] if isinstance(value, dict) else value
        return sum(number(word, form) for word in words)
    if isinstance(value, str) and value not in form.words:
        if value.count(":") == 5:
            return int(value.replace(":", ""), 16)
        return int(ipaddress.ip_address(value)) if set(value) & set(".:") else int(value)
    return form.words[value] if isinstance(value, str) else int(value)


def digits(value: Any, form: Form) -> str:
    """The bytes of a value, in hex as nlsniff shows them."""
    if form.order == "text":
        text = str(value)
        return text[:-1].encode().hex() if text.endswith("*") else text.encode().ljust(form.size, b"\0").hex()
    if form.order == "bit":
        return (1 << int(value)).to_bytes(form.size, "little").hex()
    return (
        (number(value, form) * form.scale << form.shift)
        .to_bytes(form.size, "little" if form.order == HOST else "big")
        .hex()
    )
