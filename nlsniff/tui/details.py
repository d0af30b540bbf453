"""The current message: its tree and the bytes of its frame, linked."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal
from textual.message import Message

from nlsniff.tui.hexview import HexPane
from nlsniff.tui.outline import Outline
from nlsniff.tui.rejection import judge
from nlsniff.tui.tree import TreePane

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.output.verdict import Verdict
    from nlsniff.reader import IndexedCapture


class Details(Horizontal):
    """One message in two panes: a node points out its bytes, and a byte its node.

    Attributes:
        outline: the message with its frame, or None where there is no message to show.
        verdict: what is to be said of it.
    """

    class Beyond(Message):
        """The user points at a byte of another message of the frame."""

        def __init__(self, number: int, offset: int) -> None:
            super().__init__()
            self.number = number
            self.offset = offset

    def __init__(self, capture: IndexedCapture, *, id: str | None = None) -> None:  # noqa: A002  textual's name
        super().__init__(id=id)
        self.outline: Outline | None = None
        self.verdict: Verdict | None = None
        self.tree_pane = TreePane(id="tree")
        self.hex_pane = HexPane(self._secrets_of, show_secrets=capture.decoder.show_secrets, id="hex")
        self._capture = capture

    def compose(self) -> ComposeResult:
        """Yield the panes from left to right."""
        yield self.tree_pane
        yield self.hex_pane

    def show(self, number: int | None) -> None:
        """Show another message, or none."""
        self.outline = outline = Outline.of(self._capture, number) if number is not None else None
        self.verdict = rejected = None
        if outline is not None:
            self.verdict, rejected = judge(self._capture, outline.message)
        self._entitle(outline.message if outline is not None else None)
        self.hex_pane.show(outline, rejected)
        self.tree_pane.show(outline, rejected)

    def _entitle(self, message: NetlinkMessage | None) -> None:
        tree, frame = self.tree_pane, self.hex_pane
        tree.border_title = f"Message {message.number}" if message is not None else "Message"
        frame.border_title = f"Frame {message.frame}, {len(message.data)} bytes" if message is not None else "Frame"

    def reveal(self, offset: int) -> bool:
        """Put the tree's cursor on the node of a byte; False where the byte is not the message's."""
        found = self.outline.at(offset) if self.outline is not None else None
        if found is None:
            return False
        self.hex_pane.place = offset
        self.tree_pane.reveal(found[1])
        return True

    @on(TreePane.Moved)
    def _node_moved(self) -> None:
        line = self.tree_pane.line
        if line is not None:
            self.hex_pane.highlight(line.node)

    @on(HexPane.At)
    def _byte_pointed(self, event: HexPane.At) -> None:
        other = None if self.reveal(event.offset) else self._message_at(event.offset)
        if other is not None:
            self.post_message(self.Beyond(other, event.offset))

    def _message_at(self, offset: int) -> int | None:
        """The message of the frame that covers a byte; the last one covers what follows it."""
        if self.outline is None:
            return None
        index = self._capture.index
        rows = index.rows_of(self.outline.message.frame)
        at = bisect_right(rows, offset, key=lambda row: index.starts[row])
        return rows[at - 1] + 1 if at else None

    def _secrets_of(self, offset: int) -> tuple[int, list[tuple[int, int]]]:
        number = self._message_at(offset)
        if number is None:
            return offset + 1, []
        message = self._capture.message(number)
        return max(message.end, offset + 1), [(node.payload, node.end) for node in message.root.walk() if node.secret]
