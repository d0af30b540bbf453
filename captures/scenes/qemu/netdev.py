"""Requests of the families netdev and net_shaper on one device, named by the first argument.

Numbers from linux/netdev.h and linux/net_shaper.h.
"""

from __future__ import annotations

import socket
import struct
import sys

from genl import DUMP, Family, attribute, nest, u32

DEV_GET, PAGE_POOL_GET, PAGE_POOL_STATS_GET, QUEUE_GET, NAPI_GET, QSTATS_GET, NAPI_SET = 1, 5, 9, 10, 11, 12, 14
SHAPER_GET, SHAPER_SET, SHAPER_DELETE, SHAPER_GROUP, SHAPER_CAP_GET = 1, 2, 3, 4, 5
SCOPE_NETDEV, SCOPE_QUEUE, SCOPE_NODE = 1, 2, 3


def netdev(link: int) -> None:
    """Ask for everything, of all devices and of one."""
    family = Family("netdev")
    family.ask("devices", DEV_GET, flags=DUMP)
    family.ask("device", DEV_GET, u32(1, link))
    family.ask("queues", QUEUE_GET, u32(2, link), flags=DUMP)
    family.ask("queue", QUEUE_GET, u32(1, 1), u32(2, link), u32(3, 0))
    naps = family.ask("napi", NAPI_GET, u32(1, link), flags=DUMP)
    for nap in naps[:1]:
        number = attribute(2, nap[2])
        timeouts = (attribute(6, struct.pack("=I", 20000)), attribute(7, struct.pack("=I", 30000)))
        family.ask("napi-set", NAPI_SET, number, u32(5, 10), *timeouts)
        family.ask("napi again", NAPI_GET, number)
    pools = family.ask("page pools", PAGE_POOL_GET, flags=DUMP)
    for pool in pools[:1]:
        family.ask("page pool", PAGE_POOL_GET, attribute(1, pool[1]))
        family.ask("its statistics", PAGE_POOL_STATS_GET, nest(1, attribute(1, pool[1])))
    family.ask("statistics of pools", PAGE_POOL_STATS_GET, flags=DUMP)
    family.ask("statistics", QSTATS_GET, flags=DUMP)
    family.ask("by queue", QSTATS_GET, attribute(4, struct.pack("=I", 1)), flags=DUMP)
    family.ask("no such device", DEV_GET, u32(1, 4711))
    family.ask("no device", QUEUE_GET, u32(1, 1))


def shaper(link: int) -> None:
    """Shape a queue, two in a group, and the device."""
    family = Family("net-shaper")
    device = u32(8, link)
    family.ask("can", SHAPER_CAP_GET, u32(1, link), flags=DUMP)
    family.ask("can queue", SHAPER_CAP_GET, u32(1, link), u32(2, SCOPE_QUEUE))
    queue = nest(1, u32(1, SCOPE_QUEUE), u32(2, 1))
    family.ask("queue", SHAPER_SET, device, queue, u32(2, 0), u32(3, 1_000_000), u32(4, 10_000_000), u32(5, 4096))
    family.ask("device", SHAPER_SET, device, nest(1, u32(1, SCOPE_NETDEV)), u32(2, 0), u32(4, 500_000_000))
    leaves = [nest(10, nest(1, u32(1, SCOPE_QUEUE), u32(2, number)), u32(7, number + 1)) for number in (2, 3)]
    family.ask("group", SHAPER_GROUP, device, nest(1, u32(1, SCOPE_NODE)), u32(2, 0), u32(4, 20_000_000), *leaves)
    family.ask("all", SHAPER_GET, device, flags=DUMP)
    family.ask("one", SHAPER_GET, device, queue)
    family.ask("delete", SHAPER_DELETE, device, queue)
    family.ask("again", SHAPER_DELETE, device, queue)


if __name__ == "__main__":
    netdev(socket.if_nametoindex(sys.argv[1]))
    shaper(socket.if_nametoindex(sys.argv[1]))
