"""Which object a message is about, in a few words: `veth0`, `10.2.0.0/16`, `192.0.2.2 spi 0x00001000`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.regress.model import Placeholder

if TYPE_CHECKING:
    from nlsniff.regress.model import SaidMessage

_LONGEST = 60  # characters of a value that are shown
# Names of fields that name an object by themselves, and those behind it that belong to it.
_NAMES = ("ifname", "alt-ifname", "family-name", "name")
_LENGTHS = {"dst": "rtm-dst-len", "local": "ifa-prefixlen"}
_NUMBERS = (
    "dst", "local", "address", "lladdr", "id", "session-id", "conn-id", "priority", "handle", "parent", "vid", "nsid",
    "index", "group", "hostname",
)  # fmt: skip
_NFTABLES = "NFT_MSG_"
_LINKS = ("ifi-index", "ifa-index", "ndm-ifindex", "ifindex", "oif", "family-id")


def object_of(message: SaidMessage) -> str:
    """The object that a message is about, by its identity or what tells most of it; "" where nothing does."""
    if message.type.startswith(_NFTABLES):
        return _nftables({item.name: str(item.value) for item in (*message.items, *message.identity) if item.value})
    said: dict[str, str] = {}
    for item in (*message.identity, *message.items):
        for path, leaf in item.leaves():
            if leaf.value is not None:
                value = leaf.value.name if isinstance(leaf.value, Placeholder) else leaf.value
                said.setdefault(path.rpartition(".")[2], value[:_LONGEST])
    return _ipsec(said) or _named(said)


def _ipsec(said: dict[str, str]) -> str:
    if "prefixlen-d" in said or "prefixlen-s" in said or ("dir" in said and "daddr" in said):
        ends = (f"{said.get(name, 'any')}/{said.get(size, '0')}" for name, size in _ENDS)
        return " -> ".join(ends)
    if "daddr" in said and "spi" in said:
        return f"{said['daddr']} spi {said['spi']}"
    return said.get("daddr", "")


_ENDS = (("saddr", "prefixlen-s"), ("daddr", "prefixlen-d"))


def _nftables(said: dict[str, str]) -> str:
    """A table, and what of it; a rule by its handle, or the placeholder of that."""
    names = [said[name][:_LONGEST] for name in ("nfgen-family", "table", "chain", "set", "name") if name in said]
    handle = said.get("handle", "")
    rule = f"handle {handle}" if handle and "chain" in said else ""
    return " ".join(filter(None, (*names, rule))) if names[1:] else ""


def _named(said: dict[str, str]) -> str:
    for name in _NAMES:
        if name in said:
            return said[name]
    for name, size in _LENGTHS.items():
        if name in said:
            return f"{said[name]}/{said[size]}" if size in said else said[name]
    for name in _NUMBERS:
        if name in said:
            return said[name] if ":" in said[name] or "." in said[name] else f"{name} {said[name]}"
    return next((said[name] for name in _LINKS if name in said), "")
