"""Messages as text: a line each, or the whole tree."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from nlsniff.decode.fields.format import utc
from nlsniff.terminal import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node

ARROWS = {"to-kernel": ">", "to-user": "<", "unknown": "-"}
_DELIVERED = "delivered from "
_FRACTION = 9  # digits of nanoseconds
_DIRECTIONS = {"to-kernel": "to the kernel", "to-user": "to user space", "unknown": "direction unknown"}


def line(message: NetlinkMessage, first_ns: int) -> str:
    """One line and its end: number, seconds since the first message, direction, type, summary, the first problem."""
    after = worst(message)  # makes the tree, which then gives the summary
    return rows([message], first_ns, sort_of(message), [message.summary], after)[0]


def rows(
    messages: Sequence[NetlinkMessage], first_ns: int, sort: str, summaries: Sequence[str], suffix: str
) -> list[str]:
    """As `line` of each, from their summaries, and from `sort_of` and `worst`, which are equal for all."""
    shown, frame, since = [], -1, ""
    for message, summary in zip(messages, summaries, strict=True):
        if message.frame != frame:  # the parts of a dump share one
            frame = message.frame
            since = f"{(message.time_ns - first_ns) / 1e9:>11.6f} {sort}"
        shown.append(f"{message.number:>5} {since} {summary}{suffix}".rstrip() + "\n")
    return shown


def sort_of(message: NetlinkMessage) -> str:
    """Direction and type, as a line has them."""
    return f"{ARROWS[message.direction]} {message.type_name:<18}"


def worst(message: NetlinkMessage) -> str:
    """The first problem, in brackets, as the end of a line; "" where there is none."""
    found = next((item for item in message.problems if item.severity != "note"), None)
    return f"  [{found.severity}: {found.text}]" if found is not None else ""


def timestamp(time_ns: int) -> str:
    """A time as date and time in UTC with nanoseconds."""
    digits = str(time_ns)
    if len(digits) <= _FRACTION or time_ns < 0:
        seconds, rest = divmod(time_ns, 10**_FRACTION)
        return f"{_whole_second(seconds)}.{rest:09d}"
    # A slice is cheaper than a division and a format, and every message has a time.
    return f"{_whole_second(digits[:-_FRACTION])}.{digits[-_FRACTION:]}"


@functools.lru_cache(maxsize=64)
def _whole_second(seconds: int | str) -> str:
    return utc(int(seconds), "%Y-%m-%d %H:%M:%S")


def tree(message: NetlinkMessage) -> list[str]:
    """The whole message, a line for each node."""
    return [*heads([message], kind_of(message), [message.summary]), *nodes(message.root)]


def kind_of(message: NetlinkMessage) -> tuple[str, str]:
    """What the head of a tree says of all messages of a sort: protocol, direction in words and sizes; the type."""
    what = f"{message.protocol_name}/{message.family}" if message.family else message.protocol_name
    counts = message.counts
    unknown = f" ({counts.unknown} unknown)" if counts.unknown else ""
    return f"{what}  {_DIRECTIONS[message.direction]}  {counts.total} bytes{unknown}", message.type_name


def heads(messages: Sequence[NetlinkMessage], kind: tuple[str, str], summaries: Sequence[str]) -> list[str]:
    """The lines above a tree, for messages of one `kind_of`: where each is from, how it came there, and what it is."""
    what, type_name = kind
    shown, frame, before, suffix = [], -1, "", ""
    for message, summary in zip(messages, summaries, strict=True):
        if message.frame != frame:  # the parts of a dump share one
            frame = message.frame
            comment = _said(message) if message.comment else ""
            before = f"frame {frame}  message "
            suffix = f"  {timestamp(message.time_ns)}  {what}{comment}\n{type_name}"
        shown.append(f"{before}{message.number}{suffix}{'  ' if summary else ''}{summary}")
    return shown


def _said(message: NetlinkMessage) -> str:
    """What the comment of a frame says: behind the first line, and how it was delivered in a line of its own."""
    if message.delivery is None:
        return f"  {escape(message.comment)}"
    from nlsniff.output.delivery import delivery_words  # few captures need it
    from nlsniff.wire.delivery import without_delivery

    comment = without_delivery(message.comment)
    return f"{f'  {escape(comment)}' if comment else ''}\n{_DELIVERED}{delivery_words(message)}"


def nodes(root: Node, shown: Callable[[Node], str] | None = None) -> list[str]:
    """A line for each node below `root`; `shown` gives the text of a leaf where it is not `value`."""
    lines: list[str] = []
    if root.problems:
        lines += _problems(root, "  ")
    for child in root.children:
        _add(lines, child, "  ", shown or value)
    return lines


def _add(lines: list[str], node: Node, indent: str, shown: Callable[[Node], str]) -> None:
    kind = node.kind
    if kind == "padding" and node.value is None:
        return
    flags = node.flag_text if node.type_flags else ""  # most have none
    if kind in {"value", "unknown", "padding"}:
        lines.append(f"{indent}{node.name}{flags}: {shown(node)}")
    else:
        lines.append(f"{indent}{node.name}{f' {node.text}' if node.text else ''}{flags}:")
    indent += "  "
    if node.problems:
        lines += _problems(node, indent)
    for child in node.children:
        # An untyped blob says its bytes once.
        if kind != "value" or child.start > node.payload:
            _add(lines, child, indent, shown)


def value(node: Node) -> str:
    """The text of a leaf, with how many of its bytes no dissector names; else as `Node.labelled` has it."""
    if not node.resolved:
        if node.kind == "unknown":
            return f"{node.text}  ({node.end - node.start} bytes unknown)"
        if node.children and node.children[0].kind == "unknown" and node.children[0].start == node.payload:
            return f"{node.text}  ({node.end - node.payload} bytes unknown)"
    return node.labelled


def _problems(node: Node, indent: str) -> Iterator[str]:
    for item in node.problems:
        yield f"{indent}! {item.severity}: {item.text}"
