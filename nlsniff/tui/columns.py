"""The columns of the message list: which of them fit, and their texts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from nlsniff.output.painted import look_of
from nlsniff.terminal import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.output.painted import Look

    Reader = Callable[[NetlinkMessage, ConversationView], str]
    from nlsniff.tui.colour_rules import ColourRule
    from nlsniff.tui.folds import FoldKind

TimeFormat = Literal["since start", "since row above", "time of day"]
TIME_FORMATS: Final[tuple[TimeFormat, ...]] = ("since start", "since row above", "time of day")
SIGNS: Final = {"error": "!", "warning": "?", "note": "·", "": " "}  # of a problem's severity
REFUSED: Final = "✗"  # an error answer
TIMES: Final = "\N{MULTIPLICATION SIGN}"
NO_NAME: Final = "port "  # who asked where no process is known
GUTTER: Final = 3  # cells before the columns: mark, sign, bracket
ARROWS: Final = {"to-kernel": "→", "to-user": "←", "unknown": "·"}


class Column(NamedTuple):
    """A column: `needs` is the least width of a list that shows it, `sized` whether the user chose its own width."""

    name: str
    title: str
    width: int
    needs: int
    right: bool = False
    sized: bool = False


# From 152 on each leaves the summary at least 76 cells: what a message says comes before its numbers.
STANDARD: Final = (
    Column("message", "no.", 5, 0, right=True),
    Column("time", "time", 12, 56, right=True),
    Column("direction", "", 1, 0),
    Column("process", "process", 15, 96),
    Column("protocol", "protocol", 10, 182),
    Column("type", "type", 18, 0),
    Column("flags", "flags", 18, 171),
    Column("seq", "seq", 10, 199, right=True),
    Column("length", "len", 5, 188, right=True),
    Column("conversation", "conv", 5, 152, right=True),
    Column("summary", "summary", 0, 0),
)
OWN_NAMES: Final = frozenset(column.name for column in STANDARD)
FAINT: Final = OWN_NAMES - {"direction", "type", "summary", "process"}  # what is seldom looked at
_TYPE_WIDTHS = ((120, 24), (56, 18), (0, 14))
_PROCESS_WIDE = (120, 20)  # from which width on the process has so many cells
_TIME_OF_DAY = 15
_LEAST = 6  # cells of the column that takes what is left


def layout(width: int, messages: int, time: TimeFormat, columns: Sequence[Column] = STANDARD) -> list[Column]:
    """The columns for a list so many cells wide, of those that were chosen.

    The summary, or without one the last, takes what is left (at least 1). Those that find no room are left out.
    """
    rest = next((at for at, column in enumerate(columns) if column.name == "summary"), len(columns) - 1)
    left, found = width - GUTTER - _LEAST - 1, []
    for at, column in enumerate(columns):
        cells = column.width if column.sized else _cells(column, width, messages, time)
        if at == rest:
            found.append(column)
        elif width >= column.needs and (left >= cells or (not at and not column.sized)):
            left -= cells + 1
            found.append(column._replace(width=cells))
    at = found.index(columns[rest])
    found[at] = found[at]._replace(width=max(1, left + _LEAST + 1))
    return found


def _cells(column: Column, width: int, messages: int, time: TimeFormat) -> int:
    """How wide a column is by itself."""
    if column.name == "message":
        return max(3 if width < 56 else column.width, len(str(messages)))
    if column.name == "time" and time == "time of day":
        return _TIME_OF_DAY
    if column.name == "process" and width >= _PROCESS_WIDE[0]:
        return _PROCESS_WIDE[1]
    if column.name == "type":
        return next(cells for least, cells in _TYPE_WIDTHS if width >= least)
    return column.width


def time_text(time_ns: int, time: TimeFormat, start_ns: int, above_ns: int | None) -> str:
    """When a message was captured: seconds, or UTC time of day to the microsecond."""
    if time == "since row above":
        return f"+{(time_ns - above_ns) / 1e9:.6f}" if above_ns is not None else ""
    if time == "since start":
        return f"{(time_ns - start_ns) / 1e9:.6f}"
    seconds, rest = divmod(time_ns, 1_000_000_000)
    try:
        return f"{dt.datetime.fromtimestamp(seconds, tz=dt.UTC):%H:%M:%S}.{rest // 1000:06d}"
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def flags_text(names: list[str]) -> str:
    """The names of the flags; the arrow shows REQUEST."""
    return " ".join(name for name in names if name != "REQUEST")


def _port(conversation: ConversationView) -> str:
    return f"{NO_NAME}{conversation.port}" if conversation.port else ""


# The texts of the list's own columns; the time may depend on the row above.
READERS: Final[dict[str, Reader]] = {
    "message": lambda message, _: str(message.number),
    "direction": lambda message, _: ARROWS[message.direction],
    "process": lambda _, conversation: escape(conversation.author or "") or _port(conversation),
    "protocol": lambda message, _: message.family or message.protocol_name,
    "type": lambda message, _: message.type_name,
    "flags": lambda message, _: flags_text(message.flag_names),
    "seq": lambda message, _: str(message.seq),
    "length": lambda message, _: str(message.length),
    "conversation": lambda _, conversation: str(conversation.id),
    "summary": lambda message, _: message.summary,
}


class ListRow(NamedTuple):
    """The texts of a message's row, without its time, which may depend on the row above.

    `worst` is the severity of its worst problem: "error", "warning" or ""; `rule` gives it another colour.
    """

    time_ns: int
    look: Look
    worst: str
    cells: dict[str, str]
    rule: ColourRule | None = None


def describe(message: NetlinkMessage, conversation: ConversationView, readers: Mapping[str, Reader]) -> ListRow:
    """Decode a message as far as its row needs; of a notification the process is that of its cause.

    `readers` give the fields that the list shows beside its own.
    """
    severities = {item.severity for item in message.problems}
    worst = next((severity for severity in ("error", "warning") if severity in severities), "")
    cells = {name: read(message, conversation) for name, read in READERS.items()}
    cells |= {name: escape(read(message, conversation)) for name, read in readers.items()}
    return ListRow(message.time_ns, look_of(message, event=conversation.kind == "event"), worst, cells)


def describe_fold(first: ListRow, kind: FoldKind, count: int, key: str) -> ListRow:
    """The row of so many messages that are folded, in place of that of the first of them."""
    if kind == "copies":
        return first._replace(cells=first.cells | {"summary": f"{TIMES}{count} {first.cells['summary']}"})
    what = ("recorder's own", "messages") if kind == "own" else (first.cells["type"], "more of this dump")
    about = {name: first.cells[name] for name in ("message", "process")} | {"direction": "+", "type": what[0]}
    cells = dict.fromkeys(first.cells, "") | about | {"summary": f"{count:,} {what[1]}, {key} opens"}
    return first._replace(look="ack", worst="", cells=cells)
