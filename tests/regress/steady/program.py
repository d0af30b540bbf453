"""A program of pyroute2: makes a link with an address, asks for what there is, is refused once, and cleans up."""

from __future__ import annotations

import contextlib

from pyroute2 import IPRoute, NetlinkError  # type: ignore[import-untyped]


def main() -> None:
    """Talk to the kernel."""
    with IPRoute() as route:
        route.link("add", ifname="dummy7", kind="dummy")
        index = route.link_lookup(ifname="dummy7")[0]
        route.link("set", index=index, state="up", mtu=1450)
        route.addr("add", index=index, address="192.0.2.129", prefixlen=26)
        route.route("add", dst="10.7.0.0/16", gateway="192.0.2.130")
        with contextlib.suppress(NetlinkError):
            route.route("add", dst="10.8.0.0/16", gateway="203.0.113.200")
        list(route.get_routes(table=254))
        route.link("del", index=index)


if __name__ == "__main__":
    main()
