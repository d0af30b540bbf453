"""Copying: one key opens the list, the next one chooses. OSC 52 takes the text to the clipboard, also through ssh."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.widgets import Static

from nlsniff.output.lines import MASKED, digits
from nlsniff.output.text import line, tree
from nlsniff.tui.actions import Context, bindings, of
from nlsniff.tui.dialog import Dialog
from nlsniff.tui.key_names import key_name

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.reader import IndexedCapture


class CopyScreen(Dialog[str]):
    """Asks what to copy; its result is the text.

    Args:
        capture: where the message is from.
        number: the message under the cursor of the list.
        node: the node under the cursor of the tree.
    """

    context: ClassVar[Context] = "copy"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("copy")]

    def __init__(self, capture: IndexedCapture, number: int, node: Node) -> None:
        super().__init__()
        self.message = capture.message(number)
        self.node = node
        self._capture = capture

    def compose(self) -> ComposeResult:
        """The keys with what they copy."""
        lines = [f"{key_name(action.keys[0]):>4}  {action.help}" for action in of("copy") if action.name != "close"]
        with Vertical(id="window"):
            yield Static("Copy", id="title")
            yield Static("\n".join(lines), markup=False)
            yield Static("esc copies nothing", id="keys")

    def action_copy_line(self) -> None:
        """As `nlsniff show` prints it."""
        self.dismiss(line(self.message, self._capture.start_ns))

    def action_copy_tree(self) -> None:
        """As `nlsniff show -V` prints it."""
        self.dismiss("\n".join(tree(self.message)))

    def action_copy_json(self) -> None:
        """As `nlsniff show --json` prints it."""
        from nlsniff.output.json import message_line

        self.dismiss(message_line(self.message).decode().rstrip())

    def action_copy_hex(self) -> None:
        """The bytes of the message, from its nlmsghdr on."""
        self.dismiss(hex_text(self.message, show_secrets=self._capture.decoder.show_secrets))

    def action_copy_filter(self) -> None:
        """The filter that the node stands for."""
        from nlsniff.filter.about import about

        conversation = self._capture.conversation(self.message.number)
        self.dismiss(about(self.message, conversation, self.node, self._capture.decoder.registry))

    def action_copy_code(self, language: str) -> None:
        """The bytes of the message as source code; those of a secret are 0."""
        self.dismiss(code(self.message, language, show_secrets=self._capture.decoder.show_secrets))

    def action_copy_value(self) -> None:
        """The text of the node; its bytes in hex where it has none."""
        node = self.node
        if node.text:
            self.dismiss(node.text)
        else:
            whole = hex_text(self.message, show_secrets=self._capture.decoder.show_secrets)
            self.dismiss(whole[2 * (node.start - self.message.start) : 2 * (node.end - self.message.start)])


def hex_text(message: NetlinkMessage, *, show_secrets: bool) -> str:
    """The bytes of a message in hex; a secret byte is `MASKED`."""
    return "".join(digits(message, MASKED, show_secrets=show_secrets))


# How code has bytes: what stands before a row and before each of them, and what ends a row; then what is around all.
_ROW = 12
_CODE = {
    "c": ("\t", "0x", ", ", ",", "static const unsigned char message[] = {", "};"),
    "go": ("\t", "0x", ", ", ",", "var message = []byte{", "}"),
    "rust": ("    ", "0x", ", ", ",", "const MESSAGE: [u8; {size}] = [", "];"),
    "python": ('    b"', "\\x", "", '"', "message = (", ")"),
}


def code(message: NetlinkMessage, language: str, *, show_secrets: bool) -> str:
    """The bytes of a message as source code: of `c`, `python`, `go` or `rust`."""
    before, each, between, end, head, tail = _CODE[language]
    coded = [each + byte for byte in digits(message, "00", show_secrets=show_secrets)]
    rows = [before + between.join(coded[at : at + _ROW]) + end for at in range(0, len(coded), _ROW)]
    return "\n".join([head.replace("{size}", str(len(coded))), *rows, tail])
