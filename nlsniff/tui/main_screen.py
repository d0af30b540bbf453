"""The main screen: a browser shown in three linked panes, between the bar and the status line."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Container, Vertical
from textual.events import ScreenResume

from nlsniff.errors import NlsniffError
from nlsniff.tui.actions import Context, bindings
from nlsniff.tui.browser import Browser
from nlsniff.tui.columns_screen import ColumnChoice
from nlsniff.tui.details import Details
from nlsniff.tui.filter_bar import FilterBar
from nlsniff.tui.help_screen import HelpScreen
from nlsniff.tui.hints import Hints
from nlsniff.tui.key_line import KeyLine
from nlsniff.tui.letters import Marker
from nlsniff.tui.message_list import ListHeader, MessageList
from nlsniff.tui.note import Note
from nlsniff.tui.opening import Opener
from nlsniff.tui.panes import PaneScreen
from nlsniff.tui.prepared import prepared
from nlsniff.tui.reading import Progress, filter_and_search, read_first, read_on
from nlsniff.tui.recording_control import RecordingControl
from nlsniff.tui.save_screen import Saver
from nlsniff.tui.status import Status
from nlsniff.tui.timeline import Timeline
from nlsniff.tui.tree import TreePane
from nlsniff.tui.verdict_strip import VerdictStrip
from nlsniff.tui.windows import Windows

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from nlsniff.capture.session import Session
    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.columns_screen import Change
    from nlsniff.tui.filter_bar import Mode
    from nlsniff.tui.letters import Use
    from nlsniff.tui.overview import Kind
    from nlsniff.tui.recording_control import Step


class MainScreen(PaneScreen):
    """Messages, tree, bytes. What the user does goes to the browser, and `show` shows what came of it.

    Args:
        capture: what to show; read on behind the screen.
        session: the live capture that writes the file, or None.
        filter_text: the filter to begin with, known to be right.
        still: the file will not grow, so what remains of a cut last record is shown, too.
        home: the message to begin on; None for the first.
    """

    context: ClassVar[Context] = "main"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("main")]

    def __init__(
        self, capture: IndexedCapture, session: Session | None = None, *, filter_text: str = "", still: bool = False,
        home: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.browser = Browser(capture, session, still=still, home=home)
        self.messages = MessageList(self.browser, id="messages")
        self.header = ListHeader(self.messages)
        self.details = Details(capture, self._detailed, id="lower")
        self.verdict = VerdictStrip(id="verdict")
        self.bar = FilterBar(capture, id="bar")
        self.timeline = Timeline(self.browser)
        self.status = Status(id="status")
        self.saver = Saver(self)
        self.marker = Marker(self)
        self.windows = Windows(self)
        self.recording = RecordingControl(self)
        self.column_choice = ColumnChoice(self)
        self._first_filter = filter_text
        self._filter = self.browser.rows.filter  # whose messages the list shows
        self._finds = False  # a search began, whose place in the tree is not shown yet
        self._number: int | None = 0  # the message that the details show; 0 before there was any

    def compose(self) -> ComposeResult:
        """Yield the parts from top to bottom."""
        yield self.bar
        yield self.timeline
        with Container(id="panes"):
            with Vertical(id="upper") as upper:
                upper.border_title = "Messages"
                yield self.header
                yield self.messages
            with Vertical(id="side"):
                yield self.verdict
                yield self.details
        yield self.status
        yield KeyLine()
        yield self.bar.hints

    def on_mount(self) -> None:
        """Read as much as takes no time, show it, and read on behind the screen."""
        read_first(self.browser)
        if self._first_filter:
            self.browser.set_filter(self._first_filter)
        self.show()
        self.messages.focus()
        self.run_worker(read_on(self.browser), name="reading")
        self.run_worker(
            filter_and_search(self.browser, self.timeline.density, self._post_progress, self.bar.say), name="filtering"
        )

    # -- showing the browser -------------------------------------------------------------------------------------

    def _post_progress(self, progress: Progress) -> None:
        """Post it to itself, unless a dialog is open: textual draws all anew at each message to a screen below."""
        if self.app.screen is self:
            self.post_message(progress)

    @on(Progress)
    @on(ScreenResume)
    @on(MessageList.Moved, "#messages")
    def show(self) -> None:
        """Show the rows, the current message and the status as they are now."""
        browser = self.browser
        browser.sync()
        if browser.rows.filter is not self._filter:
            self._filter = browser.rows.filter
            self.bar.show_applied(browser.filter_text)
            self.messages.replace()
            self._number = 0
        self.messages.sync()
        self.timeline.sync()
        self.header.by = browser.rows.by
        if browser.number != self._number:
            self._number = browser.number
            self.details.show(self._number)
        self.details.tree_now.needle = browser.needle
        if self._finds and browser.search is None:
            self._finds = False
            self.details.point_out(browser.needle)
        self.show_status()

    def _detailed(self) -> None:
        """The details show another message."""
        self.verdict.show(self.details.verdict)
        self.messages.outline = self.details.outline
        self.show_status()

    def note(self, text: str, meaning: str = "") -> None:
        """Show a note until the cursor moves."""
        self.browser.note = Note(text, meaning)
        self.show_status()

    @on(TreePane.Moved, "#tree")
    def show_status(self) -> None:
        """Show in the last line how things are."""
        self.status.show(self.browser, self.details.tree_now)

    def jump(self, number: int) -> None:
        """Go to a message, or note why not."""
        found = self.browser.jump(number)
        self.show()
        if found:
            self.messages.bring_to(self.browser.cursor)

    @on(Details.Beyond)
    def _pointed_beyond(self, event: Details.Beyond) -> None:
        self.jump(event.number)
        self.details.reveal(event.offset)

    @on(MessageList.Chosen, "#messages")
    def _message_chosen(self) -> None:
        self.focus_pane("tree")

    # -- the bar, and the browser's actions ----------------------------------------------------------------------

    @on(FilterBar.Applied)
    def _applied(self, event: FilterBar.Applied) -> None:
        if event.mode == "filter":
            self.browser.set_filter(event.text)
        elif event.mode == "find":
            self.browser.find(event.text)
            self._finds = bool(event.text)
        elif event.mode == "save":
            self.run_worker(self.saver.save(event.text), name="saving")
        elif event.mode == "open" and event.text:
            Opener(self).open(event.text)
        elif event.text:
            self.browser.jumps.to(event.text)
        self.show()

    @on(FilterBar.Closed)
    def _bar_closed(self) -> None:
        self.focus_pane("messages")

    @on(Hints.Taken)
    def _completion_clicked(self) -> None:
        self.bar.action_complete()

    def action_open_bar(self, mode: Mode) -> None:
        """Ask for a filter, for what to find, for a number, or for a file."""
        self.bar.open(mode)

    def action_prepare(self, word: str) -> None:
        """Begin a filter for what the cursor is on, or against it: in the tree a value, else the type."""
        try:
            self.bar.open("filter", prepared(self.browser, self.details, word))
        except NlsniffError as error:
            self.note(str(error), "warning")

    def action_find_next(self, step: int) -> None:
        """Find the text again, downward by 1 or upward by -1."""
        if self.browser.needle:
            self.browser.find_next(step)
            self._finds = True
            self.show()
        else:
            self.bar.open("find")

    def action_find_problem(self, step: int) -> None:
        """Go to the next error answer or problem, or to the one before."""
        self.browser.find_problem(step)
        self.show()

    def action_pair(self) -> None:
        """Go to the request or the answer."""
        self.browser.jumps.partner()
        self.show()

    def action_back(self, step: int) -> None:
        """Go back to the place left by 1, or forward by -1."""
        self.browser.jumps.back(step)
        self.show()

    def action_in_conversation(self, step: int) -> None:
        """Go to the next message of the conversation, or by -1 to the one before."""
        self.browser.jumps.in_conversation(step)
        self.show()

    def action_next_mark(self, step: int) -> None:
        """Go to the next mark, downward by 1 or upward by -1."""
        self.browser.jumps.mark(step)
        self.show()

    def action_unmark_all(self) -> None:
        """Take all marks away."""
        self.browser.unmark_all()
        self.messages.refresh()
        self.show()

    def action_letter(self, use: Use) -> None:
        """Let a letter stand for the message, or go to that of a letter."""
        self.marker.ask(use)

    def action_mark(self) -> None:
        """Mark the message, or take the mark away."""
        self.browser.toggle_mark()
        self.messages.refresh()
        self.show()

    def action_filter_conversation(self) -> None:
        """Show only the conversation of this message; on the second time all again."""
        self.browser.toggle_conversation(self.browser.conversation)
        self.show()

    def action_cancel(self) -> None:
        """Stop what runs; else leave the zoom; else take the filter away."""
        running = self.browser.search is not None or self.browser.rows.busy
        if self.has_class("-zoomed") and not running:
            self.action_zoom()
        else:
            self.browser.cancel()
            self.show()

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(HelpScreen())

    def action_copy(self) -> None:
        """Ask what to copy."""
        self.windows.copy()

    def action_save(self) -> None:
        """Ask what to save, then under which name."""
        self.saver.ask()

    def action_compare(self) -> None:
        """Compare two marked messages."""
        self.windows.compare()

    def action_follow(self) -> None:
        """Show the conversation of the message as a ladder."""
        self.windows.follow()

    def action_overview(self, kind: Kind) -> None:
        """Show figures of the whole capture, what became of each object, or all conversations."""
        self.windows.overview(kind)

    def action_time_format(self) -> None:
        """Take the next of the three formats."""
        self.note(f"time {self.messages.next_time()}")
        self.header.refresh()

    def action_columns(self, what: Change) -> None:
        """Choose the columns of the list, or add one for what the tree's cursor is on."""
        self.column_choice.change(what)

    def action_fold(self, what: str) -> None:
        """Open what is folded under the cursor ("here") or everywhere ("all"), or fold it again."""
        self.browser.toggle_fold(all_=what == "all")
        self.show()

    def action_expand_all(self) -> None:
        """Open or close the tree."""
        self.details.tree_pane.expand_all()

    def action_record(self, step: Step) -> None:
        """Stop recording or go on, or begin anew: a recording, or to read the file."""
        self.recording.change(step)

    def action_quit(self) -> None:
        """Leave; ask first where a recording would be lost."""
        self.saver.leave(self.app.exit)
