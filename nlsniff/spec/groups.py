"""The multicast groups of classic protocols, by the names that the dissectors and the kernel's headers have."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from nlsniff.wire.constants import NETLINK_NETFILTER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nlsniff.spec.registry import Registry

_SELINUX, _RDMA = 7, 20
# Groups that no dissector tells of: linux/selinux_netlink.h, netfilter/nfnetlink.h, rdma/rdma_netlink.h.
_OTHERS: Final[dict[int, dict[str, int]]] = {
    _SELINUX: {"avc": 1},
    NETLINK_NETFILTER: {
        "conntrack-new": 1,
        "conntrack-update": 2,
        "conntrack-destroy": 3,
        "conntrack-exp-new": 4,
        "conntrack-exp-update": 5,
        "conntrack-exp-destroy": 6,
        "acct-quota": 8,
    },
    _RDMA: {"iwpm": 2, "ls": 3, "notify": 4},
}
_PREFIXES: Final = ("rtnlgrp-", "xfrmnlgrp-", "nfnlgrp-", "sknlgrp-")


def protocols_with_groups(registry: Registry) -> set[int]:
    """The numbers of the classic protocols that may have groups; that takes no reading of dissectors."""
    entries = map(registry.entry, registry.names)
    return {entry.protonum for entry in entries if entry.protonum is not None} | set(_OTHERS)


def groups_of(registry: Registry, protocol: int) -> dict[str, int]:
    """The groups of a classic protocol, by name, in the order of their numbers; its dissectors are read for it."""
    found = dict(_OTHERS.get(protocol, {}))
    for name in registry.names:
        if registry.entry(name).protonum != protocol:
            continue
        family = registry.family(name)
        if family is not None:
            found |= {_plain(group): number for group, number in family.groups.items() if number is not None}
    return dict(sorted(found.items(), key=lambda item: item[1]))


@lru_cache(maxsize=64)
def group_names(registry: Registry, protocol: int) -> Mapping[int, str]:
    """The name of each group of a classic protocol."""
    return {number: name for name, number in reversed(groups_of(registry, protocol).items())}


def _plain(group: str) -> str:
    """The name of a group without the prefix that its constant has: `ipv4-route` of RTNLGRP_IPV4_ROUTE."""
    for prefix in _PREFIXES:
        group = group.removeprefix(prefix)
    return group
