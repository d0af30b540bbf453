"""Where the members of a struct stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.spec.model import ADDRESS_SIZE, SCALARS

if TYPE_CHECKING:
    from nlsniff.spec.model import Field, Struct


def lay_out(members: list[Field], most: int, *, natural: bool) -> tuple[int, list[tuple[int, int]], bool]:
    """Set offset and size of the members of a struct.

    Args:
        members: in their order; their own structs are laid out.
        most: bytes to which a 64-bit number is aligned.
        natural: C aligns them; else there are no gaps.

    Returns:
        The size of the fixed part, the gaps as (offset, size), and whether a member of variable size comes.
    """
    gaps: list[tuple[int, int]] = []
    offset, widest, variable = 0, 1, False
    for member in members:
        size, alignment = _size_of(member)
        alignment = min(alignment, most)
        if natural and not variable:
            gap = -offset % alignment
            if gap:
                gaps.append((offset, gap))
            offset += gap
            widest = max(widest, alignment)
        member.offset = None if variable else offset
        member.size = size
        variable = variable or size is None
        offset += size or 0
    tail = -offset % widest if natural else 0
    if tail and not variable:
        gaps.append((offset, tail))
        offset += tail
    return offset, gaps, variable


def _size_of(member: Field) -> tuple[int | None, int]:
    """Size (None when only the bytes tell) and alignment of a struct member."""
    if member.struct is not None:
        size: int | None = None if member.struct.variable else member.struct.size
        alignment = _alignment(member.struct)
    elif member.type in SCALARS:
        size = alignment = SCALARS[member.type]
    elif member.type == "bitfield32":
        size, alignment = 8, 4
    else:
        size, alignment = member.size, 4 if member.family_from else 1
        if size is None and member.family_from:
            size = ADDRESS_SIZE
    if member.array_of is not None:
        alignment = _alignment(member.array_of)
        size = member.array_of.size
    if member.rest or member.count_from or member.length_from or member.until or size is None:
        return None, alignment
    return size * (member.count or 1), alignment


def _alignment(struct: Struct) -> int:
    """What C aligns a struct to: as the widest of its members."""
    return max((_size_of(member)[1] for member in struct.members), default=1)
