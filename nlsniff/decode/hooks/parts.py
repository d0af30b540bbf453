"""Adds parts to a node one behind another, for hooks that take a payload apart by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.context import UNPACK, UNSIGNED, Context
from nlsniff.decode.fields.unknown import keep_unknown, padding
from nlsniff.decode.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.fields.registry import Fill
    from nlsniff.wire.nlmsg import Order


class Parts:
    """The bytes [at, end) that are left, and the node whose parts they become.

    What does not fit any more is not added; `rest` then keeps the bytes.
    """

    def __init__(self, ctx: Context, node: Node, start: int, end: int) -> None:
        self._ctx = ctx
        self.node = node
        self.at = start
        self.end = end

    def number(
        self, name: str, size: int, *, order: Order = ">", show: Callable[[int], str] = str, decides: bool = False
    ) -> int:
        """Add an unsigned number, in network order unless said; returns it, 0 where the bytes are gone.

        One that `decides` tells how the rest is laid out.
        """
        start, stop = self.at, self.at + size
        if stop > self.end:
            return 0
        raw: int = UNPACK[order][UNSIGNED[size]](self._ctx.data, start)[0]
        if decides:
            self._ctx.decide(start, stop)
        self.node.add(Node(name, start, stop, value=raw, raw=raw, text=show(raw)))
        self.at = stop
        return raw

    def take(self, name: str, size: int, fill: Fill) -> Node | None:
        """Add a part that another decoder fills; None where the bytes are gone."""
        if self.at + size > self.end:
            return None
        part = Node(name, self.at, self.at + size)
        fill(self._ctx, part, self.at, part.end)
        self.node.add(part)
        self.at = part.end
        return part

    def skip(self, size: int) -> None:
        """Add padding, which is shown where it is not zero."""
        stop = min(self.at + size, self.end)
        if stop > self.at:
            self.node.add(padding(self._ctx, self.at, stop))
        self.at = stop

    def rest(self, why: str = "") -> None:
        """Keep what is left: zeros as padding, anything else as unknown."""
        if self.at < self.end:
            if self._ctx.zeros(self.at, self.end):
                self.node.add(Node("padding", self.at, self.end, "padding"))
            else:
                keep_unknown(self._ctx, self.node, self.at, self.end, why)
        self.at = self.end
