"""The figures of a capture as text: tables of what `nlsniff.stats.statistics` reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.follow.kinds import STATUSES
from nlsniff.output.text import timestamp
from nlsniff.stats.conversations import COUNTED, PERCENTILES
from nlsniff.terminal import duration, escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_NOBODY = "(not known)"
# No column of words is wider, so that the figures after it stay on the screen, where its width is not known.
_WIDEST = 60
_NARROWEST = 16


class _Page(NamedTuple):
    """How many rows a table has at most, and the columns of the terminal, or 0."""

    top: int
    width: int

    def room(self, widths: Sequence[int], right: Sequence[bool], at: int) -> int:
        """How wide a column may be beside the figures, and as much of other words as there must be."""
        if not self.width:
            return _WIDEST
        others = [
            width if figures else min(width, _NARROWEST)
            for other, (width, figures) in enumerate(zip(widths, right, strict=True))
            if other != at
        ]
        return max(self.width - sum(others) - 2 * len(others), _NARROWEST)


def text(report: dict[str, Any], top: int, width: int = 0) -> Iterator[str]:
    """The report of a capture as lines.

    Args:
        report: what `nlsniff stats --json` prints.
        top: how many rows a table has at most.
        width: columns of the terminal; 0 where they are not known.
    """
    page = _Page(top, width)
    yield from _head(report)
    yield from _table(
        ("protocol", "messages", "bytes"),
        [_of(row, "protocol", "messages", "bytes") for row in report["protocols"]], page,
    )  # fmt: skip
    yield from _table(
        ("generic family", "messages", "bytes"),
        [_of(row, "family", "messages", "bytes") for row in report["families"]], page,
    )  # fmt: skip
    yield from _table(
        ("type", "messages", "bytes", "to kernel", "to user"),
        [(_type(row), *_of(row, "messages", "bytes", "to_kernel", "to_user")) for row in report["types"]], page,
    )  # fmt: skip
    yield from _table(
        ("program", "processes", *COUNTED),
        [
            (escape(row["program"]), *_of(row, "processes", *COUNTED))
            for row in report["programs"]
            if row["processes"] > 1
        ],
        page,
    )
    yield from _table(
        ("process", *COUNTED),
        [(escape(row["process"] or _NOBODY), *_of(row, *COUNTED)) for row in report["processes"]], page,
    )  # fmt: skip
    columns = ("count", *STATUSES, "uncertain")
    kinds = [(kind, *_of(row, *columns)) for kind, row in report["conversations"].items() if row["count"]]
    yield from _table(("conversations", *columns), kinds, page._replace(top=len(kinds)))
    spread = ("min", *(f"p{share}" for share in PERCENTILES), "max")
    yield from _table(
        ("first answer to", "count", *spread, "message"),
        [(_type(row), row["count"], *map(_time, _of(row, *spread)), row["slowest"]) for row in report["latency"]],
        page,
    )  # fmt: skip
    yield from _table(
        ("slowest dump", "message", "took", "first after", "parts", "bytes", "process"),
        [
            (_dump(row), row["message"], _time(row["duration"]), _time(row["latency"]), row["parts"], row["bytes"],
             escape(row["process"] or ""))
            for row in report["slowest_dumps"]
        ], page,
    )  # fmt: skip
    yield from _table(
        ("rejected", "error", "count", "message", "the kernel says (nlsniff explains)"),
        [
            (*_of(row, "type", "errno", "count", "message"), _why(row))
            for row in report["rejected"]
        ], page,
    )  # fmt: skip
    yield from _table(
        ("unanswered", "message", "process"),
        [(row["type"], row["message"], escape(row["process"] or "")) for row in report["unanswered"]["first"]],
        page,
        report["unanswered"]["count"] - len(report["unanswered"]["first"]),
    )
    yield from _missing(report)


def _of(row: dict[str, Any], *names: str) -> list[Any]:
    return [row[name] for name in names]


def _head(report: dict[str, Any]) -> Iterator[str]:
    words = f"{report['messages']} messages in {report['frames']} frames, {report['bytes']} bytes"
    if report["start_ns"] is not None:
        began = timestamp(report["start_ns"])
        words += f", {duration(round(report['duration'] * 1e9))} from {began[:19]} UTC"
    yield words
    if report["calm"]:
        yield "recorded calm: IPv6 did nothing by itself"


def _missing(report: dict[str, Any]) -> Iterator[str]:
    """What was lost, a line each; and that nothing was, where the file can say so."""
    gaps, cut, drops = report["gaps"], report["interrupted"], report["drops"]
    lines = [
        (cut["dumps"], "dumps changed while they were read, so parts may be missing or double (NLM_F_DUMP_INTR)"),
        (cut["overruns"], "NLMSG_OVERRUN"),
        (gaps["cut_messages"], "messages are cut"),
        (gaps["answers_without_request"], "answers whose request is not in the capture"),
        (gaps["requests_without_end"], "requests whose last answer is not in the capture"),
        (gaps["skipped"], "sequence numbers skipped by sockets that mostly count by one"),
        (report["problems"], "problems of the file itself"),
    ]
    found = [f"  {count:>8} {words}" for count, words in lines if count]
    if drops is None:
        found.append("  the file does not say how many frames the kernel dropped")
    else:
        found.append(f"  {drops['dropped'] or 0:>8} frames dropped by the kernel, {drops['received']} received")
    yield ""
    yield "drops and gaps"
    yield from found
    for row in gaps["first_skipped"]:
        who = escape(row["process"]) if row["process"] else f"port {row['port']}"
        yield f"           before message {row['message']} {who} skipped {row['skipped']}"


def _type(row: dict[str, Any]) -> str:
    """A type with what it takes to tell it from others of that name: control messages are on every protocol."""
    if row["family"]:
        return str(row["type"])
    return f"{row['type']} ({row['protocol']})" if row["type"].startswith("NLMSG_") else str(row["type"])


def _why(row: dict[str, Any]) -> str:
    return f"({row['meaning']})" if row["meaning"] else row["text"] or ""


def _dump(row: dict[str, Any]) -> str:
    return str(row["type"]) if row["status"] == "ok" else f"{row['type']} ({row['status']})"


def _time(seconds: float | None) -> str:
    return "" if seconds is None else duration(round(seconds * 1e9))


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]], page: _Page, more: int = 0) -> Iterator[str]:
    """A title line and aligned rows: words to the left, figures to the right; nothing where there is no row."""
    if not rows:
        return
    shown = [[str(cell) for cell in row] for row in rows[: page.top]]
    more += len(rows) - len(shown)
    right = [all(isinstance(row[at], int) or _is_time(row[at]) for row in rows) for at in range(len(head))]
    widths = [max(len(row[at]) for row in (head, *shown)) for at in range(len(head))]
    widths = [min(width, page.room(widths, right, at)) for at, width in enumerate(widths)]
    yield ""
    for row in (head, *shown):
        yield "  ".join(_cells(row, widths, right)).rstrip()
    if more:
        yield f"... {more} more"


def _cells(row: Iterable[str], widths: Iterable[int], right: Iterable[bool]) -> Iterator[str]:
    for cell, width, figures in zip(row, widths, right, strict=True):
        yield cell.rjust(width) if figures else cell.ljust(width)


def _is_time(cell: object) -> bool:
    return isinstance(cell, str) and (not cell or cell.endswith((" ms", " s")))
