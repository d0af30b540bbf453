"""Browsing a capture: rows in view, the cursor among them, marks, filter, search and jumps, without textual."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.follow.own import Own
from nlsniff.tui.colour_rules import ColourRules
from nlsniff.tui.folds import runs
from nlsniff.tui.jumps import Jumps
from nlsniff.tui.note import Note
from nlsniff.tui.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlsniff.capture.session import Session
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.reader import IndexedCapture
    from nlsniff.tui.find import Finder
    from nlsniff.tui.search import Search
    from nlsniff.tui.sorting import SortedBy

_FIRST = 0.05  # seconds that a new filter or search runs before its first results are shown
_FRAMES = 1024  # of one `read`; the file is read in larger chunks anyway


class Browser:
    """A capture, what is in view of it, and where the user is. `read` may run in a thread; all else belongs into one.

    Args:
        capture: what to browse; `read` reads on in it.
        session: the live capture that writes the file, or None.
        still: the file will not grow, so what remains of a cut last record is read, too.
        home: the message to begin on, once it has been read; None for the first.

    Attributes:
        rows: the messages that the filter shows.
        count: how many rows are in view: those that there were at the last `sync`.
        cursor: the row of the current message.
        pinned: the cursor stays on the last message while more come.
        unseen: how many messages came since the user left the last one; 0 while pinned.
        jumps: to places that messages tell, and back.
        marked: the numbers of the marked messages.
        filter_text: the filter in force; "" shows all.
        needle: what to find, see `Finder`; "" for nothing.
        search: the search that runs, or None.
        note: a sentence for the user, until the cursor moves.
        own: what the recorder itself asked, which names links and families.
        colours: of the user's own, for what the list shows.
        changed: there may be more to show than at the last `sync`.
        fate: what became of the file: "cut", "replaced", or "".
        caught_up: the end of the file was reached once.
        settled: all that is in the file is in view; what comes from now on is new.
    """

    def __init__(
        self, capture: IndexedCapture, session: Session | None = None, *, still: bool = False, home: int | None = None
    ) -> None:
        self.capture = capture
        self.session = session
        self.rows = Rows(capture)
        self.count = self.cursor = self.unseen = 0
        self.pinned = session is not None
        self.jumps = Jumps(self)
        self.marked: set[int] = set()
        self.filter_text = self.needle = ""
        self._finder: Finder | None = None
        self.search: Search | None = None
        self.note = Note()
        self.colours = ColourRules(capture)
        self.changed = True
        self.fate = ""
        self.caught_up = self.settled = False
        self._before = ""  # the filter that a conversation took the place of
        self.own = Own(capture.follower, capture.interfaces)
        self._described = -1  # how many messages there were when the recorder's own were looked for
        self.still = still
        self._home = home  # where the cursor belongs once the filter has got that far

    # -- reading -------------------------------------------------------------------------------------------------

    def read(self) -> int:
        """Read a piece of the file; returns how many messages are new, which `take_in` wants to know."""
        fate = self.fate or self.capture.index.reader.fate()
        if fate != self.fate:
            self.fate, self.changed = fate, True
        if fate == "cut" or (self.caught_up and self.still):
            return 0
        try:
            new = self.capture.advance(_FRAMES)
            if not new and self.still:
                self.capture.load()  # what remains of a record that was cut, and what is wrong with the end
        except NlsniffError as error:
            self.note = Note(str(error), "error")
            self.changed = True
            return 0
        return new

    def take_in(self, new: int) -> None:
        """Go on from how many messages `read` found."""
        self.changed = self.changed or bool(new) or not self.caught_up
        if not new:
            self.caught_up = True
        elif self.caught_up and self.rows.recheck():
            self._home = None if self.pinned else self.number

    def step(self, seconds: float) -> bool:
        """Filter and search for about so long; returns whether there is more to do."""
        self.changed = self.changed or self.rows.busy or self.search is not None
        filter_ = self.rows.filter
        # How a conversation ended is known when it has been read to its end.
        ready = self.caught_up or filter_ is None or not filter_.needs_conversation
        with self._staying():
            busy = ready and self.rows.step(seconds, sort=self.caught_up)
        return self._step_search(seconds) or busy

    def sync(self) -> None:
        """Bring into view what was read and found since."""
        self.changed = False
        self.rows.folded.grow()
        self._fold_own()
        more = len(self.rows) - self.count
        self.count += more
        if more and self.pinned:
            self.go(self.count - 1)
        elif more:
            self.unseen += max(0, more) if self.settled else 0
            self.cursor = min(self.cursor, max(0, self.count - 1))
        if self._home is not None and self.rows.scanned >= self._home:
            self.go(self.rows.row(self._home))
            self._home = None
        self.settled = self.settled or (self.caught_up and self.rows.complete)

    def _fold_own(self) -> None:
        """Fold what the recorder itself asked at the start, as far as it has come."""
        count, folded = len(self.capture), self.rows.folded
        if self._described == count or (self._described >= 0 and self.own.described):
            return
        self._described = count
        with self._staying():
            folded.set_own(runs(self.own.description()))

    @contextmanager
    def _staying(self) -> Iterator[None]:
        """Fold, open or sort, and stay on the same message, or its row; but on the first row, to see what is first."""
        rows, number, before = self.rows, self.number, self.rows.version
        yield
        if rows.version == before:
            return
        sorts = rows.version[1] != before[1]
        self.search = None if sorts else self.search
        self.count = len(rows) if sorts else min(self.count, len(rows))
        self.pinned = self.pinned and not sorts
        self.cursor = 0 if number is None or (sorts and not self.cursor) else rows.row(number)

    def toggle_fold(self, *, all_: bool = False) -> None:
        """Open the fold under the cursor, or fold again what was opened there; or everywhere."""
        number = self.number
        if not self.rows.folds:
            why = "a filter shows all that it matches" if self.rows.filter is not None else "a sorted list has all rows"
            self.warn(f"{why}; esc takes it away")
        elif number is not None:
            with self._staying():
                if all_:
                    self.rows.folded.toggle_all()
                elif not self.rows.folded.toggle(number):
                    self.warn("nothing is folded here; O opens or folds everything")
            self.sync()

    # -- the cursor -----------------------------------------------------------------------------------------------

    @property
    def number(self) -> int | None:
        """The current message; None where nothing is in view."""
        return self.rows.number(self.cursor) if self.cursor < len(self.rows) else None

    @property
    def conversation(self) -> ConversationView | None:
        """The conversation of the current message."""
        number = self.number
        return self.capture.conversation(number) if number is not None else None

    def go(self, row: int) -> None:
        """Put the cursor on a row, or the nearest there is. Leaving the last one unpins it."""
        before, last = self.cursor, max(0, self.count - 1)
        self.cursor = min(max(0, row), last)
        if self.cursor < last:
            self.pinned = False
        else:
            self.unseen = 0
        if self.cursor != before:
            self.note = Note()

    def warn(self, text: str) -> None:
        """Note why something cannot be done."""
        self.note = Note(text, "warning")

    # -- filter and search ---------------------------------------------------------------------------------------

    def set_filter(self, text: str, known: Iterable[int] | None = None) -> None:
        """Show only what a filter matches, and stay on the same message or the next one that is shown.

        The filter that was stopped goes on.

        Args:
            text: the filter; "" shows all.
            known: the numbers of the messages that it matches, in order, where that is known.

        Raises:
            FilterError: it cannot be used.
        """
        number = self.number
        if text and text == self.filter_text and self.rows.stopped:
            self.rows.stopped = False
            return
        if text:
            from nlsniff.filter.compile import compile_filter  # the first screen could not wait for it

            self.rows.set_filter(compile_filter(text, self.capture.decoder.registry, marks=self.marked), known)
        else:
            self.rows.set_filter(None)
        self.filter_text = text
        self.search = None
        self.note = Note()
        self.settled = False
        self.rows.step(_FIRST)
        self.count = len(self.rows)
        self.unseen = 0
        self.go(0 if number is None else self.rows.row(number))
        self._home = number

    def toggle_conversation(self, conversation: ConversationView | None) -> None:
        """Show only one conversation and what it caused; where that is shown already, what was shown before."""
        if conversation is None:
            self.warn("there is no message")
            return
        ids = [conversation.id, *conversation.effects]
        text = f"conversation == {ids[0]}" if len(ids) == 1 else f"conversation in {{{', '.join(map(str, ids))}}}"
        if self.filter_text == text:
            self.set_filter(self._before)
        else:
            self._before = self.filter_text
            view = self.capture.follower.conversation
            self.set_filter(text, sorted(number for one in ids for number in view(one).messages))

    def cancel(self) -> None:
        """Stop the search, the filter, which keeps what it found, or the sort; else take filter, order, needle away."""
        if self.search is not None:
            self.search = None
            self.note = Note("stopped")
        elif not self.rows.complete:
            self.rows.stopped = True
            self._home = None
        elif self.rows.sorting:
            self.rows.stop_sorting()
        elif self.filter_text:
            self.set_filter("")
        elif self.rows.by is not None:
            self.sort(None)
        else:
            self.needle = ""

    def sort(self, by: SortedBy | None) -> None:
        """Sort the rows by a column, or by None let them stand as the messages came."""
        with self._staying():
            self.rows.sort(by)
        self.note, self.changed = Note(), True

    def find(self, text: str) -> None:
        """Look for something from the cursor on, see `Finder`; "" ends finding."""
        self.needle = text
        if text:
            self.find_next(1)

    def find_next(self, step: int) -> None:
        """Look for the same again, downward by 1 or upward by -1."""
        self._look_for(step, self.needle)

    def find_problem(self, step: int) -> None:
        """Look for an error answer or a problem of the bytes, downward by 1 or upward by -1."""
        self._look_for(step)

    def _look_for(self, step: int, wanted: str = "") -> None:
        from nlsniff.tui.find import Finder  # neither for this

        self._finder = self._finder or Finder(self.capture)
        try:
            self.search = self._finder.search(self.rows, self.cursor, step, wanted)
        except NlsniffError as error:
            self.warn(str(error))
        else:
            self._step_search(_FIRST)

    def _step_search(self, seconds: float) -> bool:
        search = self.search
        if search is None:
            return False
        search.advance(seconds)
        if not search.done:
            return True
        self.search = None
        if search.found is None or search.found == self.number:
            self.warn(f"{search.what}: {'none' if search.found is None else 'only this one'}")
        else:
            self.jump(search.found)
        return False

    # -- jumps and marks -----------------------------------------------------------------------------------------

    def jump(self, number: int, *, leaves: bool = True) -> bool:
        """Go to a message; returns False, with a note, where it is not shown. `leaves` remembers the place left."""
        left = self.number
        if self.rows.reach(number):
            if leaves:
                self.jumps.left(left)
            self.pinned = False
            self.sync()
            self.go(self.rows.row(number))
            return True
        if 0 < number <= len(self.capture):
            self.warn(f"message {number} is hidden by the filter; esc takes it away")
        else:
            self.warn(f"there is no message {number}, the last is {len(self.capture)}")
        return False

    def toggle_mark(self) -> None:
        """Mark the current message, or take its mark away."""
        if self.number is not None:
            self.marked ^= {self.number}
            self.note = Note("D compares the two" if len(self.marked) == 2 else "")

    def unmark_all(self) -> None:
        """Take all marks away."""
        self.note = Note(f"{len(self.marked)} marks taken away" if self.marked else "nothing is marked")
        self.marked.clear()

    def marked_pair(self) -> tuple[NetlinkMessage, NetlinkMessage] | None:
        """The two marked messages; with one mark, that and the current message."""
        chosen, here = sorted(self.marked), self.number
        if len(chosen) == 1 and here is not None and here not in chosen:
            chosen.append(here)
        if len(chosen) != 2:
            more = ", U unmarks all" if len(chosen) > 2 else ""
            self.warn(f"mark two messages with m to compare them ({len(self.marked)} marked{more})")
            return None
        return self.capture.message(chosen[0]), self.capture.message(chosen[1])
