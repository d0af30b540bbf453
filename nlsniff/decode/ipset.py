"""Errors of ipset: which entry of a request is refused, and which type of set an error number belongs to.

Where the request does not tell the type, the capture may have done before. Nothing is guessed: a request to make a set
may be refused, and one to rename, swap or destroy sets may not, so the type of a set is unknown after such words until
the kernel says it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from nlsniff.terminal import decoded
from nlsniff.wire.attr import payloads
from nlsniff.wire.constants import NLM_F_REQUEST, NLMSG_ERROR
from nlsniff.wire.errnos import IPSET_BY_TYPE, IPSET_ERR_PROTOCOL
from nlsniff.wire.nlmsg import ERROR_SIZE, HEADER, HEADER_SIZE, NFGENMSG_SIZE

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.names import Names
    from nlsniff.decode.node import Node
    from nlsniff.wire.nlmsg import Order

_KIND = "ipset"  # of name, see `nlsniff.decode.names`
_CREATE, _DESTROY, _RENAME, _SWAP, _LIST, _ADD, _HEADER = 0x0602, 0x0603, 0x0605, 0x0606, 0x0607, 0x0609, 0x060C
# nlmsg_type of the messages that tell of a set's type.
TEACHERS = frozenset({_CREATE, _DESTROY, _RENAME, _SWAP, _LIST, _HEADER})
_SETNAME, _TYPENAME = 2, 3
_WANTED = frozenset({_SETNAME, _TYPENAME})
_REMEMBERED = 256  # bytes of attributes of which is remembered what they told
_ALL = ""  # under this name stands how often all sets were destroyed
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


def refused_request(message: NetlinkMessage) -> tuple[int, int]:
    """Where the copy of a request begins that an NLMSG_ERROR refuses, and its type; -1 of an ACK, or a cut copy."""
    data, at = message.data, message.start + HEADER_SIZE + ERROR_SIZE
    if message.end - at < HEADER_SIZE or not any(data[at - ERROR_SIZE : at]):
        return at, -1
    return at, HEADER[message.order].unpack_from(data, at)[1]


def learn(names: Names, message: NetlinkMessage, at: int, type_: int) -> None:
    """Let a message of `TEACHERS` tell the type of a set, or that it is no longer known.

    Args:
        names: to teach.
        message: one of these, or an NLMSG_ERROR that refuses one.
        at: where the one begins, in the frame.
        type_: its nlmsg_type.
    """
    data, order = message.data, message.order
    if message.type == NLMSG_ERROR and type_ != _CREATE:
        return
    body = data[at + HEADER_SIZE + NFGENMSG_SIZE : message.end]
    name, other = (_named if len(body) <= _REMEMBERED else _named.__wrapped__)(body, order)
    if type_ == _DESTROY and not name:
        names.learn(_KIND, _ALL, str(int(names.resolve(_KIND, _ALL, message.number) or 0) + 1), message.number)
    elif message.type in {_LIST, _HEADER}:
        if other and not message.flags & NLM_F_REQUEST:
            _set(names, name, other, message.number)
    elif message.type == _CREATE:
        _set(names, name, other if learned(names, name, message.number) in {"", other} else "", message.number)
    else:
        for gone in (name, other):
            _set(names, gone, "", message.number)


@lru_cache(maxsize=512)  # the same sets are asked for again and again
def _named(body: bytes, order: Order) -> tuple[str, str]:
    """The name of the set that some attributes are about, and that of its type, or its other name; "" for none."""
    found = payloads(body, 0, len(body), order, _WANTED)
    name, other = (decoded(found.get(number, b"").split(b"\0", 1)[0])[1] for number in (_SETNAME, _TYPENAME))
    return name, other


def _set(names: Names, name: str, type_: str, number: int) -> None:
    if name and learned(names, name, number) != type_:
        names.learn(_KIND, _key(names, name, number), type_, number)


def learned(names: Names, name: str, number: int) -> str:
    """The type that a set has as of a message, as far as the capture told it before; "" where it did not."""
    return names.resolve(_KIND, _key(names, name, number), number)


def _key(names: Names, name: str, number: int) -> str:
    """A set's name, and the number of times that all sets were destroyed: no fact holds beyond the next one."""
    return f"{names.resolve(_KIND, _ALL, number)}\0{name}"


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
