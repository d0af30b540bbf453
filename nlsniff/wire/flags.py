"""Names for the flags of a message header; what the upper bits mean depends on what the message does.

Where nothing says what a message does, the upper bits have no names: they are shown as a number.
"""

from __future__ import annotations

import functools
import re
from typing import Literal

from nlsniff.wire import constants as c
from nlsniff.wire.nlmsg import is_control

# What a message does, as far as its flags depend on it. Generic netlink takes NLM_F_DUMP for a dump whatever the
# command, so that its own verbs begin with `dump`; `dump` alone is that of any other command.
Verb = Literal["get", "new", "del", "flush", "answer", "dump", "dump-new", "dump-del", ""]

_COMMON = (
    (c.NLM_F_REQUEST, "REQUEST"),
    (c.NLM_F_MULTI, "MULTI"),
    (c.NLM_F_ACK, "ACK"),
    (c.NLM_F_ECHO, "ECHO"),
    (c.NLM_F_DUMP_INTR, "DUMP_INTR"),
    (c.NLM_F_DUMP_FILTERED, "DUMP_FILTERED"),
)
_DUMP = ((c.NLM_F_DUMP, "DUMP"),)
_NEW = (
    (c.NLM_F_REPLACE, "REPLACE"),
    (c.NLM_F_EXCL, "EXCL"),
    (c.NLM_F_CREATE, "CREATE"),
    (c.NLM_F_APPEND, "APPEND"),
)
_BULK = ((c.NLM_F_BULK, "BULK"),)
_DEL = ((c.NLM_F_NONREC, "NONREC"), *_BULK)
_BY_VERB: dict[Verb, tuple[tuple[int, str], ...]] = {
    "get": (*_DUMP, (c.NLM_F_ROOT, "ROOT"), (c.NLM_F_MATCH, "MATCH"), (c.NLM_F_ATOMIC, "ATOMIC")),
    "new": _NEW,
    "del": _DEL,
    "flush": ((c.NLM_F_ROOT, "ROOT"), *_BULK),
    "answer": ((c.NLM_F_CAPPED, "CAPPED"), (c.NLM_F_ACK_TLVS, "ACK_TLVS")),
    "dump": _DUMP,
    "dump-new": (*_DUMP, *_NEW),
    "dump-del": (*_DUMP, *_DEL),
    "": (),
}
VERBS = tuple(_BY_VERB)

_NAMED: dict[str, Verb] = {
    "GET": "get", "DEL": "del", "FLUSH": "del", "NEW": "new", "ADD": "new", "UPD": "new", "CREATE": "new", "SET": "new",
}  # fmt: skip
_NAME = re.compile(rf"_({'|'.join(_NAMED)})")
_GENERIC: dict[Verb, Verb] = {"get": "get", "new": "dump-new", "del": "dump-del", "": "dump"}
GENERIC_VERBS = tuple(_GENERIC.values())

_ROUTE: tuple[Verb, ...] = ("new", "del", "get", "new")  # by RTNL_KIND_*
_SOCK_DESTROY = 21

_LETTERS: dict[str, Verb] = {"n": "new", "g": "get", "d": "del", "-": ""}
# The messages of each netfilter subsystem (linux/netfilter/nfnetlink*.h, nf_tables.h), a letter each from 0 on. The
# DEL of ipset has EXCL, as its ADD has: the element must be there.
_NETFILTER = {
    1: "ngdggggg",  # conntrack
    2: "ngdg",  # its expectations
    5: "nd",  # OSF
    6: "-gn----ggnn-gggg",  # ipset
    7: "nggd-",  # accounting
    8: "ngdng",  # conntrack timeouts
    9: "ngd",  # conntrack helpers
    10: "ngdngdngdngdngdng-ngdgngdgdddddddg",  # nf_tables; behind its GETRULE_RESET the DESTROYs
    11: "g",  # compat
    12: "g",  # hooks
}
_CRYPTO = "ndngdg"  # from CRYPTO_MSG_NEWALG (16) on


@functools.lru_cache(maxsize=512)
def verb_of(protocol: int, type_: int, constant: str) -> Verb:
    """What a message does.

    Args:
        protocol: netlink protocol number.
        type_: nlmsg_type.
        constant: the kernel's name for its type, or for its command. It tells where the number does not.
    """
    if type_ < c.NLMSG_MIN_TYPE:
        return "answer" if type_ in {c.NLMSG_ERROR, c.NLMSG_DONE} and is_control(protocol, type_) else ""
    if protocol == c.NETLINK_ROUTE:
        # tc_ctl_action() takes NLM_F_ROOT for a flush.
        return "flush" if type_ == c.RTM_DELACTION else _ROUTE[type_ & 3]
    if protocol == c.NETLINK_NETFILTER:
        return _lettered(_NETFILTER.get(type_ >> 8, ""), type_ & 0xFF)
    if protocol == c.NETLINK_CRYPTO:
        return _lettered(_CRYPTO, type_ - c.NLMSG_MIN_TYPE)
    if protocol == c.NETLINK_SOCK_DIAG:
        return "" if type_ == _SOCK_DESTROY else "get"
    found = _NAME.search(constant)
    verb = _NAMED[found.group(1)] if found is not None else ""
    return _GENERIC[verb] if protocol == c.NETLINK_GENERIC else verb


def _lettered(letters: str, at: int) -> Verb:
    return _LETTERS[letters[at]] if at < len(letters) else ""


def flag_names(flags: int, verb: Verb) -> list[str]:
    """Names of the flags that are set; what has no name stands last as one hex number."""
    names = []
    left = flags
    for mask, name in (*_COMMON, *_BY_VERB[verb]):
        if left & mask == mask:
            names.append(name)
            left &= ~mask
    if left:
        names.append(hex(left))
    return names
