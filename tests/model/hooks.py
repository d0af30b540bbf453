"""Payloads of the shapes that no table can hold, by the names of their hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.spec.model import SCALARS

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.spec.model import Field
    from tests.model.build import Builder


_SHORT = 100  # bytes of one attribute inside of another, whose length has 8 bits


def _order(make: Builder) -> str:
    return "little" if make.order == "<" else "big"


def _routing_header(make: Builder, _field: Field) -> bytes:
    segments = make.shape.randrange(4)
    tlvs = b""
    for _ in range(make.shape.randrange(3)):
        kind = make.shape.choice((0, 4, 5, 9))
        data = make.values.octets(38 if kind == 5 else make.shape.choice((0, 4, 6)))
        tlvs += b"\0" if kind == 0 else bytes((kind, len(data))) + data
    tlvs += bytes(-len(tlvs) % 8)
    units = (16 * segments + len(tlvs)) // 8
    head = bytes((0, units, 4, max(segments - 1, 0), max(segments - 1, 0), make.values.values.randrange(256)))
    return head + make.values.octets(2) + make.values.octets(16 * segments) + tlvs


def _source_route(make: Builder, _field: Field) -> bytes:
    segments = make.shape.randrange(4)
    return bytes((0, 2 * segments, 3, segments)) + make.values.octets(4) + make.values.octets(16 * segments)


def _labels(make: Builder, _field: Field) -> bytes:
    count = make.shape.randint(1, 3)
    draw = make.values.values
    labels = [draw.randrange(1 << 20) << 12 | (at == count - 1) << 8 | draw.randrange(256) for at in range(count)]
    return b"".join(label.to_bytes(4, "big") for label in labels)


def _group(make: Builder, _field: Field) -> bytes:
    proto = make.want("proto", (0x0800, 0x86DD, 0, 0x1234))
    size = {0x0800: 4, 0x86DD: 16, 0: 6}.get(proto, 16)
    return make.values.octets(size) + make.padding(16 - size)


def _neighbour_options(make: Builder, _field: Field) -> bytes:
    out = b""
    for _ in range(make.shape.randrange(4)):
        units = make.shape.choice((1, 1, 2, 3, 4))
        kind = make.shape.choice((1, 2, 3, 5, 24, 25, 31, 38, 99))
        body = make.values.octets(8 * units - 2) if kind != 31 else b"\0\0\0\0\0\x1e\3lan\0".ljust(8 * units - 2, b"\0")
        out += bytes((kind, units)) + body[: 8 * units - 2]
    return out


def _socket_address(make: Builder, _field: Field) -> bytes:
    family, size = make.shape.choice(((2, 16), (10, 28)))
    head = family.to_bytes(2, _order(make))  # type: ignore[arg-type]  # one of two literals
    tail = bytes(8) if family == 2 else b""
    return head + make.values.octets(size - 2 - len(tail)) + tail


def _socket_name(make: Builder, _field: Field) -> bytes:
    return make.shape.choice((b"", b"\0")) + make.values.text() + make.shape.choice((b"", b"\0", b"\0tail"))


def _audit_text(make: Builder, _field: Field) -> bytes:
    text = make.values.text()
    return text.hex().upper().encode() if make.shape.random() < 0.3 else b'"' + text.replace(b'"', b"") + b'"'


def _audit_strings(make: Builder, _field: Field) -> bytes:
    return make.values.text() + make.values.text()


def _struct_or_nest(make: Builder, field: Field) -> bytes:
    if field.struct is not None and make.shape.random() < 0.5:
        return make.struct(field.struct)
    return make.form(field.header, field.nested)


def _flag_or_value(make: Builder, field: Field) -> bytes:
    return make.values.packed(field, SCALARS[field.type], make.order, None, {}) if make.shape.random() < 0.7 else b""


def _diag_info(make: Builder, field: Field) -> bytes:
    formats = list(field.sub_message.formats.values()) if field.sub_message is not None else []
    chosen = make.shape.choice(formats) if formats else None
    return make.struct(chosen.struct) if chosen is not None and chosen.struct is not None else make.values.octets(200)


def _program(make: Builder, field: Field) -> bytes:
    """Instructions that lead from one to the next, and from each behind the end."""
    out = b""
    for _ in range(make.shape.randint(1, 4)):
        one = make.struct(field.array_of) if field.array_of is not None else b""
        if len(one) >= 4:
            jump = (len(one) + len(out) + 4).to_bytes(2, _order(make))  # type: ignore[arg-type]  # one of two literals
            one = one[:1] + bytes((len(one),)) + jump + one[4:]
        out = one + out
    return out


def _rule_value(make: Builder, _field: Field) -> bytes:
    """Bytes that a rule compares; what it loaded before tells what they are."""
    return make.values.octets(make.shape.choice((1, 2, 2, 4, 4, 6, 8, 16)))


def _short_attrs(make: Builder, field: Field) -> bytes:
    """Types and lengths of a byte each; a layout that another value selects is made where that value is known."""
    if field.type == "sub-message":
        return make.values.octets(make.shape.choice((0, 4, 6)))
    out = b""
    for number, item in (field.nested.by_number if field.nested is not None else {}).items():
        if make.shape.random() < 0.3:
            if item.hook:
                data = _short_attrs(make, item) if len(out) < _SHORT else b""
            else:
                data = make.values.text() if item.type == "string" else make.values.octets(4)
            out += bytes((number, len(data))) + data if len(data) < _SHORT else b""
    return out


HOOKS: dict[str, Callable[[Builder, Field], bytes]] = {
    "audit-strings": _audit_strings,
    "audit-text": _audit_text,
    "flag-or-value": _flag_or_value,
    "inet-diag-bytecode": _program,
    "inet-diag-info": _diag_info,
    "ipv6-rpl-sr-hdr": _source_route,
    "ipv6-sr-hdr": _routing_header,
    "mdb-address": _group,
    "mpls-labels": _labels,
    "nd-options": _neighbour_options,
    "nft-rule-value": _rule_value,
    "nft-userdata": _short_attrs,
    "sockaddr": _socket_address,
    "struct-or-nest": _struct_or_nest,
    "unix-name": _socket_name,
}
