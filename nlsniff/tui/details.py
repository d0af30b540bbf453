"""The current message: its tree and the bytes of its frame, linked."""

from __future__ import annotations

import time
from bisect import bisect_right
from math import inf
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal
from textual.message import Message

from nlsniff.tui.hexview import HexPane
from nlsniff.tui.outline import Outline
from nlsniff.tui.rejection import judge
from nlsniff.tui.tree import TreePane

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.output.verdict import Verdict
    from nlsniff.reader import IndexedCapture


# Seconds: messages that follow each other sooner are passed by with a key held down, or because the list follows a
# capture; how long the details may be behind then.
_REPEAT, _BEHIND = 0.1, 0.5


class Details(Horizontal):
    """One message in two panes: a node points out its bytes, and a byte its node.

    While a key is held down in the list, they wait until it rests; whoever asks for them sees the current message.

    Args:
        capture: whose messages they are.
        shown: called when they show another message.

    Attributes:
        tree_now: the left pane, which may be a moment behind the list.
    """

    class Beyond(Message):
        """The user points at a byte of another message of the frame."""

        def __init__(self, number: int, offset: int) -> None:
            super().__init__()
            self.number = number
            self.offset = offset

    def __init__(
        self, capture: IndexedCapture, shown: Callable[[], object], *, id: str | None = None  # noqa: A002  textual's
    ) -> None:  # fmt: skip
        super().__init__(id=id)
        self._outline: Outline | None = None
        self._verdict: Verdict | None = None
        self._wanted: int | None = None
        self._behind = False
        self._asked = self._caught_up = -inf  # when
        self._rests = False
        self._shown = shown
        self.tree_now = TreePane(id="tree")
        self.hex_pane = HexPane(self._secrets_of, show_secrets=capture.decoder.show_secrets, id="hex")
        self._capture = capture

    def compose(self) -> ComposeResult:
        """Yield the panes from left to right."""
        yield self.tree_now
        yield self.hex_pane

    @property
    def outline(self) -> Outline | None:
        """The message with its frame, or None where there is no message to show."""
        self.catch_up()
        return self._outline

    @property
    def verdict(self) -> Verdict | None:
        """What is to be said of the message."""
        self.catch_up()
        return self._verdict

    @property
    def tree_pane(self) -> TreePane:
        """The tree of the current message."""
        self.catch_up()
        return self.tree_now

    def show(self, number: int | None) -> None:
        """Show another message, or none: at once, or when messages no longer follow each other as fast."""
        now = time.monotonic()
        repeated, self._asked = now - self._asked < _REPEAT, now
        self._wanted, self._behind = number, True
        if not repeated or now - self._caught_up > _BEHIND:
            self.catch_up()
        elif not self._rests:
            self._rests = True
            self.set_timer(_REPEAT, self._rested)

    def _rested(self) -> None:
        left = self._asked + _REPEAT - time.monotonic()
        if left > 0 and self._behind:
            self.set_timer(left, self._rested)
        else:
            self._rests = False
            self.catch_up()

    def catch_up(self) -> None:
        """Show the current message, if that still waits."""
        if not self._behind:
            return
        self._behind, number, self._caught_up = False, self._wanted, time.monotonic()
        self._outline = outline = Outline.of(self._capture, number) if number is not None else None
        self._verdict = rejected = None
        if outline is not None:
            self._verdict, rejected = judge(self._capture, outline.message)
        self._entitle(outline.message if outline is not None else None)
        self.hex_pane.show(outline, rejected)
        self.tree_now.show(outline, rejected)
        self._shown()

    def point_out(self, wanted: str) -> None:
        """Put the tree's cursor where the message says what was found."""
        from nlsniff.tui.find import where  # a first screen finds nothing

        path = where(wanted, self.outline) if self.outline is not None else None
        if path is not None:
            self.tree_pane.reveal(path)

    def _entitle(self, message: NetlinkMessage | None) -> None:
        tree, frame = self.tree_now, self.hex_pane
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
        if self._outline is None:
            return None
        index = self._capture.index
        rows = index.rows_of(self._outline.message.frame)
        at = bisect_right(rows, offset, key=lambda row: index.starts[row])
        return rows[at - 1] + 1 if at else None

    def _secrets_of(self, offset: int) -> tuple[int, list[tuple[int, int]]]:
        number = self._message_at(offset)
        if number is None:
            return offset + 1, []
        message = self._capture.message(number)
        return max(message.end, offset + 1), [(node.payload, node.end) for node in message.root.walk() if node.secret]
