"""Judge captures by what is expected of any of them, without a golden: `check --expect`, see docs/regression.md.

A capture is judged as it is, not its transcript. What is the recorder's own does not count, nor what the rules `only`
and `ignore` of the same file leave out.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.errors import NlsniffError
from nlsniff.output import ladder
from nlsniff.regress.expected import SWITCHES, Expectation
from nlsniff.regress.kept import Kept
from nlsniff.regress.stored import SILENT, refuse_losses, silent
from nlsniff.terminal import clip, duration, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.follow.conversation import ConversationView
    from nlsniff.reader import IndexedCapture
    from nlsniff.regress.expected import Switch
    from nlsniff.regress.ruling import Ruling
    from nlsniff.regress.stored import Reading

_SUMMARY = 80  # characters of what a message says, where it has more than
_WHOLE = 120
_ASKING = ("request", "dump", "batch")


class Failure(NamedTuple):
    """An expectation that is not met.

    Attributes:
        expectation: which one.
        words: what is the case instead, a sentence; of a table of rules, with its reason.
        message: number of the first message that is not as expected; 0 where one is lacking.
        ladder: the conversation of that message, as lines.
    """

    expectation: Expectation
    words: str
    message: int = 0
    ladder: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = self.expectation.place
        return one_line(f"{place}: {self.words}" if place else self.words)


def judge(capture: IndexedCapture, ruling: Ruling, shown: Callable[[], IndexedCapture] | None = None) -> list[Failure]:
    """Judge a capture by all that is expected of it.

    Args:
        capture: that was read to its end, with a decoder that masks keys.
        ruling: of the rules that say what is expected, `ruling.rules.expected`.
        shown: gives the capture whose messages are told of, with the same messages, such as one without secrets; asked
            at the first failure. By default it is `capture`.

    Returns:
        A failure for each expectation that is not met, in their order.

    Raises:
        NlsniffError: nothing of the capture is left to judge.
    """
    return _Judge(capture, ruling, shown or (lambda: capture)).run()


def judge_source(
    source: str, ruling: Ruling, reading: Reading, *, allow_drops: bool = False
) -> tuple[list[Failure], bytes | None]:
    """Judge a capture, a path or "-". What is told of it is told of a copy without its secrets.

    Returns:
        What is not met, as of `judge`; and the copy, None where everything is met.

    Raises:
        NlsniffError: it cannot be judged.
    """
    copies: list[tuple[bytes, IndexedCapture]] = []

    def shown() -> IndexedCapture:
        if not copies:
            data = reading.redacted(source)
            copies.append((data, reading.open(data, source, new=True)))
        return copies[0][1]

    with reading.raw(source) as capture:
        refuse_losses(capture, source, allow_drops=allow_drops)
        failures = judge(capture, ruling, shown)
    # What is lacking is shown by the whole capture.
    return failures, (copies[0][0] if copies else reading.redacted(source)) if failures else None


class _Judge:
    def __init__(self, capture: IndexedCapture, ruling: Ruling, shown: Callable[[], IndexedCapture]) -> None:
        self._capture = capture
        self._ruling = ruling
        self._shown = shown
        self._kept = Kept(capture, ruling)

    def run(self) -> list[Failure]:
        if next(self._kept.conversations(), None) is None:
            why = f"{SILENT}, so there is nothing" if silent(self._capture) else "nothing is left"
            raise NlsniffError(f"{self._capture.path}: {why} to judge")
        return [failure for item in self._ruling.rules.expected if (failure := self._judged(item)) is not None]

    def _judged(self, item: Expectation) -> Failure | None:
        if item.kind in SWITCHES:
            offenders = self._offenders(item.kind)
            return self._fails(item, self._switched(item.kind, offenders), offenders[0]) if offenders else None
        found = [list(filter(self._kept.message, numbers)) for numbers in self._ruling.wanted(item, self._capture)]
        if item.kind == "order":
            return self._in_order(item, *found)
        if item.kind == "never":
            words = f"{self._matched(item, found[0])}, and none may" if found[0] else ""
            return self._fails(item, words, found[0][0]) if found[0] else None
        return self._must(item, found[0])

    # -- keys ----------------------------------------------------------------------------------------------------

    def _offenders(self, kind: Switch) -> list[int]:
        """The messages that are not as a key wants it: of a conversation its first."""
        if kind == "no-problems":
            numbers = range(1, len(self._capture) + 1)
            return [number for number in numbers if self._problem(self._capture, number) and self._kept.message(number)]
        wrong = _WRONG[kind]
        return [view.first_message for view in self._kept.conversations() if wrong(view)]

    def _switched(self, kind: str, offenders: list[int]) -> str:
        count, first = len(offenders), self._told(offenders[0])
        view = self._capture.conversation(offenders[0])
        if kind == "no-problems":
            what = f"{_count(count, 'message')} {'is' if count == 1 else 'are'} damaged"
            first += f": {self._problem(self._shown(), offenders[0])}".rstrip(": ")
        elif kind == "no-errors":
            what = f"{_count(count, 'request')} {'was' if count == 1 else 'were'} refused"
            first += f", with {view.errno}"
        elif kind == "no-interrupted":
            what = f"{_count(count, 'dump')} {'was' if count == 1 else 'were'} interrupted"
        elif kind == "no-unanswered":
            what = f"{_count(count, 'request')} {'has' if count == 1 else 'have'} no answer, or not its end"
        else:
            what = f"it is a guess which answers belong to {_count(count, 'request')}"
        return f"{what}{': ' if count == 1 else '; the first is '}{first}"

    @staticmethod
    def _problem(capture: IndexedCapture, number: int) -> str:
        """What is wrong with a message; "" for nothing but what is normal."""
        problems = capture.message(number).problems
        return next((problem.text for problem in problems if problem.severity != "note"), "")

    # -- tables --------------------------------------------------------------------------------------------------

    def _must(self, item: Expectation, found: list[int]) -> Failure | None:
        if len(found) < item.least:
            least = "" if item.least == 1 else f", and at least {item.least} must"
            return self._fails(item, f"{self._matched(item, found)}{least}", found[0] if found else 0)
        if item.most is not None and len(found) > item.most:
            return self._fails(item, f"{self._matched(item, found)}, and at most {item.most} may", found[item.most])
        return self._in_time(item, found, item.within_ns) if item.within_ns is not None else None

    def _in_time(self, item: Expectation, found: list[int], within: int) -> Failure | None:
        """Whether each request among some messages has its last answer in time."""
        measured = False
        for number in found:
            view = self._capture.conversation(number)
            if self._role(number) != "request":
                continue
            if _unanswered(view):
                return self._fails(item, f"{self._told(number)} has no answer, or not its end", number)
            took = view.end - self._capture.message(number).time_ns
            if view.first is not None and took > within:
                words = f"{self._told(number)} took {duration(took)}, and {duration(within)} are allowed"
                return self._fails(item, words, number)
            measured = measured or view.first is not None
        if found and not measured:
            words = f"{self._matched(item, found)}, of which none is a request with an answer, so that none has a time"
            return self._fails(item, words, found[0])
        return None

    def _in_order(self, item: Expectation, first: list[int], then: list[int]) -> Failure | None:
        for text, found in zip(item.filters, (first, then), strict=True):
            if not found:
                return self._fails(item, f"no message matches {_quoted(text)}")
        if then[0] > first[0]:
            return None
        words = f"{self._told(then[0])} comes before all that matches {_quoted(item.filters[0])}"
        return self._fails(item, f"{words}, at first message {first[0]}", then[0])

    # -- in words ------------------------------------------------------------------------------------------------

    def _fails(self, item: Expectation, words: str, number: int = 0) -> Failure:
        rows: Sequence[str] = ()
        if number:
            shown = self._shown()
            view = shown.conversation(number)
            if view.cause is not None:
                view = shown.follower.conversation(view.cause)
            rows = ladder.text(view, shown.follower, shown.message)
        reason = f": {item.reason}" if item.reason else ""
        head = f"{item.kind}: " if item.kind in SWITCHES else ""
        return Failure(item, one_line(f"{head}{words}{reason}"), number, tuple(rows))

    def _matched(self, item: Expectation, found: list[int]) -> str:
        """How many messages match, and what they are."""
        text = _quoted(item.filters[0])
        if not found:
            return f"no message matches {text}"
        roles = Counter(map(self._role, found))
        kinds = ", ".join(_count(count, role) for role, count in roles.items())
        verb = "matches" if len(found) == 1 else "match"
        return f"{_count(len(found), 'message')} ({kinds}) {verb} {text}"

    def _told(self, number: int) -> str:
        message = self._shown().message(number)
        return _short(f"message {number}, {message.type_name} {message.summary}".rstrip())

    def _role(self, number: int) -> str:
        view = self._capture.conversation(number)
        if view.kind in {"event", "datagram"}:
            return view.kind
        asks = number == view.request or self._capture.message(number).direction == "to-kernel"
        return "request" if asks else "answer"


def _unanswered(view: ConversationView) -> bool:
    """Whether an answer that was due is not in the capture, or its end is not."""
    return view.status == "unanswered" or (view.status == "partial" and view.request is not None)


_WRONG: dict[Switch, Callable[[ConversationView], bool]] = {
    "no-errors": lambda view: view.status == "error",
    "no-unanswered": _unanswered,
    "no-interrupted": lambda view: view.interrupted,
    "no-uncertain": lambda view: view.kind in _ASKING and not view.certain,
}


def _quoted(text: str) -> str:
    return f"`{_short(' '.join(text.split()))}`"


def _short(text: str) -> str:
    """A text that is cut where it is much too long, and not for a few characters."""
    return text if len(text) <= _WHOLE else clip(text, _SUMMARY)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
