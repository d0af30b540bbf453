"""The datagrams of one system call: their bytes, from strace's dump or its strings, addresses and true lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from nlsniff.file.strace_values import Group, Text, Value, arguments, number

if TYPE_CHECKING:
    from nlsniff.file.strace_lines import Call

SENDS: Final = frozenset({"sendto", "send", "sendmsg", "sendmmsg", "write", "writev", "pwritev2"})
_PLAIN: Final = frozenset({"sendto", "send", "write", "recvfrom", "recv", "read"})
_VECTORS: Final = frozenset({"writev", "readv", "pwritev2", "preadv2"})


class Address(NamedTuple):
    """A netlink address: port id, and the mask of groups."""

    port: int
    groups: int


class Passed(NamedTuple):
    """One datagram of a call.

    Attributes:
        data: what the log has of it; None where it has nothing but strace's own reading.
        length: of the whole datagram, at least `size`.
        size: how many bytes went through the call.
        cut: the program's buffer was too small for it.
        full: it filled the buffer, so that it may have been cut.
        address: of the other end; None where the call does not tell it.
    """

    data: bytes | None
    length: int
    size: int
    cut: bool
    full: bool
    address: Address | None


class Parsed(NamedTuple):
    """A call's datagrams, and whether they stayed in the queue (MSG_PEEK)."""

    datagrams: list[Passed]
    peeked: bool


def datagrams_of(call: Call) -> Parsed:
    """What a call passed that went well."""
    values = arguments(call.text)
    result = call.status or 0
    dumps = call.dumps
    first = dumps[0] if dumps else None
    if call.name in _PLAIN:
        return _plain(call, values, result, first)
    if call.name in _VECTORS:
        parts = values[1] if len(values) > 1 else None
        return Parsed([_gathered(parts, result, first, "", None)], peeked=False)
    flags = values[3] if call.name.endswith(("mmsg", "mmsg_time64")) and len(values) > 3 else None
    if flags is None and len(values) > 2:
        flags = values[2]
    asked = flags if isinstance(flags, str) else ""
    if call.name in {"sendmsg", "recvmsg"}:
        header = values[1] if len(values) > 1 else None
        found = _message(header, result, first) if isinstance(header, Group) else _nothing(result, first)
        return Parsed([found], "MSG_PEEK" in asked)
    vector = values[1] if len(values) > 1 and isinstance(values[1], Group) else Group()
    found_all = []
    for place in range(min(result, max(len(vector.items), len(dumps or ())))):
        item = vector.items[place] if place < len(vector.items) else None
        dump = dumps[place] if dumps and place < len(dumps) else None
        header = item.group("msg_hdr") if isinstance(item, Group) else None
        size = number(item.named.get("msg_len")) if isinstance(item, Group) else -1
        if header is not None:
            found_all.append(_message(header, size, dump))
        else:
            found_all.append(_nothing(size, dump))
    return Parsed(found_all, "MSG_PEEK" in asked)


def _plain(call: Call, values: list[Value], result: int, dump: bytearray | None) -> Parsed:
    buffer = values[1] if len(values) > 1 else None
    room = number(values[2]) if len(values) > 2 else -1
    flags = values[3] if len(values) > 3 and isinstance(values[3], str) else ""
    address = _address(values[4]) if len(values) > 4 else None
    size = min(result, room) if room >= 0 else result
    if dump is not None:
        # Where MSG_TRUNC makes the call return more than there was room for, strace dumps what lies behind it, too.
        data: bytes | None = bytes(dump[:size])
    else:
        data = buffer.data()[:size] if isinstance(buffer, Text) else None
    full = size == room
    found = Passed(data, max(result, size), size, result > size, full, address)
    return Parsed([found], call.name.startswith("recv") and "MSG_PEEK" in flags)


def _message(header: Group, result: int, dump: bytearray | None) -> Passed:
    """A msghdr."""
    name = header.named.get("msg_name")
    flags = header.word("msg_flags")
    return _gathered(header.named.get("msg_iov"), result, dump, flags, _address(name))


def _gathered(parts: Value | None, result: int, dump: bytearray | None, flags: str, address: Address | None) -> Passed:
    """A datagram in the parts of an iovec."""
    items = parts.items if isinstance(parts, Group) else []
    room = 0
    data: bytes | None = b""
    for item in items:
        if not isinstance(item, Group):
            continue
        space = item.named.get("iov_len", item.items[1] if len(item.items) > 1 else None)
        base = item.named.get("iov_base", item.items[0] if item.items else None)
        length = max(number(space, 0), 0)
        left = max(min(length, result - room), 0)
        if left and data is not None and len(data) == room:
            data = data + base.data()[:left] if isinstance(base, Text) else None
        room += length
    if "..." in items:  # strace prints no more of them than `-s` says, but dumps all: their room is not known
        room, data = 0, None
    size = min(result, room) if room else result
    if dump is not None:
        data = bytes(dump[:size])
    elif not items and size:
        data = None
    return Passed(
        data, max(result, size), size, "MSG_TRUNC" in flags or result > size, bool(room) and size == room, address
    )


def _nothing(result: int, dump: bytearray | None) -> Passed:
    """A message whose header strace did not print."""
    data = bytes(dump) if dump else None
    size = result if result >= 0 else len(data or b"")
    return Passed(data, size, size, cut=False, full=False, address=None)


def _address(value: Value | None) -> Address | None:
    if not isinstance(value, Group) or value.word("sa_family") != "AF_NETLINK":
        return None
    port = number(value.named.get("nl_pid", value.named.get("pid")), 0) & 0xFFFFFFFF
    groups = value.word("nl_groups") or value.word("groups")
    try:
        return Address(port, int(groups, 16) & 0xFFFFFFFF if groups else 0)
    except ValueError:
        return Address(port, 0)
