"""Decoders of single values: numbers, flags, text, addresses, blobs.

Each takes a field of a dissector and returns a function that fills a node from the bytes [start, end) of its payload.
None of them raises on any bytes.
"""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING

from nlsniff.decode.context import UNPACK, UNSIGNED, Context, problem
from nlsniff.decode.fields.addresses import AF_INET, AF_INET6, AF_MPLS, AF_SMC, address, hardware_address, mpls_labels
from nlsniff.decode.fields.format import bitmap, formatter
from nlsniff.decode.fields.registry import fills, makes
from nlsniff.decode.fields.unknown import excerpt, keep_unknown, mismatch, padding
from nlsniff.decode.node import NO_NUL, Node
from nlsniff.spec.model import SCALARS
from nlsniff.terminal import decoded

if TYPE_CHECKING:
    from nlsniff.decode.fields.registry import Fill
    from nlsniff.spec.model import Field


@makes("u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "uint", "sint")
def number(field: Field) -> Fill:
    """A scalar; `uint` and `sint` are as wide as they were sent."""
    if field.bits and not field.byte_order:
        return _bits_by_order(field)
    kind = field.type
    flexible = kind in {"uint", "sint"}
    size = 4 if flexible else SCALARS[kind]
    signed = kind[0] == "s"
    fixed = field.byte_order
    show = formatter(field, size)
    refers = field.refers_to
    by_order = {order: UNPACK[fixed or order]["u32" if flexible else kind] for order in ("<", ">")}

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        if end - start == size and not flexible:
            raw = by_order[ctx.order](ctx.data, start)[0]
        else:
            width = end - start
            if width not in UNSIGNED or (width > size and not flexible):
                if width < size or flexible:
                    mismatch(ctx, node, start, end, f"{width} bytes hold no {kind}")
                    return
                # The kernel reads the first bytes of a longer attribute, and so do we.
                keep_unknown(ctx, node, start + size, end)
                problem(node, "warning", "length", start, f"{node.name} has {width} bytes, a {kind} has {size}")
                width = size
            elif not flexible:
                problem(node, "warning", "length", start, f"{node.name} has {width} bytes, a {kind} has {size}")
            name = UNSIGNED[width]
            raw = UNPACK[fixed or ctx.order]["s" + name[1:] if signed else name](ctx.data, start)[0]
        node.raw = raw
        node.value, node.text = show(raw)
        if refers:
            node.resolved = ctx.names.resolve(refers, raw, ctx.number)

    if field.hint in {"ipv4", "ipv4-or-v6"} and kind == "u32":
        return address  # that its header declares as a number: the bytes are in network order whatever the machine's
    return _not_when_beside(field, fill) if field.refers_unless else fill


def _bits_by_order(field: Field) -> Fill:
    """Bit fields of the machine's own order, whose places depend on it."""
    fills = {order: number(field.but(byte_order=order)) for order in ("<", ">")}

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        fills[ctx.order](ctx, node, start, end)

    return fill


def _not_when_beside(field: Field, fill: Fill) -> Fill:
    """A number whose name is not the capture's when another attribute stands beside it: the index of a foreign link."""
    foreign = field.but(refers_to="")

    def fill_either(ctx: Context, node: Node, start: int, end: int) -> None:
        fill(ctx, node, start, end)
        if ctx.beside(field.refers_unless):
            node.spec, node.resolved = foreign, ""

    return fill_either


@fills("flag")
def flag(ctx: Context, node: Node, start: int, end: int) -> None:
    """An attribute that says yes by being there."""
    node.raw = node.value = True
    node.text = "yes"
    if end > start:
        keep_unknown(ctx, node, start, end)
        problem(node, "warning", "length", start, f"{node.name} has {end - start} bytes, a flag has none")


@makes("string")
def string(field: Field) -> Fill:
    """Text up to the first NUL. Zeros behind it belong to it; other bytes behind it are unknown, and said.

    So is a missing NUL: with a warning where the kernel wants one (NLA_NUL_STRING).
    """
    within = field.nul_within

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        text, nul, rest = ctx.data[start:end].partition(b"\0")
        node.value, node.text = decoded(text)
        node.raw = node.value
        if rest:
            _behind_nul(ctx, node, end, rest)
        if not within:
            if not nul and node.start < node.payload:  # a member of a struct may fill its place
                problem(node, "note", "no-nul", end, f"{node.name} {NO_NUL}")
            return
        ctx.decide(start, end)  # a line says what is wrong with it, even where it does not show the text
        if not nul or len(text) >= within:
            where = "at its end" if not nul else f"among its first {within} bytes"
            problem(node, "warning", "unterminated", start, f"{node.name} has no NUL {where}; the kernel wants one")

    return fill


def _behind_nul(ctx: Context, node: Node, end: int, rest: bytes) -> None:
    """Say what an attribute has behind the NUL of its text, and any text if that is not zero."""
    after = end - len(rest)
    if rest.strip(b"\0"):
        keep_unknown(ctx, node, after, end)
        said = f"{node.name} has {len(rest)} bytes behind its NUL: {excerpt(rest)}"
        problem(node.children[-1], "note", "after-nul", after, said)
    elif node.start < node.payload:
        problem(node, "note", "nuls", after, f"{node.name} has more than one NUL at its end: {len(rest) + 1}")


def address_by_family(field: Field) -> Fill:
    """An address whose kind another value tells: 4 or 16 bytes, or a union of 16 in which IPv4 takes the first 4."""
    where = field.family_from

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        found = ctx.lookup(where, nonzero=True)
        family = found[1] if found else 0
        width = end - start
        read: Fill = address
        stop = end
        if family == AF_SMC and width == 16:
            # AF_SMC carries both kinds, and nothing but the bytes tells which: IPv4 leaves 12 of them zero.
            ctx.decide(start, end)
            family = AF_INET6 if any(ctx.data[start + 4 : end]) else AF_INET
        if family == AF_INET and width == 16:
            stop = start + 4
        elif family == AF_MPLS:
            read = mpls_labels
        elif family not in {AF_INET, AF_INET6} and (family or width not in {4, 16}):
            read = blob
        elif family == AF_INET6 and width == 4:
            mismatch(ctx, node, start, end, "4 bytes are no IPv6 address")
            return
        read(ctx, node, start, stop)
        node.reader = (read, start, stop, ctx.order)
        if stop < end:
            node.add(padding(ctx, stop, end))

    return fill


def blob(ctx: Context, node: Node, start: int, end: int) -> None:
    """Opaque bytes that are known to be opaque."""
    node.raw = ctx.data[start:end]
    node.value = node.text = node.raw.hex()


@fills("unused")
def untyped(ctx: Context, node: Node, start: int, end: int) -> None:
    """Bytes of which the dissector says nothing: shown in hex and counted as unknown."""
    blob(ctx, node, start, end)
    if end > start:
        node.add(Node("unknown-bytes", start, end, "unknown", value=node.value, raw=node.raw, text=node.text))


def _uuid(ctx: Context, node: Node, start: int, end: int) -> None:
    if end - start != 16:
        blob(ctx, node, start, end)
        return
    node.raw = ctx.data[start:end]
    digits = node.raw.hex()
    node.value = node.text = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _base64(ctx: Context, node: Node, start: int, end: int) -> None:
    node.raw = ctx.data[start:end]
    node.value = node.text = b2a_base64(node.raw, newline=False).decode()


def _text(ctx: Context, node: Node, start: int, end: int) -> None:
    """Bytes that are text, each of them: a NUL at the end is one more character, not the end."""
    node.raw = ctx.data[start:end]
    node.value, node.text = decoded(node.raw)


_BINARY: dict[str, Fill] = {
    "base64": _base64,
    "hex": blob,
    "mac": hardware_address,
    "fddi": hardware_address,
    "ipv4": address,
    "ipv6": address,
    "ipv4-or-v6": address,
    "uuid": _uuid,
    "text": _text,
    "packet": blob,
}


@makes("binary")
def binary(field: Field) -> Fill:
    """A blob: an address, an array of numbers, opaque bytes, or nothing that the dissector can name."""
    if field.family_from:
        return address_by_family(field)
    if field.sub_type in SCALARS:
        return numbers(field)
    if field.hint in _BINARY:
        return _BINARY[field.hint]
    return untyped


@makes("row")
def numbers(field: Field) -> Fill:
    """An array of scalars in one payload, or a member that is several of them."""
    kind = field.sub_type or field.type
    size = SCALARS[kind]
    show = formatter(field, size)
    fixed = field.byte_order

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        whole = start + (end - start) // size * size
        unpack = UNPACK[fixed or ctx.order][kind]
        node.raw = [unpack(ctx.data, at)[0] for at in range(start, whole, size)]
        shown = [show(raw) for raw in node.raw]
        node.value = [value for value, _ in shown]
        node.text = bitmap(node.raw, size) if field.hint == "bitmap" else " ".join(text for _, text in shown)
        if whole < end:
            keep_unknown(ctx, node, whole, end)
            problem(
                node, "warning", "length", whole, f"{node.name}: {end - whole} bytes are left of an array of {kind}"
            )

    return fill


@makes("bitfield32")
def bitfield32(field: Field) -> Fill:
    """A value and the mask of bits that it speaks of."""
    show = formatter(field, 4)

    def fill(ctx: Context, node: Node, start: int, end: int) -> None:
        if end - start != 8:
            mismatch(ctx, node, start, end, f"{end - start} bytes hold no bitfield32")
            return
        unpack = UNPACK[field.byte_order or ctx.order]["u32"]
        value, mask = unpack(ctx.data, start)[0], unpack(ctx.data, start + 4)[0]
        node.raw = value
        node.value = {"value": show(value)[0], "selector": show(mask)[0]}
        node.text = f"{show(value)[1]} of {show(mask)[1]}"

    return fill
