"""The bytes of the frame that holds the selected message."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from nlsniff.tui.actions import bindings
from nlsniff.tui.contrast import legible
from nlsniff.tui.line_view import LineView
from nlsniff.tui.outline import Outline, is_unknown

if TYPE_CHECKING:
    from textual.binding import BindingType

    from nlsniff.decode.node import Node
    from nlsniff.tui.rejection import Rejection

# What a byte is; the names are meanings of the stylesheet.
_LOOKS = ("other", "cooked", "header", "key", "value", "padding", "unknown", "rejected")
_OTHER, _COOKED, _HEADER, _KEY, _VALUE, _PADDING, _UNKNOWN, _REJECTED = range(len(_LOOKS))

_WIDE, _NARROW, _TINY = 16, 8, 4
_MASK = "··"
_POINTED = "pointed"  # at, in what was rejected; no meaning of the stylesheet


# For a byte of another message in the frame: where that message ends, and its secret ranges.
SecretsOf = Callable[[int], tuple[int, list[tuple[int, int]]]]


class HexPane(LineView):
    """Bytes with their offsets and characters, coloured by what they are; those of the selected node stand out.

    `cursor` is a line, as in every view; `place` is the byte.

    Args:
        secrets_of: finds the secrets of a message of the frame that the tree does not show; called once for each.
        show_secrets: mask nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("hex")]

    class At(Message):
        """The user points at a byte of the frame."""

        def __init__(self, offset: int) -> None:
            super().__init__()
            self.offset = offset

    def __init__(self, secrets_of: SecretsOf, *, show_secrets: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.data = b""
        self.place = 0
        self.node: Node | None = None
        self._looks = bytearray()
        self._masked = bytearray()
        self._checked: list[tuple[int, int]] = []  # ranges whose secrets are masked, ascending
        self._secrets_of = secrets_of
        self._show_secrets = show_secrets
        self._across = _WIDE

    # -- what is in it -------------------------------------------------------------------------------------------

    def show(self, outline: Outline | None, rejected: Rejection | None = None) -> None:
        """Show the frame of another message, and mark what the kernel rejected in it."""
        self.node = None
        self.data = outline.message.data if outline is not None else b""
        self._looks = bytearray(len(self.data))
        self._masked = bytearray(len(self.data))
        self._checked = [(top.start, top.end) for top in outline.tops] if outline is not None else []
        if outline is not None:
            for top in outline.tops:
                self._paint(top, _COOKED if top is outline.head else _VALUE)
        if rejected is not None and rejected.exact:
            self._looks[rejected.start : rejected.end] = bytes([_REJECTED]) * (rejected.end - rejected.start)
        self._fold()
        self.refresh()

    def highlight(self, node: Node) -> None:
        """Point out the bytes of a node, and bring its first line into view."""
        self.node = node
        if not node.start <= self.place < node.end:
            self.place = node.start
        self.set_reactive(LineView.cursor, self.place // self._across)
        last = max(node.start, node.end - 1) // self._across
        first = node.start // self._across
        height = self.scrollable_content_region.height
        top = self.scroll_offset.y
        if height > 0 and (first < top or min(last, first + height - 1) >= top + height):
            begin = min(first, last - height + 1) if last - first < height else first
            self.scroll_to(y=max(0, begin), animate=False, force=True)
        self.refresh()

    def _paint(self, node: Node, look: int) -> None:
        """Note what each byte of a node is; a part overrides the whole."""
        own = look
        if look != _COOKED:
            if node.name in {"nlmsghdr", "genlmsghdr"} or node.kind == "header":
                own = _HEADER
            if node.kind == "padding":
                own = _PADDING
            elif is_unknown(node):
                own = _UNKNOWN
        start, end = node.start, node.end
        self._looks[start:end] = bytes([own]) * (end - start)
        if node.payload > start and own != _COOKED:
            self._looks[start : node.payload] = bytes([_KEY]) * (node.payload - start)
        if node.secret and not self._show_secrets:
            self._masked[node.payload : end] = b"\1" * (end - node.payload)
        for child in node.children:
            if not (node.kind == "value" and child.kind == "unknown"):
                self._paint(child, own if own in {_COOKED, _HEADER} else _VALUE)

    def _mask_others(self, first: int, last: int) -> None:
        """Mask what is secret in the frame's other messages that come into view, which the tree does not show."""
        at = first
        while at < last:
            before = bisect_right(self._checked, (at, len(self.data))) - 1
            end = self._checked[before][1] if before >= 0 else 0
            if end <= at:
                end, secret = self._secrets_of(at) if self._looks[at] == _OTHER else (at + 1, [])
                for start, stop in secret:
                    self._masked[start:stop] = b"\1" * (stop - start)
                insort(self._checked, (at, end))
            at = end

    # -- drawing -------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Put as many bytes on a line as there is room for."""
        width = self.room
        across = _WIDE if width >= 5 + _WIDE * 4 + 3 else _NARROW if width >= 5 + _NARROW * 4 + 2 else _TINY
        if across != self._across:
            self._across = across
            self._fold()
            if self.node is not None:
                self.highlight(self.node)
        super().on_resize()

    def _fold(self) -> None:
        self.place = min(self.place, max(0, len(self.data) - 1))
        self.set_reactive(LineView.cursor, self.place // self._across)
        self.resize_to(-(-len(self.data) // self._across))

    def render_line(self, y: int) -> Strip:
        """Draw a line of bytes; the cursor is a byte here, not the line."""
        row = self.scroll_offset.y + y
        base, width = self.base, self.room
        if row >= self.count:
            return Strip.blank(width, base)
        return legible(self.draw(row, width, base).extend_cell_length(width, base).crop(0, width))

    def draw(self, row: int, width: int, base: Style) -> Strip:  # noqa: ARG002  the number of bytes follows from it
        """Offset, bytes, characters."""
        first = row * self._across
        last = min(first + self._across, len(self.data))
        if not self._show_secrets:
            self._mask_others(first, last)
        parts = [Segment(f"{first:04x} ", base + self.style("dim"))]
        letters = []
        known: dict[tuple[str, ...], Style] = {}
        for at in range(first, last):
            meanings = self._meanings(at)
            look = known.get(meanings) or known.setdefault(meanings, self._look(meanings, base))
            masked = self._masked[at]
            byte = self.data[at]
            gap = "  " if at - first == 8 else " "
            parts.append(Segment(gap, self._between(at, base) if at > first else base))
            parts.append(Segment(_MASK if masked else f"{byte:02x}", look))
            letters.append(Segment("·" if masked or not 32 <= byte < 127 else chr(byte), look))
        missing = self._across - (last - first)
        blank = 3 * missing + (1 if self._across > 8 and last - first <= 8 else 0)
        # Bytes that look alike become one segment: each costs something at every step from here to the terminal.
        return Strip([*parts, Segment(" " * (blank + 2), base), *letters]).simplify()

    def _between(self, at: int, base: Style) -> Style:
        """The gap before a byte: inside what stands out, it stands out as well."""
        if self._looks[at - 1] == self._looks[at] == _REJECTED:
            return base + self.style("rejected")
        node = self.node
        return base + self.style("selected") if node is not None and node.start < at < node.end else base

    def _meanings(self, at: int) -> tuple[str, ...]:
        """What decides how a byte looks; the later wins."""
        node, looks = self.node, self._looks[at]
        if at == self.place and self.has_focus:
            return ("cursor",)
        if node is not None and node.start <= at < node.end and looks != _REJECTED:
            return ("selected-header" if at < node.payload else "selected",)
        secret = ("secret",) if self._masked[at] else ()
        pointed = (_POINTED,) if node is not None and node.start <= at < node.end else ()
        return (_LOOKS[looks], *secret, *pointed)

    def _look(self, meanings: tuple[str, ...], base: Style) -> Style:
        for meaning in meanings:
            base += Style(underline=True) if meaning == _POINTED else self.style(meaning)
        return base

    # -- keys and mouse ------------------------------------------------------------------------------------------

    def move(self, step: int) -> None:
        """Move by lines."""
        self._point(self.place + step * self._across)

    def go(self, row: int) -> None:
        """To the beginning of a line."""
        self._point(row * self._across)

    def action_left(self) -> None:
        """A byte back."""
        self._point(self.place - 1)

    def action_right(self) -> None:
        """A byte on."""
        self._point(self.place + 1)

    def action_bottom(self) -> None:
        """To the last byte."""
        self._point(len(self.data) - 1)

    def clicked(self, row: int, column: int) -> None:
        """Point at the byte that was clicked, in either half."""
        across = self._across
        gap = 1 if across > 8 else 0
        letters = 5 + 3 * across + gap + 2
        if column >= letters:
            at = column - letters
        else:
            at = max(0, column - 6)
            at = (at - (gap if at >= 25 else 0)) // 3
        self._point(row * across + min(max(0, at), across - 1))

    def _point(self, offset: int) -> None:
        if not self.data:
            return
        self.place = min(max(0, offset), len(self.data) - 1)
        self.set_reactive(LineView.cursor, self.place // self._across)
        self.show_cursor()
        self.refresh()
        self.post_message(self.At(self.place))
