"""The windows that open over the main screen, and what their answers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.tui.jumps import Jumps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.follow.conversation import ConversationView
    from nlsniff.tui.tree import TreePane


class Windows(Jumps):
    """The part of the main screen that opens windows. Each is imported when it is opened first."""

    tree_pane: TreePane
    filter_text: str

    def set_filter(self, text: str, known: Iterable[int] | None = None) -> None:
        """Show only what a filter matches; `known` are the messages that it matches, where that is known."""
        raise NotImplementedError

    def action_help(self) -> None:
        """All keys."""
        from nlsniff.tui.help_screen import HelpScreen  # noqa: PLC0415

        self.app.push_screen(HelpScreen())

    def action_copy(self) -> None:
        """Ask what to copy."""
        from nlsniff.tui.copy_screen import CopyScreen  # noqa: PLC0415

        number, line = self.messages.number, self.tree_pane.line
        if number is None:
            self.say("there is no message to copy", "warning")
            return
        window = CopyScreen(
            self.capture.message(number),
            line.node if line is not None else None,
            self.capture.start_ns,
            show_secrets=self.capture.decoder.show_secrets,
        )
        self.app.push_screen(window, self._copied)

    def _copied(self, text: str | None) -> None:
        if text is None:
            return
        self.app.copy_to_clipboard(text)
        self.say(f"copied {len(text)} characters")

    def action_compare(self) -> None:
        """Two marked messages; with one mark, that and the message under the cursor."""
        from nlsniff.tui.compare_screen import CompareScreen  # noqa: PLC0415

        here = self.messages.number
        chosen = sorted(self.marked)
        if len(chosen) == 1 and here is not None and here not in chosen:
            chosen.append(here)
        if len(chosen) != 2:
            self.say(f"mark two messages with m to compare them ({len(self.marked)} marked)", "warning")
            return
        left, right = (self.capture.message(number) for number in chosen)
        self.app.push_screen(CompareScreen(left, right))

    def action_follow(self) -> None:
        """The conversation of the message as a ladder."""
        from nlsniff.tui.follow_screen import FollowScreen  # noqa: PLC0415

        number = self.messages.number
        conversation = self.capture.conversation(number) if number is not None else None
        if number is None or conversation is None:
            self.say("there is no message to follow", "warning")
            return
        self.app.push_screen(FollowScreen(self.capture, conversation, number), self._followed)

    def _followed(self, answer: int | ConversationView | None) -> None:
        """A number to go to, or the conversation to show alone."""
        if isinstance(answer, int):
            self.jump(answer)
        elif answer is not None:
            self.filter_to(answer)

    def action_filter_conversation(self) -> None:
        """Show only the conversation of this message; on the second time all again."""
        number = self.messages.number
        conversation = self.capture.conversation(number) if number is not None else None
        if conversation is None:
            self.say("there is no message", "warning")
            return
        self.filter_to(conversation)

    def filter_to(self, conversation: ConversationView) -> None:
        """Show only one conversation and what it caused; when that is shown already, all."""
        ids = [conversation.id, *conversation.effects]
        text = f"conversation == {ids[0]}" if len(ids) == 1 else f"conversation in {{{', '.join(map(str, ids))}}}"
        if self.filter_text == text:
            self.set_filter("")
            return
        conversations = self.capture.follower.conversations
        self.set_filter(text, sorted(number for one in ids for number in conversations[one - 1].messages))
