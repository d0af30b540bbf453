"""What the elements of a set of nf_tables are made of: told by the message that makes the set, and by no other.

Programs number types of data (`ipv4_addr` is 7) and give a set the number of its key's; the kernel only keeps it. A
concatenation has six bits for each of its parts, the last one lowest. Messages with elements name the set alone, so the
types are learned as names are (`nlsniff.decode.learn`), and looked up by the family, the table and the set.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.context import UNPACK
from nlsniff.terminal import decoded
from nlsniff.wire.attr import HEADER_SIZE, payloads, walk_attrs, walk_short
from nlsniff.wire.nlmsg import NFGENMSG_SIZE

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order

# Of names, see `nlsniff.decode.names`: what the kernel says of a set; and what a program asked for since, which holds
# until the kernel says it or refuses it.
KIND, ASKED = "nft-set", "nft-set-asked"
TYPE_BITS = 6  # of a part of a concatenation
_PARTS = 5  # most that fit into the number
_TABLE, _NAME, _FLAGS, _KEY_TYPE, _KEY_LEN, _DATA_TYPE, _DESC, _ID, _USERDATA = 1, 2, 3, 4, 5, 6, 9, 10, 13
_WANTED = frozenset({_TABLE, _NAME, _FLAGS, _KEY_TYPE, _KEY_LEN, _DATA_TYPE, _DESC, _ID, _USERDATA})
_DESC_CONCAT, _FIELD_LEN = 2, 1
_INTERVAL = 4  # of the flags
_UDATA_KEY_ORDER, _UDATA_DATA_ORDER = 0, 1
_ORDERS = {1: "h", 2: "b"}  # as nft counts them: of the host, big-endian
_MOST = 16  # lengths of parts that are kept
_REMEMBERED = 1024  # bytes of a message of which is remembered what it told; hardly a set takes as many


class Values(NamedTuple):
    """What one side of a set's elements is made of, key or data.

    Attributes:
        types: number of each part.
        lengths: bytes of each part; empty where nobody told.
        order: `b` where numbers are big-endian whatever their type, `h` where they have the order of the host, "" where
            only their type tells.
    """

    types: tuple[int, ...]
    lengths: tuple[int, ...]
    order: str


def set_key(family: int, table: str, name: str, set_id: int) -> str:
    """What a set is looked up by. Until the kernel has named an anonymous set, only its number tells it from others."""
    return f"{family}\0{table}\0{name}\0{set_id}" if "%" in name else f"{family}\0{table}\0{name}"


def told(data: bytes, start: int, end: int, order: Order) -> tuple[str, str]:
    """The key of the set that an NFT_MSG_NEWSET makes, and the text that `values_of` reads; "" where it tells nothing.

    Args:
        data: bytes of the frame.
        start: of the nfgenmsg.
        end: of the message.
        order: byte order of the message.
    """
    body = data[start:end]
    return (_told if len(body) <= _REMEMBERED else _told.__wrapped__)(body, order)


@lru_cache(maxsize=2048)  # a rule set that is dumped or loaded again tells of the same sets
def _told(body: bytes, order: Order) -> tuple[str, str]:
    found = payloads(body, NFGENMSG_SIZE, len(body), order, _WANTED)
    table, name = (decoded(found.get(number, b"").split(b"\0", 1)[0])[0] for number in (_TABLE, _NAME))
    if not table or not name:
        return "", ""
    key = set_key(body[0], table, name, _number(found.get(_ID, b"")))
    if len(found.get(_KEY_TYPE, b"")) != 4:
        return key, ""
    kept = found.get(_USERDATA, b"")
    orders = {number: kept[at:stop] for number, at, stop in walk_short(kept, 0, len(kept))}
    key_order, data_order = (
        _ORDERS.get(UNPACK[order]["u32"](said, 0)[0] if len(said) == 4 else 0, "")
        for said in (orders.get(_UDATA_KEY_ORDER, b""), orders.get(_UDATA_DATA_ORDER, b""))
    )
    if _number(found.get(_FLAGS, b"")) & _INTERVAL:
        key_order = "b"  # the kernel compares keys byte by byte, so that only this order makes intervals
    types, data_types = _number(found[_KEY_TYPE]), _number(found.get(_DATA_TYPE, b""))
    lengths = ",".join(map(str, _lengths(found.get(_DESC, b""), order)))
    return key, f"{types}/{lengths}/{key_order} {data_types}//{data_order}"


def _number(payload: bytes) -> int:
    """A number in network order, as those of nf_tables are."""
    return int.from_bytes(payload, "big") if len(payload) == 4 else 0


def _lengths(desc: bytes, order: Order) -> list[int]:
    """Bytes of each part of a concatenation, as NFTA_SET_DESC_CONCAT has them."""
    concat = payloads(desc, 0, len(desc), order, {_DESC_CONCAT}).get(_DESC_CONCAT, b"")
    parts = (concat[span.start + HEADER_SIZE : span.end] for span in walk_attrs(concat, 0, len(concat), order))
    found = [_number(payloads(part, 0, len(part), order, {_FIELD_LEN}).get(_FIELD_LEN, b"")) for part in parts]
    return found if len(found) <= _MOST else []


@lru_cache(maxsize=512)
def values_of(text: str) -> tuple[Values, Values]:
    """Key and data of a set, from the text that `told` made."""
    key, data = (side.split("/") for side in text.split(" "))
    return tuple(  # type: ignore[return-value]  # two of them
        Values(parts_of(int(types)), tuple(map(int, lengths.split(","))) if lengths else (), order)
        for types, lengths, order in (key, data)
    )


def parts_of(number: int) -> tuple[int, ...]:
    """The types in the number of one, in their order; none where it cannot be one."""
    parts: list[int] = []
    while number and len(parts) <= _PARTS:
        parts.insert(0, number & (1 << TYPE_BITS) - 1)
        number >>= TYPE_BITS
    return tuple(parts) if parts and not number else ()
