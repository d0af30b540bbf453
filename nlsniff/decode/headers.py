"""Which fixed header a message begins with: programs old and small send others than the dissector's first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.wire.nlmsg import align

if TYPE_CHECKING:
    from nlsniff.decode.context import Context
    from nlsniff.spec.model import AttrSet, Form, Struct


def choose_header(ctx: Context, form: Form, start: int, end: int) -> tuple[Struct | None, AttrSet | None]:
    """The header of a form that the payload [start, end) begins with, and the attributes that may follow.

    A payload that is too short for the normal header has the first `short-header` that fits; so has one as long as a
    longer one, unless attributes follow the normal one (`ifinfomsg` was once sent to ask for anything). Behind a longer
    one there may be attributes, too, where the form says which. Where the struct is another one for 32-bit programs,
    the bytes tell.
    """
    header = form.header
    if header is None:
        return None, form.attributes

    def follow(at: int) -> bool:
        """Whether attributes follow there."""
        return ctx.tiled(at, end, typed=True)

    size = end - start
    if size < header.size:
        for short in form.short:
            if short.size <= size <= align(short.size):
                return short, form.attributes
    elif size > header.size:
        for other in form.short:
            after = start + align(other.size)
            more = form.short_attributes is not None and header.size < other.size < size and follow(after)
            if (other.size == size or more) and not follow(start + align(header.size)):
                return other, form.short_attributes
    compat = header.compat
    if compat is not None and size >= compat.size:
        after = start + align(header.size)
        normal = after <= end and follow(after)
        if size == compat.size or (not normal and follow(start + align(compat.size))):
            return compat, form.attributes
    return header, form.attributes
