"""Who said a value first: what the kernel chose gets a placeholder, what the program chose stays as it is.

So a golden does not depend on interface indexes, MAC addresses or SPIs that the kernel hands out, and yet tells when a
program asks for another index, address or SPI than before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.regress.kinds import is_special, kind_of, kind_of_address
from nlsniff.regress.model import Placeholder

if TYPE_CHECKING:
    from nlsniff.decode.names import Names
    from nlsniff.decode.node import Node
    from nlsniff.spec.model import Field

_Key = tuple[str, int | str | bytes]

_ADDRESSES = ("mac", "ll", "snm")
_MULTICAST_MAC = b"\x33\x33\xff"  # behind it the end of an address of the group `snm`
_IPV6 = 16  # bytes
_OWN = frozenset({"fd", "pid", "portid"})  # handles of the program's own process


class Origins:
    """The values of one capture that were said so far, and the placeholders of those that the kernel said first.

    Args:
        names: what the capture calls its numbers.

    Messages have to come in the order of the capture: `hear` each of a message's values before asking for a `text`.
    """

    def __init__(self, names: Names) -> None:
        self._links = names.of("link")
        self._kernels: dict[_Key, bool] = {}  # whether the kernel said it first
        self._names: dict[_Key, str] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._ends: dict[bytes, str] = {}  # whose MAC addresses end so, of those that the kernel chose
        self._given: set[bytes] = set()  # how IPv6 addresses end that a program said
        self._kinds: dict[int, str] = {}  # by id of a field; fields live as long as the registry
        self._keys: dict[bytes, int] = {}

    def hear(self, node: Node, *, kernel: bool) -> None:
        """Take in a value.

        Args:
            node: a leaf.
            kernel: the kernel says it, not a program.
        """
        key = self._key(node)
        if key is not None:
            self._kernels.setdefault(key, kernel)
        if not kernel and type(node.raw) is bytes:
            if len(node.raw) == _IPV6:
                self._given.add(node.raw[-3:])
            for kind in _ADDRESSES:  # an IPv6 address that a program gives is the hardware address of a tunnel
                self._kernels.setdefault((kind, node.raw), False)

    def own(self, link: str, address: bytes) -> None:
        """Take in that a link has a MAC address, for the placeholder's name; the kernel says so."""
        key = ("mac", address)
        if self._kernels.get(key, True) and any(address) and key not in self._names:
            self._name(key, link)
            self._ends.setdefault(address[-3:], link)

    def text(self, node: Node) -> str | Placeholder:
        """What stands for a value in a transcript."""
        key = self._key(node)
        if key is None or is_special(node, key[0]):
            return node.exact
        kind, value = key
        if kind in _OWN:
            return self._placeholder(key, "")
        if type(value) is bytes:
            return self._of_address(node, kind, value)
        return self._placeholder(key, self._called(node, kind)) if self._kernels.get(key) else node.exact

    def secret(self, data: bytes) -> Placeholder:
        """What stands for the bytes of a key: the same for the same bytes. It tells how many there are."""
        number = self._keys.setdefault(data, len(self._keys) + 1)
        return Placeholder(f"key-{len(data)}", str(number))

    def _key(self, node: Node) -> _Key | None:
        field = node.spec
        if field is None or node.raw is None or node.secret:
            return None
        kind = self._kinds.get(id(field))
        if kind is None:
            kind = self._kinds[id(field)] = kind_of(field) or _volatile(field)
        if not kind and type(node.raw) is bytes:
            kind = kind_of_address(node.raw)
        raw = node.raw
        return (kind, raw) if kind and isinstance(raw, (int, str, bytes)) else None

    def _of_address(self, node: Node, kind: str, value: bytes) -> str | Placeholder:
        """A MAC address, or what was made of one."""
        if not self._kernels.get((kind, value)):
            return node.exact
        if kind == "ll":
            made = value[11:13] == b"\xff\xfe"
            mac = bytes([value[8] ^ 2]) + value[9:11] + value[13:]
            if made and not self._kernels.get(("mac", mac), True):
                return node.exact  # the program chose the MAC address, and so this
            return self._placeholder((kind, value), self._names.get(("mac", mac), "") if made else "")
        if kind == "snm" or value.startswith(_MULTICAST_MAC):
            link = self._ends.get(value[-3:], "")
            if not link and value[-3:] in self._given:
                return node.exact  # it belongs to an address that the program chose
            return self._placeholder((kind, value), link)
        if kind == "mac" and value[0] & 1:
            return node.exact
        return self._placeholder((kind, value), "")

    def _called(self, node: Node, kind: str) -> str:
        """What the capture calls a number, if need be later on: a link's peer is told of before the peer itself."""
        if not node.resolved and kind == "if":
            return next(iter(self._links.get(node.raw, ((), ()))[1]), "")
        return node.resolved

    def _placeholder(self, key: _Key, name: str) -> Placeholder:
        return Placeholder(key[0], self._names.get(key) or self._name(key, name))

    def _name(self, key: _Key, wanted: str) -> str:
        """Name a value, which no other value of its kind may be called."""
        number = self._counts[key[0], wanted] = self._counts.get((key[0], wanted), 0) + 1
        name = str(number) if not wanted else wanted if number == 1 else f"{wanted}#{number}"
        self._names[key] = name
        return name


def _volatile(field: Field) -> str:
    """Of what is the kernel's to change, an echo by a program is recognised by its name."""
    return field.name if field.volatile else ""
