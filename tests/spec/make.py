"""Makes messages for dissectors of tests, and decodes them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage
from nlsniff.decode.names import Names
from nlsniff.output.json import body
from nlsniff.spec.registry import Registry
from nlsniff.wire.nlmsg import walk_messages
from tests.support import check_tree

if TYPE_CHECKING:
    from nlsniff.spec.family import Family
    from nlsniff.wire.nlmsg import Order

DATA = Path(__file__).resolve().parent / "data"
NESTED = 0x8000
GENERIC_ID = 0x123


def u8(number: int) -> bytes:
    return struct.pack("<B", number)


def u16(number: int) -> bytes:
    return struct.pack("<H", number)


def u32(number: int) -> bytes:
    return struct.pack("<I", number)


def u64(number: int) -> bytes:
    return struct.pack("<Q", number)


def be16(number: int) -> bytes:
    return struct.pack(">H", number)


def be32(number: int) -> bytes:
    return struct.pack(">I", number)


def attr(type_: int, payload: bytes = b"", order: Order = "<") -> bytes:
    """An attribute with its padding."""
    return struct.pack(order + "HH", 4 + len(payload), type_) + payload + bytes(-len(payload) % 4)


def nest(type_: int, *attrs: bytes, order: Order = "<") -> bytes:
    return attr(type_ | NESTED, b"".join(attrs), order)


class Bench:
    """One dissector and what it makes of bytes."""

    def __init__(self, spec: Path, *, shipped: Path | None = None, also: tuple[Path, ...] = ()) -> None:
        self.registry = Registry([*also, spec], shipped=shipped)
        self.names = Names()

    @property
    def complaints(self) -> list[str]:
        return self.registry.complaints

    def family(self, name: str) -> Family:
        found = self.registry.family(name)
        assert found is not None, self.complaints
        return found

    def message(
        self,
        protocol: int,
        type_: int,
        payload: bytes,
        flags: int = 1,
        order: Order = "<",
        *,
        show_secrets: bool = False,
    ) -> NetlinkMessage:
        """The message of that payload; it is a request unless the flags say otherwise. Its tree holds."""
        data = struct.pack(order + "IHHII", 16 + len(payload), type_, flags, 7, 0) + payload
        decoder = Decoder(self.registry, self.names, show_secrets=show_secrets)
        (span,) = walk_messages(data, 0, order)
        message = NetlinkMessage(decoder, 1, 1, 0, protocol, data, order, span)
        check_tree(message)
        return message

    def generic(self, family: str, command: int, payload: bytes, flags: int = 1) -> NetlinkMessage:
        self.names.learn("genl", GENERIC_ID, family, 0)
        return self.message(16, GENERIC_ID, bytes([command, 1, 0, 0]) + payload, flags)


def bench(folder: Path, text: str, name: str = "made.yaml") -> Bench:
    """A bench for a dissector given as text."""
    path = folder / name
    path.write_text(text)
    made = Bench(path)
    assert made.complaints == []
    return made


def raw_family(attributes: str, *, definitions: str = "", more: str = "", header: str = "", extra: str = "") -> str:
    """A dissector of protocol 20 with one message, 16200, whose attributes are given as YAML, a line each."""

    def lines(text: str) -> str:
        return "".join(f"  {line}\n" for line in text.strip("\n").split("\n")) if text.strip() else ""

    return (
        "name: made\nprotocol: netlink-raw\nprotonum: 20\ndoc: For a test.\n"
        f"definitions:\n  - {{name: none-such, type: const, value: 1}}\n{lines(definitions)}"
        "attribute-sets:\n  - name: main\n    attributes:\n"
        + "".join(f"      {line}\n" for line in attributes.strip("\n").split("\n"))
        + f"{lines(more)}"
        + "operations:\n  enum-model: directional\n  list:\n"
        "    - name: say\n      attribute-set: main\n      do: {request: {value: 16200}}\n"
        + (f"      fixed-header: {header}\n" if header else "")
        + "".join(f"      {line}\n" for line in extra.strip("\n").split("\n") if line.strip())
    )


def said(folder: Path, spec: str, payload: bytes, **keys: Any) -> NetlinkMessage:
    """The message 16200 of a dissector from `raw_family`."""
    return bench(folder, spec).message(20, 16200, payload, **keys)


def shown(message: NetlinkMessage) -> dict[str, Any]:
    return body(message.root)


def problems(message: NetlinkMessage) -> list[tuple[str, str]]:
    return [(item.severity, item.text) for item in message.problems]
