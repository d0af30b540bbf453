"""Errors of ipset: which entry of a request is refused, and which type of set an error number belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.wire.errnos import IPSET_BY_TYPE, IPSET_ERR_PROTOCOL

if TYPE_CHECKING:
    from nlsniff.decode.node import Node

_ADD = 0x0609  # nlmsg_type of IPSET_CMD_ADD
# Parts of entries that sets of addresses in a hash alone have.
_OF_HASHES = {"mark", "iface", "ip2"}


def refused_entry(copy: Node, number: int) -> tuple[Node, str] | None:
    """The entry of a set that ipset refuses, and its path; None where the kernel does not say it.

    A program numbers the entries of a request by the lines that it read them from. The kernel takes one after the other
    and, where one is refused, writes its number into the copy as that of the whole request. Errors of the request as a
    whole leave there what the program wrote.

    Args:
        copy: the request, as the NLMSG_ERROR holds it.
        number: the error's.
    """
    line = copy.get("lineno")
    if line is None or number <= IPSET_ERR_PROTOCOL:
        return None
    entries = list(copy.all("adt.data"))
    found = [at for at, entry in enumerate(entries) if (own := entry.get("lineno")) is not None and own.raw == line.raw]
    return (entries[found[0]], f"adt.data.{found[0] + 1}") if len(found) == 1 else None


def type_of_set(copy: Node, type_: int, number: int) -> str:
    """The type of the set that a request speaks of: `hash:ip` where it says it, `hash` where its entry allows no other.

    Args:
        copy: the request, as the NLMSG_ERROR holds it.
        type_: its nlmsg_type.
        number: the error's.
    """
    named = copy.get("typename")
    if named is not None:
        return named.text
    refused = refused_entry(copy, number)
    entry = refused[0] if refused is not None else copy.get("data")
    parts = {part.name for part in entry.parts()} if entry is not None else set()
    if "name" in parts:
        return "list"
    if entry is None or not parts & {"ip", "port", "ether"}:
        return ""
    if "ip" not in parts:
        return "bitmap" if "port" in parts else "hash"
    if parts & {*_OF_HASHES, "port"} or entry.get("ip.ipv6") is not None:
        return "hash"
    # Of its own a bitmap has one error for entries, that they are out of range; a hash is full for none but new ones.
    return "hash" if number > IPSET_BY_TYPE else "" if type_ == _ADD else "bitmap"
