"""Colour for what was printed: lines of messages, trees, stories, figures and differences, each by what it means.

Nothing here changes or asks for a text: codes of `nlsniff.terminal.coloured` come between its characters. So what
prints knows nothing of colour and costs the same without it, and what remains without the codes is what it printed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from nlsniff.decode.node import MASKED
from nlsniff.decode.rejected import rejected
from nlsniff.follow.rules import errno_in
from nlsniff.output.text import ARROWS, nodes, tree
from nlsniff.terminal import coloured
from nlsniff.wire.constants import NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN
from nlsniff.wire.nlmsg import is_control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.follower import Follower
    from nlsniff.terminal import Paint

    Texts = Callable[[Sequence[NetlinkMessage]], list[str]]

Look = Literal["error", "ack", "event", "request", "reply"]

_PROBLEM = re.compile(r"  \[(error|warning): .*\]$")
_SEVERITY = re.compile("! (error|warning|note): ")
_SOME_UNKNOWN = re.compile(r"\([0-9]+ unknown\)")
_UNKNOWN = re.compile(r".*\([0-9]+ bytes unknown\)$")
_ERRNO = re.compile(r" -[0-9]+ \(")
_STEP = re.compile(r"( +[0-9]+\.[0-9]{6} s  )(.*?)(, refused: [A-Z0-9]+)?( (?:probably )?because .*)?(  \[[0-9 -]+\])$")
_ENDED_BADLY = re.compile("^conversation [0-9]+: [a-z]+, [^,]+, error ")
_LOST = re.compile(" +[1-9][0-9]* (?!frames dropped by the kernel$)")
_DIFF = {"+": "good", "-": "error", "@": "name"}
_NAMED_ERRNO = re.compile(r"\bE[A-Z0-9]+\b")


def look_of(message: NetlinkMessage, *, event: bool) -> Look:
    """What a message is in its conversation, by its header; `event` says that nobody asked for it."""
    if message.type in {NLMSG_ERROR, NLMSG_DONE} and is_control(message.protocol, message.type):
        return "error" if errno_in(message) else "ack"
    if message.type == NLMSG_OVERRUN:
        return "error"
    if event:
        return "event"
    return "request" if message.flags & NLM_F_REQUEST else "reply"


# -- messages --------------------------------------------------------------------------------------------------------


def painted(texts: Texts, follower: Follower, *, trees: bool) -> Texts:
    """What gives the texts of messages in colour.

    Args:
        texts: gives a line of each, or its tree.
        follower: knows their conversations.
        trees: they are trees.
    """
    paint = _tree if trees else _line
    look = _looks(follower)

    def give(messages: Sequence[NetlinkMessage]) -> list[str]:
        return [paint(message, text, look(message)) for message, text in zip(messages, texts(messages), strict=True)]

    return give


def tree_of(follower: Follower) -> Callable[[NetlinkMessage], list[str]]:
    """As `nlsniff.output.text.tree`, in colour; `follower` knows the conversations of the messages."""
    look = _looks(follower)
    return lambda message: _tree(message, "\n".join(tree(message)), look(message)).split("\n")


def _looks(follower: Follower) -> Callable[[NetlinkMessage], Look]:
    @lru_cache(maxsize=64)
    def is_event(conversation: int) -> bool:
        return follower.conversation(conversation).kind == "event"

    return lambda message: look_of(message, event=is_event(message.conversation))


def _line(message: NetlinkMessage, text: str, look: Look) -> str:
    """A line of a message: number, time, arrow, type, summary, the first problem."""
    text = text.rstrip("\n")
    found = _PROBLEM.search(text)
    end = found.start() if found else len(text)
    before, what, summary = text[:end].partition(f"{ARROWS[message.direction]} {message.type_name}")
    worst = coloured(found[1], found[0]) if found else ""
    return f"{coloured('dim', before)}{_said(what, summary, look)}{worst}\n"


def _said(what: str, summary: str, look: Look) -> str:
    """A type and its summary: answers that only say how it went have one look, else the type alone has it."""
    return coloured(look, what + summary) if look in {"error", "ack"} else coloured(look, what) + summary


def _tree(message: NetlinkMessage, text: str, look: Look) -> str:
    """A tree: where the message is from is dim, what it is has its look, and below each node as its kind is."""
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines) if line.startswith("  ")), len(lines))
    below = [_node(line) for line in lines[first:]]
    if look == "error" and (wrong := _rejected_row(message)) is not None:
        below[wrong] = _whole("rejected", lines[first + wrong])
    return "\n".join([*_head(lines[:first], message.type_name, look), *below])


def _head(lines: list[str], type_name: str, look: Look) -> Iterator[str]:
    for line in lines:
        if line.startswith(type_name):
            yield _said(type_name, line[len(type_name) :], look if look != "reply" else "request")
        elif found := _SOME_UNKNOWN.search(line):
            at, end = found.span()
            yield coloured("dim", line[:at]) + coloured("unknown", found[0]) + coloured("dim", line[end:])
        else:
            yield coloured("dim", line)


@lru_cache(maxsize=4096)  # most lines of trees come again and again
def _node(line: str) -> str:
    """A line of a tree, below its head."""
    shown = line.lstrip(" ")
    if found := _SEVERITY.match(shown):
        return _whole(found[1], line)
    name, colon, value = shown.partition(":")
    if name == "padding":
        return _whole("padding", line)
    if _UNKNOWN.match(value):
        return _whole("unknown", line)
    name, blank, more = name.partition(" ")
    if MASKED in value:
        value = coloured("secret", value)
    elif name == "error" and _ERRNO.match(value):
        value = coloured("error", value)
    indent = line[: len(line) - len(shown)]
    named = coloured("name" if value else "branch", name)
    return f"{indent}{named}{coloured('dim', blank + more)}{colon}{value}"


def _whole(meaning: str, line: str) -> str:
    """A line in one look, from its first character on."""
    shown = line.lstrip(" ")
    return line[: len(line) - len(shown)] + coloured(meaning, shown)


def _rejected_row(message: NetlinkMessage) -> int | None:
    """Which row below the head of an NLMSG_ERROR is the attribute that the kernel rejects; None where it says none."""
    found = rejected(message.root)
    if found is None:
        return None
    node = found[0]
    name, node.name = node.name, "\0"
    try:
        return next((at for at, line in enumerate(nodes(message.root)) if "\0" in line), None)
    finally:
        node.name = name


# -- a line each -----------------------------------------------------------------------------------------------------


def outline(line: str) -> str:
    """A line of a story, or of what stands around the trees of a conversation."""
    shown = line.lstrip(" ")
    if shown.startswith(("story ", "conversation ")):
        return _whole("error" if _ENDED_BADLY.search(shown) else "heading", line)
    if shown == "refused":
        return _whole("error", line)
    found = _STEP.match(line)
    if found is None:
        return line
    time, what, refused, because, numbers = found.groups(default="")
    return f"{coloured('dim', time)}{what}{coloured('error', refused)}{because}{coloured('dim', numbers)}"


def figures(lines: Sequence[str]) -> Iterator[str]:
    """The lines of `nlsniff.stats.text`: heads of tables, and what was lost or went wrong."""
    before = head = ""
    for line in lines:
        if not before:
            head = line
            yield coloured("heading", line)
        elif head.startswith("rejected"):
            yield _NAMED_ERRNO.sub(_error, line, 1)
        else:
            yield coloured("warning", line) if _LOST.match(line) or head.startswith("unanswered") else line
        before = line


def _error(found: re.Match[str]) -> str:
    return coloured("error", found[0])


def differences(text: str, paint: Paint = coloured) -> str:
    """What is said of differences, and a unified diff."""
    return "\n".join([_difference(line, paint) for line in text.split("\n")])


def _difference(line: str, paint: Paint) -> str:
    if line.startswith(("--- ", "+++ ")):
        return paint("heading", line)
    if line.startswith("note: "):
        return paint("note", line)
    return paint(_DIFF[line[0]], line) if line[:1] in _DIFF else line
