"""Compare the layout of a dissector's struct with the C struct."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.uapi.findings import Difference, Exceptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.uapi import dialect

_PADDING = re.compile(r"pad|reserved|unused|^_*res\d*$")


def compare_struct(
    layout: dialect.Layout, structs: dict[str, dict[str, Any]], exceptions: Exceptions, *, newest: bool
) -> Iterator[Difference]:
    """Yield where a struct of a dissector differs from the C struct: members' names, offsets, sizes, and the whole."""
    subject = f"struct {layout.name}"
    body = structs.get(layout.c_name)
    if body is None:
        if newest and not exceptions.covers(layout.file, subject):
            text = f"no header has struct {layout.c_name}" if layout.c_name else "says that C has no such struct"
            yield Difference(layout.file, subject, text, layout.c_name)
        return
    if newest and layout.size != body["size"] and not exceptions.covers(layout.file, subject):
        yield Difference(layout.file, subject, f"has {layout.size} bytes, in C {body['size']}")
    covered: list[tuple[int, int]] = []
    for slot in layout.slots:
        if slot.pad:
            continue
        place = f"{subject}/{slot.name}"
        member = _find(body, slot.c_name, structs)
        covered.append((slot.offset, max(slot.end, slot.offset + 1)))
        if member is None:
            bits = any(m[3].startswith("bits") and slot.offset <= m[0] < slot.end for m in body["members"].values())
            if newest and not bits and not exceptions.covers(layout.file, place):
                has = f"has no member {slot.c_name}" if slot.c_name else "has no such member, it says"
                yield Difference(layout.file, place, f"struct {layout.c_name} {has}")
            continue
        text = _member_difference(slot, member)
        if text and not exceptions.covers(layout.file, place):
            yield Difference(layout.file, place, text)
    if newest:
        for name, (offset, size, count, _kind) in body["members"].items():
            inside = any(start < offset + max(size * count, 1) and offset < end for start, end in covered)
            if (
                not inside
                and count
                and not _is_padding(name)
                and not exceptions.covers(layout.file, f"{subject}/{name}")
            ):
                yield Difference(layout.file, f"{subject}/{name}", f"is missing, in C it is at {offset}")


def _find(body: dict[str, Any], name: str, structs: dict[str, dict[str, Any]]) -> list[Any] | None:
    """Return a C member; `a.b` looks into the struct that member `a` is."""
    first, _, rest = name.partition(".")
    member: list[Any] | None = body["members"].get(first)
    if member is None or not rest:
        return member
    inner = structs.get(member[3].removeprefix("struct "))
    found = _find(inner, rest, structs) if inner else None
    return [found[0] + member[0], *found[1:]] if found else None


def _member_difference(slot: dialect.Slot, member: list[Any]) -> str:
    offset, size, count, kind = member
    if slot.offset != offset:
        return f"is at {slot.offset}, in C at {offset}"
    if kind.startswith("bits"):
        return ""
    if slot.count and count and slot.size * slot.count != size * count:
        return f"has {slot.size * slot.count} bytes, in C {size * count}"
    if slot.scalar and slot.size != size and count:
        return f"is made of {slot.size}-byte numbers, in C of {size}-byte ones"
    if slot.scalar and kind.startswith("be") and not slot.big_endian:
        return f"is not byte-order: big-endian, in C it is __{kind}"
    if slot.big_endian and not kind.startswith("be"):
        return "is byte-order: big-endian, in C it is not"
    return ""


def _is_padding(name: str) -> bool:
    return bool(_PADDING.search(name.lower()))
