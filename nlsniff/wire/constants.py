"""Numbers of netlink itself, from linux/netlink.h and linux/if_arp.h, and of the messages whose meaning code knows."""

from __future__ import annotations

from typing import Final

ARPHRD_NETLINK: Final = 824

LINKTYPE_LINUX_SLL: Final = 113
LINKTYPE_NETLINK: Final = 253
LINKTYPE_LINUX_SLL2: Final = 276

NLMSG_NOOP: Final = 1
NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
NLMSG_OVERRUN: Final = 4
NLMSG_MIN_TYPE: Final = 16

CONTROL_TYPES: Final = {
    NLMSG_NOOP: "NLMSG_NOOP",
    NLMSG_ERROR: "NLMSG_ERROR",
    NLMSG_DONE: "NLMSG_DONE",
    NLMSG_OVERRUN: "NLMSG_OVERRUN",
}

NLM_F_REQUEST: Final = 0x01
NLM_F_MULTI: Final = 0x02
NLM_F_ACK: Final = 0x04
NLM_F_ECHO: Final = 0x08
NLM_F_DUMP_INTR: Final = 0x10
NLM_F_DUMP_FILTERED: Final = 0x20
NLM_F_ROOT: Final = 0x100
NLM_F_MATCH: Final = 0x200
NLM_F_ATOMIC: Final = 0x400
NLM_F_DUMP: Final = NLM_F_ROOT | NLM_F_MATCH
NLM_F_REPLACE: Final = 0x100
NLM_F_EXCL: Final = 0x200
NLM_F_CREATE: Final = 0x400
NLM_F_APPEND: Final = 0x800
NLM_F_NONREC: Final = 0x100
NLM_F_BULK: Final = 0x200
NLM_F_CAPPED: Final = 0x100
NLM_F_ACK_TLVS: Final = 0x200

NLA_F_NESTED: Final = 0x8000
NLA_F_NET_BYTEORDER: Final = 0x4000
NLA_TYPE_MASK: Final = 0x3FFF

UNKNOWN_PROTOCOL: Final = -1  # in the place of a number
NETLINK_ROUTE: Final = 0
NETLINK_USERSOCK: Final = 2
NETLINK_SOCK_DIAG: Final = 4
NETLINK_XFRM: Final = 6
NETLINK_ISCSI: Final = 8
NETLINK_AUDIT: Final = 9
NETLINK_FIB_LOOKUP: Final = 10
NETLINK_CONNECTOR: Final = 11
NETLINK_NETFILTER: Final = 12
NETLINK_KOBJECT_UEVENT: Final = 15
NETLINK_GENERIC: Final = 16
NETLINK_ECRYPTFS: Final = 19
NETLINK_CRYPTO: Final = 21

# rtnetlink numbers its messages in fours, and rtnetlink_rcv_msg() takes the kind from two bits.
RTNL_KIND_NEW: Final = 0
RTNL_KIND_DEL: Final = 1
RTNL_KIND_GET: Final = 2
RTNL_KIND_SET: Final = 3
RTM_NEWLINK: Final = 16
NFT_MSG_NEWSET: Final = 0x0A09
RTM_DELLINK: Final = 17
RTM_GETLINK: Final = 18
RTM_NEWNEIGH: Final = 28
RTM_NEWTFILTER: Final = 44
RTM_NEWACTION: Final = 48
RTM_DELACTION: Final = 49
RTM_GETDCB: Final = 78
RTM_SETDCB: Final = 79
RTM_NEWCHAIN: Final = 100
RTM_NEWNEXTHOP: Final = 104
NFNL_MSG_BATCH_BEGIN: Final = 16
NFNL_MSG_BATCH_END: Final = 17
NFNL_SUBSYS_NFTABLES: Final = 10
GENL_ID_CTRL: Final = 16
GENL_HEADER_SIZE: Final = 4
CTRL_CMD_NEWFAMILY: Final = 1
CTRL_ATTR_FAMILY_ID: Final = 1
CTRL_ATTR_FAMILY_NAME: Final = 2
XFRM_MSG_GETSA: Final = 18
XFRM_MSG_GETPOLICY: Final = 21
XFRM_MSG_NEWAE: Final = 30
XFRM_MSG_SETDEFAULT: Final = 39
XFRM_MSG_GETDEFAULT: Final = 40
AUDIT_LIST_RULES: Final = 1013

# Protocols whose datagrams have no nlmsghdr: each is one message, the kernel's or udev's text.
HEADERLESS: Final = frozenset({NETLINK_KOBJECT_UEVENT})
# Protocols whose datagrams are not always a chain of messages, each as long as it says.
UNCHAINED: Final = HEADERLESS | {NETLINK_AUDIT}
# Protocols on which the kernel may set NLM_F_REQUEST in what it says to a program.
REPEATING: Final = frozenset({NETLINK_ROUTE, NETLINK_FIB_LOOKUP})

PROTOCOL_NAMES: Final = {
    0: "route",
    1: "unused",
    2: "usersock",
    3: "firewall",
    4: "sock-diag",
    5: "nflog",
    6: "xfrm",
    7: "selinux",
    8: "iscsi",
    9: "audit",
    10: "fib-lookup",
    11: "connector",
    12: "netfilter",
    13: "ip6-fw",
    14: "dnrtmsg",
    15: "kobject-uevent",
    16: "generic",
    18: "scsitransport",
    19: "ecryptfs",
    20: "rdma",
    21: "crypto",
    22: "smc",
}
