"""Ways through the messages that are more than one step: find, next error, pairs, marks, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from nlsniff.tui.rows import Search
from nlsniff.wire.constants import NLMSG_ERROR, NLMSG_OVERRUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.filter_bar import FilterBar
    from nlsniff.tui.message_list import MessageList
    from nlsniff.tui.rows import Rows


class Jumps(Screen[None]):
    """The part of the main screen that moves its list.

    A search runs in slices that `work` is given; `search` is the one that runs, `searching` what it looks for.
    """

    capture: IndexedCapture
    rows: Rows
    marked: set[int]
    search: Search | None = None
    searching = ""
    _needle = ""

    messages: MessageList
    bar: FilterBar

    def say(self, words: str, meaning: str = "") -> None:
        """Tell the user something in the status line, until the next key."""
        raise NotImplementedError

    # -- searching -----------------------------------------------------------------------------------------------

    def look_for(self, what: str, step: int, wanted: Callable[[int], bool]) -> None:
        """Begin to look for a message, from the cursor on in one direction, and round the end."""
        if not len(self.rows):
            self.say("there are no messages to look through", "warning")
            return
        self.searching = what
        self.search = Search(self.rows, self.messages.cursor, step, wanted)
        self.work_search(0.05)

    def work_search(self, seconds: float) -> bool:
        """Go on searching for about so long; tell whether there is more to do."""
        search = self.search
        if search is None:
            return False
        search.advance(seconds)
        if not search.done:
            return True
        self.search = None
        if search.found is None:
            self.say(f"{self.searching}: none", "warning")
        elif search.found == self.messages.number:
            self.say(f"{self.searching}: only this one", "warning")
        else:
            self.jump(search.found)
        return False

    def jump(self, number: int) -> bool:
        """Go to a message, or say why not."""
        if self.messages.go_to(number):
            return True
        if 0 < number <= len(self.capture):
            self.say(f"message {number} is hidden by the filter; esc takes it away", "warning")
        else:
            self.say(f"there is no message {number}, the last is {len(self.capture)}", "warning")
        return False

    def find(self, needle: str) -> None:
        """Look for a text from here on; "" ends finding."""
        self._needle = self.messages.needle = needle.lower()
        if needle:
            self._find(1)

    def _find(self, step: int) -> None:
        needle = self._needle
        if not needle:
            self.bar.open("find")
            return
        message = self.capture.message
        self.look_for(f"find {needle!r}", step, lambda number: has_text(message(number), needle))

    def action_find(self) -> None:
        """Ask what to find."""
        self.bar.open("find")

    def action_next_match(self) -> None:
        """Find it again."""
        self._find(1)

    def action_previous_match(self) -> None:
        """Find it again, upward."""
        self._find(-1)

    def action_next_problem(self) -> None:
        """To the next error answer or problem."""
        self.look_for("errors and problems", 1, lambda number: is_wrong(self.capture.message(number)))

    def action_previous_problem(self) -> None:
        """To the error answer or problem before."""
        self.look_for("errors and problems", -1, lambda number: is_wrong(self.capture.message(number)))

    # -- numbers, marks, pairs -----------------------------------------------------------------------------------

    def action_go_to(self) -> None:
        """Ask for a number."""
        self.bar.open("go_to")

    def action_mark(self) -> None:
        """Mark the message, or take the mark away; then a step down, so that a range is quickly marked."""
        number = self.messages.number
        if number is None:
            return
        self.marked.symmetric_difference_update({number})
        self.messages.refresh_lines(self.messages.cursor)
        count = len(self.marked)
        self.say(f"{count} marked" + (", D compares them" if count == 2 else ""))

    def action_next_mark(self) -> None:
        """To the next mark, round the end."""
        shown = sorted(number for number in self.marked if self.rows.has(number))
        if not shown:
            self.say("nothing is marked here; m marks a message", "warning")
            return
        here = self.messages.number or 0
        self.jump(next((number for number in shown if number > here), shown[0]))

    def action_pair(self) -> None:
        """From a request to its answer, from anything else to the request that caused it."""
        number = self.messages.number
        conversation = self.capture.conversation(number) if number is not None else None
        if number is None or conversation is None:
            self.say("there is no message", "warning")
            return
        request = conversation.request
        if request is not None and request != number:
            self.jump(request)
            return
        answer = next((other for other in conversation.messages if other > number), None)
        if answer is None:
            self.say("the capture holds no answer to this" if request else "nothing is paired with this", "warning")
        else:
            self.jump(answer)


def has_text(message: NetlinkMessage, needle: str) -> bool:
    """Whether a text, in lower case, is in a message's type, summary, or any name or value."""
    if needle in message.type_name.lower() or needle in message.summary.lower():
        return True
    return any(
        needle in node.name.lower() or needle in node.text.lower() or needle in node.resolved.lower()
        for node in message.root.walk()
    )


def is_wrong(message: NetlinkMessage) -> bool:
    """Whether a message says that something failed, or its bytes have a problem."""
    if message.type == NLMSG_OVERRUN:
        return True
    code = message.root.get("error") if message.type == NLMSG_ERROR else None
    return (code is not None and bool(code.raw)) or any(item.severity != "note" for item in message.problems)
