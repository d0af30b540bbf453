"""Bytes without a name: what nothing describes, what does not fit its type, and padding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.context import MOST_BYTES, problem
from nlsniff.decode.node import Node

if TYPE_CHECKING:
    from nlsniff.decode.context import Context

_QUOTED = 32  # bytes that a note says; the node has all


def unknown(ctx: Context, name: str, start: int, end: int) -> Node:
    """A node for bytes that nothing describes, in hex; of very many the first, and how many are not shown."""
    shown = ctx.data[start : min(end, start + MOST_BYTES)]
    node = Node(name, start, end, "unknown", raw=shown)
    node.value = node.text = shown.hex()
    left = end - start - len(shown)
    if left > 0:
        at = end - left
        problem(node, "warning", "limit", at, f"{left} bytes from byte {at} of the frame on are not shown")
    return node


def mismatch(ctx: Context, node: Node, start: int, end: int, text: str) -> None:
    """Show bytes that do not fit their type: in hex, as unknown, with the reason."""
    blob = ctx.data[start:end]
    node.raw = blob
    node.value = node.text = blob.hex()
    if end > start:
        node.add(Node("unknown-bytes", start, end, "unknown", value=node.value, raw=blob, text=node.text))
    problem(node, "warning", "length", start, f"{node.name}: {text}")


def padding(ctx: Context, start: int, end: int, name: str = "padding") -> Node:
    """Bytes that are there for alignment, or reserved. They have a value where they are not zero, with a note.

    That is what a program or the kernel forgot to clear, or something newer than the dissector. The kernel answers
    EINVAL to some of it.
    """
    node = Node(name, start, end, "padding")
    blob = ctx.data[start:end]
    if any(blob):
        node.raw = blob
        node.value = node.text = blob.hex()
        not_zero(node, start, blob)
    return node


def not_zero(node: Node, start: int, blob: bytes) -> None:
    """Note that bytes which should be zero are not."""
    problem(node, "note", "padding", start, f"{node.name} is not zero: {excerpt(blob)}")


def excerpt(blob: bytes) -> str:
    """Bytes in hex, of many the first, for a note that says them. Its code must be one of `node.QUOTING`."""
    return blob.hex() if len(blob) <= _QUOTED else f"{blob[:_QUOTED].hex()}..."


def keep_unknown(ctx: Context, node: Node, start: int, end: int, why: str = "") -> None:
    """Keep bytes that nothing describes as unknown, with a note."""
    rest = unknown(ctx, "unknown-bytes", start, end)
    if why:
        problem(rest, "note", "longer", start, why)
    node.add(rest)


def keep_rest(ctx: Context, node: Node, start: int, end: int) -> None:
    """Keep what stands behind `ctx.limit` as it is, and say so."""
    keep_unknown(ctx, node, start, end)
    rest = node.children[-1]
    left = f"{end - start} bytes from byte {start} of the frame on are not taken apart"
    problem(rest, "warning", "limit", start, f"{left}; of a message the first {MOST_BYTES} are")
