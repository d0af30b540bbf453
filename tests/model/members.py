"""Members of structs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.spec.model import SCALARS

if TYPE_CHECKING:
    from nlsniff.spec.model import Field
    from tests.model.build import Builder


def build_member(make: Builder, member: Field) -> bytes:
    """One member, or as many of it in a row as the dissector says."""
    if member.type == "pad":
        return make.padding(member.size or 0)
    if member.count or member.count_from:
        return _in_a_row(make, member)
    if member.length_from:
        return _measured(make, member)
    found = make.payload(member, member=True)
    if member.size is None or member.rest or member.until:
        return found
    return fit(found, member.size)


def _in_a_row(make: Builder, member: Field) -> bytes:
    count = member.count or make.want(member.count_from, range(5))
    one = member.but(count=0, count_from="", used_from="", size=None)
    if member.used_from:
        make.want(member.used_from, range(count + 1))
    size = member.struct.size if member.struct is not None else SCALARS.get(member.type, 1)
    parts = [fit(make.payload(one), size) for _ in range(count)]
    if member.size is not None:
        return fit(b"".join(parts), member.size)
    return b"".join(parts)


def _measured(make: Builder, member: Field) -> bytes:
    found = make.payload(member, member=True)[:200]
    unit = 8 if member.length_unit == "bits" else 1
    said = make.want(member.length_from, [unit * len(found)])
    return fit(found, (said + unit - 1) // unit)


def fit(payload: bytes, size: int) -> bytes:
    """A payload cut, or filled with zeros, to a size."""
    return payload[:size].ljust(size, b"\0")
