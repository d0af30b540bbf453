"""Listen to every multicast group of generic netlink families until ended: `listen.py FAMILY...`."""

from __future__ import annotations

import select
import sys

from genl import Family


def main() -> None:
    """Read and forget; what is heard is in the capture."""
    families = [Family(name, listen=True) for name in sys.argv[1:]]
    while True:
        for sock in select.select([family.sock for family in families], [], [])[0]:
            sock.recv(65536)


if __name__ == "__main__":
    main()
