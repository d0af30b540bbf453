"""A network namespace in which IPv6 does nothing by itself, so that two recordings of one program are alike.

Otherwise each link that comes up gets a link-local address, looks whether somebody else has it, and asks for routers,
all with news at times that nobody controls.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from nlsniff.errors import NlsniffError

_SETTINGS: Final = {"accept_dad": "0", "router_solicitations": "0", "addr_gen_mode": "1"}  # 1: no link-local address
_IPV6: Final = Path("/proc/sys/net/ipv6")  # of the network namespace of who opens it


def calm() -> bool:
    """Have IPv6 do nothing by itself in this network namespace, on links that are there and those that will be.

    Returns:
        False where the kernel has no IPv6, so that there was nothing to do.

    Raises:
        NlsniffError: the settings cannot be written.
    """
    if not _IPV6.exists():
        return False
    for where in ("all", "default"):
        for name, value in _SETTINGS.items():
            path = _IPV6 / "conf" / where / name
            try:
                path.write_text(value)
            except OSError as error:
                raise NlsniffError(
                    f"--calm cannot write {path}: {error.strerror}; without it IPv6 speaks, too"
                ) from error
    return True
