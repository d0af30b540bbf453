"""What a rule of nf_tables can load into a register: by the keys of its expressions, and by the place in a packet."""

from __future__ import annotations

from typing import NamedTuple

HOST, NETWORK = "h", "b"
IPV4, IPV6, ARP = 4, 6, 1
NETWORK_TYPES = {"inet_service", "ether_type", "arp_op"}  # stand in packets


class Kind(NamedTuple):
    """What a value is: nft's name of its type (`ipv4_addr`), and for `integer` the byte order, `h` or `b`."""

    name: str
    order: str = ""

    def turned(self) -> Kind | None:
        """The same number in the other byte order; None where the type has one of its own, which it has lost then."""
        if self.name in NETWORK_TYPES:
            return None
        if self.order == NETWORK:
            return Kind(self.name, HOST if self.name == "integer" else "")
        return Kind(self.name, NETWORK)


NUMBER, BIG = Kind("integer", HOST), Kind("integer", NETWORK)
NAME, TEXT, PORT, PROTO = Kind("ifname"), Kind("string"), Kind("inet_service"), Kind("inet_proto")
LINK, MARK, ETHER, MAC = Kind("iface_index"), Kind("mark"), Kind("ether_type"), Kind("ether_addr")
IP, IP6, ADDRESS, YES = Kind("ipv4_addr"), Kind("ipv6_addr"), Kind("address"), Kind("boolean", HOST)
NET, NET6 = Kind("ipv4_prefix"), Kind("ipv6_prefix")  # the first bytes of an address
TOS, CLASS, TAG = Kind("ip_tos"), Kind("ip6_class"), Kind("vlan_tag")
NFPROTO = Kind("nf_proto")

# By NFT_META_*.
META = {
    0: NUMBER, 1: ETHER, 2: Kind("classid"), 3: MARK, 4: LINK, 5: LINK, 6: NAME, 7: NAME, 8: Kind("iface_type"),
    9: Kind("iface_type"), 10: Kind("uid"), 11: Kind("gid"), 12: NUMBER, 13: Kind("realm"), 15: NFPROTO, 16: PROTO,
    17: NAME, 18: NAME, 19: Kind("pkt_type"), 20: NUMBER, 21: Kind("devgroup"), 22: Kind("devgroup"), 23: NUMBER,
    24: NUMBER, 25: YES, 26: TEXT, 27: TEXT, 28: NUMBER, 29: ETHER, 30: Kind("date"), 31: Kind("day"),
    32: Kind("hour"), 33: LINK, 34: NAME, 35: NUMBER, 37: MAC,
}  # fmt: skip
# By NFT_CT_*.
CT = {
    0: Kind("ct_state"), 1: Kind("ct_dir"), 2: Kind("ct_status"), 3: MARK, 5: Kind("time"), 6: TEXT, 7: NFPROTO,
    8: ADDRESS, 9: ADDRESS, 10: PROTO, 11: PORT, 12: PORT, 13: Kind("ct_label"), 14: NUMBER, 15: NUMBER,
    16: NUMBER, 17: NUMBER, 18: Kind("ct_event"), 19: IP, 20: IP, 21: IP6, 22: IP6,
}  # fmt: skip
FIB = {1: LINK, 2: NAME, 3: Kind("fib_addrtype")}
FIB_PRESENT = 32
RT = {0: Kind("realm"), 1: IP, 2: IP6, 3: NUMBER, 4: YES}
SOCKET = {0: NUMBER, 1: MARK, 2: NUMBER, 3: Kind("cgroupsv2")}
TUNNEL = {0: YES, 1: NUMBER}
MAXSEG = (1, 2, 2, 2)  # of an exthdr: the option of TCP, its number, offset and length
XFRM = {1: IP, 2: IP6, 3: IP, 4: IP6, 5: NUMBER}

# By what the header is, the parts of it that are told by offset and length.
LINK_HEADER = {(0, 6): MAC, (6, 6): MAC, (12, 2): ETHER, (14, 2): TAG, (16, 2): ETHER}
NETWORK_HEADER = {
    IPV4: {
        (1, 1): TOS, (2, 2): BIG, (4, 2): BIG, (6, 2): Kind("frag_off"), (8, 1): BIG, (9, 1): PROTO,
        (12, 4): IP, (16, 4): IP, **{(at, size): NET for at in (12, 16) for size in range(1, 4)},
    },
    IPV6: {
        (0, 2): CLASS, (4, 2): BIG, (6, 1): PROTO, (7, 1): BIG, (8, 16): IP6, (24, 16): IP6,
        **{(at, size): NET6 for at in (8, 24) for size in range(1, 16)},
    },
    ARP: {
        (0, 2): BIG, (2, 2): ETHER, (4, 1): BIG, (5, 1): BIG, (6, 2): Kind("arp_op"), (8, 6): MAC, (14, 4): IP,
        (18, 6): MAC, (24, 4): IP,
    },
}  # fmt: skip
# What is left of some by a mask.
MASKED = {
    (TOS, 0xFC): Kind("ip_dscp"), (TOS, 0x03): Kind("ecn"), (CLASS, 0x0FC0): Kind("ip6_dscp"), (TAG, 0x0FFF): BIG,
}  # fmt: skip
PORTS = {(0, 2): PORT, (2, 2): PORT}
ECHO = {(4, 2): BIG, (6, 2): BIG}
TRANSPORT_HEADER = {
    1: {(0, 1): Kind("icmp_type"), (1, 1): Kind("icmp_code"), **ECHO},
    6: {**PORTS, (4, 4): BIG, (8, 4): BIG, (13, 1): Kind("tcp_flag"), (14, 2): BIG, (18, 2): BIG},
    17: {**PORTS, (4, 2): BIG},
    33: PORTS,
    58: {(0, 1): Kind("icmpv6_type"), (1, 1): Kind("icmpv6_code"), **ECHO},
    132: PORTS,
    136: PORTS,
}
FAMILIES = {2: IPV4, 3: ARP, 10: IPV6}
ETHER_TYPES = {0x0800: IPV4, 0x0806: ARP, 0x86DD: IPV6}
