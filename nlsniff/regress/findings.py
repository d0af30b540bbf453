"""Collects what a comparison finds, and judges it: difference or note."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.regress.difference import Difference
from nlsniff.regress.fields import Fields
from nlsniff.regress.objects import object_of
from nlsniff.regress.renaming import Renaming
from nlsniff.regress.shape import placeholders_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.regress.difference import How, Kind
    from nlsniff.regress.model import Placeholder, SaidMessage, Transcript
    from nlsniff.regress.rules import Rules


class Meeting(NamedTuple):
    """Two messages that are compared, and where they stand.

    Attributes:
        kind: of the differences that are found there.
        old, new: the messages, of which at least one is there.
        asked: the request that they belong to, in words; "" for requests.
        conversation: its number among those that were compared.
    """

    kind: Kind
    old: SaidMessage | None
    new: SaidMessage | None
    asked: str
    conversation: int


class Findings:
    """What was found so far.

    Args:
        old, new: what is compared.
        rules: how strict.

    Attributes:
        renaming: which placeholder is which, by what was compared so far.
    """

    def __init__(self, old: Transcript, new: Transcript, rules: Rules) -> None:
        self.renaming = Renaming()
        self._rules = rules
        self._other_kernel = bool(old.kernel and new.kernel and old.kernel != new.kernel)
        self._differences: list[Difference] = []
        self._notes: dict[object, Difference] = {}
        self._named: list[tuple[Meeting, str, Placeholder, Placeholder, int]] = []
        self._same: list[tuple[Meeting, SaidMessage, SaidMessage]] = []

    def tell(
        self, place: Meeting, how: How, path: str = "", old: str | None = None, new: str | None = None,
        line: int = 0, *, note: bool = False,
    ) -> None:  # fmt: skip
        """Take in a difference; `line` is that of the old transcript, by default the message's."""
        one = place.old or place.new
        found = Difference(
            place.kind, how, one.type if one else "", object_of(one) if one else "", path, old, new,
            line or (place.old.line if place.old else 0),
            place.old.number if place.old else 0,
            place.new.number if place.new else 0,
            place.asked, place.conversation,
        )  # fmt: skip
        self.put(found, note=note)

    def put(self, found: Difference, *, note: bool = False) -> None:
        """Take in a difference that is made already."""
        says = found.kind in {"event", "answer"}
        if found.how == "blanked":
            self._notes.setdefault(("blanked", found.type), found)
        elif found.how == "new" and found.path and says and self._other_kernel:
            self._notes.setdefault(("new", found.type, found.path), found)
        elif note or found.how == "cause" or (found.how == "order" and (says or not self._rules.strict_order)):
            self._notes[len(self._notes)] = found
        else:
            self._differences.append(found)

    def messages(self, place: Meeting, *, note: bool = False) -> None:
        """Compare the two messages of a place."""
        old, new = place.old, place.new
        if old is None or new is None:
            self.tell(place, "gone" if old else "new", note=note)
            return
        if old == new:
            placeholders = tuple(placeholders_of(old))
            if placeholders:
                self.renaming.same(placeholders)
                self._same.append((place, old, new))
            return
        if old.type != new.type:
            self.tell(place, "changed", "type", old.type, new.type)

        def told(how: How, path: str, was: str | None, now: str | None, line: int) -> None:
            self.tell(place, how, path, was, now, line, note=note)

        def named(path: str, was: Placeholder, now: Placeholder, line: int) -> None:
            self.renaming.vote(was, now)
            self._named.append((place, path, was, now, line))

        Fields(told, named).compare(old, new)

    def all_of(self, places: Iterable[Meeting]) -> None:
        """Compare the messages of several places."""
        for place in places:
            self.messages(place)

    def finish(self) -> tuple[list[Difference], list[Difference]]:
        """The differences, the most severe first, and the notes; placeholders are judged by all that was compared."""
        self.renaming.choose()
        fits = self.renaming.fits
        for place, path, was, now, line in self._named:
            if not fits(was, now):
                self.tell(place, "changed", path, str(was), str(now), line)
        if not self.renaming.is_plain:
            self._look_again()
        order = {id(found): at for at, found in enumerate(self._differences)}
        self._differences.sort(key=lambda found: (found.rank, found.line or found.was, order[id(found)]))
        return self._differences, list(self._notes.values())

    def _look_again(self) -> None:
        """What is the same to the letter differs where its placeholders stand for others elsewhere."""
        for place, old, new in self._same:
            if all(self.renaming.fits(item, item) for item in placeholders_of(old)):
                continue

            def named(path: str, was: Placeholder, now: Placeholder, line: int, place: Meeting = place) -> None:
                if not self.renaming.fits(was, now):
                    self.tell(place, "changed", path, str(was), str(now), line)

            Fields(lambda *_: None, named).compare(old, new)
