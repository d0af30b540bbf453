"""Overviews of a capture as lines that lead to a message or to a filter: its figures, and its stories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nlsniff.stats.health import health
from nlsniff.stats.statistics import Statistics
from nlsniff.stories.stories import telling
from nlsniff.terminal import counted, duration, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from nlsniff.reader import IndexedCapture
    from nlsniff.stories.story import Step

_TOP = 20  # rows of a table
_TOGETHER = 16  # messages of a step


class Lead(NamedTuple):
    """A line; enter goes to its message, or applies its filter; where it has neither it is a heading."""

    text: str
    look: str = ""
    number: int = 0
    filter: str = ""


def statistics(capture: IndexedCapture) -> Generator[None, None, list[Lead]]:
    """Figures of all that was read, in steps."""
    figures = Statistics(capture.follower, _TOP)
    for batch in capture.batches(0, len(capture)):
        for at, message in enumerate(batch):
            figures.feed(message)
            if not at % _TOGETHER:
                yield
    words = yield from health(capture.follower, capture.lost_frames)
    report = yield from figures.reporting()
    head = (
        f"{report['messages']:,} messages in {report['frames']:,} frames, {duration(round(report['duration'] * 1e9))}"
    )
    return [
        Lead(head, "heading"),
        Lead(", ".join(words) or "nothing was refused, slow or lost"),
        *_tables(report),
    ]


def _tables(report: dict[str, Any]) -> Iterator[Lead]:
    yield from _table("Refused", (
        Lead(f"{row['count']:>8,}  {row['errno']:<14} {row['type']:<24} {escape(row['text'] or row['meaning'] or '')}",
             "error", number=row["message"])
        for row in report["rejected"][:_TOP]
    ))  # fmt: skip
    yield from _table("Slowest dumps", (
        Lead(f"{_time(row['duration']):>12}  {row['type']:<20} {escape(row['process'] or ''):<20}  "
             f"{counted(row['parts'], 'part')}, first after {_time(row['latency'])}", number=row["message"])
        for row in report["slowest_dumps"]
    ))  # fmt: skip
    yield from _table("Unanswered", (
        Lead(f"{row['message']:>8}  {row['type']:<24} {escape(row['process'] or '')}", "warning", number=row["message"])
        for row in report["unanswered"]["first"]
    ))  # fmt: skip
    yield from _table("Processes", (
        Lead(f"{row['messages']:>8,}  {escape(row['process'] or '(not known)'):<24} "
             f"{counted(row['conversations'], 'conversation')}, {counted(row['errors'], 'error')}",
             filter=f"process == {_quoted(row['process'])}" if row["process"] else "")
        for row in report["processes"][:_TOP]
    ))  # fmt: skip
    yield from _table("Errors", (
        Lead(f"{row['messages']:>8,}  {row['errno']}", filter=f"errno == {row['errno']}") for row in report["errors"]
    ))  # fmt: skip
    yield from _table("Types", (
        Lead(f"{row['messages']:>8,}  {row['type']:<24} {row['protocol']}",
             filter=f"type == {row['type']} and protocol == {row['protocol']}")
        for row in report["types"][:_TOP]
    ))  # fmt: skip
    lost = report["interrupted"] | report["gaps"]
    yield from _table("Lost", (
        Lead(f"{lost[name]:>8,}  {words}", "warning", filter=wanted)
        for name, words, wanted in (
            ("overruns", "times a reader was too slow and the kernel dropped messages", "type == NLMSG_OVERRUN"),
            ("dumps", "dumps whose table changed while they were read", "status == interrupted"),
            ("answers_without_request", "answers whose request is not in the capture", "status == partial"),
            ("cut_messages", "messages that are cut", "problem"),
        )
        if lost[name]
    ))  # fmt: skip


def _table(title: str, lines: Iterator[Lead]) -> Iterator[Lead]:
    """A heading and lines; nothing where there are none."""
    found = list(lines)
    if found:
        yield Lead("")
        yield Lead(title, "heading")
        yield from found


def _time(seconds: float | None) -> str:
    return "" if seconds is None else duration(round(seconds * 1e9))


def _quoted(text: str) -> str:
    """A text as a value of a filter."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def stories(capture: IndexedCapture) -> Generator[None, None, list[Lead]]:
    """What became of each link, address, route, state, table, ..., in steps."""
    found = yield from telling(capture.follower, capture.message)
    lines = [] if found else [Lead("0 stories")]
    for story in found:
        lines += [Lead(""), Lead(f"{story.title}{story.related}", "name", number=_first(story.steps))]
        lines += [Lead("  was there before", "dim")] if story.before else []
        lines += [
            Lead(step.line(story.steps[0].time_ns), "error" if step.errno else "", number=min(step.numbers, default=0))
            for step in story.steps
        ]
        lines += [Lead(text, "dim") for text in story.ending()]
        yield
    return lines


def _first(steps: list[Step]) -> int:
    return min(steps[0].numbers, default=0) if steps else 0


Kind = Literal["statistics", "stories", "conversations"]
KINDS: dict[Kind, Callable[[IndexedCapture], Generator[None, None, list[Lead]]]] = {
    "statistics": statistics,
    "stories": stories,
}
