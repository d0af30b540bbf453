"""A multicast router of IPv4 and of IPv6, where the kernel can be one, with a route each; and a packet without a route.

Structs from linux/mroute.h and linux/mroute6.h. Asks for the routes by itself, while it holds the routers.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import time

MRT_INIT, MRT_ADD_VIF, MRT_ADD_MFC = 200, 202, 204
MRT6_INIT, MRT6_ADD_MIF, MRT6_ADD_MFC = 200, 202, 204
IPPROTO_IGMP, ICMPV6 = 2, 58
USE_IFINDEX = 8


def four() -> socket.socket:
    """Route 239.1.1.1 from 192.0.2.7 on veth0 to veth2."""
    router = socket.socket(socket.AF_INET, socket.SOCK_RAW, IPPROTO_IGMP)
    router.setsockopt(socket.IPPROTO_IP, MRT_INIT, 1)
    for number, name in enumerate(("veth0", "veth2")):
        # vifctl: number, flags, threshold, rate, index of the link, remote address
        vif = struct.pack("=HBBIi4s", number, USE_IFINDEX, 1, 0, socket.if_nametoindex(name), bytes(4))
        router.setsockopt(socket.IPPROTO_IP, MRT_ADD_VIF, vif)
    # mfcctl: source, group, parent, thresholds of 32 links, counters, expiry
    source, group = socket.inet_aton("192.0.2.7"), socket.inet_aton("239.1.1.1")
    route = struct.pack("=4s4sH32s2xIIIi", source, group, 0, bytes([0, 1]).ljust(32, b"\0"), 0, 0, 0, 0)
    router.setsockopt(socket.IPPROTO_IP, MRT_ADD_MFC, route)
    return router


def six() -> socket.socket:
    """Route ff0e::101 from 2001:db8:1::7 on veth0 to veth2."""
    router = socket.socket(socket.AF_INET6, socket.SOCK_RAW, ICMPV6)
    router.setsockopt(socket.IPPROTO_IPV6, MRT6_INIT, 1)
    for number, name in enumerate(("veth0", "veth2")):
        # mif6ctl: number, flags, threshold, index of the link, rate
        mif = struct.pack("=HBBHxxI", number, 0, 1, socket.if_nametoindex(name), 0)
        router.setsockopt(socket.IPPROTO_IPV6, MRT6_ADD_MIF, mif)

    def end(text: str) -> bytes:
        return struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, text), 0)

    # mf6cctl: source, group, parent, bits of 256 links
    route = end("2001:db8:1::7") + end("ff0e::101") + struct.pack("=Hxx", 0) + struct.pack("=8I", 2, *[0] * 7)
    router.setsockopt(socket.IPPROTO_IPV6, MRT6_ADD_MFC, route)
    return router


def main() -> None:
    """Route, send one packet that has no route, and look."""
    routers = []
    for start in (four, six):
        try:
            routers.append(start())
        except OSError as error:
            print(f"{start.__name__}: {error.strerror}")
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.1"))
    sender.sendto(b"hello", ("239.1.1.9", 9))
    time.sleep(0.2)
    for family in ("-4", "-6"):
        shown = subprocess.run(["ip", "-d", "-s", family, "mroute", "show", "table", "all"], check=False)
        print(f"mroute {family}: {shown.returncode}")
    for router in routers:
        router.close()


if __name__ == "__main__":
    main()
