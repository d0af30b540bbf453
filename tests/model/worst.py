"""Messages that ask for as much work as their length allows: one part of a well-formed message, again and again.

A part is an attribute, an element of an array, or an option of a hook; wherever it stands, it is repeated until all
around it is full, and then what is around it is repeated, too. So every selector, count and family that it needs is
asked for as often as fits. Or its payload is as long as fits, and filled with one of `FILLS`.
"""

from __future__ import annotations

import struct
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.learn import learn
from nlsniff.decode.message import NetlinkMessage
from nlsniff.wire.constants import HEADERLESS
from nlsniff.wire.nlmsg import walk_messages
from tests.model.build import build
from tests.model.operations import operations
from tests.model.traffic import Frame, teaching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.node import Node
    from nlsniff.spec.registry import Registry

_LONGEST = 0xFFFF & ~3  # of an attribute
_NLMSG_ERROR, _NLM_F_ACK_TLVS, _EINVAL, _OFFS = 2, 0x200, -22, 2
FILLS = {
    "zeros": b"\0",
    "ones": b"\xff",
    "blanks": b" ",
    "pairs": b"a=1 ",
    "quotes": b"a='\"",
    "text": b"x",
    "every other": b"\x55",
    "short attributes": b"\4\0\1\0",
    "options": b"\1\1",
}


class Place(NamedTuple):
    """A part of a message that can be repeated.

    Attributes:
        name: operation and path.
        field: what filters call it.
        kind: what decides how it is read: of parts of one kind, one is like the other.
        protocol: of the message.
        data: the message.
        around: start of each attribute that holds the part, from the outside in.
        start, end: bytes of the part, padding behind it included.
        payload: where its payload begins.
        attribute: it has a header of an attribute's.
    """

    name: str
    field: str
    kind: tuple[object, ...]
    protocol: int
    data: bytes
    around: tuple[int, ...]
    start: int
    payload: int
    end: int
    attribute: bool

    def frames(self, size: int, fill: str = "", *, copied: bool = False) -> list[Frame]:
        """A message of about so many bytes, twice; inside an error if `copied`.

        Args:
            size: bytes of the message.
            fill: of `FILLS`, what its payload is filled with; else it is repeated as it is.
            copied: the message is the copy in an NLMSG_ERROR with an extended ACK.
        """
        data = self._repeated(size) if not fill else self._filled(size, FILLS[fill])
        if copied:
            offset = struct.pack("<HHI", 8, _OFFS, max(len(data) - 8, 16))
            body = struct.pack("<i", _EINVAL) + data + bytes(-len(data) % 4) + offset
            data = struct.pack("<IHHII", 16 + len(body), _NLMSG_ERROR, _NLM_F_ACK_TLVS, 7, 7) + body
        return [Frame(self.protocol, (data,))] * 2

    def _repeated(self, size: int) -> bytes:
        part = self.data[self.start : self.end]
        part += bytes(-len(part) % 4) if self.attribute else b""
        return self._around(part, size)

    def _filled(self, size: int, fill: bytes) -> bytes:
        head = self.data[self.start : self.payload]
        room = size - len(self.data)
        if self.attribute or self.around:
            room = min(room, _LONGEST - 64 - len(head) - 128 * len(self.around))
        payload = (fill * (room // len(fill) + 1))[: max(room, 0) & ~3]
        if self.attribute:
            head = struct.pack("<H", 4 + len(payload)) + head[2:]
        return self._around(head + payload, size)

    def _around(self, part: bytes, size: int) -> bytes:
        """The message with the part again and again, and then with what is around it again and again."""
        data, start, end = self.data, self.start, self.end
        for depth in reversed(range(len(self.around) + 1)):
            if depth:
                room = _LONGEST - 256 * (depth - 1) - (_stop(data, self.around[depth - 1]) - (end - start))
                room = min(room - self.around[depth - 1], size - len(data))
            else:
                room = size - len(data)
            part *= max(room // max(len(part), 1), 1)
            if not depth:
                break
            at = self.around[depth - 1]
            stop = _stop(data, at)
            inner = data[at:start] + part + data[end:stop]
            inner = struct.pack("<H", min(len(inner), 0xFFFF)) + inner[2:]
            part, start, end = inner + bytes(-len(inner) % 4), at, min(stop + (-(stop - at) % 4), len(data))
        whole = data[:start] + part + data[end:]
        return whole if self.protocol in HEADERLESS else struct.pack("<I", len(whole)) + whole[4:]


def _stop(data: bytes, at: int) -> int:
    return at + int(struct.unpack_from("<H", data, at)[0])


def places(registry: Registry, seed: int = 1, seeds: int = 3) -> list[Place]:
    """Parts of messages of all operations, each field of each dissector once."""
    taught = Decoder(registry)
    for number, frame in enumerate(teaching(registry), 1):
        learn(taught.names, _messages(taught, frame.protocol, frame.messages[0], number))
    found: dict[tuple[int, int], Place] = {}
    for operation in operations(registry):
        for more in range(seeds):
            data = build(operation, Random(seed + more))  # noqa: S311  tests are no secret
            for message in _messages(taught, operation.protocol, data, 1 << 20):
                for node, around, end in _parts(message.root, ()):
                    if node.end - node.start < (4 if node.type is not None else 1):
                        continue
                    key = (id(node.spec), id(around[-1].spec) if around else 0)
                    if key not in found:
                        kind = _kind(node, around)
                        path = [item.name for item in (*around, node)]
                        field = ".".join([operation.family.prefix.lower(), *dict.fromkeys(path)])
                        name = ".".join([operation.name, *path])
                        starts = tuple(item.start for item in around if item.type is not None)
                        found[key] = Place(
                            name, field, kind, operation.protocol, data, starts, node.start, node.payload, end,
                            node.type is not None,
                        )  # fmt: skip
    return list(found.values())


def _messages(decoder: Decoder, protocol: int, data: bytes, number: int) -> list[NetlinkMessage]:
    return [
        NetlinkMessage(decoder, number, 1, 0, protocol, data, "<", span)
        for span in walk_messages(data, 0, "<", protocol)
    ]


def _parts(node: Node, around: tuple[Node, ...]) -> Iterator[tuple[Node, tuple[Node, ...], int]]:
    """What can be repeated: the node, what it is in, and its end with the padding behind it."""
    children = [*node.children]
    for at, child in enumerate(children):
        if child.name in {"nlmsghdr", "genlmsghdr"} or child.kind in {"padding", "unknown"}:
            continue
        following = children[at + 1] if at + 1 < len(children) else None
        end = following.end if following is not None and following.kind == "padding" else child.end
        rest = child.spec is not None and (child.spec.rest or child.spec.type == "pairs")
        if child.type is not None or node.kind == "list" or rest:
            yield child, around, end
        yield from _parts(child, (*around, child) if child.kind != "header" else around)


def _kind(node: Node, around: tuple[Node, ...]) -> tuple[object, ...]:
    """What decides how a part is read; the names that selectors are looked up by are a part of it."""
    field = node.spec
    if field is None:
        return (node.kind, node.type is not None, bool(around))
    return (
        field.type, field.hook, field.sub_type, field.hint, field.selector, field.family_from, field.refers_unless,
        field.sub_message is None, field.array_of is None, field.struct is None, field.multi, bool(field.bits),
        field.enum is None, field.rest, field.secret, node.type is not None, len(around) > 1,
    )  # fmt: skip
