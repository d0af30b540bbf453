"""YAML to plain objects, straight from the parser's events.

PyYAML's own loaders follow YAML 1.1, in which `on`, `off`, `yes` and `no` are booleans and 1:30 is 90, so an entry of
that name would be lost; they keep the last of two equal keys without a word; and they take half as long again.

Aliases may make a small text large without end, so what it is once they stand for what they name is bounded: see
`nlsniff.spec.limits`.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from yaml.events import AliasEvent, DocumentEndEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent

from nlsniff.spec.limits import LEVELS, TEXT_PER_VALUE, VALUES
from nlsniff.terminal import escape

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # PyYAML was built without libyaml

    class _Parser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):  # type: ignore[no-redef]
        """The same parser in Python."""

        def __init__(self, stream: bytes) -> None:
            yaml.reader.Reader.__init__(self, stream)
            yaml.scanner.Scanner.__init__(self)
            yaml.parser.Parser.__init__(self)


_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_DIGITS = frozenset("0123456789+-.")
_STRING = "tag:yaml.org,2002:str"
# What names nothing: words that explain, and marks that stand between texts on the wire.
_NO_NAMES = {"doc", "until", "between"}


def load(text: bytes) -> Any:
    """The one document of a text.

    Raises:
        yaml.YAMLError: it is no YAML, names a key twice, or uses a tag.
    """
    parser: Any = _Parser(text)
    get = parser.get_event
    get()  # the stream's start
    event = get()
    if type(event).__name__ == "StreamEndEvent":
        return None
    found = _Builder(get).value(get())
    if type(get()) is DocumentEndEvent and type(end := get()).__name__ != "StreamEndEvent":
        raise yaml.MarkedYAMLError(problem="a second document", problem_mark=end.start_mark)
    return found


class _Anchor(NamedTuple):
    """What an alias stands for, how much it is, and how many levels it has."""

    value: Any
    size: int
    levels: int


def _shown(value: Any, event: Any, *, name: bool) -> Any:
    """The value, if it may be shown: a text may become the name of something, which a terminal must show as it is."""
    if isinstance(value, str) and name and not value.isprintable():
        raise _refused(f"the text '{escape(value)}' has characters that cannot be shown", event)
    return value


class _Builder:
    def __init__(self, get: Callable[[], Any]) -> None:
        self._get = get
        self._anchors: dict[str, _Anchor] = {}
        self._plain = functools.cache(_plain)  # most texts of a dissector come often
        self._size = 0  # of all so far, aliases counted as what they stand for
        self._levels = 0  # of the value that was built last

    def value(self, event: Any, level: int = 0, *, name: bool = True) -> Any:
        """The value that begins with an event, inside so many mappings and lists; it may be a `name`."""
        kind, before = type(event), self._size
        if kind is AliasEvent:
            return _shown(self._alias(event, level), event, name=name)
        if kind is ScalarEvent:
            self._add(1 + len(event.value) // TEXT_PER_VALUE, event)
            found = self._scalar(event)
            self._levels = 0
        else:
            self._add(1, event)
            if level >= LEVELS:
                raise _refused(f"mappings and lists inside each other, more than {LEVELS} levels", event)
            found = self._mapping(event, level + 1) if kind is MappingStartEvent else self._sequence(level + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(found, self._size - before, self._levels)
        return _shown(found, event, name=name)

    def _add(self, size: int, event: Any) -> None:
        self._size += size
        if self._size > VALUES:
            raise _refused(f"more than {VALUES} values, aliases counted as what they stand for", event)

    def _alias(self, event: Any, level: int) -> Any:
        anchor = self._anchors.get(event.anchor)
        if anchor is None:
            raise _refused(f"*{event.anchor} is set nowhere above", event)
        self._add(anchor.size, event)
        if level + anchor.levels > LEVELS:
            raise _refused(f"mappings and lists inside each other, more than {LEVELS} levels", event)
        self._levels = anchor.levels
        return anchor.value

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.tag is not None and event.tag != _STRING:
            raise _refused(f"tag {event.tag} means nothing here", event)
        if not event.implicit[0] or event.tag is not None:
            return text
        return self._plain(text)

    def _sequence(self, level: int) -> list[Any]:
        found: list[Any] = []
        levels = 0
        while type(event := self._get()) is not SequenceEndEvent:
            found.append(self.value(event, level))
            levels = max(levels, self._levels)
        self._levels = levels + 1
        return found

    def _mapping(self, start: Any, level: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        merged: list[Any] = []
        levels = 0
        while type(event := self._get()) is not MappingEndEvent:
            key = self.value(event, level)
            if isinstance(key, (dict, list)):
                raise _refused("a key must be a word or number", event)
            value = self.value(self._get(), level, name=key not in _NO_NAMES)
            levels = max(levels, self._levels)
            if key == "<<" and isinstance(value, (dict, list)):
                merged += value if isinstance(value, list) else [value]
                continue
            if key in found:
                raise _refused(f"key {key!r} comes twice", event)
            found[key] = value
        for other in merged:
            if not isinstance(other, dict):
                raise _refused("<< wants a mapping", start)
            for key, value in other.items():
                found.setdefault(key, value)
        self._levels = levels + 1
        return found


def _refused(problem: str, event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


def _integer(text: str) -> int:
    """A whole number.

    Raises:
        ValueError: it has more than 64 bits.
    """
    number = int(text.lstrip("+"), 0) if text[1:2] in {"x", "o"} else int(text)
    if abs(number) >> 64:
        raise ValueError("a number of more than 64 bits")
    return number


def _plain(text: str) -> Any:
    """What a text without quotes is."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _DIGITS:
        if _INTEGER.fullmatch(text):
            return _integer(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text
