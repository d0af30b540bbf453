"""How names are spelt and compared, and the names of protocols."""

from __future__ import annotations

import functools

from nlsniff.wire.constants import PROTOCOL_NAMES


def normal(name: str) -> str:
    """A name as names are compared: without regard to case, hyphen and underscore the same."""
    return name.lower().replace("_", "-")


def as_constant(name: str) -> str:
    """A name as the kernel's headers spell a constant: `SOCK_DIAG` for `sock-diag`."""
    return name.upper().replace("-", "_")


@functools.lru_cache(maxsize=256)
def protocol_name(protocol: int) -> str:
    """`route`, `xfrm`, `generic`, ... or `protocol-N`."""
    return PROTOCOL_NAMES.get(protocol, f"protocol-{protocol}")
