"""The arguments of a system call as strace prints them, in parts: `3, {msg_name=NULL, msg_iov=[{"x", 1}]}, 0`."""

from __future__ import annotations

import re
from typing import Final

# A string with `...` where it was cut, a bracket or comma, `key=` (older versions: `msg_iov(1)=`), or a word; a
# descriptor's path belongs to its word.
_TOKEN: Final = re.compile(
    r'(?:("[^"\\]*(?:\\.[^"\\]*)*(?:"(?:\.\.\.)?|\\?\Z))|([\[\](){},])|([A-Za-z_]\w*)(?:\(\d+\))?=(?![=>])'
    r'|([\w-]+<(?!<)(?:->|[^<>])*>)|([^\s"\[\](){},]+))',
    re.DOTALL,
)
_DEEPEST: Final = 32  # brackets in brackets; strace has a dozen
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f", b"a": b"\a", b"b": b"\b"}


class Text:
    """A string; `cut` says that the program's was longer."""

    __slots__ = ("cut", "quoted")

    def __init__(self, quoted: str) -> None:
        self.cut = not quoted.endswith('"') or len(quoted) < 2
        self.quoted = quoted.removesuffix("...").removeprefix('"').removesuffix('"')

    def data(self) -> bytes:
        """Its bytes."""
        raw = self.quoted.encode("latin-1", "replace")
        return _ESCAPE.sub(_unescaped, raw) if b"\\" in raw else raw


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 16)])
    if match[2]:
        return bytes([int(match[2], 8) & 0xFF])
    return _LETTERS.get(match[3], match[3])


class Group:
    """What stands in brackets: `items` without keys, and those with keys by key."""

    __slots__ = ("items", "named")

    def __init__(self) -> None:
        self.items: list[Value] = []
        self.named: dict[str, Value] = {}

    def group(self, key: str) -> Group | None:
        """The value of a key if it is in brackets."""
        value = self.named.get(key)
        return value if isinstance(value, Group) else None

    def word(self, key: str) -> str:
        """The value of a key if it is a word, else ""."""
        value = self.named.get(key)
        return value if isinstance(value, str) else ""


Value = str | Text | Group


def arguments(text: str) -> list[Value]:
    """The arguments of a call, of any text, in linear time: an unmatched bracket ends nothing but itself."""
    top = Group()
    stack: list[tuple[Group, str]] = []
    deeper = 0
    group, key, value, changed = top, "", None, False
    for match in _TOKEN.finditer(text):
        string, mark, name, path, word = match.groups()
        found: Value | None = None
        if string is not None:
            found = Text(string)
        elif mark is None:
            if name is not None:
                key = name
                continue
            found = path or word
            if word == "=>":  # the value after the call
                changed = True
                continue
        elif mark in "[({" and len(stack) == _DEEPEST:
            deeper += 1
        elif mark != "," and deeper:
            deeper -= 1
        elif mark in "[({":
            stack.append((group, key))
            group, key, value = Group(), "", None
            continue
        else:
            if value is not None:
                _put(group, key, value)
            key, value = "", None
            if mark != "," and stack:
                found = group
                group, key = stack.pop()
        if found is not None and (value is None or changed):
            value, changed = found, False
    if value is not None:
        _put(group, key, value)
    while stack:  # the text was cut
        inner = group
        group, key = stack.pop()
        _put(group, key, inner)
    return top.items


def _put(group: Group, key: str, value: Value) -> None:
    if key:
        group.named.setdefault(key, value)
    else:
        group.items.append(value)


def number(value: Value | None, default: int = -1) -> int:
    """A word as number; anything else is the default."""
    if not isinstance(value, str):
        return default
    value = value.partition("<")[0]  # strace -Y names the process of a pid
    try:
        return int(value, 0)
    except ValueError:
        return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else default
